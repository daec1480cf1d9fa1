// Cancellation: ends a running query from another thread or from a signal handler.

import NenCore

/// A switch that interrupts queries. `cancel` may be called anywhere, in signal handlers too.
public final class Cancellation: Sendable {
    let token = CancellationToken()

    /// A switch that is off.
    public init() {}

    /// Whether `cancel` was called since the last `reset`.
    public var isCancelled: Bool { token.isRaised }

    /// Ends the running query with `Interrupted`, and those that follow until `reset`.
    public func cancel() { token.cancel() }

    /// Lets queries run again.
    public func reset() { token.reset() }

    /// Runs `body`, in which an import or a check ends when this is cancelled or the time is up.
    ///
    /// - Throws: `Interrupted`, and what `body` throws.
    public func run<Output>(
        timeoutMilliseconds: Int? = nil, _ body: () throws -> Output
    ) throws -> Output {
        try Interruption(timeoutMilliseconds: timeoutMilliseconds, token: token).run(body)
    }
}
