// PlanExpression+Slots: walking and rewriting expressions, and which slots they read.

import NenCore

extension PlanExpression {
    /// Calls `visit` for each direct operand. Nested plans are not entered.
    package func forEachChild(_ visit: (PlanExpression) -> Void) {
        _ = mapChildren { child in
            visit(child)
            return child
        }
    }

    /// The same expression with each direct operand replaced. Nested plans are not entered.
    package func mapChildren(_ map: (PlanExpression) -> PlanExpression) -> PlanExpression {
        var result = self
        switch kind {
        case .constant, .parameter, .slot, .subquery, .nested: return self
        case .property(let base, let key): result.kind = .property(map(base), key: key)
        case .subscripted(let base, let index):
            result.kind = .subscripted(map(base), map(index))
        case .slice(let base, let from, let to):
            result.kind = .slice(map(base), from: from.map(map), to: to.map(map))
        case .list(let items): result.kind = .list(items.map(map))
        case .map(let keys, let values): result.kind = .map(keys: keys, values: values.map(map))
        case .call(let name, let arguments): result.kind = .call(name, arguments.map(map))
        case .not(let operand): result.kind = .not(map(operand))
        case .negate(let operand): result.kind = .negate(map(operand))
        case .plus(let operand): result.kind = .plus(map(operand))
        case .binary(let op, let left, let right): result.kind = .binary(op, map(left), map(right))
        case .chain(let first, let links):
            result.kind = .chain(map(first), links.map { $0.mapOperand(map) })
        case .isNull(let operand, let negated):
            result.kind = .isNull(map(operand), negated: negated)
        case .isTyped(let operand, let type, let isNotNull, let negated):
            result.kind = .isTyped(map(operand), type, isNotNull: isNotNull, negated: negated)
        case .hasLabels(let operand, let labels):
            result.kind = .hasLabels(map(operand), labels.mapExpressions(map))
        case .caseWhen(let operand, let branches, let otherwise):
            result.kind = .caseWhen(
                operand: operand.map(map),
                branches: branches.map { branch in
                    PlanCaseBranch(
                        conditions: branch.conditions.map(map), result: map(branch.result))
                }, otherwise: otherwise.map(map))
        case .listComprehension, .quantifier, .reduce:
            result.kind = mapLocalChildren(map)
        case .path(let elements): result.kind = .path(elements.map(map))
        }
        return result
    }

    private func mapLocalChildren(
        _ map: (PlanExpression) -> PlanExpression
    ) -> PlanExpressionKind {
        switch kind {
        case .listComprehension(let element, let list, let predicate, let projection):
            return .listComprehension(
                element: element, list: map(list), predicate: predicate.map(map),
                projection: projection.map(map))
        case .quantifier(let quantifier, let element, let list, let predicate):
            return .quantifier(
                quantifier, element: element, list: map(list), predicate: predicate.map(map))
        case .reduce(let accumulator, let initial, let element, let list, let step):
            return .reduce(
                accumulator: accumulator, initial: map(initial), element: element,
                list: map(list), step: map(step))
        default: return kind
        }
    }

    /// Replaces bottom-up: operands first, then the whole.
    package func rewritten(_ map: (PlanExpression) -> PlanExpression) -> PlanExpression {
        map(mapChildren { $0.rewritten(map) })
    }

    /// Replaces top-down: where `replace` answers, its result stands and is not entered.
    package func replacing(_ replace: (PlanExpression) -> PlanExpression?) -> PlanExpression {
        if let replacement = replace(self) { return replacement }
        return mapChildren { $0.replacing(replace) }
    }

    /// Slots that must be bound outside: all that are read less those of local variables.
    public var freeSlots: Set<Slot> {
        var slots: Set<Slot> = []
        collectFreeSlots(into: &slots)
        return slots
    }

    package func collectFreeSlots(into slots: inout Set<Slot>) {
        var mine: Set<Slot> = []
        switch kind {
        case .slot(let slot): slots.insert(slot)
        case .subquery(let subquery): slots.formUnion(subquery.reads)
        case .nested(let plan): slots.formUnion(plan.root.freeSlots)
        case .listComprehension(let element, _, _, _), .quantifier(_, let element, _, _):
            forEachChild { child in mine.formUnion(child.freeSlots) }
            mine.remove(element)
            slots.formUnion(mine)
        case .reduce(let accumulator, _, let element, _, _):
            forEachChild { child in mine.formUnion(child.freeSlots) }
            mine.remove(element)
            mine.remove(accumulator)
            slots.formUnion(mine)
        default:
            forEachChild { child in mine.formUnion(child.freeSlots) }
            slots.formUnion(mine)
        }
    }

    /// Whether `test` holds for this expression or any operand at any depth.
    package func contains(where test: (PlanExpression) -> Bool) -> Bool {
        if test(self) { return true }
        var found = false
        forEachChild { child in
            if !found { found = child.contains(where: test) }
        }
        return found
    }

    /// Whether a subquery stands anywhere within, planned or not.
    package var hasNestedPlan: Bool {
        contains { expression in
            switch expression.kind {
            case .subquery, .nested: true
            default: false
            }
        }
    }

