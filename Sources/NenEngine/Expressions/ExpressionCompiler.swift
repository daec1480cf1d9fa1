// ExpressionCompiler: PlanExpression → Evaluator. Constants and parameters become cells in an arena
// that lives as long as the plan; names become tables; functions are looked up once.

import NQLPlan
import NQLSyntax
import NenCore

/// Compiles the expressions of one operator.
struct ExpressionCompiler {
    let plan: PlanCompiler
    /// Slots that hold a vector where the expressions are evaluated.
    var available: [Slot]
    /// The subplan feed around the operator.
    let feed: ArgumentFeed?

    private var context: ExecutionContext { plan.context }

    /// Nanoseconds for making an evaluator, by and large.
    private static let workUnits = 300

    /// The evaluator of an expression.
    func compile(_ expression: PlanExpression) throws(NQLError) -> Evaluator {
        try Interruption.spend(ExpressionCompiler.workUnits)
        let whole = try compileWhole(expression)
        guard let slot = expression.kindSlot else { return whole }
        return KindEvaluation(slot, whole, context.pool, span: expression.span)
    }

    private func compileWhole(_ expression: PlanExpression) throws(NQLError) -> Evaluator {
        let span = expression.span
        switch expression.kind {
        case .constant(let value): return try constant(value, span)
        case .parameter(let name):
            return ConstantEvaluation(try plan.parameter(name, span), span: span)
        case .slot(let slot): return SlotEvaluation(slot, span: span)
        case .property(let base, let key):
            return PropertyEvaluation(try compile(base), key: key, context, span: span)
        case .subscripted(let base, let index):
            return subscripted(try compile(base), try compile(index), span)
        case .slice(let base, let from, let to): return try slice(base, from, to, span)
        case .list(let items): return ListEvaluation(try compile(items), span: span)
        case .map(let keys, let values):
            return MapEvaluation(keys: keys, values: try compile(values), span: span)
        case .call(let name, let arguments): return try call(name, arguments, span)
        case .not(let operand): return NotEvaluation(try compile(operand), span: span)
        case .negate(let operand):
            return SignEvaluation(try compile(operand), isNegative: true, span: span)
        case .plus(let operand):
            return SignEvaluation(try compile(operand), isNegative: false, span: span)
        case .binary(let symbol, let left, let right):
            return try binary(symbol, left, right, span)
        case .chain(let first, let links): return try chain(first, links, span)
        case .isNull(let operand, let negated):
            return NullTestEvaluation(try compile(operand), isNegated: negated, span: span)
        case .isTyped(let operand, let type, let isNotNull, let negated):
            return CellwiseEvaluation([try compile(operand)], span: span) {
                (cells, call) throws(NQLError) in
                CellOperators.isTyped(
                    cells[0], type, isNotNull: isNotNull, negated: negated, call.base)
            }
        case .hasLabels(let operand, let labels):
            return try self.labels(try compile(operand), labels, span)
        case .path(let elements): return PathEvaluation(try compile(elements), span: span)
        case .nested(let nested): return try plan.nested(nested, self, span)
        case .subquery:
            throw NQLError(
                .database, "PlanningFault", phase: .compile, "A subquery has no plan.", span: span)
        case .caseWhen, .listComprehension, .quantifier, .reduce:
            return try compileLocal(expression)
        }
    }

    /// The evaluators of several expressions.
    func compile(_ expressions: [PlanExpression]) throws(NQLError) -> [Evaluator] {
        var result: [Evaluator] = []
        for expression in expressions { result.append(try compile(expression)) }
        return result
    }

