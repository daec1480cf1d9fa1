// ChunkEncoder: turns a changed chunk into its record and arrays. `measure` runs the layout without
// memory and reserves extents; `write` runs the same layout again with pages known.

import NenCore

/// Lays one changed chunk out; see ChunkFormat for the bytes.
final class ChunkEncoder {
    let chunk: MutableChunk
    private let context: StoreContext
    private let commit: CommitWriter
    private var heapPlans: [HeapPlan] = []
    /// nil while measuring.
    private var memory: UnsafeMutableRawPointer?
    private var end = 0
    private var recordByteCount = 0
    /// First pages of extents that stay in use.
    private var kept: Set<UInt32> = []

    /// New heaps of a column: the cells to move are those that are private or in dropped heaps.
    private struct HeapPlan {
        var column: Int
        /// Heaps from this number on are dropped and their cells moved.
        var keptHeaps: Int
        /// Bytes of each new heap.
        var byteCounts: [Int]
    }

    init(chunk: MutableChunk, context: StoreContext, commit: CommitWriter) {
        self.chunk = chunk
        self.context = context
        self.commit = commit
    }

    /// First pass: brings the chunk into its stored forms and reserves its extents.
    func measure() throws {
        for index in chunk.columns.indices {
            chunk.columns[index].settle(
                capacity: chunk.capacity, live: chunk.liveBits, liveCount: chunk.liveCount,
                isFull: chunk.rowCount == ChunkFormat.rowsPerChunk)
        }
        chunk.settleEnds()
        for index in chunk.adjacency.indices
        where chunk.adjacency[index].isDeltaLong {
            try chunk.adjacency[index].validate(chunk.stored)
            try chunk.adjacency[index].fold(capacity: chunk.capacity)
        }
        chunk.adjacency.removeAll { $0.isVerified && $0.isEmpty }
        for index in chunk.columns.indices { try planHeap(index) }
        for plan in heapPlans { plan.byteCounts.forEach(commit.reserve) }
        try layout()
        recordByteCount = end
        guard recordByteCount <= HeapPacking.valueByteCountMax else { throw tooManyTables() }
        commit.reserve(recordByteCount)
    }

    private func tooManyTables() -> NQLError {
        let kind = chunk.isNode ? "nodes" : "relationships"
        let first = chunk.number << 11
        return .runtime(
            .capacity, "ChunkTooLong",
            "the \(kind) \(first) to \(first + 2_047) have \(chunk.columns.count) different "
                + "property keys and \(chunk.adjacency.count) groups of neighbours together, "
                + "which takes \(recordByteCount) bytes; the limit is "
                + "\(HeapPacking.valueByteCountMax)",
            hint: "keep rare keys as entries of a map property")
    }

    /// Second pass: writes everything and returns the record's extent; what the committed form had
    /// and this one has not is released.
    func write() throws -> ExtentDescriptor {
        for plan in heapPlans { try relocate(plan) }
        try commit.flushIfMany()
        memory = try commit.image(recordByteCount)
        end = 0
        try layout()
        precondition(end == recordByteCount, "record of \(end) bytes, measured \(recordByteCount)")
        let extent = try commit.write(UnsafeRawBufferPointer(start: memory, count: end))
        // What was carried over unread is as unverified as before.
        commit.note(
            record: extent,
            marks: ValidationTable.marks(
                columns: chunk.columns.lazy.map(\.isVerified),
                adjacency: chunk.adjacency.lazy.map(\.isVerified)))
        if let stored = chunk.stored {
            stored.forEachExtent { old in
                if !kept.contains(old.page) { commit.transaction.release(old) }
            }
            commit.transaction.release(stored.extent)
        }
        return extent
    }

    // MARK: Heaps

