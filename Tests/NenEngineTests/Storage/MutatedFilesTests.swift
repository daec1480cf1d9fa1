// Goal: no file content crashes open or brings back a state that never was. Method: databases,
// closed or killed, with random damage in the data file or the log; open and reading give a typed
// error or a state the workload really had.
import NenCore
import Testing

@testable import NenEngine

@Suite struct MutatedFilesTests {
    /// A workload whose files stand as a killed process (or a clean close) left them.
    private func finished(isClosed: Bool) throws -> (CounterWorkload, data: [UInt8], log: [UInt8]) {
        let workload = CounterWorkload(disk: SimulatedDisk(), seed: isClosed ? 21 : 22)
        try workload.open()
        for _ in 0..<60 { try workload.step() }
        try workload.store?.checkpoint()
        for _ in 0..<60 { try workload.step(transfers: 3) }
        if isClosed { try workload.close() } else { workload.store?.abandon() }
        return (
            workload, workload.disk.content("bank.nen") ?? [],
            workload.disk.content("bank.nen-log") ?? []
        )
    }

    private func damage(_ bytes: inout [UInt8], _ random: inout SeededGenerator) {
        guard !bytes.isEmpty else { return }
        // Most bytes are free space; aim at what is in use.
        let used = min(bytes.count, 120_000)
        let at = Int.random(in: 0..<used, using: &random)
        switch Int.random(in: 0..<6, using: &random) {
        case 0: bytes.removeLast(bytes.count - at)
        case 1:
            let end = min(bytes.count, at + Int.random(in: 1..<9_000, using: &random))
            for n in at..<end { bytes[n] = 0 }
        case 2:
            let end = min(bytes.count, at + Int.random(in: 1..<600, using: &random))
            for n in at..<end { bytes[n] = UInt8.random(in: 0...255, using: &random) }
        case 3:
            let from = Int.random(in: 0..<used, using: &random) / 512 * 512
            let to = at / 512 * 512
            let count = min(512, bytes.count - max(from, to))
            for n in 0..<count { bytes[to + n] = bytes[from + n] }
        default: bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        }
    }

