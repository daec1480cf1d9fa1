// CatalogCodec: names and schema as bytes. Written anew whenever they change, one extent.
//
//   version varint (1)
//   labels, types, keys: each count, then strings
//   label sets: count, then per set its count and ascending label numbers; set 0 is empty
//   indexes: count, then id, name, entity u8 (0 node, 1 relationship), label or type, key count,
//     keys, unique u8
//   constraints: count, then id, name, kind u8 (0 unique, 1 exists, 2 key, 3 type followed by the
//     type), entity u8, label or type, key count, keys, index id + 1 (0: none)
//   next schema id varint
// All numbers are varints, strings are length and UTF-8 (ByteWriter.swift).
//
// A type is one byte, after a list the element's type: 0 any, 1 null, 2 boolean, 3 integer,
// 4 float, 5 number, 6 string, 7 date, 8 localTime, 9 time, 10 localDateTime, 11 dateTime,
// 12 duration, 13 list, 14 map, 15 node, 16 relationship, 17 path.

import NenCore

/// Writes and reads the catalog's extent.
enum CatalogCodec {
    static let version: UInt64 = 1

    static func write(_ catalog: Catalog, nextSchemaID: UInt32, to bytes: ByteWriter) {
        bytes.varint(version)
        for names in [catalog.labels, catalog.types, catalog.keys] {
            bytes.varint(names.count)
            for name in names { bytes.string(name) }
        }
        bytes.varint(catalog.labelSets.count)
        for set in catalog.labelSets { numbers(set, to: bytes) }
        bytes.varint(catalog.indexes.count)
        for index in catalog.indexes { write(index, to: bytes) }
        bytes.varint(catalog.constraints.count)
        for constraint in catalog.constraints { write(constraint, to: bytes) }
        bytes.varint(UInt64(nextSchemaID))
    }

    static func read(
        _ stored: VerifiedBytes
    ) throws -> (catalog: Catalog, nextSchemaID: UInt32) {
        var reader = ByteReader(stored.buffer, place: "catalog")
        let found = try reader.varint()
        guard found == version else { throw reader.damage("has version \(found)") }
        let labels = try strings(&reader)
        let types = try strings(&reader)
        let keys = try strings(&reader)
        var sets: [[NameID]] = []
        for _ in 0 ..< (try reader.count()) {
            let set = try numbers(&reader, below: labels.count)
            for (left, right) in zip(set, set.dropFirst()) where left >= right {
                throw reader.damage("has an unordered label set")
            }
            sets.append(set)
        }
        guard sets.first == [] else { throw reader.damage("lacks the empty label set") }
        let names = (labels.count, types.count, keys.count)
        var indexes: [IndexDescriptor] = []
        for _ in 0 ..< (try reader.count()) { indexes.append(try index(&reader, names)) }
        var constraints: [ConstraintDescriptor] = []
        for _ in 0 ..< (try reader.count()) {
            constraints.append(try constraint(&reader, names))
        }
        let next = try reader.varint32()
        guard reader.isAtEnd else { throw reader.damage("goes on behind its end") }
        let catalog = Catalog(
            labels: labels, types: types, keys: keys, labelSets: sets, indexes: indexes,
            constraints: constraints)
        try check(catalog, nextSchemaID: next, reader)
        return (catalog, next)
    }

    /// What each part says alone must fit together: no name or number twice, and the index that a
    /// constraint rests on is there.
    private static func check(
        _ catalog: Catalog, nextSchemaID: UInt32, _ reader: ByteReader
    ) throws {
        for names in [catalog.labels, catalog.types, catalog.keys]
        where Set(names).count < names.count {
            throw reader.damage("has a name twice")
        }
        guard Set(catalog.labelSets).count == catalog.labelSets.count else {
            throw reader.damage("has a label set twice")
        }
        let ids = catalog.indexes.map(\.id) + catalog.constraints.map(\.id)
        guard Set(ids).count == ids.count, ids.allSatisfy({ $0 < nextSchemaID }) else {
            throw reader.damage("has a number of an index or constraint twice, or too early")
        }
        for constraint in catalog.constraints {
            let needsIndex = constraint.kind == .unique || constraint.kind == .key
            let index = catalog.indexes.first { $0.id == constraint.indexID }
            let isSound = needsIndex == (constraint.indexID != nil)
                && (index.map { owns(constraint, $0) } ?? !needsIndex)
            guard isSound, !constraint.properties.isEmpty else {
                throw reader.damage("has the constraint \(constraint.name) without its index")
            }
        }
    }

    /// Whether an index enforces a constraint.
    private static func owns(
        _ constraint: ConstraintDescriptor, _ index: IndexDescriptor
    ) -> Bool {
        index.isUnique && index.entity == constraint.entity
            && index.labelOrType == constraint.labelOrType
            && index.properties == constraint.properties
    }

    private static func strings(_ reader: inout ByteReader) throws -> [String] {
        var result: [String] = []
        for _ in 0 ..< (try reader.count()) { result.append(try reader.string()) }
        return result
    }

