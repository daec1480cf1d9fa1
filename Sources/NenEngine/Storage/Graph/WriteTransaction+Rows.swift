// Many nodes or relationships of one kind at once, their properties column by column: what they
// have in common (label set, place, indexes, counts) is found once, and nothing is put together row
// by row. Each row is checked, logged and made before the next, so constraints see the rows before,
// and redo knows one form of creation only.

import NenCore

/// Properties of entities that are made together.
struct PropertyColumns {
    /// Numbers of the keys, ascending, each once.
    var keys: [NameID]
    /// The values of all rows for each key; null for none.
    var columns: [UnsafePointer<Cell>]
}

extension WriteTransaction {
    /// Creates nodes as `createNode` does, in the order of the rows. Not for a graph with
    /// constraints on existence or type (`hasRowConstraints`).
    ///
    /// - Returns: the number of properties set.
    /// - Throws: as `createNode`, with the rows before made.
    func createNodes(
        labels: [NameID], _ properties: PropertyColumns, count: Int,
        into ids: UnsafeMutablePointer<UInt32>
    ) throws -> Int {
        let set = try internLabelSet(labels)
        let indexes = nodeIndexes.indices.filter { covers(nodeIndexes[$0], set: set) }
        var kept: [(NameID, Cell)] = []
        var propertyCount = 0
        var done = 0
        while done < count {
            try checkOpen()
            let first = try placeNode(set)
            let chunk = try mutableNodeChunk(first >> 11)
            let before = done
            for id in first ... WriteTransaction.last(from: first, chunk, most: count - done) {
                if id > first, !chunk.takesRows { break }
                try checkOpen()
                try keep(properties, row: done, into: &kept)
                record(.createNode) { bytes in
                    bytes.varint(UInt64(id))
                    bytes.varint(UInt64(set))
                    write(kept, to: bytes)
                }
                for place in indexes {
                    try add(id, to: &nodeIndexes[place]) { WriteTransaction.value($0, kept) }
                }
                let row = GraphView.row(of: id)
                try chunk.beginRow(row)
                if chunk.setLabelSet(row, set) { setChunkSet(id >> 11, .max) }
                try chunk.setValues(row, kept)
                propertyCount += kept.count
                ids[done] = id
                done += 1
            }
            try counter.addNodes(Int64(done - before), set: set)
        }
        return propertyCount
    }

    /// Creates relationships as `createRelationship` does, in the order of the rows; as
    /// `createNodes`.
    func createRelationships(
        type: NameID, from sources: UnsafePointer<UInt32>, to targets: UnsafePointer<UInt32>,
        _ properties: PropertyColumns, count: Int, into ids: UnsafeMutablePointer<UInt32>
    ) throws -> Int {
        let indexes = relationshipIndexes.indices.filter {
            relationshipIndexes[$0].descriptor.labelOrType == type
        }
        var kept: [(NameID, Cell)] = []
        var tally = GroupTally(type: type)
        var propertyCount = 0
        var done = 0
        while done < count {
            try checkOpen()
            let first = try placeRelationship(type)
            let chunk = try mutableRelationshipChunk(first >> 11)
            for id in first ... WriteTransaction.last(from: first, chunk, most: count - done) {
                if id > first, !chunk.takesRows { break }
                try checkOpen()
                let (source, target) = (sources[done], targets[done])
                _ = try aliveNode(source)
                _ = try aliveNode(target)
                try keep(properties, row: done, into: &kept)
                record(.createRelationship) { bytes in
                    bytes.varint(UInt64(id))
                    bytes.varint(UInt64(source))
                    bytes.varint(UInt64(target))
                    write(kept, to: bytes)
                }
                for place in indexes {
                    try add(id, to: &relationshipIndexes[place]) {
                        WriteTransaction.value($0, kept)
                    }
                }
                let row = GraphView.row(of: id)
                try chunk.beginRow(row)
                chunk.setEnds(row, source: source, target: target)
                try chunk.setValues(row, kept)
                try addNeighbours(id, type: type, source: source, target: target)
                try tally.add(
                    from: try labelSet(ofNode: source), to: try labelSet(ofNode: target),
                    isLoop: source == target, &counter)
                propertyCount += kept.count
                ids[done] = id
                done += 1
            }
        }
        try tally.settle(&counter)
        return propertyCount
    }

    /// The last of the rows that follow one another from a free one on: behind the rows of a chunk
    /// all that it has room for, else the one that was freed.
    private static func last(from first: UInt32, _ chunk: MutableChunk, most: Int) -> UInt32 {
        let row = GraphView.row(of: first)
        if row < chunk.rowCount { return first }
        return first + UInt32(min(most, ChunkFormat.rowsPerChunk - row) - 1)
    }

    /// Deep copies of a row's values that are not null.
    private func keep(
        _ properties: PropertyColumns, row: Int, into kept: inout [(NameID, Cell)]
    ) throws {
        kept.removeAll(keepingCapacity: true)
        var byteCount = 0
        for index in properties.keys.indices {
            let cell = properties.columns[index][row]
            if cell.isNull { continue }
            kept.append((properties.keys[index], try values.keep(cell, base: base)))
            byteCount += values.lastByteCount
        }
        try prepareLog(for: byteCount)
    }
}

/// Relationships between nodes of the same label sets, counted together while they follow one
/// another.
private struct GroupTally {
    let type: NameID
    private var source: UInt32 = 0
    private var target: UInt32 = 0
    private var isLoop = false
    private var count: Int64 = 0

    init(type: NameID) { self.type = type }

    /// One relationship more.
    @inline(__always)
    mutating func add(
        from source: UInt32, to target: UInt32, isLoop: Bool, _ counter: inout StatisticsCounter
    ) throws(NQLError) {
        if source != self.source || target != self.target || isLoop != self.isLoop {
            try settle(&counter)
            (self.source, self.target, self.isLoop) = (source, target, isLoop)
        }
        count &+= 1
    }

    mutating func settle(_ counter: inout StatisticsCounter) throws(NQLError) {
        if count == 0 { return }
        try counter.addRelationships(count, type: type, from: source, to: target, isLoop: isLoop)
        count = 0
    }
}
