// ColumnBatch: up to 2,048 rows as columns. Typed columns are read where the engine holds them,
// without a copy; a batch that was overtaken by the next one answers with an error, never with
// memory that is gone.

import NenCore
import NenEngine

/// Some rows of a result, column by column.
public struct ColumnBatch {
    private let result: Result
    private let number: Int
    private let batch: ResultBatch?
    private let rows: [[Value]]
    /// Rows in this batch.
    public let rowCount: Int

    init(_ result: Result, batch: ResultBatch) {
        self.result = result
        number = result.batchNumber
        self.batch = batch
        rows = []
        rowCount = batch.rowCount
    }

    init(_ result: Result, rows: [[Value]]) {
        self.result = result
        number = result.batchNumber
        batch = nil
        self.rows = rows
        rowCount = rows.count
    }

    /// The column names in order.
    public var columns: [String] { result.columns }

    private func check(_ column: Int) throws {
        guard number == result.batchNumber else {
            throw NQLError.runtime(
                .argument, "BatchIsGone", "A later batch of the result has replaced this one.",
                hint: "Read a batch before you ask for the next.")
        }
        guard columns.indices.contains(column) else {
            throw NQLError.runtime(
                .argument, "UnknownColumn",
                "The result has \(columns.count) columns; there is none at \(column).")
        }
    }

    /// One value.
    public func value(row: Int, column: Int) throws -> Value {
        try check(column)
        guard row >= 0, row < rowCount else {
            throw NQLError.runtime(
                .argument, "UnknownRow", "The batch has \(rowCount) rows; there is none at \(row).")
        }
        if let batch { return try batch.value(row: row, column: column) }
        return rows[row][column]
    }

    /// Calls `body` with the integers of a column, `rowCount` of them; nil when the column is not
    /// held as plain integers without nulls (read it by `value` then). The memory is the engine's:
    /// it is valid during the call only.
    public func withIntegers<Output>(
        column: Int, _ body: (UnsafeBufferPointer<Int64>) throws -> Output
    ) throws -> Output? {
        try check(column)
        return try batch?.withIntegers(column: column, body)
    }

    /// Calls `body` with the floats of a column; nil as for `withIntegers`.
    public func withFloats<Output>(
        column: Int, _ body: (UnsafeBufferPointer<Double>) throws -> Output
    ) throws -> Output? {
        try check(column)
        return try batch?.withFloats(column: column, body)
    }
}
