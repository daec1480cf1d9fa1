// LogSegments: which place of the log file holds which generation, read from the headers.
import Glibc
import NenCore

/// The segments of a log file that have a whole header.
struct LogSegments {
    struct Segment: Hashable {
        var place: Int
        var header: LogSegmentHeader
        var checksum: UInt32
    }

    let segmentBytes: Int
    /// Places in the file, whole headers or not.
    private(set) var placeCount: Int
    private(set) var byGeneration: [UInt64: Segment] = [:]

    /// Reads every header.
    init(file: any File, databaseID: [UInt8], segmentBytes: Int) throws {
        self.segmentBytes = segmentBytes
        placeCount = try file.byteCount() / segmentBytes
        let buffer = UnsafeMutableRawBufferPointer.allocate(
            byteCount: LogSegmentHeader.recordsOffset, alignment: 8)
        defer { buffer.deallocate() }
        for place in 0..<placeCount {
            try file.readAll(into: buffer, at: place * segmentBytes)
            guard
                let found = LogSegmentHeader.decode(
                    UnsafeRawBufferPointer(buffer), databaseID: databaseID,
                    segmentBytes: segmentBytes)
            else { continue }
            byGeneration[found.header.generation] = Segment(
                place: place, header: found.header, checksum: found.checksum)
        }
    }

    var highestGeneration: UInt64 { byGeneration.keys.max() ?? 0 }

    /// The segments the stream runs through from `start` on, oldest first: the highest generation
    /// from which the links lead back to `start`, and what lies between. `start`'s own segment is
    /// the first when it exists.
    func chain(from start: UInt64) -> [Segment] {
        let firstGeneration = start / UInt64(segmentBytes)
        for generation in byGeneration.keys.sorted(by: >) where generation > firstGeneration {
            if let chain = chain(from: start, to: generation) { return chain }
        }
        return byGeneration[firstGeneration].map { [$0] } ?? []
    }

    private func chain(from start: UInt64, to last: UInt64) -> [Segment]? {
        let firstGeneration = start / UInt64(segmentBytes)
        var found: [Segment] = []
        var generation = last
        while generation > firstGeneration {
            guard let segment = byGeneration[generation] else { return nil }
            found.append(segment)
            let previous = segment.header.previous.lsn
            guard previous >= start, previous / UInt64(segmentBytes) < generation else {
                return nil
            }
            generation = previous / UInt64(segmentBytes)
        }
        guard generation == firstGeneration else { return nil }
        if let first = byGeneration[firstGeneration] { found.append(first) }
        return found.reversed()
    }
}
