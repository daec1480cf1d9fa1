// StatementLayout+Spacing: between which tokens a space stands. The rule is a space; what follows
// are the places without. What stands next to a bracket within it is not asked here.

import NenCore

extension StatementLayout {
    /// Whether a space stands between two neighbours.
    func isSpaced(_ left: Int, _ right: Int) -> Bool {
        if roles[left].contains(.binary) || roles[right].contains(.binary) { return true }
        if list.tokens[right].kind == .colon, isCommandWord(left) { return true }
        if isTightBefore(right) || isTightBehind(left) { return false }
        let before = list.tokens[left].kind
        switch list.tokens[right].kind {
        case .leftParenthesis: return !opensTightly(behind: left)
        case .leftBracket: return !isOperandEnd(left) && !roles[left].contains(.arrow)
        case .leftBrace: return !roles[right].contains(.quantifier)
        case .dot: return before == .comma
        case .star: return before == .comma || isKeyword(left)
        case .numberLiteral: return before != .star
        case .less, .greater: return false
        case .exclamation, .percent: return isKeyword(left) && list.tokens[left].keyword == .is
        default: return true
        }
    }

    /// Whether nothing stands before this token.
    private func isTightBefore(_ index: Int) -> Bool {
        switch list.tokens[index].kind {
        case .comma, .semicolon, .doubleDot, .colon, .ampersand: true
        case .bar: roles[index].contains(.labelBar)
        case .minus, .less, .greater, .wideDash, .wideLeftHead, .wideRightHead:
            roles[index].contains(.arrow)
        case .plus, .star: roles[index].contains(.quantifier)
        default: false
        }
    }

    /// Whether nothing stands behind this token.
    private func isTightBehind(_ index: Int) -> Bool {
        let roles = roles[index]
        switch list.tokens[index].kind {
        case .dot, .doubleDot, .dollar, .ampersand, .less: return true
        case .exclamation: return !isNotNullMark(index)
        case .colon: return !roles.contains(.entryColon)
        case .bar: return roles.contains(.labelBar)
        case .minus, .plus, .wideDash, .wideLeftHead: return roles.contains(.sign)
        default: return false
        }
    }

    /// Whether the `!` is the one of `INTEGER!`.
    private func isNotNullMark(_ index: Int) -> Bool {
        guard index > 0 else { return false }
        let before = list.tokens[index - 1]
        if before.kind == .greater { return true }
        return isKeyword(index - 1) && before.keyword != .is
    }

    /// Whether a `(` follows without space: calls, nodes behind arrows, nodes side by side.
    private func opensTightly(behind index: Int) -> Bool {
        // Behind a parameter options may begin; `$any(…)` is none.
        if roles[index].contains(.function) { return true }
        if index > 0, list.tokens[index - 1].kind == .dollar { return false }
        if !roles[index].isDisjoint(with: [.name, .arrow, .quantifier]) { return true }
        switch list.tokens[index].kind {
        case .rightParenthesis, .rightBrace: return true
        default: return false
        }
    }

    /// Whether the word is no operand: `COPY :Label`, but `null:Label` and `END:Label`.
    private func isCommandWord(_ index: Int) -> Bool {
        isKeyword(index) && roles[index].isDisjoint(with: [.constant, .caseEnd])
    }

    private func isOperandEnd(_ index: Int) -> Bool {
        switch list.tokens[index].kind {
        case .rightParenthesis, .rightBracket, .rightBrace, .stringLiteral, .numberLiteral,
            .quotedName:
            true
        case .word: !isKeyword(index)
        default: false
        }
    }

    /// Whether the token is a word in its own right.
    private func isKeyword(_ index: Int) -> Bool {
        list.tokens[index].kind == .word && !roles[index].contains(.name)
    }
}
