// RowBuffer: rows kept beyond their batch, column by column in blocks of up to 2,048 rows. A block
// column is typed like the vectors it was filled from; where they differ it becomes cells. A row
// is named by block × 2,048 + row.

import NQLPlan
import NenCore

/// Buffered rows of chosen slots.
final class RowBuffer {
    /// Name of a row: block << 11 | row in block.
    typealias RowReference = UInt32

    /// One column of one block.
    struct Column {
        var kind: VectorKind
        var data: UnsafeMutableRawPointer
        /// nil while no null was stored.
        var validity: UnsafeMutablePointer<UInt64>?
    }

    private struct Block {
        var count: Int
        var capacity: Int
    }

    let slots: [Slot]
    private let pool: PagePool
    private(set) var arena: Arena
    private let keeper: CellKeeper
    private let blocks: PooledArray<Block>
    /// Block-major: block × slots.count + column.
    private let columns: PooledArray<Column>
    /// Kind that all blocks of a column share; `cell` where they differ.
    private var kinds: [VectorKind?]
    /// Arenas of buffers that were joined to this one.
    private var adopted: [RowBuffer] = []
    private(set) var rowCount = 0
    /// Bytes that another row takes, by those that are here: cells, and what they refer to.
    var expectedRowByteCount: Int {
        max(16 &* slots.count, rowCount == 0 ? 0 : arena.byteCount / rowCount)
    }

    init(slots: [Slot], pool: PagePool, base: HeapBase, stableSpan: UInt64) {
        self.slots = slots
        self.pool = pool
        let arena = Arena(pool: pool)
        self.arena = arena
        keeper = CellKeeper(arena: arena, base: base, stableSpan: stableSpan)
        blocks = PooledArray(pool: pool)
        columns = PooledArray(pool: pool)
        kinds = Array(repeating: nil, count: slots.count)
    }

    var blockCount: Int { blocks.count }

    /// Rows of a block.
    func rowCount(ofBlock block: Int) -> Int { blocks[block].count }

    /// Forgets all rows.
    func removeAll() {
        blocks.removeAll()
        columns.removeAll()
        adopted.removeAll()
        arena.reset()
        for index in kinds.indices { kinds[index] = nil }
        rowCount = 0
    }

    /// Forgets all rows and gives the memory back.
    func release() {
        removeAll()
        blocks.release()
        columns.release()
        arena.releaseAll()
    }

    /// Appends all rows of a batch (which has no multiplicity).
    func append(_ batch: Batch) throws(NQLError) {
        var done = 0
        while done < batch.count {
            var block = blocks.count - 1
            if block < 0 || blocks[block].count == blocks[block].capacity {
                block = try addBlock(for: batch.count - done)
            }
            let held = blocks[block]
            let count = min(batch.count - done, held.capacity - held.count)
            for index in slots.indices {
                try append(
                    batch.vectors[slots[index]], batch.selection, from: done, count: count,
                    to: block, column: index, at: held.count)
            }
            blocks[block].count += count
            rowCount += count
            done += count
        }
    }

    private func addBlock(for rows: Int) throws(NQLError) -> Int {
        var capacity = max(32, rows)
        if let last = blocks.count == 0 ? nil : Optional(blocks[blocks.count - 1].capacity) {
            capacity = max(capacity, last * 4)
        }
        capacity = min(Batch.rowCapacity, capacity)
        try blocks.append(Block(count: 0, capacity: capacity))
        for _ in slots {
            let nothing = UnsafeMutableRawPointer(bitPattern: 16).unsafelyUnwrapped
            try columns.append(Column(kind: .cell, data: nothing, validity: nil))
        }
        guard blocks.count <= 1 << 21 else {
            throw .runtime(
                .memory, "RowLimitExceeded", "A buffer holds at most 4,294,967,296 rows.")
        }
        return blocks.count - 1
    }

    private func append(
        _ vector: Vector, _ selection: UnsafePointer<UInt16>?, from row: Int, count: Int,
        to block: Int, column index: Int, at start: Int
    ) throws(NQLError) {
        let capacity = blocks[block].capacity
        let address = columns.pointer + (block &* slots.count &+ index)
        if start == 0 {
            address.pointee = Column(
                kind: vector.kind, data: try arena.allocate(capacity &* vector.kind.stride),
                validity: nil)
        } else if address.pointee.kind != vector.kind {
            try convertToCells(address, count: start, capacity: capacity)
        }
        note(address.pointee.kind, column: index)
        var reader = ElementReader(vector: vector, selection: selection, row: row)
        try fill(address, &reader, count: count, at: start, capacity: capacity)
    }

