// CountElimination: `RETURN count(*)` over a tree-shaped pattern without enumerating its matches.
//
// The count of a tree is a product of sums, worked out from the leaves to the root (FAQ: Abo
// Khamis, Ngo, Rudra, PODS 2016). What makes matches of a pattern more than a product, that
// relationships of one MATCH differ and that `a <> c`, is taken away by inclusion and exclusion:
// for each way to let relationships or nodes coincide there is a term with the pattern so folded,
// and its sign (Möbius function of the partition lattice). OPTIONAL MATCH on one bound node is a
// branch with the weight max(1, w).
//
// Terms that fold a relationship onto one node need self-loops; the exact statistics say whether
// there are any. Where there are, or a folded pattern is no tree, or terms are too many, the
// pattern is enumerated.

import NQLSyntax
import NenCore

/// Finds the weight program of a count, if there is one.
final class CountElimination {
    /// More terms than this are not worth it.
    static let termsMax = 32
    private static let rawTermsMax = 512

    let planner: PhysicalPlanner
    let cardinality: CardinalityModel
    /// Set when the exact statistics were relied on.
    private var usesStatistics = false

    init(_ planner: PhysicalPlanner) {
        self.planner = planner
        cardinality = planner.cardinality
    }

    /// A pattern edge, read from `source` to `target` when it is directed.
    struct Edge: Hashable {
        var source: Slot
        var target: Slot
        var isDirected: Bool
        var types: [String]
        var group: Int
    }

    /// An OPTIONAL MATCH: a tree below a node that is bound before.
    struct OptionalPart {
        var anchor: Slot
        var tree: Pattern
    }

    /// A connected pattern in a form that folds.
    struct Pattern {
        var labels: [Slot: [PlanLabels]]
        var edges: [Edge]
        var predicates: [Slot: [PlanExpression]]
        /// Pairs of nodes that must differ.
        var inequalities: [(Slot, Slot)]
    }

    /// The operator for a count over `plan`; nil when the count cannot be had this way.
    func draft(_ aggregates: [AggregateCall], _ plan: LogicalPlan) -> PlanDraft? {
        guard aggregates.count == 1, let call = aggregates.first, call.function == "count",
            !call.isDistinct
        else { return nil }
        var optionals: [OptionalPart] = []
        var below = plan
        while case .step(.apply(.optional, _)) = below.kind {
            guard case .match(let graph) = below.inputs[1].kind,
                case .argument = below.inputs[1].inputs[0].kind,
                let part = optional(graph, bound: below.inputs[0].available)
            else { return nil }
            optionals.append(part)
            below = below.inputs[0]
        }
        guard case .match(let graph) = below.kind, case .step(.singleRow) = below.inputs[0].kind,
            let pattern = pattern(graph), isCounting(call, graph), pattern.isConnected
        else { return nil }
        guard let folded = fold(pattern) else { return nil }
        var terms: [WeightTerm] = []
        for term in folded {
            guard let root = tree(term, optionals) else { return nil }
            terms.append(WeightTerm(coefficient: term.coefficient, root: root))
        }
        if usesStatistics {
            guard !planner.binder.isWriting else { return nil }
            planner.binder.isSnapshotBound = true
        }
        let cost = terms.reduce(0.0) { $0 + self.cost($1.root) }
        return PlanDraft(
            .weightAggregate(WeightProgram(terms: terms, slot: call.slot)), rows: 1,
            ownCost: cost)
    }

    /// `count(*)`, or the count of a variable that is never null.
    private func isCounting(_ call: AggregateCall, _ graph: QueryGraph) -> Bool {
        guard let argument = call.arguments.first else { return true }
        guard let slot = argument.plainSlot else { return false }
        return graph.patternSlots.contains(slot)
    }

    /// Nodes with `labels`.
    func count(_ labels: [PlanLabels]) -> Double { cardinality.nodes(labels) }

    /// Relationships that a branch passes over.
    func relationships(
        _ branch: WeightBranch, from source: [PlanLabels], to target: [PlanLabels]
    ) -> Double {
        cardinality.steps(branch.types, branch.direction, from: source, to: target)
    }

    // MARK: Folding

    /// A pattern with some of its elements made to coincide.
    struct Folded {
        var coefficient: Int64
        /// Pattern node → the node that stands for its class.
        var representative: [Slot: Slot]
        var edges: [FoldedEdge]
        var pattern: Pattern
    }

