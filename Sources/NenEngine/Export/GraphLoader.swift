// GraphLoader: makes the nodes and relationships of a dump by their numbers, past planner and
// operators: what `nql load` does with the rows of a script.

import NenCore

/// Fills a graph, transaction by transaction.
public final class GraphLoader {
    private let engine: Engine
    private var write: WriteTransaction?
    private var transaction: EngineTransaction?
    private let pool: PagePool
    private let arena: Arena
    /// Ids by number, as long as numbers come in order.
    private var ids: [UInt32] = []
    /// The others.
    private var strays: [Int64: UInt32] = [:]
    private var uncommittedCount = 0
    /// What was made.
    public private(set) var counters = UpdateCounters()

    /// Nodes and relationships of one transaction.
    private static let transactionRowCount = 100_000

    public init(_ engine: Engine) {
        self.engine = engine
        let limit = ExecutionOptions().memoryBudgetBytes
        pool = PagePool(account: MemoryAccount(.statement, limitBytes: limit, parent: nil))
        arena = Arena(pool: pool)
    }

    deinit { try? transaction?.rollback() }

    private func writer() throws(NQLError) -> WriteTransaction {
        if let write { return write }
        let begun = try engine.beginWrite()
        let opened = try begun.schemaWriter()
        transaction = begun
        write = opened
        return opened
    }

    /// Makes a node that is known by `number` from now on.
    public func node(
        _ number: Int64, labels: [String], properties: [ExportedProperty]
    ) throws(NQLError) {
        let write = try writer()
        let id = try storage {
            try write.createNode(
                labels: try labels.map { try write.internLabel($0) },
                properties: try cells(properties, write))
        }
        if number == Int64(ids.count) {
            ids.append(id)
        } else if strays.updateValue(id, forKey: number) != nil
            || (number >= 0 && number < Int64(ids.count))
        {
            throw .runtime(
                .argument, "InvalidDump", "Two nodes of the dump have the number \(number).")
        }
        counters.nodesCreated += 1
        counters.labelsAdded += labels.count
        try countRow(properties)
    }

    /// Makes a relationship between two nodes made before.
    public func relationship(
        _ type: String, from source: Int64, to target: Int64, properties: [ExportedProperty]
    ) throws(NQLError) {
        let write = try writer()
        let (start, end) = (try id(source), try id(target))
        _ = try storage {
            try write.createRelationship(
                type: try write.internType(type), source: start, target: end,
                properties: try cells(properties, write))
        }
        counters.relationshipsCreated += 1
        try countRow(properties)
    }

    private func id(_ number: Int64) throws(NQLError) -> UInt32 {
        if number >= 0, number < Int64(ids.count) { return ids[Int(number)] }
        if let id = strays[number] { return id }
        throw .runtime(
            .argument, "InvalidDump", "The dump has no node with the number \(number).")
    }

    private func cells(
        _ properties: [ExportedProperty], _ write: WriteTransaction
    ) throws -> [(NameID, Cell)] {
        arena.reset()
        let builder = CellBuilder(arena: arena, base: write.base)
        return try properties.map { property in
            (try write.internKey(property.key), try builder.cell(property.value))
        }
    }

    private func countRow(_ properties: [ExportedProperty]) throws(NQLError) {
        counters.propertiesSet += properties.count
        uncommittedCount += 1
        if uncommittedCount >= GraphLoader.transactionRowCount { try commit() }
    }

    /// Commits what was made since the last time; other statements may follow.
    public func commit() throws(NQLError) {
        uncommittedCount = 0
        guard let open = transaction else { return }
        transaction = nil
        write = nil
        try open.commit()
    }
}
