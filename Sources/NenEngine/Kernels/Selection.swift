// Selection: the k-th least of numbers without sorting them, by partitions around the median of
// three (Hoare, "Algorithm 65: Find", CACM 1961). Where partitions stay lopsided what is left is
// sorted, so that no input takes more than n log n.

import NenCore

/// Selection by rank.
enum Selection {
    /// Below this many, what is left is sorted.
    private static let sortedMax = 32

    /// Puts the value of rank `rank` in its place, none greater before it and none less behind it.
    ///
    /// - Throws: `Interrupted`.
    static func select<T: Comparable & BitwiseCopyable>(
        _ rank: Int, of values: UnsafeMutableBufferPointer<T>
    ) throws(NQLError) {
        precondition(values.indices.contains(rank), "rank \(rank) of \(values.count)")
        var (first, end) = (0, values.count)
        var rounds = 2 * (Int.bitWidth - values.count.leadingZeroBitCount)
        while end - first > sortedMax, rounds > 0 {
            try Interruption.spend(end - first)
            let (low, high) = partition(values, first, end)
            if rank < low {
                end = low
            } else if rank >= high {
                first = high
            } else {
                return
            }
            rounds -= 1
        }
        try Interruption.spend((end - first) &* 8)
        values[first ..< end].sort()
    }

    /// Orders by less than, equal to and greater than the median of three; where the middle part
    /// lies.
    private static func partition<T: Comparable & BitwiseCopyable>(
        _ values: UnsafeMutableBufferPointer<T>, _ first: Int, _ end: Int
    ) -> (low: Int, high: Int) {
        let middle = first + (end - first) / 2
        let pivot = median(values[first], values[middle], values[end - 1])
        var low = first
        var place = first
        var high = end
        while place < high {
            let value = values[place]
            if value < pivot {
                values.swapAt(low, place)
                low &+= 1
                place &+= 1
            } else if pivot < value {
                high &-= 1
                values.swapAt(place, high)
            } else {
                place &+= 1
            }
        }
        return (low, high)
    }

    private static func median<T: Comparable>(_ a: T, _ b: T, _ c: T) -> T {
        max(min(a, b), min(max(a, b), c))
    }
}
