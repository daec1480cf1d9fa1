// StatementState: what all workers of one running statement share: memory, limits, parameters, and
// the flags that stop it.

import Glibc
import NenCore
import Synchronization

/// How a statement is run.
public struct ExecutionOptions: Sendable {
    /// Bytes of query memory.
    public var memoryBudgetBytes: Int
    /// Threads that may work on it, the calling one included.
    public var threads: Int
    /// nil: no limit.
    public var timeoutMilliseconds: Int?
    /// Rows, time and bytes per operator are measured.
    public var isProfiling: Bool

    public init(
        memoryBudgetBytes: Int = 4 << 30, threads: Int = 1, timeoutMilliseconds: Int? = nil,
        isProfiling: Bool = false
    ) {
        self.memoryBudgetBytes = memoryBudgetBytes
        self.threads = threads
        self.timeoutMilliseconds = timeoutMilliseconds
        self.isProfiling = isProfiling
    }
}

/// What a statement changed; see the protocol of the command for what is counted.
public struct UpdateCounters: Sendable, Hashable {
    public var nodesCreated = 0
    public var nodesDeleted = 0
    public var relationshipsCreated = 0
    public var relationshipsDeleted = 0
    public var labelsAdded = 0
    public var labelsRemoved = 0
    public var propertiesSet = 0

    public init() {}

    /// What both did together.
    public static func + (left: UpdateCounters, right: UpdateCounters) -> UpdateCounters {
        var sum = left
        sum.nodesCreated += right.nodesCreated
        sum.nodesDeleted += right.nodesDeleted
        sum.relationshipsCreated += right.relationshipsCreated
        sum.relationshipsDeleted += right.relationshipsDeleted
        sum.labelsAdded += right.labelsAdded
        sum.labelsRemoved += right.labelsRemoved
        sum.propertiesSet += right.propertiesSet
        return sum
    }
}

/// What one operator did.
public struct OperatorProfile: Sendable, Hashable {
    /// Rows handed out.
    public var rows = 0
    /// Time in this operator alone, in nanoseconds, all workers together.
    public var nanoseconds = 0
    /// Most bytes it held.
    public var bytes = 0

    public init(rows: Int = 0, nanoseconds: Int = 0, bytes: Int = 0) {
        self.rows = rows
        self.nanoseconds = nanoseconds
        self.bytes = bytes
    }
}

/// Stops a running statement from another thread.
public final class CancellationToken: Sendable {
    private let isSet = Atomic<Bool>(false)

    public init() {}

    /// Makes the statement fail with `Interrupted` at its next batch.
    public func cancel() { isSet.store(true, ordering: .relaxed) }

    /// Lets statements run again.
    public func reset() { isSet.store(false, ordering: .relaxed) }

    /// Whether `cancel` was called since the last `reset`.
    public var isRaised: Bool { isSet.load(ordering: .relaxed) }
}

/// Shared by the workers of one statement.
final class StatementState: Sendable {
    let pool: PagePool
    let options: ExecutionOptions
    let token: CancellationToken
    /// Monotonic nanoseconds after which the statement fails; `.max` for none.
    private let deadline: UInt64
    /// Set by the first worker that fails.
    private let hasFailed = Atomic<Bool>(false)
    /// Work units (chunks) done by scans, for progress reports.
    private let chunksScanned = Atomic<Int>(0)

    /// - Parameter account: of the write transaction or the database that the statement runs in.
    init(
        options: ExecutionOptions, token: CancellationToken, within account: MemoryAccount? = nil
    ) {
        self.options = options
        self.token = token
        pool = PagePool(
            account: MemoryAccount(
                .statement, limitBytes: options.memoryBudgetBytes, parent: account))
        if let limit = options.timeoutMilliseconds {
            deadline = StatementState.now() &+ UInt64(max(0, limit)) &* 1_000_000
        } else {
            deadline = .max
        }
    }

    /// Monotonic clock in nanoseconds.
    static func now() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
    }

    /// Chunks that scans have read so far.
    var progress: Int { chunksScanned.load(ordering: .relaxed) }

    func noteChunk() { chunksScanned.wrappingAdd(1, ordering: .relaxed) }

    /// Tells the other workers to stop.
    func fail() { hasFailed.store(true, ordering: .relaxed) }

    /// Asked once per batch.
    ///
    /// - Throws: `Interrupted` when the statement was cancelled or its time is up.
    func checkInterrupt() throws(NQLError) {
        if token.isRaised || hasFailed.load(ordering: .relaxed) {
            throw .runtime(.interrupted, "Cancelled", "The statement was cancelled.")
        }
        if deadline != .max, StatementState.now() > deadline {
            throw .runtime(
                .interrupted, "Timeout",
                "The statement took longer than \(options.timeoutMilliseconds ?? 0) ms.",
                hint: "Raise the timeout or make the statement do less.")
        }
    }
}
