// WriteTransaction: a GraphView with changes. Changed chunks live in the dirty tables; every change
// adds one logical operation to the log, and keeps statistics, indexes and constraints in step.
//
// Epochs: the transaction's clock ticks when a savepoint or a frozen view is taken. A private chunk
// or index page made at or before the protected epoch is copied before its next change; so a
// savepoint costs nothing until something changes.
//
// After an error the transaction may have half done an operation: roll back to a savepoint, or
// abort.

import NenCore

/// The one writer of a graph. Belongs to one thread; ends with `commit` or `abort`.
final class WriteTransaction: GraphView, @unchecked Sendable {
    let pages: PageTransaction
    /// What to do with the state of a successful commit.
    private let publish: (GraphState) -> Void
    /// Redo: operations come from the log and are not logged again or judged.
    let isReplay: Bool
    /// Maintenance: content does not change, nothing is logged.
    var isMaintenance = false

    /// What the transaction's private memory is charged to.
    let account: MemoryAccount
    let log: ByteWriter
    /// The log has become too long to be of use: the commit is stored by a checkpoint.
    @exclusivity(unchecked) private(set) var isBulk = false
    /// When to ask whether the log is too long.
    @exclusivity(unchecked) private var logByteCountMax = WriteTransaction.keptLogByteCount
    /// A log up to this length is kept with any budget.
    private static let keptLogByteCount = 1 << 20
    /// Bytes of the lists below that are noted in the account.
    private var listByteCount = 0
    @exclusivity(unchecked) private var changesUntilLook = 0
    @exclusivity(unchecked) var epoch: UInt64 = 1
    @exclusivity(unchecked) var protectedEpoch: UInt64 = 0
    private var viewEpoch: UInt64 = 0
    /// What rolling back restores, while savepoints are open.
    var undo: [Undo] = []
    var savepoints: [SavepointRecord] = []
    private var savepointNumber: UInt64 = 0

    @exclusivity(unchecked) var freeNodes: FreeRows
    @exclusivity(unchecked) var freeRelationships: FreeRows
    /// The same as the transaction found them.
    let committedFreeNodes: FreeRows
    let committedFreeRelationships: FreeRows
    var labelSetNumbers: [[NameID]: UInt32]
    var nextSchemaID: UInt32
    @exclusivity(unchecked) var nodeIndexes: [IndexState] = []
    @exclusivity(unchecked) var relationshipIndexes: [IndexState] = []
    /// Indexes dropped here, whose stored nodes a commit releases.
    var droppedIndexes: [IndexState] = []
    /// Constraints that a row can break: existence and type.
    @exclusivity(unchecked) var hasRowConstraints = false
    var deletedNodes: [UInt32] = []
    var deletedRelationships: [UInt32] = []
    var deletedNodeSet: Set<UInt32> = []
    var deletedRelationshipSet: Set<UInt32> = []
    /// Relationships that went with a deleted node and that nobody has deleted by name yet.
    var severed: [UInt32: SeveredRelationship] = [:]
    /// Nodes and relationships whose existence constraints are to be judged.
    var touchedNodes: [UInt32] = []
    var touchedRelationships: [UInt32] = []
    /// Where the text says what is being written; errors name the place.
    @exclusivity(unchecked) var place = SourceSpan.none
    var touchedNodePlaces = SpanTrail()
    var touchedRelationshipPlaces = SpanTrail()
    /// A vacuum: what lies on this page or behind it is written anew, below it.
    var vacatedFrom: PageNumber?
    /// New estimates, from an import, maintenance or ANALYZE.
    var newEstimates: StoredEstimates?
    /// What is to be remembered of the runs of statements, in place of what was.
    var newFeedback: [StatementFeedback]?
    @exclusivity(unchecked) private(set) var isOpen = true
    @exclusivity(unchecked) var scratchKey = IndexKey()
    /// The private chunks used last.
    @exclusivity(unchecked) private var lastNode: MutableChunk?
    @exclusivity(unchecked) private var lastRelationship: MutableChunk?
    let values: TransactionMemory

    /// What a change to the dirty tables replaced.
    enum Undo {
        case node(UInt32, MutableChunk?)
        case relationship(UInt32, MutableChunk?)
    }

