// Binder: names to slots, texts to types. It walks the clauses once, raises every compile-time
// error and builds the logical plan. Expressions are bound straight into `PlanExpression`;
// subqueries inside expressions are planned at once, so that no second expression tree is needed.

import NQLPlan
import NQLSyntax
import NenCore

/// State that is shared by all parts of one query.
final class Binder {
    let context: PlannerContext
    /// nil: parameters are unknown at planning, none can be missing.
    let parameters: [String: Value]?
    var slots: [SlotInfo] = []
    var usedParameters: Set<String> = []
    var notifications: [PlanNotification] = []
    /// Whether any clause of the statement writes; rules that rely on exact statistics ask.
    var isWriting = false
    /// Number of the next MATCH clause, for relationship uniqueness.
    var nextGroup = 0
    var nextOperatorID = 0
    var trace: [PlanTraceEntry] = []
    /// Labels that patterns ask of the nodes they bind; for the estimates of subqueries that begin
    /// at them.
    var nodeLabels: [Slot: [PlanLabels]] = [:]
    /// Set by rules that rely on the exact counts of this snapshot.
    var isSnapshotBound = false
    /// What the estimates had to do without.
    var missingStatistics: Set<String> = []
    /// SKIP and LIMIT that are no literals.
    var rowCounts: [RowCountCheck] = []
    /// Depth of nested subqueries, bounded by `nestingMax`.
    var depth = 0

    /// Within a quantified path: variables of the clause around it, which cannot be read there.
    var scopeOfClause = Scope()
    /// Whether `CALL { … } IN TRANSACTIONS` may stand on the outermost level.
    var allowsBatches = false

    /// Nanoseconds for binding one expression or clause, by and large.
    static let workUnits = 1_000
    /// Subqueries within subqueries.
    static let nestingMax = 32
    /// Clauses of one subquery that lose the variables around it and are joined to them again.
    static let rejoinsMax = 64

    init(context: PlannerContext, parameters: [String: Value]?) {
        self.context = context
        self.parameters = parameters
    }

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

    /// The error for a name that stands for nothing here.
    func undefined(_ name: String, _ span: SourceSpan, _ scope: Scope) -> NQLError {
        if scopeOfClause[name] != nil {
            return .syntax(
                "UndefinedVariable",
                "Variable `\(name)` belongs to the same clause; a quantified path reads its own"
                    + " variables and those of earlier clauses only.", at: span,
                hint: "Put the condition into the WHERE of the clause.")
        }
        let near = NearMiss.suggestion(for: name, among: scope.names + ["true", "false", "null"])
        var hint = near.map { "Did you mean `\($0)`?" }
        if hint == nil, slots.contains(where: { $0.name == name }) {
            hint = "It is known in another part of the statement: WITH, YIELD or CALL (\(name))"
                + " passes it on."
        }
        return .syntax(
            "UndefinedVariable", "Variable `\(name)` is not defined.", at: span, hint: hint)
    }

    func alreadyBound(_ name: Name) -> NQLError {
        .syntax(
            "VariableAlreadyBound", "Variable `\(name.text)` is bound already.", at: name.span,
            hint: "Use another name.")
    }

    func typeConflict(_ name: Name, expected: String, found: NQLType) -> NQLError {
        .syntax(
            "VariableTypeConflict",
            "Variable `\(name.text)` is used as a \(expected), but it is \(found.nameWithArticle).",
            at: name.span)
    }

    func notSupported(_ what: String, at span: SourceSpan) -> NQLError {
        .syntax("NotSupported", "\(what) is not supported yet.", at: span)
    }

    /// Enters a subquery, with a bound on how deep they nest.
    func enter(_ span: SourceSpan) throws(NQLError) {
        depth += 1
        if depth > Binder.nestingMax {
            throw .syntax(
                "NestingTooDeep", "Subqueries nest deeper than \(Binder.nestingMax) levels.",
                at: span)
        }
    }

    func leave() { depth -= 1 }

    /// Whether a rule is to be applied.
    func isEnabled(_ rule: String) -> Bool { !context.options.disabledRules.contains(rule) }
}

/// What a part of a query has come to while its clauses are bound.
struct QueryState {
    var plan: LogicalPlan
    var scope: Scope
    /// Names of the query around this one that no WITH takes out of sight: all of them in EXISTS,
    /// COUNT and COLLECT, the imported ones in `CALL (x) { … }`.
    var outer = Scope()

    /// Puts an operator on top.
    mutating func add(_ step: OperatorKind, right: LogicalPlan? = nil) {
        plan = LogicalPlan(step, [plan] + (right.map { [$0] } ?? []))
    }
}
