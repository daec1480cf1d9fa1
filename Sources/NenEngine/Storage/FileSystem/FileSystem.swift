// FileSystem: every call the store makes to the operating system, so that tests can stand in for
// the disk: count operations, refuse them, forget what was not synced.
//
// All calls may throw `IOFailure`. Reads and writes may be short, as the system's are; `readAll`
// and `writeAll` finish them.
import Glibc

/// How a file is opened.
enum OpenMode: Sendable {
    case readOnly
    case readWrite
    /// For reading and writing; made when it does not exist.
    case create
    /// For reading and writing; made, and refused with EEXIST when there is something.
    case createNew
}

/// Strength of a lock on one byte.
enum LockKind: Int32, Sendable {
    case none = 0
    case shared = 1
    case exclusive = 2
}

/// Names a file apart from its path.
struct FileIdentity: Hashable, Sendable {
    var device: UInt64
    var inode: UInt64
}

/// What stands under a name, or is open.
struct FileStatus: Hashable, Sendable {
    /// What kind of thing it is.
    enum Kind: String, Sendable {
        case regular = "file"
        case directory = "directory"
        case device = "device"
        case pipe = "named pipe"
        case socket = "socket"
        case link = "symbolic link"
        case other = "special file"
    }

    var kind: Kind
    var identity: FileIdentity
    /// Names the file has.
    var linkCount: Int
    var byteCount: Int
}

/// Opens and removes files.
protocol FileSystem: AnyObject, Sendable {
    /// Opens a regular file; a symbolic link at the path's end is refused with ELOOP, anything else
    /// without touching it.
    func open(_ path: String, _ access: OpenMode) throws -> any File
    /// Makes a file without a name in a directory, for reading and writing. It is gone when it is
    /// closed, also by the end of the process.
    func openTemporary(in directory: String) throws -> any File
    /// What stands at the path, links followed; nil when nothing does.
    func status(of path: String) throws -> FileStatus?
    /// The path with all links followed and without `.` and `..`. Its last part need not exist.
    func resolve(_ path: String) throws -> String
    /// Whether files can be made in the directory of `path`.
    func canCreate(beside path: String) -> Bool
    /// Gives the file at `path` the name `target`, replacing at once what has it.
    func rename(_ path: String, to target: String) throws
    /// Removes the name; no error when there is none.
    func remove(_ path: String) throws
    /// Makes the directory's entry for `path` durable.
    func syncDirectory(of path: String) throws
    /// Sixteen bytes that differ after every restart of the machine.
    func bootIdentity() throws -> [UInt8]
}

/// An open file.
protocol File: AnyObject, Sendable {
    var path: String { get }
    func byteCount() throws -> Int
    func status() throws -> FileStatus
    /// Start of the first bytes at or behind `offset` that are not a hole; nil when there are none.
    func nextData(from offset: Int) throws -> Int?
    /// Reads at most the buffer's bytes; 0 at the end.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws -> Int
    /// Writes the pieces one after the other; returns how many bytes were taken.
    func write(_ pieces: UnsafeBufferPointer<iovec>, at offset: Int) throws -> Int
    /// Brings all written bytes to the disk, and the length needed to read them.
    func sync() throws
    func truncate(to byteCount: Int) throws
    /// Makes sure that bytes up to `end` exist on the disk and are zero where they are new.
    func allocate(from start: Int, to end: Int) throws
    /// Maps the file shared; nil when the system refuses so long a span.
    func map(byteCount: Int, isWritable: Bool) throws -> UnsafeMutableRawPointer?
    /// Tries to change this open file's lock on a byte; false when others hold it.
    func lock(_ kind: LockKind, at offset: Int) throws -> Bool
    /// Whether another open file holds a lock on the byte.
    func isLockedByOthers(at offset: Int) throws -> Bool
    /// Ends use; locks go with it. Mappings stay.
    func close()
}

extension File {
    func identity() throws -> FileIdentity { try status().identity }

    /// Reads the whole buffer; bytes beyond the file's end are zero. Returns the bytes there were.
    @discardableResult
    func readAll(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws -> Int {
        var done = 0
        while done < buffer.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
            let count = try read(into: rest, at: offset + done)
            if count == 0 { break }
            done += count
        }
        let tail = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
        tail.initializeMemory(as: UInt8.self, repeating: 0)
        return done
    }

    /// Writes all pieces, taking up after short writes.
    func writeAll(_ pieces: UnsafeMutableBufferPointer<iovec>, at offset: Int) throws {
        var first = 0
        var position = offset
        let most = 1_024
        while first < pieces.count {
            let end = min(first + most, pieces.count)
            let part = UnsafeBufferPointer(rebasing: UnsafeBufferPointer(pieces)[first..<end])
            var taken = try write(part, at: position)
            guard taken > 0 else {
                throw IOFailure(operation: "write", path: path, code: EIO)
            }
            position += taken
            while first < end, taken >= pieces[first].iov_len {
                taken -= pieces[first].iov_len
                first += 1
            }
            if taken > 0 {
                pieces[first].iov_base += taken
                pieces[first].iov_len -= taken
            }
            while first < pieces.count, pieces[first].iov_len == 0 { first += 1 }
        }
    }

    /// Writes one buffer.
    func writeAll(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws {
        guard let start = bytes.baseAddress, bytes.count > 0 else { return }
        var piece = iovec(
            iov_base: UnsafeMutableRawPointer(mutating: start), iov_len: bytes.count)
        try withUnsafeMutablePointer(to: &piece) {
            try writeAll(UnsafeMutableBufferPointer(start: $0, count: 1), at: offset)
        }
    }
}
