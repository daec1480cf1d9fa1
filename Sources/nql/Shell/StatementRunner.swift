// StatementRunner: runs statements and dot commands of one session and prints their results and
// errors: the part that shell, scripts and `-c` share.

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

/// How a piece of a script, or all of it, ended.
enum RunOutcome {
    case done
    /// It failed, which was told; with the error of a statement.
    case failed(NQLError?)
    /// `.exit`
    case exit
}

/// Runs and prints statements.
final class StatementRunner {
    private(set) var database: Database
    private(set) var session: Session
    /// Where the command itself speaks.
    let output: StandardStream
    let errors: StandardStream
    /// Where results go.
    var results: ResultTarget
    var settings = OutputSettings()
    var parameters: [String: Value]
    var showsTime = false
    /// Whether each statement is printed before it runs.
    var echoes = false
    /// Whether a script ends at its first error.
    var stopsAtErrors = true
    /// Whether remarks about dubious statements are printed behind their results.
    var showsNotifications = true
    /// Whether somebody watches: long statements tell how far they are.
    var showsProgress = false
    /// Opens databases for `.open`, and the one that is put off.
    let opener: DatabaseOpener
    /// Scripts within scripts.
    var depth = 0

    init(
        _ opener: DatabaseOpener, output: StandardStream, errors: StandardStream,
        parameters: [String: Value]
    ) throws {
        self.opener = opener
        self.output = output
        self.errors = errors
        self.parameters = parameters
        results = ResultTarget(output)
        database = try opener.open()
        session = database.session(cancellation: Interrupts.cancellation)
    }

    /// Goes on with another database; an open transaction is rolled back.
    func open(_ path: String) throws {
        let next = try opener.open(path)
        if session.isInTransaction { try session.run("ROLLBACK") }
        try database.close()
        replace(with: next)
    }

    private func replace(with next: Database) {
        let limits = session.limits
        let idle = session.idleTransactionTimeoutMilliseconds
        database = next
        session = next.session(cancellation: Interrupts.cancellation)
        session.limits = limits
        session.idleTransactionTimeoutMilliseconds = idle
    }

    /// Makes the file of a database that is not there yet, for a statement that needs it.
    private func openIfNeeded(for text: String) throws {
        guard opener.isPutOff, !session.isInTransaction, database.mayChange(text),
            let next = try opener.openPutOff()
        else { return }
        replace(with: next)
    }

    // MARK: Scripts

    /// Runs the statements and commands of `source` in order, up to the first that fails.
    func run(_ source: Script) throws -> RunOutcome {
        var splitter = StatementSplitter(readsCommands: true)
        var pieces = splitter.feed(source.text)
        if let last = splitter.finish() { pieces.append(last) }
        var echoed = 0
        var first: RunOutcome?
        for piece in pieces {
            let outcome = try run(piece, of: source, echoed: &echoed)
            switch outcome {
            case .done: continue
            case .exit: return first ?? .exit
            case .failed(let error):
                first = first ?? outcome
                if stopsAtErrors || error?.code == .interrupted { return outcome }
            }
        }
        return first ?? .done
    }

    /// Runs one statement or command of `source`.
    ///
    /// - Parameter echoed: where the text begins that was not yet printed, with `echoes`.
    func run(
        _ piece: StatementSplitter.Piece, of source: Script, echoed: inout Int
    ) throws -> RunOutcome {
        if echoes { try echo(source.text, from: &echoed, to: piece) }
        if piece.isCommand { return try DotCommandRun(self).run(piece.text) }
        do {
            try run(piece, source)
        } catch var error as NQLError {
            if error.span != .none {
                error.span.start += UInt32(clamping: piece.offset)
                error.span.end += UInt32(clamping: piece.offset)
            }
            try report(error, in: source)
            return .failed(error)
        }
        return .done
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
        let tail = piece.isCommand ? "" : ";"
        try output.line("\n" + String(decoding: slice, as: UTF8.self) + tail)
        start = end
    }

