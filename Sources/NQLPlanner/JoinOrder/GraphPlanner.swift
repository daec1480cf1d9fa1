// GraphPlanner: a query graph to operators. The pattern falls into components that relationships
// hold together. What touches variables of the input starts there; every other component is planned
// for itself and joined last. Within a component the order is found by `JoinSearch`.

import NQLSyntax
import NenCore

/// A condition that waits until its slots are bound.
struct PendingCondition {
    enum Content {
        case predicate(PlanExpression)
        /// Existence of a row of the right plan.
        case subquery(LogicalPlan, ApplyKind, isPerRow: Bool)
    }

    var content: Content
    var reads: Set<Slot>
    var selectivity: Double
    /// Nanoseconds for each row.
    var cost: Double
    /// May raise an error, or differs from call to call: it waits until the whole pattern is
    /// matched.
    var isLast: Bool
}

/// A semi-join or anti-join that stands above a pattern and may be done within it.
struct PatternSubquery {
    var right: LogicalPlan
    var kind: ApplyKind
    var isPerRow: Bool
    var mayFail: Bool
}

/// Plans one query graph on top of one input.
final class GraphPlanner {
    let planner: PhysicalPlanner
    let graph: QueryGraph
    let input: PlanDraft
    let cardinality: CardinalityModel
    let selectivity: SelectivityModel
    var conditions: [PendingCondition] = []
    /// Labels that scans and expands test, by node; dynamic ones are conditions instead.
    var staticLabels: [Slot: [PlanLabels]] = [:]
    let relationships: [GraphRelationship]
    let nodeSlots: [Slot]
    /// Nodes that a pattern node can stand for once one of its relationships is matched.
    private(set) var reachable: [Slot: Double] = [:]
    /// Nodes that a path search binds, so that no scan has to.
    private var openEnds: Set<Slot> = []
    /// Nodes that hang on the input.
    private(set) var anchoredNodes: Set<Slot> = []
    /// Joins read their right input before the left one, which must not happen before the input has
    /// made its changes.
    let allowsJoins: Bool

    init(
        _ planner: PhysicalPlanner, _ graph: QueryGraph, input: PlanDraft,
        subqueries: [PatternSubquery]
    ) {
        self.planner = planner
        self.graph = graph
        self.input = input
        cardinality = planner.cardinality
        relationships = graph.relationships
        nodeSlots = graph.nodes.map(\.slot)
        for node in graph.nodes {
            staticLabels[node.slot] = node.labels.filter { !$0.isDynamic }
        }
        selectivity = SelectivityModel(cardinality: cardinality, labels: staticLabels)
        allowsJoins = !input.hasArgument && !input.writes
        anchoredNodes = findAnchoredNodes()
        for slot in nodeSlots { reachable[slot] = reach(slot) }
        collectConditions(subqueries)
    }

    private func reach(_ slot: Slot) -> Double {
        let labels = staticLabels[slot] ?? []
        var least = cardinality.nodes(labels)
        for relationship in relationships where relationship.length == nil {
            var directions: [PatternDirection] = []
            if relationship.from == slot { directions.append(relationship.direction) }
            if relationship.to == slot { directions.append(relationship.direction.reversed) }
            for direction in directions {
                least = min(
                    least,
                    cardinality.participants(relationship.types, direction, labels: labels))
            }
        }
        return least
    }

    /// Whether a pattern relationship leads to or from the node.
    private func isEnd(_ slot: Slot) -> Bool {
        relationships.contains { $0.from == slot || $0.to == slot }
    }

