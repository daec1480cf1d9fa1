// JoinSearch: the order in which one component's relationships are matched. Up to
// `relationshipsMax` relationships the best order is found by dynamic programming over connected
// sub-patterns (Selinger et al., SIGMOD 1979; Moerkotte and Neumann, VLDB 2006); beyond, the
// cheapest next step is taken, from each of the most promising starts.
//
// The table's entries hold only rows, cost and how they were made; operators are built once, for
// the winner. A sub-pattern may start from the input (anchored) or stand alone; an anchored and a
// lone one, or two lone ones, may meet in a hash join on the nodes they share.

import NQLSyntax
import NenCore

/// Search over one connected set of relationships.
final class JoinSearch {
    /// Patterns with more relationships are planned greedily.
    static let relationshipsMax = 10
    /// Starts that the greedy search tries.
    static let startsMax = 12
    /// Patterns with more relationships are planned from the most promising start only.
    static let trialsMax = 256

    /// Nanoseconds for one step of the search, by and large.
    private static let workUnits = 3_000

    private let graph: GraphPlanner
    /// Indexes into the graph's relationships.
    private let edges: [Int]
    private let start: PartialPlan?
    private var anchored: [Entry?] = []
    private var lone: [Entry?] = []
    /// Node slots of each set of relationships.
    private var nodesOf: [BitSet] = []
    /// All slots that each set binds, by itself and together with the start.
    private var loneSlots: [BitSet] = []
    private var anchoredSlots: [BitSet] = []

    /// How a sub-pattern is made.
    private indirect enum Recipe {
        case start
        case relationshipScan(Int)
        /// One relationship by a look-up.
        case relationshipSeek(Int, choice: Int)
        case expand(of: Int, isAnchored: Bool, edge: Int, from: Slot)
        /// Expand straight from a leaf.
        case expandLeaf(Slot, choice: Int, edge: Int)
        case join(Int, isAnchored: Bool, Int)
    }

    private struct Entry {
        var rows: Double
        var cost: Double
        var recipe: Recipe
    }

    init(_ graph: GraphPlanner, relationships: [Int], start: PartialPlan?) {
        self.graph = graph
        edges = relationships
        self.start = start
    }

    /// The best plan for all relationships.
    func solve() -> PartialPlan {
        if !graph.planner.binder.isEnabled("join-order") { return inTextOrder() }
        return edges.count <= JoinSearch.relationshipsMax ? dynamic() : greedy()
    }

    // MARK: Dynamic programming

    private func dynamic() -> PartialPlan {
        let full = (1 << edges.count) - 1
        anchored = Array(repeating: nil, count: full + 1)
        lone = Array(repeating: nil, count: full + 1)
        nodesOf = Array(repeating: [], count: full + 1)
        for mask in 1...full { nodesOf[mask] = nodes(of: mask) }
        loneSlots = (0...full).map { slots(of: $0) }
        let given = start?.draft.available ?? []
        anchoredSlots = loneSlots.map { $0.union(given) }
        let leaves = leafTable()
        let allowsLone = start == nil || graph.allowsJoins
        for mask in 1...full {
            if Interruption.isOver(after: JoinSearch.workUnits) { return inTextOrder() }
            if start != nil { extendAnchored(mask) }
            if allowsLone {
                if !readsInput(mask) { extendLone(mask, leaves) }
                joinParts(mask)
            }
        }
        let table = start == nil ? lone : anchored
        guard table[full] != nil else { return greedy() }
        return build(full, isAnchored: start != nil, leaves)
    }

    /// Whether conditions within one of the relationships read variables of the input.
    private func readsInput(_ mask: Int) -> Bool {
        for (position, edge) in edges.enumerated() where mask & (1 << position) != 0 {
            if !graph.relationships[edge].innerReads.isEmpty { return true }
        }
        return false
    }

    private func nodes(of mask: Int) -> BitSet {
        var slots: BitSet = []
        for (position, edge) in edges.enumerated() where mask & (1 << position) != 0 {
            slots.insert(graph.relationships[edge].from)
            slots.insert(graph.relationships[edge].to)
        }
        return slots
    }

