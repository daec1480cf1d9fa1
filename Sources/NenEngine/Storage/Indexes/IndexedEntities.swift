// IndexedEntities: chunk → what tells whether an entity that an index names is there and has the
// index's values. A chunk is resolved once, so that the check of many entities reads flat arrays.

import CNenKernels
import NenCore

/// The chunks of an index's entities; in a writing view resolved again after a change.
final class IndexedEntities {
    struct Chunk {
        /// When it was resolved; 0 for never.
        var epoch: Int
        var liveBits: UnsafePointer<UInt64>
        var rowCount: Int32
        /// All its rows belong into the index.
        var isOwner: Bool
    }

    /// Values of a property; `width` is 8 (with `head` that of the cells) or 16, or that of the
    /// offsets in `frame`, and 0 where values are kept in another way.
    struct Column {
        var values: UnsafeRawPointer
        var validity: UnsafePointer<UInt64>?
        var head: UInt64
        var frame: ColumnFrame
        var width: UInt8
    }

    private let descriptor: IndexDescriptor
    private let chunks: PooledArray<Chunk>
    private let columns: PooledArray<Column>
    private let propertyCount: Int

    init(_ descriptor: IndexDescriptor, pool: PagePool) {
        self.descriptor = descriptor
        propertyCount = descriptor.properties.count
        chunks = PooledArray(pool: pool)
        columns = PooledArray(pool: pool)
    }

    private static var nothing: Column {
        Column(
            values: UnsafeRawPointer(bitPattern: 16).unsafelyUnwrapped, validity: nil, head: 0,
            frame: .none, width: 0)
    }

    /// Makes room for all chunks of a view.
    func prepare(_ check: IndexEntryCheck) throws(NQLError) {
        let needed = check.limit / ChunkFormat.rowsPerChunk
        if needed <= chunks.count { return }
        let absent = ChunkHandle.absent
        try chunks.resize(
            needed,
            filling: Chunk(epoch: 0, liveBits: absent.liveBits, rowCount: 0, isOwner: false))
        try columns.resize(needed * propertyCount, filling: IndexedEntities.nothing)
    }

    /// The chunk of an entity, which is below the limit.
    @inline(__always)
    func chunk(of entity: UInt32, _ check: IndexEntryCheck, epoch: Int) throws -> Chunk {
        let number = GraphView.chunk(of: entity)
        let known = chunks[number]
        return known.epoch == epoch ? known : try resolve(number, check, epoch: epoch)
    }

    @inline(never)
    private func resolve(
        _ number: Int, _ check: IndexEntryCheck, epoch: Int
    ) throws -> Chunk {
        let handle = try check.chunk(number)
        let isOwner = descriptor.entity == .relationship
            ? handle.set == descriptor.labelOrType
            : Int(handle.set) < check.view.catalog.labelSets.count
                && check.view.catalog.labelSets[Int(handle.set)].contains(descriptor.labelOrType)
        for (place, key) in descriptor.properties.enumerated() {
            columns[number * propertyCount + place] = IndexedEntities.column(
                try handle.column(key), handle)
        }
        let chunk = Chunk(
            epoch: epoch, liveBits: handle.liveBits,
            rowCount: Int32(truncatingIfNeeded: handle.rowCount), isOwner: isOwner)
        chunks[number] = chunk
        return chunk
    }

    private static func column(_ column: ColumnHandle?, _ chunk: ChunkHandle) -> Column {
        guard let column, column.capacity >= chunk.rowCount, column.type.width >= 8 else {
            return nothing
        }
        switch column.encoding {
        case .sparse, .constant: return nothing
        case .dense, .mixed, .framed:
            return Column(
                values: column.values, validity: column.validity, head: column.headOfType,
                frame: column.frame,
                width: column.encoding == .framed
                    ? column.frame.width : UInt8(truncatingIfNeeded: column.type.width))
        }
    }

    /// Lets the values of an entity of a resolved chunk come nearer.
    @inline(__always)
    func prefetch(_ entity: UInt32) {
        let number = GraphView.chunk(of: entity)
        for place in 0 ..< propertyCount {
            let column = columns[number &* propertyCount &+ place]
            nen_prefetch(column.values + GraphView.row(of: entity) &* Int(column.width))
        }
    }

    /// Whether a living row's values are surely `cells`, one for each property.
    @inline(__always)
    func has(_ cells: UnsafePointer<Cell>, _ entity: UInt32, _ base: HeapBase) -> Bool {
        let row = GraphView.row(of: entity)
        let first = GraphView.chunk(of: entity) &* propertyCount
        for place in 0 ..< propertyCount {
            let column = columns[first &+ place]
            let cell = cells[place]
            if let validity = column.validity, !Bitmap.isSet(validity, row) { return false }
            switch column.width {
            case 8:
                let values = column.values.assumingMemoryBound(to: UInt64.self)
                if column.head != cell.head || values[row] != cell.payload { return false }
            case 16:
                let value = column.values.assumingMemoryBound(to: Cell.self)[row]
                if value.head == cell.head && value.payload == cell.payload { continue }
                if !CellOrder.areEquivalent(value, cell, base) { return false }
            case 1, 2, 4:
                let payload = column.frame.payload(column.values, row)
                if column.head != cell.head || payload != cell.payload { return false }
            default: return false
            }
        }
        return true
    }
}
