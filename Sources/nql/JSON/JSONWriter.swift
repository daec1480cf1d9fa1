// JSONWriter: JSON text straight into a byte buffer, without a tree in between. The caller writes
// the structure; this writes strings and numbers correctly. Within a statement that was interrupted
// it writes no more elements and no more characters: whoever sends the text checks before.

import NenCore

/// Appends JSON tokens to `bytes`.
struct JSONWriter {
    private(set) var bytes: [UInt8] = []
    /// Nanoseconds for an element and for a byte of a string, by and large.
    private static let workUnits = 30
    private static let byteWorkUnits = 3

    /// Forgets what was written and keeps the buffer.
    mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

    /// Appends text that is JSON already: punctuation, numbers, fixed names.
    mutating func raw(_ text: String) { bytes.append(contentsOf: text.utf8) }

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
            default: bytes.append(byte)
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
