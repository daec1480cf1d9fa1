// PageBitmap: which pages are in use, in groups as the free map on disk has them.
//
// A group is 32,512 pages, described by the 508 words of one free-map page. Its first pages hold
// its own two free-map copies (group 0: two superblocks before them) and are always in use, so no
// run crosses a group. Each group keeps an upper bound of its longest free run: a search skips full
// groups, and a failed search lowers the bound.
import Glibc

/// Consecutive pages.
struct PageRun: Hashable, Sendable {
    var start: UInt32
    var count: UInt32
    var end: UInt32 { start &+ count }
}

/// Constants of the free map's geometry.
enum FreeMapLayout {
    static let wordsPerGroup = 508
    static let pagesPerGroup = 508 * 64
    /// Pages at the start of group 0: two superblocks, two free-map copies.
    static let reservedInFirstGroup = 4
    /// Pages at the start of every other group: two free-map copies.
    static let reservedInGroup = 2
    /// Longest run, and so the longest extent, in pages (just under 127 MiB).
    static let longestRun = pagesPerGroup - reservedInFirstGroup

    static func reserved(in group: Int) -> Int {
        group == 0 ? reservedInFirstGroup : reservedInGroup
    }
    /// Page of copy 0 of the group's free map; copy 1 follows.
    static func firstCopyPage(of group: Int) -> Int {
        group == 0 ? 2 : group * pagesPerGroup
    }
    static func groupCount(forPages pageCount: Int) -> Int {
        (pageCount + pagesPerGroup - 1) / pagesPerGroup
    }
}

/// A growing set of used pages. Not thread-safe.
final class PageBitmap {
    private(set) var pageCount = 0
    private(set) var usedCount = 0
    private(set) var words: UnsafeMutablePointer<UInt64>
    private var groupCapacity = 0
    private var longestFree: [Int] = []

    init() { words = .allocate(capacity: 1) }

    deinit { words.deallocate() }

    var groupCount: Int { longestFree.count }

    /// Appends free pages up to `count`; the groups' own pages come in use.
    func grow(to count: Int) {
        precondition(count >= pageCount, "bitmap shrinks from \(pageCount) to \(count)")
        let groups = FreeMapLayout.groupCount(forPages: count)
        if groups > groupCapacity { reallocate(groups: max(groups, groupCapacity * 2)) }
        let previousGroups = longestFree.count
        pageCount = count
        if previousGroups > 0 { longestFree[previousGroups - 1] = FreeMapLayout.pagesPerGroup }
        for group in previousGroups..<max(groups, previousGroups) {
            longestFree.append(FreeMapLayout.pagesPerGroup)
            let first = group * FreeMapLayout.pagesPerGroup
            for page in first..<first + FreeMapLayout.reserved(in: group) {
                setBit(page)
            }
        }
    }

    private func reallocate(groups: Int) {
        let larger = UnsafeMutablePointer<UInt64>.allocate(
            capacity: groups * FreeMapLayout.wordsPerGroup)
        larger.initialize(repeating: 0, count: groups * FreeMapLayout.wordsPerGroup)
        memcpy(larger, words, groupCapacity * FreeMapLayout.wordsPerGroup * 8)
        words.deallocate()
        words = larger
        groupCapacity = groups
    }

    private func setBit(_ page: Int) {
        words[page >> 6] |= 1 << UInt64(page & 63)
        usedCount += 1
    }

    func isUsed(_ page: Int) -> Bool { (words[page >> 6] >> UInt64(page & 63)) & 1 != 0 }

    /// Marks a run used; pages used already stay so. Returns how many were free.
    @discardableResult
    func insert(_ run: PageRun) -> Int {
        precondition(Int(run.end) <= pageCount, "run \(run) beyond \(pageCount) pages")
        let before = usedCount
        forEachWord(of: run) { index, mask in
            usedCount += (mask & ~words[index]).nonzeroBitCount
            words[index] |= mask
        }
        return usedCount - before
    }

    /// Marks a run free. Returns how many of its pages were used.
    @discardableResult
    func remove(_ run: PageRun) -> Int {
        precondition(Int(run.end) <= pageCount, "run \(run) beyond \(pageCount) pages")
        let before = usedCount
        forEachWord(of: run) { index, mask in
            usedCount -= (mask & words[index]).nonzeroBitCount
            words[index] &= ~mask
        }
        if run.count > 0 {
            longestFree[Int(run.start) / FreeMapLayout.pagesPerGroup] = FreeMapLayout.pagesPerGroup
            longestFree[Int(run.end - 1) / FreeMapLayout.pagesPerGroup] =
                FreeMapLayout.pagesPerGroup
        }
        return before - usedCount
    }

    private func forEachWord(of run: PageRun, _ body: (Int, UInt64) -> Void) {
        var page = Int(run.start)
        let end = Int(run.end)
        while page < end {
            let low = page & 63
            let span = min(64 - low, end - page)
            let ones = span == 64 ? ~UInt64(0) : (UInt64(1) << UInt64(span)) - 1
            body(page >> 6, ones << UInt64(low))
            page += span
        }
    }

    /// The first free run of `count` pages, lowest group first; nil when there is none.
    func findRun(of count: Int) -> PageRun? {
        guard count <= FreeMapLayout.longestRun, count > 0 else { return nil }
        for group in 0..<longestFree.count where longestFree[group] >= count {
            let first = group * FreeMapLayout.pagesPerGroup
            let end = min(first + FreeMapLayout.pagesPerGroup, pageCount)
            let (found, longest) = findRun(of: count, from: first, to: end)
            if let found { return PageRun(start: UInt32(found), count: UInt32(count)) }
            longestFree[group] = longest
        }
        return nil
    }

