// Goal: appended rows, and rows of UNWIND … CREATE, which are made together, are those that CREATE
// makes one by one: values, constraints, indexes, counts, and nothing at all after an error.
// Method: the same rows in three ways, compared; errors in the middle of a batch.

import NenDB
import Testing

@Suite struct AppendTests {
    private func fresh() throws -> Database {
        let db = try Database.inMemory()
        try db.query("CREATE CONSTRAINT FOR (n:Q) REQUIRE n.id IS UNIQUE")
        try db.query("CREATE INDEX FOR (n:Q) ON (n.name)")
        try db.query("CREATE INDEX FOR ()-[r:R]-() ON (r.w)")
        return db
    }

    /// Everything that may differ, in an order that does not.
    private func content(_ db: Database) throws -> [[Value]] {
        let texts = [
            "MATCH (n) RETURN labels(n), properties(n), n.id ORDER BY n.id",
            "MATCH (a)-[r]->(b) RETURN type(r), properties(r), a.id, b.id ORDER BY a.id, b.id, r.w",
            "MATCH (n:Q) RETURN count(*)", "MATCH ()-[r:R]->() RETURN count(*)",
            "MATCH (n:Q) WHERE n.name STARTS WITH 'node 1' RETURN n.id ORDER BY n.id",
            "MATCH ()-[r:R]->() WHERE r.w = 7 RETURN startNode(r).id AS id ORDER BY id",
        ]
        return try texts.flatMap { try db.query($0).rows().map(\.values) }
    }

    private static let count = 5_000

    private func node(_ row: Int) -> [String: Value] {
        var values: [String: Value] = [
            "id": .integer(Int64(row)), "name": .string("node \(row)"),
            "long": .string("a text of node \(row) that is not short"),
            "list": .list([.integer(Int64(row)), 2.5, "x"]),
        ]
        if row % 3 == 0 { values["rare"] = .boolean(row % 2 == 0) }
        if row % 7 == 0 { values["mixed"] = row % 2 == 0 ? .integer(1) : .string("one") }
        return values
    }

    private func relationship(_ row: Int) -> (source: Int, target: Int, weight: Value) {
        (row * 7 % 5_000, row * row % 5_000, row % 5 == 0 ? .null : .integer(Int64(row % 11)))
    }

    private func oneByOne() throws -> Database {
        let db = try fresh()
        try db.write { tx in
            for row in 0 ..< AppendTests.count {
                try tx.query("CREATE (n:Q:Extra) SET n = $p", ["p": .map(node(row))])
            }
            for row in 0 ..< AppendTests.count {
                let (source, target, weight) = relationship(row)
                try tx.query(
                    "MATCH (a:Q {id: $s}) MATCH (b:Q {id: $t}) CREATE (a)-[:R {w: $w}]->(b)",
                    ["s": .integer(Int64(source)), "t": .integer(Int64(target)), "w": weight])
            }
        }
        return db
    }

    @Test func appendedRowsAreThoseOfCreate() throws {
        let expected = try content(oneByOne())
        let db = try fresh()
        let rows = 0 ..< AppendTests.count
        func column(_ key: String) -> AppendColumn {
            AppendColumn(key, .values(rows.map { node($0)[key] ?? .null }))
        }
        try db.write { tx in
            let ids = try tx.append(
                nodes: ["Q", "Extra"],
                [
                    .init("name", .strings(rows.map { "node \($0)" })),
                    .init("id", .integers(rows.map(Int64.init))),
                    column("long"), column("list"), column("rare"), column("mixed"),
                ])
            let ends = rows.map { relationship($0) }
            let made = try tx.append(
                relationships: "R", from: ends.map { ids[$0.source] },
                to: ends.map { ids[$0.target] }, [.init("w", .values(ends.map(\.weight)))])
            #expect(Set(ids).count == rows.count && Set(made).count == rows.count)
        }
        #expect(try content(db) == expected)
    }

    @Test func unwoundRowsAreThoseOfCreate() throws {
        let expected = try content(oneByOne())
        let db = try fresh()
        let rows = Value.list((0 ..< AppendTests.count).map { .map(node($0)) })
        let counters = try db.query(
            "UNWIND $rows AS r CREATE (:Q:Extra {id: r.id, name: r.name, long: r.long, "
                + "list: r.list, rare: r.rare, mixed: r.mixed})", ["rows": rows]
        ).counters
        #expect(counters.nodesCreated == AppendTests.count)
        #expect(counters.labelsAdded == 2 * AppendTests.count)
        let ends = Value.list(
            (0 ..< AppendTests.count).map { row in
                let (source, target, weight) = relationship(row)
                return .map([
                    "s": .integer(Int64(source)), "t": .integer(Int64(target)), "w": weight,
                ])
            })
        let more = try db.query(
            "UNWIND $rows AS r MATCH (a:Q {id: r.s}) MATCH (b:Q {id: r.t}) "
                + "CREATE (a)-[:R {w: r.w}]->(b)", ["rows": ends]
        ).counters
        #expect(more.relationshipsCreated == AppendTests.count)
        #expect(more.propertiesSet == AppendTests.count * 4 / 5)
        #expect(try content(db) == expected)
    }

