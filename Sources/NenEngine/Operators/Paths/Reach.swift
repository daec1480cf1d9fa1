// Reach: the nodes that a pattern of variable length leads to, each once for each input row, where
// nobody asks for the paths. To bound ends it searches from both (TwoSidedSearch); otherwise from
// up to 64 different nodes of the input's batch at once (ReachSearch), and rows that begin at the
// same node share what was found. Where nothing else of the input is read, all nodes of a batch are
// one source.
//
// A shortest walk to another node repeats nothing, so it is a trail. Back to its own start only a
// closed path leads, which CycleSearch looks for where a walk could go forth and back.

import NQLPlan
import NQLSyntax
import NenCore

/// `-[*0..maximum]-`, `-[*1..maximum]-`, by reachability.
final class Reach: Operator {
    private let spec: VariableLengthSpec
    private let walker: PathWalker
    private let backwardWalker: PathWalker
    private let carried: [Slot]
    private let labels: LabelTest?
    /// On the end.
    private let condition: Evaluator?
    private let nodeArena: Arena
    private let search: ReachSearch
    private let pairs: TwoSidedSearch
    private let cycles: CycleSearch
    /// The same against the direction of walking.
    private let backwardCycles: CycleSearch
    /// Whether it does not matter from which row an end is reached.
    private let isUnion: Bool
    private let limit: Int

    private var from: NodeColumn?
    private var to: NodeColumn?
    private var row = 0

    // MARK: Searches from several nodes

    /// The rows whose searches go together end here.
    private var groupEnd = 0
    /// Different nodes of these rows.
    private let sources: PooledArray<UInt32>
    /// Node → its lane + 1.
    private let laneOf: NodeTable<UInt8>
    /// Ends found, each with its lanes.
    private var ends: PooledArray<UInt32>
    private var sorted: PooledArray<UInt32>
    private let endLanes: PooledArray<UInt64>
    /// Places of `search` that have been looked at.
    private var judged = 0
    private var isExhausted = true
    /// Set where `ends` are sorted by lanes: where those of each begin.
    private var laneStarts: [Int]?
    /// The next of `ends` for the current row, and behind the last; nil: as far as they go.
    private var nextEnd = 0
    private var rowEnd: Int?
    private var isRowBegun = false
    private var lane: UInt64 = 0
    private var epoch = 0
    /// Whether what the last batch has met need not be met again.
    private var isContinued = false

    init(
        _ scope: OperatorScope, _ input: Operator, _ spec: VariableLengthSpec,
        forward: PathWalker, backward: PathWalker, endCondition: Evaluator?
    ) {
        condition = endCondition
        self.spec = spec
        walker = forward
        backwardWalker = backward
        carried = scope.live.filter { !spec.produced.contains($0) }
        labels = spec.step.toLabels.map { LabelTest($0) }
        let context = scope.context
        nodeArena = Arena(pool: context.pool)
        search = ReachSearch(forward, backward: backward, pool: context.pool)
        pairs = TwoSidedSearch(
            forward: forward, backward: backward, keepsAll: false, isPerRow: forward.isPerRow,
            context)
        let mustDiffer = Reach.mustDiffer(spec)
        cycles = CycleSearch(forward, mustDiffer: mustDiffer, pool: context.pool)
        backwardCycles = CycleSearch(backward, mustDiffer: mustDiffer, pool: context.pool)
        isUnion = carried.isEmpty && !spec.isInto && !forward.isPerRow
            && spec.reach == .allEnds && (spec.mode != .acyclic || spec.minimum == 0)
        limit = spec.maximum ?? Int.max
        sources = PooledArray(pool: context.pool)
        laneOf = NodeTable(pool: context.pool)
        ends = PooledArray(pool: context.pool)
        endLanes = PooledArray(pool: context.pool)
        sorted = PooledArray(pool: context.pool)
        super.init(scope, inputs: [input])
    }