    private func leafTable() -> [Slot: [PartialPlan]] {
        var table: [Slot: [PartialPlan]] = [:]
        for slot in nodes(of: (1 << edges.count) - 1).elements
        where !(start?.draft.available.contains(slot) ?? false) {
            table[slot] = graph.leaves(slot)
        }
        return table
    }

    private func offer(_ entry: Entry, to table: inout [Entry?], at mask: Int) {
        if let known = table[mask], known.cost <= entry.cost { return }
        table[mask] = entry
    }

    /// Ends of an edge from which it can be walked when `bound` nodes are there.
    private func ends(_ edge: Int, bound: BitSet) -> [Slot] {
        let relationship = graph.relationships[edge]
        var ends: [Slot] = []
        if bound.contains(relationship.from) { ends.append(relationship.from) }
        if relationship.to != relationship.from, bound.contains(relationship.to) {
            ends.append(relationship.to)
        }
        return ends
    }

    /// Rows and cost behind walking `edge`, conditions included that become ready.
    private func walk(
        _ edge: Int, from: Slot, rows: Double, bound: BitSet
    ) -> (rows: Double, cost: Double) {
        let relationship = graph.relationships[edge]
        let to = from == relationship.from ? relationship.to : relationship.from
        let isInto = bound.contains(to)
        let isFirst = start == nil && bound == [from]
        var out =
            rows
            * graph.fanOut(
                relationship, from: from, bound: bound, isInto: isInto, isFirst: isFirst)
        var cost = graph.expandCost(relationship, rowsIn: rows, rowsOut: out, isInto: isInto)
        let after = bound.union([to, relationship.slot]).union(relationship.outputs)
        let reached = [to, relationship.slot] + relationship.outputs
        for index in graph.conditions(reading: reached) where !graph.conditions[index].isLast {
            let condition = graph.conditions[index]
            guard condition.reads.isSubset(of: after), !condition.reads.isSubset(of: bound)
            else { continue }
            cost += out * condition.cost
            out *= condition.selectivity
        }
        return (out, cost)
    }

    private func slots(of mask: Int) -> BitSet {
        var slots = nodesOf[mask]
        for (position, edge) in edges.enumerated() where mask & (1 << position) != 0 {
            slots.insert(graph.relationships[edge].slot)
            slots.formUnion(graph.relationships[edge].outputs)
        }
        return slots
    }

    private func boundSlots(_ mask: Int, isAnchored: Bool) -> BitSet {
        isAnchored ? anchoredSlots[mask] : loneSlots[mask]
    }

    private func extendAnchored(_ mask: Int) {
        for (position, edge) in edges.enumerated() where mask & (1 << position) != 0 {
            let before = mask & ~(1 << position)
            let entry: (rows: Double, cost: Double)
            if before == 0 {
                guard let start else { return }
                entry = (start.draft.rows, start.draft.cost)
            } else {
                guard let known = anchored[before] else { continue }
                entry = (known.rows, known.cost)
            }
            let bound = boundSlots(before, isAnchored: true)
            for end in ends(edge, bound: bound) {
                let step = walk(edge, from: end, rows: entry.rows, bound: bound)
                let recipe = Recipe.expand(of: before, isAnchored: true, edge: edge, from: end)
                offer(
                    Entry(rows: step.rows, cost: entry.cost + step.cost, recipe: recipe),
                    to: &anchored, at: mask)
            }
        }
    }

    private func extendLone(_ mask: Int, _ leaves: [Slot: [PartialPlan]]) {
        if mask & (mask - 1) == 0 { startLone(mask, leaves) }
        for (position, edge) in edges.enumerated() where mask & (1 << position) != 0 {
            let before = mask & ~(1 << position)
            guard before != 0, let known = lone[before] else { continue }
            let bound = boundSlots(before, isAnchored: false)
            for end in ends(edge, bound: bound) {
                let step = walk(edge, from: end, rows: known.rows, bound: bound)
                let recipe = Recipe.expand(of: before, isAnchored: false, edge: edge, from: end)
                offer(
                    Entry(rows: step.rows, cost: known.cost + step.cost, recipe: recipe),
                    to: &lone, at: mask)
            }
        }
    }

