// Goal: what was committed is never lost in silence: a log that is missing, another one, cut or
// damaged is refused with what is lost, unless nothing can be; recovery of the last valid state
// goes on and says so.
// Method: the files of a closed and of a killed database, changed, opened in all ways.

import Foundation
import NenDB
import Testing

@Suite struct LostLogTests {
    /// Opens the files as they are; the number of nodes, or the error.
    private func outcome(
        _ folder: TemporaryFiles, recovery: RecoveryLevel = .strict, isReadOnly: Bool = false
    ) -> Result<Int, NQLError> {
        var options = DatabaseOptions()
        options.recovery = recovery
        options.isReadOnly = isReadOnly
        do {
            let db = try Database(at: folder("a.nen"), options: options)
            let found = try db.query("MATCH (h:Half) RETURN count(*)").scalar(as: Int.self)
            try db.close()
            return .success(found)
        } catch let error as NQLError {
            return .failure(error)
        } catch {
            return .failure(.runtime(.io, "Unexpected", "\(error)"))
        }
    }

    /// The log must be refused, as often as it is tried, and nothing changes; then
    /// `.lastValid` goes on with what the checkpoint had, and the database is whole from then on.
    private func expectLoss(
        _ sample: SampleFiles, _ what: String, least: Int, _ change: (inout [UInt8]?) -> Void
    ) throws {
        let folder = try TemporaryFiles()
        sample.write(folder, "a.nen")
        var log: [UInt8]? = sample.log
        change(&log)
        if let log { folder.write(log, "a.nen-log") } else { folder.remove("a.nen-log") }
        for isReadOnly in [true, false, true] {
            guard case .failure(let error) = outcome(folder, isReadOnly: isReadOnly) else {
                Issue.record("\(what) was not noticed")
                return
            }
            #expect(error.code == .corruption, "\(what): \(error)")
            #expect(error.message.contains("lost"), "\(what): \(error)")
            #expect(error.hint?.contains("last valid state") == true, "\(what): \(error)")
        }
        #expect(folder.bytes("a.nen-log") == log ?? [], "\(what): the log was changed")
        let check = try IsolatedRun(["check", folder("a.nen")], in: folder)
        #expect(check.end == .status(1), "\(what): \(check)")
        let run = try IsolatedRun(
            [folder("a.nen"), "--recover-last-valid", "-c", "CREATE (:After)"], in: folder)
        #expect(run.end == .status(0) && run.errors.contains("Damage"), "\(what): \(run)")
        guard case .success(let found) = outcome(folder) else {
            Issue.record("\(what): still refused after recovery: \(outcome(folder))")
            return
        }
        #expect(found >= least && found <= sample.count, "\(what): \(found)")
        let after = try IsolatedRun(["check", folder("a.nen")], in: folder)
        #expect(after.end == .status(0), "\(what): \(after)")
    }

    @Test func aLogThatIsNeededIsMissed() throws {
        let sample = try SampleFiles.make(.killed)
        let half = sample.count / 2
        try expectLoss(sample, "deleted", least: half) { $0 = nil }
        try expectLoss(sample, "emptied", least: half) { $0 = [] }
        try expectLoss(sample, "all zero", least: half) { log in
            log = [UInt8](repeating: 0, count: log?.count ?? 0)
        }
        try expectLoss(sample, "first page zeroed", least: half) { log in
            for n in 0..<4_096 { log?[n] = 0 }
        }
        for length in [1, 511, 4_096, 100_000, sample.log.count - 1] {
            try expectLoss(sample, "cut at \(length)", least: half) { log in
                log = log.map { Array($0.prefix(length)) }
            }
        }
        try expectLoss(sample, "cut by a segment", least: half) { log in
            log = log.map { Array($0.dropLast(1 << 20)) }
        }
    }

