// Goal: the number of distinct values that an index tells the planner is near the truth, for values
// that are all different, all the same, few, many, and frequent to differing degrees. Method:
// indexes over known values, of sizes below and above what is walked as a whole.

import NenCore
import Testing

@testable import NenEngine

@Suite struct IndexSampleTests {
    /// The estimate of an index over `a` and `b` of so many nodes.
    private func estimate(
        _ count: Int, _ a: (Int) -> Cell, _ b: (Int) -> Cell
    ) throws -> IndexEstimate {
        let store = try GraphStore.inMemory()
        defer { try? store.close() }
        let writer = try store.beginWrite()
        let label = try writer.internLabel("A")
        let keys = [try writer.internKey("a"), try writer.internKey("b")]
        for row in 0 ..< count {
            _ = try writer.createNode(
                labels: [label], properties: [(keys[0], a(row)), (keys[1], b(row))])
        }
        let index = try writer.createIndex(
            name: "ab", entity: .node, labelOrType: label, properties: keys, isUnique: false)
        try writer.commit()
        let tree = try #require(try store.snapshot().indexTree(index.id))
        return try IndexSample.estimate(tree, properties: 2)
    }

    private func isNear(_ found: Double?, _ wanted: Int) -> Bool {
        guard let found else { return false }
        return found >= Double(wanted) * 0.7 && found <= Double(wanted) * 1.4
    }

    @Test(arguments: [1, 700, 2_048, 30_000]) func evenValues(count: Int) throws {
        for distinct in [1, 3, 100, 5_000, count] where distinct <= count {
            let found = try estimate(
                count, { Cell(integer: Int64($0 % distinct)) }, { Cell(integer: Int64($0)) })
            #expect(found.entryCount == Double(count))
            // Fewer values than leaves read are met at steps between them only.
            let first = try #require(found.distinctCounts[0])
            #expect(
                isNear(first, distinct) || (distinct < 24 && first >= 1 && first <= 24),
                "\(first) for \(distinct) of \(count)")
            #expect(isNear(found.distinctCounts[1], count), "\(found) of \(count)")
        }
    }

    @Test func unevenValues() throws {
        // One value in nine of ten rows, the others all different.
        let found = try estimate(
            40_000, { Cell(integer: $0 % 10 == 0 ? Int64($0) : -1) },
            { Cell(boolean: $0 % 2 == 0) })
        #expect(isNear(found.distinctCounts[0], 4_001), "\(found)")
        #expect(isNear(found.distinctCounts[1], 4_002), "\(found)")
    }

    @Test func valuesOfOtherTypes() throws {
        let found = try estimate(
            5_000, { Cell(.date, payload: UInt64($0 % 50)) }, { Cell(float: Double($0 % 70)) })
        #expect(isNear(found.distinctCounts[0], 50), "\(found)")
        #expect(isNear(found.distinctCounts[1], 350), "\(found)")
    }

    @Test func endsOfValuesInKeys() throws {
        let base = ExpressionTester.base
        let arena = Arena(pool: PagePool(limitBytes: 1 << 26))
        let seed = UInt64.random(in: 0 ... .max)
        var sampler = CellSampler(seed: seed, CellBuilder(arena: arena, base: base))
        var told = 0
        for _ in 0 ..< 2_000 {
            let cell = try sampler.cell()
            switch cell.tag {
            // Not in keys, or with what is not in keys inside.
            case .null, .node, .relationship, .path, .list, .map: continue
            default: break
            }
            var key = IndexKey()
            try key.append(cell, base)
            let length = key.bytes.count
            key.append(entity: 0)
            let end = key.bytes.withUnsafeBytes { IndexKey.end(ofValueAt: 0, in: $0) }
            if cell.tag == .point {
                #expect(end == nil)
            } else {
                told += 1
                #expect(end == length, "seed \(seed), \(cell)")
            }
        }
        #expect(told > 500)
    }
}
