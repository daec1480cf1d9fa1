// RelationshipScan: every relationship of the types with its two ends, chunk by chunk. The columns
// of the chunk are handed out in place; an undirected step yields each relationship once per
// direction, self-loops once.

import NQLPlanner
import NQLSyntax
import NenCore

/// All relationships of some types.
final class RelationshipScan: MorselScan {
    private let spec: ExpandSpec
    private let outer: OuterRows
    private let check: StepCheck
    private var types: Set<NameID>?
    private var chunk = 0
    private var end = 0
    private var isBackward = false
    private var isOpen = false

    init(_ scope: OperatorScope, _ spec: ExpandSpec) {
        self.spec = spec
        outer = OuterRows(scope.feed, except: spec.to)
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
                chunk = range?.next ?? 0
                end = range?.end ?? context.graph.relationshipChunkCount
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
        let from = isBackward ? targets : sources
        let to = isBackward ? sources : targets
        advance(isWholeChunk: false)
        var relationship = Vector(.relationship, ids)
        relationship.sequence = base
        batch.vectors[spec.from] = Vector(.node, from)
        batch.vectors[spec.to] = Vector(.node, to)
        if let slot = spec.relationship { batch.vectors[slot] = relationship }
        batch.count = count
        batch.selection = nil
        let isPlain = handle.isAllLive && !isSecond && spec.toLabels == nil
            && spec.differentFrom.isEmpty
        if isPlain { return true }
        return try select(handle, from, to, ids, isSecond)
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
            output.neighbours[output.count] = to[row]
            output.relationships[output.count] = ids[row]
            output.rows[output.count] = UInt16(truncatingIfNeeded: row)
            output.count += 1
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

/// Node or relationship by number: `id(x) = …`, or every existing one of a list of numbers.
final class EntityByID: Operator {
    private let slot: Slot
    private let entity: EntityKind
    private let number: Evaluator
    private let carried: [Slot]
    private let idArena: Arena
    private var ids: UnsafePointer<Cell>?
    private var row = 0
    private var offset = 0

    init(
        _ scope: OperatorScope, _ input: Operator, slot: Slot, entity: EntityKind,
        id: Evaluator
    ) {
        self.slot = slot
        self.entity = entity
        number = id
        carried = scope.live.filter { $0 != slot }
        idArena = Arena(pool: scope.context.pool)
        super.init(scope, inputs: [input])
    }

    override func open() throws(NQLError) {
        ids = nil
        try super.open()
    }

    override func next() throws(NQLError) -> Bool {
        repeat {
            if ids == nil {
                guard try input.pull() else { return false }
                idArena.reset()
                context.arena = idArena
                ids = try number.cells(input.batch.rows, context)
                row = 0
                offset = 0
            }
            if let ids, try emit(ids) { return true }
            if row >= input.batch.count { ids = nil }
        } while true
    }

    private func emit(_ ids: UnsafePointer<Cell>) throws(NQLError) -> Bool {
        beginOutput()
        let capacity = Batch.rowCapacity
        let found = try arena.allocate(UInt32.self, count: capacity)
        let positions = try arena.allocate(UInt16.self, count: capacity)
        let rows = input.batch.rows
        var filled = 0
        while row < rows.count && filled < capacity {
            let cell = ids[row]
            let isList = cell.tag == .list
            let count = isList ? cell.count : 1
            while offset < count && filled < capacity {
                let item = isList ? context.base.cells(cell)[offset] : cell
                offset += 1
                guard try exists(item), isFirst(item, cell, offset - 1) else { continue }
                found[filled] = UInt32(truncatingIfNeeded: item.integer)
                positions[filled] = UInt16(truncatingIfNeeded: rows.position(row))
                filled += 1
            }
            if offset < count { break }
            offset = 0
            row += 1
        }
        if filled == 0 { return false }
        try batch.carry(input.batch, carried, at: positions, count: filled, arena)
        batch.vectors[slot] = Vector(entity == .node ? .node : .relationship, found)
        return true
    }

    /// Whether no earlier element of the list is the same number.
    private func isFirst(_ item: Cell, _ list: Cell, _ index: Int) -> Bool {
        guard list.tag == .list else { return true }
        let cells = context.base.cells(list)
        for earlier in 0 ..< index
        where cells[earlier].tag == .integer && cells[earlier].integer == item.integer {
            return false
        }
        return true
    }

    private func exists(_ cell: Cell) throws(NQLError) -> Bool {
        guard cell.tag == .integer, let number = UInt32(exactly: cell.integer) else {
            return false
        }
        let graph = context.graph
        let isNode = entity == .node
        return try storage {
            isNode ? try graph.nodeExists(number) : try graph.relationshipExists(number)
        }
    }
}
