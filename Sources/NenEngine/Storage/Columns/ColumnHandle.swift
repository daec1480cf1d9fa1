// ColumnHandle: one key's values in one chunk as plain pointers. Kernels are chosen once per chunk
// by `encoding` and `type` and then run over `values`; `cell(row)` serves single rows.

import NenCore

/// Pointers to a column; valid as long as the view it came from (in a writing view: until the next
/// change of the chunk).
struct ColumnHandle {
    let key: NameID
    let type: ColumnType
    let encoding: ColumnEncoding
    /// Live rows that have a value.
    let count: Int
    /// Rows the arrays reach to: `values` of dense and mixed columns has this many entries.
    let capacity: Int
    /// Dense, mixed: `capacity` values; sparse: `count` values; constant: one; width by `type`.
    /// Framed: `capacity` offsets, width by `frame`.
    let values: UnsafeRawPointer
    /// Sparse only: `count` ascending row numbers.
    let rows: UnsafePointer<UInt16>?
    /// Not sparse: one bit per row; nil when every live row has a value.
    let validity: UnsafePointer<UInt64>?
    /// Bounds of all values; nil when unknown or of a type without zones. `zoneLeast` and
    /// `zoneGreatest` give them as cells.
    let zone: ZoneMap?
    /// Framed only: what the offsets are added to.
    let frame: ColumnFrame

    @inline(__always)
    var zoneLeast: Cell? { zone.map { Cell(head: headOfType, payload: $0.least) } }
    @inline(__always)
    var zoneGreatest: Cell? { zone.map { Cell(head: headOfType, payload: $0.greatest) } }

    /// First word of the cells of a type of 1 or 8 bytes, and of those that are framed.
    @inline(__always)
    var headOfType: UInt64 { UInt64(type.rawValue) &<< 27 }

    @inline(__always)
    var integers: UnsafePointer<Int64> { values.assumingMemoryBound(to: Int64.self) }
    @inline(__always)
    var floats: UnsafePointer<Double> { values.assumingMemoryBound(to: Double.self) }
    @inline(__always)
    var booleans: UnsafePointer<UInt8> { values.assumingMemoryBound(to: UInt8.self) }
    @inline(__always)
    var cells: UnsafePointer<Cell> { values.assumingMemoryBound(to: Cell.self) }

    /// Place of a row's value in `values`; -1 when the row has none. The row is live.
    @inline(__always)
    func position(_ row: Int) -> Int {
        switch encoding {
        case .sparse:
            guard let rows else { return -1 }
            let place = ColumnHandle.lowerBound(rows, count, UInt16(truncatingIfNeeded: row))
            return place < count && Int(rows[place]) == row ? place : -1
        case .dense, .mixed, .framed:
            if row >= capacity { return -1 }
            guard let validity else { return row }
            return (validity[row &>> 6] &>> UInt64(row & 63)) & 1 != 0 ? row : -1
        case .constant:
            if row >= capacity { return -1 }
            guard let validity else { return 0 }
            return (validity[row &>> 6] &>> UInt64(row & 63)) & 1 != 0 ? 0 : -1
        }
    }

    /// The value at a place of `values`.
    @inline(__always)
    func value(at position: Int) -> Cell {
        if encoding == .framed {
            return Cell(head: headOfType, payload: frame.payload(values, position))
        }
        switch type.width {
        case 8:
            return Cell(
                head: headOfType,
                payload: values.assumingMemoryBound(to: UInt64.self)[position])
        case 1: return Cell(head: headOfType, payload: UInt64(booleans[position]))
        default: return cells[position]
        }
    }

    /// The value of a live row; null when it has none.
    @inline(__always)
    func cell(_ row: Int) -> Cell {
        let place = position(row)
        return place < 0 ? .null : value(at: place)
    }

    /// Writes the first `rowCount` values of a framed column, of the type's width; what stands in
    /// rows without a value means nothing.
    func unframe(_ rowCount: Int, into output: UnsafeMutableRawPointer) {
        if type.width == 16 {
            frame.unpack(
                values, rowCount, head: headOfType,
                into: output.assumingMemoryBound(to: Cell.self))
        } else {
            frame.unpack(values, rowCount, into: output.assumingMemoryBound(to: Int64.self))
        }
    }

    /// Values of `count` live rows as cells.
    func gather(
        _ rows: UnsafePointer<UInt16>, _ count: Int, into output: UnsafeMutablePointer<Cell>
    ) {
        if encoding == .sparse { return gatherSparse(rows, count, into: output) }
        var index = 0
        while index < count {
            output[index] = cell(Int(rows[index]))
            index &+= 1
        }
    }

    /// Ascending requests walk the stored rows once; others search.
    private func gatherSparse(
        _ wanted: UnsafePointer<UInt16>, _ wantedCount: Int,
        into output: UnsafeMutablePointer<Cell>
    ) {
        guard let rows else { return }
        var place = 0
        var index = 0
        while index < wantedCount {
            let row = wanted[index]
            if place < count, rows[place] < row { place &+= 1 }
            let isPast = place >= count || rows[place] < row
            if isPast || (place > 0 && rows[place &- 1] >= row) {
                place = ColumnHandle.lowerBound(rows, count, row)
            }
            let isHit = place < count && rows[place] == row
            output[index] = isHit ? value(at: place) : .null
            index &+= 1
        }
    }

    /// First place in ascending `rows` that is not below `row`.
    @inline(__always)
    static func lowerBound(_ rows: UnsafePointer<UInt16>, _ count: Int, _ row: UInt16) -> Int {
        var low = 0
        var length = count
        while length > 0 {
            let half = length &>> 1
            let middle = low &+ half
            if rows[middle] < row {
                low = middle &+ 1
                length = length &- half &- 1
            } else {
                length = half
            }
        }
        return low
    }
}
