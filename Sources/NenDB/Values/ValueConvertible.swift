// ValueConvertible: Swift types that a value turns into and that turn into a value: what
// `row["name"] as String` and `Value(x)` accept.

import NenCore

/// A Swift type with a counterpart among NQL's values.
public protocol ValueConvertible {
    /// The name that messages use for the expected value.
    static var valueTypeName: String { get }
    /// The Swift value; nil when `value` has another type or does not fit.
    init?(value: Value)
    /// The NQL value.
    var value: Value { get }
}

extension Value {
    /// The value of a Swift value.
    public init(_ convertible: some ValueConvertible) { self = convertible.value }

    /// The name of the value's type, as messages use it.
    public var typeName: String {
        switch self {
        case .null: "Null"
        case .boolean: "Boolean"
        case .integer: "Integer"
        case .float: "Float"
        case .string: "String"
        case .list: "List"
        case .map: "Map"
        case .date: "Date"
        case .localTime: "LocalTime"
        case .time: "Time"
        case .localDateTime: "LocalDateTime"
        case .dateTime: "DateTime"
        case .duration: "Duration"
        case .node: "Node"
        case .relationship: "Relationship"
        case .path: "Path"
        case .point: "Point"
        }
    }
}

extension Value: ValueConvertible {
    public static var valueTypeName: String { "Any" }
    public init?(value: Value) { self = value }
    public var value: Value { self }
}

extension Bool: ValueConvertible {
    public static var valueTypeName: String { "Boolean" }
    public init?(value: Value) {
        guard case .boolean(let flag) = value else { return nil }
        self = flag
    }
    public var value: Value { .boolean(self) }
}

extension String: ValueConvertible {
    public static var valueTypeName: String { "String" }
    public init?(value: Value) {
        guard case .string(let text) = value else { return nil }
        self = text
    }
    public var value: Value { .string(self) }
}

extension Double: ValueConvertible {
    public static var valueTypeName: String { "Float" }
    /// Accepts integers that a double holds exactly, too.
    public init?(value: Value) {
        switch value {
        case .float(let number): self = number
        case .integer(let number):
            guard let exact = Double(exactly: number) else { return nil }
            self = exact
        default: return nil
        }
    }
    public var value: Value { .float(self) }
}

extension Int64: ValueConvertible {
    public static var valueTypeName: String { "Integer" }
    public init?(value: Value) {
        guard case .integer(let number) = value else { return nil }
        self = number
    }
    public var value: Value { .integer(self) }
}

extension Int: ValueConvertible {
    public static var valueTypeName: String { "Integer" }
    public init?(value: Value) {
        guard case .integer(let number) = value, let exact = Int(exactly: number) else {
            return nil
        }
        self = exact
    }
    public var value: Value { .integer(Int64(self)) }
}

extension Optional: ValueConvertible where Wrapped: ValueConvertible {
    public static var valueTypeName: String { Wrapped.valueTypeName }
    public init?(value: Value) {
        if case .null = value {
            self = .none
        } else if let wrapped = Wrapped(value: value) {
            self = .some(wrapped)
        } else {
            return nil
        }
    }
    public var value: Value { self?.value ?? .null }
}

extension Array: ValueConvertible where Element: ValueConvertible {
    public static var valueTypeName: String { "List<\(Element.valueTypeName)>" }
    public init?(value: Value) {
        guard case .list(let list) = value else { return nil }
        var elements: [Element] = []
        elements.reserveCapacity(list.count)
        for item in list {
            guard let element = Element(value: item) else { return nil }
            elements.append(element)
        }
        self = elements
    }
    public var value: Value { .list(map(\.value)) }
}

extension Dictionary: ValueConvertible where Key == String, Value: ValueConvertible {
    public static var valueTypeName: String { "Map" }
    public init?(value: NenCore.Value) {
        guard case .map(let map) = value else { return nil }
        var entries: [String: Value] = [:]
        for (key, item) in map {
            guard let entry = Value(value: item) else { return nil }
            entries[key] = entry
        }
        self = entries
    }
    public var value: NenCore.Value { .map(mapValues(\.value)) }
}

extension NodeValue: ValueConvertible {
    public static var valueTypeName: String { "Node" }
    public init?(value: Value) {
        guard case .node(let node) = value else { return nil }
        self = node
    }
    public var value: Value { .node(self) }
}

extension RelationshipValue: ValueConvertible {
    public static var valueTypeName: String { "Relationship" }
    public init?(value: Value) {
        guard case .relationship(let relationship) = value else { return nil }
        self = relationship
    }
    public var value: Value { .relationship(self) }
}

extension PathValue: ValueConvertible {
    public static var valueTypeName: String { "Path" }
    public init?(value: Value) {
        guard case .path(let path) = value else { return nil }
        self = path
    }
    public var value: Value { .path(self) }
}

extension PointValue: ValueConvertible {
    public static var valueTypeName: String { "Point" }
    public init?(value: Value) {
        guard case .point(let point) = value else { return nil }
        self = point
    }
    public var value: Value { .point(self) }
}
