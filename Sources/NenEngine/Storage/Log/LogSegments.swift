// LogSegments: which place of the log file holds which generation, read from the headers.
import Glibc
import NenCore

/// The segments of a log file that have a whole header.
struct LogSegments {
    struct Segment: Hashable {
        var place: Int
        var header: LogSegmentHeader
        var checksum: UInt32
        /// The database was closed cleanly when this segment was its newest one.
        var isAtRest: Bool
    }

    let segmentBytes: Int
    /// Whole places in the file, with whole headers or not.
    private(set) var placeCount: Int
    private(set) var byGeneration: [UInt64: Segment] = [:]
    /// The segment whose header stands in the rest behind the whole places: it was cut.
    private(set) var cutGeneration: UInt64?
    /// A header of another database was found.
    private(set) var hasForeign = false

    /// Reads every header that does not lie in a hole of the file.
    init(file: any File, databaseID: [UInt8], segmentBytes: Int) throws {
        self.segmentBytes = segmentBytes
        placeCount = try file.byteCount() / segmentBytes
        guard placeCount <= StoredBounds.logPlaces else {
            throw NQLError.runtime(
                .corruption, "Log",
                "the log '\(file.path)' has \(placeCount) segments of \(segmentBytes) bytes, where "
                    + "\(StoredBounds.logPlaces) are the most there can be",
                hint: "restore a backup, or open with recovery of the last valid state")
        }
        let buffer = UnsafeMutableRawBufferPointer.allocate(
            byteCount: LogSegmentHeader.recordsOffset, alignment: 8)
        defer { buffer.deallocate() }
        var next = 0
        while let place = try LogSegments.place(from: next, in: file, segmentBytes) {
            next = place + 1
            try file.readAll(into: buffer, at: place * segmentBytes)
            let bytes = UnsafeRawBufferPointer(buffer)
            guard
                let found = LogSegmentHeader.decode(
                    bytes, databaseID: databaseID, segmentBytes: segmentBytes)
            else {
                hasForeign =
                    hasForeign || LogSegmentHeader.isForeign(bytes, databaseID: databaseID)
                continue
            }
            if place == placeCount {
                cutGeneration = found.header.generation
            } else {
                byGeneration[found.header.generation] = Segment(
                    place: place, header: found.header, checksum: found.checksum,
                    isAtRest: bytes.load(
                        fromByteOffset: LogSegmentHeader.restOffset, as: UInt64.self)
                        == LogSegmentHeader.restMark)
            }
        }
    }

    /// The first place at or behind `place` in which bytes stand; nil when there is none.
    static func place(from place: Int, in file: any File, _ segmentBytes: Int) throws -> Int? {
        try file.nextData(from: place * segmentBytes).map { $0 / segmentBytes }
    }

    var highestGeneration: UInt64 { byGeneration.keys.max() ?? 0 }

    /// The segments the stream runs through from `start` on, oldest first: the highest generation
    /// from which the links lead back to `start`, and what lies between. `start`'s own segment is
    /// the first when it exists. O(segments).
    func chain(from start: UInt64) -> [Segment] {
        let firstGeneration = start / UInt64(segmentBytes)
        // Generations from which the links do not lead there.
        var astray: Set<UInt64> = []
        for generation in byGeneration.keys.sorted(by: >) where generation > firstGeneration {
            if let chain = chain(from: start, to: generation, &astray) { return chain }
        }
        return byGeneration[firstGeneration].map { [$0] } ?? []
    }

    private func chain(
        from start: UInt64, to last: UInt64, _ astray: inout Set<UInt64>
    ) -> [Segment]? {
        let firstGeneration = start / UInt64(segmentBytes)
        var found: [Segment] = []
        var generation = last
        while generation > firstGeneration {
            guard !astray.contains(generation), let segment = byGeneration[generation] else {
                break
            }
            found.append(segment)
            let previous = segment.header.previous.lsn
            guard previous >= start, previous / UInt64(segmentBytes) < generation else { break }
            generation = previous / UInt64(segmentBytes)
        }
        guard generation == firstGeneration else {
            for segment in found { astray.insert(segment.header.generation) }
            return nil
        }
        if let first = byGeneration[firstGeneration] { found.append(first) }
        return found.reversed()
    }
}