    private func compileLocal(_ expression: PlanExpression) throws(NQLError) -> Evaluator {
        let span = expression.span
        switch expression.kind {
        case .caseWhen(let operand, let branches, let otherwise):
            var compiled: [CaseEvaluation.Branch] = []
            for branch in branches {
                compiled.append(
                    CaseEvaluation.Branch(
                        conditions: try compile(branch.conditions),
                        result: try compile(branch.result)))
            }
            return CaseEvaluation(
                operand: try optional(operand), branches: compiled,
                otherwise: try optional(otherwise), span: span)
        case .listComprehension(let element, let list, let predicate, let projection):
            let inner = extended([element])
            return ComprehensionEvaluation(
                list: try compile(list), predicate: try inner.optional(predicate),
                projection: try inner.optional(projection), element: element,
                flattened: flattened(element), span: span)
        case .quantifier(let quantifier, let element, let list, let predicate):
            let inner = extended([element])
            let test = try inner.optional(predicate) ?? SlotEvaluation(element)
            return QuantifierEvaluation(
                quantifier, list: try compile(list), predicate: test,
                flattened: flattened(element), span: span)
        case .reduce(let accumulator, let initial, let element, let list, let step):
            let inner = extended([accumulator, element])
            let steps = ReduceEvaluation(
                initial: try compile(initial), list: try compile(list),
                step: try inner.compile(step), accumulator: accumulator, element: element,
                flattened: flattened(element), pool: context.pool, span: span)
            guard let parts = step.appendedParts(to: accumulator) else { return steps }
            var compiled: [AppendingReduce.Part] = []
            for part in parts {
                compiled.append((part.symbol, try inner.compile(part.operand)))
            }
            return AppendingReduce(
                steps, parts: compiled, element: element, flattened: flattened(element),
                pool: context.pool, span: span)
        default: preconditionFailure("\(expression.kind) has no local variables")
        }
    }

    private func optional(_ expression: PlanExpression?) throws(NQLError) -> Evaluator? {
        guard let expression else { return nil }
        return try compile(expression)
    }

    /// The same with local variables.
    private func extended(_ slots: [Slot]) -> ExpressionCompiler {
        var copy = self
        copy.available += slots.filter { !available.contains($0) }
        return copy
    }

    private func flattened(_ element: Slot) -> FlattenedLists {
        FlattenedLists(
            element: element, captured: available, slotCount: plan.slotCount)
    }

    private func constant(
        _ value: Value, _ span: SourceSpan
    ) throws(NQLError) -> Evaluator {
        let cell = try plan.builder.cell(value)
        return ConstantEvaluation(try plan.constants.constant(cell), span: span)
    }

    private func slice(
        _ base: PlanExpression, _ from: PlanExpression?, _ to: PlanExpression?,
        _ span: SourceSpan
    ) throws(NQLError) -> Evaluator {
        var operands = [try compile(base)]
        if let from { operands.append(try compile(from)) }
        if let to { operands.append(try compile(to)) }
        let hasFrom = from != nil
        let hasTo = to != nil
        return CellwiseEvaluation(operands, span: span) { (cells, call) throws(NQLError) in
            let end = hasTo ? cells[hasFrom ? 2 : 1] : nil
            return try CellOperators.slice(
                cells[0], from: hasFrom ? cells[1] : nil, to: end, &call)
        }
    }

    private func call(
        _ name: String, _ arguments: [PlanExpression], _ span: SourceSpan
    ) throws(NQLError) -> Evaluator {
        let compiled = try compile(arguments)
        if name == "coalesce" && !compiled.isEmpty {
            return CoalesceEvaluation(compiled, span: span)
        }
        guard let function = plan.functions.scalar(named: name) else {
            throw .syntax("UnknownFunction", "There is no function `\(name)`.", at: span)
        }
        if let target = DateTruncation.Target(function: name), arguments.count == 2,
            case .string(let text) = arguments[0].constantValue,
            let unit = try? TruncationUnit(named: text), unit.isOfDate
        {
            let held = HeldEvaluation()
            let call = CallEvaluation(
                function, [compiled[0], held], checksDeleted: false, span: span)
            return DateTruncation(target, unit, compiled[1], call, held, span: span)
        }
        return CallEvaluation(
            function, compiled, checksDeleted: CallEvaluation.readsContent(name), span: span)
    }

