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
}
