// LogWriter: appends groups to the segments and takes new segments as they fill. Only the holder of
// the write lock appends; a checkpoint may release segments meanwhile.
import CNenKernels
import Glibc
import NenCore

/// The appending end of a log file.
final class LogWriter: @unchecked Sendable {
    let file: any File
    let databaseID: [UInt8]
    let segmentBytes: Int
    private let shortID: UInt64

    /// Where the next record goes, unless a fresh segment is due.
    private(set) var position: LogPosition
    /// The next record opens a segment: what stands behind `position` does not count.
    private(set) var needsFreshSegment: Bool

    private let monitor = Monitor()
    /// Generation that occupies each place; 0 = free.
    private var places: [UInt64]
    private var place = 0
    /// The place of the newest segment in the file; nil when it has none, or when it says already
    /// that nothing in the log counts.
    private var unrestedPlace: Int?
    private var nextGeneration: UInt64
    private let buffer = LogBytes()

    /// Numbers that go into every record.
    struct Claims {
        var synced: UInt64
        var checkpoint: UInt64
    }

    /// A writer that goes on at `position`; keeps the segments from `start` on.
    /// - Parameter fresh: the first record opens a new segment.
    init(
        file: any File, databaseID: [UInt8], segmentBytes: Int, start: UInt64,
        position: LogPosition, highestGeneration: UInt64, fresh: Bool
    ) throws {
        self.file = file
        self.databaseID = databaseID
        self.segmentBytes = segmentBytes
        self.position = position
        shortID = Superblock.shortID(of: databaseID)
        let segments = try LogSegments(
            file: file, databaseID: databaseID, segmentBytes: segmentBytes)
        places = [UInt64](repeating: 0, count: segments.placeCount)
        // What must stay: the segments between the checkpoint and the position.
        var generation = position.lsn / UInt64(segmentBytes)
        let first = start / UInt64(segmentBytes)
        let current = segments.byGeneration[generation]
        while let segment = segments.byGeneration[generation], generation >= first {
            places[segment.place] = generation
            let previous = segment.header.previous.lsn / UInt64(segmentBytes)
            if previous >= generation { break }
            generation = previous
        }
        nextGeneration =
            max(highestGeneration, segments.highestGeneration, position.lsn / UInt64(segmentBytes))
            + 1
        place = current?.place ?? 0
        let newest = segments.byGeneration[segments.highestGeneration]
        unrestedPlace = newest.flatMap { $0.isAtRest ? nil : $0.place }
        needsFreshSegment = fresh || current == nil
    }

    /// Appends a transaction's redo.
    /// - Returns: the position behind it.
    /// - Throws: `IOFailure`; nothing was appended then. `LogSpoiled` when not even that is sure.
    func append(
        _ payload: UnsafeRawBufferPointer, transaction: UInt64, claims: Claims
    ) throws -> LogPosition {
        try append(payload, transaction: transaction, isTakeover: false, claims: claims)
    }

    /// Appends the record by which a writer takes over from a dead one, in a segment of its own.
    func appendTakeover(transaction: UInt64, claims: Claims) throws {
        needsFreshSegment = true
        let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
        _ = try append(nothing, transaction: transaction, isTakeover: true, claims: claims)
    }

    /// Opens a segment that continues from the present position and brings it to the disk: from
    /// then on the log can be told from any other one. Returns the places of the file.
    func beginSession(_ claims: Claims) throws -> UInt32 {
        needsFreshSegment = true
        let before = (position, place)
        do {
            try openSegment(claims)
        } catch {
            (position, place) = before
            needsFreshSegment = true
            throw error
        }
        try syncOrSpoil()
        return placeCount
    }

    /// Notes that nothing in the log counts any more: the data file, durable by now, has it all.
    /// The next segment to be opened ends that.
    func noteRest() throws {
        guard let place = unrestedPlace else { return }
        try withUnsafeBytes(of: LogSegmentHeader.restMark.littleEndian) {
            try file.writeAll($0, at: place * segmentBytes + LogSegmentHeader.restOffset)
        }
        unrestedPlace = nil
    }

    private func syncOrSpoil() throws {
        do { try file.sync() } catch let failure as IOFailure {
            throw LogSpoiled(failure: failure)
        }
    }

    /// Length of the file.
    var byteCount: Int { monitor.withLock { places.count } * segmentBytes }

    /// Segments of the file, free ones included.
    var placeCount: UInt32 { monitor.withLock { UInt32(clamping: places.count) } }

    /// A failed append could not be undone, so that a restart might find it, or a sync failed. The
    /// store must be poisoned.
    struct LogSpoiled: Error {
        var failure: IOFailure
    }

    private func append(
        _ payload: UnsafeRawBufferPointer, transaction: UInt64, isTakeover: Bool, claims: Claims
    ) throws -> LogPosition {
        let before = position
        let placeBefore = place
        let wasFresh = needsFreshSegment
        do {
            var done = 0
            repeat {
                if needsFreshSegment || roomInSegment < LogRecordHeader.byteCount + 64 {
                    try openSegment(claims)
                }
                let count = min(payload.count - done, roomInSegment - LogRecordHeader.byteCount)
                let isLast = done + count == payload.count
                let kind: LogRecordKind = isTakeover ? .takeover : isLast ? .lastPart : .part
                let part = UnsafeRawBufferPointer(rebasing: payload[done..<done + count])
                try write(part, kind: kind, transaction: transaction, claims: claims)
                done += count
            } while done < payload.count
            return position
        } catch {
            position = before
            place = placeBefore
            needsFreshSegment = true
            if !wasFresh, let failure = error as? IOFailure {
                try eraseRecord(at: before, after: failure)
            }
            throw error
        }
    }

