// RowOrder: sorts references to buffered rows. The first key is condensed to 64 bits that order
// like the key where all its values are of one class (numbers, strings, dates, …), so that most
// comparisons touch nothing else. Equal keys keep the order of the input.
//
// Several threads sort runs, blocks of the buffer, each on its own; then the whole is cut at values
// that lie evenly in samples of the runs, and every piece is merged on its own from its part of
// each run. After: Varman et al., Merging multiple lists on hierarchical-memory multiprocessors
// (1991).

import NQLPlan
import NenCore

/// A row under sorting.
struct SortEntry {
    /// Ascending prefix of the first key.
    var prefix: UInt64
    /// Row of the buffer; ascending in input order.
    var row: RowBuffer.RowReference
}

/// Compares buffered rows by keys.
struct RowOrder {
    let buffer: RowBuffer
    /// Column of the buffer and direction.
    let keys: [(column: Int, isDescending: Bool)]
    let base: HeapBase
    /// Lends memory to the sort.
    let pool: PagePool

    /// Whether row `a` comes before row `b` by the keys from number `from` on.
    func isBefore(
        _ a: RowBuffer.RowReference, _ b: RowBuffer.RowReference, from: Int
    ) -> Bool {
        var index = from
        while index < keys.count {
            let key = keys[index]
            index &+= 1
            let order = CellOrder.compare(
                buffer.cell(a, column: key.column), buffer.cell(b, column: key.column), base)
            if order != 0 { return key.isDescending ? order > 0 : order < 0 }
        }
        return a < b
    }

    /// All rows of the buffer in order.
    @discardableResult
    func sorted(_ entries: PooledArray<SortEntry>) throws(NQLError) -> PrefixKind {
        entries.removeAll()
        try entries.resizeUninitialized(buffer.rowCount)
        guard entries.count > 0 else { return PrefixKind() }
        let list = UnsafeMutableBufferPointer(start: entries.pointer, count: entries.count)
        let blocks = 0 ..< buffer.blockCount
        let prefix = prefixKind(blocks)
        fill(list, blocks, prefix)
        try sort(list, prefix)
        return prefix
    }

    private func sort(
        _ list: UnsafeMutableBufferPointer<SortEntry>, _ prefix: PrefixKind
    ) throws(NQLError) {
        if prefix.isExact && keys.count == 1 {
            try MergeSort.sort(list, pool: pool) { a, b in
                a.prefix != b.prefix ? a.prefix < b.prefix : a.row < b.row
            }
            return
        }
        try MergeSort.sort(list, pool: pool) { isBefore($0, $1, prefix) }
    }

    @inline(__always)
    func isBefore(_ a: SortEntry, _ b: SortEntry, _ prefix: PrefixKind) -> Bool {
        if a.prefix != b.prefix { return a.prefix < b.prefix }
        return isBefore(a.row, b.row, from: prefix.isExact ? 1 : 0)
    }

    /// A row, with its prefix.
    @inline(__always)
    func entry(_ row: RowBuffer.RowReference, _ kind: PrefixKind) -> SortEntry {
        guard kind != .none, let key = keys.first else { return SortEntry(prefix: 0, row: row) }
        let prefix = prefix(buffer.cell(row, column: key.column))
        return SortEntry(prefix: key.isDescending ? ~prefix : prefix, row: row)
    }

    /// Lists the rows of blocks, with prefixes.
    private func fill(
        _ entries: UnsafeMutableBufferPointer<SortEntry>, _ blocks: Range<Int>,
        _ kind: PrefixKind
    ) {
        var index = 0
        for block in blocks {
            let start = RowBuffer.RowReference(truncatingIfNeeded: block) &<< 11
            for row in 0 ..< buffer.rowCount(ofBlock: block) {
                entries[index] = SortEntry(
                    prefix: 0, row: start | RowBuffer.RowReference(truncatingIfNeeded: row))
                index &+= 1
            }
        }
        guard kind != .none, let key = keys.first else { return }
        index = 0
        for block in blocks {
            let vector = buffer.vector(block: block, column: key.column)
            for row in 0 ..< buffer.rowCount(ofBlock: block) {
                let prefix = prefix(vector.cell(element: row))
                entries[index].prefix = key.isDescending ? ~prefix : prefix
                index &+= 1
            }
        }
    }

