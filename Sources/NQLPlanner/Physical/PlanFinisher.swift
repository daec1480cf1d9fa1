// PlanFinisher: from drafts to the final tree. Top-down it finds which columns each operator must
// hand on, so that dead ones are dropped where they die; then it numbers the operators and adds
// up the memory. Estimates of what runs for the rows of another operator become those of all runs
// together, as PROFILE counts them.

import NQLPlan
import NenCore

/// Makes `PhysicalOperator`s.
final class PlanFinisher {
    private let session: PlanningSession
    private let memory: MemoryModel
    private(set) var floorBytes = 0.0
    private(set) var peakBytes = 0.0

    private let bounds: RowBounds
    private let choice: ExecutionChoice
    private let advice: ProductAdvice
    private let selectivity: SelectivityModel

    init(_ planner: PhysicalPlanner) {
        session = planner.session
        bounds = RowBounds(planner)
        choice = ExecutionChoice(planner)
        advice = ProductAdvice(planner)
        selectivity = planner.selectivity
        memory = MemoryModel(
            slots: session.slots, nodeCount: Double(session.context.statistics.nodeCount),
            stringBytes: planner.facts.stringBytes,
            labelled: { planner.cardinality.nodes($0.conjuncts) })
    }

    /// How often a tree runs.
    private struct Runs {
        /// Times that it is started: for a row, or for a batch of them.
        var starts = 1.0
        /// What makes of a draft's rows and cost those of all runs.
        var scale = 1.0
        /// It runs for the rows of another.
        var isRepeated = false
    }

    /// An operator whose right inputs are finished, and the columns it must hand on.
    private struct Pending {
        var draft: PlanDraft
        var kind: OperatorKind
        var required: BitSet
        var rights: [PhysicalOperator]
    }

    /// Nanoseconds for an operator on either way, by and large; many slots take more.
    private static let workUnits = 5_000

    /// The tree for `draft` when `required` is all that is read behind it. `isNested`: it runs for
    /// the rows of an expression, nobody knows how many.
    ///
    /// - Throws: `Interrupted`.
    func finish(
        _ draft: PlanDraft, required: BitSet, isNested: Bool
    ) throws(NQLError) -> PhysicalOperator {
        bounds.assign(draft, runs: isNested ? .infinity : 1)
        return try finish(draft, required, Runs(isRepeated: isNested))
    }

    /// Down the left inputs to find what each must hand on, and up again to build.
    private func finish(
        _ draft: PlanDraft, _ required: BitSet, _ runs: Runs
    ) throws(NQLError) -> PhysicalOperator {
        var pending: [Pending] = []
        var next: PlanDraft? = draft
        var required = required
        while let draft = next {
            try Interruption.spend(PlanFinisher.workUnits)
            next = draft.inputs.first
            let kind: OperatorKind
            if case .project(let items) = draft.kind {
                // Assignments nobody reads are not computed; an empty projection is left out.
                let live = items.filter { required.contains($0.slot) }
                if live.isEmpty { continue }
                kind = .project(live)
            } else {
                kind = pruned(draft.kind, required)
            }
            let (left, rights) = try finishInputs(draft, kind, required, runs)
            pending.append(Pending(draft: draft, kind: kind, required: required, rights: rights))
            required = left
        }
        var result: PhysicalOperator?
        for one in pending.reversed() {
            try Interruption.spend(PlanFinisher.workUnits)
            result = build(one, inputs: (result.map { [$0] } ?? []) + one.rights, runs)
        }
        guard let result else {
            throw .planning(PlanFault(description: "it has no operator"), rule: nil)
        }
        return result
    }