    /// The last records are proved by the note in the data file, however little is damaged.
    @Test func theEndOfTheLogIsProvedToo() throws {
        let sample = try SampleFiles.make(.killed)
        let seed = UInt64.random(in: 0 ... .max)
        var generator = SeededGenerator(seed: seed)
        let folder = try TemporaryFiles()
        let end = try #require(sample.log.lastIndex { $0 != 0 })
        var refused = 0
        for round in 0..<60 {
            sample.write(folder, "a.nen")
            var log = sample.log
            let at = end - (round == 0 ? 0 : Int.random(in: 0..<1_000, using: &generator))
            log[at] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            folder.write(log, "a.nen-log")
            switch outcome(folder) {
            case .failure(let error):
                refused += 1
                #expect(error.code == .corruption && error.message.contains("lost"), "\(error)")
            case .success(let found):
                // The bytes between records mean nothing.
                #expect(found == sample.count, "seed \(seed), round \(round), byte \(at)")
            }
        }
        #expect(refused > 20, "seed \(seed): \(refused)")
    }

    @Test func anotherDatabasesLogIsNotTouched() throws {
        let sample = try SampleFiles.make(.killed)
        let other = try SampleFiles.make(.killed, lot: 3)
        let folder = try TemporaryFiles()
        sample.write(folder, "a.nen")
        folder.write(other.log, "a.nen-log")
        for recovery in RecoveryLevel.allCases {
            guard case .failure(let error) = outcome(folder, recovery: recovery) else {
                Issue.record("a foreign log was taken")
                continue
            }
            #expect(error.detail == "LostLog" && error.message.contains("another database"))
        }
        #expect(folder.bytes("a.nen-log") == other.log)
        folder.write(sample.log, "a.nen-log")
        #expect(outcome(folder) == .success(sample.count))
    }

    /// An older copy of the right log lacks what came later.
    @Test func anOlderLogIsMissedSomething() throws {
        let folder = try TemporaryFiles()
        let db = try Database(at: folder("a.nen"))
        for n in 1...10 { try db.query("CREATE (:Half {n: \(n)})") }
        let older = folder.bytes("a.nen-log")
        for n in 11...20 { try db.query("CREATE (:Half {n: \(n)})") }
        let data = folder.bytes("a.nen")
        try db.close()
        folder.write(data, "a.nen")
        folder.write(older, "a.nen-log")
        guard case .failure(let error) = outcome(folder) else {
            Issue.record("an older log was taken")
            return
        }
        #expect(error.message.contains("At least 10 committed transactions are lost"), "\(error)")
        guard case .success(let found) = outcome(folder, recovery: .lastValid) else {
            Issue.record("\(outcome(folder, recovery: .lastValid))")
            return
        }
        #expect(found == 10)
    }

    /// The other way round: the log is there, and an older copy of the data file.
    @Test func anOlderDataFileIsNoticed() throws {
        let folder = try TemporaryFiles()
        try Database(at: folder("a.nen")).close()
        let closed = folder.bytes("a.nen")
        let db = try Database(at: folder("a.nen"))
        for n in 1...10 { try db.query("CREATE (:Half {n: \(n)})") }
        let inUse = folder.bytes("a.nen")
        try db.checkpoint()
        for n in 11...20 { try db.query("CREATE (:Half {n: \(n)})") }
        let (data, log) = (folder.bytes("a.nen"), folder.bytes("a.nen-log"))
        try db.close()
        for older in [closed, inUse] {
            for isReadOnly in [true, false] {
                folder.write(older, "a.nen")
                folder.write(log, "a.nen-log")
                guard case .failure(let error) = outcome(folder, isReadOnly: isReadOnly) else {
                    Issue.record("an older data file was taken")
                    continue
                }
                #expect(error.code == .corruption && error.hint != nil, "\(error)")
                #expect(folder.bytes("a.nen-log") == log)
            }
        }
        folder.write(data, "a.nen")
        folder.write(log, "a.nen-log")
        #expect(outcome(folder) == .success(20))
    }

