// SeenValues: goal: what is new of (group, value) is what a set of them says. Method: random
// batches of whole numbers, near and far, and at last of mixed values, integral floats among them,
// against a Swift set.

import NenCore
import Testing

@testable import NenEngine

@Suite struct SeenValuesTests {
    @Test(arguments: [1, UInt64.random(in: 2 ..< 1 << 40)])
    func newIsWhatASetSays(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for round in 0 ..< 40 {
            let harness = try StatementHarness()
            let read = try harness.engine.beginRead()
            let context = harness.context(read.view)
            let isGrouped = Bool.random(using: &random)
            let seen = SeenValues(isGrouped: isGrouped, context)
            var known: Set<[Int64]> = []
            let spans: [Int64] = [5, 300, 1 << 42, .max / 2]
            let span = spans.randomElement(using: &random) ?? 5
            for batch in 0 ..< 12 {
                let arena = Arena(pool: context.pool)
                let count = Int.random(in: 1 ... 2_048, using: &random)
                let groups = try arena.allocate(UInt32.self, count: count)
                let values = try arena.allocate(Int64.self, count: count)
                let cells = try arena.allocate(Cell.self, count: count)
                for row in 0 ..< count {
                    let far = Int.random(in: 0 ..< 400, using: &random) == 0 && round % 3 == 0
                    groups[row] = UInt32.random(in: 0 ..< (far ? 4_000_000 : 40), using: &random)
                    values[row] = Int64.random(in: -span ... span, using: &random)
                    // An integral float is the same value.
                    let asFloat = Int.random(in: 0 ..< 3, using: &random) == 0 && span < 1 << 40
                    cells[row] = asFloat
                        ? Cell(float: Double(values[row])) : Cell(integer: values[row])
                }
                let isNew = try arena.allocate(UInt8.self, count: count)
                let isMixed = round % 4 == 1 && batch > 5
                let vector = isMixed ? Vector(.cell, cells) : Vector(.integer, values)
                try seen.insert(groups, vector, count, arena, isNew: isNew)
                for row in 0 ..< count {
                    let key = [isGrouped ? Int64(groups[row]) : 0, values[row]]
                    #expect(
                        (isNew[row] == 1) == known.insert(key).inserted,
                        "seed \(seed) round \(round) batch \(batch) row \(row)")
                }
            }
            #expect(seen.count == known.count)
            if !isGrouped { continue }
            var listed: Set<[Int64]> = []
            try seen.forEachBatch { (groups, value, count) throws(NQLError) in
                for row in 0 ..< count {
                    let cell = value.cell(element: row)
                    let number = cell.tag == .float ? Int64(cell.float) : cell.integer
                    listed.insert([Int64(groups[row]), number])
                }
            }
            #expect(listed == known, "seed \(seed) round \(round)")
        }
    }
}
