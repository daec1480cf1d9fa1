// FmtCommand: `nql fmt`: scripts in canonical form, to standard output, into their files, or only
// compared. A file is replaced by renaming a complete new one over it, or not at all.

import ArgumentParser
import Glibc
import NQLSyntax
import NenDB

/// `nql fmt`.
struct FmtCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "nql fmt",
        abstract: "Print NQL scripts in canonical form.",
        discussion: """
            Keywords in capitals, a clause a line, lines of at most 100 characters where \
            possible. Comments stay, blank lines between statements become one. A column \
            without AS keeps its text, which is its name. Without a file, or with -, standard \
            input is formatted. A script with errors is left as it is; the status is then 1.
            """)

    @Flag(name: .long, help: "Print nothing but the names of files that are not formatted.")
    var check = false

    @Flag(name: [.customShort("i"), .long], help: "Write the files instead of printing them.")
    var inPlace = false

    @Argument(help: "Scripts; - is standard input.")
    var files: [String] = []

    func validate() throws {
        if check && inPlace { throw ValidationError("--check and --in-place exclude each other.") }
        if inPlace && (files.isEmpty || files.contains("-")) {
            throw ValidationError("--in-place needs files.")
        }
    }

    func run() throws {
        Interrupts.ignoreWriteSignals()
        let output = StandardStream(descriptor: 1)
        let errors = StandardStream(descriptor: 2)
        do {
            var isFine = true
            for file in files.isEmpty ? ["-"] : files {
                if try !format(file, output, errors) { isFine = false }
            }
            try output.flush()
            try errors.flush()
            if !isFine { throw ExitCode.failure }
        } catch is OutputClosed {
            throw ExitCode(141)
        }
    }

    /// Formats one file; false if it could not be, or is not as it should be under --check.
    private func format(
        _ path: String, _ output: StandardStream, _ errors: StandardStream
    ) throws -> Bool {
        let name = path == "-" ? "standard input" : path
        let bytes = path == "-" ? FileBytes.read(descriptor: 0) : FileBytes.read(path)
        guard let bytes else {
            try errors.line("nql fmt: \(name): \(SystemError.message)")
            return false
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            try errors.line("nql fmt: \(name) is not UTF-8 text")
            return false
        }
        let formatted: String
        do throws(FormatFailure) {
            formatted = try formatScript(text)
        } catch {
            for error in error.errors {
                try errors.write(renderDiagnostic(error, source: text, fileName: name))
            }
            return false
        }
        if check {
            if formatted == text { return true }
            try output.line(name)
            return false
        }
        guard inPlace else {
            try output.write(formatted)
            return true
        }
        if formatted == text { return true }
        if FileBytes.replace(path, with: Array(formatted.utf8)) { return true }
        try errors.line("nql fmt: \(name): \(SystemError.message)")
        return false
    }
}
