// Parser+Lists: what stands in brackets, and the other constructs that go over a list.

import NenCore

extension Parser {
    /// A list literal, list comprehension or pattern comprehension.
    mutating func parseBracketed() throws(NQLError) -> Expression {
        let next = peek(1)
        if next.isName {
            if peek(2).keyword == .in, isComprehensionAhead() {
                return try parseListComprehension()
            }
            if peek(2).kind == .equal, peek(3).kind == .leftParenthesis,
                isPatternAhead(position + 3)
            {
                return try parsePatternComprehension()
            }
        } else if next.kind == .leftParenthesis, isPatternAhead(position + 1) {
            return try parsePatternComprehension()
        }
        return try parseListLiteral()
    }

    private mutating func parseListLiteral() throws(NQLError) -> Expression {
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
        while index < tokens.count {
            let token = tokens[index]
            switch token.kind {
            case .comma: return false
            case .rightBracket, .bar, .endOfInput, .invalid: return true
            case .leftParenthesis, .leftBracket, .leftBrace:
                guard token.partner > 0 else { return true }
                index = Int(token.partner)
            default:
                if token.keyword == .where { return true }
            }
            index += 1
        }
        return true
    }

    /// `[variable IN list WHERE predicate | projection]`
    private mutating func parseListComprehension() throws(NQLError) -> Expression {
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
    private mutating func parsePatternComprehension() throws(NQLError) -> Expression {
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
    mutating func parseQuantifier() throws(NQLError) -> Expression {
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
    mutating func parseReduce() throws(NQLError) -> Expression {
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
