// Catalog: the names and declared schema of a database, as plain structs that the planner reads.
// Names are numbered densely in order of their first use and never renumbered.

/// Number of a label, relationship type or property key in the catalog.
public typealias NameID = UInt32

/// What an index is for.
public enum IndexKind: String, Sendable, Hashable {
    case range
}

/// Whether an index or constraint speaks of nodes or relationships.
public enum EntityKind: String, Sendable, Hashable {
    case node
    case relationship
}

/// A property index: order-preserving keys of `properties` over entities of one label or type.
public struct IndexDescriptor: Sendable, Hashable {
    public var id: UInt32
    public var name: String
    public var kind: IndexKind
    public var entity: EntityKind
    /// Label (nodes) or type (relationships).
    public var labelOrType: NameID
    public var properties: [NameID]
    /// Set when a constraint owns the index: no two entities have the same key.
    public var isUnique: Bool

    public init(
        id: UInt32, name: String, kind: IndexKind, entity: EntityKind, labelOrType: NameID,
        properties: [NameID], isUnique: Bool
    ) {
        self.id = id
        self.name = name
        self.kind = kind
        self.entity = entity
        self.labelOrType = labelOrType
        self.properties = properties
        self.isUnique = isUnique
    }
}

/// What a constraint demands.
public enum ConstraintKind: Sendable, Hashable {
    /// Present values are unique.
    case unique
    /// The property is never null.
    case exists
    /// Unique and never null.
    case key
    /// The property, where present, has this type.
    case type(NQLType)
}

/// A declared constraint.
public struct ConstraintDescriptor: Sendable, Hashable {
    public var id: UInt32
    public var name: String
    public var kind: ConstraintKind
    public var entity: EntityKind
    public var labelOrType: NameID
    public var properties: [NameID]
    /// The index that enforces uniqueness; nil for the other kinds.
    public var indexID: UInt32?

    public init(
        id: UInt32, name: String, kind: ConstraintKind, entity: EntityKind, labelOrType: NameID,
        properties: [NameID], indexID: UInt32?
    ) {
        self.id = id
        self.name = name
        self.kind = kind
        self.entity = entity
        self.labelOrType = labelOrType
        self.properties = properties
        self.indexID = indexID
    }
}

/// Names and schema at one snapshot.
public struct Catalog: Sendable {
    public var labels: [String]
    public var types: [String]
    public var keys: [String]
    /// Interned label sets: ascending label numbers; set 0 is the empty set.
    public var labelSets: [[NameID]]
    public var indexes: [IndexDescriptor]
    public var constraints: [ConstraintDescriptor]
    private var labelNumbers: [String: NameID]
    private var typeNumbers: [String: NameID]
    private var keyNumbers: [String: NameID]

    public init(
        labels: [String] = [], types: [String] = [], keys: [String] = [],
        labelSets: [[NameID]] = [[]], indexes: [IndexDescriptor] = [],
        constraints: [ConstraintDescriptor] = []
    ) {
        self.labels = labels
        self.types = types
        self.keys = keys
        self.labelSets = labelSets
        self.indexes = indexes
        self.constraints = constraints
        labelNumbers = Catalog.numbered(labels)
        typeNumbers = Catalog.numbered(types)
        keyNumbers = Catalog.numbered(keys)
    }

    private static func numbered(_ names: [String]) -> [String: NameID] {
        var numbers: [String: NameID] = [:]
        numbers.reserveCapacity(names.count)
        for (index, name) in names.enumerated() { numbers[name] = NameID(index) }
        return numbers
    }

    /// The number of a label; nil when no node ever had it.
    public func label(_ name: String) -> NameID? { labelNumbers[name] }
    /// The number of a relationship type; nil when none was ever used.
    public func type(_ name: String) -> NameID? { typeNumbers[name] }
    /// The number of a property key; nil when none was ever used.
    public func key(_ name: String) -> NameID? { keyNumbers[name] }

    /// Adds a label if it is new and returns its number.
    public mutating func internLabel(_ name: String) -> NameID {
        if let known = labelNumbers[name] { return known }
        let id = NameID(labels.count)
        labels.append(name)
        labelNumbers[name] = id
        return id
    }

    /// Adds a relationship type if it is new and returns its number.
    public mutating func internType(_ name: String) -> NameID {
        if let known = typeNumbers[name] { return known }
        let id = NameID(types.count)
        types.append(name)
        typeNumbers[name] = id
        return id
    }

    /// Adds a property key if it is new and returns its number.
    public mutating func internKey(_ name: String) -> NameID {
        if let known = keyNumbers[name] { return known }
        let id = NameID(keys.count)
        keys.append(name)
        keyNumbers[name] = id
        return id
    }
}
