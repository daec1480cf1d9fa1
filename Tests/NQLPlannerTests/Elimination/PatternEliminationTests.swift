// Elimination: goal: a weight program counts exactly the matches, in all or for each node of a
// variable. Method: random small graphs with parallel relationships and self-loops; random
// patterns, trees and ones with a cycle, with OPTIONAL MATCH, EXISTS and NOT EXISTS; the program
// that the planner makes, run by a naive evaluator, against brute force over all assignments.

import NQLSyntax
import NenCore
import Testing

@testable import NQLPlan
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

/// A relationship of a pattern.
private struct TinyEdge {
    var from: Int
    var type: String?
    var direction: PatternDirection
    var to: Int

    init(_ from: Int, _ to: Int, _ random: inout some RandomNumberGenerator) {
        (self.from, self.to) = (from, to)
        type = [nil, "R", "R", "S"].randomElement(using: &random) ?? nil
        direction = [.outgoing, .incoming, .both].randomElement(using: &random) ?? .both
    }

    var arrow: String {
        let body = "-[\(type.map { ":" + $0 } ?? "")]-"
        switch direction {
        case .outgoing: return body + ">"
        case .incoming: return "<" + body
        case .both: return body
        }
    }

    /// Whether a relationship of the graph fits between two nodes.
    func fits(
        _ source: Int, _ target: Int, _ candidate: (source: Int, type: Int, target: Int)
    ) -> Bool {
        if let type, ["R", "S"][candidate.type] != type { return false }
        let forward = candidate.source == source && candidate.target == target
        let backward = candidate.source == target && candidate.target == source
        switch direction {
        case .outgoing: return forward
        case .incoming: return backward
        case .both: return forward || backward
        }
    }
}

/// A random pattern: a tree of nodes, sometimes with a further relationship that closes a cycle,
/// with `<>`, an OPTIONAL MATCH, EXISTS at a node or between two.
private struct TinyPattern {
    enum Test: CaseIterable { case exists, absent }

    var labels: [String?]
    var edges: [TinyEdge] = []
    var different: [(Int, Int)] = []
    /// An optional relationship from a node to one with label B.
    var optional: TinyEdge?
    /// Whether there is a relationship from a node to one with label B.
    var part: (edge: TinyEdge, test: Test)?
    /// Whether there is one between two nodes.
    var pair: (edge: TinyEdge, test: Test)?
    /// The variable to group by.
    var key: Int?

    init(_ random: inout some RandomNumberGenerator) {
        let count = Int.random(in: 2...4, using: &random)
        labels = (0..<count).map { _ in [nil, "A", "B"].randomElement(using: &random) ?? nil }
        let isPath = Bool.random(using: &random)
        for node in 1..<count {
            let from = isPath ? node - 1 : Int.random(in: 0..<node, using: &random)
            edges.append(TinyEdge(from, node, &random))
        }
        if Int.random(in: 0..<2, using: &random) == 0 {
            edges.append(TinyEdge(0, count - 1, &random))
        }
        if count > 2, Bool.random(using: &random) { different.append((0, count - 1)) }
        let node = Int.random(in: 0..<count, using: &random)
        let test = Test.allCases.randomElement(using: &random) ?? .exists
        switch Int.random(in: 0..<6, using: &random) {
        case 0: optional = TinyEdge(node, -1, &random)
        case 1: part = (TinyEdge(node, -1, &random), test)
        case 2 where count > 2: pair = (TinyEdge(0, count - 1, &random), test)
        default: break
        }
        if Bool.random(using: &random) { key = node }
    }

    var text: String {
        let node = { (index: Int) in "(n\(index)\(labels[index].map { ":" + $0 } ?? ""))" }
        var parts = labels.indices.map(node)
        for edge in edges { parts.append("(n\(edge.from))\(edge.arrow)(n\(edge.to))") }
        var text = "MATCH \(parts.joined(separator: ", "))"
        var conditions = different.map { "n\($0.0) <> n\($0.1)" }
        if let (edge, test) = part {
            let negation = test == .absent ? "NOT " : ""
            conditions.append("\(negation)EXISTS { (n\(edge.from))\(edge.arrow)(:B) }")
        }
        if let (edge, test) = pair {
            let negation = test == .absent ? "NOT " : ""
            conditions.append("\(negation)(n\(edge.from))\(edge.arrow)(n\(edge.to))")
        }
        if !conditions.isEmpty { text += " WHERE " + conditions.joined(separator: " AND ") }
        if let optional { text += " OPTIONAL MATCH (n\(optional.from))\(optional.arrow)(o:B)" }
        return text + (key.map { " RETURN n\($0) AS k, count(*) AS n" } ?? " RETURN count(*) AS n")
    }

