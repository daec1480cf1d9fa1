// PathWalker: the steps that may be taken along the pieces of a path: adjacency, less relationships
// that must differ, less nodes without the labels, less those for which a condition is not true.
// Shared by everything that goes along paths.
//
// A condition of an iteration is checked at the first step behind which all its elements are known,
// for all candidates of that step at once. Where it needs more than the step itself (an *open*
// place of the iteration), the caller gives the elements of the iteration so far.

import NQLPlan
import NQLSyntax
import NenCore

/// A step to a neighbour.
struct TrailStep {
    var neighbour: UInt32
    var relationship: UInt32
}

/// One step of an iteration, in the order of walking.
struct WalkedStep {
    /// An element of the iteration that the predicate reads, by its place in the iteration.
    struct Known {
        var slot: Slot
        var place: Int
    }

    let tables: StepTables
    let labels: LabelTest?
    let predicate: Evaluator?
    let relationshipSlot: Slot
    let nodeSlot: Slot
    /// Nodes before the step; the last place is the step's own start.
    let nodes: [Known]
    let relationships: [Known]
    /// Whether what can follow depends on more than the node before the step.
    let isOpen: Bool
}

/// A piece of a path in the order of walking.
struct WalkedPiece {
    let steps: [WalkedStep]
    /// Labels of the node where an iteration begins.
    let startLabels: LabelTest?
    let minimum: Int
    /// nil: unbounded.
    let maximum: Int?
}

/// Lists steps for one outer row at a time.
final class PathWalker {
    /// A node between pieces.
    private struct Junction {
        var slot: Slot
        var labels: LabelTest?
        var predicates: [Evaluator]
    }

    /// Of an element that no condition reads.
    static let noSlot: Slot = -1

    let context: ExecutionContext
    private(set) var pieces: [WalkedPiece] = []
    /// Elements of the current iteration, given by the caller at open places.
    let iterationNodes: UnsafeMutablePointer<UInt32>
    let iterationRelationships: UnsafeMutablePointer<UInt32>
    /// What conditions see: the outer row and the elements.
    let vectors: VectorTable
    private var junctions: [Junction] = []
    private let captured: [Slot]
    private let differentFrom: [Slot]
    /// Whether the steps depend on the outer row.
    let isPerRow: Bool
    private let isConditional: Bool
    private let scratch: Arena
    /// The tables of the only step, where it has no conditions.
    private var plainTables: StepTables?
    private(set) var hasStartLabels = false
    private var forbidden: [UInt32] = []
    private var runs: [AdjacencyRun] = []
    private var labelSets: LabelSetReader

    /// - Parameters:
    ///   - isReversed: the path is walked from its end to its start.
    ///   - isConditional: the caller evaluates conditions over `vectors`, too.
    init(
        _ pieces: [PathPiece], _ junctions: [PathNode], isReversed: Bool,
        differentFrom: [Slot], isConditional: Bool, _ expressions: ExpressionCompiler,
        slotCount: Int
    ) throws(NQLError) {
        context = expressions.plan.context
        scratch = Arena(pool: context.pool)
        labelSets = LabelSetReader(context)
        self.differentFrom = differentFrom
        vectors = VectorTable(slotCount: slotCount)
        let longest = (pieces.map(\.steps.count).max() ?? 0) + 1
        iterationNodes = .allocate(capacity: longest)
        iterationNodes.initialize(repeating: 0, count: longest)
        iterationRelationships = .allocate(capacity: longest)
        iterationRelationships.initialize(repeating: 0, count: longest)
        captured = expressions.available
        isPerRow = !differentFrom.isEmpty || pieces.contains { piece in
            let inner = piece.innerSlots
            return piece.predicates.contains { !$0.freeSlots.isSubset(of: inner) }
        }
        self.isConditional = isConditional || pieces.contains { !$0.predicates.isEmpty }
            || junctions.contains { !$0.predicates.isEmpty }
        for piece in isReversed ? pieces.reversed() : pieces {
            let order = isReversed ? piece.reversed : piece
            self.pieces.append(try Self.compile(order, expressions, context))
        }
        hasStartLabels = self.pieces.contains { $0.startLabels != nil }
        if self.pieces.count == 1, let step = self.pieces[0].steps.first,
            self.pieces[0].steps.count == 1, step.labels == nil, step.predicate == nil
        {
            plainTables = step.tables
        }
        for node in isReversed ? junctions.reversed() : junctions {
            var inner = expressions
            if !inner.available.contains(node.slot) { inner.available.append(node.slot) }
            self.junctions.append(
                Junction(
                    slot: node.slot, labels: node.labels.map { LabelTest($0) },
                    predicates: try inner.compile(node.predicates)))
        }
    }

