// Salvage: reads everything of a damaged database whose checksum holds and writes it into a new
// one.
//
// Entities keep their numbers, so that what refers to them does, the log included: first the nodes,
// chunk by chunk, then the relationships, from which adjacency, counts and statistics follow, then
// the log, at last indexes and constraints. What one structure has lost another one may give back:
// relationships whose ends are gone are found in the adjacency of their nodes.
import Glibc
import NenCore

/// A salvage on its way. It opens the source for reading only.
final class Salvage {
    let source: SalvageSource
    let lostEnds: LostEnds
    let checkInterrupt: () throws -> Void
    var report = SalvageReport()
    let plan: SalvagePlan
    let store: GraphStore
    /// The open transaction of the new database.
    private(set) var writer: WriteTransaction
    var names: SalvageNames
    /// Relationship chunks whose ends are to be found in the adjacency: what was found by row.
    private var missing: [Int: SalvagedEnds] = [:]
    private var chunksInWriter = 0

    /// Chunks written by one transaction.
    private static let batchChunkCount = 32

    /// Salvages the database at `path` into a new one at `target`.
    /// - Throws: `NQLError`, `IOFailure`: when there is nothing to read, or the new database cannot
    ///   be written; not because of damage.
    static func run(
        _ path: String, into target: String, lostEnds: LostEnds,
        checkInterrupt: @escaping () throws -> Void
    ) throws -> SalvageReport {
        let fileSystem = RealFileSystem.shared
        let damaged = try StoreLocation.findExisting(path, in: fileSystem)
        let target = try StoreLocation.findNew(target, in: fileSystem).path
        let draft = StoreLocation(path: target + ".salvaging")
        try LeftoverFile.removeDraft(draft.path, in: fileSystem)
        do {
            let salvage = try Salvage(
                damaged.path, draft.path, lostEnds: lostEnds, checkInterrupt: checkInterrupt)
            try salvage.run(logPath: damaged.logPath)
            try fileSystem.remove(draft.logPath)
            try fileSystem.rename(draft.path, to: target)
            try fileSystem.syncDirectory(of: target)
            return salvage.report
        } catch {
            draft.removeFiles(in: fileSystem)
            throw error
        }
    }

    private init(
        _ path: String, _ draft: String, lostEnds: LostEnds,
        checkInterrupt: @escaping () throws -> Void
    ) throws {
        self.lostEnds = lostEnds
        self.checkInterrupt = checkInterrupt
        source = try SalvageSource(path: path)
        plan = try SalvagePlan(source, &report, checkInterrupt: checkInterrupt)
        if plan.nodes.isEmpty, plan.relationships.isEmpty, plan.catalog == nil {
            throw NQLError.runtime(
                .database, "NothingToSalvage",
                "'\(path)' holds nothing that looks like a part of a NenDB database",
                hint: "check the path")
        }
        store = try GraphStore.open(path: draft, fileSystem: RealFileSystem.shared)
        writer = try store.beginWrite()
        writer.isMaintenance = true
        names = SalvageNames(plan.catalog)
    }

    private func run(logPath: String) throws {
        do {
            try names.declare(in: writer)
            report.chunkCount = plan.nodeChunkCount + plan.relationshipChunkCount
            findMissingEnds()
            // Relationships name nodes: where even the count of these is lost there must be some.
            let least = plan.relationshipChunkCount > 0 ? 1 : 0
            for number in 0 ..< max(plan.nodeChunkCount, least) {
                try writeNodes(number)
                try turnOver()
            }
            for number in 0 ..< plan.relationshipChunkCount {
                try writeRelationships(number)
                try turnOver()
            }
            let schema = try redoLog(logPath)
            try commit()
            try rebuild(schema)
            let statistics = try store.snapshot().statistics
            report.nodeCount = Int(statistics.nodeCount)
            report.relationshipCount = Int(statistics.relationshipCount)
            try store.close()
        } catch {
            writer.abort()
            store.pages.abandon()
            throw error
        }
    }

    /// Starts a new transaction when the open one holds enough.
    private func turnOver() throws {
        try checkInterrupt()
        chunksInWriter += 1
        if chunksInWriter >= Salvage.batchChunkCount { try commit() }
    }

    /// Commits what there is and opens the next transaction.
    func commit() throws {
        try writer.commit(bulk: true)
        try reopen()
    }

    private func reopen() throws {
        writer = try store.beginWrite()
        writer.isMaintenance = true
        chunksInWriter = 0
    }

