// Sort and TopK: buffer rows, sort references to them, gather. The first key is condensed to 64
// bits that order like the key where all its values are of one class (numbers, strings, dates, …),
// so that most comparisons touch nothing else. Equal keys keep the order of the input.

import NQLPlan
import NenCore

/// A row under sorting.
struct SortEntry {
    /// Ascending prefix of the first key.
    var prefix: UInt64
    /// Row of the buffer; ascending in input order.
    var row: RowBuffer.RowReference
}

/// Compares buffered rows by keys.
struct RowOrder {
    let buffer: RowBuffer
    /// Column of the buffer and direction.
    let keys: [(column: Int, isDescending: Bool)]
    let base: HeapBase
    /// Lends memory to the sort.
    let pool: PagePool

    /// Whether row `a` comes before row `b` by the keys from number `from` on.
    func isBefore(
        _ a: RowBuffer.RowReference, _ b: RowBuffer.RowReference, from: Int
    ) -> Bool {
        var index = from
        while index < keys.count {
            let key = keys[index]
            index &+= 1
            let order = CellOrder.compare(
                buffer.cell(a, column: key.column), buffer.cell(b, column: key.column), base)
            if order != 0 { return key.isDescending ? order > 0 : order < 0 }
        }
        return a < b
    }

    /// All rows of the buffer in order.
    func sorted(
        _ entries: PooledArray<SortEntry>
    ) throws(NQLError) -> UnsafeMutableBufferPointer<SortEntry> {
        entries.removeAll()
        try entries.reserve(buffer.rowCount)
        for block in 0 ..< buffer.blockCount {
            let start = RowBuffer.RowReference(truncatingIfNeeded: block) &<< 11
            for row in 0 ..< buffer.rowCount(ofBlock: block) {
                try entries.append(
                    SortEntry(prefix: 0, row: start | RowBuffer.RowReference(row)))
            }
        }
        guard entries.count > 0 else { return UnsafeMutableBufferPointer(start: nil, count: 0) }
        let list = UnsafeMutableBufferPointer(start: entries.pointer, count: entries.count)
        var isExact = false
        if let first = keys.first {
            isExact = fillPrefixes(list, first.column, first.isDescending)
        }
        if isExact && keys.count == 1 {
            try MergeSort.sort(list, pool: pool) { a, b in
                a.prefix != b.prefix ? a.prefix < b.prefix : a.row < b.row
            }
            return list
        }
        let skipped = isExact ? 1 : 0
        try MergeSort.sort(list, pool: pool) { a, b in
            if a.prefix != b.prefix { return a.prefix < b.prefix }
            return isBefore(a.row, b.row, from: skipped)
        }
        return list
    }

    /// Fills the prefixes when all values of the column are of one class; true when equal prefixes
    /// mean equal values.
    private func fillPrefixes(
        _ entries: UnsafeMutableBufferPointer<SortEntry>, _ column: Int, _ isDescending: Bool
    ) -> Bool {
        var rank = -1
        var isExact = true
        for block in 0 ..< buffer.blockCount {
            let vector = buffer.vector(block: block, column: column)
            for row in 0 ..< buffer.rowCount(ofBlock: block) {
                let cell = vector.cell(element: row)
                if cell.isNull { continue }
                let own = CellOrder.rank(cell.tag)
                if rank >= 0 && own != rank { return false }
                rank = own
                isExact = isExact && RowOrder.hasExactPrefix(cell)
            }
        }
        // Entries still stand in the order of the buffer.
        var index = 0
        for block in 0 ..< buffer.blockCount {
            let vector = buffer.vector(block: block, column: column)
            for row in 0 ..< buffer.rowCount(ofBlock: block) {
                let prefix = prefix(vector.cell(element: row))
                entries[index].prefix = isDescending ? ~prefix : prefix
                index += 1
            }
        }
        return isExact
    }

    /// Whether no other value of its class has the same prefix.
    private static func hasExactPrefix(_ cell: Cell) -> Bool {
        switch cell.tag {
        case .integer: return cell.integer.magnitude <= 1 << 53
        case .float, .date, .localTime: return true
        default: return false
        }
    }

