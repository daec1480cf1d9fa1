// GraphView: what a statement reads: a pinned snapshot, a write transaction's current state, or
// that state frozen at some moment. Snapshots may be read by many threads at once, without locks;
// the other two only by the writer's thread.
//
// A chunk is looked up in the dirty table first (only when there is one), then in the chunk tree.

import NenCore

/// The graph as of one moment. Keeps alive what its handles point to.
class GraphView: @unchecked Sendable {
    // Sendable: snapshots never change; views with changes stay on the writer's thread.
    final let context: StoreContext
    final let state: GraphState
    private final let pin: Pin?

    // What changes is looked at in every row that is written, by one thread; no access overlaps
    // another, so none is to be checked at run time.

    /// Names and schema as of this view, names added by the transaction included.
    @exclusivity(unchecked) final var catalog: Catalog
    @exclusivity(unchecked) final var counter: StatisticsCounter
    @exclusivity(unchecked) final var nodeChunkCount: Int
    @exclusivity(unchecked) final var relationshipChunkCount: Int

    @exclusivity(unchecked) final var dirtyNodes: [UInt32: MutableChunk] = [:]
    @exclusivity(unchecked) final var dirtyRelationships: [UInt32: MutableChunk] = [:]
    /// Whether the dirty tables may have entries.
    @exclusivity(unchecked) final var hasChanges = false
    /// Label sets per chunk where they differ from the committed ones.
    @exclusivity(unchecked) final var changedSets: ChunkSets?
    /// Indexes in private form; the committed ones hold for the others.
    final var changedIndexes: [IndexState] = []
    /// Memory that private values lie in.
    final let memory: TransactionMemory?

    /// A snapshot of a pinned root.
    init(context: StoreContext, state: GraphState, pin: Pin?, memory: TransactionMemory? = nil) {
        self.context = context
        self.state = state
        self.pin = pin
        self.memory = memory
        catalog = state.catalog
        counter = state.counter
        nodeChunkCount = state.nodes.chunkCount
        relationshipChunkCount = state.relationships.chunkCount
    }

    /// Number of the transaction that made the pinned root; nil for a view without a pin.
    final var pinnedRoot: UInt64? { pin?.transaction }

    /// The same root without a pin: to be read only while somebody else holds one
    /// (`PageStore.pinAgain`).
    final func unpinned() -> GraphView { GraphView(context: context, state: state, pin: nil) }

    /// Where offsets in cells start.
    final var base: HeapBase { context.base }

    /// Exact counts (the transaction's changes included) and estimates.
    final var statistics: GraphStatistics { counter.statistics }

    /// What is wrong with the whole store; nil normally. Operators read it once per batch.
    final var fault: NQLError? { context.store.fault }

    /// Chunk → label set of all its nodes; `.max` for chunks of differing sets (see
    /// `ChunkHandle.labelSet`) and for absent ones. `nodeChunkCount` entries. In a writing view
    /// valid until the next change.
    final var chunkLabelSets: UnsafePointer<UInt32> {
        changedSets?.pointer ?? UnsafePointer(state.nodes.sets)
    }

    /// The graph's size in node numbers: all are below.
    final var nodeIDLimit: Int { nodeChunkCount * ChunkFormat.rowsPerChunk }
    /// All relationship numbers are below.
    final var relationshipIDLimit: Int {
        relationshipChunkCount * ChunkFormat.rowsPerChunk
    }

    // MARK: Chunks

    /// Nodes `chunk * 2048 ..< (chunk + 1) * 2048`; an absent chunk has no rows.
    /// - Throws: a corruption error at the first touch of a damaged chunk.
    @inline(__always)
    final func nodeChunk(_ chunk: Int) throws -> ChunkHandle {
        if hasChanges, let changed = dirtyNodes[UInt32(truncatingIfNeeded: chunk)] {
            return ChunkHandle(changed: changed)
        }
        guard let stored = try state.nodes.chunk(chunk, context: context) else { return .absent }
        return ChunkHandle(stored: stored)
    }

    /// Relationships `chunk * 2048 ..< (chunk + 1) * 2048`, all of one type.
    /// - Throws: a corruption error at the first touch of a damaged chunk.
    @inline(__always)
    final func relationshipChunk(_ chunk: Int) throws -> ChunkHandle {
        if hasChanges, let changed = dirtyRelationships[UInt32(truncatingIfNeeded: chunk)] {
            return ChunkHandle(changed: changed)
        }
        guard let stored = try state.relationships.chunk(chunk, context: context) else {
            return .absent
        }
        return ChunkHandle(stored: stored)
    }

    /// Type of a relationship chunk without opening it; `.max` when absent.
    @inline(__always)
    final func relationshipChunkType(_ chunk: Int) throws -> NameID {
        if hasChanges, let changed = dirtyRelationships[UInt32(truncatingIfNeeded: chunk)] {
            return changed.set
        }
        return chunk < state.relationships.chunkCount ? state.relationships.sets[chunk] : .max
    }

    @inline(__always)
    static func chunk(of id: UInt32) -> Int { Int(id &>> 11) }
    @inline(__always)
    static func row(of id: UInt32) -> Int { Int(id & 2_047) }

    // MARK: Frozen views

    /// Takes over another view's changes as they are now.
    final func freeze(_ other: GraphView) {
        catalog = other.catalog
        counter = other.counter
        nodeChunkCount = other.nodeChunkCount
        relationshipChunkCount = other.relationshipChunkCount
        dirtyNodes = other.dirtyNodes
        dirtyRelationships = other.dirtyRelationships
        hasChanges = other.hasChanges
        changedSets = other.changedSets?.copy(count: other.nodeChunkCount)
    }

    /// The tree of an index; nil when the view has no such index.
    func indexTree(_ id: UInt32) -> BTree? {
        if let changed = changedIndexes.first(where: { $0.descriptor.id == id }) {
            return changed.tree
        }
        guard let root = state.root.indexes.first(where: { $0.id == id }) else { return nil }
        return BTree(root: root.root, entryCount: root.entryCount, store: context.store)
    }
}

/// Label sets per node chunk in private form.
final class ChunkSets {
    private var memory: UnsafeMutablePointer<UInt32>
    private var capacity: Int

    init(copying source: UnsafePointer<UInt32>, count: Int) {
        capacity = max(16, count + count / 2)
        memory = .allocate(capacity: capacity)
        memory.initialize(repeating: .max, count: capacity)
        memory.update(from: source, count: count)
    }

    deinit { memory.deallocate() }

    var pointer: UnsafePointer<UInt32> { UnsafePointer(memory) }

    func copy(count: Int) -> ChunkSets { ChunkSets(copying: pointer, count: count) }

    func set(_ chunk: Int, _ labelSet: UInt32) {
        while chunk >= capacity {
            let larger = ChunkSets(copying: pointer, count: capacity)
            swap(&memory, &larger.memory)
            swap(&capacity, &larger.capacity)
        }
        memory[chunk] = labelSet
    }
}
