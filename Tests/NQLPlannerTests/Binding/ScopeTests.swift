// Scopes and columns: goal: names mean what openCypher says they mean. Method: queries that plan,
// and the columns they have.

import NenCore
import Testing

@testable import NQLPlan
@testable import NQLPlanner

@Suite struct ScopeTests {
    @Test func columnNames() throws {
        #expect(try plan("MATCH (n) RETURN n.x, cOuNt( * ), 1 AS one").columns
            == ["n.x", "cOuNt( * )", "one"])
        #expect(try plan("MATCH (b)-[r]->(a) RETURN *").columns == ["a", "b", "r"])
        #expect(try plan("MATCH (b)-[r]->(a) RETURN *, 1 AS c").columns == ["a", "b", "r", "c"])
        #expect(try plan("CALL test.pair(1)").columns == ["a", "b"])
        #expect(try plan("CREATE (n)").columns == [])
        #expect(try plan("RETURN 1 AS a, 2 AS b UNION RETURN 3 AS a, 4 AS b").columns == ["a", "b"])
    }

    @Test(arguments: [
        "MATCH (a) WITH a.name AS name WHERE a.age = 3 RETURN *",
        "MATCH (a) WITH DISTINCT a.name AS name WHERE a.name = 'x' RETURN *",
        "MATCH (a) WITH a, a.x + a.y AS s ORDER BY a.x + a.y LIMIT 3 RETURN a, s",
        "MATCH (a) RETURN a.x AS x, count(*) AS c ORDER BY a.x + count(*)",
        "MATCH (a) RETURN a.x, a.x + count(a)",
        "MATCH (a) WITH a.x AS x, sum(a.y) AS s ORDER BY sum(a.y) RETURN x, s",
        "MATCH (a) RETURN avg(a.x) AS m ORDER BY $p + avg(a.x) - 1000",
        "MATCH (a)-[r]->(b) MATCH (b)-[r]->(c) RETURN c",
        "MATCH ()-[r]->() WITH [r] AS rs MATCH (a)-[rs*]->(b) RETURN a",
        "WITH null AS a OPTIONAL MATCH p = (a)-[r]->() RETURN p",
        "CREATE (a {x: 1}), (b {y: a.x})",
        "MATCH (a) WHERE any(x IN [1] WHERE (a)-->() AND x = 1) RETURN a",
        "MATCH (a) RETURN [(a)-->(b) WHERE b.x > 1 | b.x] AS xs, EXISTS { (a)-->() } AS e",
        "MATCH (a) CALL (a) { MATCH (a)-->(b) RETURN count(b) AS c } RETURN a, c",
        "MATCH (a) CALL { WITH a MATCH (a)-->(b) RETURN b ORDER BY b.x LIMIT 1 } RETURN a, b",
        "MATCH (a), (b) RETURN shortestPath((a)-[*]-(b)) AS p",
        "MATCH p = shortestPath((a:Person)-[:KNOWS*]-(b:Person)) WHERE length(p) > 1 RETURN p",
        "FOREACH (x IN [1, 2] | CREATE (n {v: x}) SET n.w = x)",
        "MATCH (n) RETURN n {.name, age: n.age, extra: 1} AS m",
        "LOAD CSV WITH HEADERS FROM 'f.csv' AS row CREATE (n {name: row.name})",
        "MATCH (n:Person WHERE n.age > 3)-[r:KNOWS WHERE r.x = 1]->(m) RETURN m",
        "MATCH (a)-[:KNOWS*1..2 {since: 3}]->(b) RETURN count(b)",
    ])
    func plans(_ text: String) throws { _ = try plan(text) }

    /// Scopes grow by single names and by many at once, and hide names; a dictionary is the model.
    @Test func scopesAreAsDictionaries() {
        for round in 0 ..< 300 {
            var scope = Scope()
            var model: [String: Slot] = [:]
            for _ in 0 ..< Int.random(in: 1 ... 40) {
                // Few names, so that some are hidden, and few slots, so that names share them.
                let count = [1, 2, 30, 100].randomElement() ?? 1
                var added: [String: Slot] = [:]
                for _ in 0 ..< count {
                    added["n\(Int.random(in: 0 ..< 90))"] = .random(in: 0 ..< 70)
                }
                if count == 1, let (name, slot) = added.first {
                    scope[name] = slot
                } else {
                    scope = scope.overlaid(by: Scope(added))
                }
                model.merge(added) { _, newer in newer }
            }
            #expect(scope.names == model.keys.sorted(), "round \(round)")
            for number in 0 ..< 90 { #expect(scope["n\(number)"] == model["n\(number)"]) }
            #expect(scope.boundSlots.elements == Set(model.values).sorted(), "round \(round)")
        }
    }

    @Test func parametersAreReported() throws {
        let plan = try plan("MATCH (n {x: $a}) RETURN n LIMIT $b")
        #expect(plan.parameters == ["a", "b"])
    }

    @Test func typesOfColumns() throws {
        let plan = try plan(
            "RETURN 1 + 2 AS i, 1.5 * 2 AS f, 'a' + 'b' AS s, [1, 2] AS l, 1 = 2 AS b")
        guard case .produceResults(let columns) = plan.root.kind else {
            Issue.record("no results")
            return
        }
        let types = columns.map { plan.slots[$0.slot].type }
        #expect(types == [.integer, .float, .string, .list(.integer), .boolean])
    }
}
