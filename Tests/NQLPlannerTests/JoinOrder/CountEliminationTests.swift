// Counts by elimination: goal: a weight program counts exactly the matches. Method: random small
// graphs with parallel relationships and self-loops, random tree patterns; the program that the
// planner makes, run by a naive evaluator, against brute force over all assignments.

import NQLSyntax
import NenCore
import Testing

@testable import NQLPlanner

/// A small graph for brute force.
private struct TinyGraph {
    /// Label number of each node: 0 is A, 1 is B, 2 is both.
    var labels: [Int] = []
    var edges: [(source: Int, type: Int, target: Int)] = []

    static let sets: [[NameID]] = [[], [0], [1], [0, 1]]

    init(_ random: inout some RandomNumberGenerator, allowsLoops: Bool) {
        let count = Int.random(in: 2...6, using: &random)
        labels = (0..<count).map { _ in Int.random(in: 0...2, using: &random) }
        for _ in 0..<Int.random(in: 1...10, using: &random) {
            let source = Int.random(in: 0..<count, using: &random)
            let target = Int.random(in: 0..<count, using: &random)
            if source == target && !allowsLoops { continue }
            edges.append((source, Int.random(in: 0...1, using: &random), target))
        }
    }

    func has(_ node: Int, _ label: String) -> Bool {
        labels[node] == 2 || labels[node] == (label == "A" ? 0 : 1)
    }

    var catalog: Catalog {
        Catalog(labels: ["A", "B"], types: ["R", "S"], keys: [], labelSets: TinyGraph.sets)
    }

    var statistics: GraphStatistics {
        var statistics = GraphStatistics(
            nodesPerLabelSet: [0, 0, 0, 0], relationshipsPerType: [0, 0],
            selfLoopsPerType: [0, 0])
        for label in labels { statistics.nodesPerLabelSet[label + 1] += 1 }
        for edge in edges {
            statistics.relationshipsPerType[edge.type] += 1
            if edge.source == edge.target { statistics.selfLoopsPerType[edge.type] += 1 }
            let group = RelationshipGroup(
                sourceSet: UInt32(labels[edge.source] + 1), type: NameID(edge.type),
                targetSet: UInt32(labels[edge.target] + 1))
            statistics.relationshipsPerGroup[group, default: 0] += 1
        }
        return statistics
    }
}

/// A random pattern: a tree of nodes, sometimes with `<>` and an OPTIONAL MATCH.
private struct TinyPattern {
    var labels: [String?]
    var edges: [(from: Int, type: String?, direction: PatternDirection, to: Int)] = []
    var different: [(Int, Int)] = []
    /// An optional relationship from a node.
    var optional: (anchor: Int, type: String, direction: PatternDirection)?

    init(_ random: inout some RandomNumberGenerator) {
        let count = Int.random(in: 2...4, using: &random)
        labels = (0..<count).map { _ in [nil, "A", "B"].randomElement(using: &random) ?? nil }
        for node in 1..<count {
            edges.append(
                (
                    Int.random(in: 0..<node, using: &random),
                    [nil, "R", "R", "S"].randomElement(using: &random) ?? nil,
                    [.outgoing, .incoming, .both].randomElement(using: &random) ?? .both, node
                ))
        }
        if count > 2, Bool.random(using: &random) { different.append((0, count - 1)) }
        if Int.random(in: 0..<3, using: &random) == 0 {
            optional = (
                Int.random(in: 0..<count, using: &random), "S",
                [.outgoing, .both].randomElement(using: &random) ?? .both
            )
        }
    }

    var text: String {
        let node = { (index: Int) in "(n\(index)\(labels[index].map { ":" + $0 } ?? ""))" }
        var parts = labels.indices.map(node)
        for edge in edges {
            parts.append("(n\(edge.from))\(arrow(edge.type, edge.direction))(n\(edge.to))")
        }
        var text = "MATCH \(parts.joined(separator: ", "))"
        if !different.isEmpty {
            text += " WHERE " + different.map { "n\($0.0) <> n\($0.1)" }.joined(separator: " AND ")
        }
        if let optional {
            text += " OPTIONAL MATCH (n\(optional.anchor))"
                + "\(arrow(optional.type, optional.direction))(o:B)"
        }
        return text + " RETURN count(*) AS n"
    }

    private func arrow(_ type: String?, _ direction: PatternDirection) -> String {
        let body = "-[\(type.map { ":" + $0 } ?? "")]-"
        switch direction {
        case .outgoing: return body + ">"
        case .incoming: return "<" + body
        case .both: return body
        }
    }

    /// Matches counted by trying everything.
    func count(in graph: TinyGraph) -> Int {
        var nodes = [Int](repeating: -1, count: labels.count)
        func assign(_ index: Int) -> Int {
            if index == labels.count {
                if different.contains(where: { nodes[$0.0] == nodes[$0.1] }) { return 0 }
                let factor = optional.map { part in
                    max(1, graph.edges.reduce(0) { $0 + ways(part, nodes[part.anchor], $1, graph) })
                } ?? 1
                return factor * choose(0, [])
            }
            var sum = 0
            for node in graph.labels.indices {
                if let label = labels[index], !graph.has(node, label) { continue }
                nodes[index] = node
                sum += assign(index + 1)
            }
            return sum
        }
        func choose(_ edge: Int, _ used: Set<Int>) -> Int {
            if edge == edges.count { return 1 }
            var sum = 0
            for (number, candidate) in graph.edges.enumerated() where !used.contains(number) {
                if fits(edges[edge], nodes, candidate) {
                    sum += choose(edge + 1, used.union([number]))
                }
            }
            return sum
        }
        return assign(0)
    }

