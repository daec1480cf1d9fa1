// PatternElimination: aggregates over a pattern without enumerating its matches.
//
// The count of a tree is a product of sums, worked out from the leaves to the root; so is that of
// a pattern with one short cycle, by going around it (FAQ: Abo Khamis, Ngo, Rudra, PODS 2016). For
// `count(*)` the root is any node; where keys and arguments read one variable, it is the root, and
// its nodes come out with how often each is matched, which every aggregate knows to honour.
//
// What makes matches of a pattern more than a product, that relationships of one MATCH differ and
// that `a <> c`, is taken away by inclusion and exclusion (`+Folding`). OPTIONAL MATCH on one bound
// node is a branch with the weight max(1, w); EXISTS on one is 0 or 1; NOT EXISTS of a relationship
// between two is all matches minus those with one.

import NQLPlan
import NQLSyntax
import NenCore

/// Finds the weight program of an aggregate, if there is one.
final class PatternElimination {
    /// More terms than this are not worth it.
    static let termsMax = 32
    static let rawTermsMax = 512

    let planner: PhysicalPlanner
    let cardinality: CardinalityModel
    /// Set when the exact statistics were relied on.
    var usesStatistics = false

    init(_ planner: PhysicalPlanner) {
        self.planner = planner
        cardinality = planner.cardinality
    }

    /// A pattern edge, read from `source` to `target` when it is directed.
    struct Edge: Hashable {
        var source: Slot
        var target: Slot
        var isDirected: Bool
        var types: [String]
        /// Relationships of one MATCH clause differ from each other.
        var group: Int
        /// Only whether there is one counts, not how many.
        var isExistence = false
    }

    /// An OPTIONAL MATCH or EXISTS: a tree below a node that is bound before.
    struct Part {
        var anchor: Slot
        var tree: Pattern
        var effect: WeightEffect
    }

    /// A connected pattern in a form that folds.
    struct Pattern {
        var labels: [Slot: [PlanLabels]]
        var edges: [Edge]
        var predicates: [Slot: [PlanExpression]]
        /// Pairs of nodes that must differ.
        var inequalities: [(Slot, Slot)]
    }

    /// What stands below an aggregate.
    private struct Source {
        var pattern: Pattern
        var graph: QueryGraph
        var parts: [Part] = []
        /// EXISTS of one relationship between two nodes, and NOT EXISTS.
        var semi: [Edge] = []
        var anti: [Edge] = []
    }

    /// The operators for an aggregate over `plan`; nil when it cannot be had this way.
    func draft(
        keys: [SlotAssignment], _ aggregates: [AggregateCall], _ plan: LogicalPlan
    ) -> PlanDraft? {
        guard let source = source(plan), source.pattern.isConnected,
            !source.graph.relationships.isEmpty || !source.parts.isEmpty || !source.semi.isEmpty
                || !source.anti.isEmpty
        else { return nil }
        let calls = aggregates.map { counted($0, source.graph) }
        if keys.isEmpty, calls.count == 1, calls[0].countsRows {
            guard let terms = terms(source, root: nil) else { return nil }
            let program = WeightProgram(terms: terms, slot: calls[0].slot)
            guard fits(program, isKept: false) else { return nil }
            return PlanDraft(.weightAggregate(program), rows: 1, ownCost: cost(program))
        }
        guard let root = root(keys, calls, source) else { return nil }
        guard let terms = terms(source, root: root) else { return nil }
        let program = WeightProgram(terms: terms, slot: root)
        guard fits(program, isKept: true) else { return nil }
        let nodes = count(source.pattern.labels[root] ?? [])
        let scan = PlanDraft(
            .weightScan(program), rows: nodes,
            ownCost: cost(program) + nodes * CostModel.weightScanRow)
        return planner.estimate(.aggregate(keys: keys, aggregates: calls), [scan])
    }

    /// Whether the weights, which cannot spill, leave room in the budget.
    private func fits(_ program: WeightProgram, isKept: Bool) -> Bool {
        guard let budget = planner.context.options.memoryBudgetBytes else { return true }
        let model = MemoryModel(
            slots: [], nodeCount: cardinality.nodeCount,
            labelled: { [cardinality] in cardinality.nodes($0.conjuncts) })
        let need = model.weights(
            program, 4 * MemoryModel.pageBytes, isKept: isKept, planner.context.options.threads)
        return need.peakBytes <= Double(budget)
    }