    /// Decides which stored heaps of a changed column survive, and how large the new one becomes.
    private func planHeap(_ index: Int) throws {
        let column = chunk.columns[index]
        guard column.type.usesHeap, column.values.isPrivate else { return }
        var spans: [HeapSpan] = []
        for heap in column.heaps {
            let start = UInt64(heap.page) * UInt64(pageByteCount)
            spans.append(HeapSpan(start: start, end: start + UInt64(heap.byteCount)))
        }
        let cells = column.values.pointer.assumingMemoryBound(to: Cell.self)
        let count = column.values.byteCount / 16
        var liveBytes = [Int](repeating: 0, count: spans.count)
        var newBytes = 0
        for place in 0 ..< count where CellHeap.isDeep(cells[place]) {
            let cell = cells[place]
            if context.isStored(cell) {
                guard let heap = spans.firstIndex(where: { cell.payload >= $0.start
                    && cell.payload < $0.end })
                else {
                    throw NQLError.damaged(
                        "chunk \(chunk.number)", "has a value outside its column's heaps")
                }
                let size = try CellHeap.end(of: cell, from: 0, base: context.base)
                liveBytes[heap] += size + 8
            } else {
                newBytes = try CellHeap.end(of: cell, from: newBytes, base: context.base)
            }
        }
        if newBytes == 0 && spans.isEmpty { return }
        let keptHeaps = keptCount(column.heaps, liveBytes, newBytes)
        var packing = HeapPacking()
        for place in 0 ..< count where CellHeap.isDeep(cells[place]) {
            if moves(cells[place], spans[..<keptHeaps]) {
                _ = try packing.add(cells[place], base: context.base)
            }
        }
        heapPlans.append(
            HeapPlan(column: index, keptHeaps: keptHeaps, byteCounts: packing.byteCounts))
    }

    /// Small trailing heaps are merged with what is new, geometrically; heaps that are mostly
    /// garbage, or too many small ones, make all move.
    private func keptCount(_ heaps: [ExtentDescriptor], _ live: [Int], _ newBytes: Int) -> Int {
        let stored = heaps.reduce(0) { $0 + Int($1.byteCount) }
        if stored > 2 * live.reduce(0, +) + pageByteCount { return 0 }
        var kept = heaps.count
        var merged = newBytes
        if newBytes == 0 { return kept }
        while kept > 0, Int(heaps[kept - 1].byteCount) < HeapPacking.fullByteCount,
            Int(heaps[kept - 1].byteCount) <= max(2 * merged, pageByteCount / 2)
        {
            kept -= 1
            merged += Int(heaps[kept].byteCount)
        }
        let small = heaps[..<kept].count { Int($0.byteCount) < HeapPacking.fullByteCount }
        return small > 12 ? 0 : kept
    }

    /// Whether a deep cell's bytes go to the new heap.
    private func moves(_ cell: Cell, _ kept: ArraySlice<HeapSpan>) -> Bool {
        if !context.isStored(cell) { return true }
        for span in kept where cell.payload >= span.start && cell.payload < span.end {
            return false
        }
        return true
    }

    /// Fills a column's new heaps and points its cells there.
    private func relocate(_ plan: HeapPlan) throws {
        let spans = chunk.columns[plan.column].heaps.prefix(plan.keptHeaps).map { heap in
            let start = UInt64(heap.page) * UInt64(pageByteCount)
            return HeapSpan(start: start, end: start + UInt64(heap.byteCount))
        }
        chunk.columns[plan.column].heaps.removeSubrange(plan.keptHeaps...)
        for heap in chunk.columns[plan.column].heaps { kept.insert(heap.page) }
        if plan.byteCounts.isEmpty { return }
        let count = chunk.columns[plan.column].values.byteCount / 16
        let cells = chunk.columns[plan.column].writableCells(capacity: chunk.capacity)
        var packing = HeapPacking()
        var target = try HeapImage(commit, byteCount: plan.byteCounts[0])
        for place in 0 ..< count where CellHeap.isDeep(cells[place]) {
            if !moves(cells[place], spans[...]) { continue }
            let part = try packing.add(cells[place], base: context.base)
            if part > target.number {
                try finish(target, plan.column)
                target = try HeapImage(commit, byteCount: plan.byteCounts[part], number: part)
            }
            cells[place] = CellHeap.copy(
                cells[place], to: target.memory, memoryOffset: target.offset,
                cursor: &target.cursor, base: context.base)
        }
        try finish(target, plan.column)
    }

    /// A heap that is being filled, at the place of the next extent.
    private struct HeapImage {
        let number: Int
        let memory: UnsafeMutableRawPointer
        let byteCount: Int
        let offset: UInt64
        var cursor = 0

