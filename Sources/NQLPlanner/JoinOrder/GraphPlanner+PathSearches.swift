// GraphPlanner+PathSearches: shortest paths and paths with a selector. They come when all else
// stands, as do paths whose own conditions read other parts of the pattern. A search goes between
// two bound ends, or from one end to every node that it reaches; the latter where the other end is
// asked for by nothing else and many nodes fit it.

import NQLPlan
import NQLSyntax
import NenCore

extension GraphRelationship {
    /// Whether it is matched by a search for paths, not by expanding.
    var isSearch: Bool { shortest != nil || search != nil }
}

extension GraphPlanner {
    /// Whether the relationship is matched when all else stands: a search, or one whose own
    /// conditions read what is not there while it is planned. A component that hangs on nothing of
    /// the input is planned alone, without the input's variables.
    func isLate(_ relationship: GraphRelationship) -> Bool {
        if relationship.isSearch || soughtPairs.contains(relationship.slot) { return true }
        let reads = relationship.innerReads
        if reads.isEmpty { return false }
        return !reads.isSubset(of: input.available) || !anchoredNodes.contains(relationship.from)
    }

    /// Relationships of variable length both of whose ends stand without them: given by the input,
    /// or looked up as one or two nodes. They go between bound ends, where a search knows whither.
    func findSoughtPairs() -> Set<Slot> {
        var pairs: Set<Slot> = []
        for relationship in relationships where !relationship.isSearch {
            guard let length = relationship.length, length.maximum.map({ $0 > 2 }) ?? true,
                relationship.from != relationship.to, isSought(relationship.from),
                isSought(relationship.to)
            else { continue }
            pairs.insert(relationship.slot)
        }
        return pairs
    }

    private func isSought(_ node: Slot) -> Bool {
        if input.available.contains(node) { return true }
        let leaf = bestLeaf(node).draft
        return leaf.rows <= GraphPlanner.soughtRowsMax && leaf.isLookUp
    }

    /// Nodes of a look-up up to which a search goes to each of them.
    private static let soughtRowsMax = 2.0

    /// Nodes that the input binds or that relationships of the pattern lead to from there.
    func findAnchoredNodes() -> BitSet {
        var waiting = nodeSlots.filter { input.available.contains($0) }
        var nodes = BitSet(waiting)
        while let node = waiting.popLast() {
            for index in relationshipsOfNode[node] ?? [] {
                let relationship = relationships[index]
                guard !relationship.isSearch,
                    relationship.innerReads.isSubset(of: input.available)
                else { continue }
                for end in [relationship.from, relationship.to] where nodes.insert(end) {
                    waiting.append(end)
                }
            }
        }
        return nodes
    }

    /// The ends of searches that are to be bound by the search; none that a condition on the way
    /// reads.
    func chooseOpenEnds() -> Set<Slot> {
        var open: Set<Slot> = []
        var read: Set<Slot> = []
        for relationship in relationships { read.formUnion(relationship.innerReads) }
        var held = input.available.intersection(nodeSlots)
        for relationship in relationships where !isLate(relationship) {
            held.formUnion([relationship.from, relationship.to])
        }
        for relationship in relationships where isLate(relationship) {
            let (from, to) = (relationship.from, relationship.to)
            defer { held.formUnion([from, to]) }
            if relationship.shortest != nil || from == to { continue }
            let froms = held.contains(from) ? 1 : bestLeaf(from).draft.rows
            let tos = held.contains(to) ? 1 : bestLeaf(to).draft.rows
            let pairs = pairsCost(relationship, froms, tos)
            let opensTo = !held.contains(to) && !read.contains(to)
            let opensFrom = !held.contains(from) && !read.contains(from)
            if !opensTo && !opensFrom { continue }
            let fromAll = opensTo ? froms * (explorationCost + pathsCost(to)) : .infinity
            let toAll = opensFrom ? tos * (explorationCost + pathsCost(from)) : .infinity
            if pairs <= min(fromAll, toAll) { continue }
            open.insert(fromAll <= toAll ? to : from)
        }
        return open
    }

