// RelationshipScan: every relationship of the types with its two ends, chunk by chunk. The columns
// of the chunk are handed out in place; an undirected step yields each relationship once per
// direction, self-loops once.

import NQLPlan
import NQLSyntax
import NenCore

/// All relationships of some types.
final class RelationshipScan: MorselSource {
    private let spec: ExpandSpec
    private let outer: OuterRows
    /// Of the near node, and of all else.
    private let nearCheck: StepCheck
    private let check: StepCheck
    private var types: Set<NameID>?
    private var chunk = 0
    private var end = 0
    private var isBackward = false
    private var isOpen = false

    init(_ scope: OperatorScope, _ spec: ExpandSpec) {
        self.spec = spec
        outer = OuterRows(scope.feed, except: spec.to)
        nearCheck = StepCheck(toLabels: spec.fromLabels, differentFrom: [])
        check = StepCheck(toLabels: spec.toLabels, differentFrom: spec.differentFrom)
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
                end = range?.chunks.upperBound ?? context.graph.relationshipChunkCount
                isBackward = spec.direction == .incoming
                types = nil
                if !spec.types.isEmpty {
                    let catalog = context.graph.catalog
                    types = Set(spec.types.compactMap { catalog.type($0) })
                }
                isOpen = true
            }
            while chunk < end { if try scan() { return true } }
            isOpen = false
        } while true
    }

    /// One chunk in one direction; false when it gives no row.
    private func scan() throws(NQLError) -> Bool {
        beginOutput()
        let number = chunk
        let graph = context.graph
        if let types {
            let type = try storage { try graph.relationshipChunkType(number) }
            if !types.contains(type) {
                advance(isWholeChunk: true)
                return false
            }
        }
        let handle = try storage { try graph.relationshipChunk(number) }
        guard handle.rowCount > 0, let sources = handle.sources, let targets = handle.targets,
            types?.contains(handle.set) ?? true
        else {
            advance(isWholeChunk: true)
            return false
        }
        let isSecond = isBackward && spec.direction == .both
        let count = handle.rowCount
        let base = UInt32(truncatingIfNeeded: number) &<< 11
        let ids = try arena.allocate(UInt32.self, count: count)
        var row = 0
        while row < count {
            ids[row] = base &+ UInt32(truncatingIfNeeded: row)
            row &+= 1
        }
        let from = try words(isBackward ? targets : sources, count)
        let to = try words(isBackward ? sources : targets, count)
        advance(isWholeChunk: false)
        var relationship = Vector(.relationship, ids)
        relationship.sequence = base
        batch.vectors[spec.from] = Vector(.node, from)
        batch.vectors[spec.to] = Vector(.node, to)
        if let slot = spec.relationship { batch.vectors[slot] = relationship }
        batch.count = count
        batch.selection = nil
        let isPlain = handle.isAllLive && !isSecond && spec.toLabels == nil
            && spec.fromLabels == nil && spec.differentFrom.isEmpty
        if isPlain { return true }
        return try select(handle, from, to, ids, isSecond)
    }

    /// Numbers as an array: their own, or one that they are unpacked to.
    private func words(
        _ numbers: PackedNumbers, _ count: Int
    ) throws(NQLError) -> UnsafePointer<UInt32> {
        if let words = numbers.words { return words }
        let list = try arena.allocate(UInt32.self, count: count)
        numbers.copy(count, into: list)
        return UnsafePointer(list)
    }

    /// Selects live rows that satisfy the step's conditions.
    private func select(
        _ handle: ChunkHandle, _ from: UnsafePointer<UInt32>, _ to: UnsafePointer<UInt32>,
        _ ids: UnsafePointer<UInt32>, _ skipsLoops: Bool
    ) throws(NQLError) -> Bool {
        let capacity = handle.rowCount
        var output = StepOutput(
            neighbours: try arena.allocate(UInt32.self, count: capacity),
            relationships: try arena.allocate(UInt32.self, count: capacity),
            rows: try arena.allocate(UInt16.self, count: capacity), count: 0)
        for row in 0 ..< capacity where Bitmap.isSet(handle.liveBits, row) {
            if skipsLoops && from[row] == to[row] { continue }
            output.neighbours[output.count] = from[row]
            output.relationships[output.count] = ids[row]
            output.rows[output.count] = UInt16(truncatingIfNeeded: row)
            output.count += 1
        }
        try nearCheck.apply(&output, batch.rows, context, arena)
        for index in 0 ..< output.count {
            output.neighbours[index] = to[Int(output.rows[index])]
        }
        try check.apply(&output, batch.rows, context, arena)
        batch.selection = UnsafePointer(output.rows)
        batch.count = output.count
        return output.count > 0
    }

    private func advance(isWholeChunk: Bool) {
        if spec.direction == .both && !isBackward && !isWholeChunk {
            isBackward = true
            return
        }
        if spec.direction == .both { isBackward = false }
        chunk += 1
        context.statement.noteChunk()
    }
}
