// RedoOperation: the operations of the log: what a transaction did to the graph, with explicit
// numbers, so that replay asks no planner and no statistics where things go. One byte of code, then
// varints, strings (length, UTF-8) and values.
//
//    1 label name · 2 type name · 3 key name            the next number is implied
//    4 label set: count, label numbers                  the next number is implied
//    5 node chunk: home set · 6 relationship chunk: type   the next number is implied
//    7 create node: id, label set, count, (key, value) …
//    8 create relationship: id, source, target, count, (key, value) …
//    9 set node property: id, key, value                null removes
//   10 set relationship property: id, key, value
//   11 set label set: node, label set
//   12 delete relationship: id · 13 delete node: id
//   14 create index: index as in the catalog · 15 drop index: id
//   16 create constraint: as in the catalog · 17 drop constraint: id
//   18 time of the commit: i64, milliseconds since 1970    last in its transaction
//
// A value: the cell's tag u8, then
//   string length and bytes · boolean u8 · integer, float, date, localTime u64 ·
//   time, localDateTime, dateTime head u64, payload u64 · duration 4 × u64 ·
//   point head u64, then 2 or 3 × f64 ·
//   list count, values · map count, (key as string value, value) …

import NenCore

/// Codes of redo operations.
enum RedoCode: UInt8 {
    case label = 1
    case type = 2
    case key = 3
    case labelSet = 4
    case nodeChunk = 5
    case relationshipChunk = 6
    case createNode = 7
    case createRelationship = 8
    case setNodeProperty = 9
    case setRelationshipProperty = 10
    case setLabelSet = 11
    case deleteRelationship = 12
    case deleteNode = 13
    case createIndex = 14
    case dropIndex = 15
    case createConstraint = 16
    case dropConstraint = 17
    case commitTime = 18
}

/// Values in the log.
enum CellCodec {
    static func write(_ cell: Cell, base: HeapBase, to bytes: ByteWriter) {
        bytes.byte(cell.rawTag)
        switch cell.tag {
        case .string:
            bytes.varint(cell.byteCount)
            base.withBytes(cell) { bytes.append($0) }
        case .null: break
        case .boolean: bytes.byte(cell.boolean ? 1 : 0)
        case .integer, .float, .date, .localTime: bytes.word64(cell.payload)
        case .time, .localDateTime, .dateTime:
            bytes.word64(cell.head)
            bytes.word64(cell.payload)
        case .duration:
            bytes.append(UnsafeRawBufferPointer(start: base.pointer(cell.payload), count: 32))
        case .point:
            bytes.word64(cell.head)
            bytes.append(
                UnsafeRawBufferPointer(
                    start: base.pointer(cell.payload), count: 8 * cell.coordinateCount))
        case .list, .map:
            bytes.varint(cell.count)
            let count = cell.tag == .map ? 2 * cell.count : cell.count
            let elements = base.cells(cell)
            for index in 0 ..< count { write(elements[index], base: base, to: bytes) }
        case .node, .relationship, .path:
            preconditionFailure("a \(cell.tag) reached the log")
        }
    }

    /// Reads a value; long parts are kept in `memory`.
    static func read(
        _ reader: inout ByteReader, memory: TransactionMemory, base: HeapBase, depth: Int = 0
    ) throws -> Cell {
        let number = try reader.byte()
        guard let tag = CellTag(rawValue: number), depth <= CellHeap.depthMax else {
            throw reader.damage("has a value of type \(number)")
        }
        switch tag {
        case .string: return try readString(&reader, memory: memory, base: base)
        case .null: return .null
        case .boolean: return Cell(boolean: try reader.byte() != 0)
        case .integer, .float, .date, .localTime:
            let cell = Cell(tag, payload: try reader.word64())
            guard CellHeap.isPlainValid(cell) else { throw reader.damage("has a malformed date") }
            return cell
        case .time, .localDateTime, .dateTime:
            let cell = Cell(head: try reader.word64(), payload: try reader.word64())
            guard cell.tag == tag, CellHeap.isPlainValid(cell) else {
                throw reader.damage("has a malformed time")
            }
            return cell
        case .duration:
            let parts = try reader.bytes(32)
            let cell = Cell(.duration, payload: base.offset(parts.baseAddress.unsafelyUnwrapped))
            return try memory.keep(cell, base: base)
        case .point:
            var cell = Cell(head: try reader.word64(), payload: 0)
            guard cell.tag == .point, CoordinateSystem(rawValue: cell.low) != nil else {
                throw reader.damage("has a malformed point")
            }
            let coordinates = try reader.bytes(8 * cell.coordinateCount)
            cell.payload = base.offset(coordinates.baseAddress.unsafelyUnwrapped)
            return try memory.keep(cell, base: base)
        case .list, .map:
            let entries = try reader.count()
            let count = tag == .map ? 2 * entries : entries
            var elements: [Cell] = []
            for index in 0 ..< count {
                let element = try read(&reader, memory: memory, base: base, depth: depth + 1)
                guard tag == .list || index & 1 == 1 || element.tag == .string else {
                    throw reader.damage("has a map key that is no string")
                }
                elements.append(element)
            }
            if count == 0 { return tag == .list ? .emptyList : .emptyMap }
            var deepest: UInt32 = 0
            for element in elements where element.tag == .list || element.tag == .map {
                deepest = max(deepest, element.low)
            }
            return try elements.withUnsafeBytes { raw in
                let start = raw.baseAddress ?? base.address
                let cell = Cell(
                    tag, low: deepest + 1, aux: UInt32(entries), payload: base.offset(start))
                return try memory.keep(cell, base: base)
            }
        case .node, .relationship, .path: throw reader.damage("stores an entity as a value")
        }
    }

    private static func readString(
        _ reader: inout ByteReader, memory: TransactionMemory, base: HeapBase
    ) throws -> Cell {
        let length = try reader.count()
        guard length <= Cell.stringByteCountMax else { throw reader.damage("has a huge string") }
        let text = try reader.bytes(length)
        guard UTF8Check.isValid(text) else { throw reader.damage("has a text that is not UTF-8") }
        var cell = Cell(head: 0, payload: 0)
        withUnsafeMutableBytes(of: &cell) { raw in
            raw.storeBytes(of: UInt32(length), as: UInt32.self)
            let shown = min(length, length <= 12 ? 12 : 4)
            if shown > 0, let start = text.baseAddress, let target = raw.baseAddress {
                (target + 4).copyMemory(from: start, byteCount: shown)
            }
        }
        if length <= 12 { return cell }
        cell.payload = base.offset(text.baseAddress.unsafelyUnwrapped)
        return try memory.keep(cell, base: base)
    }
}
