// Vacuum: gives space back to the file system. What lies near the end of the data file is written
// anew into free pages near its start, by maintenance transactions of some milliseconds each, which
// change nothing that can be read; then the file is cut behind its last page in use, and the log to
// what it needs.
//
// Pages that a reader holds are in use until it lets go, in whatever process: the file is cut
// behind them. So a vacuum beside a long reader gives back less, and a later one the rest.
import CNenKernels
import NenCore

/// What a vacuum did.
public struct VacuumReport: Sendable, Hashable {
    /// Bytes of data file and log, before and after.
    public var bytesBefore = 0
    public var bytesAfter = 0
    /// Bytes of the data file in use.
    public var usedBytes = 0
    /// Chunks and index nodes that were moved.
    public var movedCount = 0
}

extension GraphStore {
    /// How long one transaction of a vacuum collects what it moves.
    private static let sliceNanoseconds: UInt64 = 5_000_000
    /// Each pass halves what fragmentation left behind; more of them gain little.
    private static let passCount = 4

    /// Moves what lies near the end of the file, and cuts the file.
    /// - Parameter checkInterrupt: called between transactions; what it throws ends the vacuum.
    func vacuum(checkInterrupt: () throws -> Void) throws -> VacuumReport {
        var report = VacuumReport()
        guard pages.disk != nil else { return report }
        try pages.checkpoint()
        report.bytesBefore = try pages.fileByteCount()
        for _ in 0 ..< GraphStore.passCount {
            guard let boundary = try pages.vacuumBoundary() else { break }
            let moved = try vacate(from: boundary, checkInterrupt)
            report.movedCount += moved
            try pages.checkpoint()
            if moved == 0 { break }
        }
        try checkInterrupt()
        try pages.shrink()
        report.bytesAfter = try pages.fileByteCount()
        report.usedBytes = pages.usedByteCount()
        return report
    }

    /// Moves everything on `boundary` or behind it as far as there is room before it; returns how
    /// many things were moved.
    private func vacate(
        from boundary: PageNumber, _ checkInterrupt: () throws -> Void
    ) throws -> Int {
        var position = VacuumPosition()
        var moved = 0
        while !position.isDone {
            try checkInterrupt()
            let writer = try beginWrite()
            do {
                writer.isMaintenance = true
                writer.vacatedFrom = boundary
                writer.pages.ceiling = boundary
                let count = try writer.vacate(
                    &position, until: nen_monotonic_nanoseconds() + GraphStore.sliceNanoseconds)
                if count == 0 {
                    writer.abort()
                } else {
                    try writer.commit()
                    moved += count
                }
            } catch is PageStore.NoRoomBelow {
                writer.abort()
                return moved
            } catch {
                writer.abort()
                throw error
            }
        }
        return moved
    }
}

/// Where the next transaction of a vacuum goes on.
struct VacuumPosition {
    enum Stage {
        case nodes
        case relationships
        case indexes
        case rest
        case done
    }

    var stage = Stage.nodes
    var next = 0
    var isDone: Bool { stage == .done }

    /// Goes over to the next stage.
    mutating func advance() {
        next = 0
        stage =
            switch stage {
            case .nodes: .relationships
            case .relationships: .indexes
            case .indexes: .rest
            case .rest, .done: .done
            }
    }
}

extension WriteTransaction {
    /// Whether an extent is to be moved.
    func isVacated(_ extent: ExtentDescriptor) -> Bool {
        guard let vacatedFrom, !extent.isNone else { return false }
        return extent.page >= vacatedFrom
    }

    /// Nodes of an index that one transaction moves.
    private static let indexNodesMax = 256

    /// Makes the commit move what is to be moved, until the time is over; returns how much it is.
    fileprivate func vacate(_ position: inout VacuumPosition, until limit: UInt64) throws -> Int {
        var count = 0
        while !position.isDone, nen_monotonic_nanoseconds() < limit {
            switch position.stage {
            case .nodes, .relationships:
                let isNode = position.stage == .nodes
                let tree = isNode ? state.nodes : state.relationships
                if position.next >= tree.chunkCount {
                    position.advance()
                    continue
                }
                if try vacate(chunk: position.next, of: tree) { count += 1 }
                position.next += 1
            case .indexes:
                let total = nodeIndexes.count + relationshipIndexes.count
                if position.next >= total {
                    position.advance()
                    continue
                }
                let moved = try vacateIndex(position.next)
                count += moved
                // A transaction's worth of an index: the next one goes on with it.
                if moved >= WriteTransaction.indexNodesMax { return count }
                position.next += 1
            case .rest:
                if isVacated(state.root.catalog) || isVacated(state.root.estimates)
                    || isVacated(state.extent)
                {
                    count += 1
                }
                position.advance()
            case .done: break
            }
        }
        return count
    }

    /// Makes a chunk dirty if its record, one of its arrays or a tree node over it is to be moved.
    private func vacate(chunk number: Int, of tree: ChunkTree) throws -> Bool {
        guard let vacatedFrom, let stored = try tree.chunk(number, context: context) else {
            return false
        }
        var isDue = isVacated(stored.extent)
        var node = number
        for level in tree.levels {
            // The first chunk below a node stands for it.
            if node % ChunkEntry.fanOut == 0, isVacated(level[node / ChunkEntry.fanOut]) {
                isDue = true
            }
            guard node % ChunkEntry.fanOut == 0 else { break }
            node /= ChunkEntry.fanOut
        }
        stored.forEachExtent { if isVacated($0) { isDue = true } }
        guard isDue else { return false }
        let chunk = tree.isNode
            ? try mutableNodeChunk(UInt32(number)) : try mutableRelationshipChunk(UInt32(number))
        try chunk.vacate(from: vacatedFrom, memory: values, base: base)
        return true
    }

    private func vacateIndex(_ place: Int) throws -> Int {
        guard let vacatedFrom else { return 0 }
        var left = WriteTransaction.indexNodesMax
        if place < nodeIndexes.count {
            try nodeIndexes[place].tree.vacate(from: vacatedFrom, most: &left)
        } else {
            try relationshipIndexes[place - nodeIndexes.count].tree.vacate(
                from: vacatedFrom, most: &left)
        }
        return WriteTransaction.indexNodesMax - left
    }
}
