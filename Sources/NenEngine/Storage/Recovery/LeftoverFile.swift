// LeftoverFile: a file found under a name that a database gives one of its own: log, shared page,
// the drafts of imports, restores and salvages. It may be a leftover of an earlier use, which is
// written over or removed, or somebody else's (output of a command in a file `g.nen-log`), which
// is not touched. Its beginning tells: ours begin with a magic, or with zeros when they were never
// filled.
//
// A log is worth more: beside a data file that is gone it may be all that is left of the last
// transactions. So no new database is made over a log unless that was left by a clean close.
import Glibc
import NenCore

/// Judges files before they are written over.
enum LeftoverFile {
    /// How files of databases begin.
    static let beginnings: [[UInt8]] = [
        Superblock.magic, Array("NENLOG01".utf8), Array("NENSHM".utf8),
    ]

    /// Whether an open file is one of ours, as far as its first bytes tell, or holds nothing there.
    static func isOwn(_ file: any File) throws -> Bool {
        var head = [UInt8](repeating: 0, count: 8)
        let count = try head.withUnsafeMutableBytes { try file.readAll(into: $0, at: 0) }
        return head[..<count].allSatisfy { $0 == 0 }
            || beginnings.contains { head.starts(with: $0) }
    }

    /// Refuses to write over a file that is not one of ours.
    static func demandOwn(_ file: any File, as purpose: String) throws {
        if try isOwn(file) { return }
        throw notOurs(file.path, purpose)
    }

    static func notOurs(_ path: String, _ purpose: String) -> NQLError {
        .runtime(
            .database, "NotOurs",
            "'\(path)' is in the place of \(purpose) and is none: it was not made by NenDB",
            hint: "move it away, or choose another name for the database; nothing was changed")
    }

    /// Removes what an earlier use has left under a name, if anything.
    /// - Throws: when the file there is somebody else's.
    static func remove(
        _ path: String, as purpose: String, in fileSystem: any FileSystem
    ) throws {
        do {
            let file = try fileSystem.open(path, .readOnly)
            defer { file.close() }
            try demandOwn(file, as: purpose)
        } catch let failure as IOFailure where failure.code == ENOENT {
            return
        }
        try fileSystem.remove(path)
    }

    /// Removes what a killed run has left of a database that was to be made: data file, log and
    /// shared page.
    static func removeDraft(_ path: String, in fileSystem: any FileSystem) throws {
        let draft = StoreLocation(path: path)
        for path in [draft.sharedPath, draft.logPath, draft.path] {
            try remove(path, as: "the draft of a database", in: fileSystem)
        }
    }

    // MARK: Logs without a data file

    /// Refuses to make a new database over a log that another one may need.
    /// - Parameter path: of the data file, which is missing or empty.
    static func demandUnneeded(log file: any File, of path: String) throws {
        try demandOwn(file, as: "the log of a database")
        if try isZero(file) { return }
        if try isAtRest(file) { return }
        throw NQLError.runtime(
            .corruption, "LostData",
            "there is a log '\(file.path)' of a database that was not closed, and '\(path)', which "
                + "should be its data file, is missing or empty",
            hint: "put the data file back under this name; to do without what is in the log, "
                + "remove it")
    }

    /// Whether a log was left by a clean close: its newest segment says so.
    private static func isAtRest(_ file: any File) throws -> Bool {
        try withUnsafeTemporaryAllocation(
            byteCount: LogSegmentHeader.recordsOffset, alignment: 8
        ) { page in
            guard try file.readAll(into: page, at: 0) == page.count else { return false }
            let bytes = UnsafeRawBufferPointer(page)
            let segmentBytes = bytes.load(fromByteOffset: 12, as: UInt32.self)
            let identity = Array(bytes[16..<32])
            guard StoredBounds.segmentBytes.contains(segmentBytes),
                LogSegmentHeader.decode(
                    bytes, databaseID: identity, segmentBytes: Int(segmentBytes)) != nil
            else { return false }
            let segments = try LogSegments(
                file: file, databaseID: identity, segmentBytes: Int(segmentBytes))
            guard let newest = segments.byGeneration[segments.highestGeneration] else {
                return false
            }
            return newest.isAtRest
        }
    }

    /// Whether nothing was ever written to the file.
    private static func isZero(_ file: any File) throws -> Bool {
        let block = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 8)
        defer { block.deallocate() }
        var next = 0
        while let start = try file.nextData(from: next) {
            let count = try file.readAll(into: block, at: start)
            guard count > 0 else { break }
            guard block[..<count].allSatisfy({ $0 == 0 }) else { return false }
            next = start + count
        }
        return true
    }
}
