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
            """,
        discussion: """
            Without a script or -c, nql is a shell on a terminal and runs standard input \
            otherwise. The database is a file, created if need be, or :memory: (the default). \
            `nql import --help` and its kin tell about the others.
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

    @Flag(name: .long, help: "Print how long each statement takes.")
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

    private func isScript(_ name: String) -> Bool { name.hasSuffix(".nql") || name == "-" }

    func run() throws {
        Interrupts.ignoreWriteSignals()
        let output = StandardStream(descriptor: 1)
        let errors = StandardStream(descriptor: 2)
        let database: Database
        do {
            database = try openOptions.open(self.database, servesPrograms: jsonLines)
        } catch let error as NQLError {
            try OpenFailure.report(error, self.database, on: errors)
            throw ExitCode.failure
        }
        do {
            try OpenNotice.show(database.openReport, on: errors, isComplete: isShell)
            try run(database, output, errors)
        } catch is OutputClosed {
            throw ExitCode(141)
        }
    }

    private func run(
        _ database: Database, _ output: StandardStream, _ errors: StandardStream
    ) throws {
        if jsonLines {
            let options = openOptions.databaseOptions(servesPrograms: true)
            let server = JSONLinesServer(database: database, options: options, output: output)
            var input = LineInputStream(descriptor: 0)
            return try server.serve(&input)
        }
        Interrupts.install()
        var parameters: [String: Value] = [:]
        for parameter in param { parameters[parameter.name] = parameter.value }
        let runner = StatementRunner(
            database: database, output: output, errors: errors, format: format,
            parameters: parameters)
        runner.showsTime = timer
        runner.echoes = echo
        runner.showsNotifications = !noNotifications
        let outcome = Swift.Result {
            if isShell {
                let history = History(
                    path: History.defaultPath, isKept: !openOptions.readOnly)
                let shell = Shell(runner, history: history) { try openOptions.open($0) }
                try shell.run()
            } else {
                try runAll(runner)
            }
            try output.flush()
        }
        // Closed properly whatever happened; the first failure is the one reported.
        let closing = Swift.Result { try close(runner) }
        try outcome.get()
        try closing.get()
    }

    /// Runs the scripts, then the statements of `-c`; standard input when there are none.
    private func runAll(_ runner: StatementRunner) throws {
        let isFromInput = scripts.isEmpty && commands.isEmpty
        for script in isFromInput ? ["-"] : scripts {
            switch try ScriptFile.run(script, runner) {
            case .ran(let error): try check(error)
            case .unreadable: throw ExitCode.failure
            }
        }
        for command in commands {
            try check(try runner.run(Script(name: nil, text: command)))
        }
    }

    private func check(_ error: NQLError?) throws {
        guard let error else { return }
        throw error.code == .interrupted ? ExitCode(130) : ExitCode.failure
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
