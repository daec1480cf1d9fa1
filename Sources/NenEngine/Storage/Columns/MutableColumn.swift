// MutableColumn: a column of a chunk in a write transaction's dirty table. Untouched arrays stay
// where they are stored; the first change copies only what it touches.

import NenCore

/// A column in private form; a struct of references, so that copying a chunk copies no values.
struct MutableColumn {
    let key: NameID
    private(set) var type: ColumnType
    private(set) var encoding: ColumnEncoding
    /// Live rows with a value.
    private(set) var count: Int
    private(set) var zone: ZoneMap?
    /// Framed only.
    private(set) var frame: ColumnFrame
    private(set) var values: ArraySlot
    /// Sparse: row numbers; else the presence bitmap, or empty when every live row has a value.
    private(set) var presence: ArraySlot
    /// Stored heaps that cells may point into.
    var heaps: [ExtentDescriptor]
    /// Number in the stored record while nothing was validated yet; -1 afterwards.
    private var storedIndex: Int

    /// Whether the arrays may be read: they were checked, or made here. An unverified column is
    /// carried to the next record as it is, by reference.
    var isVerified: Bool { storedIndex < 0 }

    /// An empty column that `set` fills.
    init(key: NameID, type: ColumnType) {
        self.key = key
        self.type = type
        encoding = .sparse
        count = 0
        zone = nil
        frame = .none
        values = .empty
        presence = .empty
        heaps = []
        storedIndex = -1
    }

    /// Column `index` of a record, nothing touched: only what the record itself says is known.
    init(stored chunk: StoredChunk, index: Int) {
        let handle = chunk.uncheckedColumn(at: index)
        let descriptor = chunk.columnDescriptor(index)
        key = handle.key
        type = handle.type
        encoding = handle.encoding
        count = handle.count
        zone = handle.zone
        frame = handle.frame
        values = chunk.slot(ArrayRef(from: descriptor + 32))
        presence = chunk.slot(ArrayRef(from: descriptor + 64))
        heaps = chunk.heaps(ofColumn: index)
        storedIndex = index
    }

    /// Every live row has a value and there is no bitmap.
    var isFull: Bool { encoding != .sparse && presence.isEmpty }

    /// Validates the stored arrays, once, before their first use.
    @inline(__always)
    mutating func validate(_ stored: StoredChunk?) throws {
        if storedIndex >= 0, let stored {
            _ = try stored.column(at: storedIndex)
            storedIndex = -1
        }
    }

    /// Pointers to the present state.
    func handle(capacity: Int) -> ColumnHandle {
        let isSparse = encoding == .sparse
        return ColumnHandle(
            key: key, type: type, encoding: encoding, count: count, capacity: capacity,
            values: values.pointer,
            rows: isSparse ? presence.pointer.assumingMemoryBound(to: UInt16.self) : nil,
            validity: isSparse || presence.isEmpty
                ? nil : presence.pointer.assumingMemoryBound(to: UInt64.self),
            zone: zone, frame: frame)
    }

    // MARK: Changes

    /// Gives a live row a value; `cell` is plain or refers to memory that outlives the column.
    mutating func set(
        _ row: Int, _ cell: Cell, capacity: Int, live: UnsafePointer<UInt64>
    ) {
        guard let cellType = ColumnType(of: cell) else {
            preconditionFailure("a \(cell.tag) reached a column")
        }
        if count == 0 {
            reset(to: cellType)
        } else if type != cellType && type != .mixed {
            becomeMixed(capacity: capacity, live: live)
        }
        if count == 0 {
            zone = ZoneMap(cell, type: type)
        } else if zone?.widen(cell, type: type) == false {
            zone = nil
        }
        if encoding == .constant || encoding == .framed {
            becomeDense(capacity: capacity, live: live)
        }
        if encoding == .sparse {
            if setSparse(row, cell, capacity: capacity) { return }
            becomeDense(capacity: capacity, live: live)
        }
        materialise(capacity: capacity, live: live)
        let bitmap = presence.writable(capacity: capacity / 8)
            .assumingMemoryBound(to: UInt64.self)
        let bit: UInt64 = 1 << UInt64(row & 63)
        if bitmap[row &>> 6] & bit == 0 {
            bitmap[row &>> 6] |= bit
            count &+= 1
        }
        let bytes = values.writable(capacity: capacity &* type.width)
        MutableColumn.store(cell, to: bytes, at: row, width: type.width)
    }

