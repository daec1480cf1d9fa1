// WriterMemory: the private memory of a write transaction: arrays of changed chunks, nodes of
// changed indexes. It is taken deep within code that must not fail half way, so it is noted in the
// account of the transaction that is at work on this thread; the transaction looks at its account
// before each change.
//
// When the system refuses memory, a reserve that was put by at the opening of the first store is
// given back to it, which lets the step come to its end; the transaction then fails at its next
// look, before the next change.

import CNenKernels
import Glibc
import NenCore
import Synchronization

/// Memory charged to the transaction of this thread.
enum WriterMemory {
    /// The account of the transaction at work on this thread; nil outside (bulk loads, replay).
    @inline(__always)
    static var account: MemoryAccount? {
        guard let pointer = nen_writer_account() else { return nil }
        return Unmanaged<MemoryAccount>.fromOpaque(pointer).takeUnretainedValue()
    }

    /// Runs `body` with private memory charged to `account`.
    static func charging<Output, Failure>(
        _ account: MemoryAccount, _ body: () throws(Failure) -> Output
    ) throws(Failure) -> Output {
        let before = nen_writer_account()
        nen_set_writer_account(Unmanaged.passUnretained(account).toOpaque())
        defer { nen_set_writer_account(before) }
        return try withExtendedLifetime(account, body)
    }

    /// `byteCount` zeroed bytes, to be given back with `free`.
    static func zeroed(_ byteCount: Int) -> UnsafeMutableRawPointer {
        sure(byteCount) { calloc(1, byteCount) }
    }

    /// `byteCount` bytes, to be given back with `free`.
    static func uncleared(_ byteCount: Int) -> UnsafeMutableRawPointer {
        sure(byteCount) { malloc(byteCount) }
    }

    /// A block of this memory made `byteCount` bytes long; it may have moved.
    static func resized(
        _ memory: UnsafeMutableRawPointer, to byteCount: Int
    ) -> UnsafeMutableRawPointer {
        sure(byteCount) { realloc(memory, byteCount) }
    }

    @inline(__always)
    private static func sure(
        _ byteCount: Int, _ allocate: () -> UnsafeMutableRawPointer?
    ) -> UnsafeMutableRawPointer {
        if let memory = allocate() { return memory }
        if Reserve.spend(), let memory = allocate() { return memory }
        preconditionFailure("the system refused \(byteCount) bytes and those of the reserve")
    }

    /// Before a change.
    ///
    /// - Throws: `MemoryLimitExceeded(OutOfMemory)` when the reserve is spent and the system still
    ///   has nothing to put by.
    @inline(__always)
    static func checkReserve() throws(NQLError) {
        if Reserve.isSpent { try Reserve.refill() }
    }

    /// Memory put by for steps that must come to their end.
    enum Reserve {
        private static let byteCount = 4 << 20
        private static let block = Mutex<UInt>(0)
        private static let spent = Atomic<Bool>(false)

        /// Whether the reserve has been given to a step that needed it.
        @inline(__always)
        static var isSpent: Bool { spent.load(ordering: .relaxed) }

        /// Puts the reserve by, unless it is.
        static func refill() throws(NQLError) {
            let isThere = block.withLock { block in
                if block == 0 { block = UInt(bitPattern: malloc(byteCount)) }
                return block != 0
            }
            guard isThere else { throw MemoryAccount.refusedBySystem(byteCount, for: .changes) }
            spent.store(false, ordering: .relaxed)
        }

        /// Gives the reserve back to the system; false when there is none.
        static func spend() -> Bool {
            block.withLock { block in
                if block == 0 { return false }
                free(UnsafeMutableRawPointer(bitPattern: block))
                block = 0
                spent.store(true, ordering: .relaxed)
                return true
            }
        }
    }
}

/// Bytes of objects that are not arrays, in the account of this thread's transaction for as long as
/// the note lives.
final class WriterMemoryNote {
    private let account: MemoryAccount?
    private let byteCount: Int

    init(_ byteCount: Int) {
        self.byteCount = byteCount
        account = WriterMemory.account
        account?.note(byteCount)
    }

    deinit { account?.release(byteCount) }
}
