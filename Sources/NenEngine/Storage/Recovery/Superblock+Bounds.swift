// Superblock+Bounds: what the numbers of a superblock may be. A checksum protects against
// accidents, not against a file made to deceive, so nothing of a slot is used before it passed.
import NenCore

/// Bounds of numbers that are stored.
enum StoredBounds {
    /// Transactions, checkpoints and log positions stay below, so that sums of them and of what a
    /// process adds in its life cannot overflow.
    static let number: UInt64 = 1 << 62
    /// Pages a descriptor can name.
    static let pageCount: UInt64 = 1 << 32
    /// Sizes of log segments. A segment is read into memory as a whole.
    static let segmentBytes: ClosedRange<UInt32> = 8_192...1 << 26
    /// Segments of a log file.
    static let logPlaces = 1 << 20
    /// Log segments are multiples of this.
    static let segmentUnit: UInt32 = 4_096
}

extension Superblock {
    /// What is impossible in this superblock, as a clause; nil when nothing is.
    var flaw: String? {
        guard StoredBounds.segmentBytes.contains(segmentBytes),
            segmentBytes % StoredBounds.segmentUnit == 0
        else { return "its log segments have \(segmentBytes) bytes" }
        for (name, value) in [
            ("checkpoint", checkpoint), ("transaction", transaction), ("log start", logStart),
        ] where value >= StoredBounds.number {
            return "its \(name) is \(value)"
        }
        guard logStart % 8 == 0 else { return "its log start of \(logStart) is not aligned" }
        guard pageCount <= StoredBounds.pageCount, usedPages <= pageCount else {
            return "it counts \(usedPages) used pages of \(pageCount)"
        }
        guard FreeMapLayout.admits(root, pageCount: Int(pageCount)), root.byteCount > 0 else {
            return "its root of \(root.byteCount) bytes at page \(root.page) lies outside "
                + "\(pageCount) pages"
        }
        guard root.birth <= transaction else {
            return "its root is of transaction \(root.birth) behind its own \(transaction)"
        }
        return nil
    }
}

extension FreeMapLayout {
    /// Whether an extent lies where an allocator could have put it: within the file, within one
    /// group, and not on the group's own pages.
    static func admits(_ extent: ExtentDescriptor, pageCount: Int) -> Bool {
        let start = Int(extent.page)
        let end = start + max(1, extent.pageCount)
        let group = start / pagesPerGroup
        return end <= pageCount && (end - 1) / pagesPerGroup == group
            && start - group * pagesPerGroup >= reserved(in: group)
    }
}
