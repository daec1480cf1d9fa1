// ReferenceEvaluator: NQL by the book and without any cleverness. Each clause turns a list of rows
// into a list of rows, completely, before the next begins; a row is a dictionary. What it cannot do
// it says (`ModelError.unsupported`), so that a query is either judged or left out.

import NQLSyntax
import NenCore

/// Variables of one row.
typealias ModelRow = [String: ModelValue]

/// What a query gives.
struct ModelResult {
    /// nil for a query that returns nothing.
    var columns: [String]?
    var rows: [ModelRow] = []
    /// The rows before SKIP and LIMIT of the last RETURN; nil without these.
    var rowsBeforeLimit: [ModelRow]?
    /// Columns by which the rows are sorted, the most significant first.
    var sortColumns: [String] = []
}

/// Evaluates statements over a model graph, which updates change.
final class ReferenceEvaluator {
    var graph: ModelGraph
    var parameters: [String: ModelValue] = [:]
    /// Labels and keys of which no two nodes may have the same value.
    var uniqueKeys: [(label: String, key: String)] = []
    /// Steps left.
    var budget: Int

    init(_ graph: ModelGraph, budget: Int = 300_000) {
        self.graph = graph
        self.budget = budget
    }

    /// Counts one step.
    func step() throws {
        budget -= 1
        if budget < 0 { throw ModelError.tooLong }
    }

    /// Runs a whole statement.
    func run(_ query: Query) throws -> ModelResult {
        let result = try evaluate(query, [[:]])
        for relationship in graph.relationships where !relationship.isDeleted {
            let ends = [relationship.source, relationship.target]
            if ends.contains(where: { graph.nodes[$0].isDeleted }) {
                throw ModelError.failed("DeleteConnectedNode")
            }
        }
        return result
    }

    /// The parts one after the other, joined by UNION.
    func evaluate(_ query: Query, _ rows: [ModelRow]) throws -> ModelResult {
        var result = try evaluate(query.parts[0].clauses, rows)
        for part in query.parts.dropFirst() {
            let more = try evaluate(part.clauses, rows)
            result.rows += more.rows
            result.sortColumns = []
            if result.rowsBeforeLimit != nil || more.rowsBeforeLimit != nil {
                throw ModelError.unsupported("LIMIT in UNION")
            }
        }
        if query.unionAll.contains(false), let columns = result.columns {
            result.rows = distinct(result.rows, columns)
        }
        return result
    }

    private func evaluate(_ clauses: [Clause], _ rows: [ModelRow]) throws -> ModelResult {
        var rows = rows
        for clause in clauses {
            if case .returning(let projection) = clause.kind {
                return try project(projection, rows)
            }
            rows = try evaluate(clause, rows)
        }
        return ModelResult(columns: nil, rows: rows)
    }

    /// The rows behind one clause.
    func evaluate(_ clause: Clause, _ rows: [ModelRow]) throws -> [ModelRow] {
        switch clause.kind {
        case .match(let match): return try rows.flatMap { try self.match(match, $0) }
        case .unwind(let list, let variable):
            return try rows.flatMap { row -> [ModelRow] in
                switch try evaluate(list, row) {
                case .null: return []
                case .list(let elements):
                    return elements.map { row.merging([variable.text: $0]) { $1 } }
                case let value: return [row.merging([variable.text: value]) { $1 }]
                }
            }
        case .with(let projection, let predicate):
            return try project(projection, rows, predicate).rows
        case .callSubquery(let subquery):
            guard case .names(let imports) = subquery.imports, !subquery.isOptional,
                subquery.batches == nil
            else { throw ModelError.unsupported("clause \(clause.kind)") }
            return try rows.flatMap { try call(subquery.query, imports.map(\.text), $0) }
        case .create, .merge, .set, .remove, .delete, .foreach:
            return try rows.flatMap { try update(clause, $0) }
        case .returning, .callProcedure, .loadCSV, .letting, .filter, .forEach, .page, .finish,
            .conditional, .block, .insert:
            throw ModelError.unsupported("clause \(clause.kind)")
        }
    }

    private func call(_ query: Query, _ imports: [String], _ row: ModelRow) throws -> [ModelRow] {
        var inner: ModelRow = [:]
        for name in imports { inner[name] = row[name] }
        let result = try evaluate(query, [inner])
        guard let columns = result.columns else { return [row] }
        return result.rows.map { produced in
            var joined = row
            for column in columns { joined[column] = produced[column] }
            return joined
        }
    }

    /// The first row of each group of equal rows.
    func distinct(_ rows: [ModelRow], _ columns: [String]) -> [ModelRow] {
        var seen: Set<String> = []
        return rows.filter { row in
            seen.insert(columns.map { (row[$0] ?? .null).groupKey }.joined(separator: "|"))
                .inserted
        }
    }
}
