// MutableChunk: a chunk in a write transaction's dirty table. It is copied again (references only)
// when a savepoint or an open view holds an epoch at or after its copy; what is then changed copies
// its array first.

import NenCore

/// A chunk in private form.
final class MutableChunk {
    let number: UInt32
    let isNode: Bool
    /// The transaction's epoch when this copy was made.
    let epoch: UInt64
    /// The committed form under it; nil for a new chunk.
    let stored: StoredChunk?
    /// Home label set, or type.
    let set: UInt32
    /// Rows have differing label sets.
    private(set) var isMixed: Bool
    private(set) var rowCount: Int
    private(set) var capacity: Int
    private(set) var liveCount: Int
    private var live: ArraySlot
    /// Label sets (mixed nodes), or sources.
    private(set) var first: MutableNumbers
    /// Targets.
    private(set) var second: MutableNumbers
    @exclusivity(unchecked) var columns: [MutableColumn]
    @exclusivity(unchecked) var adjacency: [MutableAdjacency]
    /// Rows that were free in the committed form and were not handed out yet; nil until asked.
    private var reusable: [UInt64]?
    /// All full columns have explicit bitmaps, so that rows may come.
    private var isMaterialised = false
    private let footprint: WriterMemoryNote

    /// What the chunk itself takes, its arrays excepted.
    private static func footprint(columns: Int, groups: Int) -> WriterMemoryNote {
        WriterMemoryNote(
            512 + columns * MemoryLayout<MutableColumn>.stride
                + groups * MemoryLayout<MutableAdjacency>.stride)
    }

    /// A new, empty chunk.
    init(number: UInt32, isNode: Bool, set: UInt32, epoch: UInt64) {
        self.number = number
        self.isNode = isNode
        self.set = set
        self.epoch = epoch
        stored = nil
        isMixed = isNode && set == ChunkFormat.sharedSet
        rowCount = 0
        capacity = 64
        liveCount = 0
        live = ArraySlot(zeros: 8)
        first = isMixed || !isNode ? MutableNumbers(ArraySlot(zeros: 64 * 4)) : .empty
        second = isNode ? .empty : MutableNumbers(ArraySlot(zeros: 64 * 4))
        columns = []
        adjacency = []
        footprint = MutableChunk.footprint(columns: 8, groups: 2)
    }

    /// A chunk whose content is complete (bulk loads): all rows live, arrays made elsewhere.
    init(
        bulkNumber number: UInt32, isNode: Bool, set: UInt32, isMixed: Bool, rowCount: Int,
        first: MutableNumbers, second: MutableNumbers, columns: [MutableColumn],
        adjacency: [MutableAdjacency]
    ) {
        self.number = number
        self.isNode = isNode
        self.set = set
        self.isMixed = isMixed
        self.rowCount = rowCount
        self.first = first
        self.second = second
        self.columns = columns
        self.adjacency = adjacency
        epoch = 1
        stored = nil
        footprint = MutableChunk.footprint(columns: columns.count, groups: adjacency.count)
        capacity = ChunkFormat.capacity(for: rowCount)
        liveCount = rowCount
        live = ArraySlot(zeros: capacity / 8)
        let words = live.writable(capacity: capacity / 8).assumingMemoryBound(to: UInt64.self)
        for row in 0 ..< rowCount { words[row >> 6] |= 1 << UInt64(row & 63) }
    }

    /// The private form of a committed chunk.
    init(stored chunk: StoredChunk, epoch: UInt64) {
        number = chunk.number
        isNode = chunk.isNode
        self.epoch = epoch
        stored = chunk
        set = chunk.set
        isMixed = chunk.isMixed
        rowCount = chunk.rowCount
        capacity = chunk.capacity
        liveCount = chunk.liveCount
        footprint = MutableChunk.footprint(
            columns: chunk.columnCount, groups: chunk.adjacencyCount)
        live = ArraySlot(
            pointer: UnsafeRawPointer(chunk.liveBits), byteCount: chunk.capacity / 8,
            extent: .none)
        first = chunk.first
        second = chunk.second
        columns = []
        columns.reserveCapacity(chunk.columnCount)
        for index in 0 ..< chunk.columnCount {
            columns.append(MutableColumn(stored: chunk, index: index))
        }
        adjacency = []
        adjacency.reserveCapacity(chunk.adjacencyCount)
        for index in 0 ..< chunk.adjacencyCount {
            adjacency.append(MutableAdjacency(stored: chunk, index: index))
        }
    }

    /// A copy that shares all arrays, for changes of a later epoch.
    init(copying other: MutableChunk, epoch: UInt64) {
        number = other.number
        isNode = other.isNode
        self.epoch = epoch
        stored = other.stored
        set = other.set
        isMixed = other.isMixed
        rowCount = other.rowCount
        capacity = other.capacity
        liveCount = other.liveCount
        live = other.live
        first = other.first
        second = other.second
        columns = other.columns
        adjacency = other.adjacency
        reusable = other.reusable
        isMaterialised = other.isMaterialised
        footprint = MutableChunk.footprint(
            columns: other.columns.count, groups: other.adjacency.count)
    }

