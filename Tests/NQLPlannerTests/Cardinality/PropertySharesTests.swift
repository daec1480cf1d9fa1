// Goal: shares of values, ranges and prefixes follow from frequent values and quantiles. Method:
// estimates made from known lists of values, asked for values within, between, below and above.

import NenCore
import Testing

@testable import NQLPlan
@testable import NQLPlanner

@Suite struct PropertySharesTests {
    /// The estimate of a list of values in ascending order, `nulls` more without one; every
    /// `step`-th value is a quantile.
    private func estimate(_ values: [Value], nulls: Int = 0, step: Int = 1) -> PropertyEstimate {
        let count = Double(values.count)
        let all = count + Double(nulls)
        var result = PropertyEstimate(
            distinctCount: Double(Set(values).count), nullFraction: Double(nulls) / all,
            minimum: values.first, maximum: values.last, entityCount: all)
        for place in Set(stride(from: 0, to: values.count, by: step) + [values.count - 1]).sorted()
        {
            let value = values[place]
            if result.quantiles.last?.value == value { continue }
            let below = values.firstIndex(of: value) ?? 0
            let upTo = (values.lastIndex(of: value) ?? 0) + 1
            result.quantiles.append(
                Quantile(value: value, below: Double(below) / count, upTo: Double(upTo) / count))
        }
        return result
    }

    private func integers(_ values: [Int64]) -> [Value] { values.map { .integer($0) } }

    @Test func rangesOfKnownValues() throws {
        let known = estimate(integers([1, 1, 1, 5, 9, 9]), nulls: 6)
        func below(_ value: Int64, _ isInclusive: Bool) -> Double? {
            known.share(below: .integer(value), isInclusive: isInclusive)
        }
        #expect(below(0, true) == 0)
        #expect(below(1, false) == 0)
        #expect(below(1, true) == 0.25)
        #expect(below(3, true) == 0.25)
        #expect(below(5, true) == 4.0 / 12)
        #expect(below(9, false) == 4.0 / 12)
        #expect(below(9, true) == 0.5)
        #expect(below(100, false) == 0.5)
        #expect(known.share(below: .string("a"), isInclusive: true) == nil)
        #expect(known.share(below: .float(5.0), isInclusive: true) == 4.0 / 12)
    }

    @Test func rangesBetweenQuantiles() throws {
        let known = estimate(integers(Array(0 ..< 1_000)), step: 100)
        for value in stride(from: Int64(0), to: 1_000, by: 37) {
            let share = try #require(known.share(below: .integer(value), isInclusive: false))
            #expect(abs(share - Double(value) / 1_000) < 0.002)
        }
    }

    @Test func prefixesOfStrings() throws {
        let texts = (0 ..< 900).map { "\(["apple", "pear", "plum"][$0 / 300])-\(100 + $0 % 300)" }
        let known = estimate(texts.sorted().map { .string($0) }, step: 12)
        let wanted: [(String, Double)] = [
            ("apple", 1.0 / 3), ("p", 2.0 / 3), ("plum-1", 1.0 / 9), ("q", 0),
        ]
        #expect(known.share(withPrefix: "") == nil)
        for (prefix, wanted) in wanted {
            let share = try #require(known.share(withPrefix: prefix))
            #expect(abs(share - wanted) < 0.03, "\(prefix): \(share)")
        }
        let pears = try #require(known.share(ofStrings: { $0.hasPrefix("pear") }))
        #expect(abs(pears - 1.0 / 3) < 0.05)
    }

    @Test func singleValues() {
        var known = estimate(integers(Array(0 ..< 100)), nulls: 100)
        known.frequent = [FrequentValue(value: .integer(7), share: 0.3)]
        #expect(known.share(of: .integer(7), distinct: 100) == 0.3)
        #expect(known.share(of: .float(7), distinct: 100) == 0.3)
        #expect(abs(known.share(of: .integer(8), distinct: 100) - 0.2 / 99) < 1e-12)
        // Beyond the greatest value: next to nothing.
        #expect(known.share(of: .integer(1_000), distinct: 100) == 0.5 / 200)
        #expect(known.share(of: .null, distinct: 100) == 0)
        #expect(known.shareOfAnyValue(distinct: 100) == 0.005)
    }

    @Test func boundsAloneAreALine() {
        let known = PropertyEstimate(
            distinctCount: 10, nullFraction: 0, minimum: .integer(0), maximum: .integer(10))
        #expect(known.share(below: .integer(4), isInclusive: false) == 0.4)
        #expect(known.share(below: .integer(40), isInclusive: false) == 1)
    }
}