    /// Back to an empty sparse column of a type.
    private mutating func reset(to cellType: ColumnType) {
        type = cellType
        encoding = .sparse
        frame = .none
        values = .empty
        presence = .empty
        heaps = []
        zone = nil
    }

    /// Sets in sparse form; false when the column is too full for it.
    private mutating func setSparse(_ row: Int, _ cell: Cell, capacity: Int) -> Bool {
        let width = type.width
        let wanted = UInt16(truncatingIfNeeded: row)
        let present = presence.pointer.assumingMemoryBound(to: UInt16.self)
        let place = ColumnHandle.lowerBound(present, count, wanted)
        let exists = place < count && present[place] == wanted
        let limit = capacity / 8
        if !exists && count >= limit { return false }
        let bytes = values.writable(capacity: limit &* width)
        if !exists {
            let rows = presence.writable(capacity: limit &* 2)
                .assumingMemoryBound(to: UInt16.self)
            let tail = count &- place
            if tail > 0 {
                (rows + place + 1).update(from: rows + place, count: tail)
                (bytes + (place &+ 1) &* width).copyMemory(
                    from: bytes + place &* width, byteCount: tail &* width)
            }
            rows[place] = wanted
            count &+= 1
            presence.byteCount = count &* 2
            values.byteCount = count &* width
        }
        MutableColumn.store(cell, to: bytes, at: place, width: width)
        return true
    }

    @inline(__always)
    private static func store(
        _ cell: Cell, to bytes: UnsafeMutableRawPointer, at index: Int, width: Int
    ) {
        switch width {
        case 8: bytes.storeBytes(of: cell.payload, toByteOffset: index &* 8, as: UInt64.self)
        case 1:
            bytes.storeBytes(
                of: UInt8(truncatingIfNeeded: cell.payload), toByteOffset: index, as: UInt8.self)
        default: bytes.storeBytes(of: cell, toByteOffset: index &* 16, as: Cell.self)
        }
    }

    /// Takes a live row's value away; false when it had none.
    mutating func remove(_ row: Int, capacity: Int, live: UnsafePointer<UInt64>) -> Bool {
        let place = handle(capacity: capacity).position(row)
        if place < 0 { return false }
        if encoding == .sparse {
            removeSparse(place)
        } else {
            materialise(capacity: capacity, live: live)
            let bitmap = presence.writable(capacity: capacity / 8)
                .assumingMemoryBound(to: UInt64.self)
            bitmap[row &>> 6] &= ~(1 << UInt64(row & 63))
            count &-= 1
        }
        return true
    }

    private mutating func removeSparse(_ place: Int) {
        let width = type.width
        let tail = count &- place &- 1
        let rows = presence.writable(capacity: count &* 2).assumingMemoryBound(to: UInt16.self)
        let bytes = values.writable(capacity: count &* width)
        (rows + place).update(from: rows + place + 1, count: tail)
        (bytes + place &* width).copyMemory(
            from: bytes + (place &+ 1) &* width, byteCount: tail &* width)
        count &-= 1
        presence.byteCount = count &* 2
        values.byteCount = count &* width
    }

    /// A live row is about to die: its value goes. `live` still has the row.
    mutating func rowDies(_ row: Int, capacity: Int, live: UnsafePointer<UInt64>) {
        if isFull {
            count &-= 1
        } else {
            _ = remove(row, capacity: capacity, live: live)
        }
    }

    /// Makes a full column's bitmap explicit, before rows come that may lack the value.
    mutating func materialise(capacity: Int, live: UnsafePointer<UInt64>) {
        guard isFull else { return }
        var bitmap = ArraySlot(zeros: capacity / 8)
        let words = bitmap.writable(capacity: capacity / 8).assumingMemoryBound(to: UInt64.self)
        words.update(from: live, count: capacity / 64)
        presence = bitmap
    }

