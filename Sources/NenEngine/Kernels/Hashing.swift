// Hashing: hashes of whole dense vectors, one column after the other. Equal values get equal hashes
// whatever the kind of vector they stand in.

import NenCore

/// Hash kernels.
enum Hashing {
    /// Sets (`isFirst`) or mixes into `hashes` the hash of each row's value.
    static func hash(
        _ vector: Vector, _ count: Int, _ base: HeapBase, isFirst: Bool,
        into hashes: UnsafeMutablePointer<UInt64>
    ) {
        if vector.isConstant {
            let hash = CellOrder.hash(vector.cell(at: 0), base)
            rows(count, isFirst, hashes) { _ in hash }
            return
        }
        if vector.validity != nil {
            rows(count, isFirst, hashes) { CellOrder.hash(vector.cell(at: $0), base) }
            return
        }
        hashPresent(vector, count, base, isFirst, into: hashes)
    }

    /// The same for a flat vector without nulls.
    private static func hashPresent(
        _ vector: Vector, _ count: Int, _ base: HeapBase, _ isFirst: Bool,
        into hashes: UnsafeMutablePointer<UInt64>
    ) {
        switch vector.kind {
        case .integer:
            let values = vector.integers
            rows(count, isFirst, hashes) { CellOrder.hash(integer: values[$0]) }
        case .float:
            let values = vector.floats
            rows(count, isFirst, hashes) { CellOrder.hash(float: values[$0]) }
        case .date, .localTime:
            let values = vector.data.assumingMemoryBound(to: UInt64.self)
            let tag = vector.kind.tag
            rows(count, isFirst, hashes) { CellOrder.hash(payload: values[$0], tag) }
        case .time, .localDateTime, .dateTime:
            let values = vector.cells
            rows(count, isFirst, hashes) { CellOrder.hash(instant: values[$0]) }
        case .boolean:
            let values = vector.booleans
            rows(count, isFirst, hashes) {
                CellOrder.hash(payload: UInt64(values[$0]), .boolean)
            }
        case .node:
            let values = vector.entities
            rows(count, isFirst, hashes) { CellOrder.hash(payload: UInt64(values[$0]), .node) }
        case .relationship:
            let values = vector.entities
            rows(count, isFirst, hashes) {
                CellOrder.hash(payload: UInt64(values[$0]), .relationship)
            }
        case .cell:
            let values = vector.cells
            rows(count, isFirst, hashes) { CellOrder.hash(values[$0], base) }
        }
    }

    @inline(__always)
    private static func rows(
        _ count: Int, _ isFirst: Bool, _ hashes: UnsafeMutablePointer<UInt64>,
        _ hash: (Int) -> UInt64
    ) {
        var row = 0
        if isFirst {
            while row < count {
                hashes[row] = hash(row)
                row &+= 1
            }
        } else {
            while row < count {
                hashes[row] = CellOrder.mix(hashes[row], hash(row))
                row &+= 1
            }
        }
    }

    /// Equivalence with short cuts for what is decided by the words themselves.
    @inline(__always)
    static func areEquivalent(_ a: Cell, _ b: Cell, _ base: HeapBase) -> Bool {
        if a.head == b.head && a.payload == b.payload { return true }
        let left = a.rawTag
        if left == b.rawTag {
            if left >= CellTag.null.rawValue && left <= CellTag.integer.rawValue { return false }
            if left == CellTag.node.rawValue { return false }
            if left == CellTag.string.rawValue && (a.head != b.head || a.byteCount <= 12) {
                return false
            }
        }
        return CellOrder.areEquivalent(a, b, base)
    }
}