    deinit {
        vectors.deallocate()
        iterationNodes.deallocate()
        iterationRelationships.deallocate()
    }

    private static func compile(
        _ piece: PathPiece, _ expressions: ExpressionCompiler, _ context: ExecutionContext
    ) throws(NQLError) -> WalkedPiece {
        var inner = expressions
        for slot in piece.innerSlots.sorted()
        where slot != noSlot && !inner.available.contains(slot) {
            inner.available.append(slot)
        }
        let plan = ConditionPlan(piece)
        var steps: [WalkedStep] = []
        for (index, step) in piece.steps.enumerated() {
            let conditions = plan.conditions[index]
            let predicate: Evaluator? = try conditions.conjunction.map {
                (whole) throws(NQLError) in try inner.compile(whole)
            }
            steps.append(
                WalkedStep(
                    tables: StepTables(types: step.types, direction: step.direction, context),
                    labels: piece.nodes[index + 1].labels.map { LabelTest($0) },
                    predicate: predicate, relationshipSlot: step.slot,
                    nodeSlot: piece.nodes[index + 1].slot, nodes: plan.nodes(index),
                    relationships: plan.relationships(index), isOpen: plan.isOpen(index)))
        }
        return WalkedPiece(
            steps: steps, startLabels: piece.nodes[0].labels.map { LabelTest($0) },
            minimum: piece.minimum, maximum: piece.maximum)
    }

    /// Looks at the relationship types anew; once per batch.
    func refresh() {
        for piece in pieces { for step in piece.steps { step.tables.refresh() } }
        labelSets = LabelSetReader(context)
    }

