// GraphCheck: is everything in the file consistent? Reads all of a pinned snapshot and compares
// what is stored twice: checksums with bytes, statistics with counts, adjacency with relationships
// (both ways), indexes and constraints with properties. Changes nothing and goes on after a
// finding.
//
// Why the adjacency is right when nothing is found: every entry names a live relationship of its
// type with these two ends, entries are strictly ascending (so none is there twice), and each
// direction has as many entries as there are relationships of the type.

import NenCore

/// One contradiction in a database.
struct CheckFinding: Sendable, Hashable, CustomStringConvertible {
    /// The structure, such as `node chunk 7`.
    var place: String
    /// What is wrong with it.
    var problem: String

    var description: String { "\(place): \(problem)" }
}

/// A run of the check over one view.
final class GraphCheck {
    let view: GraphView
    private let report: (CheckFinding) -> Void
    private(set) var findingCount = 0
    /// Findings after this many are counted only.
    private static let reportedMax = 1_000

    var nodesPerSet: [UInt64]
    var relationshipsPerType: [UInt64]
    var loopsPerType: [UInt64]
    /// Entries per type, outgoing and incoming.
    var entries: [[UInt64]]
    var groups: [RelationshipGroup: UInt64] = [:]

    init(_ view: GraphView, report: @escaping (CheckFinding) -> Void) {
        self.view = view
        self.report = report
        let types = view.catalog.types.count
        nodesPerSet = Array(repeating: 0, count: view.catalog.labelSets.count)
        relationshipsPerType = Array(repeating: 0, count: types)
        loopsPerType = Array(repeating: 0, count: types)
        entries = Array(repeating: [0, 0], count: types)
    }

    /// Nanoseconds for a chunk, by and large.
    private var chunkWorkUnits: Int { 100_000 }

    /// Reads everything, or up to where the statement was interrupted. O(size of the database).
    func run() {
        for chunk in 0 ..< view.nodeChunkCount where !Interruption.isOver(after: chunkWorkUnits) {
            guarded("node chunk \(chunk)") { try checkNodes(chunk) }
        }
        for chunk in 0 ..< view.relationshipChunkCount
        where !Interruption.isOver(after: chunkWorkUnits) {
            guarded("relationship chunk \(chunk)") { try checkRelationships(chunk) }
        }
        for chunk in 0 ..< view.nodeChunkCount where !Interruption.isOver(after: chunkWorkUnits) {
            guarded("adjacency of node chunk \(chunk)") { try checkAdjacency(chunk) }
        }
        checkStatistics()
        guarded("estimates") { try checkEstimates() }
        for index in view.catalog.indexes {
            guarded("index \(index.name)") { try checkIndex(index) }
        }
        for constraint in view.catalog.constraints {
            guarded("constraint \(constraint.name)") { try checkConstraint(constraint) }
        }
    }

    /// Reports a contradiction.
    func found(_ place: String, _ problem: String) {
        findingCount += 1
        if findingCount <= GraphCheck.reportedMax {
            report(CheckFinding(place: place, problem: problem))
        }
    }

    /// Runs a part; what it throws is a finding.
    func guarded(_ place: String, _ body: () throws -> Void) {
        do { try body() } catch let error as NQLError {
            found(place, error.message)
        } catch {
            found(place, "\(error)")
        }
    }

    // MARK: chunks

    private func checkNodes(_ chunk: Int) throws {
        let place = "node chunk \(chunk)"
        let handle = try view.nodeChunk(chunk)
        let stored = view.chunkLabelSets[chunk]
        if handle.rowCount > 0 && stored != handle.set {
            found(place, "has label set \(handle.set), the tree says \(stored)")
        }
        let live = countLive(handle)
        if live != handle.liveCount {
            found(place, "has \(live) live rows, its record says \(handle.liveCount)")
        }
        for row in 0 ..< handle.rowCount where handle.isLive(row) {
            let set = Int(handle.labelSet(row))
            guard set < nodesPerSet.count else {
                found(place, "row \(row) has the unknown label set \(set)")
                continue
            }
            nodesPerSet[set] += 1
        }
        try checkColumns(handle, place)
    }

    private func checkRelationships(_ chunk: Int) throws {
        let place = "relationship chunk \(chunk)"
        let handle = try view.relationshipChunk(chunk)
        guard handle.rowCount > 0 else { return }
        let live = countLive(handle)
        if live != handle.liveCount {
            found(place, "has \(live) live rows, its record says \(handle.liveCount)")
        }
        let type = Int(handle.set)
        guard type < relationshipsPerType.count, let sources = handle.sources,
            let targets = handle.targets
        else { return found(place, "has the unknown type \(type)") }
        for row in 0 ..< handle.rowCount where handle.isLive(row) {
            let source = sources[row]
            let target = targets[row]
            guard try view.nodeExists(source), try view.nodeExists(target) else {
                found(place, "row \(row) joins nodes \(source) and \(target), not both alive")
                continue
            }
            relationshipsPerType[type] += 1
            if source == target { loopsPerType[type] += 1 }
            let group = RelationshipGroup(
                sourceSet: try view.labelSet(ofNode: source), type: NameID(type),
                targetSet: try view.labelSet(ofNode: target))
            groups[group, default: 0] += 1
        }
        try checkColumns(handle, place)
    }

