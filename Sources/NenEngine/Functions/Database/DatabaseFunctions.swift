// DatabaseFunctions: what functions say about the database itself.

import NenCore

/// Functions `db.…`.
enum DatabaseFunctions {
    static let definitions: [ScalarFunction] = [nameFromElementID]

    /// The one database that a file holds, by the name that Neo4j's default database has.
    static let databaseName: StaticString = "neo4j"

    static let nameFromElementID = ScalarFunction(
        "db.nameFromElementId", [.string], to: .string, mayFail: true,
        summary: "The name of the database that an element id belongs to: there is one, `neo4j`.",
        examples: [
            FunctionExample(
                query: "CREATE (n) RETURN db.nameFromElementId(elementId(n))", "'neo4j'")
        ]
    ) { context, arguments throws(NQLError) in
        try FunctionArgument.string(arguments[0], "db.nameFromElementId")
        let text = context.base.string(arguments[0])
        let letter = text.first
        guard letter == "n" || letter == "r", UInt32(text.dropFirst()) != nil else {
            throw .runtime(
                .argument, "InvalidArgumentValue", "`\(text)` is no element id.",
                hint: "elementId() gives the ids of nodes and relationships.")
        }
        return Cell(shortString: databaseName)
    }
}
