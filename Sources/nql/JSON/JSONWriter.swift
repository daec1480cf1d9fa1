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
        bytes.append(contentsOf: text.utf8)
        spillIfMany()
    }

    /// Appends a quoted string. Control characters are escaped, all else stands as UTF-8.
    mutating func string(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            if Interruption.isOver(after: JSONWriter.byteWorkUnits) { break }
            switch byte {
            case UInt8(ascii: "\""): raw("\\\"")
            case UInt8(ascii: "\\"): raw("\\\\")
            case 0x0A: raw("\\n")
            case 0x0D: raw("\\r")
            case 0x09: raw("\\t")
            case 0..<0x20, 0x7F:
                let digits = String(byte, radix: 16)
                raw("\\u" + String(repeating: "0", count: 4 - digits.count) + digits)
            default:
                bytes.append(byte)
                if bytes.count & 4_095 == 0 { spillIfMany() }
            }
        }
        bytes.append(UInt8(ascii: "\""))
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
