// CellOrder+Hash: a hash that agrees with equivalence, so that tables of typed vectors and of cells
// can be mixed: the typed entry points here give what `hash` gives for a cell of the same value.
// Mixing is by 64 × 64 → 128-bit products, folded; constants are odd with balanced bits. Hashes
// are never stored.

import NenCore

/// Hashes that agree with `areEquivalent`.
extension CellOrder {
    private static let factorA: UInt64 = 0x9E37_79B9_7F4A_7C15
    private static let factorB: UInt64 = 0xD6E8_FEB8_6659_FD93
    private static let nullHash: UInt64 = 0x2545_F491_4F6C_DD1D
    /// Strings longer than this are hashed as counted work.
    private static let longByteCount = 1_024
    private static let nanHash: UInt64 = 0x8CB9_2BA7_2F3D_8DD7

    /// Folds `value` into `seed`.
    @inline(__always)
    static func mix(_ seed: UInt64, _ value: UInt64) -> UInt64 {
        let product = (seed ^ value ^ factorA).multipliedFullWidth(by: factorB ^ (seed &>> 32))
        return product.high ^ product.low ^ value
    }

    /// Hash of an integer, and of every float with that value.
    @inline(__always)
    static func hash(integer: Int64) -> UInt64 {
        finish(UInt64(bitPattern: integer) ^ (CellTag.integer.seed))
    }

    /// Hash of a float; integral floats hash like integers, all NaNs alike.
    @inline(__always)
    static func hash(float: Double) -> UInt64 {
        if let exact = Int64(exactly: float) { return hash(integer: exact) }
        if float.isNaN { return nanHash }
        return finish(float.bitPattern ^ CellTag.float.seed)
    }

    /// Hash of a node's, relationship's, boolean's, date's or local time's payload.
    @inline(__always)
    static func hash(payload: UInt64, _ tag: CellTag) -> UInt64 { finish(payload ^ tag.seed) }

    /// Hash of a time, localDateTime or dateTime.
    @inline(__always)
    static func hash(instant cell: Cell) -> UInt64 { mix(finish(cell.head), cell.payload) }

    /// Hash of a string cell.
    @inline(__always)
    static func hash(string cell: Cell, _ base: HeapBase) -> UInt64 {
        if cell.byteCount <= 12 { return mix(finish(cell.head), cell.payload) }
        if cell.byteCount > longByteCount, Interruption.isOver(after: cell.byteCount / 4) {
            return nullHash
        }
        return hash(
            bytes: UnsafeRawBufferPointer(
                start: base.pointer(cell.payload), count: cell.byteCount),
            seed: cell.head)
    }

    /// The finaliser of SplitMix64 (Steele et al., OOPSLA 2014): a bijection, so distinct integers
    /// never collide before the table's mask.
    @inline(__always)
    private static func finish(_ value: UInt64) -> UInt64 {
        var x = value &+ factorA
        x = (x ^ (x &>> 30)) &* 0xBF58_476D_1CE4_E5B9
        x = (x ^ (x &>> 27)) &* 0x94D0_49BB_1331_11EB
        return x ^ (x &>> 31)
    }

    /// Hash of any bytes, eight at a time.
    static func hash(bytes: UnsafeRawBufferPointer, seed: UInt64) -> UInt64 {
        guard let start = bytes.baseAddress else { return finish(seed) }
        var state = finish(seed)
        var offset = 0
        let count = bytes.count
        while offset &+ 8 <= count {
            state = mix(state, start.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            offset &+= 8
        }
        var tail: UInt64 = 0
        var shift: UInt64 = 0
        while offset < count {
            tail |= UInt64(bytes[offset]) &<< shift
            shift &+= 8
            offset &+= 1
        }
        return finish(mix(state, tail ^ UInt64(count)))
    }

    /// Hash of any cell.
    static func hash(_ cell: Cell, _ base: HeapBase) -> UInt64 {
        let tag = cell.tag
        switch tag {
        case .string: return hash(string: cell, base)
        case .null: return nullHash
        case .integer: return hash(integer: cell.integer)
        case .float: return hash(float: cell.float)
        case .boolean, .date, .localTime, .node, .relationship:
            return hash(payload: cell.payload, tag)
        case .time, .localDateTime, .dateTime: return hash(instant: cell)
        case .duration:
            let bytes = UnsafeRawBufferPointer(start: base.pointer(cell.payload), count: 32)
            return hash(bytes: bytes, seed: tag.seed)
        case .point:
            // -0.0 is never stored, so equal points have equal bytes.
            let bytes = UnsafeRawBufferPointer(
                start: base.pointer(cell.payload), count: cell.coordinateCount &* 8)
            return hash(bytes: bytes, seed: tag.seed ^ UInt64(cell.low))
        case .path:
            let bytes = UnsafeRawBufferPointer(
                start: base.pointer(cell.payload), count: (2 &* cell.count &+ 1) &* 4)
            return hash(bytes: bytes, seed: tag.seed)
        case .list, .map:
            let count = tag == .map ? 2 &* cell.count : cell.count
            let cells = base.cells(cell)
            var state = finish(tag.seed ^ UInt64(count))
            var index = 0
            while index < count {
                if Interruption.isOver(after: elementWorkUnits) { return state }
                state = mix(state, hash(cells[index], base))
                index &+= 1
            }
            return finish(state)
        }
    }
}

extension CellTag {
    /// Keeps equal payloads of different types apart.
    @inline(__always)
    fileprivate var seed: UInt64 { UInt64(rawValue) &* 0xA076_1D64_78BD_642F }
}
