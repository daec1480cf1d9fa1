// Binder+Operators: unary and binary operators, comparison chains, IS NULL, IS ::, labels and CASE,
// with the type checks that hold before any row is seen.

import NQLPlan
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
        case .chain(let first, let links): return try bindLongChain(first, links, span, at)
        case .isNull(let operand, let negated):
            let bound = try bind(operand, at.asValue)
            return PlanExpression(.isNull(bound, negated: negated), type: .boolean, span: span)
        case .isTyped(let operand, let type, let negated):
            let bound = try bind(operand, at.asValue)
            return PlanExpression(
                .isTyped(bound, type.type, isNotNull: type.isNotNull, negated: negated),
                type: .boolean, span: span)
        default: throw unbound("an operator", span)
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
        let type = try binaryType(op, first, second, left.span, right.span)
        return PlanExpression(.binary(op, first, second), type: type, span: span)
    }

    /// The type of `first op second` for every operator but AND, OR and XOR.
    private func binaryType(
        _ op: BinaryOperator, _ first: PlanExpression, _ second: PlanExpression,
        _ leftSpan: SourceSpan, _ rightSpan: SourceSpan
    ) throws(NQLError) -> NQLType {
        switch op {
        case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual, .startsWith,
            .endsWith, .contains, .matches:
            return .boolean
        case .inList:
            guard second.type.mayBe(.list(.any)) else {
                throw invalidType(.syntax, expected: "a List", found: second, rightSpan)
            }
            return .boolean
        case .concatenate: return try concatenationType(first, second, leftSpan, rightSpan)
        default: return try arithmeticType(op, first, second, leftSpan, rightSpan)
        }
    }

    /// A chain that is no tree, link by link.
    private func bindLongChain(
        _ first: Expression, _ links: [ChainLink], _ span: SourceSpan, _ at: ExpressionContext
    ) throws(NQLError) -> PlanExpression {
        let start = try bind(first, at.asValue)
        // Stands for what the chain has come to: only its type counts.
        var left = PlanExpression(.constant(.null), type: start.type, span: start.span)
        var bound: [PlanLink] = []
        bound.reserveCapacity(links.count)
        for link in links {
            let kind: PlanLink.Kind
            let end: SourceSpan
            switch link {
            case .operation(let op, let operand):
                let right = try bind(operand, at.asValue)
                left.type = try binaryType(op, left, right, left.span, operand.span)
                kind = .operation(op, right)
                end = operand.span
            case .property(let key):
                try checkProperties(left, key, left.span)
                left.type = .any
                kind = .property(key: key.text)
                end = key.span
            case .element(let index):
                let position = try bind(index, at.asValue)
                left.type = try elementType(of: left, at: position, left.span, index.span)
                kind = .element(position)
                end = index.span
            }
            left.span = left.span.union(end)
            bound.append(PlanLink(kind, type: left.type, span: left.span))
        }
        return PlanExpression(.chain(start, bound), type: left.type, span: span)
    }

    /// `a < b <= c` as a conjunction; middle operands are evaluated in both comparisons.
    private func bindChain(
        _ operands: [Expression], _ operators: [BinaryOperator], _ span: SourceSpan,
        _ at: ExpressionContext
    ) throws(NQLError) -> PlanExpression {
        let bound = try bindAll(operands, at.asValue)
        let links = operators.enumerated().map { index, op in
            let (left, right) = (bound[index], bound[index + 1])
            return PlanExpression(
                .binary(op, left, right), type: .boolean, span: left.span.union(right.span))
        }
        guard let result = PlanExpression.conjunction(links[...], span: span) else {
            throw unbound("a comparison", span)
        }
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
            var error = invalidType(
                .syntax, expected: "a Node or Relationship", found: subject, base.span)
            if case .name(let name) = labels {
                error.hint = "This asks for a label; a type is asked for by `IS :: \(name.text)`."
            }
            throw error
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
        case .dynamicAny(let expression): return .dynamicAny(try bind(expression, at.asValue))
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
        guard let operand else { return try bindBranches(nil, branches, otherwise, span, at) }
        let subject = try bind(operand, at.asValue)
        let isPlain = branches.allSatisfy { branch in
            !branch.conditions.contains(where: \.testsCaseOperand)
        }
        if isPlain { return try bindBranches(subject, branches, otherwise, span, at) }
        return try bindOnce(subject, span) { (subject) throws(NQLError) in
            try bindBranches(subject, branches, otherwise, span, at)
        }
    }

    /// CASE with its operand bound. Where a branch tests the operand instead of comparing it, all
    /// branches become conditions.
    private func bindBranches(
        _ operand: PlanExpression?, _ branches: [CaseBranch], _ otherwise: Expression?,
        _ span: SourceSpan, _ at: ExpressionContext
    ) throws(NQLError) -> PlanExpression {
        let tests = branches.contains { $0.conditions.contains(where: \.testsCaseOperand) }
        var inner = at
        inner.caseOperand = operand
        var bound: [PlanCaseBranch] = []
        var type: NQLType = .null
        for branch in branches {
            var conditions: [PlanExpression] = []
            for condition in branch.conditions {
                if operand == nil {
                    conditions.append(try bindCondition(condition, at))
                } else if condition.testsCaseOperand {
                    conditions.append(try bindCondition(condition, inner))
                } else if tests, let operand {
                    let value = try bind(condition, at.asValue)
                    conditions.append(
                        PlanExpression(
                            .binary(.equal, operand, value), type: .boolean,
                            span: condition.span))
                } else {
                    conditions.append(try bind(condition, at.asValue))
                }
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
            .caseWhen(operand: tests ? nil : operand, branches: bound, otherwise: last),
            type: type, span: span)
    }
}

extension Expression {
    /// Whether this is a test with the operand of the CASE around it left out.
    fileprivate var testsCaseOperand: Bool {
        switch kind {
        case .caseOperand: true
        case .binary(_, let left, _): left.testsCaseOperand
        case .comparisonChain(let operands, _): operands[0].testsCaseOperand
        case .isNull(let operand, _), .isTyped(let operand, _, _), .unary(.not, let operand):
            operand.testsCaseOperand
        case .call(let call): call.arguments.first?.testsCaseOperand ?? false
        default: false
        }
    }
}
