// ChunkPartition: distributes relationships to the chunks of their sources (or targets): one
// counting pass, one scattering pass, each thread over its own part, stable.

import NenCore

/// Relationships grouped by chunk. An entry is `row << 32 | other end`, beside it a number.
final class ChunkPartition: @unchecked Sendable {
    // Sendable: threads write disjoint places, then only read.
    let entries: UnsafeMutablePointer<UInt64>
    let payloads: UnsafeMutablePointer<UInt32>
    let count: Int
    /// First chunk, and per chunk the first entry (one more at the end).
    let firstChunk: Int
    private(set) var offsets: [Int]

    deinit {
        entries.deallocate()
        payloads.deallocate()
    }

    /// Bytes per relationship.
    static let bytesPerEdge = 12

    /// - Parameters:
    ///   - bySource: group by source; else by target.
    ///   - chunks: all keys lie in these chunks.
    init(
        _ slices: [EdgeSlice], bySource: Bool, chunks: Range<Int>, threads: Int
    ) throws {
        count = slices.reduce(0) { $0 + $1.count }
        entries = .allocate(capacity: max(1, count))
        payloads = .allocate(capacity: max(1, count))
        firstChunk = chunks.lowerBound
        offsets = Array(repeating: 0, count: chunks.count + 1)
        let groups = EdgeSlice.groups(slices, max(1, threads))
        let chunkCount = chunks.count
        let positions = UnsafeMutablePointer<Int>.allocate(
            capacity: max(1, chunkCount * groups.count))
        defer { positions.deallocate() }
        positions.initialize(repeating: 0, count: chunkCount * groups.count)
        let shared = SharedPositions(start: positions)
        let base = firstChunk
        try ImportThreads.run(groups.count) { index in
            for slice in groups[index] {
                let keys = bySource ? slice.sources : slice.targets
                ChunkPartition.countChunks(
                    keys, slice.count, base, shared.start + index * chunkCount)
            }
        }
        var sum = 0
        for chunk in 0..<chunkCount {
            offsets[chunk] = sum
            for group in 0..<groups.count {
                let place = group * chunkCount + chunk
                let size = positions[place]
                positions[place] = sum
                sum += size
            }
        }
        offsets[chunkCount] = sum
        try ImportThreads.run(groups.count) { index in
            for slice in groups[index] {
                self.scatter(slice, bySource, shared.start + index * chunkCount)
            }
        }
    }

    private struct SharedPositions: @unchecked Sendable {
        // Sendable: each thread has its own part.
        let start: UnsafeMutablePointer<Int>
    }

    /// The entries of a chunk.
    func range(_ chunk: Int) -> Range<Int> {
        offsets[chunk - firstChunk]..<offsets[chunk - firstChunk + 1]
    }

    private static func countChunks(
        _ keys: UnsafePointer<UInt32>, _ count: Int, _ firstChunk: Int,
        _ sizes: UnsafeMutablePointer<Int>
    ) {
        var index = 0
        while index < count {
            sizes[Int(keys[index] &>> 11) &- firstChunk] &+= 1
            index &+= 1
        }
    }

    private func scatter(
        _ slice: EdgeSlice, _ bySource: Bool, _ positions: UnsafeMutablePointer<Int>
    ) {
        let keys = bySource ? slice.sources : slice.targets
        let others = bySource ? slice.targets : slice.sources
        let base = firstChunk
        var index = 0
        while index < slice.count {
            let key = keys[index]
            let chunk = Int(key &>> 11) &- base
            let place = positions[chunk]
            positions[chunk] = place &+ 1
            entries[place] = UInt64(key & 2047) &<< 32 | UInt64(others[index])
            payloads[place] = slice.payloads.map { $0[index] }
                ?? slice.firstPayload &+ UInt32(truncatingIfNeeded: index)
            index &+= 1
        }
    }
}
