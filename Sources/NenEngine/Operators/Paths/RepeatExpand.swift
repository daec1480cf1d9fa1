// RepeatExpand: every path that goes through a piece `minimum` … `maximum` times, depth first:
// relationships of variable length and quantified paths. State between batches: the path, and a
// stack of frames, each a range of steps still to take. The place within an iteration follows
// from the length of the path.

import NQLPlan
import NQLSyntax
import NenCore

/// `-[*minimum..maximum]-`, `((x)-[r]->(y)){minimum,maximum}`
final class RepeatExpand: Operator {
    private struct Frame {
        var next: Int
        var end: Int
        var start: Int
    }

    /// A list to be built: elements at a place of each iteration.
    private struct Output {
        var slot: Slot
        var place: Int
        var isNode: Bool
    }

    private let spec: VariableLengthSpec
    private let walker: PathWalker
    private let backwardWalker: PathWalker
    private let stepCount: Int
    /// Relationships of the longest path; nil: unbounded.
    private let longest: Int?
    private let shortest: Int
    private let carried: [Slot]
    private let traceSlot: Slot?
    private let outputs: [Output]
    private let labels: LabelTest?
    private let nodeArena: Arena
    private let steps: PooledArray<TrailStep>
    private let frames: PooledArray<Frame>
    private let path: PooledArray<TrailStep>
    /// Relationships of the path, or its nodes, as the mode asks.
    private let visited: VisitedSet
    /// On the end; `fits` says for each of `steps` whether its far end satisfies it.
    private let endCondition: Evaluator?
    private let fits: PooledArray<UInt8>

    // MARK: Bound ends

    /// The nodes that lead to the bound end, and how far they are from it; looked for once the
    /// paths of a row have taken many steps.
    private let towardsEnd: SearchSide
    private var knownEnd: UInt32?
    private var isPruning = false
    private var stepsTaken = 0
    private var epoch = 0

    /// Steps of a row behind which it is worth knowing what leads to its end.
    private static let stepsUnpruned = 1_000

    private var from: NodeColumn?
    private var to: NodeColumn?
    private var row = 0
    private var isInRow = false
    private var start: UInt32 = 0
    /// The last step taken was handed out but not gone below yet.
    private var mustDescend = false

    init(
        _ scope: OperatorScope, _ input: Operator, _ spec: VariableLengthSpec,
        _ walker: PathWalker, backward: PathWalker, endCondition: Evaluator?
    ) {
        self.spec = spec
        self.walker = walker
        backwardWalker = backward
        self.endCondition = endCondition
        fits = PooledArray(pool: scope.context.pool)
        towardsEnd = SearchSide(backward, keepsAll: false, pool: scope.context.pool)
        let piece = spec.piece
        stepCount = piece.steps.count
        longest = spec.maximum.map { $0.multipliedClamped(by: piece.steps.count) }
        shortest = spec.minimum.multipliedClamped(by: piece.steps.count)
        let bound = spec.produced
        carried = scope.live.filter { !bound.contains($0) }
        traceSlot = spec.step.relationship.flatMap { scope.live.contains($0) ? $0 : nil }
        outputs = piece.groups.filter { scope.live.contains($0.list) }.map { group in
            if let place = piece.nodes.firstIndex(where: { $0.slot == group.element }) {
                return Output(slot: group.list, place: place, isNode: true)
            }
            let place = piece.steps.firstIndex { $0.slot == group.element } ?? 0
            return Output(slot: group.list, place: place, isNode: false)
        }
        labels = spec.step.toLabels.map { LabelTest($0) }
        let pool = scope.context.pool
        nodeArena = Arena(pool: pool)
        steps = PooledArray(pool: pool)
        frames = PooledArray(pool: pool)
        path = PooledArray(pool: pool)
        visited = VisitedSet(pool: pool)
        super.init(scope, inputs: [input])
    }

