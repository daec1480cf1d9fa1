// GraphPlanner+Steps: the single steps that a join order is made of: leaves, expands, joins.

import NQLPlan
import NQLSyntax
import NenCore

extension GraphPlanner {
    /// Nodes that satisfy what is known of the labels of `slot`.
    func nodes(_ slot: Slot) -> Double { cardinality.nodes(knownLabels[slot] ?? []) }

    /// Nodes that the pattern node can stand for once a relationship of it is matched.
    func reachableNodes(_ slot: Slot) -> Double { max(1, reachable[slot] ?? nodes(slot)) }

    /// Rows behind one step from `from` along `relationship`, for each row before it. `isFirst`:
    /// the rows before are all nodes that carry the labels of `from`. `bound`: what they bind.
    func fanOut(
        _ relationship: GraphRelationship, from: Slot, bound: BitSet, isInto: Bool, isFirst: Bool
    ) -> Double {
        let isForward = from == relationship.from
        let to = isForward ? relationship.to : relationship.from
        let direction = isForward ? relationship.direction : relationship.direction.reversed
        let source = knownLabels[from] ?? []
        let target = knownLabels[to] ?? []
        let starts = isFirst ? max(1, nodes(from)) : startNodes(from, bound)
        guard let length = relationship.length else {
            let steps = cardinality.steps(
                relationship.types, direction, from: source, to: target)
            let ways = landmarkDegree(relationship, at: from)
                ?? steps / starts * bias(relationship, at: from, bound)
            if !isInto { return ways }
            let ends = reachableNodes(to)
            let more = landmarks[to] != nil
                ? prominence(relationship, at: to, among: ends)
                : bias(relationship, at: to, bound)
            return min(ways, ways / ends * more)
        }
        return variableFanOut(relationship, length, from: from, starts: starts, isInto: isInto)
    }

    /// The share of all pairs of nodes that its ends can stand for that `relationship` joins, on
    /// average; `bound`: what stands before the pattern.
    func share(_ relationship: GraphRelationship, bound: BitSet) -> Double {
        let (from, to) = (relationship.from, relationship.to)
        if relationship.length != nil {
            return fanOut(relationship, from: from, bound: [], isInto: true, isFirst: false)
        }
        let steps = cardinality.steps(
            relationship.types, relationship.direction, from: knownLabels[from] ?? [],
            to: knownLabels[to] ?? [])
        let ends = [from, to].map { slot in
            bound.contains(slot) ? startNodes(slot, []) : reachableNodes(slot)
        }
        return steps / ends[0] / ends[1]
            * prominence(relationship, at: from, among: ends[0])
            * prominence(relationship, at: to, among: ends[1])
    }

    /// The most ways that one node `slot` has along `relationship`; nil when it is not known.
    func mostWays(_ relationship: GraphRelationship, from slot: Slot) -> Double? {
        guard relationship.length == nil else { return nil }
        let end = relationship.end(at: slot)
        return cardinality.maximumDegree(
            end.types, end.direction, from: knownLabels[slot] ?? [])
    }

    /// How much more often than by chance two relationships meet in the node `slot`.
    func bias(_ first: Int, _ second: Int, at slot: Slot) -> Double {
        // Of a landmark all relationships are counted; there is no chance in it.
        if landmarks[slot] != nil { return 1 }
        return meetingShare(relationships[first], relationships[second], at: slot)
            .map { $0 * reachableNodes(slot) } ?? 1
    }

    /// Nodes that the bound node `slot` may be, before a step from it.
    private func startNodes(_ slot: Slot, _ bound: BitSet) -> Double {
        let edges = relationshipsOfNode[slot] ?? []
        if edges.contains(where: { bound.contains(relationships[$0].slot) }) {
            return reachableNodes(slot)
        }
        // Only what came before the pattern says more than the labels do.
        let all = nodes(slot)
        guard input.available.contains(slot) else { return max(1, all) }
        return max(1, min(all, planner.facts.nodes[slot] ?? all))
    }

