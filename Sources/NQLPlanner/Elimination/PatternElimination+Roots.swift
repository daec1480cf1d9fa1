// PatternElimination+Roots: from folded patterns to rooted programs of weights, and what they cost.
// A folded pattern is a tree, or has one cycle of at most four relationships; all else is out of
// reach.

import NQLPlan
import NQLSyntax
import NenCore

extension PatternElimination.Pattern {
    /// Whether the edges hold all nodes together.
    var isConnected: Bool {
        guard let start = labels.keys.min() else { return false }
        var seen: Set<Slot> = [start]
        var waiting = [start]
        while let slot = waiting.popLast() {
            for edge in edges where edge.source == slot || edge.target == slot {
                let other = edge.source == slot ? edge.target : edge.source
                if seen.insert(other).inserted { waiting.append(other) }
            }
        }
        return seen.count == labels.count
    }

    /// Whether there is exactly one way between any two nodes.
    var isTree: Bool { edges.count == labels.count - 1 && isConnected }
}

extension PatternElimination {
    /// The program of a folded pattern with its parts, at `root` or where it costs least; nil when
    /// it is out of reach, or a part hangs on nothing.
    func rooted(_ term: Folded, _ parts: [Part], at root: Slot?) -> WeightNode? {
        var nodes: [Slot: WeightShape.Node] = [:]
        for (slot, labels) in term.pattern.labels.sorted(by: { $0.key < $1.key }) {
            let target = term.representative[slot] ?? slot
            var node = nodes[target] ?? WeightShape.Node(slot: target)
            for label in labels where !node.labels.contains(label) { node.labels.append(label) }
            for predicate in term.pattern.predicates[slot] ?? [] {
                node.predicates.append(moved(predicate, from: slot, to: target))
            }
            nodes[target] = node
        }
        let links = term.edges.map { edge in
            WeightShape.Link(
                source: edge.source, target: edge.target, isDirected: edge.isDirected,
                types: edge.types, exponent: edge.exponent, isExistence: edge.isExistence)
        }
        var shape = WeightShape(nodes: nodes, links: links)
        for part in parts.reversed() {
            guard shape.attach(part, representative: term.representative) else { return nil }
        }
        guard shape.findCycle() else { return nil }
        let places = root.map { [term.representative[$0] ?? $0] }
            ?? Set(term.representative.values).sorted()
        var roots: [(node: WeightNode, cost: Double)] = []
        for count in shape.leftStepCounts {
            shape.leftStepCount = count
            roots += places.compactMap { shape.node($0) }.map { (node: $0, cost: cost($0)) }
        }
        if planner.session.isEnabled("look-up-pairs") {
            shape.method = .pairs
            let weight = planner.context.options.weight(.pairs)
            for count in shape.leftStepCounts {
                shape.leftStepCount = count
                roots += places.compactMap { shape.node($0) }.filter { mayLookUpPairs($0) }
                    .map { (node: $0, cost: cost($0) * weight) }
            }
        }
        if mayMeetEachOnce(shape) {
            shape.method = .triangles
            let weight = planner.context.options.weight(.triangles)
            roots += places.compactMap { shape.node($0) }
                .map { (node: $0, cost: cost($0) * weight) }
        }
        // Of about equal ones the least deep: it keeps the fewest tables.
        let most = (roots.map(\.cost).min() ?? 0) * 1.05
        return roots.filter { $0.cost <= most }.min { $0.node.depth < $1.node.depth }?.node
    }

    /// Choice `meet-triangles-once`: whether the cycle is a triangle that looks the same from each
    /// of its nodes.
    private func mayMeetEachOnce(_ shape: WeightShape) -> Bool {
        guard planner.session.isEnabled("meet-triangles-once"), let types = shape.mutualTypes
        else { return false }
        usesStatistics = true
        return cardinality.selfLoops(types) == 0
    }