        init(_ commit: CommitWriter, byteCount: Int, number: Int = 0) throws {
            self.number = number
            self.byteCount = byteCount
            try commit.flushIfMany()
            memory = try commit.image(byteCount)
            offset = UInt64(commit.nextPage) * UInt64(pageByteCount)
        }
    }

    private func finish(_ heap: HeapImage, _ column: Int) throws {
        precondition(
            heap.cursor == heap.byteCount, "heap of \(heap.cursor) bytes, planned otherwise")
        let extent = try commit.write(
            UnsafeRawBufferPointer(start: heap.memory, count: heap.byteCount))
        chunk.columns[column].heaps.append(extent)
        kept.insert(extent.page)
    }

    // MARK: Layout

    private func reserve(_ byteCount: Int) -> Int {
        let start = end
        end += (byteCount + 7) & ~7
        return start
    }

    private func put<T: BitwiseCopyable>(_ value: T, _ offset: Int) {
        memory?.storeBytes(of: value, toByteOffset: offset, as: T.self)
    }

    /// Places an array and writes its reference at `offset`.
    private func place(
        _ slot: ArraySlot, refAt offset: Int,
        inlineByteCountMax: Int = ChunkFormat.inlineByteCountMax
    ) throws {
        if slot.isEmpty || slot.isCounting { return }
        let size = UInt32(slot.byteCount)
        if !slot.extent.isNone {
            if let memory {
                kept.insert(slot.extent.page)
                ArrayRef(extent: slot.extent, offset: 0, byteCount: size).store(to: memory + offset)
            }
        } else if slot.byteCount <= inlineByteCountMax {
            let start = reserve(slot.byteCount)
            if let memory {
                (memory + start).copyMemory(from: slot.pointer, byteCount: slot.byteCount)
                ArrayRef(extent: .none, offset: UInt32(start), byteCount: size)
                    .store(to: memory + offset)
            }
        } else if let memory {
            let extent = try commit.write(
                UnsafeRawBufferPointer(start: slot.pointer, count: slot.byteCount))
            kept.insert(extent.page)
            ArrayRef(extent: extent, offset: 0, byteCount: size).store(to: memory + offset)
        } else {
            commit.reserve(slot.byteCount)
        }
    }

    private func place(_ numbers: MutableNumbers, refAt offset: Int) throws {
        let isPlain = numbers.form.isPlain
        try place(
            numbers.slot, refAt: offset,
            inlineByteCountMax: isPlain
                ? ChunkFormat.inlineByteCountMax : ChunkFormat.inlineEndsByteCountMax)
    }

    private func layout() throws {
        let hasPackedEnds = !chunk.first.form.isPlain || !chunk.second.form.isPlain
        _ = reserve(
            hasPackedEnds ? ChunkFormat.packedHeaderByteCount : ChunkFormat.headerByteCount)
        let columns = reserve(chunk.columns.count * ChunkFormat.columnByteCount)
        let groups = reserve(chunk.adjacency.count * ChunkFormat.adjacencyByteCount)
        let live = reserve(chunk.capacity / 8)
        put(ChunkFormat.magic, 0)
        put(version, 4)
        put(UInt8(chunk.isNode ? 0 : 1), 5)
        put(chunk.first.form.code, 6)
        put(chunk.second.form.code, 7)
        put(chunk.number, 8)
        put(chunk.isMixed ? chunk.set | ChunkFormat.mixedFlag : chunk.set, 12)
        put(UInt16(chunk.rowCount), 16)
        put(UInt16(chunk.capacity), 18)
        put(UInt16(chunk.liveCount), 20)
        put(UInt16(truncatingIfNeeded: chunk.columns.count), 22)
        put(UInt16(truncatingIfNeeded: chunk.adjacency.count), 24)
        put(UInt32(chunk.columns.count) >> 16, 40)
        put(UInt32(chunk.adjacency.count) >> 16, 44)
        put(UInt32(columns), 28)
        put(UInt32(groups), 32)
        put(UInt32(live), 36)
        memory.map { ($0 + live).copyMemory(from: chunk.liveBits, byteCount: chunk.capacity / 8) }
        try place(chunk.first, refAt: 48)
        try place(chunk.second, refAt: 80)
        if hasPackedEnds {
            put(chunk.first.form.base, 112)
            put(chunk.second.form.base, 116)
        }
        for (index, column) in chunk.columns.enumerated() {
            try layout(column, at: columns + index * ChunkFormat.columnByteCount)
        }
        for (index, group) in chunk.adjacency.enumerated() {
            try layout(group, at: groups + index * ChunkFormat.adjacencyByteCount)
        }
    }

