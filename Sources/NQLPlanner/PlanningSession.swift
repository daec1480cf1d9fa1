// PlanningSession: what all stages of planning one statement share: the columns it has, the numbers
// of its operators, its subqueries, what was found out on the way, and what was asked for. Binder,
// rules and physical planner are handed it and know each other only through it.

import NQLPlan
import NQLSyntax
import NenCore

/// The planning of one statement.
final class PlanningSession {
    let context: PlannerContext
    /// nil: parameters are unknown at planning, none can be missing.
    let parameters: [String: Value]?
    var slots: [SlotInfo] = []
    var usedParameters: Set<String> = []
    var notifications: [PlanNotification] = []
    /// Whether any clause of the statement writes; rules that rely on exact statistics ask.
    var isWriting = false
    /// Labels that patterns ask of the nodes they bind; for the estimates of subqueries that begin
    /// at them.
    var nodeLabels: [Slot: [PlanLabels]] = [:]
    /// Set by rules that rely on the exact counts of this snapshot.
    var isSnapshotBound = false
    /// What the estimates had to do without.
    private(set) var missingStatistics: Set<String> = []
    /// Look-ups by parameters that the plan was chosen by.
    var landmarks: [LandmarkCheck] = []
    /// The checks by what they look up.
    var landmarkNumbers: [LandmarkQuestion: Int] = [:]
    /// SKIP and LIMIT that are no literals.
    var rowCounts: [RowCountCheck] = []
    /// Logical plans of the statement as a whole, for EXPLAIN VERBOSE.
    private(set) var trace: [PlanTraceEntry] = []
    /// The first fault that a stage found in itself.
    private var fault: PlanFault?
    /// By number; planned when the plan around them is.
    private var subqueries: [SubqueryState] = []
    private var operatorCount = 0

    /// A subquery of an expression, and its plan once there is one.
    private struct SubqueryState {
        var logical: LogicalPlan
        var planned: NestedPlan?
    }

    init(context: PlannerContext, parameters: [String: Value]?) {
        self.context = context
        self.parameters = parameters
    }

    /// Whether a rule is to be applied.
    func isEnabled(_ rule: String) -> Bool { !context.options.disabledRules.contains(rule) }

    // MARK: Columns and numbers

    /// A new column.
    func newSlot(_ name: String, _ type: NQLType) -> Slot {
        slots.append(SlotInfo(name: name, type: type))
        return slots.count - 1
    }

    /// A new column without a name in the text.
    func hiddenSlot(_ type: NQLType) -> Slot {
        newSlot("anon_\(slots.count)", type)
    }

    /// The expression that reads `slot`.
    func read(_ slot: Slot, _ span: SourceSpan = .none) -> PlanExpression {
        PlanExpression(.slot(slot), type: slots[slot].type, span: span)
    }

    /// A number that no other operator of the statement has.
    func newOperatorID() -> Int {
        operatorCount += 1
        return operatorCount - 1
    }

    // MARK: Faults

    /// Notes what must not be. The stage goes on with anything that is no trap; the statement ends
    /// behind it.
    func report(_ fault: String) {
        self.fault = self.fault ?? PlanFault(description: fault)
    }

    private func checkFaults() throws(NQLError) {
        if let fault { throw .planning(fault, rule: nil) }
    }

    // MARK: Trace

    /// Notes what `rule` has made of the plan, where that differs from what stood before.
    func note(_ plan: LogicalPlan, behind rule: String) {
        let text = plan.text(slots)
        if trace.last?.plan != text { trace.append(PlanTraceEntry(rule: rule, plan: text)) }
    }

    // MARK: Subqueries

    /// Keeps the plan of a subquery for later; what stands for it in expressions.
    func addSubquery(_ plan: LogicalPlan, _ kind: NestedPlanKind) -> Subquery {
        let failure = FailureModel(functions: context.functions)
        subqueries.append(SubqueryState(logical: plan, planned: nil))
        var reads = plan.outerReads
        // What is collected may be a variable of the row around, as it is.
        if case .collect(let slot) = kind, plan.argument.contains(slot) { reads.insert(slot) }
        return Subquery(
            number: subqueries.count - 1, kind: kind, reads: reads,
            mayFail: plan.containsExpression(where: failure.mayFail),
            isVolatile: plan.isVolatile(failure))
    }

    /// The rows that a subquery asks about.
    func plan(of subquery: Subquery) -> LogicalPlan { subqueries[subquery.number].logical }

    /// `plan` with every subquery in its expressions planned.
    func planSubqueries(of plan: LogicalPlan) throws(NQLError) -> LogicalPlan {
        if subqueries.isEmpty { return plan }
        var failure: NQLError?
        let planned = plan.mapExpressions { expression in
            guard failure == nil, expression.hasNestedPlan else { return expression }
            return expression.replacing { part in
                guard case .subquery(let subquery) = part.kind else { return nil }
                do throws(NQLError) {
                    let nested = try nestedPlan(subquery)
                    return PlanExpression(.nested(nested), type: part.type, span: part.span)
                } catch {
                    failure = failure ?? error
                    return part
                }
            }
        }
        if let failure { throw failure }
        return planned
    }

    private func nestedPlan(_ subquery: Subquery) throws(NQLError) -> NestedPlan {
        if let known = subqueries[subquery.number].planned { return known }
        var required: Set<Slot> = []
        if case .collect(let slot) = subquery.kind { required = [slot] }
        let demand = PlanDemand(reads: required, isExistence: subquery.kind == .exists)
        var plan = plan(of: subquery)
        if subquery.isUncorrelated { plan = plan.alone }
        let draft = try lowered(plan, demand, isNested: true)
        let root = try PlanFinisher(draft.planner)
            .finish(draft.plan, required: BitSet(required), isNested: true)
        let nested = NestedPlan(root: root, subquery: subquery)
        subqueries[subquery.number].planned = nested
        return nested
    }

    /// Rules, subqueries, join orders: the operators of `plan`, not numbered yet, and who chose
    /// them.
    func lowered(
        _ plan: LogicalPlan, _ demand: PlanDemand, isNested: Bool
    ) throws(NQLError) -> (plan: PlanDraft, planner: PhysicalPlanner) {
        let keepsTrace = context.options.keepsTrace && !isNested
        let rewritten = try RuleSequence.optimize(
            plan, self, demand: demand, keepsTrace: keepsTrace)
        let logical = try planSubqueries(of: rewritten)
        try Interruption.check()
        let planner = PhysicalPlanner(self)
        let draft = planner.lower(logical, argumentRows: 1)
        try Interruption.check()
        try checkFaults()
        missingStatistics.formUnion(planner.cardinality.missingStatistics)
        return (draft, planner)
    }
}

extension LogicalPlan {
    /// Whether two runs over the same row may differ.
    func isVolatile(_ model: FailureModel) -> Bool {
        contains { step in
            switch step.kind {
            case .call, .loadCSV: return true
            default: break
            }
            var result = false
            step.kind.forEachExpression { if !result { result = model.isVolatile($0) } }
            return result
        }
    }
}

extension NQLError {
    /// What a fault of the planner does to a statement: it fails, and nothing else.
    static func planning(
        _ fault: PlanFault, rule: String?, at span: SourceSpan = .none
    ) -> NQLError {
        let place = rule.map { "Rule `\($0)` of the optimizer" } ?? "The optimizer"
        return NQLError(
            .database, "PlanningFault", phase: .compile,
            "\(place) made a plan that is not in order: \(fault.description).",
            hint: rule.map { "Switch the rule `\($0)` off, and report the statement." }
                ?? "Report the statement.", span: span)
    }
}
