// Parser+PatternLookahead: is `(a)-[b]-(c)` a pattern or a subtraction?
//
// A parenthesis begins a pattern if what is in it reads as a node and what follows reads as a
// relationship that ends in a `(`. Brackets are paired by the lexer, so this takes constant time
// whatever is inside them; texts that read both ways are patterns, as in openCypher.

import NenCore

extension Parser {
    /// Whether the token at `index` opens a pattern of one relationship at least.
    func isPatternAhead(_ index: Int) -> Bool {
        guard index < tokens.count, tokens[index].kind == .leftParenthesis else { return false }
        let close = Int(tokens[index].partner)
        guard close > 0, isRelationshipAhead(close + 1) else { return false }
        return isNode(index + 1, close)
    }

    /// Whether a relationship and the `(` of its second node stand from `index` on.
    func isRelationshipAhead(_ index: Int) -> Bool {
        var next = index
        if isKind(next, .less, .wideLeftHead) { next += 1 }
        guard isKind(next, .minus, .wideDash) else { return false }
        next += 1
        var isQuantifiable = false
        if isKind(next, .leftBracket) {
            guard startsDetail(next + 1), tokens[next].partner > 0 else {
                return false
            }
            next = Int(tokens[next].partner) + 1
            isQuantifiable = true
        }
        guard isKind(next, .minus, .wideDash) else { return false }
        next += 1
        if isKind(next, .greater, .wideRightHead) {
            next += 1
            isQuantifiable = true
        }
        if isQuantifiable {
            if isKind(next, .plus, .star) {
                next += 1
            } else if isKind(next, .leftBrace), tokens[next].partner > 0 {
                next = Int(tokens[next].partner) + 1
            }
        }
        return isKind(next, .leftParenthesis)
    }

    private func isKind(_ index: Int, _ kind: TokenKind, _ other: TokenKind? = nil) -> Bool {
        guard index < tokens.count else { return false }
        return tokens[index].kind == kind || tokens[index].kind == other
    }

    /// Whether the tokens from `index` to the closing parenthesis read as the inside of a node:
    /// variable, labels, properties, WHERE, each optional.
    private func isNode(_ index: Int, _ close: Int) -> Bool {
        var next = index
        if isVariable(tokens[next]) { next += 1 }
        if tokens[next].kind == .colon || startsIsLabels(next, isFirst: next == index) {
            next = endOfLabels(next + 1, close)
        }
        if tokens[next].kind == .leftBrace, tokens[next].partner > 0 {
            next = Int(tokens[next].partner) + 1
        } else if tokens[next].kind == .dollar, next > index {
            // A parameter is refused here, with its own error.
            return true
        }
        return next == close || tokens[next].keyword == .where
    }

    /// Whether IS begins labels: `(n IS Label)` is a node, `(n IS NULL)` an expression.
    private func startsIsLabels(_ index: Int, isFirst: Bool) -> Bool {
        guard tokens[index].keyword == .is, index + 1 < tokens.count else { return false }
        return isFirst
            || (!tokens[index + 1].keyword.isPredicateBehindIs
                && tokens[index + 1].kind != .doubleColon)
    }

    /// Where the tokens of a label expression from `index` on end; names are taken only where
    /// an operator or the colon leads to them.
    private func endOfLabels(_ index: Int, _ close: Int) -> Int {
        var next = index
        while next < close {
            let token = tokens[next]
            switch token.kind {
            case .exclamation, .percent, .ampersand, .bar, .colon: next += 1
            case .dollar:
                next += 1
                let isChoice = tokens[next].keyword == .all || tokens[next].keyword == .any
                if isChoice, isKind(next + 1, .leftParenthesis) {
                    next += 1
                } else if tokens[next].isName || tokens[next].kind == .numberLiteral {
                    next += 1
                }
            case .leftParenthesis:
                guard token.partner > 0 else { return next }
                next = Int(token.partner) + 1
            case .word, .quotedName:
                switch tokens[next - 1].kind {
                case .colon, .ampersand, .bar, .exclamation: next += 1
                default:
                    guard next == index else { return next }
                    next += 1
                }
            default: return next
            }
        }
        return next
    }

    /// Whether the tokens from `index` on read as the inside of a relationship.
    private func startsDetail(_ index: Int) -> Bool {
        guard index < tokens.count else { return false }
        if continuesDetail(index, isFirst: true) { return true }
        return isVariable(tokens[index]) && continuesDetail(index + 1, isFirst: false)
    }

    /// Whether the token at `index` may follow the variable of a relationship.
    private func continuesDetail(_ index: Int, isFirst: Bool) -> Bool {
        guard index < tokens.count else { return false }
        switch tokens[index].kind {
        case .colon, .leftBrace, .dollar, .rightBracket, .star, .doubleDot: return true
        default: break
        }
        if tokens[index].keyword == .where { return true }
        return startsIsLabels(index, isFirst: isFirst)
    }
}

extension Keyword {
    /// Whether the word behind IS makes a predicate, so that a label of this name stands in
    /// backticks there.
    var isPredicateBehindIs: Bool {
        switch self {
        case .null, .not, .typed, .normalized: true
        default: false
        }
    }
}