    init(
        context: StoreContext, state: GraphState, pages: PageTransaction, isReplay: Bool = false,
        account: MemoryAccount = MemoryAccount(.transaction),
        publish: @escaping (GraphState) -> Void
    ) {
        self.pages = pages
        self.account = account
        log = ByteWriter(capacity: 1_024, account: account)
        values = TransactionMemory(account: account)
        self.publish = publish
        self.isReplay = isReplay
        committedFreeNodes = state.freeNodes()
        committedFreeRelationships = state.freeRelationships()
        freeNodes = committedFreeNodes
        freeRelationships = committedFreeRelationships
        labelSetNumbers = state.labelSetNumbers
        nextSchemaID = state.nextSchemaID
        super.init(context: context, state: state, pin: nil, memory: values)
        hasChanges = true
        loadIndexes()
    }

    /// Opens the trees of the catalog's indexes.
    private func loadIndexes() {
        for descriptor in catalog.indexes {
            // The state has a root for each index of its catalog.
            let root = state.root.indexes.first { $0.id == descriptor.id }
                ?? IndexRoot(id: descriptor.id, entryCount: 0, root: .none)
            let tree = BTree(
                root: root.root, entryCount: root.entryCount, store: context.store)
            addIndex(IndexState(descriptor: descriptor, tree: tree))
        }
        noteConstraints()
    }

    func addIndex(_ index: IndexState) {
        if index.descriptor.entity == .node {
            nodeIndexes.append(index)
        } else {
            relationshipIndexes.append(index)
        }
    }

    func noteConstraints() {
        hasRowConstraints = catalog.constraints.contains {
            switch $0.kind {
            case .unique: false
            case .exists, .key, .type: true
            }
        }
    }

    override func indexTree(_ id: UInt32) -> BTree? { index(id)?.tree }

    /// An index of this view.
    func index(_ id: UInt32) -> IndexState? {
        nodeIndexes.first { $0.descriptor.id == id }
            ?? relationshipIndexes.first { $0.descriptor.id == id }
    }

    /// Nanoseconds of one change, by and large.
    private static let changeWorkUnits = 300

    /// Before a change: refuses work after the end, beyond the memory that may be held, and of a
    /// statement that was interrupted.
    @inline(__always)
    func checkOpen() throws {
        try checkNotEnded()
        try Interruption.spend(WriteTransaction.changeWorkUnits)
        changesUntilLook &-= 1
        if changesUntilLook < 0 { noteLists() }
        try account.check(for: .changes)
        try WriterMemory.checkReserve()
    }

    /// Refuses work after the end.
    @inline(__always)
    func checkNotEnded() throws {
        if !isOpen {
            throw NQLError.runtime(
                .transaction, "Ended", "the write transaction has ended already")
        }
    }

    /// Brings the account up to date with the lists that grow with every change.
    private func noteLists() {
        changesUntilLook = 256
        let lists = deletedNodes.capacity + deletedRelationships.capacity
            + touchedNodes.capacity + touchedRelationships.capacity
        let sets = deletedNodeSet.capacity + deletedRelationshipSet.capacity
        let now = lists * 4 + sets * 6
            + severed.capacity * (8 + MemoryLayout<SeveredRelationship>.stride)
            + undo.capacity * MemoryLayout<Undo>.stride
        if now > listByteCount { account.note(now - listByteCount) } else {
            account.release(listByteCount - now)
        }
        listByteCount = now
    }

    /// A view of the current state that later changes do not affect. It must not be used after the
    /// transaction's end.
    func frozenView() throws -> GraphView {
        try checkNotEnded()
        let view = GraphView(context: context, state: state, pin: nil, memory: values)
        view.freeze(self)
        view.changedIndexes = nodeIndexes + relationshipIndexes
        viewEpoch = epoch
        protectedEpoch = epoch
        epoch += 1
        return view
    }

    // MARK: Private chunks

    /// The node chunk in a form that may be changed.
    @inline(__always)
    func mutableNodeChunk(_ chunk: UInt32) throws -> MutableChunk {
        if let last = lastNode, last.number == chunk, last.epoch > protectedEpoch { return last }
        let found = try findNodeChunk(chunk)
        lastNode = found
        return found
    }