    /// Bits that never contradict the order within one class of types; nulls come last.
    private func prefix(_ cell: Cell) -> UInt64 {
        let sign: UInt64 = 1 << 63
        switch cell.tag {
        case .null: return .max
        case .integer: return RowOrder.ordered(Double(cell.integer))
        case .float: return cell.float.isNaN ? .max - 1 : RowOrder.ordered(cell.float)
        case .date, .localTime, .localDateTime, .dateTime: return cell.payload ^ sign
        case .string:
            // The first eight bytes; shorter strings are filled up with zeros.
            let first = UInt64(cell.aux.byteSwapped) &<< 32
            if cell.byteCount <= 12 {
                return first | UInt64(UInt32(truncatingIfNeeded: cell.payload).byteSwapped)
            }
            let bytes = base.pointer(cell.payload)
            let more = bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self)
            return first | UInt64(more.byteSwapped)
        default: return 0
        }
    }

    /// Bits that order like the doubles. Rounding an integer keeps the order except that
    /// neighbours may become equal.
    private static func ordered(_ value: Double) -> UInt64 {
        let bits = (value == 0 ? 0.0 : value).bitPattern
        return bits &>> 63 == 1 ? ~bits : bits | (1 << 63)
    }
}

/// ORDER BY.
final class Sort: Operator {
    private let order: RowOrder
    private let buffer: RowBuffer
    private let entries: PooledArray<SortEntry>
    private var isFilled = false
    private var position = 0

    init(_ scope: OperatorScope, _ input: Operator, _ keys: [SortKey]) {
        let (slots, order) = Sort.layout(scope, keys)
        buffer = scope.context.makeBuffer(slots)
        self.order = RowOrder(
            buffer: buffer, keys: order, base: scope.context.base, pool: scope.context.pool)
        entries = PooledArray(pool: scope.context.pool)
        super.init(scope, inputs: [input])
    }

    /// Slots to buffer, and the keys as columns of the buffer.
    static func layout(
        _ scope: OperatorScope, _ keys: [SortKey]
    ) -> ([Slot], [(column: Int, isDescending: Bool)]) {
        var slots = scope.live
        var columns: [Slot: Int] = [:]
        for (column, slot) in slots.enumerated() where columns[slot] == nil {
            columns[slot] = column
        }
        let order = keys.map { key in
            if let known = columns[key.slot] {
                return (column: known, isDescending: key.isDescending)
            }
            columns[key.slot] = slots.count
            slots.append(key.slot)
            return (column: slots.count - 1, isDescending: key.isDescending)
        }
        return (slots, order)
    }

    override func open() throws(NQLError) {
        isFilled = false
        position = 0
        buffer.removeAll()
        entries.removeAll()
        try super.open()
    }

    override func next() throws(NQLError) -> Bool {
        if !isFilled {
            while try input.pull() { try buffer.append(input.batch) }
            _ = try order.sorted(entries)
            isFilled = true
        }
        let count = min(Batch.rowCapacity, entries.count - position)
        if count <= 0 { return false }
        beginOutput()
        let references = try arena.allocate(RowBuffer.RowReference.self, count: count)
        for index in 0 ..< count { references[index] = entries[position + index].row }
        for (column, slot) in buffer.slots.enumerated() where live.contains(slot) {
            batch.vectors[slot] = try buffer.gather(
                column: column, references, count, arena)
        }
        batch.count = count
        batch.selection = nil
        batch.multiplicity = nil
        position += count
        return true
    }

    override var stateByteCount: Int { buffer.arena.byteCount + entries.capacity * 16 }
}

/// The first rows of an order. Buffers at most a few times as many rows as it hands out: when the
/// buffer has grown to the bound, it is sorted and all but the first rows are dropped.
final class TopK: Operator {
    private let count: RowCountExpression
    private let keys: [(column: Int, isDescending: Bool)]
    private var buffer: RowBuffer
    private let entries: PooledArray<SortEntry>
    private let scratch: Batch
    private var wanted = -1
    private var isFilled = false
    private var position = 0
    /// First key of the last row worth keeping, once so many rows were seen: later rows whose first
    /// key comes behind it are not buffered.
    private var bound: Cell?
    private let firstKey: (slot: Slot, isDescending: Bool)?

