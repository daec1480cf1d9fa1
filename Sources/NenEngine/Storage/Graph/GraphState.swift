// GraphState: a root with what is decoded from it. Immutable and shared by all views of that root;
// the next root's state takes over what did not change.

import NenCore

/// Everything readers need of one root.
final class GraphState: Sendable {
    let extent: ExtentDescriptor
    let root: GraphRoot
    let catalog: Catalog
    /// Number of the next index or constraint.
    let nextSchemaID: UInt32
    /// Numbers of label sets.
    let labelSetNumbers: [[NameID]: UInt32]
    let counter: StatisticsCounter
    let nodes: ChunkTree
    let relationships: ChunkTree
    /// Where new rows go; nil until a writer has asked (a reader never does).
    private let knownFreeNodes: FreeRows?
    private let knownFreeRelationships: FreeRows?
    private let context: StoreContext
    /// Under which the context knows this root's limits.
    private let number: Int

    init(
        context: StoreContext, extent: ExtentDescriptor, root: GraphRoot, catalog: Catalog,
        nextSchemaID: UInt32, labelSetNumbers: [[NameID]: UInt32], counter: StatisticsCounter,
        nodes: ChunkTree, relationships: ChunkTree, freeNodes: FreeRows?,
        freeRelationships: FreeRows?
    ) {
        self.extent = extent
        self.root = root
        self.catalog = catalog
        self.nextSchemaID = nextSchemaID
        self.labelSetNumbers = labelSetNumbers
        self.counter = counter
        self.nodes = nodes
        self.relationships = relationships
        knownFreeNodes = freeNodes
        knownFreeRelationships = freeRelationships
        self.context = context
        number = context.note(
            extent,
            IdentifierLimits(
                catalog: catalog, nodeChunks: root.nodeChunkCount,
                relationshipChunks: root.relationshipChunkCount))
    }

    deinit { context.forget(number) }

    static func numbers(of sets: [[NameID]]) -> [[NameID]: UInt32] {
        var numbers: [[NameID]: UInt32] = [:]
        for (number, set) in sets.enumerated() { numbers[set] = UInt32(number) }
        return numbers
    }

    /// Reads the state of a root; parts that `previous` has too are taken from it.
    static func load(
        _ extent: ExtentDescriptor, context: StoreContext, previous: GraphState?
    ) throws -> GraphState {
        let (root, statisticsBytes) = try GraphRoot.load(extent, store: context.store)
        let names: (catalog: Catalog, nextSchemaID: UInt32)
        let numbers: [[NameID]: UInt32]
        if let previous, previous.root.catalog == root.catalog {
            names = (previous.catalog, previous.nextSchemaID)
            numbers = previous.labelSetNumbers
        } else {
            names = try CatalogCodec.read(try context.store.verified(root.catalog))
            numbers = GraphState.numbers(of: names.catalog.labelSets)
        }
        var counter = try StatisticsCodec.read(statisticsBytes, catalog: names.catalog)
        if let previous, previous.root.estimates == root.estimates {
            counter.setEstimates(previous.counter.estimates)
        } else if !root.estimates.isNone,
            let estimates = try? EstimatesCodec.read(
                try context.store.verified(root.estimates), catalog: names.catalog)
        {
            // Damaged ones are as good as none: the check reports them, and plans sample anew.
            counter.setEstimates(estimates)
        }
        try checkIndexes(of: names.catalog, root)
        let nodes = try ChunkTree.load(
            root: root.nodeTree, isNode: true, chunkCount: root.nodeChunkCount,
            setLimit: names.catalog.labelSets.count, context: context, previous: previous?.nodes)
        let relationships = try ChunkTree.load(
            root: root.relationshipTree, isNode: false, chunkCount: root.relationshipChunkCount,
            setLimit: names.catalog.types.count, context: context,
            previous: previous?.relationships)
        return GraphState(
            context: context, extent: extent, root: root, catalog: names.catalog,
            nextSchemaID: names.nextSchemaID, labelSetNumbers: numbers, counter: counter,
            nodes: nodes, relationships: relationships, freeNodes: nil,
            freeRelationships: nil)
    }

    /// Each index of the catalog has its tree in the root, and there are no others.
    private static func checkIndexes(of catalog: Catalog, _ root: GraphRoot) throws {
        let declared = Set(catalog.indexes.map(\.id))
        let stored = Set(root.indexes.map(\.id))
        guard declared == stored, stored.count == root.indexes.count else {
            throw NQLError.damaged("graph root", "has other indexes than the catalog")
        }
    }

    /// Where new nodes go.
    func freeNodes() -> FreeRows { knownFreeNodes ?? GraphState.freeRows(of: nodes) }

    /// Where new relationships go.
    func freeRelationships() -> FreeRows {
        knownFreeRelationships ?? GraphState.freeRows(of: relationships)
    }

    /// Reads the leaves of this root alone: those of an earlier one may be gone. O(chunks).
    private static func freeRows(of tree: ChunkTree) -> FreeRows {
        var result = FreeRows()
        for chunk in 0 ..< tree.chunkCount {
            let entry = tree.entry(chunk)
            if !entry.extent.isNone { result.note(chunk: chunk, entry, old: nil) }
        }
        return result
    }
}
