// LogReader: finds the committed transactions behind a checkpoint, and where they end. Decides
// between a torn tail (cut) and corruption (reported) as LogFormat says.
import Glibc
import NenCore

/// What stands in a log.
final class LogContents {
    /// Redo bytes of all groups, one after the other.
    let bytes = LogBytes()
    struct Group: Hashable {
        var transaction: UInt64
        var range: Range<Int>
        var end: LogPosition
    }
    var groups: [Group] = []
    /// Behind the last whole group: where the stream goes on.
    var end: LogPosition
    /// Bytes of an unfinished tail behind `end`.
    var tornBytes = 0
    /// Largest numbers found in any valid record or header.
    var synced: UInt64 = 0
    var checkpoint: UInt64 = 0
    var highestGeneration: UInt64 = 0
    /// The segment in which the stream starts is not in the file.
    var startIsMissing = false
    /// The log is the one that leads to the start: its bytes before it, or the first behind it,
    /// continue the chain there.
    var isAnchored = false
    /// The file was cut: it has fewer segments than are known to have been on the disk.
    var isCut = false
    /// Segments of another database stand in the file.
    var isForeign = false
    /// Some segment of this database stands in it.
    var hasSegments = false
    /// Set when committed work is unreadable; `groups` then holds what comes before it.
    var damage: NQLError?

    init(start: LogPosition) { end = start }

    /// The groups with their payloads, valid inside `body`.
    func withGroups<Result>(_ body: ([LogGroup]) throws -> Result) rethrows -> Result {
        try body(
            groups.map {
                LogGroup(
                    transaction: $0.transaction,
                    payload: UnsafeRawBufferPointer(rebasing: bytes.buffer[$0.range]))
            })
    }
}

/// Reads one log file, a segment at a time.
struct LogReader {
    let file: any File
    let databaseID: [UInt8]
    let segmentBytes: Int

    /// Reads the stream from `start`, the position behind transaction `transaction`.
    /// - Parameters:
    ///   - places: segments the file had when `start` was noted.
    ///   - note: what the data file claims about the log.
    func read(
        from start: LogPosition, behind transaction: UInt64, places: UInt32 = 0,
        note: LogNote? = nil
    ) throws -> LogContents {
        let contents = LogContents(start: start)
        let segments = try LogSegments(
            file: file, databaseID: databaseID, segmentBytes: segmentBytes)
        contents.hasSegments = !segments.byGeneration.isEmpty || segments.cutGeneration != nil
        contents.isForeign = segments.hasForeign && !contents.hasSegments
        contents.highestGeneration = max(
            segments.highestGeneration, start.lsn / UInt64(segmentBytes))
        contents.synced = note?.position ?? 0
        let buffer = UnsafeMutableRawBufferPointer.allocate(
            byteCount: segmentBytes, alignment: 16)
        defer { buffer.deallocate() }
        try scanAll(segments, buffer, into: contents)
        contents.highestGeneration = max(
            contents.highestGeneration, contents.synced / UInt64(segmentBytes))
        let chain = segments.chain(from: start.lsn)
        noteCut(segments, chain, from: start, places: places, into: contents)
        try follow(chain, buffer, from: start, behind: transaction, into: contents)
        return contents
    }

    /// Finds out whether the file has become shorter. What the newest segment of the stream says
    /// counts; before there is one behind `start`, what was noted with `start`.
    private func noteCut(
        _ segments: LogSegments, _ chain: [LogSegments.Segment], from start: LogPosition,
        places: UInt32, into contents: LogContents
    ) {
        let first = start.lsn / UInt64(segmentBytes)
        var least = Int(places)
        if let last = chain.last, last.header.generation > first {
            least = Int(last.header.places)
        }
        contents.isCut =
            segments.placeCount < least || segments.cutGeneration.map { $0 >= first } ?? false
    }

    private func load(_ place: Int, into buffer: UnsafeMutableRawBufferPointer) throws {
        try file.readAll(into: buffer, at: place * segmentBytes)
    }

    /// Reads the whole file, but for its holes, and takes note of what every valid record and
    /// header claims.
    private func scanAll(
        _ segments: LogSegments, _ buffer: UnsafeMutableRawBufferPointer,
        into contents: LogContents
    ) throws {
        for segment in segments.byGeneration.values {
            contents.synced = max(contents.synced, segment.header.synced)
            contents.checkpoint = max(contents.checkpoint, segment.header.checkpoint)
        }
        let shortID = Superblock.shortID(of: databaseID)
        var next = 0
        while let place = try LogSegments.place(from: next, in: file, segmentBytes),
            place < segments.placeCount
        {
            next = place + 1
            try load(place, into: buffer)
            let segment = UnsafeRawBufferPointer(buffer)
            var offset = LogSegmentHeader.recordsOffset
            while offset + LogRecordHeader.byteCount <= segmentBytes {
                if segment.load(fromByteOffset: offset + 16, as: UInt64.self) == shortID,
                    let record = LogRecordHeader.decode(
                        segment: segment, offset: offset, shortID: shortID)
                {
                    contents.synced = max(contents.synced, record.synced)
                    contents.checkpoint = max(contents.checkpoint, record.checkpoint)
                    offset += LogRecordHeader.span(record.length)
                } else {
                    offset += 8
                }
            }
        }
    }

