// ArrowTable: all rows of a result as columns in chunks, and the stream that gives them away. The
// type of a column is known when all of its chunks are, so that no later chunk can contradict it.

import CNenDB
import Glibc
import NenCore
import NenDB

/// A chunk of a column: an array of plain type, or values whose type is still to be found.
private enum Chunk {
    case node(ArrowNode)
    case values([Value])

    var type: ArrowType {
        switch self {
        case .node(let node): node.count == node.nullCount ? .null : node.type
        case .values(let values): ArrowType.of(values)
        }
    }

    func node(_ type: ArrowType) -> ArrowNode {
        switch self {
        case .node(let node): node.type == type ? node : ArrowNode(type, node.plain)
        case .values(let values): ArrowNode(type, values)
        }
    }
}

final class ArrowTable {
    let names: [String]
    private var chunks: [[Chunk]] = []
    private var types: [ArrowType]

    init(_ names: [String]) {
        self.names = names
        types = Array(repeating: .null, count: names.count)
    }

    func append(rows: ArraySlice<[Value]>) {
        add(names.indices.map { column in .values(rows.map { $0[column] }) })
    }

    func append(_ batch: ColumnBatch, from first: Int) throws {
        add(try names.indices.map { try chunk(batch, $0, first) })
    }

    private func add(_ chunk: [Chunk]) {
        for (column, part) in chunk.enumerated() { types[column] = types[column].joined(part.type) }
        chunks.append(chunk)
    }

    private func chunk(_ batch: ColumnBatch, _ column: Int, _ first: Int) throws -> Chunk {
        if let image = try batch.image(column: column, from: first) {
            return .node(ArrowNode(image))
        }
        return .values(
            try (first ..< batch.rowCount).map { try batch.value(row: $0, column: column) })
    }

    /// The struct of all columns, without rows.
    var type: ArrowType {
        .structure(zip(names, types).map { ArrowType.Field(name: $0, type: $1) })
    }

    var chunkCount: Int { chunks.count }

    /// Takes a chunk out as a struct of its columns.
    func take(_ place: Int) -> ArrowNode {
        let node = ArrowNode(type)
        node.children = zip(chunks[place], types).map { $0.node($1) }
        node.count = node.children.first?.count ?? 0
        chunks[place] = []
        return node
    }
}

/// The stream of a table.
final class ArrowTableStream {
    private let table: ArrowTable
    private var next = 0
    private let rowsPerBatch: Int
    private var rest: (node: ArrowNode, first: Int)?

    init(_ table: ArrowTable, _ rowsPerBatch: Int) {
        self.table = table
        self.rowsPerBatch = rowsPerBatch
    }

    var stream: ArrowArrayStream {
        ArrowArrayStream(
            get_schema: { stream, out in
                guard let own = ArrowTableStream.of(stream), let out else { return EINVAL }
                out.initialize(to: exportSchema("", own.table.type))
                return 0
            },
            get_next: { stream, out in
                guard let own = ArrowTableStream.of(stream), let out else { return EINVAL }
                out.initialize(to: own.nextArray() ?? ArrowArray())
                return 0
            },
            get_last_error: { _ in nil },
            release: { stream in
                guard let stream, let own = stream.pointee.private_data else { return }
                Unmanaged<ArrowTableStream>.fromOpaque(own).release()
                stream.pointee.private_data = nil
                stream.pointee.release = nil
            }, private_data: Unmanaged.passRetained(self).toOpaque())
    }

    private static func of(_ stream: UnsafeMutablePointer<ArrowArrayStream>?) -> ArrowTableStream? {
        guard let own = stream?.pointee.private_data else { return nil }
        return Unmanaged<ArrowTableStream>.fromOpaque(own).takeUnretainedValue()
    }

    private func nextArray() -> ArrowArray? {
        if rest == nil {
            guard next < table.chunkCount else { return nil }
            rest = (table.take(next), 0)
            next += 1
        }
        guard let (node, first) = rest else { return nil }
        let most = rowsPerBatch == 0 ? node.count : rowsPerBatch
        let count = min(most, node.count - first)
        rest = first + count < node.count ? (node, first + count) : nil
        return exportArray(node, first, count)
    }
}

