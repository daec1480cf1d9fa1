// DotCommand: the commands of the shell and of scripts, with what `.help` says about each.

/// A command: a line that begins with a dot.
enum DotCommand: String, CaseIterable {
    case bail, dump, echo, exit, help, importing = "import", mode, nullvalue, once, open, output
    case pager, param, print, quit, read, rows, schema, show, tables, timer, types, width

    /// The command as it is typed.
    var name: String { "." + rawValue }

    /// The command that `name` names, or abbreviates.
    init?(_ name: Substring) {
        guard name.first == "." else { return nil }
        let word = String(name.dropFirst())
        if let exact = DotCommand(rawValue: word) {
            self = exact
            return
        }
        let found = DotCommand.allCases.filter { $0.rawValue.hasPrefix(word) }
        guard found.count == 1, let only = found.first, word.count >= 2 else { return nil }
        self = only
    }

    /// What stands behind the name, and what the command does.
    var help: (arguments: String, summary: String) {
        switch self {
        case .bail: ("on|off", "end a script at its first error (on), or go on")
        case .dump: ("[FILE]", "the whole graph as a script")
        case .echo: ("on|off", "print each statement before it runs")
        case .exit: ("", "leave (also .quit and Ctrl-D)")
        case .help: ("[COMMAND]", "this text, or what a command does")
        case .importing: ("FILE TARGET", "load a CSV file, as COPY TARGET FROM FILE does")
        case .mode: ("[FORMAT]", "how results look: " + OutputFormat.names)
        case .nullvalue: ("TEXT", "what stands for null; without TEXT as it was")
        case .once: ("FILE", "write the next result to a file")
        case .open: ("[FILE]", "go on with another database; without FILE one in memory")
        case .output: ("[FILE]", "write results to a file; without FILE to the terminal")
        case .pager: ("[on|off|COMMAND]", "show results page by page")
        case .param: ("[NAME=VALUE]", "show or set parameters; VALUE is JSON, or else text")
        case .print: ("TEXT", "print a line")
        case .quit: ("", "leave")
        case .read: ("FILE", "run a script")
        case .rows: ("[N|all]", "how many rows of a result are shown")
        case .schema: ("", "labels, relationship types, indexes and constraints")
        case .show: ("", "what these commands have set")
        case .tables: ("", "labels and relationship types with their counts")
        case .timer: ("[on|off]", "print how long each statement takes")
        case .types: ("on|off", "show the types of columns")
        case .width: ("[N|all]", "columns that a table may take; without N the terminal's")
        }
    }

    /// The text of `.help`.
    static var helpText: String {
        let lines = allCases.map { command in
            let head = "  \(command.name) \(command.help.arguments)"
            let gap = String(repeating: " ", count: max(1, 26 - head.count))
            return head + gap + command.help.summary
        }
        return """
            Statements end with `;` and may span lines. Tab completes words, Ctrl-R searches
            earlier statements, Ctrl-_ undoes, Alt-Enter begins a new line, Ctrl-C ends a running
            query.


            """ + lines.joined(separator: "\n")
    }

    /// The text of `.help COMMAND`.
    var helpText: String { "\(name) \(help.arguments)\n  \(help.summary)" }
}

extension OutputFormat {
    /// All formats, as messages list them.
    static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }
}
