// QueryResult: the rows of one statement, read once, in order: row by row, or batch by batch
// without copying. The result keeps its snapshot and its memory until it is read to the end or
// given up.

import NQLPlan
import NQLPlanner
import NenCore
import NenEngine

/// What a statement changed.
public typealias Counters = UpdateCounters

/// The rows of a statement.
///
/// ```swift
/// let result = try db.query("MATCH (p:Person) RETURN p.name AS name, p.age AS age")
/// while let row = try result.next() { … }
/// ```
///
/// Not for use by two threads at once.
public final class QueryResult {
    /// A remark about a statement.
    public typealias Notification = PlanNotification

    private enum Source {
        case cursor(EngineCursor)
        case values([[Value]], next: Int)
        case finished
    }

    let layout: ColumnNames
    private var source: Source
    /// The deadline and the cancellation of the statement; nil for rows that no statement gave.
    var interruption: Interruption?
    /// The batch being read row by row.
    private var batch: ResultBatch?
    private var nextRow = 0
    /// Counts the engine's batches; a `ColumnBatch` of an earlier one is no longer valid.
    private(set) var batchNumber = 0
    /// What the statement changed.
    public let counters: Counters
    /// Remarks of parser and planner: legal, but old, without effect or dubious.
    public private(set) var notifications: [Notification]
    /// What the statement did beside rows and counters.
    public let outcome: StatementOutcome

    /// Rows that the engine still computes while they are read.
    ///
    /// - Parameter before: what the statement changed before this part of it.
    init(_ cursor: EngineCursor, plan: PhysicalPlan, before: Counters = Counters()) {
        layout = ColumnNames(plan.columns)
        source = .cursor(cursor)
        counters = before + cursor.counters
        notifications = plan.notifications
        outcome = .rows
    }

    /// Rows that are there already.
    init(
        columns: [String], rows: [[Value]] = [], counters: Counters = Counters(),
        notifications: [PlanNotification] = [], outcome: StatementOutcome = .rows
    ) {
        layout = ColumnNames(columns)
        source = .values(rows, next: 0)
        self.counters = counters
        self.notifications = notifications
        self.outcome = outcome
    }

    /// Runs `body` as a part of the statement: what this library does in it (more rows, texts of
    /// values) ends when the statement is cancelled or its time is up.
    ///
    /// - Throws: `Interrupted`, and what `body` throws.
    public func withinStatement<Output>(_ body: () throws -> Output) throws -> Output {
        guard let interruption else { return try body() }
        return try interruption.run {
            let output = try body()
            if !columns.isEmpty { try interruption.check() }
            return output
        }
    }

    /// Takes more remarks, in front of the others.
    func add(_ remarks: [Notification]) {
        if !remarks.isEmpty { notifications = remarks + notifications }
    }

    /// The column names in order; empty for a statement that returns nothing.
    public var columns: [String] { layout.names }

    /// The next row; nil behind the last.
    ///
    /// - Throws: `NQLError` when the query fails on the way.
    public func next() throws -> Row? {
        while true {
            if let batch, nextRow < batch.rowCount {
                let values = try batch.row(nextRow)
                nextRow += 1
                return Row(layout: layout, values: values)
            }
            switch source {
            case .finished: return nil
            case .values(let rows, let next):
                guard next < rows.count else {
                    source = .finished
                    return nil
                }
                source = .values(rows, next: next + 1)
                return Row(layout: layout, values: rows[next])
            case .cursor(let cursor): try advance(cursor)
            }
        }
    }

    /// All rows that are left.
    public func rows() throws -> [Row] {
        var rows: [Row] = []
        while let row = try next() { rows.append(row) }
        return rows
    }

    /// Calls `body` with each row that is left; only one batch of them is in memory at a time.
    ///
    /// - Throws: `NQLError` when the query fails on the way, and what `body` throws; the rows
    ///   behind are given up then.
    public func forEach(_ body: (Row) throws -> Void) throws {
        do {
            while let row = try next() { try body(row) }
        } catch {
            close()
            throw error
        }
    }

    /// Counts the rows that are left, without making values of them.
    ///
    /// - Throws: `NQLError` when the query fails on the way.
    public func countRest() throws -> Int {
        var count = max(0, (batch?.rowCount ?? nextRow) - nextRow)
        while let batch = try nextBatch() { count += batch.rowCount }
        return count
    }

    /// The only value of a result of one row and one column.
    ///
    /// - Throws: `ArgumentError` when the result has another shape, and as `Row.get`.
    public func scalar<T: ValueConvertible>(as type: T.Type = T.self) throws -> T {
        guard columns.count == 1, let row = try next(), try next() == nil else {
            throw NQLError.runtime(
                .argument, "NoSingleValue",
                "The result is not one row of one column, but has \(columns.count) columns.")
        }
        return try row.get(0, as: type)
    }

    /// All rows that are left, decoded.
    public func decode<T: Decodable>(_ type: T.Type = T.self) throws -> [T] {
        var values: [T] = []
        while let row = try next() { values.append(try row.decode(type)) }
        return values
    }

    /// The next rows as columns, as the engine holds them; nil behind the last. The batch is valid
    /// until the next call of `nextBatch`, `next` or `rows`.
    public func nextBatch() throws -> ColumnBatch? {
        while true {
            switch source {
            case .finished: return nil
            case .values(let rows, let next):
                source = .finished
                if next >= rows.count { return nil }
                batchNumber += 1
                return ColumnBatch(self, rows: Array(rows[next...]))
            case .cursor(let cursor):
                try advance(cursor)
                if let batch, batch.rowCount > 0 {
                    nextRow = batch.rowCount
                    return ColumnBatch(self, batch: batch)
                }
            }
        }
    }

    /// Gives up the rows that are left and with them snapshot and memory.
    public func close() {
        source = .finished
        batch = nil
        batchNumber += 1
    }

    private func advance(_ cursor: EngineCursor) throws {
        batchNumber += 1
        nextRow = 0
        batch = nil
        do {
            batch = try cursor.nextBatch()
        } catch {
            source = .finished
            throw error
        }
        if batch == nil { source = .finished }
    }
}
