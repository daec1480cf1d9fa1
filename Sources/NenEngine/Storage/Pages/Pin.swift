// Pin: a snapshot. While it lives, nothing its root reaches is reused.

/// Holds one published root.
final class Pin: @unchecked Sendable {
    let store: PageStore
    let root: ExtentDescriptor
    /// Number of the transaction that published the root.
    let transaction: UInt64
    /// The log's position behind that transaction.
    let logEnd: LogPosition

    init(store: PageStore, record: RootRecord) {
        self.store = store
        root = record.root
        transaction = record.transaction
        logEnd = LogPosition(lsn: record.logEnd, chain: record.logChain)
    }

    deinit { store.pins.release(transaction) }
}