    // MARK: several threads

    /// Samples of each run for each piece that is merged.
    private static let samplesPerPiece = 16
    /// Pieces for each thread, so that uneven ones even out.
    private static let piecesPerThread = 2

    /// All rows of the buffer in order, sorted by several threads.
    ///
    /// - Parameter runs: blocks that are sorted together: all, in order.
    func sorted(
        _ entries: PooledArray<SortEntry>, runs: [Range<Int>], threads: Int
    ) throws(NQLError) {
        let whole = PooledArray<SortEntry>(pool: pool)
        try whole.resizeUninitialized(buffer.rowCount)
        entries.removeAll()
        guard whole.count > 0 else { return }
        var starts = [0]
        for run in runs {
            let count = run.reduce(0) { $0 + buffer.rowCount(ofBlock: $1) }
            starts.append(starts[starts.count - 1] + count)
        }
        let kinds = Slots(repeating: PrefixKind(), count: runs.count)
        try TaskJob.run(runs.count, threads: threads) { (run, _) throws(NQLError) in
            kinds[run] = prefixKind(runs[run])
        }
        let prefix = kinds.indices.reduce(PrefixKind()) { PrefixKind.both($0, kinds[$1]) }
        let lists = runs.indices.map { run in
            UnsafeMutableBufferPointer(
                start: whole.pointer + starts[run], count: starts[run + 1] - starts[run])
        }
        try TaskJob.run(runs.count, threads: threads) { (run, _) throws(NQLError) in
            fill(lists[run], runs[run], prefix)
            try sort(lists[run], prefix)
        }
        try entries.resizeUninitialized(whole.count)
        let target = entries.pointer
        let cuts = self.cuts(
            lists, pieces: threads * RowOrder.piecesPerThread, prefix)
        try TaskJob.run(cuts.count - 1, threads: threads) { (piece, _) throws(NQLError) in
            let parts = lists.indices.map { run in
                UnsafeBufferPointer(
                    rebasing: lists[run][cuts[piece][run] ..< cuts[piece + 1][run]])
            }
            let start = cuts[piece].reduce(0, +)
            try MergeSort.merge(parts, into: target + start) { isBefore($0, $1, prefix) }
        }
    }

    /// Where to cut each run, from the start of the first piece to the end of the last.
    private func cuts(
        _ runs: [UnsafeMutableBufferPointer<SortEntry>], pieces: Int, _ prefix: PrefixKind
    ) -> [[Int]] {
        var samples: [SortEntry] = []
        let wanted = pieces * RowOrder.samplesPerPiece
        let total = runs.reduce(0) { $0 + $1.count }
        for run in runs where !run.isEmpty {
            let count = max(1, min(run.count, wanted * run.count / total))
            for index in 0 ..< count { samples.append(run[run.count * index / count]) }
        }
        samples.sort { isBefore($0, $1, prefix) }
        var cuts = [runs.map { _ in 0 }]
        for piece in 1 ..< pieces {
            let bound = samples[samples.count * piece / pieces]
            cuts.append(runs.map { run in
                var (low, high) = (0, run.count)
                while low < high {
                    let middle = (low + high) / 2
                    if isBefore(run[middle], bound, prefix) {
                        low = middle + 1
                    } else {
                        high = middle
                    }
                }
                return low
            })
        }
        return cuts + [runs.map(\.count)]
    }

    // MARK: prefixes

    /// What prefixes of the first key tell.
    struct PrefixKind: Equatable {
        /// Class of the values; -1 while all are null, -2 where there are several: no prefixes.
        var rank = -1
        /// Equal prefixes mean equal values.
        var isExact = true

