// PhysicalPlanner+HashSubqueries: EXISTS, NOT EXISTS and OPTIONAL MATCH over a pattern that only
// equalities and common nodes tie to the row around it need not run for each row: the pattern is
// matched once, and a hash join on the compared values finds the rows that have a partner.
//
// Before: SemiApply(Filter(b.v = a.v) ─ NodeScan(b))    After: SemiHashJoin a.v = b.v
// Before: OptionalApply(Filter(m.v > 9) ─ Expand(a, m))
// After:  LeftOuterHashJoin a ─ Expand(m, a) ─ Filter(m.v > 9) ─ NodeScan(m)

import NQLPlan
import NQLSyntax
import NenCore

extension PhysicalPlanner {
    /// A pattern without what ties it to the row around it, and the values that must be equal.
    private struct Detached {
        var graph: QueryGraph
        var keys: [(outer: PlanExpression, inner: PlanExpression)] = []
        /// Nodes that the rows around have as well: both sides find them, and meet in them.
        var common: [Slot] = []
    }

    /// Rule `hash-subqueries`: the join in the place of `applied`, where it is cheaper. A pattern
    /// that begins at the row's nodes is matched on its own only where that is much cheaper: where
    /// the estimate is wrong, the rows cost what they lead to, the whole pattern all.
    func hashed(_ applied: PlanDraft, _ kind: ApplyKind, _ right: LogicalPlan) -> PlanDraft {
        guard let (join, hasCommon) = hashSubquery(kind, applied.inputs[0], right, applied.rows)
        else { return applied }
        let weight = context.options.weight(.hashJoin)
        return cheaper(join, hasCommon ? weight * CostModel.scanRegret : weight, than: applied)
    }

    /// The join, and whether it is one by common nodes; nil when there is none. `rows`: what comes
    /// out.
    private func hashSubquery(
        _ kind: ApplyKind, _ left: PlanDraft, _ right: LogicalPlan, _ rows: Double
    ) -> (join: PlanDraft, hasCommon: Bool)? {
        let join: JoinKind
        switch kind {
        case .semi: join = .semi
        case .anti: join = .anti
        case .optional: join = .leftOuter
        default: return nil
        }
        guard session.isEnabled("hash-subqueries"), !left.hasArgument, !left.writes,
            let detached = detached(right, from: left.available)
        else { return nil }
        let alone = LogicalPlan(.match(detached.graph), [.unit])
        var build = facts.settingAside(detached.common) { lower(alone, argumentRows: 1) }
        var keys = detached.common.map { JoinKey(left: session.read($0), right: $0) }
        for (outer, inner) in detached.keys {
            keys.append(JoinKey(left: comparable(outer), right: column(inner, &build)))
        }
        let pairs = max(0, rows - left.rows)
        let draft = PlanDraft(
            .hashJoin(join, keys: keys), [left, build], rows: rows,
            ownCost: CostModel.hashJoin(probe: left.rows, build: build.rows, rows: pairs))
        return (draft, !detached.common.isEmpty)
    }

    /// Whether `hashed` finds a join for rows with the slots `available` that have no node in
    /// common with the pattern, so that it is hardly ever cheaper to match it for each row.
    func isHashable(_ kind: ApplyKind, _ right: LogicalPlan, _ available: BitSet) -> Bool {
        guard session.isEnabled("hash-subqueries") else { return false }
        switch kind {
        case .semi, .anti, .optional:
            return detached(right, from: available)?.common.isEmpty == true
        default: return false
        }
    }

    private func detached(_ right: LogicalPlan, from outer: BitSet) -> Detached? {
        guard case .match(let graph) = right.kind, case .argument = right.inputs[0].kind,
            graph.boundRelationships.isEmpty,
            !graph.relationships.contains(where: { !$0.innerReads.isEmpty }),
            !graph.nodes.contains(where: { $0.labels.contains(where: \.isDynamic) })
        else { return nil }
        var detached = Detached(graph: graph)
        detached.graph.predicates = []
        detached.common = graph.patternSlots.filter(outer.contains).sorted()
        // Slots of the row around that the pattern alone does not have.
        var outer = outer
        outer.subtract(detached.common)
        guard detached.common.allSatisfy(graph.hasNode) else { return nil }
        for slot in detached.common {
            detached.graph.addNode(slot, labels: facts.labels(of: slot).filter { !$0.isDynamic })
        }
        var mayFail = false
        for predicate in graph.predicates {
            // What differs from call to call must be asked for each row.
            if failure.isVolatile(predicate) || predicate.hasNestedPlan { return nil }
            if predicate.freeSlots.isDisjoint(with: outer) {
                if failure.mayFail(predicate) { return nil }
                detached.graph.predicates.append(predicate)
                continue
            }
            guard case .binary(.equal, let first, let second) = predicate.kind else { return nil }
            let isFirstOuter = !first.freeSlots.isDisjoint(with: outer)
            let (mine, theirs) = isFirstOuter ? (second, first) : (first, second)
            guard mine.freeSlots.isDisjoint(with: outer), !mine.freeSlots.isEmpty,
                theirs.freeSlots.isSubset(of: outer)
            else { return nil }
            // The key of a row fails where there is anything to compare it with, as the condition
            // would; one behind others would be asked too early.
            if failure.mayFail(mine) { return nil }
            mayFail = mayFail || failure.mayFail(theirs)
            detached.keys.append((theirs, mine))
        }
        let count = detached.keys.count + detached.common.count
        return count == 0 || (mayFail && count > 1) ? nil : detached
    }

    /// Keys meet by equivalence, for which NaN is NaN; a value that does not equal itself equals
    /// none, and becomes null, which meets nothing.
    private func comparable(_ expression: PlanExpression) -> PlanExpression {
        guard expression.type.needsRecheck else { return expression }
        let equalsItself = PlanExpression(
            .binary(.equal, expression, expression), type: .boolean)
        return PlanExpression(
            .caseWhen(
                operand: nil,
                branches: [PlanCaseBranch(conditions: [equalsItself], result: expression)],
                otherwise: nil), type: expression.type)
    }

    /// The slot that has `expression`; it is projected when it is not one already.
    func column(_ expression: PlanExpression, _ draft: inout PlanDraft) -> Slot {
        if let slot = expression.plainSlot { return slot }
        let slot = session.hiddenSlot(expression.type)
        draft = PlanDraft(
            .project([SlotAssignment(slot: slot, expression: expression)]), [draft],
            rows: draft.rows, ownCost: draft.rows * CostModel.projectRow)
        return slot
    }
}
