// PropertyTable: chunk → stored column of one key, resolved once per chunk, so that a gather over
// many chunks reads flat arrays. In a writing statement an entry is resolved again after a change.

import CNenKernels
import NenCore

/// The columns of one property key over all chunks.
final class PropertyTable {
    /// A resolved column; `state` 0 means not resolved.
    private struct Entry {
        var values: UnsafeRawPointer
        var validity: UnsafePointer<UInt64>?
        var rows: UnsafePointer<UInt16>?
        var count: Int32
        var capacity: Int32
        var type: UInt8
        var encoding: UInt8
        /// The epoch of its resolution; 0 for never.
        var epoch: Int
    }

    private static let absent: UInt8 = 0

    private let keyName: String
    private let entity: EntityKind
    private unowned let context: ExecutionContext
    private var key: NameID?
    private let entries: PooledArray<Entry>
    /// What the last gather produced: tried first.
    private var expected: VectorKind = .integer

    init(key: String, entity: EntityKind, _ context: ExecutionContext) {
        keyName = key
        self.entity = entity
        self.context = context
        entries = PooledArray(pool: context.pool)
    }

    /// The key's number; nil while no entity has it.
    private func resolvedKey() -> NameID? {
        if let key { return key }
        key = context.graph.catalog.key(keyName)
        return key
    }

    private func chunk(_ number: Int) throws(NQLError) -> ChunkHandle {
        let graph = context.graph
        let entity = entity
        return try storage {
            entity == .node
                ? try graph.nodeChunk(number) : try graph.relationshipChunk(number)
        }
    }

    /// The stored column of a chunk; nil when no row of it has the key.
    func column(_ number: Int) throws(NQLError) -> ColumnHandle? {
        guard let key = resolvedKey() else { return nil }
        let handle = try chunk(number)
        return try storage { try handle.column(key) }
    }

    private static var nothing: Entry {
        Entry(
            values: UnsafeRawPointer(bitPattern: 16).unsafelyUnwrapped, validity: nil,
            rows: nil, count: 0, capacity: 0, type: 0, encoding: absent, epoch: 0)
    }

    @inline(__always)
    private func entry(
        _ number: Int, _ epoch: Int
    ) throws(NQLError) -> UnsafeMutablePointer<Entry> {
        if number < entries.count {
            let address = entries.pointer + number
            if address.pointee.epoch == epoch { return address }
        }
        return try resolve(number, epoch)
    }

    @inline(never)
    private func resolve(
        _ number: Int, _ epoch: Int
    ) throws(NQLError) -> UnsafeMutablePointer<Entry> {
        if number >= entries.count {
            let graph = context.graph
            let total = entity == .node ? graph.nodeChunkCount : graph.relationshipChunkCount
            try entries.resize(max(total, number + 1), filling: PropertyTable.nothing)
        }
        let address = entries.pointer + number
        var fresh = PropertyTable.nothing
        fresh.epoch = epoch
        if let column = try column(number) {
            fresh.values = column.values
            fresh.validity = column.validity
            fresh.rows = column.rows
            fresh.count = Int32(truncatingIfNeeded: column.count)
            fresh.capacity = Int32(truncatingIfNeeded: column.capacity)
            fresh.type = column.type.rawValue
            fresh.encoding = column.encoding.rawValue
        }
        address.pointee = fresh
        return address
    }

    // MARK: one chunk