    private func collectConditions(_ subqueries: [PatternSubquery]) {
        for node in graph.nodes {
            let subject = PlanExpression(.slot(node.slot), type: .node)
            // `MATCH (a)` drops rows whose `a` is null; where there is more to match, that does.
            if input.available.contains(node.slot), node.labels.isEmpty, !isEnd(node.slot) {
                let test = PlanExpression(.isNull(subject, negated: true), type: .boolean)
                add(test, selectivity: 0.99, isLast: false)
            }
            for labels in node.labels {
                let isBound = input.available.contains(node.slot)
                guard isBound || labels.isDynamic else { continue }
                let test = PlanExpression(.hasLabels(subject, labels), type: .boolean)
                var share = 1.0
                if !labels.isDynamic {
                    share = cardinality.nodes([labels]) / max(1, cardinality.nodeCount)
                }
                add(test, selectivity: min(1, max(share, 0.001)), isLast: false)
            }
        }
        for predicate in graph.predicates {
            add(
                predicate, selectivity: selectivity.selectivity(predicate),
                isLast: planner.failure.mayFail(predicate)
                    || planner.failure.isVolatile(predicate))
        }
        for bound in graph.boundRelationships {
            for relationship in relationships
            where relationship.shortest == nil && bound.mayCoincide(with: relationship) {
                let test = difference(relationship, slot: bound.slot, isList: false)
                add(test, selectivity: 0.99, isLast: false)
            }
        }
        for subquery in subqueries {
            let batch = MemoryModel.batchRows
            let trial = planner.lower(subquery.right, argumentRows: batch)
            let isPerRow = subquery.isPerRow || trial.needsOneRow
            let start = isPerRow ? CostModel.applyRow : CostModel.applyBatch / batch
            var cost = start + trial.cost / batch
            if planner.isSemiStep(trial, subquery.kind) { cost = CostModel.semiExpandInto }
            conditions.append(
                PendingCondition(
                    content: .subquery(subquery.right, subquery.kind, isPerRow: isPerRow),
                    reads: subquery.right.outerReads, selectivity: DefaultSelectivity.existence,
                    cost: cost, isLast: subquery.mayFail))
        }
    }

    private func add(_ predicate: PlanExpression, selectivity: Double, isLast: Bool) {
        conditions.append(
            PendingCondition(
                content: .predicate(predicate), reads: predicate.freeSlots,
                selectivity: selectivity,
                cost: CostModel.filterRow + CostModel.evaluation(predicate), isLast: isLast))
    }

    /// The plan for the whole graph.
    func plan() -> PlanDraft {
        let bound = input.available
        openEnds = chooseOpenEnds()
        let anchors = nodeSlots.filter { bound.contains($0) }
        var current = PartialPlan(draft: input, solved: [], waiting: Set(conditions.indices))
        applyConditions(&current, isComplete: false)
        let components = components()
        let isFree: (Component) -> Bool = { component in
            component.nodes.isDisjoint(with: anchors)
        }
        let anchored = components.filter { !isFree($0) }.flatMap(\.relationships).sorted()
        if !anchored.isEmpty {
            current = JoinSearch(self, relationships: anchored, start: current).solve()
        }
        var free = components.filter(isFree)
        var separate: [PartialPlan] = []
        for component in free { separate.append(planAlone(component)) }
        while !free.isEmpty {
            let isFirst = current.draft.isSingleRow
            let next = separate.indices.min { first, second in
                rank(separate[first], current) < rank(separate[second], current)
            } ?? 0
            if isFirst {
                current = merge(separate[next], waiting: current.waiting)
            } else {
                current = combine(current, free[next], separate[next])
            }
            free.remove(at: next)
            separate.remove(at: next)
            applyConditions(&current, isComplete: false)
        }
        addPathSearches(&current)
        applyConditions(&current, isComplete: true)
        precondition(
            current.waiting.isEmpty,
            "conditions \(current.waiting.sorted()) read slots that nothing binds")
        return current.draft
    }

    /// Small ones first; those that a join holds to what stands already before all others.
    private func rank(_ plan: PartialPlan, _ current: PartialPlan) -> Double {
        let isJoined = !equalities(current, plan).isEmpty
        return isJoined ? plan.draft.rows * 1e-9 : plan.draft.rows
    }

    private func merge(_ plan: PartialPlan, waiting: Set<Int>) -> PartialPlan {
        PartialPlan(
            draft: plan.draft, solved: plan.solved,
            waiting: plan.waiting.intersection(waiting))
    }

    /// Plans a component by itself, on one row without columns.
    private func planAlone(_ component: Component) -> PartialPlan {
        if component.relationships.isEmpty {
            guard let slot = component.nodes.first else {
                preconditionFailure("a component without nodes")
            }
            return bestLeaf(slot)
        }
        return JoinSearch(self, relationships: component.relationships.sorted(), start: nil)
            .solve()
    }

    /// Nodes and relationships that hang together.
    struct Component {
        var nodes: Set<Slot>
        var relationships: [Int]
    }

    private func components() -> [Component] {
        var result: [Component] = nodeSlots.filter { !openEnds.contains($0) }
            .map { Component(nodes: [$0], relationships: []) }
        result.removeAll { input.available.contains($0.nodes.first ?? -1) }
        result += nodeSlots.filter { input.available.contains($0) }
            .map { Component(nodes: [$0], relationships: []) }
        for (index, relationship) in relationships.enumerated()
        where !isLate(relationship) {
            let ends: Set<Slot> = [relationship.from, relationship.to]
            var merged = Component(nodes: [], relationships: [index])
            for component in result where !component.nodes.isDisjoint(with: ends) {
                merged.nodes.formUnion(component.nodes)
                merged.relationships += component.relationships
            }
            result.removeAll { !$0.nodes.isDisjoint(with: ends) }
            result.append(merged)
        }
        return result
    }
}

