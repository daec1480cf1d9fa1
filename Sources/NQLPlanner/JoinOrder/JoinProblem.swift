// JoinProblem: one connected set of relationships as numbers and bit sets, so that the search for
// their order touches neither operators nor heap. Nodes that stand already are one node, number 0.
//
// How many rows a set of nodes gives does not depend on how they were joined: it is the product of
// the nodes' rows, of the share of pairs that each relationship joins, of how much more often than
// by chance relationships meet in a node, and of the conditions' selectivities.

import NQLPlan
import NQLSyntax
import NenCore

/// A pattern for the join search; all relationships between nodes of a set belong to the set.
struct JoinProblem {
    struct Node {
        /// nil: the nodes that stand already.
        var slot: Slot?
        /// The cheapest way to the node alone, its own loops included.
        var leaf: PartialPlan
        /// Rows, once a relationship leads there, before and behind the node's own conditions.
        var reached: Double
        var base: Double
        /// Nanoseconds for a row that is reached: its own conditions.
        var conditionCost: Double
        /// The share of nodes that conditions let through which wait until the pattern is matched,
        /// unless `leaf` sees to them.
        var lateShare: Double
        /// A relationship of a node with itself, in the numbering of `edges`.
        var loops: UInt32 = 0
        /// Relationships at this node, loops not included.
        var edges: UInt32 = 0
        /// Labels are names, so that an intersection can test them.
        var allowsIntersection = true
        /// A loop reads variables of the input: only what stands already leads here.
        var needsStart = false

        /// What the search asks of it for every pair of sets.
        var end: End {
            End(
                reached: reached, base: base, conditionCost: conditionCost, lateShare: lateShare,
                loops: loops, needsStart: needsStart)
        }
    }

    struct Edge {
        /// In the graph's relationships.
        var index: Int
        var from: Int
        var to: Int
        /// Matches for each pair of nodes that its ends can stand for.
        var share: Double
        /// The most ways along it that one node at either end has, as far as known.
        var mostFrom: Double
        var mostTo: Double
        /// Its own conditions read variables of the input.
        var needsStart: Bool
        var isVariable: Bool
        /// A search for the nodes within reach.
        var reach: ReachCost?
        /// Ways to the relationship without either end: a look-up or a scan.
        var leaves: [EdgeLeaf]

        var ends: UInt32 { UInt32(1) << UInt32(from) | UInt32(1) << UInt32(to) }

        /// What the search asks of it for every pair of sets.
        var way: Way {
            Way(
                from: 1 << UInt32(from), to: 1 << UInt32(to), share: share,
                mostFrom: max(1, mostFrom), mostTo: max(1, mostTo),
                isPlain: reach == nil && !isVariable, needsStart: needsStart)
        }
    }

    /// Numbers of an `Edge`, read hundreds of thousands of times: without references, so that a
    /// copy counts none.
    struct Way {
        /// Sets of one node each.
        var from: UInt32
        var to: UInt32
        var share: Double
        var mostFrom: Double
        var mostTo: Double
        /// One relationship for each match, found by an expand.
        var isPlain: Bool
        var needsStart: Bool
    }

    /// Numbers of a `Node`, for the same reason.
    struct End {
        var reached: Double
        var base: Double
        var conditionCost: Double
        var lateShare: Double
        var loops: UInt32
        var needsStart: Bool
    }

    /// A relationship with its ends, by a look-up (`choice`) or a scan (nil).
    struct EdgeLeaf {
        var choice: Int?
        var rows: Double
        var cost: Double
    }

    /// A node at which several relationships meet.
    struct Joint {
        var node: UInt32
        /// All relationships at it.
        var edges: UInt32
        /// For two of them, how much more often than by chance they meet here; those of edge i
        /// from `i * stride` on.
        var biases: [Double]
        var stride: Int

        @inline(__always)
        func bias(_ one: Int, _ other: Int) -> Double { biases[one &* stride &+ other] }
    }

    /// A condition over several nodes.
    struct Condition {
        var nodes: UInt32
        var selectivity: Double
        var cost: Double

        /// Whether it can be checked once two sets are one, and could not before.
        func isReady(_ first: UInt32, _ second: UInt32) -> Bool {
            nodes & ~(first | second) == 0 && nodes & ~first != 0 && nodes & ~second != 0
        }
    }

    var nodes: [Node] = []
    var edges: [Edge] = []
    var conditions: [Condition] = []
    private(set) var joints: [Joint] = []
    /// Whether node 0 stands already.
    let hasStart: Bool
    /// Whether parts that do not hang on the start may be made and joined.
    let allowsLone: Bool

    private var numberOf: [Slot: Int] = [:]

    /// Ways of one node along a relationship of which nothing is known.
    private static let mostUnknown = 1e4

