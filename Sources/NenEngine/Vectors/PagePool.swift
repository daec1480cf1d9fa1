// PagePool: the counted memory of queries. Everything that grows with data comes from here in
// pages of 64 KiB, so that a budget holds and a forecast can be compared with the fact. Whoever
// takes pages will fill them, so taking them counts as work of the statement.

import Glibc
import NenCore
import Synchronization

/// A budget of 64 KiB pages shared by the workers of one query; thread-safe.
final class PagePool: Sendable {
    static let pageByteCount = 65_536
    /// Nanoseconds in which a page is filled, by and large.
    private static let pageWorkUnits = 10_000
    /// Bytes that may be held at once.
    let limitBytes: Int
    private let heldBytes = Atomic<Int>(0)
    private let peak = Atomic<Int>(0)

    init(limitBytes: Int) { self.limitBytes = limitBytes }

    /// Bytes held now.
    var bytesHeld: Int { heldBytes.load(ordering: .relaxed) }
    /// The largest number of bytes ever held.
    var bytesPeak: Int { peak.load(ordering: .relaxed) }

    /// Hands out `count` consecutive pages, 64-byte aligned, not cleared.
    ///
    /// - Throws: `MemoryLimitExceeded` when the budget would be exceeded or the system refuses.
    func allocate(pages count: Int) throws(NQLError) -> UnsafeMutableRawPointer {
        try Interruption.spend(count &* PagePool.pageWorkUnits)
        let bytes = count * PagePool.pageByteCount
        let held = heldBytes.wrappingAdd(bytes, ordering: .relaxed).newValue
        guard held <= limitBytes else {
            heldBytes.wrappingSubtract(bytes, ordering: .relaxed)
            throw .runtime(
                .memory, "MemoryBudgetExceeded",
                "The query needs more than its memory budget of \(limitBytes) bytes "
                    + "(\(held) bytes wanted).",
                hint: "Raise memory_budget, or make the query return or collect less.")
        }
        guard let memory = aligned_alloc(64, bytes) else {
            heldBytes.wrappingSubtract(bytes, ordering: .relaxed)
            throw .runtime(
                .memory, "OutOfMemory", "The system refused \(bytes) bytes of memory.",
                hint: "Lower memory_budget below what the machine has free.")
        }
        var highest = peak.load(ordering: .relaxed)
        while held > highest {
            let exchange = peak.compareExchange(
                expected: highest, desired: held, ordering: .relaxed)
            if exchange.exchanged { break }
            highest = exchange.original
        }
        return memory
    }

    /// Takes pages back.
    func release(_ memory: UnsafeMutableRawPointer, pages count: Int) {
        free(memory)
        heldBytes.wrappingSubtract(count * PagePool.pageByteCount, ordering: .relaxed)
    }
}
