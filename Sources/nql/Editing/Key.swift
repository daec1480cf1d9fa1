// Key: what the bytes of a terminal mean: characters, control keys, and the sequences that xterm
// and its kin send for cursor keys, keys with Alt, and pasted text (bracketed paste).

/// A key, or a group of keys that means one thing.
enum Key: Equatable {
    case text(String)
    /// Text that was pasted: it is put in as it stands, whatever it contains.
    case paste(String)
    /// Enter, and Alt-Enter, which never ends the input.
    case enter, newLine
    case backspace, delete, left, right, up, down, home, end, wordLeft, wordRight
    /// The first and the last entry of the history, and of the text.
    case first, last
    case killToEnd, killToStart, killWord, killWordLeft, killWordRight, yank
    case transpose, upperCase, lowerCase, capitalize
    case undo, redo, searchBack, searchForward, abort, escape
    case clearScreen, suspend, interrupt, endOfInput, tab, unknown

    /// The key that the next bytes from `byte` stand for; nil at the end of input.
    static func next(from byte: () -> UInt8?) -> Key? {
        guard let first = byte() else { return nil }
        switch first {
        case 0x1B: return sequence(byte)
        case 0x18: return afterControlX(byte)
        case 0..<0x20, 0x7F: return control[first] ?? .unknown
        default: return character(first, byte)
        }
    }

    /// Control keys by their bytes, as GNU readline has them.
    private static let control: [UInt8: Key] = [
        0x01: .home, 0x02: .left, 0x03: .interrupt, 0x04: .endOfInput, 0x05: .end, 0x06: .right,
        0x07: .abort, 0x08: .backspace, 0x09: .tab, 0x0A: .enter, 0x0B: .killToEnd,
        0x0C: .clearScreen, 0x0D: .enter, 0x0E: .down, 0x10: .up, 0x12: .searchBack,
        0x13: .searchForward, 0x14: .transpose, 0x15: .killToStart, 0x17: .killWord, 0x19: .yank,
        0x1A: .suspend, 0x1F: .undo, 0x7F: .backspace,
    ]

    private static func character(_ first: UInt8, _ byte: () -> UInt8?) -> Key? {
        let length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
        var bytes = [first]
        while bytes.count < length {
            guard let next = byte() else { return nil }
            bytes.append(next)
        }
        return .text(String(decoding: bytes, as: UTF8.self))
    }

    private static func afterControlX(_ byte: () -> UInt8?) -> Key? {
        guard let next = byte() else { return nil }
        return next == 0x15 ? .undo : .unknown
    }

    /// Sequences that start with escape: a key with Alt, or what follows `[` or `O`.
    private static func sequence(_ byte: () -> UInt8?) -> Key? {
        guard let introducer = byte() else { return nil }
        switch introducer {
        case UInt8(ascii: "["), UInt8(ascii: "O"): break
        case 0x1B: return .escape
        default: return withAlt[introducer] ?? .unknown
        }
        var parameters = ""
        while let next = byte() {
            if next >= 0x40 {
                return parameters == "200" ? pasted(byte) : cursorKey(parameters, next)
            }
            parameters.unicodeScalars.append(UnicodeScalar(next))
        }
        return nil
    }

    /// Keys with Alt.
    private static let withAlt: [UInt8: Key] = [
        UInt8(ascii: "b"): .wordLeft, UInt8(ascii: "f"): .wordRight,
        UInt8(ascii: "d"): .killWordRight, 0x7F: .killWordLeft, 0x08: .killWordLeft,
        0x0D: .newLine, 0x0A: .newLine, UInt8(ascii: "<"): .first, UInt8(ascii: ">"): .last,
        UInt8(ascii: "u"): .upperCase, UInt8(ascii: "l"): .lowerCase,
        UInt8(ascii: "c"): .capitalize, UInt8(ascii: "/"): .redo, UInt8(ascii: "_"): .redo,
    ]

    private static func cursorKey(_ parameters: String, _ final: UInt8) -> Key {
        let isWord = parameters.hasSuffix(";5") || parameters.hasSuffix(";3")
        switch final {
        case UInt8(ascii: "A"): return .up
        case UInt8(ascii: "B"): return .down
        case UInt8(ascii: "C"): return isWord ? .wordRight : .right
        case UInt8(ascii: "D"): return isWord ? .wordLeft : .left
        case UInt8(ascii: "H"): return .home
        case UInt8(ascii: "F"): return .end
        case UInt8(ascii: "~"):
            switch parameters {
            case "1", "7": return .home
            case "4", "8": return .end
            case "3": return .delete
            case "3;3", "3;5": return .killWordRight
            case "5": return .first
            case "6": return .last
            default: return .unknown
            }
        default: return .unknown
        }
    }

    /// The sequence behind pasted text.
    private static let pasteEnd = Array("\u{1B}[201~".utf8)

    /// The text up to the end of a paste. Ctrl-C within it gives it up: its end may be lost.
    private static func pasted(_ byte: () -> UInt8?) -> Key? {
        var bytes: [UInt8] = []
        while let next = byte() {
            if next == 0x03 { return .interrupt }
            bytes.append(next)
            if next == UInt8(ascii: "~"), bytes.suffix(pasteEnd.count).elementsEqual(pasteEnd) {
                bytes.removeLast(pasteEnd.count)
                return .paste(plain(bytes))
            }
        }
        return nil
    }

    /// Text with line feeds as line ends, and of control characters only these and tabs.
    private static func plain(_ bytes: [UInt8]) -> String {
        var kept: [UInt8] = []
        kept.reserveCapacity(bytes.count)
        for (index, byte) in bytes.enumerated() {
            switch byte {
            case 0x0D: kept.append(0x0A)
            case 0x0A: if index == 0 || bytes[index - 1] != 0x0D { kept.append(byte) }
            case 0x09: kept.append(byte)
            case 0..<0x20, 0x7F: continue
            default: kept.append(byte)
            }
        }
        return String(decoding: kept, as: UTF8.self)
    }
}
