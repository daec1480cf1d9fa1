// APOCPaths: `apoc.path.…` and `apoc.neighbors.…` as patterns. Types, labels and lengths decide the
// shape of the pattern, so they are written out in the call. Filters of labels are `+A` (the bare
// name means it, too), `-A` and `>A`; relationships of one filter have one direction.

import NenCore

/// Procedures that go along relationships.
enum APOCPaths {
    static let all: [Procedure] = [
        expansion("apoc.path.subgraphNodes", ["node": .node], "The nodes that can be reached."),
        expansion("apoc.path.expandConfig", ["path": .path], "The paths that a node begins."),
        expansion(
            "apoc.path.spanningTree", ["path": .path],
            "One shortest path to each node that can be reached."),
        expansion(
            "apoc.path.subgraphAll", ["nodes": .list(.node), "relationships": .list(.relationship)],
            "The nodes that can be reached, and all relationships between them."),
        expand, neighbours("apoc.neighbors.tohop", isExact: false),
        neighbours("apoc.neighbors.athop", isExact: true),
    ]

    private static func expansion(
        _ name: String, _ outputs: KeyValuePairs<String, NQLType>, _ summary: String
    ) -> Procedure {
        APOCProcedures.written(
            name,
            [
                APOCProcedures.input("startNode", .any),
                APOCProcedures.input("config", .map, .map([:])),
            ], to: outputs, summary
        ) { arguments throws(NQLError) in
            let shape = try PathShape(config: arguments[1], of: name)
            return try clauses(name, shape)
        }
    }

    private static func clauses(_ name: String, _ shape: PathShape) throws(NQLError) -> String {
        let start = "UNWIND startNode AS ` start` "
        switch name {
        case "apoc.path.subgraphNodes":
            return start
                + "MATCH (` start`) \(shape.step(from: 0)) (node\(shape.end)) WITH DISTINCT node"
                + shape.page
        case "apoc.path.spanningTree":
            return start
                + "MATCH path = ANY SHORTEST (` start`) \(shape.step(from: 0)) (` end`\(shape.end))"
                + " WITH path" + shape.page
        case "apoc.path.subgraphAll":
            return start
                + "MATCH (` start`) \(shape.step(from: 0)) (node\(shape.end)) "
                + "WITH DISTINCT node\(shape.page) WITH collect(node) AS nodes CALL (nodes) { "
                + "UNWIND nodes AS a MATCH (a)-[r\(shape.types)]->(b) WHERE b IN nodes "
                + "RETURN collect(DISTINCT r) AS relationships }"
        default:
            let selector = try shape.selector()
            return start
                + "MATCH path = \(selector)(` start`) \(shape.step(from: 1)) (\(shape.end)) "
                + "WITH path\(shape.order)\(shape.page)"
        }
    }

    private static let expand = APOCProcedures.written(
        "apoc.path.expand",
        [
            APOCProcedures.input("startNode", .any),
            APOCProcedures.input("relFilter", .string),
            APOCProcedures.input("labelFilter", .string),
            APOCProcedures.input("minDepth", .integer), APOCProcedures.input("maxDepth", .integer),
        ], to: ["path": .path], "The paths that a node begins."
    ) { arguments throws(NQLError) in
        let config: [(String, WrittenArgument)] = [
            ("relationshipFilter", arguments[1]), ("labelFilter", arguments[2]),
            ("minLevel", arguments[3]), ("maxLevel", arguments[4]),
        ]
        return try clauses(
            "apoc.path.expandConfig", PathShape(entries: config, of: "apoc.path.expand"))
    }

    /// - Parameter isExact: nodes that fewer relationships lead to are left out.
    private static func neighbours(_ name: String, isExact: Bool) -> Procedure {
        APOCProcedures.written(
            name,
            [
                APOCProcedures.input("node", .node), APOCProcedures.input("relTypes", .string),
                APOCProcedures.input("distance", .integer, .integer(1)),
            ], to: ["node": .node], "The nodes within so many relationships of a node."
        ) { arguments throws(NQLError) in
            let shape = try PathShape(
                entries: [("relationshipFilter", arguments[1]), ("maxLevel", arguments[2])],
                of: name)
            let most = shape.most ?? 1
            var text = "WITH node AS ` start` MATCH (` start`) (()\(shape.relationship)())"
                + "{\(isExact ? "" : "1,")\(most)} (node) WHERE node <> ` start`"
            if isExact && most > 1 {
                text += " AND NOT EXISTS { (` start`) (()\(shape.relationship)()){1,\(most - 1)} "
                    + "(node) }"
            }
            return text + " WITH DISTINCT node"
        }
    }
}

/// What a config says of a pattern.
private struct PathShape {
    private(set) var types = ""
    private(set) var most: Int64?
    private var least: Int64?
    private var arrows = ("-", "-")
    private var nodeCondition = ""
    private var uniqueness = "RELATIONSHIP_PATH"
    private var limit: Int64?
    private let procedure: String
    /// Labels that the last node needs.
    private(set) var end = ""

