// RowQueue: rows kept in the order they came, to be read from the first to the last any number of
// times: what a product reads again and again, what an update has to read before it changes
// anything. The last rows are in memory; when that ends they go to disk behind those before. A
// block of a queue is one of a buffer or an image of a file.

import NQLPlan
import NenCore

/// Rows in order, some of them on disk.
final class RowQueue {
    private enum Part {
        case rows(RowBuffer)
        case file(RowFile)

        var blockCount: Int {
            switch self {
            case .rows(let buffer): buffer.blockCount
            case .file(let file): file.imageCount
            }
        }
    }

    let slots: [Slot]
    private let context: ExecutionContext
    private let memory: SinkMemory
    /// Before the rows in `buffer`.
    private var parts: [Part] = []
    private var buffer: RowBuffer
    private(set) var rowCount = 0

    init(_ context: ExecutionContext, slots: [Slot], _ memory: SinkMemory) {
        self.context = context
        self.slots = slots
        self.memory = memory
        buffer = context.makeBuffer(slots)
    }

    /// Forgets all rows.
    func removeAll() {
        if !parts.isEmpty {
            parts.removeAll()
            memory.beginFile()
        }
        buffer.removeAll()
        rowCount = 0
    }

    var blockCount: Int { parts.reduce(buffer.blockCount) { $0 + $1.blockCount } }

    /// The rows, where they are all in one buffer.
    var rowsInMemory: RowBuffer? { parts.isEmpty ? buffer : nil }

    /// Appends all rows of a batch (which has no multiplicity).
    func append(_ batch: Batch) throws(NQLError) {
        let need = batch.count * buffer.expectedRowByteCount + PagePool.pageByteCount
        if buffer.rowCount > 0, !memory.allows(need, holding: buffer.arena.byteCount) {
            try spill()
        }
        try buffer.append(batch)
        rowCount += batch.count
    }

    /// Takes over the rows of `other` behind its own; `other` must have the same slots.
    func adopt(_ other: RowQueue) throws(NQLError) {
        precondition(other.slots == slots, "queues of \(slots) and \(other.slots) do not join")
        if parts.isEmpty, other.parts.isEmpty {
            try buffer.adopt(other.buffer)
            rowCount += other.rowCount
            return
        }
        if buffer.rowCount > 0 {
            parts.append(.rows(buffer))
            buffer = context.makeBuffer(slots)
        }
        parts += other.parts
        if other.buffer.rowCount > 0 { parts.append(.rows(other.buffer)) }
        rowCount += other.rowCount
        if case .rows(let only)? = parts.first, parts.count == 1 {
            parts.removeAll()
            buffer = only
        }
    }

    /// Writes the rows that are in memory.
    private func spill() throws(NQLError) {
        let file: RowFile
        if case .file(let last)? = parts.last {
            file = last
        } else {
            file = try memory.rowFile(context.pool)
            parts.append(.file(file))
        }
        let writer = RowImageWriter(context)
        // Validity bits are cut at words.
        let wanted = memory.rowCount(ofImages: buffer.arena.byteCount / max(1, buffer.rowCount))
        let each = max(64, wanted & ~63)
        for block in 0 ..< buffer.blockCount {
            let count = buffer.rowCount(ofBlock: block)
            for start in stride(from: 0, to: count, by: each) {
                let vectors = slots.indices.map {
                    buffer.vector(block: block, column: $0).dropFirst(start)
                }
                try file.append(vectors, min(each, count - start), writer)
            }
        }
        buffer.release()
    }

    /// Bytes held in memory.
    var byteCount: Int { buffer.arena.byteCount }

    /// Reads blocks of a queue; each reader has memory of its own.
    final class Reader {
        private let queue: RowQueue
        private let memory: PooledArray<UInt8>
        private var image: RowImage?
        /// What `image` is of.
        private var block = -1

        init(_ queue: RowQueue, _ context: ExecutionContext) {
            self.queue = queue
            memory = PooledArray(pool: context.pool)
        }

        /// The queue has other rows now.
        func reset() {
            image = nil
            block = -1
            memory.release()
        }

        /// Makes `batch` the rows of a block; they stay until the next one is loaded.
        func load(block: Int, into batch: Batch, _ context: ExecutionContext) throws(NQLError) {
            var index = block
            for part in queue.parts {
                if index < part.blockCount {
                    switch part {
                    case .rows(let buffer): buffer.load(block: index, into: batch)
                    case .file(let file): try load(file, index, block, into: batch, context)
                    }
                    return
                }
                index -= part.blockCount
            }
            queue.buffer.load(block: index, into: batch)
        }

        private func load(
            _ file: RowFile, _ index: Int, _ block: Int, into batch: Batch,
            _ context: ExecutionContext
        ) throws(NQLError) {
            if block != self.block {
                self.block = -1
                image = try file.read(index, into: memory, context)
                self.block = block
            }
            guard let image else { return }
            for (column, slot) in queue.slots.enumerated() {
                batch.vectors[slot] = image.column(column).vector
            }
            batch.count = image.rowCount
            batch.selection = nil
            batch.multiplicity = nil
        }
    }
}

extension RowBuffer.Column {
    var vector: Vector { Vector(kind, data, validity: validity.map { UnsafePointer($0) }) }
}

extension Vector {
    /// A flat vector from element `count` on, a multiple of 64.
    fileprivate func dropFirst(_ count: Int) -> Vector {
        Vector(kind, data + count * kind.stride, validity: validity.map { $0 + count / 64 })
    }
}
