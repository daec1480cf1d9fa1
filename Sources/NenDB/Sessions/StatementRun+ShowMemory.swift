// StatementRun+ShowMemory: SHOW MEMORY: who holds how much: the pool of the database, every
// statement at work with what was expected of it, caches, mapped pages, and the process as a whole.

import NenCore
import NenEngine

extension StatementRun {
    /// One row for each kind of memory and each statement.
    func showMemory() -> ShowTable {
        let database = session.database
        let engine = database.engine
        var rows = [row("pool", engine.poolUse), row("pool", engine.recycledUse)]
        for statement in engine.runningStatements { rows.append(row(statement)) }
        let plans = database.plans
        let planUse = MemoryUse(
            "plans", bytes: plans.byteCount, limitBytes: plans.byteCountMax, count: plans.count)
        for use in [planUse] + engine.estimateUses { rows.append(row("cache", use)) }
        rows.append(row("mapped", engine.mappedUse))
        rows.append(row("process", Engine.processUse))
        return ShowTable(
            columns: ["kind", "name", "bytes", "limit", "peak", "predicted", "count"], rows: rows)
    }

    private func row(_ kind: String, _ use: MemoryUse) -> [Value] {
        [
            .string(kind), .string(use.name), .integer(Int64(use.bytes)), number(use.limitBytes),
            number(use.peakBytes), .null, number(use.count),
        ]
    }

    private func row(_ statement: RunningStatement) -> [Value] {
        let text = statement.note.text.split { $0.isWhitespace }.joined(separator: " ")
        let isLong = text.count > StatementRun.shownCharacters
        let shown = isLong ? text.prefix(StatementRun.shownCharacters - 1) + "…" : text[...]
        return [
            .string("statement"), .string(String(shown)), .integer(Int64(statement.heldBytes)),
            number(statement.limitBytes), number(statement.peakBytes),
            .integer(Int64(clamping: Int(min(statement.note.predictedBytes, 1e18)))), .null,
        ]
    }

    /// Characters of a statement that are shown.
    private static let shownCharacters = 80

    private func number(_ count: Int?) -> Value {
        guard let count, count != .max else { return .null }
        return .integer(Int64(count))
    }
}
