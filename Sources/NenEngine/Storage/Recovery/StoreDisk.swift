// StoreDisk: the files of a store, their locks, and what is known of the durable state.
//
// `<database>` holds the pages, `<database>-log` the log, `<database>-shared` the shared page.
import CNenKernels
import Glibc
import NenCore

/// Files and durable state of one open core.
final class StoreDisk: @unchecked Sendable {
    let fileSystem: any FileSystem
    let location: StoreLocation
    let data: any File
    /// Nil only when the database cannot be written and no log is needed.
    let logFile: (any File)?
    let sharedFile: (any File)?
    /// Nil without a shared file: nobody else can be there then.
    let process: ProcessEntry?
    let locks: StoreLocks
    /// The database's identity and its log's geometry, which no checkpoint changes.
    let databaseID: [UInt8]
    let segmentBytes: UInt32
    /// The names of the open files, and which files they led to.
    private let names: [(path: String, identity: FileIdentity)]

    /// The durable checkpoint and its slot. Guarded by `checkpointGate`, as is the free map; set
    /// with the store's state monitor held, too.
    var superblock: Superblock
    var slot: Int
    var freeMap: FreeMap
    var nextCheckpoint: UInt64 = 1
    /// One checkpoint or stock-taking at a time in this process.
    let checkpointGate = Monitor()

    /// The appending end; belongs to the holder of the write lock. Nil until this process writes.
    var log: LogWriter?
    /// Guarded by the store's state monitor.
    var holdsWriteLock = false
    /// Log position that this process knows to be on disk. Guarded by the store's state monitor.
    var syncedPosition: UInt64 = 0
    /// The root a checkpoint of this process is writing; 0 none. Guarded likewise.
    var checkpointing: UInt64 = 0
    var lastWaitingStamp: UInt64 = 0
    /// False once locks and descriptors were given back.
    var isAttached = true

    var syncWorker: BackgroundWorker?
    var checkpointWorker: BackgroundWorker?

    static let logSuffix = "-log"
    static let sharedSuffix = "-shared"
    static func logPath(_ path: String) -> String { path + logSuffix }
    static func sharedPath(_ path: String) -> String { path + sharedSuffix }

    init(
        fileSystem: any FileSystem, location: StoreLocation, data: any File,
        logFile: (any File)?, sharedFile: (any File)?, process: ProcessEntry?,
        superblock: Superblock, slot: Int
    ) throws {
        self.fileSystem = fileSystem
        self.location = location
        self.data = data
        self.logFile = logFile
        self.sharedFile = sharedFile
        self.process = process
        locks = StoreLocks(data: data)
        databaseID = superblock.databaseID
        segmentBytes = superblock.segmentBytes
        names = try [data, logFile, sharedFile].compactMap { $0 }.map {
            ($0.path, try $0.identity())
        }
        self.superblock = superblock
        self.slot = slot
        freeMap = FreeMap(shortID: superblock.shortID)
    }

    /// Identifies this core in the shared page.
    var token: UInt64 { process?.token ?? 1 }

    /// Gives back all locks, then the descriptors. The locks must go by name: they belong to the
    /// open file, which the region's mapping keeps open as long as there are pins.
    func closeFiles() {
        for byte in StoreLocks.Byte.allCases { locks.unlock(byte) }
        for file in [logFile, sharedFile] { file.map(StoreLocks.release) }
        data.close()
        logFile?.close()
        sharedFile?.close()
    }

