// APOCGraph: functions on nodes and relationships, numbers and bits under APOC's names, and those
// of other databases for degrees and bits.

import NenCore

/// Functions on the graph, and what has no other family.
enum APOCGraph {
    static let written: [FunctionSignature] = entities + degrees + numbers + [
        APOCFunctions.written(
            "elements", ["p": .path], to: .list(.any),
            "reduce(all = [nodes(p)[0]], i IN range(0, length(p) - 1) | "
                + "all + [relationships(p)[i], nodes(p)[i + 1]])",
            "The nodes and relationships of a path, in its order; GQL's name.",
            [FunctionExample(query: "CREATE p = ()-[:R]->() RETURN size(elements(p))", "3")])
    ]

    private static let entities: [FunctionSignature] = [
        APOCFunctions.written(
            "apoc.create.uuid", [:], to: .string, "randomUUID()", "A random UUID.",
            [FunctionExample("size(apoc.create.uuid())", "36")]),
        APOCFunctions.written(
            "apoc.any.properties", ["x": .any, "k": .list(.any)], optional: 1, to: .map,
            "CASE WHEN k IS NULL THEN properties(x) ELSE apoc.map.submap(properties(x), k) END",
            "The properties of a node, relationship or map, or some of them.",
            [FunctionExample("apoc.any.properties({a: 1, b: 2}, ['a'])", "{a: 1}")]),
        APOCFunctions.written(
            "apoc.any.property", ["x": .any, "k": .string], to: .any, "x[k]",
            "A property of a node, relationship or map.",
            [FunctionExample("apoc.any.property({a: 1}, 'a')", "1")]),
        APOCFunctions.written(
            "apoc.node.labels", ["n": .node], to: .list(.string), "labels(n)",
            "The labels of a node.",
            [FunctionExample(query: "CREATE (n:A) RETURN apoc.node.labels(n)", "['A']")]),
        APOCFunctions.written(
            "apoc.node.id", ["n": .node], to: .integer, "id(n)", "The number of a node.",
            [FunctionExample(query: "CREATE (n) RETURN apoc.node.id(n) = id(n)", "true")]),
        APOCFunctions.written(
            "apoc.rel.type", ["r": .relationship], to: .string, "type(r)",
            "The type of a relationship.",
            [FunctionExample(query: "CREATE ()-[r:R]->() RETURN apoc.rel.type(r)", "'R'")]),
        APOCFunctions.written(
            "apoc.label.exists", ["n": .node, "l": .string], to: .boolean, "l IN labels(n)",
            "Whether a node has a label.",
            [FunctionExample(query: "CREATE (n:A) RETURN apoc.label.exists(n, 'A')", "true")]),
        APOCFunctions.written(
            "apoc.nodes.connected", ["a": .node, "b": .node], to: .boolean, "EXISTS { (a)--(b) }",
            "Whether a relationship joins two nodes.",
            [
                FunctionExample(
                    query: "CREATE (a)-[:R]->(b) RETURN apoc.nodes.connected(b, a)", "true")
            ]),
        APOCFunctions.written(
            "apoc.version", [:], to: .string, "'5.26.0'",
            "The version of APOC whose names these are.",
            [FunctionExample("apoc.version()", "'5.26.0'")]),
    ]

    private static let degrees: [FunctionSignature] = [
        degree("degree", "COUNT { (n)--() }", "1"),
        degree("inDegree", "COUNT { (n)<--() }", "0"),
        degree("outDegree", "COUNT { (n)-->() }", "1"),
        degree("apoc.node.degree.in", "COUNT { (n)<--() }", "0"),
        degree("apoc.node.degree.out", "COUNT { (n)-->() }", "1"),
        APOCFunctions.written(
            "apoc.node.degree", ["n": .node, "types": .string], optional: 1, to: .integer,
            "CASE WHEN types IS NULL OR types = '' THEN COUNT { (n)--() } "
                + "WHEN types = '>' THEN COUNT { (n)-->() } "
                + "WHEN types = '<' THEN COUNT { (n)<--() } "
                + "WHEN types ENDS WITH '>' THEN "
                + "COUNT { (n)-[:$any(split(replace(types, '>', ''), '|'))]->() } "
                + "WHEN types STARTS WITH '<' THEN "
                + "COUNT { (n)<-[:$any(split(replace(types, '<', ''), '|'))]-() } "
                + "ELSE COUNT { (n)-[:$any(split(types, '|'))]-() } END",
            "Relationships of a node, of types such as `A|B>`.",
            [
                FunctionExample(
                    query: "CREATE (n)-[:R]->() RETURN apoc.node.degree(n, 'R>')", "1")
            ]),
        APOCFunctions.written(
            "apoc.node.relationship.exists", ["n": .node, "types": .string], to: .boolean,
            "apoc.node.degree(n, types) > 0", "Whether a node has relationships of some types.",
            [
                FunctionExample(
                    query: "CREATE (n)-[:R]->() RETURN apoc.node.relationship.exists(n, '<R')",
                    "false")
            ]),
        APOCFunctions.written(
            "apoc.node.relationship.types", ["n": .node], to: .list(.string),
            "coll.sort(coll.distinct([(n)-[r]-() | type(r)]))",
            "The types of a node's relationships.",
            [
                FunctionExample(
                    query: "CREATE (n)-[:R]->() RETURN apoc.node.relationship.types(n)", "['R']")
            ]),
    ]

    private static func degree(
        _ name: String, _ text: String, _ result: String
    ) -> FunctionSignature {
        APOCFunctions.written(
            name, ["n": .node], to: .integer, text,
            name.contains("ut") ? "Relationships that leave a node."
                : name.contains("n") ? "Relationships that reach a node."
                : "Relationships of a node.",
            [FunctionExample(query: "CREATE (n)-[:R]->() RETURN \(name)(n)", result)])
    }

    private static let numbers: [FunctionSignature] = [
        APOCFunctions.written(
            "apoc.number.parseInt", ["s": .string], to: .integer, "toIntegerOrNull(s)",
            "The integer that a text stands for.",
            [FunctionExample("apoc.number.parseInt('42')", "42")]),
        APOCFunctions.written(
            "apoc.number.parseFloat", ["s": .string], to: .float, "toFloatOrNull(s)",
            "The number that a text stands for.",
            [FunctionExample("apoc.number.parseFloat('4.5')", "4.5")]),
        APOCFunctions.written(
            "apoc.math.round", ["x": .float, "n": .integer], optional: 1, to: .float,
            "round(x, coalesce(n, 0))", "The number, rounded.",
            [FunctionExample("apoc.math.round(1.249, 2)", "1.25")]),
        APOCFunctions.written(
            "apoc.bitwise.op", ["a": .integer, "op": .string, "b": .integer], to: .integer,
            "CASE trim(op) WHEN '&', 'AND' THEN bitwise_and(a, b) WHEN '|', 'OR' "
                + "THEN bitwise_or(a, b) WHEN '^', 'XOR' THEN bitwise_xor(a, b) WHEN '~', 'NOT' "
                + "THEN bitwise_not(a) WHEN '<<', 'LEFT SHIFT' THEN bitshift_left(a, b) "
                + "WHEN '>>', 'RIGHT SHIFT' THEN bitshift_right(a, b) END",
            "Bits of integers by an operator: `&`, `|`, `^`, `~`, `<<`, `>>`.",
            [FunctionExample("apoc.bitwise.op(60, '&', 13)", "12")]),
    ]
}
