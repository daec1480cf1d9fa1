// CellStream: the text of one value on its way to the output, piece by piece: made fit for its
// place (one line of a table, a field of CSV, a cell of Markdown) and measured. A text of any
// length takes no more memory than a piece.

import NenDB

/// Writes a value's text into a cell. What the output throws is kept until `finish`.
struct CellStream: TextOutputStream {
    private let output: StandardStream
    private let form: (String) -> String
    /// Terminal cells written.
    private(set) var width = 0
    private var failure: (any Error)?

    /// - Parameter form: makes a piece of text fit for its place.
    init(_ output: StandardStream, form: @escaping (String) -> String) {
        self.output = output
        self.form = form
    }

    mutating func write(_ text: String) {
        if failure != nil { return }
        do {
            for piece in Pieces(text) {
                let formed = form(piece)
                width += DisplayWidth.of(formed)
                try output.write(formed)
            }
        } catch {
            failure = error
        }
    }

    /// - Throws: the first error of the output.
    func finish() throws {
        if let failure { throw failure }
    }

    /// A long text cut between scalars.
    private struct Pieces: Sequence, IteratorProtocol {
        private let text: String
        private var start: String.Index
        private static let byteCount = 16_384

        init(_ text: String) {
            self.text = text
            start = text.startIndex
        }

        mutating func next() -> String? {
            if start == text.endIndex { return nil }
            if start == text.startIndex, text.utf8.count <= Pieces.byteCount {
                start = text.endIndex
                return text
            }
            let bytes = text.utf8
            var end = bytes.index(start, offsetBy: Pieces.byteCount, limitedBy: bytes.endIndex)
                ?? bytes.endIndex
            // Not within a scalar.
            while end < bytes.endIndex, bytes[end] & 0xC0 == 0x80 { end = bytes.index(after: end) }
            defer { start = end }
            return String(text[start ..< end])
        }
    }
}
