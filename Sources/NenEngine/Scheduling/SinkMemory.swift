// SinkMemory: what one sink may hold, and the file for the rest. A sink asks before it takes a
// batch's rows; when it is refused, it writes what it holds to its file and goes on. So memory is
// granted by what is free of the budgets of the statement and of the database at that moment,
// whoever else holds the rest: other sinks, workers, statements.
//
// A share of the budget is never granted: operators below a sink need memory for their batches, and
// spilling and reading back need some themselves. Of it a sink that holds next to nothing gets a
// little, so that it has something worth writing.

import NenCore
import Synchronization

/// The grants and the temporary file of one sink; shared by the tasks that gather for it.
final class SinkMemory: Sendable {
    private let statement: StatementState
    private let file = Mutex<TemporaryFile?>(nil)
    private let written = Atomic<Int>(0)

    init(_ context: ExecutionContext) { statement = context.statement }

    /// Bytes of a budget that are not granted: a quarter, but some pages for each thread's
    /// operators at least, and 64 MiB at most.
    static func reserveByteCount(ofBudget budget: Int, threads: Int) -> Int {
        let pages = (threads + 1) * 8 * PagePool.pageByteCount
        return min(budget / 2, max(min(budget / 4, 64 << 20), pages))
    }

    /// Whether `more` bytes may be taken; when not, the sink spills first.
    ///
    /// - Parameter held: what the asking task holds for the sink.
    @inline(__always)
    func allows(_ more: Int, holding held: @autoclosure () -> Int) -> Bool {
        let free = statement.pool.account.freeBytes - more
        if free >= statement.reserveByteCount { return true }
        return isSmall(held() + more, free)
    }

    @inline(never)
    private func isSmall(_ held: Int, _ free: Int) -> Bool {
        if statement.temporary == nil { return true }
        let reserve = statement.reserveByteCount
        return held <= reserve / 8 && free >= reserve / 4 * 3
    }

    /// Bytes of an image of rows that is written or read at once.
    var imageByteCount: Int { min(max(statement.budgetByteCount / 64, 16 << 10), 256 << 10) }

    /// Rows of an image, when a row has so many bytes.
    func rowCount(ofImages rowByteCount: Int) -> Int {
        min(max(imageByteCount / max(1, rowByteCount), 1), Batch.rowCapacity)
    }

    /// Whether all that one holds may be doubled, as tables do when they grow.
    ///
    /// - Parameter leavesHalf: half of the budget must be free then.
    @inline(__always)
    func allowsDoubling(_ held: @autoclosure () -> Int, leavesHalf: Bool = false) -> Bool {
        let account = statement.pool.account
        let free = account.freeBytes
        if leavesHalf, statement.temporary == nil { return true }
        let wanted = leavesHalf ? statement.budgetByteCount / 2 : statement.reserveByteCount
        // What all hold together is more than what one holds.
        if free - account.heldBytes >= wanted { return true }
        let own = held()
        return free - own >= wanted || !leavesHalf && isSmall(2 * own, free - own)
    }

    /// Bytes that one may gather before they are dealt to partitions and written.
    var gatheredByteCount: Int { 16 * imageByteCount }

    /// Whether so much is held that who has gathered all its rows had better write them.
    var isScarce: Bool {
        statement.temporary != nil
            && statement.pool.account.freeBytes < statement.budgetByteCount / 2
    }

    /// How many images of `byteCount` bytes may be held to be read side by side; at least two.
    func imageCount(of byteCount: Int) -> Int {
        let free = statement.pool.account.freeBytes - statement.reserveByteCount / 4
        return min(max(free / 2 / max(1, byteCount), 2), 256)
    }

    /// The sink's file, made when it is first asked for.
    ///
    /// - Throws: `IOError`; `MemoryLimitExceeded` where there can be no file.
    func rowFile(_ pool: PagePool) throws(NQLError) -> RowFile {
        guard let space = statement.temporary else {
            preconditionFailure("a sink spills in a statement without temporary files")
        }
        let shared = try file.withLock { file throws(NQLError) in
            if let file { return file }
            let made = try space.makeFile()
            file = made
            return made
        }
        return RowFile(shared, pool: pool)
    }

    /// What is written from now on goes to another file; the one before ends with its last rows.
    func beginFile() {
        file.withLock { file in
            written.wrappingAdd(file?.byteCount ?? 0, ordering: .relaxed)
            file = nil
        }
    }

    /// Bytes written to files so far, for PROFILE.
    var writtenByteCount: Int {
        file.withLock { $0?.byteCount ?? 0 } + written.load(ordering: .relaxed)
    }
}
