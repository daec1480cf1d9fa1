// ExecutionContext: what one worker of a statement works with: the graph as it sees it, the arena
// that expressions write to, and the tables from chunks to stored arrays.

import NenCore

/// One worker's state; never shared between threads.
final class ExecutionContext {
    let statement: StatementState
    let graph: GraphView
    /// Set when the statement may write; the same object as `graph`.
    let transaction: WriteTransaction?
    let base: HeapBase
    let procedures: ProcedureTable
    /// Opens the files that the statement names.
    let files: FileDoor
    /// Offsets below this stay valid while the snapshot is pinned; 0 in writing statements.
    let stableSpan: UInt64
    /// What functions see; its arena is where expressions write.
    var function: FunctionContext
    /// Grows with every change of the graph; cached pointers of older epochs are stale.
    private(set) var writeEpoch = 1
    var counters = UpdateCounters()
    /// Set once the statement has deleted something.
    var hasDeleted = false

    private var nodeTables: [String: PropertyTable] = [:]
    private var relationshipTables: [String: PropertyTable] = [:]

    init(
        statement: StatementState, graph: GraphView, transaction: WriteTransaction?,
        procedures: ProcedureTable, files: FileDoor, function: FunctionContext
    ) {
        self.statement = statement
        self.graph = graph
        self.transaction = transaction
        self.procedures = procedures
        self.files = files
        self.function = function
        base = graph.base
        stableSpan = transaction == nil ? graph.context.spanByteCount : 0
    }

    var pool: PagePool { statement.pool }

    /// Where expressions write; operators set it before they evaluate.
    @inline(__always)
    var arena: Arena {
        get { function.arena }
        set { function.arena = newValue }
    }

    var builder: CellBuilder { CellBuilder(arena: function.arena, base: base) }

    /// A context for another worker that reads the same graph.
    func workerCopy() -> ExecutionContext {
        var copy = function
        copy.arena = Arena(pool: pool)
        copy.patterns = PatternCache()
        return ExecutionContext(
            statement: statement, graph: graph, transaction: transaction,
            procedures: procedures, files: files, function: copy)
    }

    /// A buffer for rows of `slots`.
    func makeBuffer(_ slots: [Int]) -> RowBuffer {
        RowBuffer(slots: slots, pool: pool, base: base, stableSpan: stableSpan)
    }

    /// Copies cells to `arena` as far as they would not outlive their batch.
    func keeper(_ arena: Arena) -> CellKeeper {
        CellKeeper(arena: arena, base: base, stableSpan: stableSpan)
    }

    /// Once per batch.
    @inline(__always)
    func checkInterrupt() throws(NQLError) {
        try Interruption.check()
        if let fault = graph.fault { throw fault }
    }

    /// Called after every change of the graph.
    @inline(__always)
    func noteChange() { writeEpoch &+= 1 }

    /// The table of a property key.
    func propertyTable(_ key: String, _ entity: EntityKind) -> PropertyTable {
        if entity == .node {
            if let known = nodeTables[key] { return known }
            let table = PropertyTable(key: key, entity: entity, self)
            nodeTables[key] = table
            return table
        }
        if let known = relationshipTables[key] { return known }
        let table = PropertyTable(key: key, entity: entity, self)
        relationshipTables[key] = table
        return table
    }

    /// Fails when the cell is an entity that this statement deleted.
    ///
    /// - Throws: `EntityNotFound(DeletedEntityAccess)`.
    func checkNotDeleted(_ cell: Cell) throws(NQLError) {
        guard hasDeleted, let transaction else { return }
        let isGone: Bool
        switch cell.tag {
        case .node: isGone = transaction.isDeleted(node: cell.entity)
        case .relationship: isGone = transaction.isDeleted(relationship: cell.entity)
        default: return
        }
        if isGone {
            let name = cell.tag == .node ? "node" : "relationship"
            throw .runtime(
                .entityNotFound, "DeletedEntityAccess",
                "The \(name) \(cell.entity) was deleted in this statement.")
        }
    }
}

/// Runs a storage call and turns whatever it throws into an `NQLError`.
@inline(__always)
func storage<Result>(_ body: () throws -> Result) throws(NQLError) -> Result {
    do {
        return try body()
    } catch let error as NQLError {
        throw error
    } catch let failure as IOFailure {
        throw failure.error
    } catch {
        throw .runtime(.io, nil, "The storage failed: \(error).")
    }
}
