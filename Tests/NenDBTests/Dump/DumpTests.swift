// Goal: a dump, as NQL or as CSV, loaded again is the same graph: labels, properties of every type,
// parallel relationships, indexes and constraints; a dump of it is the same text; a load is whole
// or nothing. Method: random graphs, compared as multisets of nodes and relationships as text;
// broken scripts; writers beside a dump.

import Foundation
import NenDB
import Synchronization
import Testing

/// A folder that the test removes.
private struct Folder: ~Copyable {
    let path: String

    init() throws {
        let temporary = FileManager.default.temporaryDirectory.path
        path = temporary + "/dump-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path).sorted()
    }
}

/// What is in a database, ids left out: nodes have a property `k` of their own.
private struct Content: Equatable {
    var nodes: [String]
    var relationships: [String]
    var schema: [String]

    init(_ db: Database) throws {
        nodes = try db.query("MATCH (n) RETURN n").rows().map { $0.values[0].literalText }
            .sorted()
        relationships = try db.query("MATCH (a)-[r]->(b) RETURN a.k, r, b.k").rows().map { row in
            row.values.map(\.literalText).joined(separator: " ")
        }.sorted()
        schema = []
        for kind in ["CONSTRAINTS", "INDEXES"] {
            let rows = try db.query("SHOW \(kind) YIELD createStatement").rows()
            schema += rows.map { $0.values[0].displayText }.sorted()
        }
    }
}

@Suite struct DumpTests {
    private static var seed: UInt64 {
        let given = ProcessInfo.processInfo.environment["DUMP_SEED"].flatMap(UInt64.init)
        return given ?? UInt64.random(in: 0...UInt64.max)
    }

    /// Graphs of one run.
    private static var rounds: Int {
        ProcessInfo.processInfo.environment["DUMP_ROUNDS"].flatMap(Int.init) ?? 3
    }

    private func fill(
        _ db: Database, _ random: inout RandomValues, nodes: Int, isFlat: Bool
    ) throws {
        func properties(_ random: inout RandomValues) -> [String: Value] {
            var result: [String: Value] = [:]
            for _ in 0..<random.number(6) {
                result[random.name()] = isFlat ? random.flatValue() : random.value()
            }
            return result
        }
        try db.write { tx in
            for number in 0..<nodes {
                let labels = (0..<random.number(4)).map { _ in Value.string(random.name()) }
                var values = properties(&random)
                values["k"] = .integer(Int64(number))
                try tx.query(
                    "CREATE (n) SET n = $p SET n:$($l)", ["p": .map(values), "l": .list(labels)])
            }
            for _ in 0..<(2 * nodes) {
                try tx.query(
                    "MATCH (a {k: $a}), (b {k: $b}) CREATE (a)-[r:$($t)]->(b) SET r = $p",
                    [
                        "a": .integer(Int64(random.number(nodes))),
                        "b": .integer(Int64(random.number(min(nodes, 5)))),
                        "t": .string(random.name()), "p": .map(properties(&random)),
                    ])
            }
            // Gaps in the ids.
            try tx.query("MATCH (n) WHERE n.k % 7 = 3 DETACH DELETE n")
        }
        try db.query("CREATE CONSTRAINT `a ``name` FOR (n:Person) REQUIRE n.k IS UNIQUE")
        try db.query("CREATE CONSTRAINT FOR (n:`has space`) REQUIRE n.k IS NOT NULL")
        try db.query("CREATE INDEX FOR (n:`tick``tick`) ON (n.`a:b`)")
        try db.query("CREATE INDEX FOR ()-[r:A]-() ON (r.`has space`)")
    }

    private func script(_ db: Database) throws -> [UInt8] {
        var bytes: [UInt8] = []
        try db.dump { bytes += $0 }
        return bytes
    }

    private func load(_ script: [UInt8], _ path: String) throws -> Database {
        var rest: [UInt8]? = script
        try Database.load(into: path) {
            defer { rest = nil }
            return rest
        }
        return try Database(at: path)
    }

