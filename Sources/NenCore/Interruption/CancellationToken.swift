// CancellationToken: a switch that stops statements from another thread or from a signal handler.

import Synchronization

/// Stops running statements from another thread.
public final class CancellationToken: Sendable {
    private let isSet = Atomic<Bool>(false)

    public init() {}

    /// Makes statements fail with `Interrupted` the next time that they look.
    public func cancel() { isSet.store(true, ordering: .relaxed) }

    /// Lets statements run again.
    public func reset() { isSet.store(false, ordering: .relaxed) }

    /// Whether `cancel` was called since the last `reset`.
    public var isRaised: Bool { isSet.load(ordering: .relaxed) }
}
