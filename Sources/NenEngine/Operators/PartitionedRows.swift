// PartitionedRows: rows of a grouping on disk, dealt to partitions by bits of the hashes of their
// keys. Rows of one group are in one partition, in the order in which they came; so each partition
// can be grouped on its own, and one that is still too large is dealt again by the next bits.

import NQLPlan
import NenCore

/// Where the columns of a written row stand: keys, the arguments of the calls one after the other,
/// how often the row counts, its number and its hash.
struct GroupRowLayout {
    let keyCount: Int
    /// Of each call: its arguments.
    let arguments: [Range<Int>]

    init(keyCount: Int, argumentCounts: [Int]) {
        self.keyCount = keyCount
        var next = keyCount
        arguments = argumentCounts.map { count in
            defer { next += count }
            return next ..< next + count
        }
    }

    var weight: Int { arguments.last?.upperBound ?? keyCount }
    var number: Int { weight + 1 }
    var hash: Int { weight + 2 }
    var columnCount: Int { weight + 3 }
}

/// Rows by partition.
final class PartitionedRows {
    /// Bits of the hash for each level.
    static let bits: UInt64 = 4
    static let count = 1 << Int(bits)
    /// Levels that there are bits for.
    static let levelMax = 12

    private let layout: GroupRowLayout
    private let context: ExecutionContext
    private let memory: SinkMemory
    private let level: Int
    /// Rows that are not dealt yet.
    private let buffer: RowBuffer
    private let batch: Batch
    private let scratch: Arena
    private var files: [RowFile?] = Array(repeating: nil, count: PartitionedRows.count)
    private var rowCount: Int64 = 0

    /// - Parameter level: how many levels of bits are the same for all rows.
    init(
        _ layout: GroupRowLayout, level: Int, _ memory: SinkMemory, _ context: ExecutionContext
    ) {
        self.layout = layout
        self.level = level
        self.memory = memory
        self.context = context
        buffer = context.makeBuffer(Array(0 ..< layout.columnCount))
        batch = Batch(slotCount: layout.columnCount)
        scratch = Arena(pool: context.pool)
    }

    /// The bits of a hash up to a level, the first ones above the others.
    @inline(__always)
    static func prefix(_ hash: UInt64, levels: Int) -> UInt64 {
        // The bits that tables use tell nothing of the ones here.
        (hash &* 0x9E37_79B9_7F4A_7C15) &>> (64 &- bits &* UInt64(levels))
    }

    /// Appends rows of dense vectors, and numbers them.
    ///
    /// - Parameters:
    ///   - weights: how often each row counts; nil: once.
    ///   - chosen: which of `count` rows; nil: all.
    func append(
        keys: [Vector], arguments: [[Vector]], weights: UnsafePointer<Int64>?, _ count: Int,
        chosen: (rows: UnsafePointer<UInt16>, count: Int)?
    ) throws(NQLError) {
        scratch.reset()
        let hashes = try scratch.allocate(UInt64.self, count: max(1, count))
        for (index, key) in keys.enumerated() {
            Hashing.hash(key, count, context.base, isFirst: index == 0, into: hashes)
            batch.vectors[index] = key
        }
        for (columns, vectors) in zip(layout.arguments, arguments) {
            for (column, vector) in zip(columns, vectors) { batch.vectors[column] = vector }
        }
        let numbers = try scratch.allocate(Int64.self, count: max(1, count))
        for row in 0 ..< count { numbers[row] = rowCount + Int64(row) }
        rowCount += Int64(count)
        if let weights {
            batch.vectors[layout.weight] = Vector(.integer, weights)
        } else {
            batch.vectors[layout.weight] = try scratch.constant(Cell(integer: 1))
        }
        batch.vectors[layout.number] = Vector(.integer, numbers)
        batch.vectors[layout.hash] = Vector(.integer, hashes)
        batch.selection = chosen?.rows
        batch.count = chosen?.count ?? count
        try append()
    }

    /// Deals rows of another level.
    func append(_ file: RowFile, _ memory: PooledArray<UInt8>) throws(NQLError) {
        for index in 0 ..< file.imageCount {
            let image = try file.read(index, into: memory, context)
            for column in 0 ..< layout.columnCount {
                batch.vectors[column] = image.column(column).vector
            }
            batch.selection = nil
            batch.count = image.rowCount
            try append()
        }
    }

    private func append() throws(NQLError) {
        let need = batch.count * buffer.expectedRowByteCount + PagePool.pageByteCount
        let held = buffer.arena.byteCount
        if buffer.rowCount > 0,
            held >= memory.gatheredByteCount || !memory.allows(need, holding: held)
        {
            try write()
        }
        try buffer.append(batch)
    }

    /// Writes what is not written yet, and gives the memory back.
    func finish() throws(NQLError) {
        try write()
        scratch.releaseAll()
    }

    private func write() throws(NQLError) {
        let count = buffer.rowCount
        if count == 0 { return }
        let references = PooledArray<RowBuffer.RowReference>(pool: context.pool)
        try references.resizeUninitialized(count)
        let ends = deal(into: references.pointer)
        let writer = RowImageWriter(context)
        let gathering = Arena(pool: context.pool)
        let each = memory.rowCount(ofImages: buffer.arena.byteCount / count)
        for partition in 0 ..< PartitionedRows.count {
            let (first, end) = (partition == 0 ? 0 : ends[partition - 1], ends[partition])
            if first == end { continue }
            let file = try writtenFile(partition)
            for start in stride(from: first, to: end, by: each) {
                gathering.reset()
                try buffer.write(
                    references.pointer + start, min(each, end - start), to: file, writer,
                    gathering)
            }
        }
        buffer.release()
    }

    private func writtenFile(_ partition: Int) throws(NQLError) -> RowFile {
        if let known = files[partition] { return known }
        let fresh = try memory.rowFile(context.pool)
        files[partition] = fresh
        return fresh
    }

    /// Lists the rows by partition, in their order within each.
    ///
    /// - Returns: where each partition ends.
    private func deal(
        into references: UnsafeMutablePointer<RowBuffer.RowReference>
    ) -> [Int] {
        var ends = Array(repeating: 0, count: PartitionedRows.count)
        forEachRow { _, partition in ends[partition] += 1 }
        for partition in 1 ..< PartitionedRows.count { ends[partition] += ends[partition - 1] }
        var next = [0] + ends.dropLast()
        forEachRow { row, partition in
            references[next[partition]] = row
            next[partition] += 1
        }
        return ends
    }

    private func forEachRow(_ body: (RowBuffer.RowReference, Int) -> Void) {
        let mask = UInt64(PartitionedRows.count - 1)
        for block in 0 ..< buffer.blockCount {
            let hashes = buffer.vector(block: block, column: layout.hash).integers
            let start = RowBuffer.RowReference(truncatingIfNeeded: block) &<< 11
            for row in 0 ..< buffer.rowCount(ofBlock: block) {
                let prefix = PartitionedRows.prefix(
                    UInt64(bitPattern: hashes[row]), levels: level + 1)
                body(
                    start | RowBuffer.RowReference(truncatingIfNeeded: row),
                    Int(truncatingIfNeeded: prefix & mask))
            }
        }
    }

    /// The rows of a partition; nil when there are none. All must be written.
    func file(_ partition: Int) -> RowFile? { files[partition] }

    /// Bytes held in memory.
    var byteCount: Int { buffer.arena.byteCount + scratch.byteCount }
}