    private func fits(
        _ edge: (from: Int, type: String?, direction: PatternDirection, to: Int), _ nodes: [Int],
        _ candidate: (source: Int, type: Int, target: Int)
    ) -> Bool {
        if let type = edge.type, ["R", "S"][candidate.type] != type { return false }
        let (from, to) = (nodes[edge.from], nodes[edge.to])
        let forward = candidate.source == from && candidate.target == to
        let backward = candidate.source == to && candidate.target == from
        switch edge.direction {
        case .outgoing: return forward
        case .incoming: return backward
        case .both: return forward || backward
        }
    }

    private func ways(
        _ part: (anchor: Int, type: String, direction: PatternDirection), _ node: Int,
        _ edge: (source: Int, type: Int, target: Int), _ graph: TinyGraph
    ) -> Int {
        guard ["R", "S"][edge.type] == part.type else { return 0 }
        var ways = 0
        if edge.source == node, graph.has(edge.target, "B") { ways += 1 }
        if part.direction == .both, edge.target == node, edge.source != node,
            graph.has(edge.source, "B")
        {
            ways += 1
        }
        return ways
    }
}

/// Evaluates weight programs by their definition.
private struct NaiveWeights {
    let graph: TinyGraph

    func count(_ program: WeightProgram) -> Int {
        program.terms.reduce(0) { sum, term in
            sum + Int(term.coefficient)
                * graph.labels.indices.reduce(0) { $0 + weight(of: $1, term.root) }
        }
    }

    private func weight(of node: Int, _ pattern: WeightNode) -> Int {
        if let labels = pattern.labels, !holds(labels, node) { return 0 }
        var product = 1
        for branch in pattern.branches {
            var sum = 0
            for far in graph.labels.indices {
                var power = 1
                for _ in 0..<branch.exponent { power *= parallel(node, far, branch) }
                if power > 0 { sum += power * weight(of: far, branch.node) }
            }
            product *= branch.isOptional ? max(1, sum) : sum
        }
        return product
    }

    private func parallel(_ node: Int, _ far: Int, _ branch: WeightBranch) -> Int {
        graph.edges.count { edge in
            let fits = branch.types.isEmpty || branch.types.contains(["R", "S"][edge.type])
            let forward = edge.source == node && edge.target == far
            let backward = edge.source == far && edge.target == node
            switch branch.direction {
            case .outgoing: return fits && forward
            case .incoming: return fits && backward
            case .both: return fits && (forward || backward)
            }
        }
    }

    private func holds(_ labels: PlanLabels, _ node: Int) -> Bool {
        switch labels {
        case .name(let name): graph.has(node, name)
        case .and(let left, let right): holds(left, node) && holds(right, node)
        default: false
        }
    }
}

@Suite struct CountEliminationTests {
    @Test func programsCountMatches() throws {
        let seed = UInt64.random(in: 0 ..< .max)
        var random = SplitMix(state: seed)
        var eliminated = 0
        for round in 0..<3_000 {
            let graph = TinyGraph(&random, allowsLoops: round % 4 == 0)
            let pattern = TinyPattern(&random)
            guard let program = try program(pattern.text, graph) else { continue }
            eliminated += 1
            let found = NaiveWeights(graph: graph).count(program)
            let expected = pattern.count(in: graph)
            #expect(
                found == expected,
                "seed \(seed) round \(round): \(pattern.text) over \(graph)")
        }
        #expect(eliminated > 500, "seed \(seed): only \(eliminated) of 3,000 eliminated")
    }

    /// The weight program for the query, whatever it costs; nil when the planner finds none.
    private func program(_ text: String, _ graph: TinyGraph) throws -> WeightProgram? {
        guard case .query(let query) = try parseStatement(text).kind else { return nil }
        let context = PlannerContext(
            catalog: graph.catalog, statistics: graph.statistics, functions: FixtureFunctions(),
            options: PlannerOptions(disabledRules: ["prune-unsatisfiable"]))
        let binder = Binder(context: context, parameters: nil)
        let state = QueryState(plan: .singleRow, scope: Scope())
        let bound = try binder.bindQuery(query, state, .statement)
        let plan = try RuleSequence.optimize(
            bound.plan, binder, demand: PlanDemand(reads: Set((bound.columns ?? []).map(\.slot))),
            keepsTrace: false)
        var node = plan
        while true {
            if case .step(.aggregate(_, let calls)) = node.kind {
                let draft = CountElimination(PhysicalPlanner(binder)).draft(calls, node.inputs[0])
                if case .weightAggregate(let program) = draft?.kind { return program }
                return nil
            }
            guard let below = node.inputs.first else { return nil }
            node = below
        }
    }

    @Test func parallelRelationshipsArePowers() throws {
        let text = try outline(
            "MATCH (a:Person)-[:KNOWS]-(b:Person)-[:KNOWS]-(c:Person) WHERE a <> c"
                + " RETURN count(*) AS n")
        #expect(text.contains("-1·(a:Person)-[:KNOWS]^2-(b:Person)"), "\(text)")
    }

    @Test func plansRestOnTheirSnapshot() throws {
        let counted = try plan(
            "MATCH (p:Post)-[:HAS_TAG]->(x:Tag), (p)-[:HAS_TAG]->(y:Tag) RETURN count(*) AS n")
        #expect(counted.isSnapshotBound)
        let scanned = try plan("MATCH (a:Person) RETURN a")
        #expect(!scanned.isSnapshotBound)
    }
}

/// A small generator with a seed that can be printed.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
