// DatabaseOptions: how a database is opened, and what its queries may use unless a session says
// otherwise.

import Glibc
import NQLPlan
import NQLPlanner
import NenCore
import NenEngine

/// When a commit counts as safe.
public enum DurabilityLevel: String, Sendable, Hashable, CaseIterable {
    /// Acknowledged commits survive a crash of the machine.
    case full
    /// Acknowledged commits survive a crash of the process; a crash of the machine may take the
    /// last moments.
    case normal
    /// No bound between two checkpoints.
    case off
}

/// What happens with a database whose log is damaged in its middle.
public enum RecoveryLevel: String, Sendable, Hashable, CaseIterable {
    /// Opening fails with a `CorruptionError` that names the place.
    case strict
    /// Everything up to the damage is kept, the rest is given up.
    case lastValid
}

/// Which queries are turned away before they run.
public enum MemoryAdmission: String, Sendable, Hashable, CaseIterable {
    /// Those whose floor exceeds the budget: they cannot succeed.
    case floor
    /// Those, too, whose expected peak exceeds the budget.
    case predicted
}

/// Which files statements may name: see `DatabaseOptions.fileAccess`.
public typealias FileAccess = NenEngine.FileAccess

/// The rules of the optimizer.
public enum OptimizerRules {
    /// Their names, in the order in which they run.
    public static var names: [String] { RuleSequence.names }

    /// Kinds of step between which costs decide, for `QueryLimits.forcedCandidate`.
    public static var candidates: [String] { PlanCandidate.allCases.map(\.rawValue) }
}

/// What one query may use.
public struct QueryLimits: Sendable, Hashable {
    /// Bytes of memory that grow with data.
    public var memoryBudgetBytes: Int
    /// Which queries are turned away before they run.
    public var admission: MemoryAdmission
    /// Threads of one query.
    public var threadCount: Int
    /// After so long a statement ends with `Interrupted`, from its text to its last row; nil for no
    /// limit.
    public var timeoutMilliseconds: Int?
    /// Rules of the optimizer that are switched off, by the names of `OptimizerRules.names`. They
    /// change how a query runs, never what it gives.
    public var disabledRules: Set<String> = []
    /// A kind of step that the planner takes wherever it can, by the names of
    /// `OptimizerRules.candidates`, whatever it costs; for tests. It changes how a query runs,
    /// never what it gives. Other names force nothing.
    public var forcedCandidate: String?

    /// Half of the machine's memory, all its cores, no time limit.
    public init() {
        memoryBudgetBytes = QueryLimits.machineMemoryBytes / 2
        admission = .floor
        threadCount = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        timeoutMilliseconds = nil
    }

    /// The machine's memory.
    static var machineMemoryBytes: Int {
        let pages = max(1, sysconf(Int32(_SC_PHYS_PAGES)))
        let pageBytes = max(4_096, sysconf(Int32(_SC_PAGESIZE)))
        return pages * pageBytes
    }
}

/// How a database is opened.
public struct DatabaseOptions: Sendable, Hashable {
    /// Writing statements fail; the file is not created.
    public var isReadOnly = false
    /// Opening fails where there is no database yet.
    public var mustExist = false
    /// When a commit counts as safe.
    public var durability = DurabilityLevel.full
    /// What happens with a damaged log.
    public var recovery = RecoveryLevel.strict
    /// How long a writer waits for another one before it fails with `DatabaseBusy`.
    public var busyTimeoutMilliseconds = 5_000
    /// How long a transaction that a session's BEGIN opened for writing may be idle while another
    /// writer waits; then it is rolled back and gives way. nil: for ever.
    public var idleTransactionTimeoutMilliseconds: Int? = 60_000
    /// Most bytes the database may take; nil for what the platform allows.
    public var capacityBytes: Int?
    /// A backup directory into which every checkpoint copies the log before it lets go of it, so
    /// that a restore can go to any commit behind a backup. Give it to every process that writes.
    public var logArchive: String?
    /// Which files statements may read and write.
    public var fileAccess = FileAccess.none
    /// Bytes of memory that all statements, transactions and prepared plans of the database may
    /// hold together; nil for three quarters of the machine's memory, or
    /// `limits.memoryBudgetBytes` where that is more.
    public var memoryLimitBytes: Int?
    /// Whether an idle thread works small changes into the arrays beside which they are stored,
    /// gives columns the encodings that fit, and keeps statistics fresh. It does nothing in a
    /// database that is open for reading only.
    public var maintainsItself = true
    /// Where queries put what exceeds their memory; nil: beside the database, for one that is
    /// opened read-only or lies in memory where the system has its temporary files. Nothing stays
    /// there.
    public var temporaryDirectory: String?
    /// Bytes that all temporary files may have together; nil for what the disk has.
    public var temporaryLimitBytes: Int?
    /// What queries may use.
    public var limits = QueryLimits()

    /// The defaults.
    public init() {}

    /// `memoryLimitBytes`, or what stands for it.
    var memoryLimit: Int {
        memoryLimitBytes
            ?? max(QueryLimits.machineMemoryBytes / 4 * 3, limits.memoryBudgetBytes)
    }

    /// The options as the engine takes them.
    var engineOptions: EngineOptions {
        var engine = EngineOptions()
        if let capacityBytes { engine.capacityBytes = capacityBytes }
        switch durability {
        case .full: engine.durability = .full
        case .normal: engine.durability = .normal
        case .off: engine.durability = .off
        }
        engine.busyTimeoutMilliseconds = busyTimeoutMilliseconds
        engine.isReadOnly = isReadOnly
        engine.mustExist = isReadOnly || mustExist
        engine.recoversLastValid = recovery == .lastValid
        engine.logArchive = logArchive
        engine.fileAccess = fileAccess
        engine.memoryLimitBytes = memoryLimit
        engine.maintainsItself = maintainsItself
        engine.temporaryDirectory = temporaryDirectory
        if let temporaryLimitBytes { engine.temporaryLimitBytes = temporaryLimitBytes }
        return engine
    }
}
