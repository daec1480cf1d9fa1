// Monitor: a mutex and its condition, with waits that end at a deadline.
import CNenKernels
import Glibc
import NenCore

/// Mutual exclusion between threads of this process. Not recursive.
package final class Monitor: @unchecked Sendable {
    fileprivate let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let condition: UnsafeMutablePointer<pthread_cond_t>

    package init() {
        mutex = .allocate(capacity: 1)
        mutex.initialize(to: pthread_mutex_t())
        pthread_mutex_init(mutex, nil)
        condition = makeCondition()
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    package func lock() { pthread_mutex_lock(mutex) }
    package func unlock() { pthread_mutex_unlock(mutex) }

    /// Runs `body` with the lock held.
    @inline(__always)
    func withLock<Result>(_ body: () throws -> Result) rethrows -> Result {
        lock()
        defer { unlock() }
        return try body()
    }

    /// Gives the lock up until `signalAll`; call it in a loop over the awaited condition.
    func wait() { pthread_cond_wait(condition, mutex) }

    /// As `wait`, but at most until `deadline` (nanoseconds since boot); false when it has passed.
    func wait(until deadline: UInt64) -> Bool { waitFor(condition, mutex, until: deadline) }

    /// As `wait(until:)`, but the statement may be interrupted meanwhile. Call it in a loop over
    /// the awaited condition; it may return early.
    ///
    /// - Throws: `Interrupted`, with the lock held.
    func interruptibleWait(until deadline: UInt64) throws(NQLError) -> Bool {
        try Interruption.check()
        let slice = NenEngine.deadline(inMilliseconds: Interruption.waitSliceMilliseconds)
        return wait(until: min(slice, deadline)) || slice < deadline
    }

    func signalAll() { pthread_cond_broadcast(condition) }

    /// Wakes one of those who wait.
    package func signalOne() { pthread_cond_signal(condition) }

    /// As `wait`, but for so long at most; false when the time has passed.
    package func wait(milliseconds: Int) -> Bool {
        wait(until: NenEngine.deadline(inMilliseconds: milliseconds))
    }
}

/// The moment `milliseconds` from now, in nanoseconds since boot.
func deadline(inMilliseconds milliseconds: Int) -> UInt64 {
    nen_monotonic_nanoseconds() &+ UInt64(max(0, milliseconds)) &* 1_000_000
}

/// Something else that threads wait for under the lock of a monitor, of which one at a time is to
/// be woken.
final class MonitorSignal: @unchecked Sendable {
    private let monitor: Monitor
    private let condition: UnsafeMutablePointer<pthread_cond_t>

    init(of monitor: Monitor) {
        self.monitor = monitor
        condition = makeCondition()
    }

    deinit {
        pthread_cond_destroy(condition)
        condition.deallocate()
    }

    /// As `Monitor.interruptibleWait`, until `signal`. Whoever was woken and does not take what it
    /// waited for passes the signal on.
    ///
    /// - Throws: `Interrupted`, with the lock held.
    func interruptibleWait(until deadline: UInt64) throws(NQLError) -> Bool {
        try Interruption.check()
        let slice = NenEngine.deadline(inMilliseconds: Interruption.waitSliceMilliseconds)
        return waitFor(condition, monitor.mutex, until: min(slice, deadline)) || slice < deadline
    }

    /// Wakes one of those who wait.
    func signal() { pthread_cond_signal(condition) }
}

/// A condition whose waits end by the monotonic clock.
private func makeCondition() -> UnsafeMutablePointer<pthread_cond_t> {
    let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    condition.initialize(to: pthread_cond_t())
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(condition, &attributes)
    pthread_condattr_destroy(&attributes)
    return condition
}

/// Waits at most until `deadline`; false when it has passed.
private func waitFor(
    _ condition: UnsafeMutablePointer<pthread_cond_t>,
    _ mutex: UnsafeMutablePointer<pthread_mutex_t>, until deadline: UInt64
) -> Bool {
    var time = timespec(
        tv_sec: Int(deadline / 1_000_000_000), tv_nsec: Int(deadline % 1_000_000_000))
    return pthread_cond_timedwait(condition, mutex, &time) != ETIMEDOUT
}
