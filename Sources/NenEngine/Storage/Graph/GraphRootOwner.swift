// GraphRootOwner: what the page layer asks of the graph: an empty root, replay, and a walk over all
// extents. It holds no store, so that the store may hold it.

import NenCore

/// The graph's side of a page store.
final class GraphRootOwner: RootOwner {
    func makeEmptyRoot(in transaction: PageTransaction) throws -> ExtentDescriptor {
        let commit = CommitWriter(transaction: transaction)
        let catalog = ByteWriter()
        CatalogCodec.write(Catalog(), nextSchemaID: 1, to: catalog)
        var counter = StatisticsCounter()
        counter.cover(labelSets: 1, types: 0)
        let statistics = ByteWriter()
        StatisticsCodec.write(counter, to: statistics)
        let size = GraphRoot.byteCount(indexes: 0, statistics: statistics.count)
        commit.reserve(catalog.count)
        commit.reserve(size)
        try commit.allocate()
        var root = GraphRoot()
        let names = try commit.image(catalog.count)
        names.copyMemory(from: catalog.bytes, byteCount: catalog.count)
        root.catalog = try commit.write(
            UnsafeRawBufferPointer(start: names, count: catalog.count))
        let image = try commit.image(size)
        root.store(to: image, statistics: statistics.contents)
        let extent = try commit.write(UnsafeRawBufferPointer(start: image, count: size))
        commit.finish()
        try transaction.flushWrites()
        return extent
    }

    func replay(
        _ groups: [LogGroup], onto root: ExtentDescriptor, in transaction: PageTransaction
    ) throws -> ExtentDescriptor {
        let context = try StoreContext(store: transaction.store)
        let state = try GraphState.load(root, context: context, previous: nil)
        let writer = WriteTransaction(
            context: context, state: state, pages: transaction, isReplay: true, publish: { _ in })
        for group in groups {
            var replay = Replay(group.payload, into: writer)
            try replay.run()
            writer.counter.noteChanges(
                EstimateCache.changes(ofLogBytes: group.payload.count))
        }
        let result = try writer.finishReplay()
        try transaction.flushWrites()
        return result.root
    }

    func walkExtents(
        of root: ExtentDescriptor, in store: PageStore,
        _ body: (ExtentDescriptor) throws -> Bool
    ) throws {
        guard try body(root) else { return }
        let context = try StoreContext(store: store)
        let state = try GraphState.load(root, context: context, previous: nil)
        if !state.root.catalog.isNone { _ = try body(state.root.catalog) }
        if !state.root.estimates.isNone { _ = try body(state.root.estimates) }
        try state.nodes.walkExtents(context: context, body)
        try state.relationships.walkExtents(context: context, body)
        for root in state.root.indexes {
            try BTree(root: root.root, entryCount: root.entryCount, store: context.store)
                .walkExtents(body)
        }
    }
}
