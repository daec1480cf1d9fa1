// ChunkHandle: a chunk of nodes or relationships as plain pointers, whether it lies in the file or
// in a write transaction's dirty table.

import NenCore

/// Valid as long as its view lives; in a writing view until the next change of this chunk.
struct ChunkHandle {
    /// Rows ever used; an absent chunk has none.
    let rowCount: Int
    /// Entries of the arrays below: 64, 256, 1,024 or 2,048 (0 when absent).
    let capacity: Int
    let liveCount: Int
    /// One bit per row, `capacity` / 64 words; zero from `rowCount` on.
    let liveBits: UnsafePointer<UInt64>
    /// Nodes: the label set of all rows, or `.max` when rows differ: then see `labelSets`.
    /// Relationships: their type.
    let set: UInt32
    /// Nodes of differing label sets: one number per row.
    let labelSets: UnsafePointer<UInt32>?
    /// Relationships: source and target node per row. Absent for nodes.
    let sources: PackedNumbers?
    let targets: PackedNumbers?
    private let form: Form

    private enum Form {
        case absent
        case stored(StoredChunk)
        case changed(Unmanaged<MutableChunk>)
    }

    /// Words of zero for handles without rows.
    private nonisolated(unsafe) static let noBits: UnsafePointer<UInt64> = {
        // Never written and never freed.
        let words = UnsafeMutablePointer<UInt64>.allocate(capacity: 32)
        words.initialize(repeating: 0, count: 32)
        return UnsafePointer(words)
    }()

    /// A chunk that does not exist: no rows, no columns.
    static var absent: ChunkHandle { ChunkHandle() }

    private init() {
        rowCount = 0
        capacity = 0
        liveCount = 0
        liveBits = ChunkHandle.noBits
        set = .max
        labelSets = nil
        sources = nil
        targets = nil
        form = .absent
    }

    @inline(__always)
    init(stored chunk: StoredChunk) {
        rowCount = chunk.rowCount
        capacity = chunk.capacity
        liveCount = chunk.liveCount
        liveBits = chunk.liveBits
        let isMixed = chunk.isMixed
        set = isMixed ? .max : chunk.set
        if chunk.isNode {
            labelSets = isMixed ? chunk.first.words : nil
            sources = nil
            targets = nil
        } else {
            labelSets = nil
            sources = chunk.sources
            targets = chunk.targets
        }
        form = .stored(chunk)
    }

    init(changed chunk: MutableChunk) {
        rowCount = chunk.rowCount
        capacity = chunk.capacity
        liveCount = chunk.liveCount
        liveBits = chunk.liveBits
        set = chunk.isMixed ? .max : chunk.set
        labelSets = chunk.isNode && chunk.isMixed ? chunk.first.words : nil
        sources = chunk.isNode ? nil : chunk.first.numbers
        targets = chunk.isNode ? nil : chunk.second.numbers
        form = .changed(Unmanaged.passUnretained(chunk))
    }

    /// The label set a node chunk was opened for, or the type; `sharedSet` for rare label sets.
    var home: UInt32 {
        switch form {
        case .absent: set
        case .stored(let chunk): chunk.set
        case .changed(let chunk): chunk.takeUnretainedValue().set
        }
    }

    /// No row is deleted: all of `0 ..< rowCount` are live.
    @inline(__always)
    var isAllLive: Bool { liveCount == rowCount }

    @inline(__always)
    func isLive(_ row: Int) -> Bool {
        row < rowCount && (liveBits[row &>> 6] &>> UInt64(row & 63)) & 1 != 0
    }

    /// Label set of a row (nodes).
    @inline(__always)
    func labelSet(_ row: Int) -> UInt32 {
        guard let labelSets else { return set }
        return row < capacity ? labelSets[row] : .max
    }

    /// The column of a key; nil when no row has a value.
    /// - Throws: a corruption error at the first touch of a damaged column.
    func column(_ key: NameID) throws -> ColumnHandle? {
        switch form {
        case .absent: return nil
        case .stored(let chunk):
            let index = chunk.columnIndex(key)
            return index < 0 ? nil : try chunk.column(at: index)
        case .changed(let chunk): return try chunk.takeUnretainedValue().column(key)
        }
    }

    /// Columns of the chunk, ascending by key number.
    func forEachColumn(_ body: (ColumnHandle) throws -> Void) throws {
        switch form {
        case .absent: break
        case .stored(let chunk):
            for index in 0 ..< chunk.columnCount { try body(try chunk.column(at: index)) }
        case .changed(let chunk):
            try chunk.takeUnretainedValue().forEachColumn(body)
        }
    }

    /// Calls `body` with every column as the record describes it. Nothing that it points to was
    /// checked: only what stands in the handle itself may be read.
    func forEachUncheckedColumn(_ body: (ColumnHandle) -> Void) {
        switch form {
        case .absent: break
        case .stored(let chunk):
            for index in 0 ..< chunk.columnCount { body(chunk.uncheckedColumn(at: index)) }
        case .changed(let chunk):
            let chunk = chunk.takeUnretainedValue()
            for column in chunk.columns { body(column.handle(capacity: chunk.capacity)) }
        }
    }

    /// The same for the groups of neighbours.
    func forEachUncheckedAdjacency(_ body: (AdjacencyHandle) -> Void) {
        switch form {
        case .absent: break
        case .stored(let chunk):
            for index in 0 ..< chunk.adjacencyCount { body(chunk.uncheckedAdjacency(at: index)) }
        case .changed(let chunk):
            for group in chunk.takeUnretainedValue().adjacency { body(group.handle()) }
        }
    }

    /// Keys of the chunk's columns, ascending.
    func forEachKey(_ body: (NameID) -> Void) {
        switch form {
        case .absent: break
        case .stored(let chunk):
            for index in 0 ..< chunk.columnCount {
                body(chunk.columnDescriptor(index).load(as: UInt32.self))
            }
        case .changed(let chunk):
            for column in chunk.takeUnretainedValue().columns { body(column.key) }
        }
    }

    /// Neighbours over one type; nil when no row has any.
    func adjacency(
        _ type: NameID, _ direction: AdjacencyDirection
    ) throws -> AdjacencyHandle? {
        switch form {
        case .absent: return nil
        case .stored(let chunk):
            let index = chunk.adjacencyIndex(type, direction)
            return index < 0 ? nil : try chunk.adjacency(at: index)
        case .changed(let chunk):
            return try chunk.takeUnretainedValue().adjacency(type, direction)
        }
    }

    /// Groups of the chunk, ascending by type, outgoing first.
    func forEachAdjacency(_ body: (AdjacencyHandle) throws -> Void) throws {
        switch form {
        case .absent: break
        case .stored(let chunk):
            for index in 0 ..< chunk.adjacencyCount { try body(try chunk.adjacency(at: index)) }
        case .changed(let chunk):
            try chunk.takeUnretainedValue().forEachAdjacency(body)
        }
    }
}
