// Value: one NQL value outside the engine: parameters, literals and results.
//
// Inside the engine values live in typed vectors and 16-byte cells; a `Value` is made only at
// the edges. `==` here is structural (1 and 1.0 differ, NaN equals NaN): the language's own
// comparability, equivalence and order are defined once, in the engine, over cells.

/// A value of the NQL type system, as parameters bring it in and results bring it out. Frequent
/// values need no memory beside it (24 bytes), rare and large ones lie elsewhere.
public enum Value: Sendable, Hashable {
    case null
    case boolean(Bool)
    case integer(Int64)
    case float(Double)
    case string(String)
    case list([Value])
    case map([String: Value])
    case date(DateValue)
    case localTime(LocalTimeValue)
    indirect case time(TimeValue)
    indirect case localDateTime(LocalDateTimeValue)
    indirect case dateTime(DateTimeValue)
    indirect case duration(DurationValue)
    indirect case node(NodeValue)
    indirect case relationship(RelationshipValue)
    indirect case path(PathValue)
    indirect case point(PointValue)
}

/// A node as a result shows it: its identity, labels and properties when the result was made.
public struct NodeValue: Sendable, Hashable {
    /// Dense node number; stable while the node exists.
    public let id: UInt32
    /// Label names, in the order of their names.
    public let labels: [String]
    public let properties: [String: Value]

    public init(id: UInt32, labels: [String], properties: [String: Value]) {
        self.id = id
        self.labels = labels
        self.properties = properties
    }
}

/// A relationship as a result shows it.
public struct RelationshipValue: Sendable, Hashable {
    /// Dense relationship number; stable while the relationship exists.
    public let id: UInt32
    public let type: String
    public let source: UInt32
    public let target: UInt32
    public let properties: [String: Value]

    public init(
        id: UInt32, type: String, source: UInt32, target: UInt32, properties: [String: Value]
    ) {
        self.id = id
        self.type = type
        self.source = source
        self.target = target
        self.properties = properties
    }
}

/// A path: `nodes.count == relationships.count + 1`; step i goes from node i to node i + 1, against
/// the relationship's direction where its source is not node i.
public struct PathValue: Sendable, Hashable {
    public let nodes: [NodeValue]
    public let relationships: [RelationshipValue]

    public init(nodes: [NodeValue], relationships: [RelationshipValue]) {
        precondition(
            nodes.count == relationships.count + 1,
            "a path of \(relationships.count) relationships has \(nodes.count) nodes")
        self.nodes = nodes
        self.relationships = relationships
    }
}
