// CellSampler: random cells of all types for property tests. Small ranges on purpose: equal values,
// equal prefixes and numbers around 2^53 must occur often.

import NenCore

@testable import NenEngine

/// Makes random cells.
struct CellSampler {
    var generator: SeededGenerator
    let builder: CellBuilder

    init(seed: UInt64, _ builder: CellBuilder) {
        generator = SeededGenerator(seed: seed)
        self.builder = builder
    }

    private mutating func below(_ limit: Int) -> Int {
        Int.random(in: 0 ..< limit, using: &generator)
    }

    mutating func integer() -> Int64 {
        let bases: [Int64] = [0, 1, -1, 1 << 53, -(1 << 53), .max, .min, 1 << 62, 7]
        return bases[below(bases.count)] &+ Int64(below(5)) &- 2
    }

    mutating func float() -> Double {
        let values: [Double] = [
            0, -0.0, 1, -1, 0.5, 9_007_199_254_740_992, -9_007_199_254_740_992,
            9_223_372_036_854_775_808, -9_223_372_036_854_775_808, .nan, .infinity, -.infinity,
            1e300, 4.611686018427388e18, 7, 8,
        ]
        return values[below(values.count)]
    }

    mutating func string() throws(NQLError) -> Cell {
        let alphabet = Array("aab\u{0}é😀Z")
        let count = [0, 1, 3, 4, 5, 11, 12, 13, 30][below(9)]
        var text = ""
        for _ in 0 ..< count { text.append(below(4) == 0 ? alphabet[below(alphabet.count)] : "a") }
        return try builder.string(text)
    }

    mutating func cell(depth: Int = 0) throws(NQLError) -> Cell {
        switch below(depth < 2 ? 16 : 13) {
        case 0: return .null
        case 1: return Cell(boolean: below(2) == 0)
        case 2, 3: return Cell(integer: integer())
        case 4, 5: return Cell(float: float())
        case 6: return try string()
        case 7: return Cell(DateValue(epochDays: Int64(below(3)) - 1))
        case 8: return Cell(TimeValue(nanosecondOfDay: Int64(below(3)) * 3_600_000_000_000,
            offsetSeconds: Int32(below(3) - 1) * 3_600))
        case 9: return Cell(LocalDateTimeValue(epochSeconds: Int64(below(3)) - 1,
            nanosecond: Int32(below(2))))
        case 10:
            let names: [String?] = [nil, "Europe/Stockholm", "UTC"]
            return try Cell(DateTimeValue(epochSeconds: Int64(below(2)), nanosecond: 0,
                offsetSeconds: Int32(below(2)) * 3_600, zoneName: names[below(3)]))
        case 11:
            return try builder.duration(DurationValue(months: Int64(below(2)),
                days: Int64(below(2)) * 30, seconds: Int64(below(2)), nanosecond: Int32(below(2))))
        case 12:
            let ids: [UInt32] = [UInt32(below(2)), UInt32(below(2)), UInt32(below(2))]
            if below(3) == 0 { return Cell(node: ids[0]) }
            if below(2) == 0 { return Cell(relationship: ids[0]) }
            return try builder.path(ids, relationshipCount: below(2))
        case 13, 14:
            var elements: [Cell] = []
            for _ in 0 ..< below(4) { elements.append(try cell(depth: depth + 1)) }
            return try builder.list(elements)
        default:
            var entries: [(key: Cell, value: Cell)] = []
            for _ in 0 ..< below(3) {
                entries.append((try string(), try cell(depth: depth + 1)))
            }
            return try builder.map(entries)
        }
    }
}