    /// The operator without columns that nobody reads.
    private func pruned(_ kind: OperatorKind, _ required: BitSet) -> OperatorKind {
        let prune = { (spec: ExpandSpec) -> ExpandSpec in
            var spec = spec
            if let slot = spec.relationship, !required.contains(slot) { spec.relationship = nil }
            return spec
        }
        // Comparisons are left out that a change of the graph could make necessary.
        if kind.provesDistinct { session.isSnapshotBound = true }
        switch kind {
        case .expand(let spec): return .expand(prune(spec))
        case .expandInto(let spec): return .expandInto(prune(spec))
        case .intersect(var spec):
            // One of its own that another step must differ from is kept.
            let compared = Set(spec.steps.flatMap(\.differentFrom))
            for (index, step) in spec.steps.enumerated()
            where step.relationship.map({ !compared.contains($0) }) ?? false {
                spec.steps[index] = prune(step)
            }
            return .intersect(spec)
        case .relationshipScan(let spec): return .relationshipScan(prune(spec))
        case .variableLengthExpand(var spec):
            spec.step = prune(spec.step)
            spec.body?.groups.removeAll { !required.contains($0.list) }
            return .variableLengthExpand(spec)
        case .shortestPath(var spec):
            spec.expand.step = prune(spec.expand.step)
            return .shortestPath(spec)
        case .pathSearch(var spec):
            if let slot = spec.trace, !required.contains(slot) {
                let isRead = spec.predicates.contains { $0.freeSlots.contains(slot) }
                if !isRead { spec.trace = nil }
            }
            spec.unread = spec.innerOutputs.subtracting(required)
            return .pathSearch(spec)
        case .aggregate(let keys, let aggregates):
            let live = aggregates.filter { required.contains($0.slot) }
            return .aggregate(keys: keys, aggregates: live)
        case .procedureCall(var call):
            call.yields.removeAll { !required.contains($0.slot) }
            return .procedureCall(call)
        case .unionAll(let targets, let sources):
            let live = targets.indices.filter { required.contains(targets[$0]) }
            return .unionAll(
                targets: live.map { targets[$0] },
                sources: sources.map { source in live.map { source[$0] } })
        default: return kind
        }
    }

    private func build(
        _ pending: Pending, inputs: [PhysicalOperator], _ runs: Runs
    ) -> PhysicalOperator {
        let (draft, kind) = (pending.draft, pending.kind)
        var inputs = inputs
        if kind.readsRightFirst, inputs[0].writes { inputs[0] = buffered(inputs[0], runs) }
        if case .cartesianProduct = kind { advice.check(draft) }
        let rows = rows(draft, runs)
        let execution = choice.execution(
            kind, inputs, rows: rows, isRepeated: runs.isRepeated)
        let output = pending.required.intersection(draft.available).elements
        let bytes = held(kind, inputs, output, rows, draft.knowsGroups, execution, runs)
        let estimate = OperatorEstimate(
            rows: rows, bound: draft.bound, cost: draft.cost * runs.scale, bytes: bytes)
        return PhysicalOperator(
            kind, inputs: inputs, output: output, estimate: estimate,
            id: session.newOperatorID(), execution: execution,
            alternatives: draft.alternatives)
    }

    /// Rows of all runs: no more than there can be.
    private func rows(_ draft: PlanDraft, _ runs: Runs) -> Double {
        min(draft.rows * runs.scale, draft.bound)
    }

    /// All rows of an updating left input, made before the right input is read.
    private func buffered(_ input: PhysicalOperator, _ runs: Runs) -> PhysicalOperator {
        var estimate = input.estimate
        let execution = OperatorExecution()
        estimate.bytes = held(
            .eager, [input], input.output, estimate.rows, false, execution, runs)
        return PhysicalOperator(
            .eager, inputs: [input], output: input.output, estimate: estimate,
            id: session.newOperatorID(), execution: execution)
    }

    /// Bytes that an operator holds at the peak, in one of its runs; they are added to those of the
    /// plan.
    private func held(
        _ kind: OperatorKind, _ inputs: [PhysicalOperator], _ output: [Slot], _ rows: Double,
        _ knowsGroups: Bool, _ execution: OperatorExecution, _ runs: Runs
    ) -> Double {
        let bytes = memory.memory(
            kind, rows: rows / runs.starts,
            inputRows: inputs.map { $0.estimate.rows / runs.starts },
            inputWidths: inputs.map { memory.width($0.output) }, output: output,
            knowsGroups: knowsGroups, execution)
        floorBytes += bytes.floorBytes
        peakBytes += bytes.peakBytes
        return bytes.peakBytes
    }

