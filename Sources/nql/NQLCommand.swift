// NQLCommand: the `nql` command's entry. `import`, `check` and `fmt` are commands of their own; all
// else is `nql [DATABASE] [SCRIPT.nql …]`. A database file called `import` is opened as `./import`.

import Glibc
import NenDB

/// The command's entry.
@main
enum NQLCommand {
    static func main() {
        boundHeaps()
        var arguments = Array(CommandLine.arguments.dropFirst())
        switch arguments.first {
        case "import":
            arguments.removeFirst()
            ImportCommand.main(arguments)
        case "check":
            arguments.removeFirst()
            CheckCommand.main(arguments)
        case "fmt":
            arguments.removeFirst()
            FmtCommand.main(arguments)
        default:
            QueryCommand.main(arguments)
        }
    }

    /// Where addresses are bounded (`ulimit -v`), all threads share one heap: each heap of its own
    /// would take 64 MiB of them.
    private static func boundHeaps() {
        var limit = rlimit()
        if getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0,
            limit.rlim_cur < UInt64(Int.max)
        {
            mallopt(M_ARENA_MAX, 1)
        }
    }
}
