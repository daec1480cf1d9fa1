// SourceText: lines and columns of a text, made when an error is to be shown.

import NenCore

/// A text with its line starts. Lines end in LF, CR or CR LF.
public struct SourceText: Sendable {
    /// A place as people count it.
    public struct Position: Sendable, Hashable {
        /// From 1.
        public var line: Int
        /// In Unicode scalars, from 1.
        public var column: Int
    }

    private let bytes: [UInt8]
    /// Byte offset of each line's first byte.
    private let lineStarts: [Int]

    /// Finds the lines of `text`.
    public init(_ text: String) {
        bytes = Array(text.utf8)
        var starts = [0]
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            if byte == 0x0D, index < bytes.count, bytes[index] == 0x0A { index += 1 }
            if byte == 0x0A || byte == 0x0D { starts.append(index) }
        }
        lineStarts = starts
    }

    /// How many lines the text has; an empty text has one.
    public var lineCount: Int { lineStarts.count }

    /// The place of a byte offset; an offset beyond the end is the end.
    public func position(ofByte offset: Int) -> Position {
        let place = min(max(offset, 0), bytes.count)
        var low = 0
        var high = lineStarts.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if lineStarts[middle] <= place { low = middle } else { high = middle }
        }
        var column = 1
        for byte in bytes[lineStarts[low]..<place] where byte & 0xC0 != 0x80 { column += 1 }
        return Position(line: low + 1, column: column)
    }

    /// The bytes of a line, from 1, without what ends it.
    func lineRange(_ line: Int) -> Range<Int> {
        let start = lineStarts[line - 1]
        var end = line < lineStarts.count ? lineStarts[line] : bytes.count
        while end > start, bytes[end - 1] == 0x0A || bytes[end - 1] == 0x0D { end -= 1 }
        return start..<end
    }

    /// The text of a line, from 1, without what ends it.
    public func line(_ line: Int) -> String { text(lineRange(line)) }

    func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
}
