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
        let number = entry.encoding == PropertyTable.absent ? expected : entry.type
        if let type = ColumnType(rawValue: number),
            let vector = try typed(type, ids, validity, count, epoch, arena)
        {
            return vector
        }
        return try gatherCells(ids, validity, count, epoch, arena)
    }

    /// The gather where all chunks hold values of one type that need not be searched; else nil.
    private func typed(
        _ type: ColumnType, _ ids: UnsafePointer<UInt32>, _ validity: UnsafePointer<UInt64>?,
        _ count: Int, _ epoch: UInt32, _ arena: Arena
    ) throws(NQLError) -> Vector? {
        let kind = PropertyTable.kind(of: type)
        let out = try arena.allocate(count &* kind.stride)
        let wanted = Place.word(type.rawValue, epoch)
        if try gatherNarrow(kind, ids, count, wanted, into: out) {
            return Vector(kind, out, validity: validity)
        }
        var met = copy(ids, count, kind, wanted, into: out)
        if met &>> 24 != 0 {
            try resolve(ids, validity, count, wanted, epoch)
            met = copy(ids, count, kind, wanted, into: out)
        }
        if met & ~(Place.hasNulls | Place.maskBits) != 0 { return nil }
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
        switch kind.stride {
        case 1: copy(ids, count, wanted, into: out.assumingMemoryBound(to: UInt8.self))
        case 8: copy(ids, count, wanted, into: out.assumingMemoryBound(to: UInt64.self))
        default: copy(ids, count, wanted, into: out.assumingMemoryBound(to: Cell.self))
        }
    }

    @inline(__always)
    private func copy<T: BitwiseCopyable>(
        _ ids: UnsafePointer<UInt32>, _ count: Int, _ wanted: UInt64,
        into out: UnsafeMutablePointer<T>
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
                differing |= copyOne(ids[i], table, last, wanted, to: out + i)
                i &+= 1
            }
        }
        while i < count {
            differing |= copyOne(ids[i], table, last, wanted, to: out + i)
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
        to out: UnsafeMutablePointer<T>
    ) -> UInt64 {
        let place = table[min(Int(id &>> 11), last)]
        let differing = place.word ^ wanted
        // What is of another type may be narrower, and what was found before a change be gone.
        let isSame = differing &>> 24 == 0
        let row = isSame
            ? Int(truncatingIfNeeded: UInt64(id) & place.word & Place.maskBits) : 0
        let values = isSame ? place.values : PropertyTable.zero
        out.pointee = values.assumingMemoryBound(to: T.self)[row]
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
        switch entry.type {
        case ColumnType.integer.rawValue, ColumnType.float.rawValue, ColumnType.date.rawValue,
            ColumnType.localTime.rawValue:
            let head = UInt64(entry.type) &<< 27
            let values = entry.values.assumingMemoryBound(to: UInt64.self)
            return Cell(head: head, payload: values[place])
        case ColumnType.boolean.rawValue:
            return Cell(boolean: entry.values.assumingMemoryBound(to: UInt8.self)[place] != 0)
        default: return entry.values.assumingMemoryBound(to: Cell.self)[place]
        }
    }
}
