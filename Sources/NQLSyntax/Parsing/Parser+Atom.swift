// Parser+Atom: the operands of expressions. The words that begin something more than a variable or
// a call are recognised by the token behind them, so all of them stay usable as names.

import NenCore

extension Parser {
    mutating func parseAtom() throws(NQLError) -> Expression {
        switch token.kind {
        case .word: return try parseWordAtom()
        case .quotedName: return try parseVariableOrCall()
        case .numberLiteral:
            let start = start
            let value = try parseNumber(isNegative: false, from: start)
            return try make(.literal(value), span(from: start))
        case .stringLiteral:
            let start = start
            let value = try parseString()
            return try make(.literal(.string(value)), span(from: start))
        case .dollar:
            let start = start
            let name = try parseParameterName()
            return try make(.parameter(name), span(from: start))
        case .leftParenthesis: return try parseParenthesised()
        case .leftBracket: return try parseBracketed()
        case .leftBrace: return try parseMap()
        case .star:
            throw unexpected(
                "an expression", hint: "`*` stands first in RETURN and WITH, and in `count(*)`")
        default: throw unexpected("an expression")
        }
    }

    private mutating func parseWordAtom() throws(NQLError) -> Expression {
        let next = peek(1).kind
        switch token.keyword {
        case .none: return try parseVariableOrCall()
        case .null: return try parseConstant(.null)
        case .true: return try parseConstant(.boolean(true))
        case .false: return try parseConstant(.boolean(false))
        case .case: return try parseCase()
        case .exists, .count, .collect:
            if next == .leftBrace, isSubqueryAhead() { return try parseSubquery() }
            if at(.count), next == .leftParenthesis, peek(2).kind == .star,
                peek(3).kind == .rightParenthesis
            {
                return try parseCountStar()
            }
        case .all, .any, .none_, .single:
            if next == .leftParenthesis, peek(2).isName, peek(3).keyword == .in {
                return try parseQuantifier()
            }
        case .reduce:
            if next == .leftParenthesis, peek(2).isName, peek(3).kind == .equal {
                return try parseReduce()
            }
        case .shortestPath, .allShortestPaths:
            if next == .leftParenthesis, isPatternAhead(position + 2) {
                return try parseShortestPathExpression()
            }
        default: break
        }
        return try parseVariableOrCall()
    }

    private mutating func parseConstant(_ value: Value) throws(NQLError) -> Expression {
        let span = token.span
        advance()
        return try make(.literal(value), span)
    }

    private mutating func parseCountStar() throws(NQLError) -> Expression {
        let start = start
        for _ in 0..<4 { advance() }
        return try make(.countStar, span(from: start))
    }

    // MARK: Variables and calls

    private mutating func parseVariableOrCall() throws(NQLError) -> Expression {
        if isCallAhead() { return try parseCall() }
        guard isVariable(token) else {
            throw unexpected("an expression", among: [])
        }
        let name = takeName()
        return try make(.variable(name.text), name.span)
    }

    /// Whether names joined by dots lead to a `(`. Reserved words call nothing.
    private func isCallAhead() -> Bool {
        guard isVariable(token) else { return false }
        var index = position + 1
        while index + 1 < tokens.count, tokens[index].kind == .dot, tokens[index + 1].isName {
            index += 2
        }
        return tokens[index].kind == .leftParenthesis
    }

    private mutating func parseCall() throws(NQLError) -> Expression {
        let start = start
        let name = try parseQualifiedName("a function name")
        let outerBar = barEndsExpression
        barEndsExpression = false
        advance()
        let isDistinct = skip(.distinct)
        let takesPattern = name.text.utf8.count == 6 && name.text.lowercased() == "exists"
        var arguments: [Expression] = []
        while !at(.rightParenthesis) {
            if !arguments.isEmpty { try expect(.comma, "`,` or `)`") }
            arguments.append(takesPattern ? try parseCondition() : try parseExpression())
        }
        if isDistinct, arguments.isEmpty { throw unexpected("an expression") }
        advance()
        barEndsExpression = outerBar
        let call = FunctionCall(name: name, isDistinct: isDistinct, arguments: arguments)
        return try make(.call(call), span(from: start))
    }

    // MARK: Parentheses, CASE

    private mutating func parseParenthesised() throws(NQLError) -> Expression {
        if isPatternAhead(position) { return try parsePatternPredicate() }
        let start = start
        let outerBar = barEndsExpression
        barEndsExpression = false
        advance()
        var inner = try parseCondition()
        try expect(.rightParenthesis, "`)`")
        barEndsExpression = outerBar
        inner.span = span(from: start)
        return inner
    }

    private mutating func parseCase() throws(NQLError) -> Expression {
        let start = start
        let outerBar = barEndsExpression
        barEndsExpression = false
        advance()
        let operand: Expression? = at(.when) ? nil : try parseExpression()
        var branches: [CaseBranch] = []
        while skip(.when) {
            var conditions = [
                operand == nil ? try parseCondition() : try parseExpression()
            ]
            while operand != nil, skip(.comma) { conditions.append(try parseExpression()) }
            try expect(.then)
            branches.append(CaseBranch(conditions: conditions, result: try parseExpression()))
        }
        if branches.isEmpty { throw unexpected("`WHEN`", among: [.when]) }
        let otherwise: Expression? = skip(.else) ? try parseExpression() : nil
        guard at(.end) else {
            throw unexpected(
                otherwise == nil ? "`WHEN`, `ELSE` or `END`" : "`END`",
                among: [.when, .else, .end])
        }
        advance()
        barEndsExpression = outerBar
        return try make(
            .caseWhen(operand: operand, branches: branches, otherwise: otherwise),
            span(from: start))
    }

    // MARK: Maps

    private mutating func parseMap() throws(NQLError) -> Expression {
        let start = start
        let entries = try parseMapEntries()
        return try make(.map(entries), span(from: start))
    }

    /// `{key: value, …}`
    mutating func parseMapEntries() throws(NQLError) -> [MapEntry] {
        let outerBar = barEndsExpression
        barEndsExpression = false
        try expect(.leftBrace, "`{`")
        var entries: [MapEntry] = []
        while !at(.rightBrace) {
            if !entries.isEmpty { try expect(.comma, "`,` or `}`") }
            entries.append(try parseMapEntry())
        }
        advance()
        barEndsExpression = outerBar
        return entries
    }

    // MARK: Parameters

    /// `$name`, `$0` or a name in backticks, without the dollar.
    mutating func parseParameterName() throws(NQLError) -> String {
        try expect(.dollar, "`$`")
        if token.isName { return takeName().text }
        if at(.numberLiteral) {
            let digits = text(token.span)
            if digits.utf8.allSatisfy(Lexer.isDigit) {
                advance()
                return digits
            }
        }
        throw unexpected("a parameter name or number")
    }
}
