// ImportArguments: the options of `neo4j-admin database import` as it spells them, put into the
// form of `nql import`: flags with a value (`--flag=true`), options that need nothing to be done
// here, with a word about each, and those that are refused with the reason.

import ArgumentParser
import Glibc
import NenDB

/// The arguments of an import as they were given.
struct ImportArguments {
    /// For the command.
    private(set) var arguments: [String] = []
    /// What was passed over, and why.
    private(set) var remarks: [String] = []
    /// The first argument that cannot be taken, and why.
    private(set) var refusal: String?

    /// Flags that may have a value in neo4j-admin.
    static let flags = [
        "skip-bad-relationships", "skip-duplicate-nodes", "ignore-extra-columns",
        "ignore-empty-strings", "trim-strings", "auto-skip-subsequent-headers",
        "overwrite-destination", "predict",
    ]

    /// Options that change nothing here, and why.
    static let ignored = [
        "verbose": "what is done is printed anyway",
        "multiline-fields": "fields in quotes may have several lines always",
        "multiline-fields-format": "fields in quotes may have several lines always",
        "normalize-types": "numbers are stored as Integer and Float always",
        "high-parallel-io": "files are read by all threads always",
        "high-io": "files are read by all threads always",
        "max-off-heap-memory": "--memory-budget bounds the memory for sorting",
        "read-buffer-size": "buffers grow with the records",
        "skip-bad-entries-logging": "skipped rows are listed in the report file",
        "cache-on-heap": "identifiers are kept in memory always",
        "page-size": "the store has one size of pages",
        "format": "the store has one format",
        "legacy-style-quoting": "two quotes stand for one, a backslash for itself",
        "strict": "malformed rows are errors unless --bad-tolerance allows them",
        "expand-commands": "there is no configuration file",
        "force": "--overwrite-destination replaces a database",
        "temp-path": "temporary files lie beside the database",
        "compress": "the store has one format",
        "profile": "what is done is printed anyway",
        "profile-results-path": "what is done is printed anyway",
    ]

    /// Options that cannot be taken, and why.
    static let refused = [
        "additional-config": "there is no configuration file; give the options themselves",
        "schema": "declare indexes and constraints by statements after the import",
        "stage": "an import is for a new database; COPY FROM adds to one that exists",
        "update-all-matching-relationships":
            "an import is for a new database; COPY FROM adds to one that exists",
        "vector-delimiter": "write lists, whose delimiter is --array-delimiter",
        "property-shard-count": "a database is one file",
        "target-format": "the store has one format",
        "target-location": "give the database file as the last argument",
        "from-path": "give the database file as the last argument",
        "to-path": "give the database file as the last argument",
    ]

    /// Options of which one choice is what is done anyway.
    static let choices = [
        "input-type": (only: "csv", reason: "the input is CSV"),
        "path-pattern-style": (
            only: "regex", reason: "a name of a file that is none is a regular expression"
        ),
    ]

    init(_ given: [String]) {
        var rest = given[...]
        while let argument = rest.popFirst() {
            guard argument.hasPrefix("--"), argument.count > 2 else {
                arguments.append(argument)
                continue
            }
            let parts = argument.dropFirst(2).split(
                separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            take(String(parts[0]), parts.count > 1 ? String(parts[1]) : nil, argument, &rest)
        }
    }

    private mutating func take(
        _ name: String, _ value: String?, _ argument: String, _ rest: inout ArraySlice<String>
    ) {
        if ImportArguments.flags.contains(name) {
            takeFlag(name, value, argument, &rest)
        } else if name == "dry-run" {
            let count = arguments.count
            takeFlag("predict", value, argument, &rest)
            if arguments.count > count { remarks.append("--dry-run is --predict here") }
        } else if let words = ImportArguments.choices[name] {
            let word = value ?? rest.popFirst() ?? ""
            if word.lowercased() == words.only {
                remarks.append("--\(name) has no effect: \(words.reason)")
            } else {
                refuse("--\(name) cannot be '\(word)': \(words.reason).")
            }
        } else if let reason = ImportArguments.refused[name] {
            refuse("--\(name) cannot be taken: \(reason).")
        } else if name == "input-encoding" {
            let encoding = value ?? rest.popFirst() ?? ""
            if !["utf-8", "utf8", "us-ascii", "ascii"].contains(encoding.lowercased()) {
                refuse(
                    "--input-encoding cannot be '\(encoding)': convert the files to UTF-8 first.")
            }
        } else if let reason = ImportArguments.ignored[name] {
            if value == nil, let next = rest.first, ImportArguments.isValue(next, of: name) {
                rest.removeFirst()
            }
            remarks.append("--\(name) has no effect: \(reason)")
        } else if name == "id-type" {
            var type = (value ?? rest.popFirst() ?? "").lowercased()
            if type == "actual" {
                remarks.append(
                    "--id-type=actual is read as integer: nodes get numbers of their own")
                type = "integer"
            }
            arguments += ["--id-type", type]
        } else {
            arguments.append(argument)
        }
    }

    private mutating func takeFlag(
        _ name: String, _ value: String?, _ argument: String, _ rest: inout ArraySlice<String>
    ) {
        var value = value
        if value == nil, let next = rest.first, ["true", "false"].contains(next.lowercased()) {
            value = next
            rest.removeFirst()
        }
        switch value?.lowercased() {
        case nil, "true": arguments.append("--\(name)")
        case "false": break
        default: refuse("--\(name) is true or false, not '\(value ?? "")'.")
        }
    }

    private mutating func refuse(_ reason: String) {
        if refusal == nil { refusal = reason }
    }

    /// Whether an argument behind an option without `=` is its value.
    private static func isValue(_ argument: String, of name: String) -> Bool {
        switch name {
        case "max-off-heap-memory", "read-buffer-size", "format", "page-size", "temp-path",
            "multiline-fields-format", "profile-results-path":
            !argument.hasPrefix("-")
        default: ["true", "false"].contains(argument.lowercased())
        }
    }
}

extension ImportCommand {
    /// The command with neo4j-admin's spellings; remarks go to standard error.
    static func main(translating given: [String]) {
        let translated = ImportArguments(given)
        let errors = StandardStream(descriptor: 2)
        do {
            if let refusal = translated.refusal {
                try errors.line("nql import: \(refusal)")
                try errors.flush()
                Glibc.exit(64)
            }
            for remark in translated.remarks { try errors.line("nql import: \(remark).") }
            try errors.flush()
        } catch {
            // There is nowhere to tell it.
        }
        main(translated.arguments)
    }
}
