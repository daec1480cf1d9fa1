// Shell: the dialogue on a terminal: statements over several lines up to `;`, commands that start
// with a dot, a history, completion.

import NQLSyntax
import NenDB

/// The interactive shell.
final class Shell {
    private let runner: StatementRunner
    private let editor: LineEditor
    private var history: History

    init(_ runner: StatementRunner, history: History) {
        self.runner = runner
        self.history = history
        editor = LineEditor(runner.output)
        runner.showsProgress = true
    }

    /// Reads and runs until `.exit` or the end of input.
    func run() throws {
        try runner.output.line(banner)
        try runner.output.flush()
        while true {
            let prompt = runner.session.isInTransaction ? "nql*> " : "nql> "
            var catalog: CompletionCatalog?
            let input = try editor.read(
                prompt: prompt, history: history.entries, isComplete: Shell.isComplete
            ) { text, cursor in
                let names = catalog ?? CompletionCatalog(
                    of: runner.session, parameters: Array(runner.parameters.keys))
                catalog = names
                return Completion(text: text, cursor: cursor, catalog: names)
            }
            switch input {
            case .ended: return
            case .interrupted: continue
            case .line(let text):
                let trimmed = Shell.trimmed(text)
                if trimmed.isEmpty { continue }
                history.add(trimmed)
                if case .exit = try runner.run(Script(name: nil, text: trimmed)) { return }
            }
        }
    }

    /// What the shell begins with: version, database and what is in it.
    private var banner: String {
        let path = runner.opener.path
        var database = "`\(path)`"
        if path == ":memory:" {
            database = "a database in memory that ends with the shell"
        } else if runner.opener.isPutOff {
            database = "new database `\(path)`, made by the first change"
        } else {
            let counts = ["MATCH (n) RETURN count(*)", "MATCH ()-[r]->() RETURN count(*)"].map {
                try? runner.session.run($0).scalar(as: Int.self)
            }
            if let nodes = counts[0], let links = counts[1] {
                database += ": \(Plural.text(nodes, "node")), "
                    + Plural.text(links, "relationship")
            }
        }
        return "NenDB \(NenDBVersion.current), \(database)\n"
            + "`.help` lists the commands, `.exit` leaves."
    }

    /// Whether Enter ends an input: all its statements are complete.
    static func isComplete(_ text: String) -> Bool {
        var splitter = StatementSplitter(readsCommands: true)
        _ = splitter.feed(text + "\n")
        return !splitter.isInStatement
    }

    private static func trimmed(_ text: String) -> String {
        var rest = Substring(text)
        while let first = rest.first, first.isWhitespace { rest.removeFirst() }
        while let last = rest.last, last.isWhitespace { rest.removeLast() }
        return String(rest)
    }
}