    /// The cost of a search for each pair of ends.
    private func pairsCost(
        _ relationship: GraphRelationship, _ froms: Double, _ tos: Double
    ) -> Double {
        if !relationship.isSearch { return froms * tos * explorationCost }
        var cost = froms * tos * CostModel.shortestPathRow
        // From one node to many no more than one search to everywhere, twice over.
        if relationship.search?.isDirect ?? false {
            cost = min(cost, 2 * min(froms, tos) * explorationCost)
        }
        return cost + froms * tos * (CostModel.productRow + CostModel.foundPath)
    }

    /// The cost of putting together the paths to all nodes that fit an end, apart from conditions
    /// that are checked behind the search.
    private func pathsCost(_ end: Slot) -> Double { nodes(end) * CostModel.foundPath }

    /// The cost of going everywhere from one node.
    private var explorationCost: Double {
        let count = cardinality.nodeCount + Double(cardinality.statistics.relationshipCount)
        return CostModel.applyRow + count * CostModel.searchStep
    }

    /// Adds all late relationships, each as soon as what it reads and one of its ends is bound.
    func addPathSearches(_ current: inout PartialPlan) {
        var waiting = relationships.indices.filter { isLate(relationships[$0]) }
        while !waiting.isEmpty {
            let available = current.draft.available
            let ready = waiting.indices.filter { position in
                relationships[waiting[position]].innerReads.isSubset(of: available)
            }
            let bound = { (position: Int) -> Int in
                let relationship = self.relationships[waiting[position]]
                return [relationship.from, relationship.to].filter(available.contains).count
            }
            guard let next = ready.max(by: { bound($0) < bound($1) }), bound(next) > 0 else {
                current = lost("\(waiting.count) relationships hang on nothing")
                return
            }
            let index = waiting.remove(at: next)
            let relationship = relationships[index]
            if let search = relationship.search {
                addSearch(index, search, &current)
            } else if relationship.shortest != nil {
                addShortestPath(index, &current)
            } else {
                let isForward = available.contains(relationship.from)
                current = expand(
                    current, index, from: isForward ? relationship.from : relationship.to)
                continue
            }
            current.solved.insert(index)
            applyConditions(&current, isComplete: false)
        }
    }

    private func addShortestPath(_ index: Int, _ current: inout PartialPlan) {
        let relationship = relationships[index]
        let spec = ShortestPathSpec(
            expand: variableSpec(
                relationship, from: relationship.from, solved: current.solved, isInto: true),
            all: relationship.shortest == .all, stepCount: relationship.stepCount)
        let rows = current.draft.rows * (spec.all ? 2 : 1)
        current.draft = PlanDraft(
            .shortestPath(spec), [current.draft], rows: rows,
            ownCost: current.draft.rows * CostModel.shortestPathRow)
    }

    private func addSearch(_ index: Int, _ search: PathSearch, _ current: inout PartialPlan) {
        let relationship = relationships[index]
        let available = current.draft.available
        let isInto = available.contains(relationship.from) && available.contains(relationship.to)
        let isReversed = !available.contains(relationship.from)
        let end = isReversed ? relationship.from : relationship.to
        let spec = PathSearchSpec(
            from: relationship.from, to: relationship.to, trace: relationship.slot,
            pieces: search.pieces, junctions: search.junctions, predicates: search.predicates,
            selection: search.selection, mode: relationship.mode, isInto: isInto,
            isReversed: isReversed,
            endLabels: isInto ? nil : PlanLabels.all(staticLabels[end] ?? []))
        let count = min(search.selection.count.count ?? 1, 1_000)
        let inputRows = current.draft.rows
        let reached = isInto ? 0.8 : max(1, reachableNodes(end) / 2)
        let each = isInto ? min(CostModel.shortestPathRow, explorationCost) : explorationCost
        current.draft = PlanDraft(
            .pathSearch(spec), [current.draft], rows: inputRows * reached * max(1, count),
            ownCost: inputRows * each)
    }
}

extension PlanDraft {
    /// Whether the rows come from an index or from ids.
    fileprivate var isLookUp: Bool {
        switch kind {
        case .indexSeek, .entityByID: true
        case .filter: inputs[0].isLookUp
        default: false
        }
    }
}
