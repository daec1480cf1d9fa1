// Goal: built cells have the layout that others rely on. Method: build, read back, compare with the
// Swift value; limits by building up to and beyond them.

import NenCore
import Testing

@testable import NenEngine

@Suite struct CellBuilderTests {
    private let base = ExpressionTester.base
    private let arena = Arena(pool: PagePool(limitBytes: 1 << 24))
    private var builder: CellBuilder { CellBuilder(arena: arena, base: base) }

    @Test func stringsOfAllLengthsComeBack() throws {
        for count in 0 ... 40 {
            let text = String("ab😀de0123456789".prefix(10)) + String(repeating: "x", count: count)
            let cell = try builder.string(String(text.suffix(count)))
            #expect(cell.tag == .string)
            #expect(base.string(cell) == String(text.suffix(count)))
        }
    }

    @Test func mapsAreSortedAndTheLastOfEqualKeysCounts() throws {
        let entries: [(key: Cell, value: Cell)] = [
            (try builder.string("b"), Cell(integer: 1)),
            (try builder.string("a much longer key"), Cell(integer: 2)),
            (try builder.string("b"), Cell(integer: 3)), (try builder.string(""), .null),
        ]
        let map = try builder.map(entries)
        #expect(map.count == 3)
        let cells = base.cells(map)
        #expect((0 ..< 3).map { base.string(cells[2 * $0]) } == ["", "a much longer key", "b"])
        let value = CellOperators.value(of: map, for: try builder.string("b"), base)
        #expect(value.integer == 3)
    }

    @Test func nestingIsBounded() throws {
        var cell = Cell.emptyList
        for depth in 2 ... CellBuilder.nestingDepthMax {
            cell = try builder.list([cell])
            #expect(cell.low == depth)
        }
        #expect(throws: NQLError.self) { try builder.list([cell]) }
        #expect(throws: NQLError.self) {
            try builder.map([(try builder.string("k"), cell)])
        }
        #expect(CellOrder.areEquivalent(cell, cell, base))
        #expect(CellOrder.equals(cell, cell, base) == true)
    }

    @Test func copiesAreEquivalentAndOwnTheirContent() throws {
        let seed = UInt64.random(in: 0 ... .max)
        var sampler = CellSampler(seed: seed, builder)
        let source = Arena(pool: PagePool(limitBytes: 1 << 24))
        var originals = CellSampler(seed: seed, CellBuilder(arena: source, base: base))
        for _ in 0 ..< 300 {
            let cell = try originals.cell()
            let copy = try builder.copy(cell)
            let twin = try sampler.cell()
            #expect(CellOrder.areEquivalent(copy, twin, base), "seed \(seed)")
        }
        let text = try CellBuilder(arena: source, base: base).string("longer than twelve bytes")
        let copy = try builder.copy(text)
        source.reset()
        let overwritten = try source.allocate(4_096)
        overwritten.initializeMemory(as: UInt8.self, repeating: 0, count: 4_096)
        #expect(base.string(copy) == "longer than twelve bytes")
    }

    @Test func temporalCellsComeBack() throws {
        let values: [Value] = [
            .date(DateValue(epochDays: -1)), .date(DateValue(epochDays: 99_999_999)),
            .localTime(LocalTimeValue(nanosecondOfDay: 86_399_999_999_999)),
            .time(TimeValue(nanosecondOfDay: 1, offsetSeconds: -64_800)),
            .localDateTime(LocalDateTimeValue(epochSeconds: -5, nanosecond: 999_999_999)),
            .dateTime(DateTimeValue(epochSeconds: 7, nanosecond: 8, offsetSeconds: -3_600)),
            .dateTime(
                DateTimeValue(
                    epochSeconds: 1_500_000_000, nanosecond: 0, offsetSeconds: 7_200,
                    zoneName: "Europe/Stockholm")),
            .duration(DurationValue(months: -1, days: 2, seconds: -3, nanosecond: 4)),
        ]
        for value in values {
            #expect(try base.temporal(try builder.cell(value)) == value)
        }
    }

    @Test func anyBitsInATemporalCellAreReadWithoutATrap() throws {
        var generator = SeededGenerator(seed: 11)
        for _ in 0 ..< 2_000 {
            let bits = UInt64.random(in: 0 ... .max, using: &generator)
            let payload = UInt64.random(in: 0 ... .max, using: &generator)
            for tag in [CellTag.date, .localTime, .time, .localDateTime, .dateTime] {
                let low = UInt32(truncatingIfNeeded: bits) & 0x7FF_FFFF
                let cell = Cell(
                    tag, low: low, aux: UInt32(truncatingIfNeeded: bits >> 32),
                    payload: payload)
                guard let value = try? base.temporal(cell) else { continue }
                if case .dateTime(let instant) = value { _ = instant.description }
                if case .date(let date) = value {
                    #expect(date.epochDays >= GregorianCalendar.epochDayMin)
                }
            }
        }
    }
}
