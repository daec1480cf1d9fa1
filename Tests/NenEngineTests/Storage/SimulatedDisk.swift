// SimulatedDisk: files in memory that remember which bytes a power cut would leave.
//
// Every file is a memory-backed file of the system, so mappings and locks are real. Every change is
// also written into a trace; `CrashStates` turns any prefix of the trace into disks as a power cut
// there could leave them: synced bytes plus any subset of the unsynced 512-byte sectors, each in
// any of its versions, lengths and directory entries likewise.
import CNenKernels
import Glibc

@testable import NenEngine

/// Something that happened to the disk.
enum DiskEvent {
    case create(name: String, node: Int)
    case remove(name: String)
    case rename(name: String, target: String)
    case syncDirectory
    case write(node: Int, offset: Int, bytes: [UInt8])
    case resize(node: Int, byteCount: Int)
    case sync(node: Int)
}

/// One call of the store, offered to the test before it happens.
struct DiskOperation {
    enum Kind: Equatable { case open, read, write, sync, resize, map, lock, remove, syncDirectory }
    var number: Int
    var kind: Kind
    var path: String
}

/// What a test does to a call.
enum DiskFault {
    /// Refuses it.
    case error(Int32)
    /// A write takes only half, then reports success for that half.
    case short
    /// A write takes half, then reports failure.
    case tornError(Int32)
}

final class SimulatedDisk: FileSystem, @unchecked Sendable {
    private let monitor = Monitor()
    private var names: [String: Int] = [:]
    private var nodes: [Int32] = []
    private(set) var trace: [DiskEvent] = []
    private var operationCount = 0
    private let bootID: [UInt8]
    /// Decides about each call; runs with the disk's lock held.
    var onOperation: (@Sendable (DiskOperation) -> DiskFault?)?
    /// As a file system mounted read-only.
    var isReadOnlyMedium = false

    /// What was on the disk when the trace began.
    private(set) var initialFiles: [(name: String, node: Int, bytes: [UInt8])] = []

    init() {
        bootID = (0..<16).map { _ in UInt8.random(in: 0...255) }
    }

    /// A disk with these files on it, all synced.
    convenience init(files: [String: [UInt8]]) {
        self.init()
        for (name, bytes) in files {
            let node = addNode()
            names[name] = node
            initialFiles.append((name, node, bytes))
            precondition(ftruncate(nodes[node], bytes.count) == 0)
            SimulatedDisk.fill(nodes[node], with: bytes)
        }
    }

    /// Writes the pages that are not all zero; the rest are holes that read the same.
    private static func fill(_ descriptor: Int32, with bytes: [UInt8]) {
        let zeros = [UInt8](repeating: 0, count: 4_096)
        bytes.withUnsafeBytes { bytes in
            for start in stride(from: 0, to: bytes.count, by: 4_096) {
                let count = min(4_096, bytes.count - start)
                guard let page = bytes.baseAddress.map({ $0 + start }) else { return }
                if memcmp(page, zeros, count) == 0 { continue }
                precondition(pwrite(descriptor, page, count, start) == count)
            }
        }
    }

    deinit { for node in nodes { Glibc.close(node) } }

    private func addNode() -> Int {
        let descriptor = nen_memory_file("simulated")
        precondition(descriptor >= 0, "no memory file: \(descriptor)")
        nodes.append(descriptor)
        return nodes.count - 1
    }

    var traceCount: Int { monitor.withLock { trace.count } }
    var operations: Int { monitor.withLock { operationCount } }
    func setHook(_ hook: (@Sendable (DiskOperation) -> DiskFault?)?) {
        monitor.withLock {
            onOperation = hook
            operationCount = 0
        }
    }

    /// The present content of a file, as programs see it; nil when there is none.
    func content(_ name: String) -> [UInt8]? {
        monitor.withLock {
            guard let node = names[name] else { return nil }
            var status = stat()
            fstat(nodes[node], &status)
            var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
            let count = bytes.withUnsafeMutableBytes {
                pread(nodes[node], $0.baseAddress, $0.count, 0)
            }
            precondition(count == bytes.count)
            return bytes
        }
    }

    var fileNames: [String] { monitor.withLock { names.keys.sorted() } }

    /// Counts a call and lets the hook decide; runs `body` and appends its events, all at once.
    fileprivate func perform<Result>(
        _ kind: DiskOperation.Kind, _ path: String,
        _ body: (_ fault: DiskFault?, _ record: (DiskEvent) -> Void) throws -> Result
    ) throws -> Result {
        try monitor.withLock {
            let operation = DiskOperation(number: operationCount, kind: kind, path: path)
            operationCount += 1
            let fault = onOperation?(operation)
            if case .error(let code) = fault {
                throw IOFailure(operation: "simulated \(kind)", path: path, code: code)
            }
            return try body(fault) { trace.append($0) }
        }
    }

    // MARK: FileSystem