    /// How much more often than at a node on average `relationship` is found at the node `slot`,
    /// given that the pattern came to it over the relationships that are bound.
    private func bias(
        _ relationship: GraphRelationship, at slot: Slot, _ bound: BitSet
    ) -> Double {
        var most: Double?
        for index in relationshipsOfNode[slot] ?? [] {
            let previous = relationships[index]
            guard previous.slot != relationship.slot, bound.contains(previous.slot),
                let share = meetingShare(previous, relationship, at: slot)
            else { continue }
            most = max(most ?? 0, share * reachableNodes(slot))
        }
        return most ?? 1
    }

    /// The share of all pairs of these relationships that meet in the node `slot`; nil when it is
    /// not known.
    private func meetingShare(
        _ first: GraphRelationship, _ second: GraphRelationship, at slot: Slot
    ) -> Double? {
        guard first.length == nil, second.length == nil, first.from != first.to,
            second.from != second.to
        else { return nil }
        return cardinality.meetingShare(
            first.end(at: slot), second.end(at: slot), at: knownLabels[slot] ?? [],
            differ: first.mayCoincide(with: second)
        ).map { max($0, GraphPlanner.meetingShareMin) }
    }

    /// Pairs that never meet are taken for very rare ones: degrees may have changed.
    private static let meetingShareMin = 1e-12

    /// The share of all pairs of rows of two plans that agree in the node `slot`, which both bind;
    /// `first` and `second`: what else they bind.
    func meetingShare(at slot: Slot, _ first: BitSet, _ second: BitSet) -> Double {
        var most: Double?
        let edges = relationshipsOfNode[slot] ?? []
        for one in edges where first.contains(relationships[one].slot) {
            for other in edges where other != one && second.contains(relationships[other].slot) {
                guard let share = meetingShare(relationships[one], relationships[other], at: slot)
                else { continue }
                most = max(most ?? 0, share)
            }
        }
        return most ?? 1 / reachableNodes(slot)
    }

    /// Ways to go once through what a relationship of variable length repeats, for each node.
    func repetition(
        _ relationship: GraphRelationship, _ direction: PatternDirection
    ) -> Double {
        let all = max(1, cardinality.nodeCount)
        guard let body = relationship.body else {
            return cardinality.steps(relationship.types, direction, from: [], to: []) / all
        }
        var ways = 1.0
        for (step, node) in zip(body.steps, body.nodes.dropFirst()) {
            ways *= cardinality.steps(step.types, step.direction, from: [], to: []) / all
            if let labels = node.labels { ways *= cardinality.nodes([labels]) / all }
        }
        for predicate in body.predicates { ways *= selectivity.selectivity(predicate) }
        return ways
    }

    /// Walks `relationship` from its end `from`; the far end may be bound already.
    func expand(_ plan: PartialPlan, _ index: Int, from: Slot) -> PartialPlan {
        let relationship = relationships[index]
        let to = from == relationship.from ? relationship.to : relationship.from
        let isInto = plan.draft.available.contains(to)
        let isFirst = plan.solved.isEmpty && plan.draft.available == [from]
            && !input.available.contains(from)
        let before = plan.draft
        let rows =
            plan.draft.rows
            * fanOut(
                relationship, from: from, bound: before.available, isInto: isInto,
                isFirst: isFirst)
        let cost = expandCost(
            relationship, rowsIn: plan.draft.rows, rowsOut: rows, isInto: isInto)
        let kind: OperatorKind
        var result = plan
        var share = 1.0
        if relationship.length != nil {
            var spec = variableSpec(
                relationship, from: from, solved: plan.solved, isInto: isInto)
            if !isInto, planner.session.isEnabled(PushDownFilters.name) {
                share = takeEndConditions(relationship, &spec, to, &result)
            }
            kind = .variableLengthExpand(spec)
        } else {
            var spec = step(
                relationship, from: from, solved: plan.solved, rowsIn: before.rows)
            if isInto { spec.toLabels = nil }
            kind = isInto ? .expandInto(spec) : .expand(spec)
        }
        result.draft = PlanDraft(kind, [before], rows: rows * share, ownCost: cost)
        result.solved.insert(index)
        let bound = [to, from, relationship.slot] + relationship.outputs
        applyConditions(
            &result, isComplete: false, bound: bound,
            arrival: isInto ? nil : arrival(relationship, at: to))
        return result
    }

