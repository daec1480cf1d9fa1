// Opening. Every process holds the attach byte shared while it has the database open. Who gets it
// exclusively is alone and recovers (PageStore+Recovery); everybody else finds a valid shared page
// and takes the published root as it is.
import CNenKernels
import Glibc
import NenCore

extension PageStore {
    /// Opens the database at `path`, creating it where there is none.
    /// - Throws: `NQLError`: I/O, corruption, busy, or a file that is no database of this format.
    static func open(
        path: String, options: StoreOptions, fileSystem: any FileSystem, owner: any RootOwner
    ) throws -> PageStore {
        do {
            let location: StoreLocation
            do { location = try StoreLocation.find(path, in: fileSystem) } catch
                let failure as IOFailure where failure.code == ENOENT && options.demandsExistence
            {
                throw StoreLocation.notFound(path)
            }
            let bootID = try fileSystem.bootIdentity()
            let limit = deadline(inMilliseconds: options.busyTimeoutMilliseconds)
            while true {
                let found = try openData(location, options, fileSystem)
                let opening = Opening(
                    location: location, options: options, fileSystem: fileSystem, owner: owner,
                    data: found.file, isWritable: found.isWritable, isNew: found.isNew,
                    bootID: bootID, limit: limit)
                do {
                    return try opening.attachOnce()
                } catch is Opening.Renamed {
                    // Another file has the name by now: that one is meant.
                    found.file.close()
                    guard nen_monotonic_nanoseconds() < limit else {
                        throw NQLError.runtime(
                            .busy, "Attach",
                            "'\(location.path)' is replaced by another file again and again",
                            hint: "try again when that is over")
                    }
                }
            }
        } catch let failure as IOFailure {
            throw failure.error
        }
    }

    private struct OpenedData {
        var file: any File
        /// The file may be written, and others made beside it.
        var isWritable: Bool
        var isNew = false
    }

    /// Opens the data file with the strongest access the options ask for and the system allows.
    private static func openData(
        _ location: StoreLocation, _ options: StoreOptions, _ fileSystem: any FileSystem
    ) throws -> OpenedData {
        let path = location.path
        for attempt in 1... {
            do {
                let file = try fileSystem.open(path, .readWrite)
                // Who only reads can do without a shared file where none can be made.
                let canJoin = !options.isReadOnly || fileSystem.canCreate(beside: path)
                return OpenedData(file: file, isWritable: canJoin)
            } catch let failure as IOFailure where failure.code == ENOENT {
                if options.demandsExistence { throw StoreLocation.notFound(path) }
            } catch let failure as IOFailure
                where options.isReadOnly && [EACCES, EROFS, EPERM].contains(failure.code)
            {
                return OpenedData(file: try fileSystem.open(path, .readOnly), isWritable: false)
            }
            do {
                return OpenedData(
                    file: try fileSystem.open(path, .createNew), isWritable: true, isNew: true)
            } catch let failure as IOFailure where failure.code == EEXIST && attempt < 10 {
                // Made by somebody else in between.
            }
        }
        throw IOFailure(operation: "open", path: path, code: EEXIST)
    }
}

/// One call of `open` on its way.
struct Opening {
    let location: StoreLocation
    let options: StoreOptions
    let fileSystem: any FileSystem
    let owner: any RootOwner
    let data: any File
    let isWritable: Bool
    /// The data file was made by this call.
    let isNew: Bool
    let bootID: [UInt8]
    /// When to give up waiting for others.
    let limit: UInt64

    var path: String { location.path }

    /// The name leads to another file than the one opened.
    struct Renamed: Error {}

    /// Joins this process's core of the file, or becomes the one that has it.
    func attachOnce() throws -> PageStore {
        let status = try data.status()
        try StoreLocation.demandOneName(status, path)
        guard options.sharesCore else { return try attach() }
        let key = StoreRegistry.Key(file: status.identity, isReadOnly: options.isReadOnly)
        return try StoreRegistry.shared.store(for: key) { try attach() }
    }