    /// Throws when a name of the database leads to another file than the open one, or to none, or
    /// when a file is shorter than it was: a commit would go into files that nobody finds any more,
    /// or beside what is gone. Costs a look at each name, about a microsecond.
    /// - Parameters:
    ///   - dataBytes: what the data file has at least.
    ///   - logBytes: what the log has at least.
    func checkNames(dataBytes: Int, logBytes: Int) throws {
        for (path, identity) in names {
            let there = try fileSystem.status(of: path)
            let least = path == data.path ? dataBytes : path == logFile?.path ? logBytes : 0
            if let there, there.identity == identity, there.byteCount >= least { continue }
            let fate =
                there == nil
                ? "removed or renamed"
                : there?.identity == identity ? "cut" : "replaced by another file"
            throw NQLError.runtime(
                .io, "FileReplaced",
                "'\(path)' was \(fate) while the database is open, so that what is committed would "
                    + "not be found again",
                hint: "close the database, put its files back in their places and open it again")
        }
    }

    /// The first bytes of a new data file: until its superblocks stand it is known as unfinished.
    func writeCreationMark() throws {
        let page = UnsafeMutableRawBufferPointer.allocate(byteCount: pageByteCount, alignment: 8)
        defer { page.deallocate() }
        guard let start = page.baseAddress else { return }
        Superblock.encodeCreationMark(into: start)
        try data.writeAll(UnsafeRawBufferPointer(page), at: pageByteCount)
        try data.sync()
    }

    /// Puts a claim about the log where it harms nothing.
    func write(_ note: LogNote, beside slot: Int) throws {
        try withUnsafeTemporaryAllocation(byteCount: LogNote.byteCount, alignment: 8) { bytes in
            guard let start = bytes.baseAddress else { return }
            note.encode(into: start)
            try data.writeAll(
                UnsafeRawBufferPointer(bytes), at: (1 - slot) * pageByteCount + LogNote.offset)
        }
    }

    /// Pages of the data file, in whole growth units.
    func dataPageCount() throws -> Int {
        let unit = PageAllocator.growthUnit * pageByteCount
        return try data.byteCount() / unit * PageAllocator.growthUnit
    }

    func growData(fromPages current: Int, toPages target: Int) throws {
        try data.allocate(from: current * pageByteCount, to: target * pageByteCount)
    }

    /// One page of zeros; only ever read.
    nonisolated(unsafe) private static let zeros: UnsafeMutableRawPointer = {
        let page = UnsafeMutableRawPointer.allocate(byteCount: pageByteCount, alignment: 64)
        page.initializeMemory(as: UInt8.self, repeating: 0, count: pageByteCount)
        return page
    }()

    /// Writes page images; neighbours go in one call, and the tail of each last page becomes zero.
    func write(_ images: [PageImage]) throws {
        let ordered = images.sorted { $0.page < $1.page }
        var pieces: [iovec] = []
        var first = 0
        while first < ordered.count {
            pieces.removeAll(keepingCapacity: true)
            var next = first
            var page = Int(ordered[first].page)
            while next < ordered.count, Int(ordered[next].page) == page {
                let bytes = ordered[next].bytes
                let pages = pagesNeeded(for: bytes.count)
                if let start = bytes.baseAddress, bytes.count > 0 {
                    pieces.append(
                        iovec(
                            iov_base: UnsafeMutableRawPointer(mutating: start),
                            iov_len: bytes.count))
                }
                let tail = pages * pageByteCount - bytes.count
                if tail > 0 { pieces.append(iovec(iov_base: StoreDisk.zeros, iov_len: tail)) }
                page += pages
                next += 1
                if pages == 0 { break }
            }
            let offset = Int(ordered[first].page) * pageByteCount
            try pieces.withUnsafeMutableBufferPointer {
                if !$0.isEmpty { try data.writeAll($0, at: offset) }
            }
            first = next
        }
    }

    /// Writes a superblock into a slot.
    func write(_ superblock: Superblock, slot: Int) throws {
        let page = UnsafeMutableRawBufferPointer.allocate(byteCount: pageByteCount, alignment: 8)
        defer { page.deallocate() }
        guard let start = page.baseAddress else { return }
        superblock.encode(into: start)
        try data.writeAll(UnsafeRawBufferPointer(page), at: slot * pageByteCount)
    }
}
