// PinTable: this process's pins. All snapshots of the same root share one slot of the shared page,
// so the slots count distinct pinned roots, not snapshots.
import CNenKernels
import NenCore

/// Counts snapshots per root; thread-safe.
final class PinTable: @unchecked Sendable {
    private struct Entry {
        var slot: Int
        var count: Int
        var record: RootRecord
    }

    private let shared: SharedPage
    private let process: Int
    private let monitor = Monitor()
    private var entries: [UInt64: Entry] = [:]
    private let forkGeneration = nen_fork_generation()
    private var isDetached = false
    /// Claimed slots that pin nothing at the moment.
    private var spareSlots: [Int] = []
    /// The newest root seen: what is published later has a greater number.
    private var newest: UInt64 = 0

    init(shared: SharedPage, process: Int) {
        self.shared = shared
        self.process = process
    }

    /// Pins the published root.
    /// - Throws: `TooManySnapshots`; `SharedPage` when others have overwritten what is published.
    func acquire() throws -> RootRecord {
        monitor.lock()
        defer { monitor.unlock() }
        let published = shared[.published]
        if published >= newest, var entry = entries[published] {
            entry.count += 1
            entries[entry.record.transaction] = entry
            return entry.record
        }
        guard let slot = spareSlots.popLast() ?? shared.claimPin(process: process) else {
            throw NQLError.runtime(
                .database, "TooManySnapshots",
                "all \(SharedPage.pinCount) snapshot slots of the database are in use",
                hint: "close results and transactions that are no longer needed")
        }
        let record: RootRecord
        do {
            record = try shared.pinPublished(in: slot)
            guard record.transaction >= newest else { throw SharedPage.garbageError }
        } catch {
            giveUp(slot)
            throw error
        }
        newest = record.transaction
        if var entry = entries[record.transaction] {
            giveUp(slot)
            entry.count += 1
            entries[record.transaction] = entry
        } else {
            entries[record.transaction] = Entry(slot: slot, count: 1, record: record)
        }
        return record
    }

    /// Gives one snapshot of `transaction` back. In a forked child it does nothing: the slots are
    /// the parent's.
    func release(_ transaction: UInt64) {
        guard nen_fork_generation() == forkGeneration else { return }
        monitor.withLock {
            guard var entry = entries[transaction] else {
                preconditionFailure("release of root \(transaction), which is not pinned")
            }
            entry.count -= 1
            if entry.count == 0 {
                entries[transaction] = nil
                giveUp(entry.slot)
            } else {
                entries[transaction] = entry
            }
        }
    }

    /// Unpins a slot; a few stay claimed for the next snapshots.
    private func giveUp(_ slot: Int) {
        if isDetached { return }
        if spareSlots.count < 4 {
            shared.clearPin(slot)
            spareSlots.append(slot)
        } else {
            shared.releasePin(slot)
        }
    }

    /// The roots pinned here.
    var pinned: [UInt64] { monitor.withLock { Array(entries.keys) } }

    /// From now on releases leave the shared page alone.
    func detach() { monitor.withLock { isDetached = true } }

    var isEmpty: Bool { monitor.withLock { entries.isEmpty } }
}
