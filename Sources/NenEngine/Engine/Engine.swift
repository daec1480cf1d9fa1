// Engine: one open database as the layers above see it: transactions, the function library,
// registered procedures. Everything else of this module is behind it.

import Glibc
import NQLPlan
import NenCore
import Synchronization

/// How a database is opened.
public struct EngineOptions: Sendable {
    /// When a commit counts as done.
    public enum Durability: Sendable {
        /// After its log record is on disk.
        case full
        /// After the operating system has it.
        case normal
        /// As `normal`, but only checkpoints reach the disk on purpose.
        case off
    }

    /// Upper bound of the data file.
    public var capacityBytes: Int
    public var durability: Durability
    /// How long a writer waits for another one.
    public var busyTimeoutMilliseconds: Int
    public var isReadOnly: Bool
    /// Refuses to create a database where there is none.
    public var mustExist: Bool
    /// Goes on with the last state that can be read when committed data is damaged.
    public var recoversLastValid: Bool
    /// A backup directory into which checkpoints copy the log before they release it.
    public var logArchive: String?
    /// Which files statements may name.
    public var fileAccess: FileAccess
    /// Bytes that all statements of the database may hold together.
    public var memoryLimitBytes = Int.max
    /// Whether maintenance runs by itself while the database is idle.
    public var maintainsItself = true
    /// Where temporary files are; nil: beside the database, for one that is only read or lies in
    /// memory where the system has them.
    public var temporaryDirectory: String?
    /// Bytes that all temporary files of the database may have together.
    public var temporaryLimitBytes = Int.max

    public init(
        capacityBytes: Int = 1 << 40, durability: Durability = .full,
        busyTimeoutMilliseconds: Int = 5_000, isReadOnly: Bool = false,
        mustExist: Bool = false, recoversLastValid: Bool = false,
        fileAccess: FileAccess = .none
    ) {
        self.capacityBytes = capacityBytes
        self.durability = durability
        self.busyTimeoutMilliseconds = busyTimeoutMilliseconds
        self.isReadOnly = isReadOnly
        self.mustExist = mustExist
        self.recoversLastValid = recoversLastValid
        self.fileAccess = fileAccess
    }

    var store: StoreOptions {
        var options = StoreOptions()
        options.capacityBytes = capacityBytes
        switch durability {
        case .full: options.durability = .full
        case .normal: options.durability = .normal
        case .off: options.durability = .off
        }
        options.busyTimeoutMilliseconds = busyTimeoutMilliseconds
        options.isReadOnly = isReadOnly
        options.mustExist = mustExist
        options.recovery = recoversLastValid ? .lastValid : .strict
        options.logArchive = logArchive
        return options
    }
}

/// One open database; thread-safe.
public final class Engine: Sendable {
    let store: GraphStore
    let registry = Mutex(FunctionRegistry())
    /// Looks after the write transactions of sessions.
    let leases: LeaseWatch
    /// Keeps forms and estimates fresh while the database is open.
    let worker: Mutex<MaintenanceWorker?>
    private let maintainsItself: Bool
    /// This handle was closed; others of the same file may be open.
    private let isClosed = Atomic<Bool>(false)
    /// Opens the files that statements name.
    public let files: FileDoor
    /// The statements at work.
    let running = RunningStatements()
    /// Everything that statements, transactions and prepared plans of this database hold.
    public let memory: MemoryAccount
    /// Where statements put what exceeds their memory.
    let temporary: TemporarySpace

    private init(
        _ store: GraphStore, _ directories: AllowedDirectories, _ options: EngineOptions,
        _ temporary: TemporarySpace
    ) {
        self.store = store
        self.temporary = temporary
        leases = LeaseWatch(store)
        maintainsItself = options.maintainsItself
        worker = Mutex(MaintenanceWorker(store, maintains: options.maintainsItself))
        files = FileDoor(directories, own: OwnFiles(store.pages), isReadOnly: options.isReadOnly)
        memory = MemoryAccount(
            .database, limitBytes: min(options.memoryLimitBytes, AddressSpace.grantableBytes))
        registry.withLock { $0.register(MaintenanceProcedure.make(store)) }
    }

    /// Opens or creates a database file.
    public static func open(
        path: String, options: EngineOptions = EngineOptions()
    ) throws(NQLError) -> Engine {
        let directories = try AllowedDirectories(options.fileAccess)
        let storeOptions = options.store
        let store = try storage {
            if let archive = storeOptions.logArchive, !storeOptions.isReadOnly {
                try BackupDirectory.demandPlace(archive, in: RealFileSystem.shared)
            }
            return try GraphStore.open(
                path: path, options: storeOptions, fileSystem: RealFileSystem.shared)
        }
        let directory = options.isReadOnly
            ? Engine.systemDirectory : RealFileSystem.split(path).directory
        let temporary = TemporarySpace(
            RealFileSystem.shared, directory: options.temporaryDirectory ?? directory,
            limitBytes: options.temporaryLimitBytes)
        return Engine(store, directories, options, temporary)
    }

