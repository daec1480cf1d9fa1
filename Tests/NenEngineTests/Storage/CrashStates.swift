// CrashStates: what a power cut may leave of a traced disk.
//
// It walks the trace once. For every file it keeps the synced bytes and length, and what was
// written since, sector by sector with all versions. An outcome picks, for every unsynced sector,
// the synced bytes or any of its versions; for lengths and names a prefix of the unsynced changes.
@testable import NenEngine

struct CrashStates {
    static let sector = 512

    private struct Node {
        var synced: [UInt8] = []
        /// Versions of each sector written since the last sync, oldest first.
        var pending: [Int: [[UInt8]]] = [:]
        /// What the file looks like to programs.
        var current: [UInt8] = []
        var pendingLengths: [Int] = []

        mutating func write(_ bytes: [UInt8], at offset: Int) {
            if offset + bytes.count > current.count { resize(to: offset + bytes.count) }
            current.replaceSubrange(offset..<offset + bytes.count, with: bytes)
            let first = offset / sector
            let last = (offset + bytes.count - 1) / sector
            for index in first...last { addVersion(of: index) }
        }

        private mutating func addVersion(of index: Int) {
            let start = index * sector
            var bytes = Array(current[start..<min(start + sector, current.count)])
            bytes += [UInt8](repeating: 0, count: sector - bytes.count)
            pending[index, default: []].append(bytes)
        }

        mutating func resize(to byteCount: Int) {
            let before = current.count
            if byteCount < before {
                current.removeLast(before - byteCount)
                pending = pending.filter { $0.key * sector < byteCount }
            } else {
                current += [UInt8](repeating: 0, count: byteCount - before)
            }
            if byteCount != before { pendingLengths.append(byteCount) }
        }

        mutating func sync() {
            synced = current
            pending.removeAll()
            pendingLengths.removeAll()
        }
    }

    private var nodes: [Int: Node] = [:]
    private var syncedNames: [String: Int] = [:]
    private var pendingNames: [DiskEvent] = []

    /// Takes the next event of the trace in.
    mutating func apply(_ event: DiskEvent) {
        switch event {
        case .create(_, let node):
            nodes[node] = Node()
            pendingNames.append(event)
        case .remove, .rename: pendingNames.append(event)
        case .syncDirectory:
            for change in pendingNames { CrashStates.apply(change, to: &syncedNames) }
            pendingNames.removeAll()
        case .write(let node, let offset, let bytes):
            if !bytes.isEmpty { nodes[node, default: Node()].write(bytes, at: offset) }
        case .resize(let node, let byteCount):
            nodes[node, default: Node()].resize(to: byteCount)
        case .sync(let node): nodes[node, default: Node()].sync()
        }
    }

    private static func apply(_ change: DiskEvent, to names: inout [String: Int]) {
        if case .create(let name, let node) = change { names[name] = node }
        if case .remove(let name) = change { names[name] = nil }
        if case .rename(let name, let target) = change {
            names[target] = names.removeValue(forKey: name)
        }
    }

    /// Begins with what was on `disk` when its trace began.
    mutating func startSynced(_ disk: SimulatedDisk) {
        for (name, node, bytes) in disk.initialFiles {
            nodes[node] = Node(synced: bytes, current: bytes)
            syncedNames[name] = node
        }
    }

    /// How an outcome treats unsynced sectors.
    enum Mode: CaseIterable { case none, all, half, few, most }

    /// A disk as the cut may leave it.
    func outcome(_ mode: Mode, using random: inout SeededGenerator) -> SimulatedDisk {
        var names = syncedNames
        let kept = pick(upTo: pendingNames.count, mode, using: &random)
        for change in pendingNames.prefix(kept) { CrashStates.apply(change, to: &names) }
        var files: [String: [UInt8]] = [:]
        for (name, index) in names.sorted(by: { $0.key < $1.key }) {
            // The shared page is memory; it does not outlive the machine.
            if name.hasSuffix("-shared") { continue }
            files[name] = nodes[index].map { content(of: $0, mode, using: &random) } ?? []
        }
        return SimulatedDisk(files: files)
    }

    private func pick(upTo count: Int, _ mode: Mode, using random: inout SeededGenerator) -> Int {
        switch mode {
        case .none: 0
        case .all: count
        default: Int.random(in: 0...count, using: &random)
        }
    }

    private func content(
        of node: Node, _ mode: Mode, using random: inout SeededGenerator
    ) -> [UInt8] {
        var bytes = node.synced
        let lengths = pick(upTo: node.pendingLengths.count, mode, using: &random)
        if lengths > 0 {
            let length = node.pendingLengths[lengths - 1]
            if length < bytes.count {
                bytes.removeLast(bytes.count - length)
            } else {
                bytes += [UInt8](repeating: 0, count: length - bytes.count)
            }
        }
        for (index, versions) in node.pending.sorted(by: { $0.key < $1.key }) {
            let start = index * CrashStates.sector
            guard start + CrashStates.sector <= bytes.count else { continue }
            let version: [UInt8]
            switch mode {
            case .none: continue
            case .all: version = versions[versions.count - 1]
            case .half, .few, .most:
                let chance = mode == .half ? 2 : mode == .few ? 8 : 1
                let draw = Int.random(in: 0..<8, using: &random)
                let isKept = mode == .most ? draw > 0 : draw % chance == 0
                if !isKept { continue }
                version = versions[Int.random(in: 0..<versions.count, using: &random)]
            }
            bytes.replaceSubrange(start..<start + CrashStates.sector, with: version)
        }
        return bytes
    }
}