    private func countLive(_ handle: ChunkHandle) -> Int {
        (0 ..< (handle.rowCount + 63) / 64).reduce(0) {
            $0 + handle.liveBits[$1].nonzeroBitCount
        }
    }

    /// Value counts, keys and zone maps of a chunk's columns.
    private func checkColumns(_ handle: ChunkHandle, _ place: String) throws {
        let keyCount = view.catalog.keys.count
        try handle.forEachColumn { column in
            guard Int(column.key) < keyCount else {
                return found(place, "has a column of the unknown key \(column.key)")
            }
            let name = "column \(view.catalog.keys[Int(column.key)])"
            var count = 0
            for row in 0 ..< handle.rowCount where handle.isLive(row) {
                let cell = column.cell(row)
                if cell.isNull { continue }
                count += 1
                if let least = column.zoneLeast, let greatest = column.zoneGreatest {
                    let isInside = CellOrder.compare(least, cell, view.base) <= 0
                        && CellOrder.compare(cell, greatest, view.base) <= 0
                    if !isInside { found(place, "\(name): row \(row) is outside the zone") }
                }
            }
            if count != column.count {
                found(place, "\(name) has \(count) values, its descriptor says \(column.count)")
            }
        }
    }

    // MARK: adjacency

    private func checkAdjacency(_ chunk: Int) throws {
        let place = "adjacency of node chunk \(chunk)"
        let handle = try view.nodeChunk(chunk)
        try handle.forEachAdjacency { group in
            let type = Int(group.type)
            guard type < entries.count else {
                return found(place, "has the unknown type \(type)")
            }
            for row in 0 ..< handle.rowCount {
                try checkRow(group, row, chunk, type, isLive: handle.isLive(row), place)
            }
        }
    }

    private func checkRow(
        _ group: AdjacencyHandle, _ row: Int, _ chunk: Int, _ type: Int, isLive: Bool,
        _ place: String
    ) throws {
        let node = UInt32(chunk << 11 + row)
        let isOutgoing = group.direction == .outgoing
        var previous: (UInt32, UInt32)?
        var problem: String?
        var count: UInt64 = 0
        group.forEachRun(row) { run in
            for index in 0 ..< run.count {
                let entry = (run.neighbours[index], run.relationships[index])
                if let previous, previous >= entry { problem = "row \(row) is out of order" }
                previous = entry
                count += 1
                if problem == nil {
                    problem = mismatch(node, entry, isOutgoing: isOutgoing, type)
                }
            }
        }
        if count > 0 && !isLive { problem = "deleted row \(row) has neighbours" }
        if let problem { found(place, problem) }
        entries[type][isOutgoing ? 0 : 1] += count
    }

    /// What is wrong with an entry; nil when the relationship says the same.
    private func mismatch(
        _ node: UInt32, _ entry: (neighbour: UInt32, relationship: UInt32), isOutgoing: Bool,
        _ type: Int
    ) -> String? {
        let id = entry.relationship
        do {
            guard try view.relationshipExists(id) else {
                return "node \(node) refers to relationship \(id), which does not exist"
            }
            let ends = try view.endpoints(ofRelationship: id)
            let source = isOutgoing ? node : entry.neighbour
            let target = isOutgoing ? entry.neighbour : node
            if Int(ends.type) == type && ends.source == source && ends.target == target {
                return nil
            }
            return "node \(node) and relationship \(id) disagree about ends or type"
        } catch {
            return "relationship \(id) cannot be read: \(error)"
        }
    }

    // MARK: statistics

    private func checkStatistics() {
        let statistics = view.statistics
        let place = "statistics"
        compare(statistics.nodesPerLabelSet, nodesPerSet, "nodes of label set", place)
        compare(
            statistics.relationshipsPerType, relationshipsPerType, "relationships of type",
            place)
        compare(statistics.selfLoopsPerType, loopsPerType, "self-loops of type", place)
        for (type, counts) in entries.enumerated() {
            for count in counts where count != relationshipsPerType[type] {
                found(
                    "adjacency of type \(view.catalog.types[type])",
                    "has \(count) entries for \(relationshipsPerType[type]) relationships")
            }
        }
        var counted: [RelationshipGroup: UInt64] = [:]
        for (group, count) in groups {
            var folded = group
            if !view.counter.isTracked[Int(group.sourceSet)] {
                folded.sourceSet = GraphStatistics.foldedSet
            }
            if !view.counter.isTracked[Int(group.targetSet)] {
                folded.targetSet = GraphStatistics.foldedSet
            }
            counted[folded, default: 0] += count
        }
        if counted != statistics.relationshipsPerGroup {
            found(place, "groups of relationships differ from their recount")
        }
    }

    /// Whoever opens the graph goes on without estimates that cannot be read.
    private func checkEstimates() throws {
        let extent = view.state.root.estimates
        if extent.isNone { return }
        _ = try EstimatesCodec.read(
            try view.context.store.verified(extent), catalog: view.state.catalog)
    }

    private func compare(
        _ stored: [UInt64], _ counted: [UInt64], _ what: String, _ place: String
    ) {
        for number in 0 ..< max(stored.count, counted.count) {
            let left = number < stored.count ? stored[number] : 0
            let right = number < counted.count ? counted[number] : 0
            if left != right { found(place, "\(what) \(number): \(left) stored, \(right) found") }
        }
    }
}
