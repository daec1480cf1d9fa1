// BadEntryReport: judges rows that cannot be taken: an error at once, or a line in the report file
// as long as the tolerance lasts.

import Glibc
import NenCore

/// Collects bad entries; the report file is made with the first that is skipped.
final class BadEntryReport: @unchecked Sendable {
    // Sendable: called only during a pipeline's turn, by one thread at a time.
    private let options: GraphImportOptions
    private(set) var count = 0
    private var descriptor: Int32 = -1

    /// Entries that may be skipped when no tolerance is given.
    static let defaultTolerance = 1000

    init(_ options: GraphImportOptions) { self.options = options }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Whether entries of a kind may be skipped at all.
    private func mayBeSkipped(_ kind: BadEntry.Kind) -> Bool {
        switch kind {
        case .malformed: options.badTolerance.map { $0 != 0 } ?? false
        case .duplicateNode: options.skipsDuplicateNodes
        case .missingNode: options.skipsBadRelationships
        }
    }

    /// Notes an entry.
    ///
    /// - Throws: A typed error with file and line when it may not be skipped, or one too many.
    func note(_ entry: BadEntry, path: String) throws(NQLError) {
        let text = "\(path):\(entry.line): \(entry.message)."
        guard mayBeSkipped(entry.kind) else { throw BadEntryReport.error(entry.kind, text) }
        count += 1
        try write(text + "\n")
        let tolerance = options.badTolerance ?? BadEntryReport.defaultTolerance
        if tolerance >= 0, count > tolerance {
            throw .runtime(
                .database, "TooManyBadEntries",
                "More than \(tolerance) bad entries; the last is \(text)",
                hint: "'\(options.reportPath)' lists them. Raise --bad-tolerance to go on.")
        }
    }

    private static func error(_ kind: BadEntry.Kind, _ text: String) -> NQLError {
        switch kind {
        case .malformed:
            .runtime(
                .database, "MalformedRow", text,
                hint: "--bad-tolerance N skips up to N such rows and reports them.")
        case .duplicateNode:
            .runtime(
                .constraintValidationFailed, "DuplicateNodeID", text,
                hint: "--skip-duplicate-nodes keeps the first of them.")
        case .missingNode:
            .runtime(
                .entityNotFound, "MissingNodeID", text,
                hint: "--skip-bad-relationships leaves such relationships out.")
        }
    }

    private func failure(_ reason: String) -> NQLError {
        .runtime(
            .io, nil, "Cannot write the report '\(options.reportPath)': \(reason).",
            hint: "--report-file names another place.")
    }

    private func write(_ text: String) throws(NQLError) {
        if descriptor < 0 {
            // A pipe that nobody reads, or a database, is not written to.
            let flags = O_RDWR | O_CREAT | O_NONBLOCK | O_NOCTTY | O_CLOEXEC
            descriptor = open(options.reportPath, flags, 0o644)
            guard descriptor >= 0 else { throw failure(String(cString: strerror(errno))) }
            guard !OwnFiles.isDatabaseFile(descriptor) else {
                throw failure("it is a file of a database")
            }
            var status = stat()
            if fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG {
                guard ftruncate(descriptor, 0) == 0 else {
                    throw failure(String(cString: strerror(errno)))
                }
            }
        }
        let bytes = Array(text.utf8)
        var done = 0
        while done < bytes.count {
            let wrote = bytes[done...].withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress, $0.count)
            }
            if wrote <= 0 { break }
            done += wrote
        }
    }
}
