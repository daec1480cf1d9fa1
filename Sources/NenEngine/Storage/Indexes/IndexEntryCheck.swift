// IndexEntryCheck: compares what an index says of an entity with the entity. A damaged index whose
// checksums hold ends a statement with an error instead of a wrong answer.

import NenCore

/// Checks entries of one index.
struct IndexEntryCheck {
    let view: GraphView
    let descriptor: IndexDescriptor
    private var key = IndexKey()

    init(_ view: GraphView, _ descriptor: IndexDescriptor) {
        self.view = view
        self.descriptor = descriptor
    }

    /// The entity that an entry names, which must be alive; with `isClose` its values are
    /// compared, too.
    mutating func entity(
        _ entry: UnsafeRawBufferPointer, isClose: Bool
    ) throws -> UInt32 {
        let entity = try IndexEntryCheck.number(entry)
        try checkLive(entity)
        if isClose { try checkValues(entry, entity) }
        return entity
    }

    /// The number that an entry ends with, which a node or relationship may have.
    @inline(__always)
    static func number(_ entry: UnsafeRawBufferPointer) throws -> UInt32 {
        guard entry.count >= 4 else { throw BTreeNodeView.damaged("has a key too short") }
        return IndexEntryList.entity(entry)
    }

    /// Numbers of entities are below.
    var limit: Int {
        descriptor.entity == .node ? view.nodeIDLimit : view.relationshipIDLimit
    }

    /// The chunk that an entity stands in.
    func chunk(_ number: Int) throws -> ChunkHandle {
        descriptor.entity == .node
            ? try view.nodeChunk(number) : try view.relationshipChunk(number)
    }

    func checkLive(_ entity: UInt32) throws {
        let chunk = Int(entity) < limit ? try chunk(GraphView.chunk(of: entity)) : .absent
        guard chunk.isLive(GraphView.row(of: entity)) else { throw notThere(entity) }
    }

    /// An entry is what the entity's label or type and values give.
    private mutating func checkValues(
        _ entry: UnsafeRawBufferPointer, _ entity: UInt32
    ) throws {
        guard try hasOwnEntry(entity, where: { BTreeNodeView.compare($0, entry) == 0 }) else {
            throw hasOtherValues(entity)
        }
    }

    /// Whether an entity belongs into the index with an entry of which `isWanted` is true.
    mutating func hasOwnEntry(
        _ entity: UInt32, where isWanted: (UnsafeRawBufferPointer) -> Bool
    ) throws -> Bool {
        guard try isOwner(entity) else { return false }
        key.reset()
        let isNode = descriptor.entity == .node
        for property in descriptor.properties {
            let cell = isNode
                ? try view.nodeProperty(entity, property)
                : try view.relationshipProperty(entity, property)
            guard !cell.isNull, key.appendIfShort(cell, view.base) else { return false }
        }
        key.append(entity: entity)
        return key.bytes.withUnsafeBytes { isWanted($0) }
    }

    /// Whether an entity's label or type is the index's.
    private func isOwner(_ entity: UInt32) throws -> Bool {
        descriptor.entity == .node
            ? view.catalog.labelSets[Int(try view.labelSet(ofNode: entity))]
                .contains(descriptor.labelOrType)
            : try view.endpoints(ofRelationship: entity).type == descriptor.labelOrType
    }

    func hasOtherValues(_ entity: UInt32) -> NQLError {
        damaged("names \(descriptor.entity.rawValue) \(entity), which has other values")
    }

    func notThere(_ entity: UInt32) -> NQLError {
        damaged("names \(descriptor.entity.rawValue) \(entity), which is not there")
    }

    func damaged(_ what: String) -> NQLError {
        BTreeNodeView.damaged("of index \(descriptor.name) \(what)")
    }
}
