// Goal: statements come to the files that the database's FileAccess allows and to no others,
// however these are named, and to no others even while somebody swaps directories for links; a COPY
// that fails leaves nothing behind. Method: a folder that is allowed beside one that is not, with
// every kind of name and link from one to the other; a thread that swaps while files are opened.

import Foundation
import NenDB
import Synchronization
import Testing

/// A folder with `allowed/` and `secret/`, each with a file `x.csv`.
struct TwoFolders: ~Copyable {
    let root: String
    var allowed: String { root + "/allowed" }
    var secret: String { root + "/secret" }

    init() throws {
        let temporary = FileManager.default.temporaryDirectory.resolvingSymlinksInPath().path
        root = temporary + "/door-\(UUID().uuidString)"
        for folder in ["allowed/sub", "secret"] {
            try FileManager.default.createDirectory(
                atPath: root + "/" + folder, withIntermediateDirectories: true)
        }
        for (path, text) in [
            ("allowed/x.csv", "open\n"), ("allowed/sub/y.csv", "below\n"),
            ("secret/x.csv", "hidden\n"),
        ] {
            try text.write(toFile: root + "/" + path, atomically: false, encoding: .utf8)
        }
    }

    deinit { try? FileManager.default.removeItem(atPath: root) }

    func database(writes: Bool = true) throws -> Database {
        var options = DatabaseOptions()
        options.fileAccess = .directories(
            reading: [allowed], writing: writes ? [allowed] : [])
        return try Database.inMemory(options: options)
    }

    func link(_ name: String, to target: String) throws {
        try FileManager.default.createSymbolicLink(
            atPath: allowed + "/" + name, withDestinationPath: target)
    }

    /// Names in the allowed folder.
    func names() throws -> Set<String> {
        Set(try FileManager.default.contentsOfDirectory(atPath: allowed))
    }

    func text(_ path: String) throws -> String {
        try String(contentsOfFile: root + "/" + path, encoding: .utf8)
    }
}

/// A switch between threads.
private final class Flag: Sendable {
    private let value = Atomic<Bool>(false)
    var isSet: Bool { value.load(ordering: .acquiring) }
    func set() { value.store(true, ordering: .releasing) }
}

extension Database {
    /// The first field that LOAD CSV finds.
    fileprivate func load(_ name: String) throws -> Value? {
        try query("LOAD CSV FROM $file AS row RETURN row[0]", ["file": .string(name)])
            .rows().first?.values[0]
    }

    fileprivate func copy(to name: String) throws {
        try query("COPY (RETURN 1 AS x) TO $file", ["file": .string(name)])
    }
}

@Suite struct FileDoorTests {
    private func isDenied(_ error: NQLError?) -> Bool {
        error?.code == .io && error?.detail == "FileAccessDenied" && error?.hint != nil
            && (error?.span ?? SourceSpan.none) != SourceSpan.none
    }

    @Test func nothingIsAllowedUnlessTheProgramSaysSo() throws {
        let folders = try TwoFolders()
        let db = try Database.inMemory()
        let path = folders.allowed + "/x.csv"
        #expect(isDenied(thrown { _ = try db.load(path) }))
        #expect(isDenied(thrown { try db.copy(to: path) }))
        #expect(isDenied(thrown { _ = try db.query("COPY P FROM $f", ["f": .string(path)]) }))
        var options = DatabaseOptions()
        options.fileAccess = .unrestricted
        let free = try Database.inMemory(options: options)
        #expect(try free.load(path) == "open")
        #expect(try free.load(folders.allowed + "/../secret/x.csv") == "hidden")
        #expect(thrown { _ = try free.load("/dev/null") }?.detail == "NotARegularFile")
    }

    @Test func whatIsAllowedCanBeNamedInManyWays() throws {
        let folders = try TwoFolders()
        try folders.link("inside", to: "sub/y.csv")
        try folders.link("absolute", to: folders.allowed + "/sub")
        let db = try folders.database()
        let names = [
            ("x.csv", "open"), ("./sub/../x.csv", "open"), (folders.allowed + "/x.csv", "open"),
            ("file://" + folders.allowed + "/x.csv", "open"), ("file:///x.csv", "open"),
            ("file://localhost/x.csv", "open"), ("FILE:///sub/y.csv", "below"),
            ("file:///%78%2Ecsv", "open"), ("inside", "below"), ("absolute/y.csv", "below"),
            (folders.root + "/secret/../allowed//x.csv", "open"), ("sub/y.csv", "below"),
            ("../allowed/x.csv", "open"),
        ]
        for (name, text) in names {
            #expect(try db.load(name) == .string(text), "\(name)")
        }
        #expect(thrown { _ = try db.load("none.csv") }?.message.contains("No such file") == true)
        let both = thrown { _ = try db.load("file:///none.csv") }
        #expect(both?.message.contains("There is no '\(folders.allowed)/none.csv'") == true)
    }

