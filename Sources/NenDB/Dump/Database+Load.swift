// Database+Load: a script, above all that of a dump, as a new database: whole or not at all.

import NQLSyntax
import NenCore
import NenEngine

extension Database {
    /// Makes the database at `path` of a script. What a dump made is loaded by a short cut
    /// (DumpStatement); all else runs as in a session. The database appears when all of the script
    /// has run.
    ///
    /// - Parameters:
    ///   - path: where there is nothing yet, or an empty database.
    ///   - options: how statements of the script run.
    ///   - progress: called now and then.
    ///   - read: gives the next bytes of the script; nil at its end.
    /// - Throws: `NQLError`, with the line of the script in its message; the place is then as it
    ///   was before.
    @discardableResult
    public static func load(
        into path: String, options: DatabaseOptions = DatabaseOptions(),
        cancellation: Cancellation = Cancellation(),
        progress: ((DumpProgress) throws -> Void)? = nil, from read: () throws -> [UInt8]?
    ) throws -> DumpReport {
        try NewDatabase.make(at: path) { freshPath in
            var filling = options
            // It is brought to the disk as a whole when it is complete.
            filling.durability = .off
            filling.isReadOnly = false
            let database = try Database(at: freshPath, options: filling)
            do {
                var load = ScriptLoad(database, cancellation, progress)
                try load.run(read)
                try database.close()
                return load.report
            } catch {
                try? database.close()
                throw error
            }
        }
    }

    /// Makes the database at `path` of a script in a file.
    @discardableResult
    public static func load(
        file: String, into path: String, options: DatabaseOptions = DatabaseOptions(),
        cancellation: Cancellation = Cancellation(),
        progress: ((DumpProgress) throws -> Void)? = nil
    ) throws -> DumpReport {
        let input = try ScriptFileReader(path: file)
        return try load(
            into: path, options: options, cancellation: cancellation, progress: progress
        ) { try input.next() }
    }
}

/// One load on its way.
struct ScriptLoad {
    private let database: Database
    private let session: Session
    private let cancellation: Cancellation
    private let progress: ((DumpProgress) throws -> Void)?
    private let loader: GraphLoader
    private var reader = DumpReader()
    private var counters = Counters()
    private var byteCount = 0
    private var schemaCount = 0

    init(
        _ database: Database, _ cancellation: Cancellation,
        _ progress: ((DumpProgress) throws -> Void)?
    ) {
        self.database = database
        self.cancellation = cancellation
        self.progress = progress
        session = database.session(cancellation: cancellation)
        loader = GraphLoader(database.engine)
    }

    var report: DumpReport {
        let sum = counters + loader.counters
        return DumpReport(
            nodeCount: sum.nodesCreated, relationshipCount: sum.relationshipsCreated,
            propertyCount: sum.propertiesSet, schemaCount: schemaCount, byteCount: byteCount)
    }

    mutating func run(_ read: () throws -> [UInt8]?) throws {
        var splitter = StatementSplitter()
        while let bytes = try read() {
            byteCount += bytes.count
            for piece in bytes.withUnsafeBufferPointer({ splitter.feed(bytes: $0) }) {
                try run(piece)
            }
            try progress?(
                DumpProgress(
                    doneCount: report.nodeCount + report.relationshipCount, totalCount: nil,
                    byteCount: byteCount))
        }
        if let last = splitter.finish() { try run(last) }
        try loader.commit()
        if session.isInTransaction {
            throw NQLError.runtime(
                .transaction, "TransactionIsOpen",
                "The script ends within a transaction: COMMIT is missing.")
        }
    }

    private mutating func run(_ piece: StatementSplitter.Piece) throws {
        if cancellation.isCancelled {
            throw NQLError.runtime(
                .interrupted, "Cancelled", "The load was cancelled; nothing was loaded.")
        }
        do {
            try run(try parseStatement(piece.text), piece.text)
        } catch var error as NQLError {
            var line = piece.line
            if error.span != .none {
                let before = piece.text.utf8.prefix(Int(error.span.start))
                line += before.count { $0 == 0x0A }
            }
            error.message = "line \(line): \(error.message)"
            error.span = .none
            throw error
        }
    }

    private mutating func run(_ statement: Statement, _ text: String) throws {
        guard !session.isInTransaction, let known = try reader.read(statement) else {
            try loader.commit()
            let result = try session.run(text)
            while try result.next() != nil {}
            counters = counters + result.counters
            switch statement.kind {
            case .createIndex, .createConstraint: schemaCount += 1
            default: break
            }
            // Statements of a script seldom repeat.
            database.clearPlanCache()
            return
        }
        switch known {
        case .begin, .end: break
        case .nodes(let labels, let rows):
            for row in rows {
                let (numbers, properties) = try parts(row, ["i"])
                try loader.node(numbers[0], labels: labels, properties: properties)
            }
        case .relationships(let type, let rows):
            for row in rows {
                let (numbers, properties) = try parts(row, ["s", "t"])
                try loader.relationship(
                    type, from: numbers[0], to: numbers[1], properties: properties)
            }
        }
    }

    /// The numbers and the properties of a row.
    private func parts(
        _ row: Expression, _ names: [String]
    ) throws -> ([Int64], [ExportedProperty]) {
        do {
            guard case .map(let entries) = row.kind, entries.count == names.count + 1,
                let last = entries.last, last.key.text == "p",
                case .map(let properties) = last.value.kind
            else { throw ScriptLoad.malformed(row) }
            var numbers: [Int64] = []
            for (entry, name) in zip(entries, names) {
                guard entry.key.text == name,
                    case .integer(let number)? = try LiteralReader.value(entry.value)
                else { throw ScriptLoad.malformed(row) }
                numbers.append(number)
            }
            if let known = try LiteralReader.entries(properties) { return (numbers, known) }
            return (numbers, try properties.map { ($0.key.text, try evaluated($0.value)) })
        } catch var error as NQLError {
            if error.span == .none { error.span = row.span }
            throw error
        }
    }

    /// The value of an expression that is no literal.
    private func evaluated(_ expression: Expression) throws -> Value {
        if let known = try LiteralReader.value(expression) { return known }
        let run = StatementRun(
            session: session, transaction: try database.engine.beginRead(), parameters: [:],
            interruption: Interruption(token: cancellation.token))
        return try run.constant(expression)
    }

    private static func malformed(_ row: Expression) -> NQLError {
        .runtime(
            .argument, "InvalidDump",
            "A row of the dump is not of the form {i: …, p: {…}} or {s: …, t: …, p: {…}}.",
            at: row.span)
    }
}
