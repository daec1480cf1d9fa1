// Goal: paths between bound ends are the same whether or not what leads to the end is looked for.
// Method: graphs with many ways into parts that do not lead to the end, so that the steps of a row
// exceed what is taken unpruned, and as many paths as arithmetic says.

import NenDB
import Testing

@Suite struct PrunedTrailTests {
    /// A chain of `length` diamonds, with a dead end of cliques at its start.
    private func session(length: Int) throws -> Session {
        let session = try Database.inMemory().session()
        for text in [
            "UNWIND range(0, \(length)) AS i CREATE (:C {i: i})",
            "UNWIND range(1, \(length)) AS i MATCH (a:C {i: i - 1}), (b:C {i: i})"
                + " CREATE (a)-[:R]->(:D)-[:R]->(b), (a)-[:R]->(:D)-[:R]->(b)",
            "MATCH (s:C {i: 0}) UNWIND range(1, 7) AS i CREATE (s)-[:R]->(:X {i: i})",
            "MATCH (x:X), (y:X) WHERE x <> y CREATE (x)-[:R]->(y)",
        ] { _ = try session.run(text).rows() }
        return session
    }

    @Test func deadEndsAreLeftOut() throws {
        let session = try session(length: 6)
        let far = "MATCH (a:C {i: 0}), (b:C {i: 6}) WITH a, collect(b) AS ends UNWIND ends AS b"
            + " MATCH p = (a)-[:R*..12]->(b)"
        let counts = try session.run("\(far) RETURN count(p), min(length(p)), max(length(p))")
            .rows().map { row in row.values.map(\.literalText) }
        #expect(counts == [["64", "12", "12"]])
        // Within fewer steps there is none.
        let near = "MATCH (a:C {i: 0}), (b:C {i: 6}) WITH a, collect(b) AS ends UNWIND ends AS b"
            + " MATCH p = (a)-[:R*..11]->(b)"
        let none = try session.run("\(near) RETURN count(p)").rows().map { row in
            row.values.map(\.literalText)
        }
        #expect(none == [["0"]])
    }

    @Test func eachEndHasItsOwn() throws {
        let session = try session(length: 6)
        let text = "MATCH (a:C {i: 0}), (b:C) WITH a, collect(b) AS ends UNWIND ends AS b"
            + " MATCH p = (a)-[:R*..12]->(b) RETURN b.i AS i, count(p) AS c ORDER BY i"
        let rows = try session.run(text).rows().map { row in row.values.map(\.literalText) }
        #expect(rows == (1...6).map { ["\($0)", "\(1 << $0)"] })
    }
}
