// Parser: recursive descent over the token list, Pratt for expressions. One pass, no backtracking:
// where a text may mean two things, the lexer's bracket pairs give look-ahead in constant time.
//
// The functions are named after the symbols of Grammar/nql.ebnf. Two counters bound every later
// recursion: `nesting` the parser's own calls, `peak` the height of the tree being built.

import NenCore

/// Parses exactly one statement, which may end in a `;`.
///
/// - Throws: a `SyntaxError` with the span of the offending text.
public func parseStatement(_ text: String) throws(NQLError) -> Statement {
    var parser = Parser(Lexer.tokens(of: text))
    do throws(SyntaxFailure) {
        return try parser.parseWholeStatement()
    } catch {
        throw error.error
    }
}

/// Parses exactly one expression, as `parseStatement` does a statement.
public func parseExpression(_ text: String) throws(NQLError) -> Expression {
    var parser = Parser(Lexer.tokens(of: text))
    do throws(SyntaxFailure) {
        let expression = try parser.parseExpression()
        try parser.expectEnd()
        return expression
    } catch {
        throw error.error
    }
}

/// The state of parsing one text.
struct Parser: ~Copyable {
    let bytes: [UInt8]
    let tokens: [Token]
    /// The lexer's error, raised when the parser comes to the `invalid` token.
    let lexerError: NQLError?
    /// Number of the current token.
    var position = 0
    /// The current token, kept beside the list because everything looks at it.
    private(set) var token: Token
    /// Active calls of the recursive functions.
    var nesting = 0
    /// Height of the highest expression made since the innermost `parsePrecedence` began.
    var peak = 0
    /// Whether a `|` ends the expression: in comprehensions, `reduce` and FOREACH.
    var barEndsExpression = false
    /// Whether `(n $map)` is allowed: in CREATE only.
    var allowsParameterMap = false
    /// The error to raise if the procedure call turns out not to stand alone.
    var standaloneOnly: SyntaxFailure?
    /// What is noted for the formatter.
    var notes = SyntaxNotes()
    /// What is noted for those who run the statement.
    var remarks: [SyntaxRemark] = []

    init(_ list: TokenList) {
        bytes = list.bytes
        tokens = list.tokens
        lexerError = list.failure
        token = list.tokens[0]
    }

    // MARK: Cursor

    /// The token `distance` ahead; the last one beyond the end.
    func peek(_ distance: Int) -> Token { tokens[min(position + distance, tokens.count - 1)] }

    mutating func advance() {
        if position < tokens.count - 1 { position += 1 }
        token = tokens[position]
    }

    func at(_ kind: TokenKind) -> Bool { token.kind == kind }

    func at(_ keyword: Keyword) -> Bool { token.keyword == keyword }

    /// Whether the current and the next token are these keywords.
    func at(_ first: Keyword, _ second: Keyword) -> Bool {
        token.keyword == first && peek(1).keyword == second
    }

    /// Goes over the token if it is of this kind.
    mutating func skip(_ kind: TokenKind) -> Bool {
        guard token.kind == kind else { return false }
        advance()
        return true
    }

    /// Goes over the token if it is this keyword.
    mutating func skip(_ keyword: Keyword) -> Bool {
        guard token.keyword == keyword else { return false }
        advance()
        return true
    }

    /// Goes over a token that must be there; `what` names what is expected.
    mutating func expect(_ kind: TokenKind, _ what: String) throws(SyntaxFailure) {
        guard token.kind == kind else { throw unexpected(what) }
        advance()
    }

    mutating func expect(_ keyword: Keyword) throws(SyntaxFailure) {
        guard token.keyword == keyword else {
            throw unexpected("`\(keyword.rawValue)`", among: [keyword])
        }
        advance()
    }

    /// Nothing may follow but one `;`.
    mutating func expectEnd() throws(SyntaxFailure) {
        if skip(.semicolon), !at(.endOfInput) {
            throw unexpected("one statement only, ending here")
        }
        guard at(.endOfInput) else { throw unexpected("the end of the text") }
    }

    // MARK: Spans

    /// Where the current token begins.
    var start: UInt32 { token.start }

    /// Where the token before the current one ends.
    var end: UInt32 { position > 0 ? tokens[position - 1].end : 0 }

    /// From `start` to the end of the last token gone over.
    func span(from start: UInt32) -> SourceSpan { SourceSpan(start: start, end: max(start, end)) }

    /// The text of a span.
    func text(_ span: SourceSpan) -> String {
        String(decoding: bytes[Int(span.start)..<Int(span.end)], as: UTF8.self)
    }

    // MARK: Bounds

    /// Enters a recursive function; every `enter` has its `leave`, except where an error ends all.
    mutating func enter(units: Int = 1) throws(SyntaxFailure) {
        try look()
        nesting += units
        if nesting > SyntaxLimits.nestingMax {
            throw failure(
                "NestingLimitExceeded",
                "the statement nests deeper than the limit of \(SyntaxLimits.nestingMax) units",
                at: token.span, hint: "name the inner part in a WITH clause before")
        }
    }

    mutating func leave(units: Int = 1) { nesting -= units }

    /// Nanoseconds that a piece of the text takes, by and large.
    private static var workUnits: Int { 300 }

    /// Looks now and then whether the statement was interrupted.
    @inline(never)
    private func look() throws(SyntaxFailure) {
        do throws(NQLError) {
            try Interruption.spend(Parser.workUnits)
        } catch {
            throw SyntaxFailure(error)
        }
    }

    /// An expression over all that was made since the innermost `parsePrecedence` began.
    mutating func make(
        _ kind: ExpressionKind, _ span: SourceSpan
    ) throws(SyntaxFailure) -> Expression {
        try grow(1, span)
        return Expression(kind, span)
    }

    /// Adds to the height of what is being built.
    mutating func grow(_ levels: Int, _ span: SourceSpan) throws(SyntaxFailure) {
        try look()
        peak += levels
        if peak > SyntaxLimits.heightMax {
            throw failure(
                "NestingLimitExceeded",
                "the expression is over \(SyntaxLimits.heightMax) operations high", at: span,
                hint: "name a part of it in a WITH clause before")
        }
    }
}
