// ConnectedPairs: goal: every pair once, parts before wholes. Method: random graphs against trying
// all pairs of sets.

import Testing

@testable import NQLPlan
@testable import NQLPlanner

@Suite struct ConnectedPairsTests {
    @Test func everyPairComesOnceAndPartsFirst() {
        let seed = UInt64.random(in: 0 ..< .max)
        var random = SplitMix(state: seed)
        for round in 0..<300 {
            let count = Int.random(in: 1...7, using: &random)
            var neighbours = [UInt32](repeating: 0, count: count)
            for _ in 0..<Int.random(in: 0...10, using: &random) {
                let (a, b) = (
                    Int.random(in: 0..<count, using: &random),
                    Int.random(in: 0..<count, using: &random)
                )
                if a == b { continue }
                neighbours[a] |= 1 << UInt32(b)
                neighbours[b] |= 1 << UInt32(a)
            }
            var found: Set<[UInt32]> = []
            var done: Set<UInt32> = Set((0..<count).map { 1 << UInt32($0) })
            ConnectedPairs(neighbours: neighbours).forEach { first, second in
                #expect(
                    done.contains(first) && done.contains(second),
                    "seed \(seed) round \(round): \(first) with \(second) comes too early")
                done.insert(first | second)
                let isNew = found.insert([min(first, second), max(first, second)]).inserted
                #expect(isNew, "seed \(seed) round \(round): \(first) with \(second) twice")
                return true
            }
            #expect(found == allPairs(neighbours), "seed \(seed) round \(round)")
        }
    }

    private func allPairs(_ neighbours: [UInt32]) -> Set<[UInt32]> {
        var result: Set<[UInt32]> = []
        let full = (UInt32(1) << UInt32(neighbours.count)) - 1
        for first in 1...full {
            for second in 1...full where first < second && first & second == 0 {
                let touches = neighbours.indices.contains { node in
                    first & (1 << UInt32(node)) != 0 && neighbours[node] & second != 0
                }
                if touches, isConnected(first, neighbours), isConnected(second, neighbours) {
                    result.insert([first, second])
                }
            }
        }
        return result
    }

    private func isConnected(_ set: UInt32, _ neighbours: [UInt32]) -> Bool {
        var reached = set & (~set + 1)
        while true {
            var next = reached
            for node in neighbours.indices where reached & (1 << UInt32(node)) != 0 {
                next |= neighbours[node] & set
            }
            if next == reached { return reached == set }
            reached = next
        }
    }
}