    /// A record that was refused may be on the disk in part or in whole; it must not be found.
    private func eraseRecord(at position: LogPosition, after failure: IOFailure) throws {
        let rest = segmentBytes - Int(position.lsn % UInt64(segmentBytes))
        let zeros = [UInt8](repeating: 0, count: min(LogRecordHeader.byteCount, rest))
        do {
            try zeros.withUnsafeBytes { try file.writeAll($0, at: fileOffset(of: position)) }
        } catch {
            throw LogSpoiled(failure: failure)
        }
    }

    private var roomInSegment: Int {
        (segmentBytes - 8 - Int(position.lsn % UInt64(segmentBytes))) & ~7
    }

    private func fileOffset(of position: LogPosition) -> Int {
        place * segmentBytes + Int(position.lsn % UInt64(segmentBytes))
    }

    private func write(
        _ payload: UnsafeRawBufferPointer, kind: LogRecordKind, transaction: UInt64,
        claims: Claims
    ) throws {
        buffer.truncate(to: 0)
        let span = LogRecordHeader.span(payload.count)
        let record = buffer.extend(by: span)
        memset(record, 0, LogRecordHeader.byteCount)
        if let source = payload.baseAddress {
            memcpy(record + LogRecordHeader.byteCount, source, payload.count)
        }
        let header = LogRecordHeader(
            kind: kind, length: payload.count, previous: position.chain, checksum: 0,
            position: position.lsn, synced: claims.synced, checkpoint: claims.checkpoint,
            transaction: transaction)
        let checksum = header.encode(at: record, shortID: shortID, segmentBytes: segmentBytes)
        try file.writeAll(buffer.buffer, at: fileOffset(of: position))
        position = LogPosition(lsn: position.lsn + UInt64(span), chain: checksum)
    }

    /// Goes over into a free place and sees to it that one more stays free.
    private func openSegment(_ claims: Claims) throws {
        let generation = nextGeneration
        guard generation < StoredBounds.number / UInt64(segmentBytes) else {
            throw NQLError.runtime(
                .corruption, "Log",
                "the log has reached position \(position.lsn), the last there is",
                hint: "dump the database and load the dump into a new one")
        }
        var salt: UInt64 = 0
        let result = nen_random(&salt, 8)
        guard result == 0 else {
            throw IOFailure(operation: "random numbers", path: file.path, code: -result)
        }
        let (free, count) = try monitor.withLock { () throws -> (Int, Int) in
            if !places.contains(0) { try addPlace() }
            guard let free = places.firstIndex(of: 0) else {
                preconditionFailure("no free segment among \(places.count)")
            }
            // The header counts the next segment's place, so that its loss is noticed. Without room
            // for it, it goes without.
            if !places[(free + 1)...].contains(0) {
                do { try addPlace() } catch let failure as IOFailure where failure.isDiskFull {}
            }
            return (free, places.count)
        }
        let header = LogSegmentHeader(
            generation: generation, previous: position, places: UInt32(clamping: count),
            checkpoint: claims.checkpoint, synced: claims.synced, salt: salt)
        buffer.truncate(to: 0)
        let checksum = header.encode(
            into: buffer.extend(by: LogSegmentHeader.recordsOffset), databaseID: databaseID,
            segmentBytes: segmentBytes)
        nextGeneration += 1
        try file.writeAll(buffer.buffer, at: free * segmentBytes)
        monitor.withLock { places[free] = generation }
        place = free
        unrestedPlace = free
        position = LogPosition(
            lsn: generation * UInt64(segmentBytes) + UInt64(LogSegmentHeader.recordsOffset),
            chain: checksum)
        needsFreshSegment = false
    }

    /// Writes zeros over a new place, so that later syncs change no metadata, and syncs, so that
    /// headers may count it.
    private func addPlace() throws {
        let start = places.count * segmentBytes
        do {
            try file.allocate(from: start, to: start + segmentBytes)
            let chunk = min(segmentBytes, 1 << 18)
            let zeros = UnsafeMutableRawBufferPointer.allocate(
                byteCount: chunk, alignment: 4_096)
            defer { zeros.deallocate() }
            zeros.initializeMemory(as: UInt8.self, repeating: 0)
            var offset = 0
            while offset < segmentBytes {
                let count = min(chunk, segmentBytes - offset)
                try file.writeAll(
                    UnsafeRawBufferPointer(rebasing: zeros[..<count]), at: start + offset)
                offset += count
            }
        } catch {
            // The file keeps whole segments.
            try? file.truncate(to: start)
            throw error
        }
        try syncOrSpoil()
        places.append(0)
    }

    /// The stream before `start` is not needed any more.
    func release(before start: UInt64) {
        let first = start / UInt64(segmentBytes)
        monitor.withLock {
            for place in places.indices where places[place] != 0 && places[place] < first {
                places[place] = 0
            }
        }
    }

    /// Gives back the tail of a file that a large transaction has lengthened.
    func trim(toPlaces most: Int) throws {
        try monitor.withLock {
            var count = places.count
            while count > most, places[count - 1] == 0 { count -= 1 }
            guard count < places.count else { return }
            try file.truncate(to: count * segmentBytes)
            places.removeLast(places.count - count)
        }
    }
}
