// The operators of a plan, one case each.

import NQLPlan
import NQLSyntax
import NenCore

extension PlanCompiler {
    /// Nanoseconds for making an operator, by and large.
    private static let workUnits = 1_000

    /// The running form of an operator and all below it: down the left inputs by a loop, then up.
    ///
    /// - Parameters:
    ///   - feed: the outer rows, inside an apply or nested plan.
    ///   - canCount: whatever consumes the rows takes multiplicities.
    func compile(
        _ plan: PhysicalOperator, _ feed: ArgumentFeed?, canCount: Bool = false
    ) throws(NQLError) -> Operator {
        var spine = plan.spine
        // Groups that others have made need no input.
        if let source = spine.firstIndex(where: { shared[$0.id]?.groups != nil }) {
            spine.removeSubrange((source + 1)...)
        }
        var counts = [canCount]
        for (above, node) in zip(spine, spine.dropFirst()) {
            counts.append(above.leftCounts(counts[counts.count - 1], node))
        }
        var compiled: Operator?
        for (node, canCount) in zip(spine, counts).reversed() {
            try Interruption.spend(PlanCompiler.workUnits)
            let next = try make(node, feed, canCount, over: compiled)
            // `produceResults` has no operator of its own.
            if next.id == node.id { note(next) }
            compiled = next
        }
        guard let compiled else { preconditionFailure("a plan without operators") }
        return compiled
    }

    /// - Parameter left: the left input, compiled; nil for a leaf.
    private func make(
        _ plan: PhysicalOperator, _ feed: ArgumentFeed?, _ canCount: Bool, over left: Operator?
    ) throws(NQLError) -> Operator {
        let scope = scope(plan, feed)
        if let groups = shared[plan.id]?.groups { return GroupScan(scope, groups) }
        switch plan.kind {
        case .singleRow: return SingleRow(scope, inputs: [])
        case .storedCount(let count, let slot):
            return StoredCountOperator(scope, count, slot: slot)
        case .nodeScan, .relationshipScan, .weightAggregate, .weightScan:
            return try compileScan(plan, scope, feed)
        default: break
        }
        let input = left ?? ArgumentRows(scope, inputs: [])
        switch plan.kind {
        case .singleRow, .nodeScan, .relationshipScan, .storedCount, .weightAggregate, .weightScan,
            .argument, .produceResults:
            return input
        case .indexSeek, .entityByID, .loadCSV:
            return try compileLeaf(plan, scope, feed, input)
        case .filter, .project, .expand, .expandInto, .intersect, .projectEndpoints,
            .semiExpandInto, .variableLengthExpand, .shortestPath, .pathSearch, .unwind:
            return try compileRowWise(plan, scope, feed, canCount, input)
        case .aggregate, .distinct, .sort, .topK, .partialSort, .skip, .limit, .eager,
            .transactions:
            return try compileWhole(plan, scope, feed, input)
        case .hashJoin, .cartesianProduct, .apply, .unionAll:
            return try compileCombining(plan, scope, feed, input)
        case .create, .merge, .set, .delete, .foreach:
            return try compileUpdate(plan, scope, feed, input)
        case .procedureCall(let call):
            let expressions = expressions([input], feed)
            return ProcedureCall(
                scope, input, call, arguments: try expressions.compile(call.arguments))
        }
    }

    private func compileScan(
        _ plan: PhysicalOperator, _ scope: OperatorScope, _ feed: ArgumentFeed?
    ) throws(NQLError) -> Operator {
        switch plan.kind {
        case .nodeScan(let slot, let labels):
            if let labels, labels.isDynamic {
                let scan = NodeScan(scope, slot: slot, labels: nil)
                let test = PlanExpression(
                    .hasLabels(PlanExpression(.slot(slot), type: .node), labels),
                    type: .boolean)
                return Filter(scope, scan, [try expressions([scan], feed).compile(test)])
            }
            return NodeScan(scope, slot: slot, labels: labels)
        case .relationshipScan(let spec):
            let spec = withoutProvenLabels(spec, plan)
            return try dynamicLabels(spec, scope, feed) { (plain) throws(NQLError) in
                RelationshipScan(scope, plain)
            }
        case .weightAggregate(let program):
            return WeightAggregate(scope, program, self, threads: plan.execution.threads)
        case .weightScan(let program):
            return WeightScan(scope, program, self, threads: plan.execution.threads)
        default: preconditionFailure("operator \(plan.id) is no scan")
        }
    }