    /// Conditions on the end of a pattern of variable length alone are checked before its path is
    /// put together, or once for all paths that lead there. Returns the share of ends that satisfy
    /// them.
    private func takeEndConditions(
        _ relationship: GraphRelationship, _ spec: inout VariableLengthSpec, _ end: Slot,
        _ plan: inout PartialPlan
    ) -> Double {
        var share = 1.0
        for index in conditions(reading: end)
        where plan.waiting.contains(index) && !conditions[index].isLast
            && conditions[index].reads == [end]
        {
            guard case .predicate(let predicate) = conditions[index].content else { continue }
            spec.endPredicates.append(predicate)
            plan.waiting.remove(index)
            share *= conditions[index].selectivity
        }
        let isAnyEnd = relationship.reach?.unreadEnds.contains(end) ?? false
        if isAnyEnd, !conditions(reading: end).contains(where: plan.waiting.contains) {
            spec.reach = .anyEnd
        }
        return share
    }

    /// Steps that a search for the nodes within reach takes from one node, by and large: no more
    /// than there are nodes and relationships.
    private func reachSteps(_ relationship: GraphRelationship) -> Double {
        let most = cardinality.nodeCount + Double(cardinality.statistics.relationshipCount)
        let average = repetition(relationship, relationship.direction)
        var (level, steps) = (1.0, 1.0)
        for _ in 0 ..< min(relationship.length?.maximum ?? 16, 16) where steps < most {
            level *= max(average, 0.01)
            steps += level
        }
        return min(steps, most)
    }

    /// What a search for the nodes within reach costs; nil for other relationships.
    func reachCost(_ relationship: GraphRelationship) -> ReachCost? {
        guard relationship.reach != nil else { return nil }
        let steps = reachSteps(relationship)
        return ReachCost(steps: steps, overlap: min(1, steps / max(1, cardinality.nodeCount)))
    }

    func expandCost(
        _ relationship: GraphRelationship, rowsIn: Double, rowsOut: Double, isInto: Bool
    ) -> Double {
        if let reach = reachCost(relationship) { return reach.cost(rowsIn, rowsOut) }
        if relationship.length != nil {
            return CostModel.expandVariable(rowsIn: rowsIn, rowsOut: rowsOut)
        }
        return CostModel.expand(rowsIn: rowsIn, rowsOut: rowsOut, isInto: isInto)
    }

    /// The cheapest way to the nodes of `slot` alone.
    func bestLeaf(_ slot: Slot) -> PartialPlan { cheapest(leaves(slot)) }

    /// The cheapest of `leaves`, the first of which is the scan.
    func cheapest(_ leaves: [PartialPlan]) -> PartialPlan {
        let options = planner.context.options
        let regret = leaves.dropFirst().allSatisfy(isSure)
            ? CostModel.scanRegretOfSure : CostModel.scanRegret
        let costs = leaves.enumerated().map { index, leaf in
            (leaf.draft.cost + laterCost(leaf, leaf))
                * (index == 0 ? options.weight(.nodeScan) * regret : options.weight(.seek))
                + leaf.draft.rows * CostModel.rowBehindLeaf
        }
        let best = costs.indices.min { costs[$0] < costs[$1] } ?? 0
        let chosen = leaves[best]
        if options.keepsTrace, chosen.draft.source.alternatives.isEmpty {
            chosen.draft.source.note(
                leaves.indices.filter { $0 != best }.map { index in
                    let draft = leaves[index].draft
                    return (draft.source.kind.sourceTitle, draft.cost)
                })
        }
        return chosen
    }