    private func run(_ piece: StatementSplitter.Piece, _ source: Script) throws {
        Interrupts.cancellation.reset()
        try openIfNeeded(for: piece.text)
        session.showsPlansAsJSON = settings.format == .json || settings.format == .jsonl
        let clock = ContinuousClock()
        let start = clock.now
        let watch = showsProgress ? StatementWatch(database, errors) : nil
        defer { watch?.stop() }
        let result = try session.run(piece.text, parameters)
        try result.withinStatement { try print(result, watch) }
        watch?.stop()
        try output.flush()
        if showsTime {
            try errors.line("\(Elapsed.text(start.duration(to: clock.now)))")
            try errors.flush()
        }
        try remark(result.notifications, piece, source)
    }

    // MARK: Results

    /// Prints rows, counters and what else the statement did.
    private func print(_ result: QueryResult, _ watch: StatementWatch?) throws {
        let isPlan = result.columns == ["plan"]
        // A statement that fails at its first row prints no head of a result.
        let first = try result.next()
        watch?.stop()
        let limits = isPlan || result.columns.isEmpty ? nil : settings.pager
        try results.withStream(pager: limits) { stream, isPaged in
            if isPlan, let row = first, try printPlan(row, on: stream) { return }
            try printRows(result, first, on: stream, isPaged: isPaged, watch)
        }
        guard settings.format.isForPeople else { return }
        try summary(result.counters)
        if result.outcome != .rows { try output.line(result.outcome.description) }
    }

    private func printRows(
        _ result: QueryResult, _ first: Row?, on stream: StandardStream, isPaged: Bool,
        _ watch: StatementWatch?
    ) throws {
        var shown = settings
        if isPaged {
            if shown.rowLimit == .automatic { shown.rowLimit = .all }
            if shown.width == .automatic { shown.width = .unlimited }
        }
        let writer = shown.writer(on: stream)
        let rowMax = shown.rowMax(on: stream) ?? .max
        try writer.begin(columns: result.columns)
        var next = first
        var count = 0
        while let row = next, count < rowMax {
            try writer.row(row.values)
            try Interruption.check()
            next = try result.next()
            count += 1
        }
        var leftOut = 0
        if next != nil {
            watch?.start()
            leftOut = try result.countRest() + 1
            watch?.stop()
        }
        try writer.end(leftOut: leftOut)
    }

    /// Prints remarks about a statement on standard error, with their places in the source.
    private func remark(
        _ notifications: [QueryResult.Notification], _ piece: StatementSplitter.Piece,
        _ source: Script
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

    /// A plan is text of many lines: for people it stands bare, within JSON as JSON.
    private func printPlan(_ row: Row, on stream: StandardStream) throws -> Bool {
        let text = row.values[0].displayText
        switch settings.format {
        case .table, .line: try stream.line(text)
        case .json where text.hasPrefix("{"): try stream.line("[\n{\"plan\":\(text)}\n]")
        case .jsonl where text.hasPrefix("{"):
            try stream.line("{\"plan\":\(text.split(separator: "\n").joined(separator: " "))}")
        default: return false
        }
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
            "\(Plural.text(part.count, part.one, part.many)) \(part.change)"
        }
        if !changes.isEmpty { try output.line(changes.joined(separator: ", ")) }
    }

    // MARK: Messages

    /// Prints an error with its place on standard error, behind the output so far.
    func report(_ error: NQLError, in source: Script) throws {
        try flushAnyway()
        try errors.write(
            error.rendered(
                source: source.text, fileName: source.name, firstLine: source.firstLine))
        try errors.flush()
    }

    /// Prints a message of the command itself on standard error.
    func complain(_ message: String) throws {
        try flushAnyway()
        try errors.line("nql: \(message)")
        try errors.flush()
    }

    /// An output that cannot be written must not hide the error that is told.
    private func flushAnyway() throws {
        do {
            try output.flush()
        } catch is NQLError {
            return
        }
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

/// Counts with their nouns.
enum Plural {
    /// Such as `1 node` or `2 nodes`.
    static func text(_ count: Int, _ one: String, _ many: String? = nil) -> String {
        "\(count) \(count == 1 ? one : many ?? one + "s")"
    }
}
