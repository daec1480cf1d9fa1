// ArchiveFile: one piece of an archived log, opened for reading.
import CNenKernels
import Glibc
import NenCore

/// A transaction of an archive.
struct ArchivedGroup {
    var transaction: UInt64
    /// Of the commit, milliseconds since 1970; 0 where it is not known.
    var timeMilliseconds: Int64
    /// CRC of the log's chain behind it.
    var chain: UInt32
    var payload: LogBytes
}

/// An open archive file.
final class ArchiveFile {
    let name: String
    let file: any File
    let header: ArchiveHeader

    /// Opens `name`; nil when it has no valid header.
    init?(_ name: String, in directory: BackupDirectory) throws {
        let file = try directory.fileSystem.open(directory.full(name), .readOnly)
        let bytes = UnsafeMutableRawBufferPointer.allocate(
            byteCount: ArchiveHeader.width, alignment: 16)
        defer { bytes.deallocate() }
        try file.readAll(into: bytes, at: 0)
        guard
            let found = ArchiveHeader.decode(
                UnsafeRawBufferPointer(bytes), fileByteCount: try file.byteCount())
        else {
            file.close()
            return nil
        }
        self.name = name
        self.file = file
        header = found
    }

    deinit { file.close() }

    /// The archive files of a directory, in the order of their transactions.
    static func all(in directory: BackupDirectory) throws -> [ArchiveFile] {
        try directory.names().filter(ArchiveHeader.isArchive).compactMap {
            try ArchiveFile($0, in: directory)
        }
    }

    private func damaged(_ what: String) -> NQLError {
        .runtime(
            .corruption, "Backup", "the log archive '\(file.path)' \(what)",
            hint: "restore to a transaction before the damage, or from a backup behind it")
    }

    /// Calls `body` with each group in order until it says false.
    func forEachGroup(_ body: (ArchivedGroup) throws -> Bool) throws {
        var offset = ArchiveHeader.width
        var transaction = header.behind
        let head = UnsafeMutableRawBufferPointer.allocate(
            byteCount: ArchiveHeader.groupHeadWidth, alignment: 16)
        defer { head.deallocate() }
        while transaction < header.last {
            try file.readAll(into: head, at: offset)
            let length = head.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
            guard head.loadUnaligned(as: UInt64.self) == transaction + 1,
                length <= UInt64(max(0, header.byteCount - offset - head.count))
            else { throw damaged("has a damaged group behind transaction \(transaction)") }
            let group = LogBytes()
            let whole = UnsafeMutableRawBufferPointer(
                start: group.extend(by: head.count + Int(length)),
                count: head.count + Int(length))
            try file.readAll(into: whole, at: offset)
            guard let start = whole.baseAddress,
                ArchiveHeader.checksum(of: start, payload: Int(length))
                    == whole.loadUnaligned(fromByteOffset: 16, as: UInt32.self)
            else { throw damaged("has a damaged group of transaction \(transaction + 1)") }
            transaction += 1
            let payload = LogBytes()
            payload.append(UnsafeRawBufferPointer(rebasing: whole[head.count...]))
            let isWanted = try body(
                ArchivedGroup(
                    transaction: transaction,
                    timeMilliseconds: whole.loadUnaligned(fromByteOffset: 24, as: Int64.self),
                    chain: whole.loadUnaligned(fromByteOffset: 20, as: UInt32.self),
                    payload: payload))
            if !isWanted { return }
            offset += (whole.count + 7) & ~7
        }
    }
}
