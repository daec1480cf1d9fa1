// ColumnImage: a column of result rows copied out of the engine's memory in Arrow's layout: plain
// arrays, texts as bytes with their ends, a bit for each row that is present. Made where the
// column's kind is known, by one loop for each kind; columns of entities and of mixed values have
// none.

import NenCore

/// A column of one plain type, in memory of its own.
public struct ColumnImage: Sendable {
    /// What `values` holds.
    public enum Kind: Sendable {
        /// `Int64` each.
        case integers
        /// `Double` each.
        case floats
        /// A bit each, the least significant of a byte first.
        case booleans
        /// UTF-8, row i from `ends[i]` to `ends[i + 1]`.
        case texts
        /// `Int32` each: days since 1970-01-01.
        case dates
    }

    public let kind: Kind
    /// Rows.
    public let count: Int
    public fileprivate(set) var nullCount = 0
    /// A bit for each row, set where it is present; empty where none is null.
    public fileprivate(set) var validity: [UInt8] = []
    public fileprivate(set) var values: [UInt8] = []
    /// Of texts: 0, and where each of them ends.
    public fileprivate(set) var ends: [Int64] = []

    fileprivate init(_ kind: Kind, count: Int) {
        self.kind = kind
        self.count = count
    }
}

extension ResultBatch {
    /// The rows from `first` on of a column; nil where it is not all of one plain type.
    ///
    /// - Throws: `ArgumentError` when a later batch has replaced this one.
    public func image(column: Int, from first: Int) throws(NQLError) -> ColumnImage? {
        guard let (vector, base) = try plainVector(column) else { return nil }
        let rows = first ..< rowCount
        switch vector.kind {
        case .integer: return words(vector, rows, .integers)
        case .float: return words(vector, rows, .floats)
        case .date: return days(vector, rows)
        case .boolean: return bits(vector, rows)
        case .cell: return texts(vector, rows, base)
        default: return nil
        }
    }

    /// Elements of eight bytes.
    private func words(
        _ vector: Vector, _ rows: Range<Int>, _ kind: ColumnImage.Kind
    ) -> ColumnImage {
        var image = ColumnImage(kind, count: rows.count)
        let source = vector.integers
        let byteCount = rows.count * 8
        image.values = [UInt8](unsafeUninitializedCapacity: byteCount) { bytes, count in
            let target = UnsafeMutableRawBufferPointer(bytes)
            if vector.isFlat {
                target.copyMemory(
                    from: UnsafeRawBufferPointer(
                        start: source + rows.lowerBound, count: byteCount))
            } else {
                for row in rows {
                    target.storeBytes(
                        of: source[vector.element(row)],
                        toByteOffset: (row - rows.lowerBound) * 8, as: Int64.self)
                }
            }
            count = byteCount
        }
        image.noteNulls(vector, rows)
        return image
    }

    /// Dates; nil where one is further away than 32 bits say.
    private func days(_ vector: Vector, _ rows: Range<Int>) -> ColumnImage? {
        var image = ColumnImage(.dates, count: rows.count)
        var fits = true
        let source = vector.integers
        image.values = [UInt8](unsafeUninitializedCapacity: rows.count * 4) { bytes, count in
            let target = UnsafeMutableRawBufferPointer(bytes)
            for row in rows {
                let element = vector.element(row)
                let day = vector.isPresent(element: element) ? source[element] : 0
                let short = Int32(truncatingIfNeeded: day)
                if Int64(short) != day { fits = false }
                target.storeBytes(
                    of: short, toByteOffset: (row - rows.lowerBound) * 4, as: Int32.self)
            }
            count = rows.count * 4
        }
        image.noteNulls(vector, rows)
        return fits ? image : nil
    }

    private func bits(_ vector: Vector, _ rows: Range<Int>) -> ColumnImage {
        var image = ColumnImage(.booleans, count: rows.count)
        image.values = [UInt8](repeating: 0, count: (rows.count + 7) / 8)
        let source = vector.booleans
        image.values.withUnsafeMutableBufferPointer { bytes in
            for row in rows where source[vector.element(row)] != 0 {
                let place = row - rows.lowerBound
                bytes[place >> 3] |= 1 << UInt8(place & 7)
            }
        }
        image.noteNulls(vector, rows)
        return image
    }

    private func texts(
        _ vector: Vector, _ rows: Range<Int>, _ base: HeapBase
    ) -> ColumnImage? {
        var byteCount = 0
        let cells = vector.cells
        for row in rows {
            let cell = cells[vector.element(row)]
            guard cell.tag == .string || cell.isNull else { return nil }
            if !cell.isNull { byteCount += cell.byteCount }
        }
        var image = ColumnImage(.texts, count: rows.count)
        image.ends.reserveCapacity(rows.count + 1)
        image.ends.append(0)
        var ends = image.ends
        image.values = [UInt8](unsafeUninitializedCapacity: byteCount) { bytes, count in
            let target = UnsafeMutableRawBufferPointer(bytes)
            var end = 0
            for row in rows {
                let cell = cells[vector.element(row)]
                if !cell.isNull {
                    base.withBytes(cell) { text in
                        UnsafeMutableRawBufferPointer(rebasing: target[end...])
                            .copyMemory(from: text)
                    }
                    end += cell.byteCount
                }
                ends.append(Int64(end))
            }
            count = byteCount
        }
        image.ends = ends
        image.noteNulls(vector, rows)
        return image
    }
}

extension ColumnImage {
    /// Fills `validity` from a vector.
    fileprivate mutating func noteNulls(_ vector: Vector, _ rows: Range<Int>) {
        if vector.kind != .cell, vector.validity == nil { return }
        var bits = [UInt8](repeating: 0, count: (rows.count + 7) / 8)
        var present = 0
        for row in rows where vector.isPresent(element: vector.element(row)) {
            let place = row - rows.lowerBound
            bits[place >> 3] |= 1 << UInt8(place & 7)
            present += 1
        }
        nullCount = rows.count - present
        if nullCount > 0 { validity = bits }
    }
}
