// RowDecoder: rows and values into `Decodable` types: a row is a keyed container of its columns, a
// map, node or relationship one of its properties, a list an unkeyed one.

import NenCore

extension Row {
    /// The row as a value of `type`: its properties are looked up among the columns by name; a type
    /// that is no keyed container decodes from a row's only column.
    ///
    /// - Throws: `TypeError` with the column or property that does not fit or is missing, and what
    ///   an `init(from:)` of the program throws.
    public func decode<T: Decodable>(_ type: T.Type = T.self) throws -> T {
        var entries: [String: Value] = [:]
        for (name, value) in zip(columns, values) { entries[name] = value }
        let only: Value? = values.count == 1 ? .some(values[0]) : .none
        return try DecodingFailure.telling {
            try T(from: ValueDecoder(value: .map(entries), only: only, codingPath: []))
        }
    }
}

extension Value {
    /// The value as a value of `type`.
    ///
    /// - Throws: `TypeError` with the place in the value that does not fit.
    public func decode<T: Decodable>(_ type: T.Type = T.self) throws -> T {
        try DecodingFailure.telling {
            try ValueDecoder(value: self, only: nil, codingPath: []).unwrap(type)
        }
    }
}

/// A position of a container.
private struct IndexKey: CodingKey {
    var intValue: Int?
    var stringValue: String { intValue.map(String.init) ?? "" }
    init(_ index: Int) { intValue = index }
    init?(intValue: Int) { self.intValue = intValue }
    init?(stringValue: String) { nil }
}

/// Errors of decoding as those of the library.
private enum DecodingFailure {
    /// Runs `body`; what does not fit is a `TypeError` that names the place.
    static func telling<Output>(_ body: () throws -> Output) throws -> Output {
        do {
            return try body()
        } catch let error as DecodingError {
            throw DecodingFailure.error(error)
        }
    }

    private static func error(_ error: DecodingError) -> NQLError {
        switch error {
        case .typeMismatch(_, let context), .valueNotFound(_, let context),
            .dataCorrupted(let context):
            return told("InvalidColumnType", path(context.codingPath), context)
        case .keyNotFound(let key, let context):
            return told("UnknownColumn", path(context.codingPath + [key]), context)
        @unknown default: return .runtime(.type, "InvalidColumnType", "\(error)")
        }
    }

    private static func told(
        _ detail: String, _ path: String, _ context: DecodingError.Context
    ) -> NQLError {
        let place = path.isEmpty ? "" : "`\(path)`: "
        return .runtime(
            .type, detail, "The result cannot be decoded: \(place)\(context.debugDescription).")
    }

    /// Such as `people[2].name`.
    private static func path(_ keys: [any CodingKey]) -> String {
        keys.reduce(into: "") { path, key in
            if let index = key.intValue {
                path += "[\(index)]"
            } else {
                path += (path.isEmpty ? "" : ".") + key.stringValue
            }
        }
    }
}

/// Decodes from one value.
struct ValueDecoder: Decoder, SingleValueDecodingContainer {
    let value: Value
    /// The only column of a row, for single values.
    let only: Value?
    let codingPath: [any CodingKey]
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    /// The value as a single one: of a row with one column that column's.
    var single: Value { only ?? value }

    private func mismatch(_ type: Any.Type, _ value: Value) -> DecodingError {
        let context = DecodingError.Context(
            codingPath: codingPath,
            debugDescription: "expected \(type), found \(value.typeName) (\(value.literalText))")
        return DecodingError.typeMismatch(type, context)
    }

    func container<Key: CodingKey>(
        keyedBy type: Key.Type
    ) throws -> KeyedDecodingContainer<Key> {
        let entries: [String: Value]
        switch value {
        case .map(let map):
            if let only, map.count == 1, let inner = ValueDecoder.entries(only) {
                let wanted = Key(stringValue: map.first?.key ?? "")
                entries = wanted == nil ? inner : map
            } else {
                entries = map
            }
        default:
            guard let inner = ValueDecoder.entries(value) else {
                throw mismatch([String: Value].self, value)
            }
            entries = inner
        }
        return KeyedDecodingContainer(
            KeyedValues<Key>(entries: entries, codingPath: codingPath))
    }

    static func entries(_ value: Value) -> [String: Value]? {
        switch value {
        case .map(let map): map
        case .node(let node): node.properties
        case .relationship(let relationship): relationship.properties
        default: nil
        }
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard case .list(let elements) = only ?? value else {
            throw mismatch([Value].self, only ?? value)
        }
        return ListValues(elements: elements, codingPath: codingPath)
    }

    func singleValueContainer() throws -> any SingleValueDecodingContainer {
        ValueDecoder(value: only ?? value, only: nil, codingPath: codingPath)
    }