    private func findNodeChunk(_ chunk: UInt32) throws -> MutableChunk {
        if let present = dirtyNodes[chunk] {
            if present.epoch > protectedEpoch { return present }
            let copy = MutableChunk(copying: present, epoch: epoch)
            if !savepoints.isEmpty { undo.append(.node(chunk, present)) }
            dirtyNodes[chunk] = copy
            return copy
        }
        guard let stored = try state.nodes.chunk(Int(chunk), context: context) else {
            // Of a file that was cut only zeros are read.
            throw context.store.fault ?? NQLError.runtime(
                .entityNotFound, nil, "there are no nodes with ids from \(chunk * 2_048) on")
        }
        let copy = MutableChunk(stored: stored, epoch: epoch)
        if !savepoints.isEmpty { undo.append(.node(chunk, nil)) }
        dirtyNodes[chunk] = copy
        return copy
    }

    /// The relationship chunk in a form that may be changed.
    @inline(__always)
    func mutableRelationshipChunk(_ chunk: UInt32) throws -> MutableChunk {
        if let last = lastRelationship, last.number == chunk, last.epoch > protectedEpoch {
            return last
        }
        let found = try findRelationshipChunk(chunk)
        lastRelationship = found
        return found
    }

    private func findRelationshipChunk(_ chunk: UInt32) throws -> MutableChunk {
        if let present = dirtyRelationships[chunk] {
            if present.epoch > protectedEpoch { return present }
            let copy = MutableChunk(copying: present, epoch: epoch)
            if !savepoints.isEmpty { undo.append(.relationship(chunk, present)) }
            dirtyRelationships[chunk] = copy
            return copy
        }
        guard let stored = try state.relationships.chunk(Int(chunk), context: context) else {
            throw context.store.fault ?? NQLError.runtime(
                .entityNotFound, nil,
                "there are no relationships with ids from \(chunk * 2_048) on")
        }
        let copy = MutableChunk(stored: stored, epoch: epoch)
        if !savepoints.isEmpty { undo.append(.relationship(chunk, nil)) }
        dirtyRelationships[chunk] = copy
        return copy
    }

    /// Adds an empty node chunk. Logged, so that replay makes the same.
    func addNodeChunk(home: UInt32) throws -> MutableChunk {
        let number = try nextChunkNumber(nodeChunkCount, "nodes")
        let chunk = MutableChunk(number: number, isNode: true, set: home, epoch: epoch)
        if !savepoints.isEmpty { undo.append(.node(number, nil)) }
        dirtyNodes[number] = chunk
        nodeChunkCount += 1
        setChunkSet(number, home == ChunkFormat.sharedSet ? .max : home)
        freeNodes.setOpen(home: home, chunk: number)
        record(.nodeChunk) { $0.varint(UInt64(home)) }
        return chunk
    }

    /// Adds an empty relationship chunk.
    func addRelationshipChunk(type: NameID) throws -> MutableChunk {
        let number = try nextChunkNumber(relationshipChunkCount, "relationships")
        let chunk = MutableChunk(number: number, isNode: false, set: type, epoch: epoch)
        if !savepoints.isEmpty { undo.append(.relationship(number, nil)) }
        dirtyRelationships[number] = chunk
        relationshipChunkCount += 1
        freeRelationships.setOpen(home: type, chunk: number)
        record(.relationshipChunk) { $0.varint(UInt64(type)) }
        return chunk
    }

    private func nextChunkNumber(_ count: Int, _ what: String) throws -> UInt32 {
        guard count < 1 << 21 else {
            throw NQLError.runtime(
                .capacity, "IdentifiersUsedUp",
                "the database has no ids left for \(what): the limit is 4,294,967,296",
                hint: "delete \(what) no longer needed")
        }
        return UInt32(count)
    }

    /// Notes the label set of a chunk for `chunkLabelSets`.
    func setChunkSet(_ chunk: UInt32, _ set: UInt32) {
        let sets = changedSets ?? ChunkSets(
            copying: UnsafePointer(state.nodes.sets), count: state.nodes.chunkCount)
        sets.set(Int(chunk), set)
        changedSets = sets
    }

    /// Drops the remembered chunks (after a rollback replaced them).
    func forgetLastChunks() {
        lastNode = nil
        lastRelationship = nil
    }

    // MARK: Log

    /// Appends an operation to the log.
    @inline(__always)
    func record(_ code: RedoCode, _ body: (ByteWriter) -> Void) {
        if isReplay || isMaintenance || isBulk { return }
        log.byte(code.rawValue)
        body(log)
        if log.count > logByteCountMax { judgeLog() }
    }