    @Test func everythingComesBack() throws {
        let seed = Self.seed
        var random = RandomValues(seed: seed)
        #expect(RandomValues.evaluated.count == 25)
        for round in 0..<Self.rounds {
            let folder = try Folder()
            let db = try Database.inMemory()
            try fill(db, &random, nodes: 60, isFlat: false)
            let text = try script(db)
            let loaded = try load(text, folder.path + "/g.nen")
            let (before, after) = (try Content(db), try Content(loaded))
            #expect(before == after, "DUMP_SEED=\(seed), round \(round)")
            #expect(try script(loaded) == text, "DUMP_SEED=\(seed), round \(round)")
            #expect(try loaded.check() == [])
            #expect(try folder.names().filter { $0.contains("-import") } == [])
            let labels = try loaded.query("SHOW LABELS YIELD label").rows()
            let known = try db.query("SHOW LABELS YIELD label").rows()
            #expect(Set(labels.map(\.values)).isSubset(of: Set(known.map(\.values))))
        }
    }

    @Test func anySessionCanRunTheScript() throws {
        let seed = Self.seed
        var random = RandomValues(seed: seed)
        let db = try Database.inMemory()
        try fill(db, &random, nodes: 40, isFlat: false)
        let folder = try Folder()
        let (file, path) = (folder.path + "/s.nql", folder.path + "/s.nen")
        try Data(try script(db)).write(to: URL(fileURLWithPath: file))
        let run = try CommandRun([path, file, "--no-notifications"])
        #expect(run.status == 0, "\(run.errors)")
        #expect(try Content(db) == Content(Database(at: path)), "DUMP_SEED=\(seed)")
    }

    @Test func everythingFlatComesBackFromCSV() throws {
        let seed = Self.seed
        var random = RandomValues(seed: seed)
        for round in 0..<Self.rounds {
            let folder = try Folder()
            let db = try Database.inMemory()
            try fill(db, &random, nodes: 60, isFlat: true)
            let csv = folder.path + "/csv"
            let report = try db.dumpCSV(toDirectory: csv)
            try Database.load(directory: csv, into: folder.path + "/g.nen")
            let loaded = try Database(at: folder.path + "/g.nen")
            let content = try Content(db)
            #expect(content == (try Content(loaded)), "DUMP_SEED=\(seed), round \(round)")
            #expect(report.nodeCount == content.nodes.count)
            #expect(report.relationshipCount == content.relationships.count)
            #expect(try loaded.check() == [])
        }
    }

    @Test func whatCSVCannotHoldIsRefused() throws {
        let values = [
            "{a: 1}", "[[1]]", "[1, 'a']", "[1, null]", "['']", "['a\\u001Fb']",
        ]
        for value in values {
            let folder = try Folder()
            let db = try Database.inMemory()
            try db.query("CREATE (:A {x: 1})")
            try db.query("CREATE ({x: \(value)})")
            let error = thrown { try db.dumpCSV(toDirectory: folder.path + "/csv") }
            #expect(error?.detail == "NotForCSV", "\(value)")
            #expect(try folder.names() == [])
        }
    }

    @Test func emptyGraphs() throws {
        let folder = try Folder()
        let db = try Database.inMemory()
        try db.query("CREATE INDEX i FOR (n:A) ON (n.x)")
        let loaded = try load(try script(db), folder.path + "/g.nen")
        #expect(try Content(loaded) == Content(db))
        try db.dumpCSV(toDirectory: folder.path + "/csv")
        try Database.load(directory: folder.path + "/csv", into: folder.path + "/h.nen")
        #expect(try Content(Database(at: folder.path + "/h.nen")) == Content(db))
    }

    @Test func aLoadIsWholeOrNothing() throws {
        let folder = try Folder()
        let path = folder.path + "/g.nen"
        let good = "CREATE (:A {x: 1});"
        let broken = [
            "CREATE (:A {x: 1}); CREATE (:B {x: 1 / 0});", good + "RETRUN 1;", good + "BEGIN;",
            good + "CREATE (",
            DumpTests.begin + "UNWIND [\n{i: 0, p: {}},\n{i: 0, p: {}}\n" + DumpTests.nodes,
            DumpTests.begin + "UNWIND [\n{i: 0, p: {x: date('x')}}\n" + DumpTests.nodes,
        ]
        for text in broken {
            let error = thrown { _ = try load(Array(text.utf8), path) }
            #expect(error?.message.hasPrefix("line ") == true || error?.code == .transaction)
            #expect(try folder.names() == [], "\(text)")
        }
        let db = try load(Array(good.utf8), path)
        #expect(try Content(db).nodes.count == 1)
        try db.close()
        let before = try Data(contentsOf: URL(fileURLWithPath: path))
        #expect(thrown { _ = try load(Array(good.utf8), path) }?.detail == "NotEmpty")
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
        let cancellation = Cancellation()
        cancellation.cancel()
        let other = folder.path + "/h.nen"
        var text: [UInt8]? = Array(good.utf8)
        let error = thrown {
            try Database.load(into: other, cancellation: cancellation) {
                defer { text = nil }
                return text
            }
        }
        #expect(error?.code == .interrupted)
        #expect(access(other, F_OK) != 0)
    }

