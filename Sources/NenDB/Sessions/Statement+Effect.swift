// Statement+Effect: whether a statement may change the graph, found from its text alone, so that
// the right kind of transaction can be opened before anything is planned.

import NQLSyntax

extension StatementKind {
    /// Whether the statement needs a write transaction.
    var isWriting: Bool {
        switch self {
        case .query(let query): query.updates
        case .createIndex, .dropIndex, .createConstraint, .dropConstraint, .copyFrom: true
        case .begin, .commit, .rollback, .analyze, .checkpoint, .show, .copyTo, .setting, .vacuum,
            .backup, .createLookupIndex, .terminate:
            false
        }
    }
}
