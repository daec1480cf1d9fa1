// Failing: whether evaluating an expression may raise an error. Such an expression is not moved
// below what could have removed its row, or a query would fail on rows it never asked about.

import NQLSyntax
import NenCore

/// Answers whether expressions may fail or differ between calls.
public struct FailureModel {
    package let functions: any FunctionLibrary

    public init(functions: any FunctionLibrary) { self.functions = functions }

    /// Whether some row may make the evaluation raise an error.
    package func mayFail(_ expression: PlanExpression) -> Bool {
        expression.contains { fails($0) }
    }

    /// Whether two evaluations on the same row may differ.
    package func isVolatile(_ expression: PlanExpression) -> Bool {
        expression.contains { part in
            switch part.kind {
            case .call(let name, _): functions.function(named: name)?.isVolatile ?? true
            case .subquery(let subquery): subquery.isVolatile
            case .nested(let plan): plan.subquery.isVolatile
            default: false
            }
        }
    }

    /// Whether this node itself, its operands aside, may fail.
    private func fails(_ expression: PlanExpression) -> Bool {
        switch expression.kind {
        case .constant, .slot, .list, .map, .isNull, .isTyped, .path, .caseWhen: return false
        // A parameter's type is not known, but reading it cannot fail.
        case .parameter: return false
        case .property(let base, _): return base.type == .any
        case .subscripted, .slice, .negate, .plus: return true
        case .call(let name, let arguments):
            guard let function = functions.function(named: name) else { return true }
            if FailureModel.identities.contains(name),
                arguments.allSatisfy({ $0.type == .node || $0.type == .relationship })
            {
                return false
            }
            return function.mayFail || arguments.contains { $0.type == .any }
        case .not(let operand): return operand.type != .boolean
        case .hasLabels(let operand, _): return operand.type == .any
        case .binary(let op, let left, let right): return fails(op, left, right)
        case .chain: return true
        case .listComprehension(_, let list, _, _): return list.type == .any
        case .quantifier(_, _, let list, let predicate):
            return list.type == .any || (predicate.map { $0.type != .boolean } ?? false)
        case .reduce(_, _, _, let list, _): return list.type == .any
        case .subquery(let subquery): return subquery.mayFail
        case .nested(let plan): return plan.subquery.mayFail
        }
    }

    /// Functions that refuse what is no entity, and nothing else: a deleted one has them, too.
    private static let identities: Set<String> = ["id", "elementId", "type"]

    private func fails(
        _ op: BinaryOperator, _ left: PlanExpression, _ right: PlanExpression
    ) -> Bool {
        switch op {
        case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual, .startsWith,
            .endsWith, .contains:
            return false
        case .and, .or, .xor: return left.type != .boolean || right.type != .boolean
        case .inList:
            if case .list = right.type { return false }
            return true
        case .matches: return right.constantValue == nil
        case .add, .subtract, .multiply, .divide, .power:
            return left.type != .float || right.type != .float
        case .modulo, .concatenate: return true
        }
    }
}

extension PhysicalOperator {
    /// Whether any expression in the plan may fail.
    public func mayFail(_ model: FailureModel) -> Bool {
        var waiting = [self]
        while let node = waiting.popLast() {
            if node.mayFailItself(model) { return true }
            waiting.append(contentsOf: node.inputs)
        }
        return false
    }

    /// Whether an expression of this operator may fail.
    public func mayFailItself(_ model: FailureModel) -> Bool {
        var result = false
        kind.forEachExpression { if !result { result = model.mayFail($0) } }
        return result
    }
}
