// WeightShape: a folded pattern as nodes and links, from which programs with any root are read off.

import NQLPlan
import NQLSyntax
import NenCore

/// A connected pattern that is a tree, or has one cycle.
struct WeightShape {
    struct Node {
        var slot: Slot
        var labels: [PlanLabels] = []
        var predicates: [PlanExpression] = []
    }

    struct Link {
        var source: Slot
        var target: Slot
        var isDirected: Bool
        var types: [String]
        var effect = WeightEffect.product
        var exponent = 1
        var isExistence = false

        func other(_ slot: Slot) -> Slot { source == slot ? target : source }

        func direction(from slot: Slot) -> PatternDirection {
            if !isDirected { return .both }
            return source == slot ? .outgoing : .incoming
        }
    }

    private(set) var nodes: [Slot: Node]
    private(set) var links: [Link]
    /// The links of the cycle, each beginning where the one before ends.
    private var cycle: [Int] = []
    /// Links of the cycle that the left way takes; the right way takes the others.
    var leftStepCount = 1
    /// How the cycle is to be worked out; `triangles` only where there are `mutualTypes`.
    var method = WeightCycleMethod.marks

    init(nodes: [Slot: Node], links: [Link]) {
        self.nodes = nodes
        self.links = links
    }

    /// Adds a tree at its anchor; false when the anchor is no node of the pattern.
    mutating func attach(
        _ part: PatternElimination.Part, representative: [Slot: Slot]
    ) -> Bool {
        let anchor = representative[part.anchor] ?? part.anchor
        guard nodes[anchor] != nil else { return false }
        for (slot, labels) in part.tree.labels where slot != part.anchor {
            nodes[slot] = Node(
                slot: slot, labels: labels, predicates: part.tree.predicates[slot] ?? [])
        }
        for edge in part.tree.edges {
            let place = { (slot: Slot) in slot == part.anchor ? anchor : slot }
            let isFirst = edge.source == part.anchor || edge.target == part.anchor
            links.append(
                Link(
                    source: place(edge.source), target: place(edge.target),
                    isDirected: edge.isDirected, types: edge.types,
                    effect: isFirst ? part.effect : .product))
        }
        return true
    }

    // MARK: The cycle

    /// Relationships of the longest cycle that is gone around.
    private static let cycleMax = 4

    /// Finds the cycle, if there is one; false when there are several or it is too long.
    mutating func findCycle() -> Bool {
        if links.count == nodes.count - 1 { return true }
        guard links.count == nodes.count else { return false }
        var degrees: [Slot: Int] = [:]
        for link in links {
            degrees[link.source, default: 0] += 1
            degrees[link.target, default: 0] += 1
        }
        // Leaves are taken away until none is left.
        var core = Set(links.indices)
        var leaves = degrees.filter { $0.value == 1 }.map(\.key)
        while let leaf = leaves.popLast() {
            for index in core
            where links[index].source == leaf || links[index].target == leaf {
                core.remove(index)
                let other = links[index].other(leaf)
                degrees[other, default: 0] -= 1
                if degrees[other] == 1 { leaves.append(other) }
            }
        }
        guard core.count >= 2, core.count <= WeightShape.cycleMax,
            core.allSatisfy({
                links[$0].exponent == 1 && links[$0].effect == .product
                    && links[$0].source != links[$0].target
            }), let first = core.min()
        else { return false }
        cycle = [first]
        core.remove(first)
        var end = links[first].target
        while let next = core.sorted().first(where: { index in
            links[index].source == end || links[index].target == end
        }) {
            core.remove(next)
            cycle.append(next)
            end = links[next].other(end)
        }
        return core.isEmpty && end == links[first].source
    }

    /// The links around the cycle, beginning at `slot`; nil when it does not lie on the cycle.
    private func ring(from slot: Slot) -> [(link: Link, from: Slot)]? {
        var from = cycle.first.map { links[$0].source } ?? slot
        var ring: [(link: Link, from: Slot)] = []
        for index in cycle {
            ring.append((links[index], from))
            from = links[index].other(from)
        }
        guard let start = ring.firstIndex(where: { $0.from == slot }) else { return nil }
        return Array(ring[start...] + ring[..<start])
    }

    // MARK: Programs

    /// The program with its root at `slot`; nil when the cycle cannot be gone around from there.
    func node(_ slot: Slot) -> WeightNode? { node(slot, without: nil, entersCycle: true) }

    /// - Parameter without: the link that leads here.
    private func node(_ slot: Slot, without: Int?, entersCycle: Bool) -> WeightNode? {
        var branches: [WeightBranch] = []
        for (index, link) in links.enumerated()
        where index != without && !cycle.contains(index)
            && (link.source == slot || link.target == slot)
        {
            guard !link.isExistence,
                let below = node(link.other(slot), without: index, entersCycle: entersCycle)
            else { return nil }
            branches.append(
                WeightBranch(
                    types: link.types, direction: link.direction(from: slot),
                    effect: link.effect, exponent: link.exponent, node: below))
        }
        let own = nodes[slot] ?? Node(slot: slot)
        var result = WeightNode(
            labels: PlanLabels.all(own.labels), predicates: own.predicates, slot: slot,
            branches: branches)
        if entersCycle, let ring = ring(from: slot) {
            guard let ways = ways(ring) else { return nil }
            result.cycle = ways
        }
        return result
    }

    /// Numbers of steps that the left way may take: a relationship far from others is not worth
    /// following from each of them, so who knows the costs decides.
    var leftStepCounts: Range<Int> { cycle.isEmpty ? 1 ..< 2 : 1 ..< cycle.count }

    /// The types of a cycle of three relationships that are alike and may be read either way: who
    /// stands at which of its nodes is then a matter of labels and weights alone. nil for others.
    var mutualTypes: [String]? {
        guard cycle.count == 3, let types = cycle.first.map({ links[$0].types }),
            cycle.allSatisfy({ !links[$0].isDirected && Set(links[$0].types) == Set(types) })
        else { return nil }
        return types
    }

    /// Both ways around the ring.
    private func ways(_ ring: [(link: Link, from: Slot)]) -> WeightCycle? {
        let steps = ring.map { WeightHalf(link: $0.link, from: $0.from) }
        let back = steps[leftStepCount...].reversed().map { $0.reversed }
        return cycle(Array(steps[..<leftStepCount]), back)
    }

    /// A link walked from one of its ends.
    private struct WeightHalf {
        var link: Link
        var from: Slot
        var to: Slot { link.other(from) }
        var reversed: WeightHalf { WeightHalf(link: link, from: to) }
    }

    private func cycle(_ left: [WeightHalf], _ right: [WeightHalf]) -> WeightCycle? {
        guard let end = left.last?.to, let left = way(left), let right = way(right),
            let meeting = node(end, without: nil, entersCycle: false)
        else { return nil }
        return WeightCycle(
            left: left, right: right, meeting: meeting, method: method)
    }

    private func way(_ halves: [WeightHalf]) -> [WeightStep]? {
        var steps: [WeightStep] = []
        for (index, half) in halves.enumerated() {
            var between: WeightNode?
            if index + 1 < halves.count {
                between = node(half.to, without: nil, entersCycle: false)
                if between == nil { return nil }
            }
            steps.append(
                WeightStep(
                    types: half.link.types, direction: half.link.direction(from: half.from),
                    isExistence: half.link.isExistence, node: between))
        }
        return steps
    }
}
