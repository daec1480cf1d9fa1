// Goal: a node table holds the numbers that were written and zero elsewhere. Method: random writes,
// reads and clearings against a dictionary, over few and over far apart nodes.

import NenCore
import Testing

@testable import NenEngine

@Suite struct NodeTableTests {
    @Test(arguments: [1, UInt64.random(in: 0...UInt64.max)] as [UInt64])
    func holdsWhatWasWritten(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let table = NodeTable<UInt64>(pool: PagePool(limitBytes: 1 << 26))
        var model: [UInt32: UInt64] = [:]
        for _ in 0 ..< 20 {
            let range: ClosedRange<UInt32> =
                Bool.random(using: &random) ? 0 ... 300 : 0 ... 3_000_000
            for _ in 0 ..< 200 {
                let node = UInt32.random(in: range, using: &random)
                if Bool.random(using: &random) {
                    let value = UInt64.random(in: 1 ... UInt64.max, using: &random)
                    try table.place(node).pointee = value
                    model[node] = value
                }
                #expect(table[node] == model[node] ?? 0, "seed \(seed)")
            }
            for (node, value) in model { #expect(table[node] == value, "seed \(seed)") }
            if Int.random(in: 0 ..< 3, using: &random) == 0 {
                table.removeAll()
                for node in model.keys { #expect(table[node] == 0, "seed \(seed)") }
                model.removeAll()
            }
        }
    }

    @Test func keepsToItsBudget() throws {
        let table = NodeTable<UInt64>(pool: PagePool(limitBytes: 1 << 20))
        #expect(throws: NQLError.self) {
            for node in 0 ..< UInt32(1 << 20) { try table.place(node).pointee = 1 }
        }
    }
}
