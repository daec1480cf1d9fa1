// SpilledRun: sorted rows on disk. An external sort writes what it has gathered, sorted, as a run
// whenever memory ends, and merges the runs: of each only one image is in memory. Where there are
// more runs than images fit into memory, neighbours are merged into longer ones first. Rows of
// equal keys come from earlier runs first: so the sort is stable.

import NQLPlan
import NenCore

/// One run.
struct SpilledRun {
    let rows: RowFile
    /// What prefixes of the first key tell about its rows.
    let prefix: RowOrder.PrefixKind
}

/// Rows that one task gathers for a sort: the last ones in memory, those before in runs.
final class SortRows {
    let buffer: RowBuffer
    private(set) var runs: [SpilledRun] = []
    private let order: RowOrder
    private let context: ExecutionContext
    private let memory: SinkMemory

    init(
        _ context: ExecutionContext, slots: [Slot],
        _ keys: [(column: Int, isDescending: Bool)], _ memory: SinkMemory
    ) {
        self.context = context
        self.memory = memory
        buffer = context.makeBuffer(slots)
        order = RowOrder(buffer: buffer, keys: keys, base: context.base, pool: context.pool)
    }

    /// Forgets all rows.
    func removeAll() {
        buffer.removeAll()
        runs.removeAll()
    }

    /// Adds the rows of a batch.
    func add(_ batch: Batch) throws(NQLError) {
        if buffer.rowCount > 0, !memory.allows(need(batch), holding: byteCount) { try spill() }
        try buffer.append(batch)
    }

    /// Bytes that the rows of a batch take, and sorting all rows then.
    @inline(__always)
    private func need(_ batch: Batch) -> Int {
        batch.count &* buffer.expectedRowByteCount &+ PagePool.pageByteCount
            &+ SpilledRun.sortingByteCount(buffer.rowCount &+ batch.count)
    }

    /// Whether rows are in memory.
    var holdsRows: Bool { buffer.rowCount > 0 }

    /// Makes a run of the rows in memory.
    func spill() throws(NQLError) {
        if buffer.rowCount == 0 { return }
        let entries = PooledArray<SortEntry>(pool: context.pool)
        let prefix = try order.sorted(entries)
        let rows = try buffer.write(entries, entries.count, memory, context)
        runs.append(SpilledRun(rows: rows, prefix: prefix))
        buffer.release()
    }

    /// Sorts all rows, when they are in memory.
    func sort(_ entries: PooledArray<SortEntry>) throws(NQLError) {
        try order.sorted(entries)
    }

    /// All rows, when some are on disk already; the sort has none any more.
    func merged() throws(NQLError) -> RunMerge {
        try spill()
        let all = runs
        runs.removeAll()
        return try RunMerge.of(all, slots: buffer.slots, order.keys, memory, context)
    }

    var byteCount: Int { buffer.arena.byteCount }
}

extension SpilledRun {
    /// Bytes that sorting takes beside the rows: entries, and in merging as many again.
    @inline(__always)
    static func sortingByteCount(_ rowCount: Int) -> Int {
        2 &* rowCount &* MemoryLayout<SortEntry>.stride
    }
}

extension RowBuffer {
    /// Writes the first `count` rows in the order of entries.
    func write(
        _ entries: PooledArray<SortEntry>, _ count: Int, _ memory: SinkMemory,
        _ context: ExecutionContext
    ) throws(NQLError) -> RowFile {
        let file = try memory.rowFile(context.pool)
        let writer = RowImageWriter(context)
        let scratch = Arena(pool: context.pool)
        let each = memory.rowCount(ofImages: arena.byteCount / max(1, rowCount))
        var start = 0
        while start < count {
            scratch.reset()
            let part = min(each, count - start)
            let references = try scratch.allocate(RowReference.self, count: part)
            for index in 0 ..< part { references[index] = entries[start + index].row }
            try write(references, part, to: file, writer, scratch)
            start += part
        }
        return file
    }

    /// Writes rows as one image.
    func write(
        _ references: UnsafePointer<RowReference>, _ count: Int, to file: RowFile,
        _ writer: RowImageWriter, _ scratch: Arena
    ) throws(NQLError) {
        var vectors: [Vector] = []
        for column in slots.indices {
            vectors.append(try gather(column: column, references, count, scratch))
        }
        try file.append(vectors, count, writer)
    }
}

/// Merges runs; rows come out by their places in `buffer`, which hold until the next ones are asked
/// for.
final class RunMerge {
    private struct Source {
        let rows: RowFile
        let memory: PooledArray<UInt8>
        var nextImage = 0
    }

    /// A block for each run: the image that is being read.
    let buffer: RowBuffer
    private let order: RowOrder
    private let prefix: RowOrder.PrefixKind
    private let context: ExecutionContext
    private var sources: [Source]
    /// The next row of each run that has one in memory; the first of all on top.
    private var heap: [SortEntry] = []
    /// Runs of which the next image has to be read.
    private var waiting: [Int]