    /// One relationship alone: from the nodes of either end, or by a scan of its type.
    private func startLone(_ mask: Int, _ leaves: [Slot: [PartialPlan]]) {
        let edge = edges[mask.trailingZeroBitCount]
        let relationship = graph.relationships[edge]
        for slot in Set([relationship.from, relationship.to]).sorted() {
            for (choice, leaf) in (leaves[slot] ?? []).enumerated() {
                let bound = leaf.draft.available
                let step = walk(edge, from: slot, rows: leaf.draft.rows, bound: bound)
                offer(
                    Entry(
                        rows: step.rows, cost: leaf.draft.cost + step.cost,
                        recipe: .expandLeaf(slot, choice: choice, edge: edge)),
                    to: &lone, at: mask)
            }
        }
        let available = start?.draft.available ?? []
        if available.contains(relationship.from) || available.contains(relationship.to) {
            return
        }
        for (choice, seek) in graph.relationshipSeeks(edge, given: []).enumerated() {
            offer(
                Entry(
                    rows: seek.draft.rows, cost: seek.draft.cost,
                    recipe: .relationshipSeek(edge, choice: choice)), to: &lone, at: mask)
        }
        if let scan = graph.relationshipScan(edge) {
            offer(
                Entry(
                    rows: scan.draft.rows, cost: scan.draft.cost,
                    recipe: .relationshipScan(edge)), to: &lone, at: mask)
        }
    }

    private func joinParts(_ mask: Int) {
        let given = start?.draft.available ?? []
        if let start, let second = lone[mask] {
            let shared = given.intersection(nodesOf[mask])
            if !shared.isEmpty {
                let first = Entry(
                    rows: start.draft.rows, cost: start.draft.cost, recipe: .start)
                offerJoin(first, second, shared, mask, 0, mask, isAnchored: true)
            }
        }
        var part = (mask - 1) & mask
        while part != 0 {
            let rest = mask & ~part
            let shared = nodesOf[part].intersection(nodesOf[rest])
            if let second = lone[rest] {
                let wider = shared.union(given.intersection(nodesOf[rest]))
                if !wider.isEmpty, let first = anchored[part] {
                    offerJoin(first, second, wider, mask, part, rest, isAnchored: true)
                }
                if !shared.isEmpty, part < rest, let first = lone[part] {
                    offerJoin(first, second, shared, mask, part, rest, isAnchored: false)
                }
            }
            part = (part - 1) & mask
        }
    }

    private func offerJoin(
        _ first: Entry, _ second: Entry, _ shared: BitSet, _ mask: Int, _ part: Int,
        _ rest: Int, isAnchored: Bool
    ) {
        let left = boundSlots(part, isAnchored: isAnchored)
        let right = boundSlots(rest, isAnchored: false)
        var rows = first.rows * second.rows
        for slot in shared.elements { rows *= graph.meetingShare(at: slot, left, right) }
        let probe = isAnchored ? first.rows : max(first.rows, second.rows)
        let build = isAnchored ? second.rows : min(first.rows, second.rows)
        var cost = first.cost + second.cost + graph.joinCost(probe, build, rows)
        if let budget = graph.planner.context.options.memoryBudgetBytes {
            let bytes = build * (MemoryModel.tableEntryBytes + 32)
            if bytes > Double(budget) { cost *= 100 }
        }
        let both = left.union(right)
        for condition in graph.conditions where !condition.isLast {
            guard condition.reads.isSubset(of: both), !condition.reads.isSubset(of: left),
                !condition.reads.isSubset(of: right)
            else { continue }
            cost += rows * condition.cost
            rows *= condition.selectivity
        }
        let recipe = Recipe.join(part, isAnchored: isAnchored, rest)
        let entry = Entry(rows: rows, cost: cost, recipe: recipe)
        if isAnchored {
            offer(entry, to: &anchored, at: mask)
        } else {
            offer(entry, to: &lone, at: mask)
        }
    }