    private static func numbers(_ list: [NameID], to bytes: ByteWriter) {
        bytes.varint(list.count)
        for number in list { bytes.varint(UInt64(number)) }
    }

    private static func numbers(_ reader: inout ByteReader, below limit: Int) throws -> [NameID] {
        var result: [NameID] = []
        for _ in 0 ..< (try reader.count()) {
            let number = try reader.varint32()
            guard Int(number) < limit else { throw reader.damage("has the number \(number)") }
            result.append(number)
        }
        return result
    }

    // MARK: Indexes

    static func write(_ index: IndexDescriptor, to bytes: ByteWriter) {
        bytes.varint(UInt64(index.id))
        bytes.string(index.name)
        bytes.byte(index.entity == .node ? 0 : 1)
        bytes.varint(UInt64(index.labelOrType))
        numbers(index.properties, to: bytes)
        bytes.byte(index.isUnique ? 1 : 0)
    }

    static func index(
        _ reader: inout ByteReader, _ names: (labels: Int, types: Int, keys: Int)
    ) throws -> IndexDescriptor {
        let id = try reader.varint32()
        let name = try reader.string()
        let entity: EntityKind = try reader.byte() == 0 ? .node : .relationship
        let owner = try reader.varint32()
        guard Int(owner) < (entity == .node ? names.labels : names.types) else {
            throw reader.damage("has an index on an unknown label or type")
        }
        let keys = try numbers(&reader, below: names.keys)
        guard !keys.isEmpty, Set(keys).count == keys.count else {
            throw reader.damage("has an index without properties, or with one twice")
        }
        return IndexDescriptor(
            id: id, name: name, kind: .range, entity: entity, labelOrType: owner,
            properties: keys, isUnique: try reader.byte() != 0)
    }

    // MARK: Constraints

    static func write(_ constraint: ConstraintDescriptor, to bytes: ByteWriter) {
        bytes.varint(UInt64(constraint.id))
        bytes.string(constraint.name)
        switch constraint.kind {
        case .unique: bytes.byte(0)
        case .exists: bytes.byte(1)
        case .key: bytes.byte(2)
        case .type(let type):
            bytes.byte(3)
            write(type, to: bytes)
        }
        bytes.byte(constraint.entity == .node ? 0 : 1)
        bytes.varint(UInt64(constraint.labelOrType))
        numbers(constraint.properties, to: bytes)
        bytes.varint(constraint.indexID.map { UInt64($0) + 1 } ?? 0)
    }

    static func constraint(
        _ reader: inout ByteReader, _ names: (labels: Int, types: Int, keys: Int)
    ) throws -> ConstraintDescriptor {
        let id = try reader.varint32()
        let name = try reader.string()
        let kind: ConstraintKind
        switch try reader.byte() {
        case 0: kind = .unique
        case 1: kind = .exists
        case 2: kind = .key
        case 3: kind = .type(try type(&reader, depth: 0))
        default: throw reader.damage("has a constraint of unknown kind")
        }
        let entity: EntityKind = try reader.byte() == 0 ? .node : .relationship
        let owner = try reader.varint32()
        guard Int(owner) < (entity == .node ? names.labels : names.types) else {
            throw reader.damage("has a constraint on an unknown label or type")
        }
        let keys = try numbers(&reader, below: names.keys)
        let index = try reader.varint32()
        return ConstraintDescriptor(
            id: id, name: name, kind: kind, entity: entity, labelOrType: owner,
            properties: keys, indexID: index == 0 ? nil : index - 1)
    }

    private static let plainTypes: [NQLType] = [
        .any, .null, .boolean, .integer, .float, .number, .string, .date, .localTime, .time,
        .localDateTime, .dateTime, .duration, .list(.any), .map, .node, .relationship, .path,
        .point, .propertyValue, .nothing,
    ]
    private static let unionNumber: UInt8 = 64
    private static let notNullNumber: UInt8 = 65

    private static func write(_ type: NQLType, to bytes: ByteWriter) {
        switch type {
        case .list(let element):
            bytes.byte(13)
            write(element, to: bytes)
        case .union(let members):
            bytes.byte(unionNumber)
            bytes.varint(UInt64(members.count))
            for member in members { write(member, to: bytes) }
        case .notNull(let inner):
            bytes.byte(notNullNumber)
            write(inner, to: bytes)
        default: bytes.byte(UInt8(plainTypes.firstIndex(of: type) ?? 0))
        }
    }

    private static func type(_ reader: inout ByteReader, depth: Int) throws -> NQLType {
        let number = Int(try reader.byte())
        guard depth < 64 else { throw reader.damage("has a type that nests too deeply") }
        if number == unionNumber {
            var members: [NQLType] = []
            for _ in 0 ..< (try reader.count()) {
                members.append(try type(&reader, depth: depth + 1))
            }
            return .union(members)
        }
        if number == notNullNumber { return .notNull(try type(&reader, depth: depth + 1)) }
        guard number < plainTypes.count else { throw reader.damage("has an unknown type") }
        if number == 13 { return .list(try type(&reader, depth: depth + 1)) }
        return plainTypes[number]
    }
}
