// Database+DumpCSV: a whole graph as CSV files in the form of `nql import`, and back.
//
// The directory holds `nodes-1.csv`, … and `relationships-1.csv`, … with typed headers (`:ID` and
// `:LABEL`, `:START_ID`, `:END_ID` and `:TYPE`, `name:string`, `tags:string[]`), `schema.nql` with
// the statements that make indexes and constraints, and, written last, `import.args`: the arguments
// with which `nql import` takes the files. CSVShape tells what such files cannot hold.

import NQLSyntax
import NenCore
import NenEngine

extension Database {
    /// Writes the whole graph, as one snapshot has it, to CSV files in a directory, which is made
    /// or is empty. `Database.load(directory:into:)` reads it back; so does `nql import`, without
    /// indexes and constraints.
    ///
    /// - Throws: `NQLError`; `ArgumentError(NotForCSV)` for what CSV cannot hold. The files written
    ///   so far are then removed.
    @discardableResult
    public func dumpCSV(
        toDirectory path: String, cancellation: Cancellation = Cancellation(),
        progress: ((DumpProgress) throws -> Void)? = nil
    ) throws -> DumpReport {
        let transaction = try engine.beginRead()
        let export = try GraphExport(transaction, token: cancellation.token)
        let files = try engine.trustedFiles()
        let folder = try files.emptyDirectory(path)
        do {
            return try withoutActuallyEscaping(progress ?? { _ in }) { progress in
                let dump = CSVDump(export, files, folder.directory, progress: progress)
                let run = StatementRun(
                    session: Session(self), transaction: transaction, parameters: [:],
                    interruption: Interruption())
                return try dump.run(schema: run.schemaStatements())
            }
        } catch {
            folder.remove()
            throw error
        }
    }

    /// Makes the database at `path` of a directory that `dumpCSV` has written.
    @discardableResult
    public static func load(
        directory: String, into path: String, options: DatabaseOptions = DatabaseOptions(),
        cancellation: Cancellation = Cancellation(),
        progress: (@Sendable (DumpProgress) throws -> Void)? = nil
    ) throws -> DumpReport {
        let dump = try CSVDumpDirectory(path: directory, threadCount: options.limits.threadCount)
        return try NewDatabase.make(at: path) { freshPath in
            var report = DumpReport()
            if let files = dump.files {
                let imported = try importGraph(into: freshPath, files) {
                    if cancellation.isCancelled {
                        throw NQLError.runtime(
                            .interrupted, "Cancelled",
                            "The load was cancelled; nothing was loaded.")
                    }
                    try progress?(
                        DumpProgress(
                            doneCount: Int(clamping: $0.rowCount), totalCount: nil,
                            byteCount: $0.doneByteCount))
                }
                report.nodeCount = Int(clamping: imported.nodeCount)
                report.relationshipCount = Int(clamping: imported.relationshipCount)
                report.propertyCount = Int(clamping: imported.propertyCount)
            }
            var filling = options
            filling.durability = .off
            filling.isReadOnly = false
            let database = try Database(at: freshPath, options: filling)
            do {
                var load = ScriptLoad(database, cancellation, nil)
                let schema = try ScriptFileReader(path: dump.schemaPath)
                try load.run { try schema.next() }
                report.schemaCount = load.report.schemaCount
                try database.close()
                return report
            } catch {
                try? database.close()
                throw error
            }
        }
    }
}

/// A directory of CSV files, found again.
private struct CSVDumpDirectory {
    /// nil when the graph has no nodes.
    var files: GraphImportOptions?
    var schemaPath: String

    init(path: String, threadCount: Int) throws {
        let folder = path.hasSuffix("/") ? path : path + "/"
        schemaPath = folder + "schema.nql"
        let reader = try ScriptFileReader(path: folder + "import.args")
        var bytes: [UInt8] = []
        while let block = try reader.next() { bytes += block }
        var words = String(decoding: bytes, as: UTF8.self).split { $0 == "\n" || $0 == " " }
            .map(String.init)[...]
        var options = GraphImportOptions()
        options.threadCount = threadCount
        while let option = words.popFirst() {
            guard let value = words.popFirst() else { break }
            switch option {
            case "--nodes":
                options.nodes.append(ImportInput(names: [], paths: [folder + value]))
            case "--relationships":
                options.relationships.append(ImportInput(names: [], paths: [folder + value]))
            case "--array-delimiter": try options.setArrayDelimiter(value)
            default:
                throw NQLError.runtime(
                    .argument, "InvalidDump",
                    "'\(folder)import.args' holds the option '\(option)', which no dump writes.",
                    hint: "`nql import` takes all of its options.")
            }
        }
        if !options.nodes.isEmpty { files = options }
    }
}
