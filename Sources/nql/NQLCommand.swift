// NQLCommand: the `nql` command's entry. `import`, `check`, `fmt`, `dump`, `load` and their kin are
// commands of their own; all else is `nql [DATABASE] [SCRIPT.nql …]`. A database file called
// `import` is opened as `./import`.

import NenDB

/// The command's entry.
@main
enum NQLCommand {
    static func main() {
        var arguments = Array(CommandLine.arguments.dropFirst())
        switch arguments.first {
        case "import":
            arguments.removeFirst()
            ImportCommand.main(arguments)
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
        default:
            QueryCommand.main(arguments)
        }
    }
}
