// ExtentDescriptor: how one stored thing refers to another: consecutive pages and their checksum.
//
// On disk 24 bytes, little endian, inside whatever refers to the extent:
//    0  page       u32  first page; 0 means "no extent" (page 0 is a superblock)
//    4  byteCount  u32  bytes used; the rest of the last page is zero and not summed
//    8  checksum   u32  CRC32C of the `byteCount` bytes
//   12  zero       u32
//   16  birth      u64  number of the transaction that wrote it
import CNenKernels

/// Number of a 4 KiB page: its bytes stand at `number * 4096` of the file and of the region.
typealias PageNumber = UInt32

/// The unit of allocation, reuse, reference and checksum.
let pageByteCount = 4096

/// Pages needed for `byteCount` bytes.
@inline(__always)
func pagesNeeded(for byteCount: Int) -> Int { (byteCount &+ (pageByteCount - 1)) >> 12 }

/// A reference to consecutive pages that are never written again once published.
struct ExtentDescriptor: Hashable, Sendable {
    var page: UInt32
    var byteCount: UInt32
    var checksum: UInt32
    var birth: UInt64

    /// Bytes of a stored descriptor.
    static let byteWidth = 24
    static let none = ExtentDescriptor(page: 0, byteCount: 0, checksum: 0, birth: 0)

    var isNone: Bool { page == 0 }
    var pageCount: Int { pagesNeeded(for: Int(byteCount)) }

    init(page: UInt32, byteCount: UInt32, checksum: UInt32, birth: UInt64) {
        self.page = page
        self.byteCount = byteCount
        self.checksum = checksum
        self.birth = birth
    }

    /// Describes `bytes`, which will be written at `page` by transaction `birth`.
    init(page: UInt32, bytes: UnsafeRawBufferPointer, birth: UInt64) {
        precondition(bytes.count <= Int(UInt32.max), "extent of \(bytes.count) bytes")
        self.init(
            page: page, byteCount: UInt32(bytes.count),
            checksum: nen_crc32c(0, bytes.baseAddress, bytes.count), birth: birth)
    }

    /// Reads the 24 bytes at `bytes`, which need no alignment.
    init(from bytes: UnsafeRawPointer) {
        page = bytes.loadUnaligned(as: UInt32.self)
        byteCount = bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self)
        checksum = bytes.loadUnaligned(fromByteOffset: 8, as: UInt32.self)
        birth = bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self)
    }

    /// Writes the 24 bytes.
    func store(to bytes: UnsafeMutableRawPointer) {
        bytes.storeBytes(of: page, as: UInt32.self)
        bytes.storeBytes(of: byteCount, toByteOffset: 4, as: UInt32.self)
        bytes.storeBytes(of: checksum, toByteOffset: 8, as: UInt32.self)
        bytes.storeBytes(of: 0, toByteOffset: 12, as: UInt32.self)
        bytes.storeBytes(of: birth, toByteOffset: 16, as: UInt64.self)
    }
}
