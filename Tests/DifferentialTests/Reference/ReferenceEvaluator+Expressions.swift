// ReferenceEvaluator+Expressions: the value of an expression in one row. `group` are the rows of an
// aggregate's group, where aggregates are allowed.

import NQLSyntax
import NenCore

extension ReferenceEvaluator {
    /// Whether a condition holds; null does not.
    func isTrue(_ value: ModelValue) throws -> Bool { try truth(value) == true }

    /// A boolean; nil for null.
    func truth(_ value: ModelValue) throws -> Bool? {
        switch value {
        case .null: return nil
        case .boolean(let flag): return flag
        default: throw ModelError.mayFail("not a boolean: \(value)")
        }
    }

    func evaluate(
        _ expression: Expression, _ row: ModelRow, group: [ModelRow]? = nil
    ) throws -> ModelValue {
        try step()
        let value = { (part: Expression) in try self.evaluate(part, row, group: group) }
        switch expression.kind {
        case .literal(let literal): return try ModelValue(literal: literal)
        case .variable(let name):
            guard let value = row[name] else { throw ModelError.unsupported("no \(name)") }
            return value
        case .property(let base, let key): return try property(try value(base), key.text)
        case .list(let elements): return .list(try elements.map { try value($0) })
        case .parameter(let name):
            guard let value = parameters[name] else { throw ModelError.unsupported("$\(name)") }
            return value
        case .map(let entries):
            let pairs = try entries.map { ($0.key.text, try value($0.value)) }
            return .map(Dictionary(pairs) { $1 })
        case .unary(let operation, let operand):
            return try unary(operation, try value(operand))
        case .binary(let operation, let left, let right):
            return try binary(operation, try value(left), try value(right))
        case .comparisonChain(let operands, let operators):
            let values = try operands.map { try value($0) }
            var result: Bool? = true
            for (index, operation) in operators.enumerated() {
                let part = try truth(binary(operation, values[index], values[index + 1]))
                result = conjunction(result, part)
            }
            return ModelValue(result)
        case .isNull(let operand, let negated):
            return .boolean(try value(operand).isNull != negated)
        case .hasLabels(let base, let labels):
            return try hasLabels(try value(base), labels, row)
        case .subscripted(let base, let index):
            return try element(try value(base), try value(index))
        case .slice(let base, let from, let to):
            return try slice(
                try value(base), try from.map { try value($0) }, try to.map { try value($0) })
        case .countStar:
            guard let group else { throw ModelError.unsupported("count(*) here") }
            return .integer(Int64(group.count))
        case .call(let call):
            if Self.aggregates.contains(call.name.text.lowercased()) {
                guard let group else { throw ModelError.unsupported("aggregate here") }
                return try aggregate(call, group)
            }
            return try self.call(
                call.name.text.lowercased(), try call.arguments.map { try value($0) })
        case .mapProjection(let base, let items):
            return try mapProjection(try value(base), items, row, value)
        case .caseWhen(let operand, let branches, let otherwise):
            return try choose(try operand.map { try value($0) }, branches, otherwise, value)
        default: return try evaluateScoped(expression, row, group)
        }
    }

    /// What is gone through: a value that is no list is one of itself; nil for null.
    private func elements(of list: ModelValue) -> [ModelValue]? {
        switch list {
        case .null: nil
        case .list(let elements): elements
        default: [list]
        }
    }