    /// Walks the chain record by record and collects whole groups.
    private func follow(
        _ chain: [LogSegments.Segment], _ buffer: UnsafeMutableRawBufferPointer,
        from start: LogPosition, behind transaction: UInt64, into contents: LogContents
    ) throws {
        var position = start
        var open = OpenGroup(transaction: transaction)
        var next = 0
        if let first = chain.first, first.header.generation == start.lsn / UInt64(segmentBytes) {
            let limit = chain.count > 1 ? chain[1].header.previous.lsn : nil
            try load(first.place, into: buffer)
            contents.isAnchored = leads(first, UnsafeRawBufferPointer(buffer), to: start)
            read(UnsafeRawBufferPointer(buffer), limit, &position, &open, contents)
            next = 1
        } else if start.lsn >= UInt64(segmentBytes), chain.first?.header.previous != start {
            // Only an empty stream may do without its first segment.
            contents.startIsMissing = true
            judge(position, contents)
        }
        while contents.damage == nil, next < chain.count,
            chain[next].header.previous == position
        {
            let segment = chain[next]
            contents.isAnchored = true
            position = LogPosition(
                lsn: segment.header.generation * UInt64(segmentBytes)
                    + UInt64(LogSegmentHeader.recordsOffset),
                chain: segment.checksum)
            next += 1
            let limit = next < chain.count ? chain[next].header.previous.lsn : nil
            try load(segment.place, into: buffer)
            read(UnsafeRawBufferPointer(buffer), limit, &position, &open, contents)
        }
        if position != start { contents.isAnchored = true }
        if contents.damage == nil { judge(position, contents) }
        contents.tornBytes += open.byteCount
        if open.parts > 0 { contents.bytes.truncate(to: open.start) }
    }

    /// Whether the records of the start's own segment lead to it, so that the chain there is its.
    private func leads(
        _ segment: LogSegments.Segment, _ bytes: UnsafeRawBufferPointer, to start: LogPosition
    ) -> Bool {
        let shortID = Superblock.shortID(of: databaseID)
        let target = Int(start.lsn % UInt64(segmentBytes))
        var offset = LogSegmentHeader.recordsOffset
        var chain = segment.checksum
        while offset < target,
            let record = LogRecordHeader.decode(segment: bytes, offset: offset, shortID: shortID),
            record.previous == chain
        {
            chain = record.checksum
            offset += LogRecordHeader.span(record.length)
        }
        return offset == target && chain == start.chain
    }

    /// The parts of a group read so far.
    private struct OpenGroup {
        /// The last whole transaction.
        var transaction: UInt64
        var parts = 0
        var start = 0
        var byteCount = 0
    }

    private func read(
        _ bytes: UnsafeRawBufferPointer, _ limit: UInt64?, _ position: inout LogPosition,
        _ open: inout OpenGroup, _ contents: LogContents
    ) {
        let shortID = Superblock.shortID(of: databaseID)
        while limit.map({ position.lsn < $0 }) ?? true {
            let offset = Int(position.lsn % UInt64(segmentBytes))
            guard
                let record = LogRecordHeader.decode(
                    segment: bytes, offset: offset, shortID: shortID),
                record.position == position.lsn, record.previous == position.chain
            else {
                contents.tornBytes += LogReader.leftover(bytes, position.lsn)
                return
            }
            let end = position.lsn + UInt64(LogRecordHeader.span(record.length))
            if let limit, end > limit { return }
            position = LogPosition(lsn: end, chain: record.checksum)
            guard take(record, bytes, offset, position, &open, contents) else { return }
        }
    }

    /// Adds a record to the open group; false when transactions do not follow one another.
    private func take(
        _ record: LogRecordHeader, _ segment: UnsafeRawBufferPointer, _ offset: Int,
        _ end: LogPosition, _ open: inout OpenGroup, _ contents: LogContents
    ) -> Bool {
        if record.kind == .takeover {
            if open.parts == 0 { contents.end = end }
            return true
        }
        guard record.transaction == open.transaction + 1 else {
            contents.damage = LogReader.corruption(
                "the log goes from transaction \(open.transaction) to \(record.transaction)",
                at: record.position)
            return false
        }
        if open.parts == 0 { open.start = contents.bytes.count }
        let payload = segment[offset + LogRecordHeader.byteCount..<offset
            + LogRecordHeader.byteCount + record.length]
        contents.bytes.append(UnsafeRawBufferPointer(rebasing: payload))
        open.parts += 1
        open.byteCount += LogRecordHeader.span(record.length)
        if record.kind == .lastPart {
            contents.groups.append(
                LogContents.Group(
                    transaction: record.transaction, range: open.start..<contents.bytes.count,
                    end: end))
            contents.end = end
            open = OpenGroup(transaction: record.transaction)
        }
        return true
    }

    /// Length of the broken record that claims to stand at `position`, when there is one.
    private static func leftover(_ segment: UnsafeRawBufferPointer, _ position: UInt64) -> Int {
        let offset = Int(position % UInt64(segment.count))
        guard offset + LogRecordHeader.byteCount <= segment.count,
            segment.load(fromByteOffset: offset + 24, as: UInt64.self) == position
        else { return 0 }
        let length = Int(segment.load(fromByteOffset: offset, as: UInt32.self))
        return min(LogRecordHeader.byteCount + length, segment.count - offset)
    }

    /// The stream stops at `position`: corruption when more was known to be on disk.
    private func judge(_ position: LogPosition, _ contents: LogContents) {
        if position.lsn < contents.synced {
            contents.damage = LogReader.corruption(
                "the log is unreadable although it was on disk up to position "
                    + "\(contents.synced)", at: position.lsn)
        }
    }

    private static func corruption(_ what: String, at position: UInt64) -> NQLError {
        .runtime(
            .corruption, "Log", "\(what) (at log position \(position))",
            hint: "restore a backup, or open with recovery of the last valid state")
    }
}
