// Goal: a backup directory gives back every state that was backed up, and with the archived log
// every commit behind the first backup; what is damaged or missing is told. Method: a random
// workload whose model of each transaction is known, killed, closed and reopened meanwhile;
// restored databases are compared with the models and checked.
import Glibc
import NenCore
import Testing

@testable import NenEngine

@Suite struct BackupTests {
    /// A workload on a simulated disk and a real backup directory.
    private final class Run {
        let seed = UInt64.random(in: 0 ... .max)
        let graph: GraphDisk
        let folder: ScratchFolder
        var random: SeededGenerator
        var backups: String { folder.path + "/backups" }
        private var restoredCount = 0

        init(archives: Bool = false) throws {
            graph = GraphDisk(disk: SimulatedDisk(), seed: seed, nodeCountMax: 150)
            random = SeededGenerator(seed: seed)
            folder = try ScratchFolder()
            if archives { graph.options.logArchive = backups }
            try graph.open()
            try graph.declareIndexes()
        }

        func steps(_ count: Int) throws {
            for _ in 0 ..< count { try graph.step(operations: 12) }
            if let flaw = graph.flaw { Issue.record("seed \(seed): \(flaw)") }
        }

        /// Ends the store as a kill or a close does, and opens it again.
        func reopen() throws {
            if Bool.random(using: &random) { try graph.close() } else { graph.kill() }
            try graph.open()
        }

        func backUp(full: Bool = false) throws -> BackupHeader {
            let store = try #require(graph.store)
            return try store.pages.backUp(
                to: try BackupDirectory(writing: backups, .backups), full: full,
                progress: { _ in }
            ).header
        }

        /// Restores and says what is wrong with the result.
        func flaw(_ target: RestoreTarget, expected number: UInt64) throws -> String? {
            restoredCount += 1
            let path = folder.path + "/restored\(restoredCount).nen"
            let plan = try RestorePlan(try BackupDirectory(reading: backups), target: target)
            let report = try Restore(plan: plan, target: path, progress: { _ in }).run()
            if report.transaction != number { return "\(report.transaction) instead of \(number)" }
            return try flaw(of: path, number)
        }

        func flaw(of path: String, _ number: UInt64) throws -> String? {
            let found = try GraphStore.open(path: path, fileSystem: RealFileSystem.shared)
            defer { try? found.close() }
            guard let model = graph.models[number] else { return "no transaction \(number)" }
            if let difference = try model.difference(from: try found.snapshot()) {
                return "transaction \(number): \(difference)"
            }
            var findings: [String] = []
            _ = try found.check { findings.append($0.description) }
            return findings.first
        }

        func findings() throws -> [String] {
            try BackupCheck(
                directory: try BackupDirectory(reading: backups), progress: { _ in }
            ).run(quick: false).findings
        }
    }