    /// Expressions that bind variables of their own.
    private func evaluateScoped(
        _ expression: Expression, _ row: ModelRow, _ group: [ModelRow]?
    ) throws -> ModelValue {
        switch expression.kind {
        case .listComprehension(let variable, let list, let predicate, let projection):
            return try comprehension(
                variable.text, try evaluate(list, row, group: group), predicate, projection, row)
        case .quantifier(let quantifier, let variable, let list, let predicate):
            guard let predicate else { throw ModelError.unsupported("quantifier") }
            return try quantify(
                quantifier, variable.text, try evaluate(list, row, group: group), predicate, row)
        case .reduce(let accumulator, let initial, let variable, let list, let step):
            guard case .list(let elements) = try evaluate(list, row, group: group) else {
                return .null
            }
            var inner = row
            inner[accumulator.text] = try evaluate(initial, row, group: group)
            for element in elements {
                inner[variable.text] = element
                inner[accumulator.text] = try evaluate(step, inner)
            }
            return inner[accumulator.text] ?? .null
        case .patternPredicate(let pattern):
            return .boolean(try !matches([pattern], row).isEmpty)
        case .patternComprehension(let path, let pattern, let predicate, let projection):
            var pattern = pattern
            pattern.variable = path
            let found = try matches([pattern], row).filter { inner in
                try predicate.map { try isTrue(try evaluate($0, inner)) } ?? true
            }
            return .list(try found.map { try evaluate(projection, $0) })
        case .shortestPath(let pattern, let all):
            var pattern = pattern
            pattern.selector = all ? .allShortestPaths : .shortestPath
            pattern.variable = Name("the path", pattern.span)
            let paths = try matches([pattern], row).map { $0["the path"] ?? .null }
            return all ? .list(paths) : paths.first ?? .null
        case .subquery(let kind, let body): return try subquery(kind, body, row)
        default: throw ModelError.unsupported("\(expression.kind)")
        }
    }

    private func subquery(
        _ kind: SubqueryKind, _ body: SubqueryBody, _ row: ModelRow
    ) throws -> ModelValue {
        let result: ModelResult
        switch body {
        case .pattern(let patterns, let predicate):
            let clause = MatchClause(isOptional: false, patterns: patterns, predicate: predicate)
            result = ModelResult(columns: nil, rows: try match(clause, row))
        case .query(let query): result = try evaluate(query, [row])
        }
        switch kind {
        case .exists: return .boolean(!result.rows.isEmpty)
        case .count: return .integer(Int64(result.rows.count))
        case .collect:
            let column = result.columns?.first ?? ""
            return .list(result.rows.map { $0[column] ?? .null })
        }
    }

    private func mapProjection(
        _ base: ModelValue, _ items: [MapProjectionItem], _ row: ModelRow,
        _ value: (Expression) throws -> ModelValue
    ) throws -> ModelValue {
        if base.isNull { return .null }
        var map: [String: ModelValue] = [:]
        for item in items {
            switch item {
            case .property(let key): map[key.text] = try property(base, key.text)
            case .entry(let entry): map[entry.key.text] = try value(entry.value)
            case .variable(let name): map[name.text] = row[name.text]
            case .all:
                guard case .map(let all) = try call("properties", [base]) else {
                    return .null
                }
                map.merge(all) { $1 }
            }
        }
        return .map(map)
    }

    private func choose(
        _ operand: ModelValue?, _ branches: [CaseBranch], _ otherwise: Expression?,
        _ value: (Expression) throws -> ModelValue
    ) throws -> ModelValue {
        for branch in branches {
            for condition in branch.conditions {
                let tested = try value(condition)
                let holds =
                    try operand.map { ModelValue.equal($0, tested) == true } ?? isTrue(tested)
                if holds { return try value(branch.result) }
            }
        }
        return try otherwise.map { try value($0) } ?? .null
    }

    private func comprehension(
        _ variable: String, _ list: ModelValue, _ predicate: Expression?,
        _ projection: Expression?, _ row: ModelRow
    ) throws -> ModelValue {
        guard let elements = elements(of: list) else { return .null }
        var result: [ModelValue] = []
        for element in elements {
            let inner = row.merging([variable: element]) { $1 }
            if let predicate, try !isTrue(try evaluate(predicate, inner)) { continue }
            result.append(try projection.map { try evaluate($0, inner) } ?? element)
        }
        return .list(result)
    }

    private func quantify(
        _ quantifier: Quantifier, _ variable: String, _ list: ModelValue,
        _ predicate: Expression, _ row: ModelRow
    ) throws -> ModelValue {
        guard let elements = elements(of: list) else { return .null }
        let results = try elements.map {
            try truth(try evaluate(predicate, row.merging([variable: $0]) { $1 }))
        }
        let (yes, no) = (results.count { $0 == true }, results.count { $0 == false })
        let isUnknown = yes + no < results.count
        switch quantifier {
        case .all: return ModelValue(no > 0 ? false : isUnknown ? nil : true)
        case .any: return ModelValue(yes > 0 ? true : isUnknown ? nil : false)
        case .none: return ModelValue(yes > 0 ? false : isUnknown ? nil : true)
        case .single: return ModelValue(yes > 1 ? false : isUnknown ? nil : yes == 1)
        }
    }
}
