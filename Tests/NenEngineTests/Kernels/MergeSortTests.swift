// Goal: MergeSort orders as the standard library does, keeps equal values in their order, gives its
// memory back, and ends soon after an interruption. Method: random lists of lengths around those of
// its pieces, with many equal keys (seed printed); a budget too small; an interruption from the
// start.

import NenCore
import Testing

@testable import NenEngine

@Suite struct MergeSortTests {
    private struct Entry: Equatable {
        var key: UInt32
        var place: UInt32
    }

    private static let lengths = [0, 1, 2, 31, 4_095, 4_096, 4_097, 8_191, 8_193, 12_288, 50_001]

    @Test(arguments: lengths)
    func sortsStably(length: Int) throws {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededGenerator(seed: seed)
        for distinct in [1, 3, 1_000, Int(UInt32.max)] {
            var entries = (0 ..< length).map {
                Entry(
                    key: UInt32.random(in: 0 ... UInt32(distinct), using: &random),
                    place: UInt32($0))
            }
            // Some of it in order already.
            if distinct == 1_000 { entries.sort { $0.key < $1.key } }
            let wanted = entries.sorted { ($0.key, $0.place) < ($1.key, $1.place) }
            let pool = PagePool(limitBytes: 1 << 26)
            try entries.withUnsafeMutableBufferPointer { list in
                try MergeSort.sort(list, pool: pool) { $0.key < $1.key }
            }
            #expect(entries == wanted, "seed \(seed), \(length) values, \(distinct) keys")
            #expect(pool.bytesHeld == 0)
        }
    }

    @Test func memoryIsAskedFor() {
        var entries = (0 ..< 100_000).map { Entry(key: UInt32($0), place: 0) }
        let pool = PagePool(limitBytes: 1 << 19)
        let error = #expect(throws: NQLError.self) {
            try entries.withUnsafeMutableBufferPointer { list in
                try MergeSort.sort(list, pool: pool) { $0.key > $1.key }
            }
        }
        #expect(error?.detail == "MemoryBudgetExceeded")
        #expect(pool.bytesHeld == 0)
    }

    @Test func anInterruptionEndsIt() {
        let interruption = Interruption(timeoutMilliseconds: 0)
        var comparisons = 0
        var entries = (0 ..< 1_000_000).map { Entry(key: UInt32($0 % 1_013), place: 0) }
        let error = #expect(throws: NQLError.self) {
            try interruption.run {
                try entries.withUnsafeMutableBufferPointer { list in
                    try MergeSort.sort(list, pool: PagePool(limitBytes: 1 << 26)) {
                        comparisons += 1
                        return $0.key < $1.key
                    }
                }
            }
        }
        #expect(error?.detail == "Timeout")
        #expect(comparisons == 0)
    }
}