    init(_ graph: GraphPlanner, relationships: [Int], start: PartialPlan?) {
        hasStart = start != nil
        allowsLone = start == nil || graph.allowsJoins
        if let start { addStart(start, graph, relationships) }
        for index in relationships {
            let relationship = graph.relationships[index]
            for slot in [relationship.from, relationship.to] where numberOf[slot] == nil {
                addNode(slot, graph)
            }
        }
        for index in relationships { addEdge(index, graph, start) }
        // In one order always: products of shares differ in their last digits by it.
        for slot in numberOf.keys.sorted() { addJoint(slot, graph) }
        finishLeaves(graph)
        collectConditions(graph, start)
        for number in edges.indices where !edges[number].leaves.isEmpty { sharpen(number) }
    }

    private mutating func addStart(
        _ start: PartialPlan, _ graph: GraphPlanner, _ relationships: [Int]
    ) {
        for index in relationships {
            let relationship = graph.relationships[index]
            for slot in [relationship.from, relationship.to]
            where start.draft.available.contains(slot) {
                numberOf[slot] = 0
            }
        }
        nodes.append(
            Node(
                slot: nil, leaf: start, reached: start.draft.rows, base: start.draft.rows,
                conditionCost: 0, lateShare: 1))
    }

    private mutating func addNode(_ slot: Slot, _ graph: GraphPlanner) {
        numberOf[slot] = nodes.count
        let leaves = graph.leaves(slot)
        let leaf = graph.cheapest(leaves)
        let least = leaves.map(\.draft.rows).min() ?? leaf.draft.rows
        let reached = graph.reachableNodes(slot)
        let share = min(1, least / max(1, graph.nodes(slot)))
        var cost = 0.0
        for index in graph.conditions(reading: slot) where !graph.conditions[index].isLast {
            if graph.conditions[index].reads == [slot] { cost += graph.conditions[index].cost }
        }
        let seesToLate = graph.conditions(reading: slot).contains { index in
            graph.conditions[index].isLast
                && (leaf.proven.contains(index) || !leaf.waiting.contains(index))
        }
        let lateShare = leaf.draft.rows / max(1, leaves[0].draft.rows)
        nodes.append(
            Node(
                slot: slot, leaf: leaf, reached: reached,
                base: max(1e-9, graph.landmarks[slot] == nil ? reached * share : least),
                conditionCost: cost,
                lateShare: seesToLate ? min(1, max(1e-6, lateShare)) : 1,
                allowsIntersection: graph.allowsIntersection(at: slot)))
    }

    private mutating func addEdge(
        _ index: Int, _ graph: GraphPlanner, _ start: PartialPlan?
    ) {
        let relationship = graph.relationships[index]
        if numberOf[relationship.from] == nil || numberOf[relationship.to] == nil {
            graph.planner.session.report("an end of relationship \(index) has no number")
        }
        let from = numberOf[relationship.from] ?? 0
        let to = numberOf[relationship.to] ?? 0
        let share = graph.share(relationship, bound: start?.draft.available ?? [])
        // Degrees are read where relationships meet, and so known here.
        let asksDegrees = graph.relationships.count > 2
        let most = [relationship.from, relationship.to].map { slot in
            asksDegrees ? graph.mostWays(relationship, from: slot) : nil
        }
        var edge = Edge(
            index: index, from: from, to: to, share: share,
            mostFrom: most[0] ?? JoinProblem.mostUnknown,
            mostTo: most[1] ?? JoinProblem.mostUnknown,
            needsStart: !relationship.innerReads.isEmpty,
            isVariable: relationship.length != nil, reach: graph.reachCost(relationship),
            leaves: [])
        let bit = UInt32(1) << UInt32(edges.count)
        if from == to {
            nodes[from].loops |= bit
            if edge.needsStart { nodes[from].needsStart = true }
        } else {
            nodes[from].edges |= bit
            nodes[to].edges |= bit
            if !(hasStart && (from == 0 || to == 0)), !edge.needsStart {
                let seeks = graph.relationshipSeeks(index, given: [])
                let scan = graph.relationshipScan(index)
                let later = scan.map { graph.laterCost($0, $0) } ?? 0
                edge.leaves = seeks.enumerated().map { choice, seek in
                    // A look-up spares what would be asked behind all else.
                    let spared = max(0, later - graph.laterCost(seek, seek))
                    let cost = max(0.01 * seek.draft.cost, seek.draft.cost - spared)
                    return EdgeLeaf(choice: choice, rows: seek.draft.rows, cost: cost)
                }
                if let scan {
                    edge.leaves.append(
                        EdgeLeaf(choice: nil, rows: scan.draft.rows, cost: scan.draft.cost))
                }
            }
        }
        edges.append(edge)
    }

