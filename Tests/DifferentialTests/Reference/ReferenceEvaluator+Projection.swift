// ReferenceEvaluator+Projection: WITH and RETURN: items, grouping, DISTINCT, ORDER BY, SKIP, LIMIT,
// and the WHERE of WITH, in this order.

import NQLSyntax
import NenCore

extension ReferenceEvaluator {
    /// A projected row with what ORDER BY and WHERE see beside it.
    private struct Projected {
        var row: ModelRow
        var visible: ModelRow
        var group: [ModelRow]?
    }

    func project(
        _ projection: Projection, _ rows: [ModelRow], _ predicate: Expression? = nil
    ) throws -> ModelResult {
        let items = try items(projection, rows)
        let names = items.map(\.0)
        var projected = try self.projected(items, rows)
        if projection.isDistinct {
            var seen: Set<String> = []
            projected = projected.filter { item in
                let key = names.map { (item.row[$0] ?? .null).groupKey }.joined(separator: "|")
                return seen.insert(key).inserted
            }
        }
        try sort(&projected, projection.orderBy)
        var result = ModelResult(columns: names, rows: [])
        let all = projected
        if projection.skip != nil || projection.limit != nil {
            let skip = try projection.skip.map(count) ?? 0
            let limit = try projection.limit.map(count) ?? Int.max
            projected = Array(projected.dropFirst(skip).prefix(limit))
            result.rowsBeforeLimit = all.map(\.row)
        }
        if let predicate {
            projected = try projected.filter {
                try isTrue(try evaluate(predicate, $0.visible, group: $0.group))
            }
        }
        result.rows = projected.map(\.row)
        for item in projection.orderBy {
            guard case .variable(let name) = item.expression.kind, names.contains(name) else {
                break
            }
            result.sortColumns.append(name)
        }
        return result
    }

    /// Columns with their expressions; `*` stands for what the rows have.
    private func items(
        _ projection: Projection, _ rows: [ModelRow]
    ) throws -> [(String, Expression)] {
        let names = projection.items.map { $0.alias?.text ?? $0.sourceText }
        let items = Array(zip(names, projection.items.map(\.expression)))
        guard projection.includesAll else { return items }
        guard let first = rows.first else { throw ModelError.unsupported("* without rows") }
        let all = first.keys.sorted().map { name in
            (name, Expression(.variable(name), projection.items.first?.expression.span ?? .none))
        }
        return all + items
    }

    private func projected(
        _ items: [(String, Expression)], _ rows: [ModelRow]
    ) throws -> [Projected] {
        guard items.contains(where: { containsAggregate($0.1) }) else {
            return try rows.map { row in
                var values: ModelRow = [:]
                for (name, expression) in items { values[name] = try evaluate(expression, row) }
                return Projected(row: values, visible: row.merging(values) { $1 })
            }
        }
        let keys = items.filter { !containsAggregate($0.1) }
        var groups: [[ModelRow]] = []
        var numbers: [String: Int] = [:]
        for row in rows {
            let key = try keys.map { try evaluate($0.1, row).groupKey }.joined(separator: "|")
            if let number = numbers[key] {
                groups[number].append(row)
            } else {
                numbers[key] = groups.count
                groups.append([row])
            }
        }
        if groups.isEmpty && keys.isEmpty { groups = [[]] }
        return try groups.map { group in
            let first = group.first ?? [:]
            var values: ModelRow = [:]
            for (name, expression) in items {
                values[name] = try evaluate(expression, first, group: group)
            }
            return Projected(
                row: values, visible: first.merging(values) { $1 }, group: group)
        }
    }

    /// `ORDER BY … SKIP … LIMIT …` as a clause.
    func page(
        _ rows: [ModelRow], _ order: [SortItem], skip: Expression?, limit: Expression?
    ) throws -> [ModelRow] {
        var sorted = rows.map { Projected(row: $0, visible: $0) }
        try sort(&sorted, order)
        let first = try skip.map(count) ?? 0
        let most = try limit.map(count) ?? Int.max
        return sorted.dropFirst(first).prefix(most).map(\.row)
    }

