// VerifiedPages: which extents were compared with their checksum since open. One word per page of
// the region, used at an extent's first page: the length and the checksum that the bytes were
// found to have. A reference with another length or another checksum, from a damaged file or of
// another time, does not inherit the answer. Memory appears only where words are set; any number
// of threads may ask and set at once.
import CNenKernels
import Glibc

/// The first-touch table of a store.
final class VerifiedPages: @unchecked Sendable {
    // Sendable: words are read and written atomically.
    private let words: UnsafeMutableRawPointer
    private let pageCount: Int

    /// A word for every page of the region. Nil when the system refuses the address space.
    init?(pageCount: Int) {
        guard let start = nen_map(-1, pageCount * 8, true) else { return nil }
        words = start
        self.pageCount = pageCount
    }

    deinit { munmap(words, pageCount * 8) }

    /// Whether these very bytes were compared; false for extents outside the region.
    @inline(__always)
    func contains(_ extent: ExtentDescriptor) -> Bool {
        guard Int(extent.page) < pageCount else { return false }
        return nen_load64(words + Int(extent.page) &* 8) == VerifiedPages.word(extent)
    }

    /// Fetches the word of an extent, which may be any.
    @inline(__always)
    func prefetch(_ extent: ExtentDescriptor) { nen_prefetch(words + Int(extent.page) &* 8) }

    /// The bytes of `extent`, which lies in the region, match their checksum.
    func insert(_ extent: ExtentDescriptor) {
        let word = words + Int(extent.page) &* 8
        while true {
            let old = nen_load64(word)
            if nen_swap64(word, old, VerifiedPages.word(extent)) { return }
        }
    }

    /// Whatever begins in these pages of the region was not compared.
    func remove(_ run: PageRun) {
        for page in Int(run.start) ..< min(Int(run.end), pageCount) {
            let word = words + page &* 8
            while true {
                let old = nen_load64(word)
                if old == 0 || nen_swap64(word, old, 0) { break }
            }
        }
    }

    /// Never zero: an extent has at least one byte.
    @inline(__always)
    private static func word(_ extent: ExtentDescriptor) -> UInt64 {
        UInt64(extent.checksum) &<< 32 | UInt64(extent.byteCount)
    }
}
