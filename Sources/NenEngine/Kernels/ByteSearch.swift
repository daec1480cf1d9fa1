// ByteSearch: the first occurrence of a sequence of bytes, in linear time. The usual search jumps
// with memchr from one first byte to the next and compares there. When that has compared much more
// than it has advanced ('aaa…b' in 'aaa…'), the two-way algorithm goes on from where it stands:
// the needle is cut at a critical place; its right part is compared from left to right, then the
// left one, and every mismatch tells a shift that misses nothing. After: Crochemore and Perrin,
// "Two-way string-matching", Journal of the ACM 38 (1991); the table of last bytes as in musl.

import Glibc
import NenCore

/// A sequence of bytes that is being searched; used by one thread.
struct ByteSearch {
    private let needle: UnsafeRawBufferPointer
    /// Made when the usual search has proved too slow; used from then on.
    private var factors: TwoWayFactors?

    /// Bytes that may be compared in vain before the usual search has to show progress.
    private static let slack = 4_096
    /// Bytes that may be compared in vain for each byte that the usual search advances.
    private static let wasteMax = 4

    /// - Parameter needle: what is searched; stays valid while it is.
    init(_ needle: UnsafeRawBufferPointer) { self.needle = needle }

    /// Offset of the first occurrence at or after `from`; nil when there is none, or when the
    /// needle is empty.
    ///
    /// - Complexity: O(`text.count` - `from` + `needle.count`).
    mutating func first(in text: UnsafeRawBufferPointer, from: Int = 0) -> Int? {
        guard let start = text.baseAddress, let wanted = needle.baseAddress, !needle.isEmpty,
            from >= 0, from <= text.count &- needle.count
        else { return nil }
        if factors != nil { return firstByFactors(in: text, from: from) }
        let head = Int32(needle[0])
        let last = text.count &- needle.count
        var place = from
        var wasted = 0
        while place <= last {
            guard let hit = memchr(start + place, head, last &- place &+ 1) else { return nil }
            place = UnsafeRawPointer(hit) - start
            if memcmp(hit, wanted, needle.count) == 0 { return place }
            place &+= 1
            wasted &+= needle.count
            if wasted > ByteSearch.slack &+ ByteSearch.wasteMax &* (place &- from) {
                return firstByFactors(in: text, from: place)
            }
        }
        return nil
    }

    private mutating func firstByFactors(in text: UnsafeRawBufferPointer, from: Int) -> Int? {
        let known = factors ?? TwoWayFactors(needle)
        factors = known
        return known.first(needle, in: text, from: from)
    }

    /// One search for a needle that is not searched again.
    static func first(
        _ needle: UnsafeRawBufferPointer, in text: UnsafeRawBufferPointer, from: Int = 0
    ) -> Int? {
        var search = ByteSearch(needle)
        return search.first(in: text, from: from)
    }
}

/// What the two-way algorithm knows of its needle.
struct TwoWayFactors {
    /// The needle's critical place: its left part ends, its right part begins here.
    private let cut: Int
    /// How far to go on after a mismatch in the left part.
    private let period: Int
    /// Bytes at the needle's start that are known to match after a shift by `period`; 0 where the
    /// needle does not repeat itself.
    private let overlap: Int
    /// By byte: how far from the needle's end it stands last; the needle's length when it does
    /// not occur.
    private let fromEnd: [Int]

    /// - Complexity: O(`needle.count`), in time that the interruption of a statement may cut short.
    init(_ needle: UnsafeRawBufferPointer) {
        let rising = TwoWayFactors.maximalSuffix(needle, isRising: true)
        let falling = TwoWayFactors.maximalSuffix(needle, isRising: false)
        let (cut, period) = rising.start >= falling.start ? rising : falling
        var isPeriodic = cut + period <= needle.count
        if isPeriodic, let start = needle.baseAddress {
            isPeriodic = memcmp(start, start + period, cut) == 0
        }
        self.cut = cut
        self.period = isPeriodic ? period : max(cut, needle.count - cut) + 1
        overlap = isPeriodic ? needle.count - period : 0
        var fromEnd = [Int](repeating: needle.count, count: 256)
        for index in 0 ..< needle.count { fromEnd[Int(needle[index])] = needle.count - 1 - index }
        self.fromEnd = fromEnd
    }

    /// Where the suffix begins that is the largest in the order of bytes (or in the opposite
    /// order), and its period.
    private static func maximalSuffix(
        _ needle: UnsafeRawBufferPointer, isRising: Bool
    ) -> (start: Int, period: Int) {
        var start = 0
        var candidate = 1
        var length = 0
        var period = 1
        while candidate + length < needle.count {
            let known = needle[start + length]
            let new = needle[candidate + length]
            if known == new {
                length += 1
                if length == period {
                    candidate += period
                    length = 0
                }
            } else if isRising ? new < known : new > known {
                candidate += length + 1
                length = 0
                period = candidate - start
            } else {
                start = candidate
                candidate += 1
                length = 0
                period = 1
            }
        }
        return (start, period)
    }

    /// The first occurrence at or after `from`; nil when there is none.
    func first(
        _ needle: UnsafeRawBufferPointer, in text: UnsafeRawBufferPointer, from: Int
    ) -> Int? {
        let count = needle.count
        let last = text.count - count
        var place = from
        // So many bytes of the needle are known to match at `place`.
        var known = 0
        while place <= last {
            let skip = fromEnd[Int(text[place + count - 1])]
            if skip > 0 {
                place += max(skip, known)
                known = 0
                continue
            }
            var index = max(cut, known)
            while index < count, needle[index] == text[place + index] { index += 1 }
            if index < count {
                place += index - cut + 1
                known = 0
                continue
            }
            index = cut
            while index > known, needle[index - 1] == text[place + index - 1] { index -= 1 }
            if index <= known { return place }
            place += period
            known = overlap
        }
        return nil
    }
}