        static let none = PrefixKind(rank: -2, isExact: false)

        /// That of the values of both.
        static func both(_ a: PrefixKind, _ b: PrefixKind) -> PrefixKind {
            if a.rank == -1 { return b }
            if b.rank == -1 { return a }
            if a.rank != b.rank { return .none }
            return PrefixKind(rank: a.rank, isExact: a.isExact && b.isExact)
        }
    }

    /// What the first key's prefixes of the rows of blocks tell.
    private func prefixKind(_ blocks: Range<Int>) -> PrefixKind {
        guard let key = keys.first else { return .none }
        var kind = PrefixKind()
        for block in blocks {
            let vector = buffer.vector(block: block, column: key.column)
            for row in 0 ..< buffer.rowCount(ofBlock: block) {
                let cell = vector.cell(element: row)
                if cell.isNull { continue }
                let own = CellOrder.rank(cell.tag)
                if kind.rank >= 0 && own != kind.rank { return .none }
                kind.rank = own
                kind.isExact = kind.isExact && RowOrder.hasExactPrefix(cell)
            }
        }
        return kind
    }

    /// Whether no other value of its class has the same prefix.
    private static func hasExactPrefix(_ cell: Cell) -> Bool {
        switch cell.tag {
        case .integer: return cell.integer.magnitude <= 1 << 53
        case .float, .date, .localTime: return true
        default: return false
        }
    }

    /// Bits that never contradict the order within one class of types; nulls come last.
    private func prefix(_ cell: Cell) -> UInt64 {
        let sign: UInt64 = 1 << 63
        switch cell.tag {
        case .null: return .max
        case .integer: return RowOrder.ordered(Double(cell.integer))
        case .float: return cell.float.isNaN ? .max - 1 : RowOrder.ordered(cell.float)
        case .date, .localTime, .localDateTime, .dateTime: return cell.payload ^ sign
        case .string:
            // The first eight bytes; shorter strings are filled up with zeros.
            let first = UInt64(cell.aux.byteSwapped) &<< 32
            if cell.byteCount <= 12 {
                return first | UInt64(UInt32(truncatingIfNeeded: cell.payload).byteSwapped)
            }
            let bytes = base.pointer(cell.payload)
            let more = bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self)
            return first | UInt64(more.byteSwapped)
        default: return 0
        }
    }

    /// Bits that order like the doubles. Rounding an integer keeps the order except that
    /// neighbours may become equal.
    private static func ordered(_ value: Double) -> UInt64 {
        let bits = (value == 0 ? 0.0 : value).bitPattern
        return bits &>> 63 == 1 ? ~bits : bits | (1 << 63)
    }
}

extension Operator {
    /// Makes `count` rows of a buffer, in the order of its entries from `start` on, the next rows
    /// to be handed out.
    final func handOut(
        _ entries: PooledArray<SortEntry>, from start: Int, _ count: Int, of buffer: RowBuffer
    ) throws(NQLError) {
        beginOutput()
        let references = try arena.allocate(RowBuffer.RowReference.self, count: count)
        for index in 0 ..< count { references[index] = entries[start + index].row }
        try handOut(references, count, of: buffer)
    }

    /// Makes the next rows of a merge, up to `most`, those to be handed out; false at the end.
    final func handOut(_ merge: RunMerge, _ most: Int) throws(NQLError) -> Bool {
        beginOutput()
        let references = try arena.allocate(RowBuffer.RowReference.self, count: max(1, most))
        let count = try merge.next(most, into: references)
        try handOut(references, count, of: merge.buffer)
        return count > 0
    }

    private func handOut(
        _ references: UnsafePointer<RowBuffer.RowReference>, _ count: Int, of buffer: RowBuffer
    ) throws(NQLError) {
        for (column, slot) in buffer.slots.enumerated() where live.contains(slot) {
            batch.vectors[slot] = try buffer.gather(column: column, references, count, arena)
        }
        batch.count = count
        batch.selection = nil
        batch.multiplicity = nil
    }
}