    private func build(
        _ mask: Int, isAnchored: Bool, _ leaves: [Slot: [PartialPlan]]
    ) -> PartialPlan {
        if mask == 0 {
            guard let start else { preconditionFailure("no start for an anchored pattern") }
            return start
        }
        guard let entry = isAnchored ? anchored[mask] : lone[mask] else {
            preconditionFailure("no entry for set \(mask)")
        }
        switch entry.recipe {
        case .start: preconditionFailure("a set of relationships is no leaf")
        case .relationshipScan(let edge):
            guard let plan = graph.relationshipScan(edge) else {
                preconditionFailure("no scan of relationship \(edge)")
            }
            return plan
        case .relationshipSeek(let edge, let choice):
            return graph.relationshipSeeks(edge, given: [])[choice]
        case .expandLeaf(let slot, let choice, let edge):
            guard let leaf = leaves[slot]?[choice] else {
                preconditionFailure("no leaf \(choice) of slot \(slot)")
            }
            return graph.expand(leaf, edge, from: slot)
        case .expand(let before, let isAnchored, let edge, let from):
            let plan = build(before, isAnchored: isAnchored, leaves)
            return graph.expand(plan, edge, from: from)
        case .join(let part, let isAnchored, let rest):
            let first = build(part, isAnchored: isAnchored, leaves)
            let second = build(rest, isAnchored: false, leaves)
            return graph.join(first, second)
        }
    }

    // MARK: Greedy

    private func greedy() -> PartialPlan {
        if let start { return greedy(from: start) }
        let slots = Set(edges.flatMap { edge in
            [graph.relationships[edge].from, graph.relationships[edge].to]
        }).sorted()
        let leaves = slots.map { graph.bestLeaf($0) }
            .sorted { $0.draft.rows < $1.draft.rows }
            .prefix(edges.count > JoinSearch.trialsMax ? 1 : JoinSearch.startsMax)
        let plans = leaves.map { greedy(from: $0) }
        guard let best = plans.min(by: { $0.draft.cost < $1.draft.cost }) else {
            preconditionFailure("a component of \(edges.count) relationships has no node")
        }
        return best
    }

    /// Relationships among which the next step is looked for, in the order of the text.
    private static let choicesMax = 64

    /// Takes the step that gives the fewest rows, again and again. Only relationships at a bound
    /// node can be walked; they are kept as the pattern grows.
    private func greedy(from start: PartialPlan) -> PartialPlan {
        var plan = start
        let mine = BitSet(edges)
        var left = edges.count
        var walkable: BitSet = []
        var solved: BitSet = []
        func reach(_ slots: [Slot]) {
            for slot in slots {
                for edge in graph.relationshipsOfNode[slot] ?? []
                where mine.contains(edge) && !solved.contains(edge) { walkable.insert(edge) }
            }
        }
        reach(graph.nodeSlots.filter(plan.draft.available.contains))
        while left > 0 {
            var best: (edge: Int, end: Slot, rows: Double, cost: Double)?
            let bound = plan.draft.available
            // An interrupted search ends with what it has: nobody will run the plan.
            if Interruption.isOver(after: JoinSearch.workUnits) { return plan }
            for edge in walkable.first(JoinSearch.choicesMax) {
                for end in ends(edge, bound: bound) {
                    let step = walk(edge, from: end, rows: plan.draft.rows, bound: bound)
                    let isBetter =
                        best.map { step.rows < $0.rows || (step.rows == $0.rows
                            && step.cost < $0.cost) } ?? true
                    if isBetter { best = (edge, end, step.rows, step.cost) }
                }
            }
            guard let best else {
                // Anchored relationships in several pieces: the input binds a node of each.
                preconditionFailure("\(left) relationships hang on nothing")
            }
            plan = graph.expand(plan, best.edge, from: best.end)
            solved.insert(best.edge)
            walkable.remove(best.edge)
            left -= 1
            let relationship = graph.relationships[best.edge]
            reach([relationship.from, relationship.to])
        }
        return plan
    }

    /// Left to right as written: the baseline that tests compare with.
    private func inTextOrder() -> PartialPlan {
        var plan = start ?? graph.leaves(graph.relationships[edges[0]].from)[0]
        var left = edges
        while !left.isEmpty {
            if Interruption.isOver(after: JoinSearch.workUnits) { return plan }
            let bound = plan.draft.available
            guard let position = left.firstIndex(where: { !ends($0, bound: bound).isEmpty }),
                let end = ends(left[position], bound: bound).first
            else { preconditionFailure("\(left.count) relationships hang on nothing") }
            plan = graph.expand(plan, left[position], from: end)
            left.remove(at: position)
        }
        return plan
    }
}
