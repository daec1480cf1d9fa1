// Maintenance: transactions that change how things are stored and not what: deltas are folded,
// columns take the encoding that now fits them, thin segments are joined, chunks become pure again.
// Nothing is logged, since replay of the content without it gives the same graph.
//
// Work is done in slices. Chunks are looked at in a snapshot, by their records alone where those
// say enough; only what is due is then rewritten, in a write transaction of some milliseconds, so
// that no writer waits for longer. Pages that readers hold stay as long as they do.

import CNenKernels
import NenCore

/// What maintenance did.
public struct MaintenanceReport: Sendable, Hashable {
    /// Chunks that were looked at.
    public var chunksExamined = 0
    /// Chunks that were stored anew.
    public var chunksRewritten = 0
    /// Groups of neighbours whose small changes were worked into their arrays.
    public var groupsFolded = 0
    /// Columns that were given another encoding.
    public var columnsReencoded = 0
    /// Bytes of pages given up, less those of pages taken; readers may hold them for a while.
    public var bytesFreed = 0
    /// Estimates of properties that were made anew and stored.
    public var estimatesRefreshed = 0
    /// Bytes of pages written.
    var bytesWritten = 0

    /// Nothing done yet.
    public init() {}
}

/// The chunks that are still to be looked at, in ascending order.
struct MaintenancePass {
    /// A chunk of nodes or of relationships.
    struct Place: Hashable {
        var number: UInt32
        var isNode: Bool
    }

    /// The next one is the last.
    private var places: [Place]

    init(nodes: some Sequence<UInt32>, relationships: some Sequence<UInt32>) {
        let first = nodes.sorted().map { Place(number: $0, isNode: true) }
        places = relationships.sorted().map { Place(number: $0, isNode: false) }.reversed()
        places.append(contentsOf: first.reversed())
    }

    var isDone: Bool { places.isEmpty }
    var remaining: [Place] { places }

    mutating func next() -> Place? { places.popLast() }

    /// Takes chunks, ascending, in front of all others.
    mutating func putBack(_ chunks: some BidirectionalCollection<Place>) {
        places.append(contentsOf: chunks.reversed())
    }
}

extension GraphStore {
    /// Half of a slice's time: for looking, and again for changing; as much is left for writing.
    private static let sliceNanoseconds: UInt64 = 4_000_000
    /// Bytes written between two checkpoints: pages that maintenance gave up can be reused when a
    /// checkpoint has gone beyond them.
    static let maintenanceCheckpointBytes = 32 << 20
    /// Chunks that one transaction rewrites at most.
    private static let sliceChunksMax = 64

    /// Looks at all chunks, in slices, and rewrites what is due.
    ///
    /// - Throws: `DatabaseBusy` when another writer does not finish; errors of reading and writing;
    ///   interruptions. What was done by then stays done.
    func maintainAll() throws -> MaintenanceReport {
        var report = MaintenanceReport()
        let view = try snapshot()
        var pass = MaintenancePass(
            nodes: 0 ..< UInt32(view.nodeChunkCount),
            relationships: 0 ..< UInt32(view.relationshipChunkCount))
        var checkpointAt = GraphStore.maintenanceCheckpointBytes
        while !pass.isDone {
            try Interruption.check()
            _ = try maintain(&pass, waits: true, &report)
            guard report.bytesWritten >= checkpointAt else { continue }
            try checkpoint()
            checkpointAt = report.bytesWritten + GraphStore.maintenanceCheckpointBytes
        }
        _ = try refreshEstimates(changesMax: 1, waits: true, &report)
        return report
    }

    /// Makes the stored estimates anew, from a snapshot, when so many changes were committed since.
    ///
    /// - Parameter waits: whether to wait for another writer's end.
    /// - Returns: false when they are due and another writer is at work.
    /// - Throws: errors of reading and writing; interruptions.
    func refreshEstimates(
        changesMax: UInt64? = nil, waits: Bool, _ report: inout MaintenanceReport
    ) throws -> Bool {
        let view = try snapshot()
        let counter = view.counter
        let most = changesMax ?? EstimateCache.changesMax(counter.entityCount)
        guard counter.entityCount > 0, counter.changeClock >= counter.estimatesClock + most
        else { return true }
        // A sample takes a while, and is of no use to who may not store it.
        guard waits || pages.isWriterFree else { return false }
        let estimates = try StoredEstimates.sampled(from: view)
        guard try store(estimates, waits: waits) else { return false }
        report.estimatesRefreshed += estimates.properties.count
        return true
    }

    /// Stores what is remembered of the runs of statements, where that is worth a write.
    ///
    /// - Returns: false when it is and another writer is at work.
    /// - Throws: errors of writing.
    func storeFeedback() throws -> Bool {
        guard context.feedback.isChanged else { return true }
        return try store(nil, waits: false)
    }

