// Properties of nodes in many chunks, gathered in any order, against one look-up per node: every
// type and form of column, absent values, ids that do not count, and copies in narrow form.

import NenCore
import Testing

@testable import NenEngine

@Suite struct PropertyTableTests {
    private let seed = UInt64.random(in: 0 ... 1 << 32)

    private static let keys = [
        "small", "twoBytes", "wide", "float", "flag", "day", "moment", "zoned", "clock", "text",
        "mixed", "halved", "same", "rare", "late", "missing",
    ]

    /// Nodes of 70 chunks and more.
    private func makeGraph() throws -> StatementHarness {
        let harness = try StatementHarness()
        try harness.run("UNWIND range(0, 2999) AS i CREATE (:Other {text: 'o', small: -7})")
        for part in 0 ..< 5 {
            try harness.run(
                """
                UNWIND range(\(part * 30_000), \(part * 30_000 + 29_999)) AS i
                CREATE (:N {
                    small: i % 200 - 100, twoBytes: i % 50000, wide: i * 1000000007,
                    float: i / 3.0, flag: i % 3 = 0, day: date({year: 2000 + i % 30}),
                    moment: localdatetime({
                        year: 1990 + i % 50, month: 1, day: 1, hour: 1, minute: 1, second: 1,
                        nanosecond: i}),
                    zoned: datetime({year: 1990 + i % 50, timezone: '+0' + (i % 9) + ':00'}),
                    clock: localtime({hour: i % 24}), text: 'text number ' + i,
                    mixed: CASE i % 2 WHEN 0 THEN i ELSE 'i' END,
                    halved: CASE i % 2 WHEN 0 THEN i END, same: 12,
                    rare: CASE i % 40 WHEN 0 THEN i END,
                    late: CASE WHEN i > 60000 THEN i % 100 ELSE i * 1.5 END})
                """)
        }
        return harness
    }

    @Test func gathersMatchSingleLookUps() throws {
        var random = SeededGenerator(seed: seed)
        let harness = try makeGraph()
        let read = try harness.engine.beginRead()
        let context = harness.context(read.view)
        let total = UInt32(read.view.nodeChunkCount * 2_048)
        let live = try (0 ..< total).filter { id in
            let number = Int(id >> 11)
            return try read.view.nodeChunk(number).isLive(Int(id & 2_047))
        }
        // The chunks of the other label come first.
        let alike = live.filter { $0 >= 4_096 }
        let access = EntityAccess(read.view)
        for key in PropertyTableTests.keys {
            let table = context.propertyTable(key, .node)
            for round in 0 ..< 12 {
                let arena = Arena(pool: context.pool)
                let count = round == 0 ? 1 : 2_048
                let ids = try arena.allocate(UInt32.self, count: count)
                let from = round % 5 == 2 ? live : alike
                for row in 0 ..< count { ids[row] = from.randomElement(using: &random) ?? 0 }
                if round % 3 == 1 {
                    var sorted = UnsafeMutableBufferPointer(start: ids, count: count)
                    sorted.sort()
                }
                var validity: UnsafeMutablePointer<UInt64>?
                if round % 4 == 3 {
                    let bits = try Bitmap.make(count, value: true, arena)
                    for row in 0 ..< count where row % 7 == 3 {
                        Bitmap.clear(bits, row)
                        ids[row] = .max
                    }
                    validity = bits
                }
                let vector = try table.values(
                    of: ids, validity: validity.map { UnsafePointer($0) }, count: count, arena)
                for row in 0 ..< count {
                    let isCounted = validity.map { Bitmap.isSet($0, row) } ?? true
                    let wanted =
                        isCounted
                        ? try access.property(of: Cell(node: ids[row]), named: key) : .null
                    let found = vector.cell(at: row)
                    #expect(
                        found.head == wanted.head && found.payload == wanted.payload,
                        "seed \(seed): \(key) of \(ids[row]) in round \(round)")
                }
            }
            let isNarrow = ["small", "twoBytes", "day", "same"].contains(key)
            #expect((table.narrow != nil) == isNarrow, "\(key)")
        }
        #expect(context.propertyTable("small", .node).narrow?.width == 1)
        #expect(context.propertyTable("twoBytes", .node).narrow?.width == 2)
    }
}
