// TypeSorter: turns the collected relationships of one type into numbered chunks and adjacency.
//
// Relationships are numbered by (source, target): a node's outgoing relationships have consecutive
// numbers and a scan of the type walks the sources in order. Steps: distribute to source chunks;
// per chunk sort by row and neighbour, which gives the outgoing lists and the numbering; write the
// relationship chunks; distribute the numbered list to target chunks, which gives the incoming
// lists (ascending already, since both steps are stable). Types over the memory budget go through
// the same steps in partitions: ranges of source chunks first, then ranges of target chunks, kept
// in a temporary file in between.

import NenCore
import Synchronization

/// Sorts one type; used once.
final class TypeSorter: @unchecked Sendable {
    // Sendable: workers write disjoint parts of the arrays; results are merged under the monitor.
    private let bucket: TypeBucket
    private let layout: NodeLayout
    private let sink: any GraphSink
    private let threads: Int
    private let budgetBytes: Int
    private let firstChunk: Int
    private let properties: PropertyGather
    private let openSpillFile: () throws -> SpillFile
    private let monitor = Monitor()
    private(set) var groups: [RelationshipGroup: UInt64] = [:]
    private(set) var selfLoopCount: UInt64 = 0
    private(set) var spilledByteCount = 0

    /// Bytes per relationship while a type is sorted in memory: two partitions' entries and
    /// numbers, sorted ends and order.
    static let workingBytesPerEdge = 36

    /// - Parameter firstChunk: The type's first relationship chunk.
    init(
        _ bucket: TypeBucket, layout: NodeLayout, sink: any GraphSink, threads: Int,
        budgetBytes: Int, firstChunk: Int, openSpillFile: @escaping () throws -> SpillFile
    ) {
        self.bucket = bucket
        self.layout = layout
        self.sink = sink
        self.threads = threads
        self.budgetBytes = budgetBytes
        self.firstChunk = firstChunk
        self.openSpillFile = openSpillFile
        properties = PropertyGather(bucket, base: sink.base)
    }

    /// Relationship chunks the type takes.
    var chunkCount: Int { (bucket.rowCount + 2047) / 2048 }

    /// Sorts and writes everything.
    func run() throws {
        let slices = bucket.slices
        let needed = bucket.rowCount * TypeSorter.workingBytesPerEdge
        if needed <= budgetBytes {
            let sorted = try sortOutgoing(slices, chunks: 0..<layout.chunkCount, carry: nil)
            _ = try writeChunks(sorted, firstPosition: 0, isLast: true)
            try sortIncoming([sorted.numberedSlice(self)], chunks: 0..<layout.chunkCount)
        } else {
            try runPartitioned(slices, partitions: needed / max(1, budgetBytes) + 1)
        }
    }

    /// Number of the relationship at a position of the sorted type.
    func relationship(at position: Int) -> UInt32 {
        UInt32(truncatingIfNeeded: firstChunk * 2048 + position)
    }

    // MARK: outgoing

    /// Sorts relationships whose sources lie in `chunks` and writes their outgoing lists. Rows left
    /// over from the partition before come first in the result.
    private func sortOutgoing(
        _ slices: [EdgeSlice], chunks: Range<Int>, carry: SortedEdges?
    ) throws -> SortedEdges {
        let partition = try ChunkPartition(
            slices, bySource: true, chunks: chunks, threads: threads)
        let sorted = SortedEdges(carry: carry, count: partition.count)
        let next = Atomic<Int>(chunks.lowerBound)
        try ImportThreads.run(min(threads, max(1, chunks.count))) { _ in
            let scratch = ChunkScratch()
            var counts = GroupCounts(self.layout)
            while true {
                let chunk = next.wrappingAdd(1, ordering: .relaxed).oldValue
                guard chunk < chunks.upperBound else { break }
                try self.sortOutgoingChunk(chunk, partition, sorted, scratch, &counts)
            }
            self.merge(counts)
        }
        return sorted
    }

    private func sortOutgoingChunk(
        _ chunk: Int, _ partition: ChunkPartition, _ sorted: SortedEdges, _ scratch: ChunkScratch,
        _ counts: inout GroupCounts
    ) throws {
        let range = partition.range(chunk)
        let count = range.count
        guard count > 0 else { return }
        scratch.distribute(
            partition.entries + range.lowerBound, partition.payloads + range.lowerBound, count)
        scratch.sortLists()
        let place = sorted.carried + range.lowerBound
        let first = relationship(at: sorted.firstPosition + place)
        let targets = sorted.targets + place
        let order = sorted.order + place
        var index = 0
        while index < count {
            let entry = scratch.lists[index]
            targets[index] = UInt32(truncatingIfNeeded: entry &>> 32)
            order[index] = UInt32(truncatingIfNeeded: entry)
            scratch.relationships[index] = first &+ UInt32(truncatingIfNeeded: index)
            index &+= 1
        }
        let rowCount = layout.rowCounts[chunk]
        var row = 0
        while row < rowCount {
            let source = UInt32(truncatingIfNeeded: chunk &* 2048 &+ row)
            var position = Int(scratch.offsets[row])
            let end = Int(scratch.offsets[row &+ 1])
            while position < end {
                sorted.sources[place &+ position] = source
                position &+= 1
            }
            row &+= 1
        }
        counts.add(
            bucket.type, chunk, scratch.offsets, rowCount, UnsafePointer(targets), count)
        try sink.writeAdjacency(
            nodeChunk: chunk, type: bucket.type, direction: .outgoing, rowCount: rowCount,
            offsets: UnsafePointer(scratch.offsets), neighbours: UnsafePointer(targets),
            relationships: UnsafePointer(scratch.relationships))
    }

