// NQLType: the static type lattice of the binder. `any` is the top: a value of unknown type.

/// A static type. Every type includes null.
public indirect enum NQLType: Sendable, Hashable {
    case any
    /// Only null.
    case null
    case boolean
    case integer
    case float
    /// Integer or float.
    case number
    case string
    case date, localTime, time, localDateTime, dateTime, duration
    case point
    case list(NQLType)
    case map
    case node
    case relationship
    case path
    /// No value, not even null. This and what follows stand behind `IS ::` and in constraints; no
    /// expression has them as its static type.
    case nothing
    /// Scalars and lists of scalars of one type: what every database stores.
    case propertyValue
    /// A value of one of several types.
    case union([NQLType])
    /// The type without null.
    case notNull(NQLType)

    /// The smallest type that includes both.
    public func joined(with other: NQLType) -> NQLType {
        if self == other { return self }
        switch (self, other) {
        case (.null, let type), (let type, .null): return type
        case (.integer, .float), (.float, .integer), (.number, .integer), (.integer, .number),
            (.number, .float), (.float, .number):
            return .number
        case (.list(let left), .list(let right)): return .list(left.joined(with: right))
        default: return .any
        }
    }

    /// Whether a value of `self` may also be one of `other` (their meet is more than null).
    public func mayBe(_ other: NQLType) -> Bool {
        if self == other || self == .any || other == .any { return true }
        if self == .null || other == .null { return true }
        switch (self, other) {
        case (.number, .integer), (.number, .float), (.integer, .number), (.float, .number):
            return true
        case (.list(let left), .list(let right)): return left.mayBe(right)
        default: return false
        }
    }

    /// The name behind its article: `an Integer`, `a String`.
    public var nameWithArticle: String {
        let name = name
        return ("AEIOU".contains(name.first ?? "x") ? "an " : "a ") + name
    }

    /// The name that messages use, as in `expected Integer, found String`.
    public var name: String {
        switch self {
        case .any: "Any"
        case .null: "Null"
        case .boolean: "Boolean"
        case .integer: "Integer"
        case .float: "Float"
        case .number: "Number"
        case .string: "String"
        case .date: "Date"
        case .localTime: "LocalTime"
        case .time: "Time"
        case .localDateTime: "LocalDateTime"
        case .dateTime: "DateTime"
        case .duration: "Duration"
        case .list(let element): element == .any ? "List" : "List<\(element.name)>"
        case .map: "Map"
        case .node: "Node"
        case .relationship: "Relationship"
        case .path: "Path"
        case .point: "Point"
        case .nothing: "Nothing"
        case .propertyValue: "PropertyValue"
        case .union(let members): members.map(\.name).joined(separator: " | ")
        case .notNull(let inner): "\(inner.name) not null"
        }
    }

    /// The types of a union; the type itself when it is none.
    public var members: [NQLType] {
        if case .union(let members) = self { return members }
        return [self]
    }

    /// The type where elements of lists may be null: stored lists need no such promise.
    public var withNullableElements: NQLType {
        switch self {
        case .list(.notNull(let element)), .list(let element):
            .list(element.withNullableElements)
        case .union(let members): .union(members.map(\.withNullableElements))
        default: self
        }
    }
}
