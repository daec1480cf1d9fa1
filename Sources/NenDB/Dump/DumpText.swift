// DumpText: values and names as NQL that reads back as exactly the same, as bytes.

import NenCore

/// Text of a dump being put together.
struct DumpText {
    private(set) var bytes: [UInt8] = []

    mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

    mutating func add(_ text: String) { bytes.append(contentsOf: text.utf8) }

    /// A label, type or key: bare if it is a word of ASCII letters, else in backticks.
    mutating func add(name: String) {
        var isWord = !name.isEmpty
        for (index, byte) in name.utf8.enumerated() {
            switch byte {
            case 0x41...0x5A, 0x61...0x7A, 0x5F: break
            case 0x30...0x39 where index > 0: break
            default: isWord = false
            }
            if !isWord { break }
        }
        if isWord { return add(name) }
        bytes.append(UInt8(ascii: "`"))
        for byte in name.utf8 {
            if byte == UInt8(ascii: "`") { bytes.append(byte) }
            bytes.append(byte)
        }
        bytes.append(UInt8(ascii: "`"))
    }

    /// A value that can be stored.
    mutating func add(_ value: Value) {
        switch value {
        case .string(let text): add(quoted: text)
        case .float(let number): add(number)
        case .list(let elements):
            bytes.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { add(", ") }
                add(element)
            }
            bytes.append(UInt8(ascii: "]"))
        case .map(let map):
            add(map.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map {
                ($0.key, $0.value)
            })
        case .null, .boolean, .integer, .date, .localTime, .time, .localDateTime, .dateTime,
            .duration, .point, .node, .relationship, .path:
            add(value.literalText)
        }
    }

    /// `{key: value, …}`
    mutating func add(_ entries: [(key: String, value: Value)]) {
        bytes.append(UInt8(ascii: "{"))
        for (index, entry) in entries.enumerated() {
            if index > 0 { add(", ") }
            add(name: entry.key)
            add(": ")
            add(entry.value)
        }
        bytes.append(UInt8(ascii: "}"))
    }

    /// A float; NaN and the infinities, which have no literals, as quotients.
    private mutating func add(_ number: Double) {
        if number.isFinite { return add(number.description) }
        add(number.isNaN ? "0.0 / 0.0" : number < 0 ? "-1.0 / 0.0" : "1.0 / 0.0")
    }

    /// A string; control characters are escaped, so that a row of a dump is one line.
    private mutating func add(quoted text: String) {
        bytes.append(UInt8(ascii: "'"))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "'"), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case 0x0A: add("\\n")
            case 0x0D: add("\\r")
            case 0x09: add("\\t")
            case 0x00..<0x20:
                add(byte < 0x10 ? "\\u000" : "\\u00")
                add(String(byte, radix: 16))
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "'"))
    }
}
