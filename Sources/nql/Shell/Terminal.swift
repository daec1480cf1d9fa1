// Terminal: the raw mode in which the line editor reads keys, and the terminal's width.

import Glibc

/// The terminal at standard input.
enum Terminal {
    /// Whether keys come from a person and text goes to one.
    static var isInteractive: Bool { isatty(0) == 1 && isatty(1) == 1 }

    /// Columns of the terminal; 80 when unknown.
    static var columnCount: Int {
        var size = winsize()
        let isKnown = ioctl(1, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
        return isKnown ? Int(size.ws_col) : 80
    }

    /// Runs `body` while keys arrive one by one and unechoed; restores the old mode behind it.
    static func withRawMode<Result>(_ body: () throws -> Result) rethrows -> Result {
        var original = termios()
        guard tcgetattr(0, &original) == 0 else { return try body() }
        var raw = original
        raw.c_iflag &= ~tcflag_t(ICRNL | IXON)
        raw.c_lflag &= ~tcflag_t(ECHO | ICANON | IEXTEN | ISIG)
        tcsetattr(0, TCSADRAIN, &raw)
        defer { tcsetattr(0, TCSADRAIN, &original) }
        return try body()
    }

    /// One byte from standard input; nil at its end.
    static func readByte() -> UInt8? {
        var byte: UInt8 = 0
        while true {
            let count = read(0, &byte, 1)
            if count == 1 { return byte }
            if count < 0 && errno == EINTR { continue }
            return nil
        }
    }
}

/// A key, or a group of keys that means one thing.
enum Key: Equatable {
    case text(String)
    case enter, backspace, delete, left, right, up, down, home, end, wordLeft, wordRight
    case killToEnd, killToStart, killWord, clearScreen, interrupt, endOfInput, tab, unknown

    /// The key that the next bytes from `byte` stand for; nil at the end of input.
    static func next(from byte: () -> UInt8?) -> Key? {
        guard let first = byte() else { return nil }
        switch first {
        case 0x01: return .home
        case 0x02: return .left
        case 0x03: return .interrupt
        case 0x04: return .endOfInput
        case 0x05: return .end
        case 0x06: return .right
        case 0x08, 0x7F: return .backspace
        case 0x09: return .tab
        case 0x0A, 0x0D: return .enter
        case 0x0B: return .killToEnd
        case 0x0C: return .clearScreen
        case 0x0E: return .down
        case 0x10: return .up
        case 0x15: return .killToStart
        case 0x17: return .killWord
        case 0x1B: return escape(byte)
        case 0..<0x20: return .unknown
        default: return character(first, byte)
        }
    }

    private static func character(_ first: UInt8, _ byte: () -> UInt8?) -> Key? {
        let length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
        var bytes = [first]
        while bytes.count < length {
            guard let next = byte() else { return nil }
            bytes.append(next)
        }
        return .text(String(decoding: bytes, as: UTF8.self))
    }

    /// Sequences that start with escape: arrows, home, end and delete as xterm sends them.
    private static func escape(_ byte: () -> UInt8?) -> Key? {
        guard let introducer = byte() else { return nil }
        switch introducer {
        case UInt8(ascii: "b"): return .wordLeft
        case UInt8(ascii: "f"): return .wordRight
        case UInt8(ascii: "["), UInt8(ascii: "O"): break
        default: return .unknown
        }
        var parameters = ""
        while let next = byte() {
            if next >= 0x40 { return sequence(parameters, next) }
            parameters.unicodeScalars.append(UnicodeScalar(next))
        }
        return nil
    }

    private static func sequence(_ parameters: String, _ final: UInt8) -> Key {
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
            default: return .unknown
            }
        default: return .unknown
        }
    }
}
