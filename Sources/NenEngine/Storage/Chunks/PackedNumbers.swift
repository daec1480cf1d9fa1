// PackedNumbers: nodes at the ends of a full chunk's relationships, in as few bits as hold them.
//
// At import relationships are numbered by (source, target), so that the sources of a chunk are near
// each other, and of a type that each node has once they are consecutive; the targets are of few
// labels. A number is the sum of three parts:
//
//     base  +  row, when the numbers rise  +  `width` bits from bit row × width on
//
// Bits are counted from the least of the first byte; the array is a multiple of eight bytes long.
// One number is read by one load of eight bytes, which ends with the array where it would reach
// beyond it. Numbers that were never packed are 32 bits wide, with base 0.

import NenCore

/// How numbers are packed.
struct PackedForm: Equatable, Sendable {
    /// Bits of a number: 0 … 32.
    var width: UInt8
    /// The row is added.
    var isRising: Bool
    /// Added to each number, modulo 2³².
    var base: UInt32

    /// An array of `UInt32`.
    static let plain = PackedForm(width: 32, isRising: false, base: 0)

    var isPlain: Bool { self == .plain }

    /// The form's number in a record, which tells all but the base: 0 plain; else bits 0 … 5 the
    /// width + 1, bit 6 rising.
    var code: UInt8 { isPlain ? 0 : (width + 1) | (isRising ? 64 : 0) }

    init(width: UInt8, isRising: Bool, base: UInt32) {
        self.width = width
        self.isRising = isRising
        self.base = base
    }

    /// The form of a code; nil for one that means nothing.
    init?(code: UInt8, base: UInt32) {
        if code == 0 {
            self = .plain
            return
        }
        guard code & 63 >= 1, code & 63 <= 33, code < 128 else { return nil }
        self.init(width: (code & 63) - 1, isRising: code & 64 != 0, base: base)
    }

    /// The form that takes least for these numbers, of which there is at least one. O(count).
    init(fitting numbers: UnsafePointer<UInt32>, _ count: Int) {
        var least = numbers[0]
        var greatest = numbers[0]
        var gaps: UInt32 = 0
        for row in 0 ..< count {
            least = min(least, numbers[row])
            greatest = max(greatest, numbers[row])
            gaps |= numbers[row] ^ (numbers[0] &+ UInt32(truncatingIfNeeded: row))
        }
        if gaps == 0 && count > 1 {
            self.init(width: 0, isRising: true, base: numbers[0])
        } else {
            let width = UInt32.bitWidth - (greatest - least).leadingZeroBitCount
            self.init(width: UInt8(width), isRising: false, base: least)
        }
    }

    /// Bytes of `count` numbers.
    func byteCount(_ count: Int) -> Int { (count * Int(width) + 63) / 64 * 8 }

    /// Writes numbers in this form, which fits them, over zeros.
    func pack(
        _ numbers: UnsafePointer<UInt32>, _ count: Int, into bytes: UnsafeMutableRawPointer
    ) {
        let words = bytes.assumingMemoryBound(to: UInt64.self)
        let width = Int(width)
        if width == 0 { return }
        for row in 0 ..< count {
            let value = UInt64(numbers[row] &- base &- (isRising ? UInt32(row) : 0))
            let bit = row &* width
            let shift = UInt64(bit & 63)
            words[bit &>> 6] |= value &<< shift
            if Int(shift) + width > 64 { words[bit &>> 6 &+ 1] |= value &>> (64 &- shift) }
        }
    }
}

/// Packed numbers where they lie.
struct PackedNumbers {
    private let bytes: UnsafeRawPointer
    /// Where the last eight bytes begin.
    private let lastStart: Int
    private let width: Int
    private let mask: UInt64
    private let base: UInt32
    private let step: UInt32

