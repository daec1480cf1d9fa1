// Goal: waiting for a lock or a file ends with the statement's time, and a transaction that nobody
// works on gives way. Method: two sessions over one file; pipes without a partner; short limits.

import Foundation
import NenCore
import NenDB
import Testing

@testable import nql

@Suite struct WaitingTests {
    private func database(
        _ folder: TemporaryFolder, _ change: (inout DatabaseOptions) -> Void = { _ in }
    ) throws -> Database {
        var options = DatabaseOptions()
        options.durability = .off
        options.busyTimeoutMilliseconds = 30_000
        change(&options)
        return try Database(at: folder.path + "/graph.nen", options: options)
    }

    @Test func theDeadlineEndsTheWaitForTheWriter() throws {
        let folder = try TemporaryFolder()
        let database = try database(folder)
        let first = database.session()
        try first.run("BEGIN")
        try first.run("CREATE (:A)")
        let second = database.session()
        second.limits.timeoutMilliseconds = 50
        for statement in ["CREATE (:B)", "BEGIN", "CREATE INDEX FOR (a:A) ON (a.x)", "ANALYZE"] {
            #expect(thrown { try second.run(statement) }?.detail == "Timeout", "\(statement)")
        }
        try first.run("COMMIT")
        second.limits.timeoutMilliseconds = nil
        try second.run("CREATE (:B)")
        #expect(try second.run("MATCH (n) RETURN count(*)").scalar() == 2)
    }

    @Test func cancellationEndsTheWaitForTheWriter() throws {
        let folder = try TemporaryFolder()
        let database = try database(folder)
        let first = database.session()
        try first.run("BEGIN")
        let cancellation = Cancellation()
        let canceller = Thread {
            usleep(50_000)
            cancellation.cancel()
        }
        canceller.start()
        let error = thrown { try database.session(cancellation: cancellation).run("CREATE ()") }
        #expect(error?.detail == "Cancelled")
    }

    // MARK: Idle transactions

    @Test func anIdleTransactionGivesWay() throws {
        let folder = try TemporaryFolder()
        let database = try database(folder) { $0.idleTransactionTimeoutMilliseconds = 100 }
        let idle = database.session()
        try idle.run("BEGIN")
        try idle.run("CREATE (:Lost)")
        let busy = database.session()
        try busy.run("CREATE (:Kept)")
        let error = thrown { try idle.run("CREATE (:Lost)") }
        #expect(error?.code == .transaction && error?.detail == "TransactionExpired")
        #expect(!idle.isInTransaction)
        #expect(try idle.run("MATCH (n) RETURN labels(n)[0]").scalar() == "Kept")
        try idle.run("BEGIN")
        try idle.run("CREATE (:More)")
        try idle.run("COMMIT")
        #expect(try busy.run("MATCH (n) RETURN count(*)").scalar() == 2)
        #expect(try database.check().isEmpty)
    }

    @Test(arguments: ["COMMIT", "ROLLBACK", "RETURN 1", "BEGIN"])
    func theNextStatementIsTold(_ statement: String) throws {
        let database = try Database.inMemory()
        let idle = database.session()
        try idle.run("SET idle_transaction_timeout = 1")
        try idle.run("BEGIN")
        try idle.run("CREATE (:Lost)")
        try database.query("CREATE (:Kept)")
        #expect(thrown { try idle.run(statement) }?.detail == "TransactionExpired")
        #expect(try idle.run("MATCH (n) RETURN count(*)").scalar() == 1)
    }

    @Test func nobodyLosesATransactionThatNobodyWaitsFor() throws {
        let database = try Database.inMemory()
        let idle = database.session()
        try idle.run("SET idle_transaction_timeout = 1")
        try idle.run("BEGIN")
        try idle.run("CREATE (:Kept)")
        usleep(300_000)
        try idle.run("COMMIT")
        #expect(try idle.run("MATCH (n) RETURN count(*)").scalar() == 1)
    }

    @Test func withoutALimitTheOthersWait() throws {
        let folder = try TemporaryFolder()
        let database = try database(folder) {
            $0.idleTransactionTimeoutMilliseconds = nil
            $0.busyTimeoutMilliseconds = 300
        }
        let idle = database.session()
        try idle.run("BEGIN")
        try idle.run("CREATE (:Kept)")
        #expect(thrown { try database.query("CREATE (:Refused)") }?.code == .busy)
        try idle.run("COMMIT")
    }

    @Test func transactionsThatWorkAreNotIdle() throws {
        let database = try Database.inMemory()
        let busy = database.session()
        try busy.run("SET idle_transaction_timeout = 20")
        try busy.run("BEGIN")
        try busy.run("CREATE (:Kept)")
        let other = Thread { _ = try? database.query("CREATE (:Kept)") }
        other.start()
        try busy.run(
            "UNWIND range(1, 300000) AS x WITH max(x % 7) AS m CREATE (:Kept {m: m})")
        try busy.run("COMMIT")
        for _ in 0 ..< 200 where try database.query("MATCH (n) RETURN count(*)").scalar() != 3 {
            usleep(20_000)
        }
        #expect(try database.query("MATCH (n) RETURN count(*)").scalar() == 3)
    }

    // MARK: Pipes

    @Test func aPipeIsNoFileToLoad() throws {
        let folder = try TemporaryFolder()
        let pipe = folder.path + "/pipe.csv"
        #expect(mkfifo(pipe, 0o600) == 0)
        let database = try Database.inMemory()
        let given: [String: Value] = ["pipe": .string(pipe)]
        for statement in [
            "LOAD CSV FROM $pipe AS row RETURN row", "COPY :A FROM $pipe",
        ] {
            let error = thrown { _ = try database.query(statement, given).rows() }
            #expect(error?.code == .io, "\(statement): \(String(describing: error))")
        }
    }

    @Test func aReaderThatTakesNothingIsNotWaitedForForEver() throws {
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        defer { for end in ends { close(end) } }
        let stream = StandardStream(descriptor: ends[1])
        let piece = [UInt8](repeating: 97, count: 100_000)
        let error = thrown {
            try Interruption(timeoutMilliseconds: 50).run {
                for _ in 0 ..< 100 { try stream.write(piece) }
            }
        }
        #expect(error?.detail == "Timeout")
        #expect(fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0)
        var taken = 0
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while case let count = read(ends[0], &buffer, buffer.count), count > 0 { taken += count }
        #expect(taken > 0)
        try stream.line("more")
        try stream.flush()
        #expect(read(ends[0], &buffer, buffer.count) == 5)
    }

    @Test func aScriptThatNobodyWritesIsNotWaitedForForEver() throws {
        let folder = try TemporaryFolder()
        let pipe = folder.path + "/script.nql"
        #expect(mkfifo(pipe, 0o600) == 0)
        let bytes = Interruption(timeoutMilliseconds: 50).run { FileBytes.read(pipe) }
        #expect(bytes == nil && errno == EINTR)
        let writer = Thread {
            let descriptor = open(pipe, O_WRONLY)
            usleep(50_000)
            _ = write(descriptor, "RETURN 1", 8)
            close(descriptor)
        }
        writer.start()
        #expect(FileBytes.read(pipe) == Array("RETURN 1".utf8))
    }
}