    /// A chain: every link is the evaluator of an operation on what the link before gave.
    private func chain(
        _ first: PlanExpression, _ links: [PlanLink], _ span: SourceSpan
    ) throws(NQLError) -> Evaluator {
        let held = HeldEvaluation()
        var steps: [Evaluator] = []
        for link in links {
            switch link.kind {
            case .operation(let symbol, let operand):
                let right = try compile(operand)
                steps.append(operation(symbol, held, right, link.span))
            case .property(let key):
                steps.append(PropertyEvaluation(held, key: key, context, span: link.span))
            case .element(let index):
                steps.append(subscripted(held, try compile(index), link.span))
            }
        }
        return ChainEvaluation(try compile(first), held, steps, span: span)
    }

    private func subscripted(
        _ base: Evaluator, _ index: Evaluator, _ span: SourceSpan
    ) -> Evaluator {
        CellwiseEvaluation([base, index], span: span) { (cells, call) throws(NQLError) in
            try CellOperators.subscripted(cells[0], cells[1], &call)
        }
    }

    private func binary(
        _ symbol: BinaryOperator, _ left: PlanExpression, _ right: PlanExpression,
        _ span: SourceSpan
    ) throws(NQLError) -> Evaluator {
        let a = try compile(left)
        let b = try compile(right)
        switch symbol {
        case .and, .or:
            return JunctionEvaluation(
                isAnd: symbol == .and, a, b, isRightLazy: isLazy(right), span: span)
        case .xor: return ExclusiveOrEvaluation(a, b, span: span)
        default: break
        }
        return operation(symbol, a, b, span)
    }

    /// A binary operator that always evaluates both sides.
    private func operation(
        _ symbol: BinaryOperator, _ left: Evaluator, _ right: Evaluator, _ span: SourceSpan
    ) -> Evaluator {
        if let comparison = ComparisonOperator(symbol) {
            return ComparisonEvaluation(comparison, left, right, span: span)
        }
        if symbol == .inList { return MembershipEvaluation(left, right, span: span) }
        return BinaryEvaluation(symbol, left, right, span: span)
    }

    /// Whether an expression may fail or is too dear to be evaluated for rows that do not need it.
    private func isLazy(_ expression: PlanExpression) -> Bool {
        switch expression.kind {
        case .constant, .parameter, .slot: return false
        case .property(let base, _): return isLazy(base)
        case .isNull(let operand, _), .not(let operand): return isLazy(operand)
        case .hasLabels(let operand, _): return isLazy(operand)
        case .binary(let symbol, let left, let right):
            switch symbol {
            case .and, .or, .xor, .equal, .notEqual, .less, .lessOrEqual, .greater,
                .greaterOrEqual, .startsWith, .endsWith, .contains:
                return isLazy(left) || isLazy(right)
            default: return true
            }
        default: return true
        }
    }

    private func labels(
        _ operand: Evaluator, _ labels: PlanLabels, _ span: SourceSpan
    ) throws(NQLError) -> Evaluator {
        if !labels.isDynamic { return LabelEvaluation(operand, labels, span: span) }
        return DynamicLabelEvaluation(operand, try pattern(labels), span: span)
    }

    private func pattern(
        _ labels: PlanLabels
    ) throws(NQLError) -> DynamicLabelEvaluation.Pattern {
        switch labels {
        case .name(let name): return .name(name)
        case .dynamic(let expression): return .dynamic(try compile(expression))
        case .dynamicAny(let expression): return .dynamicAny(try compile(expression))
        case .wildcard: return .wildcard
        case .not(let inner): return .not(try pattern(inner))
        case .and(let left, let right): return .and(try pattern(left), try pattern(right))
        case .or(let left, let right): return .or(try pattern(left), try pattern(right))
        }
    }
}
