// PropertyTable: chunk → stored column of one key, resolved once per chunk, so that a gather over
// many chunks reads flat arrays (PropertyTable+Gather.swift). In a writing statement an entry is
// resolved again after a change.

import NenCore

/// The columns of one property key over all chunks.
final class PropertyTable {
    /// A resolved column, all that is known of it.
    struct Entry {
        var values: UnsafeRawPointer
        var validity: UnsafePointer<UInt64>?
        var rows: UnsafePointer<UInt16>?
        var count: Int32
        var capacity: Int32
        var frame: ColumnFrame
        /// Type and width of offsets; see `Place.form`.
        var form: UInt8
        /// 0: no row of the chunk has the key.
        var encoding: UInt8
    }

    /// What a gather needs of a column: a row's value is at `row & mask` of `values`, whatever the
    /// row is, plus `base` where it is framed.
    struct Place {
        var values: UnsafeRawPointer
        /// Bits 0 … 10 the mask; 16 `hasNulls`; 17 `isSearched`; 24 … 31 the form; 32 … 63 the
        /// epoch of its resolution, 0 for never.
        var word: UInt64
        var base: Int64

        static let maskBits: UInt64 = 2_047
        /// Some rows have no value.
        static let hasNulls: UInt64 = 1 << 16
        /// Sparse: a row's value has to be searched.
        static let isSearched: UInt64 = 1 << 17

        @inline(__always)
        var form: UInt8 { UInt8(truncatingIfNeeded: word &>> 24) }

        /// The bits of the form that tell how a column is framed.
        static let frameBits: UInt64 = 0x60 << 24

        /// A column's type and, in bits 5 and 6, 0 or one more than the logarithm of its offsets'
        /// width.
        @inline(__always)
        static func form(_ type: UInt8, _ frame: ColumnFrame) -> UInt8 {
            frame.width == 0
                ? type
                : type | UInt8(truncatingIfNeeded: frame.width.trailingZeroBitCount &+ 1) &<< 5
        }

        /// Bytes of the offsets in columns of a form; 0 when they are not framed.
        @inline(__always)
        static func width(_ form: UInt8) -> UInt8 { (1 &<< (form &>> 5)) &>> 1 }

        @inline(__always)
        static func type(_ form: UInt8) -> UInt8 { form & 31 }

        /// The word, but for the mask, of a column all of whose rows have a value.
        @inline(__always)
        static func word(_ form: UInt8, _ epoch: UInt32) -> UInt64 {
            UInt64(epoch) &<< 32 | UInt64(form) &<< 24
        }
    }

    static let absent: UInt8 = 0

    private let keyName: String
    private let entity: EntityKind
    unowned let context: ExecutionContext
    private var key: NameID?
    let entries: PooledArray<Entry>
    /// One for each entry and one behind them, which is never resolved.
    let places: PooledArray<Place>
    /// High bits of the epoch that the places are of.
    private var era = 0
    /// The form of the last column that was met.
    var expected = ColumnType.integer.rawValue
    /// Chunks resolved with a column.
    var columnCount = 0
    /// A copy of the columns for gathers over many chunks, once it pays.
    var narrow: NarrowColumns?
    /// Rows gathered from many chunks without it.
    var scatteredCount = 0
    /// Columns that were known when a copy was last made or tried.
    var narrowedCount = 0
    /// Gathers that met a chunk which the copy lacks.
    var narrowMissCount = 0
    /// Values of framed chunks, where there are few; see `unframePlaces`.
    var unframed: [PooledArray<UInt8>] = []

    init(key: String, entity: EntityKind, _ context: ExecutionContext) {
        keyName = key
        self.entity = entity
        self.context = context
        entries = PooledArray(pool: context.pool)
        places = PooledArray(pool: context.pool)
    }

