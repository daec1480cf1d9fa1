// UnindexedCursor: entities of an index's label or type that the index does not hold, because they
// lack one of its properties. A seek that stands for all entities hands them out, too. How many
// there are is known exactly (all entities less the index's entries), so that they are looked for,
// chunk by chunk, only where there are any.

import NenCore

/// A position among the entities that an index does not hold, ascending by number.
final class UnindexedCursor {
    private let view: GraphView
    private let descriptor: IndexDescriptor
    /// Values of the leading properties that are asked for.
    private let equals: [Cell]
    private var chunk = 0
    private var row = 0

    /// Nanoseconds for a row that is looked at, by and large.
    private static let rowWorkUnits = 2

    fileprivate init(view: GraphView, descriptor: IndexDescriptor, equals: [Cell]) {
        self.view = view
        self.descriptor = descriptor
        self.equals = equals
    }

    /// Writes up to `capacity` further entities to `output`; returns their number: less than
    /// `capacity` only at the end.
    func next(into output: UnsafeMutablePointer<UInt32>, capacity: Int) throws -> Int {
        var count = 0
        let isNode = descriptor.entity == .node
        let chunkCount = isNode ? view.nodeChunkCount : view.relationshipChunkCount
        while count < capacity, chunk < chunkCount {
            if try isNode ? mayHaveNodes(chunk) : hasType(chunk) {
                let handle = isNode
                    ? try view.nodeChunk(chunk) : try view.relationshipChunk(chunk)
                try Interruption.spend((handle.rowCount - row) * UnindexedCursor.rowWorkUnits)
                try append(handle, output, &count, capacity)
                if row < handle.rowCount { break }
            }
            chunk += 1
            row = 0
        }
        return count
    }

    private func mayHaveNodes(_ chunk: Int) throws -> Bool {
        let set = view.chunkLabelSets[chunk]
        return set == .max || isOwner(set)
    }

    private func hasType(_ chunk: Int) throws -> Bool {
        try view.relationshipChunkType(chunk) == descriptor.labelOrType
    }

    private func isOwner(_ set: UInt32) -> Bool {
        view.catalog.labelSets[Int(set)].contains(descriptor.labelOrType)
    }

    /// Rows of a chunk from `row` on, until the output is full.
    private func append(
        _ handle: ChunkHandle, _ output: UnsafeMutablePointer<UInt32>, _ count: inout Int,
        _ capacity: Int
    ) throws {
        let columns = try descriptor.properties.map { try handle.column($0) }
        let base = UInt32(truncatingIfNeeded: chunk) &<< 11
        let isMixed = descriptor.entity == .node && handle.labelSets != nil
        while row < handle.rowCount, count < capacity {
            let current = row
            row += 1
            guard handle.isLive(current), !isMixed || isOwner(handle.labelSet(current)),
                isWanted(columns, current)
            else { continue }
            output[count] = base | UInt32(truncatingIfNeeded: current)
            count += 1
        }
    }

    /// Whether a row has the leading values and lacks a property behind them.
    private func isWanted(_ columns: [ColumnHandle?], _ row: Int) -> Bool {
        var isLacking = false
        for (index, column) in columns.enumerated() {
            let value = column?.cell(row) ?? .null
            if index >= equals.count {
                isLacking = isLacking || value.isNull
            } else if value.isNull || !CellOrder.areEquivalent(equals[index], value, view.base) {
                return false
            }
        }
        return isLacking
    }
}

extension GraphView {
    /// Entities that `index` does not hold, of those whose leading properties have the values
    /// `equals`; nil when it holds all of them, or no entity can have the values.
    final func unindexed(_ index: IndexDescriptor, equals: [Cell]) -> UnindexedCursor? {
        guard equals.allSatisfy({ IndexRange.canEqual($0, base) }),
            let tree = indexTree(index.id), tree.entryCount < entityCount(of: index)
        else { return nil }
        return UnindexedCursor(view: self, descriptor: index, equals: equals)
    }

    /// Nodes that carry an index's label, or relationships of its type.
    final func entityCount(of index: IndexDescriptor) -> UInt64 {
        let statistics = statistics
        let number = Int(index.labelOrType)
        if index.entity == .relationship {
            let counts = statistics.relationshipsPerType
            return number < counts.count ? counts[number] : 0
        }
        var sum: UInt64 = 0
        for (labels, count) in zip(catalog.labelSets, statistics.nodesPerLabelSet)
        where count > 0 && labels.contains(index.labelOrType) {
            sum += count
        }
        return sum
    }
}
