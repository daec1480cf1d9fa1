// Goal: nothing that may be somebody's is written over or removed on the way: a log without its
// data file, files of others under names that a database gives its own, files that only look
// empty. Wrong paths are told with what to do about them, and leave no trace.
// Method: the library and the command over files put in the way.

import Foundation
import NenDB
import Testing

@Suite struct LeftoverFileTests {
    private static let notes = Array("my own notes\n".utf8)

    private func nodeCount(_ path: String) throws -> Int {
        let db = try Database(at: path)
        let count = try db.query("MATCH (n) RETURN count(*)").scalar(as: Int.self)
        try db.close()
        return count
    }

    private func command(_ arguments: [String], in folder: TemporaryFiles) throws -> CommandRun {
        try CommandRun(arguments, in: folder.path)
    }

    // MARK: Logs without a data file

    /// The data file of a killed process was moved, emptied, or lost its first pages: what its log
    /// has is not written over by a new database under the old name.
    @Test(arguments: [nil, 0, 8_192] as [Int?])
    func aLogThatIsNeededIsKept(leftBytes: Int?) throws {
        let sample = try SampleFiles.make(.killed)
        let folder = try TemporaryFiles()
        sample.write(folder, "a.nen")
        if let leftBytes {
            folder.write([UInt8](repeating: 0, count: leftBytes), "a.nen")
        } else {
            rename(folder("a.nen"), folder("b.nen"))
        }
        for recovery in RecoveryLevel.allCases {
            var options = DatabaseOptions()
            options.recovery = recovery
            let error = thrown { _ = try Database(at: folder("a.nen"), options: options) }
            #expect(error?.code == .corruption && error?.detail == "LostData", "\(error as Any)")
            #expect(error?.hint?.contains("put the data file back") == true)
        }
        folder.write(Array("id\n1\n".utf8), "x.csv")
        for options in leftBytes == nil ? [[], ["--overwrite-destination"]] : [[]] {
            let run = try command(["import", "--nodes", "A=x.csv", "a.nen"] + options, in: folder)
            #expect(run.status == 1 && run.errors.contains("was not closed"), "\(run.errors)")
        }
        #expect(folder.bytes("a.nen-log") == sample.log)
        #expect(folder.names("a.nen") == (leftBytes == nil ? [] : ["a.nen"]) + ["a.nen-log"])
        sample.write(folder, "a.nen")
        #expect(try nodeCount(folder("a.nen")) == sample.count)
    }

