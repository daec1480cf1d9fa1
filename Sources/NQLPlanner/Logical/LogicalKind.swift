// LogicalKind: the algebra of what a statement means, apart from how it is run: no scan, no
// expand, no hash table, no top-k. Patterns are query graphs as wholes; `PhysicalPlanner` alone
// turns this into operators.

import NQLPlan
import NenCore

/// One step of a logical plan. Where a comment says *right*, it has a second input.
enum LogicalKind: Sendable {
    // Leaves
    /// One row without columns.
    case unit
    /// The row or rows of the enclosing apply; these slots are bound in them.
    case argument(BitSet)
    /// No row, with these slots.
    case empty(BitSet)

    // Row by row
    /// Binds the graph's variables for each row of the input.
    case match(QueryGraph)
    case filter([PlanExpression])
    case project([SlotAssignment])
    case unwind(list: PlanExpression, element: Slot)
    case call(ProcedureInvocation)
    case loadCSV(LoadCSVSpec)

    // The rows as a whole
    case aggregate(keys: [SlotAssignment], aggregates: [AggregateCall])
    case distinct([Slot])
    case order([SortKey])
    /// All rows but the first `skip`, and of these `limit` at most.
    case slice(skip: PlanExpression?, limit: PlanExpression?)
    /// Everything below has happened before the first row is seen above.
    case barrier
    /// Rows come so many at a time, each lot for a transaction of its own; the rules as text.
    case batches(String)

    // Several inputs
    /// The right side for the rows of the left one: inner, semi, anti, left outer, … With
    /// `isPerRow` it must see one row at a time: it slices, orders, aggregates or writes.
    case apply(ApplyKind, isPerRow: Bool)
    /// All rows of all inputs; `sources[i][j]` of input i becomes `targets[j]`.
    case unionAll(targets: [Slot], sources: [[Slot]])

    // Others
    /// A blocking one reads its whole input before its first change and hands out rows after its
    /// last.
    case update(LogicalUpdate, isBlocking: Bool)
    /// The columns that the statement returns.
    case results([ResultColumn])
}

/// A change of the graph.
enum LogicalUpdate: Sendable {
    case create(CreateSpec)
    /// Right matches the pattern for one row.
    case merge(MergeSpec)
    case set([SetOperation])
    case delete([PlanExpression], detach: Bool)
    /// Right is the body; it runs for each element.
    case foreach(list: PlanExpression, element: Slot)
}

extension LogicalKind {
    /// The same step with each of its expressions replaced.
    func mapExpressions(_ map: (PlanExpression) -> PlanExpression) -> LogicalKind {
        func mapped(_ items: [SlotAssignment]) -> [SlotAssignment] {
            items.map { SlotAssignment(slot: $0.slot, expression: map($0.expression)) }
        }
        switch self {
        case .unit, .argument, .empty, .distinct, .order, .barrier, .batches, .apply, .unionAll,
            .results:
            return self
        case .match(let graph): return .match(graph.mapExpressions(map))
        case .filter(let predicates): return .filter(predicates.map(map))
        case .project(let items): return .project(mapped(items))
        case .unwind(let list, let element): return .unwind(list: map(list), element: element)
        case .call(var call):
            call.arguments = call.arguments.map(map)
            return .call(call)
        case .loadCSV(var spec):
            spec.source = map(spec.source)
            return .loadCSV(spec)
        case .aggregate(let keys, let aggregates):
            return .aggregate(
                keys: mapped(keys),
                aggregates: aggregates.map { call in
                    var copy = call
                    copy.arguments = call.arguments.map(map)
                    return copy
                })
        case .slice(let skip, let limit): return .slice(skip: skip.map(map), limit: limit.map(map))
        case .update(let update, let isBlocking):
            return .update(update.mapExpressions(map), isBlocking: isBlocking)
        }
    }

    /// Every expression of this step.
    func forEachExpression(_ visit: (PlanExpression) -> Void) {
        _ = mapExpressions { expression in
            visit(expression)
            return expression
        }
    }

    /// Slots this step reads from its left input. What it reads of right inputs, and what they read
    /// of the row around them, is not counted.
    var reads: Set<Slot> {
        if case .match(let graph) = self { return graph.predicateSlots.union(graph.patternSlots) }
        var slots: Set<Slot> = []
        forEachExpression { $0.collectFreeSlots(into: &slots) }
        switch self {
        case .distinct(let distinct): slots.formUnion(distinct)
        case .order(let keys): slots.formUnion(keys.map(\.slot))
        case .results(let columns): slots.formUnion(columns.map(\.slot))
        case .update(.create(let spec), _):
            slots.formUnion(spec.endSlots)
            slots.subtract(spec.createdSlots)
        case .update(.merge(let spec), _):
            slots.formUnion(spec.create.endSlots)
            slots.subtract(spec.create.createdSlots)
        default: break
        }
        return slots
    }

    /// Slots that are bound behind this step and were not before (right inputs not counted).
    var produced: Set<Slot> {
        switch self {
        case .match(let graph): graph.patternSlots
        case .project(let items): Set(items.map(\.slot))
        case .unwind(_, let element): [element]
        case .call(let call): Set(call.yields.map(\.slot))
        case .loadCSV(let spec): [spec.slot, spec.fileSlot, spec.lineSlot]
        case .aggregate(let keys, let aggregates):
            Set(keys.map(\.slot) + aggregates.map(\.slot))
        case .unionAll(let targets, _): Set(targets)
        case .update(.create(let spec), _): Set(spec.createdSlots)
        case .update(.merge(let spec), _): Set(spec.create.createdSlots)
        case .apply(.mark(let slot), _), .apply(.count(let slot), _),
            .apply(.collect(let slot, _), _):
            [slot]
        case .unit, .argument, .empty, .filter, .distinct, .order, .slice, .barrier, .batches,
            .apply, .update, .results:
            []
        }
    }

    /// Whether slots of the right input are bound behind this step.
    var exposesRight: Bool {
        switch self {
        case .apply(.inner, _), .apply(.optional, _): true
        default: false
        }
    }

    /// Whether the step changes the graph itself.
    var isUpdate: Bool {
        if case .update = self { return true }
        return false
    }

    /// Semi-join or anti-join by apply.
    var isSemiApply: Bool {
        switch self {
        case .apply(.semi, _), .apply(.anti, _): true
        default: false
        }
    }

    /// How many inputs a step of this kind may have.
    var inputCounts: ClosedRange<Int> {
        switch self {
        case .unit, .argument, .empty: 0...0
        case .apply, .update(.merge, _), .update(.foreach, _): 2...2
        case .unionAll: 2...Int(Int32.max)
        default: 1...1
        }
    }
}

extension LogicalUpdate {
    func mapExpressions(_ map: (PlanExpression) -> PlanExpression) -> LogicalUpdate {
        switch self {
        case .create(let spec): .create(spec.mapExpressions(map))
        case .merge(let spec):
            .merge(
                MergeSpec(
                    create: spec.create.mapExpressions(map),
                    onCreate: spec.onCreate.map { $0.mapExpressions(map) },
                    onMatch: spec.onMatch.map { $0.mapExpressions(map) }))
        case .set(let items): .set(items.map { $0.mapExpressions(map) })
        case .delete(let items, let detach): .delete(items.map(map), detach: detach)
        case .foreach(let list, let element): .foreach(list: map(list), element: element)
        }
    }
}
