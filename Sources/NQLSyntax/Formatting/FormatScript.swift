// FormatScript: a script in canonical form: what `nql fmt` does.
//
// The formatter prints the tokens that are there, not the tree: nothing is lost, and how numbers,
// strings and parentheses were written stays. The parser notes what each token is (`TokenRole`),
// `StatementLayout` says where lines may be broken, `LayoutPrinter` breaks them. What comes out is
// read again and compared before it is handed out.

import NenCore

/// Why a script cannot be formatted: the errors of all its broken statements, in order, their
/// spans in the whole text.
public struct FormatFailure: Error, Sendable {
    public let errors: [NQLError]
}

/// The statements of `script` in canonical form: keywords in capitals, a clause a line, lines of
/// at most `width` characters where possible, comments where they were.
///
/// - Throws: the errors of statements that cannot be read.
public func formatScript(
    _ script: String, width: Int = 100
) throws(FormatFailure) -> String {
    var formatter = ScriptFormatter(script, width: width)
    let formatted = try formatter.run()
    if let difference = ScriptFormatter.difference(script, formatted) {
        throw FormatFailure(errors: [difference])
    }
    return formatted
}

/// Formats a script statement by statement.
struct ScriptFormatter {
    private let width: Int
    private var lexer: Lexer
    private var output = ""
    private var errors: [NQLError] = []

    init(_ script: String, width: Int) {
        self.width = width
        lexer = Lexer(script)
    }

    mutating func run() throws(FormatFailure) -> String {
        if lexer.bytes.count > SyntaxLimits.textByteCountMax {
            let message = "a script of \(lexer.bytes.count) bytes is over the limit of "
                + "\(SyntaxLimits.textByteCountMax) bytes"
            throw FormatFailure(errors: [.syntax("UnexpectedSyntax", message, at: .none)])
        }
        if lexer.bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
            lexer.offset = 3
            output = "\u{FEFF}"
        }
        while step() {}
        if !errors.isEmpty { throw FormatFailure(errors: errors) }
        return output
    }

    /// Takes the next comment, shell command or statement; false at the end.
    private mutating func step() -> Bool {
        let gapStart = lexer.offset
        skipWhiteSpace()
        let hasBlank = Self.hasBlankLine(lexer.bytes[gapStart..<lexer.offset])
        guard lexer.offset < lexer.bytes.count else { return false }
        let start = lexer.offset
        if lexer.skipComment() {
            if lexer.failure != nil { return fail() }
            append(lexer.commentText(start..<lexer.offset), hasBlank)
            return true
        }
        if lexer.startsShellCommand() {
            lexer.skipLine()
            append(lexer.commentText(start..<lexer.offset), hasBlank)
            return true
        }
        lexer.scanStatement()
        if lexer.failure != nil { return fail() }
        // A `;` alone is no statement.
        if lexer.tokens[0].kind == .semicolon { return true }
        let list = TokenList(bytes: lexer.bytes, tokens: lexer.tokens, failure: nil)
        let behind = lexer.commentsBehind()
        var parser = Parser(list)
        parser.notes.roles = Array(repeating: [], count: list.tokens.count)
        do throws(SyntaxFailure) {
            _ = try parser.parseWholeStatement()
            let layout = StatementLayout(list, parser.notes, commentsBehind: behind)
            append(LayoutPrinter.text(layout.statement(), width: width), hasBlank)
        } catch {
            errors.append(error.error)
        }
        return true
    }

    private mutating func fail() -> Bool {
        if let failure = lexer.failure { errors.append(failure) }
        return false
    }

    private mutating func append(_ text: String, _ hasBlank: Bool) {
        let isFirst = output.isEmpty || output == "\u{FEFF}"
        if hasBlank && !isFirst { output += "\n" }
        output += text + "\n"
    }

    private mutating func skipWhiteSpace() {
        while lexer.skipOneSpace() {}
    }

    /// Whether there is a line with nothing on it.
    private static func hasBlankLine(_ space: ArraySlice<UInt8>) -> Bool {
        var count = 0
        var wasReturn = false
        for byte in space {
            if byte == 0x0D || (byte == 0x0A && !wasReturn) { count += 1 }
            wasReturn = byte == 0x0D
        }
        return count > 1
    }

    /// The error if the tokens or comments of two scripts differ, which would be a mistake of
    /// the formatter's.
    static func difference(_ script: String, _ formatted: String) -> NQLError? {
        let before = Self.pieces(script)
        let after = Self.pieces(formatted)
        if before == after { return nil }
        let index = zip(before, after).prefix { $0 == $1 }.count
        let place = index < before.count ? "`\(before[index])`" : "the end"
        return NQLError(
            .database, phase: .compile,
            "the formatter would have changed the script's meaning at \(place)",
            hint: "please report this; the script is as it was")
    }

    /// Tokens and comments in order, each in one spelling; empty statements left out.
    private static func pieces(_ script: String) -> [String] {
        var lexer = Lexer(script)
        if lexer.bytes.starts(with: [0xEF, 0xBB, 0xBF]) { lexer.offset = 3 }
        var pieces: [String] = []
        var isInStatement = false
        while true {
            while lexer.skipOneSpace() {}
            let start = lexer.offset
            guard start < lexer.bytes.count else { return pieces }
            if lexer.skipComment() {
                pieces.append(lexer.commentText(start..<lexer.offset))
            } else if !isInStatement, lexer.startsShellCommand() {
                lexer.skipLine()
                pieces.append(lexer.commentText(start..<lexer.offset))
            } else {
                lexer.scanOne()
                if lexer.failure != nil { return pieces + ["?"] }
                let token = lexer.tokens[lexer.tokens.count - 1]
                let text = lexer.commentText(Int(token.start)..<Int(token.end))
                let isEnd = token.kind == .semicolon
                if isEnd && !isInStatement { continue }
                isInStatement = !isEnd
                pieces.append(token.keyword == .none ? text : text.uppercased())
            }
        }
    }
}