    @Test func nothingLeadsOut() throws {
        let folders = try TwoFolders()
        try folders.link("link.csv", to: "../secret/x.csv")
        try folders.link("absolute.csv", to: folders.secret + "/x.csv")
        try folders.link("folder", to: folders.secret)
        try folders.link("twice.csv", to: "link.csv")
        try folders.link("process", to: "/proc/self/root" + folders.secret + "/x.csv")
        let descriptor = open(folders.secret + "/x.csv", O_RDONLY)
        defer { close(descriptor) }
        let db = try folders.database()
        let names = [
            "link.csv", "absolute.csv", "folder/x.csv", "twice.csv", "process",
            "../secret/x.csv", "sub/../../secret/x.csv", folders.secret + "/x.csv",
            folders.allowed + "/../secret/x.csv", "file://" + folders.secret + "/x.csv",
            "file:///..%2Fsecret%2Fx.csv", "/proc/self/fd/\(descriptor)",
            "/dev/fd/\(descriptor)", "/proc/self/environ", "/etc/passwd", "/dev/stdin",
            folders.secret + "/none.csv", "/none", folders.secret,
        ]
        for name in names {
            let error = thrown { _ = try db.load(name) }
            #expect(isDenied(error), "\(name): \(String(describing: error))")
            let writing = thrown { try db.copy(to: name) }
            #expect(isDenied(writing), "\(name): \(String(describing: writing))")
        }
        #expect(try folders.text("secret/x.csv") == "hidden\n")
        try folders.link("loop", to: "loop")
        #expect(thrown { _ = try db.load("loop") }?.code == .io)
    }

    @Test func onlyRegularFilesAndNothingWaits() throws {
        let folders = try TwoFolders()
        let db = try folders.database()
        #expect(mkfifo(folders.allowed + "/fifo", 0o644) == 0)
        for name in ["fifo", "sub", ".", "sub/", "x.csv/", "sub/.."] {
            let error = thrown { _ = try db.load(name) }
            #expect(error?.detail == "NotARegularFile", "\(name): \(String(describing: error))")
            let writing = thrown { try db.copy(to: name) }
            #expect(writing?.detail == "NotARegularFile", "\(name)")
        }
        #expect(thrown { _ = try db.load("x.csv/y") }?.code == .io)
    }

    @Test func namesThatAreNone() throws {
        let folders = try TwoFolders()
        let db = try folders.database()
        let long = String(repeating: "n", count: 300)
        let invalid = ["", "x.csv\0.txt", "file:///x.csv%00", String(repeating: "a/", count: 3_000)]
        for name in invalid {
            #expect(thrown { _ = try db.load(name) }?.detail == "InvalidFileName")
            #expect(thrown { try db.copy(to: name) }?.detail == "InvalidFileName")
        }
        #expect(thrown { _ = try db.load(long) }?.code == .io)
        #expect(thrown { try db.copy(to: long) }?.code == .io)
        try db.copy(to: String(repeating: "n", count: 255))
        for scheme in ["http", "https", "ftp", "s3"] {
            #expect(thrown { _ = try db.load(scheme + "://h/x.csv") }?.code == .argument)
        }
    }

    @Test func writingReplacesWholeFilesOnly() throws {
        let folders = try TwoFolders()
        let db = try folders.database()
        #expect(link(folders.secret + "/x.csv", folders.allowed + "/hard.csv") == 0)
        try db.copy(to: "hard.csv")
        #expect(try folders.text("secret/x.csv") == "hidden\n")
        #expect(try folders.text("allowed/hard.csv") == "x\n1\n")
        chmod(folders.allowed + "/x.csv", 0o600)
        try db.copy(to: "x.csv")
        var status = stat()
        #expect(stat(folders.allowed + "/x.csv", &status) == 0)
        #expect(status.st_mode & 0o777 == 0o600)
        let before = try folders.names()
        let failing = "COPY (UNWIND [1, 0] AS x RETURN 1 / x AS y) TO 'x.csv'"
        #expect(thrown { try db.query(failing) }?.code == .arithmetic)
        #expect(try folders.text("allowed/x.csv") == "x\n1\n")
        try folders.link("out", to: folders.secret + "/new.csv")
        #expect(isDenied(thrown { try db.copy(to: "out") }))
        #expect(try folders.names() == before.union(["out"]))
        #expect(isDenied(thrown { try folders.database(writes: false).copy(to: "x.csv") }))
    }

    @Test func cancelledCopiesLeaveNothing() throws {
        let folders = try TwoFolders()
        let db = try folders.database()
        let before = try folders.names()
        let session = db.session()
        session.limits.timeoutMilliseconds = 100
        let endless = "COPY (UNWIND range(1, 100000000) AS x RETURN x) TO 'big.csv'"
        #expect(thrown { _ = try session.run(endless) }?.code == .interrupted)
        #expect(try folders.names() == before)
    }