    private func note(_ kind: VectorKind, column: Int) {
        if let known = kinds[column] {
            if known != kind { kinds[column] = .cell }
        } else {
            kinds[column] = kind
        }
    }

    private func convertToCells(
        _ column: UnsafeMutablePointer<Column>, count: Int, capacity: Int
    ) throws(NQLError) {
        if column.pointee.kind == .cell { return }
        let cells = try arena.allocate(Cell.self, count: capacity)
        let old = column.pointee
        let validity = old.validity.map { UnsafePointer($0) }
        Gather.convert(Vector(old.kind, old.data, validity: validity), count, into: cells)
        column.pointee = Column(kind: .cell, data: UnsafeMutableRawPointer(cells), validity: nil)
    }

    /// Copies `count` values to rows `start…` of a column.
    private func fill(
        _ column: UnsafeMutablePointer<Column>, _ reader: inout ElementReader, count: Int,
        at start: Int, capacity: Int
    ) throws(NQLError) {
        let vector = reader.vector
        let data = column.pointee.data
        var i = 0
        switch column.pointee.kind {
        case .cell:
            let target = data.assumingMemoryBound(to: Cell.self) + start
            while i < count {
                target[i] = try keeper.keep(vector.cell(element: reader.element(i)))
                i &+= 1
            }
            return
        case .boolean:
            let target = data.assumingMemoryBound(to: UInt8.self) + start
            while i < count {
                target[i] = vector.booleans[reader.element(i)]
                i &+= 1
            }
        case .time, .localDateTime, .dateTime:
            let target = data.assumingMemoryBound(to: Cell.self) + start
            while i < count {
                target[i] = vector.cells[reader.element(i)]
                i &+= 1
            }
        case .integer, .float, .date, .localTime:
            let target = data.assumingMemoryBound(to: Int64.self) + start
            while i < count {
                target[i] = vector.integers[reader.element(i)]
                i &+= 1
            }
        case .node, .relationship:
            let target = data.assumingMemoryBound(to: UInt32.self) + start
            while i < count {
                target[i] = vector.entities[reader.element(i)]
                i &+= 1
            }
        }
        guard vector.validity != nil else {
            if let validity = column.pointee.validity {
                for row in start ..< start + count { Bitmap.set(validity, row) }
            }
            return
        }
        if column.pointee.validity == nil {
            column.pointee.validity = try Bitmap.make(capacity, value: true, arena)
        }
        guard let validity = column.pointee.validity else { return }
        i = 0
        while i < count {
            if vector.isPresent(element: reader.element(i)) {
                Bitmap.set(validity, start + i)
            } else {
                Bitmap.clear(validity, start + i)
            }
            i &+= 1
        }
    }

    /// Makes `batch` the rows of a block, without copying.
    func load(block: Int, into batch: Batch) {
        for index in slots.indices {
            batch.vectors[slots[index]] = vector(block: block, column: index)
        }
        batch.count = blocks[block].count
        batch.selection = nil
        batch.multiplicity = nil
    }

    /// One column of a block.
    func vector(block: Int, column index: Int) -> Vector {
        columns[block &* slots.count &+ index].vector
    }

    /// One value.
    func cell(_ reference: RowReference, column index: Int) -> Cell {
        vector(block: Int(reference &>> 11), column: index).cell(element: Int(reference & 2_047))
    }

    /// The value of the last row; nil when there is none.
    func lastCell(column index: Int) -> Cell? {
        guard rowCount > 0, blocks.count > 0 else { return nil }
        let block = blocks.count - 1
        return vector(block: block, column: index).cell(element: blocks[block].count - 1)
    }

    /// Takes over the rows of `other` behind its own; `other` must have the same slots.
    func adopt(_ other: RowBuffer) throws(NQLError) {
        precondition(other.slots == slots, "buffers of \(slots) and \(other.slots) do not join")
        for block in 0 ..< other.blocks.count {
            var copy = other.blocks[block]
            copy.capacity = copy.count
            try blocks.append(copy)
            for index in slots.indices {
                let column = other.columns[block &* slots.count &+ index]
                try columns.append(column)
                note(column.kind, column: index)
            }
        }
        guard blocks.count <= 1 << 21 else {
            throw .runtime(
                .memory, "RowLimitExceeded", "A buffer holds at most 4,294,967,296 rows.")
        }
        rowCount += other.rowCount
        adopted.append(other)
    }

