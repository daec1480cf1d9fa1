// StatementRun+Transactions: SHOW TRANSACTIONS, TERMINATE TRANSACTIONS and SHOW DATABASES, with the
// columns of Neo4j's commands as far as they mean something here. A statement at work stands for
// its transaction: one that waits between two statements does nothing that could be ended.

import NQLSyntax
import NenCore
import NenEngine

extension StatementRun {
    /// What the one graph of a database is called.
    static let databaseName = "nendb"

    /// The name of a statement at work: `nendb-transaction-7`.
    private static func identifier(_ number: UInt64) -> String {
        "\(databaseName)-transaction-\(number)"
    }

    /// The statements at work.
    func showTransactions() -> ShowTable {
        let rows: [[Value]] = session.database.engine.runningStatements.map { statement in
            let elapsed = statement.elapsedMilliseconds
            return [
                .string(StatementRun.databaseName),
                .string(StatementRun.identifier(statement.number)),
                .string(statement.note.text), .string("Running"),
                .dateTime(statement.start), .duration(
                    DurationValue(
                        months: 0, days: 0, seconds: elapsed / 1_000,
                        nanosecond: Int32(elapsed % 1_000) * 1_000_000)),
                .integer(Int64(statement.heldBytes)), .integer(Int64(statement.peakBytes)),
            ]
        }
        return ShowTable(
            columns: [
                "database", "transactionId", "currentQuery", "status", "startTime", "elapsedTime",
                "allocatedBytes", "peakBytes",
            ], rows: rows)
    }

    /// Ends statements at work.
    func terminate(_ ids: [Expression]) throws -> QueryResult {
        var rows: [[Value]] = []
        for id in try ids.flatMap({ try names($0) }) {
            rows.append([.string(id), .string(stop(id) ? "Transaction terminated." : "Not found.")])
        }
        return QueryResult(columns: ["transactionId", "message"], rows: rows)
    }

    private func stop(_ id: String) -> Bool {
        let prefix = StatementRun.identifier(0).dropLast()
        guard id.hasPrefix(prefix), let number = UInt64(id.dropFirst(prefix.count)) else {
            return false
        }
        return session.database.engine.stopStatement(number) != nil
    }

    /// The text, or the list of texts, that an expression without variables gives.
    private func names(_ expression: Expression) throws -> [String] {
        let run = StatementRun(
            session: session, transaction: transaction, parameters: parameters,
            interruption: interruption)
        let plan = try run.plan(RowQuery.constant(expression))
        let result = QueryResult(try run.start(plan, isProfiled: false), plan: plan)
        switch try result.next()?[0] {
        case .string(let text): return [text]
        case .list(let items):
            let texts = items.compactMap { item -> String? in
                if case .string(let text) = item { text } else { nil }
            }
            if texts.count == items.count { return texts }
        default: break
        }
        throw NQLError.runtime(
            .type, "InvalidArgumentType",
            "The name of a transaction is a String, as SHOW TRANSACTIONS gives it.",
            at: expression.span)
    }

    /// The one database.
    func showDatabases() -> ShowTable {
        let access = session.database.options.isReadOnly ? "read-only" : "read-write"
        let row: [Value] = [
            .string(StatementRun.databaseName), .string("standard"), .list([]), .string(access),
            .string("online"), .string("online"), .string(""), .boolean(true), .boolean(true),
        ]
        return ShowTable(
            columns: [
                "name", "type", "aliases", "access", "requestedStatus", "currentStatus",
                "statusMessage", "default", "home",
            ], rows: [row])
    }
}
