// Parser+Atom: the operands of expressions. The words that begin something more than a variable or
// a call are recognised by the token behind them, so all of them stay usable as names.

import NenCore

/// What an operand is, as its first tokens tell.
private enum AtomForm {
    /// Needs no recursion: a literal, parameter or variable, or nothing at all.
    case leaf
    case call, parenthesised, pattern, list, listComprehension, patternComprehension, map
    case caseWhen, subquery, quantifier, reduce, allReduce, shortestPath, trim, extraction
}

extension Parser {
    /// An operand. This function and what it calls make up the parser's deepest recursion; they
    /// are kept small because each takes its share of the stack on every level.
    mutating func parseAtom() throws(SyntaxFailure) -> Expression {
        switch atomForm() {
        case .leaf: return try parseLeaf()
        case .call: return try parseCall()
        case .parenthesised: return try parseParenthesised()
        case .pattern: return try parsePatternPredicate()
        case .list: return try parseListLiteral()
        case .listComprehension: return try parseListComprehension()
        case .patternComprehension: return try parsePatternComprehension()
        case .map: return try parseMap()
        case .caseWhen: return try parseCase()
        case .subquery: return try parseSubquery()
        case .quantifier: return try parseQuantifier()
        case .reduce: return try parseReduce(hasPredicate: false)
        case .allReduce: return try parseReduce(hasPredicate: true)
        case .trim: return try parseTrim()
        case .extraction: return try parseExtraction()
        case .shortestPath: return try parseShortestPathExpression()
        }
    }

    private func atomForm() -> AtomForm {
        switch token.kind {
        case .word: return wordForm()
        case .quotedName: return isCallAhead() ? .call : .leaf
        case .leftParenthesis: return isPatternAhead(position) ? .pattern : .parenthesised
        case .leftBracket:
            if isListComprehensionAhead() { return .listComprehension }
            return isPatternComprehensionAhead() ? .patternComprehension : .list
        case .leftBrace: return .map
        default: return .leaf
        }
    }

    private func wordForm() -> AtomForm {
        let next = peek(1).kind
        switch token.keyword {
        case .none: break
        case .case: return .caseWhen
        case .exists, .count, .collect:
            if next == .leftBrace, isSubqueryAhead() { return .subquery }
            if isCountStarAhead() { return .leaf }
        case .all, .any, .none_, .single:
            if next == .leftParenthesis, peek(2).isName, peek(3).keyword == .in {
                return .quantifier
            }
        case .extract, .filter:
            if next == .leftParenthesis, isVariable(peek(2)), peek(3).keyword == .in {
                return .extraction
            }
        case .reduce:
            if next == .leftParenthesis, peek(2).isName, peek(3).kind == .equal { return .reduce }
        case .allReduce:
            if next == .leftParenthesis, peek(2).isName, peek(3).kind == .equal {
                return .allReduce
            }
        case .trim:
            if next == .leftParenthesis, isTrimFromAhead() { return .trim }
        case .shortestPath, .allShortestPaths:
            if next == .leftParenthesis, isPatternAhead(position + 2) { return .shortestPath }
        default: break
        }
        return isCallAhead() ? .call : .leaf
    }

    private func isCountStarAhead() -> Bool {
        at(.count) && peek(1).kind == .leftParenthesis && peek(2).kind == .star
            && peek(3).kind == .rightParenthesis
    }

    /// A literal, parameter or variable.
    private mutating func parseLeaf() throws(SyntaxFailure) -> Expression {
        let start = start
        switch token.kind {
        case .word, .quotedName: return try parseWordLeaf()
        case .numberLiteral:
            let value = try parseNumber(isNegative: false, from: start)
            return try make(.literal(value), span(from: start))
        case .stringLiteral:
            let value = try parseString()
            return try make(.literal(.string(value)), span(from: start))
        case .dollar:
            let name = try parseParameterName()
            return try make(.parameter(name), span(from: start))
        case .star:
            throw unexpected("an expression", hint: starHint())
        default: throw unexpected("an expression")
        }
    }

    private mutating func parseWordLeaf() throws(SyntaxFailure) -> Expression {
        switch token.keyword {
        case .null: return try parseConstant(.null)
        case .true: return try parseConstant(.boolean(true))
        case .false: return try parseConstant(.boolean(false))
        case .count where isCountStarAhead(): return try parseCountStar()
        default: break
        }
        guard isVariable(token) else { throw unexpected("an expression") }
        let name = takeName()
        return try make(.variable(name.text), name.span)
    }

    private mutating func parseConstant(_ value: Value) throws(SyntaxFailure) -> Expression {
        let span = token.span
        note(.constant)
        advance()
        return try make(.literal(value), span)
    }

    private mutating func parseCountStar() throws(SyntaxFailure) -> Expression {
        let start = start
        note(.function)
        for _ in 0..<4 { advance() }
        return try make(.countStar, span(from: start))
    }

