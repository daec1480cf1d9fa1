// NQLCommand: the `nql` command.

import ArgumentParser
import NenDB

/// `nql`: queries, scripts and maintenance of NenDB databases.
@main
struct NQLCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "nql", abstract: "Query NenDB graph databases.",
        version: NenDBVersion.current)
}
