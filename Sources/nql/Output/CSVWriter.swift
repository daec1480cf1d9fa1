// CSVWriter: results as RFC 4180 text with a header line. Null is an empty field, an empty string
// is `""`, so that the two stay apart.

import NenDB

/// Prints a result as comma-separated values.
final class CSVWriter: ResultWriter {
    private let output: StandardStream
    private var hasColumns = false

    init(_ output: StandardStream) { self.output = output }

    func begin(columns: [String]) throws {
        hasColumns = !columns.isEmpty
        if hasColumns {
            try output.line(columns.map(CSVWriter.field).joined(separator: ","))
        }
    }

    func row(_ values: [Value]) throws {
        let fields = values.map { $0 == .null ? "" : CSVWriter.field($0.displayText) }
        try output.line(fields.joined(separator: ","))
    }

    func end() throws {}

    /// `text` as a field, in quotes where it must be.
    static func field(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy { byte in
            byte != UInt8(ascii: ",") && byte != UInt8(ascii: "\"") && byte != 0x0A
                && byte != 0x0D
        }
        if isPlain && !text.isEmpty { return text }
        var quoted = "\""
        for scalar in text.unicodeScalars {
            if scalar == "\"" { quoted += "\"" }
            quoted.unicodeScalars.append(scalar)
        }
        return quoted + "\""
    }
}