    var liveBits: UnsafePointer<UInt64> {
        live.pointer.assumingMemoryBound(to: UInt64.self)
    }

    @inline(__always)
    func isLive(_ row: Int) -> Bool {
        row < rowCount && (liveBits[row &>> 6] &>> UInt64(row & 63)) & 1 != 0
    }

    // MARK: Vacuum

    /// Makes a commit write those arrays anew that lie on `page` or behind it. Long values of a
    /// heap there are copied into `memory`.
    func vacate(from page: PageNumber, memory: TransactionMemory, base: HeapBase) throws {
        first.vacate(from: page)
        second.vacate(from: page)
        for index in columns.indices {
            try columns[index].vacate(from: page, stored, memory: memory, base: base)
        }
        for index in adjacency.indices { try adjacency[index].vacate(from: page, stored) }
    }

    // MARK: Rows

    /// Whether a new row may come at the end: a chunk of very many keys or types takes none, since
    /// each of its records would have to hold them all.
    @inline(__always)
    var takesRows: Bool {
        rowCount < ChunkFormat.rowsPerChunk
            && columns.count + adjacency.count < ChunkFormat.tableCountOpenMax
    }

    /// A row freed by an earlier transaction; -1 when there is none left.
    func takeReusableRow() -> Int {
        var words = reusable ?? freeRowsOfStored()
        reusable = nil
        defer { reusable = words }
        for index in 0 ..< words.count where words[index] != 0 {
            let row = index * 64 + words[index].trailingZeroBitCount
            words[index] &= words[index] - 1
            return row
        }
        return -1
    }

    private func freeRowsOfStored() -> [UInt64] {
        guard let stored else { return [] }
        var words = [UInt64](repeating: 0, count: stored.capacity / 64)
        for row in 0 ..< stored.rowCount where !isLive(row) {
            let wasLive = stored.liveBits[row >> 6] >> UInt64(row & 63) & 1 != 0
            if !wasLive { words[row >> 6] |= 1 << UInt64(row & 63) }
        }
        return words
    }

    /// Makes a free row live, growing the chunk as needed.
    func beginRow(_ row: Int) throws {
        precondition(row < ChunkFormat.rowsPerChunk && !isLive(row), "row \(row) is in use")
        if row >= capacity { try grow(to: ChunkFormat.capacity(for: row + 1)) }
        if !isMaterialised {
            for index in columns.indices {
                columns[index].materialise(capacity: capacity, live: liveBits)
            }
            isMaterialised = true
        }
        let words = live.writable(capacity: capacity / 8).assumingMemoryBound(to: UInt64.self)
        words[row &>> 6] |= 1 << UInt64(row & 63)
        liveCount += 1
        if row >= rowCount { rowCount = row + 1 }
    }

    /// Frees a live row; its values go, its ends and label set stay readable.
    func endRow(_ row: Int) throws {
        precondition(isLive(row), "row \(row) of chunk \(number) is not in use")
        for index in columns.indices {
            try columns[index].validate(stored)
            columns[index].rowDies(row, capacity: capacity, live: liveBits)
        }
        dropEmptyColumns()
        let words = live.writable(capacity: capacity / 8).assumingMemoryBound(to: UInt64.self)
        words[row &>> 6] &= ~(1 << UInt64(row & 63))
        liveCount -= 1
    }

    private func grow(to larger: Int) throws {
        for index in columns.indices {
            try columns[index].validate(stored)
            columns[index].grow(from: capacity, to: larger, live: liveBits)
        }
        isMaterialised = true
        for index in adjacency.indices {
            try adjacency[index].validate(stored)
            adjacency[index].grow(from: capacity, to: larger)
        }
        _ = live.writable(capacity: larger / 8)
        live.byteCount = larger / 8
        if !first.isEmpty { _ = first.writable(capacity: larger) }
        if !second.isEmpty { _ = second.writable(capacity: larger) }
        capacity = larger
    }

    /// Source and target of a relationship's row.
    func setEnds(_ row: Int, source: UInt32, target: UInt32) {
        first.writable(capacity: capacity)[row] = source
        second.writable(capacity: capacity)[row] = target
    }

    func ends(_ row: Int) -> (source: UInt32, target: UInt32) {
        (first.numbers[row], second.numbers[row])
    }

    /// Packs the ends of a full chunk's relationships, where they were changed.
    func settleEnds() {
        guard !isNode, rowCount == ChunkFormat.rowsPerChunk else { return }
        first.settle(rowCount)
        second.settle(rowCount)
    }

    // MARK: Label sets

    func labelSet(_ row: Int) -> UInt32 {
        isMixed ? first.words[row] : set
    }

    /// Gives a row a label set.
    /// - Returns: true when the chunk became mixed by it.
    func setLabelSet(_ row: Int, _ labelSet: UInt32) -> Bool {
        var hasChanged = false
        if !isMixed {
            if labelSet == set { return false }
            first = MutableNumbers(ArraySlot(zeros: capacity * 4))
            first.writable(capacity: capacity).update(repeating: set, count: capacity)
            isMixed = true
            hasChanged = true
        }
        first.writable(capacity: capacity)[row] = labelSet
        return hasChanged
    }