    private mutating func addJoint(_ slot: Slot, _ graph: GraphPlanner) {
        let mine = edges.indices.filter { index in
            let relationship = graph.relationships[edges[index].index]
            return edges[index].from != edges[index].to
                && (relationship.from == slot || relationship.to == slot)
        }
        guard mine.count > 1, let number = numberOf[slot] else { return }
        let stride = edges.count
        var biases = Array(repeating: 1.0, count: stride * stride)
        for one in mine {
            for other in mine where other < one {
                let bias = graph.bias(edges[one].index, edges[other].index, at: slot)
                biases[one * stride + other] = bias
                biases[other * stride + one] = bias
            }
        }
        // Those that meet as often as by chance change nothing.
        if biases.allSatisfy({ $0 == 1 }) { return }
        joints.append(
            Joint(
                node: 1 << UInt32(number), edges: mine.reduce(0) { $0 | 1 << UInt32($1) },
                biases: biases, stride: stride))
    }

    /// How much more often than by chance the relationships of a set of nodes meet: at each node
    /// every relationship but the first counts by its strongest tie to one before it.
    func bias(_ set: UInt32) -> Double {
        var result = 1.0
        for joint in joints where joint.node & set != 0 {
            var before: UInt32 = 0
            for number in BitNumbers(joint.edges) where edges[number].ends & ~set == 0 {
                var most = before == 0 ? 1 : 0.0
                for other in BitNumbers(before) { most = max(most, joint.bias(number, other)) }
                result *= most
                before |= 1 << UInt32(number)
            }
        }
        return result
    }

    /// How much more often than by chance relationship `number` is found at the nodes of `set`,
    /// given that set's own relationships.
    func bias(of number: Int, at set: UInt32) -> Double {
        var result = 1.0
        for joint in joints
        where joint.node & set != 0 && joint.edges & (1 << UInt32(number)) != 0 {
            var most: Double?
            for other in BitNumbers(joint.edges) where edges[other].ends & ~set == 0 {
                most = max(most ?? 0, joint.bias(number, other))
            }
            result *= most ?? 1
        }
        return result
    }

    /// Relationships between nodes that stand already, and loops, come with their node.
    private mutating func finishLeaves(_ graph: GraphPlanner) {
        for number in nodes.indices where nodes[number].loops != 0 {
            for loop in BitNumbers(nodes[number].loops) {
                let edge = edges[loop]
                let from = graph.relationships[edge.index].from
                nodes[number].base = max(1e-9, nodes[number].base * edge.share)
                if nodes[number].needsStart, nodes[number].slot != nil { continue }
                nodes[number].leaf = graph.expand(nodes[number].leaf, edge.index, from: from)
            }
        }
    }

    private mutating func collectConditions(_ graph: GraphPlanner, _ start: PartialPlan?) {
        var nodesOf: [Slot: UInt32] = [:]
        for (slot, number) in numberOf { nodesOf[slot] = UInt32(1) << UInt32(number) }
        for edge in edges {
            let relationship = graph.relationships[edge.index]
            for slot in [relationship.slot] + relationship.outputs { nodesOf[slot] = edge.ends }
        }
        for index in graph.conditions(reading: nodesOf.keys) {
            let condition = graph.conditions[index]
            if condition.isLast || start.map({ !$0.waiting.contains(index) }) ?? false { continue }
            var mask: UInt32? = 0
            for slot in condition.reads {
                if let nodes = nodesOf[slot] {
                    mask = mask.map { $0 | nodes }
                } else if let start, start.draft.available.contains(slot) {
                    mask = mask.map { $0 | 1 }
                } else {
                    mask = nil
                }
            }
            guard let mask, mask.nonzeroBitCount > 1 else { continue }
            conditions.append(
                Condition(
                    nodes: mask, selectivity: condition.selectivity, cost: condition.cost))
        }
    }

    /// What a look-up knows of its relationship says more than the conditions' selectivities.
    private mutating func sharpen(_ number: Int) {
        let edge = edges[number]
        let ends = edge.ends
        var rows = nodes[edge.from].base * nodes[edge.to].base * edge.share
        for condition in conditions where condition.nodes & ~ends == 0 {
            rows *= condition.selectivity
        }
        for leaf in edge.leaves where leaf.choice != nil && leaf.rows < rows {
            edges[number].share *= max(1e-9, leaf.rows) / rows
            rows = leaf.rows
        }
    }

    /// Nodes that a relationship holds to each node.
    var neighbours: [UInt32] {
        var result = [UInt32](repeating: 0, count: nodes.count)
        for edge in edges where edge.from != edge.to {
            result[edge.from] |= UInt32(1) << UInt32(edge.to)
            result[edge.to] |= UInt32(1) << UInt32(edge.from)
        }
        return result
    }
}
