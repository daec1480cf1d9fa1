// ExtentMap: what a database file consists of, found without knowing the formats: everything stored
// is referred to by a descriptor of 24 bytes that holds place, length and CRC32C (Storage/Pages/
// ExtentDescriptor.swift), so bytes that describe existing bytes rightly *are* a descriptor. From
// the superblock's root on this finds all that is in use, and where each checksum stands, so that
// one can be put right after damage, up to the superblock.
import CNenKernels

/// The extents of a database file and who refers to them.
package struct ExtentMap: Sendable {
    /// Consecutive bytes with a checksum of their own.
    package struct Extent: Sendable {
        package let start: Int
        package let byteCount: Int
        /// Where the descriptors of it stand: the extent that holds one (-1: a superblock), and
        /// its offset in the file.
        package var references: [(holder: Int, offset: Int)]
    }

    package private(set) var extents: [Extent] = []
    private var numbers: [Int: Int] = [:]
    private static let pageByteCount = 4_096

    /// Maps the newest root of a file that was closed properly.
    package init(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { raw in
            let slots = [0, ExtentMap.pageByteCount].filter { slot in
                raw.loadUnaligned(fromByteOffset: slot, as: UInt64.self) == 0x1A0A_0D42_444E_454E
            }
            let newest = slots.max {
                raw.loadUnaligned(fromByteOffset: $0 + 32, as: UInt64.self)
                    < raw.loadUnaligned(fromByteOffset: $1 + 32, as: UInt64.self)
            }
            guard let newest else { return }
            // Both slots may hold the same root; each has its own copy of the descriptor.
            for slot in slots { note(raw, slot + 48, holder: -1, mayBegin: slot == newest) }
            var next = 0
            while next < extents.count {
                let extent = extents[next]
                var offset = extent.start
                while offset + 24 <= extent.start + extent.byteCount {
                    note(raw, offset, holder: next, mayBegin: true)
                    offset += 4
                }
                next += 1
            }
        }
    }

    /// Takes a descriptor at `offset`, if it is one.
    private mutating func note(
        _ raw: UnsafeRawBufferPointer, _ offset: Int, holder: Int, mayBegin: Bool
    ) {
        func word(_ place: Int) -> Int {
            Int(raw.loadUnaligned(fromByteOffset: offset + place, as: UInt32.self))
        }
        let start = word(0) * ExtentMap.pageByteCount
        let byteCount = word(4)
        guard word(0) >= 4, byteCount > 0, word(12) == 0, start + byteCount <= raw.count else {
            return
        }
        if let known = numbers[start], extents[known].byteCount == byteCount {
            extents[known].references.append((holder, offset))
            return
        }
        guard mayBegin, let base = raw.baseAddress,
            Int(nen_crc32c(0, base + start, byteCount)) == word(8)
        else { return }
        numbers[start] = extents.count
        extents.append(
            Extent(start: start, byteCount: byteCount, references: [(holder, offset)]))
    }

    /// Puts the checksum of an extent right, and those of all that refer to it.
    package func repair(_ number: Int, in bytes: inout [UInt8]) {
        let extent = extents[number]
        let sum = ExtentMap.checksum(bytes, extent.start, extent.byteCount)
        for reference in extent.references {
            ExtentMap.store(sum, at: reference.offset + 8, in: &bytes)
            if reference.holder >= 0 {
                repair(reference.holder, in: &bytes)
            } else {
                ExtentMap.repairSuperblock(reference.offset - 48, in: &bytes)
            }
        }
    }

    /// Puts the checksum of the superblock at `slot` right.
    package static func repairSuperblock(_ slot: Int, in bytes: inout [UInt8]) {
        store(0, at: slot + 12, in: &bytes)
        store(checksum(bytes, slot, 512), at: slot + 12, in: &bytes)
    }

    private static func checksum(_ bytes: [UInt8], _ start: Int, _ count: Int) -> UInt32 {
        bytes.withUnsafeBytes { raw in
            raw.baseAddress.map { nen_crc32c(0, $0 + start, count) } ?? 0
        }
    }

    private static func store(_ word: UInt32, at offset: Int, in bytes: inout [UInt8]) {
        for place in 0 ..< 4 {
            bytes[offset + place] = UInt8(truncatingIfNeeded: word >> UInt32(8 * place))
        }
    }
}
