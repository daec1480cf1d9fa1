// HelpCommand: `nql help [TOPIC]`: the help of a command, of the shell's commands, or of the
// protocol for programs.

import ArgumentParser
import Glibc

/// `nql help`.
enum HelpCommand {
    /// Topics that are no commands.
    private static let pages: [String: String] = [
        "json-lines": ProtocolHelp.text, "shell": DotCommand.helpText,
    ]

    /// The commands by their names.
    private static let commands: [String: any ParsableCommand.Type] = [
        "import": ImportCommand.self, "check": CheckCommand.self, "backup": BackupCommand.self,
        "restore": RestoreCommand.self, "salvage": SalvageCommand.self,
        "vacuum": VacuumCommand.self, "fmt": FmtCommand.self, "dump": DumpCommand.self,
        "load": LoadCommand.self,
    ]

    /// Prints the help of a topic and ends the command.
    static func main(_ arguments: [String]) -> Never {
        guard let topic = arguments.first else {
            QueryCommand.exit(withError: CleanExit.helpRequest())
        }
        if let command = commands[topic] {
            command.exit(withError: CleanExit.helpRequest(command))
        }
        if let page = pages[topic] { QueryCommand.exit(withError: CleanExit.message(page)) }
        let topics = (Array(commands.keys) + Array(pages.keys)).sorted().joined(separator: ", ")
        QueryCommand.exit(
            withError: ValidationError("There is no help about `\(topic)`, but about \(topics)."))
    }
}
