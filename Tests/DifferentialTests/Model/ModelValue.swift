// ModelValue: a value of the reference evaluator, with comparison, equivalence and order written
// down as openCypher states them, one case after the other. Entities are numbers of the model
// graph.

import NenCore

/// A value; nodes and relationships by their number in the model.
indirect enum ModelValue: Equatable, Sendable {
    case null
    case boolean(Bool)
    case integer(Int64)
    case float(Double)
    case string(String)
    case list([ModelValue])
    case map([String: ModelValue])
    case node(Int)
    case relationship(Int)
    /// One node more than relationships.
    case path(nodes: [Int], relationships: [Int])
    case moment(ModelMoment)
    case duration(ModelDuration)
    case point(ModelPoint)

    /// A literal of the syntax tree.
    init(literal: Value) throws {
        switch literal {
        case .null: self = .null
        case .boolean(let flag): self = .boolean(flag)
        case .integer(let number): self = .integer(number)
        case .float(let number): self = .float(number)
        case .string(let text): self = .string(text)
        default: throw ModelError.unsupported("literal \(literal)")
        }
    }

    init(_ truth: Bool?) { self = truth.map { .boolean($0) } ?? .null }

    var isNull: Bool { self == .null }

    /// The number as a double; nil for anything but numbers.
    var number: Double? {
        switch self {
        case .integer(let number): Double(number)
        case .float(let number): number
        default: nil
        }
    }
}

/// Why the reference evaluator gave up.
enum ModelError: Error, Equatable {
    /// An error that the language defines.
    case failed(String)
    /// An error in the value of an expression: a plan may never come to it.
    case mayFail(String)
    /// Outside what the evaluator knows; the query is left out.
    case unsupported(String)
    /// Too many steps; the query is left out.
    case tooLong
}

extension ModelValue {
    /// `left = right`: nil for null.
    static func equal(_ left: ModelValue, _ right: ModelValue) -> Bool? {
        switch (left, right) {
        case (.null, _), (_, .null): return nil
        case (.integer(let a), .integer(let b)): return a == b
        case (.list(let a), .list(let b)): return equal(a, b)
        case (.map(let a), .map(let b)):
            guard Set(a.keys) == Set(b.keys) else { return false }
            let keys = a.keys.sorted()
            return equal(keys.map { a[$0] ?? .null }, keys.map { b[$0] ?? .null })
        default:
            if let a = left.number, let b = right.number { return a == b }
            return left == right
        }
    }

    private static func equal(_ left: [ModelValue], _ right: [ModelValue]) -> Bool? {
        guard left.count == right.count else { return false }
        var isUnknown = false
        for (a, b) in zip(left, right) {
            switch equal(a, b) {
            case .some(false): return false
            case .none: isUnknown = true
            case .some(true): break
            }
        }
        return isUnknown ? nil : true
    }

    /// `left < right`: nil where the two cannot be compared.
    static func less(_ left: ModelValue, _ right: ModelValue) -> Bool? {
        switch (left, right) {
        case (.integer(let a), .integer(let b)): return a < b
        case (.string(let a), .string(let b)): return textOrder(a, b) < 0
        case (.boolean(let a), .boolean(let b)): return !a && b
        case (.moment(let a), .moment(let b)):
            return a.kind == b.kind ? a.order.lexicographicallyPrecedes(b.order) : nil
        default:
            guard let a = left.number, let b = right.number else { return nil }
            return a < b
        }
    }

    private static func textOrder(_ left: String, _ right: String) -> Int {
        let (a, b) = (Array(left.utf8), Array(right.utf8))
        if a == b { return 0 }
        return a.lexicographicallyPrecedes(b) ? -1 : 1
    }

    /// Where the value's type stands in the order of all values.
    private var rank: Int {
        switch self {
        case .map: 0
        case .node: 1
        case .relationship: 2
        case .list: 3
        case .path: 4
        case .point: 5
        case .moment(let moment):
            switch moment.kind {
            case .dateTime: 6
            case .localDateTime: 7
            case .date: 8
            case .time: 9
            case .localTime: 10
            }
        case .duration: 11
        case .string: 12
        case .boolean: 13
        case .integer: 14
        case .float(let number): number.isNaN ? 15 : 14
        case .null: 16
        }
    }

    /// The order of ORDER BY, `min` and `max`: below, equal to or above zero.
    static func order(_ left: ModelValue, _ right: ModelValue) -> Int {
        if left.rank != right.rank { return left.rank - right.rank }
        switch (left, right) {
        case (.integer(let a), .integer(let b)): return a < b ? -1 : a > b ? 1 : 0
        case (.string(let a), .string(let b)): return textOrder(a, b)
        case (.boolean(let a), .boolean(let b)): return a == b ? 0 : a ? 1 : -1
        case (.list(let a), .list(let b)):
            for (x, y) in zip(a, b) where order(x, y) != 0 { return order(x, y) }
            return a.count - b.count
        case (.node(let a), .node(let b)), (.relationship(let a), .relationship(let b)):
            return a - b
        case (.moment(let a), .moment(let b)): return order(a.order, b.order)
        case (.duration(let a), .duration(let b)): return order(a.order, b.order)
        case (.point(let a), .point(let b)):
            let (x, y) = ([Double(a.system)] + a.coordinates, [Double(b.system)] + b.coordinates)
            return order(x, y)
        default:
            guard let a = left.number, let b = right.number else { return 0 }
            return a < b ? -1 : a > b ? 1 : 0
        }
    }

    private static func order<Part: Comparable>(_ left: [Part], _ right: [Part]) -> Int {
        left == right ? 0 : left.lexicographicallyPrecedes(right) ? -1 : 1
    }

    /// Equal for values that DISTINCT and grouping take for the same: 1 and 1.0, null and null.
    var groupKey: String {
        switch self {
        case .null: return "null"
        case .boolean(let flag): return flag ? "true" : "false"
        case .integer(let number): return "\(number)"
        case .float(let number): return Int64(exactly: number).map { "\($0)" } ?? "\(number)"
        case .string(let text): return "'\(text)'"
        case .list(let list): return "[" + list.map(\.groupKey).joined(separator: ",") + "]"
        case .map(let map):
            let entries = map.sorted { $0.key < $1.key }
            return "{" + entries.map { "\($0.key):\($0.value.groupKey)" }.joined() + "}"
        case .node(let id): return "(\(id))"
        case .relationship(let id): return "[r\(id)]"
        case .path(let nodes, let relationships): return "<\(nodes)\(relationships)>"
        case .moment(let moment): return moment.text
        case .duration(let duration): return duration.text
        case .point(let point): return point.text
        }
    }
}
