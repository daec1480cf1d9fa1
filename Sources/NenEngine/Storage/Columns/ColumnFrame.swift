// ColumnFrame: frame of reference. The values of a full or imported chunk lie near each other more
// often than not: lengths, ages, times of some years. They are stored as what they exceed the least
// of them, in one, two or four bytes, so that kernels read them as they lie there.
//
// Framed are whole numbers, dates, local times, and local date-times of whole seconds, of which a
// cell's payload says all. Rows without a value have the offset 0.

import CNenKernels
import NenCore

/// How a column's offsets become values.
struct ColumnFrame: Sendable, Equatable {
    /// Bytes of an offset: 1, 2 or 4; 0 for a column that is not framed.
    let width: UInt8
    /// Added to each offset.
    let base: Int64

    static let none = ColumnFrame(width: 0, base: 0)

    /// Whether values of a type may be framed.
    static func holds(_ type: ColumnType) -> Bool {
        switch type {
        case .integer, .date, .localTime, .localDateTime: true
        default: false
        }
    }

    /// Whether the numbers mean something: the greatest offset gives no number out of range.
    var isPossible: Bool {
        guard width == 1 || width == 2 || width == 4 else { return false }
        return !base.addingReportingOverflow(Int64(1) << Int64(8 * width) - 1).overflow
    }

    /// The frame of values between two; nil where they are too far apart.
    init?(least: Int64, greatest: Int64) {
        let (range, isWide) = greatest.subtractingReportingOverflow(least)
        guard !isWide, range >= 0, range <= Int64(UInt32.max) else { return nil }
        let width: UInt8 = range <= Int64(UInt8.max) ? 1 : range <= Int64(UInt16.max) ? 2 : 4
        // The base is such that no offset leads out of range.
        let top = Int64.max - (Int64(1) << Int64(8 * width) - 1)
        self.init(width: width, base: min(least, top))
    }

    init(width: UInt8, base: Int64) {
        self.width = width
        self.base = base
    }

    /// The value at a place, as payload.
    @inline(__always)
    func payload(_ offsets: UnsafeRawPointer, _ place: Int) -> UInt64 {
        let offset: UInt64
        switch width {
        case 1: offset = UInt64(offsets.assumingMemoryBound(to: UInt8.self)[place])
        case 2: offset = UInt64(offsets.assumingMemoryBound(to: UInt16.self)[place])
        default: offset = UInt64(offsets.assumingMemoryBound(to: UInt32.self)[place])
        }
        return UInt64(bitPattern: base) &+ offset
    }

    /// Writes the value's offset, which the frame holds.
    @inline(__always)
    func store(_ payload: UInt64, _ offsets: UnsafeMutableRawPointer, _ place: Int) {
        let offset = payload &- UInt64(bitPattern: base)
        switch width {
        case 1:
            offsets.storeBytes(
                of: UInt8(truncatingIfNeeded: offset), toByteOffset: place, as: UInt8.self)
        case 2:
            offsets.storeBytes(
                of: UInt16(truncatingIfNeeded: offset), toByteOffset: 2 &* place,
                as: UInt16.self)
        default:
            offsets.storeBytes(
                of: UInt32(truncatingIfNeeded: offset), toByteOffset: 4 &* place,
                as: UInt32.self)
        }
    }

    /// Writes the first `count` values, of eight bytes each.
    func unpack(
        _ offsets: UnsafeRawPointer, _ count: Int, into values: UnsafeMutablePointer<Int64>
    ) {
        switch width {
        case 1:
            nen_unframe_u8(offsets.assumingMemoryBound(to: UInt8.self), count, base, values)
        case 2:
            nen_unframe_u16(offsets.assumingMemoryBound(to: UInt16.self), count, base, values)
        default:
            nen_unframe_u32(offsets.assumingMemoryBound(to: UInt32.self), count, base, values)
        }
    }

    /// Writes the first `count` values as cells.
    func unpack(
        _ offsets: UnsafeRawPointer, _ count: Int, head: UInt64,
        into cells: UnsafeMutablePointer<Cell>
    ) {
        let words = UnsafeMutableRawPointer(cells).assumingMemoryBound(to: UInt64.self)
        switch width {
        case 1:
            nen_unframe_cells_u8(
                offsets.assumingMemoryBound(to: UInt8.self), count, base, head, words)
        case 2:
            nen_unframe_cells_u16(
                offsets.assumingMemoryBound(to: UInt16.self), count, base, head, words)
        default:
            nen_unframe_cells_u32(
                offsets.assumingMemoryBound(to: UInt32.self), count, base, head, words)
        }
    }
}
