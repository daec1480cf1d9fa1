// JoinTable: the cheapest way to each connected set of a pattern's nodes, filled by pairs of
// smaller sets. A set grows by a node (an expand, with further relationships closed behind it, or
// an intersection of all of them), or two sets meet in a hash join on nodes that relationships from
// the one lead to in the other.
//
// The table holds rows, costs and how each set is made; operators are built once, for the winner.

import NQLPlan
import NenCore

/// Dynamic programming over one `JoinProblem`.
struct JoinTable {
    /// How a set is made.
    private enum Recipe {
        /// No way is known.
        case none
        case leaf
        /// Relationship `edge` without its ends, then the others between them.
        case edgeLeaf(edge: Int, choice: Int)
        /// From the set by its relationships to one further node.
        case expand(UInt32, UInt32)
        /// The same, those of fixed length all at once.
        case intersect(UInt32, UInt32)
        /// Relationships from the first set lead into the second; a hash join on their ends.
        case join(UInt32, UInt32)

        /// In `titles`; nil where there is no choice.
        var kind: Int? {
            switch self {
            case .none, .leaf: nil
            case .edgeLeaf: 0
            case .expand: 1
            case .intersect: 2
            case .join: 3
            }
        }

        /// What stands on top, in the words of EXPLAIN.
        static let titles = ["RelationshipScan", "Expand", "Intersect", "HashJoin"]
    }

    private let problem: JoinProblem
    /// Of the problem's edges and nodes.
    private let ways: [JoinProblem.Way]
    private let ends: [JoinProblem.End]
    private let budgetBytes: Double
    private let options: PlannerOptions
    /// Rows of a set as it is made.
    private var rows: [Double]
    /// How much more often than by chance the relationships of a set meet.
    private var biases: [Double]
    private var costs: [Double]
    /// The most rows that a set can have, and that the way to it can come to on the way.
    private var bounds: [Double]
    private var worsts: [Double]
    private var recipes: [Recipe]
    /// The cost of the cheapest way of each kind to each set; empty unless the plan is to be
    /// explained.
    private var rivals: [Double]
    /// Relationships at the nodes of a set.
    private var edgesOf: [UInt32]

    init(_ problem: JoinProblem, _ options: PlannerOptions) {
        self.problem = problem
        ways = problem.edges.map(\.way)
        ends = problem.nodes.map(\.end)
        self.options = options
        budgetBytes = options.memoryBudgetBytes.map(Double.init) ?? .infinity
        let count = 1 << problem.nodes.count
        rows = Array(repeating: -1, count: count)
        biases = Array(repeating: 1, count: count)
        costs = Array(repeating: .infinity, count: count)
        recipes = Array(repeating: .none, count: count)
        bounds = costs
        worsts = costs
        edgesOf = Array(repeating: 0, count: count)
        rivals = options.keepsTrace
            ? Array(repeating: .infinity, count: count * Recipe.titles.count) : []
        for (number, node) in problem.nodes.enumerated() {
            let set = 1 << number
            rows[set] = node.leaf.draft.rows
            edgesOf[set] = node.edges
            let isLone = node.slot != nil
            if isLone && (node.needsStart || !problem.allowsLone) { continue }
            costs[set] = node.leaf.draft.cost
            bounds[set] = max(1, node.leaf.draft.rows)
            worsts[set] = bounds[set]
            recipes[set] = .leaf
        }
    }

    /// Whether every node was reached.
    var isSolved: Bool { costs[costs.count - 1] < .infinity }

    /// Nanoseconds for the pairs of one set, by and large.
    private static let workUnits = 2_000

    /// Fills the table; false when the statement is interrupted.
    mutating func fill() -> Bool {
        let pairs = ConnectedPairs(neighbours: problem.neighbours)
        var isOver = false
        var last: UInt32 = 0
        pairs.forEach { first, second in
            if first != last {
                last = first
                isOver = Interruption.isOver(after: JoinTable.workUnits)
            }
            consider(first, second)
            return !isOver
        }
        return !isOver
    }

    private func isStart(_ set: UInt32) -> Bool { problem.hasStart && set & 1 != 0 }

