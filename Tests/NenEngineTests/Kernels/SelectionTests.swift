// Selection by rank against a whole sort: random numbers, few values, sorted ones, and an input
// that leads medians of three astray.

import NenCore
import Testing

@testable import NenEngine

@Suite struct SelectionTests {
    private let seed = UInt64.random(in: 0 ... 1 << 32)

    /// Numbers for which the median of first, middle and last is the second least again and again
    /// (Musser, "Introspective Sorting and Selection Algorithms", 1997).
    private func killer(_ count: Int) -> [Int64] {
        let half = Int64(count / 2)
        return (1 ... half).map { $0 % 2 == 1 ? $0 : half + $0 - 1 }
            + (1 ... half).map { 2 * $0 }
    }

    @Test func ranksMatchASort() throws {
        var random = SeededGenerator(seed: seed)
        for round in 0 ..< 200 {
            let count = [1, 2, 31, 33, 100, 5_000].randomElement(using: &random) ?? 1
            var numbers: [Int64]
            switch round % 4 {
            case 0: numbers = (0 ..< count).map { _ in .random(in: .min ... .max, using: &random) }
            case 1: numbers = (0 ..< count).map { _ in .random(in: 0 ... 3, using: &random) }
            case 2: numbers = (0 ..< count).map { Int64(round % 8 == 2 ? $0 : -$0) }
            default: numbers = killer(max(2, count & ~1))
            }
            let sorted = numbers.sorted()
            let rank = Int.random(in: 0 ..< numbers.count, using: &random)
            try numbers.withUnsafeMutableBufferPointer { values throws in
                try Selection.select(rank, of: values)
            }
            #expect(numbers[rank] == sorted[rank], "seed \(seed), round \(round)")
            #expect(numbers[..<rank].allSatisfy { $0 <= sorted[rank] }, "seed \(seed)")
            #expect(numbers[rank...].allSatisfy { $0 >= sorted[rank] }, "seed \(seed)")
            #expect(numbers.sorted() == sorted, "seed \(seed)")
        }
    }

    @Test func percentilesMatchASort() throws {
        var random = SeededGenerator(seed: seed)
        let harness = try StatementHarness()
        for round in 0 ..< 60 {
            let count = Int.random(in: 1 ... 200, using: &random)
            let values: [Value] = (0 ..< count).map { _ in
                let number = Int64.random(in: -50 ... 50, using: &random)
                switch round % 3 {
                case 0: return .integer(number)
                case 1: return .float(Double(number) / 4)
                default: return number > 0 ? .integer(number) : .float(Double(number) / 4)
                }
            }
            let fraction = Double.random(in: 0 ... 1, using: &random)
            let found = try harness.run(
                "UNWIND $l AS x RETURN percentileCont(x, $p) AS c, percentileDisc(x, $p) AS d",
                ["l": .list(values), "p": .float(fraction)]
            ).rows[0]
            let sorted = try harness.run(
                "UNWIND $l AS x RETURN x ORDER BY x", ["l": .list(values)]
            ).rows.map { $0[0] }
            let rank = max(0, Int((fraction * Double(count)).rounded(.up)) - 1)
            #expect(number(found[1]) == number(sorted[rank]), "seed \(seed), round \(round)")
            let place = fraction * Double(count - 1)
            let (low, high) = (Int(place), min(Int(place) + 1, count - 1))
            let (a, b) = (number(sorted[low]), number(sorted[high]))
            let wanted = a + (b - a) * (place - Double(low))
            #expect(abs(number(found[0]) - wanted) < 1e-9, "seed \(seed), round \(round)")
        }
    }

    private func number(_ value: Value) -> Double {
        switch value {
        case .integer(let number): Double(number)
        case .float(let number): number
        default: .nan
        }
    }
}