    /// What the left input must hand on, and the right inputs, finished.
    private func finishInputs(
        _ draft: PlanDraft, _ kind: OperatorKind, _ required: BitSet, _ runs: Runs
    ) throws(NQLError) -> (left: BitSet, rights: [PhysicalOperator]) {
        guard let left = draft.inputs.first else { return ([], []) }
        // A right side that hangs on no row is read at each start.
        let once = Runs(
            starts: runs.starts, scale: runs.starts, isRepeated: runs.isRepeated)
        switch kind {
        case .hashJoin(_, let keys):
            let right = draft.inputs[1]
            return (
                required.union(keys.flatMap(\.left.freeSlots)).intersection(left.available),
                [
                    try finish(
                        right,
                        required.union(keys.map(\.right)).intersection(right.available), once),
                ]
            )
        case .cartesianProduct:
            return (
                required.intersection(left.available),
                try draft.inputs.dropFirst().map { input throws(NQLError) in
                    try finish(input, required.intersection(input.available), once)
                }
            )
        case .unionAll(_, let sources):
            var rights: [PhysicalOperator] = []
            for (input, slots) in zip(draft.inputs, sources).dropFirst() {
                var ofInput = runs
                ofInput.scale *= draft.runs / input.runs
                rights.append(try finish(input, BitSet(slots), ofInput))
            }
            return (BitSet(sources[0]), rights)
        case .apply, .merge, .foreach: return try finishDependent(draft, kind, required, runs)
        default:
            // An operator that drops its input starts afresh; all others hand slots through.
            var below: BitSet =
                kind.dropsInput ? [] : required.subtracting(BitSet(kind.produced))
            below.formUnion(kind.reads)
            return (below, [])
        }
    }

    /// The right side reads slots of the left side's rows.
    private func finishDependent(
        _ draft: PlanDraft, _ kind: OperatorKind, _ required: BitSet, _ runs: Runs
    ) throws(NQLError) -> (left: BitSet, rights: [PhysicalOperator]) {
        let (left, right) = (draft.inputs[0], draft.inputs[1])
        var wanted: BitSet = []
        switch kind {
        case .apply(.inner, _), .apply(.optional, _):
            wanted = required.intersection(right.available).subtracting(left.available)
        case .apply(.collect(_, let value), _): wanted = [value]
        case .merge(let spec, _): wanted = BitSet(spec.create.createdSlots)
        default: break
        }
        let inner = try finish(right, wanted, dependent(kind, left, right, runs))
        var below = required.subtracting(BitSet(kind.produced)).intersection(left.available)
        below.formUnion(kind.reads.intersection(left.available))
        below.formUnion(inner.free.intersection(left.available))
        return (below, [inner])
    }

    /// How often the right side of an operator runs that runs it for the rows of its left one.
    private func dependent(
        _ kind: OperatorKind, _ left: PlanDraft, _ right: PlanDraft, _ runs: Runs
    ) -> Runs {
        var rows = rows(left, runs)
        var starts = rows
        switch kind {
        case .apply(_, let isPerRow):
            if !isPerRow { starts = (rows / MemoryModel.batchRows).rounded(.up) }
        case .foreach(let list, _, _):
            rows *= selectivity.listLength(list)
            starts = rows
        default: break
        }
        return Runs(starts: max(1, starts), scale: rows / right.runs, isRepeated: true)
    }
}

extension OperatorKind {
    /// Whether relationships are not compared because of what the exact statistics show.
    fileprivate var provesDistinct: Bool {
        switch self {
        case .expand(let spec), .expandInto(let spec): spec.provesDistinct
        case .intersect(let spec): spec.steps.contains(where: \.provesDistinct)
        default: false
        }
    }
}
