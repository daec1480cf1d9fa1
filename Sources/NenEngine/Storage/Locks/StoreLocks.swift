// StoreLocks: the bytes of the data file on which processes exclude each other. They lie far beyond
// any data; locking a byte does not make it exist.
//
//   2^62      write       exclusive: a write transaction, until its root is published
//   2^62 + 1  attach      shared: the database is open; exclusive: alone, may recover
//   2^62 + 2  checkpoint  exclusive: a checkpoint runs, or a new writer takes stock
// In the shared page's file, byte 2^62 + n: exclusive while process entry n is alive.
// In log and shared file, byte 2^62 - 1: as `attach`, so that a log or a shared page never serves
// two data files that had the same name one after the other.
import CNenKernels
import Glibc
import NenCore

/// Locks of one open data file.
struct StoreLocks: Sendable {
    enum Byte: Int, CaseIterable, Sendable {
        case write = 0
        case attach = 1
        case checkpoint = 2
    }

    let data: any File
    static let origin = 1 << 62

    /// Takes part in the use of a log or shared file; false when another data file's users have it.
    static func claim(_ file: any File, _ kind: LockKind) throws -> Bool {
        try file.lock(kind, at: origin - 1)
    }

    /// Ends the use of a log or shared file.
    static func release(_ file: any File) { _ = try? file.lock(.none, at: origin - 1) }

    func tryLock(_ byte: Byte, _ kind: LockKind) throws -> Bool {
        try data.lock(kind, at: StoreLocks.origin + byte.rawValue)
    }

    func unlock(_ byte: Byte) {
        _ = try? data.lock(.none, at: StoreLocks.origin + byte.rawValue)
    }

    /// Tries until `limit`; false when the time is over. `whileWaiting` runs before each new try.
    func lock(
        _ byte: Byte, _ kind: LockKind, until limit: UInt64, whileWaiting: () throws -> Void = {}
    ) throws -> Bool {
        var pause: UInt32 = 50
        while true {
            if try tryLock(byte, kind) { return true }
            if nen_monotonic_nanoseconds() >= limit { return false }
            try whileWaiting()
            try Interruption.check()
            usleep(pause)
            pause = min(pause * 2, 2_000)
        }
    }
}

/// This process's entry in the shared page, and whether others' entries are alive.
final class ProcessEntry: @unchecked Sendable {
    let file: any File
    let index: Int
    /// Random; tells this core from every other one that ever opened the database.
    let token: UInt64

    /// Claims the first entry nobody holds and frees what a dead holder left in it.
    init(claimingIn file: any File, shared: SharedPage) throws {
        self.file = file
        var random: UInt64 = 0
        let result = nen_random(&random, 8)
        guard result == 0 else {
            throw IOFailure(operation: "random numbers", path: file.path, code: -result)
        }
        token = random | 1
        for entry in 0..<SharedPage.processCount
        where try file.lock(.exclusive, at: StoreLocks.origin + entry) {
            index = entry
            shared.releasePins(of: entry)
            shared.setProcess(entry, token: token, processID: UInt64(getpid()))
            return
        }
        throw NQLError.runtime(
            .busy, "TooManyProcesses",
            "\(SharedPage.processCount) processes have the database open, the most there can be",
            hint: "close it in one of them")
    }

    /// Whether the holder of an entry still runs. Errors count as alive: nothing is freed then.
    func isAlive(_ entry: Int) -> Bool {
        if entry == index { return true }
        return (try? file.isLockedByOthers(at: StoreLocks.origin + entry)) ?? true
    }

    /// Lets the entry go as a killed process does: its pins stay for others to find.
    func die() { _ = try? file.lock(.none, at: StoreLocks.origin + index) }

    /// Frees the entry.
    func leave(_ shared: SharedPage) {
        shared.releasePins(of: index)
        shared.setProcess(index, token: 0, processID: 0)
        _ = try? file.lock(.none, at: StoreLocks.origin + index)
    }
}