    /// Whether a walk may lead back over the relationship it came by, but a path may not.
    private static func mustDiffer(_ spec: VariableLengthSpec) -> Bool {
        spec.piece.steps[0].direction == .both && spec.mode != .walk
    }

    /// How a path may lead back to its start.
    private enum Return {
        /// It is there without a step.
        case atOnce
        case never
        /// As any other node is reached.
        case byWalk
        case byCycle
    }

    private var wayBack: Return {
        if spec.minimum == 0 { return .atOnce }
        if spec.mode == .acyclic { return .never }
        return Reach.mustDiffer(spec) ? .byCycle : .byWalk
    }

    override func open() throws(NQLError) {
        from = nil
        sources.removeAll()
        isContinued = false
        pairs.forget()
        try super.open()
    }

    override func next() throws(NQLError) -> Bool {
        repeat {
            if from == nil {
                guard try input.pull() else { return false }
                if input.batch.count == 0 { continue }
                try begin()
            }
            let isMore = try emit()
            if row >= input.batch.count { from = nil }
            if isMore { return true }
            try context.checkInterrupt()
        } while true
    }

    private func begin() throws(NQLError) {
        nodeArena.reset()
        walker.refresh()
        backwardWalker.refresh()
        let rows = input.batch.rows
        from = try NodeColumn(try rows.dense(spec.step.from, nodeArena), rows.count, nodeArena)
        if spec.isInto {
            to = try NodeColumn(try rows.dense(spec.step.to, nodeArena), rows.count, nodeArena)
        }
        row = 0
        groupEnd = 0
        nextEnd = 0
        let isChanged = epoch != context.writeEpoch
        epoch = context.writeEpoch
        isRowBegun = false
        if isUnion {
            if isChanged { isContinued = false }
            try beginUnion(rows)
        } else if isChanged || walker.isPerRow {
            sources.removeAll()
        }
    }

    private func emit() throws(NQLError) -> Bool {
        beginOutput()
        let capacity = Batch.rowCapacity
        let nodes = try arena.allocate(UInt32.self, count: capacity)
        let positions = try arena.allocate(UInt16.self, count: capacity)
        let count: Int
        if spec.isInto {
            count = try fillPairs(positions)
        } else if isUnion {
            count = try fillTogether(nodes, positions, capacity)
        } else {
            count = try fill(nodes, positions, capacity)
        }
        if count == 0 { return false }
        try batch.carry(input.batch, carried, at: positions, count: count, arena)
        if !spec.isInto { batch.vectors[spec.step.to] = Vector(.node, nodes) }
        return true
    }

    // MARK: Bound ends

    /// Rows whose two nodes are within reach of each other.
    private func fillPairs(_ positions: UnsafeMutablePointer<UInt16>) throws(NQLError) -> Int {
        let rows = input.batch.rows
        var count = 0
        while row < rows.count {
            if let a = from?.node(row), let b = to?.node(row), try reaches(a, b, rows) {
                positions[count] = UInt16(truncatingIfNeeded: rows.position(row))
                count += 1
            }
            row += 1
        }
        return count
    }

    private func reaches(_ a: UInt32, _ b: UInt32, _ rows: RowSet) throws(NQLError) -> Bool {
        try context.checkInterrupt()
        if walker.isPerRow {
            walker.begin(rows, row)
            backwardWalker.begin(rows, row)
        }
        if a != b { return try pairs.find(a, b, limit: limit) }
        switch wayBack {
        case .atOnce: return true
        case .never: return false
        case .byWalk, .byCycle: return try cycles.isClosed(a, limit: limit)
        }
    }

    // MARK: Open ends

