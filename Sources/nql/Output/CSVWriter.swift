// CSVWriter: results as RFC 4180 text with a header line. Null is an empty field, an empty string
// is `""`, so that the two stay apart.

import NenDB

/// Prints a result as comma-separated values.
final class CSVWriter: ResultWriter {
    private let output: StandardStream
    private let nullText: String
    private var hasColumns = false

    /// - Parameter nullText: what stands for null; nothing unless given.
    init(_ output: StandardStream, nullText: String? = nil) {
        self.output = output
        self.nullText = nullText ?? ""
    }

    func begin(columns: [String]) throws {
        hasColumns = !columns.isEmpty
        if hasColumns {
            try output.line(columns.map(CSVWriter.field).joined(separator: ","))
        }
    }

    func row(_ values: [Value]) throws {
        for (index, value) in values.enumerated() {
            if index > 0 { try output.write(",") }
            if value == .null { try output.write(nullText) } else { try write(value) }
        }
        try output.line()
    }

    private func write(_ value: Value) throws {
        if isLong(value) {
            // Quotes do no harm, and the text need not be looked at first.
            try output.write("\"")
            var cell = CellStream(output) { piece in
                piece.utf8.contains(UInt8(ascii: "\""))
                    ? piece.replacing("\"", with: "\"\"") : piece
            }
            value.writeDisplayText(to: &cell)
            try cell.finish()
            try output.write("\"")
        } else {
            try output.write(CSVWriter.field(value.displayText))
        }
    }

    private func isLong(_ value: Value) -> Bool {
        switch value {
        case .string, .list, .map, .path: value.memoryByteCount > CSVWriter.longByteCount
        default: false
        }
    }

    /// Values above this are written piece by piece.
    private static let longByteCount = 65_536

    func end(leftOut: Int) throws {}

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
