// EntityFunctions: what entities are: id, labels, type, ends; and their content: keys,
// properties. The last two take maps as well.

import NenCore

/// Functions on nodes and relationships.
enum EntityFunctions {
    static let definitions: [ScalarFunction] = [
        id, elementID, labels, type, startNode, endNode, keys, properties,
    ]

    private static func isEntity(_ cell: Cell) -> Bool {
        cell.tag == .node || cell.tag == .relationship
    }

    static let id = ScalarFunction(
        "id",
        [
            FunctionOverload([.node], result: .integer),
            FunctionOverload([.relationship], result: .integer),
        ],
        mayFail: true, summary: "The number of a node or relationship.",
        examples: [
            FunctionExample(
                query: "CREATE (n) RETURN valueType(id(n))",
                "'INTEGER NOT NULL'")
        ]
    ) { _, arguments throws(NQLError) in
        guard isEntity(arguments[0]) else {
            throw FunctionArgument.mismatch("id", "a Node or Relationship", arguments[0])
        }
        return Cell(integer: Int64(arguments[0].entity))
    }

    static let elementID = ScalarFunction(
        "elementId",
        [
            FunctionOverload([.node], result: .string),
            FunctionOverload([.relationship], result: .string),
        ],
        aliases: ["element_id"], mayFail: true,
        summary: "The number of a node or relationship as text, with a letter for its kind.",
        examples: [
            FunctionExample(
                query: "CREATE (n) RETURN left(elementId(n), 1)",
                "'n'")
        ]
    ) { context, arguments throws(NQLError) in
        let cell = arguments[0]
        guard isEntity(cell) else {
            throw FunctionArgument.mismatch("elementId", "a Node or Relationship", cell)
        }
        let letter = cell.tag == .node ? "n" : "r"
        return try context.builder.string("\(letter)\(cell.entity)")
    }

    static let labels = ScalarFunction(
        "labels", [.node], to: .list(.string), mayFail: true,
        summary: "The labels of a node.",
        examples: [
            FunctionExample(
                query: "CREATE (n:City:Port) RETURN labels(n)",
                "['City', 'Port']")
        ]
    ) { context, arguments throws(NQLError) in
        let cell = arguments[0]
        guard cell.tag == .node else {
            throw FunctionArgument.mismatch("labels", "a Node", cell)
        }
        let access = EntityAccess(context.graph)
        try access.requireNode(cell.entity)
        let labels = try access.labels(ofNode: cell.entity)
        let memory = try context.builder.reserveCells(labels.count)
        for (index, label) in labels.enumerated() {
            memory[index] = try context.builder.string(try access.labelName(label))
        }
        return try context.builder.list(in: memory, count: labels.count)
    }

    static let type = ScalarFunction(
        "type", [.relationship], to: .string, mayFail: true,
        summary: "The type of a relationship.",
        examples: [
            FunctionExample(
                query: "CREATE (:A)-[r:KNOWS]->(:B) RETURN type(r)",
                "'KNOWS'")
        ]
    ) { context, arguments throws(NQLError) in
        let id = try relationship(arguments[0], "type")
        return try context.builder.string(try EntityAccess(context.graph).typeName(of: id))
    }

    private static func relationship(
        _ cell: Cell, _ function: StaticString
    ) throws(NQLError) -> UInt32 {
        guard cell.tag == .relationship else {
            throw FunctionArgument.mismatch(function, "a Relationship", cell)
        }
        return cell.entity
    }

    static let startNode = ScalarFunction(
        "startNode", [.relationship], to: .node, mayFail: true,
        summary: "The node at which a relationship starts.",
        examples: [
            FunctionExample(
                query: "CREATE (:A)-[r:R]->(:B) RETURN labels(startNode(r))",
                "['A']")
        ]
    ) { context, arguments throws(NQLError) in
        let id = try relationship(arguments[0], "startNode")
        return Cell(node: try EntityAccess(context.graph).ends(of: id).source)
    }

    static let endNode = ScalarFunction(
        "endNode", [.relationship], to: .node, mayFail: true,
        summary: "The node at which a relationship ends.",
        examples: [
            FunctionExample(
                query: "CREATE (:A)-[r:R]->(:B) RETURN labels(endNode(r))",
                "['B']")
        ]
    ) { context, arguments throws(NQLError) in
        let id = try relationship(arguments[0], "endNode")
        return Cell(node: try EntityAccess(context.graph).ends(of: id).target)
    }

    static let keys = ScalarFunction(
        "keys",
        [
            FunctionOverload([.map], result: .list(.string)),
            FunctionOverload([.node], result: .list(.string)),
            FunctionOverload([.relationship], result: .list(.string)),
        ],
        mayFail: true, summary: "The keys of a map, or of an entity's properties.",
        examples: [FunctionExample("keys({b: 1, a: null})", "['a', 'b']")]
    ) { context, arguments throws(NQLError) in
        let cell = arguments[0]
        if cell.tag == .map {
            let cells = context.base.cells(cell)
            let memory = try context.builder.reserveCells(cell.count)
            for index in 0 ..< cell.count { memory[index] = cells[2 * index] }
            return try context.builder.list(in: memory, count: cell.count)
        }
        guard isEntity(cell) else {
            throw FunctionArgument.mismatch("keys", "a Map, Node or Relationship", cell)
        }
        let access = EntityAccess(context.graph)
        let properties = try access.properties(of: cell)
        let memory = try context.builder.reserveCells(properties.count)
        for (index, property) in properties.enumerated() {
            memory[index] = try context.builder.string(try access.keyName(property.key))
        }
        return try context.builder.list(in: memory, count: properties.count)
    }

    static let properties = ScalarFunction(
        "properties",
        [
            FunctionOverload([.map], result: .map), FunctionOverload([.node], result: .map),
            FunctionOverload([.relationship], result: .map),
        ],
        mayFail: true, summary: "A map of all properties of an entity; a map itself.",
        examples: [FunctionExample("properties({a: 1})", "{a: 1}")]
    ) { context, arguments throws(NQLError) in
        let cell = arguments[0]
        if cell.tag == .map { return cell }
        guard isEntity(cell) else {
            throw FunctionArgument.mismatch("properties", "a Map, Node or Relationship", cell)
        }
        let access = EntityAccess(context.graph)
        let properties = try access.properties(of: cell)
        let memory = try context.builder.reserveCells(2 * properties.count)
        for (index, property) in properties.enumerated() {
            memory[2 * index] = try context.builder.string(try access.keyName(property.key))
            memory[2 * index + 1] = property.value
        }
        return try context.builder.map(in: memory, count: properties.count)
    }
}