    /// The count of a variable that is never null is that of the rows.
    private func counted(_ call: AggregateCall, _ graph: QueryGraph) -> AggregateCall {
        guard call.function == "count", !call.isDistinct, let argument = call.arguments.first,
            let slot = argument.plainSlot, graph.patternSlots.contains(slot)
        else { return call }
        var result = call
        result.arguments = []
        return result
    }

    /// Aggregates that take a row that counts many times at once.
    private let folding: Set<String> = ["count", "sum", "avg", "min", "max"]

    /// The one node that keys and arguments read; nil when they read more, or what cannot be
    /// worked out once for each node.
    private func root(
        _ keys: [SlotAssignment], _ calls: [AggregateCall], _ source: Source
    ) -> Slot? {
        var read: Set<Slot> = []
        for call in calls where !call.isDistinct && !folding.contains(call.function) { return nil }
        for expression in keys.map(\.expression) + calls.flatMap(\.arguments) {
            if expression.hasNestedPlan || planner.failure.isVolatile(expression) { return nil }
            read.formUnion(expression.freeSlots)
        }
        guard read.count <= 1 else { return nil }
        let slot = read.first ?? source.pattern.labels.keys.min()
        return slot.flatMap { source.pattern.labels[$0] == nil ? nil : $0 }
    }

    private func source(_ plan: LogicalPlan) -> Source? {
        var applies: [(ApplyKind, QueryGraph, bound: BitSet)] = []
        var below = plan
        while case .apply(let kind, _) = below.kind {
            guard case .match(let graph) = below.inputs[1].kind,
                case .argument = below.inputs[1].inputs[0].kind
            else { return nil }
            applies.append((kind, graph, below.inputs[0].available))
            below = below.inputs[0]
        }
        guard case .match(let graph) = below.kind, case .unit = below.inputs[0].kind,
            let pattern = pattern(graph)
        else { return nil }
        var source = Source(pattern: pattern, graph: graph)
        for (kind, graph, bound) in applies.reversed() {
            guard add(kind, graph, bound, to: &source) else { return nil }
        }
        return source
    }

    private func add(
        _ kind: ApplyKind, _ graph: QueryGraph, _ bound: BitSet, to source: inout Source
    ) -> Bool {
        let effect: WeightEffect
        switch kind {
        case .optional: effect = .optional
        case .semi: effect = .exists
        case .anti: effect = .absent
        default: return false
        }
        if effect != .optional, let edge = pair(graph, source.pattern) {
            if effect == .exists { source.semi.append(edge) } else { source.anti.append(edge) }
            return source.anti.count <= 2
        }
        guard let part = part(graph, bound: bound, effect) else { return false }
        source.parts.append(part)
        return true
    }

    /// All terms: matches with every semi-join, less those with one of the anti-joins, and so on.
    private func terms(_ source: Source, root: Slot?) -> [WeightTerm]? {
        var result: [WeightTerm] = []
        for subset in 0..<(1 << source.anti.count) {
            var pattern = source.pattern
            pattern.edges += source.semi
            for (index, edge) in source.anti.enumerated() where subset & (1 << index) != 0 {
                pattern.edges.append(edge)
            }
            guard let folded = fold(pattern) else { return nil }
            let sign: Int64 = subset.nonzeroBitCount % 2 == 0 ? 1 : -1
            for term in folded {
                guard let tree = rooted(term, source.parts, at: root) else { return nil }
                result.append(WeightTerm(coefficient: sign * term.coefficient, root: tree))
            }
            if result.count > PatternElimination.termsMax { return nil }
        }
        if usesStatistics {
            guard !planner.session.isWriting else { return nil }
            planner.session.isSnapshotBound = true
        }
        return result.isEmpty ? nil : result
    }

    /// Nodes with `labels`.
    func count(_ labels: [PlanLabels]) -> Double { cardinality.nodes(labels) }
}

extension AggregateCall {
    fileprivate var countsRows: Bool { function == "count" && arguments.isEmpty && !isDistinct }
}
