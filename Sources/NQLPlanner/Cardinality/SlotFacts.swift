// SlotFacts: what is known of the columns of a plan while it is made: labels and types from the
// patterns that bound them, expressions from projections, lengths of collected lists. So a filter,
// a grouping or an UNWIND behind `WITH p.name AS name, collect(q) AS all` is estimated by what the
// columns stand for. Of parameters the first values count: how many rows a list has, or a LIMIT
// asks for. They enter estimates only; the plan holds for all others.

import NQLPlan
import NenCore

/// Facts about slots, gathered from the leaf of a plan upwards.
final class SlotFacts {
    /// Nodes that a node slot can stand for, by the relationships that lead to it.
    private(set) var nodes: [Slot: Double] = [:]
    /// Nodes of a node slot that satisfy the conditions on it alone.
    private(set) var candidates: [Slot: Double] = [:]
    /// The nodes that a slot is, where its key was looked up.
    private(set) var landmarks: [Slot: Landmark] = [:]
    /// Labels of node slots.
    private var labels: [Slot: [PlanLabels]] = [:]
    /// Those that patterns around the plan ask. Never changed, so that a subquery of a statement of
    /// thousands of clauses does not copy what all of them say.
    private let outerLabels: [Slot: [PlanLabels]]
    /// Types of relationship slots.
    private(set) var types: [Slot: [String]] = [:]
    private var definitions: [Slot: PlanExpression] = [:]
    private var listLengths: [Slot: Double] = [:]
    /// Mean rows of a group, for slots that count them.
    private(set) var meanCounts: [Slot: Double] = [:]
    /// Mean bytes of a slot's strings.
    private(set) var stringBytes: [Slot: Double] = [:]
    /// Values that are known.
    let values: ParameterValues

    /// Columns that stand for columns are followed this far.
    private static let depthMax = 8

    init(outerLabels: [Slot: [PlanLabels]] = [:], parameters: [String: Value] = [:]) {
        self.outerLabels = outerLabels
        values = ParameterValues(parameters)
    }

    /// A pattern has bound `slot`.
    func note(_ slot: Slot, labels more: [PlanLabels]) {
        var known = labels(of: slot)
        for label in more where !known.contains(label) { known.append(label) }
        labels[slot] = known
    }

    /// Labels of a node slot, as far as known.
    func labels(of slot: Slot) -> [PlanLabels] { labels[slot] ?? outerLabels[slot] ?? [] }

    func note(_ slot: Slot, nodes count: Double) {
        nodes[slot] = min(nodes[slot] ?? count, count)
    }

    func note(_ slot: Slot, candidates count: Double) { candidates[slot] = max(1, count) }

    /// Runs `body`, for which `slots` are nodes of a pattern of its own: what is known of their
    /// number is set aside, and holds again afterwards, as their labels do.
    func settingAside<R>(_ slots: [Slot], _ body: () -> R) -> R {
        let (oldNodes, oldCandidates) = (nodes, candidates)
        let (oldLandmarks, oldLabels) = (landmarks, labels)
        for slot in slots {
            nodes[slot] = nil
            candidates[slot] = nil
            landmarks[slot] = nil
        }
        defer {
            for slot in slots {
                nodes[slot] = oldNodes[slot]
                candidates[slot] = oldCandidates[slot]
                landmarks[slot] = oldLandmarks[slot]
                labels[slot] = oldLabels[slot]
            }
        }
        return body()
    }

    func note(_ slot: Slot, landmark: Landmark) { landmarks[slot] = landmark }

    func note(_ slot: Slot, types more: [String]) { types[slot] = more }

    /// A projection has bound `slot`.
    func note(_ slot: Slot, is expression: PlanExpression, _ model: SelectivityModel) {
        definitions[slot] = expression
        if let bytes = model.estimate(of: expression)?.meanBytes { stringBytes[slot] = bytes }
        if let length = model.knownListLength(expression) { listLengths[slot] = length }
    }

    func note(_ slot: Slot, listLength: Double) { listLengths[slot] = listLength }

    func note(_ slot: Slot, meanCount: Double) { meanCounts[slot] = meanCount }

    func listLength(_ slot: Slot) -> Double? { listLengths[slot] }

    /// The number that a list's elements or rows are counted by; nil where it is not known yet.
    func integer(_ expression: PlanExpression) -> Double? {
        guard case .integer(let number) = values[expression] else { return nil }
        return Double(number)
    }

    /// Rows that a SKIP or LIMIT names.
    func rowCount(_ expression: PlanExpression) -> Double? {
        integer(expression).map { max(0, $0) }
    }

    /// Elements of a list that is a parameter, or a part of one.
    func valueCount(_ expression: PlanExpression) -> Double? {
        guard case .list(let items) = values[expression] else { return nil }
        return Double(items.count)
    }

    /// What an expression stands for: columns are replaced by what was projected to them.
    func resolved(_ expression: PlanExpression) -> PlanExpression {
        var result = expression
        for _ in 0 ..< SlotFacts.depthMax {
            switch result.kind {
            case .slot(let slot):
                guard let definition = definitions[slot] else { return result }
                result = definition
            case .property(let base, let key):
                guard let slot = base.plainSlot, let definition = definitions[slot],
                    definition.plainSlot != nil
                else { return result }
                result.kind = .property(definition, key: key)
            default: return result
            }
        }
        return result
    }
}
