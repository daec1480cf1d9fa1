// Goal: a database is one thing under one name: links, replaced files, special files and odd names
// never give it a second life, lose a commit in silence, or leave rubbish behind.
// Method: the library and the command over real files.

import Foundation
import NenDB
import Testing

@Suite struct StoreIdentityTests {
    private func count(_ db: Database) throws -> Int {
        try db.query("MATCH (n) RETURN count(*)").scalar(as: Int.self)
    }

    @Test func symbolicLinksLeadToOneDatabase() throws {
        let folder = try TemporaryFiles()
        mkdir(folder("real"), 0o755)
        mkdir(folder("other"), 0o755)
        symlink("../real/a.nen", folder("other/link.nen"))
        symlink(folder("real"), folder("alias"))
        // The link leads to nothing yet: the database is made where it points to.
        let db = try Database(at: folder("other/link.nen"))
        try db.query("CREATE ()")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder("real")).sorted()
        #expect(names == ["a.nen", "a.nen-log", "a.nen-shared"])
        let again = try Database(at: folder("alias/../real/./a.nen"))
        try again.query("CREATE ()")
        #expect(try count(db) == 2)
        // Another process, through another name.
        let run = try IsolatedRun(
            [folder("alias/a.nen"), "-c", "CREATE ()", "-c", "MATCH (n) RETURN count(*) AS c",
                "--format", "csv"], in: folder)
        #expect(run.output.hasSuffix("c\n3\n"), "\(run)")
        try again.close()
        try db.close()
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder("other"))
            == ["link.nen"])
        symlink("loop", folder("loop"))
        #expect(thrown { _ = try Database(at: folder("loop")) }?.code == .io)
    }

    @Test func hardLinksAreRefused() throws {
        let folder = try TemporaryFiles()
        let db = try Database(at: folder("a.nen"))
        try db.query("CREATE ()")
        link(folder("a.nen"), folder("b.nen"))
        for name in ["a.nen", "b.nen"] {
            let run = try IsolatedRun([folder(name), "-c", "RETURN 1"], in: folder)
            #expect(run.errors.contains("hard links"), "\(run)")
            #expect(thrown { _ = try Database(at: folder(name)) }?.detail == "HardLinks")
        }
        #expect(folder.names("b.nen") == ["b.nen"])
        try db.query("CREATE ()")
        folder.remove("b.nen")
        #expect(try count(db) == 2)
        try db.close()
        link(folder("a.nen-log"), folder("c"))
        #expect(thrown { _ = try Database(at: folder("a.nen")) }?.detail == "HardLinks")
        folder.remove("c")
        try folder.copy("a.nen-log", to: "kept")
        folder.remove("a.nen-log")
        symlink("kept", folder("a.nen-log"))
        #expect(thrown { _ = try Database(at: folder("a.nen")) }?.code == .io)
    }

    @Test(
        arguments: ["", "-log", "-shared"],
        [DurabilityLevel.full, .normal])
    func aFileThatIsNotThereAnyMoreIsNoticed(suffix: String, durability: DurabilityLevel) throws {
        for replaces in [true, false] {
            let folder = try TemporaryFiles()
            var options = DatabaseOptions()
            options.durability = durability
            let db = try Database(at: folder("a.nen"), options: options)
            for _ in 0..<3 { try db.query("CREATE ()") }
            let name = "a.nen" + suffix
            if replaces {
                try folder.copy(name, to: "copy")
                rename(folder("copy"), folder(name))
            } else {
                rename(folder(name), folder("away"))
            }
            #expect(thrown { try db.query("CREATE ()") }?.detail == "FileReplaced")
            #expect(thrown { try db.query("CREATE ()") }?.detail == "FileReplaced")
            // What was read before can still be read.
            #expect(try count(db) == 3)
            try db.close()
        }
    }

    /// A file that is cut while it is in use is noticed at the next commit.
    @Test(arguments: ["", "-log"])
    func aFileThatIsCutIsNoticed(suffix: String) throws {
        let folder = try TemporaryFiles()
        let db = try Database(at: folder("a.nen"))
        for _ in 0..<3 { try db.query("CREATE ()") }
        truncate(folder("a.nen" + suffix), 40_000)
        let error = thrown { try db.query("CREATE ()") }
        #expect(["FileReplaced", "PageIn"].contains(error?.detail ?? ""))
        try? db.close()
        let again = thrown { _ = try Database(at: folder("a.nen")) }
        #expect(again?.code == .corruption)
    }

    /// The file that took the name must not get hold of the other one's log.
    @Test func twoDataFilesNeverShareALog() throws {
        let folder = try TemporaryFiles()
        let other = try Database(at: folder("b.nen"))
        try other.query("CREATE (:B)")
        try other.close()
        let db = try Database(at: folder("a.nen"))
        try db.query("CREATE (:A)")
        rename(folder("b.nen"), folder("a.nen"))
        let run = try IsolatedRun([folder("a.nen"), "-c", "CREATE ()"], in: folder)
        #expect(run.end == .status(1) && run.errors.contains("replaced or renamed"), "\(run)")
        #expect(thrown { try db.query("CREATE ()") }?.detail == "FileReplaced")
        try db.close()
        #expect(try count(try Database(at: folder("a.nen"))) == 1)
    }

    @Test func specialFilesAreRefused() throws {
        let folder = try TemporaryFiles()
        mkfifo(folder("pipe"), 0o600)
        mkdir(folder("folder"), 0o755)
        let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(listener) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let path = Array(folder("socket").utf8)
        withUnsafeMutableBytes(of: &address.sun_path) { target in
            for (n, byte) in path.prefix(target.count - 1).enumerated() { target[n] = byte }
        }
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        #expect(bound == 0 || path.count > 100)
        let special = [folder("pipe"), folder("folder"), "/dev/null", "/dev/zero", "/dev/stdin"]
            + (bound == 0 ? [folder("socket")] : [])
        for path in special {
            for arguments in [
                [path, "-c", "RETURN 1"], [path, "--read-only", "-c", "RETURN 1"], ["check", path],
            ] {
                let run = try IsolatedRun(arguments, in: folder)
                // To the check, a folder is a backup.
                let isRefused = run.errors.contains("not a")
                    || run.output.contains("no whole backup")
                #expect(run.end == .status(1) && isRefused, "\(path): \(run)")
            }
        }
        #expect(folder.names("pipe") == ["pipe"] && folder.names("folder") == ["folder"])
        mkfifo(folder("a.nen-log"), 0o600)
        #expect(thrown { _ = try Database(at: folder("a.nen")) }?.detail == "NotAFile")
        #expect(folder.names("a.nen") == ["a.nen-log"])
    }

    @Test func filesThatAreNoDatabaseStayAsTheyAre() throws {
        let folder = try TemporaryFiles()
        for (bytes, detail) in [
            ([UInt8](repeating: 0, count: 1 << 20), "Superblock"),
            ([UInt8](repeating: 0, count: 8_193), "Superblock"),
            (Array("This is a letter.".utf8), "NotADatabase"),
        ] {
            folder.write(bytes, "a")
            for isReadOnly in [false, true] {
                var options = DatabaseOptions()
                options.isReadOnly = isReadOnly
                let error = thrown { _ = try Database(at: folder("a"), options: options) }
                #expect(error?.detail == detail)
            }
            #expect(folder.bytes("a") == bytes && folder.names("a") == ["a"])
        }
        // An empty file is a place for a database.
        folder.write([], "a")
        let db = try Database(at: folder("a"))
        #expect(db.openReport.wasCreated)
        try db.close()
        #expect(thrown { _ = try Database(at: folder("a-log")) }?.detail == "NotADatabase")
    }

    @Test func namesThatAreTooLongLeaveNothing() throws {
        let folder = try TemporaryFiles()
        for count in [249, 250, 255, 256, 5_000] {
            let name = String(repeating: "x", count: count)
            #expect(thrown { _ = try Database(at: folder(name)) }?.code != nil)
            #expect(folder.names("x") == [])
        }
        let longest = String(repeating: "x", count: 248)
        try Database(at: folder(longest)).close()
        #expect(folder.names("x").count == 2)
        for path in ["", "a\u{0}b", folder("none/a.nen"), folder("."), folder("")] {
            #expect(thrown { _ = try Database(at: path) } != nil, "\(path)")
        }
        var options = DatabaseOptions()
        options.isReadOnly = true
        let missing = thrown { _ = try Database(at: folder("none/a.nen"), options: options) }
        #expect(missing?.detail == "NotFound")
    }

    /// The same where the tests run as root, through the command: a file that may be written in a
    /// folder that may not, with a log and without, closed and killed.
    @Test(.enabled(if: IsolatedRun.canBeNobody, "only root can be somebody else"))
    func aFolderOfAnotherUserServesReaders() throws {
        let folder = try TemporaryFiles()
        for end in SampleFiles.End.allCases {
            let sample = try SampleFiles.make(end)
            let name = "\(end)/a.nen"
            mkdir(folder("\(end)"), 0o755)
            sample.write(folder, name)
            for hasLog in [true, false] {
                if !hasLog { folder.remove(name + "-log") }
                for suffix in ["", "-log"] { chmod(folder(name + suffix), 0o666) }
                let before = [folder.bytes(name), folder.bytes(name + "-log")]
                let runs = try [
                    [folder(name), "--read-only", "--format", "csv", "-c", SampleFiles.query],
                    ["check", folder(name)], [folder(name), "-c", "CREATE ()"],
                ].map { try IsolatedRun($0, in: folder, isNobody: true) }
                let expected: Int32 = end == .closed ? 0 : 1
                #expect(runs.map(\.end) == [.status(expected), .status(expected), .status(1)])
                if end == .closed { #expect(runs[0].output.contains(sample.answer)) }
                for run in runs where run.end != .status(0) {
                    #expect(run.errors.contains("Error]\n     "), "\(run)")
                }
                #expect(before == [folder.bytes(name), folder.bytes(name + "-log")])
                let left = try FileManager.default.contentsOfDirectory(
                    atPath: folder("\(end)"))
                #expect(left.sorted() == (hasLog ? ["a.nen", "a.nen-log"] : ["a.nen"]))
            }
        }
    }

    @Test(.enabled(if: geteuid() != 0, "root may write everywhere"))
    func aFolderThatCannotBeWrittenServesReaders() throws {
        let folder = try TemporaryFiles()
        mkdir(folder("closed"), 0o755)
        let db = try Database(at: folder("closed/a.nen"))
        try db.query("CREATE ()")
        try db.close()
        unlink(folder("closed/a.nen-log"))
        chmod(folder("closed"), 0o555)
        defer { chmod(folder("closed"), 0o755) }
        for _ in 0..<2 {
            let run = try IsolatedRun(["check", folder("closed/a.nen")], in: folder)
            #expect(run.end == .status(0), "\(run)")
        }
        var options = DatabaseOptions()
        options.isReadOnly = true
        let reader = try Database(at: folder("closed/a.nen"), options: options)
        let run = try IsolatedRun(
            [folder("closed/a.nen"), "--read-only", "-c", "RETURN 1"], in: folder)
        #expect(run.end == .status(0), "\(run)")
        #expect(try count(reader) == 1)
        #expect(thrown { _ = try Database(at: folder("closed/a.nen")) } != nil)
    }
}