    func open(_ path: String, _ access: OpenMode) throws -> any File {
        try perform(.open, path) { _, record in
            var node = names[path]
            let creates = access == .create || access == .createNew
            if isReadOnlyMedium, creates || (node != nil && access != .readOnly) {
                throw IOFailure(operation: "open", path: path, code: EROFS)
            }
            if node != nil, access == .createNew {
                throw IOFailure(operation: "open", path: path, code: EEXIST)
            }
            if node == nil, creates {
                let made = addNode()
                names[path] = made
                record(.create(name: path, node: made))
                node = made
            }
            guard let node else { throw IOFailure(operation: "open", path: path, code: ENOENT) }
            let flags = access == .readOnly ? O_RDONLY : O_RDWR
            let descriptor = Glibc.open("/proc/self/fd/\(nodes[node])", flags | O_CLOEXEC)
            precondition(descriptor >= 0, "reopening a memory file: \(errno)")
            return SimulatedFile(
                disk: self, node: node, real: RealFile(path: path, descriptor: descriptor))
        }
    }

    func openTemporary(in directory: String) throws -> any File {
        try perform(.open, directory) { _, _ in
            if isReadOnlyMedium {
                throw IOFailure(operation: "open", path: directory, code: EROFS)
            }
            let node = addNode()
            let descriptor = Glibc.open("/proc/self/fd/\(nodes[node])", O_RDWR | O_CLOEXEC)
            precondition(descriptor >= 0, "reopening a memory file: \(errno)")
            return SimulatedFile(
                disk: self, node: node, real: RealFile(path: directory, descriptor: descriptor))
        }
    }

    func remove(_ path: String) throws {
        try perform(.remove, path) { _, record in
            if names.removeValue(forKey: path) != nil { record(.remove(name: path)) }
        }
    }

    func syncDirectory(of path: String) throws {
        try perform(.syncDirectory, path) { _, record in record(.syncDirectory) }
    }

    func rename(_ path: String, to target: String) throws {
        try perform(.remove, path) { _, record in
            guard let node = names.removeValue(forKey: path) else {
                throw IOFailure(operation: "rename", path: path, code: ENOENT)
            }
            names[target] = node
            record(.rename(name: path, target: target))
        }
    }

    func status(of path: String) throws -> FileStatus? {
        try monitor.withLock {
            try names[path].map {
                var status = stat()
                guard fstat(nodes[$0], &status) == 0 else {
                    throw IOFailure(operation: "status", path: path, code: errno)
                }
                return FileStatus(status)
            }
        }
    }

    func resolve(_ path: String) throws -> String { path }

    func canCreate(beside path: String) -> Bool { !isReadOnlyMedium }

    func bootIdentity() throws -> [UInt8] { bootID }
}

/// An open file of the simulated disk.
private final class SimulatedFile: File, @unchecked Sendable {
    let disk: SimulatedDisk
    let node: Int
    let real: RealFile

    init(disk: SimulatedDisk, node: Int, real: RealFile) {
        self.disk = disk
        self.node = node
        self.real = real
    }

    var path: String { real.path }
    func byteCount() throws -> Int { try real.byteCount() }
    func status() throws -> FileStatus { try real.status() }
    func nextData(from offset: Int) throws -> Int? { try real.nextData(from: offset) }
    func close() { real.close() }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws -> Int {
        try disk.perform(.read, path) { fault, _ in
            var buffer = buffer
            if case .short = fault, buffer.count > 1 {
                buffer = UnsafeMutableRawBufferPointer(rebasing: buffer[..<(buffer.count / 2)])
            }
            return try real.read(into: buffer, at: offset)
        }
    }

    func write(_ pieces: UnsafeBufferPointer<iovec>, at offset: Int) throws -> Int {
        try disk.perform(.write, path) { fault, record in
            var bytes: [UInt8] = []
            for piece in pieces {
                bytes += UnsafeRawBufferPointer(start: piece.iov_base, count: piece.iov_len)
            }
            if fault != nil { bytes.removeLast(bytes.count - max(1, bytes.count / 2)) }
            try bytes.withUnsafeBytes { try real.writeAll($0, at: offset) }
            record(.write(node: node, offset: offset, bytes: bytes))
            if case .tornError(let code) = fault {
                throw IOFailure(operation: "simulated write", path: path, code: code)
            }
            return bytes.count
        }
    }

    func sync() throws {
        try disk.perform(.sync, path) { _, record in record(.sync(node: node)) }
    }

    func truncate(to byteCount: Int) throws {
        try disk.perform(.resize, path) { _, record in
            try real.truncate(to: byteCount)
            record(.resize(node: node, byteCount: byteCount))
        }
    }

    func allocate(from start: Int, to end: Int) throws {
        try disk.perform(.resize, path) { _, record in
            if try real.byteCount() < end { try real.truncate(to: end) }
            record(.resize(node: node, byteCount: try real.byteCount()))
        }
    }

    func map(byteCount: Int, isWritable: Bool) throws -> UnsafeMutableRawPointer? {
        try disk.perform(.map, path) { _, _ in
            try real.map(byteCount: byteCount, isWritable: isWritable)
        }
    }

    func lock(_ kind: LockKind, at offset: Int) throws -> Bool {
        try real.lock(kind, at: offset)
    }

    func isLockedByOthers(at offset: Int) throws -> Bool {
        try real.isLockedByOthers(at: offset)
    }
}
