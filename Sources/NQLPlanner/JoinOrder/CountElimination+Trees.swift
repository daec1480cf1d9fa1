// CountElimination+Trees: from folded patterns to rooted trees of weights, and what they cost.

import NQLSyntax
import NenCore

extension CountElimination.Pattern {
    /// Whether the edges hold all nodes together.
    var isConnected: Bool {
        guard let start = labels.keys.min() else { return false }
        return reached(from: start, edges.map { ($0.source, $0.target) }).count == labels.count
    }

    /// Whether there is exactly one way between any two nodes.
    var isTree: Bool { edges.count == labels.count - 1 && isConnected }
}

extension CountElimination.Folded {
    var isTree: Bool {
        let nodes = Set(representative.values)
        guard edges.count == nodes.count - 1, let start = nodes.min() else { return false }
        return reached(from: start, edges.map { ($0.source, $0.target) }).count == nodes.count
    }
}

/// Nodes that edges lead to from `start`, whatever their direction.
private func reached(from start: Slot, _ edges: [(Slot, Slot)]) -> Set<Slot> {
    var seen: Set<Slot> = [start]
    var waiting = [start]
    while let slot = waiting.popLast() {
        for (a, b) in edges where a == slot || b == slot {
            let other = a == slot ? b : a
            if seen.insert(other).inserted { waiting.append(other) }
        }
    }
    return seen
}

extension CountElimination {
    /// The tree of a folded pattern with its optional branches, rooted where it is least deep; nil
    /// when an optional part hangs on nothing.
    func tree(_ term: Folded, _ optionals: [OptionalPart]) -> WeightNode? {
        var nodes: [Slot: Builder.Node] = [:]
        for (slot, labels) in term.pattern.labels.sorted(by: { $0.key < $1.key }) {
            let target = term.representative[slot] ?? slot
            var node = nodes[target] ?? Builder.Node(slot: target)
            for label in labels where !node.labels.contains(label) { node.labels.append(label) }
            for predicate in term.pattern.predicates[slot] ?? [] {
                node.predicates.append(moved(predicate, from: slot, to: target))
            }
            nodes[target] = node
        }
        let edges = term.edges.map { edge in
            Builder.Link(
                source: edge.source, target: edge.target, isDirected: edge.isDirected,
                types: edge.types, isOptional: false, exponent: edge.exponent)
        }
        var builder = Builder(nodes: nodes, links: edges)
        for part in optionals.reversed() {
            guard builder.attach(part, representative: term.representative) else { return nil }
        }
        let core = Set(term.representative.values)
        let roots = core.sorted().map { ($0, builder.depth(from: $0)) }
        guard let root = roots.min(by: { $0.1 < $1.1 })?.0 else { return nil }
        return builder.node(root, without: nil)
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

    /// Hangs branches together.
    struct Builder {
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
            var isOptional: Bool
            var exponent: Int
        }

        var nodes: [Slot: Node]
        var links: [Link]

        /// Adds an optional tree at its anchor; false when the anchor is no node of the pattern.
        mutating func attach(_ part: OptionalPart, representative: [Slot: Slot]) -> Bool {
            let anchor = representative[part.anchor] ?? part.anchor
            guard nodes[anchor] != nil else { return false }
            for (slot, labels) in part.tree.labels where slot != part.anchor {
                nodes[slot] = Node(
                    slot: slot, labels: labels, predicates: part.tree.predicates[slot] ?? [])
            }
            for edge in part.tree.edges {
                let place = { (slot: Slot) in slot == part.anchor ? anchor : slot }
                links.append(
                    Link(
                        source: place(edge.source), target: place(edge.target),
                        isDirected: edge.isDirected, types: edge.types,
                        isOptional: edge.source == part.anchor || edge.target == part.anchor,
                        exponent: 1))
            }
            return true
        }

        private func neighbours(_ slot: Slot, without: Slot?) -> [(Slot, Link)] {
            links.compactMap { link in
                guard link.source == slot || link.target == slot else { return nil }
                let other = link.source == slot ? link.target : link.source
                return other == without ? nil : (other, link)
            }
        }

        func depth(from slot: Slot, without: Slot? = nil) -> Int {
            1 + (neighbours(slot, without: without)
                .map { depth(from: $0.0, without: slot) }.max() ?? 0)
        }

        func node(_ slot: Slot, without: Slot?) -> WeightNode {
            let branches = neighbours(slot, without: without).map { other, link in
                var direction: PatternDirection = .both
                if link.isDirected {
                    direction = link.source == slot ? .outgoing : .incoming
                }
                return WeightBranch(
                    types: link.types, direction: direction, isOptional: link.isOptional,
                    exponent: link.exponent, node: node(other, without: slot))
            }
            let own = nodes[slot] ?? Node(slot: slot)
            return WeightNode(
                labels: PlanLabels.all(own.labels), predicates: own.predicates,
                slot: slot, branches: branches)
        }
    }

    /// One pass over the relationships of each branch, and over the nodes.
    func cost(_ node: WeightNode) -> Double {
        let labels = node.labels.map(\.conjuncts) ?? []
        let count = count(labels)
        var cost = count * CostModel.weightStep
        for predicate in node.predicates { cost += count * CostModel.evaluation(predicate) }
        for branch in node.branches {
            let far = branch.node.labels.map(\.conjuncts) ?? []
            let steps = relationships(branch, from: labels, to: far)
            cost += 1_000 + steps * CostModel.weightStep + self.cost(branch.node)
        }
        return cost
    }
}
