// PatternElimination+Folding: what makes matches of a pattern more than a product of relationships,
// that those of one MATCH differ and that `a <> c`, is taken away by inclusion and exclusion: for
// each way to let relationships or nodes coincide there is a term with the pattern so folded, and
// its sign (Möbius function of the partition lattice).
//
// Terms that fold a relationship onto one node need self-loops; the exact statistics say whether
// there are any. Where there are, or terms are too many, the pattern is enumerated.

import NQLPlan
import NQLSyntax
import NenCore

extension PatternElimination {
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
        var isExistence = false

        /// Whether it runs between the same nodes in the same way as `other`.
        func isParallel(to other: FoldedEdge) -> Bool {
            source == other.source && target == other.target && isDirected == other.isDirected
                && Set(types) == Set(other.types)
        }

        /// Whether there always is one where there is `other`, which runs between the same nodes.
        func isImplied(by other: FoldedEdge) -> Bool {
            let runsAlike = !isDirected || (other.isDirected && source == other.source)
            let isAdmitted =
                types.isEmpty || (!other.types.isEmpty && other.types.allSatisfy(types.contains))
            return isExistence && runsAlike && isAdmitted
        }
    }

    /// Whether both edges could be the same relationship.
    func mayCoincide(_ a: Edge, _ b: Edge, _ pattern: Pattern) -> Bool {
        if a.isExistence || b.isExistence { return false }
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
    func fold(_ pattern: Pattern) -> [Folded]? {
        guard pattern.inequalities.count <= 4, let partitions = partitions(pattern) else {
            return nil
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
                if order.count > PatternElimination.rawTermsMax { return nil }
            }
        }
        var result: [Folded] = []
        for key in order {
            guard let (term, coefficient) = sums[key], coefficient != 0 else { continue }
            var copy = term
            copy.coefficient = coefficient
            result.append(copy)
        }
        return result.count <= PatternElimination.termsMax ? result : nil
    }

    /// All ways to let relationships coincide; nil when they are too many.
    private func partitions(_ pattern: Pattern) -> [[[Int]]]? {
        let edges = pattern.edges
        // For each relationship those before it that it may coincide with.
        let rivals = edges.indices.map { index in
            (0..<index).filter { mayCoincide(edges[$0], edges[index], pattern) }
        }
        // n that may all coincide have as many partitions as Bell's number says: 877 for 7.
        if rivals.contains(where: { $0.count >= 6 && isClique($0, rivals) }) { return nil }
        var partitions: [[[Int]]] = [[]]
        for index in edges.indices {
            var next: [[[Int]]] = []
            for partition in partitions {
                next.append(partition + [[index]])
                if rivals[index].isEmpty { continue }
                for block in partition.indices
                where partition[block].allSatisfy(rivals[index].contains) {
                    var copy = partition
                    copy[block].append(index)
                    next.append(copy)
                }
            }
            partitions = next
            if partitions.count > PatternElimination.rawTermsMax { return nil }
        }
        return partitions
    }

    private func isClique(_ edges: [Int], _ rivals: [[Int]]) -> Bool {
        edges.indices.allSatisfy { place in
            edges[..<place].allSatisfy(rivals[edges[place]].contains)
        }
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
    /// way to lay undirected edges of a block onto each other. nil when they are too many.
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
            if let term = fold(pattern, blocks, subset, choice, coefficient) {
                result.append(term)
            }
        }
        return result
    }


    /// One term; nil when it counts nothing.
    private func fold(
        _ pattern: Pattern, _ blocks: [[Int]], _ subset: Int, _ choice: Int,
        _ coefficient: Int64
    ) -> Folded? {
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
            return nil
        }
        var edges: [FoldedEdge] = []
        for block in blocks {
            let first = pattern.edges[block[0]]
            let source = representative[first.source] ?? first.source
            let target = representative[first.target] ?? first.target
            // No self-loops: nothing runs from a node to itself.
            if source == target { return nil }
            var types: [String]? = first.types
            for index in block.dropFirst() {
                types = types.flatMap { common($0, pattern.edges[index].types) }
            }
            guard let types else { return nil }
            add(
                FoldedEdge(
                    source: source, target: target, isDirected: first.isDirected, types: types,
                    exponent: 1, isExistence: first.isExistence), to: &edges)
        }
        return Folded(
            coefficient: coefficient, representative: representative, edges: edges,
            pattern: pattern)
    }

    /// Adds an edge; a parallel one of the same kind raises the exponent, and what another one
    /// implies is left out.
    private func add(_ edge: FoldedEdge, to edges: inout [FoldedEdge]) {
        var edge = edge
        if !edge.isDirected, edge.source > edge.target {
            swap(&edge.source, &edge.target)
        }
        let ends: Set<Slot> = [edge.source, edge.target]
        let between = { (other: FoldedEdge) in [other.source, other.target] == ends }
        if edges.contains(where: { between($0) && edge.isImplied(by: $0) }) { return }
        edges.removeAll { between($0) && $0.isImplied(by: edge) }
        if !edge.isExistence,
            let index = edges.firstIndex(where: { $0.isParallel(to: edge) && !$0.isExistence })
        {
            edges[index].exponent += 1
        } else {
            edges.append(edge)
        }
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
