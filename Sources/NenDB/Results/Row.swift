// Row: one row of a result, as values that belong to the caller: it stays valid when result,
// transaction and database are gone.

import NenCore

/// The column names of a result with their positions; shared by its rows.
final class ColumnNames: Sendable {
    let names: [String]
    private let positions: [String: Int]

    init(_ names: [String]) {
        self.names = names
        var positions: [String: Int] = [:]
        for (index, name) in names.enumerated() { positions[name] = index }
        self.positions = positions
    }

    /// The position of a column; nil when there is none of this name.
    func position(of name: String) -> Int? { positions[name] }
}

/// One row of a result.
///
/// ```swift
/// let name: String = try row.get("name")
/// let age = row["age"]            // a Value; null when there is no such column
/// ```
public struct Row: Sendable {
    let layout: ColumnNames
    /// The values in the order of the columns.
    public let values: [Value]

    init(layout: ColumnNames, values: [Value]) {
        precondition(
            layout.names.count == values.count,
            "\(values.count) values for \(layout.names.count) columns")
        self.layout = layout
        self.values = values
    }

    /// The column names in order.
    public var columns: [String] { layout.names }

    /// The value of a column; nil when there is no column of this name.
    public subscript(column: String) -> Value? {
        layout.position(of: column).map { values[$0] }
    }

    /// The value at a position; nil when the row has fewer columns.
    public subscript(index: Int) -> Value? {
        // Not `… ? … : nil`: that nil would be the value null.
        guard values.indices.contains(index) else { return Optional<Value>.none }
        return values[index]
    }

    /// The value of a column as a Swift value.
    ///
    /// - Throws: `ArgumentError` when there is no such column, `TypeError` when its value is of
    ///   another type (use an optional type where null may occur).
    public func get<T: ValueConvertible>(_ column: String, as type: T.Type = T.self) throws -> T {
        guard let index = layout.position(of: column) else {
            throw NQLError.runtime(
                .argument, "UnknownColumn", "The result has no column `\(column)`.",
                hint: "Its columns are: \(columns.joined(separator: ", ")).")
        }
        return try convert(values[index], named: column)
    }

    /// The value at a position as a Swift value.
    ///
    /// - Throws: as `get(_:as:)` with a name.
    public func get<T: ValueConvertible>(_ index: Int, as type: T.Type = T.self) throws -> T {
        guard values.indices.contains(index) else {
            throw NQLError.runtime(
                .argument, "UnknownColumn",
                "The result has \(values.count) columns; there is none at \(index).")
        }
        return try convert(values[index], named: columns[index])
    }

    private func convert<T: ValueConvertible>(_ value: Value, named name: String) throws -> T {
        guard let converted = T(value: value) else {
            throw Row.unexpected(value, T.valueTypeName, column: name)
        }
        return converted
    }

    /// The error of a value that is not of the type that was asked for.
    static func unexpected(_ value: Value, _ wanted: String, column: String) -> NQLError {
        .runtime(
            .type, "InvalidColumnType",
            "Column `\(column)` holds \(value.typeName) (\(value.literalText)), not \(wanted).")
    }
}

extension Row: CustomStringConvertible {
    /// `name: value, …`
    public var description: String {
        zip(columns, values).map { "\($0): \($1.literalText)" }.joined(separator: ", ")
    }
}
