// Group numbers of whole numbers, dates and other values, in batches near each other and far apart,
// against a dictionary of the cells.

import NenCore
import Testing

@testable import NenEngine

@Suite struct NearKeysTests {
    private let seed = UInt64.random(in: 0 ... 1 << 32)

    /// A batch of keys: from where, how wide, of which kind.
    private struct Shape {
        var first: Int64
        var range: Int64
        var kind: VectorKind
    }

    private func shape(_ random: inout SeededGenerator) -> Shape {
        let firsts: [Int64] = [
            0, -3, 2_000, 4_090, -4_100, 1 << 40, .max - 5_000, .max - 3, .min, .min + 2_100,
        ]
        let ranges: [Int64] = [0, 1, 60, 2_047, 2_048, 5_000, .max]
        let kinds: [VectorKind] = [.integer, .integer, .date, .float]
        return Shape(
            first: firsts.randomElement(using: &random) ?? 0,
            range: ranges.randomElement(using: &random) ?? 0,
            kind: kinds.randomElement(using: &random) ?? .integer)
    }

    @Test func groupsMatchADictionary() throws {
        var random = SeededGenerator(seed: seed)
        let harness = try StatementHarness()
        let read = try harness.engine.beginRead()
        let context = harness.context(read.view)
        for _ in 0 ..< 20 {
            let table = GroupTable(width: 1, context)
            var known: [Int64: [VectorKind: UInt32]] = [:]
            for _ in 0 ..< Int.random(in: 1 ... 25, using: &random) {
                try check(shape(&random), table, &known, context, &random)
            }
        }
    }

    private func check(
        _ shape: Shape, _ table: GroupTable, _ known: inout [Int64: [VectorKind: UInt32]],
        _ context: ExecutionContext, _ random: inout SeededGenerator
    ) throws {
        let arena = Arena(pool: context.pool)
        let count = [1, 255, 256, 2_048].randomElement(using: &random) ?? 1
        let values = try arena.allocate(Int64.self, count: count)
        let last = shape.first.addingReportingOverflow(shape.range)
        for row in 0 ..< count {
            values[row] = .random(
                in: shape.first ... (last.overflow ? .max : last.partialValue), using: &random)
            if shape.kind == .float {
                // Small whole floats are equivalent to integers.
                let value = Double(values[row] % 1_000)
                values[row] = Int64(bitPattern: value.bitPattern)
            }
        }
        let groups = try arena.allocate(UInt32.self, count: count)
        let isNew = try arena.allocate(UInt8.self, count: count)
        try table.find([Vector(shape.kind, values)], count, arena, into: groups, isNew: isNew)
        for row in 0 ..< count {
            var (value, kind) = (values[row], shape.kind)
            if kind == .float {
                (value, kind) = (Int64(Double(bitPattern: UInt64(bitPattern: value))), .integer)
            }
            let next = UInt32(known.values.reduce(0) { $0 + $1.count })
            let old = known[value]?[kind]
            let wanted = old ?? next
            if old == nil { known[value, default: [:]][kind] = next }
            let isRight = groups[row] == wanted && isNew[row] == (old == nil ? 1 : 0)
            #expect(isRight, "seed \(seed): \(shape) row \(row)")
            if !isRight { return }
        }
    }
}
