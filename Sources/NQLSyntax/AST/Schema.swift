// Schema: the syntax tree of statements about indexes and constraints.

import NenCore

/// The name of an index or constraint, written out or given by a parameter.
public enum SchemaName: Sendable, Hashable {
    case written(Name)
    /// `$name`, without the dollar.
    case parameter(Name)

    /// Where it stands.
    public var span: SourceSpan {
        switch self {
        case .written(let name), .parameter(let name): name.span
        }
    }
}

/// `CREATE INDEX …`
public struct IndexDefinition: Sendable, Hashable {
    public var name: SchemaName?
    public var ifNotExists: Bool
    public var entity: EntityKind
    public var labelOrType: Name
    public var properties: [Name]
    public init(
        name: SchemaName?, ifNotExists: Bool, entity: EntityKind, labelOrType: Name,
        properties: [Name]
    ) {
        self.name = name
        self.ifNotExists = ifNotExists
        self.entity = entity
        self.labelOrType = labelOrType
        self.properties = properties
    }
}

/// `CREATE CONSTRAINT …`
public struct ConstraintDefinition: Sendable, Hashable {
    public var name: SchemaName?
    public var ifNotExists: Bool
    public var entity: EntityKind
    public var labelOrType: Name
    public var properties: [Name]
    public var kind: ConstraintKind
    public init(
        name: SchemaName?, ifNotExists: Bool, entity: EntityKind, labelOrType: Name,
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

/// Which index DROP means.
public enum DroppedIndex: Sendable, Hashable {
    case named(SchemaName)
    /// `ON :Label(key, …)`, the form before indexes had names.
    case described(label: Name, properties: [Name])
}

/// Which constraint DROP means.
public enum DroppedConstraint: Sendable, Hashable {
    case named(SchemaName)
    /// `ON (n:Label) ASSERT …`, the form before constraints had names.
    case described(ConstraintDefinition)
}
