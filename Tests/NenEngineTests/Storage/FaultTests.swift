// Goal: whatever call of the operating system fails, the store says so in a typed error, keeps what
// it acknowledged and never shows what it refused. Method: a short mixed run with one fault at the
// n-th call, for every n and kind of fault; then reopening without faults.
import Glibc
import NenCore
import Testing

@testable import NenEngine

@Suite struct FaultTests {
    /// Runs with the n-th call faulted; returns false when the run has fewer calls.
    private func run(
        fault: DiskFault, at number: Int, only kinds: [DiskOperation.Kind]?
    ) throws -> Bool {
        let disk = SimulatedDisk()
        let workload = CounterWorkload(disk: disk, seed: 7)
        workload.options.busyTimeoutMilliseconds = 50
        let hit = Flag()
        disk.setHook { operation in
            guard operation.number == number else { return nil }
            if let kinds, !kinds.contains(operation.kind) { return nil }
            hit.raise()
            return fault
        }
        var mayHaveOneMore = false
        do { try workload.open() } catch { #expect(error is NQLError, "call \(number)") }
        if workload.store != nil {
            for step in 0..<14 {
                do {
                    if step == 6 {
                        try workload.store?.checkpoint()
                    } else {
                        try workload.step(bulk: step == 9, transfers: step == 4 ? 500 : 3)
                    }
                } catch let error as NQLError {
                    #expect([.io, .busy, .corruption].contains(error.code), "\(number): \(error)")
                    // A failed sync leaves open whether the transaction reached the disk.
                    if workload.store?.fault != nil {
                        mayHaveOneMore = true
                        break
                    }
                }
            }
            do { try workload.close() } catch {
                #expect(error is NQLError, "call \(number): \(error)")
            }
        }
        let calls = disk.operations
        disk.setHook(nil)
        try checkAfterwards(workload, mayHaveOneMore, number)
        return hit.isRaised || number < calls
    }

    private func checkAfterwards(
        _ workload: CounterWorkload, _ mayHaveOneMore: Bool, _ number: Int
    ) throws {
        let store = try PageStore.open(
            path: CounterWorkload.path, options: workload.options, fileSystem: workload.disk,
            owner: workload.tree)
        defer { store.abandon() }
        #expect(!store.openReport.joinedOthers, "call \(number)")
        if workload.lastNumber == 0 { return }
        let found = try store.pin().transaction
        let allowed = workload.lastNumber...workload.lastNumber + (mayHaveOneMore ? 1 : 0)
        #expect(allowed.contains(found), "call \(number): \(found) is not in \(allowed)")
        #expect(
            flaw(
                in: store, tree: workload.tree, states: workload.states,
                atLeast: workload.lastNumber) == nil, "call \(number)")
    }

    @Test func inputOutputErrorAtEveryCall() throws {
        var number = 0
        while try run(fault: .error(EIO), at: number, only: nil) { number += 1 }
        #expect(number > 80)
    }

    @Test func fullDiskAtEveryWrite() throws {
        var number = 0
        while try run(fault: .error(ENOSPC), at: number, only: [.write, .resize]) { number += 1 }
    }

    @Test func halfWritesThatFail() throws {
        var number = 0
        while try run(fault: .tornError(EIO), at: number, only: [.write]) { number += 1 }
    }

    @Test func shortReadsAndWritesAreTakenUp() throws {
        let disk = SimulatedDisk()
        disk.setHook { _ in .short }
        let workload = CounterWorkload(disk: disk, seed: 8)
        try workload.open()
        try workload.runMixed(steps: 40)
        try workload.close()
        try workload.open()
        try #expect(flaw(in: #require(workload.store), tree: workload.tree,
            states: workload.states, atLeast: workload.lastNumber) == nil)
    }

    @Test func aFailedSyncPoisonsEverybodyUntilSomeoneIsAlone() throws {
        let disk = SimulatedDisk()
        let workload = CounterWorkload(disk: disk, seed: 9)
        try workload.open()
        try workload.step()
        let other = try PageStore.open(
            path: CounterWorkload.path, options: workload.options, fileSystem: disk,
            owner: workload.tree)
        let pin = try other.pin()
        disk.setHook { $0.kind == .sync ? .error(EIO) : nil }
        let failed = #expect(throws: NQLError.self) { try workload.step() }
        #expect(failed?.detail == "FailedSync")
        disk.setHook(nil)
        for store in [try #require(workload.store), other] {
            #expect(throws: PageStore.poisonedError) { _ = try store.pin() }
            #expect(throws: PageStore.poisonedError) { _ = try store.beginWrite() }
            #expect(store.fault == PageStore.poisonedError)
        }
        #expect(throws: PageStore.poisonedError) { try workload.open() }
        #expect(pin.transaction == 2)
        try workload.close()
        try other.close()
        withExtendedLifetime(pin) {}
    }

    /// Without room for a shared page a database serves one process, in which space can be made.
    @Test func aDiskWithoutRoomForTheSharedPageServesOneProcess() throws {
        let disk = SimulatedDisk()
        let workload = CounterWorkload(disk: disk, seed: 12)
        try workload.open()
        for _ in 0..<20 { try workload.step() }
        try workload.close()
        disk.setHook { operation in
            operation.kind == .resize ? .error(ENOSPC) : nil
        }
        try workload.open()
        let other = CounterWorkload(disk: disk, seed: 13)
        other.options.busyTimeoutMilliseconds = 5
        let busy = #expect(throws: NQLError.self) { try other.open() }
        #expect(busy?.code == .busy)
        var pin = try workload.store?.pin()
        let before = workload.current
        for _ in 0..<20 { try workload.step() }
        if let pin { #expect(try workload.tree.values(of: pin.root, in: pin.store) == before) }
        pin = nil
        try workload.close()
        disk.setHook(nil)
        try workload.open()
        let store = try #require(workload.store)
        let tree = workload.tree
        #expect(try tree.values(of: store.pin().root, in: store) == workload.current)
        #expect(try freeMapFlaw(in: store, tree: tree) == nil)
        try workload.close()
    }

    /// A disk without space, or a limit of file sizes.
    @Test(arguments: [ENOSPC, EFBIG])
    func aFullDiskStillAllowsWhatFits(code: Int32) throws {
        let disk = SimulatedDisk()
        let workload = CounterWorkload(disk: disk, seed: 10)
        try workload.open()
        disk.setHook { $0.kind == .resize ? .error(code) : nil }
        // No log segment can be had; commits go into the data file, whose free pages suffice.
        for _ in 0..<100 { try workload.step() }
        #expect(workload.lastNumber == 101)
        // Pins keep every version: in the end no page is left, and the error says why.
        var pins: [Pin] = []
        let full = #expect(throws: NQLError.self) {
            while pins.count < 1_000 {
                if let store = workload.store { pins.append(try store.pin()) }
                try workload.step()
            }
        }
        #expect(full?.detail == "DiskFull")
        pins.removeAll()
        try workload.step()
        try workload.close()
    }
}

/// A Boolean that a hook may set from any thread.
final class Flag: @unchecked Sendable {
    private let monitor = Monitor()
    private var value = false
    func raise() { monitor.withLock { value = true } }
    var isRaised: Bool { monitor.withLock { value } }
}
