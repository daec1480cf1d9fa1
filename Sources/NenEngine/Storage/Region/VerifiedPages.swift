// VerifiedPages: one bit per page of the region: "the extent that begins here was checked". Memory
// appears only where bits are set; any number of threads may test and set at once.
import CNenKernels
import Glibc

/// The first-touch bitmap of a store.
final class VerifiedPages: @unchecked Sendable {
    private let words: UnsafeMutableRawPointer
    private let byteCount: Int
    private let pageCount: PageNumber

    /// A bit for every page of the region; nil when the system refuses the address space.
    init?(pageCount: Int) {
        self.pageCount = PageNumber(clamping: pageCount)
        byteCount = (pageCount / 64 + 1) * 8
        guard let start = nen_map(-1, byteCount, true) else { return nil }
        words = start
    }

    deinit { munmap(words, byteCount) }

    @inline(__always)
    func contains(_ page: PageNumber) -> Bool {
        // A damaged descriptor may name any page.
        if page >= pageCount { return false }
        let word = nen_load64(words + Int(page >> 6) &* 8)
        return (word >> UInt64(page & 63)) & 1 != 0
    }

    func insert(_ page: PageNumber) {
        if page >= pageCount { return }
        _ = nen_or64(words + Int(page >> 6) &* 8, 1 << UInt64(page & 63))
    }
}