/// A schema that frees itself when it is released.
private func exportSchema(_ name: String, _ type: ArrowType) -> ArrowSchema {
    var schema = ArrowSchema()
    schema.format = UnsafePointer(type.format.withCString { strdup($0) })
    schema.name = UnsafePointer(name.withCString { strdup($0) })
    schema.flags = Int64(ARROW_FLAG_NULLABLE)
    if type == .json { schema.metadata = extensionName("nendb.json") }
    let fields = type.fields
    schema.n_children = Int64(fields.count)
    let children = UnsafeMutablePointer<UnsafeMutablePointer<ArrowSchema>?>.allocate(
        capacity: max(1, fields.count))
    for (place, field) in fields.enumerated() {
        let child = UnsafeMutablePointer<ArrowSchema>.allocate(capacity: 1)
        child.initialize(to: exportSchema(field.name, field.type))
        children[place] = child
    }
    schema.children = children
    schema.release = { schema in
        guard let schema else { return }
        free(UnsafeMutableRawPointer(mutating: schema.pointee.format))
        free(UnsafeMutableRawPointer(mutating: schema.pointee.name))
        free(UnsafeMutableRawPointer(mutating: schema.pointee.metadata))
        for place in 0 ..< Int(schema.pointee.n_children) {
            guard let child = schema.pointee.children[place] else { continue }
            child.pointee.release?(child)
            child.deallocate()
        }
        schema.pointee.children.deallocate()
        schema.pointee.release = nil
    }
    return schema
}

/// Metadata of one entry, as Arrow lays it out.
private func extensionName(_ name: String) -> UnsafePointer<CChar>? {
    let entries = [("ARROW:extension:name", name), ("ARROW:extension:metadata", "")]
    var bytes: [UInt8] = []
    func number(_ value: Int) {
        withUnsafeBytes(of: Int32(value)) { bytes += Array($0) }
    }
    number(entries.count)
    for (key, value) in entries {
        number(key.utf8.count)
        bytes += Array(key.utf8)
        number(value.utf8.count)
        bytes += Array(value.utf8)
    }
    guard let copy = malloc(bytes.count) else { return nil }
    copy.copyMemory(from: bytes, byteCount: bytes.count)
    return UnsafePointer(copy.assumingMemoryBound(to: CChar.self))
}

/// Rows of an array; the memory is that of the node, which is kept until the release.
private func exportArray(_ node: ArrowNode, _ first: Int, _ count: Int) -> ArrowArray {
    var array = ArrowArray()
    array.length = Int64(count)
    array.offset = Int64(first)
    array.null_count = node.nullCount == 0 ? 0 : -1
    let buffers = UnsafeMutablePointer<UnsafeRawPointer?>.allocate(capacity: 3)
    buffers.initialize(repeating: nil, count: 3)
    buffers[0] = node.nullCount == 0 ? nil : UnsafeRawPointer(node.validity.base)
    switch node.type {
    case .null:
        array.n_buffers = 0
        array.null_count = Int64(count)
    case .structure: array.n_buffers = 1
    case .string, .json:
        array.n_buffers = 3
        buffers[1] = UnsafeRawPointer(node.offsets.base)
        buffers[2] = UnsafeRawPointer(node.values.base)
    case .list:
        array.n_buffers = 2
        buffers[1] = UnsafeRawPointer(node.offsets.base)
    default:
        array.n_buffers = 2
        buffers[1] = UnsafeRawPointer(node.values.base)
    }
    array.buffers = buffers
    array.n_children = Int64(node.children.count)
    let children = UnsafeMutablePointer<UnsafeMutablePointer<ArrowArray>?>.allocate(
        capacity: max(1, node.children.count))
    for (place, child) in node.children.enumerated() {
        let exported = UnsafeMutablePointer<ArrowArray>.allocate(capacity: 1)
        exported.initialize(to: exportArray(child, 0, child.count))
        children[place] = exported
    }
    array.children = children
    array.private_data = Unmanaged.passRetained(node).toOpaque()
    array.release = { array in
        guard let array, let own = array.pointee.private_data else { return }
        for place in 0 ..< Int(array.pointee.n_children) {
            guard let child = array.pointee.children[place] else { continue }
            child.pointee.release?(child)
            child.deallocate()
        }
        array.pointee.children.deallocate()
        array.pointee.buffers.deallocate()
        Unmanaged<ArrowNode>.fromOpaque(own).release()
        array.pointee.release = nil
    }
    return array
}
