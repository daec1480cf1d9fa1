// Binder+Operators: unary and binary operators, comparison chains, IS NULL, IS ::, labels and CASE,
// with the type checks that hold before any row is seen.

import NQLSyntax
import NenCore

extension Binder {
    func bindOperator(
        _ expression: Expression, _ at: ExpressionContext
    ) throws(NQLError) -> PlanExpression {
        let span = expression.span
        switch expression.kind {
        case .unary(let op, let operand): return try bindUnary(op, operand, span, at)
        case .binary(let op, let left, let right):
            return try bindBinary(op, left, right, span, at)
        case .comparisonChain(let operands, let operators):
            return try bindChain(operands, operators, span, at)
        case .isNull(let operand, let negated):
            let bound = try bind(operand, at.asValue)
            return PlanExpression(.isNull(bound, negated: negated), type: .boolean, span: span)
        case .isTyped(let operand, let type, let negated):
            let bound = try bind(operand, at.asValue)
            return PlanExpression(
                .isTyped(bound, type.type, isNotNull: type.isNotNull, negated: negated),
                type: .boolean, span: span)
        default: preconditionFailure("no operator: \(expression.kind)")
        }
    }

    private func bindUnary(
        _ op: UnaryOperator, _ operand: Expression, _ span: SourceSpan, _ at: ExpressionContext
    ) throws(NQLError) -> PlanExpression {
        if op == .not {
            let bound = try bind(operand, at.asPredicate)
            try checkBoolean(bound, operand.span)
            return PlanExpression(.not(bound), type: .boolean, span: span)
        }
        let bound = try bind(operand, at.asValue)
        guard bound.type.mayBe(.number) || bound.type == .duration else {
            throw invalidType(.syntax, expected: "a number", found: bound, operand.span)
        }
        if op == .plus { return PlanExpression(.plus(bound), type: bound.type, span: span) }
        switch bound.constantValue {
        case .integer(let value) where value != .min:
            return PlanExpression(.constant(.integer(-value)), type: .integer, span: span)
        case .float(let value):
            return PlanExpression(.constant(.float(-value)), type: .float, span: span)
        default: return PlanExpression(.negate(bound), type: bound.type, span: span)
        }
    }

    private func bindBinary(
        _ op: BinaryOperator, _ left: Expression, _ right: Expression, _ span: SourceSpan,
        _ at: ExpressionContext
    ) throws(NQLError) -> PlanExpression {
        switch op {
        case .or, .xor, .and:
            let first = try bind(left, at.asPredicate)
            try checkBoolean(first, left.span)
            let second = try bind(right, at.asPredicate)
            try checkBoolean(second, right.span)
            return PlanExpression(.binary(op, first, second), type: .boolean, span: span)
        default: break
        }
        let first = try bind(left, at.asValue)
        let second = try bind(right, at.asValue)
        let type: NQLType
        switch op {
        case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual, .startsWith,
            .endsWith, .contains, .matches:
            type = .boolean
        case .inList:
            guard second.type.mayBe(.list(.any)) else {
                throw invalidType(.syntax, expected: "a List", found: second, right.span)
            }
            type = .boolean
        case .concatenate: type = try concatenationType(first, second, left.span, right.span)
        default:
            type = try arithmeticType(op, first, second, left.span, right.span)
        }
        return PlanExpression(.binary(op, first, second), type: type, span: span)
    }

    /// `a < b <= c` as a conjunction; middle operands are evaluated in both comparisons.
    private func bindChain(
        _ operands: [Expression], _ operators: [BinaryOperator], _ span: SourceSpan,
        _ at: ExpressionContext
    ) throws(NQLError) -> PlanExpression {
        let bound = try bindAll(operands, at.asValue)
        var result: PlanExpression?
        for (index, op) in operators.enumerated() {
            let (left, right) = (bound[index], bound[index + 1])
            let link = PlanExpression(
                .binary(op, left, right), type: .boolean, span: left.span.union(right.span))
            result = result.map {
                PlanExpression(.binary(.and, $0, link), type: .boolean, span: span)
            } ?? link
        }
        guard let result else { preconditionFailure("a chain of \(operands.count)") }
        return result
    }

    private func concatenationType(
        _ left: PlanExpression, _ right: PlanExpression, _ leftSpan: SourceSpan,
        _ rightSpan: SourceSpan
    ) throws(NQLError) -> NQLType {
        for (operand, span) in [(left, leftSpan), (right, rightSpan)] {
            guard operand.type.mayBe(.string) || operand.type.mayBe(.list(.any)) else {
                throw invalidType(.syntax, expected: "a String or List", found: operand, span)
            }
        }
        return left.type.joined(with: right.type)
    }