    @Test func aChainGivesBackEveryState() throws {
        let run = try Run()
        var numbers: [UInt64] = []
        for round in 0 ..< 6 {
            try run.steps(3)
            if round % 2 == 1 { try run.reopen() }
            let header = try run.backUp(full: round == 4)
            numbers.append(header.transaction)
            #expect(header.kind == (round == 0 || round == 4 ? .full : .increment))
            #expect(
                try run.flaw(.latest, expected: header.transaction) == nil,
                "seed \(run.seed), round \(round)")
        }
        for number in numbers {
            #expect(
                try run.flaw(.transaction(number), expected: number) == nil, "seed \(run.seed)")
        }
        #expect(try run.findings() == [], "seed \(run.seed)")
        // Nothing new: no new file.
        let before = try BackupDirectory(reading: run.backups).names()
        _ = try run.backUp()
        #expect(try BackupDirectory(reading: run.backups).names() == before)
    }

    @Test func aFullBackupOpensByItself() throws {
        let run = try Run()
        try run.steps(8)
        let header = try run.backUp()
        let copy = run.folder.path + "/copy.nen"
        let bytes = try contents(run.backups + "/" + header.fileName)
        try write(bytes, copy)
        #expect(try run.flaw(of: copy, header.transaction) == nil, "seed \(run.seed)")
        // Opened for writing it is no backup any more, and nothing takes it for one.
        let used = try GraphStore.open(
            path: run.backups + "/" + header.fileName, fileSystem: RealFileSystem.shared)
        let writer = try used.beginWrite()
        _ = try writer.createNode(labels: [], properties: [])
        try writer.commit()
        try used.checkpoint()
        try used.checkpoint()
        try used.close()
        #expect(try run.findings() != [])
        #expect(throws: NQLError.self) { try run.flaw(.latest, expected: header.transaction) }
    }

    @Test func theArchiveLeadsToEveryCommit() throws {
        let run = try Run(archives: true)
        try run.steps(3)
        let first = try run.backUp().transaction
        for round in 0 ..< 8 {
            try run.steps(6)
            if round == 3 { _ = try run.backUp() }
            if round % 2 == 0 { try run.reopen() }
        }
        let store = try #require(run.graph.store)
        let last = try store.pages.pin().transaction
        _ = try store.pages.archiveLog(to: try BackupDirectory(writing: run.backups, .archive))
        #expect(try run.findings() == [], "seed \(run.seed)")
        #expect(try run.flaw(.latest, expected: last) == nil, "seed \(run.seed)")
        for _ in 0 ..< 8 {
            let number = UInt64.random(in: first ... last, using: &run.random)
            #expect(
                try run.flaw(.transaction(number), expected: number) == nil,
                "seed \(run.seed), transaction \(number)")
        }
        let early = #expect(throws: NQLError.self) {
            try run.flaw(.transaction(first - 1), expected: 0)
        }
        #expect(early?.detail == "NoBackup")
        let late = #expect(throws: NQLError.self) {
            try run.flaw(.transaction(last + 1), expected: 0)
        }
        #expect(late?.detail == "NotArchived")
    }

    /// The log reaches back to the first backup; the later one is no reason to begin there.
    @Test func theFirstPieceLeavesNothingOut() throws {
        let run = try Run()
        run.graph.options.checkpointLogBytes = 1 << 30
        try run.graph.close()
        try run.graph.open()
        try run.steps(2)
        let first = try run.backUp().transaction
        try run.steps(6)
        let second = try run.backUp().transaction
        try run.steps(2)
        let store = try #require(run.graph.store)
        _ = try store.pages.archiveLog(to: try BackupDirectory(writing: run.backups, .archive))
        for number in first ... (try store.pages.pin().transaction) {
            #expect(
                try run.flaw(.transaction(number), expected: number) == nil,
                "seed \(run.seed), transaction \(number), backups \(first) and \(second)")
        }
    }

    @Test func aMomentIsHit() throws {
        let run = try Run(archives: true)
        _ = try run.backUp()
        var moments: [(time: Int64, transaction: UInt64)] = []
        let store = try #require(run.graph.store)
        for _ in 0 ..< 4 {
            try run.steps(2)
            usleep(3_000)
            moments.append((WallClock.nowMilliseconds(), try store.pages.pin().transaction))
            usleep(3_000)
        }
        _ = try store.pages.archiveLog(to: try BackupDirectory(writing: run.backups, .archive))
        for moment in moments {
            #expect(
                try run.flaw(.time(moment.time), expected: moment.transaction) == nil,
                "seed \(run.seed)")
        }
    }

    @Test func aGapInTheLogIsTold() throws {
        let run = try Run(archives: true)
        let first = try run.backUp().transaction
        try run.steps(2)
        let store = try #require(run.graph.store)
        let before = try store.pages.pin().transaction
        let writer = try store.beginWrite()
        _ = try writer.createNode(labels: [], properties: [])
        try writer.commit(bulk: true)
        let other = try store.beginWrite()
        _ = try other.createNode(labels: [], properties: [])
        try other.commit()
        _ = try store.pages.archiveLog(to: try BackupDirectory(writing: run.backups, .archive))
        #expect(try run.flaw(.transaction(before), expected: before) == nil)
        for target in [RestoreTarget.latest, .transaction(before + 2)] {
            let gap = #expect(throws: NQLError.self) { try run.flaw(target, expected: 0) }
            #expect(gap?.detail == "LogGap" && gap?.message.contains("bulk") == true)
        }
        // A backup behind the gap closes it.
        let behind = try run.backUp()
        #expect(behind.transaction == before + 2 && behind.kind == .increment)
        let plan = try RestorePlan(
            try BackupDirectory(reading: run.backups), target: .transaction(before + 2))
        #expect(plan.chain.newest.number == behind.number && first < before)
    }

    @Test func damageIsFoundAndNeverRestored() throws {
        let run = try Run(archives: true)
        try run.steps(4)
        _ = try run.backUp()
        try run.steps(4)
        _ = try run.backUp()
        try run.steps(2)
        let last = try #require(run.graph.store).pages.pin().transaction
        _ = try #require(run.graph.store).pages.archiveLog(
            to: try BackupDirectory(writing: run.backups, .archive))
        let names = try BackupDirectory(reading: run.backups).names()
        #expect(names.count >= 3)
        for name in names {
            let path = run.backups + "/" + name
            let bytes = try contents(path)
            for _ in 0 ..< 6 {
                var damaged = bytes
                let used = damaged.indices.filter { damaged[$0] != 0 }
                let at = try #require(used.randomElement(using: &run.random))
                damaged[at] ^= 1 << UInt8.random(in: 0 ..< 8, using: &run.random)
                try write(damaged, path)
                // Damage is found, or hit what no restore reads (the copy's own superblock); then
                // the state is the right one.
                do {
                    let isFound = try run.findings() != []
                    let flaw = try run.flaw(.latest, expected: last)
                    #expect(flaw == nil, "seed \(run.seed), \(name), byte \(at): \(isFound)")
                } catch is NQLError {}
            }
            try write(bytes, path)
        }
        #expect(try run.findings() == [])
    }

    @Test func draftsAreNoBackups() throws {
        let run = try Run()
        try run.steps(2)
        struct Killed: Error {}
        let store = try #require(run.graph.store)
        for failing in 0 ..< 3 {
            var calls = 0
            #expect(throws: Killed.self) {
                _ = try store.pages.backUp(
                    to: try BackupDirectory(writing: run.backups, .backups), full: true,
                    progress: { _ in
                        calls += 1
                        if calls > failing { throw Killed() }
                    })
            }
            #expect(try BackupDirectory(reading: run.backups).names() == [])
        }
        try write([1, 2, 3], run.backups + "/000001-full.nen.partial")
        _ = try run.backUp()
        #expect(try BackupDirectory(reading: run.backups).names() == ["000001-full.nen"])
    }

    private func contents(_ path: String) throws -> [UInt8] {
        let file = try RealFileSystem.shared.open(path, .readOnly)
        defer { file.close() }
        var bytes = [UInt8](repeating: 0, count: try file.byteCount())
        _ = try bytes.withUnsafeMutableBytes { try file.readAll(into: $0, at: 0) }
        return bytes
    }

    private func write(_ bytes: [UInt8], _ path: String) throws {
        let file = try RealFileSystem.shared.open(path, .create)
        defer { file.close() }
        try file.truncate(to: bytes.count)
        try bytes.withUnsafeBytes { try file.writeAll($0, at: 0) }
    }
}