    private init(
        _ runs: ArraySlice<SpilledRun>, slots: [Slot],
        _ keys: [(column: Int, isDescending: Bool)], _ context: ExecutionContext
    ) {
        self.context = context
        buffer = context.makeBuffer(slots)
        order = RowOrder(buffer: buffer, keys: keys, base: context.base, pool: context.pool)
        prefix = runs.reduce(RowOrder.PrefixKind()) { .both($0, $1.prefix) }
        sources = runs.map { Source(rows: $0.rows, memory: PooledArray(pool: context.pool)) }
        waiting = Array(sources.indices)
    }

    /// A merge of all runs, in the order of the input. Merges some of them beforehand where they
    /// are too many to be read side by side.
    static func of(
        _ runs: [SpilledRun], slots: [Slot], _ keys: [(column: Int, isDescending: Bool)],
        _ memory: SinkMemory, _ context: ExecutionContext
    ) throws(NQLError) -> RunMerge {
        var runs = runs
        while true {
            let largest = runs.reduce(0) { max($0, $1.rows.imageByteCountMax) }
            let most = memory.imageCount(of: largest)
            if runs.count <= most { break }
            // The files of this round end with it.
            memory.beginFile()
            var longer: [SpilledRun] = []
            for start in stride(from: 0, to: runs.count, by: most) {
                let part = runs[start ..< min(start + most, runs.count)]
                if part.count == 1 {
                    longer += part
                    continue
                }
                longer.append(
                    try RunMerge(part, slots: slots, keys, context).run(memory))
            }
            runs = longer
        }
        return RunMerge(runs[...], slots: slots, keys, context)
    }

    /// One run of all rows.
    private func run(_ memory: SinkMemory) throws(NQLError) -> SpilledRun {
        let file = try memory.rowFile(context.pool)
        let writer = RowImageWriter(context)
        let scratch = Arena(pool: context.pool)
        let rowCount = sources.reduce(0) { $0 + $1.rows.rowCount }
        let imageCount = sources.reduce(0) { $0 + $1.rows.imageCount }
        let each = min(Batch.rowCapacity, max(1, rowCount / max(1, imageCount)))
        while true {
            scratch.reset()
            let references = try scratch.allocate(RowBuffer.RowReference.self, count: each)
            let count = try next(each, into: references)
            if count == 0 { return SpilledRun(rows: file, prefix: prefix) }
            try buffer.write(references, count, to: file, writer, scratch)
        }
    }

    /// Nanoseconds for a row, by and large.
    private static let workUnits = 100

    /// The next rows, up to `most`; fewer also where an image ends. None at the end.
    func next(
        _ most: Int, into references: UnsafeMutablePointer<RowBuffer.RowReference>
    ) throws(NQLError) -> Int {
        for source in waiting { try readImage(source) }
        waiting.removeAll(keepingCapacity: true)
        try Interruption.spend(most * RunMerge.workUnits)
        var count = 0
        while count < most, let top = heap.first {
            references[count] = top.row
            count += 1
            let source = Int(top.row &>> 11)
            let row = Int(top.row & 2_047) + 1
            if row < buffer.rowCount(ofBlock: source) {
                heap[0] = order.entry(top.row + 1, prefix)
                sinkTop()
                continue
            }
            let last = heap.removeLast()
            if !heap.isEmpty {
                heap[0] = last
                sinkTop()
            }
            // Its next row may be the first of all.
            waiting.append(source)
            if sources[source].nextImage < sources[source].rows.imageCount { break }
        }
        return count
    }

    private func readImage(_ source: Int) throws(NQLError) {
        let (rows, memory) = (sources[source].rows, sources[source].memory)
        guard sources[source].nextImage < rows.imageCount else { return memory.release() }
        let image = try rows.read(sources[source].nextImage, into: memory, context)
        sources[source].nextImage += 1
        try buffer.place(image, asBlock: source)
        heap.append(
            order.entry(RowBuffer.RowReference(truncatingIfNeeded: source) &<< 11, prefix))
        var place = heap.count - 1
        while place > 0 {
            let above = (place - 1) / 2
            if !order.isBefore(heap[place], heap[above], prefix) { break }
            heap.swapAt(place, above)
            place = above
        }
    }

    /// Moves the top down to where no entry below it comes before it.
    private func sinkTop() {
        var place = 0
        while true {
            var first = place
            for below in 2 * place + 1 ..< min(2 * place + 3, max(heap.count, 2 * place + 1))
            where order.isBefore(heap[below], heap[first], prefix) {
                first = below
            }
            if first == place { return }
            heap.swapAt(place, first)
            place = first
        }
    }

    /// Bytes held.
    var byteCount: Int { sources.reduce(0) { $0 + $1.memory.capacity } }
}
