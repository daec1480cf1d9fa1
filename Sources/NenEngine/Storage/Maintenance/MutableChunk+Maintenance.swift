// What maintenance does to one chunk.

import NenCore

extension MutableChunk {
    /// Folds deltas, joins thin segments, re-encodes columns, forgets label sets that are all
    /// alike.
    ///
    /// - Parameter report: counts what was done.
    func maintain(_ report: inout MaintenanceReport) throws {
        let handle = ChunkHandle(changed: self)
        if isNode && ChunkMaintenance.isPureAgain(handle) { becomePure() }
        for index in adjacency.indices {
            guard ChunkMaintenance.isDue(group: adjacency[index].handle()) else { continue }
            try adjacency[index].validate(stored)
            if adjacency[index].delta.count > 0 { report.groupsFolded += 1 }
            try adjacency[index].compact(capacity: capacity)
        }
        for index in columns.indices {
            let seen = columns[index].handle(capacity: capacity)
            guard ChunkMaintenance.mayBeDue(column: seen, handle) else { continue }
            try columns[index].validate(stored)
            let column = columns[index].handle(capacity: capacity)
            if ChunkMaintenance.isDue(column: column, handle) {
                let type = column.type == .mixed
                    ? ChunkMaintenance.onlyType(column, handle) ?? .mixed : column.type
                columns[index].reencode(as: type, capacity: capacity, live: liveBits)
                report.columnsReencoded += 1
            }
        }
    }
}

extension MutableColumn {
    /// Writes the column anew as `type`, which all its values have, sparse if that is enough.
    mutating func reencode(as type: ColumnType, capacity: Int, live: UnsafePointer<UInt64>) {
        let old = handle(capacity: capacity)
        var fresh = MutableColumn(key: key, type: type)
        for word in 0 ..< capacity / 64 {
            var rows = live[word]
            while rows != 0 {
                let row = word &* 64 &+ rows.trailingZeroBitCount
                rows &= rows &- 1
                let cell = old.cell(row)
                if !cell.isNull { fresh.set(row, cell, capacity: capacity, live: live) }
            }
        }
        // Long values stay where they are: the cells still point into the old heaps.
        fresh.heaps = type.usesHeap ? heaps : []
        self = fresh
    }
}

extension MutableAdjacency {
    /// Folds the delta; lays all segments anew when they are thin.
    mutating func compact(capacity: Int) throws {
        try fold(capacity: capacity)
        let group = handle()
        guard ChunkMaintenance.isThin(group) else { return }
        var neighbours: [UInt32] = []
        var relationships: [UInt32] = []
        neighbours.reserveCapacity(entryCount)
        relationships.reserveCapacity(entryCount)
        var counts = [UInt32](repeating: 0, count: capacity)
        for row in 0 ..< capacity {
            group.forEachRun(row) { run in
                counts[row] += UInt32(run.count)
                neighbours.append(
                    contentsOf: UnsafeBufferPointer(start: run.neighbours, count: run.count))
                for place in 0 ..< run.count { relationships.append(run.relationships[place]) }
            }
        }
        neighbours.withUnsafeBufferPointer { left in
            relationships.withUnsafeBufferPointer { right in
                guard let first = left.baseAddress, let second = right.baseAddress else { return }
                build(
                    counts: counts, neighbours: first, relationships: second,
                    capacity: capacity)
            }
        }
    }
}
