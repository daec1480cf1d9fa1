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
        guard close > 0, startsDetail(index + 1, isNode: true) else { return false }
        return isRelationshipAhead(close + 1)
    }

    /// Whether a relationship and the `(` of its second node stand from `index` on.
    func isRelationshipAhead(_ index: Int) -> Bool {
        var next = index
        if isKind(next, .less, .wideLeftHead) { next += 1 }
        guard isKind(next, .minus, .wideDash) else { return false }
        next += 1
        var isQuantifiable = false
        if isKind(next, .leftBracket) {
            guard startsDetail(next + 1, isNode: false), tokens[next].partner > 0 else {
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

    /// Whether the tokens from `index` on read as the inside of a node or relationship.
    private func startsDetail(_ index: Int, isNode: Bool) -> Bool {
        guard index < tokens.count else { return false }
        if continuesDetail(index, isNode: isNode) { return true }
        return isVariable(tokens[index]) && continuesDetail(index + 1, isNode: isNode)
    }

    /// Whether the token at `index` may follow the variable of a node or relationship.
    private func continuesDetail(_ index: Int, isNode: Bool) -> Bool {
        guard index < tokens.count else { return false }
        switch tokens[index].kind {
        case .colon, .leftBrace, .dollar: return true
        case .rightParenthesis: return isNode
        case .rightBracket, .star, .doubleDot: return !isNode
        default: break
        }
        if tokens[index].keyword == .where { return true }
        // `(n IS Label)` is a node, `(n IS NULL)` an expression.
        guard tokens[index].keyword == .is, index + 1 < tokens.count else { return false }
        switch tokens[index + 1].keyword {
        case .null, .not, .typed, .normalized: return false
        default: return tokens[index + 1].kind != .doubleColon
        }
    }
}