    func decodeNil() -> Bool { value == .null }

    private func convert<T: ValueConvertible>(_ type: T.Type) throws -> T {
        guard let converted = T(value: value) else { throw mismatch(type, value) }
        return converted
    }

    private func integer<T: FixedWidthInteger>(_ type: T.Type) throws -> T {
        guard case .integer(let number) = value, let exact = T(exactly: number) else {
            throw mismatch(type, value)
        }
        return exact
    }

    func decode(_ type: Bool.Type) throws -> Bool { try convert(type) }
    func decode(_ type: String.Type) throws -> String { try convert(type) }
    func decode(_ type: Double.Type) throws -> Double { try convert(type) }
    func decode(_ type: Float.Type) throws -> Float { Float(try convert(Double.self)) }
    func decode(_ type: Int.Type) throws -> Int { try integer(type) }
    func decode(_ type: Int8.Type) throws -> Int8 { try integer(type) }
    func decode(_ type: Int16.Type) throws -> Int16 { try integer(type) }
    func decode(_ type: Int32.Type) throws -> Int32 { try integer(type) }
    func decode(_ type: Int64.Type) throws -> Int64 { try integer(type) }
    func decode(_ type: UInt.Type) throws -> UInt { try integer(type) }
    func decode(_ type: UInt8.Type) throws -> UInt8 { try integer(type) }
    func decode(_ type: UInt16.Type) throws -> UInt16 { try integer(type) }
    func decode(_ type: UInt32.Type) throws -> UInt32 { try integer(type) }
    func decode(_ type: UInt64.Type) throws -> UInt64 { try integer(type) }
    func decode<T: Decodable>(_ type: T.Type) throws -> T { try unwrap(type) }

    /// A value of `type`; types with a counterpart among values take it as it is.
    func unwrap<T: Decodable>(_ type: T.Type) throws -> T {
        if let wanted = type as? any ValueConvertible.Type, !(type is any FixedWidthInteger.Type),
            let converted = wanted.init(value: value) as? T
        {
            return converted
        }
        return try T(from: self)
    }
}

/// The entries of a map, node, relationship or row.
private struct KeyedValues<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let entries: [String: Value]
    let codingPath: [any CodingKey]
    var allKeys: [Key] { entries.keys.compactMap { Key(stringValue: $0) } }

    func contains(_ key: Key) -> Bool { entries[key.stringValue] != nil }

    private func decoder(_ key: Key) throws -> ValueDecoder {
        guard let value = entries[key.stringValue] else {
            let names = entries.keys.sorted().joined(separator: ", ")
            throw DecodingError.keyNotFound(
                key,
                .init(
                    codingPath: codingPath,
                    debugDescription: "no column or property of this name among: \(names)"))
        }
        return ValueDecoder(value: value, only: nil, codingPath: codingPath + [key])
    }

    func decodeNil(forKey key: Key) throws -> Bool { try decoder(key).decodeNil() }

    func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
        try decoder(key).unwrap(type)
    }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<NestedKey> {
        try decoder(key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try decoder(key).unkeyedContainer()
    }

    func superDecoder() throws -> any Decoder {
        ValueDecoder(value: .map(entries), only: nil, codingPath: codingPath)
    }

    func superDecoder(forKey key: Key) throws -> any Decoder { try decoder(key) }
}

/// The elements of a list.
private struct ListValues: UnkeyedDecodingContainer {
    let elements: [Value]
    let codingPath: [any CodingKey]
    var currentIndex = 0
    var count: Int? { elements.count }
    var isAtEnd: Bool { currentIndex >= elements.count }

    init(elements: [Value], codingPath: [any CodingKey]) {
        self.elements = elements
        self.codingPath = codingPath
    }

    private mutating func next() throws -> ValueDecoder {
        let path = codingPath + [IndexKey(currentIndex)]
        guard currentIndex < elements.count else {
            throw DecodingError.valueNotFound(
                Value.self,
                .init(
                    codingPath: path,
                    debugDescription: "the list has \(elements.count) elements only"))
        }
        currentIndex += 1
        return ValueDecoder(value: elements[currentIndex - 1], only: nil, codingPath: path)
    }

    mutating func decodeNil() throws -> Bool {
        guard currentIndex < elements.count, elements[currentIndex] == .null else {
            return false
        }
        currentIndex += 1
        return true
    }

    mutating func decode<T: Decodable>(_ type: T.Type) throws -> T { try next().unwrap(type) }

    mutating func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type
    ) throws -> KeyedDecodingContainer<NestedKey> {
        try next().container(keyedBy: type)
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        try next().unkeyedContainer()
    }

    mutating func superDecoder() throws -> any Decoder { try next() }
}