    /// Searches one group; returns the run's start, or the longest free run seen.
    private func findRun(of count: Int, from first: Int, to end: Int) -> (Int?, Int) {
        var page = first
        var start = first
        var longest = 0
        while page < end {
            let word = words[page >> 6] >> UInt64(page & 63)
            let left = min(64 - (page & 63), end - page)
            let free = min(word.trailingZeroBitCount, left)
            page += free
            if page - start >= count { return (start, 0) }
            if free == left { continue }
            longest = max(longest, page - start)
            let used = min((~(word >> UInt64(free))).trailingZeroBitCount, left - free)
            page += used
            start = page
        }
        return (nil, max(longest, page - start))
    }

    /// Calls `body` with every maximal run of used (or free) pages.
    func forEachRun(used: Bool, _ body: (PageRun) -> Void) {
        var page = 0
        while page < pageCount {
            let start = page
            while page < pageCount, isUsed(page) == used {
                let word = used ? words[page >> 6] : ~words[page >> 6]
                page += page & 63 == 0 && word == ~0 && page + 64 <= pageCount ? 64 : 1
            }
            if page > start {
                body(PageRun(start: UInt32(start), count: UInt32(page - start)))
            }
            while page < pageCount, isUsed(page) != used {
                let word = used ? ~words[page >> 6] : words[page >> 6]
                page += page & 63 == 0 && word == ~0 && page + 64 <= pageCount ? 64 : 1
            }
        }
    }

    /// The end of the last run that is in use, the groups' own pages left out where nothing else of
    /// the group is used.
    var usedEnd: Int {
        for group in (0 ..< groupCount).reversed() {
            let first = group * FreeMapLayout.pagesPerGroup
            let reserved = first + FreeMapLayout.reserved(in: group)
            var word = (min(first + FreeMapLayout.pagesPerGroup, pageCount) + 63) / 64
            while word * 64 > first {
                word -= 1
                if words[word] == 0 { continue }
                let end = word * 64 + 64 - words[word].leadingZeroBitCount
                if end > reserved || group == 0 { return end }
            }
        }
        return 0
    }

    /// Pages in use from `start` to below `end`, both multiples of 64.
    func usedCount(from start: Int, to end: Int) -> Int {
        var total = 0
        for word in start / 64 ..< end / 64 { total += words[word].nonzeroBitCount }
        return total
    }

    /// A copy that ends at `count` pages; nothing but groups' own pages is in use behind it.
    func shortened(to count: Int) -> PageBitmap {
        let result = PageBitmap()
        result.grow(to: count)
        memcpy(result.words, words, (count + 63) / 64 * 8)
        result.recount()
        return result
    }

    /// Replaces one group's bits with the 508 words at `source` (bits beyond the end are dropped).
    func loadGroup(_ group: Int, from source: UnsafeRawPointer) {
        let start = group * FreeMapLayout.wordsPerGroup
        for n in 0..<FreeMapLayout.wordsPerGroup {
            let firstPage = (start + n) * 64
            var word = source.loadUnaligned(fromByteOffset: n * 8, as: UInt64.self)
            if firstPage >= pageCount {
                word = 0
            } else if firstPage + 64 > pageCount {
                word &= (UInt64(1) << UInt64(pageCount - firstPage)) - 1
            }
            usedCount += word.nonzeroBitCount - words[start + n].nonzeroBitCount
            words[start + n] = word
        }
        longestFree[group] = FreeMapLayout.pagesPerGroup
    }

    /// Whether a group's own pages are in use, as they always are.
    func keepsReserved(in group: Int) -> Bool {
        let first = group * FreeMapLayout.pagesPerGroup
        let end = min(first + FreeMapLayout.reserved(in: group), pageCount)
        return (first..<max(first, end)).allSatisfy { isUsed($0) }
    }

    /// The pages used here but not in `other`, which has as many pages.
    func subtracting(_ other: PageBitmap) -> PageBitmap {
        precondition(pageCount == other.pageCount, "\(pageCount) and \(other.pageCount) pages")
        let rest = copy()
        for n in 0..<groupCount * FreeMapLayout.wordsPerGroup { rest.words[n] &= ~other.words[n] }
        rest.recount()
        return rest
    }

    /// Adds the pages used in `other`, which has as many pages.
    func formUnion(_ other: PageBitmap) {
        precondition(pageCount == other.pageCount, "\(pageCount) and \(other.pageCount) pages")
        for n in 0..<groupCount * FreeMapLayout.wordsPerGroup { words[n] |= other.words[n] }
        recount()
    }

    private func recount() {
        usedCount = 0
        for n in 0..<groupCount * FreeMapLayout.wordsPerGroup {
            usedCount += words[n].nonzeroBitCount
        }
    }

    /// Whether a group's bits are the same in both.
    func groupEquals(_ other: PageBitmap, _ group: Int) -> Bool {
        let start = group * FreeMapLayout.wordsPerGroup
        return memcmp(words + start, other.words + start, FreeMapLayout.wordsPerGroup * 8) == 0
    }

    /// A copy of its own.
    func copy() -> PageBitmap {
        let twin = PageBitmap()
        twin.grow(to: pageCount)
        memcpy(twin.words, words, groupCount * FreeMapLayout.wordsPerGroup * 8)
        twin.usedCount = usedCount
        return twin
    }
}
