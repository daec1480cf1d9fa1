// FreeMap: the stored form of "which pages are in use", written at checkpoints.
//
// Group g (32,512 pages) has two copies of its map, on pages 2 and 3 for group 0 and on the group's
// first two pages else. A checkpoint writes the copy that is not current. Valid for superblock C is
// the copy with the greatest checkpoint number <= C among those that pass their checksum. The
// superblock sums the checksums up, so that an old copy cannot stand in for a damaged current one.
//
// Layout of a copy (little endian):
//     0  magic       u32  "NFM1"
//     4  checksum    u32  CRC32C of bytes 8..<4096
//     8  database id u64  first half
//    16  checkpoint  u64  number of the checkpoint that wrote it
//    24  group       u32
//    28  zero        u32
//    32  bits        508 u64; bit p of the group is bit p mod 64 of word p / 64; 1 = in use
import CNenKernels
import Glibc
import NenCore

/// Which copy of each group's map is current.
struct FreeMap: Sendable {
    let shortID: UInt64
    /// Index 0 or 1 per group; nil for a group never written.
    private(set) var currentCopy: [Int?] = []
    /// Checksum of each group's current copy.
    private var checksums: [UInt32] = []
    /// Greatest checkpoint number seen in any copy. Numbers are not used twice: a copy that an
    /// unfinished checkpoint left behind must never seem to belong to a later one.
    private(set) var highestNumber: UInt64 = 0

    static let magic: UInt32 = 0x314D_464E
    private static let bitsOffset = 32

    init(shortID: UInt64) { self.shortID = shortID }

    /// Loads the maps for `superblock` into `bitmap`, which has its page count or more.
    /// - Parameter unmapped: pages in use in groups the superblock does not know.
    /// - Returns: false when a map is damaged or the sum is wrong; the map must then be rebuilt.
    mutating func load(
        from file: any File, for superblock: Superblock, into bitmap: PageBitmap,
        beside unmapped: Int
    ) throws -> Bool {
        let groups = FreeMapLayout.groupCount(forPages: Int(superblock.pageCount))
        let buffer = UnsafeMutableRawBufferPointer.allocate(
            byteCount: 2 * pageByteCount, alignment: 8)
        defer { buffer.deallocate() }
        guard let start = buffer.baseAddress else { return false }
        currentCopy = []
        checksums = []
        var isWhole = true
        for group in 0..<groups {
            try file.readAll(
                into: buffer, at: FreeMapLayout.firstCopyPage(of: group) * pageByteCount)
            let numbers = (0..<2).map {
                checkpointNumber(of: start + $0 * pageByteCount, group: group)
            }
            for number in numbers { highestNumber = max(highestNumber, number ?? 0) }
            let fitting = (0..<2).filter { copy in
                numbers[copy].map { $0 <= superblock.checkpoint } ?? false
            }
            let best = fitting.max { (numbers[$0] ?? 0) < (numbers[$1] ?? 0) }
            currentCopy.append(best)
            checksums.append(
                start.load(fromByteOffset: (best ?? 0) * pageByteCount + 4, as: UInt32.self))
            if let best {
                bitmap.loadGroup(group, from: start + best * pageByteCount + FreeMap.bitsOffset)
            } else {
                isWhole = false
            }
        }
        return isWhole && FreeMap.sum(checksums) == superblock.mapChecksum
            && (0..<groups).allSatisfy { bitmap.keepsReserved(in: $0) }
            && bitmap.usedCount - unmapped == Int(superblock.usedPages)
    }

    /// The copy's checkpoint number; nil when it does not pass its checksum.
    private func checkpointNumber(of page: UnsafeRawPointer, group: Int) -> UInt64? {
        guard page.load(as: UInt32.self) == FreeMap.magic,
            page.load(fromByteOffset: 8, as: UInt64.self) == shortID,
            page.load(fromByteOffset: 24, as: UInt32.self) == UInt32(group),
            page.load(fromByteOffset: 4, as: UInt32.self)
                == nen_crc32c(0, page + 8, pageByteCount - 8)
        else { return nil }
        let number = page.load(fromByteOffset: 16, as: UInt64.self)
        return number < StoredBounds.number ? number : nil
    }

    /// A group's map as checkpoint `checkpoint` will write it.
    struct Image {
        var group: Int
        var copy: Int
        var checksum: UInt32
        var bytes: [UInt8]
    }

    private static func sum(_ checksums: [UInt32]) -> UInt32 {
        nen_crc32c(0, checksums, checksums.count * 4)
    }

    /// The superblock's `map checksum` once `images` are written.
    func checksum(with images: [Image]) -> UInt32 {
        var next = self
        next.adopt(images)
        return FreeMap.sum(next.checksums)
    }

    /// Builds the images of `groups`, for the copies that are not current.
    func images(of groups: Set<Int>, in bitmap: PageBitmap, checkpoint: UInt64) -> [Image] {
        groups.sorted().filter { $0 < bitmap.groupCount }.map { group in
            var bytes = [UInt8](repeating: 0, count: pageByteCount)
            var checksum: UInt32 = 0
            bytes.withUnsafeMutableBytes { page in
                page.storeBytes(of: FreeMap.magic, as: UInt32.self)
                page.storeBytes(of: shortID, toByteOffset: 8, as: UInt64.self)
                page.storeBytes(of: checkpoint, toByteOffset: 16, as: UInt64.self)
                page.storeBytes(of: UInt32(group), toByteOffset: 24, as: UInt32.self)
                let words = bitmap.words + group * FreeMapLayout.wordsPerGroup
                let target = UnsafeMutableRawBufferPointer(rebasing: page[FreeMap.bitsOffset...])
                target.copyMemory(
                    from: UnsafeRawBufferPointer(
                        start: words, count: FreeMapLayout.wordsPerGroup * 8))
                checksum = nen_crc32c(0, page.baseAddress.map { $0 + 8 }, pageByteCount - 8)
                page.storeBytes(of: checksum, toByteOffset: 4, as: UInt32.self)
            }
            let current = group < currentCopy.count ? currentCopy[group] : nil
            return Image(
                group: group, copy: current == 0 ? 1 : 0, checksum: checksum, bytes: bytes)
        }
    }

    /// Writes images to their places.
    static func write(_ images: [Image], to file: any File) throws {
        for image in images {
            let page = FreeMapLayout.firstCopyPage(of: image.group) + image.copy
            try image.bytes.withUnsafeBytes { try file.writeAll($0, at: page * pageByteCount) }
        }
    }

    /// The data file becomes so short that groups from `count` on are gone.
    mutating func forget(groupsFrom count: Int) {
        currentCopy.removeLast(max(0, currentCopy.count - count))
        checksums.removeLast(max(0, checksums.count - count))
    }

    /// The images' superblock is on disk: their copies are current now.
    mutating func adopt(_ images: [Image]) {
        for image in images {
            while currentCopy.count <= image.group {
                currentCopy.append(nil)
                checksums.append(0)
            }
            currentCopy[image.group] = image.copy
            checksums[image.group] = image.checksum
        }
    }
}
