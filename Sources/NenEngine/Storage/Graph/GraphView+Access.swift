// Single entities: properties, labels, ends, neighbours. Each call walks from the root; loops over
// many rows use chunk handles instead.

import NenCore

extension GraphView {
    // MARK: Existence

    /// Whether a node of this number is alive in this view.
    final func nodeExists(_ id: UInt32) throws -> Bool {
        try nodeChunk(GraphView.chunk(of: id)).isLive(GraphView.row(of: id))
    }

    final func relationshipExists(_ id: UInt32) throws -> Bool {
        try relationshipChunk(GraphView.chunk(of: id)).isLive(GraphView.row(of: id))
    }

    /// Index into `catalog.labelSets`; also answered for a node deleted in this transaction. The
    /// empty set for numbers that never were.
    final func labelSet(ofNode id: UInt32) throws -> UInt32 {
        let chunk = GraphView.chunk(of: id)
        if chunk >= nodeChunkCount { return 0 }
        let set = chunkLabelSets[chunk]
        if set != .max { return set }
        let handle = try nodeChunk(chunk)
        let row = GraphView.row(of: id)
        return row < handle.rowCount ? handle.labelSet(row) : 0
    }

    // MARK: Properties

    /// Null when the node has no such property or is not alive.
    final func nodeProperty(_ id: UInt32, _ key: NameID) throws -> Cell {
        let row = GraphView.row(of: id)
        let chunk = try nodeChunk(GraphView.chunk(of: id))
        guard chunk.isLive(row), let column = try chunk.column(key) else { return .null }
        return column.cell(row)
    }

    /// Null when the relationship has no such property or is not alive.
    final func relationshipProperty(_ id: UInt32, _ key: NameID) throws -> Cell {
        let row = GraphView.row(of: id)
        let chunk = try relationshipChunk(GraphView.chunk(of: id))
        guard chunk.isLive(row), let column = try chunk.column(key) else { return .null }
        return column.cell(row)
    }

    /// The node's properties, ascending by key number.
    final func forEachNodeProperty(
        _ id: UInt32, _ body: (NameID, Cell) throws -> Void
    ) throws {
        try forEachProperty(
            try nodeChunk(GraphView.chunk(of: id)), GraphView.row(of: id), body)
    }

    /// The relationship's properties, ascending by key number.
    final func forEachRelationshipProperty(
        _ id: UInt32, _ body: (NameID, Cell) throws -> Void
    ) throws {
        try forEachProperty(
            try relationshipChunk(GraphView.chunk(of: id)), GraphView.row(of: id), body)
    }

    private func forEachProperty(
        _ chunk: ChunkHandle, _ row: Int, _ body: (NameID, Cell) throws -> Void
    ) throws {
        guard chunk.isLive(row) else { return }
        try chunk.forEachColumn { column in
            let cell = column.cell(row)
            if !cell.isNull { try body(column.key, cell) }
        }
    }

    // MARK: Relationships

    /// Type and ends; also answered for a relationship deleted in this transaction.
    /// - Throws: `EntityNotFound` for a number that never was.
    final func endpoints(
        ofRelationship id: UInt32
    ) throws -> (type: NameID, source: UInt32, target: UInt32) {
        let chunk = try relationshipChunk(GraphView.chunk(of: id))
        let row = GraphView.row(of: id)
        guard row < chunk.rowCount, let sources = chunk.sources, let targets = chunk.targets else {
            throw NQLError.runtime(
                .entityNotFound, nil, "there is no relationship with id \(id)")
        }
        return (chunk.set, sources[row], targets[row])
    }

    /// Calls `body` with the node's neighbours over one type, as ascending runs; never with an
    /// empty one.
    final func forEachRun(
        node: UInt32, type: NameID, direction: AdjacencyDirection,
        _ body: (AdjacencyRun) throws -> Void
    ) throws {
        let row = GraphView.row(of: node)
        let chunk = try nodeChunk(GraphView.chunk(of: node))
        guard row < chunk.rowCount, let group = try chunk.adjacency(type, direction) else {
            return
        }
        try group.forEachRun(row, body)
    }

    /// As above over all types, ascending by type number.
    final func forEachRun(
        node: UInt32, direction: AdjacencyDirection,
        _ body: (NameID, AdjacencyRun) throws -> Void
    ) throws {
        let row = GraphView.row(of: node)
        let chunk = try nodeChunk(GraphView.chunk(of: node))
        guard row < chunk.rowCount else { return }
        try chunk.forEachAdjacency { group in
            if group.direction != direction { return }
            try group.forEachRun(row) { try body(group.type, $0) }
        }
    }

    /// Types that leave (or reach) any node of the chunk, ascending.
    final func adjacencyTypes(
        ofNodeChunk chunk: Int, direction: AdjacencyDirection
    ) throws -> [NameID] {
        var types: [NameID] = []
        try nodeChunk(chunk).forEachAdjacency {
            if $0.direction == direction { types.append($0.type) }
        }
        return types
    }

    /// Number of the node's relationships of a type (all types for nil) in a direction.
    final func degree(
        node: UInt32, type: NameID?, direction: AdjacencyDirection
    ) throws -> Int {
        let row = GraphView.row(of: node)
        let chunk = try nodeChunk(GraphView.chunk(of: node))
        guard row < chunk.rowCount else { return 0 }
        if let type { return try chunk.adjacency(type, direction)?.degree(row) ?? 0 }
        var total = 0
        try chunk.forEachAdjacency { if $0.direction == direction { total += $0.degree(row) } }
        return total
    }
}
