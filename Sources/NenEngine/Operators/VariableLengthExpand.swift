// VariableLengthExpand: every trail (no relationship twice) of minimum … maximum relationships,
// depth first. State between batches: the stack of frames, each a range of steps still to take.

import NQLPlanner
import NenCore

/// `-[*minimum..maximum]-`
final class VariableLengthExpand: Operator {
    private struct Frame {
        var next: Int
        var end: Int
        var start: Int
    }

    private let spec: VariableLengthSpec
    private let walker: TrailWalker
    private let carried: [Slot]
    private let listSlot: Slot?
    private let labels: LabelTest?
    private let nodeArena: Arena
    private let steps: PooledArray<TrailStep>
    private let frames: PooledArray<Frame>
    private let path: PooledArray<TrailStep>

    private var from: NodeColumn?
    private var to: NodeColumn?
    private var row = 0
    private var isInRow = false
    /// The last step taken was handed out but not gone below yet.
    private var mustDescend = false

    init(
        _ scope: OperatorScope, _ input: Operator, _ spec: VariableLengthSpec,
        _ walker: TrailWalker
    ) {
        self.spec = spec
        self.walker = walker
        let bound = [spec.isInto ? nil : spec.step.to, spec.step.relationship]
        carried = scope.live.filter { !bound.contains($0) }
        listSlot = spec.step.relationship.flatMap { scope.live.contains($0) ? $0 : nil }
        labels = spec.step.toLabels.map { LabelTest($0) }
        nodeArena = Arena(pool: scope.context.pool)
        steps = PooledArray(pool: scope.context.pool)
        frames = PooledArray(pool: scope.context.pool)
        path = PooledArray(pool: scope.context.pool)
        super.init(scope, inputs: [input])
    }

    override func open() throws(NQLError) {
        from = nil
        isInRow = false
        mustDescend = false
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
        let rows = input.batch.rows
        from = try NodeColumn(try rows.dense(spec.step.from, nodeArena), rows.count, nodeArena)
        if spec.isInto {
            to = try NodeColumn(try rows.dense(spec.step.to, nodeArena), rows.count, nodeArena)
        }
        row = 0
        isInRow = false
    }

    /// Rows of one output batch.
    private struct Output {
        var nodes: UnsafeMutablePointer<UInt32>
        var positions: UnsafeMutablePointer<UInt16>
        var lists: UnsafeMutablePointer<Cell>?
        var count = 0
    }

    private func emit() throws(NQLError) -> Bool {
        beginOutput()
        let capacity = Batch.rowCapacity
        var output = Output(
            nodes: try arena.allocate(UInt32.self, count: capacity),
            positions: try arena.allocate(UInt16.self, count: capacity),
            lists: listSlot == nil ? nil : try arena.allocate(Cell.self, count: capacity))
        var labelSets = LabelSetReader(context)
        let rows = input.batch.rows
        while output.count < capacity {
            if !isInRow {
                guard row < rows.count else { break }
                guard let start = from?.node(row), !spec.isInto || to?.node(row) != nil else {
                    row += 1
                    continue
                }
                walker.begin(rows, row)
                isInRow = true
                mustDescend = false
                path.removeAll()
                frames.removeAll()
                steps.removeAll()
                if spec.minimum == 0 { try offer(start, &output, &labelSets) }
                if (spec.maximum ?? 1) > 0 { try pushFrame(start) }
                continue
            }
            try walk(&output, &labelSets)
        }
        if output.count == 0 { return false }
        try batch.carry(input.batch, carried, at: output.positions, count: output.count, arena)
        if !spec.isInto { batch.vectors[spec.step.to] = Vector(.node, output.nodes) }
        if let listSlot, let lists = output.lists {
            batch.vectors[listSlot] = Vector(.cell, lists)
        }
        return true
    }

    private func pushFrame(_ node: UInt32) throws(NQLError) {
        let start = steps.count
        try walker.appendSteps(from: node, isBackward: false, to: steps)
        try frames.append(Frame(next: start, end: steps.count, start: start))
    }

    /// Goes on depth first until a trail is handed out or the row is done.
    private func walk(
        _ output: inout Output, _ labelSets: inout LabelSetReader
    ) throws(NQLError) {
        let before = output.count
        var turns = 0
        while true {
            turns &+= 1
            if turns & 4_095 == 0 { try context.checkInterrupt() }
            if mustDescend {
                mustDescend = false
                if spec.maximum.map({ path.count < $0 }) ?? true {
                    try pushFrame(path[path.count - 1].neighbour)
                } else {
                    try path.resizeUninitialized(path.count - 1)
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
                try frames.resizeUninitialized(frames.count - 1)
                if path.count > 0 { try path.resizeUninitialized(path.count - 1) }
                continue
            }
            let step = steps[top.pointee.next]
            top.pointee.next += 1
            if isTaken(step.relationship) { continue }
            try path.append(step)
            mustDescend = true
            if path.count >= spec.minimum {
                try offer(step.neighbour, &output, &labelSets)
                if output.count > before { return }
            }
        }
    }

    private func isTaken(_ relationship: UInt32) -> Bool {
        let taken = path.count
        guard taken > 0 else { return false }
        let list = path.pointer
        var index = 0
        while index < taken {
            if list[index].relationship == relationship { return true }
            index &+= 1
        }
        return false
    }

    /// Hands out the current trail if its end fits.
    private func offer(
        _ node: UInt32, _ output: inout Output, _ labelSets: inout LabelSetReader
    ) throws(NQLError) {
        if spec.isInto, to?.node(row) != node { return }
        if let labels {
            let set = try labelSets.labelSet(node)
            if !labels.accepts(labelSet: set, context.graph) { return }
        }
        output.nodes[output.count] = node
        let position = input.batch.rows.position(row)
        output.positions[output.count] = UInt16(truncatingIfNeeded: position)
        if let lists = output.lists {
            let builder = CellBuilder(arena: arena, base: context.base)
            let count = path.count
            let cells = try builder.reserveCells(count)
            for index in 0 ..< count {
                let place = spec.isReversed ? count - 1 - index : index
                cells[index] = Cell(relationship: path[place].relationship)
            }
            lists[output.count] = try builder.list(in: cells, count: count)
        }
        output.count += 1
    }

    override var stateByteCount: Int {
        (steps.capacity + path.capacity) * 8 + frames.capacity * 24
    }
}
