// Parser+Trim: `trim([LEADING|TRAILING|BOTH] [character] FROM text)`, GQL's form of `trim`. It is
// the call `trim(text, character, 'LEADING')`; without a character it is `ltrim`, `rtrim` or
// `btrim`.

import NenCore

extension Parser {
    /// Whether the parenthesis behind `trim` holds FROM, in this form alone.
    func isTrimFromAhead() -> Bool {
        let open = position + 1
        let close = Int(tokens[open].partner)
        guard close > 0 else { return false }
        var index = open + 1
        while index < close {
            let token = tokens[index]
            if token.keyword == .from, index > open + 1, endsOperand(index - 1) {
                return isOperandAhead(index + 1, close)
            }
            if token.kind == .comma { return false }
            index = token.partner > 0 ? Int(token.partner) + 1 : index + 1
        }
        return false
    }

    /// Whether the token at `index` may be the last of an operand, or the side to trim.
    private func endsOperand(_ index: Int) -> Bool {
        switch tokens[index].kind {
        case .word, .quotedName, .stringLiteral, .numberLiteral, .rightParenthesis, .rightBracket,
            .rightBrace:
            true
        default: false
        }
    }

    /// Whether an operand may begin at `index`: what follows the name `from` elsewhere does not.
    private func isOperandAhead(_ index: Int, _ close: Int) -> Bool {
        guard index < close else { return false }
        switch tokens[index].kind {
        case .word, .quotedName, .stringLiteral, .numberLiteral, .dollar, .leftParenthesis: break
        case .leftBracket, .leftBrace: return false
        default: return false
        }
        switch tokens[index].keyword {
        case .and, .or, .xor, .in, .is: return false
        default: return true
        }
    }

    mutating func parseTrim() throws(SyntaxFailure) -> Expression {
        let start = start
        let word = token.span
        let outerBar = barEndsExpression
        barEndsExpression = false
        note(.function)
        advance()
        advance()
        var side = Keyword.both
        if at(.leading) || at(.trailing) || at(.both), !startsTrimmedName() {
            side = token.keyword
            advance()
        }
        var character: Expression?
        if !at(.from) { character = try parseExpression() }
        try expect(.from)
        let text = try parseExpression()
        try expect(.rightParenthesis, "`)`")
        barEndsExpression = outerBar
        let whole = span(from: start)
        guard let character else {
            let name = side == .both ? "btrim" : side == .leading ? "ltrim" : "rtrim"
            return try make(.call(call(name, word, [text])), whole)
        }
        let last = try make(.literal(.string(side.rawValue)), word)
        return try make(.call(call("trim", word, [text, character, last])), whole)
    }

    /// Whether `leading`, `trailing` or `both` is a variable here: `trim(both FROM x)` takes white
    /// space away, `trim(both.a FROM x)` a character.
    private func startsTrimmedName() -> Bool {
        switch peek(1).kind {
        case .dot, .leftBracket, .plus, .doubleBar: true
        default: false
        }
    }

    private func call(
        _ name: String, _ span: SourceSpan, _ arguments: [Expression]
    ) -> FunctionCall {
        FunctionCall(name: Name(name, span), isDistinct: false, arguments: arguments)
    }
}
