// BackupChain: a full backup and the increments on it, as one state: which extent stands in which
// file. An increment names the one before by number and checksum, so no file of another history,
// and none that was exchanged, can be taken for a member.
import NenCore

/// The files that together hold a state, the full backup first.
struct BackupChain {
    var files: [BackupFile]

    /// The newest member, whose state the chain is.
    var newest: BackupHeader { files[files.count - 1].header }

    /// All chains of a directory: for each backup the files that its state needs, ascending by
    /// number. Backups whose predecessors are missing or others are left out.
    static func all(in directory: BackupDirectory) throws -> [BackupChain] {
        var members: [UInt64: BackupFile] = [:]
        for name in try directory.names() where isBackup(name) {
            guard let file = try BackupFile(name, in: directory) else { continue }
            if file.header.fileName == name { members[file.header.number] = file }
        }
        var chains: [UInt64: BackupChain] = [:]
        for number in members.keys.sorted() {
            guard let file = members[number] else { continue }
            if file.header.kind == .full {
                chains[number] = BackupChain(files: [file])
            } else if let before = chains[file.header.previous],
                let last = before.files.last, last.checksum == file.header.previousChecksum,
                last.header.sourceID == file.header.sourceID
            {
                chains[number] = BackupChain(files: before.files + [file])
            }
        }
        return chains.keys.sorted().compactMap { chains[$0] }
    }

    /// Whether a name is that of a backup.
    static func isBackup(_ name: String) -> Bool {
        name.hasSuffix("-full.nen") || name.hasSuffix("-increment.part")
    }

    /// The greatest number that a file of the directory claims by its name; 0 without any.
    static func highestNumber(in directory: BackupDirectory) throws -> UInt64 {
        try directory.names().filter(isBackup).compactMap { UInt64($0.prefix { $0 != "-" }) }
            .max() ?? 0
    }

    /// An extent and where it stands.
    struct Place {
        var extent: ExtentDescriptor
        var file: Int
        var offset: Int
    }

    /// What the chain's files hold, ascending by page; what a later file overwrites is left out.
    func places() throws -> [Place] {
        var merged: [Place] = []
        for (number, file) in files.enumerated() {
            let index = try file.index()
            let added = zip(index, file.offsets(index)).map {
                Place(extent: $0, file: number, offset: $1)
            }
            merged = BackupChain.overlay(added, over: merged)
        }
        return merged
    }

    /// `added` and those of `below` that share no page with any of them.
    private static func overlay(_ added: [Place], over below: [Place]) -> [Place] {
        if below.isEmpty { return added }
        var result: [Place] = []
        result.reserveCapacity(added.count + below.count)
        var next = 0
        func end(_ place: Place) -> Int { Int(place.extent.page) + place.extent.pageCount }
        for place in below {
            while next < added.count, end(added[next]) <= Int(place.extent.page) {
                result.append(added[next])
                next += 1
            }
            if next < added.count, Int(added[next].extent.page) < end(place) { continue }
            result.append(place)
        }
        result.append(contentsOf: added[next...])
        return result
    }
}

/// What a chain has of a database's extents, for look-up.
struct BackupContents {
    private let extents: [ExtentDescriptor]

    init(_ places: [BackupChain.Place]) { extents = places.map(\.extent) }

    /// Whether this very extent is there: same pages, bytes, transaction and checksum. It says
    /// nothing of what hangs under it: that may have been overwritten by a later member. O(log n).
    func contains(_ extent: ExtentDescriptor) -> Bool {
        var low = 0
        var high = extents.count
        while low < high {
            let middle = (low + high) / 2
            if extents[middle].page < extent.page { low = middle + 1 } else { high = middle }
        }
        return low < extents.count && extents[low] == extent
    }
}
