// BackupCheck: whether a backup directory would give back what it promises: every file against its
// checksums, every increment against the backup it adds to, and the newest state, put together, as
// `nql check` judges a database.
import Glibc
import NenCore

/// What a backup directory holds.
public struct BackupInventory: Sendable {
    /// A line for each file.
    public var lines: [String] = []
    /// What is wrong, one sentence each.
    public var findings: [String] = []
}

/// A check on its way.
struct BackupCheck {
    let directory: BackupDirectory
    let progress: BackupProgressReport

    /// - Parameter quick: compares checksums and leaves the structures out.
    func run(quick: Bool) throws -> BackupInventory {
        var inventory = BackupInventory()
        let chains = try BackupChain.all(in: directory)
        let members = Set(chains.compactMap { $0.files.last?.name })
        var sound: Set<String> = []
        for name in try directory.names() {
            if BackupChain.isBackup(name) {
                guard let file = try BackupFile(name, in: directory) else {
                    inventory.findings.append("\(name): is no whole backup")
                    continue
                }
                if !members.contains(name) {
                    inventory.findings.append(
                        "\(name): the backup that it adds to, number \(file.header.previous), is "
                            + "missing or another one")
                }
                inventory.lines.append(BackupCheck.line(file))
                if try check(file, &inventory) { sound.insert(name) }
            } else if ArchiveHeader.isArchive(name) {
                try checkArchive(name, &inventory)
            }
        }
        guard let newest = chains.last else {
            inventory.findings.append("\(directory.path): holds no whole backup")
            return inventory
        }
        if !quick, newest.files.allSatisfy({ sound.contains($0.name) }) {
            try checkState(newest, &inventory)
        }
        return inventory
    }

    private static func line(_ file: BackupFile) -> String {
        let header = file.header
        let kind = header.kind == .full ? "full backup" : "increment on \(header.previous)"
        return "\(file.name): \(kind), transaction \(header.transaction), "
            + "\(header.extentCount) extents, \(header.byteCount) bytes"
    }

    /// Compares all extents with their checksums; whether all was well.
    private func check(_ file: BackupFile, _ inventory: inout BackupInventory) throws -> Bool {
        do {
            let index = try file.index()
            for (extent, offset) in zip(index, file.offsets(index)) {
                try progress(BackupProgress(doneByteCount: 0, totalByteCount: 0))
                let buffer = UnsafeMutableRawBufferPointer.allocate(
                    byteCount: extent.pageCount * pageByteCount, alignment: 16)
                defer { buffer.deallocate() }
                try file.read(extent, at: offset, into: buffer)
            }
            return true
        } catch let error as NQLError where error.code == .corruption {
            inventory.findings.append("\(file.name): \(error.message)")
            return false
        }
    }

    private func checkArchive(_ name: String, _ inventory: inout BackupInventory) throws {
        guard let file = try ArchiveFile(name, in: directory) else {
            inventory.findings.append("\(name): is no whole piece of a log")
            return
        }
        let header = file.header
        inventory.lines.append(
            "\(name): log, transactions \(header.behind + 1) to \(header.last)"
                + (header.isFollowedByBulk ? ", then one that is in no log" : ""))
        do {
            try file.forEachGroup { _ in
                try progress(BackupProgress(doneByteCount: 0, totalByteCount: 0))
                return true
            }
        } catch let error as NQLError where error.code == .corruption {
            inventory.findings.append("\(name): \(error.message)")
        }
    }

    /// Puts the newest state together and checks it as a database. A full backup is looked at where
    /// it lies; with increments a copy is made that has no name, so that nothing is left of it.
    private func checkState(_ chain: BackupChain, _ inventory: inout BackupInventory) throws {
        let name = "check"
        let file: any File
        let superblock: Superblock
        if let only = chain.files.first, chain.files.count == 1 {
            file = try directory.fileSystem.open(directory.full(only.name), .readOnly)
            guard let newest = Superblock.newest(of: try Superblock.readSlots(of: file)) else {
                inventory.findings.append("\(only.name): has no superblock")
                return
            }
            superblock = newest.superblock
        } else {
            let draft = try directory.draft(name)
            defer { directory.discard(name) }
            superblock = try BackupComposition(chain, progress: progress).write(to: draft)
            file = draft
        }
        let store = try GraphStore(
            pages: try PrivateStore.open(file, superblock: superblock, owner: GraphRootOwner()))
        let place = "state of backup \(chain.newest.number)"
        var found: [String] = []
        do {
            _ = try store.check { found.append("\(place), \($0)") }
            inventory.findings.append(contentsOf: found)
        } catch let error as NQLError where error.code == .corruption {
            inventory.findings.append("\(place): \(error.message)")
        }
    }
}
