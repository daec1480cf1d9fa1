// The `csv`, `copy` and `import` targets: what reads text that is not NQL.

import CNenKernels
import Foundation
import NenCore
import NenDB

@testable import NenEngine

/// A file in memory: the readers read descriptors.
private func memoryFile(_ bytes: UnsafeBufferPointer<UInt8>) -> InputFile {
    let descriptor = nen_memory_file("fuzz")
    guard descriptor >= 0 else { fail("no file in memory: error \(-descriptor)") }
    var done = 0
    while done < bytes.count, let base = bytes.baseAddress {
        let count = write(descriptor, base + done, bytes.count - done)
        if count <= 0 { fail("a file in memory cannot be written: error \(errno)") }
        done += count
    }
    return InputFile(descriptor: descriptor, path: "fuzz.csv", byteCount: bytes.count)
}

/// `CSVReader`. The first byte chooses the dialect, the rest is the file.
enum CSVTarget {
    private static let dialects = [
        CSVDialect(), CSVDialect(delimiter: 0x7C), CSVDialect(quote: nil),
        CSVDialect(delimiter: 0x09, quote: 0x27),
    ]

    static func run(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard let first = bytes.first else { return }
        let content = UnsafeBufferPointer(rebasing: bytes[1...])
        let account = MemoryAccount(.statement, limitBytes: 64 << 20)
        do throws(NQLError) {
            let file = try CSVFile(memoryFile(content))
            let dialect = dialects[Int(first) % dialects.count]
            try read(CSVReader(file: file, dialect: dialect, account: account), content)
        } catch {
            if error.code == .memory { fail("\(error)") }
        }
        if account.heldBytes != 0 { fail("\(account.heldBytes) bytes stay charged") }
    }

    private static func read(
        _ reader: CSVReader, _ content: UnsafeBufferPointer<UInt8>
    ) throws(NQLError) {
        var position = reader.position
        let lineMax = 1 + content.count { $0 == 0x0A }
        while let record = try reader.next() {
            let next = reader.position
            if record.fields.isEmpty { fail("a record without fields") }
            if record.line < position.line || next.line > lineMax || record.line > next.line {
                fail("line \(record.line) between \(position.line) and \(next.line) of \(lineMax)")
            }
            if next.byteOffset <= position.byteOffset || next.byteOffset > content.count {
                fail("from byte \(position.byteOffset) to \(next.byteOffset) of \(content.count)")
            }
            let fieldBytes = record.fields.reduce(0) { $0 + ($1?.utf8.count ?? 0) }
            if fieldBytes > next.byteOffset - position.byteOffset { fail("more than was read") }
            position = next
        }
    }
}

/// The reader of `COPY … FROM`: a file with a header that names types.
enum CopyTarget {
    private static let folder = TemporaryPlace("nencover-copy")

    static func run(_ bytes: UnsafeBufferPointer<UInt8>) {
        folder.write("copy.csv", bytes)
        do throws(NQLError) {
            let reader = try CopyReader(
                location: folder("copy.csv"), format: CopyFormat(), files: FileDoor.trusted())
            let width = reader.names.count
            while let row = try reader.next() {
                if row.values.count != width { fail("\(row.values.count) of \(width) values") }
            }
        } catch {
            if error.code != .argument && error.code != .io { fail("\(error)") }
        }
    }
}

/// `nql import`. The first byte chooses options and the size of ranges; the rest is a file of nodes
/// with its header, and behind a NUL byte one of relationships.
enum ImportTarget {
    private static let folder = TemporaryPlace("nencover-import")

    static func run(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard let first = bytes.first else { return }
        let parts = bytes.dropFirst().split(
            separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
        var options = GraphImportOptions()
        options.reportPath = folder("report")
        options.rangeByteCount = first & 1 == 0 ? 64 : 1 << 20
        options.skipsBadRelationships = first & 2 != 0
        options.skipsDuplicateNodes = first & 2 != 0
        options.badTolerance = first & 2 != 0 ? -1 : nil
        options.trimsStrings = first & 4 != 0
        options.ignoresExtraColumns = first & 8 != 0
        options.idType = first & 16 != 0 ? .integer : .string
        options.memoryBudgetBytes = 64 << 20
        folder.write("nodes.csv", parts[0])
        options.nodes = [ImportInput(names: ["N"], paths: [folder("nodes.csv")])]
        if parts.count > 1 {
            folder.write("relationships.csv", parts[1])
            options.relationships = [
                ImportInput(names: ["R"], paths: [folder("relationships.csv")])
            ]
        }
        importAndCheck(options)
        folder.removeFiles()
    }

    private static func importAndCheck(_ options: GraphImportOptions) {
        do {
            let report = try Database.importGraph(into: folder("graph.nen"), options)
            let database = try Database(at: folder("graph.nen"))
            let findings = try database.check()
            if !findings.isEmpty { fail("the check finds \(findings)") }
            let rows = try database.query("MATCH (n) RETURN count(*) AS c").rows()
            let count = try rows.first?.get("c", as: Int.self)
            if count != Int(report.nodeCount) {
                fail("\(count ?? -1) of \(report.nodeCount) nodes")
            }
            try database.close()
        } catch let error as NQLError {
            if error.code == .corruption { fail("\(error)") }
        } catch {
            fail("an error of another type: \(error)")
        }
    }
}
