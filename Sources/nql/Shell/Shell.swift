// Shell: the dialogue on a terminal: statements over several lines up to `;`, commands that start
// with a dot, a history, completion.

import NQLSyntax
import NenDB

/// The interactive shell.
final class Shell {
    private let runner: StatementRunner
    private let editor: LineEditor
    private var history: History
    /// Opens another database for `.open`.
    private let openDatabase: (String) throws -> Database

    init(
        _ runner: StatementRunner, history: History,
        openDatabase: @escaping (String) throws -> Database
    ) {
        self.runner = runner
        self.history = history
        self.openDatabase = openDatabase
        editor = LineEditor(runner.output)
    }

    /// Reads and runs until `.exit` or the end of input.
    func run() throws {
        try runner.output.line("NenDB \(NenDBVersion.current). `.help` lists the commands.")
        try runner.output.flush()
        var pending = ""
        while true {
            let first = runner.session.isInTransaction ? "nql*> " : "nql> "
            let prompt = pending.isEmpty ? first : String(repeating: " ", count: 3) + "-> "
            let before = pending.isEmpty ? "" : pending + "\n"
            var catalog: CompletionCatalog?
            let input = try editor.readLine(prompt: prompt, history: history.entries) {
                let names = catalog ?? CompletionCatalog(
                    of: runner.session, parameters: Array(runner.parameters.keys))
                catalog = names
                return Completion(
                    text: before + $0, cursor: before.count + $1, catalog: names)
            }
            switch input {
            case .ended: return
            case .interrupted: pending = ""
            case .line(let line):
                if pending.isEmpty, line.first == "." {
                    history.add(line)
                    if try command(line) { return }
                    continue
                }
                pending += pending.isEmpty ? line : "\n" + line
                var splitter = StatementSplitter()
                let isComplete = !splitter.feed(pending).isEmpty
                if splitter.isInStatement { continue }
                if isComplete {
                    history.add(pending)
                    _ = try runner.run(Script(name: nil, text: pending))
                }
                pending = ""
            }
        }
    }

    /// Runs a dot command.
    ///
    /// - Returns: whether the shell shall end.
    func command(_ line: String) throws -> Bool {
        let words = line.split(separator: " ", maxSplits: 1).map(String.init)
        let argument = words.count > 1 ? DotCommand.trimmed(words[1]) : nil
        guard let command = DotCommand(rawValue: words[0]) else {
            let hint = NearMiss.suggestion(
                for: words[0], among: DotCommand.allCases.map(\.rawValue))
            let tail = hint.map { " Did you mean `\($0)`?" } ?? " `.help` lists them."
            try runner.complain("there is no command `\(words[0])`.\(tail)")
            return false
        }
        switch command {
        case .exit, .quit: return true
        case .help: try runner.output.line(DotCommand.helpText)
        case .mode: try mode(argument)
        case .timer: try timer(argument)
        case .schema: try schema()
        case .open: try open(argument)
        case .read: try read(argument)
        case .param: try param(argument)
        }
        try runner.output.flush()
        return false
    }

    private func mode(_ argument: String?) throws {
        let names = OutputFormat.allCases.map(\.rawValue).joined(separator: ", ")
        guard let argument else { return try runner.output.line(runner.format.rawValue) }
        guard let format = OutputFormat(rawValue: argument) else {
            return try runner.complain("`\(argument)` is no mode; there are \(names).")
        }
        runner.format = format
    }

    private func timer(_ argument: String?) throws {
        switch argument {
        case "on": runner.showsTime = true
        case "off": runner.showsTime = false
        case nil: runner.showsTime.toggle()
        default: return try runner.complain("`.timer` takes `on` or `off`.")
        }
        try runner.output.line("timer \(runner.showsTime ? "on" : "off")")
    }

    private func schema() throws {
        let statements = ["SHOW LABELS", "SHOW RELATIONSHIP TYPES", "SHOW INDEXES"]
        for statement in statements + ["SHOW CONSTRAINTS"] {
            _ = try runner.run(Script(name: nil, text: statement))
        }
    }

    private func open(_ argument: String?) throws {
        do {
            runner.open(try openDatabase(argument ?? ":memory:"))
        } catch let error as NQLError {
            try runner.report(error, in: Script(name: nil, text: ""))
        }
    }

    private func read(_ argument: String?) throws {
        guard let argument else { return try runner.complain("`.read` needs a file name.") }
        _ = try ScriptFile.run(argument, runner)
    }

    private func param(_ argument: String?) throws {
        guard let argument else {
            for (name, value) in JSONResultWriter.sorted(runner.parameters) {
                try runner.output.line("\(name) = \(value.literalText)")
            }
            return
        }
        guard let parameter = NamedParameter(argument: argument) else {
            return try runner.complain("`.param` takes name=value.")
        }
        runner.parameters[parameter.name] = parameter.value
    }
}

/// The commands of the shell.
enum DotCommand: String, CaseIterable {
    case exit = ".exit"
    case help = ".help"
    case mode = ".mode"
    case open = ".open"
    case param = ".param"
    case quit = ".quit"
    case read = ".read"
    case schema = ".schema"
    case timer = ".timer"

    /// The text of `.help`.
    static let helpText = """
        Statements end with `;` and may span lines. Ctrl-C ends a running query, Tab completes
        words.

          .exit               leave (also .quit and Ctrl-D)
          .help               this text
          .mode [FORMAT]      show or set the output: table, csv, json, jsonl, markdown
          .open [FILE]        go on with another database; without FILE one in memory
          .param [NAME=VALUE] show or set parameters; VALUE is JSON, or else text
          .read FILE          run a script
          .schema             labels, relationship types, indexes and constraints
          .timer [on|off]     print how long each statement takes
        """

    static func trimmed(_ text: String) -> String {
        var rest = Substring(text)
        while let first = rest.first, first.isWhitespace { rest.removeFirst() }
        while let last = rest.last, last.isWhitespace { rest.removeLast() }
        return String(rest)
    }
}