    @Test(arguments: [true, false])
    func damagedFilesGiveTypedErrorsOrTrueStates(isClosed: Bool) throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(seed: seed)
        let (workload, data, log) = try finished(isClosed: isClosed)
        var refused = 0
        for round in 0..<500 {
            var bytes = data
            var logBytes = log
            for _ in 0..<Int.random(in: 1..<3, using: &random) {
                if Bool.random(using: &random) {
                    damage(&bytes, &random)
                } else {
                    damage(&logBytes, &random)
                }
            }
            let disk = SimulatedDisk(files: ["bank.nen": bytes, "bank.nen-log": logBytes])
            var options = workload.options
            options.recovery = round % 4 == 0 ? .lastValid : .strict
            do {
                let store = try PageStore.open(
                    path: CounterWorkload.path, options: options, fileSystem: disk,
                    owner: workload.tree)
                defer { store.abandon() }
                let pin = try store.pin()
                let values = try workload.tree.values(of: pin.root, in: store)
                // Passing over damage ends with a checkpoint, a transaction without change.
                let number = pin.transaction - (store.openReport.damage.isEmpty ? 0 : 1)
                let isTrue = values == workload.states[number]
                #expect(isTrue, "seed \(seed), round \(round), transaction \(number)")
                try workload.tree.transfer([.init(from: 1, to: 2, amount: 1)], in: store)
            } catch let error as NQLError {
                refused += 1
                #expect(
                    [.corruption, .io, .database].contains(error.code),
                    "seed \(seed), round \(round): \(error)")
            }
        }
        #expect(refused > 50 && refused < 450, "\(refused) of 500 were refused")
    }

    /// In the strict mode no acknowledged commit is lost silently, whatever single sector is hit in
    /// a log whose sync is proven by what follows.
    @Test func damageBelowTheKnownSyncedPositionIsReported() throws {
        let (workload, data, log) = try finished(isClosed: false)
        let superblock = try #require(
            data.withUnsafeBytes { bytes in
                Superblock.newest(
                    of: [0, 4_096].map { Superblock.decode(bytes.baseAddress! + $0) })
            }?.superblock)
        var reported = 0
        var silent: [Int] = []
        for start in stride(from: 0, to: log.count, by: 512) {
            var bytes = log
            for n in start..<start + 512 { bytes[n] = 0xA5 }
            let disk = SimulatedDisk(files: ["bank.nen": data, "bank.nen-log": bytes])
            do {
                let store = try PageStore.open(
                    path: CounterWorkload.path, options: workload.options, fileSystem: disk,
                    owner: workload.tree)
                defer { store.abandon() }
                // What is missing at most: the last transactions, which nothing behind proves.
                if try store.pin().transaction < workload.lastNumber { silent.append(start) }
            } catch let error as NQLError {
                #expect(error.code == .corruption)
                reported += 1
            }
        }
        #expect(reported > 10)
        // The last records stand in at most two sectors, or begin a segment of their own.
        #expect(silent.count <= 3, "\(silent), log start \(superblock.logStart)")
    }

    @Test func aForeignFileIsRefusedAndLeftAlone() throws {
        let text = Array("Dear diary, this is no database at all.\n".utf8)
        let disk = SimulatedDisk(files: ["bank.nen": text])
        let workload = CounterWorkload(disk: disk, seed: 1)
        let refused = #expect(throws: NQLError.self) { try workload.open() }
        #expect(refused?.detail == "NotADatabase")
        #expect(disk.content("bank.nen") == text)
    }

    @Test func aLaterFormatIsNamed() throws {
        let (workload, data, log) = try finished(isClosed: true)
        var bytes = data
        for slot in [0, 4_096] {
            bytes[slot + 8] = UInt8(Superblock.version + 1)
            for n in 12..<16 { bytes[slot + n] = 0 }
            let sum = bytes.withUnsafeBytes { nen_checksum($0, slot) }
            for n in 0..<4 { bytes[slot + 12 + n] = UInt8(truncatingIfNeeded: sum >> (8 * n)) }
        }
        let disk = SimulatedDisk(files: ["bank.nen": bytes, "bank.nen-log": log])
        let later = CounterWorkload(disk: disk, seed: 1, tree: workload.tree)
        let refused = #expect(throws: NQLError.self) { try later.open() }
        #expect(refused?.detail == "FormatVersion")
    }

    /// The free map can be lost: it follows from the tree.
    @Test func aDamagedFreeMapIsRebuilt() throws {
        let (workload, data, log) = try finished(isClosed: true)
        var bytes = data
        for n in 2 * 4_096..<4 * 4_096 { bytes[n] = 0xFF }
        let disk = SimulatedDisk(files: ["bank.nen": bytes, "bank.nen-log": log])
        let store = try PageStore.open(
            path: CounterWorkload.path, options: workload.options, fileSystem: disk,
            owner: workload.tree)
        #expect(store.openReport.rebuiltFreeMap)
        #expect(
            flaw(
                in: store, tree: workload.tree, states: workload.states,
                atLeast: workload.lastNumber) == nil)
        try store.close()
    }

    /// With both slots written at close, the loss of either superblock loses nothing.
    @Test func eitherSuperblockCanBeLostAfterAClose() throws {
        let (workload, data, log) = try finished(isClosed: true)
        for slot in [0, 4_096] {
            var bytes = data
            for n in slot..<slot + 512 { bytes[n] = 0x11 }
            let disk = SimulatedDisk(files: ["bank.nen": bytes, "bank.nen-log": log])
            let store = try PageStore.open(
                path: CounterWorkload.path, options: workload.options, fileSystem: disk,
                owner: workload.tree)
            #expect(try store.pin().transaction == workload.lastNumber)
            try store.close()
        }
    }
}
