// StoreOptions and OpenReport: what an opener asks of the page layer, and what it is told.

/// When a commit counts as done.
enum Durability: Sendable {
    /// After its log record is on disk.
    case full
    /// After the operating system has it: survives a killed process; a failing machine may take the
    /// last moments.
    case normal
    /// As `normal`, but only checkpoints reach the disk on purpose.
    case off
}

/// What open does when committed data is damaged.
enum RecoveryMode: Sendable {
    /// Refuses with a typed error that names the place.
    case strict
    /// Goes on with the last state that can be read, and reports what was dropped.
    case lastValid
}

/// How a store is opened.
struct StoreOptions: Sendable {
    /// Upper bound of the data file; the allocator enforces it, 2 % are kept for maintenance.
    var capacityBytes = 1 << 40
    var durability = Durability.full
    /// How long `beginWrite` and `open` wait for others before `DatabaseBusy`.
    var busyTimeoutMilliseconds = 5_000
    var isReadOnly = false
    /// Log bytes after which a checkpoint starts on its own.
    var checkpointLogBytes = 16 << 20
    /// A transaction with more redo bytes commits by checkpoint.
    var bulkLogBytes = 64 << 20
    /// Size of one log segment (a multiple of 4,096, at least 8,192). Fixed when a log is created.
    var logSegmentBytes = 1 << 20
    var recovery = RecoveryMode.strict
    /// False: a core of its own even where this process has the file open already, as if it were
    /// another process.
    var sharesCore = true
    /// Refuses to create a database where there is none.
    var mustExist = false
    /// A backup directory into which checkpoints copy the log before they release it.
    var logArchive: String?

    init() {}
}

/// What open found and did.
struct OpenReport: Sendable, Equatable {
    var wasCreated = false
    /// Another process had the database open: its published state was taken over as it is.
    var joinedOthers = false
    /// Transactions replayed from the log, and their redo bytes.
    var replayedTransactions = 0
    var replayedBytes = 0
    /// Bytes of an unfinished, never acknowledged tail of the log that were cut off.
    var droppedTailBytes = 0
    /// Damage that `.lastValid` passed over, in sentences; empty after a healthy open.
    var damage: [String] = []
    /// The free map was unreadable and was rebuilt by walking the tree.
    var rebuiltFreeMap = false
    /// The log was not there, or not this database's, although the database is not new; it is taken
    /// as empty.
    var logWasMissing = false
}