    /// The same before the store is closed. It is a help and no data: what is wrong with the store
    /// its close tells.
    func rememberBeforeClose() {
        if pages.disk != nil { _ = try? storeFeedback() }
    }

    /// Stores estimates, if there are new ones, and what is remembered of statements with them.
    private func store(_ estimates: StoredEstimates?, waits: Bool) throws -> Bool {
        guard let writer = try waits ? beginWrite() : beginWriteIfFree() else { return false }
        writer.isMaintenance = true
        writer.newEstimates = estimates
        writer.newFeedback = context.feedback.takeStored(beside: writer.counter.feedback)
        do {
            try writer.commit()
        } catch {
            context.feedback.restoreChange()
            throw error
        }
        return true
    }

    /// Does the next slice of a pass.
    ///
    /// - Parameter waits: whether to wait for another writer's end.
    /// - Returns: false when another writer is at work; the pass is then where it was.
    /// - Throws: errors of reading and writing. A chunk that cannot be read is not in the pass any
    ///   more.
    func maintain(
        _ pass: inout MaintenancePass, waits: Bool, _ report: inout MaintenanceReport
    ) throws -> Bool {
        let due = try dueChunks(&pass, &report)
        if due.isEmpty { return true }
        guard let writer = try waits ? beginWrite() : beginWriteIfFree() else {
            pass.putBack(due)
            return false
        }
        writer.isMaintenance = true
        let limit = nen_monotonic_nanoseconds() + GraphStore.sliceNanoseconds
        var done = MaintenanceReport()
        var place = 0
        do {
            while place < due.count, nen_monotonic_nanoseconds() < limit {
                try writer.maintain(due[place], &done)
                place += 1
            }
        } catch {
            writer.abort()
            pass.putBack(due[..<place] + due[(place + 1)...])
            throw error
        }
        pass.putBack(due[place...])
        if done.chunksRewritten == 0 {
            writer.abort()
            return true
        }
        try writer.commit()
        done.bytesWritten = writer.pages.allocated.reduce(0) { $0 + Int($1.count) } * pageByteCount
        let freed = writer.pages.released.reduce(0) { $0 + $1.pageCount } * pageByteCount
        done.bytesFreed = freed - done.bytesWritten
        report.add(done)
        return true
    }

    /// The next chunks that are due, looked for in a snapshot.
    private func dueChunks(
        _ pass: inout MaintenancePass, _ report: inout MaintenanceReport
    ) throws -> [MaintenancePass.Place] {
        let limit = nen_monotonic_nanoseconds() + GraphStore.sliceNanoseconds
        let view = try snapshot()
        var due: [MaintenancePass.Place] = []
        while due.count < GraphStore.sliceChunksMax, let place = pass.next() {
            report.chunksExamined += 1
            do {
                if try ChunkMaintenance.isDue(try view.chunk(place)) { due.append(place) }
            } catch {
                pass.putBack(due)
                throw error
            }
            if nen_monotonic_nanoseconds() >= limit { break }
        }
        return due
    }

    /// Node chunks whose stored neighbours have changes beside them: what earlier processes left.
    /// Reads records only. O(chunks).
    ///
    /// - Parameter pause: called now and then.
    func chunksWithDeltas(pause: () throws -> Void) throws -> [UInt32] {
        let view = try snapshot()
        var found: [UInt32] = []
        for number in 0 ..< view.nodeChunkCount {
            if number % 256 == 255 { try pause() }
            var hasDelta = false
            try view.nodeChunk(number).forEachUncheckedAdjacency {
                hasDelta = hasDelta || $0.deltaCount > 0
            }
            if hasDelta { found.append(UInt32(number)) }
        }
        return found
    }
}

extension GraphView {
    fileprivate func chunk(_ place: MaintenancePass.Place) throws -> ChunkHandle {
        place.isNode
            ? try nodeChunk(Int(place.number)) : try relationshipChunk(Int(place.number))
    }
}

extension MaintenanceReport {
    fileprivate mutating func add(_ other: MaintenanceReport) {
        chunksRewritten += other.chunksRewritten
        groupsFolded += other.groupsFolded
        columnsReencoded += other.columnsReencoded
        bytesFreed += other.bytesFreed
        bytesWritten += other.bytesWritten
    }
}

extension WriteTransaction {
    /// Brings a chunk into its best form, unless it is in it already.
    fileprivate func maintain(
        _ place: MaintenancePass.Place, _ report: inout MaintenanceReport
    ) throws {
        let handle = try chunk(place)
        guard try ChunkMaintenance.isDue(handle) else { return }
        let chunk = place.isNode
            ? try mutableNodeChunk(place.number) : try mutableRelationshipChunk(place.number)
        try chunk.maintain(&report)
        report.chunksRewritten += 1
        if place.isNode && !chunk.isMixed && handle.set == .max {
            setChunkSet(place.number, chunk.set)
        }
    }
}