    private mutating func consider(_ first: UInt32, _ second: UInt32) {
        let both = Int(first | second)
        let cross = edgesOf[Int(first)] & edgesOf[Int(second)]
        if rows[both] < 0 {
            edgesOf[both] = edgesOf[Int(first)] | edgesOf[Int(second)]
            biases[both] = problem.bias(first | second)
            rows[both] = joined(first, second, cross)
        }
        let (isOneFirst, isOneSecond) = (first & (first - 1) == 0, second & (second - 1) == 0)
        if isOneSecond, !isStart(second) {
            offerExpand(first, second, cross)
            if cross & (cross - 1) != 0 { offerIntersection(first, second, cross) }
        }
        if isOneFirst, !isStart(first) {
            offerExpand(second, first, cross)
            if cross & (cross - 1) != 0 { offerIntersection(second, first, cross) }
        }
        if isOneFirst, isOneSecond, !isStart(first), !isStart(second) {
            offerEdgeLeaves(first, second, cross)
        }
        guard problem.allowsLone,
            costs[Int(first)] + costs[Int(second)] < costs[both] * JoinTable.similar
        else { return }
        if !isOneSecond || isStart(second) { offerJoin(first, second, cross) }
        if !isOneFirst || isStart(first) { offerJoin(second, first, cross) }
    }

    /// Rows of a set as it takes part in larger ones.
    private func base(_ set: UInt32) -> Double {
        set & (set - 1) == 0
            ? ends[set.trailingZeroBitCount].base : rows[Int(set)]
    }

    /// Rows of two sets together.
    private func joined(_ first: UInt32, _ second: UInt32, _ cross: UInt32) -> Double {
        var result = base(first) * base(second) * tie(first, second)
        for number in BitNumbers(cross) { result *= ways[number].share }
        for condition in problem.conditions where condition.isReady(first, second) {
            result *= condition.selectivity
        }
        return max(1e-9, result)
    }

    /// How much more often than by chance two sets meet.
    private func tie(_ first: UInt32, _ second: UInt32) -> Double {
        biases[Int(first | second)] / (biases[Int(first)] * biases[Int(second)])
    }

    /// Nanoseconds for the conditions that are ready once two sets are one.
    private func conditionCost(_ first: UInt32, _ second: UInt32) -> Double {
        var cost = 0.0
        for condition in problem.conditions where condition.isReady(first, second) {
            cost += condition.cost
        }
        return cost
    }

    /// Takes the cheaper way; of two that are about as cheap the one that cannot come to so many
    /// rows, if estimates are wrong.
    private mutating func offer(_ cost: Double, worst: Double, _ recipe: Recipe, _ set: Int) {
        let (known, knownWorst) = (costs[set], worsts[set])
        if !rivals.isEmpty, let kind = recipe.kind {
            let place = set * Recipe.titles.count + kind
            rivals[place] = min(rivals[place], cost)
        }
        let isSafer = cost <= known * JoinTable.similar && worst * 2 < knownWorst
        let isCheaper =
            cost * JoinTable.similar < known || (cost < known && worst <= knownWorst * 2)
        if isSafer || isCheaper {
            costs[set] = cost
            worsts[set] = worst
            recipes[set] = recipe
        }
    }

    /// Costs within this factor are about the same.
    private static let similar = 1.1

    /// The most rows behind a walk: those between the same nodes add none.
    private func bound(_ set: UInt32, _ cross: UInt32) -> Double {
        var result = bounds[Int(set)]
        var reached: UInt32 = 0
        // One after the other as they stand: which of those to one node comes first is of no great
        // matter to a bound.
        for number in BitNumbers(cross) {
            let way = ways[number]
            let isForward = set & way.from != 0
            let end = isForward ? way.to : way.from
            if reached & end != 0 { continue }
            reached |= end
            result *= isForward ? way.mostFrom : way.mostTo
        }
        return result
    }

    // MARK: Ways to a set

    private mutating func offerExpand(_ set: UInt32, _ node: UInt32, _ cross: UInt32) {
        let known = costs[Int(set)]
        guard known < costs[Int(set | node)] * JoinTable.similar else { return }
        let isAnchored = isStart(set)
        let far = ends[node.trailingZeroBitCount]
        if !isAnchored && (far.needsStart || needsStart(cross)) { return }
        var walk = walk(set, cross, tie(set, node))
        for loop in BitNumbers(far.loops) { step(&walk, loop, isInto: true, far) }
        let cost = walk.cost + walk.rows * conditionCost(set, node)
        let bound = bound(set, cross)
        bounds[Int(set | node)] = min(bounds[Int(set | node)], bound)
        offer(
            known + cost * options.weight(.expand), worst: worsts[Int(set)] + bound,
            .expand(set, node), Int(set | node))
    }