    /// Before values of so many bytes are recorded: a log that would become too long is given up
    /// now, another one gets the room for them.
    /// - Throws: `MemoryLimitExceeded` when the system refuses the room.
    @inline(__always)
    func prepareLog(for byteCount: Int) throws(NQLError) {
        if byteCount >= WriteTransaction.longValueByteCount { try makeRoomInLog(byteCount) }
    }

    /// Values of fewer bytes fit into the reserve of `WriterMemory`.
    private static let longValueByteCount = 1 << 18

    @inline(never)
    private func makeRoomInLog(_ byteCount: Int) throws(NQLError) {
        if isReplay || isMaintenance || isBulk { return }
        if log.count + byteCount > logByteCountMax { judgeLog(adding: byteCount) }
        if !isBulk { try log.makeRoom(byteCount + byteCount / 8) }
    }

    /// A log of more than a sixteenth of the memory budget is not kept: what the transaction
    /// changed goes to the data file at its commit, which is then stored by a checkpoint.
    @inline(never)
    private func judgeLog(adding byteCount: Int = 0) {
        logByteCountMax = min(
            max(WriteTransaction.keptLogByteCount, account.limitBytes / 16),
            context.store.options.bulkLogBytes)
        guard log.count + byteCount > logByteCountMax else { return }
        isBulk = true
        log.removeAll()
    }

    // MARK: End

    /// Stores the changes and makes them durable as the store's options say. After a throw nothing
    /// of the transaction is visible.
    func commit() throws { try commit(bulk: false) }

    /// As `commit`; bulk loads are stored by a checkpoint instead of the log.
    func commit(bulk: Bool) throws {
        try checkNotEnded()
        isOpen = false
        let isBulk = bulk || isBulk
        let isChanged = log.count > 0 || isBulk || isMaintenance || newEstimates != nil
        guard isChanged else { return pages.abort() }
        do {
            noteChanges(isBulk: isBulk, isLoad: bulk)
            let writer = CommitWriter(transaction: pages, account: account)
            let next = try encode(writer)
            if !isBulk, log.count > 0 { noteCommitTime() }
            if !isBulk { pages.log(adopting: log) }
            publish(next)
            try pages.commit(root: next.extent, bulk: isBulk)
            noteCommitted()
            if !isMaintenance && !bulk { noteBacklog() }
        } catch {
            pages.abort()
            throw error
        }
    }

    /// Moves the graph's clock on. How much a transaction without a log has changed is not known:
    /// enough for all estimates to be made anew.
    private func noteChanges(isBulk: Bool, isLoad: Bool) {
        if isMaintenance { return }
        counter.noteChanges(
            isBulk
                ? EstimateCache.changesMax(counter.entityCount)
                : EstimateCache.changes(ofLogBytes: log.count))
        // The estimates of a load are of all that it loads.
        if isLoad { newEstimates?.clock = counter.changeClock }
    }

    /// Tells the estimates how much has changed.
    private func noteCommitted() {
        if isMaintenance {
            if let newEstimates {
                context.estimates.noteRefreshed(newEstimates.clock, birth: pages.number)
            }
            return
        }
        context.estimates.note(
            counter, estimatesBirth: newEstimates == nil ? nil : pages.number)
    }

    /// Ends the log with when this transaction was committed.
    private func noteCommitTime() {
        log.byte(RedoCode.commitTime.rawValue)
        log.word64(UInt64(bitPattern: WallClock.nowMilliseconds()))
    }

    /// Replay: stores the changes and returns the new root; the page layer commits.
    func finishReplay() throws -> (root: ExtentDescriptor, images: CommitWriter) {
        precondition(isReplay, "an ordinary transaction commits")
        isOpen = false
        let writer = CommitWriter(transaction: pages)
        return (try encode(writer).extent, writer)
    }

    /// Gives everything up.
    func abort() {
        guard isOpen else { return }
        isOpen = false
        pages.abort()
    }

    deinit {
        abort()
        account.release(listByteCount)
    }

    // MARK: Epochs of savepoints

    func nextSavepointNumber() -> UInt64 {
        savepointNumber += 1
        return savepointNumber
    }

    /// The protected epoch follows what is still open.
    func settleEpochs() {
        protectedEpoch = max(viewEpoch, savepoints.last?.epoch ?? 0)
    }
}
