// StoreOptions: what an opener asks of the page layer.

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

    /// Nothing is created.
    var demandsExistence: Bool { isReadOnly || mustExist }
}