    /// Relationships that an intersection takes; empty where there are not two.
    private func intersected(_ cross: UInt32, _ node: UInt32) -> UInt32 {
        guard problem.nodes[node.trailingZeroBitCount].allowsIntersection else { return 0 }
        var result: UInt32 = 0
        for number in BitNumbers(cross) where !problem.edges[number].isVariable {
            result |= 1 << UInt32(number)
        }
        return result & (result &- 1) == 0 ? 0 : result
    }

    private mutating func offerIntersection(_ set: UInt32, _ node: UInt32, _ cross: UInt32) {
        let steps = intersected(cross, node)
        let known = costs[Int(set)]
        let far = ends[node.trailingZeroBitCount]
        guard steps != 0, known < costs[Int(set | node)] * JoinTable.similar,
            isStart(set) || !(far.needsStart || needsStart(cross))
        else { return }
        var walk = Walk(input: rows[Int(set)], rows: base(set) * tie(set, node))
        var (share, least, most) = (1.0, Double.infinity, Double.infinity)
        for number in BitNumbers(steps) {
            let way = ways[number]
            share *= way.share
            least = min(least, way.share * far.reached * problem.bias(of: number, at: set))
            most = min(most, set & way.from != 0 ? way.mostFrom : way.mostTo)
        }
        walk.intersect(share, sides: steps.nonzeroBitCount, leastRun: least, far)
        for number in BitNumbers(cross & ~steps | far.loops) {
            step(&walk, number, isInto: true, far)
        }
        let cost = walk.cost + walk.rows * conditionCost(set, node)
        let bound = bounds[Int(set)] * most
        bounds[Int(set | node)] = min(bounds[Int(set | node)], bound)
        offer(
            known + cost * options.weight(.intersection), worst: worsts[Int(set)] + bound,
            .intersect(set, node), Int(set | node))
    }

    private func needsStart(_ cross: UInt32) -> Bool {
        BitNumbers(cross).contains { ways[$0].needsStart }
    }

    /// Rows and cost while relationships are walked one after the other.
    private struct Walk {
        /// Rows to be read, which may differ from the rows that count for what follows.
        var input: Double
        var rows: Double
        var cost = 0.0

        /// Along one relationship of fixed length.
        mutating func step(_ way: JoinProblem.Way, isInto: Bool, _ far: JoinProblem.End) {
            let out = rows * way.share * (isInto ? 1 : far.reached)
            arrive(
                out, CostModel.expand(rowsIn: input, rowsOut: out, isInto: isInto), isInto, far)
        }

        /// Along relationships of variable length.
        mutating func step(along edge: JoinProblem.Edge, isInto: Bool, _ far: JoinProblem.End) {
            let out = rows * edge.share * (isInto ? 1 : far.reached)
            arrive(
                out,
                edge.reach?.cost(input, out)
                    ?? CostModel.expandVariable(rowsIn: input, rowsOut: out), isInto, far)
        }

        private mutating func arrive(
            _ out: Double, _ price: Double, _ isInto: Bool, _ far: JoinProblem.End
        ) {
            cost += price
            rows = out
            if !isInto { reach(far) }
            input = rows
        }

        /// `share`: of all pairs of rows and nodes, those that all sides join.
        mutating func intersect(
            _ share: Double, sides: Int, leastRun: Double, _ far: JoinProblem.End
        ) {
            let out = rows * share * far.reached
            cost += CostModel.intersect(
                rowsIn: input, rowsOut: out, sides: sides, leastRun: leastRun)
            rows = out
            reach(far)
            input = rows
        }

        /// Behind a new node's own conditions.
        private mutating func reach(_ far: JoinProblem.End) {
            cost += rows * far.conditionCost
            rows = rows * far.base / far.reached
            // Rows that only the end of the pattern drops are carried along.
            if far.lateShare < 1 { cost += rows / far.lateShare * CostModel.rowBehindLeaf }
        }
    }