    /// Matches counted by trying everything; for each node of the key, or in all as that of -1.
    func counts(in graph: TinyGraph) -> [Int: Int] {
        var nodes = [Int](repeating: -1, count: labels.count)
        var result: [Int: Int] = [:]
        func assign(_ index: Int) {
            if index == labels.count {
                if different.contains(where: { nodes[$0.0] == nodes[$0.1] }) { return }
                let count = times(nodes, graph) * choose(0, [])
                if count > 0 { result[key.map { nodes[$0] } ?? -1, default: 0] += count }
                return
            }
            for node in graph.labels.indices {
                if let label = labels[index], !graph.has(node, label) { continue }
                nodes[index] = node
                assign(index + 1)
            }
        }
        func choose(_ edge: Int, _ used: Set<Int>) -> Int {
            if edge == edges.count { return 1 }
            var sum = 0
            for (number, candidate) in graph.edges.enumerated() where !used.contains(number) {
                if edges[edge].fits(nodes[edges[edge].from], nodes[edges[edge].to], candidate) {
                    sum += choose(edge + 1, used.union([number]))
                }
            }
            return sum
        }
        assign(0)
        return result
    }

    /// What the optional part and the tests make of one assignment of nodes.
    private func times(_ nodes: [Int], _ graph: TinyGraph) -> Int {
        if let (edge, test) = part {
            if (ways(edge, nodes[edge.from], graph) > 0) != (test == .exists) { return 0 }
        }
        if let (edge, test) = pair {
            let isFound = graph.edges.contains { edge.fits(nodes[edge.from], nodes[edge.to], $0) }
            if isFound != (test == .exists) { return 0 }
        }
        return optional.map { max(1, ways($0, nodes[$0.from], graph)) } ?? 1
    }

    /// Relationships from a node to nodes with label B.
    private func ways(_ edge: TinyEdge, _ node: Int, _ graph: TinyGraph) -> Int {
        graph.labels.indices.reduce(0) { sum, far in
            guard graph.has(far, "B") else { return sum }
            return sum + graph.edges.count { edge.fits(node, far, $0) }
        }
    }
}

/// Evaluates weight programs by their definition.
private struct NaiveWeights {
    let graph: TinyGraph

    /// For each node that has any.
    func counts(_ program: WeightProgram) -> [Int: Int] {
        var result: [Int: Int] = [:]
        for term in program.terms {
            for node in graph.labels.indices {
                result[node, default: 0] += Int(term.coefficient) * weight(of: node, term.root)
            }
        }
        return result.filter { $0.value != 0 }
    }

    private func weight(of node: Int, _ pattern: WeightNode) -> Int {
        if let labels = pattern.labels, !holds(labels, node) { return 0 }
        var product = 1
        for branch in pattern.branches {
            var sum = 0
            for far in graph.labels.indices {
                var power = 1
                for _ in 0..<branch.exponent {
                    power *= parallel(node, far, branch.types, branch.direction)
                }
                if power > 0 { sum += power * weight(of: far, branch.node) }
            }
            switch branch.effect {
            case .product: product *= sum
            case .optional: product *= max(1, sum)
            case .exists: product *= min(1, sum)
            case .absent: product *= sum == 0 ? 1 : 0
            }
        }
        guard let cycle = pattern.cycle else { return product }
        return product * graph.labels.indices.reduce(0) { sum, far in
            sum + ways(node, far, cycle.left[...]) * ways(node, far, cycle.right[...])
                * weight(of: far, cycle.meeting)
        }
    }

    private func ways(_ node: Int, _ end: Int, _ steps: ArraySlice<WeightStep>) -> Int {
        guard let step = steps.first else { return node == end ? 1 : 0 }
        return graph.labels.indices.reduce(0) { sum, far in
            var count = parallel(node, far, step.types, step.direction)
            if step.isExistence { count = min(1, count) }
            if count == 0 { return sum }
            let between = step.node.map { weight(of: far, $0) } ?? 1
            return sum + count * between * ways(far, end, steps.dropFirst())
        }
    }