    private func sort(_ rows: inout [Projected], _ items: [SortItem]) throws {
        if items.isEmpty { return }
        let keyed = try rows.enumerated().map { index, row in
            let keys = try items.map {
                try evaluate($0.expression, row.visible, group: row.group)
            }
            return (index: index, row: row, keys: keys)
        }
        rows = keyed.sorted { left, right in
            for (index, item) in items.enumerated() {
                let order = ModelValue.order(left.keys[index], right.keys[index])
                if order != 0 { return item.isDescending ? order > 0 : order < 0 }
            }
            return left.index < right.index
        }.map(\.row)
    }

    private func count(_ expression: Expression) throws -> Int {
        guard case .integer(let number) = try evaluate(expression, [:]), number >= 0 else {
            throw ModelError.failed("InvalidArgument")
        }
        return Int(number)
    }

    // MARK: Aggregates

    static let aggregates: Set<String> = [
        "count", "sum", "avg", "min", "max", "collect", "percentiledisc", "percentilecont", "stdev",
        "stdevp",
    ]

    func containsAggregate(_ expression: Expression) -> Bool {
        switch expression.kind {
        case .countStar: return true
        case .call(let call):
            return Self.aggregates.contains(call.name.text.lowercased())
                || call.arguments.contains { containsAggregate($0) }
        case .binary(_, let left, let right), .subscripted(let left, let right):
            return containsAggregate(left) || containsAggregate(right)
        case .unary(_, let operand), .isNull(let operand, _), .property(let operand, _):
            return containsAggregate(operand)
        case .list(let elements): return elements.contains { containsAggregate($0) }
        case .caseWhen(let operand, let branches, let otherwise):
            let parts = [operand, otherwise].compactMap { $0 }
                + branches.flatMap { $0.conditions + [$0.result] }
            return parts.contains { containsAggregate($0) }
        default: return false
        }
    }

    /// The value of an aggregate over a group.
    func aggregate(_ call: FunctionCall, _ group: [ModelRow]) throws -> ModelValue {
        guard let argument = call.arguments.first else {
            throw ModelError.unsupported("aggregate without argument")
        }
        var values = try group.map { try evaluate(argument, $0) }.filter { !$0.isNull }
        if call.isDistinct {
            var seen: Set<String> = []
            values = values.filter { seen.insert($0.groupKey).inserted }
        }
        switch call.name.text.lowercased() {
        case "count": return .integer(Int64(values.count))
        case "collect": return .list(values)
        case "min": return values.min { ModelValue.order($0, $1) < 0 } ?? .null
        case "max": return values.max { ModelValue.order($0, $1) < 0 } ?? .null
        case "sum": return try values.reduce(.integer(0)) { try arithmetic(.add, $0, $1) }
        case "stdev", "stdevp":
            let numbers = values.compactMap(\.number)
            if numbers.count < values.count { throw ModelError.mayFail("stDev of no number") }
            let isSample = call.name.text.lowercased() == "stdev"
            if numbers.count < 2 { return .float(0) }
            let mean = numbers.reduce(0, +) / Double(numbers.count)
            let squares = numbers.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
            return .float((squares / Double(numbers.count - (isSample ? 1 : 0))).squareRoot())
        case "percentiledisc", "percentilecont":
            return try percentile(call, values, group)
        default:
            if values.isEmpty { return .null }
            let sum = try values.reduce(.float(0)) { try arithmetic(.add, $0, $1) }
            return try arithmetic(.divide, sum, .float(Double(values.count)))
        }
    }

    private func percentile(
        _ call: FunctionCall, _ values: [ModelValue], _ group: [ModelRow]
    ) throws -> ModelValue {
        guard let first = group.first,
            let share = try evaluate(call.arguments[1], first).number
        else { return .null }
        if values.contains(where: { $0.number == nil }) {
            throw ModelError.mayFail("a percentile of no number")
        }
        let sorted = values.sorted { ModelValue.order($0, $1) < 0 }
        if sorted.isEmpty { return .null }
        if call.name.text.lowercased() == "percentiledisc" {
            let place = Int((share * Double(sorted.count)).rounded(.up)) - 1
            return sorted[max(0, min(place, sorted.count - 1))]
        }
        let place = share * Double(sorted.count - 1)
        let (low, high) = (Int(place.rounded(.down)), Int(place.rounded(.up)))
        guard let a = sorted[low].number, let b = sorted[high].number else {
            throw ModelError.mayFail("percentile")
        }
        return .float(a + (b - a) * (place - Double(low)))
    }
}
