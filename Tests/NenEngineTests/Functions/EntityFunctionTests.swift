// Goal: functions on nodes, relationships and paths, and entities as results. Method: a graph of
// two nodes; entities deleted within a transaction.

import NenCore
import Testing

@testable import NenEngine

@Suite struct EntityFunctionTests {
    /// The node without labels: the first of the second chunk.
    private let other: UInt32 = 2_048

    private func variables(_ tester: ExpressionTester) throws -> [String: Cell] {
        [
            "n": Cell(node: 0), "m": Cell(node: other), "r": Cell(relationship: 0),
            "p": try tester.context.builder.path([0, 0, other], relationshipCount: 1),
        ]
    }

    @Test(arguments: [
        ("labels(n)", "['Person', 'Swede']"), ("labels(m)", "[]"), ("type(r)", "'KNOWS'"),
        ("id(n)", "0"), ("elementId(m)", "'n2048'"), ("elementId(r)", "'r0'"),
        ("keys(n)", "['name', 'born']"), ("keys(m)", "[]"), ("keys(r)", "['since']"),
        ("properties(n)", "{name: 'Ada', born: date('1815-12-10')}"),
        ("properties(r)", "{since: 1833}"), ("n.name", "'Ada'"), ("n['name']", "'Ada'"),
        ("n.born.year", "1815"), ("n.since", "null"), ("n.neverUsed", "null"),
        ("r.since", "1833"), ("m.name", "null"), ("startNode(r) = n", "true"),
        ("endNode(r) = m", "true"), ("nodes(p) = [n, m]", "true"),
        ("relationships(p) = [r]", "true"), ("length(p)", "1"), ("n = m", "false"),
        ("valueType(p)", "'PATH NOT NULL'"),
    ])
    func content(_ expression: String, _ result: String) throws {
        let tester = ExpressionTester()
        tester.expect(expression, is: result, try variables(tester))
    }

    @Test(arguments: [
        "labels(r)", "labels(1)", "type(n)", "type('a')", "id(1)", "keys(1)", "properties([])",
        "nodes(n)", "length([])", "startNode(n)",
    ])
    func wrongTypes(_ expression: String) throws {
        let tester = ExpressionTester()
        let variables = try variables(tester)
        let error = #expect(throws: NQLError.self) {
            try tester.evaluate(expression, variables)
        }
        #expect(error?.code == .type && error?.detail == "InvalidArgumentValue")
    }

    @Test func aKeyOfAnEntityMustBeAString() throws {
        let tester = ExpressionTester()
        let variables = try variables(tester)
        let error = #expect(throws: NQLError.self) { try tester.evaluate("n[1]", variables) }
        #expect(error?.detail == "MapElementAccessByNonString")
    }

    @Test func resultsShowEntitiesWithNamesAndProperties() throws {
        let tester = ExpressionTester()
        let decoder = ValueDecoder(TestGraph.view)
        let path = try decoder.value(try #require(try variables(tester)["p"]))
        guard case .path(let path) = path else {
            Issue.record("not a path: \(path)")
            return
        }
        #expect(path.nodes[0].labels == ["Person", "Swede"])
        #expect(path.nodes[0].properties["name"] == .string("Ada"))
        #expect(path.nodes[1].properties.isEmpty)
        #expect(path.relationships[0].type == "KNOWS")
        #expect(path.relationships[0].target == other)
        let list = try tester.evaluate("[1, {a: 'x'}, null, 2.5]")
        let expected = Value.list([.integer(1), .map(["a": .string("x")]), .null, .float(2.5)])
        #expect(try decoder.value(list) == expected)
    }

    @Test func whatWasDeletedKeepsItsNumberTypeAndEndsOnly() throws {
        let transaction = try GraphStore.inMemory().beginWrite()
        defer { transaction.abort() }
        let type = try transaction.internType("GONE")
        let node = try transaction.createNode(labels: [], properties: [])
        let relationship = try transaction.createRelationship(
            type: type, source: node, target: node, properties: [])
        try transaction.deleteRelationship(relationship)
        try transaction.deleteNode(node)

        let tester = ExpressionTester(graph: transaction)
        let variables = ["n": Cell(node: node), "r": Cell(relationship: relationship)]
        for text in ["n.name", "labels(n)", "keys(n)", "properties(r)", "r.since", "n['a']"] {
            let error = #expect(throws: NQLError.self) {
                try tester.evaluate(text, variables)
            }
            #expect(error?.code == .entityNotFound && error?.detail == "DeletedEntityAccess")
        }
        #expect(try tester.evaluate("id(n)", variables).integer == Int64(node))
        tester.expect("type(r)", is: "'GONE'", variables)
        tester.expect("startNode(r) = n", is: "true", variables)
        let value = try ValueDecoder(transaction).value(Cell(relationship: relationship))
        guard case .relationship(let shown) = value else {
            Issue.record("not a relationship: \(value)")
            return
        }
        #expect(shown.type == "GONE" && shown.source == node)
    }
}
