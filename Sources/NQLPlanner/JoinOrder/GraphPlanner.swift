// GraphPlanner: a query graph to operators. The pattern falls into components that relationships
// hold together. What touches variables of the input starts there; every other component is planned
// for itself and joined last. Within a component the order is found by `JoinSearch`.

import NQLPlan
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
    /// The same for each row of a scan.
    var costInOrder: Double
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
    /// Conditions that read a slot, by slot.
    private var conditionsOfSlot: [Slot: [Int]] = [:]
    /// All conditions.
    private(set) var allConditions: BitSet = []
    /// Relationships at a node, by node.
    let relationshipsOfNode: [Slot: [Int]]
    /// Labels that scans and expands test, by node; dynamic ones are conditions instead.
    var staticLabels: [Slot: [PlanLabels]] = [:]
    /// The same with those that are known of nodes of the input; for estimates.
    private(set) var knownLabels: [Slot: [PlanLabels]] = [:]
    let relationships: [GraphRelationship]
    let nodeSlots: [Slot]
    /// Pairs of relationships that were asked about, and whether they never are the same one.
    var distinctPairs: [Int: Bool] = [:]
    /// Nodes that a pattern node can stand for once one of its relationships is matched.
    private(set) var reachable: [Slot: Double] = [:]
    /// Nodes that are named by their keys.
    private(set) var landmarks: [Slot: Landmark] = [:]
    /// Nodes that a path search binds, so that no scan has to.
    private var openEnds: Set<Slot> = []
    /// Relationships of variable length between ends that are looked up, by slot.
    private(set) var soughtPairs: Set<Slot> = []
    /// Nodes that hang on the input.
    private(set) var anchoredNodes: BitSet = []
    /// Joins read their right input before the left one, which must not happen before the input has
    /// made its changes.
    let allowsJoins: Bool
    /// What the rows are ordered by; only a join's left side hands that on.
    private(set) var orderedSlot: Slot?

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
        var ofNode: [Slot: [Int]] = [:]
        for (index, relationship) in relationships.enumerated() {
            ofNode[relationship.from, default: []].append(index)
            if relationship.to != relationship.from {
                ofNode[relationship.to, default: []].append(index)
            }
        }
        relationshipsOfNode = ofNode
        for node in graph.nodes {
            let labels = node.labels.filter { !$0.isDynamic }
            staticLabels[node.slot] = labels
            knownLabels[node.slot] = labels
            if input.available.contains(node.slot) {
                let more = planner.facts.labels(of: node.slot)
                knownLabels[node.slot] = labels + more.filter { !labels.contains($0) }
            } else {
                planner.facts.note(node.slot, labels: labels)
            }
        }
        for relationship in relationships where relationship.length == nil {
            planner.facts.note(relationship.slot, types: relationship.types)
        }
        selectivity = planner.selectivity
        allowsJoins = !input.hasArgument && !input.writes
        anchoredNodes = findAnchoredNodes()
        for slot in nodeSlots {
            let nodes = reach(slot)
            reachable[slot] = nodes
            if !input.available.contains(slot) { planner.facts.note(slot, nodes: nodes) }
        }
        collectConditions(subqueries)
        noteCandidates()
        allConditions = BitSet(conditions.indices)
        for (index, condition) in conditions.enumerated() {
            for slot in condition.reads { conditionsOfSlot[slot, default: []].append(index) }
        }
        landmarks = findLandmarks()
    }

    /// Keeps how many nodes of each slot the conditions on it alone leave.
    private func noteCandidates() {
        for slot in nodeSlots where !input.available.contains(slot) {
            var count = reachableNodes(slot)
            for condition in conditions where condition.reads == [slot] {
                count *= condition.selectivity
            }
            planner.facts.note(slot, candidates: count)
        }
    }

    /// Conditions that read `slot`, ascending.
    func conditions(reading slot: Slot) -> [Int] { conditionsOfSlot[slot] ?? [] }

    /// Conditions that read one of `slots`, ascending.
    func conditions(reading slots: some Sequence<Slot>) -> [Int] {
        var found: Set<Int> = []
        for slot in slots { found.formUnion(conditions(reading: slot)) }
        return found.sorted()
    }

    private func reach(_ slot: Slot) -> Double {
        let labels = knownLabels[slot] ?? []
        var least = cardinality.nodes(labels)
        for index in relationshipsOfNode[slot] ?? [] where relationships[index].length == nil {
            let relationship = relationships[index]
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
        relationshipsOfNode[slot] != nil
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
        var ranges: [SelectivityModel.SlotProperty: SelectivityModel.PropertyRange] = [:]
        for predicate in graph.predicates {
            add(
                predicate, selectivity: selectivity.selectivity(predicate, among: &ranges),
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
            let around = input.available.union(graph.patternSlots)
            if allowsJoins, planner.isHashable(subquery.kind, subquery.right, around) {
                cost = min(cost, CostModel.hashProbeRow)
            }
            conditions.append(
                PendingCondition(
                    content: .subquery(subquery.right, subquery.kind, isPerRow: isPerRow),
                    reads: subquery.right.outerReads,
                    selectivity: planner.existence(
                        subquery.kind, trial, rowsEach: trial.rows / batch),
                    cost: cost, costInOrder: cost, isLast: subquery.mayFail))
        }
    }

    private func add(_ predicate: PlanExpression, selectivity: Double, isLast: Bool) {
        conditions.append(
            PendingCondition(
                content: .predicate(predicate), reads: predicate.freeSlots,
                selectivity: selectivity,
                cost: CostModel.filterRow + CostModel.evaluation(predicate),
                costInOrder: CostModel.evaluationInOrder(predicate), isLast: isLast))
    }

    /// The plan for the whole graph.
    func plan() -> PlanDraft {
        chooseEnds()
        return plan(from: PartialPlan(draft: input, solved: [], waiting: allConditions))
    }

    /// The plan for the whole graph whose rows come in an order; nil where no index gives it.
    func plan(in request: OrderRequest) -> PlanDraft? {
        chooseEnds()
        let slot = request.ordering.slot
        guard !openEnds.contains(slot), !input.available.contains(slot),
            let start = orderedStart(request)
        else { return nil }
        orderedSlot = slot
        if input.isSingleRow { return plan(from: start) }
        let outer = PartialPlan(draft: input, solved: [], waiting: allConditions)
        return plan(from: correlated(outer, start))
    }

    private func chooseEnds() {
        soughtPairs = findSoughtPairs()
        openEnds = chooseOpenEnds()
    }

    private func plan(from start: PartialPlan) -> PlanDraft {
        var current = start
        // What reads nothing is asked above the pattern's first rows; `Filter` asks it before it
        // reads any.
        if !start.draft.isSingleRow { applyConditions(&current, isComplete: false) }
        let components = components()
        let isFree: (Component) -> Bool = { component in
            component.nodes.isDisjoint(with: start.draft.available)
        }
        let anchored = components.filter { !isFree($0) }.flatMap(\.relationships)
            .filter { !start.solved.contains($0) }.sorted()
        if !anchored.isEmpty {
            current = JoinSearch(self, relationships: anchored, start: current).solve()
        }
        addFree(components.filter(isFree), to: &current)
        if Interruption.isOver(after: GraphPlanner.workUnits) { return abandoned() }
        addPathSearches(&current)
        applyConditions(&current, isComplete: true)
        if Interruption.isOver(after: GraphPlanner.workUnits) { return abandoned() }
        if !current.waiting.isEmpty {
            let lost = current.waiting.elements
            planner.session.report("conditions \(lost) read slots that nothing binds")
        }
        return current.draft
    }

    /// Nanoseconds for joining a component, by and large.
    private static let workUnits = 3_000

    /// Steps without rows, for a statement that was interrupted: nobody will run the plan.
    private func abandoned() -> PlanDraft {
        planner.emptyDraft(input.available.union(graph.patternSlots))
    }

    /// Notes a fault of the planner, which ends the statement, and gives steps without rows to go
    /// on with until then.
    func lost(_ fault: String) -> PartialPlan {
        planner.session.report(fault)
        return PartialPlan(draft: abandoned(), solved: [], waiting: [])
    }

    /// Components among which the best next one is looked for each time; more are taken by size.
    private static let rankedMax = 32

    /// Joins the components that hang on nothing of the input: small ones first, those that a join
    /// holds to what stands already before all others. Once the statement is interrupted no more.
    private func addFree(_ free: [Component], to current: inout PartialPlan) {
        var waiting: [(Component, PartialPlan)] = []
        for component in free where !Interruption.isOver(after: GraphPlanner.workUnits) {
            waiting.append((component, planAlone(component)))
        }
        if waiting.count > GraphPlanner.rankedMax {
            waiting.sort { $0.1.draft.rows > $1.1.draft.rows }
        }
        while !waiting.isEmpty, !Interruption.isOver(after: GraphPlanner.workUnits) {
            let isFirst = current.draft.isSingleRow
            // The last ones are the smallest of very many.
            let candidates = waiting.indices.suffix(GraphPlanner.rankedMax)
            let next = candidates.min { first, second in
                rank(waiting[first].1, current) < rank(waiting[second].1, current)
            } ?? waiting.count - 1
            let (component, alone) = waiting.remove(at: next)
            if isFirst {
                current = merge(alone, waiting: current.waiting)
            } else {
                current = combine(current, component, alone)
            }
            applyConditions(&current, isComplete: false, bound: alone.draft.available.elements)
        }
    }

    private func rank(_ plan: PartialPlan, _ current: PartialPlan) -> Double {
        let isJoined = !equalities(current, plan).isEmpty
        return isJoined ? plan.draft.rows * 1e-9 : plan.draft.rows
    }

    private func merge(_ plan: PartialPlan, waiting: BitSet) -> PartialPlan {
        PartialPlan(
            draft: plan.draft, solved: plan.solved,
            waiting: plan.waiting.intersection(waiting))
    }

    /// Plans a component by itself, on one row without columns.
    private func planAlone(_ component: Component) -> PartialPlan {
        if component.relationships.isEmpty {
            guard let slot = component.nodes.first else {
                return lost("a component without nodes")
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
        // Nodes of the input stand behind the others, which decides between equal costs.
        let free = nodeSlots.filter {
            !openEnds.contains($0) && !input.available.contains($0)
        }
        let nodes = free + nodeSlots.filter { input.available.contains($0) }
        var result = nodes.map { Component(nodes: [$0], relationships: []) }
        var place: [Slot: Int] = [:]
        for (index, node) in nodes.enumerated() { place[node] = index }
        // The component that another one has been merged into.
        var merged = Array(result.indices)
        func find(_ component: Int) -> Int {
            var root = component
            while merged[root] != root {
                merged[root] = merged[merged[root]]
                root = merged[root]
            }
            return root
        }
        // Merged ones move behind all others.
        var order = Array(result.indices)
        for (index, relationship) in relationships.enumerated() where !isLate(relationship) {
            let ends = [relationship.from, relationship.to].compactMap { place[$0] }.map(find)
            guard let first = ends.first else { continue }
            var root = first
            for other in ends where other != root {
                let (small, large) =
                    result[root].nodes.count < result[other].nodes.count
                    ? (root, other) : (other, root)
                result[large].nodes.formUnion(result[small].nodes)
                result[large].relationships += result[small].relationships
                result[small] = Component(nodes: [], relationships: [])
                merged[small] = large
                root = large
            }
            result[root].relationships.append(index)
            order[root] = result.count + index
        }
        return result.indices.filter { merged[$0] == $0 }
            .sorted { order[$0] < order[$1] }.map { result[$0] }
    }
}

/// A plan for a part of the graph.
struct PartialPlan {
    var draft: PlanDraft
    /// Relationships, by index, that the draft has matched.
    var solved: BitSet
    /// Conditions, by index, that are still to be checked.
    var waiting: BitSet
    /// Those of them that a look-up has seen to by their keys. They are checked again where equal
    /// keys do not mean equal values, but they cannot fail any more, and let nearly all through.
    var proven: BitSet = []
}

extension GraphPlanner {
    /// Puts every condition whose slots are bound on top of the plan. `bound`: slots that have been
    /// bound since conditions were applied last; nil: any may have been. `arrival`: what one of
    /// them lets through of the rows that a relationship has led to its node.
    func applyConditions(
        _ plan: inout PartialPlan, isComplete: Bool, bound: [Slot]? = nil,
        arrival: (condition: Int, share: Double)? = nil
    ) {
        let available = plan.draft.available
        let candidates = bound.map { slots in
            conditions(reading: slots).filter(plan.waiting.contains)
        }
        let ready = (candidates ?? plan.waiting.elements).filter { index in
            (isComplete || !conditions[index].isLast || plan.proven.contains(index))
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
                cost += share
                    * (plan.draft.kind.isScan ? condition.costInOrder : condition.cost)
                if !plan.proven.contains(index) {
                    share *= index == arrival?.condition
                        ? arrival?.share ?? 1 : condition.selectivity
                }
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
                let start = isPerRow
                    ? CostModel.applyRow : CostModel.applyBatch / MemoryModel.batchRows
                let applied = PlanDraft(
                    .apply(kind, isPerRow: isPerRow), [input, inner],
                    rows: rows, ownCost: input.rows * start)
                plan.draft = planner.hashed(applied, kind, right)
            }
        }
        flush(&plan)
    }

    /// The step that walks `relationship` starting at its end `from`, for `rowsIn` rows.
    func step(
        _ relationship: GraphRelationship, from: Slot, solved: BitSet, rowsIn: Double = 0
    ) -> ExpandSpec {
        let isForward = from == relationship.from
        let to = isForward ? relationship.to : relationship.from
        let rivals = rivals(relationship, solved: solved, rowsIn: rowsIn)
        var spec = ExpandSpec(
            from: from, relationship: relationship.slot, to: to, types: relationship.types,
            direction: isForward ? relationship.direction : relationship.direction.reversed,
            toLabels: PlanLabels.all(staticLabels[to] ?? []), differentFrom: rivals.slots)
        spec.provesDistinct = rivals.hasProven
        return spec
    }

    func variableSpec(
        _ relationship: GraphRelationship, from: Slot, solved: BitSet, isInto: Bool
    ) -> VariableLengthSpec {
        var step = step(relationship, from: from, solved: solved)
        if isInto { step.toLabels = nil }
        let length = relationship.length ?? GraphLength(minimum: 1, maximum: 1)
        var spec = VariableLengthSpec(
            step: step, body: relationship.body, mode: relationship.mode,
            minimum: length.minimum, maximum: length.maximum, isInto: isInto,
            predicate: relationship.predicate,
            predicateRelationship: relationship.predicateSlot,
            isReversed: from != relationship.from)
        if relationship.reach != nil { spec.reach = .allEnds }
        return spec
    }
}

extension OperatorKind {
    /// Whether its rows come as they are stored.
    fileprivate var isScan: Bool {
        switch self {
        case .nodeScan, .relationshipScan: true
        default: false
        }
    }
}
