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
    /// Rows, time and bytes per operator are measured.
    public var isProfiling: Bool
    /// What is told of it while it runs; nil for parts of other statements.
    public var note: StatementNote?

    public init(
        memoryBudgetBytes: Int = 4 << 30, threads: Int = 1, isProfiling: Bool = false,
        note: StatementNote? = nil
    ) {
        self.note = note
        self.memoryBudgetBytes = memoryBudgetBytes
        self.threads = threads
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
    /// Bytes it wrote to temporary files.
    public var spilledBytes = 0

    public init(
        rows: Int = 0, nanoseconds: Int = 0, bytes: Int = 0, spilledBytes: Int = 0
    ) {
        self.rows = rows
        self.nanoseconds = nanoseconds
        self.bytes = bytes
        self.spilledBytes = spilledBytes
    }
}

/// Shared by the workers of one statement.
final class StatementState: Sendable {
    let pool: PagePool
    let options: ExecutionOptions
    /// Its deadline and cancellation.
    let interruption: Interruption
    /// Work units (chunks) done by scans, for progress reports.
    private let chunksScanned = Atomic<Int>(0)
    /// Where sinks put what exceeds their memory; nil: they fail then.
    let temporary: TemporarySpace?
    /// Bytes that were free for the statement when it began.
    let budgetByteCount: Int
    /// Bytes of them that no sink gets (SinkMemory.swift).
    let reserveByteCount: Int

    /// Where it is told of, and under which number.
    private let registration: (list: RunningStatements, number: UInt64)?

    /// - Parameters:
    ///   - account: of the write transaction or the database that the statement runs in.
    ///   - running: where a statement with a note is told of while it lives.
    init(
        options: ExecutionOptions, interruption: Interruption,
        within account: MemoryAccount? = nil, spillingTo temporary: TemporarySpace? = nil,
        among running: RunningStatements? = nil
    ) {
        self.options = options
        self.interruption = interruption
        self.temporary = temporary
        pool = PagePool(
            account: MemoryAccount(
                .statement, limitBytes: options.memoryBudgetBytes, parent: account))
        registration =
            if let running, let note = options.note {
                (running, running.begin(note, pool.account, interruption))
            } else {
                nil
            }
        budgetByteCount = pool.account.freeBytes
        reserveByteCount = SinkMemory.reserveByteCount(
            ofBudget: budgetByteCount, threads: options.threads)
    }

    deinit { if let registration { registration.list.end(registration.number) } }

    /// Monotonic clock in nanoseconds.
    static func now() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
    }

    /// Counts the values of parameters, which live as long as the statement.
    func charge(_ parameters: [String: Value]) throws(NQLError) {
        if parameters.isEmpty { return }
        let bytes = parameters.values.reduce(0) { $0 + $1.memoryByteCount }
        try pool.account.charge(bytes, for: .parameters)
    }

    /// Chunks that scans have read so far.
    var progress: Int { chunksScanned.load(ordering: .relaxed) }

    func noteChunk() { chunksScanned.wrappingAdd(1, ordering: .relaxed) }

    /// Asked once per batch.
    ///
    /// - Throws: `Interrupted` when the statement was cancelled or its time is up.
    func checkInterrupt() throws(NQLError) { try interruption.check() }
}
