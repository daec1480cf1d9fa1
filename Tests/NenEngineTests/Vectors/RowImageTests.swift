// Images of rows: goal: what is written to a file and read back are the same values, whatever their
// types and however they nest, wherever they lie. Method: random values (seed printed) in columns
// of every kind, with and without nulls, written by blocks of random length.

import NenCore
import Testing

@testable import NenEngine

@Suite struct RowImageTests {
    private let seed = UInt64.random(in: 0 ... 1 << 32)

    private func context() throws -> ExecutionContext {
        let harness = try StatementHarness()
        return harness.context(try harness.engine.beginRead().view)
    }

    private func value(_ depth: Int, using random: inout SeededGenerator) -> Value {
        switch Int.random(in: 0 ..< (depth > 0 ? 9 : 7), using: &random) {
        case 0: return .null
        case 1: return .integer(Int64.random(in: -9 ... 9, using: &random))
        case 2: return .float(Double.random(in: -1 ... 1, using: &random))
        case 3: return .string(
            String(repeating: "x", count: Int.random(in: 0 ... 40, using: &random)))
        case 4: return .boolean(Bool.random(using: &random))
        case 5: return .duration(DurationValue(months: 1, days: 2, seconds: 3, nanosecond: 4))
        case 6: return .list([])
        case 7:
            let count = Int.random(in: 0 ... 4, using: &random)
            return .list((0 ..< count).map { _ in value(depth - 1, using: &random) })
        default:
            var map: [String: Value] = [:]
            for index in 0 ..< Int.random(in: 0 ... 3, using: &random) {
                map["a long key \(index)"] = value(depth - 1, using: &random)
            }
            return .map(map)
        }
    }

    @Test func valuesComeBack() throws {
        var random = SeededGenerator(seed: seed)
        let context = try context()
        let arena = Arena(pool: context.pool)
        let builder = CellBuilder(arena: arena, base: context.base)
        let space = TemporarySpace(RealFileSystem.shared, directory: "/tmp")
        let file = RowFile(try space.makeFile(), pool: context.pool)
        let writer = RowImageWriter(context)
        var wanted: [[Value]] = []
        let memory = PooledArray<UInt8>(pool: context.pool)
        for _ in 0 ..< 20 {
            let count = Int.random(in: 1 ... 300, using: &random)
            let cells = try arena.allocate(Cell.self, count: count)
            let numbers = try arena.allocate(Int64.self, count: count)
            let nodes = try arena.allocate(UInt32.self, count: count)
            let present = try Bitmap.make(count, value: true, arena)
            for row in 0 ..< count {
                let value = value(4, using: &random)
                let number = Int64.random(in: .min ... .max, using: &random)
                let node = UInt32.random(in: 0 ... .max, using: &random)
                cells[row] = try builder.cell(value)
                (numbers[row], nodes[row]) = (number, node)
                let isNull = Bool.random(using: &random)
                if isNull { Bitmap.clear(present, row) }
                wanted.append([
                    value, isNull ? .null : .integer(number), .integer(Int64(node)),
                ])
            }
            try file.append(
                [
                    Vector(.cell, cells), Vector(.integer, numbers, validity: present),
                    Vector(.node, nodes),
                ], count, writer)
        }
        let converter = ValueConverter(context.graph)
        var found: [[Value]] = []
        for index in 0 ..< file.imageCount {
            let image = try file.read(index, into: memory, context)
            let columns = (0 ..< 3).map { image.column($0).vector }
            for row in 0 ..< image.rowCount {
                found.append([
                    try converter.value(columns[0].cell(at: row)),
                    try converter.value(columns[1].cell(at: row)),
                    .integer(Int64(columns[2].entities[row])),
                ])
            }
        }
        #expect(found == wanted, "seed \(seed)")
    }

    @Test func changedBytesAreFound() throws {
        let disk = SimulatedDisk()
        let space = TemporarySpace(disk, directory: "/")
        let file = try space.makeFile()
        let extent = try [UInt8](repeating: 7, count: 1_000).withUnsafeBytes {
            try file.append($0)
        }
        var other = extent
        other.offset += 1
        var bytes = [UInt8](repeating: 0, count: 1_000)
        let error = #expect(throws: NQLError.self) {
            try bytes.withUnsafeMutableBytes { bytes in
                try file.read(other, into: #require(bytes.baseAddress))
            }
        }
        #expect(error?.detail == "TemporaryFileFailed")
        try bytes.withUnsafeMutableBytes { bytes in
            try file.read(extent, into: #require(bytes.baseAddress))
        }
        #expect(bytes == [UInt8](repeating: 7, count: 1_000))
    }
}
