// ParsedBlock: the rows of one range of a file, as typed columns. Long strings, lists and durations
// lie in the block's heap; their cells hold offsets into it (not yet addresses), so that a block
// can be written to a temporary file and mapped again elsewhere.

import Glibc
import NenCore

/// How a column of a block lies in memory.
enum BlockColumnKind: UInt8, Sendable {
    /// One byte per row.
    case boolean
    /// `Int64`.
    case integer
    /// `Double`.
    case float
    /// `Cell`; `Cell.null` where a value is missing.
    case cell

    var width: Int {
        switch self {
        case .boolean: 1
        case .integer, .float: 8
        case .cell: 16
        }
    }
}

/// One column: `capacity` values and a bit per row that says whether there is one.
struct BlockColumn {
    let kind: BlockColumnKind
    var values: UnsafeMutableRawPointer
    var validity: UnsafeMutablePointer<UInt64>

    @inline(__always)
    func isValid(_ row: Int) -> Bool {
        validity[row &>> 6] &>> UInt64(row & 63) & 1 != 0
    }

    @inline(__always)
    func markValid(_ row: Int) {
        validity[row &>> 6] |= 1 &<< UInt64(row & 63)
    }

    @inline(__always)
    func markInvalid(_ row: Int) {
        validity[row &>> 6] &= ~(1 &<< UInt64(row & 63))
    }
}

/// A row that could not be taken.
struct BadEntry {
    enum Kind: Sendable {
        /// A value, the number of columns or the quoting is wrong.
        case malformed
        case duplicateNode
        case missingNode
    }
    var kind: Kind
    /// Counted from the block's first line, then (by the pipeline) from the file's, from 1.
    var line: Int
    var message: String
}

/// Parsed rows. Written by one worker, then handed on.
final class ParsedBlock: @unchecked Sendable {
    // Sendable: owned by one thread at a time; the pipeline's turn passes it on.

    /// Rows there is room for.
    let capacity: Int
    var rowCount = 0
    /// One per property column of the plan, in the plan's order.
    private(set) var columns: [BlockColumn] = []
    /// Identifiers of nodes; empty plan: nil.
    private(set) var ids: UnsafeMutablePointer<ParsedID>?
    /// End points of relationships.
    private(set) var sources: UnsafeMutablePointer<UInt32>?
    private(set) var targets: UnsafeMutablePointer<UInt32>?
    /// Number of the row's label or type field in `names`; nil when the plan has no such column.
    private(set) var nameIndexes: UnsafeMutablePointer<UInt32>?
    /// Lines of the rows of nodes, relative to the block; for messages about duplicates.
    private(set) var lines: UnsafeMutablePointer<UInt32>?
    /// Distinct contents of the label or type column, in order of appearance.
    var names: [String] = []
    var heap: ByteHeap
    var badEntries: [BadEntry] = []
    /// The rows by type, for inputs with a type column.
    var parts: [(name: String, block: ParsedBlock)] = []
    /// The part of the file the rows stand in: offset of the first record and behind the last.
    var startOffset = 0
    var endOffset = 0
    var lineCount = 0

    private var memory: UnsafeMutableRawPointer
    /// Bytes of columns and end points.
    let byteCount: Int
    private var mapping: MappedRun?

    /// - Parameters: the kinds of the property columns and which other columns there are.
    init(capacity: Int, kinds: [BlockColumnKind], hasIDs: Bool, isEdges: Bool, hasNames: Bool) {
        self.capacity = capacity
        heap = ByteHeap()
        let words = (capacity + 63) / 64
        var total = 0
        func place(_ bytes: Int) -> Int {
            let offset = total
            total += (bytes + 63) & ~63
            return offset
        }
        let sourcesAt = isEdges ? place(capacity * 4) : 0
        let targetsAt = isEdges ? place(capacity * 4) : 0
        let idsAt = hasIDs ? place(capacity * 16) : 0
        let namesAt = hasNames ? place(capacity * 4) : 0
        let linesAt = hasIDs ? place(capacity * 4) : 0
        let columnsAt = kinds.map { (place(words * 8), place(capacity * $0.width)) }
        byteCount = max(total, 64)
        memory = .allocate(byteCount: byteCount, alignment: 64)
        for (index, kind) in kinds.enumerated() {
            let validity = (memory + columnsAt[index].0).bindMemory(
                to: UInt64.self, capacity: words)
            validity.initialize(repeating: 0, count: words)
            columns.append(
                BlockColumn(kind: kind, values: memory + columnsAt[index].1, validity: validity))
        }
        if isEdges {
            sources = (memory + sourcesAt).bindMemory(to: UInt32.self, capacity: capacity)
            targets = (memory + targetsAt).bindMemory(to: UInt32.self, capacity: capacity)
        }
        if hasIDs {
            ids = (memory + idsAt).bindMemory(to: ParsedID.self, capacity: capacity)
            lines = (memory + linesAt).bindMemory(to: UInt32.self, capacity: capacity)
        }
        if hasNames {
            nameIndexes = (memory + namesAt).bindMemory(to: UInt32.self, capacity: capacity)
        }
    }

    deinit {
        if mapping == nil {
            memory.deallocate()
            heap.free()
        }
    }

    /// Bytes held in memory, nothing once the block lies in a file.
    var residentByteCount: Int { mapping == nil ? byteCount + heap.capacity : 0 }

    /// The heap's bytes, wherever they lie now.
    var heapStart: UnsafeRawPointer {
        mapping.map { UnsafeRawPointer($0.start + byteCount) } ?? UnsafeRawPointer(heap.start)
    }

    /// Gives the heap back when no column needs it (identifiers were kept there until resolved).
    func dropUnusedHeap() {
        guard mapping == nil, !columns.contains(where: { $0.kind == .cell }) else { return }
        heap.free()
        heap = ByteHeap(capacity: 16)
    }

    /// Writes the block to `file`, frees its memory and reads it from the file from now on.
    func spill(to file: SpillFile) throws(NQLError) {
        precondition(mapping == nil, "the block of \(rowCount) rows lies in a file already")
        let run = try file.append([(UnsafeRawPointer(memory), byteCount),
            (UnsafeRawPointer(heap.start), heap.count)])
        let shift = run.start - memory
        for index in columns.indices {
            columns[index].values += shift
            let moved = UnsafeMutableRawPointer(columns[index].validity) + shift
            columns[index].validity = moved.assumingMemoryBound(to: UInt64.self)
        }
        sources = sources.map { Self.moved($0, shift) }
        targets = targets.map { Self.moved($0, shift) }
        nameIndexes = nameIndexes.map { Self.moved($0, shift) }
        ids = nil
        lines = nil
        memory.deallocate()
        heap.free()
        memory = run.start
        mapping = run
    }

    private static func moved<T>(
        _ pointer: UnsafeMutablePointer<T>, _ shift: Int
    ) -> UnsafeMutablePointer<T> {
        (UnsafeMutableRawPointer(pointer) + shift).assumingMemoryBound(to: T.self)
    }
}
