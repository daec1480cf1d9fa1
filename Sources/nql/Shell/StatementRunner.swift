// StatementRunner: runs statements of one session and prints their results and errors: the part
// that shell, scripts and `-c` share.

import NQLSyntax
import NenCore
import NenDB

/// A piece of text with statements, as messages name it.
struct Script {
    /// File name, or nil for what was typed.
    var name: String?
    var text: String
    /// The number of the text's first line in the file.
    var firstLine = 1
}

/// Runs and prints statements.
final class StatementRunner {
    private(set) var database: Database
    private(set) var session: Session
    let output: StandardStream
    let errors: StandardStream
    var format: OutputFormat
    var parameters: [String: Value]
    var showsTime = false
    /// Whether each statement is printed before it runs.
    var echoes = false
    /// Whether remarks about dubious statements are printed behind their results.
    var showsNotifications = true

    init(
        database: Database, output: StandardStream, errors: StandardStream, format: OutputFormat,
        parameters: [String: Value]
    ) {
        self.database = database
        self.output = output
        self.errors = errors
        self.format = format
        self.parameters = parameters
        session = database.session(cancellation: Interrupts.cancellation)
    }

    /// Goes on with another database; an open transaction is rolled back.
    func open(_ database: Database) {
        self.database = database
        session = database.session(cancellation: Interrupts.cancellation)
    }

    /// Runs the statements of `source` in order, up to the first that fails.
    ///
    /// - Returns: the error of the statement that failed; nil when none did.
    func run(_ source: Script) throws -> NQLError? {
        var splitter = StatementSplitter()
        var pieces = splitter.feed(source.text)
        if let last = splitter.finish() { pieces.append(last) }
        var echoed = 0
        for piece in pieces {
            if let error = try run(piece, of: source, echoed: &echoed) { return error }
        }
        return nil
    }

    /// Runs one statement of `source`.
    ///
    /// - Parameter echoed: where the text begins that was not yet printed, with `echoes`.
    /// - Returns: its error, reported.
    func run(
        _ piece: StatementSplitter.Piece, of source: Script, echoed: inout Int
    ) throws -> NQLError? {
        if echoes { try echo(source.text, from: &echoed, to: piece) }
        do {
            try run(piece, source)
        } catch var error as NQLError {
            if error.span != .none {
                error.span.start += UInt32(clamping: piece.offset)
                error.span.end += UInt32(clamping: piece.offset)
            }
            try report(error, in: source)
            return error
        }
        return nil
    }

    /// Prints the text from behind the statement before up to the end of `piece`, with the comments
    /// that stand above it.
    private func echo(
        _ text: String, from start: inout Int, to piece: StatementSplitter.Piece
    ) throws {
        let end = piece.offset + piece.text.utf8.count
        var slice = Array(text.utf8)[start..<end]
        let space: Set<UInt8> = [0x20, 0x0A, 0x0D, 0x09, UInt8(ascii: ";")]
        while let first = slice.first, space.contains(first) { slice.removeFirst() }
        try output.line("\n" + String(decoding: slice, as: UTF8.self) + ";")
        start = end
    }

    private func run(_ piece: StatementSplitter.Piece, _ source: Script) throws {
        Interrupts.cancellation.reset()
        let clock = ContinuousClock()
        let start = clock.now
        let result = try session.run(piece.text, parameters)
        try result.withinStatement { try print(result) }
        if showsTime {
            let elapsed = start.duration(to: clock.now)
            try output.line("\(Elapsed.text(elapsed))")
        }
        try output.flush()
        try remark(result.notifications, piece, source)
    }

    /// Prints rows and counters.
    private func print(_ result: Result) throws {
        if result.columns == ["plan"], try printPlan(result) { return }
        let writer = format.writer(on: output)
        // A statement that fails at its first row prints no head of a result.
        var next = try result.next()
        try writer.begin(columns: result.columns)
        while let row = next {
            try writer.row(row.values)
            try Interruption.check()
            next = try result.next()
        }
        try writer.end()
        if format == .table { try summary(result.counters) }
    }

    /// Prints remarks about a statement on standard error, with their places in the source.
    private func remark(
        _ notifications: [Result.Notification], _ piece: StatementSplitter.Piece, _ source: Script
    ) throws {
        guard showsNotifications, !notifications.isEmpty else { return }
        for var notification in notifications {
            if notification.span != .none {
                notification.span.start += UInt32(clamping: piece.offset)
                notification.span.end += UInt32(clamping: piece.offset)
            }
            try errors.write(
                notification.rendered(
                    source: source.text, fileName: source.name, firstLine: source.firstLine))
        }
        try errors.flush()
    }

    /// A plan is text of many lines: in a table it stands bare.
    private func printPlan(_ result: Result) throws -> Bool {
        guard format == .table else { return false }
        while let row = try result.next() { try output.line(row.values[0].displayText) }
        try output.flush()
        return true
    }

    /// What a writing statement changed, in words.
    private func summary(_ counters: Counters) throws {
        let parts: [(count: Int, one: String, many: String, change: String)] = [
            (counters.nodesCreated, "node", "nodes", "created"),
            (counters.nodesDeleted, "node", "nodes", "deleted"),
            (counters.relationshipsCreated, "relationship", "relationships", "created"),
            (counters.relationshipsDeleted, "relationship", "relationships", "deleted"),
            (counters.labelsAdded, "label", "labels", "added"),
            (counters.labelsRemoved, "label", "labels", "removed"),
            (counters.propertiesSet, "property", "properties", "set"),
        ]
        let changes = parts.filter { $0.count > 0 }.map { part in
            "\(part.count) \(part.count == 1 ? part.one : part.many) \(part.change)"
        }
        if !changes.isEmpty { try output.line(changes.joined(separator: ", ")) }
    }

    /// Prints an error with its place on standard error, behind the output so far.
    func report(_ error: NQLError, in source: Script) throws {
        try output.flush()
        try errors.write(
            renderDiagnostic(
                error, source: source.text, fileName: source.name,
                firstLine: source.firstLine))
        try errors.flush()
    }

    /// Prints a message of the command itself on standard error.
    func complain(_ message: String) throws {
        try output.flush()
        try errors.line("nql: \(message)")
        try errors.flush()
    }
}

/// Durations as people read them.
enum Elapsed {
    /// Such as `1.2 ms` or `3.45 s`.
    static func text(_ duration: Duration) -> String {
        let milliseconds = seconds(duration) * 1_000
        if milliseconds < 1_000 { return "\((milliseconds * 10).rounded() / 10) ms" }
        return "\((milliseconds / 10).rounded() / 100) s"
    }

    /// The duration in seconds.
    static func seconds(_ duration: Duration) -> Double {
        let (seconds, attoseconds) = duration.components
        return Double(seconds) + Double(attoseconds) / 1e18
    }
}
