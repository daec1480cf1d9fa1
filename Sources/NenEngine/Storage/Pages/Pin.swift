// Pin: a snapshot. While it lives, nothing its root reaches is reused.

/// Holds one published root.
final class Pin: @unchecked Sendable {
    let store: PageStore
    let root: ExtentDescriptor
    /// Number of the transaction that published the root.
    let transaction: UInt64

    init(store: PageStore, record: RootRecord) {
        self.store = store
        root = record.root
        transaction = record.transaction
    }

    deinit { store.pins.release(transaction) }
}
