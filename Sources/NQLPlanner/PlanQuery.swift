// PlanQuery: the way of a query through this module: bind, optimize, order the joins, finish,
// verify.

import NQLPlan
import NQLSyntax
import NenCore

/// Plans a query for one snapshot.
///
/// `parameters` are the values it will run with; nil when they are not known yet, in which case
/// none is reported missing. What the plan does holds for any values of the same types; estimates
/// of rows go by these. Throws every error that can be found before a row is seen.
public func planQuery(
    _ query: Query, context: PlannerContext, parameters: [String: Value]? = nil
) throws(NQLError) -> PhysicalPlan {
    let session = PlanningSession(context: context, parameters: parameters)
    session.notifications = NotificationCollector.notifications(
        of: query, catalog: context.catalog)
    session.isWriting = query.updates
    let binder = Binder(session)
    binder.allowsBatches = query.parts.count == 1 && query.next.isEmpty
    let bound = try binder.bindQuery(query, QueryState(plan: .unit, scope: Scope()), .statement)
    var plan = bound.plan
    if let columns = bound.columns { plan = LogicalPlan(.results(columns), [plan]) }
    let result = try session.finishPlan(plan, columns: bound.columns ?? [])
    do throws(PlanFault) {
        try verify(result)
    } catch {
        throw .planning(error, rule: nil)
    }
    return result
}

extension PlanningSession {
    /// Optimizes and lowers the plan of the whole statement.
    fileprivate func finishPlan(
        _ plan: LogicalPlan, columns: [ResultColumn]
    ) throws(NQLError) -> PhysicalPlan {
        let required = columns.map(\.slot)
        let (draft, planner) = try lowered(
            plan, PlanDemand(reads: Set(required)), isNested: false)
        let finisher = PlanFinisher(planner)
        let root = try finisher.finish(draft, required: BitSet(required), isNested: false)
        try Interruption.check()
        return PhysicalPlan(
            slots: slots, root: root, columns: columns.map(\.name),
            isWriting: isWriting, parameters: usedParameters,
            memory: MemoryForecast(
                floorBytes: finisher.floorBytes, peakBytes: finisher.peakBytes),
            notifications: notifications, basis: basis, trace: trace,
            isSnapshotBound: isSnapshotBound, rowCounts: rowCounts, landmarks: landmarks)
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
