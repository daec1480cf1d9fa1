// Database+Dump: a whole graph as a script in NQL (DumpStatement tells its form), from one
// snapshot, while others write.

import NQLSyntax
import NenCore
import NenEngine

/// What a dump or a load did.
public struct DumpReport: Sendable, Hashable {
    public var nodeCount = 0
    public var relationshipCount = 0
    public var propertyCount = 0
    /// Indexes and constraints.
    public var schemaCount = 0
    /// Bytes written or read.
    public var byteCount = 0
}

/// How far a dump or a load is.
public struct DumpProgress: Sendable {
    /// Nodes and relationships done.
    public var doneCount: Int
    /// In all; nil when that is not known.
    public var totalCount: Int?
    /// Bytes written or read so far.
    public var byteCount: Int
}

extension Database {
    /// Writes the whole graph as a script in NQL: nodes, relationships, all properties, indexes
    /// and constraints, as one snapshot has them. `Database.load` reads it back; as any script, it
    /// can also be run. The same graph gives the same text.
    ///
    /// - Parameters:
    ///   - cancellation: ends the dump with `Interrupted`.
    ///   - progress: called now and then.
    ///   - write: takes the next bytes of the script.
    /// - Throws: `NQLError`, or what `write` throws.
    @discardableResult
    public func dump(
        cancellation: Cancellation = Cancellation(),
        progress: ((DumpProgress) throws -> Void)? = nil, to write: ([UInt8]) throws -> Void
    ) throws -> DumpReport {
        let transaction = try engine.beginRead()
        let export = try GraphExport(transaction, token: cancellation.token)
        return try withoutActuallyEscaping(write) { write in
            try withoutActuallyEscaping(progress ?? { _ in }) { progress in
                let dump = ScriptDump(
                    self, transaction, export, write: write, progress: progress)
                return try dump.run()
            }
        }
    }

    /// Writes the whole graph as a script to a file, which appears when it is complete.
    @discardableResult
    public func dump(
        toFile path: String, cancellation: Cancellation = Cancellation(),
        progress: ((DumpProgress) throws -> Void)? = nil
    ) throws -> DumpReport {
        let draft = try engine.trustedFiles().create(path: path)
        let report = try dump(cancellation: cancellation, progress: progress) {
            try draft.write($0)
        }
        try draft.finish()
        return report
    }
}

/// One dump on its way.
private final class ScriptDump {
    private let database: Database
    private let transaction: EngineTransaction
    private let export: GraphExport
    private let sink: ([UInt8]) throws -> Void
    private let progress: (DumpProgress) throws -> Void
    private var text = DumpText()
    /// The end of the statement whose rows are being written; nil outside of one.
    private var openTail: String?
    private var rowCount = 0
    private var report = DumpReport()
    private let name: String

    /// Rows and bytes of one statement: a statement is read as a whole.
    private static let rowCountMax = 1_000
    private static let byteCountMax = 1 << 18

    init(
        _ database: Database, _ transaction: EngineTransaction, _ export: GraphExport,
        write: @escaping ([UInt8]) throws -> Void,
        progress: @escaping (DumpProgress) throws -> Void
    ) {
        self.database = database
        self.transaction = transaction
        self.export = export
        sink = write
        self.progress = progress
        let catalog = transaction.catalog
        let taken = Set(
            catalog.labels + catalog.keys + catalog.constraints.map(\.name)
                + catalog.indexes.map(\.name))
        var name = "nen dump"
        var number = 1
        while taken.contains(name) {
            number += 1
            name = "nen dump \(number)"
        }
        self.name = name
    }

    func run() throws -> DumpReport {
        text.add("// NenDB dump, format 1. `nql load` makes a database of it.\n")
        if export.nodeCount > 0 { text.add(DumpStatement.beginText(name) + ";\n") }
        try writeNodes()
        try writeRelationships()
        if export.nodeCount > 0 {
            for end in DumpStatement.endTexts(name) { text.add(end + ";\n") }
        }
        let run = StatementRun(
            session: Session(database), transaction: transaction, parameters: [:],
            interruption: Interruption())
        for statement in run.schemaStatements() {
            text.add(statement + ";\n")
            report.schemaCount += 1
        }
        try flush()
        return report
    }

    private func writeNodes() throws {
        var current: [String]?
        try export.forEachNode { number, labels, properties in
            if openTail == nil || current != labels {
                try endStatement()
                current = labels
                openTail = DumpStatement.nodeTail(name, labels)
            }
            try beginRow()
            text.add("{i: \(number), p: ")
            text.add(properties)
            text.add("}")
            report.nodeCount += 1
            report.propertyCount += properties.count
            try endRow()
        }
        try endStatement()
    }

    private func writeRelationships() throws {
        var current: String?
        try export.forEachRelationship { type, source, target, properties in
            if openTail == nil || current != type {
                try endStatement()
                current = type
                openTail = DumpStatement.relationshipTail(name, type)
            }
            try beginRow()
            text.add("{s: \(source), t: \(target), p: ")
            text.add(properties)
            text.add("}")
            report.relationshipCount += 1
            report.propertyCount += properties.count
            try endRow()
        }
        try endStatement()
    }

    private func beginRow() throws {
        text.add(rowCount == 0 ? DumpStatement.head : ",\n")
        rowCount += 1
    }

    private func endRow() throws {
        if rowCount >= ScriptDump.rowCountMax || text.bytes.count >= ScriptDump.byteCountMax {
            try endStatement()
        }
    }

    private func endStatement() throws {
        if rowCount > 0, let openTail { text.add("\n" + openTail + ";\n") }
        openTail = nil
        rowCount = 0
        try flush()
    }

    private func flush() throws {
        if text.bytes.isEmpty { return }
        try sink(text.bytes)
        report.byteCount += text.bytes.count
        text.removeAll()
        let total = UInt64(export.nodeCount) + export.relationshipCount
        try progress(
            DumpProgress(
                doneCount: report.nodeCount + report.relationshipCount,
                totalCount: Int(clamping: total), byteCount: report.byteCount))
    }
}