    /// The same expression without places, so that equal texts compare equal.
    package var withoutSpans: PlanExpression {
        rewritten { expression in
            var copy = expression
            copy.span = .none
            if case .chain(let first, var links) = copy.kind {
                for index in links.indices { links[index].span = .none }
                copy.kind = .chain(first, links)
            }
            return copy
        }
    }

    /// The constant's value when this is one.
    package var constantValue: Value? {
        if case .constant(let value) = kind { return value }
        return nil
    }

    /// The slot when this is nothing but one.
    package var plainSlot: Slot? {
        if case .slot(let slot) = kind { return slot }
        return nil
    }

    /// The conjunction of all, in this order; nil for none. Long ones are balanced trees, so that
    /// no stage's stack grows with them.
    package static func conjunction(
        _ operands: ArraySlice<PlanExpression>, span: SourceSpan = .none
    ) -> PlanExpression? {
        guard operands.count > longChain else {
            guard var result = operands.first else { return nil }
            for next in operands.dropFirst() {
                result = PlanExpression(.binary(.and, result, next), type: .boolean, span: span)
            }
            return result
        }
        let middle = operands.startIndex + operands.count / 2
        guard let left = conjunction(operands[..<middle], span: span),
            let right = conjunction(operands[middle...], span: span)
        else { return nil }
        return PlanExpression(.binary(.and, left, right), type: .boolean, span: span)
    }

    /// Operands from which on a conjunction is balanced.
    private static let longChain = 16

    /// Operands of a conjunction, flattened; the expression itself when it is none.
    public var conjuncts: [PlanExpression] {
        if case .binary(.and, let left, let right) = kind {
            return left.conjuncts + right.conjuncts
        }
        return [self]
    }
}

extension PlanLink {
    /// The same link with its operand replaced.
    package func mapOperand(_ map: (PlanExpression) -> PlanExpression) -> PlanLink {
        var link = self
        switch kind {
        case .operation(let op, let operand): link.kind = .operation(op, map(operand))
        case .element(let operand): link.kind = .element(map(operand))
        case .property: break
        }
        return link
    }
}

extension PlanLabels {
    /// The same labels with the expressions of dynamic ones replaced.
    package func mapExpressions(_ map: (PlanExpression) -> PlanExpression) -> PlanLabels {
        switch self {
        case .name, .wildcard: self
        case .dynamic(let expression): .dynamic(map(expression))
        case .dynamicAny(let expression): .dynamicAny(map(expression))
        case .not(let inner): .not(inner.mapExpressions(map))
        case .and(let left, let right):
            .and(left.mapExpressions(map), right.mapExpressions(map))
        case .or(let left, let right): .or(left.mapExpressions(map), right.mapExpressions(map))
        }
    }

    /// Slots that dynamic labels read.
    package var freeSlots: Set<Slot> {
        switch self {
        case .name, .wildcard: []
        case .dynamic(let expression), .dynamicAny(let expression): expression.freeSlots
        case .not(let inner): inner.freeSlots
        case .and(let left, let right), .or(let left, let right):
            left.freeSlots.union(right.freeSlots)
        }
    }

    /// Whether a name is computed while running.
    public var isDynamic: Bool {
        switch self {
        case .name, .wildcard: false
        case .dynamic, .dynamicAny: true
        case .not(let inner): inner.isDynamic
        case .and(let left, let right), .or(let left, let right):
            left.isDynamic || right.isDynamic
        }
    }

    /// The names of a plain disjunction `A|B|C`, each once; nil when the expression is anything
    /// else.
    package var disjunctNames: [String]? {
        var names: [String] = []
        var known: Set<String> = []
        return collectDisjuncts(into: &names, &known) ? names : nil
    }

    /// Adds the names that are not `known` yet; false when this is no plain disjunction.
    private func collectDisjuncts(
        into names: inout [String], _ known: inout Set<String>
    ) -> Bool {
        switch self {
        case .name(let name):
            if known.insert(name).inserted { names.append(name) }
            return true
        case .or(let left, let right):
            return left.collectDisjuncts(into: &names, &known)
                && right.collectDisjuncts(into: &names, &known)
        default: return false
        }
    }

    /// The operands of a conjunction, flattened.
    package var conjuncts: [PlanLabels] {
        if case .and(let left, let right) = self { return left.conjuncts + right.conjuncts }
        return [self]
    }

    /// The conjunction of all; nil for none.
    package static func all(_ labels: [PlanLabels]) -> PlanLabels? {
        all(labels[...])
    }

    /// Many are a balanced tree, so that no stage's stack grows with them.
    private static func all(_ labels: ArraySlice<PlanLabels>) -> PlanLabels? {
        guard labels.count > 16 else {
            guard var result = labels.first else { return nil }
            for next in labels.dropFirst() { result = .and(result, next) }
            return result
        }
        let middle = labels.startIndex + labels.count / 2
        guard let left = all(labels[..<middle]), let right = all(labels[middle...]) else {
            return nil
        }
        return .and(left, right)
    }
}
