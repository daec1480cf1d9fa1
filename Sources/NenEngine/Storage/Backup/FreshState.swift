// FreshState: what makes a data file of extents a database: a free map that marks exactly these
// extents, and superblocks that begin a history of their own: a new identity and no log. A copy
// must not pass for the original: logs of the one would fit the other.
import CNenKernels
import Glibc
import NenCore

/// Writes free map and superblocks around a root.
enum FreshState {
    /// - Parameter extents: all that `root` reaches.
    /// - Returns: the superblock of slot 0. That of slot 1 is the newer one, so that the first
    ///   checkpoint replaces page 0, and the header of a backup with it.
    @discardableResult
    static func write(
        root: ExtentDescriptor, transaction: UInt64, extents: [ExtentDescriptor], pageCount: Int,
        segmentBytes: UInt32, to file: any File
    ) throws -> Superblock {
        let bitmap = PageBitmap()
        bitmap.grow(to: pageCount)
        for extent in extents {
            bitmap.insert(PageRun(start: extent.page, count: UInt32(extent.pageCount)))
        }
        return try write(
            root: root, transaction: transaction, used: bitmap, segmentBytes: segmentBytes,
            to: file)
    }

    /// As above, with the pages in use as a bitmap.
    static func write(
        root: ExtentDescriptor, transaction: UInt64, used bitmap: PageBitmap,
        segmentBytes: UInt32, to file: any File
    ) throws -> Superblock {
        var superblock = Superblock(
            databaseID: try newIdentity(file), checkpoint: 1, transaction: transaction, root: root,
            logStart: 0, logChain: 0, segmentBytes: segmentBytes,
            pageCount: UInt64(bitmap.pageCount), usedPages: UInt64(bitmap.usedCount),
            mapChecksum: 0)
        var map = FreeMap(shortID: superblock.shortID)
        let images = map.images(
            of: Set(0 ..< bitmap.groupCount), in: bitmap, checkpoint: superblock.checkpoint)
        try FreeMap.write(images, to: file)
        superblock.mapChecksum = map.checksum(with: images)
        map.adopt(images)
        let page = UnsafeMutableRawBufferPointer.allocate(byteCount: pageByteCount, alignment: 16)
        defer { page.deallocate() }
        guard let start = page.baseAddress else { return superblock }
        let length = bitmap.pageCount * pageByteCount
        if try file.byteCount() < length { try file.truncate(to: length) }
        for slot in [1, 0] {
            superblock.checkpoint = slot == 1 ? 2 : 1
            superblock.encode(into: start)
            try file.writeAll(UnsafeRawBufferPointer(page), at: slot * pageByteCount)
        }
        return superblock
    }

    private static func newIdentity(_ file: any File) throws -> [UInt8] {
        var identity = [UInt8](repeating: 0, count: 16)
        let result = identity.withUnsafeMutableBytes { nen_random($0.baseAddress, 16) }
        guard result == 0 else {
            throw IOFailure(operation: "random numbers", path: file.path, code: -result)
        }
        return identity
    }
}
