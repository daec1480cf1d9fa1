// GraphStore: the graph of one open database: snapshots, the one writer, maintenance.

import NenCore
import Synchronization

/// Thread-safe; the page store under it is shared by all who open the same file.
final class GraphStore: Sendable {
    let pages: PageStore
    let context: StoreContext
    /// The states of the newest roots, oldest first.
    private let states = Mutex<[GraphState]>([])
    private static let stateCountMax = 4

    init(pages: PageStore) throws {
        self.pages = pages
        context = try StoreContext(store: pages)
    }

    /// Opens or creates a database file.
    static func open(
        path: String, options: StoreOptions = StoreOptions(), fileSystem: any FileSystem
    ) throws -> GraphStore {
        let pages = try PageStore.open(
            path: path, options: options, fileSystem: fileSystem, owner: GraphRootOwner())
        return try GraphStore(pages: pages)
    }

    /// An empty graph that lives as long as the process keeps it.
    static func inMemory(options: StoreOptions = StoreOptions()) throws -> GraphStore {
        try GraphStore(pages: try PageStore.inMemory(options: options, owner: GraphRootOwner()))
    }

    var openReport: OpenReport { pages.openReport }

    /// The newest published state, pinned.
    func snapshot() throws -> GraphView {
        let pin = try pages.pin()
        return GraphView(context: context, state: try state(of: pin.root), pin: pin)
    }

    /// The write transaction; waits for the one before as long as the busy timeout says.
    ///
    /// - Parameter account: what its private memory is charged to.
    func beginWrite(
        account: MemoryAccount = MemoryAccount(.transaction)
    ) throws -> WriteTransaction {
        try writeTransaction(try pages.beginWrite(), account)
    }

    private func writeTransaction(
        _ transaction: PageTransaction, _ account: MemoryAccount
    ) throws -> WriteTransaction {
        do {
            let state = try state(of: transaction.root)
            return WriteTransaction(
                context: context, state: state, pages: transaction, account: account,
                publish: { [weak self] in self?.remember($0) })
        } catch {
            transaction.abort()
            throw error
        }
    }

    /// The write transaction, unless another one, of any process, is open or waited for.
    func beginWriteIfFree() throws -> WriteTransaction? {
        guard let transaction = try pages.beginWriteIfFree() else { return nil }
        return try writeTransaction(transaction, MemoryAccount(.transaction))
    }

    /// The state of a root: known, or read.
    private func state(of extent: ExtentDescriptor) throws -> GraphState {
        let (known, latest) = states.withLock { list in
            (list.last { $0.extent == extent }, list.last)
        }
        if let known { return known }
        let loaded = try GraphState.load(extent, context: context, previous: latest)
        remember(loaded)
        return loaded
    }

    private func remember(_ state: GraphState) {
        states.withLock { list in
            list.append(state)
            if list.count > GraphStore.stateCountMax { list.removeFirst() }
        }
    }

    /// Makes the data file current and empties the log.
    func checkpoint() throws { try pages.checkpoint() }

    /// Ends the use of the database; open snapshots stay valid until released.
    func close() throws { try pages.close() }
}