    /// Whether a way is a look-up by a value that is known to be frequent, and how frequent.
    private func isSure(_ leaf: PartialPlan) -> Bool {
        guard case .indexSeek(let seek) = leaf.draft.source.kind, seek.equals.count == 1,
            !seek.isList, seek.lower == nil, seek.upper == nil, seek.prefix == nil,
            let value = seek.equals[0].constantValue, let property = seek.index.properties.first,
            let estimate = cardinality.property(
                planner.context.catalog.keys[Int(property)],
                labels: staticLabels[seek.slot] ?? [])
        else { return false }
        return estimate.frequent.contains { LinePlace.areEqual($0.value, value) }
    }

    /// All ways to the nodes of `slot` alone, the scan first.
    func leaves(_ slot: Slot) -> [PartialPlan] {
        [scan(slot)] + seeks(slot, given: [])
    }

    private func scan(_ slot: Slot) -> PartialPlan {
        let labels = staticLabels[slot] ?? []
        let rows = nodes(slot)
        let isSimple = labels.allSatisfy { label in
            if case .name = label { return true }
            return false
        }
        let scanned = isSimple ? rows : cardinality.nodeCount
        // What the statement makes itself it also has to look at, at each look.
        let growth = cardinality.growth(isSimple ? labels : [])
        let ownCost = scanned * CostModel.scanRow
            + growth * (CostModel.scanRow + CostModel.rowBehindLeaf)
        let kind = OperatorKind.nodeScan(node: slot, labels: PlanLabels.all(labels))
        var plan = PartialPlan(
            draft: PlanDraft(kind, rows: rows, ownCost: ownCost), solved: [],
            waiting: allConditions)
        applyConditions(&plan, isComplete: false)
        return plan
    }

    /// Every relationship of a pattern relationship's types; nil where a scan does not fit.
    func relationshipScan(_ index: Int) -> PartialPlan? {
        let relationship = relationships[index]
        guard relationship.length == nil, relationship.from != relationship.to else {
            return nil
        }
        let source = staticLabels[relationship.from] ?? []
        let target = staticLabels[relationship.to] ?? []
        let all = cardinality.steps(
            relationship.types, relationship.direction, from: [], to: [])
        var spec = step(relationship, from: relationship.from, solved: [])
        spec.fromLabels = PlanLabels.all(source)
        let rows = cardinality.steps(
            relationship.types, relationship.direction, from: source, to: target)
        let tested = rows < all ? all * CostModel.filterRow : 0
        let draft = PlanDraft(
            .relationshipScan(spec), rows: rows,
            ownCost: all * CostModel.relationshipScanRow + tested)
        var plan = PartialPlan(
            draft: draft, solved: [index], waiting: allConditions)
        applyConditions(&plan, isComplete: false)
        return plan
    }

    /// Hash join of two plans on the nodes they share; the smaller side is built.
    func join(_ first: PartialPlan, _ second: PartialPlan) -> PartialPlan {
        let shared = first.draft.available.intersection(second.draft.available)
            .intersection(nodeSlots).sorted()
        var rows = first.draft.rows * second.draft.rows
        for slot in shared {
            rows *= meetingShare(at: slot, first.draft.available, second.draft.available)
        }
        let keys = shared.map { JoinKey(left: planner.session.read($0), right: $0) }
        let isFirstLarger = first.draft.rows >= second.draft.rows
        let isSwapped = mayBeRight(first.draft)
            && (!isFirstLarger || !mayBeRight(second.draft))
        return isSwapped
            ? hashJoin(second, first, keys, rows: rows)
            : hashJoin(first, second, keys, rows: rows)
    }

    private func hashJoin(
        _ probe: PartialPlan, _ build: PartialPlan, _ keys: [JoinKey], rows: Double
    ) -> PartialPlan {
        var result = PartialPlan(
            draft: PlanDraft(
                .hashJoin(.inner, keys: keys), [probe.draft, build.draft], rows: rows,
                ownCost: CostModel.hashJoin(
                    probe: probe.draft.rows, build: build.draft.rows, rows: rows)),
            solved: probe.solved.union(build.solved),
            waiting: probe.waiting.intersection(build.waiting))
        addUniqueness(&result, probe.solved, build.solved)
        applyConditions(&result, isComplete: false)
        return result
    }

