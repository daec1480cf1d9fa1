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

public enum ExplainMode: Sendable, Hashable {
    case run
    case explain(verbose: Bool)
    case profile
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
