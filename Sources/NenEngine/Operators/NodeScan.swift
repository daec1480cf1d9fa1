// NodeScan: node numbers chunk by chunk. A chunk of one label set is taken or left as a whole; its
// rows come as one ascending run, so that properties are read from the stored arrays in place.
// Small chunks are packed together.

import NQLPlan
import NenCore

/// All nodes, or those that satisfy labels.
final class NodeScan: MorselSource {
    private let slot: Slot
    private let labels: LabelTest?
    private let outer: OuterRows
    private var chunk = 0
    private var end = 0
    private var isOpen = false

    /// Chunks with fewer rows are packed.
    private static let smallRowCount = 512

    init(_ scope: OperatorScope, slot: Slot, labels: PlanLabels?) {
        self.slot = slot
        self.labels = labels.map { LabelTest($0) }
        outer = OuterRows(scope.feed, except: slot)
        super.init(scope, inputs: [])
    }

    override func open() throws(NQLError) {
        isOpen = false
        outer.open()
    }

    override func next() throws(NQLError) -> Bool {
        repeat {
            if !isOpen {
                guard outer.advance(batch) else { return false }
                chunk = range?.chunks.lowerBound ?? 0
                end = range?.chunks.upperBound ?? context.graph.nodeChunkCount
                isOpen = true
            }
            if try scan() { return true }
            isOpen = false
        } while true
    }

    /// The next rows; false at the end of the chunks.
    private func scan() throws(NQLError) -> Bool {
        beginOutput()
        let graph = context.graph
        var packed: UnsafeMutablePointer<UInt32>?
        var packedCount = 0
        while chunk < end {
            let set = graph.chunkLabelSets[chunk]
            if set != .max, let labels, !labels.accepts(labelSet: set, graph) {
                chunk += 1
                continue
            }
            let number = chunk
            let handle = try storage { try graph.nodeChunk(number) }
            let rows = 0 ..< handle.rowCount
            let wanted = range.map { rows.clamped(to: $0.rows) } ?? rows
            if wanted.isEmpty {
                chunk += 1
                continue
            }
            if wanted.count >= NodeScan.smallRowCount {
                if packedCount > 0 { break }
                chunk += 1
                if wanted.upperBound == rows.upperBound { context.statement.noteChunk() }
                if try emit(handle, number, wanted) { return true }
                beginOutput()
                packed = nil
                continue
            }
            if packed == nil { packed = try arena.allocate(UInt32.self, count: 2_048) }
            guard let packed, packedCount + wanted.count <= Batch.rowCapacity else { break }
            chunk += 1
            for row in wanted where try accepts(handle, row) {
                packed[packedCount] = UInt32(truncatingIfNeeded: number &<< 11 | row)
                packedCount += 1
            }
        }
        guard let packed, packedCount > 0 else { return false }
        batch.vectors[slot] = Vector(.node, packed)
        batch.count = packedCount
        batch.selection = nil
        return true
    }

    private func accepts(_ handle: ChunkHandle, _ row: Int) throws(NQLError) -> Bool {
        guard Bitmap.isSet(handle.liveBits, row) else { return false }
        guard let labels, let sets = handle.labelSets else { return true }
        return labels.accepts(labelSet: sets[row], context.graph)
    }

    /// Rows of a chunk on their own; false when none qualifies.
    private func emit(
        _ handle: ChunkHandle, _ number: Int, _ rows: Range<Int>
    ) throws(NQLError) -> Bool {
        let base = UInt32(truncatingIfNeeded: number) &<< 11
        let ids = try arena.allocate(UInt32.self, count: rows.upperBound)
        var row = 0
        while row < rows.upperBound {
            ids[row] = base &+ UInt32(truncatingIfNeeded: row)
            row &+= 1
        }
        var vector = Vector(.node, ids)
        vector.sequence = base
        batch.vectors[slot] = vector
        batch.count = rows.count
        batch.selection = nil
        let isPure = labels == nil || handle.labelSets == nil
        if isPure, rows.lowerBound == 0, handle.isAllLive { return true }
        let chosen = try arena.allocate(UInt16.self, count: rows.count + 1)
        var count = 0
        for row in rows where try accepts(handle, row) {
            chosen[count] = UInt16(truncatingIfNeeded: row)
            count += 1
        }
        batch.selection = UnsafePointer(chosen)
        batch.count = count
        return count > 0
    }
}

/// The outer rows that a leaf runs for: once without a feed, once per row of a batch feed.
final class OuterRows {
    private let feed: ArgumentFeed?
    private let slots: [Slot]
    private var row = 0

    init(_ feed: ArgumentFeed?, except slot: Slot) {
        self.feed = feed
        var slots = feed?.slots ?? []
        if let position = feed?.positionSlot { slots.append(position) }
        self.slots = slots.filter { $0 != slot }
    }

    func open() { row = 0 }

    /// Binds the next outer row as constants; false when there is none.
    func advance(_ batch: Batch) -> Bool {
        batch.multiplicity = nil
        guard let feed else {
            row += 1
            return row == 1
        }
        if row >= feed.batch.count { return false }
        let position = feed.batch.rows.position(row)
        for slot in slots {
            batch.vectors[slot] = feed.batch.vectors[slot].constant(at: position)
        }
        row += 1
        return true
    }
}