    /// The type of `left op right`; an error when no values of these types fit the operator.
    private func arithmeticType(
        _ op: BinaryOperator, _ left: PlanExpression, _ right: PlanExpression,
        _ leftSpan: SourceSpan, _ rightSpan: SourceSpan
    ) throws(NQLError) -> NQLType {
        let (a, b) = (left.type, right.type)
        if op == .add {
            if let type = additionType(a, b) { return type }
        }
        for (operand, span) in [(left, leftSpan), (right, rightSpan)] {
            let type = operand.type
            let fits = type == .any || type == .null || type.isNumeric
                || (type.isTemporal && op != .modulo && op != .power)
            guard fits else {
                throw invalidType(
                    .syntax, expected: "a number for `\(op.rawValue)`", found: operand, span)
            }
        }
        if a.isTemporal || b.isTemporal { return temporalType(op, a, b) }
        if op == .power { return a.isNumeric && b.isNumeric ? .float : .any }
        switch (a, b) {
        case (.integer, .integer): return .integer
        case (.float, _) where b.isNumeric, (_, .float) where a.isNumeric: return .float
        case (.null, _), (_, .null): return .null
        default: return a.isNumeric && b.isNumeric ? .number : .any
        }
    }

    /// The type of a sum of lists or strings; nil when numbers or temporal values are meant.
    private func additionType(_ a: NQLType, _ b: NQLType) -> NQLType? {
        switch (a, b) {
        case (.list(let first), .list(let second)): return .list(first.joined(with: second))
        case (.list(let element), let other), (let other, .list(let element)):
            return .list(other == .any ? .any : element.joined(with: other))
        case (.string, .string): return .string
        case (.string, let other), (let other, .string):
            if other == .any || other == .null { return .any }
            return other.isNumeric || other.isTemporal || other == .boolean ? .string : nil
        case (.any, _), (_, .any): return .any
        default: return nil
        }
    }

    private func temporalType(_ op: BinaryOperator, _ a: NQLType, _ b: NQLType) -> NQLType {
        switch op {
        case .add, .subtract:
            if a == .any || b == .any { return .any }
            return a == .duration ? b : a
        default: return .duration
        }
    }

    func bindHasLabels(
        _ base: Expression, _ labels: LabelExpression, _ span: SourceSpan,
        _ at: ExpressionContext
    ) throws(NQLError) -> PlanExpression {
        let subject = try bind(base, at.asValue)
        guard subject.type.mayBe(.node) || subject.type.mayBe(.relationship) else {
            throw invalidType(
                .syntax, expected: "a Node or Relationship", found: subject, base.span)
        }
        let bound = try bindLabels(labels, at.asValue)
        return PlanExpression(.hasLabels(subject, bound), type: .boolean, span: span)
    }

    /// Binds a label or type expression.
    func bindLabels(
        _ labels: LabelExpression, _ at: ExpressionContext
    ) throws(NQLError) -> PlanLabels {
        switch labels {
        case .name(let name): return .name(name.text)
        case .wildcard: return .wildcard
        case .dynamic(let expression): return .dynamic(try bind(expression, at.asValue))
        case .not(let inner): return .not(try bindLabels(inner, at))
        case .and(let left, let right):
            return .and(try bindLabels(left, at), try bindLabels(right, at))
        case .or(let left, let right):
            return .or(try bindLabels(left, at), try bindLabels(right, at))
        }
    }

    func bindCase(
        _ operand: Expression?, _ branches: [CaseBranch], _ otherwise: Expression?,
        _ span: SourceSpan, _ at: ExpressionContext
    ) throws(NQLError) -> PlanExpression {
        var subject: PlanExpression?
        if let operand { subject = try bind(operand, at.asValue) }
        var bound: [PlanCaseBranch] = []
        var type: NQLType = .null
        for branch in branches {
            var conditions: [PlanExpression] = []
            for condition in branch.conditions {
                let value =
                    operand == nil
                    ? try bindCondition(condition, at) : try bind(condition, at.asValue)
                conditions.append(value)
            }
            let result = try bind(branch.result, at.asValue)
            type = type.joined(with: result.type)
            bound.append(PlanCaseBranch(conditions: conditions, result: result))
        }
        var last: PlanExpression?
        if let otherwise {
            let result = try bind(otherwise, at.asValue)
            type = type.joined(with: result.type)
            last = result
        }
        return PlanExpression(
            .caseWhen(operand: subject, branches: bound, otherwise: last), type: type,
            span: span)
    }
}