    /// The chunk's capacity grew: arrays per row grow with it.
    mutating func grow(from old: Int, to capacity: Int, live: UnsafePointer<UInt64>) {
        if encoding == .sparse { return }
        // `live` has the old capacity's words at least; the rest is zero.
        materialise(capacity: old, live: live)
        _ = presence.writable(capacity: capacity / 8)
        presence.byteCount = capacity / 8
        if encoding == .constant { return }
        if encoding == .framed { becomeDense(capacity: old, live: live) }
        _ = values.writable(capacity: capacity * type.width)
        values.byteCount = capacity * type.width
    }

    // MARK: Forms

    /// To one value per row, with a bitmap.
    mutating func becomeDense(capacity: Int, live: UnsafePointer<UInt64>) {
        let old = handle(capacity: capacity)
        let width = type.width
        var fresh = ArraySlot(zeros: capacity * width)
        let bytes = fresh.writable(capacity: capacity * width)
        if encoding == .framed {
            old.unframe(capacity, into: bytes)
        } else if encoding == .constant {
            materialise(capacity: capacity, live: live)
            let bitmap = presence.pointer.assumingMemoryBound(to: UInt64.self)
            let value = old.value(at: 0)
            for row in 0 ..< capacity where bitmap[row >> 6] >> UInt64(row & 63) & 1 != 0 {
                MutableColumn.store(value, to: bytes, at: row, width: width)
            }
        } else {
            var bitmap = ArraySlot(zeros: capacity / 8)
            let words = bitmap.writable(capacity: capacity / 8)
                .assumingMemoryBound(to: UInt64.self)
            if let rows = old.rows {
                for place in 0 ..< count {
                    let row = Int(rows[place])
                    words[row >> 6] |= 1 << UInt64(row & 63)
                    MutableColumn.store(old.value(at: place), to: bytes, at: row, width: width)
                }
            }
            presence = bitmap
        }
        values = fresh
        frame = .none
        encoding = type == .mixed ? .mixed : .dense
    }

    /// To cells of any type.
    private mutating func becomeMixed(capacity: Int, live: UnsafePointer<UInt64>) {
        if encoding == .framed { becomeDense(capacity: capacity, live: live) }
        let old = handle(capacity: capacity)
        let entries: Int
        switch encoding {
        case .sparse: entries = count
        case .constant: entries = 1
        case .dense, .mixed, .framed: entries = capacity
        }
        if type.width != 16 {
            let room = encoding == .sparse ? max(count, capacity / 8) : entries
            var fresh = ArraySlot(zeros: room * 16)
            fresh.byteCount = entries * 16
            let cells = fresh.writable(capacity: room * 16).assumingMemoryBound(to: Cell.self)
            for place in 0 ..< entries { cells[place] = old.value(at: place) }
            values = fresh
        }
        type = .mixed
        zone = nil
        if encoding == .dense { encoding = .mixed }
    }

    // MARK: What commits and maintenance do

    /// Replaces the whole content (maintenance and bulk building).
    mutating func replace(
        type: ColumnType, encoding: ColumnEncoding, count: Int, zone: ZoneMap?,
        frame: ColumnFrame = .none, values: ArraySlot, presence: ArraySlot
    ) {
        self.type = type
        self.encoding = encoding
        self.count = count
        self.zone = zone
        self.frame = frame
        self.values = values
        self.presence = presence
        storedIndex = -1
    }

    /// The arrays as a commit wants them: no bitmap that equals the live one, equal values as a
    /// constant, near ones of a full chunk framed, zeros in rows without a value. Only private
    /// arrays are looked at.
    ///
    /// - Parameter isFull: no further rows are expected.
    mutating func settle(
        capacity: Int, live: UnsafePointer<UInt64>, liveCount: Int, isFull: Bool
    ) {
        if encoding == .sparse || !isVerified { return }
        if values.isPrivate && encoding != .constant {
            clearAbsent(capacity: capacity, live: live)
            if !type.usesHeap || type == .string { becomeConstantIfEqual(capacity, live) }
            if isFull { becomeFramedIfNear(capacity, live) }
        }
        if count == liveCount { presence = .empty }
    }