    /// Whether a plan may stand on the right of a join: nothing around it is read, and it is not so
    /// deep that right inputs would have to be walked by loops, too.
    private func mayBeRight(_ draft: PlanDraft) -> Bool {
        if draft.hasArgument || draft.depth > GraphPlanner.rightDepthMax { return false }
        if let orderedSlot, draft.available.contains(orderedSlot) { return false }
        // Updates are made in the order of the rows that come in, which only a left side keeps.
        return !planner.session.isWriting || input.isSingleRow
            || !input.available.isSubset(of: draft.available)
    }

    /// Operators, one above the other, in a right input.
    private static let rightDepthMax = 64

    /// Relationships of one MATCH that come from different sides of a join must differ.
    private func addUniqueness(
        _ plan: inout PartialPlan, _ first: BitSet, _ second: BitSet
    ) {
        var tests: [PlanExpression] = []
        for a in first.elements {
            for b in second.elements where relationships[a].mayCoincide(with: relationships[b]) {
                tests.append(difference(relationships[a], relationships[b]))
            }
        }
        guard !tests.isEmpty else { return }
        let input = plan.draft
        plan.draft = PlanDraft(
            .filter(tests), [input], rows: input.rows * 0.99,
            ownCost: input.rows * CostModel.filterRow * Double(tests.count))
    }

    private func difference(
        _ first: GraphRelationship, _ second: GraphRelationship
    ) -> PlanExpression {
        difference(first, slot: second.slot, isList: second.length != nil)
    }

    /// `relationship` differs from the relationship, or from all of the list, in `slot`.
    func difference(
        _ relationship: GraphRelationship, slot: Slot, isList: Bool
    ) -> PlanExpression {
        let a = planner.session.read(relationship.slot)
        let b = planner.session.read(slot)
        switch (relationship.length != nil, isList) {
        case (false, false): return PlanExpression(.binary(.notEqual, a, b), type: .boolean)
        case (false, true):
            let contained = PlanExpression(.binary(.inList, a, b), type: .boolean)
            return PlanExpression(.not(contained), type: .boolean)
        case (true, false):
            let contained = PlanExpression(.binary(.inList, b, a), type: .boolean)
            return PlanExpression(.not(contained), type: .boolean)
        case (true, true):
            let element = planner.session.hiddenSlot(.relationship)
            let contained = PlanExpression(
                .binary(.inList, planner.session.read(element), b), type: .boolean)
            return PlanExpression(
                .quantifier(.none, element: element, list: a, predicate: contained),
                type: .boolean)
        }
    }

    /// Equalities between an expression over the one side and one over the other.
    func equalities(
        _ first: PartialPlan, _ second: PartialPlan, isLast: Bool = false
    ) -> [(index: Int, left: PlanExpression, right: PlanExpression)] {
        var result: [(index: Int, left: PlanExpression, right: PlanExpression)] = []
        let slots = second.draft.available.elements
        for index in conditions(reading: slots)
        where conditions[index].isLast == isLast && first.waiting.contains(index)
            && second.waiting.contains(index)
        {
            guard case .predicate(let predicate) = conditions[index].content,
                case .binary(.equal, let left, let right) = predicate.kind
            else { continue }
            let (a, b) = (left.freeSlots, right.freeSlots)
            if a.isEmpty || b.isEmpty { continue }
            let (one, other) = (first.draft.available, second.draft.available)
            if a.isSubset(of: one) && b.isSubset(of: other) {
                result.append((index, left, right))
            } else if b.isSubset(of: one) && a.isSubset(of: other) {
                result.append((index, right, left))
            }
        }
        return result
    }

    /// What may fail is asked behind all else, but it has to be asked of all rows of `plan`.
    func laterCost(_ plan: PartialPlan, _ alone: PartialPlan) -> Double {
        let available = plan.draft.available
        return conditions(reading: alone.draft.available.elements).reduce(0) { cost, index in
            let condition = conditions[index]
            guard condition.isLast, plan.waiting.contains(index),
                condition.reads.isSubset(of: available)
            else { return cost }
            return cost + plan.draft.rows * condition.cost
        }
    }

