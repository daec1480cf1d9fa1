// ValueType: the type of a value as text, as `IS ::` would accept it: `INTEGER NOT NULL`,
// `LIST<INTEGER NOT NULL | STRING NOT NULL> NOT NULL`, `NULL`.

import NenCore

/// Names of the types of values.
enum ValueType {
    static let definition = ScalarFunction(
        "valueType", [.any], to: .string, aliases: ["typeof"], nulls: .custom,
        summary: "The type of a value as text.",
        examples: [
            FunctionExample("valueType(1)", "'INTEGER NOT NULL'"),
            FunctionExample("valueType([1, 'a'])",
                "'LIST<STRING NOT NULL | INTEGER NOT NULL> NOT NULL'"),
        ]
    ) { context, arguments throws(NQLError) in
        try context.builder.string(name(of: arguments[0], context.base))
    }

    /// The type's name with its nullability.
    static func name(of cell: Cell, _ base: HeapBase) -> String {
        cell.isNull ? "NULL" : bareName(of: cell, base) + " NOT NULL"
    }

    private static func bareName(of cell: Cell, _ base: HeapBase) -> String {
        guard cell.tag == .list else { return plainName(cell.tag) }
        let elements = base.cells(cell)
        var names: [String: Int] = [:]
        var hasNull = false
        for index in 0 ..< cell.count {
            if elements[index].isNull {
                hasNull = true
            } else {
                names[bareName(of: elements[index], base)] = rank(elements[index].tag)
            }
        }
        if names.isEmpty { return hasNull ? "LIST<NULL>" : "LIST<NOTHING>" }
        let sorted = names.sorted { left, right in
            left.value == right.value ? left.key < right.key : left.value < right.value
        }
        let suffix = hasNull ? "" : " NOT NULL"
        return "LIST<" + sorted.map { $0.key + suffix }.joined(separator: " | ") + ">"
    }

    private static func plainName(_ tag: CellTag) -> String {
        switch tag {
        case .null: "NULL"
        case .boolean: "BOOLEAN"
        case .string: "STRING"
        case .integer: "INTEGER"
        case .float: "FLOAT"
        case .date: "DATE"
        case .localTime: "LOCAL TIME"
        case .time: "ZONED TIME"
        case .localDateTime: "LOCAL DATETIME"
        case .dateTime: "ZONED DATETIME"
        case .duration: "DURATION"
        case .node: "NODE"
        case .relationship: "RELATIONSHIP"
        case .map: "MAP"
        case .list: "LIST<ANY>"
        case .path: "PATH"
        case .point: "POINT"
        }
    }

    /// Order of the types within a union.
    private static func rank(_ tag: CellTag) -> Int {
        switch tag {
        case .null: 0
        case .boolean: 1
        case .string: 2
        case .integer: 3
        case .float: 4
        case .date: 5
        case .localTime: 6
        case .time: 7
        case .localDateTime: 8
        case .dateTime: 9
        case .duration: 10
        case .point: 11
        case .node: 12
        case .relationship: 13
        case .map: 14
        case .list: 15
        case .path: 16
        }
    }
}
