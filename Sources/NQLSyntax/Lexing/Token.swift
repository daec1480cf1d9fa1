// Token: a piece of the statement's text. Sixteen bytes, no String: the text stays where it is.

import NenCore

/// What a token is. Arrows of patterns are put together by the parser from `<`, `-` and `>`, so
/// that `a<-1` and `(a)<-[r]-(b)` need no context in the lexer.
enum TokenKind: UInt8 {
    case endOfInput
    /// Text that is no token; the lexer holds the error.
    case invalid
    /// A name or keyword without quotes.
    case word
    /// A name in backticks.
    case quotedName
    case stringLiteral
    /// Anything that begins like a number; the parser judges it where a literal may stand.
    case numberLiteral
    case leftParenthesis, rightParenthesis, leftBracket, rightBracket, leftBrace, rightBrace
    case comma, semicolon, colon, doubleColon, dot, doubleDot
    case plus, plusEqual, minus, star, slash, percent, caret
    case equal, regexMatch, less, lessOrEqual, notEqual, greater, greaterOrEqual
    case bar, doubleBar, ampersand, exclamation, dollar
    /// `!=`, which is `<>` in other languages.
    case exclamationEqual
    /// A dash or arrow head of openCypher's patterns that is not ASCII, such as U+2014.
    case wideDash, wideLeftHead, wideRightHead
}

/// A piece of text: its kind and its place.
struct Token {
    /// Byte offsets.
    var start: UInt32
    var end: UInt32
    /// For an opening bracket the number of the token that closes it, 0 if there is none.
    var partner: UInt32 = 0
    var kind: TokenKind
    var keyword: Keyword = .none

    var span: SourceSpan { SourceSpan(start: start, end: end) }

    /// Whether the token can be a name at all.
    var isName: Bool { kind == .word || kind == .quotedName }
}
