// Finalising: measures everything that changed, places it in one allocation, writes it bottom up.

import NenCore

extension WriteTransaction {
    /// Writes all changes as extents and returns the state of the new root, not yet committed.
    func encode(_ commit: CommitWriter) throws -> GraphState {
        let nodes = try encoders(dirtyNodes, commit)
        let relationships = try encoders(dirtyRelationships, commit)
        ChunkTree.reserve(
            changed: nodes.map { Int($0.chunk.number) }, chunkCount: nodeChunkCount,
            commit: commit)
        ChunkTree.reserve(
            changed: relationships.map { Int($0.chunk.number) },
            chunkCount: relationshipChunkCount, commit: commit)
        let indexCount = nodeIndexes.count + relationshipIndexes.count
        let catalogBytes = changedCatalog()
        if let catalogBytes { commit.reserve(catalogBytes.count) }
        newEstimates?.feedback = counter.feedback
        if let newFeedback {
            var estimates = newEstimates ?? counter.estimates
            estimates.feedback = newFeedback
            newEstimates = estimates
        }
        let estimateBytes = changedEstimates()
        if let estimateBytes { commit.reserve(estimateBytes.count) }
        let statistics = ByteWriter(capacity: 512)
        StatisticsCodec.write(counter, to: statistics)
        let rootByteCount = GraphRoot.byteCount(
            indexes: indexCount, statistics: statistics.count)
        commit.reserve(rootByteCount)
        pages.usesReserve = pages.usesReserve || isMaintenance || isShrinking
        try commit.allocate()

        // In the order of the reservations: all chunks, then the trees over them.
        var freeNodes = committedFreeNodes
        let nodeChanges = try write(nodes, onto: state.nodes, free: &freeNodes, commit)
        var freeRelationships = committedFreeRelationships
        let relationshipChanges = try write(
            relationships, onto: state.relationships, free: &freeRelationships, commit)
        let nodeTree = try state.nodes.committed(
            changes: nodeChanges, chunkCount: nodeChunkCount,
            setLimit: catalog.labelSets.count, context: context, commit: commit)
        let relationshipTree = try state.relationships.committed(
            changes: relationshipChanges, chunkCount: relationshipChunkCount,
            setLimit: catalog.types.count, context: context, commit: commit)
        var root = state.root
        root.nodeChunkCount = nodeChunkCount
        root.relationshipChunkCount = relationshipChunkCount
        root.nodeTree = nodeTree.root
        root.relationshipTree = relationshipTree.root
        root.indexes = try storeIndexes(commit)
        root.catalog = try replace(state.root.catalog, catalogBytes, commit)
        root.estimates = try replace(state.root.estimates, estimateBytes, commit)
        let image = try commit.image(rootByteCount)
        root.store(to: image, statistics: statistics.contents)
        let extent = try commit.write(
            UnsafeRawBufferPointer(start: image, count: rootByteCount))
        pages.release(state.extent)
        commit.finish()
        if let newEstimates { counter.setEstimates(newEstimates) }
        // Readers may open the new chunks as soon as the root is published: by then the new state
        // has told the format's checks how far numbers reach.
        let next = GraphState(
            context: context, extent: extent, root: root, catalog: catalog,
            nextSchemaID: nextSchemaID, labelSetNumbers: labelSetNumbers, counter: counter,
            nodes: nodeTree, relationships: relationshipTree, freeNodes: freeNodes,
            freeRelationships: freeRelationships)
        for record in commit.records {
            context.noteWritten(record.extent, marks: record.marks)
        }
        return next
    }

    private func storeIndexes(_ commit: CommitWriter) throws -> [IndexRoot] {
        var roots: [IndexRoot] = []
        for var index in nodeIndexes + relationshipIndexes {
            let (root, images) = try index.tree.finalise(in: pages)
            commit.keep(images)
            roots.append(
                IndexRoot(
                    id: index.descriptor.id, entryCount: index.tree.entryCount, root: root))
        }
        for index in droppedIndexes { try index.releaseAll(in: pages) }
        return roots
    }

    /// Deletes more than it adds: then it may use the last pages.
    private var isShrinking: Bool {
        let before = state.counter.statistics
        let after = counter.statistics
        return after.nodeCount <= before.nodeCount
            && after.relationshipCount <= before.relationshipCount
            && (after.nodeCount < before.nodeCount
                || after.relationshipCount < before.relationshipCount)
    }

    /// The changed chunks in order, measured.
    private func encoders(
        _ dirty: [UInt32: MutableChunk], _ commit: CommitWriter
    ) throws -> [ChunkEncoder] {
        let chunks = dirty.values.sorted { $0.number < $1.number }
        return try chunks.map { chunk in
            try Interruption.check()
            let encoder = ChunkEncoder(chunk: chunk, context: context, commit: commit)
            try encoder.measure()
            return encoder
        }
    }

    private func write(
        _ encoders: [ChunkEncoder], onto tree: ChunkTree, free: inout FreeRows,
        _ commit: CommitWriter
    ) throws -> [(chunk: Int, entry: ChunkEntry)] {
        var changes: [(chunk: Int, entry: ChunkEntry)] = []
        changes.reserveCapacity(encoders.count)
        for encoder in encoders {
            try Interruption.check()
            let chunk = encoder.chunk
            let number = Int(chunk.number)
            let entry = ChunkEntry(
                extent: try encoder.write(),
                set: chunk.isMixed ? chunk.set | ChunkFormat.mixedFlag : chunk.set,
                rowCount: chunk.rowCount, liveCount: chunk.liveCount)
            let old = number < tree.chunkCount ? tree.entry(number) : nil
            free.note(chunk: number, entry, old: old)
            changes.append((number, entry))
            try commit.flushIfMany()
        }
        return changes
    }

    /// The catalog's bytes when it differs from the stored one.
    private func changedCatalog() -> ByteWriter? {
        let old = state.catalog
        let isSame = !state.root.catalog.isNone && nextSchemaID == state.nextSchemaID
            && old.labels.count == catalog.labels.count && old.types.count == catalog.types.count
            && old.keys.count == catalog.keys.count
            && old.labelSets.count == catalog.labelSets.count
            && old.indexes == catalog.indexes && old.constraints == catalog.constraints
            && !isVacated(state.root.catalog)
        if isSame { return nil }
        let bytes = ByteWriter(capacity: 1_024)
        CatalogCodec.write(catalog, nextSchemaID: nextSchemaID, to: bytes)
        return bytes
    }

    private func changedEstimates() -> ByteWriter? {
        let kept = isVacated(state.root.estimates) ? counter.estimates : nil
        guard let newEstimates = newEstimates ?? kept else { return nil }
        let bytes = ByteWriter(capacity: 1_024)
        EstimatesCodec.write(newEstimates, to: bytes)
        return bytes
    }

    /// Writes a new version of an extent, or keeps the old one.
    private func replace(
        _ old: ExtentDescriptor, _ bytes: ByteWriter?, _ commit: CommitWriter
    ) throws -> ExtentDescriptor {
        guard let bytes else { return old }
        if !old.isNone { pages.release(old) }
        let image = try commit.image(bytes.count)
        image.copyMemory(from: bytes.bytes, byteCount: bytes.count)
        return try commit.write(UnsafeRawBufferPointer(start: image, count: bytes.count))
    }
}