    /// An empty database in memory.
    public static func inMemory(
        options: EngineOptions = EngineOptions()
    ) throws(NQLError) -> Engine {
        try inMemory(options: options, temporaryFilesIn: RealFileSystem.shared)
    }

    static func inMemory(
        options: EngineOptions, temporaryFilesIn fileSystem: any FileSystem
    ) throws(NQLError) -> Engine {
        let directories = try AllowedDirectories(options.fileAccess)
        let storeOptions = options.store
        let store = try storage { try GraphStore.inMemory(options: storeOptions) }
        let temporary = TemporarySpace(
            fileSystem, directory: options.temporaryDirectory ?? Engine.systemDirectory,
            limitBytes: options.temporaryLimitBytes)
        return Engine(store, directories, options, temporary)
    }

    /// Where the system has temporary files.
    private static var systemDirectory: String {
        guard let name = getenv("TMPDIR"), name.pointee != 0 else { return "/tmp" }
        return String(cString: name)
    }

    /// What opening the database found and did.
    public var openReport: OpenReport { store.openReport }

    /// - Throws: `DatabaseError` when this handle of the database was closed.
    public func demandOpen() throws(NQLError) {
        if isClosed.load(ordering: .acquiring) {
            throw .runtime(
                .database, "Closed", "the database is closed",
                hint: "another handle of the same file stays open until it is closed itself")
        }
    }

    /// Runs the body of a write transaction, in which no other may begin.
    public func writing<Output>(_ body: () throws -> Output) rethrows -> Output {
        try Nesting.writing(store.pages, body)
    }

    /// - Throws: `TransactionError` within the body of a write transaction of this database, which
    ///   a statement of its own would not see.
    public func demandOutsideOfWrite() throws(NQLError) {
        if Nesting.isWriting(store.pages) {
            throw .runtime(
                .transaction, "QueryOutsideOfTransaction",
                "A query of the database within `write` would see the graph as it was before.",
                hint: "Use the transaction that `write` hands to its closure, or `read` for the "
                    + "committed state.")
        }
    }

    /// A transaction that reads the newest published state.
    public func beginRead() throws(NQLError) -> EngineTransaction {
        try demandOpen()
        let store = store
        let view = try storage { try store.snapshot() }
        return EngineTransaction(self, view: view, write: nil)
    }

    /// The write transaction; waits for the one before.
    public func beginWrite() throws(NQLError) -> EngineTransaction {
        try demandOpen()
        try Nesting.demandNoWriter(store.pages)
        let store = store
        let account = MemoryAccount(.transaction, parent: memory)
        let write = try storage { try store.beginWrite(account: account) }
        return EngineTransaction(self, view: write, write: write)
    }

    /// Makes the data file current and empties the log.
    public func checkpoint() throws(NQLError) {
        try demandOpen()
        let store = store
        try storage { try store.checkpoint() }
    }

    /// Ends the use of the database by this handle; open transactions and results stay valid until
    /// released. Closing it again does nothing.
    public func close() throws(NQLError) {
        if isClosed.exchange(true, ordering: .acquiringAndReleasing) { return }
        let store = store
        // Its snapshot would outlive the files.
        let old = worker.withLock { $0.take() }
        old?.stop()
        do {
            if old?.maintains ?? false { store.rememberBeforeClose() }
            try storage { try store.close() }
        } catch {
            worker.withLock { $0 = MaintenanceWorker(store, maintains: maintainsItself) }
            isClosed.store(false, ordering: .releasing)
            throw error
        }
    }

    deinit {
        // A handle that is dropped does not count any more for the others' closing.
        if !isClosed.load(ordering: .acquiring) { store.pages.leave() }
    }

    /// The door for files that the program names itself: anything but the database's own files.
    public func trustedFiles() throws(NQLError) -> FileDoor {
        try FileDoor.trusted(own: OwnFiles(store.pages))
    }

    // MARK: functions and procedures

    /// Functions and procedures for the binder.
    public var functionLibrary: any FunctionLibrary { functionTable }

    var functionTable: FunctionTable { registry.withLock(\.table) }

    /// Registers a procedure that yields given rows: each has the inputs' values, then the
    /// outputs'. A call yields the rows whose inputs equal its arguments.
    public func register(procedure signature: ProcedureSignature, rows: [[Value]]) {
        registry.withLock { $0.register(Procedure(signature: signature, body: .rows(rows))) }
    }

    var procedureTable: ProcedureTable {
        registry.withLock { ProcedureTable($0.procedures, aggregates: $0.aggregates) }
    }
}
