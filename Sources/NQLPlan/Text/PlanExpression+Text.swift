// PlanExpression+Text: expressions of a plan as people read them, with the names of their slots.

import NQLSyntax
import NenCore

/// Prints expressions with the names of their slots.
package struct PlanPrinter {
    package let slots: [SlotInfo]

    package init(slots: [SlotInfo]) { self.slots = slots }

    /// Longer texts are cut.
    package static let lengthMax = 96

    package func name(_ slot: Slot) -> String {
        slot >= 0 && slot < slots.count ? slots[slot].name : "?\(slot)"
    }

    package func list(_ slots: some Sequence<Slot>) -> String {
        slots.map(name).joined(separator: ", ")
    }

    package func list(_ expressions: [PlanExpression]) -> String {
        expressions.map(text).joined(separator: ", ")
    }

    package func text(_ expression: PlanExpression) -> String {
        switch expression.kind {
        case .constant(let value): return value.literalText
        case .parameter(let name): return "$\(name)"
        case .slot(let slot): return name(slot)
        case .property(let base, let key): return "\(operand(base)).\(key)"
        case .subscripted(let base, let index): return "\(operand(base))[\(text(index))]"
        case .slice(let base, let from, let to):
            return "\(operand(base))[\(from.map(text) ?? "")..\(to.map(text) ?? "")]"
        case .list(let items): return "[\(list(items))]"
        case .map(let keys, let values):
            let entries = zip(keys, values).map { "\($0): \(text($1))" }
            return "{\(entries.joined(separator: ", "))}"
        case .call(let name, let arguments): return "\(name)(\(list(arguments)))"
        case .not(let inner): return "NOT \(operand(inner))"
        case .negate(let inner): return "-\(operand(inner))"
        case .plus(let inner): return "+\(operand(inner))"
        case .binary(let op, let left, let right):
            return "\(operand(left)) \(op.rawValue) \(operand(right))"
        case .chain(let first, let links): return chainText(first, links)
        case .isNull(let inner, let negated):
            return "\(operand(inner)) IS \(negated ? "NOT " : "")NULL"
        case .isTyped(let inner, let type, let isNotNull, let negated):
            let name = type.name.uppercased() + (isNotNull ? " NOT NULL" : "")
            return "\(operand(inner)) IS \(negated ? "NOT " : ""):: \(name)"
        case .hasLabels(let inner, let labels): return "\(operand(inner)):\(text(labels))"
        case .caseWhen(let operand, let branches, let otherwise):
            return caseText(operand, branches, otherwise)
        case .listComprehension, .quantifier, .reduce: return localText(expression)
        case .path(let elements): return "path(\(list(elements)))"
        case .subquery(let subquery): return text(subquery.kind, "…")
        case .nested(let plan): return text(plan.kind, "#\(plan.root.id)")
        }
    }

    private func chainText(_ first: PlanExpression, _ links: [PlanLink]) -> String {
        var result = operand(first)
        // More would be cut anyway.
        for link in links.prefix(PlanPrinter.lengthMax) {
            switch link.kind {
            case .operation(let op, let right): result += " \(op.rawValue) \(operand(right))"
            case .property(let key): result += ".\(key)"
            case .element(let index): result += "[\(text(index))]"
            }
        }
        return result
    }

    /// In parentheses where an operator around it could bind tighter.
    private func operand(_ expression: PlanExpression) -> String {
        switch expression.kind {
        case .binary, .chain, .not, .isNull, .isTyped, .hasLabels, .negate, .plus:
            "(\(text(expression)))"
        default: text(expression)
        }
    }

    private func caseText(
        _ operand: PlanExpression?, _ branches: [PlanCaseBranch], _ otherwise: PlanExpression?
    ) -> String {
        var result = "CASE"
        if let operand { result += " \(text(operand))" }
        for branch in branches {
            result += " WHEN \(list(branch.conditions)) THEN \(text(branch.result))"
        }
        if let otherwise { result += " ELSE \(text(otherwise))" }
        return result + " END"
    }

    private func localText(_ expression: PlanExpression) -> String {
        switch expression.kind {
        case .listComprehension(let element, let list, let predicate, let projection):
            let filter = predicate.map { " WHERE \(text($0))" } ?? ""
            let result = projection.map { " | \(text($0))" } ?? ""
            return "[\(name(element)) IN \(text(list))\(filter)\(result)]"
        case .quantifier(let quantifier, let element, let list, let predicate):
            let filter = predicate.map { " WHERE \(text($0))" } ?? ""
            return "\(quantifier.rawValue)(\(name(element)) IN \(text(list))\(filter))"
        case .reduce(let accumulator, let initial, let element, let list, let step):
            return "reduce(\(name(accumulator)) = \(text(initial)), \(name(element)) IN"
                + " \(text(list)) | \(text(step)))"
        default: return ""
        }
    }

    private func text(_ kind: NestedPlanKind, _ body: String) -> String {
        switch kind {
        case .exists: "EXISTS {\(body)}"
        case .count: "COUNT {\(body)}"
        case .collect: "COLLECT {\(body)}"
        }
    }

    package func text(_ labels: PlanLabels) -> String {
        switch labels {
        case .name(let name): name
        case .dynamic(let expression): "$(\(text(expression)))"
        case .dynamicAny(let expression): "$any(\(text(expression)))"
        case .wildcard: "%"
        case .not(let inner): "!\(operand(inner))"
        case .and(let left, let right): "\(operand(left))&\(operand(right))"
        case .or(let left, let right): "\(operand(left))|\(operand(right))"
        }
    }

    private func operand(_ labels: PlanLabels) -> String {
        switch labels {
        case .and, .or: "(\(text(labels)))"
        default: text(labels)
        }
    }

    package func text(_ assignments: [SlotAssignment]) -> String {
        assignments.map { item in
            item.expression.plainSlot == item.slot
                ? name(item.slot) : "\(text(item.expression)) AS \(name(item.slot))"
        }.joined(separator: ", ")
    }
}

extension Value {
    /// The value as an expression's text; large lists and maps are only counted.
    package var literalText: String {
        switch self {
        case .null: "null"
        case .boolean(let value): value ? "true" : "false"
        case .integer(let value): "\(value)"
        case .float(let value): "\(value)"
        case .string(let value): "'\(value.prefix(40))'"
        case .list(let items):
            items.count <= 8
                ? "[\(items.map(\.literalText).joined(separator: ", "))]"
                : "[…\(items.count)]"
        case .map(let entries): "{…\(entries.count)}"
        case .date, .localTime, .time, .localDateTime, .dateTime, .duration, .point:
            staticType.name.lowercased() + "(…)"
        case .node, .relationship, .path: staticType.name.lowercased()
        }
    }
}
