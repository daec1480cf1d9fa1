// DecodedEntity: nodes and relationships with their properties as a type of the program, and what
// they are beside these: ids, labels, type and ends.

import NenCore

/// A node whose properties are decoded: `decode(Node<Person>.self)`.
///
/// ```swift
/// for person in try db.query("MATCH (p:Person) RETURN p").decode(Node<Person>.self) {
///     print(person.id, person.labels, person.name)
/// }
/// ```
@dynamicMemberLookup
public struct Node<Properties: Decodable>: Decodable {
    /// The number of the node, as `id(n)` gives it.
    public let id: UInt32
    /// Its labels in the order of their names.
    public let labels: [String]
    /// Its properties.
    public let properties: Properties

    public init(from decoder: any Decoder) throws {
        let value = try EntityDecoding.value(decoder)
        guard case .node(let node) = value else {
            throw EntityDecoding.mismatch("Node", value, decoder)
        }
        id = node.id
        labels = node.labels
        properties = try EntityDecoding.properties(node.properties, decoder)
    }

    /// A property.
    public subscript<Output>(dynamicMember path: KeyPath<Properties, Output>) -> Output {
        properties[keyPath: path]
    }
}

/// A relationship whose properties are decoded: `decode(Relationship<Knows>.self)`.
@dynamicMemberLookup
public struct Relationship<Properties: Decodable>: Decodable {
    /// The number of the relationship, as `id(r)` gives it.
    public let id: UInt32
    /// The name of its type.
    public let type: String
    /// The numbers of the nodes that it leads from and to.
    public let source: UInt32
    public let target: UInt32
    /// Its properties.
    public let properties: Properties

    public init(from decoder: any Decoder) throws {
        let value = try EntityDecoding.value(decoder)
        guard case .relationship(let relationship) = value else {
            throw EntityDecoding.mismatch("Relationship", value, decoder)
        }
        id = relationship.id
        type = relationship.type
        source = relationship.source
        target = relationship.target
        properties = try EntityDecoding.properties(relationship.properties, decoder)
    }

    /// A property.
    public subscript<Output>(dynamicMember path: KeyPath<Properties, Output>) -> Output {
        properties[keyPath: path]
    }
}

extension Node: Sendable where Properties: Sendable {}
extension Relationship: Sendable where Properties: Sendable {}

/// What decoding both has in common.
private enum EntityDecoding {
    /// The value that is decoded.
    static func value(_ decoder: any Decoder) throws -> Value {
        guard let values = decoder as? ValueDecoder else {
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: decoder.codingPath,
                    debugDescription: "nodes and relationships come from results only"))
        }
        return values.single
    }

    static func mismatch(
        _ wanted: String, _ value: Value, _ decoder: any Decoder
    ) -> DecodingError {
        .typeMismatch(
            NodeValue.self,
            .init(
                codingPath: decoder.codingPath,
                debugDescription: "expected \(wanted), found \(value.typeName) "
                    + "(\(value.literalText))"))
    }

    static func properties<Properties: Decodable>(
        _ properties: [String: Value], _ decoder: any Decoder
    ) throws -> Properties {
        try ValueDecoder(value: .map(properties), only: nil, codingPath: decoder.codingPath)
            .unwrap(Properties.self)
    }
}
