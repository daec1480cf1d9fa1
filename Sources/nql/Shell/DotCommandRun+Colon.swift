// DotCommandRun+Colon: the commands of Neo4j's cypher-shell and Browser, so that scripts written
// for these run: a line that begins with a colon. Each is a statement or a command of ours.

import NenDB

extension DotCommandRun {
    /// A command of cypher-shell.
    private enum ColonCommand: String, CaseIterable {
        case begin, commit, rollback, exit, quit, help, history, param, params, source, use, clear

        static var names: String { allCases.map { ":" + $0.rawValue }.joined(separator: ", ") }
    }

    /// Runs the command of this name.
    func runColon(_ name: Substring, _ argument: String?) throws -> RunOutcome {
        guard let command = ColonCommand(rawValue: String(name)) else {
            throw Refusal(
                "there is no command `:\(name)`. Of cypher-shell's there are "
                    + "\(ColonCommand.names), and `:auto` in front of a statement.")
        }
        switch command {
        case .begin, .commit, .rollback:
            return try runner.run(Script(name: nil, text: command.rawValue.uppercased()))
        case .exit, .quit: return .exit
        case .help: return try run(.help, nil)
        case .history, .clear: return .done
        case .params: return try run(.param, nil)
        case .param: return try setParameters(argument)
        case .source:
            guard let argument else { throw Refusal("`:source` needs FILE.") }
            return try run(.read, argument)
        case .use:
            guard let argument else { throw Refusal("`:use` needs the name of the graph.") }
            let text = "USE \(argument) RETURN 1 AS one LIMIT 0"
            return try isRefused(text) ?? .done
        }
    }

    /// Runs a statement for its errors only.
    private func isRefused(_ text: String) throws -> RunOutcome? {
        do {
            _ = try runner.session.run(text, runner.parameters).rows()
            return nil
        } catch let error as NQLError {
            try runner.report(error, in: Script(name: nil, text: text))
            return .failed(error)
        }
    }

    // MARK: Parameters

    /// `:param x => 1 + 2`, `:param {x: 1, y: 2}`, `:param x 1`, `:param clear`; without anything
    /// all are shown.
    private func setParameters(_ argument: String?) throws -> RunOutcome {
        guard let argument else { return try run(.param, nil) }
        if argument == "clear" {
            runner.parameters = [:]
            return .done
        }
        if argument.hasPrefix("{") {
            guard case .map(let map) = try value(of: argument) else {
                throw Refusal("`:param` takes a map, or `name => expression`.")
            }
            runner.parameters.merge(map) { $1 }
            return .done
        }
        let (name, text) = DotCommandRun.parts(argument)
        guard !name.isEmpty, !text.isEmpty else {
            throw Refusal("`:param` takes a map, or `name => expression`.")
        }
        runner.parameters[name] = try value(of: text)
        return .done
    }

    /// The name in front of `=>`, `:` or a blank, and what stands behind.
    private static func parts(_ argument: String) -> (name: String, text: String) {
        let isName = { (character: Character) in
            character.isLetter || character.isNumber || character == "_"
        }
        let name = argument.prefix(while: isName)
        var rest = argument[name.endIndex...].drop { $0 == " " || $0 == "\t" }
        if rest.hasPrefix("=>") {
            rest = rest.dropFirst(2)
        } else if rest.hasPrefix(":") {
            rest = rest.dropFirst()
        }
        return (String(name), String(rest.drop { $0 == " " || $0 == "\t" }))
    }

    /// What an expression gives; it may name the parameters that there are.
    private func value(of expression: String) throws -> Value {
        try runner.session.run("RETURN \(expression) AS value", runner.parameters).rows().first?[0]
            ?? .null
    }
}