    /// Becomes one of those who have the database open.
    private func attach() throws -> PageStore {
        let locks = StoreLocks(data: data)
        var pause: UInt32 = 100
        while true {
            if isWritable, try locks.tryLock(.attach, .exclusive) {
                try demandName()
                return try attachAlone(locks)
            }
            if try locks.tryLock(.attach, .shared) {
                try demandName()
                if let store = try isWritable ? joinOthers() : openUnwritable() { return store }
                locks.unlock(.attach)
            }
            if nen_monotonic_nanoseconds() >= limit {
                throw NQLError.runtime(
                    .busy, "Attach",
                    "another process is opening, recovering or reading '\(path)' in a way that "
                        + "admits no one else, and did not finish within "
                        + "\(options.busyTimeoutMilliseconds) ms",
                    hint: "try again, or raise the busy timeout")
            }
            try Interruption.check()
            usleep(pause)
            pause = min(pause * 2, 5_000)
        }
    }

    /// The lock is worth something only for the file that has the name.
    private func demandName() throws {
        let there = try fileSystem.status(of: path)?.identity
        if try there != data.identity() { throw Renamed() }
    }

    private func attachAlone(_ locks: StoreLocks) throws -> PageStore {
        let made = MadeFiles(fileSystem)
        let store: PageStore
        do { store = try openAlone(made) } catch {
            made.removeAll()
            throw error
        }
        // Without a shared page nobody can join: the locks stay exclusive.
        guard let sharedFile = store.disk?.sharedFile else { return store }
        for file in [store.disk?.logFile, sharedFile].compactMap({ $0 })
        where try !StoreLocks.claim(file, .shared) {
            throw IOFailure(operation: "lock", path: file.path, code: EAGAIN)
        }
        guard try locks.tryLock(.attach, .shared) else {
            throw IOFailure(operation: "lock", path: path, code: EAGAIN)
        }
        return store
    }

    /// Files that a call of `open` made; they go again when it fails. Used under the exclusive
    /// lock.
    final class MadeFiles {
        private let fileSystem: any FileSystem
        var paths: [String] = []

        init(_ fileSystem: any FileSystem) { self.fileSystem = fileSystem }

        func removeAll() {
            for path in paths { try? fileSystem.remove(path) }
            paths = []
        }
    }

    // MARK: The parts of a store

    /// A page that only this process sees.
    func privatePage() throws -> SharedPage {
        guard let bytes = nen_map(-1, SharedPage.byteCount, true) else {
            throw IOFailure(operation: "map", path: path, code: ENOMEM)
        }
        return SharedPage(bytes: bytes, isFile: false)
    }

    func mapShared(_ file: any File) throws -> SharedPage {
        guard let bytes = try file.map(byteCount: SharedPage.byteCount, isWritable: true) else {
            throw IOFailure(operation: "map", path: file.path, code: ENOMEM)
        }
        return SharedPage(bytes: bytes, isFile: true)
    }

    func makeStore(
        shared: SharedPage, logFile: (any File)?, sharedFile: (any File)?,
        superblock: Superblock, slot: Int, report: OpenReport
    ) throws -> PageStore {
        let process = try sharedFile.map { try ProcessEntry(claimingIn: $0, shared: shared) }
        let region = try Region(mapping: data)
        let disk = try StoreDisk(
            fileSystem: fileSystem, location: location, data: data, logFile: logFile,
            sharedFile: sharedFile, process: process, superblock: superblock, slot: slot)
        let capacity = try PageStore.capacityPages(of: options, in: region)
        let store = try PageStore(
            region: region, shared: shared,
            pins: PinTable(shared: shared, process: process?.index ?? 0), disk: disk,
            allocator: PageAllocator(
                used: PageBitmap(), base: PageBitmap(), changedGroups: [],
                capacityPages: capacity),
            tip: .empty, options: options, owner: owner, report: report)
        disk.syncWorker = BackgroundWorker(
            delayMilliseconds: options.durability == .normal ? 100 : 0
        ) { [weak store] in store?.syncTips() }
        disk.checkpointWorker = BackgroundWorker { [weak store] in
            store?.checkpointInBackground()
        }
        return store
    }
}
