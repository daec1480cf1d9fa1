// StaticTypes: the types of literals, and what planning asks of types.

import NenCore

extension Value {
    /// The type a literal of this value has.
    package var staticType: NQLType {
        switch self {
        case .null: .null
        case .boolean: .boolean
        case .integer: .integer
        case .float: .float
        case .string: .string
        case .list(let items):
            .list(items.reduce(NQLType.null) { $0.joined(with: $1.staticType) }.orAny)
        case .map: .map
        case .date: .date
        case .localTime: .localTime
        case .time: .time
        case .localDateTime: .localDateTime
        case .dateTime: .dateTime
        case .duration: .duration
        case .node: .node
        case .relationship: .relationship
        case .path: .path
        case .point: .point
        }
    }
}

extension NQLType {
    /// `any` for the type of null alone.
    package var orAny: NQLType { self == .null ? .any : self }

    /// Whether `x.key` makes sense for some value of this type.
    package var hasProperties: Bool {
        switch self {
        case .any, .null, .map, .node, .relationship, .date, .localTime, .time, .localDateTime,
            .dateTime, .duration, .point:
            true
        case .boolean, .integer, .float, .number, .string, .list, .path, .nothing,
            .propertyValue, .union, .notNull:
            false
        }
    }

    /// Whether the type belongs to dates, times and durations.
    package var isTemporal: Bool {
        switch self {
        case .date, .localTime, .time, .localDateTime, .dateTime, .duration: true
        default: false
        }
    }

    /// Whether the type is a number type.
    package var isNumeric: Bool { self == .integer || self == .float || self == .number }

    /// Whether values refer to the graph, so that showing or reading them reads it.
    package var refersToGraph: Bool {
        switch self {
        case .any, .map, .node, .relationship, .path: true
        case .list(let element): element.refersToGraph
        default: false
        }
    }
}