    /// - Parameter byteCount: of the array, as the form says for at least the rows that are read.
    init(_ bytes: UnsafeRawPointer, byteCount: Int, _ form: PackedForm) {
        self.bytes = byteCount < 8 ? UnsafeRawPointer(CountingNumbers.pointer) : bytes
        lastStart = max(0, byteCount - 8)
        width = Int(form.width)
        mask = 1 &<< UInt64(form.width) &- 1
        base = form.base
        step = form.isRising ? 1 : 0
    }

    /// The number of a row.
    @inline(__always)
    subscript(row: Int) -> UInt32 {
        let bit = row &* width
        let start = min(bit &>> 3, lastStart)
        let word = bytes.loadUnaligned(fromByteOffset: start, as: UInt64.self)
        let bits = word &>> UInt64(truncatingIfNeeded: bit &- start &* 8) & mask
        return UInt32(truncatingIfNeeded: bits) &+ base
            &+ step &* UInt32(truncatingIfNeeded: row)
    }

    /// The array itself where it is one of `UInt32`.
    var words: UnsafePointer<UInt32>? {
        width == 32 && base == 0 && step == 0 ? bytes.assumingMemoryBound(to: UInt32.self) : nil
    }

    /// Writes the numbers of the first `count` rows.
    func copy(_ count: Int, into numbers: UnsafeMutablePointer<UInt32>) {
        if let words {
            numbers.update(from: words, count: count)
            return
        }
        let copy = self
        var row = 0
        while row < count {
            numbers[row] = copy[row]
            row &+= 1
        }
    }
}

/// Numbers of a chunk in a write transaction; packed ones are unpacked by the first change.
struct MutableNumbers {
    private(set) var slot: ArraySlot
    private(set) var form: PackedForm

    static var empty: MutableNumbers { MutableNumbers(.empty) }

    init(_ slot: ArraySlot, _ form: PackedForm = .plain) {
        self.slot = slot
        self.form = form
    }

    var isEmpty: Bool { slot.isEmpty && form.isPlain }

    /// The numbers as they are.
    var numbers: PackedNumbers {
        PackedNumbers(slot.pointer, byteCount: slot.byteCount, form)
    }

    /// The array of unpacked numbers.
    var words: UnsafePointer<UInt32> {
        precondition(form.isPlain, "packed numbers are not an array")
        return slot.pointer.assumingMemoryBound(to: UInt32.self)
    }

    /// The array, writable, with room for `capacity` numbers, which it has from now on.
    mutating func writable(capacity: Int) -> UnsafeMutablePointer<UInt32> {
        if !form.isPlain { unpack(capacity) }
        let list = slot.writable(capacity: capacity * 4).assumingMemoryBound(to: UInt32.self)
        slot.byteCount = capacity * 4
        return list
    }

    private mutating func unpack(_ count: Int) {
        var fresh = ArraySlot(zeros: count * 4)
        numbers.copy(
            count,
            into: fresh.writable(capacity: count * 4).assumingMemoryBound(to: UInt32.self))
        self = MutableNumbers(fresh)
    }

    /// Packs the numbers of a full chunk that were changed, where that takes less.
    mutating func settle(_ count: Int) {
        guard form.isPlain, slot.isPrivate, count > 0, slot.byteCount == count * 4 else { return }
        self = MutableNumbers.packed(words, count) ?? self
    }

    /// A packed copy of numbers; nil where they need all their bits.
    static func packed(_ numbers: UnsafePointer<UInt32>, _ count: Int) -> MutableNumbers? {
        let form = PackedForm(fitting: numbers, count)
        let byteCount = form.byteCount(count)
        guard byteCount < count * 4 else { return nil }
        var slot = ArraySlot(zeros: byteCount)
        form.pack(numbers, count, into: slot.writable(capacity: byteCount))
        return MutableNumbers(slot, form)
    }

    /// Makes a commit write the array anew when it lies on `page` or behind it.
    mutating func vacate(from page: PageNumber) { slot.vacate(from: page) }
}
