// TrailWalker: the steps that may be taken from a node: adjacency, less relationships that must
// differ, less those for which the pattern's predicate is not true. Shared by variable-length
// expand and shortest paths.

import NQLPlanner
import NQLSyntax
import NenCore

/// A step to a neighbour.
struct TrailStep {
    var neighbour: UInt32
    var relationship: UInt32
}

/// Lists steps from nodes for one outer row at a time.
final class TrailWalker {
    private let context: ExecutionContext
    private let forward: StepTables
    private let backward: StepTables
    private let predicate: Evaluator?
    private let predicateSlot: Slot
    private let captured: [Slot]
    private let differentFrom: [Slot]
    private let vectors: UnsafeMutablePointer<Vector>
    private let scratch: Arena
    private var forbidden: [UInt32] = []
    private var runs: [AdjacencyRun] = []

    init(
        _ spec: VariableLengthSpec, _ expressions: ExpressionCompiler, slotCount: Int
    ) throws(NQLError) {
        let context = expressions.plan.context
        self.context = context
        let step = spec.step
        forward = StepTables(types: step.types, direction: step.direction, context)
        let opposite: PatternDirection
        switch step.direction {
        case .outgoing: opposite = .incoming
        case .incoming: opposite = .outgoing
        case .both: opposite = .both
        }
        backward = StepTables(types: step.types, direction: opposite, context)
        let local = spec.predicateRelationship ?? 0
        predicateSlot = local
        if let predicate = spec.predicate {
            var inner = expressions
            if !inner.available.contains(local) { inner.available.append(local) }
            self.predicate = try inner.compile(predicate)
        } else {
            predicate = nil
        }
        captured = expressions.available.filter { $0 != local }
        differentFrom = step.differentFrom
        vectors = .allocate(capacity: max(1, slotCount))
        vectors.initialize(repeating: Batch.nullVector, count: max(1, slotCount))
        scratch = Arena(pool: context.pool)
    }

    deinit { vectors.deallocate() }

    /// Looks at the relationship types anew; once per batch.
    func refresh() {
        forward.refresh()
        backward.refresh()
    }

    /// Takes up an outer row.
    func begin(_ rows: RowSet, _ row: Int) {
        let position = rows.position(row)
        if predicate != nil {
            for slot in captured { vectors[slot] = rows.vectors[slot].constant(at: position) }
        }
        forbidden.removeAll(keepingCapacity: true)
        let base = context.base
        for slot in differentFrom {
            let cell = rows.vectors[slot].cell(at: position)
            switch cell.tag {
            case .relationship: forbidden.append(cell.entity)
            case .list:
                let items = base.cells(cell)
                for index in 0 ..< cell.count where items[index].tag == .relationship {
                    forbidden.append(items[index].entity)
                }
            case .path:
                let numbers = base.pathElements(cell)
                for index in 0 ..< cell.count { forbidden.append(numbers[2 * index + 1]) }
            default: break
            }
        }
    }

    /// Appends the steps from a node.
    ///
    /// - Parameter isBackward: against the pattern's direction.
    func appendSteps(
        from node: UInt32, isBackward: Bool, to steps: PooledArray<TrailStep>
    ) throws(NQLError) {
        let start = steps.count
        for half in (isBackward ? backward : forward).halves {
            runs.removeAll(keepingCapacity: true)
            try half.table.appendRuns(node, to: &runs)
            for run in runs {
                for index in 0 ..< run.count {
                    let neighbour = run.neighbours[index]
                    if half.skipsLoops && neighbour == node { continue }
                    let relationship = run.relationships[index]
                    if !forbidden.isEmpty && forbidden.contains(relationship) { continue }
                    try steps.append(
                        TrailStep(neighbour: neighbour, relationship: relationship))
                }
            }
        }
        if predicate != nil && steps.count > start { try filter(steps, from: start) }
    }

    /// Drops steps from `start` on for which the predicate is not true.
    private func filter(
        _ steps: PooledArray<TrailStep>, from start: Int
    ) throws(NQLError) {
        guard let predicate else { return }
        let saved = context.arena
        defer { context.arena = saved }
        var kept = start
        var next = start
        let total = steps.count
        while next < total {
            scratch.reset()
            context.arena = scratch
            let count = min(Batch.rowCapacity, total - next)
            let ids = try scratch.allocate(UInt32.self, count: count)
            for index in 0 ..< count { ids[index] = steps[next + index].relationship }
            vectors[predicateSlot] = Vector(.relationship, ids)
            let rows = RowSet(vectors: vectors, selection: nil, count: count)
            let truth = try predicate.booleans(rows, context)
            let chosen = try scratch.allocate(UInt16.self, count: count + 1)
            let chosenCount = Logic.select(truth, count, into: chosen)
            for index in 0 ..< chosenCount {
                steps[kept] = steps[next + Int(chosen[index])]
                kept += 1
            }
            next += count
        }
        try steps.resizeUninitialized(kept)
    }
}