    /// The least version that knows all that the record has.
    private var version: UInt8 {
        let isCompact = !chunk.first.form.isPlain || !chunk.second.form.isPlain
            || chunk.adjacency.contains(where: \.isCompact)
            || chunk.columns.contains { $0.encoding == .framed }
        return ChunkFormat.version(
            columns: chunk.columns.count, groups: chunk.adjacency.count, isCompact: isCompact)
    }

    private func layout(_ column: MutableColumn, at offset: Int) throws {
        let hasBitmap = column.encoding != .sparse && !column.presence.isEmpty
        put(column.key, offset)
        put(column.encoding.rawValue, offset + 4)
        put(column.type.rawValue, offset + 5)
        put(UInt8((hasBitmap ? 1 : 0) | (column.zone != nil ? 2 : 0)), offset + 6)
        put(UInt32(column.count), offset + 8)
        if let zone = column.zone {
            put(zone.least, offset + 16)
            put(zone.greatest, offset + 24)
        }
        let isFramed = column.encoding == .framed
        if isFramed {
            put(column.frame.width, offset + 7)
            put(column.frame.base, offset + 104)
        }
        try place(
            column.values, refAt: offset + 32,
            inlineByteCountMax: isFramed
                ? ChunkFormat.inlineFrameByteCountMax : ChunkFormat.inlineByteCountMax)
        try place(column.presence, refAt: offset + 64)
        // While measuring, a column about to get a new heap still has its old list.
        let plan = memory == nil
            ? heapPlans.first { chunk.columns[$0.column].key == column.key } : nil
        let count = plan.map { $0.keptHeaps + $0.byteCounts.count } ?? column.heaps.count
        let table = reserve(count * ExtentDescriptor.byteWidth)
        put(UInt32(count), offset + 12)
        put(UInt32(table), offset + 96)
        guard let memory else { return }
        for (index, heap) in column.heaps.enumerated() {
            heap.store(to: memory + table + index * ExtentDescriptor.byteWidth)
            kept.insert(heap.page)
        }
    }

    private func layout(_ group: MutableAdjacency, at offset: Int) throws {
        let deltaCount = group.delta.count
        let segments = reserve(group.segments.count * ChunkFormat.segmentByteCount)
        let delta = reserve(deltaCount * 10)
        put(group.type, offset)
        put(group.direction.rawValue, offset + 4)
        put(group.form.rawValue, offset + 5)
        put(UInt16(deltaCount), offset + 6)
        put(UInt32(group.sourceCount), offset + 8)
        put(UInt32(group.entryCount), offset + 12)
        put(UInt32(group.segments.count), offset + 16)
        put(UInt32(segments), offset + 20)
        put(UInt32(delta), offset + 24)
        if let memory {
            (memory + delta).copyMemory(
                from: group.delta.neighbourPointer, byteCount: deltaCount * 4)
            (memory + delta + deltaCount * 4).copyMemory(
                from: group.delta.relationshipPointer, byteCount: deltaCount * 4)
            (memory + delta + deltaCount * 8).copyMemory(
                from: group.delta.rowPointer, byteCount: deltaCount * 2)
        }
        try place(group.sourceRows, refAt: offset + 32)
        try place(group.offsets, refAt: offset + 64)
        for (index, segment) in group.segments.enumerated() {
            let entry = segments + index * ChunkFormat.segmentByteCount
            put(UInt32(segment.start), entry)
            put(UInt16(segment.count), entry + 4)
            put(segment.form.rawValue, entry + 6)
            try place(segment.neighbours, refAt: entry + 8)
            try place(segment.relationships, refAt: entry + 40)
            if segment.form != .listed { put(segment.base, entry + 64) }
        }
    }
}
