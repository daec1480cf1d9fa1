// Judge: whether the engine's answer is the reference's. Rows are compared as bags; where the
// query sorts, the sorted columns as lists too; where it limits without a total order, the rows
// must be among those before the limit.

import NenCore
import NenDB

/// What the reference says about one query.
struct ReferenceAnswer {
    enum Content {
        case result(ModelResult)
        case failed(String)
        /// An error that a plan need not come to.
        case mayFail(String)
        case unknown(String)
    }

    var content: Content
    /// The graph behind the statement.
    var graph: ModelGraph
}

/// A difference between the engine and the reference.
struct Difference: Equatable {
    /// Differences of one kind are taken for the same when a query is made smaller.
    var kind: String
    var explanation: String
}

struct Judge {
    let test: GraphUnderTest
    let answer: ReferenceAnswer

    /// nil when the outcome is right, or cannot be judged.
    func difference(_ outcome: EngineOutcome) -> Difference? {
        switch (answer.content, outcome) {
        // A plan without rules may take very long.
        case (_, .failed(let error)) where error.code == .interrupted: return nil
        case (.unknown, _), (.mayFail, _), (.failed, .failed): return nil
        case (.failed(let reason), .rows(let rows, _, _)):
            return Difference(
                kind: "no error", explanation: "\(rows.count) rows instead of: \(reason)")
        case (.result, .failed(let error)):
            return Difference(
                kind: "error \(error.code) \(error.detail ?? "")", explanation: "\(error)")
        case (.result(let expected), .rows(let rows, let columns, let state)):
            // Which of 1 and 1.0 stands for a group is open.
            guard let found = difference(expected, rows, columns, state, .typed) else {
                return nil
            }
            return difference(expected, rows, columns, state, .untyped) == nil ? nil : found
        }
    }

    private func difference(
        _ expected: ModelResult, _ rows: [Row], _ columns: [String], _ state: [Value]?,
        _ numberText: NumberText
    ) -> Difference? {
        let engine = EngineText(numbers: test.numbers, numberText: numberText)
        let model = ModelText(
            graph: answer.graph, knownNodes: test.model.nodes.count,
            knownRelationships: test.model.relationships.count, numberText: numberText)
        let names = (expected.columns ?? []).sorted()
        if columns.sorted() != names {
            return Difference(kind: "columns", explanation: "\(columns), not \(names)")
        }
        let found = rows.map { row in
            names.map { cell($0, engine.text(row[$0] ?? .null), row[$0], engine) }
                .joined(separator: " | ")
        }
        let modelRows = { (rows: [ModelRow]) in
            rows.map { row in
                names.map { cell($0, row[$0] ?? .null, model) }.joined(separator: " | ")
            }
        }
        if expected.columns != nil, let difference = bags(expected, found, modelRows) {
            return difference
        }
        let keys = expected.sortColumns
        let foundKeys = rows.map { row in keys.map { engine.text(row[$0] ?? .null) } }
        let wantedKeys = expected.rows.map { row in keys.map { model.text(row[$0] ?? .null) } }
        if !keys.isEmpty, foundKeys != wantedKeys {
            return Difference(
                kind: "order", explanation: "order \(foundKeys)\n  instead of \(wantedKeys)")
        }
        return state.flatMap { stateDifference($0, engine, model) }
    }

    private func bags(
        _ expected: ModelResult, _ found: [String], _ text: ([ModelRow]) -> [String]
    ) -> Difference? {
        let wanted = text(expected.rows)
        if found.sorted() == wanted.sorted() { return nil }
        if let all = expected.rowsBeforeLimit, found.count == wanted.count,
            Set(expected.sortColumns) != Set(expected.columns ?? []),
            isSubBag(found, text(all))
        {
            return nil
        }
        return Difference(
            kind: "rows",
            explanation: "rows:\n    \(found.sorted().joined(separator: "\n    "))\n"
                + "  instead of:\n    \(wanted.sorted().joined(separator: "\n    "))")
    }

    private func isSubBag(_ part: [String], _ whole: [String]) -> Bool {
        var counts: [String: Int] = [:]
        for row in whole { counts[row, default: 0] += 1 }
        for row in part {
            counts[row, default: 0] -= 1
            if counts[row, default: 0] < 0 { return false }
        }
        return true
    }

    private func stateDifference(
        _ state: [Value], _ engine: EngineText, _ model: ModelText
    ) -> Difference? {
        let found = state.map { engine.text($0) }.sorted()
        let graph = answer.graph
        let nodes = graph.nodes.indices.filter { !graph.nodes[$0].isDeleted }
        let relationships = graph.relationships.indices.filter {
            !graph.relationships[$0].isDeleted
        }
        let wanted = (nodes.map { model.node($0) }
            + relationships.map { model.relationship($0) }).sorted()
        if found == wanted { return nil }
        return Difference(
            kind: "graph",
            explanation: "graph:\n    \(found.joined(separator: "\n    "))\n"
                + "  instead of:\n    \(wanted.joined(separator: "\n    "))")
    }

    /// A cell; lists in open order (names with `u`) sorted, of one of several shortest paths (names
    /// with `q`) the ends and the length.
    private func cell(
        _ name: String, _ text: String, _ value: Value?, _ engine: EngineText
    ) -> String {
        switch value {
        case .list(let list) where name.hasPrefix("u"):
            return "\(list.map { engine.text($0) }.sorted())"
        case .path(let path) where name.hasPrefix("q"):
            let ends = [path.nodes.first, path.nodes.last].compactMap { $0 }
            return "\(path.relationships.count) \(ends.map { engine.text($0) })"
        default: return text
        }
    }

    private func cell(_ name: String, _ value: ModelValue, _ model: ModelText) -> String {
        switch value {
        case .list(let list) where name.hasPrefix("u"):
            return "\(list.map { model.text($0) }.sorted())"
        case .path(let nodes, let relationships) where name.hasPrefix("q"):
            let ends = [nodes.first, nodes.last].compactMap { $0 }
            return "\(relationships.count) \(ends.map { model.node($0) })"
        default: return model.text(value)
        }
    }
}