    private func fill(
        _ nodes: UnsafeMutablePointer<UInt32>, _ positions: UnsafeMutablePointer<UInt16>,
        _ capacity: Int
    ) throws(NQLError) -> Int {
        let rows = input.batch.rows
        var count = 0
        while row < rows.count, count < capacity {
            if row >= groupEnd { try beginGroup(rows) }
            guard let source = from?.node(row) else {
                row += 1
                continue
            }
            if !isRowBegun { beginRow(Int(laneOf[source]) - 1) }
            let position = UInt16(truncatingIfNeeded: rows.position(row))
            var isRowDone = false
            while count < capacity, !isRowDone {
                if nextEnd == rowEnd ?? ends.count {
                    isRowDone = rowEnd != nil
                    if !isRowDone { isRowDone = try !findMore() }
                    continue
                }
                if rowEnd != nil || endLanes[nextEnd] & lane != 0 {
                    nodes[count] = ends[nextEnd]
                    positions[count] = position
                    count += 1
                    isRowDone = spec.reach == .anyEnd
                }
                nextEnd += 1
            }
            if isRowDone {
                row += 1
                isRowBegun = false
            }
        }
        return count
    }

    private func beginRow(_ number: Int) {
        isRowBegun = true
        lane = 1 << UInt64(number)
        nextEnd = laneStarts?[number] ?? 0
        rowEnd = laneStarts?[number + 1]
    }

    /// Takes up the rows from `row` on: those whose searches go together.
    private func beginGroup(_ rows: RowSet) throws(NQLError) {
        groupEnd = row
        if sources.count == 1, from?.node(row) == sources[0], try isAlone(rows) { return }
        sources.removeAll()
        laneOf.removeAll()
        while groupEnd < rows.count {
            if let source = from?.node(groupEnd), laneOf[source] == 0 {
                if sources.count == 64 || (walker.isPerRow && sources.count == 1) { break }
                try sources.append(source)
                try laneOf.place(source).pointee = UInt8(sources.count)
            } else if walker.isPerRow, sources.count == 1 {
                break
            }
            groupEnd += 1
        }
        if sources.count == 0 { return }
        if walker.isPerRow { walker.begin(rows, groupEnd - 1) }
        ends.removeAll()
        endLanes.removeAll()
        let list = UnsafeBufferPointer(
            start: UnsafePointer(sources.pointer), count: sources.count)
        try search.begin(list, isSourceMet: wayBack != .byWalk)
        judged = wayBack == .atOnce ? 0 : sources.count
        isExhausted = false
        laneStarts = nil
        if sources.count == 1 { return }
        while try findMore() { try context.checkInterrupt() }
        try sortByLanes()
    }

    /// Where most ends have few lanes, puts those of each together, so that a row looks at its own
    /// only.
    private func sortByLanes() throws(NQLError) {
        var starts = [Int](repeating: 0, count: sources.count + 2)
        var total = 0
        for index in 0 ..< ends.count { total += endLanes[index].nonzeroBitCount }
        if total > ends.count * Reach.sortedLanesMax { return }
        try Interruption.spend((ends.count + total) &* 4)
        for index in 0 ..< ends.count {
            var lanes = endLanes[index]
            while lanes != 0 {
                starts[lanes.trailingZeroBitCount + 2] += 1
                lanes &= lanes - 1
            }
        }
        for lane in 0 ..< sources.count { starts[lane + 2] += starts[lane + 1] }
        try sorted.resizeUninitialized(total)
        for index in 0 ..< ends.count {
            var lanes = endLanes[index]
            while lanes != 0 {
                let lane = lanes.trailingZeroBitCount
                sorted[starts[lane + 1]] = ends[index]
                starts[lane + 1] += 1
                lanes &= lanes - 1
            }
        }
        swap(&ends, &sorted)
        starts.removeLast()
        laneStarts = starts
    }

    /// Lanes of an end, on average, up to which ends are sorted: they take as much memory again.
    private static let sortedLanesMax = 4

    /// Whether all rows that are left begin at the node of the last search, which then goes on.
    private func isAlone(_ rows: RowSet) throws(NQLError) -> Bool {
        if walker.isPerRow { return false }
        var end = row
        while end < rows.count, from?.node(end).map({ $0 == sources[0] }) ?? true { end += 1 }
        if end < rows.count { return false }
        groupEnd = end
        return true
    }

