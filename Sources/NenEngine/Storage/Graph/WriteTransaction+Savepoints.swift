// Savepoints: what a failed statement of an explicit transaction goes back to.

import NenCore

/// A state of a write transaction to which it can return.
struct Savepoint: Hashable {
    fileprivate let number: UInt64
}

/// What a savepoint remembers; chunks come back from the undo list, the rest from here.
struct SavepointRecord {
    let number: UInt64
    let epoch: UInt64
    let undoCount: Int
    let logCount: Int
    let catalog: Catalog
    let counter: StatisticsCounter
    let nodeChunkCount: Int
    let relationshipChunkCount: Int
    let freeNodes: FreeRows
    let freeRelationships: FreeRows
    let labelSetNumbers: [[NameID]: UInt32]
    let nextSchemaID: UInt32
    let nodeIndexes: [IndexState]
    let relationshipIndexes: [IndexState]
    let droppedIndexCount: Int
    let deletedNodeCount: Int
    let deletedRelationshipCount: Int
    let severed: [UInt32: SeveredRelationship]
    let touchedNodeCount: Int
    let touchedRelationshipCount: Int
}

extension WriteTransaction {
    /// Marks the current state. End it with `release` or `rollback(to:)`, innermost first.
    func savepoint() -> Savepoint {
        let number = nextSavepointNumber()
        savepoints.append(
            SavepointRecord(
                number: number, epoch: epoch, undoCount: undo.count, logCount: log.count,
                catalog: catalog, counter: counter, nodeChunkCount: nodeChunkCount,
                relationshipChunkCount: relationshipChunkCount, freeNodes: freeNodes,
                freeRelationships: freeRelationships, labelSetNumbers: labelSetNumbers,
                nextSchemaID: nextSchemaID,
                nodeIndexes: nodeIndexes, relationshipIndexes: relationshipIndexes,
                droppedIndexCount: droppedIndexes.count, deletedNodeCount: deletedNodes.count,
                deletedRelationshipCount: deletedRelationships.count, severed: severed,
                touchedNodeCount: touchedNodes.count,
                touchedRelationshipCount: touchedRelationships.count))
        protectedEpoch = epoch
        epoch += 1
        return Savepoint(number: number)
    }

    /// Forgets a savepoint (and those taken after it); the changes stay.
    func release(_ savepoint: Savepoint) {
        guard let place = savepoints.firstIndex(where: { $0.number == savepoint.number }) else {
            return
        }
        savepoints.removeSubrange(place...)
        if savepoints.isEmpty { undo.removeAll() }
        settleEpochs()
    }

    /// Goes back to a savepoint, which ends it and those taken after it.
    func rollback(to savepoint: Savepoint) throws {
        try checkNotEnded()
        guard let place = savepoints.firstIndex(where: { $0.number == savepoint.number }) else {
            throw NQLError.runtime(
                .transaction, "NoSavepoint", "the savepoint has been released already")
        }
        let record = savepoints[place]
        restoreChunks(record)
        undo.removeSubrange(record.undoCount...)
        if !isBulk { log.truncate(to: record.logCount) }
        catalog = record.catalog
        counter = record.counter
        freeNodes = record.freeNodes
        freeRelationships = record.freeRelationships
        labelSetNumbers = record.labelSetNumbers
        nextSchemaID = record.nextSchemaID
        try releaseIndexes(createdSince: record)
        nodeIndexes = record.nodeIndexes
        relationshipIndexes = record.relationshipIndexes
        droppedIndexes.removeSubrange(record.droppedIndexCount...)
        forgetDeleted(record)
        severed = record.severed
        touchedNodes.removeLast(max(0, touchedNodes.count - record.touchedNodeCount))
        touchedRelationships.removeLast(
            max(0, touchedRelationships.count - record.touchedRelationshipCount))
        touchedNodePlaces.cut(to: touchedNodes.count)
        touchedRelationshipPlaces.cut(to: touchedRelationships.count)
        savepoints.removeSubrange(place...)
        if savepoints.isEmpty { undo.removeAll() }
        noteConstraints()
        settleEpochs()
        // What is restored must not be taken for a chunk of the epoch just left.
        epoch += 1
    }

    private func restoreChunks(_ record: SavepointRecord) {
        forgetLastChunks()
        nodeChunkCount = record.nodeChunkCount
        relationshipChunkCount = record.relationshipChunkCount
        for entry in undo[record.undoCount...].reversed() {
            switch entry {
            case .node(let number, let chunk):
                dirtyNodes[number] = chunk
                if Int(number) < nodeChunkCount { restoreSet(number, chunk) }
            case .relationship(let number, let chunk): dirtyRelationships[number] = chunk
            }
        }
    }

    /// Indexes built since the savepoint have stored nodes already, which nobody needs now.
    private func releaseIndexes(createdSince record: SavepointRecord) throws {
        let known = Set(
            (record.nodeIndexes + record.relationshipIndexes).map(\.descriptor.id))
        let dropped = droppedIndexes[record.droppedIndexCount...]
        for index in nodeIndexes + relationshipIndexes + dropped
        where !known.contains(index.descriptor.id) {
            try index.releaseAll(in: pages)
        }
    }

    private func restoreSet(_ number: UInt32, _ chunk: MutableChunk?) {
        guard let changedSets else { return }
        if let chunk {
            changedSets.set(Int(number), chunk.isMixed ? .max : chunk.set)
        } else {
            changedSets.set(Int(number), state.nodes.sets[Int(number)])
        }
    }

    private func forgetDeleted(_ record: SavepointRecord) {
        for id in deletedNodes[record.deletedNodeCount...] { deletedNodeSet.remove(id) }
        deletedNodes.removeSubrange(record.deletedNodeCount...)
        for id in deletedRelationships[record.deletedRelationshipCount...] {
            deletedRelationshipSet.remove(id)
        }
        deletedRelationships.removeSubrange(record.deletedRelationshipCount...)
    }
}
