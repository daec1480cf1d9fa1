// OutputSettings: how results are shown: what `--format` and the shell's commands set, and what
// follows from where the output goes. On a terminal a table is as wide as the terminal, shows the
// types of its columns and the first rows; everywhere else it shows everything.

/// How results are shown.
struct OutputSettings {
    /// How many rows of a result are shown.
    enum RowLimit: Equatable {
        /// `rowCountOnTerminal` on a terminal, all elsewhere.
        case automatic
        case count(Int)
        case all
    }

    /// How wide tables may be.
    enum Width: Equatable {
        /// As wide as the terminal; elsewhere as wide as they are.
        case automatic
        case columns(Int)
        case unlimited
    }

    /// Rows that a terminal shows unless told otherwise.
    static let rowCountOnTerminal = 100

    var format: OutputFormat = .table
    /// What stands for null in tables, lines, CSV and Markdown; nil for what each does by itself.
    var nullText: String?
    var width = Width.automatic
    var rowLimit = RowLimit.automatic
    /// Whether tables show the types of their columns; nil: on terminals.
    var showsTypes: Bool?
    /// The command that long results are shown with; nil for none.
    var pager: String?

    /// The rows shown at most of a result on `stream`; nil for all.
    func rowMax(on stream: StandardStream) -> Int? {
        switch rowLimit {
        case .automatic:
            let isShort = stream.isTerminal && (format == .table || format == .line)
            return isShort ? OutputSettings.rowCountOnTerminal : nil
        case .count(let count): return count
        case .all: return nil
        }
    }

    /// How a table looks on `stream`.
    func tableStyle(on stream: StandardStream) -> TableStyle {
        var style = TableStyle()
        style.nullText = nullText ?? style.nullText
        style.showsTypes = showsTypes ?? stream.isTerminal
        style.isColoured = stream.isTerminal && TextStyle.isShown
        switch width {
        case .automatic: style.width = stream.isTerminal ? Terminal.columnCount : nil
        case .columns(let count): style.width = count
        case .unlimited: style.width = nil
        }
        return style
    }

    /// A new writer on `stream`.
    func writer(on stream: StandardStream) -> any ResultWriter {
        switch format {
        case .table: TableWriter(stream, tableStyle(on: stream))
        case .line: LineWriter(stream, tableStyle(on: stream))
        case .csv: CSVWriter(stream, nullText: nullText)
        case .json: JSONResultWriter(stream, isArray: true)
        case .jsonl: JSONResultWriter(stream, isArray: false)
        case .markdown: MarkdownWriter(stream, nullText: nullText)
        }
    }
}
