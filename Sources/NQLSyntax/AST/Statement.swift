// Statement: what stands between two semicolons.

import NenCore

public struct Statement: Sendable, Hashable {
    public var kind: StatementKind
    public var mode: ExplainMode
    public var span: SourceSpan
    /// What was taken although it is old or without effect, in the order of the text.
    public var remarks: [SyntaxRemark] = []
    public init(_ kind: StatementKind, mode: ExplainMode, span: SourceSpan) {
        self.kind = kind
        self.mode = mode
        self.span = span
    }
}

/// Whether a statement runs, is only planned, or runs and shows what its operators did.
public enum ExplainMode: Sendable, Hashable {
    case run
    case explain(ExplainStyle)
    case profile(ExplainStyle)
}

/// How a plan is shown.
public struct ExplainStyle: Sendable, Hashable {
    public enum Format: String, Sendable, Hashable, CaseIterable {
        /// Columns, an operator a line.
        case table = "TABLE"
        /// An indented tree, with everything that is known of each operator below it.
        case tree = "TREE"
        /// One JSON object, for programs.
        case json = "JSON"
    }

    public var format: Format
    /// Also how the plan came about.
    public var isVerbose: Bool

    public init(_ format: Format = .table, isVerbose: Bool = false) {
        self.format = format
        self.isVerbose = isVerbose
    }
}

public enum StatementKind: Sendable, Hashable {
    case query(Query)
    case begin(readOnly: Bool)
    case commit
    case rollback
    /// `ANALYZE`
    case analyze
    /// `CHECKPOINT`
    case checkpoint
    /// `VACUUM`
    case vacuum
    case backup(BackupCommand)
    case createIndex(IndexDefinition)
    case dropIndex(DroppedIndex, ifExists: Bool)
    case createConstraint(ConstraintDefinition)
    case dropConstraint(DroppedConstraint, ifExists: Bool)
    /// `CREATE LOOKUP INDEX …`: labels and types are found without one, so nothing is done.
    case createLookupIndex(name: SchemaName?, EntityKind)
    case show(ShowCommand)
    /// `TERMINATE TRANSACTIONS id, …`
    case terminate([Expression])
    case copyFrom(CopyFrom)
    case copyTo(CopyTo)
    case setting(SettingChange)
}