    private func parallel(
        _ node: Int, _ far: Int, _ types: [String], _ direction: PatternDirection
    ) -> Int {
        graph.edges.count { edge in
            let fits = types.isEmpty || types.contains(["R", "S"][edge.type])
            let forward = edge.source == node && edge.target == far
            let backward = edge.source == far && edge.target == node
            switch direction {
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

@Suite struct PatternEliminationTests {
    @Test func programsCountMatches() throws {
        let seed = UInt64.random(in: 0 ..< .max)
        var random = SplitMix(state: seed)
        var (eliminated, cyclic, grouped) = (0, 0, 0)
        for round in 0..<6_000 {
            let graph = TinyGraph(&random, allowsLoops: round % 4 == 0)
            let pattern = TinyPattern(&random)
            guard let program = try program(pattern.text, graph) else { continue }
            eliminated += 1
            if program.terms.contains(where: { hasCycle($0.root) }) { cyclic += 1 }
            if pattern.key != nil { grouped += 1 }
            var found = NaiveWeights(graph: graph).counts(program)
            if pattern.key == nil {
                let total = found.values.reduce(0, +)
                found = total == 0 ? [:] : [-1: total]
            }
            let expected = pattern.counts(in: graph)
            #expect(
                found == expected,
                "seed \(seed) round \(round): \(pattern.text) over \(graph)")
        }
        #expect(
            eliminated > 2_000 && cyclic > 400 && grouped > 800,
            "seed \(seed): \(eliminated), \(cyclic), \(grouped) of 6,000 eliminated")
    }

    /// The weight program for the query, whatever it costs; nil when the planner finds none.
    private func program(_ text: String, _ graph: TinyGraph) throws -> WeightProgram? {
        guard case .query(let query) = try parseStatement(text).kind else { return nil }
        let context = PlannerContext(
            catalog: graph.catalog, statistics: graph.statistics, functions: FixtureFunctions(),
            options: PlannerOptions(disabledRules: ["prune-unsatisfiable"]))
        let session = PlanningSession(context: context, parameters: nil)
        let state = QueryState(plan: .unit, scope: Scope())
        let bound = try Binder(session).bindQuery(query, state, .statement)
        let plan = try RuleSequence.optimize(
            bound.plan, session,
            demand: PlanDemand(reads: Set((bound.columns ?? []).map(\.slot))), keepsTrace: false)
        var node = plan
        while true {
            if case .aggregate(let keys, let calls) = node.kind {
                let draft = PatternElimination(PhysicalPlanner(session))
                    .draft(keys: keys, calls, node.inputs[0])
                if case .weightAggregate(let program) = draft?.kind { return program }
                if case .weightScan(let program) = draft?.inputs.first?.kind { return program }
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

    @Test func keysAreOfTheRoot() throws {
        let text = try outline(
            "MATCH (a:Person)-[:KNOWS]->(:Person)-[:KNOWS]->(c:Person) RETURN a.name AS n,"
                + " count(*) AS c, sum(a.age) AS s")
        #expect(text.contains("WeightScan (a) × (a:Person)-[:KNOWS]->"), "\(text)")
        let two = try outline(
            "MATCH (a:Person)-[:KNOWS]->(:Person)-[:KNOWS]->(c:Person) RETURN a.name AS n,"
                + " sum(c.age) AS s")
        #expect(!two.contains("Weight"), "\(two)")
    }

    @Test func weightsThatDoNotFitAreNotChosen() throws {
        let text = "MATCH (a:Person)-[:KNOWS]->(:Person)-[:KNOWS]->(c:Person) RETURN count(*) AS n"
        guard case .query(let query) = try parseStatement(text).kind else { return }
        for (budget, isChosen) in [(UInt64(300_000), false), (1 << 30, true)] {
            var context = FixtureGraph.context()
            context.options.memoryBudgetBytes = budget
            let text = outline(try planQuery(query, context: context))
            #expect(text.contains("WeightAggregate") == isChosen, "\(budget): \(text)")
        }
    }

    private func hasCycle(_ node: WeightNode) -> Bool {
        node.cycle != nil || node.branches.contains { hasCycle($0.node) }
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
