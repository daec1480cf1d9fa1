// StatementSplitter: cuts a script into statements at `;`, without parsing it.
//
// A state machine over bytes that remembers only whether it is inside a string, a quoted name or a
// comment, so a script may come in any pieces: whole, line by line from a terminal, or in blocks of
// a file. Bytes that belong to a `;` within quotes or comments never end a statement.

import NenCore

/// Cuts text that arrives in pieces into statements.
public struct StatementSplitter: Sendable {
    /// One statement's text.
    public struct Piece: Sendable, Hashable {
        /// From the statement's first token to its last, without the `;`.
        public var text: String
        /// Where the text begins in all that was fed, in bytes from 0.
        public var offset: Int
        /// The line the text begins on, from 1.
        public var line: Int
        /// The text is a line that begins with a dot or colon where a statement could begin.
        public var isCommand = false
    }

    private enum State: Sendable {
        case plain
        /// Behind a `/`, which may begin a comment.
        case slash
        case lineComment
        case blockComment
        /// Behind a `*` in a block comment.
        case blockCommentStar
        /// Within quotes; the byte that ends it.
        case quoted(UInt8)
        /// Behind a backslash within quotes.
        case escaped(UInt8)
        /// In a line that is a command.
        case command
        /// Behind a `#` at the beginning of everything, and in the line that a `!` then begins.
        case hash
        case shebang
    }

    private var state = State.plain
    /// The statement's bytes so far, from its first token on; empty before that.
    private var buffer: [UInt8] = []
    /// How many bytes of the buffer are left when trailing space and comments are cut.
    private var contentCount = 0
    private var pieceOffset = 0
    private var pieceLine = 1
    private var offset = 0
    private var line = 1
    private var wasCarriageReturn = false

    private let readsCommands: Bool

    /// A splitter that has seen nothing.
    ///
    /// - Parameter readsCommands: a line that begins with a dot or colon in place of a statement
    ///   is a piece, and a first line that begins with `#!` is none.
    public init(readsCommands: Bool = false) { self.readsCommands = readsCommands }

    /// Whether what was fed since the last `;` is more than space and comments, so that a
    /// terminal should ask for more.
    public var isInStatement: Bool { contentCount > 0 || isInQuotes || isInComment }

    /// Whether the text so far ends within a string or quoted name.
    public var isInQuotes: Bool {
        switch state {
        case .quoted, .escaped: true
        default: false
        }
    }

    /// Whether the text so far ends within a `/* … */` comment.
    public var isInComment: Bool {
        switch state {
        case .blockComment, .blockCommentStar: true
        default: false
        }
    }

    /// Takes in more text; returns the statements that a `;` in it completed.
    public mutating func feed(_ text: String) -> [Piece] {
        var text = text
        return text.withUTF8 { feed(bytes: $0) }
    }

    /// Takes in more bytes of UTF-8, which may be cut anywhere.
    public mutating func feed(bytes: UnsafeBufferPointer<UInt8>) -> [Piece] {
        var pieces: [Piece] = []
        for byte in bytes {
            if step(byte) { pieces.append(takePiece()) }
            offset += 1
            if byte == 0x0D || (byte == 0x0A && !wasCarriageReturn) { line += 1 }
            wasCarriageReturn = byte == 0x0D
        }
        return pieces
    }

    /// The last statement, if it ended without a `;`; the splitter is then as new, its
    /// counts of bytes and lines aside.
    public mutating func finish() -> Piece? {
        switch state {
        case .slash, .hash: contentCount = buffer.count
        default: break
        }
        let hasContent = isInStatement
        if isInQuotes || isInComment { contentCount = buffer.count }
        state = .plain
        if hasContent { return takePiece() }
        buffer.removeAll()
        return nil
    }

    /// Forgets the unfinished statement, as at a terminal's interrupt.
    public mutating func reset() {
        state = .plain
        buffer.removeAll()
        contentCount = 0
    }