    private func compileLeaf(
        _ plan: PhysicalOperator, _ scope: OperatorScope, _ feed: ArgumentFeed?,
        _ input: Operator
    ) throws(NQLError) -> Operator {
        switch plan.kind {
        case .entityByID(let seek):
            return EntityByID(scope, input, seek, try expressions(feed).compile(seek.value))
        case .indexSeek(let seek):
            return try IndexSeekOperator(scope, input, seek, expressions(feed))
        case .loadCSV(let spec):
            return LoadCSV(
                scope, input, spec,
                source: try expressions([input], feed).compile(spec.source))
        default: preconditionFailure("operator \(plan.id) is no leaf")
        }
    }

    /// A step whose labels are computed gets a filter behind it.
    private func dynamicLabels(
        _ spec: ExpandSpec, _ scope: OperatorScope, _ feed: ArgumentFeed?,
        _ make: (ExpandSpec) throws(NQLError) -> Operator
    ) throws(NQLError) -> Operator {
        var plain = spec
        var tests: [PlanExpression] = []
        for (slot, part) in [(spec.from, \ExpandSpec.fromLabels), (spec.to, \.toLabels)] {
            guard let labels = spec[keyPath: part], labels.isDynamic else { continue }
            plain[keyPath: part] = nil
            let node = PlanExpression(.slot(slot), type: .node)
            tests.append(PlanExpression(.hasLabels(node, labels), type: .boolean))
        }
        let step = try make(plain)
        if tests.isEmpty { return step }
        return Filter(scope, step, try expressions([step], feed).compile(tests))
    }

    private func filter(
        _ plan: PhysicalOperator, _ predicates: [PlanExpression], _ scope: OperatorScope,
        _ feed: ArgumentFeed?, _ input: Operator
    ) throws(NQLError) -> Operator {
        let failure = FailureModel(functions: functions)
        var (gates, others) = ([PlanExpression](), predicates)
        if plan.execution.mayLeaveLeft {
            let isGate = { (predicate: PlanExpression) in
                predicate.type == .boolean && predicate.freeSlots.isEmpty
                    && !failure.mayFail(predicate) && !failure.isVolatile(predicate)
            }
            gates = predicates.filter(isGate)
            others.removeAll(where: isGate)
        }
        let compiler = expressions([input], feed)
        return Filter(
            scope, input, gates: try compiler.compile(gates), try compiler.compile(others))
    }

    private func compileRowWise(
        _ plan: PhysicalOperator, _ scope: OperatorScope, _ feed: ArgumentFeed?,
        _ canCount: Bool, _ input: Operator
    ) throws(NQLError) -> Operator {
        switch plan.kind {
        case .filter(let predicates):
            return try filter(plan, predicates, scope, feed, input)
        case .project(let assignments):
            return Project(scope, input, try compile(assignments, [input], feed))
        case .expand(let spec):
            let proven = withoutProvenLabels(spec, plan)
            return try dynamicLabels(proven, scope, feed) {
                Expand(scope, input, $0, canCount: canCount)
            }
        case .expandInto(let spec):
            return try dynamicLabels(spec, scope, feed) { (plain) throws(NQLError) in
                ExpandInto(scope, input, plain)
            }
        case .intersect(let spec):
            return Intersect(
                scope, input, withoutProvenLabels(spec, plan), canCount: canCount)
        case .projectEndpoints(let spec):
            return try dynamicLabels(spec, scope, feed) { (plain) throws(NQLError) in
                ProjectEndpoints(scope, input, plain)
            }
        case .semiExpandInto(let spec, let isAnti):
            return SemiExpandInto(scope, input, spec, isAnti: isAnti)
        case .variableLengthExpand(let spec):
            let walker = try walker(spec, isReversed: spec.isReversed, input, feed)
            let other = try self.walker(spec, isReversed: !spec.isReversed, input, feed)
            // Where no path is put together, its end is best asked of many rows at once.
            let isBare = spec.reach == nil && spec.step.relationship == nil
                && spec.body?.groups.isEmpty ?? true
            let condition = isBare ? nil : try endCondition(spec, input, feed)
            return try dynamicLabels(spec.step, scope, feed) { (step) throws(NQLError) in
                var plain = spec
                plain.step = step
                if spec.reach != nil {
                    return Reach(
                        scope, input, plain, forward: walker, backward: other,
                        endCondition: condition)
                }
                let expand = RepeatExpand(
                    scope, input, plain, walker, backward: other, endCondition: condition)
                if condition != nil || spec.endPredicates.isEmpty { return expand }
                return Filter(
                    scope, expand, try expressions([expand], feed).compile(spec.endPredicates))
            }
        case .shortestPath(let spec):
            let isReversed = spec.expand.isReversed
            return ShortestPath(
                scope, input, spec,
                forward: try walker(spec.expand, isReversed: isReversed, input, feed),
                backward: try walker(spec.expand, isReversed: !isReversed, input, feed))
        case .pathSearch(let spec):
            return try PathSearch(scope, input, spec, expressions([input], feed))
        case .unwind(let list, let element):
            let expressions = expressions([input], feed)
            if case .call("range", let bounds) = list.kind, [2, 3].contains(bounds.count) {
                return UnwindRange(
                    scope, input, bounds: try expressions.compile(bounds), element: element,
                    span: list.span)
            }
            return Unwind(
                scope, input, list: try expressions.compile(list), element: element)
        default: preconditionFailure("operator \(plan.id) does not work row by row")
        }
    }

