// ImportCommand: `nql import`: CSV files with the headers and options of `neo4j-admin database
// import` into a new database.

import ArgumentParser
import NenDB
import Synchronization

extension ImportIDType: ExpressibleByArgument {}

/// `nql import`.
struct ImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "nql import",
        abstract: "Import CSV files into a new database.",
        discussion: """
            Headers are those of `neo4j-admin database import`: `:ID(Group)`, `:START_ID`, \
            `:END_ID`, `:LABEL`, `:TYPE`, and typed columns such as `age:int`, `since:date`, \
            `tags:string[]`. The import takes effect as a whole or not at all.

            Example:

                nql import --nodes Person=persons.csv --nodes City=cities.csv \\
                    --relationships LIVES_IN=lives.csv --delimiter '|' people.nen
            """)

    @Option(
        name: .long, parsing: .singleValue,
        help: ArgumentHelp(
            "Node files: Label1:Label2=header.csv,part.csv (repeatable).", valueName: "files"))
    var nodes: [String] = []

    @Option(
        name: .long, parsing: .singleValue,
        help: ArgumentHelp(
            "Relationship files: TYPE=header.csv,part.csv (repeatable).", valueName: "files"))
    var relationships: [String] = []

    @Option(name: .long, help: "What separates fields: a character or TAB.")
    var delimiter: String?

    @Option(name: .long, help: "What separates the elements of arrays (default: ;).")
    var arrayDelimiter: String?

    @Option(name: .long, help: "The quote of fields, or none.")
    var quote: String?

    @Option(name: .long, help: "How identifiers are read where the header does not say.")
    var idType: ImportIDType = .string

    @Option(name: .long, help: "Bad rows that may be skipped; they are listed in the report.")
    var badTolerance: Int?

    @Flag(name: .long, help: "Skip relationships whose ends do not exist.")
    var skipBadRelationships = false

    @Flag(name: .long, help: "Skip nodes whose identifier exists already.")
    var skipDuplicateNodes = false

    @Flag(name: .long, help: "Ignore fields behind the header's last column.")
    var ignoreExtraColumns = false

    @Flag(name: .long, help: "Treat quoted empty strings as missing.")
    var ignoreEmptyStrings = false

    @Flag(name: .long, help: "Remove white space around strings.")
    var trimStrings = false

    @Flag(
        name: .long,
        help: "Drop the first row of further files of an input where it repeats the header.")
    var autoSkipSubsequentHeaders = false

    @Flag(name: .long, help: "Replace an existing database once the import is complete.")
    var overwriteDestination = false

    @Option(name: .long, help: "Threads (default: one for each core).")
    var threads: Int?

    @Option(
        name: .long,
        help: ArgumentHelp("Memory for sorting relationships (default: 1GiB).", valueName: "size"))
    var memoryBudget: ByteQuantity?

    @Option(name: .long, help: "Where skipped rows are listed.")
    var reportFile = "import.report"

    @Flag(name: .long, help: "Sample the files and print how large the database would be.")
    var predict = false

    @Argument(help: "The database file to create.")
    var database: String?

    func validate() throws {
        if nodes.isEmpty { throw ValidationError("Give at least one --nodes option.") }
        if database == nil && !predict { throw ValidationError("Missing the database file.") }
        try DatabaseFile.demand(database)
        if let threads, threads < 1 || threads > 1_024 {
            throw ValidationError("--threads must be from 1 to 1024.")
        }
    }

    func run() throws {
        Interrupts.ignoreWriteSignals()
        Interrupts.install()
        let output = StandardStream(descriptor: 1)
        let errors = StandardStream(descriptor: 2)
        do {
            try run(output, errors)
        } catch let error as NQLError {
            try errors.line("nql import: \(error)")
            if let hint = error.hint { try errors.line("            \(hint)") }
            try errors.flush()
            throw error.code == .interrupted ? ExitCode(130) : ExitCode.failure
        } catch is OutputClosed {
            throw ExitCode(141)
        }
    }

    private func run(_ output: StandardStream, _ errors: StandardStream) throws {
        let options = try importOptions()
        if predict {
            try output.line(try Database.predictImport(options))
            return try output.flush()
        }
        guard let database else { return }
        let progress = ImportProgress(errors)
        let clock = ContinuousClock()
        let start = clock.now
        defer { progress.clear() }
        let report = try Interrupts.cancellation.run {
            try Database.importGraph(
                into: database, options, replacesExisting: overwriteDestination
            ) { progress.show($0) }
        }
        progress.clear()
        let seconds = Elapsed.seconds(start.duration(to: clock.now))
        let rate = Rate.text(Int(report.rowCount), "row", seconds: seconds)
        try output.line(
            Plural.text(Int(report.nodeCount), "node") + ", "
                + Plural.text(Int(report.relationshipCount), "relationship") + " and "
                + Plural.text(Int(report.propertyCount), "property", "properties") + " imported in "
                + Elapsed.text(start.duration(to: clock.now))
                + (rate.map { " (\($0))" } ?? "") + ".")
        if report.badEntryCount > 0 {
            let isOne = report.badEntryCount == 1
            try output.line(
                Plural.text(report.badEntryCount, "row") + (isOne ? " was" : " were")
                    + " skipped; see \(reportFile).")
        }
        try output.flush()
    }

    private func importOptions() throws -> GraphImportOptions {
        var options = GraphImportOptions()
        for argument in nodes {
            options.nodes.append(try ImportInput(argument: argument, isRelationship: false))
        }
        for argument in relationships {
            options.relationships.append(
                try ImportInput(argument: argument, isRelationship: true))
        }
        if let delimiter { try options.setDelimiter(delimiter) }
        if let arrayDelimiter { try options.setArrayDelimiter(arrayDelimiter) }
        if let quote { try options.setQuote(quote) }
        options.idType = idType
        options.badTolerance = badTolerance
        options.skipsBadRelationships = skipBadRelationships
        options.skipsDuplicateNodes = skipDuplicateNodes
        options.ignoresExtraColumns = ignoreExtraColumns
        options.ignoresEmptyStrings = ignoreEmptyStrings
        options.trimsStrings = trimStrings
        options.skipsRepeatedHeaders = autoSkipSubsequentHeaders
        options.threadCount = threads ?? QueryLimits().threadCount
        if let memoryBudget { options.memoryBudgetBytes = memoryBudget.bytes }
        options.reportPath = reportFile
        return options
    }
}

/// The progress line of an import: on a terminal only, a few times a second.
private final class ImportProgress: Sendable {
    private struct State {
        var next: ContinuousClock.Instant
        var phase = ""
        var phaseStart: ContinuousClock.Instant
    }

    private let line: TerminalLine
    private let state: Mutex<State>

    init(_ stream: StandardStream) {
        line = TerminalLine(stream)
        let now = ContinuousClock().now
        state = Mutex(State(next: now, phaseStart: now))
    }

    func show(_ progress: GraphImportProgress) {
        guard line.isShown else { return }
        state.withLock { state in
            let now = ContinuousClock().now
            if progress.phase != state.phase {
                state.phase = progress.phase
                state.phaseStart = now
            } else if now < state.next {
                return
            }
            state.next = now.advanced(by: .milliseconds(200))
            let seconds = Elapsed.seconds(state.phaseStart.duration(to: now))
            let rate = Rate.text(Int(progress.rowCount), "row", seconds: seconds)
            let total = max(1, progress.totalByteCount)
            let percent = min(100, progress.doneByteCount * 100 / total)
            line.show("\(progress.phase): \(percent) %" + (rate.map { ", \($0)" } ?? ""))
        }
    }

    func clear() { line.clear() }
}
