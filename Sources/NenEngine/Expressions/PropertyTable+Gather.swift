// PropertyTable+Gather: the values of nodes or relationships that are spread over many chunks. One
// loop without a branch reads them from the chunks' arrays and notes what it met; only where a
// chunk was not resolved, has nulls, or holds another type, more is done. The loads of a row wait
// for nothing of the row before, so that many are on their way at once. (Measured, 3.1 million
// integers of 1,514 chunks in random order: 17 ns each with a branch per row and per chunk.)

import CNenKernels
import NenCore

extension PropertyTable {
    /// The values of any entities; `validity` marks ids that count (nil: all).
    func values(
        of ids: UnsafePointer<UInt32>, validity: UnsafePointer<UInt64>?, count: Int,
        _ arena: Arena
    ) throws(NQLError) -> Vector {
        guard count > 0, resolvedKey() != nil else { return Batch.nullVector }
        let epoch = epoch()
        try reserve(0)
        var first = 0
        if let validity {
            while first < count, !Bitmap.isSet(validity, first) { first &+= 1 }
            if first == count { return Batch.nullVector }
        }
        let entry = try entry(Int(ids[first] &>> 11), epoch).pointee
        let form = entry.encoding == PropertyTable.absent
            ? expected : places[Int(ids[first] &>> 11)].form
        if let vector = try typed(form, ids, validity, count, epoch, arena) {
            return vector
        }
        return try gatherCells(ids, validity, count, epoch, arena)
    }

    /// The gather where all chunks hold values of one type that need not be searched; else nil.
    ///
    /// - Parameter form: of the first chunk's column.
    private func typed(
        _ form: UInt8, _ ids: UnsafePointer<UInt32>, _ validity: UnsafePointer<UInt64>?,
        _ count: Int, _ epoch: UInt32, _ arena: Arena
    ) throws(NQLError) -> Vector? {
        guard let type = ColumnType(rawValue: Place.type(form)) else { return nil }
        let kind = PropertyTable.kind(of: type)
        let out = try arena.allocate(count &* kind.stride)
        var wanted = Place.word(form, epoch)
        if try gatherNarrow(kind, ids, count, wanted, into: out) {
            return Vector(kind, out, validity: validity)
        }
        if Place.width(form) != 0, try unframePlaces(count) {
            wanted = Place.word(type.rawValue, epoch)
        }
        var met = copy(ids, count, kind, wanted, into: out)
        if met &>> 24 != 0 {
            try resolve(ids, validity, count, wanted, epoch)
            if met & Place.frameBits != 0, try unframePlaces(count) {
                wanted = Place.word(type.rawValue, epoch)
            }
            met = copy(ids, count, kind, wanted, into: out)
        }
        if met & ~(Place.hasNulls | Place.maskBits) != 0 {
            // Of one type, some framed and some otherwise or not.
            let isAlike = met & ~(Place.hasNulls | Place.maskBits | Place.frameBits) == 0
            guard isAlike, kind.stride >= 8 else { return nil }
            copyAny(ids, count, kind, into: out)
        }
        var present = validity
        if met & Place.hasNulls != 0 {
            present = try presence(ids, validity, count, epoch, arena)
        }
        guard kind == .cell else { return Vector(kind, out, validity: present) }
        let cells = out.assumingMemoryBound(to: Cell.self)
        if let present {
            var row = 0
            while row < count {
                if !Bitmap.isSet(present, row) { cells[row] = .null }
                row &+= 1
            }
        }
        if context.transaction != nil {
            try context.keeper(arena).keep(cells, count, into: cells)
        }
        return Vector(.cell, out)
    }

