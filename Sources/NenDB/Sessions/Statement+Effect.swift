// Statement+Effect: whether a statement may change the graph, found from its text alone, so that
// the right kind of transaction can be opened before anything is planned.

import NQLSyntax

extension Query {
    /// Whether any clause, those of subqueries included, changes the graph.
    var isWriting: Bool { parts.contains { $0.clauses.contains(where: \.isWriting) } }
}

extension Clause {
    fileprivate var isWriting: Bool {
        switch kind {
        case .create, .merge, .set, .remove, .delete, .foreach: true
        case .callSubquery(let query, _): query.isWriting
        case .match, .unwind, .with, .returning, .callProcedure, .loadCSV: false
        }
    }
}

extension StatementKind {
    /// Whether the statement needs a write transaction.
    var isWriting: Bool {
        switch self {
        case .query(let query): query.isWriting
        case .createIndex, .dropIndex, .createConstraint, .dropConstraint: true
        case .begin, .commit, .rollback, .analyze, .checkpoint, .show: false
        }
    }
}