    /// The steps of a relationship of variable length or quantified path.
    private func walker(
        _ spec: VariableLengthSpec, isReversed: Bool, _ input: Operator, _ feed: ArgumentFeed?
    ) throws(NQLError) -> PathWalker {
        try PathWalker(
            [spec.piece], [], isReversed: isReversed, differentFrom: spec.step.differentFrom,
            isConditional: false, expressions([input], feed), slotCount: slotCount)
    }

    /// The condition on the end of a pattern of variable length.
    private func endCondition(
        _ spec: VariableLengthSpec, _ input: Operator, _ feed: ArgumentFeed?
    ) throws(NQLError) -> Evaluator? {
        guard let first = spec.endPredicates.first else { return nil }
        let whole = spec.endPredicates.dropFirst().reduce(first) {
            PlanExpression(.binary(.and, $0, $1), type: .boolean)
        }
        var inner = expressions([input], feed)
        if !inner.available.contains(spec.step.to) { inner.available.append(spec.step.to) }
        return try inner.compile(whole)
    }

    /// Compiled assignments.
    func compile(
        _ assignments: [SlotAssignment], _ inputs: [Operator], _ feed: ArgumentFeed?
    ) throws(NQLError) -> [(slot: Slot, evaluator: Evaluator)] {
        let expressions = expressions(inputs, feed)
        var result: [(slot: Slot, evaluator: Evaluator)] = []
        for assignment in assignments {
            result.append((assignment.slot, try expressions.compile(assignment.expression)))
        }
        return result
    }

    private func compileWhole(
        _ plan: PhysicalOperator, _ scope: OperatorScope, _ feed: ArgumentFeed?,
        _ input: Operator
    ) throws(NQLError) -> Operator {
        switch plan.kind {
        case .aggregate(let keys, let aggregates):
            return try aggregate(plan, keys, aggregates, scope, feed, input)
        case .distinct(let slots):
            let keys = slots.map {
                SlotAssignment(slot: $0, expression: PlanExpression(.slot($0), type: .any))
            }
            if let pipeline = Pipeline(into: plan, self) {
                // On several threads it is a grouping without aggregates.
                return try aggregate(plan, keys, [], scope, feed, input, pipeline)
            }
            return Distinct(
                scope, input, slots: slots,
                try AggregatePart(keys, [], self, over: input, feed),
                directCapacity: directCapacity(plan))
        case .sort(let keys): return Sort(scope, input, keys, Pipeline(into: plan, self))
        case .partialSort(let keys, let sorted):
            return PartialSort(scope, input, keys, sorted: sorted)
        case .topK(let keys, let count):
            return TopK(
                scope, input, keys, count: try rowCount(count, "LIMIT", feed),
                Pipeline(into: plan, self))
        case .skip(let count):
            return Skip(scope, input, try rowCount(count, "SKIP", feed))
        case .limit(let count):
            return Limit(
                scope, input, try rowCount(count, "LIMIT", feed),
                drainsInput: plan.inputs[0].writes)
        case .eager, .transactions: return Eager(scope, input)
        default: preconditionFailure("operator \(plan.id) does not read its whole input")
        }
    }

    private func aggregate(
        _ plan: PhysicalOperator, _ keys: [SlotAssignment], _ aggregates: [AggregateCall],
        _ scope: OperatorScope, _ feed: ArgumentFeed?, _ input: Operator,
        _ pipeline: Pipeline? = nil
    ) throws(NQLError) -> Operator {
        let part = try AggregatePart(keys, aggregates, self, over: input, feed)
        return try Aggregate(
            scope, input, keys, aggregates, part, directCapacity: directCapacity(plan),
            pipeline ?? Pipeline(into: plan, self))
    }

