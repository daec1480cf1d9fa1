// Commits: durable transactions of one row by one thread and by sixteen, beside a file to which as
// many bytes are appended and which is synced each time. All take turns, so that a disk that slows
// down slows them all.

import Foundation
import NenDB

struct Commits {
    let seconds: Int
    let folder: URL

    private static let rounds = 5
    private static let threadCount = 16
    /// What a commit of one row writes to the log, by and large.
    private static let recordBytes = 128

    func run() throws {
        let db = try Database(at: folder.appendingPathComponent("commits.nen").path)
        try db.query("CREATE CONSTRAINT FOR (n:C) REQUIRE n.id IS UNIQUE")
        try db.query("CREATE (:C {id: -1})")
        let file = open(
            folder.appendingPathComponent("bare").path, O_RDWR | O_CREAT | O_TRUNC, 0o600)
        guard file >= 0 else { throw CocoaError(.fileWriteUnknown) }
        defer { close(file) }
        guard posix_fallocate(file, 0, 64 << 20) == 0 else { throw CocoaError(.fileWriteUnknown) }
        var (bare, single, many) = (0.0, 0.0, 0.0)
        let share = Double(seconds) / Double(Commits.rounds)
        var place = 0
        for round in 0 ..< Commits.rounds {
            bare += try rate(share, threads: 1) { _, _ in
                try Commits.append(to: file, at: &place)
            }
            single += try rate(share, threads: 1) { _, turn in
                try db.query("CREATE (:C {id: $id})", ["id": Commits.id(round, 0, turn)])
            }
            many += try rate(share, threads: Commits.threadCount) { thread, turn in
                try db.query("CREATE (:C {id: $id})", ["id": Commits.id(round, thread + 1, turn)])
            }
        }
        let count = Double(Commits.rounds)
        report("bare append and fdatasync", Commits.text(bare / count))
        report(
            "commits of one thread",
            Commits.text(single / count) + String(format: "  %5.2f of bare", single / bare))
        report(
            "commits of \(Commits.threadCount) threads",
            Commits.text(many / count) + String(format: "  %5.2f of one", many / single))
    }

    private static func text(_ rate: Double) -> String { String(format: "%8.0f a second", rate) }

    private static func id(_ round: Int, _ thread: Int, _ turn: Int) -> Value {
        .integer(Int64(round) << 48 | Int64(thread) << 40 | Int64(turn))
    }

    private static func append(to file: Int32, at place: inout Int) throws {
        let bytes = [UInt8](repeating: 7, count: recordBytes)
        let written = bytes.withUnsafeBytes { pwrite(file, $0.baseAddress, $0.count, place) }
        guard written == bytes.count, fdatasync(file) == 0 else {
            throw CocoaError(.fileWriteUnknown)
        }
        place = (place + recordBytes) % (64 << 20)
    }

    /// Calls `body` for the given time by each of the threads.
    ///
    /// - Returns: calls of all of them a second.
    private func rate(
        _ seconds: Double, threads: Int,
        _ body: @escaping (_ thread: Int, _ turn: Int) throws -> Void
    ) throws -> Double {
        let counts = Counts()
        nonisolated(unsafe) let body = body
        let start = Clock.wall
        let end = start + UInt64(seconds * 1e9)
        let group = DispatchGroup()
        for thread in 0 ..< threads {
            group.enter()
            Thread.detachNewThread {
                defer { group.leave() }
                var turn = 0
                do {
                    while Clock.wall < end {
                        try body(thread, turn)
                        turn += 1
                    }
                } catch {
                    counts.note(error)
                }
                counts.add(turn)
            }
        }
        group.wait()
        if let error = counts.error { throw error }
        return Double(counts.total) / (Double(Clock.wall - start) * 1e-9)
    }
}

/// What threads have counted; behind a lock.
private final class Counts: @unchecked Sendable {
    private let lock = NSLock()
    private(set) var total = 0
    private(set) var error: (any Error)?

    func add(_ count: Int) { lock.withLock { total += count } }

    func note(_ error: any Error) { lock.withLock { self.error = error } }
}
