// Goal: quantified paths, modes and selectors find what they should. Method: random patterns over
// random small graphs, compared with all paths that a naive enumerator finds: without a selector
// the same paths, with one the shortest of each pair of ends; and each variable has its elements.
//
// `NQLPATHS_SEED=7 NQLPATHS_COUNT=5000 swift test --filter PathPropertyTests` runs more of them.

import Foundation
import NenDB
import Testing

@Suite struct PathPropertyTests {
    private static let environment = ProcessInfo.processInfo.environment

    @Test(arguments: [1, 2, UInt64.random(in: 0...UInt64.max)] as [UInt64])
    func patternsFindTheirPaths(seed: UInt64) throws {
        let seed = (Self.environment["NQLPATHS_SEED"].flatMap { UInt64($0) } ?? 0) &+ seed
        let count = Self.environment["NQLPATHS_COUNT"].flatMap { Int($0) } ?? 60
        var random = SeededGenerator(seed: seed)
        var nonEmpty = 0
        for number in 0..<count {
            let graph = PathModelGraph(using: &random)
            let session = try Database.inMemory().session()
            _ = try session.run(graph.createStatement).rows()
            var generator = PathPatternGenerator(random: random)
            for _ in 0..<6 {
                let generated = generator.next(graph)
                let expected = generated.pattern.paths(graph)
                nonEmpty += expected.isEmpty ? 0 : 1
                let rows = try session.run(generated.query).rows().map { row in
                    row.values.map(\.literalText)
                }
                if let complaint = judge(rows, expected, generated) {
                    Issue.record(
                        """
                        seed \(seed), graph \(number):
                        \(graph.createStatement);
                        \(generated.query);
                        \(complaint)
                        """)
                    return
                }
            }
            random = generator.random
        }
        // A good part of the patterns is not in vain.
        #expect(nonEmpty > count, "seed \(seed): \(nonEmpty) of \(count * 6)")
    }

    /// The row that a path gives.
    private func row(_ path: ModelPath, _ generated: GeneratedPattern) -> [String] {
        var columns = ["\(path.nodes)", "\(path.edges)"]
        for (piece, nodeCount) in generated.groups {
            let width = generated.pattern.pieces[piece].steps.count
            var start = 0
            for before in 0..<piece {
                let steps = generated.pattern.pieces[before].steps.count
                start += path.repetitions[before] * steps
            }
            let starts = (0..<path.repetitions[piece]).map { start + $0 * width }
            for node in 0..<nodeCount { columns.append("\(starts.map { path.nodes[$0 + node] })") }
            for step in 0..<width { columns.append("\(starts.map { path.edges[$0 + step] })") }
        }
        return columns
    }

    /// What is wrong with the rows; nil if nothing.
    private func judge(
        _ rows: [[String]], _ paths: [ModelPath], _ generated: GeneratedPattern
    ) -> String? {
        switch generated.selector {
        case .everything: return compare(rows, paths.map { row($0, generated) })
        case .lengths(let count):
            return compare(rows, partitions(paths).flatMap { partition in
                let lengths = Set(partition.map(\.edges.count)).sorted().prefix(count)
                return partition.filter { lengths.contains($0.edges.count) }
                    .map { row($0, generated) }
            })
        case .paths(let count):
            var left = rows
            for partition in partitions(paths) {
                let sorted = partition.sorted { $0.edges.count < $1.edges.count }
                let possible = Dictionary(
                    grouping: sorted, by: { row($0, generated) }
                ).mapValues { $0.count }
                let mine = left.filter { possible[$0] != nil }
                left.removeAll { possible[$0] != nil }
                let lengths = mine.map { length($0) }.sorted()
                let wanted = sorted.prefix(count).map(\.edges.count)
                if lengths != wanted { return "lengths \(lengths), expected \(wanted)" }
                for (row, times) in Dictionary(grouping: mine, by: { $0 }).mapValues(\.count)
                where times > possible[row] ?? 0 {
                    return "\(row) comes \(times) times"
                }
            }
            return left.isEmpty ? nil : "no such paths: \(left)"
        }
    }

    private func length(_ row: [String]) -> Int {
        row[1] == "[]" ? 0 : row[1].split(separator: ",").count
    }

    private func partitions(_ paths: [ModelPath]) -> [[ModelPath]] {
        Array(
            Dictionary(grouping: paths) { path in
                [path.nodes[0], path.nodes[path.nodes.count - 1]]
            }.values)
    }

    private func compare(_ rows: [[String]], _ expected: [[String]]) -> String? {
        let found = rows.map(\.description).sorted()
        let wanted = expected.map(\.description).sorted()
        if found == wanted { return nil }
        return "found \(found.count):\n\(found.joined(separator: "\n"))\n"
            + "expected \(wanted.count):\n\(wanted.joined(separator: "\n"))"
    }
}
