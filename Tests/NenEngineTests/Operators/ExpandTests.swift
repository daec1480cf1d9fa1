// Steps along relationships on random multigraphs against naive loops, on hand-built plans.

import NQLPlan
import NQLPlanner
import NQLSyntax
import NenCore
import Testing

@testable import NenEngine

@Suite struct ExpandTests {
    private let seed = UInt64.random(in: 0 ... 1 << 32)

    private static let directions: [(PatternDirection, String)] = [
        (.outgoing, "out"), (.incoming, "in"), (.both, "both"),
    ]

    private func ids(_ rows: [[Value]]) -> [[Value]: Int] {
        bag(
            rows.map { row in
                row.map { value -> Value in
                    switch value {
                    case .node(let node): .integer(Int64(node.id))
                    case .relationship(let relationship): .integer(Int64(relationship.id))
                    case .list(let items):
                        .list(
                            items.map { item -> Value in
                                guard case .relationship(let one) = item else { return item }
                                return .integer(Int64(one.id))
                            })
                    default: value
                    }
                }
            })
    }

    private func number(_ id: UInt32) -> Value { .integer(Int64(id)) }

    @Test func expandMatchesLoops() throws {
        var random = SeededGenerator(seed: seed)
        let harness = try StatementHarness()
        let graph = try RandomGraph(
            nodes: 300, edges: 1_500, types: ["R", "S"], harness.engine, using: &random)
        for (direction, name) in ExpandTests.directions {
            for types in [[], ["R"], ["R", "S"], ["missing"]] {
                for labels in [nil, PlanLabels.name("A")] {
                    let scan = PlanSketch.leaf(.nodeScan(node: 0, labels: nil), [0])
                    let step = PlanSketch.step(from: 0, 1, to: 2, types, direction, labels: labels)
                    let root = PlanSketch.make(.expand(step), [scan], [0, 1, 2])
                    var expected: [[Value]] = []
                    for node in graph.ids.indices {
                        for (other, edge) in graph.steps(node, types, name)
                        where labels == nil || graph.isA[other] {
                            expected.append([
                                number(graph.ids[node]), number(edge.id), number(graph.ids[other]),
                            ])
                        }
                    }
                    let rows = try harness.execute(root, [0, 1, 2], slotCount: 3)
                    #expect(ids(rows) == bag(expected), "seed \(seed) \(name) \(types)")
                }
            }
        }
    }

    @Test func uniquenessAndClosingSteps() throws {
        var random = SeededGenerator(seed: seed)
        let harness = try StatementHarness()
        let graph = try RandomGraph(
            nodes: 60, edges: 240, types: ["R", "S"], harness.engine, using: &random)
        for (direction, name) in ExpandTests.directions {
            let scan = PlanSketch.leaf(.nodeScan(node: 0, labels: nil), [0])
            let first = PlanSketch.make(
                .expand(PlanSketch.step(from: 0, 1, to: 2, [], direction)), [scan], [0, 1, 2])
            let second = PlanSketch.step(from: 2, 3, to: 0, ["R"], direction, differentFrom: [1])
            let root = PlanSketch.make(.expandInto(second), [first], [0, 1, 2, 3])
            var expected: [[Value]] = []
            for node in graph.ids.indices {
                for (other, edge) in graph.steps(node, [], name) {
                    for (end, back) in graph.steps(other, ["R"], name)
                    where end == node && back.id != edge.id {
                        expected.append([number(edge.id), number(back.id)])
                    }
                }
            }
            let rows = try harness.execute(root, [1, 3], slotCount: 4)
            #expect(ids(rows) == bag(expected), "seed \(seed) \(name)")
        }
    }

    @Test func countingSkipsRows() throws {
        var random = SeededGenerator(seed: seed)
        let harness = try StatementHarness()
        let graph = try RandomGraph(
            nodes: 200, edges: 900, types: ["R", "S"], harness.engine, using: &random)
        for (direction, name) in ExpandTests.directions {
            let scan = PlanSketch.leaf(.nodeScan(node: 0, labels: nil), [0])
            let first = PlanSketch.make(
                .expand(PlanSketch.step(from: 0, nil, to: 1, ["R"], direction)), [scan], [1])
            let second = PlanSketch.make(
                .expand(PlanSketch.step(from: 1, nil, to: 2, [], direction)), [first], [])
            let call = AggregateCall(slot: 3, function: "count", arguments: [], isDistinct: false)
            let root = PlanSketch.make(
                .aggregate(keys: [], aggregates: [call]), [second], [3])
            var expected: Int64 = 0
            for node in graph.ids.indices {
                for (other, _) in graph.steps(node, ["R"], name) {
                    expected += Int64(graph.steps(other, [], name).count)
                }
            }
            let rows = try harness.execute(root, [3], slotCount: 4)
            #expect(rows == [[.integer(expected)]], "seed \(seed) \(name)")
        }
    }

