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

    @Test func mergesRuns() throws {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededGenerator(seed: seed)
        for runCount in [0, 1, 2, 3, 7, 64] {
            // Equal keys stand in the order of their places, as between the runs of a stable sort.
            var (runs, place) = ([[Entry]](), UInt32(0))
            for _ in 0 ..< runCount {
                let length = [0, 1, 5, 3_000].randomElement(using: &random) ?? 0
                var run = (0 ..< length).map { _ in
                    Entry(key: UInt32.random(in: 0 ... 50, using: &random), place: 0)
                }
                run.sort { $0.key < $1.key }
                for index in run.indices {
                    run[index].place = place
                    place += 1
                }
                runs.append(run)
            }
            let all = runs.flatMap { $0 }
            let memory = UnsafeMutableBufferPointer<Entry>.allocate(capacity: all.count + 1)
            let merged = UnsafeMutablePointer<Entry>.allocate(capacity: all.count + 1)
            defer {
                memory.deallocate()
                merged.deallocate()
            }
            _ = memory.initialize(from: all)
            var start = 0
            let parts = runs.map { run in
                defer { start += run.count }
                return UnsafeBufferPointer(
                    rebasing: UnsafeBufferPointer(memory)[start ..< start + run.count])
            }
            try MergeSort.merge(parts, into: merged) {
                ($0.key, $0.place) < ($1.key, $1.place)
            }
            let wanted = all.sorted { ($0.key, $0.place) < ($1.key, $1.place) }
            let found = Array(UnsafeBufferPointer(start: merged, count: all.count))
            #expect(found == wanted, "seed \(seed), \(runCount) runs")
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
