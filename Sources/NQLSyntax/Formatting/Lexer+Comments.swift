// Lexer+Comments: the formatter's reading: statement by statement, with the comments between.

import NenCore

extension Lexer {
    /// Goes over one white space character.
    mutating func skipOneSpace() -> Bool {
        guard offset < bytes.count else { return false }
        let byte = bytes[offset]
        if byte >= 0x80 {
            let (scalar, byteCount) = scalarAt(offset)
            guard scalar.properties.isWhitespace || scalar.value == 0x180E else { return false }
            offset += byteCount
            return true
        }
        let isSpace = byte == 0x20 || (0x09...0x0D).contains(byte) || (0x1C...0x1F).contains(byte)
        if isSpace { offset += 1 }
        return isSpace
    }

    /// Goes over a comment; `failure` says if it is not closed.
    mutating func skipComment() -> Bool {
        guard offset < bytes.count, bytes[offset] == UInt8(ascii: "/") else { return false }
        switch peek(1) {
        case UInt8(ascii: "/"): skipLineComment()
        case UInt8(ascii: "*"): skipBlockComment()
        default: return false
        }
        return true
    }

    /// The text of a comment without space behind it.
    func commentText(_ range: Range<Int>) -> String {
        var end = range.upperBound
        while end > range.lowerBound, bytes[end - 1] == 0x20 || bytes[end - 1] == 0x09 { end -= 1 }
        return String(decoding: bytes[range.lowerBound..<end], as: UTF8.self)
    }

    /// Whether a line begins here that is for the shell: `.mode csv`.
    func startsShellCommand() -> Bool {
        guard bytes[offset] == UInt8(ascii: ".") || bytes[offset] == UInt8(ascii: ":"),
            Self.continuesWord(peek(1)), !Self.isDigit(peek(1))
        else { return false }
        var before = offset
        while before > 0, bytes[before - 1] == 0x20 || bytes[before - 1] == 0x09 { before -= 1 }
        return before == 0 || bytes[before - 1] == 0x0A || bytes[before - 1] == 0x0D
    }

    /// Goes to the end of the line.
    mutating func skipLine() {
        while offset < bytes.count, bytes[offset] != 0x0A, bytes[offset] != 0x0D { offset += 1 }
    }

    /// Takes one token.
    mutating func scanOne() { scanToken(bytes[offset]) }

    /// Takes the tokens up to a `;` and over it, or to the end; all others are dropped.
    mutating func scanStatement() {
        forgetTokens()
        while failure == nil {
            skipSpace()
            if failure != nil { return }
            if offset >= bytes.count {
                // Comments behind the last token are read again, as the script's.
                if let last = tokens.last { offset = Int(last.end) }
                break
            }
            scanToken(bytes[offset])
            if tokens[tokens.count - 1].kind == .semicolon { break }
        }
        if failure == nil { append(.endOfInput, byteCount: 0) }
    }

    /// The comments on the rest of the line.
    mutating func commentsBehind() -> [Comment] {
        var comments: [Comment] = []
        while true {
            let before = offset
            while offset < bytes.count, bytes[offset] == 0x20 || bytes[offset] == 0x09 {
                offset += 1
            }
            let start = offset
            guard skipComment(), failure == nil else {
                failure = nil
                offset = before
                return comments
            }
            comments.append(Comment(text: commentText(start..<offset), ownsLine: false))
        }
    }

    /// The comments between two tokens. Those on the line of the first belong to it, the others
    /// stand on lines of their own.
    func comments(in gap: Range<Int>) -> [Comment] {
        var part = self
        part.offset = gap.lowerBound
        var comments: [Comment] = []
        var isOnNewLine = gap.lowerBound == 0
        while part.offset < gap.upperBound {
            let start = part.offset
            if part.skipComment() {
                comments.append(
                    Comment(text: commentText(start..<part.offset), ownsLine: isOnNewLine))
            } else {
                if bytes[start] == 0x0A || bytes[start] == 0x0D { isOnNewLine = true }
                part.offset += 1
            }
        }
        return comments
    }
}