    /// Edges between two classes of nodes.
    struct FoldedEdge: Hashable {
        var source: Slot
        var target: Slot
        var isDirected: Bool
        var types: [String]
        var exponent: Int
    }

    /// Whether both edges could be the same relationship.
    func mayCoincide(_ a: Edge, _ b: Edge, _ pattern: Pattern) -> Bool {
        guard a.group == b.group, let types = common(a.types, b.types) else { return false }
        let pairs: [(Slot, Slot)] =
            a.isDirected && b.isDirected
            ? [(b.source, b.target)] : [(b.source, b.target), (b.target, b.source)]
        for (source, target) in pairs {
            let first = (pattern.labels[a.source] ?? []) + (pattern.labels[source] ?? [])
            let second = (pattern.labels[a.target] ?? []) + (pattern.labels[target] ?? [])
            let direction: PatternDirection =
                a.isDirected || b.isDirected ? .outgoing : .both
            // Where only b is directed, a is read along b.
            let count =
                !a.isDirected && b.isDirected && source != b.source
                ? cardinality.steps(types, .incoming, from: first, to: second)
                : cardinality.steps(types, direction, from: first, to: second)
            if count > 0 { return true }
        }
        usesStatistics = true
        return false
    }

    /// Types that both admit; nil when there is none. Empty means all.
    private func common(_ a: [String], _ b: [String]) -> [String]? {
        if a.isEmpty { return b }
        if b.isEmpty { return a }
        let shared = a.filter { b.contains($0) }
        return shared.isEmpty ? nil : shared
    }

    /// All terms with their signs, equal ones added up; nil when some term is out of reach.
    private func fold(_ pattern: Pattern) -> [Folded]? {
        guard pattern.inequalities.count <= 4 else { return nil }
        var partitions: [[[Int]]] = [[]]
        for index in pattern.edges.indices {
            var next: [[[Int]]] = []
            for partition in partitions {
                next.append(partition + [[index]])
                for block in partition.indices
                where partition[block].allSatisfy({
                    mayCoincide(pattern.edges[$0], pattern.edges[index], pattern)
                }) {
                    var copy = partition
                    copy[block].append(index)
                    next.append(copy)
                }
            }
            partitions = next
            if partitions.count > CountElimination.rawTermsMax { return nil }
        }
        if partitions.count > 1 || !pattern.inequalities.isEmpty {
            // Folded relationships that fall onto one node are counted as none.
            for edge in pattern.edges where cardinality.selfLoops(edge.types) > 0 { return nil }
            usesStatistics = true
        }
        var sums: [TermKey: (term: Folded, coefficient: Int64)] = [:]
        var order: [TermKey] = []
        for partition in partitions {
            for subset in 0..<(1 << pattern.inequalities.count) {
                guard let terms = terms(pattern, partition, subset) else { return nil }
                for term in terms {
                    let key = TermKey(term)
                    if sums[key] == nil { order.append(key) }
                    sums[key, default: (term, 0)].coefficient += term.coefficient
                }
                if order.count > CountElimination.rawTermsMax { return nil }
            }
        }
        var result: [Folded] = []
        for key in order {
            guard let (term, coefficient) = sums[key], coefficient != 0 else { continue }
            var copy = term
            copy.coefficient = coefficient
            guard copy.isTree else { return nil }
            result.append(copy)
        }
        return result.count <= CountElimination.termsMax && !result.isEmpty ? result : nil
    }

    private struct TermKey: Hashable {
        var representative: [Slot: Slot]
        var edges: Set<FoldedEdge>

        init(_ term: Folded) {
            representative = term.representative
            edges = Set(term.edges)
        }
    }