    /// Unpacks the framed columns that were met, where there are so few chunks that their values
    /// fit into the nearest caches; false when they are to be read as they are.
    private func unframePlaces(_ count: Int) throws(NQLError) -> Bool {
        guard count >= PropertyTable.unframedRowsMin, context.transaction == nil,
            entries.count <= PropertyTable.unframedChunksMax,
            entries.count &* PropertyTable.unframedBytesMax
                <= context.pool.account.freeBytes / PropertyTable.unframedShare
        else { return false }
        for number in 0 ..< entries.count {
            let place = places[number]
            let width = Place.width(place.form)
            guard width != 0, let type = ColumnType(rawValue: Place.type(place.form)) else {
                continue
            }
            let kind = PropertyTable.kind(of: type)
            let rowCount = Int(place.word & Place.maskBits) + 1
            let values = PooledArray<UInt8>(pool: context.pool)
            try values.resizeUninitialized(rowCount &* kind.stride)
            let frame = ColumnFrame(width: width, base: place.base)
            let out = UnsafeMutableRawPointer(values.pointer)
            if kind.stride == 16 {
                frame.unpack(
                    place.values, rowCount, head: Cell(kind.tag, payload: 0).head,
                    into: out.assumingMemoryBound(to: Cell.self))
            } else {
                frame.unpack(place.values, rowCount, into: out.assumingMemoryBound(to: Int64.self))
            }
            unframed.append(values)
            places[number] = Place(
                values: UnsafeRawPointer(out), word: place.word & ~Place.frameBits, base: 0)
        }
        if Place.width(expected) != 0 { expected = Place.type(expected) }
        return true
    }

    /// Rows of a gather from which on unpacking pays, and chunks up to which it does.
    private static let unframedRowsMin = 256
    private static let unframedChunksMax = 32
    /// Bytes of an unpacked chunk, and the part of the free memory that all of them may take.
    private static let unframedBytesMax = ChunkFormat.rowsPerChunk * 16
    private static let unframedShare = 8

    /// Gathers from the narrow copy, which is made when it pays; false when there is none or it
    /// lacks a chunk.
    private func gatherNarrow(
        _ kind: VectorKind, _ ids: UnsafePointer<UInt32>, _ count: Int, _ wanted: UInt64,
        into out: UnsafeMutableRawPointer
    ) throws(NQLError) -> Bool {
        guard kind == .integer || kind == .date, context.transaction == nil,
            columnCount >= NarrowColumns.chunkCountMin
        else { return false }
        let numbers = out.assumingMemoryBound(to: Int64.self)
        if let narrow {
            if narrow.gather(ids, count, into: numbers) { return true }
            narrowMissCount += 1
            if narrowMissCount >= PropertyTable.narrowMissMax { self.narrow = nil }
        }
        guard PropertyTable.isScattered(ids, count) else { return false }
        scatteredCount += count
        // After so many rows the copy costs less than was paid without it. It is made again only
        // where there is more to copy.
        let isDue = scatteredCount >= columnCount &* ChunkFormat.rowsPerChunk / 16
        guard isDue, columnCount > narrowedCount &+ narrowedCount / 8 else { return false }
        (scatteredCount, narrowMissCount, narrowedCount) = (0, 0, columnCount)
        narrow = try NarrowColumns(self, word: wanted)
        return false
    }

    /// Gathers in vain after which a copy is given up.
    private static let narrowMissMax = 16

    /// Whether most ids are in another chunk than the one before, judged by some.
    private static func isScattered(_ ids: UnsafePointer<UInt32>, _ count: Int) -> Bool {
        guard count >= 64 else { return false }
        let step = count / 32
        var changes = 0
        var row = 1
        while row < count {
            changes &+= (ids[row] ^ ids[row &- 1]) &>> 11 != 0 ? 1 : 0
            row &+= step
        }
        return changes > 16
    }

    /// Copies the values; returns the bits in which any place's word differs from `wanted`.
    private func copy(
        _ ids: UnsafePointer<UInt32>, _ count: Int, _ kind: VectorKind, _ wanted: UInt64,
        into out: UnsafeMutableRawPointer
    ) -> UInt64 {
        let form = UInt8(truncatingIfNeeded: wanted &>> 24)
        switch Place.width(form) {
        case 0: break
        case 1: return copyFramed(UInt8.self, ids, count, kind, wanted, into: out)
        case 2: return copyFramed(UInt16.self, ids, count, kind, wanted, into: out)
        default: return copyFramed(UInt32.self, ids, count, kind, wanted, into: out)
        }
        switch kind.stride {
        case 1:
            let values = out.assumingMemoryBound(to: UInt8.self)
            return copy(UInt8.self, ids, count, wanted) { values[$2] = $0 }
        case 8:
            let values = out.assumingMemoryBound(to: UInt64.self)
            return copy(UInt64.self, ids, count, wanted) { values[$2] = $0 }
        default:
            let values = out.assumingMemoryBound(to: Cell.self)
            return copy(Cell.self, ids, count, wanted) { values[$2] = $0 }
        }
    }