    // MARK: Variables and calls

    /// Whether names joined by dots lead to a `(`. Reserved words call nothing.
    private func isCallAhead() -> Bool {
        guard isVariable(token) else { return false }
        var index = position + 1
        while index + 1 < tokens.count, tokens[index].kind == .dot, tokens[index + 1].isName {
            index += 2
        }
        return tokens[index].kind == .leftParenthesis
    }

    private mutating func parseCall() throws(SyntaxFailure) -> Expression {
        let start = start
        let name = try parseQualifiedName("a function name")
        let outerBar = barEndsExpression
        barEndsExpression = false
        advance()
        let isDistinct = skip(.distinct)
        let isAll = !isDistinct && startsSetQuantifierAll()
        if isAll { advance() }
        let arguments = try parseArguments(of: name)
        if isDistinct || isAll, arguments.isEmpty { throw unexpected("an expression") }
        advance()
        barEndsExpression = outerBar
        let call = FunctionCall(name: name, isDistinct: isDistinct, arguments: arguments)
        return try make(.call(call), span(from: start))
    }

    /// Expressions up to the `)`.
    mutating func parseArguments(
        takesPattern: Bool = false
    ) throws(SyntaxFailure) -> [Expression] {
        var arguments: [Expression] = []
        while !at(.rightParenthesis) {
            if !arguments.isEmpty { try expect(.comma, "`,` or `)`") }
            let argument = try parseCondition()
            if !takesPattern { try requireValue(argument) }
            arguments.append(argument)
        }
        return arguments
    }

    /// The arguments of a function. What is rare stands in a function of its own, so that calls
    /// within calls need little of the stack.
    private mutating func parseArguments(of name: Name) throws(SyntaxFailure) -> [Expression] {
        let byteCount = name.text.utf8.count
        let lowercased = byteCount == 6 || byteCount == 9 ? name.text.lowercased() : ""
        if lowercased != "normalize" {
            return try parseArguments(takesPattern: lowercased == "exists")
        }
        try enter()
        let arguments = try parseArgumentsOfNormalize()
        leave()
        return arguments
    }

    /// A normal form behind the comma of `normalize` is a word.
    private mutating func parseArgumentsOfNormalize() throws(SyntaxFailure) -> [Expression] {
        if at(.rightParenthesis) { return [] }
        let first = try parseExpression()
        guard at(.comma), peek(2).kind == .rightParenthesis, let form = normalForm(peek(1))
        else {
            if at(.rightParenthesis) { return [first] }
            try expect(.comma, "`,` or `)`")
            if at(.rightParenthesis) { throw unexpected("an argument") }
            return [first] + (try parseArguments())
        }
        advance()
        let place = token.span
        advance()
        return [first, try make(.literal(.string(form)), place)]
    }

    // MARK: Parentheses, CASE

    private mutating func parseParenthesised() throws(SyntaxFailure) -> Expression {
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

    private mutating func parseCase() throws(SyntaxFailure) -> Expression {
        let start = start
        let outerBar = barEndsExpression
        barEndsExpression = false
        note(.caseStart)
        advance()
        let operand: Expression? = at(.when) ? nil : try parseExpression()
        var branches: [CaseBranch] = []
        while at(.when) {
            note(.softPart)
            advance()
            branches.append(try parseBranch(isSimple: operand != nil))
        }
        if branches.isEmpty { throw unexpected("`WHEN`", among: [.when]) }
        if at(.else) { note(.softPart) }
        let otherwise: Expression? = skip(.else) ? try parseExpression() : nil
        try expectCaseEnd(hasElse: otherwise != nil)
        barEndsExpression = outerBar
        return try make(
            .caseWhen(operand: operand, branches: branches, otherwise: otherwise),
            span(from: start))
    }

    /// What follows WHEN; the simple form has one value or test, or several.
    private mutating func parseBranch(isSimple: Bool) throws(SyntaxFailure) -> CaseBranch {
        var conditions: [Expression] = []
        repeat {
            conditions.append(try isSimple ? parseCaseTest() : parseCondition())
        } while isSimple && skip(.comma)
        try expect(.then)
        return CaseBranch(conditions: conditions, result: try parseExpression())
    }

    private mutating func expectCaseEnd(hasElse: Bool) throws(SyntaxFailure) {
        note(.caseEnd)
        guard skip(.end) else {
            throw unexpected(
                hasElse ? "`END`" : "`WHEN`, `ELSE` or `END`", among: [.when, .else, .end])
        }
    }

    // MARK: Maps

    private mutating func parseMap() throws(SyntaxFailure) -> Expression {
        let start = start
        let entries = try parseMapEntries()
        return try make(.map(entries), span(from: start))
    }

    /// `{key: value, …}`
    mutating func parseMapEntries() throws(SyntaxFailure) -> [MapEntry] {
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
    mutating func parseParameterName() throws(SyntaxFailure) -> String {
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