    func compile(
        _ aggregates: [AggregateCall], _ inputs: [Operator], _ feed: ArgumentFeed?
    ) throws(NQLError) -> [AggregateExpression] {
        let expressions = expressions(inputs, feed)
        var result: [AggregateExpression] = []
        for call in aggregates {
            result.append(
                AggregateExpression(
                    slot: call.slot, function: call.function,
                    arguments: try expressions.compile(call.arguments),
                    isDistinct: call.isDistinct, span: call.span))
        }
        return result
    }

    /// Judges SKIP and LIMIT before the first row: an operator that gets no rows, or that the
    /// optimizer left out, would not.
    func checkRowCounts(_ counts: [RowCountCheck]) throws(NQLError) {
        if counts.isEmpty { return }
        let batch = Batch(slotCount: slotCount)
        for count in try rowCounts(counts) { _ = try count.value(context, batch) }
    }

    /// Those of SKIP and LIMIT that can be judged before the first row.
    func rowCounts(_ counts: [RowCountCheck]) throws(NQLError) -> [RowCountExpression] {
        var result: [RowCountExpression] = []
        for count in counts where count.expression.readsOnly(outside: []) {
            result.append(try rowCount(count.expression, count.clause, nil))
        }
        return result
    }

    private func rowCount(
        _ expression: PlanExpression, _ clause: String, _ feed: ArgumentFeed?
    ) throws(NQLError) -> RowCountExpression {
        RowCountExpression(evaluator: try expressions(feed).compile(expression), clause: clause)
    }

    private func compileCombining(
        _ plan: PhysicalOperator, _ scope: OperatorScope, _ feed: ArgumentFeed?,
        _ input: Operator
    ) throws(NQLError) -> Operator {
        switch plan.kind {
        case .hashJoin(let kind, let keys):
            let leftKeys = try expressions([input], feed).compile(keys.map(\.left))
            if case .join(let table) = shared[plan.id] {
                return HashJoin(
                    scope, input, kind, leftKeys: leftKeys, built: table,
                    mayLeaveLeft: plan.execution.mayLeaveLeft)
            }
            return HashJoin(
                scope, input, try compile(plan.inputs[1], feed), kind, leftKeys: leftKeys,
                rightKeys: keys.map(\.right), directCapacity: directCapacity(plan),
                mayLeaveLeft: plan.execution.mayLeaveLeft,
                Pipeline(into: plan, input: 1, self))
        case .cartesianProduct:
            if case .rows(let rows) = shared[plan.id] {
                return CartesianProduct(
                    scope, input, built: rows, mayLeaveLeft: plan.execution.mayLeaveLeft)
            }
            return CartesianProduct(
                scope, input, try compile(plan.inputs[1], feed),
                mayLeaveLeft: plan.execution.mayLeaveLeft,
                Pipeline(into: plan, input: 1, self))
        case .apply(let kind, let isPerRow):
            let right = try subplan(
                plan.inputs[1], left: input.live, outer: feed, isPerRow: isPerRow,
                canCount: kind.onlyCountsRight)
            return Apply(scope, input, right, kind)
        case .unionAll(let targets, let sources):
            var inputs = [input]
            for right in plan.inputs.dropFirst() { inputs.append(try compile(right, feed)) }
            return UnionAll(scope, inputs: inputs, targets: targets, sources: sources)
        default: preconditionFailure("operator \(plan.id) has one input")
        }
    }
}

extension SharedInput {
    /// The groups, when it is groups.
    fileprivate var groups: AggregateGroups? {
        if case .groups(let groups) = self { return groups }
        return nil
    }
}

extension ApplyKind {
    /// Whether the right side's rows are counted, not looked at.
    fileprivate var onlyCountsRight: Bool {
        switch self {
        case .semi, .anti, .mark, .count: true
        case .inner, .optional, .collect, .effect: false
        }
    }
}

extension PhysicalOperator {
    /// Whether this operator takes multiplicities from its left input `left`.
    func leftCounts(_ canCount: Bool, _ left: PhysicalOperator) -> Bool {
        switch kind {
        case .filter, .project, .expand, .expandInto, .intersect, .semiExpandInto: canCount
        case .aggregate, .distinct: true
        case .hashJoin(.semi, _), .hashJoin(.anti, _): canCount && !left.writes
        case .apply(let kind, _): canCount && kind.onlyCountsRight
        default: false
        }
    }
}
