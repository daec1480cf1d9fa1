// QueryCommand: `nql [DATABASE] [SCRIPT.nql …]`: shell, scripts, `-c` and `--json-lines`.

import ArgumentParser
import Glibc
import NenDB

/// `nql`: queries, scripts and maintenance of NenDB databases.
struct QueryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "nql",
        abstract: "Query NenDB graph databases.",
        usage: """
            nql [<options>] [<database>] [<script.nql> ...]
            nql import [<options>] <database>
            nql check <database>
            nql dump [--format nql|csv] <database> [<file>]
            nql load <file> <database>
            nql fmt [--check] [--in-place] [<script.nql> ...]
            nql help [json-lines|shell|import|...]
            """,
        discussion: """
            Without a script or -c, nql is a shell on a terminal and runs standard input \
            otherwise. The database is a file, made by the first change, or :memory: (the \
            default). `nql import --help` and its kin tell about the others.
            """,
        version: "nql \(NenDBVersion.current)")

    @Argument(help: "A database file, :memory:, and scripts (names that end in .nql, - for stdin).")
    var files: [String] = []

    @Option(
        name: [.customShort("c"), .customLong("command")],
        help: ArgumentHelp("Run these statements (repeatable).", valueName: "statements"))
    var commands: [String] = []

    @Option(
        name: .long,
        help: ArgumentHelp(
            "A parameter (repeatable); JSON, or else text.", valueName: "name=value"))
    var param: [NamedParameter] = []

    @Option(name: .long, help: "How results are printed.")
    var format: OutputFormat = .table

    @Flag(name: .long, help: "Serve JSON requests, one a line, from standard input.")
    var jsonLines = false

    @Flag(name: .long, help: "Print how long each statement takes, on standard error.")
    var timer = false

    @Flag(name: .long, help: "Print each statement before it runs, comments included.")
    var echo = false

    @Flag(
        name: .long,
        help: "Print no remarks about statements that are legal but dubious.")
    var noNotifications = false

    @OptionGroup var openOptions: OpenOptions

    /// The database: the first argument, unless it is a script.
    private var database: String {
        guard let first = files.first, !isScript(first) else { return ":memory:" }
        return first
    }

    private var scripts: [String] {
        guard let first = files.first, !isScript(first) else { return files }
        return Array(files.dropFirst())
    }

    /// Whether statements are typed in, not given.
    private var isShell: Bool {
        !jsonLines && scripts.isEmpty && commands.isEmpty && Terminal.isInteractive
    }

    private func isScript(_ name: String) -> Bool {
        name.hasSuffix(".nql") || name == "-" || ScriptFile.namesInterpreter(name)
    }

    func run() throws {
        Interrupts.ignoreWriteSignals()
        let output = StandardStream(descriptor: 1)
        let errors = StandardStream(descriptor: 2)
        do {
            if jsonLines { return try serve(output, errors) }
            try run(output, errors)
        } catch let error as NQLError {
            try errors.line("nql: \(error.message) [\(error.code.rawValue)]")
            try errors.flush()
            throw ExitCode.failure
        } catch is OutputClosed {
            throw ExitCode(141)
        }
    }

    /// Opens the database with `body`.
    private func opening<Opened>(
        _ errors: StandardStream, _ body: () throws -> Opened
    ) throws -> Opened {
        do {
            return try body()
        } catch let error as NQLError {
            try OpenFailure.report(error, database, on: errors)
            throw ExitCode.failure
        }
    }

    private func serve(_ output: StandardStream, _ errors: StandardStream) throws {
        let path = database
        let database = try opening(errors) { try openOptions.open(path, servesPrograms: true) }
        try OpenNotice.show(database.openReport, on: errors, isComplete: false)
        let options = openOptions.databaseOptions(servesPrograms: true)
        let server = JSONLinesServer(database: database, options: options, output: output)
        var input = LineInputStream(descriptor: 0)
        try server.serve(&input)
    }

    private func run(_ output: StandardStream, _ errors: StandardStream) throws {
        Interrupts.install()
        var parameters: [String: Value] = [:]
        for parameter in param { parameters[parameter.name] = parameter.value }
        let runner = try opening(errors) {
            try StatementRunner(
                DatabaseOpener(database, openOptions), output: output, errors: errors,
                parameters: parameters)
        }
        try OpenNotice.show(runner.database.openReport, on: errors, isComplete: isShell)
        runner.settings.format = format
        runner.showsTime = timer
        runner.echoes = echo
        runner.showsNotifications = !noNotifications
        let outcome = Result {
            if isShell {
                let history = History(
                    path: History.defaultPath, isKept: !openOptions.readOnly)
                try Shell(runner, history: history).run()
            } else {
                try runAll(runner)
            }
            _ = try runner.results.redirect(to: nil)
            try output.flush()
        }
        // Closed properly whatever happened; the first failure is the one reported.
        let closing = Result { try close(runner) }
        try outcome.get()
        try closing.get()
    }

    /// Runs the scripts, then the statements of `-c`; standard input when there are none.
    private func runAll(_ runner: StatementRunner) throws {
        let isFromInput = scripts.isEmpty && commands.isEmpty
        for script in isFromInput ? ["-"] : scripts {
            if try isOver(try ScriptFile.run(script, runner)) { return }
        }
        for command in commands {
            if try isOver(try runner.run(Script(name: nil, text: command))) { return }
        }
        if runner.opener.isPutOff {
            try runner.complain(
                "there is no database `\(runner.opener.path)`, and nothing that would make one "
                    + "was run: the statements saw an empty graph.")
        }
    }

    /// Whether `.exit` has ended the command.
    ///
    /// - Throws: the status for a script that failed.
    private func isOver(_ outcome: RunOutcome) throws -> Bool {
        switch outcome {
        case .done: false
        case .exit: true
        case .failed(let error):
            throw error?.code == .interrupted ? ExitCode(130) : ExitCode.failure
        }
    }

    private func close(_ runner: StatementRunner) throws {
        do {
            if runner.session.isInTransaction {
                try runner.complain("the open transaction was rolled back.")
                try runner.session.run("ROLLBACK")
            }
            try runner.database.close()
        } catch let error as NQLError {
            try runner.report(error, in: Script(name: nil, text: ""))
            throw ExitCode.failure
        }
    }
}

/// Messages about databases that were opened, but not as a clean close had left them.
enum OpenNotice {
    /// Prints what is or may be lost; to somebody who types (`isComplete`) also what was recovered.
    static func show(
        _ report: OpenReport, on errors: StandardStream, isComplete: Bool
    ) throws {
        for line in report.warnings + (isComplete ? report.remarks : []) {
            try errors.line("nql: \(line)")
        }
        try errors.flush()
    }
}

/// Messages about databases that cannot be opened.
enum OpenFailure {
    /// Prints why `database` could not be opened.
    static func report(
        _ error: NQLError, _ database: String, on errors: StandardStream
    ) throws {
        try errors.line("nql: cannot open `\(database)`: \(error.message) [\(error.code.rawValue)]")
        if let hint = error.hint { try errors.line("     \(hint)") }
        try errors.flush()
    }
}