    /// Brings together what stands and a component that no relationship ties to it.
    func combine(
        _ current: PartialPlan, _ component: Component, _ alone: PartialPlan
    ) -> PartialPlan {
        let options = planner.context.options
        var candidates = [
            (title: "CartesianProduct", plan: product(current, alone), weight: 1.0),
        ]
        if let joined = valueJoin(current, alone) {
            candidates.append(("HashJoin", joined, options.weight(.hashJoin)))
        }
        // Under an argument a seek runs with the batch, where a product would run row by row.
        let seeksAnyway = current.draft.hasArgument
        for slot in component.nodes.sorted() {
            for seek in seeks(slot, given: current.draft.available)
            where seeksAnyway || seek.draft.hasFreeReads {
                let start = correlated(current, seek)
                candidates.append(
                    (
                        seek.draft.source.kind.sourceTitle,
                        completed(start, component.relationships), options.weight(.seek)
                    ))
            }
        }
        for index in component.relationships {
            let others = component.relationships.filter { $0 != index }
            for seek in relationshipSeeks(index, given: current.draft.available)
            where seeksAnyway || seek.draft.hasFreeReads {
                let start = correlated(current, seek)
                candidates.append(
                    (
                        seek.draft.source.kind.sourceTitle, completed(start, others),
                        options.weight(.seek)
                    ))
            }
        }
        // Where the estimate is wrong look-ups cost a little more, what is read for a join all.
        if candidates.count > 2, candidates[1].title == "HashJoin" {
            candidates[1].weight *= CostModel.scanRegret
        }
        let costs = candidates.map { $0.plan.draft.cost * $0.weight + laterCost($0.plan, alone) }
        let best = costs.indices.min { costs[$0] < costs[$1] } ?? 0
        let chosen = candidates[best].plan
        if options.keepsTrace {
            chosen.draft.note(
                candidates.indices.filter { $0 != best }.map { index in
                    (candidates[index].title, candidates[index].plan.draft.cost)
                })
        }
        return chosen
    }

    /// With these relationships matched, too.
    private func completed(_ start: PartialPlan, _ relationships: [Int]) -> PartialPlan {
        if relationships.isEmpty { return start }
        return JoinSearch(self, relationships: relationships.sorted(), start: start).solve()
    }

    private func product(_ current: PartialPlan, _ alone: PartialPlan) -> PartialPlan {
        let rows = current.draft.rows * alone.draft.rows
        var sides = [current.draft, alone.draft]
        // The right side is held in memory.
        if sides[0].rows < sides[1].rows, mayBeRight(sides[0]) { sides.swapAt(0, 1) }
        var draft = PlanDraft(
            .cartesianProduct, sides, rows: rows,
            ownCost: rows * CostModel.productRow + sides[1].rows * CostModel.joinRow)
        if current.draft.writes {
            // A product reads its right input first, before the changes on the left are made.
            draft = PlanDraft(
                .apply(.inner, isPerRow: true), [current.draft, alone.draft], rows: rows,
                ownCost: current.draft.rows * (CostModel.applyRow + alone.draft.cost))
        }
        var result = PartialPlan(
            draft: draft,
            solved: current.solved.union(alone.solved),
            waiting: current.waiting.intersection(alone.waiting))
        addUniqueness(&result, current.solved, alone.solved)
        applyConditions(&result, isComplete: false)
        return result
    }

    /// A hash join on computed keys (`a.x = b.y`); nil when no equality ties the two.
    private func valueJoin(_ current: PartialPlan, _ alone: PartialPlan) -> PartialPlan? {
        if current.draft.writes { return nil }
        let pairs = equalities(current, alone)
        if pairs.isEmpty { return failingJoin(current, alone) }
        if current.draft.rows < alone.draft.rows, mayBeRight(current.draft) {
            let flipped = pairs.map { ($0.index, left: $0.right, right: $0.left) }
            return valueJoin(alone, current, flipped)
        }
        return valueJoin(current, alone, pairs)
    }

