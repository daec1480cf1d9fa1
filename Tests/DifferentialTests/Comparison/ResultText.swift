// ResultText: values of both sides as text that is equal when they mean the same. Entities of the
// graph that both sides began with stand under their number; those made by the statement itself
// stand for what they carry, since the two sides number them differently.

import NenCore
import NenDB

/// Numbers of the model by the engine's ids.
struct EntityNumbers {
    var nodes: [UInt32: Int] = [:]
    var relationships: [UInt32: Int] = [:]
}

/// How exact the text of numbers is.
enum NumberText {
    /// 1 and 1.0 differ.
    case typed
    /// 1 and 1.0 are the same: which of them stands for a group is open.
    case untyped

    func text(_ number: Double) -> String {
        if number.isNaN { return "NaN" }
        if number.isInfinite { return number < 0 ? "-Infinity" : "Infinity" }
        if self == .untyped, let whole = Int64(exactly: number) { return "\(whole)" }
        // Sums may differ in the last digits, by the order of their terms.
        let rounded = abs(number) < 1e6 ? (number * 1e9).rounded() / 1e9 : number
        return (rounded == 0 ? 0 : rounded).description
    }
}

/// Properties of an entity as text.
private func propertyText(_ properties: [(String, String)]) -> String {
    let sorted = properties.sorted { $0.0 < $1.0 }
    return "{" + sorted.map { "\($0.0): \($0.1)" }.joined(separator: ", ") + "}"
}

/// The engine's values as text.
struct EngineText {
    let numbers: EntityNumbers
    let numberText: NumberText

    func text(_ value: Value) -> String {
        switch value {
        case .null: return "null"
        case .boolean(let flag): return flag ? "true" : "false"
        case .integer(let number): return "\(number)"
        case .float(let number): return numberText.text(number)
        case .string(let text): return "'\(text)'"
        case .list(let list): return "[" + list.map { text($0) }.joined(separator: ", ") + "]"
        case .map(let map): return propertyText(map.map { ($0, text($1)) })
        case .node(let node): return text(node)
        case .relationship(let relationship): return text(relationship)
        case .path(let path):
            return "<" + path.nodes.map { text($0) }.joined()
                + path.relationships.map { text($0) }.joined() + ">"
        case .date, .localTime, .time, .localDateTime, .dateTime, .duration, .point:
            return timeText(value)
        }
    }

    /// Moments, durations and points by their parts.
    private func timeText(_ value: Value) -> String {
        switch value {
        case .date(let date): return "date \(date.epochDays)"
        case .localTime(let time): return "localtime \(time.nanosecondOfDay)"
        case .time(let time): return "time \(time.nanosecondOfDay) \(time.offsetSeconds)"
        case .localDateTime(let moment):
            return "localdatetime \(moment.epochSeconds) \(moment.nanosecond)"
        case .dateTime(let moment):
            return "datetime \(moment.epochSeconds) \(moment.nanosecond)"
                + " \(moment.offsetSeconds)\(moment.zoneName ?? "")"
        case .duration(let duration):
            return "duration \(duration.months) \(duration.days) \(duration.seconds)"
                + " \(duration.nanosecond)"
        case .point(let point):
            let height = point.system.dimensionCount == 3 ? " \(point.z)" : ""
            return "point \(point.system.rawValue) \(point.x) \(point.y)\(height)"
        default: return "\(value)"
        }
    }

    func text(_ node: NodeValue) -> String {
        let number = numbers.nodes[node.id].map { "#\($0)" } ?? ""
        let labels = node.labels.sorted().map { ":" + $0 }.joined()
        return "(\(number)\(labels)\(properties(node.properties)))"
    }

    func text(_ relationship: RelationshipValue) -> String {
        let number = numbers.relationships[relationship.id].map { "#\($0)" } ?? ""
        let source = numbers.nodes[relationship.source].map { "#\($0)" } ?? ""
        let target = numbers.nodes[relationship.target].map { "#\($0)" } ?? ""
        return "[\(source)-\(number):\(relationship.type)"
            + "\(properties(relationship.properties))->\(target)]"
    }

    private func properties(_ properties: [String: Value]) -> String {
        propertyText(properties.map { ($0, text($1)) })
    }
}

/// The model's values as text.
struct ModelText {
    let graph: ModelGraph
    /// Entities below these numbers were there before the statement.
    let knownNodes: Int
    let knownRelationships: Int
    let numberText: NumberText

    func text(_ value: ModelValue) -> String {
        switch value {
        case .null: return "null"
        case .boolean(let flag): return flag ? "true" : "false"
        case .integer(let number): return "\(number)"
        case .float(let number): return numberText.text(number)
        case .string(let text): return "'\(text)'"
        case .list(let list): return "[" + list.map { text($0) }.joined(separator: ", ") + "]"
        case .map(let map): return properties(map)
        case .node(let id): return node(id)
        case .relationship(let id): return relationship(id)
        case .path(let nodes, let relationships):
            return "<" + nodes.map { node($0) }.joined()
                + relationships.map { relationship($0) }.joined() + ">"
        case .moment(let moment): return text(moment)
        case .duration(let duration):
            let second = ModelMoment.second
            return "duration \(duration.months) \(duration.days)"
                + " \(duration.nanoseconds.floored(second)) \(duration.nanoseconds.modulo(second))"
        case .point(let point):
            let coordinates = point.coordinates.map { "\($0)" }.joined(separator: " ")
            return "point \(point.system) \(coordinates)"
        }
    }

    private func text(_ moment: ModelMoment) -> String {
        let seconds = moment.day * 86_400 + moment.clock / ModelMoment.second - moment.offset
        let nanoseconds = moment.clock % ModelMoment.second
        switch moment.kind {
        case .date: return "date \(moment.day)"
        case .localTime: return "localtime \(moment.clock)"
        case .time: return "time \(moment.clock) \(moment.offset)"
        case .localDateTime: return "localdatetime \(seconds) \(nanoseconds)"
        case .dateTime: return "datetime \(seconds) \(nanoseconds) \(moment.offset)"
        }
    }

    func node(_ id: Int) -> String {
        let node = graph.nodes[id]
        let labels = node.labels.sorted().map { ":" + $0 }.joined()
        return "(\(number(id))\(labels)\(properties(node.properties)))"
    }

    func relationship(_ id: Int) -> String {
        let relationship = graph.relationships[id]
        let number = id < knownRelationships ? "#\(id)" : ""
        return "[\(self.number(relationship.source))-\(number):\(relationship.type)"
            + "\(properties(relationship.properties))->\(self.number(relationship.target))]"
    }

    private func number(_ id: Int) -> String { id < knownNodes ? "#\(id)" : "" }

    private func properties(_ properties: [String: ModelValue]) -> String {
        propertyText(properties.map { ($0, text($1)) })
    }
}
