// ReferenceEvaluator+Functions: the functions that generated queries use. All but a few give null
// for null.

import NenCore

extension ReferenceEvaluator {
    func call(_ name: String, _ arguments: [ModelValue]) throws -> ModelValue {
        if name == "coalesce" { return arguments.first { !$0.isNull } ?? .null }
        if arguments.contains(.null) { return .null }
        if let value = try timeCall(name, arguments) { return value }
        if arguments.count == 1 { return try call(name, arguments[0]) }
        switch (name, arguments.count) {
        case ("substring", 2...3), ("right", 2), ("replace", 3), ("split", 2):
            return try textCall(name, arguments)
        case ("range", 2), ("range", 3):
            var numbers: [Int64] = []
            for case .integer(let number) in arguments { numbers.append(number) }
            let stride = numbers.count == 3 ? numbers[2] : 1
            if stride == 0 { throw ModelError.mayFail("range") }
            return .list(Swift.stride(from: numbers[0], through: numbers[1], by: Int(stride))
                .map { .integer($0) })
        case ("left", 2):
            guard case .string(let text) = arguments[0], case .integer(let count) = arguments[1]
            else { throw ModelError.mayFail(name) }
            return .string(String(text.prefix(Int(count))))
        default: throw ModelError.unsupported(name)
        }
    }

    private func textCall(_ name: String, _ arguments: [ModelValue]) throws -> ModelValue {
        guard case .string(let text) = arguments[0] else { throw ModelError.mayFail(name) }
        switch (name, arguments[1], arguments.count == 3 ? arguments[2] : .null) {
        case ("substring", .integer(let start), let length) where start >= 0:
            let rest = text.dropFirst(Int(start))
            guard case .integer(let count) = length else { return .string(String(rest)) }
            if count < 0 { throw ModelError.mayFail(name) }
            return .string(String(rest.prefix(Int(count))))
        case ("right", .integer(let count), _) where count >= 0:
            return .string(String(text.suffix(Int(count))))
        case ("replace", .string(let old), .string(let new)) where !old.isEmpty:
            return .string(text.replacing(old, with: new))
        case ("split", .string(let separator), _) where separator.count == 1:
            let parts = text.split(separator: separator, omittingEmptySubsequences: false)
            return .list(parts.map { .string(String($0)) })
        default: throw ModelError.mayFail(name)
        }
    }

    private func call(_ name: String, _ argument: ModelValue) throws -> ModelValue {
        switch (name, argument) {
        case ("size", .list(let list)): return .integer(Int64(list.count))
        case ("size", .string(let text)): return .integer(Int64(text.unicodeScalars.count))
        case ("isempty", .list(let list)): return .boolean(list.isEmpty)
        case ("isempty", .string(let text)): return .boolean(text.isEmpty)
        case ("isempty", .map(let map)): return .boolean(map.isEmpty)
        case ("size", .map), ("size", .integer), ("size", .boolean):
            throw ModelError.mayFail(name)
        case ("trim", .string(let text)):
            return .string(String(text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()))
        case ("head", .list(let list)): return list.first ?? .null
        case ("last", .list(let list)): return list.last ?? .null
        case ("tail", .list(let list)): return .list(Array(list.dropFirst()))
        case ("reverse", .list(let list)): return .list(list.reversed())
        case ("reverse", .string(let text)): return .string(String(text.reversed()))
        case ("toupper", .string(let text)): return .string(text.uppercased())
        case ("tolower", .string(let text)): return .string(text.lowercased())
        case ("abs", .integer(let number)): return .integer(abs(number))
        case ("abs", .float(let number)): return .float(abs(number))
        case ("sign", _):
            guard let number = argument.number else { throw ModelError.mayFail(name) }
            return .integer(number > 0 ? 1 : number < 0 ? -1 : 0)
        case ("tofloat", _):
            guard let number = argument.number else { throw ModelError.unsupported(name) }
            return .float(number)
        case ("tointeger", .integer): return argument
        case ("tointeger", .float(let number)):
            guard let whole = Int64(exactly: number.rounded(.towardZero)) else {
                throw ModelError.mayFail(name)
            }
            return .integer(whole)
        case ("tointeger", .string(let text)):
            return Int64(text).map { .integer($0) } ?? .null
        case ("tostring", _): return .string(try text(argument))
        default: return try entityCall(name, argument)
        }
    }

    private func text(_ value: ModelValue) throws -> String {
        switch value {
        case .integer(let number): return "\(number)"
        case .float(let number): return number.description
        case .boolean(let flag): return flag ? "true" : "false"
        case .string(let text): return text
        default: throw ModelError.mayFail("toString")
        }
    }

    private func entityCall(_ name: String, _ argument: ModelValue) throws -> ModelValue {
        switch (name, argument) {
        case ("length", .path(_, let relationships)):
            return .integer(Int64(relationships.count))
        case ("nodes", .path(let nodes, _)): return .list(nodes.map { .node($0) })
        case ("relationships", .path(_, let relationships)):
            return .list(relationships.map { .relationship($0) })
        case ("labels", .node(let id)):
            return .list(graph.nodes[id].labels.sorted().map { .string($0) })
        case ("type", .relationship(let id)): return .string(graph.relationships[id].type)
        case ("startnode", .relationship(let id)): return .node(graph.relationships[id].source)
        case ("endnode", .relationship(let id)): return .node(graph.relationships[id].target)
        case ("keys", _):
            guard case .map(let map) = try entityCall("properties", argument) else {
                return .null
            }
            return .list(map.keys.sorted().map { .string($0) })
        case ("properties", .map): return argument
        case ("properties", .node(let id)): return .map(graph.nodes[id].properties)
        case ("properties", .relationship(let id)):
            return .map(graph.relationships[id].properties)
        default: throw ModelError.mayFail("\(name)(\(argument))")
        }
    }
}
