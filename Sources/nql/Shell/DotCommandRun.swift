// DotCommandRun: carries out commands that begin with a dot, in the shell and in scripts; those
// that begin with a colon stand in DotCommandRun+Colon.swift.

import NQLSyntax
import NenDB

/// Runs commands for a runner of statements.
struct DotCommandRun {
    let runner: StatementRunner

    init(_ runner: StatementRunner) { self.runner = runner }

    /// Scripts that read scripts, at most.
    private static let depthMax = 16

    /// A command that was not carried out, and why.
    struct Refusal: Error {
        var message: String
        init(_ message: String) { self.message = message }
    }

    /// Runs a command.
    func run(_ line: String) throws -> RunOutcome {
        let words = line.split(maxSplits: 1) { $0 == " " || $0 == "\t" }
        let name = words[0].hasSuffix(";") ? words[0].dropLast() : words[0]
        let argument = words.count > 1 ? DotCommandRun.argument(words[1]) : nil
        do {
            if name.first == ":" { return try runColon(name.dropFirst(), argument) }
            guard let command = DotCommand(name) else { throw unknown(name) }
            let outcome = try run(command, argument)
            try runner.output.flush()
            return outcome
        } catch let refusal as Refusal {
            try runner.complain(refusal.message)
            return .failed(nil)
        } catch let error as NQLError {
            try runner.report(error, in: Script(name: nil, text: ""))
            return .failed(error)
        }
    }

    private func unknown(_ name: Substring) -> Refusal {
        let names = DotCommand.allCases.map(\.name)
        let tail = NearMiss.suggestion(for: String(name), among: names)
            .map { " Did you mean `\($0)`?" } ?? " `.help` lists them."
        return Refusal("there is no command `\(name)`.\(tail)")
    }

    /// The argument without blanks around it and without a closing `;` that habit puts there.
    private static func argument(_ text: Substring) -> String? {
        var rest = text
        while let first = rest.first, first.isWhitespace { rest.removeFirst() }
        while let last = rest.last, last.isWhitespace || last == ";" { rest.removeLast() }
        return rest.isEmpty ? nil : String(rest)
    }

    func run(_ command: DotCommand, _ argument: String?) throws -> RunOutcome {
        switch command {
        case .exit, .quit: return .exit
        case .help: try help(argument)
        case .mode: try mode(argument)
        case .nullvalue: runner.settings.nullText = argument.map(DotCommandRun.unquoted)
        case .rows: try rows(argument)
        case .width: try width(argument)
        case .types: runner.settings.showsTypes = try flag(command, argument)
        case .timer:
            runner.showsTime = try argument == nil ? !runner.showsTime : flag(command, argument)
            try runner.output.line("timer \(runner.showsTime ? "on" : "off")")
        case .echo: runner.echoes = try flag(command, argument)
        case .bail: runner.stopsAtErrors = try flag(command, argument)
        case .pager: pager(argument)
        case .print: try runner.output.line(argument.map(DotCommandRun.unquoted) ?? "")
        case .param: try param(argument)
        case .output: try redirect(argument, once: false)
        case .once: try redirect(try needed(command, argument), once: true)
        case .open: try runner.open(argument.map(DotCommandRun.unquoted) ?? ":memory:")
        case .schema, .tables: return try show(command)
        case .show: try showSettings()
        case .dump: try dump(argument)
        case .importing: return try load(try needed(command, argument))
        case .read: return try read(try needed(command, argument))
        }
        return .done
    }

    // MARK: Arguments

    func needed(_ command: DotCommand, _ argument: String?) throws -> String {
        guard let argument else {
            throw Refusal("`\(command.name)` needs \(command.help.arguments).")
        }
        return argument
    }

    private func flag(_ command: DotCommand, _ argument: String?) throws -> Bool {
        switch argument {
        case "on": true
        case "off": false
        default: throw Refusal("`\(command.name)` takes `on` or `off`.")
        }
    }

    private func count(_ command: DotCommand, _ argument: String) throws -> Int {
        guard let count = Int(argument), count > 0 else {
            throw Refusal("`\(command.name)` takes a number, or `all`.")
        }
        return count
    }

    /// A text in quotes without them.
    private static func unquoted(_ text: String) -> String {
        guard text.count >= 2, let quote = text.first, quote == "'" || quote == "\"",
            text.last == quote
        else { return text }
        return String(text.dropFirst().dropLast())
    }

    // MARK: Settings

    private func help(_ argument: String?) throws {
        guard let argument else { return try runner.output.line(DotCommand.helpText) }
        let name = argument.hasPrefix(".") ? argument : "." + argument
        guard let command = DotCommand(name[...]) else { throw unknown(name[...]) }
        try runner.output.line(command.helpText)
    }

    private func mode(_ argument: String?) throws {
        guard let argument else {
            return try runner.output.line(runner.settings.format.rawValue)
        }
        guard let format = OutputFormat(rawValue: argument) else {
            throw Refusal("`\(argument)` is no mode; there are \(OutputFormat.names).")
        }
        runner.settings.format = format
    }

