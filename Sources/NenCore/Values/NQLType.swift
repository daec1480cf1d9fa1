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
    case list(NQLType)
    case map
    case node
    case relationship
    case path

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
        }
    }
}
