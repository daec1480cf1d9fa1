// BackupFile: one whole backup file, opened for reading: header, index, extents.
import CNenKernels
import Glibc
import NenCore

/// An open backup file.
final class BackupFile {
    let name: String
    let file: any File
    let header: BackupHeader
    /// Checksum of the header, by which the next increment refers to it.
    let checksum: UInt32

    /// Opens `name`; nil when it has no valid header.
    init?(_ name: String, in directory: BackupDirectory) throws {
        let file = try directory.fileSystem.open(directory.full(name), .readOnly)
        let page = UnsafeMutableRawBufferPointer.allocate(byteCount: pageByteCount, alignment: 16)
        defer { page.deallocate() }
        try file.readAll(into: page, at: 0)
        guard
            let found = BackupHeader.decode(
                page: UnsafeRawBufferPointer(page), fileByteCount: try file.byteCount())
        else {
            file.close()
            return nil
        }
        self.name = name
        self.file = file
        (header, checksum) = found
    }

    deinit { file.close() }

    private func damaged(_ what: String) -> NQLError {
        .runtime(
            .corruption, "Backup", "the backup '\(file.path)' \(what)",
            hint: "restore from another backup of the directory; nql check tells which are whole")
    }

    /// The extents in the file, ascending by page; checked to lie apart and within the state.
    func index() throws -> [ExtentDescriptor] {
        let width = ExtentDescriptor.byteWidth
        let bytes = UnsafeMutableRawBufferPointer.allocate(
            byteCount: max(1, header.extentCount * width), alignment: 8)
        defer { bytes.deallocate() }
        let used = UnsafeMutableRawBufferPointer(rebasing: bytes[..<(header.extentCount * width)])
        let count = try file.readAll(into: used, at: header.indexOffset)
        guard count == used.count,
            nen_crc32c(0, used.baseAddress, used.count) == header.indexChecksum
        else { throw damaged("has a damaged index") }
        var result: [ExtentDescriptor] = []
        result.reserveCapacity(header.extentCount)
        var end = 4
        for place in 0 ..< header.extentCount {
            guard let start = used.baseAddress else { break }
            let extent = ExtentDescriptor(from: start + place * width)
            guard Int(extent.page) >= end, extent.byteCount > 0,
                Int(extent.page) + extent.pageCount <= header.pageCount
            else { throw damaged("lists extents out of order") }
            end = Int(extent.page) + extent.pageCount
            result.append(extent)
        }
        return result
    }

    /// Where each extent of the index stands in the file.
    func offsets(_ index: [ExtentDescriptor]) -> [Int] {
        if header.kind == .full { return index.map { Int($0.page) * pageByteCount } }
        var next = pageByteCount
        return index.map { extent in
            defer { next += extent.pageCount * pageByteCount }
            return next
        }
    }

    /// Reads an extent in whole pages into `buffer` and checks it.
    func read(
        _ extent: ExtentDescriptor, at offset: Int, into buffer: UnsafeMutableRawBufferPointer
    ) throws {
        try file.readAll(into: buffer, at: offset)
        guard nen_crc32c(0, buffer.baseAddress, Int(extent.byteCount)) == extent.checksum else {
            throw damaged(
                "is damaged at offset \(offset): the extent of page \(extent.page) does not match "
                    + "its checksum")
        }
    }
}