    /// The same where offsets of type `T` are expected.
    @inline(__always)
    private func copyFramed<T: FixedWidthInteger & BitwiseCopyable>(
        _ type: T.Type, _ ids: UnsafePointer<UInt32>, _ count: Int, _ kind: VectorKind,
        _ wanted: UInt64, into out: UnsafeMutableRawPointer
    ) -> UInt64 {
        if kind.stride == 16 {
            let cells = out.assumingMemoryBound(to: Cell.self)
            let head = Cell(kind.tag, payload: 0).head
            return copy(type, ids, count, wanted) { offset, base, row in
                let value = base &+ Int64(truncatingIfNeeded: offset)
                cells[row] = Cell(head: head, payload: UInt64(bitPattern: value))
            }
        }
        let numbers = out.assumingMemoryBound(to: Int64.self)
        return copy(type, ids, count, wanted) { offset, base, row in
            numbers[row] = base &+ Int64(truncatingIfNeeded: offset)
        }
    }

    /// Copies values of one type from chunks that were all resolved, framed or not.
    private func copyAny(
        _ ids: UnsafePointer<UInt32>, _ count: Int, _ kind: VectorKind,
        into out: UnsafeMutableRawPointer
    ) {
        let head = Cell(kind.tag, payload: 0).head
        for index in 0 ..< count {
            let place = places[min(Int(ids[index] &>> 11), places.count - 1)]
            let row = Int(truncatingIfNeeded: UInt64(ids[index]) & place.word & Place.maskBits)
            let width = Place.width(UInt8(truncatingIfNeeded: place.word &>> 24))
            if width == 0 {
                (out + index &* kind.stride).copyMemory(
                    from: place.values + row &* kind.stride, byteCount: kind.stride)
                continue
            }
            let payload = ColumnFrame(width: width, base: place.base).payload(place.values, row)
            if kind.stride == 16 {
                out.assumingMemoryBound(to: Cell.self)[index] = Cell(head: head, payload: payload)
            } else {
                out.assumingMemoryBound(to: UInt64.self)[index] = payload
            }
        }
    }

    @inline(__always)
    private func copy<T: BitwiseCopyable>(
        _ type: T.Type, _ ids: UnsafePointer<UInt32>, _ count: Int, _ wanted: UInt64,
        _ store: (T, Int64, Int) -> Void
    ) -> UInt64 {
        let table = UnsafePointer(places.pointer)
        let last = places.count &- 1
        var differing: UInt64 = 0
        var i = 0
        if last >= PropertyTable.prefetchedChunkCount {
            while i &+ PropertyTable.prefetchDistance < count {
                let later = ids[i &+ PropertyTable.prefetchDistance]
                let place = table[min(Int(later &>> 11), last)]
                let row = Int(truncatingIfNeeded: UInt64(later) & place.word & Place.maskBits)
                nen_prefetch(place.values + row &* MemoryLayout<T>.stride)
                differing |= copyOne(ids[i], table, last, wanted) { store($0, $1, i) }
                i &+= 1
            }
        }
        while i < count {
            differing |= copyOne(ids[i], table, last, wanted) { store($0, $1, i) }
            i &+= 1
        }
        return differing
    }

    /// Chunks from which on their columns are not in the nearest caches.
    private static let prefetchedChunkCount = 64
    private static let prefetchDistance = 24

    @inline(__always)
    private func copyOne<T: BitwiseCopyable>(
        _ id: UInt32, _ table: UnsafePointer<Place>, _ last: Int, _ wanted: UInt64,
        _ store: (T, Int64) -> Void
    ) -> UInt64 {
        let place = table[min(Int(id &>> 11), last)]
        let differing = place.word ^ wanted
        // What is of another type may be narrower, and what was found before a change be gone.
        let isSame = differing &>> 24 == 0
        let row = isSame
            ? Int(truncatingIfNeeded: UInt64(id) & place.word & Place.maskBits) : 0
        let values = isSame ? place.values : PropertyTable.zero
        store(values.assumingMemoryBound(to: T.self)[row], place.base)
        return differing
    }