    /// The key's number; nil while no entity has it.
    func resolvedKey() -> NameID? {
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

    // MARK: resolution

    /// A value of nothing, of any width.
    nonisolated(unsafe) static let zero: UnsafeRawPointer = {
        // Never written and never freed.
        let words = UnsafeMutablePointer<UInt64>.allocate(capacity: 2)
        words.initialize(repeating: 0, count: 2)
        return UnsafeRawPointer(words)
    }()

    private static var nothing: Entry {
        Entry(
            values: zero, validity: nil, rows: nil, count: 0, capacity: 0, frame: .none,
            form: 0, encoding: absent)
    }

    /// The low bits of the epoch, never 0; forgets everything when the high ones change.
    func epoch() -> UInt32 {
        let epoch = context.writeEpoch
        if epoch &>> 31 != era {
            era = epoch &>> 31
            entries.removeAll()
            places.removeAll()
            unframed.removeAll()
        }
        return UInt32(truncatingIfNeeded: epoch & 0x7FFF_FFFF | 0x8000_0000)
    }

    /// Makes room for all chunks there are.
    func reserve(_ number: Int) throws(NQLError) {
        let graph = context.graph
        let total = entity == .node ? graph.nodeChunkCount : graph.relationshipChunkCount
        let wanted = max(total, number + 1)
        if wanted <= entries.count { return }
        try entries.resize(wanted, filling: PropertyTable.nothing)
        try places.resize(
            wanted + 1, filling: Place(values: PropertyTable.zero, word: 0, base: 0))
    }

    /// The entry of a chunk; its place is resolved, too.
    @inline(__always)
    func entry(_ number: Int, _ epoch: UInt32) throws(NQLError) -> UnsafeMutablePointer<Entry> {
        if number < entries.count, places[number].word &>> 32 == UInt64(epoch) {
            return entries.pointer + number
        }
        return try resolve(number, epoch)
    }

    @inline(never)
    private func resolve(
        _ number: Int, _ epoch: UInt32
    ) throws(NQLError) -> UnsafeMutablePointer<Entry> {
        try reserve(number)
        var fresh = PropertyTable.nothing
        var word = Place.word(expected, epoch) | Place.hasNulls
        if let column = try column(number) {
            fresh.values = column.values
            fresh.validity = column.validity
            fresh.rows = column.rows
            fresh.count = Int32(truncatingIfNeeded: column.count)
            fresh.capacity = Int32(truncatingIfNeeded: column.capacity)
            fresh.frame = column.frame
            fresh.form = Place.form(column.type.rawValue, column.frame)
            fresh.encoding = column.encoding.rawValue
            expected = fresh.form
            columnCount += 1
            word = Place.word(fresh.form, epoch) | PropertyTable.flags(column)
        }
        let address = entries.pointer + number
        address.pointee = fresh
        let isSearched = word & Place.isSearched != 0
        places[number] = Place(
            values: isSearched ? PropertyTable.zero : fresh.values, word: word,
            base: fresh.frame.base)
        return address
    }

    /// Mask and flags of a column's place.
    private static func flags(_ column: ColumnHandle) -> UInt64 {
        let nulls = column.validity == nil ? 0 : Place.hasNulls
        switch column.encoding {
        case .sparse: return Place.isSearched
        case .constant: return nulls
        case .dense, .mixed, .framed:
            let capacity = column.capacity
            let isPower = capacity > 0 && capacity & (capacity - 1) == 0
                && capacity <= ChunkFormat.rowsPerChunk
            return isPower ? UInt64(capacity - 1) | nulls : Place.isSearched
        }
    }

    // MARK: one chunk

    /// The stored array of a chunk as it lies there, row i at element i; nil where there is none or
    /// it may change under the reader.
    func stored(_ number: Int) throws(NQLError) -> Vector? {
        if context.transaction != nil { return nil }
        guard let column = try column(number) else { return nil }
        return PropertyTable.plain(column)
    }

    /// A dense column as a flat vector.
    private static func plain(_ column: ColumnHandle) -> Vector? {
        guard column.encoding == .dense || column.encoding == .mixed else { return nil }
        let kind = kind(of: column.type)
        if kind == .cell && column.validity != nil { return nil }
        return Vector(kind, column.values, validity: column.validity)
    }

    /// The column of a chunk where it is framed and cannot change under the reader; else nil.
    func framed(_ number: Int) throws(NQLError) -> ColumnHandle? {
        if context.transaction != nil { return nil }
        guard let column = try column(number), column.encoding == .framed else { return nil }
        return column
    }

    /// A framed column's values as a flat vector, of `rows` (nil: 0 ..< count).
    private static func unframed(
        _ column: ColumnHandle, _ rows: UnsafePointer<UInt16>?, _ count: Int, _ arena: Arena
    ) throws(NQLError) -> Vector {
        let kind = kind(of: column.type)
        let out = try arena.allocate(max(1, count) &* kind.stride)
        guard let rows else {
            column.unframe(count, into: out)
            return Vector(kind, out, validity: column.validity)
        }
        if kind.stride == 16 {
            let cells = out.assumingMemoryBound(to: Cell.self)
            let head = column.headOfType
            var row = 0
            while row < count {
                let payload = column.frame.payload(column.values, Int(rows[row]))
                cells[row] = Cell(head: head, payload: payload)
                row &+= 1
            }
        } else {
            let numbers = out.assumingMemoryBound(to: UInt64.self)
            var row = 0
            while row < count {
                numbers[row] = column.frame.payload(column.values, Int(rows[row]))
                row &+= 1
            }
        }
        var validity: UnsafePointer<UInt64>?
        if let old = column.validity { validity = try Bitmap.gather(old, rows, count, arena) }
        return Vector(kind, out, validity: validity)
    }

    /// The values of rows `rows` (nil: 0 ..< count) of one chunk, dense. Hands out the stored array
    /// itself where it can.
    func values(
        ofChunk number: Int, rows: UnsafePointer<UInt16>?, count: Int, _ arena: Arena
    ) throws(NQLError) -> Vector {
        guard let column = try column(number) else { return Batch.nullVector }
        if context.transaction != nil {
            return try copies(column, rows: rows, count: count, arena)
        }
        if let vector = PropertyTable.plain(column), column.capacity >= count {
            guard let rows else { return vector }
            return try Gather.gather(vector, rows, count, arena)
        }
        if column.encoding == .framed, column.capacity >= count {
            return try PropertyTable.unframed(column, rows, count, arena)
        }
        if column.encoding == .constant, column.validity == nil {
            return try arena.constant(column.value(at: 0))
        }
        let out = try arena.allocate(Cell.self, count: max(1, count))
        PropertyTable.fill(column, rows, count, into: out)
        return Vector(.cell, out)
    }

    /// The values as cells that stay valid when the statement changes the chunk.
    private func copies(
        _ column: ColumnHandle, rows: UnsafePointer<UInt16>?, count: Int, _ arena: Arena
    ) throws(NQLError) -> Vector {
        let out = try arena.allocate(Cell.self, count: max(1, count))
        PropertyTable.fill(column, rows, count, into: out)
        try context.keeper(arena).keep(out, count, into: out)
        return Vector(.cell, out)
    }

    /// Rows of a chunk, or all, as cells.
    private static func fill(
        _ column: ColumnHandle, _ rows: UnsafePointer<UInt16>?, _ count: Int,
        into out: UnsafeMutablePointer<Cell>
    ) {
        if let rows { return column.gather(rows, count, into: out) }
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
        let isCells = column.type.width == 16 && column.encoding != .constant
            && column.encoding != .framed
        if isCells, column.capacity >= count {
            out.update(from: column.cells, count: count)
            guard let validity = column.validity else { return }
            while row < count {
                if !Bitmap.isSet(validity, row) { out[row] = .null }
                row &+= 1
            }
            return
        }
        while row < count {
            out[row] = column.cell(row)
            row &+= 1
        }
    }

    /// The kind of vector that shows a column's array as it is.
    @inline(__always)
    static func kind(of type: ColumnType) -> VectorKind {
        type == .mixed ? .cell : VectorKind(of: CellTag.of(type.rawValue))
    }
}
