// StoreRegistry: the stores open in this process, so that a file opened twice is one core.
import CNenKernels
import NenCore

/// Weakly refers to every open core by the identity of its data file.
final class StoreRegistry: @unchecked Sendable {
    static let shared = StoreRegistry()

    /// What makes two opens the same: the file, and whether it may be written.
    struct Key: Hashable {
        var file: FileIdentity
        var isReadOnly: Bool
    }

    private struct Entry {
        weak var store: PageStore?
    }

    private let monitor = Monitor()
    private var entries: [Key: Entry] = [:]
    private var opening: Set<Key> = []

    /// The open core for `key`, or the one that `open` makes; others asking meanwhile wait.
    func store(for key: Key, open: () throws -> PageStore) throws -> PageStore {
        monitor.lock()
        while opening.contains(key) { monitor.wait() }
        if let store = entries[key]?.store, store.join() {
            monitor.unlock()
            return store
        }
        opening.insert(key)
        monitor.unlock()
        defer {
            monitor.lock()
            opening.remove(key)
            monitor.signalAll()
            monitor.unlock()
        }
        let store = try open()
        monitor.withLock {
            entries = entries.filter { $0.value.store != nil }
            entries[key] = Entry(store: store)
        }
        return store
    }
}
