// Statement: what stands between two semicolons.

import NenCore

public struct Statement: Sendable, Hashable {
    public var kind: StatementKind
    public var mode: ExplainMode
    public var span: SourceSpan
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
    case dropIndex(Name, ifExists: Bool)
    case createConstraint(ConstraintDefinition)
    case dropConstraint(Name, ifExists: Bool)
    case show(ShowCommand)
    case copyFrom(CopyFrom)
    case copyTo(CopyTo)
    case setting(SettingChange)
}

public struct IndexDefinition: Sendable, Hashable {
    public var name: Name?
    public var ifNotExists: Bool
    public var entity: EntityKind
    public var labelOrType: Name
    public var properties: [Name]
    public init(
        name: Name?, ifNotExists: Bool, entity: EntityKind, labelOrType: Name,
        properties: [Name]
    ) {
        self.name = name
        self.ifNotExists = ifNotExists
        self.entity = entity
        self.labelOrType = labelOrType
        self.properties = properties
    }
}

public struct ConstraintDefinition: Sendable, Hashable {
    public var name: Name?
    public var ifNotExists: Bool
    public var entity: EntityKind
    public var labelOrType: Name
    public var properties: [Name]
    public var kind: ConstraintKind
    public init(
        name: Name?, ifNotExists: Bool, entity: EntityKind, labelOrType: Name,
        properties: [Name], kind: ConstraintKind
    ) {
        self.name = name
        self.ifNotExists = ifNotExists
        self.entity = entity
        self.labelOrType = labelOrType
        self.properties = properties
        self.kind = kind
    }
}