    override func open() throws(NQLError) {
        from = nil
        isInRow = false
        mustDescend = false
        knownEnd = nil
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
            if row >= input.batch.count && !isInRow { from = nil }
            if isMore { return true }
            try context.checkInterrupt()
        } while true
    }

    private func begin() throws(NQLError) {
        nodeArena.reset()
        walker.refresh()
        if spec.isInto { backwardWalker.refresh() }
        let rows = input.batch.rows
        from = try NodeColumn(try rows.dense(spec.step.from, nodeArena), rows.count, nodeArena)
        if spec.isInto {
            to = try NodeColumn(try rows.dense(spec.step.to, nodeArena), rows.count, nodeArena)
        }
        row = 0
        isInRow = false
    }

    /// Rows of one output batch.
    private struct Rows {
        var nodes: UnsafeMutablePointer<UInt32>
        var positions: UnsafeMutablePointer<UInt16>
        var trace: UnsafeMutablePointer<Cell>?
        var lists: [UnsafeMutablePointer<Cell>]
        var count = 0
    }

    private func emit() throws(NQLError) -> Bool {
        beginOutput()
        let capacity = Batch.rowCapacity
        var output = Rows(
            nodes: try arena.allocate(UInt32.self, count: capacity),
            positions: try arena.allocate(UInt16.self, count: capacity),
            trace: traceSlot == nil ? nil : try arena.allocate(Cell.self, count: capacity),
            lists: [])
        for _ in outputs {
            output.lists.append(try arena.allocate(Cell.self, count: capacity))
        }
        let rows = input.batch.rows
        while output.count < capacity {
            if isInRow {
                try walk(&output)
                continue
            }
            guard row < rows.count else { break }
            guard let node = from?.node(row), !spec.isInto || to?.node(row) != nil else {
                row += 1
                continue
            }
            try beginRow(rows, node, &output)
        }
        if output.count == 0 { return false }
        try batch.carry(input.batch, carried, at: output.positions, count: output.count, arena)
        if !spec.isInto { batch.vectors[spec.step.to] = Vector(.node, output.nodes) }
        if let traceSlot, let trace = output.trace {
            batch.vectors[traceSlot] = Vector(.cell, trace)
        }
        for (list, cells) in zip(outputs, output.lists) {
            batch.vectors[list.slot] = Vector(.cell, cells)
        }
        return true
    }

    private func beginRow(
        _ rows: RowSet, _ node: UInt32, _ output: inout Rows
    ) throws(NQLError) {
        walker.begin(rows, row)
        start = node
        isInRow = true
        mustDescend = false
        path.removeAll()
        frames.removeAll()
        steps.removeAll()
        visited.removeAll()
        fits.removeAll()
        stepsTaken = 0
        if walker.isPerRow || epoch != context.writeEpoch { knownEnd = nil }
        epoch = context.writeEpoch
        isPruning = knownEnd.map { $0 == to?.node(row) } ?? false
        if spec.mode == .acyclic || spec.mode == .simple { try visited.push(node) }
        if spec.minimum == 0 {
            var isEnd = true
            if let endCondition {
                isEnd = try walker.satisfies(node, spec.step.to, endCondition)
            }
            if isEnd { try offer(node, &output) }
        }
        if (longest ?? 1) > 0 { try pushFrame(node) }
    }

    private func pushFrame(_ node: UInt32) throws(NQLError) {
        let first = steps.count
        let place = path.count % stepCount
        let begins = try place == 0 ? walker.begins(0, node) : true
        if begins {
            if walker.pieces[0].steps[place].isOpen { showIteration(place) }
            try walker.appendSteps(from: node, piece: 0, place: place, to: steps)
        }
        if let endCondition {
            try walker.mark(steps, from: first, spec.step.to, endCondition, in: fits)
        }
        try frames.append(Frame(next: first, end: steps.count, start: first))
    }

    /// Gives the walker the elements of the current iteration.
    private func showIteration(_ place: Int) {
        let first = path.count - place
        for index in 0 ..< place {
            walker.iterationNodes[index] = node(first + index)
            walker.iterationRelationships[index] = path[first + index].relationship
        }
    }

    /// The node behind so many steps.
    private func node(_ place: Int) -> UInt32 { place == 0 ? start : path[place - 1].neighbour }

    /// Goes on depth first until a path is handed out or the row is done.
    private func walk(_ output: inout Rows) throws(NQLError) {
        let before = output.count
        var turns = 0
        while true {
            turns &+= 1
            if turns & 4_095 == 0 { try context.checkInterrupt() }
            if mustDescend {
                mustDescend = false
                // A simple path ends where it closes.
                let isClosed = spec.mode == .simple && path[path.count - 1].neighbour == start
                if longest.map({ path.count < $0 }) ?? true, !isClosed {
                    try pushFrame(path[path.count - 1].neighbour)
                } else {
                    try takeBack()
                }
            }
            if frames.count == 0 {
                isInRow = false
                row += 1
                return
            }
            let top = frames.pointer + (frames.count - 1)
            if top.pointee.next == top.pointee.end {
                try steps.resizeUninitialized(top.pointee.start)
                if endCondition != nil { try fits.resizeUninitialized(top.pointee.start) }
                try frames.resizeUninitialized(frames.count - 1)
                if path.count > 0 { try takeBack() }
                continue
            }
            let place = top.pointee.next
            let step = steps[place]
            top.pointee.next += 1
            if spec.isInto, try !leadsToEnd(step) { continue }
            guard try take(step) else { continue }
            mustDescend = true
            if path.count >= shortest, path.count % stepCount == 0,
                endCondition == nil || fits[place] != 0
            {
                try offer(step.neighbour, &output)
                if output.count > before { return }
            }
        }
    }

    /// Whether a path that takes the step can still come to the bound end; many steps are taken
    /// before that is looked at.
    private func leadsToEnd(_ step: TrailStep) throws(NQLError) -> Bool {
        if !isPruning {
            stepsTaken += 1
            if stepsTaken < RepeatExpand.stepsUnpruned || stepCount > 1 { return true }
            try findWaysToEnd()
        }
        guard let distance = towardsEnd.depth(of: step.neighbour) else { return false }
        return longest.map { path.count + 1 + distance <= $0 } ?? true
    }

    private func findWaysToEnd() throws(NQLError) {
        guard let end = to?.node(row) else { return }
        if walker.isPerRow { backwardWalker.begin(input.batch.rows, row) }
        try towardsEnd.begin(end)
        while towardsEnd.frontierCount > 0, longest.map({ towardsEnd.depth < $0 }) ?? true {
            try context.checkInterrupt()
            try towardsEnd.grow()
        }
        knownEnd = end
        isPruning = true
    }

    /// Lengthens the path by a step that the mode allows.
    private func take(_ step: TrailStep) throws(NQLError) -> Bool {
        switch spec.mode {
        case .walk: break
        case .trail:
            if visited.contains(step.relationship) { return false }
            try visited.push(step.relationship)
        case .acyclic:
            if visited.contains(step.neighbour) { return false }
            try visited.push(step.neighbour)
        case .simple:
            if step.neighbour != start {
                if visited.contains(step.neighbour) { return false }
                try visited.push(step.neighbour)
            } else if path.count == 1, path[0].relationship == step.relationship {
                // Forth and back is no way round.
                return false
            }
        }
        try path.append(step)
        return true
    }

    private func takeBack() throws(NQLError) {
        let step = path[path.count - 1]
        if spec.mode != .walk, !(spec.mode == .simple && step.neighbour == start) {
            try visited.pop()
        }
        try path.resizeUninitialized(path.count - 1)
    }

    /// Hands out the current path if its end fits.
    private func offer(_ node: UInt32, _ output: inout Rows) throws(NQLError) {
        if spec.isInto, to?.node(row) != node { return }
        if let labels, try !walker.accepts(labels, node) { return }
        output.nodes[output.count] = node
        let position = input.batch.rows.position(row)
        output.positions[output.count] = UInt16(truncatingIfNeeded: position)
        let builder = CellBuilder(arena: arena, base: context.base)
        let count = path.count
        if let trace = output.trace {
            let cells = try builder.reserveCells(count)
            for index in 0 ..< count {
                let place = spec.isReversed ? count - 1 - index : index
                cells[index] = Cell(relationship: path[place].relationship)
            }
            trace[output.count] = try builder.list(in: cells, count: count)
        }
        for (list, column) in zip(outputs, output.lists) {
            column[output.count] = try values(list, builder)
        }
        output.count += 1
    }

    /// The elements at a place of every iteration, in the order of the pattern.
    private func values(_ output: Output, _ builder: CellBuilder) throws(NQLError) -> Cell {
        let total = path.count
        let count = total / stepCount
        let cells = try builder.reserveCells(count)
        for iteration in 0 ..< count {
            let place = iteration * stepCount + output.place
            if output.isNode {
                cells[iteration] = Cell(node: node(spec.isReversed ? total - place : place))
            } else {
                let index = spec.isReversed ? total - 1 - place : place
                cells[iteration] = Cell(relationship: path[index].relationship)
            }
        }
        return try builder.list(in: cells, count: count)
    }

    override var stateByteCount: Int {
        (steps.capacity + path.capacity) * 8 + frames.capacity * 24 + towardsEnd.byteCount
    }
}

extension Int {
    /// The product of counts, held at a number that no path reaches.
    func multipliedClamped(by other: Int) -> Int {
        let (product, overflow) = multipliedReportingOverflow(by: other)
        return overflow ? Int(Int32.max) : Swift.min(product, Int(Int32.max))
    }
}
