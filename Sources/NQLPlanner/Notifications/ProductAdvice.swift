// ProductAdvice: a plan that combines all rows of one large input with all of another says what
// would have tied them: a relationship that the graph has between them, or keys that are indexed.

import NQLPlan
import NQLSyntax
import NenCore

/// Remarks on the products of one plan.
struct ProductAdvice {
    private let session: PlanningSession
    private let cardinality: CardinalityModel
    private let facts: SlotFacts

    /// Rows from which on an input is large.
    private static let rowsMin = 1_000.0

    init(_ planner: PhysicalPlanner) {
        session = planner.session
        cardinality = planner.cardinality
        facts = planner.facts
    }

    /// Adds a remark to the statement's where the product `draft` has two large inputs.
    func check(_ draft: PlanDraft) {
        let (left, right) = (draft.inputs[0], draft.inputs[1])
        guard left.rows >= ProductAdvice.rowsMin, right.rows >= ProductAdvice.rowsMin,
            let first = variable(left), let second = variable(right)
        else { return }
        let (a, b) = (session.slots[first].name, session.slots[second].name)
        let remark = PlanNotification(
            code: "LargeCartesianProduct", gqlStatus: "03N90", severity: .warning,
            message: "The plan combines every row of `\(a)` (\(ExplainTable.number(left.rows)))"
                + " with every row of `\(b)` (\(ExplainTable.number(right.rows))): about"
                + " \(ExplainTable.number(draft.rows)) rows.",
            hint: hint(first, second), span: .none)
        if !session.notifications.contains(remark) { session.notifications.append(remark) }
    }

    /// The first variable of the text that a plan binds; a node rather than another.
    private func variable(_ draft: PlanDraft) -> Slot? {
        let named = draft.available.elements.filter { slot in
            !session.slots[slot].name.hasPrefix("anon_")
        }
        return named.first { session.slots[$0].type == .node } ?? named.first
    }

    private func hint(_ first: Slot, _ second: Slot) -> String {
        let (a, b) = (session.slots[first].name, session.slots[second].name)
        var ways: [String] = []
        if session.slots[first].type == .node, session.slots[second].type == .node {
            if let step = relationship(first, second) { ways.append("the relationship \(step)") }
            if let key = sharedKey(first, second) {
                ways.append("the condition \(a).\(key) = \(b).\(key)")
            }
        }
        for (slot, other) in [(second, a), (first, b)] where ways.isEmpty {
            guard let index = index(slot) else { continue }
            let key = session.context.catalog.keys[Int(index.properties[0])]
            ways.append(
                "a condition such as \(session.slots[slot].name).\(key) = \(other).…, which the"
                    + " index \(index.name) answers")
        }
        if ways.isEmpty {
            ways.append("an equality of a property of `\(a)` and one of `\(b)`")
        }
        return "If they belong together, tie them by " + ways.joined(separator: " or by ") + "."
    }

    /// The most frequent type between nodes that both may be.
    private func relationship(_ first: Slot, _ second: Slot) -> String? {
        let catalog = session.context.catalog
        let (one, other) = (facts.labels(of: first), facts.labels(of: second))
        guard !one.isEmpty, !other.isEmpty else { return nil }
        var best: (text: String, count: Double)?
        for type in catalog.types {
            let ways: [(PatternDirection, String)] = [
                (.outgoing, "-[:\(type)]->"), (.incoming, "<-[:\(type)]-"),
            ]
            for (direction, arrow) in ways {
                let count = cardinality.steps([type], direction, from: one, to: other)
                if count > (best?.count ?? 0) {
                    let (a, b) = (session.slots[first].name, session.slots[second].name)
                    best = ("(\(a))\(arrow)(\(b))", count)
                }
            }
        }
        return best?.text
    }

    /// A property that both nodes are indexed by.
    private func sharedKey(_ first: Slot, _ second: Slot) -> String? {
        let keys = Set(indexes(first).compactMap(\.properties.first))
        return indexes(second).compactMap(\.properties.first).first(where: keys.contains)
            .map { session.context.catalog.keys[Int($0)] }
    }

    private func index(_ slot: Slot) -> IndexDescriptor? { indexes(slot).first }

    private func indexes(_ slot: Slot) -> [IndexDescriptor] {
        guard session.slots[slot].type == .node else { return [] }
        let catalog = session.context.catalog
        let labels = facts.labels(of: slot).compactMap { label -> NameID? in
            guard case .name(let name) = label else { return nil }
            return catalog.label(name)
        }
        return catalog.indexes.filter { index in
            index.entity == .node && labels.contains(index.labelOrType)
        }
    }
}
