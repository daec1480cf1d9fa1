// Goal: backups made while another process writes are whole, checked clean and a prefix of what was
// committed; kill -9 during backup, restore and vacuum leaves nothing half done and loses nothing
// acknowledged. Method: a writer process of numbered transactions (each a pair, so that a torn one
// would show), backups by this process and by the command, kills at random moments.
//
// NEN_BACKUPS sets the number of backups under load (default 8), NEN_KILLS that of kills (default
// 6); `make backup-check` takes 200 of each.

import Foundation
import NenDB
import Testing

@Suite(.serialized) struct BackupUnderLoadTests {
    private func count(_ name: String, _ standard: Int) -> Int {
        Int(ProcessInfo.processInfo.environment[name] ?? "") ?? standard
    }

    private func pair(_ number: Int) -> String {
        "CREATE (a:Half {n: \(number), text: 'pair \(number)'}), (b:Half {n: \(number)}), "
            + "(a)-[:OTHER]->(b)"
    }

    /// Number of the last pair, after all of them were found whole and the check clean.
    private func lastPair(_ path: String, _ note: String) throws -> Int {
        let db = try Database(at: path)
        let rows = try db.query(
            "MATCH (a:Half) "
                + "RETURN count(*) AS halves, count(DISTINCT a.n) AS pairs, max(a.n) AS last"
        ).rows()
        let last = try rows[0].get("last", as: Int?.self) ?? 0
        #expect(try rows[0].get("halves", as: Int.self) == 2 * last, "\(note)")
        #expect(try rows[0].get("pairs", as: Int.self) == last, "\(note)")
        let links = try db.query(
            "MATCH (a:Half)-[:OTHER]->(b:Half) WHERE a.n = b.n RETURN count(*)"
        ).scalar(as: Int.self)
        #expect(links == last, "\(note)")
        #expect(try db.check() == [], "\(note)")
        try db.close()
        return last
    }

