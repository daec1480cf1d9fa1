// MergeDisjunctions: equalities of one thing with several values, one of which must hold, become
// one look into a list, which an index can answer.
//
// Before: Filter(n.x = 1 OR n.x = 2 OR n.y = 3)    After: Filter(n.x IN [1, 2] OR n.y = 3)
//
// The value is the same for nulls: IN is defined as the disjunction of the equalities. An equality
// that may fail stays, since a disjunction that is true before it is reached does not ask it.

import NQLPlan
import NQLSyntax
import NenCore

enum MergeDisjunctions: OptimizerRule {
    static let name = "merge-disjunctions"

    static func apply(to plan: LogicalPlan, _ context: RuleContext) -> LogicalPlan {
        plan.mapExpressions { merge($0, context.failure) }
    }

    private static func merge(
        _ expression: PlanExpression, _ failure: FailureModel
    ) -> PlanExpression {
        expression.replacing { part in
            let disjuncts = part.disjuncts
            guard disjuncts.count > 1, part.type == .boolean else { return nil }
            return merged(disjuncts.map { merge($0, failure) }, part, failure)
        }
    }

    /// A property, or the identity of an entity.
    fileprivate enum Subject: Hashable {
        case property(Slot, String)
        case identity(Slot, String)
    }

    /// Values that one thing may have.
    private struct Choice {
        var subject: PlanExpression
        var values: [PlanExpression]
    }

    private static func merged(
        _ disjuncts: [PlanExpression], _ whole: PlanExpression, _ failure: FailureModel
    ) -> PlanExpression {
        var choices: [Choice] = []
        var places: [Subject: Int] = [:]
        // Each stands for one of `choices`, or for itself.
        var order: [(choice: Int?, disjunct: PlanExpression)] = []
        for disjunct in disjuncts {
            guard let choice = choice(disjunct, failure), let subject = choice.subject.subject
            else {
                order.append((nil, disjunct))
                continue
            }
            if let place = places[subject] {
                choices[place].values += choice.values
            } else {
                places[subject] = choices.count
                order.append((choices.count, disjunct))
                choices.append(choice)
            }
        }
        if order.count == disjuncts.count { return disjunction(disjuncts, whole) }
        return disjunction(
            order.map { place, disjunct in
                guard let place, choices[place].values.count > 1 else { return disjunct }
                return membership(choices[place], whole)
            }, whole)
    }

    /// `thing = value` or `thing IN [values]`.
    private static func choice(
        _ disjunct: PlanExpression, _ failure: FailureModel
    ) -> Choice? {
        guard case .binary(let op, let left, let right) = disjunct.kind,
            !failure.mayFail(disjunct), !failure.isVolatile(disjunct), !disjunct.hasNestedPlan
        else { return nil }
        switch op {
        case .equal:
            if left.subject != nil { return Choice(subject: left, values: [right]) }
            if right.subject != nil { return Choice(subject: right, values: [left]) }
            return nil
        case .inList:
            guard left.subject != nil else { return nil }
            if case .list(let values) = right.kind { return Choice(subject: left, values: values) }
            guard case .list(let values) = right.constantValue, case .list(let type) = right.type
            else { return nil }
            return Choice(
                subject: left,
                values: values.map { PlanExpression(.constant($0), type: type, span: right.span) })
        default: return nil
        }
    }

    private static func membership(
        _ choice: Choice, _ whole: PlanExpression
    ) -> PlanExpression {
        let first = choice.values[0].type
        let type = choice.values.allSatisfy { $0.type == first } ? first : NQLType.any
        let constants = choice.values.compactMap(\.constantValue)
        let list =
            constants.count == choice.values.count
            ? PlanExpressionKind.constant(.list(constants)) : .list(choice.values)
        return PlanExpression(
            .binary(.inList, choice.subject, PlanExpression(list, type: .list(type))),
            type: .boolean, span: whole.span)
    }

    private static func disjunction(
        _ disjuncts: [PlanExpression], _ whole: PlanExpression
    ) -> PlanExpression {
        if disjuncts.count == 1 { return disjuncts[0] }
        if case .chain = whole.kind {
            return PlanExpression(
                .chain(
                    disjuncts[0],
                    disjuncts.dropFirst().map {
                        PlanLink(.operation(.or, $0), type: .boolean, span: $0.span)
                    }), type: .boolean, span: whole.span)
        }
        return disjuncts.dropFirst().reduce(disjuncts[0]) { left, right in
            PlanExpression(.binary(.or, left, right), type: .boolean, span: whole.span)
        }
    }
}

extension PlanExpression {
    /// What must hold one at least; the expression itself when it is no disjunction.
    var disjuncts: [PlanExpression] {
        switch kind {
        case .binary(.or, let left, let right): return left.disjuncts + right.disjuncts
        case .chain(let first, let links):
            var result = [first]
            for link in links {
                guard case .operation(.or, let operand) = link.kind else { return [self] }
                result.append(operand)
            }
            return result.flatMap(\.disjuncts)
        default: return [self]
        }
    }

    fileprivate var subject: MergeDisjunctions.Subject? {
        if let (slot, key) = plainProperty { return .property(slot, key) }
        guard case .call(let name, let arguments) = kind, name == "id" || name == "elementId",
            arguments.count == 1, let slot = arguments[0].plainSlot
        else { return nil }
        return .identity(slot, name)
    }
}
