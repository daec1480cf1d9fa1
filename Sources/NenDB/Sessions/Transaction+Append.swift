// Appending rows: what a program has in columns becomes nodes or relationships without a statement.
// Constraints, log and transaction are those of CREATE; what is left out is making values, maps and
// rows of it first.

import NenCore
import NenEngine

/// Values of one property for rows that are appended.
public typealias AppendColumn = NenEngine.AppendColumn

extension Transaction {
    /// Creates nodes, one for each row of the columns.
    ///
    /// ```swift
    /// try db.write { tx in
    ///     let people = try tx.append(
    ///         nodes: ["Person"],
    ///         [.init("id", .integers([1, 2])), .init("name", .strings(["Ada", "Grace"]))])
    ///     try tx.append(relationships: "KNOWS", from: [people[0]], to: [people[1]])
    /// }
    /// ```
    ///
    /// - Parameters:
    ///   - labels: of all of them.
    ///   - columns: equally long ones; without any there is nothing to append.
    /// - Returns: the numbers of the nodes, as `id(n)` gives them, in the order of the rows.
    /// - Throws: `NQLError`, as CREATE; then no row was appended.
    @discardableResult
    public borrowing func append(
        nodes labels: [String], _ columns: [AppendColumn]
    ) throws -> [UInt32] {
        try session.append(nodes: labels, columns)
    }

    /// Creates relationships of one type, one for each pair of nodes.
    ///
    /// - Parameters:
    ///   - sources: numbers of the nodes that they lead from.
    ///   - targets: of as many nodes that they lead to.
    ///   - columns: their properties, as long.
    /// - Returns: the numbers of the relationships, in the order of the rows.
    /// - Throws: as for nodes; `EntityNotFound` for a number that no node has.
    @discardableResult
    public borrowing func append(
        relationships type: String, from sources: [UInt32], to targets: [UInt32],
        _ columns: [AppendColumn] = []
    ) throws -> [UInt32] {
        try session.append(relationships: type, from: sources, to: targets, columns)
    }
}

extension Session {
    /// As `Transaction.append(nodes:_:)`, in the transaction that BEGIN opened.
    @discardableResult
    public func append(nodes labels: [String], _ columns: [AppendColumn]) throws -> [UInt32] {
        try appending { (transaction, budget) throws(NQLError) in
            try transaction.appendNodes(
                labels: labels, columns, count: columns.first?.count ?? 0,
                memoryBudgetBytes: budget)
        }
    }

    /// As `Transaction.append(relationships:from:to:_:)`, in the transaction that BEGIN opened.
    @discardableResult
    public func append(
        relationships type: String, from sources: [UInt32], to targets: [UInt32],
        _ columns: [AppendColumn] = []
    ) throws -> [UInt32] {
        try appending { (transaction, budget) throws(NQLError) in
            try transaction.appendRelationships(
                type: type, from: sources, to: targets, columns, memoryBudgetBytes: budget)
        }
    }

    /// Runs `body` in the open transaction, within the session's time and memory.
    private func appending(
        _ body: (EngineTransaction, _ memoryBudgetBytes: Int) throws(NQLError) -> [UInt32]
    ) throws -> [UInt32] {
        try interruptible { _ in
            guard let transaction else { throw Session.transactionIsOver }
            return try body(transaction, limits.memoryBudgetBytes)
        }
    }
}
