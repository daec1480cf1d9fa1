// PlanQuery: the way of a query through this module: bind, optimize, order the joins, finish.

import NQLPlan
import NQLSyntax
import NenCore

/// Plans a query for one snapshot.
///
/// `parameters` are the values it will run with; nil when they are not known yet, in which case
/// none is reported missing. Their values do not enter the plan. Throws every error that can be
/// found before a row is seen.
public func planQuery(
    _ query: Query, context: PlannerContext, parameters: [String: Value]? = nil
) throws(NQLError) -> PhysicalPlan {
    let binder = Binder(context: context, parameters: parameters)
    binder.notifications = NotificationCollector.notifications(
        of: query, catalog: context.catalog)
    binder.isWriting = query.updates
    binder.allowsBatches = query.parts.count == 1 && query.next.isEmpty
    let initial = QueryState(plan: .singleRow, scope: Scope())
    let bound = try binder.bindQuery(query, initial, .statement)
    var plan = bound.plan
    if let columns = bound.columns { plan = LogicalPlan(.produceResults(columns), [plan]) }
    let result = try binder.finishPlan(plan, columns: bound.columns ?? [])
    #if DEBUG
        do {
            try verify(result)
        } catch {
            preconditionFailure("plan of \(query.span): \(error)")
        }
    #endif
    return result
}

extension Binder {
    /// Optimizes and lowers the plan of the whole statement.
    fileprivate func finishPlan(
        _ plan: LogicalPlan, columns: [ResultColumn]
    ) throws(NQLError) -> PhysicalPlan {
        let logical = try RuleSequence.optimize(
            plan, self, demand: PlanDemand(reads: Set(columns.map(\.slot))),
            keepsTrace: context.options.keepsTrace)
        try Interruption.check()
        let planner = PhysicalPlanner(self)
        let draft = planner.lower(logical, argumentRows: 1)
        try Interruption.check()
        let finisher = PlanFinisher(planner)
        let root = try finisher.finish(
            draft, required: BitSet(columns.map(\.slot)), isNested: false)
        missingStatistics.formUnion(planner.cardinality.missingStatistics)
        try Interruption.check()
        return PhysicalPlan(
            slots: slots, root: root, columns: columns.map(\.name),
            isWriting: isWriting, parameters: usedParameters,
            memory: MemoryForecast(
                floorBytes: finisher.floorBytes, peakBytes: finisher.peakBytes),
            notifications: notifications, basis: basis, trace: trace,
            isSnapshotBound: isSnapshotBound, rowCounts: rowCounts)
    }

    /// Plans a subquery of an expression; `required` are the slots that are read of its rows,
    /// `isExistence` whether it is asked only if there are any.
    func planNested(
        _ plan: LogicalPlan, required: Set<Slot>, isExistence: Bool
    ) throws(NQLError) -> PhysicalOperator {
        let demand = PlanDemand(reads: required, isExistence: isExistence)
        let logical = try RuleSequence.optimize(plan, self, demand: demand, keepsTrace: false)
        let planner = PhysicalPlanner(self)
        let draft = planner.lower(logical, argumentRows: 1)
        try Interruption.check()
        missingStatistics.formUnion(planner.cardinality.missingStatistics)
        return try PlanFinisher(planner).finish(
            draft, required: BitSet(required), isNested: true)
    }

    /// What the plan rests on.
    private var basis: PlanBasis {
        let options = context.options
        return PlanBasis(
            threads: options.threads, disabledRules: options.disabledRules.sorted(),
            forcedCandidate: options.forcedCandidate?.rawValue,
            missingStatistics: missingStatistics.sorted())
    }
}
