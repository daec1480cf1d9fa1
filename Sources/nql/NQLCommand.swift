// NQLCommand: the `nql` command's entry. `import`, `check`, `fmt`, `dump`, `load` and their kin are
// commands of their own; all else is `nql [DATABASE] [SCRIPT.nql …]`. A database file called
// `import` is opened as `./import`.

import Glibc
import NenDB

/// The command's entry.
@main
enum NQLCommand {
    static func main() {
        demandText()
        var arguments = Array(CommandLine.arguments.dropFirst())
        switch arguments.first {
        case "import":
            arguments.removeFirst()
            ImportCommand.main(translating: arguments)
        case "check":
            arguments.removeFirst()
            CheckCommand.main(arguments)
        case "backup":
            arguments.removeFirst()
            BackupCommand.main(arguments)
        case "restore":
            arguments.removeFirst()
            RestoreCommand.main(arguments)
        case "salvage":
            arguments.removeFirst()
            SalvageCommand.main(arguments)
        case "vacuum":
            arguments.removeFirst()
            VacuumCommand.main(arguments)
        case "fmt":
            arguments.removeFirst()
            FmtCommand.main(arguments)
        case "dump":
            arguments.removeFirst()
            DumpCommand.main(arguments)
        case "load":
            arguments.removeFirst()
            LoadCommand.main(arguments)
        case "help":
            arguments.removeFirst()
            HelpCommand.main(arguments)
        default:
            QueryCommand.main(arguments)
        }
    }

    /// Ends the command when an argument is no text: what stands in it would be repaired, and a
    /// file's name would then lead to another file.
    private static func demandText() {
        for index in 1..<max(1, Int(CommandLine.argc)) {
            guard let bytes = CommandLine.unsafeArgv[index] else { continue }
            if String(validatingCString: bytes) != nil { continue }
            let errors = StandardStream(descriptor: 2)
            do {
                try errors.line(
                    "nql: argument \(index) is not UTF-8: '\(String(cString: bytes))' "
                        + "[ArgumentError]")
                try errors.line("     rename the file, or make a symbolic link to it")
                try errors.flush()
            } catch {
                // There is nowhere to tell it.
            }
            exit(64)
        }
    }
}