    @Test func trailsMatchRecursion() throws {
        var random = SeededGenerator(seed: seed)
        let harness = try StatementHarness()
        let graph = try RandomGraph(
            nodes: 25, edges: 45, types: ["R", "S"], harness.engine, using: &random)
        for (direction, name) in ExpandTests.directions {
            for (minimum, maximum) in [(0, 2), (1, 3), (2, 2), (0, 0)] {
                let spec = VariableLengthSpec(
                    step: PlanSketch.step(from: 0, 1, to: 2, [], direction), minimum: minimum,
                    maximum: maximum, isInto: false,
                    predicate: PlanSketch.binary(
                        .notEqual, PlanSketch.property(3, "w"), PlanSketch.constant(.integer(0))),
                    predicateRelationship: 3, isReversed: false)
                let scan = PlanSketch.leaf(.nodeScan(node: 0, labels: nil), [0])
                let root = PlanSketch.make(.variableLengthExpand(spec), [scan], [0, 1, 2])
                var expected: [[Value]] = []
                for node in graph.ids.indices {
                    walk(graph, node, name, [], node, minimum, maximum, &expected)
                }
                let rows = try harness.execute(root, [0, 1, 2], slotCount: 4)
                #expect(ids(rows) == bag(expected), "seed \(seed) \(name) \(minimum)..\(maximum)")
            }
        }
    }

    private func walk(
        _ graph: RandomGraph, _ start: Int, _ name: String, _ trail: [UInt32], _ node: Int,
        _ minimum: Int, _ maximum: Int, _ rows: inout [[Value]]
    ) {
        if trail.count >= minimum {
            rows.append([
                number(graph.ids[start]), .list(trail.map { number($0) }),
                number(graph.ids[node]),
            ])
        }
        if trail.count == maximum { return }
        for (other, edge) in graph.steps(node, [], name)
        where edge.weight != 0 && !trail.contains(edge.id) {
            walk(graph, start, name, trail + [edge.id], other, minimum, maximum, &rows)
        }
    }

    @Test func shortestPathsMatchBreadthFirstSearch() throws {
        var random = SeededGenerator(seed: seed)
        let harness = try StatementHarness()
        let graph = try RandomGraph(
            nodes: 40, edges: 80, types: ["R"], harness.engine, using: &random)
        for (direction, name) in ExpandTests.directions {
            for all in [false, true] {
                let spec = VariableLengthSpec(
                    step: PlanSketch.step(from: 0, 2, to: 1, [], direction), minimum: 1,
                    maximum: nil, isInto: true, predicate: nil, predicateRelationship: nil,
                    isReversed: false)
                let left = PlanSketch.leaf(.nodeScan(node: 0, labels: nil), [0])
                let right = PlanSketch.leaf(.nodeScan(node: 1, labels: nil), [1])
                let pairs = PlanSketch.make(.cartesianProduct, [left, right], [0, 1])
                let root = PlanSketch.make(
                    .shortestPath(ShortestPathSpec(expand: spec, all: all, stepCount: nil)),
                    [pairs], [0, 1, 2])
                var lengths: [[Value]: (length: Int, count: Int)] = [:]
                for start in graph.ids.indices {
                    for (end, found) in distances(graph, start, name) where end != start {
                        lengths[[number(graph.ids[start]), number(graph.ids[end])]] = found
                    }
                }
                var got: [[Value]: (length: Int, count: Int)] = [:]
                for (row, count) in ids(try harness.execute(root, [0, 1, 2], slotCount: 3)) {
                    guard case .list(let path) = row[2] else { continue }
                    let key = Array(row[0 ..< 2])
                    let known = got[key]?.count ?? 0
                    got[key] = (path.count, known + count)
                }
                #expect(Set(got.keys) == Set(lengths.keys), "seed \(seed)")
                for (key, found) in got {
                    #expect(found.length == lengths[key]?.length, "seed \(seed)")
                    let expected = all ? lengths[key]?.count : 1
                    #expect(found.count == expected, "seed \(seed) \(key) \(name)")
                }
            }
        }
    }

    /// Distance to every reachable node and number of shortest paths.
    private func distances(
        _ graph: RandomGraph, _ start: Int, _ name: String
    ) -> [Int: (length: Int, count: Int)] {
        var result: [Int: (length: Int, count: Int)] = [start: (0, 1)]
        var frontier = [start]
        var depth = 0
        while !frontier.isEmpty {
            depth += 1
            var next: [Int] = []
            for node in frontier {
                let paths = result[node]?.count ?? 0
                for (other, _) in graph.steps(node, [], name) {
                    if let known = result[other] {
                        if known.length == depth { result[other]?.count += paths }
                    } else {
                        result[other] = (depth, paths)
                        next.append(other)
                    }
                }
            }
            frontier = next
        }
        return result
    }
}