    init(config: WrittenArgument, of procedure: String) throws(NQLError) {
        switch config {
        case .map(let entries): try self.init(entries: entries, of: procedure)
        case .constant(.map(let map)):
            try self.init(
                entries: map.sorted { $0.key < $1.key }.map { ($0.key, .constant($0.value)) },
                of: procedure)
        case .constant(.null): try self.init(entries: [], of: procedure)
        default: throw PathShape.computed("the config", procedure)
        }
    }

    init(entries: [(String, WrittenArgument)], of procedure: String) throws(NQLError) {
        self.procedure = procedure
        for (key, argument) in entries {
            guard case .constant(let value) = argument else {
                throw PathShape.computed("`\(key)`", procedure)
            }
            if value != .null { try take(key, value) }
        }
    }

    private static func computed(_ what: String, _ procedure: String) -> NQLError {
        .syntax(
            "InvalidArgumentPassingMode",
            "\(what) of `\(procedure)` decides the shape of a pattern and is written out.",
            at: .none, hint: "Write the pattern itself: `MATCH (a)-[:T*1..3]->(b)`.")
    }

    private mutating func take(_ key: String, _ value: Value) throws(NQLError) {
        switch (key, value) {
        case ("relationshipFilter", .string(let text)): try takeRelationships(text)
        case ("labelFilter", .string(let text)): try takeLabels(text)
        case ("maxLevel", .integer(let level)): most = level < 0 ? nil : level
        case ("minLevel", .integer(let level)): least = level < 0 ? nil : level
        case ("limit", .integer(let count)): limit = count < 0 ? nil : count
        case ("uniqueness", .string(let name)): uniqueness = name
        case ("bfs", .boolean), ("filterStartNode", .boolean), ("optional", .boolean(false)): break
        default:
            throw .syntax(
                "NotSupported", "`\(key)` of `\(procedure)` is not supported.", at: .none,
                hint: "Known are relationshipFilter, labelFilter, minLevel, maxLevel, limit, "
                    + "uniqueness and bfs.")
        }
    }

    private mutating func takeRelationships(_ text: String) throws(NQLError) {
        var names: [String] = []
        var directions: Set<String> = []
        for part in text.split(separator: "|") {
            let isOut = part.hasSuffix(">")
            let isIn = part.hasPrefix("<")
            directions.insert(isOut == isIn ? "" : isOut ? ">" : "<")
            let name = part.filter { $0 != "<" && $0 != ">" }
            if !name.isEmpty { names.append(APOCProcedures.quoted(name)) }
        }
        guard directions.count < 2 else {
            throw .syntax(
                "NotSupported",
                "The relationships of `\(procedure)` have one direction.", at: .none,
                hint: "Write the pattern itself, or leave the directions out.")
        }
        if !names.isEmpty { types = ":" + names.joined(separator: "|") }
        if directions == [">"] { arrows = ("-", "->") }
        if directions == ["<"] { arrows = ("<-", "-") }
    }

    private mutating func takeLabels(_ text: String) throws(NQLError) {
        var wanted: [String] = []
        var barred: [String] = []
        var ends: [String] = []
        for part in text.split(separator: "|") {
            let sign = part.first
            let name = APOCProcedures.quoted(String(part.drop { "+->/".contains($0) }))
            switch sign {
            case "-": barred.append(name)
            case ">": ends.append(name)
            case "/":
                ends.append(name)
                barred.append(name)
            default: wanted.append(name)
            }
        }
        if text.contains("/") {
            throw .syntax(
                "NotSupported", "Termination labels (`/A`) of `\(procedure)` are not supported.",
                at: .none, hint: "Use `>A` for the labels of the last node.")
        }
        var conditions: [String] = []
        let allowed = wanted.isEmpty ? [] : wanted + ends
        if !allowed.isEmpty { conditions.append("` x`:(\(allowed.joined(separator: "|")))") }
        if !barred.isEmpty { conditions.append("NOT ` x`:(\(barred.joined(separator: "|")))") }
        nodeCondition = conditions.joined(separator: " AND ")
        if !ends.isEmpty { end = ":" + ends.joined(separator: "|") }
    }

    var relationship: String { "\(arrows.0)[\(types)]\(arrows.1)" }

    /// One step with its quantifier.
    func step(from usual: Int64) -> String {
        let node = nodeCondition.isEmpty ? "()" : "(` x` WHERE \(nodeCondition))"
        return "(()\(relationship)\(node)){\(least ?? usual),\(most.map { "\($0)" } ?? "")}"
    }

    func selector() throws(NQLError) -> String {
        switch uniqueness {
        case "RELATIONSHIP_PATH", "RELATIONSHIP_GLOBAL": return ""
        case "NODE_PATH": return "ACYCLIC "
        case "NODE_GLOBAL": return "ANY SHORTEST "
        default:
            throw .syntax(
                "NotSupported", "The uniqueness `\(uniqueness)` is not supported.", at: .none,
                hint: "Known are RELATIONSHIP_PATH, NODE_PATH and NODE_GLOBAL.")
        }
    }

    var page: String { limit.map { " LIMIT \($0)" } ?? "" }
    /// The shorter paths first, where only some are wanted.
    var order: String { limit == nil ? "" : " ORDER BY length(path)" }
}