    /// The values of rows `rows` (nil: 0 ..< count) of one chunk, dense. Hands out the stored array
    /// itself where it can.
    func values(
        ofChunk number: Int, rows: UnsafePointer<UInt16>?, count: Int, _ arena: Arena
    ) throws(NQLError) -> Vector {
        guard let column = try column(number) else { return Batch.nullVector }
        if context.transaction != nil {
            return try copies(column, rows: rows, count: count, arena)
        }
        let isWhole = rows == nil && column.encoding == .dense && column.capacity >= count
        if let kind = PropertyTable.kind(of: column.type), column.encoding == .dense,
            column.capacity >= Batch.rowCapacity || isWhole
        {
            let vector = Vector(kind, column.values, validity: column.validity)
            guard let rows else { return vector }
            return try Gather.gather(vector, rows, count, arena)
        }
        let isCells = column.type.width == 16 && column.encoding != .sparse
            && column.encoding != .constant
        if isCells, column.validity == nil {
            let vector = Vector(.cell, column.values)
            if isWhole { return vector }
            if let rows, column.capacity >= Batch.rowCapacity {
                return try Gather.gather(vector, rows, count, arena)
            }
        }
        if column.encoding == .constant, column.validity == nil,
            column.capacity >= Batch.rowCapacity
        {
            return try arena.constant(column.value(at: 0))
        }
        let out = try arena.allocate(Cell.self, count: max(1, count))
        if let rows {
            column.gather(rows, count, into: out)
        } else {
            PropertyTable.spread(column, count, into: out)
        }
        return Vector(.cell, out)
    }

    /// The values as cells that stay valid when the statement changes the chunk.
    private func copies(
        _ column: ColumnHandle, rows: UnsafePointer<UInt16>?, count: Int, _ arena: Arena
    ) throws(NQLError) -> Vector {
        let out = try arena.allocate(Cell.self, count: max(1, count))
        if let rows {
            column.gather(rows, count, into: out)
        } else {
            PropertyTable.spread(column, count, into: out)
        }
        try context.keeper(arena).keep(out, count, into: out)
        return Vector(.cell, out)
    }

    /// All rows of a chunk as cells.
    private static func spread(
        _ column: ColumnHandle, _ count: Int, into out: UnsafeMutablePointer<Cell>
    ) {
        if column.encoding == .sparse, let rows = column.rows {
            out.update(repeating: .null, count: count)
            var place = 0
            while place < column.count {
                let row = Int(rows[place])
                if row < count { out[row] = column.value(at: place) }
                place &+= 1
            }
            return
        }
        var row = 0
        while row < count {
            out[row] = column.cell(row)
            row &+= 1
        }
    }

    /// The vector kind of a column type of 1 or 8 bytes.
    @inline(__always)
    private static func kind(of type: ColumnType) -> VectorKind? {
        switch type {
        case .boolean: .boolean
        case .integer: .integer
        case .float: .float
        case .date: .date
        default: nil
        }
    }

    // MARK: many chunks

    /// The values of any entities; `validity` marks ids that count (nil: all).
    func values(
        of ids: UnsafePointer<UInt32>, validity: UnsafePointer<UInt64>?, count: Int,
        _ arena: Arena
    ) throws(NQLError) -> Vector {
        guard resolvedKey() != nil else { return Batch.nullVector }
        if expected != .cell, validity == nil {
            if let vector = try typed(ids, count, arena) { return vector }
        }
        return try gatherCells(ids, validity, count, arena)
    }

    /// The gather in the expected 8-byte kind; nil when a chunk holds something else.
    private func typed(
        _ ids: UnsafePointer<UInt32>, _ count: Int, _ arena: Arena
    ) throws(NQLError) -> Vector? {
        guard expected == .integer || expected == .float || expected == .date else { return nil }
        let wanted = Gather.tag(of: expected).rawValue
        let dense = ColumnEncoding.dense.rawValue
        let epoch = context.writeEpoch
        let out = try arena.allocate(UInt64.self, count: max(1, count))
        var bits: UnsafeMutablePointer<UInt64>?
        var lastChunk = -1
        var current = PropertyTable.nothing
        var i = 0
        while i < count {
            let id = ids[i]
            let number = Int(id &>> 11)
            let row = Int(id & 2_047)
            if number != lastChunk {
                current = try entry(number, epoch).pointee
                lastChunk = number
                if current.encoding != PropertyTable.absent {
                    guard current.type == wanted, current.encoding == dense else {
                        expected = .cell
                        return nil
                    }
                }
            }
            var isPresent = row < Int(current.capacity)
            if isPresent, let validity = current.validity {
                isPresent = Bitmap.isSet(validity, row)
            }
            if isPresent {
                out[i] = current.values.assumingMemoryBound(to: UInt64.self)[row]
            } else {
                if bits == nil { bits = try Bitmap.make(count, value: true, arena) }
                if let bits { Bitmap.clear(bits, i) }
                out[i] = 0
            }
            i &+= 1
        }
        return Vector(expected, out, validity: bits.map { UnsafePointer($0) })
    }