    private func chunk(_ reference: SalvagePlan.SalvageReference?, _ number: Int, isNode: Bool)
        -> SalvagedChunk?
    {
        guard let extent = reference?.extent, let bytes = source.bytes(of: extent),
            let chunk = SalvagedChunk(bytes, byteCount: Int(extent.byteCount), in: source),
            chunk.number == number, chunk.isNode == isNode
        else { return nil }
        return chunk
    }

    /// Says of a chunk that was found by looking for it that it may be of an earlier moment.
    private func noteFound(_ reference: SalvagePlan.SalvageReference?, _ place: String) {
        guard let reference, reference.isFound, plan.superblock != nil else { return }
        report.lose(
            .transactions, place,
            "the tree does not lead to its record; the last one that was found is of transaction "
                + "\(reference.extent.birth)", nil)
    }

    // MARK: Nodes

    private func writeNodes(_ number: Int) throws {
        let place = "node chunk \(number)"
        guard let chunk = chunk(plan.nodes[number], number, isNode: true) else {
            let count = plan.nodes[number]?.liveCount
            report.lose(
                .nodes, place, "its record cannot be read", count ?? ChunkFormat.rowsPerChunk,
                isEstimate: count == nil)
            try emptyRow(of: try writer.addNodeChunk(home: ChunkFormat.sharedSet))
            return
        }
        report.readChunkCount += 1
        noteFound(plan.nodes[number], place)
        let isShared = chunk.set == ChunkFormat.sharedSet
        let home = isShared ? chunk.set : try names.labelSet(chunk.set, in: writer)
        let written = try writer.addNodeChunk(home: home)
        let sets = chunk.isMixed ? chunk.labelSets : nil
        if chunk.isMixed && sets == nil {
            report.lose(
                .labels, place, "the labels of its nodes are damaged", chunk.liveCount)
        }
        let columns = readColumns(chunk, place)
        for row in 0 ..< chunk.rowCount where chunk.isLive(row) {
            let set = try sets.map { try names.labelSet($0[row], in: writer) }
                ?? (isShared || chunk.isMixed ? 0 : home)
            try writer.applyCreateNode(
                UInt32(number << 11 | row), set: set,
                properties: try properties(columns, row, place))
        }
        if written.rowCount == 0 { try emptyRow(of: written) }
        finish(columns, place)
        collectEnds(chunk)
    }

    /// A chunk has a row at least.
    private func emptyRow(of chunk: MutableChunk) throws {
        try chunk.beginRow(0)
        try chunk.endRow(0)
    }

    // MARK: Properties

    /// A column that is being read.
    private final class ReadColumn {
        let key: NameID
        let column: SalvagedColumn
        var lostCount = 0

        init(key: NameID, column: SalvagedColumn) {
            self.key = key
            self.column = column
        }
    }

    private func readColumns(_ chunk: SalvagedChunk, _ place: String) -> [ReadColumn] {
        var found: [ReadColumn] = []
        for index in 0 ..< chunk.columnCount {
            guard let key = try? names.key(chunk.key(ofColumn: index), in: writer) else { continue }
            if let column = chunk.column(index) {
                found.append(ReadColumn(key: key, column: column))
            } else {
                report.lose(
                    .properties, place, "property `\(writer.catalog.keys[Int(key)])` is damaged",
                    chunk.valueCount(ofColumn: index))
            }
        }
        return found.sorted { $0.key < $1.key }
    }

    private func properties(
        _ columns: [ReadColumn], _ row: Int, _ place: String
    ) throws -> [(NameID, Cell)] {
        var result: [(NameID, Cell)] = []
        for column in columns {
            guard let cell = column.column.cell(row) else {
                column.lostCount += 1
                continue
            }
            if cell.isNull || result.last?.0 == column.key { continue }
            guard let kept = try? writer.values.keep(cell, base: writer.base, from: source.base)
            else {
                column.lostCount += 1
                continue
            }
            result.append((column.key, kept))
            report.propertyCount += 1
        }
        return result
    }

    private func finish(_ columns: [ReadColumn], _ place: String) {
        for column in columns where column.lostCount > 0 {
            report.lose(
                .properties, place,
                "some values of property `\(writer.catalog.keys[Int(column.key)])` are damaged",
                column.lostCount)
        }
    }

    // MARK: Relationships

    /// Notes the relationship chunks that do not tell the ends of their rows.
    private func findMissingEnds() {
        for number in 0 ..< plan.relationshipChunkCount {
            let chunk = chunk(plan.relationships[number], number, isNode: false)
            if chunk?.ends == nil { missing[number] = SalvagedEnds() }
        }
    }