    private func rows(_ argument: String?) throws {
        switch argument {
        case nil: runner.settings.rowLimit = .automatic
        case "all": runner.settings.rowLimit = .all
        case let number?: runner.settings.rowLimit = .count(try count(.rows, number))
        }
    }

    /// No terminal is wider.
    private var widthMax: Int { 1_000_000 }

    private func width(_ argument: String?) throws {
        switch argument {
        case nil: runner.settings.width = .automatic
        case "all": runner.settings.width = .unlimited
        case let number?:
            runner.settings.width = .columns(min(try count(.width, number), widthMax))
        }
    }

    private func pager(_ argument: String?) {
        switch argument {
        case "off": runner.settings.pager = nil
        case nil, "on": runner.settings.pager = Pager.defaultCommand
        case let command?: runner.settings.pager = command
        }
    }

    private func param(_ argument: String?) throws {
        guard let argument else {
            for (name, value) in JSONResultWriter.sorted(runner.parameters) {
                try runner.output.line("\(name) = \(value.literalText)")
            }
            return
        }
        guard let parameter = NamedParameter(argument: argument) else {
            throw Refusal("`.param` takes name=value.")
        }
        runner.parameters[parameter.name] = parameter.value
    }

    private func showSettings() throws {
        let settings = runner.settings
        let rows = switch settings.rowLimit {
        case .automatic: "\(OutputSettings.rowCountOnTerminal) on a terminal"
        case .all: "all"
        case .count(let count): "\(count)"
        }
        let width = switch settings.width {
        case .automatic: "the terminal's"
        case .unlimited: "all"
        case .columns(let count): "\(count)"
        }
        let types = settings.showsTypes.map { $0 ? "on" : "off" } ?? "on a terminal"
        let lines: [(name: String, value: String)] = [
            ("database", runner.opener.path), ("bail", runner.stopsAtErrors ? "on" : "off"),
            ("echo", runner.echoes ? "on" : "off"), ("mode", settings.format.rawValue),
            ("nullvalue", settings.nullText.map { "'\($0)'" } ?? "each mode's own"),
            ("pager", settings.pager ?? "off"), ("rows", rows),
            ("timer", runner.showsTime ? "on" : "off"), ("types", types), ("width", width),
        ]
        for (name, value) in lines {
            let gap = String(repeating: " ", count: 10 - name.count)
            try runner.output.line("\(name)\(gap)\(value)")
        }
    }

    // MARK: Files

    private func redirect(_ argument: String?, once: Bool) throws {
        let path = argument.map(DotCommandRun.unquoted)
        guard try runner.results.redirect(to: path, once: once) else {
            throw Refusal("`\(path ?? "")`: \(SystemError.message).")
        }
    }

    private func read(_ argument: String) throws -> RunOutcome {
        guard runner.depth < DotCommandRun.depthMax else {
            throw Refusal("scripts read each other \(DotCommandRun.depthMax) levels deep.")
        }
        runner.depth += 1
        defer { runner.depth -= 1 }
        return try ScriptFile.run(DotCommandRun.unquoted(argument), runner)
    }

    private func dump(_ argument: String?) throws {
        let cancellation = Interrupts.cancellation
        cancellation.reset()
        guard let argument else {
            try runner.results.withStream(pager: runner.settings.pager) { stream, _ in
                try runner.database.dump(cancellation: cancellation) { try stream.write($0) }
            }
            return
        }
        let path = DotCommandRun.unquoted(argument)
        let progress = ProgressLine(runner.errors)
        defer { progress.clear() }
        let report = try runner.database.dump(toFile: path, cancellation: cancellation) {
            progress.show($0)
        }
        progress.clear()
        try runner.output.line("\(report.summary) written to \(path)")
    }

    /// `.import FILE TARGET`: the target is that of COPY: a label, or a pattern of a relationship.
    private func load(_ argument: String) throws -> RunOutcome {
        let isQuoted = argument.first == "'" || argument.first == "\""
        let body = isQuoted ? argument.dropFirst() : argument[...]
        let parts = body.split(maxSplits: 1, omittingEmptySubsequences: false) { character in
            isQuoted ? character == argument.first : character == " " || character == "\t"
        }
        guard parts.count == 2, !parts[0].isEmpty,
            let target = DotCommandRun.argument(parts[1])
        else {
            throw Refusal("`.import` needs a file and a label, or (:A {key})-[:T]->(:B {key}).")
        }
        let file = Value.string(String(parts[0])).literalText
        return try runner.run(Script(name: nil, text: "COPY \(target) FROM \(file)"))
    }

    // MARK: The schema

    private func show(_ command: DotCommand) throws -> RunOutcome {
        var statements = ["SHOW LABELS", "SHOW RELATIONSHIP TYPES"]
        if command == .schema { statements += ["SHOW INDEXES", "SHOW CONSTRAINTS"] }
        for statement in statements {
            let outcome = try runner.run(Script(name: nil, text: statement))
            if case .failed = outcome { return outcome }
        }
        return .done
    }
}

extension DumpReport {
    /// Such as `2 nodes and 1 relationship`.
    var summary: String {
        Plural.text(nodeCount, "node") + " and "
            + Plural.text(relationshipCount, "relationship")
    }
}
