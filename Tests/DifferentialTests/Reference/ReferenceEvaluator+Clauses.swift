// ReferenceEvaluator+Clauses: the rows behind one clause that neither ends a query nor projects.

import NQLSyntax
import NenCore

extension ReferenceEvaluator {
    /// The rows behind one clause.
    func evaluate(_ clause: Clause, _ rows: [ModelRow]) throws -> [ModelRow] {
        switch clause.kind {
        case .match(let match): return try rows.flatMap { try self.match(match, $0) }
        case .unwind(let list, let variable): return try unwind(list, variable, rows)
        case .forEach(let clause): return try forEach(clause, rows)
        case .with(let projection, let predicate):
            return try project(projection, rows, predicate).rows
        case .letting(let items):
            return try rows.map { row in
                var result = row
                for item in items { result[item.variable.text] = try evaluate(item.value, result) }
                return result
            }
        case .filter(let condition):
            return try rows.filter { try isTrue(try evaluate(condition, $0)) }
        case .page(let order, let skip, let limit):
            return try page(rows, order, skip: skip, limit: limit)
        case .callSubquery(let subquery): return try rows.flatMap { try call(subquery, $0) }
        case .create, .merge, .set, .remove, .delete, .foreach, .insert:
            return try rows.flatMap { try update(clause, $0) }
        case .returning, .callProcedure, .loadCSV, .finish, .conditional, .block:
            throw ModelError.unsupported("clause \(clause.kind)")
        }
    }

    private func unwind(
        _ list: Expression, _ variable: Name, _ rows: [ModelRow]
    ) throws -> [ModelRow] {
        try rows.flatMap { row -> [ModelRow] in
            switch try evaluate(list, row) {
            case .null: return []
            case .list(let elements):
                return elements.map { row.merging([variable.text: $0]) { $1 } }
            case let value: return [row.merging([variable.text: value]) { $1 }]
            }
        }
    }

    private func forEach(_ clause: ForClause, _ rows: [ModelRow]) throws -> [ModelRow] {
        try rows.flatMap { row -> [ModelRow] in
            guard case .list(let elements) = try evaluate(clause.list, row) else {
                throw ModelError.unsupported("FOR over no list")
            }
            return elements.enumerated().map { place, element in
                var result = row
                result[clause.variable.text] = element
                if let position = clause.position {
                    result[position.text] = .integer(Int64(place + (clause.countsFromOne ? 1 : 0)))
                }
                return result
            }
        }
    }

    private func call(_ subquery: SubqueryCall, _ row: ModelRow) throws -> [ModelRow] {
        if subquery.batches != nil { throw ModelError.unsupported("transactions") }
        var inner = row
        if case .names(let names) = subquery.imports {
            inner = row.filter { entry in names.contains { $0.text == entry.key } }
        }
        let result = try evaluate(subquery.query, [inner])
        guard let columns = result.columns else { return [row] }
        if subquery.isOptional, result.rows.isEmpty {
            return [row.merging(columns.map { ($0, ModelValue.null) }) { $1 }]
        }
        return result.rows.map { produced in
            var joined = row
            for column in columns { joined[column] = produced[column] }
            return joined
        }
    }
}
