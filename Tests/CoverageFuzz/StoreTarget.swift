// The `store` target: a sound database file with the changes that the input describes, checksums
// put right, is opened, checked, read, written, closed and opened again. Any answer or typed error
// is right; a signal, a hang, or memory without bound is not.

import FileDamage
import Foundation
import NQLSyntax
import NenCore
import NenDB

/// Opening and using forged database files.
enum StoreTarget {
    private static let folder = TemporaryPlace("nencover-store")
    private static let bases = needed("the sound databases") { try SoundFiles.all() }

    /// Visits all kinds of structures in little time.
    private static let reads = [
        "MATCH (n) RETURN n", "MATCH ()-[r]->() RETURN r, type(r)",
        "MATCH (n:Item) WHERE n.rank = 3 RETURN n.id, n.name, n.various",
        "MATCH (n:Item) WHERE n.id >= 290 RETURN n.price ORDER BY n.price",
        "MATCH (n:Item {id: 7})-[:NEXT*1..3]->(m) RETURN m.id",
        "MATCH (n:Value) RETURN properties(n), labels(n)",
        "MATCH (a:Person)-[k:KNOWS]->(b) WHERE k.since > date('2001-06-01') RETURN a.name, b.name",
        "MATCH (n:Bulk) RETURN n.n, count(*)",
        "MATCH (a:Item)-[:HUB]->(b) RETURN count(*), sum(b.id)",
        "SHOW INDEXES", "SHOW CONSTRAINTS", "SHOW LABELS",
        "EXPLAIN MATCH (a:Item)-[:NEXT]->(b:Item) WHERE a.rank = b.rank RETURN count(*)",
    ]

    private static let writes = [
        "MATCH (n:Item) WHERE n.id % 60 = 1 SET n.price = 1.5, n.name = 'a new and longer name'",
        "CREATE (:Item {id: 5000, rank: 3})-[:NEXT]->(:Person {name: 'New', born: date()})",
        "MATCH (n:Item) WHERE n.id % 70 = 2 DETACH DELETE n",
        "MATCH (p:Person) REMOVE p:Author SET p:Fresh", "CREATE INDEX FOR (n:Item) ON (n.price)",
        "ANALYZE", "CHECKPOINT",
    ]

    /// The first two bytes choose the sound file and which statements run, the rest is the script.
    static func run(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard bytes.count > 2 else { return }
        var files = bases[Int(bytes[0]) % bases.count]
        files.apply(StoreScript(UnsafeBufferPointer(rebasing: bytes[2...])))
        folder.write("graph.nen", files.data)
        folder.write("graph.nen-log", files.log)
        visit(Int(bytes[1]))
        folder.removeFiles()
    }

    private static func visit(_ choice: Int) {
        attempt {
            let database = try open()
            if choice & 1 != 0 { attempt { _ = try database.check() } }
            ask(database, reads, choice / 8)
            if choice & 2 != 0 { ask(database, writes, choice / 8) }
            try database.close()
        }
        if choice & 6 != 6 { return }
        attempt {
            let database = try open()
            attempt { _ = try database.check() }
            try database.close()
        }
    }

    private static func open() throws -> Database {
        var options = DatabaseOptions()
        options.durability = .off
        options.mustExist = true
        options.busyTimeoutMilliseconds = 100
        options.limits.threadCount = 1
        options.limits.memoryBudgetBytes = 256 << 20
        options.limits.timeoutMilliseconds = 3_000
        return try Database(at: folder("graph.nen"), options: options)
    }

    /// Runs a few of the statements.
    private static func ask(_ database: Database, _ statements: [String], _ choice: Int) {
        for (index, statement) in statements.enumerated() where (index + choice) % 5 == 0 {
            attempt { _ = try database.query(statement).rows().map { "\($0)" } }
        }
    }

    /// Typed errors are what damage should give.
    private static func attempt(_ body: () throws -> Void) {
        do { try body() } catch is NQLError {} catch { fail("an error of another type: \(error)") }
    }
}

/// The files of a sound database.
struct SoundFiles: Sendable {
    var data: [UInt8]
    var log: [UInt8]
    private let map: ExtentMap

    init(data: [UInt8], log: [UInt8]) {
        self.data = data
        self.log = log
        map = ExtentMap(data)
    }

    private static let fixtures: String = {
        let parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
        return parts.dropLast(2).joined(separator: "/") + "/Fixtures"
    }()

    /// The fixtures of each format version, and databases of this version with the same contents:
    /// closed, and as a process leaves them that ends at once.
    static func all() throws -> [SoundFiles] {
        var found: [SoundFiles] = []
        let versions = try FileManager.default.contentsOfDirectory(atPath: fixtures).sorted()
        for version in versions where version.hasPrefix("format-") {
            for name in ["closed", "killed"] {
                let path = "\(fixtures)/\(version)/\(name)"
                found.append(
                    SoundFiles(
                        data: try ZeroRuns.expand(content(path + ".runs")),
                        log: try ZeroRuns.expand(content(path + "-log.runs"))))
            }
        }
        return try found + fresh()
    }

    private static func fresh() throws -> [SoundFiles] {
        let place = TemporaryPlace("nencover-fresh")
        let path = place("graph.nen")
        let contents = try String(contentsOfFile: fixtures + "/contents.nql", encoding: .utf8)
        let database = try Database(at: path)
        let session = database.session()
        var splitter = StatementSplitter()
        var pieces = splitter.feed(contents)
        if let last = splitter.finish() { pieces.append(last) }
        for (number, piece) in pieces.enumerated() {
            _ = try session.run(piece.text).rows()
            // Half of it stays in the log.
            if number == pieces.count / 2 { try database.checkpoint() }
        }
        let killed = SoundFiles(data: content(path), log: content(path + "-log"))
        try database.close()
        let closed = SoundFiles(data: content(path), log: content(path + "-log"))
        place.removeFiles()
        return [closed, killed]
    }

    private static func content(_ path: String) -> [UInt8] {
        [UInt8](FileManager.default.contents(atPath: path) ?? Data())
    }

    /// Changes the files as the script says and puts checksums right.
    mutating func apply(_ script: StoreScript) {
        for change in script.changes {
            switch change.place {
            case .extent(let number):
                guard !map.extents.isEmpty else { continue }
                let number = number % map.extents.count
                let extent = map.extents[number]
                change.apply(&data, extent.start ..< extent.start + extent.byteCount, data)
                map.repair(number, in: &data)
            case .superblock(let slot):
                change.apply(&data, slot ..< slot + 128, data)
                ExtentMap.repairSuperblock(slot, in: &data)
            case .log:
                change.apply(&log, 0 ..< log.count, log)
                LogChain.repair(&log)
            }
        }
    }
}