    /// After a clean close nobody needs the log, with or without a session of reading behind it.
    @Test func aLogOfAClosedDatabaseIsTaken() throws {
        let folder = try TemporaryFiles()
        for round in 0..<3 {
            let db = try Database(at: folder("a.nen"))
            #expect(db.openReport.wasCreated)
            if round > 0 { try db.query("UNWIND range(1, 100) AS i CREATE ({i: i})") }
            try db.close()
            if round == 2 { #expect(try nodeCount(folder("a.nen")) == 100) }
            folder.remove("a.nen")
        }
        // Killed after a clean close and more commits: it is needed again.
        try Database(at: folder("a.nen")).close()
        let writer = try NQLProcess([folder("a.nen"), "--json-lines"])
        _ = writer.run("CREATE ()")
        writer.kill()
        folder.remove("a.nen")
        #expect(thrown { _ = try Database(at: folder("a.nen")) }?.detail == "LostData")
        folder.remove("a.nen-log")
        try Database(at: folder("a.nen")).close()
    }

    /// A data file that is cut to nothing while it is open is missed by the next opening.
    @Test func aDataFileEmptiedInUseIsMissed() throws {
        let folder = try TemporaryFiles()
        let db = try Database(at: folder("a.nen"))
        for _ in 0..<5 { try db.query("CREATE ()") }
        truncate(folder("a.nen"), 0)
        for _ in 0..<3 {
            let error = thrown { try db.query("CREATE ()") }
            #expect(["PageIn", "FileReplaced"].contains(error?.detail), "\(error as Any)")
        }
        try? db.close()
        #expect(thrown { _ = try Database(at: folder("a.nen")) }?.detail == "LostData")
    }

    @Test func filesOfZerosAreNoPlaceForADatabase() throws {
        let folder = try TemporaryFiles()
        for byteCount in [1, 512, 4_096] {
            let bytes = [UInt8](repeating: 0, count: byteCount)
            folder.write(bytes, "a")
            #expect(thrown { _ = try Database(at: folder("a")) }?.detail == "Superblock")
            #expect(folder.bytes("a") == bytes && folder.names("a") == ["a"])
        }
        // What a power cut leaves of a creation.
        for byteCount in [0, 4_608, 8_192] {
            folder.write([UInt8](repeating: 0, count: byteCount), "a")
            #expect(try nodeCount(folder("a")) == 0)
            for name in folder.names("a") { folder.remove(name) }
        }
    }

    // MARK: Files of others

    @Test(arguments: ["-log", "-shared"])
    func othersFilesBesideADatabaseStay(suffix: String) throws {
        let folder = try TemporaryFiles()
        for isNew in [true, false] {
            if !isNew { try Database(at: folder("a.nen")).close() }
            folder.write(Self.notes, "a.nen" + suffix)
            let before = folder.names("a.nen")
            let error = thrown { _ = try Database(at: folder("a.nen")) }
            #expect(error?.detail == "NotOurs" && error?.hint != nil, "\(error as Any)")
            if !isNew, suffix == "-log" { try readBesideAnothersLog(folder) }
            #expect(folder.bytes("a.nen" + suffix) == Self.notes)
            #expect(folder.names("a.nen") == before)
            folder.remove("a.nen" + suffix)
        }
        #expect(try nodeCount(folder("a.nen")) == 0)
    }

    /// Who only reads needs no log of a closed database; a writer who joins does.
    private func readBesideAnothersLog(_ folder: TemporaryFiles) throws {
        let reader = try NQLProcess([folder("a.nen"), "--read-only", "--json-lines"])
        #expect(reader.integer("MATCH (n) RETURN count(*)") == 0)
        let writer = try NQLProcess([folder("a.nen"), "--json-lines"])
        #expect(writer.run("CREATE ()")?.contains("not made by NenDB") == true)
        #expect(writer.finish() <= 1 && reader.finish() == 0)
    }

    @Test func othersFilesInThePlaceOfDraftsStay() throws {
        let folder = try TemporaryFiles()
        try Database(at: folder("a.nen")).close()
        #expect(try command(["backup", "a.nen", "b"], in: folder).status == 0)
        folder.write(Array("id\n1\n".utf8), "x.csv")
        for (draft, arguments) in [
            ("a.nen-import", ["import", "--nodes", "A=x.csv", "--overwrite-destination", "a.nen"]),
            ("r.nen.restoring", ["restore", "b", "r.nen"]),
            ("s.nen.salvaging", ["salvage", "a.nen", "s.nen"]),
        ] {
            for name in [draft, draft + "-log", draft + "-shared"] {
                folder.write(Self.notes, name)
                let run = try command(arguments, in: folder)
                #expect(run.status == 1 && run.errors.contains("not made by NenDB"), "\(run)")
                #expect(folder.bytes(name) == Self.notes)
                folder.remove(name)
            }
            #expect(try command(arguments, in: folder).status == 0)
        }
    }

    /// Replacing takes a database, whole or damaged, and nothing else.
    @Test func onlyDatabasesAreReplaced() throws {
        let folder = try TemporaryFiles()
        folder.write(Array("id\n1\n".utf8), "x.csv")
        let replace = ["import", "--nodes", "A=x.csv", "--overwrite-destination", "a"]
        // Zeros where the second superblock would be, as archives have them.
        let archive = [UInt8](repeating: 65, count: 4_096) + [UInt8](repeating: 0, count: 8)
            + [UInt8](repeating: 66, count: 9_000)
        for bytes in [archive, Self.notes, [UInt8](repeating: 0, count: 1 << 20)] {
            folder.write(bytes, "a")
            let run = try command(replace, in: folder)
            #expect(run.status == 1 && run.errors.contains("is not a NenDB database"), "\(run)")
            #expect(folder.bytes("a") == bytes && folder.names("a") == ["a"])
        }
        var damaged = try SampleFiles.make(.closed).data
        for at in [100, 4_196] { damaged[at] ^= 1 }
        folder.write(damaged, "a")
        #expect(try command(replace, in: folder).status == 0)
        #expect(try nodeCount(folder("a")) == 1)
    }

    // MARK: Names and paths

    /// A new database does not get the name of another one's log or shared file.
    @Test func targetsThatBelongToADatabase() throws {
        let folder = try TemporaryFiles()
        try Database(at: folder("a.nen")).close()
        #expect(try command(["backup", "a.nen", "b"], in: folder).status == 0)
        folder.remove("a.nen-log")
        for suffix in ["-log", "-shared"] {
            for arguments in [["salvage", "a.nen"], ["restore", "b"]] {
                let run = try command(arguments + ["a.nen" + suffix], in: folder)
                #expect(run.status == 1 && run.errors.contains("belongs to"), "\(run)")
            }
        }
        #expect(folder.names("a.nen") == ["a.nen"])
    }

    /// Links lead a salvage, too, to the database and its log.
    @Test func salvagesFollowLinks() throws {
        let sample = try SampleFiles.make(.killed)
        let folder = try TemporaryFiles()
        sample.write(folder, "a.nen")
        mkdir(folder("other"), 0o755)
        symlink("../a.nen", folder("other/link"))
        symlink("new.nen", folder("target"))
        let run = try command(["salvage", "other/link", "target"], in: folder)
        #expect(run.status == 0 && run.output.contains("Nothing is lost"), "\(run)")
        #expect(folder.names("new.nen") == ["new.nen"])
        #expect(try nodeCount(folder("target")) == sample.count)
    }

    /// Every refusal says what to do, and nothing is made.
    @Test func wrongPathsAreToldWithARemedy() throws {
        let folder = try TemporaryFiles()
        folder.write(Array("id\n1\n".utf8), "x.csv")
        mkdir(folder("empty"), 0o755)
        symlink("loop", folder("loop"))
        let before = folder.names("")
        let query = ["-c", "RETURN 1"]
        for arguments in [
            ["salvage", "nope", "new"], ["restore", "nope", "new"], ["backup", "nope", "new"],
            ["salvage", "loop", "new"], ["salvage", "empty", "new"], ["salvage", "x.csv", "new"],
            ["salvage", "", "new"], ["restore", "", "new"], ["restore", "x.csv", "new"],
            ["restore", "empty", "new"], ["restore", "loop", "new"], ["check", "nope"],
            ["check", "loop"], ["check", ""], ["dump", "nope"], ["vacuum", "nope"],
            ["load", "nope", "new"], ["load", "empty", "new"], ["load", "x.csv/", "new"],
            ["import", "--nodes", "A=nope", "new"], ["import", "--nodes", "A=x.csv", "no/new"],
            ["import", "--nodes", "A=empty", "new"], ["nope/"] + query, ["no/a.nen"] + query,
            ["x.csv/a.nen"] + query, ["loop"] + query, ["loop/a.nen"] + query,
            ["empty/"] + query, ["no\nline/a.nen"] + query, ["x.csv"] + query,
        ] {
            let run = try command(arguments, in: folder)
            let lines = run.errors.split(separator: "\n")
            #expect(run.status == 1, "\(arguments): \(run)")
            #expect(
                lines.count >= 2 && lines.last?.hasPrefix("     ") == true, "\(arguments): \(run)")
            #expect(folder.names("") == before, "\(arguments)")
        }
    }