/// A plan for a part of the graph.
struct PartialPlan {
    var draft: PlanDraft
    /// Relationships, by index, that the draft has matched.
    var solved: Set<Int>
    /// Conditions, by index, that are still to be checked.
    var waiting: Set<Int>
}

extension GraphPlanner {
    /// Puts every condition whose slots are bound on top of the plan.
    func applyConditions(_ plan: inout PartialPlan, isComplete: Bool) {
        let available = plan.draft.available
        let ready = plan.waiting.sorted().filter { index in
            (isComplete || !conditions[index].isLast)
                && conditions[index].reads.isSubset(of: available)
        }
        guard !ready.isEmpty else { return }
        plan.waiting.subtract(ready)
        // Cheap and selective ones first; failing ones behind all others.
        let order = ready.sorted { first, second in
            let (a, b) = (conditions[first], conditions[second])
            if a.isLast != b.isLast { return b.isLast }
            let rankA = a.cost / max(0.001, 1 - a.selectivity)
            let rankB = b.cost / max(0.001, 1 - b.selectivity)
            return rankA == rankB ? first < second : rankA < rankB
        }
        var predicates: [PlanExpression] = []
        var share = 1.0
        var cost = 0.0
        let flush = { (plan: inout PartialPlan) in
            guard !predicates.isEmpty else { return }
            let input = plan.draft
            plan.draft = PlanDraft(
                .filter(predicates), [input], rows: input.rows * share,
                ownCost: input.rows * cost)
            (predicates, share, cost) = ([], 1, 0)
        }
        for index in order {
            let condition = conditions[index]
            switch condition.content {
            case .predicate(let predicate):
                cost += condition.cost * share
                share *= condition.selectivity
                predicates.append(predicate)
            case .subquery(let right, let kind, let isPerRow):
                flush(&plan)
                let input = plan.draft
                let inner = planner.lower(right, argumentRows: max(1, input.rows))
                let rows = input.rows * condition.selectivity
                if let fused = planner.fuseSemiStep(kind, input, inner, rows: rows) {
                    plan.draft = fused
                    continue
                }
                plan.draft = PlanDraft(
                    .apply(kind, isPerRow: isPerRow), [input, inner],
                    rows: rows,
                    ownCost: max(0, input.rows * condition.cost - inner.cost))
            }
        }
        flush(&plan)
    }

    /// Slots of relationships of the same MATCH that `relationship` must differ from.
    func rivals(_ relationship: GraphRelationship, solved: Set<Int>) -> [Slot] {
        var slots: [Slot] = []
        for index in solved.sorted() where relationships[index].mayCoincide(with: relationship) {
            slots.append(relationships[index].slot)
        }
        // Others are conditions: what is planned alone does not know the bound ones.
        if relationship.shortest != nil {
            for bound in graph.boundRelationships where bound.mayCoincide(with: relationship) {
                slots.append(bound.slot)
            }
        }
        return slots
    }

    /// The step that walks `relationship` starting at its end `from`.
    func step(_ relationship: GraphRelationship, from: Slot, solved: Set<Int>) -> ExpandSpec {
        let isForward = from == relationship.from
        let to = isForward ? relationship.to : relationship.from
        return ExpandSpec(
            from: from, relationship: relationship.slot, to: to, types: relationship.types,
            direction: isForward ? relationship.direction : relationship.direction.reversed,
            toLabels: PlanLabels.all(staticLabels[to] ?? []),
            differentFrom: rivals(relationship, solved: solved))
    }

    func variableSpec(
        _ relationship: GraphRelationship, from: Slot, solved: Set<Int>, isInto: Bool
    ) -> VariableLengthSpec {
        var step = step(relationship, from: from, solved: solved)
        if isInto { step.toLabels = nil }
        let length = relationship.length ?? GraphLength(minimum: 1, maximum: 1)
        return VariableLengthSpec(
            step: step, body: relationship.body, mode: relationship.mode,
            minimum: length.minimum, maximum: length.maximum, isInto: isInto,
            predicate: relationship.predicate,
            predicateRelationship: relationship.predicateSlot,
            isReversed: from != relationship.from)
    }
}

extension PatternDirection {
    /// Read from the other end.
    public var reversed: PatternDirection {
        switch self {
        case .outgoing: .incoming
        case .incoming: .outgoing
        case .both: .both
        }
    }
}
