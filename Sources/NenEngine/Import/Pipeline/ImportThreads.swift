// ImportThreads: a phase of the import on several threads, and the order between their results.

import Glibc
import NenCore

/// Runs one closure on several threads.
enum ImportThreads {
    private final class Start {
        let body: @Sendable (Int) -> Void
        let index: Int
        init(_ body: @escaping @Sendable (Int) -> Void, _ index: Int) {
            self.body = body
            self.index = index
        }
    }

    /// Calls `body` with 0 ..< count, the first on the caller's thread, and waits for all. What
    /// interrupts the caller interrupts them. Calls that get no thread of their own are made by the
    /// caller behind its first.
    ///
    /// - Parameter threadsMax: threads that may be started; tests make it small.
    /// - Throws: The first error that a call threw.
    static func run(
        _ count: Int, threadsMax: Int = .max, _ body: @escaping @Sendable (Int) throws -> Void
    ) throws {
        try Interruption.check()
        guard count > 0 else { return }
        let failure = FirstError()
        let interruption = Interruption.current
        let guarded: @Sendable (Int) -> Void = { index in
            do {
                if let interruption {
                    try interruption.run { try body(index) }
                } else {
                    try body(index)
                }
            } catch {
                failure.note(error)
            }
        }
        var threads: [pthread_t] = []
        var left: [Int] = []
        for index in 1..<count {
            guard threads.count < threadsMax else {
                left.append(index)
                continue
            }
            var thread = pthread_t()
            let start = Unmanaged.passRetained(Start(guarded, index))
            let status = pthread_create(&thread, nil, { raw in
                guard let raw else { return nil }
                let start = Unmanaged<Start>.fromOpaque(raw).takeRetainedValue()
                start.body(start.index)
                return nil
            }, start.toOpaque())
            if status == 0 {
                threads.append(thread)
            } else {
                start.release()
                left.append(index)
            }
        }
        guarded(0)
        for index in left { guarded(index) }
        for thread in threads { pthread_join(thread, nil) }
        if let error = failure.error { throw error }
    }
}

/// Keeps the first error of several threads.
final class FirstError: @unchecked Sendable {
    // Sendable: guarded by the monitor.
    private let monitor = Monitor()
    private var stored: (any Error)?

    var error: (any Error)? { monitor.withLock { stored } }

    func note(_ error: any Error) {
        monitor.withLock { if stored == nil { stored = error } }
    }
}

/// Hands out turns 0, 1, 2, … in order: workers finish out of order, results are taken in order.
final class OrderedTurns: @unchecked Sendable {
    // Sendable: guarded by the monitor.
    private let monitor = Monitor()
    private var next = 0
    private var isCancelled = false

    /// Waits for turn `number`.
    ///
    /// - Returns: false when another worker failed: there will be no further turns.
    func begin(_ number: Int) -> Bool {
        monitor.lock()
        defer { monitor.unlock() }
        while next != number, !isCancelled { monitor.wait() }
        return !isCancelled
    }

    /// Ends the turn in hand.
    func end() {
        monitor.withLock {
            next += 1
            monitor.signalAll()
        }
    }

    /// Lets all waiting workers go.
    func cancel() {
        monitor.withLock {
            isCancelled = true
            monitor.signalAll()
        }
    }
}
