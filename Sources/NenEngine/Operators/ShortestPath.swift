// ShortestPath: one or all paths of the least length between two bound nodes (see TwoSidedSearch).

import NQLPlan
import NenCore

/// `shortestPath(…)` and `allShortestPaths(…)` between bound ends.
final class ShortestPath: Operator {
    private let spec: ShortestPathSpec
    private let forwardWalker: PathWalker
    private let backwardWalker: PathWalker
    private let carried: [Slot]
    private let listSlot: Slot?
    private let countSlot: Slot?
    private let nodeArena: Arena
    private let search: TwoSidedSearch
    /// Paths from a meeting node back to either end.
    private let prefixes: PooledArray<TrailStep>
    private let suffixes: PooledArray<TrailStep>
    /// Paths of the current row, `length` relationships each.
    private let found: PooledArray<UInt32>
    private var length = 0
    private var foundCount = 0
    private var handedOut = 0
    private var from: NodeColumn?
    private var to: NodeColumn?
    private var row = 0

    init(
        _ scope: OperatorScope, _ input: Operator, _ spec: ShortestPathSpec,
        forward: PathWalker, backward: PathWalker
    ) {
        self.spec = spec
        forwardWalker = forward
        backwardWalker = backward
        let slot = spec.expand.step.relationship
        carried = scope.live.filter { $0 != slot && $0 != spec.stepCount }
        countSlot = spec.stepCount
        listSlot = slot.flatMap { scope.live.contains($0) ? $0 : nil }
        let pool = scope.context.pool
        nodeArena = Arena(pool: pool)
        search = TwoSidedSearch(
            forward: forward, backward: backward, keepsAll: spec.all,
            isPerRow: forward.isPerRow, scope.context)
        prefixes = PooledArray(pool: pool)
        suffixes = PooledArray(pool: pool)
        found = PooledArray(pool: pool)
        super.init(scope, inputs: [input])
    }

    override func open() throws(NQLError) {
        from = nil
        foundCount = 0
        handedOut = 0
        search.forget()
        try super.open()
    }

    override func next() throws(NQLError) -> Bool {
        repeat {
            if from == nil {
                guard try input.pull() else { return false }
                if input.batch.count == 0 { continue }
                nodeArena.reset()
                forwardWalker.refresh()
                backwardWalker.refresh()
                let rows = input.batch.rows
                let step = spec.expand.step
                from = try NodeColumn(try rows.dense(step.from, nodeArena), rows.count, nodeArena)
                to = try NodeColumn(try rows.dense(step.to, nodeArena), rows.count, nodeArena)
                row = 0
                foundCount = 0
                handedOut = 0
            }
            let isMore = try emit()
            if row >= input.batch.count && handedOut >= foundCount { from = nil }
            if isMore { return true }
        } while true
    }

    private func emit() throws(NQLError) -> Bool {
        beginOutput()
        let capacity = Batch.rowCapacity
        let positions = try arena.allocate(UInt16.self, count: capacity)
        let lists = try arena.allocate(Cell.self, count: listSlot == nil ? 1 : capacity)
        let counts = try arena.allocate(Int64.self, count: countSlot == nil ? 1 : capacity)
        let builder = CellBuilder(arena: arena, base: context.base)
        let rows = input.batch.rows
        var filled = 0
        while filled < capacity {
            if handedOut >= foundCount {
                guard row < rows.count else { break }
                foundCount = 0
                handedOut = 0
                if let a = from?.node(row), let b = to?.node(row) {
                    if forwardWalker.isPerRow {
                        forwardWalker.begin(rows, row)
                        backwardWalker.begin(rows, row)
                    }
                    try find(a, b)
                    if row & 63 == 0 { try context.checkInterrupt() }
                }
                row += 1
                continue
            }
            if listSlot != nil { lists[filled] = try list(builder) }
            if countSlot != nil { counts[filled] = Int64(length) }
            positions[filled] = UInt16(truncatingIfNeeded: rows.position(row - 1))
            handedOut += 1
            filled += 1
        }
        if filled == 0 { return false }
        try batch.carry(input.batch, carried, at: positions, count: filled, arena)
        if let listSlot { batch.vectors[listSlot] = Vector(.cell, lists) }
        if let countSlot { batch.vectors[countSlot] = Vector(.integer, counts) }
        return true
    }

    /// The relationships of the next path to be handed out.
    private func list(_ builder: CellBuilder) throws(NQLError) -> Cell {
        let cells = try builder.reserveCells(length)
        for index in 0 ..< length {
            let place = spec.expand.isReversed ? length - 1 - index : index
            cells[index] = Cell(relationship: found[handedOut * length + place])
        }
        return try builder.list(in: cells, count: length)
    }

    /// Fills `found` with the path or paths from `a` to `b`.
    private func find(_ a: UInt32, _ b: UInt32) throws(NQLError) {
        found.removeAll()
        if a == b {
            if spec.expand.minimum == 0 {
                length = 0
                foundCount = 1
            }
            return
        }
        let isMeasured = listSlot == nil && !spec.all
        if isMeasured, let known = search.knownLength(a, b) {
            length = known
            foundCount = known >= spec.expand.minimum ? 1 : 0
            return
        }
        guard try search.find(a, b, limit: spec.expand.maximum ?? Int.max),
            search.length >= spec.expand.minimum
        else { return }
        length = search.length
        if isMeasured {
            foundCount = 1
            return
        }
        for index in 0 ..< search.meetings.count {
            try enumerate(search.meetings[index])
            if !spec.all { return }
        }
    }

    /// Appends the paths through a meeting node.
    private func enumerate(_ node: UInt32) throws(NQLError) {
        let prefixCount = try search.forward.listPaths(to: node, in: prefixes)
        let suffixCount = try search.backward.listPaths(to: node, in: suffixes)
        let (before, behind) = (prefixes.count / prefixCount, suffixes.count / suffixCount)
        for prefix in 0 ..< prefixCount {
            for suffix in 0 ..< suffixCount {
                try Interruption.spend((before &+ behind) &* 4)
                for step in 0 ..< before {
                    try found.append(prefixes[(prefix + 1) * before - 1 - step].relationship)
                }
                for step in 0 ..< behind {
                    try found.append(suffixes[suffix * behind + step].relationship)
                }
                foundCount += 1
                if !spec.all { return }
            }
        }
    }

    override var stateByteCount: Int { search.byteCount + found.capacity * 4 }
}