    /// Takes up an outer row.
    func begin(_ rows: RowSet, _ row: Int) {
        let position = rows.position(row)
        if isConditional {
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

    /// Whether an iteration of a piece may begin at a node.
    func begins(_ piece: Int, _ node: UInt32) throws(NQLError) -> Bool {
        guard hasStartLabels, let labels = pieces[piece].startLabels else { return true }
        return labels.accepts(labelSet: try labelSets.labelSet(node), context.graph)
    }

    /// Whether the node can stand between a piece and the next.
    func crosses(_ piece: Int, _ node: UInt32) throws(NQLError) -> Bool {
        let junction = junctions[piece]
        if let labels = junction.labels {
            let set = try labelSets.labelSet(node)
            if !labels.accepts(labelSet: set, context.graph) { return false }
        }
        if junction.predicates.isEmpty { return true }
        iterationNodes[0] = node
        vectors[junction.slot] = Vector(.node, iterationNodes, isConstant: true)
        return try holds(junction.predicates)
    }

    /// Whether conditions on what stands in `vectors` are true.
    func holds(_ predicates: [Evaluator]) throws(NQLError) -> Bool {
        let saved = context.arena
        defer { context.arena = saved }
        scratch.reset()
        context.arena = scratch
        let rows = RowSet(vectors: vectors, selection: nil, count: 1)
        for predicate in predicates {
            let truth = try predicate.booleans(rows, context)
            if truth.kind != .boolean || !truth.isPresent(element: 0) || truth.booleans[0] == 0 {
                return false
            }
        }
        return true
    }

    /// Whether the node has the labels.
    func accepts(_ labels: LabelTest, _ node: UInt32) throws(NQLError) -> Bool {
        labels.accepts(labelSet: try labelSets.labelSet(node), context.graph)
    }

    /// Nanoseconds for a step that is read, judged and looked at by a search, by and large.
    static let stepWorkUnits = 50
    /// The same for one that is read only.
    private static let readWorkUnits = 4

    /// Appends the steps from a node at a place of an iteration.
    ///
    /// - Throws: `Interrupted`, `MemoryLimitExceeded`.
    func appendSteps(
        from node: UInt32, piece: Int, place: Int, to steps: PooledArray<TrailStep>
    ) throws(NQLError) {
        if let plainTables, forbidden.isEmpty {
            return try appendPlain(from: node, plainTables, to: steps)
        }
        let start = steps.count
        let step = pieces[piece].steps[place]
        for half in step.tables.halves {
            runs.removeAll(keepingCapacity: true)
            try half.table.appendRuns(node, to: &runs)
            for run in runs { try append(run, from: node, half.skipsLoops, to: steps) }
        }
        if steps.count == start { return }
        if let labels = step.labels { try filter(steps, from: start, labels) }
        if let predicate = step.predicate, steps.count > start {
            iterationNodes[place] = node
            try filter(steps, from: start, step, predicate)
        }
    }

    /// Whether nothing is asked of a step but type and direction.
    var isPlain: Bool { plainTables != nil && forbidden.isEmpty }

    /// The tables of a walker that `isPlain`; one for each type and direction.
    var plainHalves: [StepTables.Half] { plainTables?.halves ?? [] }

    /// Where the steps from a node lie, of a walker that `isPlain`. A loop may lie in two runs.
    ///
    /// - Throws: `Interrupted`.
    func plainRuns(from node: UInt32, into runs: inout [AdjacencyRun]) throws(NQLError) {
        runs.removeAll(keepingCapacity: true)
        guard let plainTables else { return }
        for half in plainTables.halves { try half.table.appendRuns(node, to: &runs) }
        var total = 0
        for run in runs { total &+= run.count }
        try Interruption.spend(total &* PathWalker.readWorkUnits)
    }

    /// The steps from a node without conditions, where they lie in one run without a look at what
    /// a run is.
    private func appendPlain(
        from node: UInt32, _ tables: StepTables, to steps: PooledArray<TrailStep>
    ) throws(NQLError) {
        let (chunk, row) = (Int(node &>> 11), Int(node & 2_047))
        for half in tables.halves {
            let entry = try half.table.entry(chunk, context.writeEpoch)
            switch entry.form {
            case .unresolved, .none: continue
            case .plain:
                let first = Int(entry.offsets[row])
                let count = Int(entry.offsets[row &+ 1]) &- first
                if count == 0 { continue }
                let run = AdjacencyRun(
                    neighbours: entry.neighbours + first,
                    relationships: entry.relationships + first, count: count)
                try append(run, from: node, half.skipsLoops, to: steps)
            case .handle:
                runs.removeAll(keepingCapacity: true)
                try half.table.appendRuns(node, to: &runs)
                for run in runs { try append(run, from: node, half.skipsLoops, to: steps) }
            }
        }
    }

    private func append(
        _ run: AdjacencyRun, from node: UInt32, _ skipsLoops: Bool,
        to steps: PooledArray<TrailStep>
    ) throws(NQLError) {
        try Interruption.spend(run.count &* PathWalker.readWorkUnits)
        var filled = steps.count
        try steps.resizeUninitialized(filled + run.count)
        let list = steps.pointer
        let isFree = forbidden.isEmpty
        for index in 0 ..< run.count {
            let neighbour = run.neighbours[index]
            let relationship = run.relationships[index]
            if skipsLoops && neighbour == node { continue }
            if !isFree && forbidden.contains(relationship) { continue }
            list[filled] = TrailStep(neighbour: neighbour, relationship: relationship)
            filled &+= 1
        }
        try steps.resizeUninitialized(filled)
    }

    private func filter(
        _ steps: PooledArray<TrailStep>, from start: Int, _ labels: LabelTest
    ) throws(NQLError) {
        var kept = start
        let list = steps.pointer
        for index in start ..< steps.count {
            let set = try labelSets.labelSet(list[index].neighbour)
            if !labels.accepts(labelSet: set, context.graph) { continue }
            list[kept] = list[index]
            kept += 1
        }
        try steps.resizeUninitialized(kept)
    }

    /// Which of `count` nodes satisfy a condition on `slot` alone; at most a batch of them. The
    /// places are valid until the next condition is judged.
    func choose(
        _ count: Int, _ slot: Slot, _ condition: Evaluator, _ node: (Int) -> UInt32
    ) throws(NQLError) -> UnsafeBufferPointer<UInt16> {
        let saved = context.arena
        defer { context.arena = saved }
        scratch.reset()
        context.arena = scratch
        let nodes = try scratch.allocate(UInt32.self, count: max(1, count))
        for index in 0 ..< count { nodes[index] = node(index) }
        vectors[slot] = Vector(.node, nodes)
        let rows = RowSet(vectors: vectors, selection: nil, count: count)
        let truth = try condition.booleans(rows, context)
        let chosen = try scratch.allocate(UInt16.self, count: count + 1)
        let chosenCount = Logic.select(truth, count, into: chosen)
        return UnsafeBufferPointer(start: chosen, count: chosenCount)
    }

    /// Marks with 1 the steps from `start` on whose far end satisfies a condition on `slot` alone,
    /// the others with 0; `marks` has a place for each step.
    func mark(
        _ steps: PooledArray<TrailStep>, from start: Int, _ slot: Slot, _ condition: Evaluator,
        in marks: PooledArray<UInt8>
    ) throws(NQLError) {
        try marks.resizeUninitialized(start)
        try marks.resize(steps.count, filling: 0)
        var next = start
        while next < steps.count {
            let count = min(Batch.rowCapacity, steps.count - next)
            let first = next
            for place in try choose(count, slot, condition, { steps[first + $0].neighbour }) {
                marks[next + Int(place)] = 1
            }
            next += count
        }
    }

    /// Whether a node satisfies a condition on `slot` alone.
    func satisfies(_ node: UInt32, _ slot: Slot, _ condition: Evaluator) throws(NQLError) -> Bool {
        iterationNodes[0] = node
        vectors[slot] = Vector(.node, iterationNodes, isConstant: true)
        return try holds([condition])
    }

    /// Drops steps from `start` on for which the predicate is not true.
    private func filter(
        _ steps: PooledArray<TrailStep>, from start: Int, _ step: WalkedStep,
        _ predicate: Evaluator
    ) throws(NQLError) {
        for known in step.nodes {
            vectors[known.slot] = Vector(
                .node, iterationNodes + known.place, isConstant: true)
        }
        for known in step.relationships {
            vectors[known.slot] = Vector(
                .relationship, iterationRelationships + known.place, isConstant: true)
        }
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
            let ends = try scratch.allocate(UInt32.self, count: count)
            for index in 0 ..< count {
                ids[index] = steps[next + index].relationship
                ends[index] = steps[next + index].neighbour
            }
            if step.nodeSlot != PathWalker.noSlot {
                vectors[step.nodeSlot] = Vector(.node, ends)
            }
            vectors[step.relationshipSlot] = Vector(.relationship, ids)
            let rows = RowSet(vectors: vectors, selection: nil, count: count)
            let truth = try predicate.booleans(rows, context)
            let chosen = try scratch.allocate(UInt16.self, count: count + 1)
            let chosenCount = Logic.select(truth, count, into: chosen)
            for index in 0 ..< chosenCount {
                steps[kept + index] = steps[next + Int(chosen[index])]
            }
            kept += chosenCount
            next += count
        }
        try steps.resizeUninitialized(kept)
    }
}

/// At which step each condition of an iteration is checked, and what it needs there.
private struct ConditionPlan {
    struct Conditions {
        var conjunction: PlanExpression?
        var nodes: Set<Int> = []
        var relationships: Set<Int> = []
    }