    /// Choice `look-up-pairs`: whether few pairs of nodes are met from any node where the cycle is
    /// entered, whatever its degrees, and a bit for every pair there can be takes little memory.
    private func mayLookUpPairs(_ root: WeightNode) -> Bool {
        guard let (node, cycle) = root.entry, cycle.method == .pairs, cycle.right.count >= 2
        else { return false }
        let right = cycle.right.dropLast()
        if (cycle.left + right).contains(where: \.isExistence) { return false }
        let labels = node.labels.map(\.conjuncts) ?? []
        guard let left = mostWays(cycle.left, labels), let other = mostWays(right, labels),
            min(left, other) <= PatternElimination.pairedWaysMax,
            max(left, other) <= PatternElimination.pairedEndsMax
        else { return false }
        let model = MemoryModel(
            slots: [], nodeCount: cardinality.nodeCount,
            labelled: { [cardinality] in cardinality.nodes($0.conjuncts) })
        return model.pairs(cycle) <= PatternElimination.pairBytesMax
    }

    /// On one of the two ways, from any node, and on the other, whose ends are all kept of some
    /// hundred nodes.
    private static let pairedWaysMax = 4.0
    private static let pairedEndsMax = 2_048.0
    private static let pairBytesMax = Double(64 << 20)

    /// The most nodes that a way leads to from one node; nil when that is not known.
    private func mostWays(
        _ way: some Sequence<WeightStep>, _ labels: [PlanLabels]
    ) -> Double? {
        var from = labels
        var ways = 1.0
        for step in way {
            guard let most = cardinality.largestDegreeAtHand(
                step.types, step.direction, from: from)
            else { return nil }
            ways *= most
            from = step.node?.labels.map(\.conjuncts) ?? []
        }
        return ways
    }

    private func moved(
        _ predicate: PlanExpression, from slot: Slot, to target: Slot
    ) -> PlanExpression {
        if slot == target { return predicate }
        return predicate.rewritten { part in
            guard part.plainSlot == slot else { return part }
            return PlanExpression(.slot(target), type: part.type, span: part.span)
        }
    }

    // MARK: Costs

    /// The cost of all terms; equal subtrees are worked out once.
    func cost(_ program: WeightProgram) -> Double {
        var known: Set<WeightNode> = []
        return program.terms.reduce(0) { $0 + cost($1.root, &known) }
    }

    private func cost(_ node: WeightNode) -> Double {
        var known: Set<WeightNode> = []
        return cost(node, &known)
    }

    /// One pass over the nodes and the relationships of each branch, and the ways around the cycle.
    private func cost(_ node: WeightNode, _ known: inout Set<WeightNode>) -> Double {
        guard known.insert(node).inserted else { return 0 }
        let labels = node.labels.map(\.conjuncts) ?? []
        let count = count(labels)
        var cost = 1_000 + count * CostModel.weightStep
        for predicate in node.predicates { cost += count * CostModel.evaluation(predicate) }
        for branch in node.branches {
            let far = branch.node.labels.map(\.conjuncts) ?? []
            let steps = cardinality.steps(branch.types, branch.direction, from: labels, to: far)
            cost += steps * CostModel.weightStep + self.cost(branch.node, &known)
        }
        guard let cycle = node.cycle else { return cost }
        switch cycle.method {
        case .triangles: cost += triangles(cycle, count)
        case .pairs: cost += pairs(cycle, labels, count)
        case .marks:
            let (left, right) = (ways(cycle.left, labels, cycle), ways(cycle.right, labels, cycle))
            cost += left.cost + right.cost + right.arrivals * CostModel.weightMark
                + count * CostModel.weightStart * 2
        }
        for other in cycle.nodes { cost += self.cost(other, &known) }
        return cost
    }

