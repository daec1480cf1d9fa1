// Binder: names to slots, texts to types. It walks the clauses once, raises every compile-time
// error and builds the logical plan. Expressions are bound straight into `PlanExpression`; plans of
// subqueries inside expressions go to the session, where the rules find them.

import NQLPlan
import NQLSyntax
import NenCore

/// Binds the clauses of one statement.
final class Binder {
    let session: PlanningSession
    /// Number of the next MATCH clause, for relationship uniqueness.
    var nextGroup = 0
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

    init(_ session: PlanningSession) { self.session = session }

    var functions: any FunctionLibrary { session.context.functions }

    /// The columns so far.
    var slots: [SlotInfo] { session.slots }

    /// A new column.
    func newSlot(_ name: String, _ type: NQLType) -> Slot { session.newSlot(name, type) }

    /// A new column without a name in the text.
    func hiddenSlot(_ type: NQLType) -> Slot { session.hiddenSlot(type) }

    /// The expression that reads `slot`.
    func read(_ slot: Slot, _ span: SourceSpan = .none) -> PlanExpression {
        session.read(slot, span)
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

    /// The error for what reached a part of the binder that does not know it: a fault of ours.
    func unbound(_ what: String, _ span: SourceSpan) -> NQLError {
        let fault = PlanFault(description: "\(what) was handed on wrongly")
        return .planning(fault, rule: nil, at: span)
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
}

/// What a part of a query has come to while its clauses are bound.
struct QueryState {
    var plan: LogicalPlan
    var scope: Scope
    /// Names of the query around this one that no WITH takes out of sight: all of them in EXISTS,
    /// COUNT and COLLECT, the imported ones in `CALL (x) { … }`.
    var outer = Scope()

    /// Puts a step on top.
    mutating func add(_ step: LogicalKind, right: LogicalPlan? = nil) {
        plan = LogicalPlan(step, [plan] + (right.map { [$0] } ?? []))
    }
}