    /// Rows that were freed are used again, also by rows that are made together.
    @Test func freedRowsAreUsedAgain() throws {
        let db = try fresh()
        try db.query("UNWIND range(0, 9999) AS i CREATE (:Q {id: i, name: 'old'})")
        try db.query("MATCH (n:Q) WHERE n.id % 3 > 0 DELETE n")
        try db.query("UNWIND range(10000, 17999) AS i CREATE (:Q {id: i, name: 'new'})")
        #expect(try db.query("MATCH (n:Q) RETURN count(*)").scalar() == 3_334 + 8_000)
        #expect(try db.query("MATCH (n:Q) RETURN count(DISTINCT n.id)").scalar() == 11_334)
        #expect(
            try db.query("MATCH (n:Q) WHERE n.name = 'new' RETURN sum(n.id)").scalar()
                == (10_000 ..< 18_000).reduce(0, +))
        #expect(try db.check().isEmpty)
    }

    @Test(arguments: [
        // A value that is there already, one twice in the rows, and two that cannot be stored.
        ("[1, 2, 777, 4, 5]", NQLError.Code.constraintValidationFailed),
        ("[1, 2, 3, 2, 6, 7]", .constraintValidationFailed),
        ("[1, 2, 3, 4, 5, {k: 1}, 777]", .type),
        ("[1, 3, 5, 7, 9, 777, {k: [{k: 1}]}]", .constraintValidationFailed),
    ])
    func anErrorInTheMiddleLeavesNothing(list: String, code: NQLError.Code) throws {
        let db = try fresh()
        try db.query("CREATE (:Q {id: 777})")
        let before = try content(db)
        let text = code == .type
            ? "UNWIND \(list) AS x CREATE (:Q {id: x, deep: [x]})"
            : "UNWIND \(list) AS x CREATE (:Q {id: x})"
        #expect(thrown { try db.query(text) }?.code == code)
        #expect(try content(db) == before)
        try db.write { tx in
            try tx.query("CREATE (:Q {id: 55})")
            #expect(thrown { try tx.query(text) }?.code == code)
            #expect(
                thrown { try tx.append(nodes: ["Q"], [.init("id", .integers([1, 55, 2]))]) }?.code
                    == .constraintValidationFailed)
            #expect(try tx.query("MATCH (n:Q) RETURN count(*)").scalar() == 2)
        }
    }

    @Test func endsThatAreNoNodesAreRefused() throws {
        let db = try fresh()
        try db.query("UNWIND range(0, 9) AS i CREATE (:Q {id: i})")
        let text = "UNWIND range(0, 9) AS i MATCH (a:Q {id: i}) OPTIONAL MATCH (b:Q {id: i + 1}) "
        #expect(thrown { try db.query(text + "CREATE (a)-[:R]->(b)") }?.code == .semantic)
        #expect(try db.query("MATCH ()-[r]->() RETURN count(*)").scalar() == 0)
        try db.write { tx in
            #expect(
                thrown { try tx.append(relationships: "R", from: [0, 1], to: [1, 99]) }?.code
                    == .entityNotFound)
            let count = try tx.query("MATCH ()-[r]->() RETURN count(*)").scalar(as: Int.self)
            #expect(count == 0)
        }
    }

    @Test func columnsOfUnequalLengthAreRefused() throws {
        let db = try fresh()
        try db.write { tx in
            let uneven = [
                AppendColumn("id", .integers([1, 2])), AppendColumn("name", .strings(["a"])),
            ]
            #expect(thrown { try tx.append(nodes: ["Q"], uneven) }?.code == .argument)
            let twice = [AppendColumn("id", .integers([1])), AppendColumn("id", .integers([2]))]
            #expect(thrown { try tx.append(nodes: ["Q"], twice) }?.code == .argument)
            #expect(
                thrown { try tx.append(relationships: "R", from: [0], to: []) }?.code == .argument)
        }
        try db.read { tx in
            #expect(
                thrown { try tx.append(nodes: ["Q"], [.init("id", .integers([1]))]) }?.code
                    == .transaction)
        }
    }

    /// Constraints that are judged row by row hold for appended rows as well.
    @Test func rowConstraintsHold() throws {
        let db = try fresh()
        try db.query("CREATE CONSTRAINT FOR (n:T) REQUIRE n.x IS NOT NULL")
        try db.query("CREATE CONSTRAINT FOR (n:T) REQUIRE n.x IS :: INTEGER")
        try db.write { tx in
            #expect(
                thrown { try tx.append(nodes: ["T"], [.init("x", .values([1, "a"]))]) }?.code
                    == .constraintValidationFailed)
            for missing in [AppendColumn("y", .integers([1])), .init("x", .values([.null]))] {
                #expect(
                    thrown { try tx.append(nodes: ["T"], [missing]) }?.code
                        == .constraintValidationFailed)
            }
            try tx.append(nodes: ["T"], [.init("x", .integers([1, 2]))])
        }
        #expect(try db.query("MATCH (n:T) RETURN sum(n.x)").scalar() == 3)
    }
}
