// StoreDisk: the files of a store, their locks, and what is known of the durable state.
//
// `<database>` holds the pages, `<database>-log` the log, `<database>-shared` the shared page.
import CNenKernels
import Glibc
import NenCore

/// Files and durable state of one open core.
final class StoreDisk: @unchecked Sendable {
    let fileSystem: any FileSystem
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

    /// The durable checkpoint and its slot. Guarded by `checkpointGate`, as is the free map.
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
    var lastWaitingStamp: UInt64 = 0
    /// False once locks and descriptors were given back.
    var isAttached = true

    var syncWorker: BackgroundWorker?
    var checkpointWorker: BackgroundWorker?

    static func logPath(_ path: String) -> String { path + "-log" }
    static func sharedPath(_ path: String) -> String { path + "-shared" }

    init(
        fileSystem: any FileSystem, data: any File, logFile: (any File)?,
        sharedFile: (any File)?, process: ProcessEntry?, superblock: Superblock, slot: Int
    ) {
        self.fileSystem = fileSystem
        self.data = data
        self.logFile = logFile
        self.sharedFile = sharedFile
        self.process = process
        locks = StoreLocks(data: data)
        databaseID = superblock.databaseID
        segmentBytes = superblock.segmentBytes
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
        data.close()
        logFile?.close()
        sharedFile?.close()
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
