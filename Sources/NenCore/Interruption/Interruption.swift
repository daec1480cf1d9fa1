// Interruption: the one deadline and the one cancellation of a statement, from its text to its last
// row. Whoever takes a statement's text makes one and runs all work on it inside `run`, which makes
// it the current one of the thread; lexer, planner, kernels and waits then ask without being handed
// anything, as code of Swift's concurrency asks `Task.isCancelled`.
//
// Loops count their work (`spend`) in units of about a nanosecond: that is one subtraction; only
// every `lookInterval` units is the clock read. What must not fail half-way (undoing, publishing)
// runs inside `Interruption.suspended`.
//
// An interruption that is over stays over, whatever becomes of the token. So a loop that cannot
// throw may stop early with any result (`isOver(after:)`): the next `check` throws, and one stands
// before everything that leaves a statement: rows, and the publication of changes.

import CNenKernels
import Synchronization

/// The deadline and the cancellation of one statement.
public final class Interruption: Sendable {
    /// Units of work between two looks at the clock.
    public static let lookInterval: Int64 = 100_000
    /// How long a wait that nothing can wake may last before it looks again.
    public static let waitSliceMilliseconds = 20

    private enum Verdict: UInt8, AtomicRepresentable {
        case running, cancelled, late
    }

    /// Monotonic nanoseconds after which the statement is over; `.max` for none. Changes, as the
    /// timeout does, only between two runs of a statement.
    private let deadline: Atomic<UInt64>
    private let timeoutMilliseconds: Atomic<Int>
    private let token: CancellationToken?
    private let verdict = Atomic<Verdict>(.running)

    /// - Parameters:
    ///   - timeoutMilliseconds: time from now on; nil for no limit.
    ///   - token: the switch that cancels from outside.
    ///   - whole: the work that this is a part of; it is late when that is.
    public init(
        timeoutMilliseconds: Int? = nil, token: CancellationToken? = nil,
        within whole: Interruption? = nil
    ) {
        self.token = token
        let limit = Interruption.limit(timeoutMilliseconds, within: whole)
        deadline = Atomic(limit.deadline)
        self.timeoutMilliseconds = Atomic(limit.timeout)
    }

    /// The deadline of work that begins now, and the timeout that it comes from.
    private static func limit(
        _ timeoutMilliseconds: Int?, within whole: Interruption?
    ) -> (deadline: UInt64, timeout: Int) {
        let own = deadline(inMilliseconds: timeoutMilliseconds)
        if let whole {
            let outer = whole.deadline.load(ordering: .relaxed)
            if outer < own { return (outer, whole.timeoutMilliseconds.load(ordering: .relaxed)) }
        }
        return (own, max(0, timeoutMilliseconds ?? 0))
    }

    /// Begins anew for another run of the same statement, under the same token. Only for the one
    /// who runs it, while nobody works on it.
    public func restart(timeoutMilliseconds: Int?, within whole: Interruption?) {
        let limit = Interruption.limit(timeoutMilliseconds, within: whole)
        deadline.store(limit.deadline, ordering: .relaxed)
        self.timeoutMilliseconds.store(limit.timeout, ordering: .relaxed)
        verdict.store(.running, ordering: .relaxed)
    }

    /// That many milliseconds from now in monotonic nanoseconds; `.max` for nil.
    private static func deadline(inMilliseconds milliseconds: Int?) -> UInt64 {
        guard let milliseconds else { return .max }
        let (length, overflows) = UInt64(max(0, milliseconds))
            .multipliedReportingOverflow(by: 1_000_000)
        let (end, isBeyond) = nen_monotonic_nanoseconds().addingReportingOverflow(length)
        return overflows || isBeyond ? .max : end
    }

    private init(within whole: Interruption) {
        deadline = Atomic(whole.deadline.load(ordering: .relaxed))
        timeoutMilliseconds = Atomic(whole.timeoutMilliseconds.load(ordering: .relaxed))
        token = whole.token
    }

    /// A part of the statement that can be stopped alone, under the same deadline and token.
    public func part() -> Interruption { Interruption(within: self) }

    /// Stops whoever works on this part.
    public func stop() { settle(.cancelled) }

    private func settle(_ end: Verdict) {
        _ = verdict.compareExchange(expected: .running, desired: end, ordering: .relaxed)
    }

    /// Whether the statement was cancelled or its time is up; once true, always true.
    public var isOver: Bool {
        if verdict.load(ordering: .relaxed) != .running { return true }
        if token?.isRaised ?? false {
            settle(.cancelled)
            return true
        }
        let deadline = deadline.load(ordering: .relaxed)
        if deadline != .max, nen_monotonic_nanoseconds() >= deadline {
            settle(.late)
            return true
        }
        return false
    }

    /// Reads the switch and the clock.
    ///
    /// - Throws: `Interrupted` when the statement was cancelled or its time is up.
    public func check() throws(NQLError) {
        if isOver { throw error }
    }

    /// What the statement fails with when it is over.
    private var error: NQLError {
        if verdict.load(ordering: .relaxed) == .late {
            return .runtime(
                .interrupted, "Timeout",
                "The statement took longer than "
                    + "\(timeoutMilliseconds.load(ordering: .relaxed)) ms.",
                hint: "Raise the timeout or make the statement do less.")
        }
        return .runtime(.interrupted, "Cancelled", "The statement was cancelled.")
    }

    // MARK: the thread's own

    /// Runs `body` as work on this statement.
    public func run<Output, Failure: Error>(
        _ body: () throws(Failure) -> Output
    ) throws(Failure) -> Output {
        let before = nen_work_interruption()
        nen_work_enter(Unmanaged.passUnretained(self).toOpaque())
        defer {
            nen_work_enter(before)
            withExtendedLifetime(self) {}
        }
        return try body()
    }

    /// Runs `body` to its end, whatever happens to the statement: for work that must not stop
    /// half-way.
    public static func suspended<Output, Failure: Error>(
        _ body: () throws(Failure) -> Output
    ) throws(Failure) -> Output {
        let before = nen_work_interruption()
        nen_work_enter(nil)
        defer { nen_work_enter(before) }
        return try body()
    }

    /// That of the statement which this thread works on; nil outside of statements.
    public static var current: Interruption? {
        guard let known = nen_work_interruption() else { return nil }
        return Unmanaged<Interruption>.fromOpaque(known).takeUnretainedValue()
    }

    /// As `check` of the current one.
    public static func check() throws(NQLError) {
        try current?.check()
    }

    /// Counts work; looks now and then.
    ///
    /// - Parameter units: the work that was or will be done, in units of about a nanosecond.
    /// - Throws: `Interrupted`.
    @inline(__always)
    @inlinable
    public static func spend(_ units: Int) throws(NQLError) {
        if nen_work_spend(Int64(truncatingIfNeeded: units)) { try look() }
    }

    /// As `spend`, for loops that cannot throw: true when they should end with any result.
    @inline(__always)
    @inlinable
    public static func isOver(after units: Int) -> Bool {
        nen_work_spend(Int64(truncatingIfNeeded: units)) && !mayGoOn()
    }

    @inline(never)
    @usableFromInline
    static func look() throws(NQLError) {
        if let current, current.isOver { throw current.error }
        nen_work_grant(lookInterval)
    }

    @inline(never)
    @usableFromInline
    static func mayGoOn() -> Bool {
        // Without credit every further piece of work looks again and ends, too.
        if let current, current.isOver { return false }
        nen_work_grant(lookInterval)
        return true
    }
}
