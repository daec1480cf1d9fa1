// RootOwner: what the page layer asks of the layer above it, which alone knows what roots mean.

/// The redo bytes of one committed transaction; valid only during the call that hands it out.
struct LogGroup {
    /// Number of the transaction; groups come in ascending order.
    let transaction: UInt64
    /// Everything the transaction gave to `PageTransaction.log`, concatenated.
    let payload: UnsafeRawBufferPointer
}

/// Writes, replays and walks the persistent tree under a root. Given at open and kept.
protocol RootOwner: AnyObject, Sendable {
    /// Writes the root of an empty graph. Called once, when a file is created.
    func makeEmptyRoot(in transaction: PageTransaction) throws -> ExtentDescriptor

    /// Redoes committed transactions in order, in one page transaction; returns the new root.
    func replay(
        _ groups: [LogGroup], onto root: ExtentDescriptor, in transaction: PageTransaction
    ) throws -> ExtentDescriptor

    /// Calls `body` once for every extent reachable from `root`, the root included, each before
    /// what hangs under it; where `body` says false, what hangs under the extent is left out.
    func walkExtents(
        of root: ExtentDescriptor, in store: PageStore,
        _ body: (ExtentDescriptor) throws -> Bool
    ) throws
}

extension RootOwner {
    /// Calls `body` once for every extent reachable from `root`, the root included.
    func forEachExtent(
        of root: ExtentDescriptor, in store: PageStore,
        _ body: (ExtentDescriptor) throws -> Void
    ) throws {
        try walkExtents(of: root, in: store) {
            try body($0)
            return true
        }
    }
}
