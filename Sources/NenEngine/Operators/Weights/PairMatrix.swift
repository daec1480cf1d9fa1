// PairMatrix: between which nodes a step leads, a bit for each pair: row by row those that it
// starts from, column by column those that it leads to. Rows and columns are the places of whole
// chunks, one behind the other, of the chunks that have nodes with the labels wanted.
//
// A pair asked for at random waits for memory once, where a search in its run of neighbours would
// for each of its halvings.

import CNenKernels
import NQLPlan
import NenCore

/// Pairs of nodes between which there is a relationship, made in parallel.
final class PairMatrix: @unchecked Sendable {
    // Sendable: tasks write the rows of their own chunks; read afterwards.

    /// Chunk → place of its first row among the rows or columns; `none` where no node plays a part.
    private let rowPlaces: PooledArray<UInt32>
    private let columnPlaces: PooledArray<UInt32>
    private let rowChunks: [Int]
    private let words: PooledArray<UInt64>
    private let wordsPerRow: Int
    /// Set where more than one relationship lies between two nodes.
    private let parallels: Slots<Bool>

    private static let none = UInt32.max

    /// Bytes that are never too many where the memory allows them: nodes of a label may be
    /// scattered over more chunks than the planner thinks.
    private static let byteCountMax = 1 << 28

    /// - Parameter compilers: one per worker that may take part.
    /// - Returns: nil where the matrix would take too much of the memory, or a bit would stand for
    ///   several relationships that have to be counted.
    /// - Throws: `Interrupted`, `MemoryLimitExceeded`.
    init?(
        from rows: WeightNode, _ step: WeightStep, to columns: WeightNode,
        _ compilers: [PlanCompiler]
    ) throws(NQLError) {
        let context = compilers[0].context
        let (pool, graph) = (context.pool, context.graph)
        rowChunks = WeightJob.chunks(rows, graph)
        let columnChunks = WeightJob.chunks(columns, graph)
        let bitCount = (rowChunks.count &<< 11).multipliedReportingOverflow(
            by: columnChunks.count &<< 11)
        let room = pool.account.limitBytes - pool.account.heldBytes
        guard !bitCount.overflow,
            bitCount.partialValue / 8 <= min(PairMatrix.byteCountMax, room / 2)
        else { return nil }
        rowPlaces = PooledArray(pool: pool)
        columnPlaces = PooledArray(pool: pool)
        words = PooledArray(pool: pool)
        for (places, chunks) in [(rowPlaces, rowChunks), (columnPlaces, columnChunks)] {
            try places.resize(max(1, graph.nodeChunkCount), filling: PairMatrix.none)
            for (place, chunk) in chunks.enumerated() {
                places[chunk] = UInt32(truncatingIfNeeded: place &<< 11)
            }
        }
        wordsPerRow = columnChunks.count &<< 11 / 64
        try words.resize(max(1, bitCount.partialValue / 64), filling: 0)
        parallels = Slots(repeating: false, count: max(1, rowChunks.count))
        let tables = compilers.map { compiler in
            let tables = StepTables(
                types: step.types, direction: step.direction, compiler.context)
            tables.refresh()
            return tables
        }
        let chunks = rowChunks
        try TaskJob.run(chunks.count, threads: compilers.count) {
            [self] (task, worker) throws(NQLError) in
            parallels[task] = try fill(
                chunks[task], tables[worker], compilers[worker].context)
        }
        if hasParallels && !step.isExistence { return nil }
    }

    var byteCount: Int { words.capacity * 8 + (rowPlaces.capacity + columnPlaces.capacity) * 4 }

    /// Whether a bit may stand for several relationships.
    private var hasParallels: Bool { parallels.indices.contains { parallels[$0] } }

    /// What is asked for pairs; valid as long as the matrix.
    struct Reader {
        fileprivate let rowPlaces: UnsafePointer<UInt32>
        fileprivate let columnPlaces: UnsafePointer<UInt32>
        fileprivate let words: UnsafePointer<UInt64>
        fileprivate let wordsPerRow: Int

        /// Where the bit of a pair of nodes that play a part stands.
        @inline(__always)
        private func place(_ from: UInt32, _ to: UInt32) -> (word: Int, bit: UInt64) {
            let row = rowPlaces[Int(from &>> 11)] &+ (from & 2_047)
            let column = Int(columnPlaces[Int(to &>> 11)] &+ (to & 2_047))
            return (Int(row) &* wordsPerRow &+ column &>> 6, UInt64(column & 63))
        }

        /// Whether both nodes lie in chunks that the matrix has.
        @inline(__always)
        private func covers(_ from: UInt32, _ to: UInt32) -> Bool {
            rowPlaces[Int(from &>> 11)] != PairMatrix.none
                && columnPlaces[Int(to &>> 11)] != PairMatrix.none
        }

        /// 1 where a step leads from a node to another, else 0.
        @inline(__always)
        func bit(_ from: UInt32, _ to: UInt32) -> UInt64 {
            guard covers(from, to) else { return 0 }
            let place = place(from, to)
            return words[place.word] &>> place.bit & 1
        }

        /// Fetches the bit of a pair ahead of use.
        @inline(__always)
        func prefetch(_ from: UInt32, _ to: UInt32) {
            if covers(from, to) { nen_prefetch(words + place(from, to).word) }
        }
    }

    var reader: Reader {
        Reader(
            rowPlaces: rowPlaces.pointer, columnPlaces: columnPlaces.pointer,
            words: words.pointer, wordsPerRow: wordsPerRow)
    }

    // MARK: Making it

    /// Relationships between two looks at the statement's end.
    private static let workMax = 1 << 18

    /// Sets the bits of a chunk's rows; whether one of them was met twice.
    private func fill(
        _ chunk: Int, _ tables: StepTables, _ context: ExecutionContext
    ) throws(NQLError) -> Bool {
        try context.checkInterrupt()
        let rowCount = try storage { try context.graph.nodeChunk(chunk).rowCount }
        let first = Int(rowPlaces[chunk])
        var hasParallels = false
        var runs: [AdjacencyRun] = []
        var work = 0
        for row in 0 ..< rowCount {
            let node = UInt32(truncatingIfNeeded: chunk &<< 11 | row)
            let line = words.pointer + (first &+ row) &* wordsPerRow
            for half in tables.halves {
                runs.removeAll(keepingCapacity: true)
                try half.table.appendRuns(node, to: &runs)
                for run in runs {
                    work &+= run.count
                    if set(run, in: line, without: half.skipsLoops ? node : .max) {
                        hasParallels = true
                    }
                }
            }
            if work > PairMatrix.workMax {
                work = 0
                try context.checkInterrupt()
            }
        }
        return hasParallels
    }

    /// Sets the bits of a run's nodes, but that of `left`; whether one of them was set.
    @inline(__always)
    private func set(
        _ run: AdjacencyRun, in line: UnsafeMutablePointer<UInt64>, without left: UInt32
    ) -> Bool {
        let places = columnPlaces.pointer
        var met: UInt64 = 0
        for index in 0 ..< run.count {
            let node = run.neighbours[index]
            let column = places[Int(node &>> 11)]
            if column == PairMatrix.none || node == left { continue }
            let place = Int(column &+ (node & 2_047))
            let bit: UInt64 = 1 &<< UInt64(place & 63)
            met |= line[place &>> 6] & bit
            line[place &>> 6] |= bit
        }
        return met != 0
    }
}
