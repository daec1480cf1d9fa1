// Bitmap: validity bits of vectors, 64 to a word, bit i of word w for element 64 w + i.

import NenCore

/// Operations on validity bitmaps.
enum Bitmap {
    /// Words that hold `count` bits.
    @inline(__always)
    static func wordCount(_ count: Int) -> Int { (count &+ 63) &>> 6 }

    @inline(__always)
    static func isSet(_ words: UnsafePointer<UInt64>, _ index: Int) -> Bool {
        (words[index &>> 6] &>> UInt64(truncatingIfNeeded: index & 63)) & 1 != 0
    }

    @inline(__always)
    static func set(_ words: UnsafeMutablePointer<UInt64>, _ index: Int) {
        words[index &>> 6] |= 1 &<< UInt64(truncatingIfNeeded: index & 63)
    }

    @inline(__always)
    static func clear(_ words: UnsafeMutablePointer<UInt64>, _ index: Int) {
        words[index &>> 6] &= ~(1 &<< UInt64(truncatingIfNeeded: index & 63))
    }

    /// A bitmap of `count` bits, all `value`.
    static func make(
        _ count: Int, value: Bool, _ arena: Arena
    ) throws(NQLError) -> UnsafeMutablePointer<UInt64> {
        let words = wordCount(count)
        let bits = try arena.allocate(UInt64.self, count: max(1, words))
        bits.update(repeating: value ? .max : 0, count: max(1, words))
        return bits
    }

    /// Bits set among the first `count`.
    static func count(_ words: UnsafePointer<UInt64>, _ count: Int) -> Int {
        var total = 0
        var index = 0
        let full = count &>> 6
        while index < full {
            total &+= words[index].nonzeroBitCount
            index &+= 1
        }
        let rest = count & 63
        if rest != 0 {
            let mask: UInt64 = (1 &<< UInt64(rest)) &- 1
            total &+= (words[full] & mask).nonzeroBitCount
        }
        return total
    }

    /// Intersection of two optional bitmaps over `count` bits; nil means all set.
    static func intersection(
        _ a: UnsafePointer<UInt64>?, _ b: UnsafePointer<UInt64>?, _ count: Int, _ arena: Arena
    ) throws(NQLError) -> UnsafePointer<UInt64>? {
        guard let a else { return b }
        guard let b else { return a }
        if a == b { return a }
        let words = wordCount(count)
        let result = try arena.allocate(UInt64.self, count: max(1, words))
        var index = 0
        while index < words {
            result[index] = a[index] & b[index]
            index &+= 1
        }
        return UnsafePointer(result)
    }

    /// Bits of `words` at `positions`, in their order.
    static func gather(
        _ words: UnsafePointer<UInt64>, _ positions: UnsafePointer<UInt16>, _ count: Int,
        _ arena: Arena
    ) throws(NQLError) -> UnsafePointer<UInt64> {
        let result = try arena.allocate(UInt64.self, count: max(1, wordCount(count)))
        var index = 0
        while index < count {
            let end = min(count, index &+ 64)
            var word: UInt64 = 0
            var shift: UInt64 = 0
            let target = index &>> 6
            while index < end {
                let position = Int(positions[index])
                let bit = (words[position &>> 6] &>> UInt64(position & 63)) & 1
                word |= bit &<< shift
                shift &+= 1
                index &+= 1
            }
            result[target] = word
        }
        return UnsafePointer(result)
    }
}