    private let piece: PathPiece
    private(set) var conditions: [Conditions]

    init(_ piece: PathPiece) {
        self.piece = piece
        conditions = Array(repeating: Conditions(), count: piece.steps.count)
        for predicate in piece.predicates { add(predicate) }
    }

    private mutating func add(_ predicate: PlanExpression) {
        let free = predicate.freeSlots
        let nodes = piece.nodes.indices.filter { free.contains(piece.nodes[$0].slot) }
        let steps = piece.steps.indices.filter { free.contains(piece.steps[$0].slot) }
        let place = max((nodes.max() ?? 0) - 1, steps.max() ?? 0, 0)
        if let known = conditions[place].conjunction {
            conditions[place].conjunction = PlanExpression(
                .binary(.and, known, predicate), type: .boolean)
        } else {
            conditions[place].conjunction = predicate
        }
        conditions[place].nodes.formUnion(nodes.filter { $0 <= place })
        conditions[place].relationships.formUnion(steps.filter { $0 < place })
    }

    func nodes(_ place: Int) -> [WalkedStep.Known] {
        conditions[place].nodes.sorted().map {
            WalkedStep.Known(slot: piece.nodes[$0].slot, place: $0)
        }
    }

    func relationships(_ place: Int) -> [WalkedStep.Known] {
        conditions[place].relationships.sorted().map {
            WalkedStep.Known(slot: piece.steps[$0].slot, place: $0)
        }
    }

    /// Whether a condition at this step or a later one needs elements from before its start.
    func isOpen(_ place: Int) -> Bool {
        conditions[place...].contains { later in
            later.nodes.contains { $0 < place } || later.relationships.contains { $0 < place }
        }
    }
}

extension PathPiece {
    /// The same piece walked from its end.
    fileprivate var reversed: PathPiece {
        var result = self
        result.nodes.reverse()
        result.steps = steps.reversed().map {
            PathStep(slot: $0.slot, types: $0.types, direction: $0.direction.reversed)
        }
        return result
    }
}

extension VariableLengthSpec {
    /// What is repeated, as a piece of a path in the order of the pattern.
    var piece: PathPiece {
        if let body { return body }
        let relationship = predicateRelationship ?? PathWalker.noSlot
        let direction = isReversed ? step.direction.reversed : step.direction
        let node = PathNode(slot: PathWalker.noSlot, labels: nil)
        return PathPiece(
            nodes: [node, node],
            steps: [PathStep(slot: relationship, types: step.types, direction: direction)],
            minimum: minimum, maximum: maximum, predicates: predicate?.conjuncts ?? [],
            groups: [], isPlain: false)
    }
}

extension PatternDirection {
    /// Read from the other end.
    var reversed: PatternDirection {
        switch self {
        case .outgoing: .incoming
        case .incoming: .outgoing
        case .both: .both
        }
    }
}