    private func valueJoin(
        _ probe: PartialPlan, _ build: PartialPlan,
        _ pairs: [(index: Int, left: PlanExpression, right: PlanExpression)]
    ) -> PartialPlan {
        var (probe, build) = (probe, build)
        var keys: [JoinKey] = []
        var rows = probe.draft.rows * build.draft.rows
        for pair in pairs {
            let column = planner.column(pair.right, &build.draft)
            keys.append(JoinKey(left: pair.left, right: column))
            rows *= conditions[pair.index].selectivity
            probe.waiting.remove(pair.index)
        }
        // Keys meet by equivalence, where NaN is NaN and null in a list is null; `=` has the last
        // word.
        let tests = keys.compactMap { key -> PlanExpression? in
            let column = planner.session.read(key.right)
            guard key.left.type.needsRecheck, column.type.needsRecheck else { return nil }
            return PlanExpression(.binary(.equal, key.left, column), type: .boolean)
        }
        var joined = hashJoin(probe, build, keys, rows: rows)
        if !tests.isEmpty {
            let input = joined.draft
            joined.draft = PlanDraft(
                .filter(tests), [input], rows: input.rows,
                ownCost: input.rows * CostModel.filterRow)
        }
        return joined
    }

    /// The same on a key that may fail: it does where the condition would, at a row that stands
    /// when there is a row to compare it with. So it is evaluated by the probing side alone, and
    /// nothing else may ask the pair first.
    private func failingJoin(_ current: PartialPlan, _ alone: PartialPlan) -> PartialPlan? {
        let (one, other) = (current.draft.available, alone.draft.available)
        let both = one.union(other)
        let isAsked = conditions.indices.contains { index in
            current.waiting.contains(index) && alone.waiting.contains(index)
                && !conditions[index].isLast && conditions[index].reads.isSubset(of: both)
        }
        if isAsked { return nil }
        for pair in equalities(current, alone, isLast: true) {
            guard case .predicate(let predicate) = conditions[pair.index].content,
                !planner.failure.isVolatile(predicate), !predicate.hasNestedPlan
            else { continue }
            if !planner.failure.mayFail(pair.right) { return valueJoin(current, alone, [pair]) }
            if !planner.failure.mayFail(pair.left), mayBeRight(current.draft) {
                let flipped = (pair.index, left: pair.right, right: pair.left)
                return valueJoin(alone, current, [flipped])
            }
        }
        return nil
    }

    /// Runs a seek for each row of `current`, batch by batch.
    func correlated(_ current: PartialPlan, _ seek: PartialPlan) -> PartialPlan {
        let rows = current.draft.rows * seek.draft.rows
        let isPerRow = seek.draft.needsOneRow
        let each = seek.draft.cost + (isPerRow ? CostModel.applyRow : 0)
        var result = PartialPlan(
            draft: PlanDraft(
                .apply(.inner, isPerRow: isPerRow), [current.draft, seek.draft], rows: rows,
                ownCost: CostModel.applyBatch + current.draft.rows * each),
            solved: current.solved.union(seek.solved),
            waiting: current.waiting.intersection(seek.waiting), proven: seek.proven)
        addUniqueness(&result, current.solved, seek.solved)
        applyConditions(&result, isComplete: false)
        return result
    }
}

extension OperatorKind {
    /// A way into the graph by its name, with the index that it reads.
    fileprivate var sourceTitle: String {
        if case .indexSeek(let seek) = self { return "\(title) \(seek.index.name)" }
        return title
    }
}

/// The cost of a breadth-first search from each of some nodes.
struct ReachCost {
    /// Steps from one node.
    var steps: Double
    /// The share of the graph that one search goes over.
    var overlap: Double

    /// Where searches overlap, 64 of them go together.
    func cost(_ rowsIn: Double, _ rowsOut: Double) -> Double {
        let together = max(1, min(rowsIn, 64) * overlap)
        return rowsIn * (CostModel.expandStart * 4 + steps * CostModel.reachStep / together)
            + rowsOut * CostModel.expandRow
    }
}
