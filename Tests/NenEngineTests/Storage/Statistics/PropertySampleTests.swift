// Goal: what is told of a property's values is true of a small column, and near the truth of a
// large one. Method: random columns of several types with nulls and frequent values, against counts
// over the plain list; the seed is printed.

import NenCore
import Testing

@testable import NenEngine

@Suite struct PropertySampleTests {
    /// A store of nodes `:A {v}` in the order of `values`; nil is null.
    private func store(_ values: [Cell?]) throws -> (GraphStore, PropertyOwner) {
        let store = try GraphStore.inMemory()
        let writer = try store.beginWrite()
        let label = try writer.internLabel("A")
        let key = try writer.internKey("v")
        for value in values {
            _ = try writer.createNode(labels: [label], properties: value.map { [(key, $0)] } ?? [])
        }
        try writer.commit()
        return (store, PropertyOwner(entity: .node, labelOrType: label, key: key))
    }

    private func estimate(_ values: [Cell?], rowsMax: Int) throws -> PropertyEstimate {
        let (store, owner) = try store(values)
        let view = try store.snapshot()
        return try #require(try PropertySample.estimate(owner, in: view, rowsMax: rowsMax))
    }

    @Test(arguments: [1, 50, 2_500]) func smallColumnsAreKnownExactly(count: Int) throws {
        let seed = UInt64.random(in: 0 ... .max)
        print("smallColumnsAreKnownExactly: seed \(seed)")
        var random = SeededGenerator(seed: seed)
        let numbers = (0 ..< count).map { _ -> Int64? in
            if Int.random(in: 0 ..< 5, using: &random) == 0 { return nil }
            if Int.random(in: 0 ..< 4, using: &random) == 0 { return 7 }
            return .random(in: -1_000 ... 1_000, using: &random)
        }
        let found = try estimate(numbers.map { $0.map(Cell.init(integer:)) }, rowsMax: 16_384)
        let present = numbers.compactMap(\.self).sorted()
        let shareOfValues = Double(present.count) / Double(count)
        #expect(found.entityCount == Double(count))
        #expect(abs(found.nullFraction - (1 - shareOfValues)) < 1e-9)
        #expect(found.distinctCount == Double(max(1, Set(present).count)), "seed \(seed)")
        guard let least = present.first, let greatest = present.last else { return }
        #expect(found.minimum == .integer(least) && found.maximum == .integer(greatest))
        for one in found.frequent {
            let times = present.count { .integer($0) == one.value }
            #expect(abs(one.share - Double(times) / Double(count)) < 1e-9, "seed \(seed)")
        }
        for quantile in found.quantiles {
            guard case .integer(let value) = quantile.value else {
                Issue.record("\(quantile)")
                continue
            }
            let all = Double(present.count)
            let below = Double(present.count { $0 < value })
            let upTo = Double(present.count { $0 <= value })
            #expect(abs(quantile.below - below / all) < 1e-9, "seed \(seed)")
            #expect(abs(quantile.upTo - upTo / all) < 1e-9, "seed \(seed)")
        }
        let values = found.quantiles.map(\.below)
        #expect(values == values.sorted(), "seed \(seed)")
    }

    /// Of few values each is known with its share, the rare ones, too; a column of which the
    /// sample holds few values, because most are null, is not taken for one of few values.
    @Test func fewValuesAreAllKept() throws {
        let values = (0 ..< 60_000).map { row -> Cell in
            Cell(integer: row % 200 == 3 ? 1 : row % 3 == 0 ? 2 : 3)
        }
        let found = try estimate(values, rowsMax: 4_000)
        #expect(found.distinctCount == 3)
        let rare = try #require(found.frequent.first { $0.value == .integer(1) })
        #expect(rare.share > 0.0025 && rare.share < 0.01, "\(rare.share)")
        #expect(found.frequent.count == 3)
        let sparse = (0 ..< 60_000).map { row -> Cell? in
            row % 400 == 3 ? Cell(integer: Int64(row)) : nil
        }
        #expect(try estimate(sparse, rowsMax: 4_000).frequent.isEmpty)
    }

