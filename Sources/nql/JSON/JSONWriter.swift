// JSONWriter: JSON text straight into a byte buffer, without a tree in between. The caller writes
// the structure; this writes strings and numbers correctly. With an output, what exceeds a bound
// goes there at once, so that a text of any length takes no memory. Within a statement that was
// interrupted it writes no more elements and no more characters: whoever sends the text checks
// before.

import NenCore

/// Appends JSON tokens to `bytes`.
struct JSONWriter {
    private(set) var bytes: [UInt8] = []
    /// Nanoseconds for an element and for a byte of a string, by and large.
    private static let workUnits = 30
    private static let byteWorkUnits = 3
    /// Bytes of a string between two looks at the bound and at the deadline.
    private static let pieceByteCount = 4_096
    private let output: StandardStream?
    /// Bytes held back.
    private let byteCountMax: Int
    /// Whether something went to the output already and cannot be taken back.
    private(set) var hasSpilled = false
    private var failure: (any Error)?

    /// - Parameters:
    ///   - output: takes what exceeds `byteCountMax`; nil: everything stays in `bytes`.
    init(output: StandardStream? = nil, byteCountMax: Int = 65_536) {
        self.output = output
        self.byteCountMax = byteCountMax
    }

    /// Forgets what was written and keeps the buffer.
    mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        hasSpilled = false
    }

    /// Hands everything to the output.
    ///
    /// - Throws: what the output threw since the last call.
    mutating func finish() throws {
        if let failure { throw failure }
        try output?.write(bytes)
        removeAll()
    }

    private mutating func spillIfMany() {
        guard let output, bytes.count >= byteCountMax else { return }
        do {
            try output.write(bytes)
        } catch {
            failure = error
        }
        bytes.removeAll(keepingCapacity: true)
        hasSpilled = true
    }

    /// Appends text that is JSON already: punctuation, numbers, fixed names.
    mutating func raw(_ text: String) {
        var text = text
        text.withUTF8 { bytes.append(contentsOf: $0) }
        spillIfMany()
    }

    /// Appends a quoted string. Control characters are escaped, all else stands as UTF-8.
    mutating func string(_ text: String) {
        var text = text
        text.withUTF8 { text in
            bytes.append(UInt8(ascii: "\""))
            var start = 0
            while start < text.count {
                let end = min(start + JSONWriter.pieceByteCount, text.count)
                let units = (end - start) * JSONWriter.byteWorkUnits
                if Interruption.isOver(after: units) { break }
                escape(UnsafeBufferPointer(rebasing: text[start ..< end]))
                spillIfMany()
                start = end
            }
            bytes.append(UInt8(ascii: "\""))
        }
    }

    /// Appends a piece of a string; what needs no escape is copied in runs.
    private mutating func escape(_ piece: UnsafeBufferPointer<UInt8>) {
        var start = 0
        for (index, byte) in piece.enumerated() {
            let isPlain = byte >= 0x20 && byte != UInt8(ascii: "\"")
                && byte != UInt8(ascii: "\\") && byte != 0x7F
            if isPlain { continue }
            bytes.append(contentsOf: UnsafeBufferPointer(rebasing: piece[start ..< index]))
            start = index + 1
            switch byte {
            case UInt8(ascii: "\""): raw("\\\"")
            case UInt8(ascii: "\\"): raw("\\\\")
            case 0x0A: raw("\\n")
            case 0x0D: raw("\\r")
            case 0x09: raw("\\t")
            default:
                let digits = String(byte, radix: 16)
                raw("\\u" + String(repeating: "0", count: 4 - digits.count) + digits)
            }
        }
        bytes.append(contentsOf: UnsafeBufferPointer(rebasing: piece[start...]))
    }

    /// Appends `"name":`.
    mutating func name(_ name: String) {
        string(name)
        bytes.append(UInt8(ascii: ":"))
    }

    /// Appends the elements of `items` between brackets, commas between them.
    mutating func array<Items: Sequence>(
        _ items: Items, _ write: (inout JSONWriter, Items.Element) throws -> Void
    ) rethrows {
        raw("[")
        var isFirst = true
        for item in items {
            if Interruption.isOver(after: JSONWriter.workUnits) { break }
            if !isFirst { raw(",") }
            isFirst = false
            try write(&self, item)
        }
        raw("]")
    }

    /// Appends `{"name":value,…}`, members in the order given.
    mutating func object<Items: Sequence, Element>(
        _ items: Items, _ write: (inout JSONWriter, Element) throws -> Void
    ) rethrows where Items.Element == (key: String, value: Element) {
        raw("{")
        var isFirst = true
        for item in items {
            if Interruption.isOver(after: JSONWriter.workUnits) { break }
            if !isFirst { raw(",") }
            isFirst = false
            name(item.key)
            try write(&self, item.value)
        }
        raw("}")
    }
}
