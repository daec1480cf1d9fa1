// Parser+Lists: what stands in brackets, and the other constructs that go over a list.

import NenCore

extension Parser {
    /// Whether the bracket here holds `variable IN list …`.
    func isListComprehensionAhead() -> Bool {
        peek(1).isName && peek(2).keyword == .in && isComprehensionAhead()
    }

    /// Whether the bracket here holds a pattern, which may have a name.
    func isPatternComprehensionAhead() -> Bool {
        if isVariable(peek(1)), peek(2).kind == .equal { return isPatternAhead(position + 3) }
        return isPatternAhead(position + 1)
    }

    mutating func parseListLiteral() throws(SyntaxFailure) -> Expression {
        let start = start
        let outerBar = barEndsExpression
        barEndsExpression = false
        advance()
        var elements: [Expression] = []
        while !at(.rightBracket) {
            if !elements.isEmpty { try expect(.comma, "`,` or `]`") }
            elements.append(try parseExpression())
        }
        advance()
        barEndsExpression = outerBar
        return try make(.list(elements), span(from: start))
    }

    /// Whether `[name IN …` is a comprehension: it is, unless a comma at its own level comes
    /// before `WHERE` and `|`. Every token is looked at once per bracket it stands in directly.
    private func isComprehensionAhead() -> Bool {
        guard isVariable(peek(1)) else { return false }
        var index = position + 3
        var openCases = 0
        while index < tokens.count {
            let token = tokens[index]
            switch token.kind {
            case .comma where openCases == 0: return false
            case .rightBracket, .bar, .endOfInput, .invalid: return true
            case .leftParenthesis, .leftBracket, .leftBrace:
                guard token.partner > 0 else { return true }
                index = Int(token.partner)
            case .word where tokens[index - 1].kind != .dot:
                if token.keyword == .where { return true }
                // `WHEN 1, 2 THEN` has commas of its own.
                if token.keyword == .case { openCases += 1 }
                if token.keyword == .end, openCases > 0 { openCases -= 1 }
            default: break
            }
            index += 1
        }
        return true
    }

    /// `[variable IN list WHERE predicate | projection]`
    mutating func parseListComprehension() throws(SyntaxFailure) -> Expression {
        let start = start
        let outerBar = barEndsExpression
        barEndsExpression = true
        advance()
        let variable = try parseVariable()
        try expect(.in)
        let list = try parseExpression()
        let predicate: Expression? = skip(.where) ? try parseCondition() : nil
        let projection: Expression? = skip(.bar) ? try parseExpression() : nil
        guard at(.rightBracket) else {
            throw unexpected(projection == nil ? "`WHERE`, `|` or `]`" : "`]`", among: [.where])
        }
        advance()
        barEndsExpression = outerBar
        return try make(
            .listComprehension(
                variable: variable, list: list, predicate: predicate, projection: projection),
            span(from: start))
    }

    /// `[path = pattern WHERE predicate | projection]`
    mutating func parsePatternComprehension() throws(SyntaxFailure) -> Expression {
        let start = start
        let outerBar = barEndsExpression
        barEndsExpression = true
        advance()
        var path: Name?
        if !at(.leftParenthesis) {
            path = try parseVariable()
            advance()
        }
        let pattern = try parseRelationshipsPattern()
        let predicate: Expression? = skip(.where) ? try parseCondition() : nil
        try expect(.bar, predicate == nil ? "`WHERE` or `|`" : "`|`")
        let projection = try parseExpression()
        try expect(.rightBracket, "`]`")
        barEndsExpression = outerBar
        return try make(
            .patternComprehension(
                path: path, pattern: pattern, predicate: predicate, projection: projection),
            span(from: start))
    }

    /// `all|any|none|single(variable IN list WHERE predicate)`
    mutating func parseQuantifier() throws(SyntaxFailure) -> Expression {
        let start = start
        let quantifier: Quantifier =
            switch token.keyword {
            case .all: .all
            case .any: .any
            case .single: .single
            default: .none
            }
        let outerBar = barEndsExpression
        barEndsExpression = false
        advance()
        advance()
        let variable = try parseVariable()
        try expect(.in)
        let list = try parseExpression()
        let predicate: Expression? = skip(.where) ? try parseCondition() : nil
        try expect(.rightParenthesis, predicate == nil ? "`WHERE` or `)`" : "`)`")
        barEndsExpression = outerBar
        return try make(
            .quantifier(quantifier, variable: variable, list: list, predicate: predicate),
            span(from: start))
    }

    /// `reduce(accumulator = initial, variable IN list | step)`
    mutating func parseReduce() throws(SyntaxFailure) -> Expression {
        let start = start
        let outerBar = barEndsExpression
        barEndsExpression = true
        advance()
        advance()
        let accumulator = try parseVariable()
        advance()
        let initial = try parseExpression()
        try expect(.comma, "`,`")
        let variable = try parseVariable()
        try expect(.in)
        let list = try parseExpression()
        try expect(.bar, "`|`")
        let step = try parseExpression()
        try expect(.rightParenthesis, "`)`")
        barEndsExpression = outerBar
        return try make(
            .reduce(
                accumulator: accumulator, initial: initial, variable: variable, list: list,
                step: step), span(from: start))
    }
}