    /// Of 60,000 rows 4,000 are read.
    @Test(arguments: [2, 40, 900, 20_000, 60_000]) func largeColumnsAreEstimated(
        distinct: Int
    ) throws {
        let seed = UInt64.random(in: 0 ... .max)
        print("largeColumnsAreEstimated: seed \(seed)")
        var random = SeededGenerator(seed: seed)
        let values = (0 ..< 60_000).map { row -> Cell in
            let number = distinct == 60_000 ? row : Int.random(in: 0 ..< distinct, using: &random)
            return Cell(integer: Int64(number))
        }
        let found = try estimate(values, rowsMax: 4_000)
        let truth = Double(Set(values.map(\.integer)).count)
        #expect(found.distinctCount > truth / 3 && found.distinctCount < truth * 3, "\(found)")
        let middle = found.quantiles.filter { $0.below <= 0.5 }.last
        guard case .integer(let median) = middle?.value else {
            Issue.record("no median, seed \(seed)")
            return
        }
        let below = Double(values.count { $0.integer < median }) / 60_000
        let isNear = below <= 0.56 && below > 0.44
        #expect(isNear || distinct == 2, "\(below), seed \(seed)")
    }

    /// Values that come round every so many rows are found with their shares.
    @Test(arguments: [2, 3, 4, 8, 10, 64]) func periodicColumnsAreEstimated(period: Int) throws {
        let values = (0 ..< 60_000).map { Cell(integer: Int64($0 % period)) }
        let found = try estimate(values, rowsMax: 4_000)
        #expect(found.distinctCount == Double(period))
        for one in found.frequent {
            #expect(abs(one.share * Double(period) - 1) < 0.6, "\(one)")
        }
    }

    @Test func stringsAreOrderedByTheirBytes() throws {
        let seed = UInt64.random(in: 0 ... .max)
        print("stringsAreOrderedByTheirBytes: seed \(seed)")
        var random = SeededGenerator(seed: seed)
        let letters: [Character] = ["a", "b", "c", "é"]
        var texts: [String] = []
        for _ in 0 ..< 800 {
            var text = ""
            for _ in 0 ..< Int.random(in: 0 ... 11, using: &random) {
                text.append(letters[Int.random(in: 0 ..< 4, using: &random)])
            }
            texts.append(text)
        }
        let pool = PagePool(limitBytes: 1 << 24)
        let (store, owner) = try store([])
        let writer = try store.beginWrite()
        let builder = CellBuilder(arena: Arena(pool: pool), base: writer.base)
        for text in texts {
            _ = try writer.createNode(
                labels: [owner.labelOrType], properties: [(owner.key, try builder.string(text))])
        }
        try writer.commit()
        let found = try #require(
            try PropertySample.estimate(owner, in: store.snapshot(), rowsMax: 16_384))
        let bytes: [[UInt8]] = texts.map { Array($0.utf8) }
        let distinct = Set(texts).count
        #expect(Int(found.distinctCount) == distinct)
        var byteCount = 0
        for one in bytes { byteCount += one.count }
        let mean = Double(byteCount) / Double(texts.count)
        let foundMean = found.meanBytes ?? 0
        #expect(abs(foundMean - mean) < 1e-9)
        for quantile in found.quantiles {
            guard case .string(let text) = quantile.value else {
                Issue.record("\(quantile)")
                continue
            }
            let wanted = Array(text.utf8)
            var below = 0
            for one in bytes where one.lexicographicallyPrecedes(wanted) { below += 1 }
            let share = Double(below) / Double(texts.count)
            #expect(abs(quantile.below - share) < 1e-9, "seed \(seed)")
        }
        #expect(found.quantiles.count > 30)
    }

    @Test func mixedTypesHaveNoLine() throws {
        var values: [Cell?] = []
        for row in 0 ..< 100 as Range<Int64> {
            values.append(row % 2 == 0 ? Cell(integer: row) : Cell(boolean: row % 3 == 0))
        }
        let found = try estimate(values, rowsMax: 1_000)
        #expect(found.quantiles.isEmpty && found.minimum == nil)
        #expect(found.distinctCount == 52)
        let none: [Cell?] = [nil, nil]
        #expect(try estimate(none, rowsMax: 100).nullFraction == 1)
    }
}
