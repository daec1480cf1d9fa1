// Goal: whatever name a database is opened by, what was acknowledged survives `kill -9`; replacing
// a database by an import is all or nothing.
// Method: writers killed at random moments that open the file through links in turn, with a reader
// beside them; imports with --overwrite-destination killed at random moments over a database that
// has commits waiting in its log.
//
// NEN_KILLS sets how often is killed (default 8; `make crash` takes 200).

import Foundation
import NenDB
import Testing

@Suite(.serialized) struct LinkKillTests {
    private var killCount: Int {
        Int(ProcessInfo.processInfo.environment["NEN_KILLS"] ?? "") ?? 8
    }

    @Test func commitsThroughLinksSurviveKills() throws {
        let folder = try TemporaryFiles()
        mkdir(folder("real"), 0o755)
        symlink("real", folder("folder"))
        symlink("real/a.nen", folder("file"))
        symlink(folder("file"), folder("far"))
        let names = ["real/a.nen", "folder/a.nen", "file", "far", "folder/../file"].map {
            folder($0)
        }
        let seed = UInt64.random(in: 0 ... .max)
        var generator = SeededGenerator(seed: seed)
        var acknowledged = 0
        for round in 1...killCount {
            let note = "seed \(seed), round \(round)"
            let writer = try NQLProcess([names[round % names.count], "--json-lines"])
            let start = writer.integer("MATCH (a:Half) RETURN coalesce(max(a.n), 0)") ?? -1
            #expect(start >= acknowledged, "\(note): \(start) of \(acknowledged)")
            acknowledged = start
            let reader = try NQLProcess(
                [names[(round + 2) % names.count], "--read-only", "--json-lines"])
            for _ in 0..<Int.random(in: 1..<20, using: &generator) {
                let answer = writer.run("CREATE (:Half {n: \(acknowledged + 1)})")
                #expect(answer?.hasPrefix("{\"columns\"") == true, "\(note): \(answer ?? "-")")
                acknowledged += 1
                if acknowledged % 4 == 0 {
                    let seen = reader.integer("MATCH (a:Half) RETURN count(*)")
                    #expect(seen == acknowledged, "\(note)")
                }
            }
            writer.send("CREATE (:Half {n: \(acknowledged + 1)})")
            usleep(UInt32.random(in: 0..<3_000, using: &generator))
            writer.kill()
            // With the reader there the next one takes over, without it recovers.
            if Bool.random(using: &generator) { reader.kill() }
        }
        let db = try Database(at: names[0])
        let found = try db.query("MATCH (a:Half) RETURN count(*)").scalar(as: Int.self)
        #expect(found >= acknowledged && found <= acknowledged + 1, "seed \(seed)")
        #expect(try db.check() == [])
        try db.close()
        #expect(folder.names("f") == ["far", "file", "folder"])
    }

    @Test func anImportOverADatabaseIsAllOrNothing() throws {
        let folder = try TemporaryFiles()
        let seed = UInt64.random(in: 0 ... .max)
        var generator = SeededGenerator(seed: seed)
        let rows = (1...20_000).map { "\($0),name \($0)\n" }.joined()
        folder.write(Array(("id:ID,name\n" + rows).utf8), "nodes.csv")
        var killed = 0
        for round in 1...killCount {
            let note = "seed \(seed), round \(round)"
            for name in folder.names("a.nen") { folder.remove(name) }
            let writer = try NQLProcess([folder("a.nen"), "--json-lines"])
            for n in 1...5 { _ = writer.run("CREATE (:Old {n: \(n)})") }
            writer.kill()
            let process = Process()
            process.executableURL = URL(fileURLWithPath: NQLProcess.executable)
            process.arguments = [
                "import", "--overwrite-destination", "--nodes", "New=" + folder("nodes.csv"),
                "--report-file", folder("report"), folder("a.nen"),
            ]
            process.standardOutput = FileHandle.nullDevice
            try process.run()
            usleep(UInt32.random(in: 0..<150_000, using: &generator))
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
            if process.terminationReason == .uncaughtSignal { killed += 1 }
            let db = try Database(at: folder("a.nen"))
            let row = try db.query(
                "MATCH (n) RETURN count(CASE WHEN n:Old THEN 1 END) AS old, "
                    + "count(CASE WHEN n:New THEN 1 END) AS new"
            ).rows()[0]
            let found = [try row.get("old", as: Int.self), try row.get("new", as: Int.self)]
            #expect(found == [5, 0] || found == [0, 20_000], "\(note): \(found)")
            #expect(try db.check() == [], "\(note)")
            try db.close()
        }
        print("import over a database: \(killed) of \(killCount) imports were killed, seed \(seed)")
    }

    @Test func aDatabaseInUseIsNotReplaced() throws {
        let folder = try TemporaryFiles()
        folder.write(Array("id:ID\n1\n".utf8), "nodes.csv")
        let arguments = [
            "import", "--overwrite-destination", "--nodes", "New=" + folder("nodes.csv"),
            "--report-file", folder("report"),
        ]
        let db = try Database(at: folder("a.nen"))
        try db.query("CREATE (:Old)")
        symlink("a.nen", folder("link"))
        for name in ["a.nen", "link"] {
            let run = try IsolatedRun(arguments + [folder(name)], in: folder)
            #expect(run.end == .status(1) && run.errors.contains("is open"), "\(run)")
        }
        try db.query("CREATE (:Old)")
        try db.close()
        folder.write(Array("A letter.".utf8), "letter")
        let other = try IsolatedRun(arguments + [folder("letter")], in: folder)
        #expect(other.end == .status(1) && folder.bytes("letter").count == 9, "\(other)")
        let run = try IsolatedRun(arguments + [folder("link")], in: folder)
        #expect(run.end == .status(0), "\(run)")
        let replaced = try Database(at: folder("a.nen"))
        #expect(try replaced.query("MATCH (n:New) RETURN count(*)").scalar(as: Int.self) == 1)
        try replaced.close()
        #expect(folder.names("a.nen") == ["a.nen", "a.nen-log"])
    }
}
