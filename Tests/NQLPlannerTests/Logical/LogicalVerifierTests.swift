// LogicalVerifier: goal: a rule that breaks a plan ends the statement with an error that names it,
// whatever it breaks: columns, rows, order, types, reads, inputs. Method: rules that are wrong on
// purpose, run as the optimizer runs them over the plan of a real statement.

import NQLSyntax
import NenCore
import Testing

@testable import NQLPlan
@testable import NQLPlanner

/// A rule that maps the root of a plan.
private protocol RootRule: OptimizerRule {
    static func map(_ root: LogicalPlan) -> LogicalPlan
}

extension RootRule {
    static var name: String { "wrong" }

    static func apply(to plan: LogicalPlan, _ context: RuleContext) -> LogicalPlan { map(plan) }
}

private let yes = PlanExpression(.constant(.boolean(true)), type: .boolean)
private let one = PlanExpression(.constant(.integer(1)), type: .integer)

private enum LosesColumns: RootRule {
    static func map(_ root: LogicalPlan) -> LogicalPlan { LogicalPlan(.distinct([]), [root]) }
}

private enum LosesOrder: RootRule {
    static func map(_ root: LogicalPlan) -> LogicalPlan {
        root.rewritten { node in
            if case .order = node.kind { return node.inputs[0] }
            return node
        }
    }
}

private enum LosesTheOnlyRow: RootRule {
    static func map(_ root: LogicalPlan) -> LogicalPlan { LogicalPlan(.filter([yes]), [root]) }
}

private enum MakesMoreRows: RootRule {
    static func map(_ root: LogicalPlan) -> LogicalPlan {
        LogicalPlan(.apply(.inner, isPerRow: false), [root, twice])
    }

    private static var twice: LogicalPlan {
        LogicalPlan(.unionAll(targets: [], sources: [[], []]), [.unit, .unit])
    }
}

private enum ReadsNothingBound: RootRule {
    static func map(_ root: LogicalPlan) -> LogicalPlan {
        let unbound = PlanExpression(.slot(1), type: .boolean)
        return root.over([LogicalPlan(.filter([unbound]), root.inputs)])
    }
}

private enum FiltersByNumbers: RootRule {
    static func map(_ root: LogicalPlan) -> LogicalPlan { LogicalPlan(.filter([one]), [root]) }
}

private enum ForgetsAnInput: RootRule {
    static func map(_ root: LogicalPlan) -> LogicalPlan {
        LogicalPlan(.apply(.semi, isPerRow: false), [root])
    }
}

private enum DoesNothing: RootRule {
    static func map(_ root: LogicalPlan) -> LogicalPlan { root.over([root.inputs[0]]) }
}

@Suite struct LogicalVerifierTests {
    private func error(
        _ rule: any OptimizerRule.Type, _ text: String
    ) throws -> NQLError? {
        guard case .query(let query) = try parseStatement(text).kind else { return nil }
        let session = PlanningSession(context: FixtureGraph.context(), parameters: nil)
        let state = QueryState(plan: .unit, scope: Scope())
        let bound = try Binder(session).bindQuery(query, state, .statement)
        let context = RuleContext(session, PlanDemand(reads: bound.plan.available.asSet))
        do throws(NQLError) {
            _ = try RuleSequence.apply(rule, to: bound.plan, context)
            return nil
        } catch {
            return error
        }
    }

    private func expectFault(
        _ rule: any OptimizerRule.Type, _ text: String, _ fault: String,
        _ location: SourceLocation = #_sourceLocation
    ) throws {
        let error = try error(rule, text)
        #expect(error?.detail == "PlanningFault", sourceLocation: location)
        let message = error?.message ?? ""
        #expect(
            message.contains("`wrong`") && message.contains(fault), "\(message)",
            sourceLocation: location)
    }

    @Test func columns() throws {
        try expectFault(LosesColumns.self, "MATCH (a:Person) RETURN a.name AS n", "are lost")
    }

    @Test func order() throws {
        let text = "MATCH (a:Person) RETURN a.name AS n ORDER BY n"
        try expectFault(LosesOrder.self, text, "loses the order")
    }

    @Test func rows() throws {
        let text = "MATCH (a:Person) RETURN count(*) AS n"
        try expectFault(LosesTheOnlyRow.self, text, "may lose the row")
        try expectFault(MakesMoreRows.self, text, "may give more rows than 1")
    }

    @Test func steps() throws {
        let text = "MATCH (a:Person) RETURN a.name AS n"
        try expectFault(ReadsNothingBound.self, text, "which nobody binds")
        try expectFault(FiltersByNumbers.self, text, "condition of type integer")
        try expectFault(ForgetsAnInput.self, text, "has 1 inputs")
    }

    @Test func whatIsInOrderPasses() throws {
        let text = "MATCH (a:Person) WITH a ORDER BY a.name LIMIT 3 RETURN a.name AS n"
        #expect(try error(DoesNothing.self, text) == nil)
    }
}

extension BitSet {
    fileprivate var asSet: Set<Slot> { Set(elements) }
}