    @Test func backupsUnderLoadArePrefixes() throws {
        let file = TemporaryDatabase()
        let folder = try TemporaryFolder()
        let writer = try NQLProcess([file.path, "--json-lines"])
        #expect(writer.run(pair(1)) != nil)
        let db = try Database(at: file.path)
        var sent = 1
        var answered = 1
        for round in 1...count("NEN_BACKUPS", 8) {
            // The writer has work all the while, more than the backup takes.
            for _ in 0..<25 {
                sent += 1
                writer.send(pair(sent))
            }
            let directory = folder.path + "/b\(round / 4)"
            let report = try db.backup(to: directory, full: round % 4 == 2)
            while answered < sent {
                #expect(writer.receive()?.hasPrefix("{\"columns\"") == true)
                answered += 1
            }
            let restored = folder.path + "/restored\(round).nen"
            let note = "round \(round), transaction \(report.transaction)"
            let result = try Database.restore(from: directory, to: restored)
            #expect(result.transaction == report.transaction, "\(note)")
            let last = try lastPair(restored, note)
            #expect(last <= sent && last >= sent - 25, "\(note): \(last) of \(sent)")
            #expect(
                try Database.checkBackup(at: directory, quick: round % 4 != 3).findings == [],
                "\(note)")
            for ending in ["", "-log", "-shared"] { unlink(restored + ending) }
        }
        try db.close()
        #expect(writer.finish() == 0)
    }

    @Test func killedBackupsAndRestoresLeaveNothing() throws {
        let file = TemporaryDatabase()
        let folder = try TemporaryFolder()
        var generator = SeededGenerator(seed: .random(in: 0 ... .max))
        do {
            let db = try Database(at: file.path)
            try db.query(
                "UNWIND range(1, 6000) AS i CREATE (:N {i: i, t: 'text number ' + toString(i)})")
            try db.close()
        }
        let directory = folder.path + "/backups"
        for round in 1...count("NEN_KILLS", 6) {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: NQLProcess.executable)
            process.arguments = ["backup", "--full", file.path, directory]
            process.standardOutput = FileHandle.nullDevice
            try process.run()
            usleep(UInt32.random(in: 0..<60_000, using: &generator))
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
            let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
            if names.contains(where: { !$0.hasSuffix(".partial") }) {
                #expect(
                    try Database.checkBackup(at: directory).findings == [], "round \(round)")
            }
        }
        let db = try Database(at: file.path)
        try db.backup(to: directory, full: true)
        try db.close()
        let names = try FileManager.default.contentsOfDirectory(atPath: directory)
        #expect(!names.contains { $0.hasSuffix(".partial") })
        let target = folder.path + "/restored.nen"
        for _ in 1...count("NEN_KILLS", 6) {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: NQLProcess.executable)
            process.arguments = ["restore", directory, target]
            process.standardOutput = FileHandle.nullDevice
            try process.run()
            usleep(UInt32.random(in: 0..<60_000, using: &generator))
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
            guard access(target, F_OK) == 0 else { continue }
            let restored = try Database(at: target)
            #expect(
                try restored.query("MATCH (n:N) RETURN count(*)").scalar(as: Int.self) == 6_000)
            try restored.close()
            for ending in ["", "-log", "-shared"] { unlink(target + ending) }
        }
        try Database.restore(from: directory, to: target)
        let restored = try Database(at: target)
        #expect(try restored.check() == [])
        try restored.close()
    }

    @Test func killedVacuumsLoseNothing() throws {
        let file = TemporaryDatabase()
        var generator = SeededGenerator(seed: .random(in: 0 ... .max))
        var acknowledged = 0
        for round in 1...count("NEN_KILLS", 6) {
            let writer = try NQLProcess([file.path, "--json-lines"])
            _ = writer.run(
                "UNWIND range(1, 2000) AS i CREATE (:Ballast {t: 'ballast ' + toString(i * i)})")
            // There is a database by now.
            let reader = try NQLProcess([file.path, "--read-only", "--json-lines"])
            acknowledged += 1
            #expect(writer.run(pair(acknowledged))?.hasPrefix("{\"columns\"") == true)
            _ = reader.run("BEGIN READ ONLY")
            let sum = "MATCH (a:Half) RETURN sum(a.n) + count(*)"
            let before = reader.integer(sum)
            _ = writer.run("MATCH (b:Ballast) DELETE b")
            writer.send("VACUUM")
            usleep(UInt32.random(in: 0..<40_000, using: &generator))
            if round % 3 == 0 {
                #expect(writer.receive()?.contains("bytesAfter") == true)
                #expect(writer.run("VACUUM")?.contains("bytesAfter") == true)
            }
            writer.kill()
            #expect(reader.integer(sum) == before, "round \(round)")
            #expect(reader.run("COMMIT") != nil)
            #expect(reader.integer(sum) == before, "round \(round)")
            reader.kill()
            #expect(try lastPair(file.path, "round \(round)") == acknowledged)
        }
    }

    @Test func theCommandsWork() throws {
        let file = TemporaryDatabase()
        let folder = try TemporaryFolder()
        let backups = folder.path + "/backups"
        do {
            var options = DatabaseOptions()
            options.fileAccess = .directories(reading: [folder.path], writing: [folder.path])
            let db = try Database(at: file.path, options: options)
            try db.query("CREATE (:N {i: 1})")
            let rows = try db.query("BACKUP TO $to", ["to": .string(backups)]).rows()
            #expect(try rows[0].get("kind", as: String.self) == "full")
            try db.query("CREATE (:N {i: 2})")
            let second = try db.query("BACKUP TO $to", ["to": .string(backups)]).rows()
            #expect(try second[0].get("kind", as: String.self) == "increment")
            #expect(try second[0].get("file", as: String.self).hasPrefix(backups + "/000002"))
            try db.query("CREATE (:N {i: 3})")
            let log = try db.query("BACKUP LOG TO $to", ["to": .string(backups)]).rows()
            #expect(log.count == 1)
            #expect(try db.query("VACUUM").rows().count == 1)
            #expect(
                thrown { try db.query("BACKUP TO '/proc/nowhere'") }?.detail == "FileAccessDenied")
            #expect(
                thrown { try Database.inMemory().query("BACKUP TO 'x'") }?.detail
                    == "FileAccessDenied")
            try db.close()
        }
        let check = try CommandRun(["check", backups])
        #expect(check.status == 0 && check.output.contains("000002-increment.part"))
        let restored = folder.path + "/restored.nen"
        let restore = try CommandRun(["restore", backups, restored])
        #expect(restore.status == 0, "\(restore.errors)")
        #expect(
            try CommandRun([restored, "--format", "csv", "-c", "MATCH (n:N) RETURN sum(n.i) AS s"])
                .output == "s\n6\n")
        #expect(try CommandRun(["restore", backups, restored]).status == 1)
        let early = try CommandRun(
            ["restore", "--to-time", "2001-01-01T00:00:00Z", backups, restored + "2"])
        #expect(early.status == 1 && early.errors.contains("later than the wanted state"))
        let salvage = try CommandRun(["salvage", "--json", restored, folder.path + "/s.nen"])
        #expect(salvage.status == 0 && salvage.output.contains("\"nodes\": 3"))
        #expect(try CommandRun(["vacuum", restored]).status == 0)
        #expect(try CommandRun(["vacuum", folder.path + "/none.nen"]).status == 1)
        #expect(try CommandRun(["backup", "--log", file.path, backups]).status == 0)
    }
}
