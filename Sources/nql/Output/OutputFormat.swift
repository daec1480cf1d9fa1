// OutputFormat: how results are printed, chosen by `--format` and `.mode`.

import ArgumentParser
import NenDB

/// The formats of `--format`.
enum OutputFormat: String, CaseIterable, ExpressibleByArgument {
    case table, csv, json, jsonl, markdown

    /// A new writer of this format on `output`.
    func writer(on output: StandardStream) -> any ResultWriter {
        switch self {
        case .table: TableWriter(output)
        case .csv: CSVWriter(output)
        case .json: JSONResultWriter(output, isArray: true)
        case .jsonl: JSONResultWriter(output, isArray: false)
        case .markdown: MarkdownWriter(output)
        }
    }
}

/// Prints one result: `begin` once, `row` for each row, `end` once.
protocol ResultWriter: AnyObject {
    /// `columns`: the names in order.
    func begin(columns: [String]) throws
    /// `values`: as many as there are columns.
    func row(_ values: [Value]) throws
    /// Prints what follows the last row.
    func end() throws
}
