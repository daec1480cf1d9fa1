// Transaction: what the closures of `read` and `write` work with. It cannot be copied or kept, so
// it ends where its closure ends.

import NenCore

/// A transaction in progress.
public struct Transaction: ~Copyable {
    let session: Session

    init(_ session: Session) { self.session = session }

    /// Whether the transaction may change the graph.
    public var isWriting: Bool { session.isWriting }

    /// Runs one statement. A statement that fails changes nothing; the transaction goes on.
    ///
    /// - Returns: the rows. They may be read later, after the transaction's end too.
    /// - Throws: `NQLError`; a writing statement within `read` is a `TransactionError`.
    @discardableResult
    public borrowing func query(
        _ text: String, _ parameters: [String: Value] = [:]
    ) throws -> QueryResult {
        try session.runInside(text, parameters)
    }

    /// Runs a prepared statement with the values bound to it, in this transaction.
    ///
    /// - Returns, throws: as `query` with a text.
    @discardableResult
    public borrowing func query(_ statement: PreparedStatement) throws -> QueryResult {
        try session.runInside(statement.text, statement.parameters)
    }
}