    /// The terms of one partition of the edges and one set of coinciding node pairs: one for each
    /// way to lay undirected edges of a block onto each other. nil when one cannot be expressed.
    private func terms(
        _ pattern: Pattern, _ partition: [[Int]], _ subset: Int
    ) -> [Folded]? {
        var coefficient: Int64 = subset.nonzeroBitCount % 2 == 0 ? 1 : -1
        var flips = 0
        var blocks: [[Int]] = []
        for block in partition {
            for size in 1..<max(2, block.count) where block.count > 1 {
                coefficient *= -Int64(size)
            }
            // A directed edge says how the block runs.
            let sorted = block.sorted { first, second in
                let (a, b) = (pattern.edges[first].isDirected, pattern.edges[second].isDirected)
                return a == b ? first < second : a
            }
            flips += sorted.dropFirst().count { !pattern.edges[$0].isDirected }
            blocks.append(sorted)
        }
        guard flips <= 6 else { return nil }
        var result: [Folded] = []
        for choice in 0..<(1 << flips) {
            switch fold(pattern, blocks, subset, choice, coefficient) {
            case .vanishes: continue
            case .outOfReach: return nil
            case .term(let term): result.append(term)
            }
        }
        return result
    }

    private enum Outcome {
        /// The term counts nothing.
        case vanishes
        case outOfReach
        case term(Folded)
    }

    private func fold(
        _ pattern: Pattern, _ blocks: [[Int]], _ subset: Int, _ choice: Int,
        _ coefficient: Int64
    ) -> Outcome {
        var classes = NodeClasses(pattern.labels.keys.sorted())
        for (index, pair) in pattern.inequalities.enumerated()
        where subset & (1 << index) != 0 {
            classes.join(pair.0, pair.1)
        }
        var flip = choice
        for block in blocks {
            let first = pattern.edges[block[0]]
            for index in block.dropFirst() {
                let edge = pattern.edges[index]
                var isFlipped = false
                if !edge.isDirected {
                    isFlipped = flip & 1 != 0
                    flip >>= 1
                }
                classes.join(first.source, isFlipped ? edge.target : edge.source)
                classes.join(first.target, isFlipped ? edge.source : edge.target)
            }
        }
        let representative = classes.representatives
        var labels: [Slot: [PlanLabels]] = [:]
        for (slot, own) in pattern.labels {
            labels[representative[slot] ?? slot, default: []] += own
        }
        for (slot, all) in labels where cardinality.nodes(all) == 0 && slot >= 0 {
            return .vanishes
        }
        var edges: [FoldedEdge] = []
        for block in blocks {
            let first = pattern.edges[block[0]]
            let source = representative[first.source] ?? first.source
            let target = representative[first.target] ?? first.target
            // No self-loops: nothing runs from a node to itself.
            if source == target { return .vanishes }
            var types: [String]? = first.types
            for index in block.dropFirst() {
                types = types.flatMap { common($0, pattern.edges[index].types) }
            }
            guard let types else { return .vanishes }
            guard add(
                FoldedEdge(
                    source: source, target: target, isDirected: first.isDirected, types: types,
                    exponent: 1), to: &edges)
            else { return .outOfReach }
        }
        return .term(
            Folded(
                coefficient: coefficient, representative: representative, edges: edges,
                pattern: pattern))
    }

    /// Adds an edge; a parallel one of the same kind raises the exponent, any other is out of
    /// reach.
    private func add(_ edge: FoldedEdge, to edges: inout [FoldedEdge]) -> Bool {
        var edge = edge
        if !edge.isDirected, edge.source > edge.target {
            swap(&edge.source, &edge.target)
        }
        let ends: Set<Slot> = [edge.source, edge.target]
        guard let index = edges.firstIndex(where: { [$0.source, $0.target] == ends }) else {
            edges.append(edge)
            return true
        }
        let known = edges[index]
        let isSame =
            known.source == edge.source && known.isDirected == edge.isDirected
            && Set(known.types) == Set(edge.types)
        if isSame { edges[index].exponent += 1 }
        return isSame
    }
}

/// Classes of pattern nodes that stand for one node (union-find).
private struct NodeClasses {
    private var parents: [Slot: Slot] = [:]

    init(_ slots: [Slot]) {
        for slot in slots { parents[slot] = slot }
    }

    func find(_ slot: Slot) -> Slot {
        var slot = slot
        while let parent = parents[slot], parent != slot { slot = parent }
        return slot
    }

    mutating func join(_ first: Slot, _ second: Slot) {
        let (a, b) = (find(first), find(second))
        parents[max(a, b)] = min(a, b)
    }

    var representatives: [Slot: Slot] {
        var result: [Slot: Slot] = [:]
        for slot in parents.keys { result[slot] = find(slot) }
        return result
    }
}
