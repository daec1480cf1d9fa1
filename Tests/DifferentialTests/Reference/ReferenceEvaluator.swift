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

    /// The queries between NEXT: the rows of one are those that the next begins with.
    func evaluate(_ query: Query, _ rows: [ModelRow]) throws -> ModelResult {
        var result = try union(query, rows)
        for next in query.next { result = try union(next, result.rows) }
        return result
    }

    /// The parts one after the other, joined by UNION.
    private func union(_ query: Query, _ rows: [ModelRow]) throws -> ModelResult {
        var result = try evaluate(query.parts[0].clauses, rows)
        for part in query.parts.dropFirst() {
            let more = try evaluate(part.clauses, rows)
            result.rows += more.rows
            result.columns = result.columns ?? more.columns
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
            switch clause.kind {
            case .returning(let projection): return try project(projection, rows)
            case .finish: return ModelResult(columns: nil, rows: [])
            case .block(let query): return try evaluate(query, rows)
            case .conditional(let branches, let otherwise):
                return try choose(branches, otherwise, rows)
            default: rows = try evaluate(clause, rows)
            }
        }
        return ModelResult(columns: nil, rows: rows)
    }

    /// The columns by the text, for branches that no row takes.
    private func columns(_ query: Query) throws -> [String]? {
        let last = query.next.last ?? query
        switch last.parts[0].clauses.last?.kind {
        case .returning(let projection):
            if projection.includesAll { throw ModelError.unsupported("* in a branch") }
            return projection.items.map { $0.alias?.text ?? $0.sourceText }
        case .block(let inner): return try columns(inner)
        case .conditional(let branches, _):
            return try branches.first.flatMap { try columns($0.body) }
        default: return nil
        }
    }

    /// `WHEN … THEN … ELSE`: every row goes through the first branch whose condition it fulfils.
    private func choose(
        _ branches: [ConditionalBranch], _ otherwise: Query?, _ rows: [ModelRow]
    ) throws -> ModelResult {
        let names = try branches.first.flatMap { try columns($0.body) }
        var all = ModelResult(columns: names, rows: [])
        for row in rows {
            let taken = try branches.first { try isTrue(try evaluate($0.condition, row)) }
            guard let body = taken?.body ?? otherwise else { continue }
            let result = try evaluate(body, [row])
            all.rows += result.rows
        }
        return all
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
