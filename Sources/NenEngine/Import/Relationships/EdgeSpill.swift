// EdgeSpill: relationships distributed to ranges of chunks in a temporary file. Each range has a
// buffer; full buffers are appended to the file and remembered as runs, in order.

import NenCore

/// Ranges of chunks with about equally many relationships.
struct ChunkRanges {
    private var bounds: [Int]
    /// Range of each chunk.
    fileprivate var rangeOfChunk: [UInt16]

    /// - Parameter count: Ranges wanted; at most 4,096 are made.
    init(_ slices: [EdgeSlice], bySource: Bool, _ chunkCount: Int, _ wanted: Int) {
        var sizes = [Int](repeating: 0, count: chunkCount)
        var total = 0
        sizes.withUnsafeMutableBufferPointer { sizes in
            for slice in slices {
                let keys = bySource ? slice.sources : slice.targets
                for index in 0..<slice.count { sizes[Int(keys[index] >> 11)] += 1 }
                total += slice.count
            }
        }
        let share = max(1, total / min(max(1, wanted), 4096))
        bounds = [0]
        rangeOfChunk = []
        var sum = 0
        for chunk in 0..<chunkCount {
            rangeOfChunk.append(UInt16(bounds.count - 1))
            sum += sizes[chunk]
            if sum >= share, chunk + 1 < chunkCount, bounds.count < 4096 {
                bounds.append(chunk + 1)
                sum = 0
            }
        }
        bounds.append(chunkCount)
    }

    var count: Int { bounds.count - 1 }
    subscript(_ number: Int) -> Range<Int> { bounds[number]..<bounds[number + 1] }
}

/// One range's relationships, read back.
final class LoadedEdges {
    fileprivate let memory: UnsafeMutablePointer<UInt32>
    fileprivate let count: Int

    fileprivate init(count: Int) {
        self.count = count
        memory = .allocate(capacity: max(1, count * 3))
    }

    deinit { memory.deallocate() }

    var slice: EdgeSlice {
        EdgeSlice(
            sources: UnsafePointer(memory), targets: UnsafePointer(memory + count),
            payloads: UnsafePointer(memory + 2 * count), firstPayload: 0, count: count)
    }
}

/// Writes relationships to their ranges, then reads a range at a time.
final class EdgeSpill {
    private struct Run {
        var offset: Int
        var count: Int
    }

    private let file: SpillFile
    private let ranges: ChunkRanges
    private let bySource: Bool
    private let buffers: UnsafeMutablePointer<UInt32>
    private var filled: [Int]
    private var runs: [[Run]]
    private static let bufferRowCount = 32_768

    init(_ file: SpillFile, ranges: ChunkRanges, bySource: Bool) {
        self.file = file
        self.ranges = ranges
        self.bySource = bySource
        buffers = .allocate(capacity: ranges.count * EdgeSpill.bufferRowCount * 3)
        filled = Array(repeating: 0, count: ranges.count)
        runs = Array(repeating: [], count: ranges.count)
    }

    deinit { buffers.deallocate() }

    /// Distributes a slice, keeping its order within each range.
    func append(_ slice: EdgeSlice) throws(NQLError) {
        let keys = bySource ? slice.sources : slice.targets
        let rows = EdgeSpill.bufferRowCount
        for index in 0..<slice.count {
            let range = Int(ranges.rangeOfChunk[Int(keys[index] >> 11)])
            let place = filled[range]
            let buffer = buffers + range * rows * 3
            buffer[place] = slice.sources[index]
            buffer[rows + place] = slice.targets[index]
            buffer[2 * rows + place] = slice.payloads.map { $0[index] }
                ?? slice.firstPayload &+ UInt32(index)
            filled[range] = place + 1
            if place + 1 == rows { try write(range) }
        }
    }

    private func write(_ range: Int) throws(NQLError) {
        let count = filled[range]
        guard count > 0 else { return }
        let rows = EdgeSpill.bufferRowCount
        let buffer = buffers + range * rows * 3
        let offset = try file.write([
            (UnsafeRawPointer(buffer), count * 4), (UnsafeRawPointer(buffer + rows), count * 4),
            (UnsafeRawPointer(buffer + 2 * rows), count * 4),
        ])
        runs[range].append(Run(offset: offset, count: count))
        filled[range] = 0
    }

    /// Writes what is left in the buffers.
    func flush() throws(NQLError) {
        for range in 0..<ranges.count { try write(range) }
    }

    /// Reads a range's relationships in the order they were appended.
    func load(_ range: Int) throws(NQLError) -> LoadedEdges {
        let edges = LoadedEdges(count: runs[range].reduce(0) { $0 + $1.count })
        var place = 0
        for run in runs[range] {
            for column in 0..<3 {
                try file.read(
                    at: run.offset + column * run.count * 4,
                    into: edges.memory + column * edges.count + place, count: run.count * 4)
            }
            place += run.count
        }
        return edges
    }
}
