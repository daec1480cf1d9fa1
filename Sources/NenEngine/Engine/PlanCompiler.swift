// PlanCompiler: a physical plan → running operators. One compiler per worker: every worker has its
// own operators, evaluators and tables over the same snapshot.

import NQLPlan
import NQLSyntax
import NenCore

/// Compiles plans for one worker.
final class PlanCompiler {
    let context: ExecutionContext
    let functions: FunctionTable
    /// Constants and parameters; lives as long as the plan.
    let constants: Arena
    let builder: CellBuilder
    /// Slots of the plan and hidden ones behind them.
    let slotCount: Int
    private let planSlotCount: Int
    private let parameters: [String: Value]
    private(set) var parameterVectors: [String: Vector] = [:]
    /// Expressions hold plans of their own, some of which keep what they have found.
    private(set) var hasNestedPlans = false
    /// Everything compiled so far, subplans included; for PROFILE.
    private(set) var operators: [Operator] = []
    /// What `readsGraph` has found, by number.
    private var graphReaders: [Int: Bool] = [:]
    /// Batch feeds around the operator being compiled.
    private var batchDepth = 0

    /// Hidden columns of nested batch feeds; deeper ones run row by row.
    private static let batchDepthMax = 16

    init(
        slotCount: Int, parameters: [String: Value], functions: FunctionTable,
        _ context: ExecutionContext
    ) {
        self.context = context
        self.functions = functions
        self.parameters = parameters
        planSlotCount = slotCount
        self.slotCount = slotCount + PlanCompiler.batchDepthMax
        constants = Arena(pool: context.pool)
        builder = CellBuilder(arena: constants, base: context.base)
    }

    /// A compiler for another worker that reads the same graph.
    func workerCopy() -> PlanCompiler {
        PlanCompiler(
            slotCount: planSlotCount, parameters: parameters, functions: functions,
            context.workerCopy())
    }

    /// The value of a parameter.
    ///
    /// - Throws: `ParameterMissing(MissingParameter)`.
    func parameter(_ name: String, _ span: SourceSpan) throws(NQLError) -> Vector {
        if let known = parameterVectors[name] { return known }
        guard let value = parameters[name] else {
            throw NQLError(
                .parameterMissing, "MissingParameter", phase: .compile,
                "The parameter $\(name) has no value.", span: span)
        }
        let vector = try constants.constant(try builder.cell(value))
        parameterVectors[name] = vector
        return vector
    }

    func note(_ compiled: Operator) { operators.append(compiled) }

    /// What operator `plan` is made with.
    func scope(_ plan: PhysicalOperator, _ feed: ArgumentFeed?) -> OperatorScope {
        var live = plan.output
        if let feed, !feed.isPerRow {
            live = live.joined(feed.slots)
            if let slot = feed.positionSlot { live.append(slot) }
        }
        return OperatorScope(
            id: plan.id, live: live, context: context, slotCount: slotCount, feed: feed)
    }

    /// The compiler for expressions over the rows of `inputs`.
    func expressions(_ inputs: [Operator], _ feed: ArgumentFeed?) -> ExpressionCompiler {
        let available = inputs.flatMap(\.live).joined(feed?.slots ?? [])
        return ExpressionCompiler(plan: self, available: available, feed: feed)
    }

    /// The compiler for expressions of a leaf, over the outer rows only.
    func expressions(_ feed: ArgumentFeed?) -> ExpressionCompiler { expressions([], feed) }

    /// A right side: compiled under a feed of the left side's rows.
    ///
    /// - Parameters:
    ///   - left: slots of the outer rows.
    ///   - isPerRow: must run row by row.
    func subplan(
        _ plan: PhysicalOperator, left: [Slot], outer: ArgumentFeed?, isPerRow: Bool,
        canCount: Bool
    ) throws(NQLError) -> Subplan {
        let slots = left.joined(outer?.slots ?? [])
        let isBatch = !isPerRow && batchDepth < PlanCompiler.batchDepthMax
            && plan.isRowWise
        let position = isBatch ? planSlotCount + batchDepth : nil
        let feed = ArgumentFeed(
            isPerRow: !isBatch, slots: slots, positionSlot: position, slotCount: slotCount)
        if isBatch { batchDepth += 1 }
        defer { if isBatch { batchDepth -= 1 } }
        let root = try compile(plan, feed, canCount: canCount)
        return Subplan(feed: feed, root: root, context)
    }

    /// A plan inside an expression.
    func nested(
        _ plan: NestedPlan, _ expressions: ExpressionCompiler, _ span: SourceSpan
    ) throws(NQLError) -> Evaluator {
        hasNestedPlans = true
        var canCount = true
        if case .collect = plan.kind { canCount = false }
        let isUncorrelated = plan.root.freeSlots.isEmpty && !plan.subquery.isVolatile
        let subplan = try subplan(
            plan.root, left: expressions.available, outer: expressions.feed,
            isPerRow: isUncorrelated, canCount: canCount)
        let evaluation = NestedPlanEvaluation(subplan, plan.kind, span: span)
        return isUncorrelated ? UncorrelatedPlanEvaluation(evaluation, context) : evaluation
    }

    /// A step without the labels of its nodes where the plan has them proven.
    func withoutProvenLabels(_ spec: ExpandSpec, _ plan: PhysicalOperator) -> ExpandSpec {
        var result = spec
        if plan.execution.provesLabels { (result.fromLabels, result.toLabels) = (nil, nil) }
        return result
    }