    /// A log archive that cannot be is refused before anything is committed.
    @Test func aLogArchiveInAWrongPlaceIsRefusedAtOnce() throws {
        let folder = try TemporaryFiles()
        folder.write(Self.notes, "notes")
        try Database(at: folder("a.nen")).close()
        let before = (folder.bytes("a.nen"), folder.names(""))
        for place in ["notes", "a.nen", "/dev/null", "no/such", "notes/x", ""] {
            let run = try command(
                ["a.nen", "--log-archive", place, "-c", "CREATE ()"], in: folder)
            #expect(run.status == 1 && run.output == "", "\(place): \(run)")
            #expect(run.errors.contains("]\n     "), "\(place): \(run)")
        }
        #expect(before == (folder.bytes("a.nen"), folder.names("")))
        let run = try command(["a.nen", "--log-archive", "new", "-c", "CREATE ()"], in: folder)
        #expect(run.status == 0 && access(folder("new"), F_OK) == 0, "\(run)")
    }

    /// An argument that is no text would be repaired, and lead to another file.
    @Test func argumentsThatAreNoTextAreRefused() throws {
        let folder = try TemporaryFiles()
        let run = Process()
        let errors = Pipe()
        run.executableURL = URL(fileURLWithPath: "/bin/sh")
        run.arguments = ["-c", "exec \"$0\" \"$(printf 'a\\377.nen')\" -c 'RETURN 1'",
            NQLProcess.executable]
        run.currentDirectoryURL = URL(fileURLWithPath: folder.path)
        run.standardError = errors
        try run.run()
        let said = String(
            decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        run.waitUntilExit()
        #expect(run.terminationStatus == 64 && said.contains("argument 1 is not UTF-8"), "\(said)")
        #expect(folder.names("") == [])
    }
}
