// OpenOptions: the options that say how a database is opened and what its queries may use.

import ArgumentParser
import Glibc
import NenDB

extension DurabilityLevel: ExpressibleByArgument {}
extension MemoryAdmission: ExpressibleByArgument {}

/// Options of every command that opens a database.
struct OpenOptions: ParsableArguments {
    @Flag(name: .long, help: "Open for reading only.")
    var readOnly = false

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Let LOAD CSV and COPY read and write files below this directory too (repeatable).",
            valueName: "directory"))
    var allowFiles: [String] = []

    @Flag(
        name: .long,
        help: "Keep LOAD CSV and COPY from the working directory; --allow-files still counts.")
    var noFiles = false

    @Option(name: .long, help: "Threads of one query (default: one for each core).")
    var threads: Int?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Memory that one query may hold, such as 512MiB (default: half of the machine's).",
            valueName: "size"))
    var memoryBudget: ByteQuantity?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Memory that all statements together may hold (default: three quarters of the "
                + "machine's).",
            valueName: "size"))
    var memoryLimit: ByteQuantity?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Room for what queries hold beyond their memory, in temporary files (default: the "
                + "disk's).",
            valueName: "size"))
    var tempLimit: ByteQuantity?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Where temporary files are (default: beside the database).",
            valueName: "directory"))
    var tempDirectory: String?

    @Option(
        name: .long,
        help: "Turn queries away by their least need (floor) or their expected peak (predicted).")
    var memoryAdmission: MemoryAdmission = .floor

    @Option(
        name: .long,
        help: ArgumentHelp(
            "End statements after this time, such as 30s; SET query_timeout changes it.",
            valueName: "time"))
    var timeout: TimeQuantity?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "How long a writer waits for another (default: 5s).", valueName: "time"))
    var busyTimeout: TimeQuantity?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "How long a BEGIN may be idle while another writer waits (default: 1min).",
            valueName: "time"))
    var idleTransactionTimeout: TimeQuantity?

    @Option(name: .long, help: "When a commit counts as safe.")
    var durability: DurabilityLevel = .full

    @Flag(
        name: .long,
        help: "Open a database with a damaged log, keeping what is valid before the damage.")
    var recoverLastValid = false

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Keep the log in this backup directory too, for restores to any commit.",
            valueName: "directory"))
    var logArchive: String?

    @Flag(name: .long, help: "Leave maintenance to CALL db.maintain().")
    var noMaintenance = false

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Switch a rule of the optimizer off, or all of them (repeatable).",
            valueName: "rule|all"))
    var withoutRule: [String] = []

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Take one kind of step wherever there is one, whatever it costs; for tests.",
            valueName: "candidate"))
    var forcing: String?

    func validate() throws {
        let names = OptimizerRules.names
        for rule in withoutRule where rule != "all" && !names.contains(rule) {
            throw ValidationError(
                "No rule is named `\(rule)`; there are: \(names.joined(separator: ", ")).")
        }
        let candidates = OptimizerRules.candidates
        if let forcing, !candidates.contains(forcing) {
            throw ValidationError(
                "No kind of step is named `\(forcing)`; there are: "
                    + "\(candidates.joined(separator: ", ")).")
        }
        if let threads, threads < 1 || threads > 1_024 {
            throw ValidationError("--threads must be from 1 to 1024.")
        }
    }

    /// The options as the library takes them.
    ///
    /// - Parameter servesPrograms: the statements come from another program, to which the working
    ///   directory means nothing.
    func databaseOptions(servesPrograms: Bool) -> DatabaseOptions {
        var options = DatabaseOptions()
        options.fileAccess = fileAccess(servesPrograms: servesPrograms)
        options.isReadOnly = readOnly
        options.durability = durability
        options.recovery = recoverLastValid ? .lastValid : .strict
        options.logArchive = logArchive
        options.maintainsItself = !noMaintenance
        if let busyTimeout { options.busyTimeoutMilliseconds = busyTimeout.milliseconds }
        if let idleTransactionTimeout {
            options.idleTransactionTimeoutMilliseconds = idleTransactionTimeout.milliseconds
        }
        if let threads { options.limits.threadCount = threads }
        options.memoryLimitBytes = memoryLimit?.bytes
        options.temporaryLimitBytes = tempLimit?.bytes
        options.temporaryDirectory = tempDirectory
        if let memoryBudget { options.limits.memoryBudgetBytes = memoryBudget.bytes }
        options.limits.admission = memoryAdmission
        options.limits.timeoutMilliseconds = timeout?.milliseconds
        options.limits.disabledRules = Set(
            withoutRule.contains("all") ? OptimizerRules.names : withoutRule)
        options.limits.forcedCandidate = forcing
        return options
    }

    /// Statements may name files below the working directory, unless the options say otherwise,
    /// and relative paths begin there; for programs only what --allow-files names, and they begin
    /// in the first of these.
    private func fileAccess(servesPrograms: Bool) -> FileAccess {
        // The working directory may have been removed.
        let here = realpath(".", nil)
        defer { free(here) }
        let hasWorkingDirectory = here != nil && !servesPrograms
        let directories = (hasWorkingDirectory && !noFiles ? ["."] : []) + allowFiles
        if directories.isEmpty { return .none }
        return .directories(
            reading: directories, writing: readOnly ? [] : directories,
            base: hasWorkingDirectory ? "." : nil)
    }

    /// Opens the database at `path`; `:memory:` is a new one in memory.
    func open(_ path: String, servesPrograms: Bool = false) throws -> Database {
        let options = databaseOptions(servesPrograms: servesPrograms)
        if path == ":memory:" { return try Database.inMemory(options: options) }
        return try Database(at: path, options: options)
    }
}