    @Test func theDatabaseItselfIsOutOfReach() throws {
        let folders = try TwoFolders()
        let path = folders.allowed + "/g.nen"
        var options = DatabaseOptions()
        options.fileAccess = .directories(reading: [folders.allowed], writing: [folders.allowed])
        let db = try Database(at: path, options: options)
        try db.query("CREATE (:P {v: 1})")
        #expect(link(path, folders.allowed + "/hard.csv") == 0)
        #expect(link(path + "-log", folders.allowed + "/hardlog.csv") == 0)
        try folders.link("soft.csv", to: "g.nen")
        let names = [
            "g.nen", "g.nen-log", "g.nen-shared", "hard.csv", "hardlog.csv", "soft.csv",
            "sub/../g.nen", "file:///g%2Enen", path,
        ]
        for name in names {
            #expect(isDenied(thrown { _ = try db.load(name) }), "\(name)")
            #expect(isDenied(thrown { try db.copy(to: name) }), "\(name)")
        }
        unlink(folders.allowed + "/hard.csv")
        unlink(folders.allowed + "/hardlog.csv")
        #expect(isDenied(thrown { try db.copy(to: "g.nen-import") }))
        try Database(at: folders.allowed + "/other.nen").close()
        #expect(isDenied(thrown { try db.copy(to: "other.nen") }))
        try db.query("CREATE (:P {v: 2})")
        #expect(try db.check() == [])
        try db.close()
        let again = try Database(at: path).query("MATCH (p:P) RETURN count(p)").rows()
        #expect(again[0].values == [2])
    }

    @Test func readOnlyWritesNothing() throws {
        let folders = try TwoFolders()
        let path = folders.allowed + "/g.nen"
        try Database(at: path).close()
        var options = DatabaseOptions()
        options.isReadOnly = true
        options.fileAccess = .directories(reading: [folders.allowed], writing: [folders.allowed])
        let db = try Database(at: path, options: options)
        let before = try folders.names()
        #expect(try db.load("x.csv") == "open")
        #expect(thrown { try db.copy(to: "new.csv") }?.detail == "ReadOnlyTransaction")
        #expect(try folders.names() == before)
    }

    @Test func directoriesThatAreNotThere() throws {
        let folders = try TwoFolders()
        var options = DatabaseOptions()
        options.fileAccess = .directories(reading: [folders.root + "/nowhere"])
        #expect(thrown { _ = try Database.inMemory(options: options) }?.detail == "FileAccess")
        #expect(thrown {
            _ = try Database(at: folders.root + "/g.nen", options: options)
        }?.detail == "FileAccess")
        #expect(access(folders.root + "/g.nen", F_OK) != 0)
    }

    /// A directory that takes the place of an allowed one is not allowed.
    @Test func directoriesAreKnownByWhatTheyAre() throws {
        let folders = try TwoFolders()
        let db = try folders.database()
        #expect(rename(folders.allowed, folders.root + "/moved") == 0)
        try FileManager.default.createSymbolicLink(
            atPath: folders.allowed, withDestinationPath: folders.secret)
        #expect(isDenied(thrown { _ = try db.load(folders.allowed + "/x.csv") }))
        #expect(try db.load("x.csv") == "open")
        #expect(try db.load(folders.root + "/moved/x.csv") == "open")
        unlink(folders.allowed)
    }

    @Test func rightsOfOneDirectoryAreNotThoseOfAnother() throws {
        let folders = try TwoFolders()
        var options = DatabaseOptions()
        options.fileAccess = .directories(
            reading: [folders.allowed], writing: [folders.allowed + "/sub"])
        let db = try Database.inMemory(options: options)
        try db.copy(to: "sub/new.csv")
        #expect(try db.load("sub/new.csv") == "x")
        #expect(isDenied(thrown { try db.copy(to: "new.csv") }))
    }

    /// While a thread swaps a directory and a file for links and back, every read gives the allowed
    /// file or an error.
    @Test func swapsBetweenLookAndOpenLeadNowhere() throws {
        let folders = try TwoFolders()
        let (allowed, secret) = (folders.allowed, folders.secret)
        try FileManager.default.createDirectory(
            atPath: allowed + "/d", withIntermediateDirectories: true)
        try "open\n".write(toFile: allowed + "/d/x.csv", atomically: false, encoding: .utf8)
        try folders.link("evil", to: secret)
        try folders.link("evilfile", to: secret + "/x.csv")
        let isDone = Flag()
        let db = try folders.database()
        let group = DispatchGroup()
        DispatchQueue.global().async(group: group) {
            while !isDone.isSet {
                for (name, evil) in [("d", "evil"), ("x.csv", "evilfile")] {
                    let (path, link) = (allowed + "/" + name, allowed + "/" + evil)
                    for (from, to) in [(path, path + "~"), (link, path)] { rename(from, to) }
                    for (from, to) in [(path, link), (path + "~", path)] { rename(from, to) }
                }
            }
        }
        var (opened, refused) = (0, 0)
        let end = ContinuousClock.now.advanced(by: .seconds(2))
        while ContinuousClock.now < end {
            for name in ["d/x.csv", "x.csv"] {
                do {
                    #expect(try db.load(name) == "open")
                    opened += 1
                } catch {
                    refused += 1
                }
                try? db.copy(to: "d/new.csv")
            }
        }
        isDone.set()
        group.wait()
        #expect(opened > 0)
        #expect(try FileManager.default.contentsOfDirectory(atPath: secret) == ["x.csv"])
        #expect(try folders.text("secret/x.csv") == "hidden\n")
        print("swaps: \(opened) opened, \(refused) refused")
    }
}
