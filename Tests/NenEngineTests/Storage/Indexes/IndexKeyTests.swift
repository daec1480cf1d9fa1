// Goal: the order of index keys is the order of values, and equal values have equal keys.
// Method: random cells of all storable types, nested too, compared both ways; printed seed.

import NenCore
import Testing

@testable import NenEngine

@Suite struct IndexKeyTests {
    let pool = PagePool(limitBytes: 64 << 20)
    let base = HeapBase(address: UnsafeRawPointer(bitPattern: 1 << 20)!)

    func randomCell(
        _ random: inout SeededGenerator, _ build: CellBuilder, depth: Int
    ) throws -> Cell {
        let edges: [Int64] = [
            0, 1, -1, 2, .max, .min, .max - 1, 1 << 53, (1 << 53) + 1, -(1 << 53) - 1, 1_000,
        ]
        let doubles: [Double] = [
            0, -0.0, 1, -1, 0.5, .nan, .infinity, -.infinity, 9_007_199_254_740_992,
            9.3e18, -9.3e18, 9_223_372_036_854_775_808, 1e-300,
        ]
        switch Int.random(in: 0 ..< (depth > 2 ? 9 : 11), using: &random) {
        case 0: return Cell(boolean: .random(using: &random))
        case 1: return Cell(integer: edges.randomElement(using: &random) ?? 0)
        case 2: return Cell(float: doubles.randomElement(using: &random) ?? 0)
        case 3: return Cell(integer: .random(in: .min ... .max, using: &random))
        case 4: return Cell(.date, payload: UInt64.random(in: .min ... .max, using: &random))
        case 5:
            return Cell(
                .time, low: UInt32.random(in: 65_530 ... 65_540, using: &random),
                payload: UInt64.random(in: 0 ..< 20_000_000_000, using: &random))
        case 6:
            return Cell(
                .localDateTime, aux: UInt32.random(in: 0 ..< 3, using: &random),
                payload: UInt64(bitPattern: Int64.random(in: -2 ... 2, using: &random)))
        case 7, 8:
            let count = Int.random(in: 0 ... 18, using: &random)
            let bytes = (0 ..< count).map { _ in UInt8.random(in: 0 ... 2, using: &random) }
            return try bytes.withUnsafeBytes { try build.string($0) }
        case 9:
            let count = Int.random(in: 0 ... 3, using: &random)
            return try build.list(
                (0 ..< count).map { _ in try randomCell(&random, build, depth: depth + 1) })
        default:
            return try build.duration(
                DurationValue(
                    months: .random(in: -3 ... 3, using: &random),
                    days: .random(in: -90 ... 90, using: &random),
                    seconds: .random(in: -2 ... 2, using: &random),
                    nanosecond: .random(in: 0 ... 1, using: &random)))
        }
    }

    @Test func orderOfKeysIsOrderOfValues() throws {
        let seed = UInt64.random(in: 0 ... UInt64.max)
        print("seed \(seed)")
        var random = SeededGenerator(seed: seed)
        let build = CellBuilder(arena: Arena(pool: pool), base: base)
        let cells = try (0 ..< 700).map { _ in try randomCell(&random, build, depth: 0) }
        let keys = try cells.map { cell -> [UInt8] in
            var key = IndexKey()
            try key.append(cell, base)
            return key.bytes
        }
        for left in cells.indices {
            for right in cells.indices {
                let order = CellOrder.compare(cells[left], cells[right], base).signum()
                let bytes = keys[left] == keys[right]
                    ? 0 : (keys[left].lexicographicallyPrecedes(keys[right]) ? -1 : 1)
                #expect(order == bytes, "seed \(seed): \(cells[left]) \(cells[right])")
            }
        }
    }

    @Test func oneAndOnePointZeroShareAKey() throws {
        var integer = IndexKey()
        var float = IndexKey()
        try integer.append(Cell(integer: 1), base)
        try float.append(Cell(float: 1.0), base)
        #expect(integer.bytes == float.bytes)
    }

    @Test func tooLongAKeyIsATypedError() throws {
        let build = CellBuilder(arena: Arena(pool: pool), base: base)
        let cell = try build.string(String(repeating: "x", count: IndexKey.byteCountMax))
        let error = #expect(throws: NQLError.self) {
            var key = IndexKey()
            try key.append(cell, base)
        }
        #expect(error?.code == .constraintValidationFailed)
    }
}
