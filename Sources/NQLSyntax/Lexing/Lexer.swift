// Lexer: cuts a statement's UTF-8 bytes into tokens in one pass.
//
// Brackets are paired on the way, which gives the parser look-ahead over a bracketed text in
// constant time. The first text that is no token ends the list with an `invalid` token: the error
// is raised only if the parser gets there, so the first mistake in the text is the one reported.

import NenCore

/// The tokens of a text, ending in `endOfInput` or `invalid`.
struct TokenList {
    let bytes: [UInt8]
    let tokens: [Token]
    /// Why the last token is `invalid`.
    let failure: NQLError?
}

/// Cuts bytes into tokens.
struct Lexer {
    let bytes: [UInt8]
    var offset = 0
    var tokens: [Token] = []
    var failure: NQLError?
    /// Numbers of the opening brackets that are not closed yet.
    private var openers: [UInt32] = []
    private let keywords = KeywordTable.shared

    init(_ text: String) { self.init(bytes: Array(text.utf8)) }

    init(bytes: [UInt8]) {
        self.bytes = bytes
        tokens.reserveCapacity(bytes.count / 4 + 2)
    }

    /// All tokens of `text`.
    static func tokens(of text: String) -> TokenList {
        var lexer = Lexer(text)
        if lexer.bytes.count > SyntaxLimits.textByteCountMax {
            lexer.fail(
                "UnexpectedSyntax",
                "a statement of \(lexer.bytes.count) bytes is over the limit of "
                    + "\(SyntaxLimits.textByteCountMax) bytes", from: 0, to: 0)
        } else {
            lexer.run()
        }
        return TokenList(bytes: lexer.bytes, tokens: lexer.tokens, failure: lexer.failure)
    }

    private mutating func run() {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { offset = 3 }
        while failure == nil {
            skipSpace()
            if failure != nil { return }
            if offset >= bytes.count { break }
            let start = offset
            scanToken(bytes[offset])
            do throws(NQLError) {
                try Interruption.spend(Lexer.workUnits &+ (offset &- start))
            } catch {
                return interrupt(error)
            }
        }
        if failure == nil { append(.endOfInput, byteCount: 0) }
    }

    /// Nanoseconds that a short token takes, by and large.
    private static var workUnits: Int { 20 }

    /// Ends the list because the statement was interrupted.
    private mutating func interrupt(_ error: NQLError) {
        append(.invalid, byteCount: 0)
        failure = error
    }

    /// The byte `distance` behind the current one, 0 beyond the end.
    @inline(__always)
    func peek(_ distance: Int) -> UInt8 {
        let index = offset &+ distance
        return index < bytes.count ? bytes[index] : 0
    }

    @inline(__always)
    mutating func append(_ kind: TokenKind, byteCount: Int) {
        let start = UInt32(truncatingIfNeeded: offset)
        offset &+= byteCount
        tokens.append(
            Token(start: start, end: UInt32(truncatingIfNeeded: offset), kind: kind))
    }

    /// Ends the list with an `invalid` token over `start..<end`.
    mutating func fail(
        _ detail: String, _ message: String, from start: Int, to end: Int, hint: String? = nil
    ) {
        let span = SourceSpan(
            start: UInt32(truncatingIfNeeded: start), end: UInt32(truncatingIfNeeded: end))
        tokens.append(Token(start: span.start, end: span.end, kind: .invalid))
        failure = .syntax(detail, message, at: span, hint: hint)
    }