    private func step(
        _ walk: inout Walk, _ number: Int, isInto: Bool, _ far: JoinProblem.End
    ) {
        let way = ways[number]
        if way.isPlain {
            walk.step(way, isInto: isInto, far)
        } else {
            walk.step(along: problem.edges[number], isInto: isInto, far)
        }
    }

    /// Walks all of `cross` away from `set`, to which what is reached has a tie.
    private func walk(_ set: UInt32, _ cross: UInt32, _ tie: Double) -> Walk {
        var walk = Walk(input: rows[Int(set)], rows: base(set))
        if cross & (cross - 1) == 0 {
            let number = cross.trailingZeroBitCount
            walk.rows *= tie
            step(&walk, number, isInto: false, ends[farEnd(number, set)])
            return walk
        }
        var reached: UInt32 = 0
        // The first one meets the set as often as it does; the rest of the tie is the others'.
        var rest = tie
        for number in order(cross, from: set) {
            let end = farEnd(number, set)
            let isInto = reached & (1 << UInt32(end)) != 0
            let own = reached == 0 ? max(1e-9, problem.bias(of: number, at: set)) : rest
            reached |= 1 << UInt32(end)
            walk.rows *= own
            rest = rest / own
            step(&walk, number, isInto: isInto, ends[end])
        }
        return walk
    }

    private func farEnd(_ number: Int, _ set: UInt32) -> Int {
        let way = ways[number]
        return (set & way.from != 0 ? way.to : way.from).trailingZeroBitCount
    }

    /// Relationships in the order in which they are walked: few matches first, those of variable
    /// length last.
    private func order(_ cross: UInt32, from set: UInt32) -> [Int] {
        let numbers = Array(BitNumbers(cross))
        if numbers.count == 1 { return numbers }
        let rank = { (number: Int) -> Double in
            let edge = problem.edges[number]
            let rows = edge.share * ends[farEnd(number, set)].reached
                * problem.bias(of: number, at: set)
            return edge.isVariable ? rows + 1e12 : rows
        }
        return numbers.sorted { rank($0) < rank($1) }
    }

    private mutating func offerEdgeLeaves(
        _ first: UInt32, _ second: UInt32, _ cross: UInt32
    ) {
        guard problem.allowsLone, !needsStart(cross) else { return }
        let ends = problem.nodes[first.trailingZeroBitCount].loops
            | problem.nodes[second.trailingZeroBitCount].loops
        guard ends == 0 else { return }
        let others = Double(cross.nonzeroBitCount - 1)
        for number in BitNumbers(cross) {
            for (choice, leaf) in problem.edges[number].leaves.enumerated() {
                let cost = leaf.cost + leaf.rows * others * CostModel.expandInto
                bounds[Int(first | second)] = min(bounds[Int(first | second)], max(1, leaf.rows))
                offer(
                    cost * options.weight(.relationshipScan), worst: max(1, leaf.rows),
                    .edgeLeaf(edge: number, choice: choice), Int(first | second))
            }
        }
    }

    /// `walker` walks into `other`, and both meet there.
    private mutating func offerJoin(_ walker: UInt32, _ other: UInt32, _ cross: UInt32) {
        if !isStart(walker) && needsStart(cross) { return }
        let both = Int(walker | other)
        let walk = walk(walker, cross, tie(walker, other))
        let (left, right) = (walk.rows, rows[Int(other)])
        var (probe, build) = (max(left, right), min(left, right))
        if isStart(walker) { (probe, build) = (left, right) }
        if isStart(other) { (probe, build) = (right, left) }
        var cost = walk.cost
            + CostModel.hashJoin(probe: probe, build: build, rows: rows[both])
            + rows[both] * conditionCost(walker, other)
        if build * (MemoryModel.tableEntryBytes + 32) > budgetBytes { cost *= 100 }
        let parts = costs[Int(walker)] + costs[Int(other)]
        // What is walked is held against the other side, and handed on.
        let worst = worsts[Int(walker)] + worsts[Int(other)] + 2 * bound(walker, cross)
        offer(parts + cost * options.weight(.hashJoin), worst: worst, .join(walker, other), both)
    }

    // MARK: Building