    init(
        _ scope: OperatorScope, _ input: Operator, _ keys: [SortKey], count: RowCountExpression
    ) {
        let (slots, order) = Sort.layout(scope, keys)
        self.keys = order
        firstKey = keys.first.map { ($0.slot, $0.isDescending) }
        buffer = scope.context.makeBuffer(slots)
        entries = PooledArray(pool: scope.context.pool)
        scratch = Batch(slotCount: scope.slotCount)
        self.count = count
        super.init(scope, inputs: [input])
    }

    override func open() throws(NQLError) {
        isFilled = false
        wanted = -1
        position = 0
        bound = nil
        buffer.removeAll()
        entries.removeAll()
        try super.open()
    }

    private var order: RowOrder {
        RowOrder(buffer: buffer, keys: keys, base: context.base, pool: context.pool)
    }

    override func next() throws(NQLError) -> Bool {
        if !isFilled { try fill() }
        let left = min(wanted, entries.count) - position
        let count = min(Batch.rowCapacity, left)
        if count <= 0 { return false }
        beginOutput()
        let references = try arena.allocate(RowBuffer.RowReference.self, count: count)
        for index in 0 ..< count { references[index] = entries[position + index].row }
        for (column, slot) in buffer.slots.enumerated() where live.contains(slot) {
            batch.vectors[slot] = try buffer.gather(
                column: column, references, count, arena)
        }
        batch.count = count
        batch.selection = nil
        batch.multiplicity = nil
        position += count
        return true
    }

    private func fill() throws(NQLError) {
        beginOutput()
        scratch.count = 1
        wanted = try count.value(context, scratch)
        // Shrinks early at first, so that the bound is known soon.
        var limit = max(Batch.rowCapacity, wanted > Int.max / 4 ? Int.max : wanted * 2)
        while try input.pull() {
            if wanted == 0 || input.batch.count == 0 { continue }
            beginOutput()
            scratch.pass(input.batch, buffer.slots)
            try dropHopeless()
            try buffer.append(scratch)
            if buffer.rowCount >= limit {
                try shrink()
                limit = max(limit, 8_192, wanted > Int.max / 4 ? Int.max : wanted * 2)
            }
        }
        _ = try order.sorted(entries)
        isFilled = true
    }

    /// Deselects rows of `scratch` whose first key comes behind the bound.
    private func dropHopeless() throws(NQLError) {
        guard let bound, let firstKey else { return }
        let rows = scratch.rows
        let vector = scratch.vectors[firstKey.slot]
        let chosen = try arena.allocate(UInt16.self, count: rows.count + 1)
        var kept = 0
        let base = context.base
        if let range = ValueRange(
            notBehind: bound, isDescending: firstKey.isDescending, in: vector)
        {
            let elements = try rows.elements(of: vector, arena)
            kept = range.select(vector, elements, rows.count, into: chosen)
            scratch.selection = try rows.subset(chosen, kept, arena).selection
            scratch.count = kept
            return
        }
        var row = 0
        while row < rows.count {
            let position = rows.position(row)
            let order = CellOrder.compare(vector.cell(at: position), bound, base)
            chosen[kept] = UInt16(truncatingIfNeeded: position)
            kept &+= firstKey.isDescending ? (order >= 0 ? 1 : 0) : (order <= 0 ? 1 : 0)
            row &+= 1
        }
        scratch.selection = UnsafePointer(chosen)
        scratch.count = kept
    }

    /// Keeps the first `wanted` rows only. They are stored in sorted order, so that ties keep the
    /// order of the input.
    private func shrink() throws(NQLError) {
        let sorted = try order.sorted(entries)
        let fresh = context.makeBuffer(buffer.slots)
        var start = 0
        let total = min(wanted, sorted.count)
        while start < total {
            beginOutput()
            let count = min(Batch.rowCapacity, total - start)
            let references = try arena.allocate(RowBuffer.RowReference.self, count: count)
            for index in 0 ..< count { references[index] = sorted[start + index].row }
            for (column, slot) in buffer.slots.enumerated() {
                scratch.vectors[slot] = try buffer.gather(
                    column: column, references, count, arena)
            }
            scratch.count = count
            scratch.selection = nil
            try fresh.append(scratch)
            start += count
        }
        buffer = fresh
        if total == wanted, total > 0, let key = keys.first {
            bound = fresh.lastCell(column: key.column)
        }
    }

    override var stateByteCount: Int { buffer.arena.byteCount + entries.capacity * 16 }
}