    mutating func scanToken(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "_"):
            scanWord()
        case UInt8(ascii: "0")...UInt8(ascii: "9"): scanNumber()
        case UInt8(ascii: "'"), UInt8(ascii: "\""): scanString(byte)
        case UInt8(ascii: "`"): scanQuotedName()
        case UInt8(ascii: "("): open(.leftParenthesis)
        case UInt8(ascii: "["): open(.leftBracket)
        case UInt8(ascii: "{"): open(.leftBrace)
        case UInt8(ascii: ")"): close(.rightParenthesis, opener: .leftParenthesis)
        case UInt8(ascii: "]"): close(.rightBracket, opener: .leftBracket)
        case UInt8(ascii: "}"): close(.rightBrace, opener: .leftBrace)
        case 0x80...0xFF: scanWideScalar()
        default: scanOperator(byte)
        }
    }

    private mutating func scanOperator(_ byte: UInt8) {
        let next = peek(1)
        let equal = UInt8(ascii: "=")
        switch byte {
        case UInt8(ascii: ","): append(.comma, byteCount: 1)
        case UInt8(ascii: ";"): append(.semicolon, byteCount: 1)
        case UInt8(ascii: ":"):
            next == byte ? append(.doubleColon, byteCount: 2) : append(.colon, byteCount: 1)
        case UInt8(ascii: "."):
            if next == byte {
                append(.doubleDot, byteCount: 2)
            } else if Self.isDigit(next) {
                scanNumber()
            } else {
                append(.dot, byteCount: 1)
            }
        case UInt8(ascii: "+"):
            next == equal ? append(.plusEqual, byteCount: 2) : append(.plus, byteCount: 1)
        case UInt8(ascii: "-"): append(.minus, byteCount: 1)
        case UInt8(ascii: "*"): append(.star, byteCount: 1)
        case UInt8(ascii: "/"): append(.slash, byteCount: 1)
        case UInt8(ascii: "%"): append(.percent, byteCount: 1)
        case UInt8(ascii: "^"): append(.caret, byteCount: 1)
        case UInt8(ascii: "&"): append(.ampersand, byteCount: 1)
        case UInt8(ascii: "$"): append(.dollar, byteCount: 1)
        default: scanComparison(byte, next)
        }
    }

    private mutating func scanComparison(_ byte: UInt8, _ next: UInt8) {
        let equal = UInt8(ascii: "=")
        switch byte {
        case equal:
            if next == UInt8(ascii: "~") {
                append(.regexMatch, byteCount: 2)
            } else {
                append(.equal, byteCount: 1)
            }
        case UInt8(ascii: "<"):
            if next == equal {
                append(.lessOrEqual, byteCount: 2)
            } else if next == UInt8(ascii: ">") {
                append(.notEqual, byteCount: 2)
            } else {
                append(.less, byteCount: 1)
            }
        case UInt8(ascii: ">"):
            next == equal ? append(.greaterOrEqual, byteCount: 2) : append(.greater, byteCount: 1)
        case UInt8(ascii: "|"):
            next == byte ? append(.doubleBar, byteCount: 2) : append(.bar, byteCount: 1)
        case UInt8(ascii: "!"):
            if next == equal {
                append(.exclamationEqual, byteCount: 2)
            } else {
                append(.exclamation, byteCount: 1)
            }
        default:
            let shown = String(decoding: bytes[offset...offset], as: UTF8.self)
            let name = byte < 0x20 || byte == 0x7F ? "a control character" : "`\(shown)`"
            fail(
                "UnexpectedSyntax", "unexpected \(name): no token begins with it",
                from: offset, to: offset + 1, hint: Self.otherSpellings[byte])
        }
    }

    /// How to write what other languages write with a character that has no meaning here.
    private static let otherSpellings: [UInt8: String] = [
        UInt8(ascii: "#"): "a comment begins with `//`",
        UInt8(ascii: "~"): "a regular expression is matched by `=~`",
        UInt8(ascii: "@"): "a parameter begins with `$`",
        UInt8(ascii: "?"): "a parameter begins with `$`",
        UInt8(ascii: "\\"): "a backslash belongs in string literals",
    ]

    private mutating func open(_ kind: TokenKind) {
        openers.append(UInt32(truncatingIfNeeded: tokens.count))
        append(kind, byteCount: 1)
    }

    private mutating func close(_ kind: TokenKind, opener: TokenKind) {
        if let last = openers.last, tokens[Int(last)].kind == opener {
            tokens[Int(last)].partner = UInt32(truncatingIfNeeded: tokens.count)
            openers.removeLast()
        }
        append(kind, byteCount: 1)
    }

    /// Begins a new list of tokens.
    mutating func forgetTokens() {
        tokens.removeAll()
        openers.removeAll()
    }

    static func isDigit(_ byte: UInt8) -> Bool {
        byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
    }

    /// Whether an ASCII byte continues a word.
    @inline(__always)
    static func continuesWord(_ byte: UInt8) -> Bool {
        let folded = byte | 0x20
        return (folded >= 0x61 && folded <= 0x7A) || isDigit(byte) || byte == UInt8(ascii: "_")
    }

    /// A word from the current byte on, whose first scalar is known to start one.
    mutating func scanWord() {
        let start = offset
        var hash: UInt32 = KeywordTable.hashSeed
        var end = offset
        while true {
            while end < bytes.count, Self.continuesWord(bytes[end]) {
                hash = KeywordTable.hash(hash, bytes[end])
                end &+= 1
            }
            guard end < bytes.count, bytes[end] >= 0x80 else { break }
            let (scalar, byteCount) = scalarAt(end)
            guard scalar.properties.isIDContinue else { break }
            hash = 0
            end &+= byteCount
        }
        if end - start > SyntaxLimits.nameByteCountMax {
            failLongName(from: start, to: end)
            return
        }
        let keyword = keywords.keyword(bytes, start, end, hash: hash)
        append(.word, byteCount: end - start)
        tokens[tokens.count - 1].keyword = keyword
    }

    mutating func failLongName(from start: Int, to end: Int) {
        fail(
            "UnexpectedSyntax",
            "a name of \(end - start) bytes is over the limit of "
                + "\(SyntaxLimits.nameByteCountMax) bytes", from: start, to: end)
    }
}
