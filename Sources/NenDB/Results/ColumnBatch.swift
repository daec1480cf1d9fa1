// ColumnBatch: up to 2,048 rows as columns. Typed columns are read where the engine holds them,
// without a copy, where it does so, and gathered elsewhere; a batch that was overtaken by the next
// one answers with an error, never with memory that is gone.

import NenCore
import NenEngine

/// A column of one plain type in memory of its own, in Arrow's layout.
public typealias ColumnImage = NenEngine.ColumnImage

/// Some rows of a result, column by column.
public struct ColumnBatch {
    private let result: QueryResult
    private let number: Int
    private let batch: ResultBatch?
    private let rows: [[Value]]
    /// Rows in this batch.
    public let rowCount: Int

    init(_ result: QueryResult, batch: ResultBatch) {
        self.result = result
        number = result.batchNumber
        self.batch = batch
        rows = []
        rowCount = batch.rowCount
    }

    init(_ result: QueryResult, rows: [[Value]]) {
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

    /// The values of a column as Swift values; an optional type takes nulls.
    ///
    /// - Throws: `TypeError` for a value of another type.
    public func values<T: ValueConvertible>(
        column: Int, as type: T.Type = T.self
    ) throws -> [T] {
        var values: [T] = []
        values.reserveCapacity(rowCount)
        for row in 0 ..< rowCount {
            let value = try value(row: row, column: column)
            guard let converted = T(value: value) else {
                throw Row.unexpected(value, T.valueTypeName, column: columns[column])
            }
            values.append(converted)
        }
        return values
    }

    /// Calls `body` with the integers of a column, `rowCount` of them, and which of them are null:
    /// those are 0. nil when the column has values of other types (read it by `value` then). Where
    /// the engine holds them as integers it is they; else they are gathered. The memory is valid
    /// during the call only.
    public func withIntegers<Output>(
        column: Int, _ body: (UnsafeBufferPointer<Int64>, NullMask) throws -> Output
    ) throws -> Output? {
        try with(column, { try $0.withIntegers(column: column) { try body($0, NullMask()) } }) {
            guard case .integer(let number) = $0 else { return nil }
            return number
        } _: {
            try body($0, $1)
        }
    }

    /// The same for a column without nulls; nil when it has some.
    public func withIntegers<Output>(
        column: Int, _ body: (UnsafeBufferPointer<Int64>) throws -> Output
    ) throws -> Output? {
        try withIntegers(column: column) { values, nulls in
            try nulls.isEmpty ? body(values) : nil
        } ?? nil
    }

    /// Calls `body` with the floats of a column; as for `withIntegers`.
    public func withFloats<Output>(
        column: Int, _ body: (UnsafeBufferPointer<Double>, NullMask) throws -> Output
    ) throws -> Output? {
        try with(column, { try $0.withFloats(column: column) { try body($0, NullMask()) } }) {
            guard case .float(let number) = $0 else { return nil }
            return number
        } _: {
            try body($0, $1)
        }
    }

    /// The same for a column without nulls; nil when it has some.
    public func withFloats<Output>(
        column: Int, _ body: (UnsafeBufferPointer<Double>) throws -> Output
    ) throws -> Output? {
        try withFloats(column: column) { values, nulls in
            try nulls.isEmpty ? body(values) : nil
        } ?? nil
    }

    /// The rows from `first` on of a column, copied in Arrow's layout; nil where the column is not
    /// all of one plain type: read it by `value` then.
    public func image(column: Int, from first: Int = 0) throws -> ColumnImage? {
        try check(column)
        return try batch?.image(column: column, from: first)
    }

    /// Reads a column as the engine holds it, or gathers its values.
    private func with<Element: AdditiveArithmetic, Output>(
        _ column: Int,
        _ inPlace: (ResultBatch) throws -> Output?,
        _ element: (Value) -> Element?,
        _ body: (UnsafeBufferPointer<Element>, NullMask) throws -> Output
    ) throws -> Output? {
        try check(column)
        if let batch, let output = try inPlace(batch) { return output }
        var elements: [Element] = []
        elements.reserveCapacity(rowCount)
        var nulls = NullMask()
        for row in 0 ..< rowCount {
            let value = try value(row: row, column: column)
            if value == .null {
                nulls.insert(row)
                elements.append(.zero)
            } else if let next = element(value) {
                elements.append(next)
            } else {
                return nil
            }
        }
        return try elements.withUnsafeBufferPointer { try body($0, nulls) }
    }
}

/// Which rows of a column are null.
public struct NullMask: Sendable {
    /// A bit for each row; empty when none is null.
    private var words: [UInt64] = []

    init() {}

    /// Whether no row is null.
    public var isEmpty: Bool { words.isEmpty }

    /// Whether a row is null.
    public subscript(row: Int) -> Bool {
        words.indices.contains(row / 64) && words[row / 64] & (1 << UInt64(row % 64)) != 0
    }

    mutating func insert(_ row: Int) {
        while words.count <= row / 64 { words.append(0) }
        words[row / 64] |= 1 << UInt64(row % 64)
    }
}
