// PrivateStore: a data file opened by itself, for reading: no log, no locks, no shared file,
// nothing written. For files that nobody else has open: copies under construction, backups,
// salvage.
import CNenKernels
import Glibc
import NenCore

enum PrivateStore {
    /// Opens `data` with `superblock` as its state. What the superblock says is not checked; what
    /// is read under its root is, as everywhere.
    static func open(
        _ data: any File, superblock: Superblock, owner: any RootOwner,
        fileSystem: any FileSystem = RealFileSystem.shared
    ) throws -> PageStore {
        guard let bytes = nen_map(-1, SharedPage.byteCount, true) else {
            throw IOFailure(operation: "map", path: data.path, code: ENOMEM)
        }
        let shared = SharedPage(bytes: bytes, isFile: false)
        shared.initialize(
            databaseID: superblock.databaseID, bootID: [UInt8](repeating: 0, count: 16))
        let disk = try StoreDisk(
            fileSystem: fileSystem, location: StoreLocation(path: data.path), data: data,
            logFile: nil, sharedFile: nil, process: nil, superblock: superblock, slot: 0)
        var options = StoreOptions()
        options.isReadOnly = true
        let store = try PageStore(
            region: try Region(mapping: data), shared: shared,
            pins: PinTable(shared: shared, process: 0), disk: disk,
            allocator: PageAllocator(
                used: PageBitmap(), base: PageBitmap(), changedGroups: [], capacityPages: 0),
            tip: superblock.record, options: options, owner: owner, report: OpenReport())
        store.state.withLock { store.publish(superblock.record) }
        shared[.valid] = 1
        return store
    }
}