    /// Resolves the chunks of all ids that count; chunks without the key fit any type.
    private func resolve(
        _ ids: UnsafePointer<UInt32>, _ validity: UnsafePointer<UInt64>?, _ count: Int,
        _ wanted: UInt64, _ epoch: UInt32
    ) throws(NQLError) {
        var last = -1
        for row in 0 ..< count {
            let number = Int(ids[row] &>> 11)
            if number == last { continue }
            if let validity, !Bitmap.isSet(validity, row) { continue }
            let entry = try entry(number, epoch)
            if entry.pointee.encoding == PropertyTable.absent {
                places[number].word = wanted | Place.hasNulls
            }
            last = number
        }
    }

    /// Which rows have a value.
    private func presence(
        _ ids: UnsafePointer<UInt32>, _ validity: UnsafePointer<UInt64>?, _ count: Int,
        _ epoch: UInt32, _ arena: Arena
    ) throws(NQLError) -> UnsafePointer<UInt64> {
        let bits = try Bitmap.make(count, value: true, arena)
        for row in 0 ..< count {
            if let validity, !Bitmap.isSet(validity, row) {
                Bitmap.clear(bits, row)
                continue
            }
            let entry = try entry(Int(ids[row] &>> 11), epoch)
            let local = Int(ids[row] & 2_047)
            var isPresent = local < Int(entry.pointee.capacity)
            if isPresent, let stored = entry.pointee.validity {
                isPresent = Bitmap.isSet(stored, local)
            }
            if !isPresent { Bitmap.clear(bits, row) }
        }
        return UnsafePointer(bits)
    }

    /// The gather over columns of any form.
    private func gatherCells(
        _ ids: UnsafePointer<UInt32>, _ validity: UnsafePointer<UInt64>?, _ count: Int,
        _ epoch: UInt32, _ arena: Arena
    ) throws(NQLError) -> Vector {
        let out = try arena.allocate(Cell.self, count: count)
        for row in 0 ..< count {
            if let validity, !Bitmap.isSet(validity, row) {
                out[row] = .null
                continue
            }
            let entry = try entry(Int(ids[row] &>> 11), epoch)
            out[row] = PropertyTable.cell(entry.pointee, row: Int(ids[row] & 2_047))
        }
        if context.transaction != nil {
            try context.keeper(arena).keep(out, count, into: out)
        }
        return Vector(.cell, out)
    }

    @inline(__always)
    private static func cell(_ entry: Entry, row: Int) -> Cell {
        var place = row
        if entry.encoding == ColumnEncoding.sparse.rawValue {
            guard let rows = entry.rows else { return .null }
            let count = Int(entry.count)
            place = ColumnHandle.lowerBound(rows, count, UInt16(truncatingIfNeeded: row))
            if place >= count || Int(rows[place]) != row { return .null }
        } else {
            if row >= Int(entry.capacity) { return .null }
            if let validity = entry.validity, !Bitmap.isSet(validity, row) { return .null }
            if entry.encoding == ColumnEncoding.constant.rawValue { place = 0 }
        }
        let type = Place.type(entry.form)
        if entry.frame.width != 0 {
            let payload = entry.frame.payload(entry.values, place)
            return Cell(head: UInt64(type) &<< 27, payload: payload)
        }
        switch type {
        case ColumnType.integer.rawValue, ColumnType.float.rawValue, ColumnType.date.rawValue,
            ColumnType.localTime.rawValue:
            let head = UInt64(type) &<< 27
            let values = entry.values.assumingMemoryBound(to: UInt64.self)
            return Cell(head: head, payload: values[place])
        case ColumnType.boolean.rawValue:
            return Cell(boolean: entry.values.assumingMemoryBound(to: UInt8.self)[place] != 0)
        default: return entry.values.assumingMemoryBound(to: Cell.self)[place]
        }
    }
}