    /// A salvage without the log tells how much is lost, as an opening does.
    @Test func salvagesTellWhatTheLogHad() throws {
        let sample = try SampleFiles.make(.killed)
        for log in [nil, [], sample.log.prefix(4_096).map { $0 }] as [[UInt8]?] {
            let folder = try TemporaryFiles()
            folder.write(sample.data, "a.nen")
            if let log { folder.write(log, "a.nen-log") }
            let report = try Database.salvage(folder("a.nen"), into: folder("s.nen"))
            let loss = report.losses.first { $0.kind == .transactions }
            #expect(
                loss?.detail.contains("committed transactions are lost") == true, "\(report.text)")
            #expect(report.nodeCount >= sample.count / 2 && report.nodeCount < sample.count)
        }
    }

    /// After a clean close the data file is whole alone, and takes a new log or any leftover.
    @Test func aClosedDatabaseNeedsNoLog() throws {
        let sample = try SampleFiles.make(.closed)
        let other = try SampleFiles.make(.killed, lot: 3)
        for log in [nil, [], sample.log.prefix(700).map { $0 }, other.log] as [[UInt8]?] {
            for isReadOnly in [false, true] {
                let folder = try TemporaryFiles()
                folder.write(sample.data, "a.nen")
                if let log { folder.write(log, "a.nen-log") }
                #expect(outcome(folder, isReadOnly: isReadOnly) == .success(sample.count))
                // And it goes on: what is committed now needs its log again.
                let writer = try NQLProcess([folder("a.nen"), "--json-lines"])
                _ = writer.run("CREATE (:Half {n: 0})")
                writer.kill()
                #expect(outcome(folder) == .success(sample.count + 1))
                let again = try NQLProcess([folder("a.nen"), "--json-lines"])
                _ = again.run("CREATE (:Half {n: 0})")
                again.kill()
                folder.remove("a.nen-log")
                guard case .failure(let error) = outcome(folder) else {
                    Issue.record("the new log was not missed")
                    continue
                }
                #expect(error.detail == "LostLog")
            }
        }
    }

    /// A database of format version 1 says nothing of its log: it opens as ever, and in the new
    /// format from its first commit on.
    @Test(arguments: SampleFiles.End.allCases)
    func filesOfVersion1Open(end: SampleFiles.End) throws {
        var sample = try SampleFiles.make(end)
        for slot in [0, 4_096] {
            sample.data.set32(1, slot + 8)
            for n in 108..<116 { sample.data[slot + n] = 0 }
            for n in 2_048..<2_100 { sample.data[slot + n] = 0 }
            sample.data.set32(0, slot + 12)
            sample.data.set32(crc32c(0, sample.data[slot..<slot + 512]), slot + 12)
        }
        let folder = try TemporaryFiles()
        sample.write(folder, "a.nen")
        let db = try Database(at: folder("a.nen"))
        #expect(db.openReport.isOfUnknownLogState && db.openReport.warnings == [])
        try db.query("CREATE (:Half {n: 0})")
        try db.close()
        #expect(outcome(folder) == .success(sample.count + 1))
        #expect(folder.bytes("a.nen").word32(8) == 2)
        folder.remove("a.nen-log")
        #expect(outcome(folder) == .success(sample.count + 1))

        folder.write(sample.data, "a.nen")
        folder.remove("a.nen-log")
        let run = try IsolatedRun([folder("a.nen"), "-c", "RETURN 1"], in: folder)
        #expect(run.end == .status(0) && run.errors.contains("may be lost"), "\(run)")
    }

    @Test func theReportTellsWhatWasRecovered() throws {
        let sample = try SampleFiles.make(.killed)
        let folder = try TemporaryFiles()
        sample.write(folder, "a.nen")
        let check = try IsolatedRun(["check", folder("a.nen")], in: folder)
        #expect(check.end == .status(0) && check.output.contains("transactions were brought back"))
        let db = try Database(at: folder("a.nen"))
        #expect(db.openReport.replayedTransactions == sample.count / 2)
        #expect(db.openReport.warnings == [] && db.openReport.remarks.count == 1)
        try db.close()
        let closed = try Database(at: folder("a.nen"))
        #expect(closed.openReport == OpenReport())
    }
}