    /// Takes from a node chunk's adjacency what is missing elsewhere.
    private func collectEnds(_ chunk: SalvagedChunk) {
        if missing.isEmpty { return }
        for index in 0 ..< chunk.groupCount {
            let (type, direction) = chunk.group(index)
            for entry in chunk.neighbours(ofGroup: index) where Int(entry.row) < chunk.rowCount {
                let node = UInt32(chunk.number << 11) | UInt32(entry.row)
                missing[Int(entry.relationship >> 11)]?.note(
                    row: Int(entry.relationship & 2_047), type: type,
                    source: direction == .outgoing ? node : entry.node,
                    target: direction == .outgoing ? entry.node : node)
            }
        }
    }

    private func writeRelationships(_ number: Int) throws {
        let place = "relationship chunk \(number)"
        let chunk = chunk(plan.relationships[number], number, isNode: false)
        if chunk != nil {
            report.readChunkCount += 1
            noteFound(plan.relationships[number], place)
        }
        let recovered = missing[number]
        guard let type = chunk?.set ?? recovered?.type else {
            let count = plan.relationships[number]?.liveCount
            report.lose(
                .relationships, place, "its record cannot be read",
                count ?? ChunkFormat.rowsPerChunk, isEstimate: count == nil)
            try emptyRow(
                of: try writer.addRelationshipChunk(type: try names.type(nil, in: writer)))
            return
        }
        let name = try names.type(type, in: writer)
        let written = try writer.addRelationshipChunk(type: name)
        let columns = chunk.map { readColumns($0, place) } ?? []
        let ends = chunk?.ends
        var lost = 0
        for row in 0 ..< (chunk?.rowCount ?? ChunkFormat.rowsPerChunk) {
            if let chunk, !chunk.isLive(row) { continue }
            let pair = ends.map { (source: $0.sources[row], target: $0.targets[row]) }
                ?? recovered?.rows[row]
            guard let pair else {
                if chunk != nil { lost += 1 }
                continue
            }
            try write(
                number << 11 | row, name, pair, try properties(columns, row, place), place)
        }
        if written.rowCount == 0 { try emptyRow(of: written) }
        finish(columns, place)
        report(place, chunk, recovered, lost, plan.relationships[number]?.liveCount)
    }

    /// Says what is missing of a chunk that was written as far as it could be.
    private func report(
        _ place: String, _ chunk: SalvagedChunk?, _ recovered: SalvagedEnds?, _ lost: Int,
        _ liveCount: Int?
    ) {
        if chunk == nil, let recovered {
            let found = recovered.rows.count
            report.lose(
                .properties, place,
                "its record cannot be read; \(found) relationships were found in the adjacency, "
                    + "without properties", found, isEstimate: true)
            if let liveCount, liveCount > found {
                report.lose(
                    .relationships, place, "not found in the adjacency", liveCount - found)
            }
        } else if lost > 0 {
            report.lose(
                .relationships, place, "its ends are damaged and not in the adjacency", lost)
        }
    }

    private func write(
        _ id: Int, _ type: NameID, _ ends: (source: UInt32, target: UInt32),
        _ properties: [(NameID, Cell)], _ place: String
    ) throws {
        for end in [ends.source, ends.target] where try !writer.nodeExists(end) {
            guard lostEnds == .attach, GraphView.chunk(of: end) < writer.nodeChunkCount else {
                return noteLostEnd(place, id, end, "left out")
            }
            try writer.applyCreateNode(end, set: 0, properties: [])
            noteLostEnd(place, id, end, "attached to an empty node")
        }
        try writer.applyCreateRelationship(
            UInt32(id), type: type, source: ends.source, target: ends.target,
            properties: properties)
    }

    private func noteLostEnd(_ place: String, _ id: Int, _ node: UInt32, _ what: String) {
        report.lose(
            lostEnds == .attach ? .nodes : .relationships, place,
            "relationship \(id) has lost its node \(node) and was \(what)", 1)
    }
}

/// Ends of relationships as the adjacency of their nodes tells them.
private struct SalvagedEnds {
    /// Type of the chunk: that of the first entry.
    private(set) var type: NameID?
    private(set) var rows: [Int: (source: UInt32, target: UInt32)] = [:]

    mutating func note(row: Int, type found: NameID, source: UInt32, target: UInt32) {
        if type == nil { type = found }
        if type == found && rows[row] == nil { rows[row] = (source, target) }
    }
}