    private func gatherCells(
        _ ids: UnsafePointer<UInt32>, _ validity: UnsafePointer<UInt64>?, _ count: Int,
        _ arena: Arena
    ) throws(NQLError) -> Vector {
        let out = try arena.allocate(Cell.self, count: max(1, count))
        let epoch = context.writeEpoch
        // All heads OR-ed and AND-ed: equal in the tag's bits when all tags are.
        var someHeads: UInt64 = 0
        var allHeads: UInt64 = .max
        var lastChunk = -1
        var current = PropertyTable.nothing
        var plain: UnsafePointer<Cell>?
        var i = 0
        while i < count {
            let id = ids[i]
            let number = Int(id &>> 11)
            if number != lastChunk {
                if let validity, !Bitmap.isSet(validity, i) {
                    out[i] = .null
                    allHeads = 0
                    i &+= 1
                    continue
                }
                current = try entry(number, epoch).pointee
                plain = PropertyTable.plainCells(current)
                lastChunk = number
            }
            let row = Int(id & 2_047)
            var cell: Cell
            if let plain, row < Int(current.capacity) {
                cell = plain[row]
            } else {
                cell = PropertyTable.cell(current, row: row)
            }
            if let validity, !Bitmap.isSet(validity, i) { cell = .null }
            out[i] = cell
            someHeads |= cell.head
            allHeads &= cell.head
            i &+= 1
        }
        if context.transaction != nil {
            try context.keeper(arena).keep(out, count, into: out)
        } else if (someHeads ^ allHeads) &>> 27 & 31 == 0 {
            expect(UInt8(truncatingIfNeeded: someHeads &>> 27 & 31))
        }
        return Vector(.cell, out)
    }

    /// The values of a chunk that holds a cell for every row; nil for other columns.
    @inline(__always)
    private static func plainCells(_ entry: Entry) -> UnsafePointer<Cell>? {
        let isArray = entry.encoding == ColumnEncoding.dense.rawValue
            || entry.encoding == ColumnEncoding.mixed.rawValue
        guard isArray, entry.validity == nil else { return nil }
        switch entry.type {
        case ColumnType.boolean.rawValue, ColumnType.integer.rawValue,
            ColumnType.float.rawValue, ColumnType.date.rawValue, ColumnType.localTime.rawValue:
            return nil
        default: return entry.values.assumingMemoryBound(to: Cell.self)
        }
    }

    /// Lets the next gather try a typed result.
    private func expect(_ tag: UInt8) {
        switch tag {
        case CellTag.integer.rawValue: expected = .integer
        case CellTag.float.rawValue: expected = .float
        case CellTag.date.rawValue: expected = .date
        default: expected = .cell
        }
    }

    @inline(__always)
    private static func cell(_ entry: Entry, row: Int) -> Cell {
        var place = row
        if entry.encoding == ColumnEncoding.sparse.rawValue {
            guard let rows = entry.rows else { return .null }
            let count = Int(entry.count)
            place = ColumnHandle.lowerBound(rows, count, UInt16(truncatingIfNeeded: row))
            if place >= count || Int(rows[place]) != row { return .null }
        } else {
            if row >= Int(entry.capacity) { return .null }
            if let validity = entry.validity, !Bitmap.isSet(validity, row) { return .null }
            if entry.encoding == ColumnEncoding.constant.rawValue { place = 0 }
        }
        switch entry.type {
        case ColumnType.integer.rawValue, ColumnType.float.rawValue, ColumnType.date.rawValue,
            ColumnType.localTime.rawValue:
            let head = UInt64(entry.type) &<< 27
            let values = entry.values.assumingMemoryBound(to: UInt64.self)
            return Cell(head: head, payload: values[place])
        case ColumnType.boolean.rawValue:
            return Cell(boolean: entry.values.assumingMemoryBound(to: UInt8.self)[place] != 0)
        default: return entry.values.assumingMemoryBound(to: Cell.self)[place]
        }
    }
}