    /// What it takes to make the matrix, to take both ways from `count` nodes with `labels`, and to
    /// look up each pair of what they lead to.
    private func pairs(_ cycle: WeightCycle, _ labels: [PlanLabels], _ count: Double) -> Double {
        let right = Array(cycle.right.dropLast())
        guard let step = cycle.right.last, let before = right.last?.node else { return .infinity }
        let model = MemoryModel(
            slots: [], nodeCount: cardinality.nodeCount,
            labelled: { [cardinality] in cardinality.nodes($0.conjuncts) })
        let rows = cardinality.steps(
            step.types, step.direction, from: before.labels.map(\.conjuncts) ?? [], to: [])
        // The left way is taken from where the right one leads somewhere.
        let first = pairedWays(right, labels, count, cycle)
        let begun = min(count, first.arrivals)
        let second = pairedWays(cycle.left, labels, begun, cycle)
        return model.pairs(cycle) * CostModel.pairByte + rows * CostModel.pairStep
            + first.cost + second.cost
            + first.arrivals * second.arrivals / max(1, begun) * CostModel.pairTest
    }

    /// What it takes when `rows` nodes with `labels` take one way, the first step in their order.
    private func pairedWays(
        _ way: [WeightStep], _ labels: [PlanLabels], _ rows: Double, _ cycle: WeightCycle
    ) -> (arrivals: Double, cost: Double) {
        var rows = rows
        var from = labels
        var cost = 0.0
        for (number, step) in way.enumerated() {
            let most = cardinality.largestDegreeAtHand(step.types, step.direction, from: from)
            let isSingle = most.map { $0 <= 1 } ?? false
            cost += rows * (number == 0 ? CostModel.pairStart : CostModel.pairPassage)
                * (isSingle ? 1 : CostModel.pairRunFactor)
            let to = (step.node ?? cycle.meeting).labels.map(\.conjuncts) ?? []
            let steps = cardinality.steps(step.types, step.direction, from: from, to: to)
            rows *= number == 0
                ? steps / max(1, self.count(from))
                : fanOut(step, behind: way[number - 1], from, steps)
            cost += rows * CostModel.pairArrival
            from = to
        }
        return (rows, cost)
    }

    /// What it takes to meet all triangles. Relationships are read towards the end that has more;
    /// from no node do more lead away then than the root of twice their number, and on average
    /// about half of what a node has.
    private func triangles(_ cycle: WeightCycle, _ nodes: Double) -> Double {
        let steps = cycle.left.first.map {
            cardinality.steps($0.types, $0.direction, from: [], to: [])
        } ?? 0
        let away = min((steps).squareRoot(), steps / max(1, nodes))
        return nodes * CostModel.weightStart + steps * CostModel.triangleStep
            + steps / 2 * away * CostModel.triangleTest
    }

    /// What it takes when each node with `labels` takes one way: a passage for each node, and for
    /// each node between, and a step for each relationship.
    private func ways(
        _ way: [WeightStep], _ labels: [PlanLabels], _ cycle: WeightCycle
    ) -> (arrivals: Double, cost: Double) {
        var rows = count(labels)
        var from = labels
        var cost = 0.0
        for (number, step) in way.enumerated() {
            if number > 0 { cost += rows * CostModel.weightPassage(among: self.count(from)) }
            let to = (step.node ?? cycle.meeting).labels.map(\.conjuncts) ?? []
            let steps = cardinality.steps(step.types, step.direction, from: from, to: to)
            rows *= number == 0
                ? steps / max(1, count(from)) : fanOut(step, behind: way[number - 1], from, steps)
            cost += rows * CostModel.weightArrival
            from = to
        }
        return (rows, cost)
    }

    /// What one node between leads to on: one that many ways lead to is no average node. `steps`:
    /// from all such nodes to those wanted.
    private func fanOut(
        _ step: WeightStep, behind previous: WeightStep, _ middle: [PlanLabels], _ steps: Double
    ) -> Double {
        let came = PatternEnd(types: previous.types, direction: previous.direction.reversed)
        let next = PatternEnd(types: step.types, direction: step.direction)
        guard let mean = cardinality.fanOutBehind(previous: came, next: next, middle: middle)
        else { return steps / max(1, count(middle)) }
        let all = cardinality.steps(step.types, step.direction, from: middle, to: [])
        return mean * min(1, steps / max(1, all))
    }
}