    /// The operators of the cheapest way to all nodes.
    func build(_ graph: GraphPlanner) -> PartialPlan {
        build(UInt32(recipes.count - 1), graph)
    }

    private func build(_ set: UInt32, _ graph: GraphPlanner) -> PartialPlan {
        let plan = made(set, graph)
        plan.draft.note(rivals(of: Int(set)))
        return plan
    }

    /// What else could have made a set, the cheapest first.
    private func rivals(of set: Int) -> [(title: String, cost: Double)] {
        if rivals.isEmpty { return [] }
        let titles = Recipe.titles
        var others: [(title: String, cost: Double)] = []
        for kind in titles.indices where kind != recipes[set].kind {
            let cost = rivals[set * titles.count + kind]
            if cost < .infinity { others.append((titles[kind], cost)) }
        }
        return others.sorted { $0.cost < $1.cost }
    }

    private func made(_ set: UInt32, _ graph: GraphPlanner) -> PartialPlan {
        switch recipes[Int(set)] {
        case .none: return graph.lost("no way to set \(set)")
        case .leaf: return problem.nodes[set.trailingZeroBitCount].leaf
        case .edgeLeaf(let number, let choice):
            let edge = problem.edges[number]
            let others = problem.nodes[edge.from].edges & problem.nodes[edge.to].edges
                & ~(1 << UInt32(number))
            var plan = edgeLeaf(edge, choice, graph)
            for other in order(others, from: 1 << UInt32(edge.from)) {
                let index = problem.edges[other].index
                plan = graph.expand(plan, index, from: graph.relationships[index].from)
            }
            return plan
        case .expand(let from, let node):
            return loops(build(walking: from, into: node, graph), node, graph)
        case .intersect(let from, let node):
            return loops(build(intersecting: from, node, graph), node, graph)
        case .join(let walker, let other):
            return graph.join(
                build(walking: walker, into: other, graph), build(other, graph))
        }
    }

    /// The loops of a node that was reached.
    private func loops(
        _ plan: PartialPlan, _ node: UInt32, _ graph: GraphPlanner
    ) -> PartialPlan {
        var plan = plan
        for loop in BitNumbers(problem.nodes[node.trailingZeroBitCount].loops) {
            let index = problem.edges[loop].index
            plan = graph.expand(plan, index, from: graph.relationships[index].from)
        }
        return plan
    }

    private func build(
        walking set: UInt32, into other: UInt32, _ graph: GraphPlanner
    ) -> PartialPlan {
        let cross = edgesOf[Int(set)] & edgesOf[Int(other)]
        return walk(build(set, graph), cross, from: set, graph)
    }

    private func build(
        intersecting set: UInt32, _ node: UInt32, _ graph: GraphPlanner
    ) -> PartialPlan {
        let cross = edgesOf[Int(set)] & edgesOf[Int(node)]
        let steps = intersected(cross, node)
        let walks = order(steps, from: set).map { number in
            let edge = problem.edges[number]
            return (edge.index, from: nearEnd(edge, set, graph))
        }
        return walk(
            graph.intersect(build(set, graph), walks), cross & ~steps, from: set, graph)
    }

    /// The node of `set` that a relationship leads away from.
    private func nearEnd(
        _ edge: JoinProblem.Edge, _ set: UInt32, _ graph: GraphPlanner
    ) -> Slot {
        let relationship = graph.relationships[edge.index]
        return set & (1 << UInt32(edge.from)) != 0 ? relationship.from : relationship.to
    }

    private func walk(
        _ plan: PartialPlan, _ edges: UInt32, from set: UInt32, _ graph: GraphPlanner
    ) -> PartialPlan {
        var plan = plan
        for number in order(edges, from: set) {
            let edge = problem.edges[number]
            plan = graph.expand(plan, edge.index, from: nearEnd(edge, set, graph))
        }
        return plan
    }

    private func edgeLeaf(
        _ edge: JoinProblem.Edge, _ choice: Int, _ graph: GraphPlanner
    ) -> PartialPlan {
        if let seek = edge.leaves[choice].choice {
            return graph.relationshipSeeks(edge.index, given: [])[seek]
        }
        return graph.relationshipScan(edge.index)
            ?? graph.lost("no scan of relationship \(edge.index)")
    }
}
