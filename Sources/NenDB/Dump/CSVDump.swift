// CSVDump: writes the files of a CSV dump in two passes over the snapshot: the first finds the
// columns, the second writes the rows.

import NenCore
import NenEngine

/// One dump to CSV on its way.
final class CSVDump {
    private let export: GraphExport
    private let files: FileDoor
    private let directory: DirectoryHandle
    private let progress: (DumpProgress) throws -> Void
    private var report = DumpReport()
    private var arguments = ["--array-delimiter U+001F"]
    private var text = CSVText()
    private var rowCount = 0

    /// Label sets or types with files of their own; the others share some.
    private static let kindCountMax = 1_000
    /// Rows between two reports of progress.
    private static let progressRowCount = 10_000

    init(
        _ export: GraphExport, _ files: FileDoor, _ directory: DirectoryHandle,
        progress: @escaping (DumpProgress) throws -> Void
    ) {
        self.export = export
        self.files = files
        self.directory = directory
        self.progress = progress
    }

    func run(schema: [String]) throws -> DumpReport {
        try writeNodes()
        try writeRelationships()
        let script = try files.create("schema.nql", in: directory)
        for statement in schema { try script.write(statement + ";\n") }
        try script.finish()
        report.schemaCount = schema.count
        // Last: without it the directory is no complete dump.
        let list = try files.create("import.args", in: directory)
        try list.write(arguments.joined(separator: "\n") + "\n")
        try list.finish()
        return report
    }

    private func count(_ properties: [ExportedProperty], _ byteCount: Int) throws {
        report.propertyCount += properties.count
        report.byteCount += byteCount
        rowCount += 1
        guard rowCount % CSVDump.progressRowCount == 0 else { return }
        let total = UInt64(export.nodeCount) + export.relationshipCount
        try progress(
            DumpProgress(
                doneCount: rowCount, totalCount: Int(clamping: total),
                byteCount: report.byteCount))
    }

    // MARK: Nodes

    private func writeNodes() throws {
        var shapes: [CSVShape] = []
        var kind = KindCounter<[String]>(most: CSVDump.kindCountMax)
        try export.forEachNode { _, labels, properties in
            if kind.advance(to: labels) {
                for label in labels where label.isEmpty || label.utf8.contains(CSVText.separator) {
                    throw CSVShape.refusal("the label '\(label)' is empty or contains U+001F")
                }
                if kind.index == shapes.count { shapes.append(CSVShape()) }
            }
            try shapes[kind.index].note(properties)
        }
        let writer = CSVFileWriter("nodes", "--nodes", files, directory)
        kind = KindCounter(most: CSVDump.kindCountMax)
        try export.forEachNode { number, labels, properties in
            if kind.advance(to: labels) { try writer.begin(kind.index) }
            let shape = shapes[kind.index]
            let index = try shape.file(of: properties)
            text.removeAll()
            text.add(bare: String(number))
            text.endField()
            if !labels.isEmpty { text.add(quoted: labels) }
            text.endField()
            try endRow(properties, shape.files[index])
            try writer.write(text.bytes, index) {
                header([":ID{id-type:long}", ":LABEL"], shape.files[index])
            }
            report.nodeCount += 1
            try count(properties, text.bytes.count)
        }
        arguments += try writer.finish()
    }

    // MARK: Relationships

    private func writeRelationships() throws {
        var shapes: [CSVShape] = []
        var kind = KindCounter<String>(most: CSVDump.kindCountMax)
        try export.forEachRelationship { type, _, _, properties in
            if kind.advance(to: type) {
                if type.isEmpty { throw CSVShape.refusal("a relationship type is empty") }
                if kind.index == shapes.count { shapes.append(CSVShape()) }
            }
            try shapes[kind.index].note(properties)
        }
        let writer = CSVFileWriter("relationships", "--relationships", files, directory)
        kind = KindCounter(most: CSVDump.kindCountMax)
        try export.forEachRelationship { type, source, target, properties in
            if kind.advance(to: type) { try writer.begin(kind.index) }
            let shape = shapes[kind.index]
            let index = try shape.file(of: properties)
            text.removeAll()
            for number in [source, target] {
                text.add(bare: String(number))
                text.endField()
            }
            text.add(quoted: [type])
            text.endField()
            try endRow(properties, shape.files[index])
            try writer.write(text.bytes, index) {
                header([":START_ID", ":END_ID", ":TYPE"], shape.files[index])
            }
            report.relationshipCount += 1
            try count(properties, text.bytes.count)
        }
        arguments += try writer.finish()
    }

    // MARK: Rows

    private func header(_ first: [String], _ file: CSVShape.File) -> [UInt8] {
        var header = CSVText()
        for name in first + file.keys.map({ "\($0):\(file.types[$0] ?? "string")" }) {
            header.add(quoted: [name])
            header.endField()
        }
        try? header.endRow()
        return header.bytes
    }

    private func endRow(_ properties: [ExportedProperty], _ file: CSVShape.File) throws {
        if !file.keys.isEmpty {
            let values = Dictionary(
                properties.map { ($0.key, $0.value) }, uniquingKeysWith: { $1 })
            for key in file.keys {
                text.add(values[key])
                text.endField()
            }
        }
        try text.endRow()
    }
}

/// Numbers the kinds of entities as they come, each once: those beyond a limit share the last
/// number.
private struct KindCounter<Kind: Equatable> {
    private let most: Int
    private var current: Kind?
    private var count = 0

    init(most: Int) { self.most = most }

    var index: Int { min(count, most) - 1 }

    /// Whether the kind is another than before.
    mutating func advance(to kind: Kind) -> Bool {
        if kind == current { return false }
        current = kind
        count += 1
        return true
    }
}

/// The files of one kind after the other.
private final class CSVFileWriter {
    private let name: String
    private let option: String
    private let files: FileDoor
    private let directory: DirectoryHandle
    private var open: [Int: FileDraft] = [:]
    private var kind = -1
    private var arguments: [String] = []

    init(
        _ name: String, _ option: String, _ files: FileDoor, _ directory: DirectoryHandle
    ) {
        self.name = name
        self.option = option
        self.files = files
        self.directory = directory
    }

    /// Goes on with the files of another kind, unless it shares those of the one before.
    func begin(_ kind: Int) throws {
        if kind == self.kind { return }
        try close()
        self.kind = kind
    }

    private func close() throws {
        for index in open.keys.sorted() { try open[index]?.finish() }
        open.removeAll()
    }

    func write(_ row: [UInt8], _ index: Int, header: () -> [UInt8]) throws {
        if let file = open[index] { return try file.write(row) }
        let fileName = "\(name)-\(arguments.count + 1).csv"
        let file = try files.create(fileName, in: directory)
        open[index] = file
        arguments.append("\(option) \(fileName)")
        try file.write(header())
        try file.write(row)
    }

    /// Closes all files.
    ///
    /// - Returns: the import's arguments.
    func finish() throws -> [String] {
        try close()
        return arguments
    }
}
