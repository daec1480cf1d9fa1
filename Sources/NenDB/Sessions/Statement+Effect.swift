// Statement+Effect: whether a statement may change the graph, found from its text alone, so that
// the right kind of transaction can be opened before anything is planned.

import NQLPlanner
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

extension Database {
    /// Whether a statement may change a database, or needs its file, so that a program can put off
    /// making a file until there is something to write. A text that is no statement changes
    /// nothing.
    public func mayChange(_ text: String) -> Bool {
        guard let parsed = try? parseStatement(text),
            let statement = try? expandingProcedures(parsed, engine.functionLibrary)
        else { return false }
        if statement.mode.isExplain { return false }
        switch statement.kind {
        case .begin(let readOnly): return !readOnly
        case .checkpoint, .vacuum, .backup, .analyze: return true
        default: return statement.kind.isWriting
        }
    }
}