    private static let begin =
        "CREATE CONSTRAINT `nen dump` FOR (n:`nen dump`) REQUIRE n.`nen dump` IS UNIQUE;\n"
    private static let nodes =
        "] AS row CREATE (n:`nen dump`:A {`nen dump`: row.i}) SET n += row.p;\n"

    /// A script that was edited runs as it stands.
    @Test func editedScripts() throws {
        let folder = try Folder()
        let text = DumpTests.begin + "UNWIND [\n{i: 0, p: {x: 1 + 1}}\n" + DumpTests.nodes
            + "UNWIND [{i: 1}] AS row CREATE (:B {x: row.i});\n"
        let db = try load(Array(text.utf8), folder.path + "/g.nen")
        let found = try db.query("MATCH (n) RETURN labels(n)[0], n.x ORDER BY n.x").rows()
        #expect(found.map(\.values) == [["B", 1], ["A", 2]])
    }

    /// A dump beside a writer is one state: pairs are made and changed together.
    @Test func aDumpIsOneSnapshot() throws {
        let folder = try Folder()
        let path = folder.path + "/g.nen"
        let db = try Database(at: path)
        try db.query("UNWIND range(0, 5000) AS i CREATE (:P {i: i, v: 0})")
        let isDone = DumpFlag()
        let group = DispatchGroup()
        DispatchQueue.global().async(group: group) {
            var round: Int64 = 0
            while !isDone.isSet {
                round += 1
                _ = try? db.query("MATCH (p:P) SET p.v = $v", ["v": .integer(round)])
            }
        }
        for round in 0..<3 {
            let text = try script(db)
            let loaded = try load(text, folder.path + "/\(round).nen")
            let values = try loaded.query("MATCH (p:P) RETURN DISTINCT p.v").rows()
            #expect(values.count == 1)
        }
        isDone.set()
        group.wait()
    }

    @Test func theCommands() throws {
        let folder = try Folder()
        let path = folder.path + "/g.nen"
        try Database(at: path).query("CREATE (:A {x: 'a'})-[:R]->(:B {d: date('2020-01-01')})")
        let printed = try CommandRun(["dump", path])
        #expect(printed.status == 0 && printed.output.contains("{i: 0, p: {x: 'a'}}"))
        let loaded = try CommandRun(
            ["load", "-", folder.path + "/h.nen"], input: printed.output)
        #expect(loaded.status == 0, "\(loaded.errors)")
        #expect(loaded.output.hasPrefix("2 nodes, 1 relationship, 2 properties"))
        #expect(try CommandRun(["dump", folder.path + "/h.nen"]).output == printed.output)
        let file = try CommandRun(["dump", path, folder.path + "/g.nql"])
        #expect(file.status == 0 && file.output == "")
        let text = try String(contentsOfFile: folder.path + "/g.nql", encoding: .utf8)
        #expect(text == printed.output)
        let csv = try CommandRun(["dump", "--format", "csv", path, folder.path + "/csv"])
        #expect(csv.status == 0, "\(csv.errors)")
        #expect(
            try CommandRun(["load", folder.path + "/csv", folder.path + "/i.nen"]).status == 0)
        #expect(try CommandRun(["dump", folder.path + "/i.nen"]).output == printed.output)
        #expect(try CommandRun(["load", folder.path + "/g.nql", path]).status == 1)
        #expect(try CommandRun(["dump", path, path]).status == 1)
        #expect(try CommandRun(["dump", path, "/dev/null"]).status == 1)
        #expect(try CommandRun(["load", "/dev/null", folder.path + "/j.nen"]).status == 1)
        #expect(try CommandRun(["dump", folder.path + "/none.nen"]).status == 1)
        #expect(access(folder.path + "/none.nen", F_OK) != 0)
    }
}

/// A switch between threads.
private final class DumpFlag: Sendable {
    private let value = Atomic<Bool>(false)
    var isSet: Bool { value.load(ordering: .acquiring) }
    func set() { value.store(true, ordering: .releasing) }
}
