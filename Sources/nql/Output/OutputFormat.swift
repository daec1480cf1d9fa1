// OutputFormat: how results are printed, chosen by `--format` and `.mode`.

import ArgumentParser
import NenDB

/// The formats of `--format`.
enum OutputFormat: String, CaseIterable, ExpressibleByArgument {
    case table, line, csv, json, jsonl, markdown

    /// Whether people read it, so that what was changed is told in words.
    var isForPeople: Bool { self == .table || self == .line }
}

/// Prints one result: `begin` once, `row` for each row, `end` once.
protocol ResultWriter: AnyObject {
    /// `columns`: the names in order.
    func begin(columns: [String]) throws
    /// `values`: as many as there are columns.
    func row(_ values: [Value]) throws
    /// Prints what follows the last row.
    ///
    /// - Parameter leftOut: rows that were not shown.
    func end(leftOut: Int) throws
}

extension ResultWriter {
    /// Prints what follows the last row of all.
    func end() throws { try end(leftOut: 0) }
}
