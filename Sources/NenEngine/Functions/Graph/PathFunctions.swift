// PathFunctions: the parts of a path.

import NenCore

/// Functions on paths.
enum PathFunctions {
    static let definitions: [ScalarFunction] = [nodes, relationships, length]

    static let nodes = ScalarFunction(
        "nodes", [.path], to: .list(.node), mayFail: true,
        summary: "The nodes of a path, in its order.",
        examples: [
            FunctionExample(
                query: "CREATE p = (:A)-[:R]->(:B) RETURN [n IN nodes(p) | labels(n)]",
                "[['A'], ['B']]")
        ]
    ) { context, arguments throws(NQLError) in
        let path = arguments[0]
        if path.tag != .path { throw FunctionArgument.mismatch("nodes", "a Path", path) }
        let elements = context.base.pathElements(path)
        let memory = try context.builder.reserveCells(path.count + 1)
        for index in 0 ... path.count { memory[index] = Cell(node: elements[2 * index]) }
        return try context.builder.list(in: memory, count: path.count + 1)
    }

    static let relationships = ScalarFunction(
        "relationships", [.path], to: .list(.relationship), aliases: ["rels"], mayFail: true,
        summary: "The relationships of a path, in its order.",
        examples: [
            FunctionExample(
                query: "CREATE p = (:A)-[:R]->(:B)<-[:S]-(:C) "
                    + "RETURN [r IN relationships(p) | type(r)]", "['R', 'S']")
        ]
    ) { context, arguments throws(NQLError) in
        let path = arguments[0]
        if path.tag != .path {
            throw FunctionArgument.mismatch("relationships", "a Path", path)
        }
        let elements = context.base.pathElements(path)
        let memory = try context.builder.reserveCells(path.count)
        for index in 0 ..< path.count {
            memory[index] = Cell(relationship: elements[2 * index + 1])
        }
        return try context.builder.list(in: memory, count: path.count)
    }

    static let length = ScalarFunction(
        "length", [.path], to: .integer, aliases: ["path_length"], mayFail: true,
        summary: "The number of relationships of a path.",
        examples: [
            FunctionExample(query: "CREATE p = (:A)-[:R]->(:B) RETURN length(p)", "1")
        ]
    ) { _, arguments throws(NQLError) in
        let path = arguments[0]
        if path.tag != .path { throw FunctionArgument.mismatch("length", "a Path", path) }
        return Cell(integer: Int64(path.count))
    }
}