    private func merge(_ counts: GroupCounts) {
        monitor.withLock {
            groups.merge(counts.groups) { $0 + $1 }
            selfLoopCount += counts.selfLoopCount
        }
    }

    // MARK: relationship chunks

    /// Writes the full chunks (and the last one).
    ///
    /// - Returns: Rows at the end that do not fill a chunk.
    private func writeChunks(
        _ sorted: SortedEdges, firstPosition: Int, isLast: Bool
    ) throws -> Int {
        let total = sorted.count
        let full = isLast ? (total + 2047) / 2048 : total / 2048
        let next = Atomic<Int>(0)
        let base = firstChunk + firstPosition / 2048
        try ImportThreads.run(min(threads, max(1, full))) { _ in
            let gather = self.properties.makeWorker()
            while true {
                let chunk = next.wrappingAdd(1, ordering: .relaxed).oldValue
                guard chunk < full else { return }
                let start = chunk * 2048
                let count = min(2048, total - start)
                let columns = try gather.columns(UnsafePointer(sorted.order + start), count)
                try self.sink.writeRelationshipChunk(
                    base + chunk, type: self.bucket.type, rowCount: count,
                    sources: UnsafePointer(sorted.sources + start),
                    targets: UnsafePointer(sorted.targets + start), columns: columns)
            }
        }
        return max(0, total - full * 2048)
    }

    // MARK: incoming

    /// Writes the incoming lists of numbered relationships whose targets lie in `chunks`; the
    /// slices ascend by source.
    private func sortIncoming(_ slices: [EdgeSlice], chunks: Range<Int>) throws {
        let partition = try ChunkPartition(
            slices, bySource: false, chunks: chunks, threads: threads)
        let next = Atomic<Int>(chunks.lowerBound)
        try ImportThreads.run(min(threads, max(1, chunks.count))) { _ in
            let scratch = ChunkScratch()
            while true {
                let chunk = next.wrappingAdd(1, ordering: .relaxed).oldValue
                guard chunk < chunks.upperBound else { return }
                try self.writeIncomingChunk(chunk, partition, scratch)
            }
        }
    }

    private func writeIncomingChunk(
        _ chunk: Int, _ partition: ChunkPartition, _ scratch: ChunkScratch
    ) throws {
        let range = partition.range(chunk)
        guard range.count > 0 else { return }
        scratch.distribute(
            partition.entries + range.lowerBound, partition.payloads + range.lowerBound,
            range.count)
        var index = 0
        while index < range.count {
            let entry = scratch.lists[index]
            scratch.neighbours[index] = UInt32(truncatingIfNeeded: entry &>> 32)
            scratch.relationships[index] = UInt32(truncatingIfNeeded: entry)
            index &+= 1
        }
        try sink.writeAdjacency(
            nodeChunk: chunk, type: bucket.type, direction: .incoming,
            rowCount: layout.rowCounts[chunk], offsets: UnsafePointer(scratch.offsets),
            neighbours: UnsafePointer(scratch.neighbours),
            relationships: UnsafePointer(scratch.relationships))
    }

    // MARK: over the budget

    private func runPartitioned(_ slices: [EdgeSlice], partitions: Int) throws {
        let file = try openSpillFile()
        let before = file.byteCount
        let sourceRanges = ChunkRanges(slices, bySource: true, layout.chunkCount, partitions)
        let targetRanges = ChunkRanges(slices, bySource: false, layout.chunkCount, partitions)
        let bySource = EdgeSpill(file, ranges: sourceRanges, bySource: true)
        for slice in slices { try bySource.append(slice) }
        try bySource.flush()
        let byTarget = EdgeSpill(file, ranges: targetRanges, bySource: false)
        var carry: SortedEdges?
        for number in 0..<sourceRanges.count {
            let part = try bySource.load(number)
            let sorted = try sortOutgoing(
                [part.slice], chunks: sourceRanges[number], carry: carry)
            try byTarget.append(sorted.numberedSlice(self).part(
                sorted.carried, sorted.count - sorted.carried))
            let rest = try writeChunks(
                sorted, firstPosition: sorted.firstPosition,
                isLast: number == sourceRanges.count - 1)
            carry = sorted.keeping(last: rest)
        }
        try byTarget.flush()
        for number in 0..<targetRanges.count {
            let part = try byTarget.load(number)
            try sortIncoming([part.slice], chunks: targetRanges[number])
        }
        spilledByteCount = file.byteCount - before
    }
}