    private mutating func takePiece() -> Piece {
        let text = String(decoding: buffer[..<contentCount], as: UTF8.self)
        let isCommand = readsCommands
            && (buffer.first == UInt8(ascii: ".") || buffer.first == UInt8(ascii: ":"))
        buffer.removeAll(keepingCapacity: true)
        contentCount = 0
        return Piece(text: text, offset: pieceOffset, line: pieceLine, isCommand: isCommand)
    }

    /// Takes one byte; true if it is the `;` that ends a statement with content, or the end of a
    /// command's line.
    private mutating func step(_ byte: UInt8) -> Bool {
        switch state {
        case .plain: return stepPlain(byte)
        case .slash:
            if byte == UInt8(ascii: "/") {
                state = .lineComment
            } else if byte == UInt8(ascii: "*") {
                state = .blockComment
            } else {
                // The slash was an operator.
                contentCount = buffer.count
                state = .plain
                return stepPlain(byte)
            }
            append(byte)
        case .lineComment:
            append(byte)
            if byte == 0x0A || byte == 0x0D { endComment() }
        case .blockComment:
            append(byte)
            if byte == UInt8(ascii: "*") { state = .blockCommentStar }
        case .blockCommentStar:
            append(byte)
            if byte == UInt8(ascii: "/") {
                endComment()
            } else if byte != UInt8(ascii: "*") {
                state = .blockComment
            }
        case .quoted(let quote):
            appendContent(byte)
            if byte == quote {
                state = .plain
            } else if byte == UInt8(ascii: "\\"), quote != UInt8(ascii: "`") {
                state = .escaped(quote)
            }
        case .escaped(let quote):
            appendContent(byte)
            state = .quoted(quote)
        case .command, .hash, .shebang: return stepLine(byte)
        }
        return false
    }

    /// Takes one byte of a line that is no statement; true at the end of a command.
    private mutating func stepLine(_ byte: UInt8) -> Bool {
        let isEnd = byte == 0x0A || byte == 0x0D
        switch state {
        case .command:
            if isEnd {
                state = .plain
                return true
            }
            // What stands behind `:auto` is a statement.
            if byte == 0x20, buffer.elementsEqual(":auto".utf8) {
                buffer.removeAll(keepingCapacity: true)
                contentCount = 0
                state = .plain
                return false
            }
            if byte == 0x20 || byte == 0x09 { append(byte) } else { appendContent(byte) }
        case .hash where byte == UInt8(ascii: "!"):
            buffer.removeAll()
            state = .shebang
        case .hash:
            contentCount = buffer.count
            state = .plain
            return stepPlain(byte)
        default: if isEnd { state = .plain }
        }
        return false
    }

    private mutating func stepPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: ";"):
            if contentCount > 0 { return true }
            buffer.removeAll(keepingCapacity: true)
        case UInt8(ascii: "/"):
            append(byte)
            state = .slash
        case UInt8(ascii: "'"), UInt8(ascii: "\""), UInt8(ascii: "`"):
            appendContent(byte)
            state = .quoted(byte)
        case 0x20, 0x09...0x0D:
            if !buffer.isEmpty { append(byte) }
        case UInt8(ascii: ".") where readsCommands && buffer.isEmpty,
            UInt8(ascii: ":") where readsCommands && buffer.isEmpty:
            appendContent(byte)
            state = .command
        case UInt8(ascii: "#") where readsCommands && offset == 0:
            append(byte)
            state = .hash
        default: appendContent(byte)
        }
        return false
    }

    /// A comment ended; before the first token it is dropped.
    private mutating func endComment() {
        state = .plain
        if contentCount == 0 { buffer.removeAll(keepingCapacity: true) }
    }

    private mutating func append(_ byte: UInt8) {
        if buffer.isEmpty {
            pieceOffset = offset
            pieceLine = line
        }
        buffer.append(byte)
    }

    private mutating func appendContent(_ byte: UInt8) {
        append(byte)
        contentCount = buffer.count
    }
}