    /// An intersection without labels where the plan has them proven.
    func withoutProvenLabels(_ spec: IntersectSpec, _ plan: PhysicalOperator) -> IntersectSpec {
        var result = spec
        if plan.execution.provesLabels { result.labels = nil }
        return result
    }

    /// Whether the exact statistics prove that every relationship of the types (empty: of all)
    /// leads, walked in the direction, to a node with the labels.
    func alwaysLeads(
        to labels: PlanLabels, types names: [String], _ direction: PatternDirection
    ) -> Bool {
        if labels.isDynamic { return false }
        let graph = context.graph
        let test = LabelTest(labels)
        return graph.statistics.endsAreAccepted(
            types: names.isEmpty ? nil : Set(names.compactMap { graph.catalog.type($0) }),
            targets: direction != .incoming, sources: direction != .outgoing
        ) { test.accepts(labelSet: $0, graph) }
    }

    /// Whether a plan reads the graph, so that an update above it must not start before it has
    /// ended.
    func readsGraph(_ plan: PhysicalOperator) -> Bool {
        var below = plan
        while true {
            if let known = graphReaders[below.id] ?? below.readsGraphItself {
                graphReaders[plan.id] = known
                return known
            }
            below = below.inputs[0]
        }
    }

    /// Node numbers below which entries stand in an array addressed by node; 0: in a hash table.
    func directCapacity(_ plan: PhysicalOperator) -> Int {
        plan.execution.isNodeAddressed ? context.graph.nodeChunkCount &<< 11 : 0
    }
}

extension PhysicalOperator {
    /// Whether every row comes from one row of the `argument`, so that many outer rows may run
    /// together.
    var isRowWise: Bool {
        for node in spine {
            guard node.worksRowWise else { return false }
            switch node.kind {
            case .apply, .unionAll:
                if !node.inputs.dropFirst().allSatisfy(\.isRowWise) { return false }
            default: break
            }
        }
        return true
    }

    /// Whether each row that comes out comes from one that goes in; inputs are not asked.
    private var worksRowWise: Bool {
        switch kind {
        case .singleRow, .aggregate, .distinct, .sort, .topK, .partialSort, .skip, .limit, .eager,
            .transactions, .hashJoin, .cartesianProduct, .create, .merge, .set, .delete, .foreach,
            .procedureCall, .loadCSV, .storedCount, .weightAggregate, .weightScan, .produceResults,
            .nodeScan, .relationshipScan:
            false
        case .argument, .indexSeek, .entityByID, .filter, .project, .expand, .expandInto,
            .intersect, .projectEndpoints, .semiExpandInto, .variableLengthExpand, .shortestPath,
            .pathSearch, .unwind, .unionAll:
            true
        case .apply(_, let isPerRow): !isPerRow
        }
    }

    /// Whether this operator reads the graph; nil when that is for its left input to say.
    fileprivate var readsGraphItself: Bool? {
        switch kind {
        case .singleRow, .argument, .loadCSV: return false
        case .unwind, .skip, .limit, .eager, .transactions, .create:
            return inputs.isEmpty ? false : nil
        case .project(let assignments):
            return assignments.contains { $0.expression.readsGraph } ? true : nil
        default: return true
        }
    }
}

extension PlanExpression {
    /// Whether the value may depend on the graph's content (a property of a map does not).
    var readsGraph: Bool {
        switch kind {
        case .constant, .parameter, .slot: return false
        case .property(let base, _): return base.type != .map || base.readsGraph
        case .list(let items): return items.contains(where: \.readsGraph)
        case .map(_, let values): return values.contains(where: \.readsGraph)
        case .not(let operand), .negate(let operand), .plus(let operand),
            .isNull(let operand, _):
            return operand.readsGraph
        case .binary(_, let left, let right): return left.readsGraph || right.readsGraph
        default: return true
        }
    }

    /// Slots that stand in the expression outside nested plans; nil when it holds one.
    func readsOnly(outside created: Set<Slot>) -> Bool {
        switch kind {
        case .constant, .parameter: return true
        case .slot(let slot): return !created.contains(slot)
        case .property(let base, _): return base.readsOnly(outside: created)
        case .list(let items): return items.allSatisfy { $0.readsOnly(outside: created) }
        case .map(_, let values): return values.allSatisfy { $0.readsOnly(outside: created) }
        case .call(_, let items): return items.allSatisfy { $0.readsOnly(outside: created) }
        case .not(let operand), .negate(let operand), .plus(let operand),
            .isNull(let operand, _):
            return operand.readsOnly(outside: created)
        case .binary(_, let left, let right):
            return left.readsOnly(outside: created) && right.readsOnly(outside: created)
        case .subscripted(let base, let index):
            return base.readsOnly(outside: created) && index.readsOnly(outside: created)
        default: return false
        }
    }
}

extension [Slot] {
    /// This list and behind it what only `others` has.
    func joined(_ others: [Slot]) -> [Slot] {
        if others.isEmpty { return self }
        if count < 16, others.count < 16 {
            var all = self
            for slot in others where !all.contains(slot) { all.append(slot) }
            return all
        }
        var known = Set(self)
        return self + others.filter { known.insert($0).inserted }
    }
}