    // MARK: All nodes of a batch together

    private func beginUnion(_ rows: RowSet) throws(NQLError) {
        // An end that has been met is not handed out again, nor gone on from, unless the length is
        // bounded, and another source nearer; or unless paths back to sources are looked for.
        if !isContinued {
            search.beginTogether()
            laneOf.removeAll()
            sources.removeAll()
            judged = 0
        }
        isContinued = limit == Int.max && wayBack != .byCycle
        ends.removeAll()
        endLanes.removeAll()
        let isMet = wayBack != .byWalk
        for row in 0 ..< rows.count {
            guard let source = from?.node(row), laneOf[source] == 0 else { continue }
            try laneOf.place(source).pointee = 1
            if try !search.add(source, isMet: isMet) { continue }
            if wayBack == .byCycle { try sources.append(source) }
        }
        if wayBack != .atOnce { judged = search.count }
        isExhausted = false
    }

    private func fillTogether(
        _ nodes: UnsafeMutablePointer<UInt32>, _ positions: UnsafeMutablePointer<UInt16>,
        _ capacity: Int
    ) throws(NQLError) -> Int {
        let position = UInt16(truncatingIfNeeded: input.batch.rows.position(0))
        var count = 0
        while count < capacity {
            if nextEnd == ends.count {
                ends.removeAll()
                endLanes.removeAll()
                nextEnd = 0
                if try findMore() { continue }
                row = input.batch.count
                break
            }
            nodes[count] = ends[nextEnd]
            positions[count] = position
            count += 1
            nextEnd += 1
        }
        return count
    }

    /// Goes a level further; false when nothing can be added to `ends` any more.
    private func findMore() throws(NQLError) -> Bool {
        if isExhausted { return false }
        while judged < search.count { try judge() }
        if search.active == 0 || search.depth >= limit {
            isExhausted = true
        } else if try !search.grow() {
            isExhausted = true
        }
        if isExhausted, wayBack == .byCycle { try addCycles() }
        return true
    }

    /// Looks at the next nodes that have been met.
    private func judge() throws(NQLError) {
        let first = judged
        let count = min(Batch.rowCapacity, search.count - first)
        judged += count
        guard let condition else {
            for place in first ..< first + count {
                try add(search.node(place), search.lanes(place))
            }
            return
        }
        let search = search
        let chosen = try walker.choose(count, spec.step.to, condition) { search.node(first + $0) }
        for place in chosen {
            let index = first + Int(place)
            try add(search.node(index), search.lanes(index))
        }
    }

    private func add(_ node: UInt32, _ lanes: UInt64) throws(NQLError) {
        var lanes = lanes
        if spec.reach == .anyEnd { lanes &= search.active }
        if lanes == 0 { return }
        if let labels, try !walker.accepts(labels, node) { return }
        try ends.append(node)
        try endLanes.append(lanes)
        if spec.reach == .anyEnd { search.active &= ~lanes }
    }

    /// Adds the sources that closed paths lead back to.
    private func addCycles() throws(NQLError) {
        for index in 0 ..< sources.count {
            let lane: UInt64 = isUnion ? 1 : 1 << UInt64(index)
            if spec.reach == .anyEnd, search.active & lane == 0 { continue }
            let source = sources[index]
            if let labels, try !walker.accepts(labels, source) { continue }
            if let condition, try !walker.satisfies(source, spec.step.to, condition) { continue }
            let isEnd = isUnion
                ? try backwardCycles.isClosed(source, limit: limit, goals: laneOf)
                : try cycles.isClosed(source, limit: limit)
            if isEnd {
                try ends.append(source)
                try endLanes.append(lane)
            }
        }
    }

    override var stateByteCount: Int {
        spec.isInto
            ? pairs.byteCount + cycles.byteCount
            : search.byteCount + cycles.byteCount + backwardCycles.byteCount
                + ends.capacity * 12 + sorted.capacity * 4
    }
}