    /// Zeros in rows without a value, so that equal contents give equal bytes.
    private mutating func clearAbsent(capacity: Int, live: UnsafePointer<UInt64>) {
        let bitmap = presence.isEmpty
            ? live : presence.pointer.assumingMemoryBound(to: UInt64.self)
        let width = encoding == .framed ? Int(frame.width) : type.width
        let bytes = values.writable(capacity: capacity * width)
        for word in 0 ..< capacity / 64 {
            var absent = ~bitmap[word]
            while absent != 0 {
                let row = word &* 64 &+ absent.trailingZeroBitCount
                absent &= absent &- 1
                (bytes + row &* width).initializeMemory(
                    as: UInt8.self, repeating: 0, count: width)
            }
        }
    }

    /// One value for all when all are bitwise equal and plain.
    private mutating func becomeConstantIfEqual(_ capacity: Int, _ live: UnsafePointer<UInt64>) {
        guard count >= 2 else { return }
        let bitmap = presence.isEmpty
            ? live : presence.pointer.assumingMemoryBound(to: UInt64.self)
        let column = handle(capacity: capacity)
        var first: Cell?
        for word in 0 ..< capacity / 64 {
            var present = bitmap[word]
            while present != 0 {
                let row = word &* 64 &+ present.trailingZeroBitCount
                present &= present &- 1
                let value = column.value(at: row)
                if let first {
                    if first.head != value.head || first.payload != value.payload { return }
                } else {
                    if CellHeap.isDeep(value) { return }
                    first = value
                }
            }
        }
        guard let first else { return }
        var single = ArraySlot(zeros: type.width)
        MutableColumn.store(
            first, to: single.writable(capacity: type.width), at: 0, width: type.width)
        values = single
        frame = .none
        encoding = .constant
    }

    /// Offsets instead of values when they are near each other.
    private mutating func becomeFramedIfNear(_ capacity: Int, _ live: UnsafePointer<UInt64>) {
        guard encoding == .dense, ColumnFrame.holds(type), count > 0 else { return }
        let bitmap = presence.isEmpty
            ? live : presence.pointer.assumingMemoryBound(to: UInt64.self)
        let column = handle(capacity: capacity)
        let head = column.headOfType
        var least = Int64.max
        var greatest = Int64.min
        for row in 0 ..< capacity where Bitmap.isSet(bitmap, row) {
            let value = column.value(at: row)
            if value.head != head { return }
            least = min(least, value.integer)
            greatest = max(greatest, value.integer)
        }
        guard let frame = ColumnFrame(least: least, greatest: greatest) else { return }
        var fresh = ArraySlot(zeros: capacity * Int(frame.width))
        let offsets = fresh.writable(capacity: fresh.byteCount)
        for row in 0 ..< capacity where Bitmap.isSet(bitmap, row) {
            frame.store(column.value(at: row).payload, offsets, row)
        }
        values = fresh
        self.frame = frame
        encoding = .framed
    }

    /// Cells whose bytes may move, for the commit that relocates them.
    mutating func writableCells(capacity: Int) -> UnsafeMutablePointer<Cell> {
        values.writable(capacity: values.byteCount).assumingMemoryBound(to: Cell.self)
    }

    /// Makes a commit write the arrays anew that lie on `page` or behind it, and all heaps when one
    /// of them does.
    mutating func vacate(
        from page: PageNumber, _ stored: StoredChunk?, memory: TransactionMemory, base: HeapBase
    ) throws {
        func isVacated(_ extent: ExtentDescriptor) -> Bool { !extent.isNone && extent.page >= page }
        let movesHeaps = heaps.contains(where: isVacated)
        guard movesHeaps || isVacated(values.extent) || isVacated(presence.extent) else { return }
        try validate(stored)
        values.vacate(from: page)
        presence.vacate(from: page)
        guard movesHeaps else { return }
        let count = values.byteCount / 16
        let cells = writableCells(capacity: values.byteCount)
        for place in 0 ..< count where CellHeap.isDeep(cells[place]) {
            cells[place] = try memory.keep(cells[place], base: base)
        }
        heaps = []
    }
}
