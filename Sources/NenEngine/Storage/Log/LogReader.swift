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

/// Reads one log file.
struct LogReader {
    let file: any File
    let databaseID: [UInt8]
    let segmentBytes: Int

    /// Reads the stream from `start`, the position behind transaction `transaction`.
    func read(from start: LogPosition, behind transaction: UInt64) throws -> LogContents {
        let contents = LogContents(start: start)
        let segments = try LogSegments(
            file: file, databaseID: databaseID, segmentBytes: segmentBytes)
        contents.highestGeneration = max(
            segments.highestGeneration, start.lsn / UInt64(segmentBytes))
        let chain = segments.chain(from: start.lsn)
        let scan = try scanAll(segments, into: contents)
        defer { scan.deallocate() }
        contents.highestGeneration = max(
            contents.highestGeneration, contents.synced / UInt64(segmentBytes))
        follow(chain, segments: scan, from: start, behind: transaction, into: contents)
        return contents
    }

    /// Reads the whole file and takes note of what every valid record and header claims.
    private func scanAll(_ segments: LogSegments, into contents: LogContents) throws
        -> UnsafeMutableRawBufferPointer
    {
        let buffer = UnsafeMutableRawBufferPointer.allocate(
            byteCount: segments.placeCount * segmentBytes, alignment: 16)
        do {
            try file.readAll(into: buffer, at: 0)
        } catch {
            buffer.deallocate()
            throw error
        }
        for segment in segments.byGeneration.values {
            contents.synced = max(contents.synced, segment.header.synced)
            contents.checkpoint = max(contents.checkpoint, segment.header.checkpoint)
        }
        let shortID = Superblock.shortID(of: databaseID)
        for place in 0..<segments.placeCount {
            let segment = UnsafeRawBufferPointer(
                rebasing: buffer[place * segmentBytes..<(place + 1) * segmentBytes])
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
        return buffer
    }

    /// Walks the chain record by record and collects whole groups.
    private func follow(
        _ chain: [LogSegments.Segment], segments buffer: UnsafeMutableRawBufferPointer,
        from start: LogPosition, behind transaction: UInt64, into contents: LogContents
    ) {
        var position = start
        var open = OpenGroup(transaction: transaction)
        var next = 0
        if let first = chain.first, first.header.generation == start.lsn / UInt64(segmentBytes) {
            let limit = chain.count > 1 ? chain[1].header.previous.lsn : nil
            read(first, buffer, limit, &position, &open, contents)
            next = 1
        } else if start.lsn >= UInt64(segmentBytes) {
            // Only an empty stream may do without its first segment.
            contents.startIsMissing = true
            judge(position, contents)
        }
        while contents.damage == nil, next < chain.count,
            chain[next].header.previous == position
        {
            let segment = chain[next]
            position = LogPosition(
                lsn: segment.header.generation * UInt64(segmentBytes)
                    + UInt64(LogSegmentHeader.recordsOffset),
                chain: segment.checksum)
            next += 1
            let limit = next < chain.count ? chain[next].header.previous.lsn : nil
            read(segment, buffer, limit, &position, &open, contents)
        }
        if contents.damage == nil { judge(position, contents) }
        contents.tornBytes += open.byteCount
        if open.parts > 0 { contents.bytes.truncate(to: open.start) }
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
        _ segment: LogSegments.Segment, _ buffer: UnsafeMutableRawBufferPointer, _ limit: UInt64?,
        _ position: inout LogPosition, _ open: inout OpenGroup, _ contents: LogContents
    ) {
        let place = segment.place
        let bytes = UnsafeRawBufferPointer(
            rebasing: buffer[place * segmentBytes..<(place + 1) * segmentBytes])
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