    /// Maintenance: all live rows have the home set again.
    func becomePure() {
        precondition(isNode && set != ChunkFormat.sharedSet, "chunk \(number) has no home set")
        isMixed = false
        first = .empty
    }

    // MARK: Columns

    /// Place of a key's column, or where it would be inserted.
    @inline(__always)
    private func place(of key: NameID) -> (index: Int, isThere: Bool) {
        columns.withUnsafeBufferPointer { list in
            var low = 0
            var high = list.count
            while low < high {
                let middle = (low &+ high) &>> 1
                if list[middle].key < key { low = middle &+ 1 } else { high = middle }
            }
            return (low, low < list.count && list[low].key == key)
        }
    }

    func column(_ key: NameID) throws -> ColumnHandle? {
        let place = place(of: key)
        guard place.isThere else { return nil }
        try columns[place.index].validate(stored)
        return columns[place.index].handle(capacity: capacity)
    }

    func forEachColumn(_ body: (ColumnHandle) throws -> Void) throws {
        for index in columns.indices {
            try columns[index].validate(stored)
            try body(columns[index].handle(capacity: capacity))
        }
    }

    /// Gives a live row a value that is not null.
    func setValue(_ row: Int, _ key: NameID, _ cell: Cell, type: ColumnType) throws {
        let place = place(of: key)
        if place.isThere {
            try columns[place.index].validate(stored)
        } else {
            columns.insert(MutableColumn(key: key, type: type), at: place.index)
        }
        columns[place.index].set(row, cell, capacity: capacity, live: liveBits)
    }

    /// Gives a live row all of its values.
    func setValues(_ row: Int, _ properties: [(NameID, Cell)]) throws {
        for (key, cell) in properties {
            guard let type = ColumnType(of: cell) else { throw CellHeap.notStorable(cell) }
            try setValue(row, key, cell, type: type)
        }
    }

    /// Takes a live row's value away; false when it had none.
    func removeValue(_ row: Int, _ key: NameID) throws -> Bool {
        let place = place(of: key)
        guard place.isThere else { return false }
        try columns[place.index].validate(stored)
        let hadValue = columns[place.index].remove(row, capacity: capacity, live: liveBits)
        if columns[place.index].count == 0 { columns.remove(at: place.index) }
        return hadValue
    }

    private func dropEmptyColumns() {
        if columns.contains(where: { $0.count == 0 }) { columns.removeAll { $0.count == 0 } }
    }

    // MARK: Adjacency

    private func adjacencyPlace(
        _ type: NameID, _ direction: AdjacencyDirection
    ) -> (index: Int, isThere: Bool) {
        let wanted = UInt64(type) &<< 8 | UInt64(direction.rawValue)
        return adjacency.withUnsafeBufferPointer { list in
            var low = 0
            var high = list.count
            while low < high {
                let middle = (low &+ high) &>> 1
                if list[middle].sortKey < wanted { low = middle &+ 1 } else { high = middle }
            }
            return (low, low < list.count && list[low].sortKey == wanted)
        }
    }

    func adjacency(
        _ type: NameID, _ direction: AdjacencyDirection
    ) throws -> AdjacencyHandle? {
        let place = adjacencyPlace(type, direction)
        guard place.isThere else { return nil }
        try adjacency[place.index].validate(stored)
        return adjacency[place.index].handle()
    }

    func forEachAdjacency(_ body: (AdjacencyHandle) throws -> Void) throws {
        for index in adjacency.indices {
            try adjacency[index].validate(stored)
            try body(adjacency[index].handle())
        }
    }

    func insertNeighbour(
        _ row: Int, _ type: NameID, _ direction: AdjacencyDirection, neighbour: UInt32,
        relationship: UInt32
    ) throws {
        let place = adjacencyPlace(type, direction)
        if place.isThere {
            try adjacency[place.index].validate(stored)
        } else {
            adjacency.insert(MutableAdjacency(type: type, direction: direction), at: place.index)
        }
        try adjacency[place.index].insert(
            row, neighbour: neighbour, relationship: relationship, capacity: capacity)
    }

    /// - Returns: false when the row does not have this neighbour.
    func removeNeighbour(
        _ row: Int, _ type: NameID, _ direction: AdjacencyDirection, neighbour: UInt32,
        relationship: UInt32
    ) throws -> Bool {
        let place = adjacencyPlace(type, direction)
        guard place.isThere else { return false }
        try adjacency[place.index].validate(stored)
        let isRemoved = try adjacency[place.index].remove(
            row, neighbour: neighbour, relationship: relationship, capacity: capacity)
        if adjacency[place.index].isEmpty { adjacency.remove(at: place.index) }
        return isRemoved
    }

    /// Neighbours of a row over all types and both directions.
    func totalDegree(_ row: Int) throws -> Int {
        var total = 0
        try forEachAdjacency { total += $0.degree(row) }
        return total
    }
}
