// JoinSearch: the order in which one component's relationships are matched. Up to `exactMax`
// relationships the best order is found by dynamic programming over connected sets of nodes
// (`JoinTable`); beyond, a greedy walk from each of the most promising starts gives an order, and
// its pieces are planned exactly, one on top of the other (iterative dynamic programming: Kossmann
// and Stocker, TODS 2000).

import NQLPlan
import NQLSyntax
import NenCore

/// Search over one connected set of relationships.
struct JoinSearch {
    /// Patterns with more relationships are not planned exactly as a whole.
    static let exactMax = 12
    /// Starts that the greedy search tries.
    private static let startsMax = 12
    /// Patterns with more relationships are planned from the most promising start only, greedily.
    private static let trialsMax = 256

    /// Nanoseconds for one step of the search, by and large.
    private static let workUnits = 3_000

    let graph: GraphPlanner
    /// Indexes into the graph's relationships.
    let edges: [Int]
    let start: PartialPlan?

    init(_ graph: GraphPlanner, relationships: [Int], start: PartialPlan?) {
        self.graph = graph
        edges = relationships
        self.start = start
    }

    /// The best plan for all relationships.
    func solve() -> PartialPlan {
        if !graph.planner.session.isEnabled("join-order") { return inTextOrder() }
        if edges.count <= JoinSearch.exactMax, let plan = exact() { return plan }
        return inPieces()
    }

    /// By dynamic programming; nil when that finds no way, or is interrupted.
    private func exact() -> PartialPlan? {
        let problem = JoinProblem(graph, relationships: edges, start: start)
        var table = JoinTable(problem, graph.planner.context.options)
        guard table.fill(), table.isSolved else { return nil }
        return table.build(graph)
    }

    // MARK: Greedy

    /// Greedily, and then piece by piece of the order that was found.
    private func inPieces() -> PartialPlan {
        let (plan, order) = greedy()
        if order.count <= JoinSearch.exactMax || order.count > JoinSearch.trialsMax { return plan }
        var planned = start
        var rest = order[...]
        while !rest.isEmpty {
            let piece = rest.prefix(JoinSearch.exactMax)
            rest = rest.dropFirst(piece.count)
            let search = JoinSearch(graph, relationships: piece.sorted(), start: planned)
            guard let next = search.exact() else { return plan }
            planned = next
        }
        guard let planned, planned.draft.cost < plan.draft.cost else { return plan }
        return planned
    }

    private func greedy() -> (plan: PartialPlan, order: [Int]) {
        if let start { return greedy(from: start) }
        let slots = Set(edges.flatMap { edge in
            [graph.relationships[edge].from, graph.relationships[edge].to]
        }).sorted()
        let leaves = slots.map { graph.bestLeaf($0) }
            .sorted { $0.draft.rows < $1.draft.rows }
            .prefix(edges.count > JoinSearch.trialsMax ? 1 : JoinSearch.startsMax)
        let plans = leaves.map { greedy(from: $0) }
        guard let best = plans.min(by: { $0.plan.draft.cost < $1.plan.draft.cost }) else {
            return (graph.lost("a component of \(edges.count) relationships has no node"), [])
        }
        return best
    }

    /// Relationships among which the next step is looked for, in the order of the text.
    private static let choicesMax = 64

    /// Takes the step that gives the fewest rows, again and again. Only relationships at a bound
    /// node can be walked; they are kept as the pattern grows.
    private func greedy(from start: PartialPlan) -> (plan: PartialPlan, order: [Int]) {
        var plan = start
        var order: [Int] = []
        let mine = BitSet(edges)
        var walkable: BitSet = []
        func reach(_ slots: [Slot]) {
            for slot in slots {
                for edge in graph.relationshipsOfNode[slot] ?? []
                where mine.contains(edge) && !plan.solved.contains(edge) {
                    walkable.insert(edge)
                }
            }
        }
        reach(graph.nodeSlots.filter(plan.draft.available.contains))
        while order.count < edges.count {
            var best: (edge: Int, end: Slot, rows: Double, cost: Double)?
            let bound = plan.draft.available
            // An interrupted search ends with what it has: nobody will run the plan.
            if Interruption.isOver(after: JoinSearch.workUnits) { return (plan, order) }
            for edge in walkable.first(JoinSearch.choicesMax) {
                for end in ends(edge, bound: bound) {
                    let step = walk(edge, from: end, plan, bound: bound)
                    let isBetter =
                        best.map { step.rows < $0.rows || (step.rows == $0.rows
                            && step.cost < $0.cost) } ?? true
                    if isBetter { best = (edge, end, step.rows, step.cost) }
                }
            }
            guard let best else {
                // Anchored relationships in several pieces: the input binds a node of each.
                let left = edges.count - order.count
                return (graph.lost("\(left) relationships hang on nothing"), order)
            }
            plan = graph.expand(plan, best.edge, from: best.end)
            order.append(best.edge)
            walkable.remove(best.edge)
            let relationship = graph.relationships[best.edge]
            reach([relationship.from, relationship.to])
        }
        return (plan, order)
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

    /// Rows and cost of walking `edge` on top of `plan`, conditions included that become ready.
    private func walk(
        _ edge: Int, from: Slot, _ plan: PartialPlan, bound: BitSet
    ) -> (rows: Double, cost: Double) {
        let relationship = graph.relationships[edge]
        let to = from == relationship.from ? relationship.to : relationship.from
        let isInto = bound.contains(to)
        let isFirst = plan.solved.isEmpty && bound == [from]
        let rows = plan.draft.rows
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

    // MARK: In the order of the text

    /// Left to right as written: the baseline that tests compare with.
    private func inTextOrder() -> PartialPlan {
        var plan = start ?? graph.leaves(graph.relationships[edges[0]].from)[0]
        var left = edges
        while !left.isEmpty {
            if Interruption.isOver(after: JoinSearch.workUnits) { return plan }
            let bound = plan.draft.available
            guard let position = left.firstIndex(where: { !ends($0, bound: bound).isEmpty }),
                let end = ends(left[position], bound: bound).first
            else { return graph.lost("\(left.count) relationships hang on nothing") }
            plan = graph.expand(plan, left[position], from: end)
            left.remove(at: position)
        }
        return plan
    }
}