    /// Makes block `block`, one that there is or the next one, the rows of an image. The memory of
    /// the image must outlive the use of the block.
    func place(_ image: RowImage, asBlock block: Int) throws(NQLError) {
        if block == blocks.count {
            try blocks.append(Block(count: 0, capacity: 0))
            for index in slots.indices { try columns.append(image.column(index)) }
        }
        rowCount += image.rowCount - blocks[block].count
        blocks[block] = Block(count: image.rowCount, capacity: image.rowCount)
        for index in slots.indices {
            let column = image.column(index)
            columns[block &* slots.count &+ index] = column
            note(column.kind, column: index)
        }
    }

    /// A flat vector of the values of `column` in the rows `references`.
    func gather(
        column index: Int, _ references: UnsafePointer<RowReference>, _ count: Int,
        _ arena: Arena
    ) throws(NQLError) -> Vector {
        let kind = kinds[index] ?? .cell
        let width = slots.count
        let table = UnsafePointer(columns.pointer) + index
        let memory = try arena.allocate(max(1, count) &* kind.stride)
        switch kind {
        case .cell:
            let target = memory.bindMemory(to: Cell.self, capacity: max(1, count))
            gatherCells(table, width, references, count, into: target)
            return Vector(.cell, memory)
        case .boolean: copy(UInt8.self, table, width, references, count, into: memory)
        case .time, .localDateTime, .dateTime:
            copy(Cell.self, table, width, references, count, into: memory)
        case .integer, .float, .date, .localTime:
            copy(UInt64.self, table, width, references, count, into: memory)
        case .node, .relationship:
            copy(UInt32.self, table, width, references, count, into: memory)
        }
        let validity = try gatherValidity(table, width, references, count, arena)
        return Vector(kind, memory, validity: validity)
    }

    @inline(__always)
    private func copy<T: BitwiseCopyable>(
        _ type: T.Type, _ table: UnsafePointer<Column>, _ width: Int,
        _ references: UnsafePointer<RowReference>, _ count: Int,
        into memory: UnsafeMutableRawPointer
    ) {
        let target = memory.bindMemory(to: type, capacity: max(1, count))
        var i = 0
        while i < count {
            let reference = references[i]
            let data = table[Int(reference &>> 11) &* width].data
            target[i] = data.assumingMemoryBound(to: type)[Int(reference & 2_047)]
            i &+= 1
        }
    }

    private func gatherCells(
        _ table: UnsafePointer<Column>, _ width: Int,
        _ references: UnsafePointer<RowReference>, _ count: Int,
        into target: UnsafeMutablePointer<Cell>
    ) {
        var i = 0
        while i < count {
            let reference = references[i]
            let column = table[Int(reference &>> 11) &* width]
            let row = Int(reference & 2_047)
            if column.kind == .cell {
                target[i] = column.data.assumingMemoryBound(to: Cell.self)[row]
            } else {
                let validity = column.validity.map { UnsafePointer($0) }
                target[i] = Vector(column.kind, column.data, validity: validity)
                    .cell(element: row)
            }
            i &+= 1
        }
    }

    private func gatherValidity(
        _ table: UnsafePointer<Column>, _ width: Int,
        _ references: UnsafePointer<RowReference>, _ count: Int, _ arena: Arena
    ) throws(NQLError) -> UnsafePointer<UInt64>? {
        var hasNulls = false
        for block in 0 ..< blocks.count where table[block &* width].validity != nil {
            hasNulls = true
            break
        }
        guard hasNulls else { return nil }
        let bits = try Bitmap.make(count, value: true, arena)
        var i = 0
        while i < count {
            let reference = references[i]
            if let validity = table[Int(reference &>> 11) &* width].validity,
                !Bitmap.isSet(validity, Int(reference & 2_047))
            {
                Bitmap.clear(bits, i)
            }
            i &+= 1
        }
        return UnsafePointer(bits)
    }
}

/// Row → element of a vector under a selection.
struct ElementReader {
    let vector: Vector
    let selection: UnsafePointer<UInt16>?
    let row: Int

    @inline(__always)
    func element(_ index: Int) -> Int {
        let wanted = row &+ index
        guard let selection else { return vector.element(wanted) }
        return vector.element(Int(selection[wanted]))
    }
}
