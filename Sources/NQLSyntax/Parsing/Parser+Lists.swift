// Parser+Lists: what stands in brackets, and the other constructs that go over a list.

import NenCore

extension Parser {
    /// Whether the bracket here holds `variable IN list …` rather than a list whose first
    /// element tests membership.
    func isListComprehensionAhead() -> Bool {
        guard isVariable(peek(1)), peek(2).keyword == .in else { return false }
        return separatorAhead(position + 3) != .comma
    }

    /// Whether the bracket here holds a pattern, which may have a name, and what to make of it.
    func isPatternComprehensionAhead() -> Bool {
        let isNamed = isVariable(peek(1)) && peek(2).kind == .equal
        let pattern = position + (isNamed ? 3 : 1)
        guard isPatternAhead(pattern) else { return false }
        return separatorAhead(pattern) == .bar
    }

    /// What ends the first expression in a bracket.
    private enum BracketSeparator {
        /// `,`: the bracket is a list.
        case comma
        /// `|` or WHERE: it is a comprehension.
        case bar
        /// Nothing up to the closing bracket.
        case none
    }

    /// Looks from the token at `index` on for the first separator at the level of the bracket
    /// around it. Every token is looked at once per bracket that it stands in directly.
    private func separatorAhead(_ index: Int) -> BracketSeparator {
        var index = index
        var openWhens = 0
        while index < tokens.count {
            let token = tokens[index]
            switch token.kind {
            case .comma where openWhens == 0: return .comma
            case .bar: return .bar
            case .rightBracket, .endOfInput, .invalid: return .none
            case .leftParenthesis, .leftBracket, .leftBrace:
                guard token.partner > 0 else { return .none }
                index = Int(token.partner)
            case .less where opensTypeBrackets(index): index = endOfTypeBrackets(index)
            case .word where !isSymbolAhead(index - 1):
                if token.keyword == .where { return .bar }
                // `WHEN 1, 2 THEN` has commas of its own.
                if token.keyword == .when { openWhens += 1 }
                if token.keyword == .then { openWhens -= 1 }
            default: break
            }
            index += 1
        }
        return .none
    }

    /// Whether the `<` at `index` holds the types of a list or union: `:: LIST<A | B>`.
    private func opensTypeBrackets(_ index: Int) -> Bool {
        guard index >= 2 else { return false }
        var word = index - 1
        if tokens[word].keyword == .value { word -= 1 }
        switch tokens[word].keyword {
        case .list, .array, .any: break
        default: return false
        }
        let before = tokens[max(0, word - 1)]
        return before.kind == .doubleColon || before.keyword == .typed
    }

    /// The `>` that closes the types opened at `index`; `index` where none does.
    private func endOfTypeBrackets(_ index: Int) -> Int {
        var depth = 0
        var next = index
        while next < tokens.count {
            switch tokens[next].kind {
            case .less: depth += 1
            case .greater: depth -= 1
            case .word, .bar, .exclamation: break
            default: return index
            }
            if depth == 0 { return next }
            next += 1
        }
        return index
    }

    /// Whether the token at `index` makes the next word a key, label or parameter.
    private func isSymbolAhead(_ index: Int) -> Bool {
        switch tokens[index].kind {
        case .dot, .colon, .dollar, .ampersand, .exclamation, .bar: true
        default: false
        }
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

    /// `[variable IN list WHERE predicate | projection]`
    mutating func parseListComprehension() throws(SyntaxFailure) -> Expression {
        let start = start
        advance()
        return try parseComprehension(from: start, until: .rightBracket, "`]`")
    }

    /// `extract(variable IN list | projection)` and `filter(variable IN list WHERE predicate)`, the
    /// forms before there were brackets.
    mutating func parseExtraction() throws(SyntaxFailure) -> Expression {
        let start = start
        let name = token.span
        note(.function)
        advance()
        advance()
        let list = try parseComprehension(from: start, until: .rightParenthesis, "`)`")
        deprecated(
            "`\(text(name))(…)` is the older form of a list comprehension.",
            hint: "Write `[x IN list WHERE … | …]`.", at: name)
        return list
    }

    /// A comprehension behind its bracket, and the bracket that closes it.
    private mutating func parseComprehension(
        from start: UInt32, until close: TokenKind, _ shown: String
    ) throws(SyntaxFailure) -> Expression {
        let outerBar = barEndsExpression
        barEndsExpression = true
        let variable = try parseVariable()
        try expect(.in)
        let list = try parseExpression()
        let predicate: Expression? = skip(.where) ? try parseCondition() : nil
        let projection: Expression? = skip(.bar) ? try parseExpression() : nil
        guard at(close) else {
            throw unexpected(
                projection == nil ? "`WHERE`, `|` or \(shown)" : shown, among: [.where])
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
        note(.function)
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

    /// `reduce(accumulator = initial, variable IN list | step)`, and with a predicate behind the
    /// step `allReduce(…)`.
    mutating func parseReduce(hasPredicate: Bool) throws(SyntaxFailure) -> Expression {
        let start = start
        let outerBar = barEndsExpression
        barEndsExpression = true
        note(.function)
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
        var predicate: Expression?
        if hasPredicate {
            try expect(.comma, "`,` and the predicate")
            predicate = try parseCondition()
        }
        try expect(.rightParenthesis, "`)`")
        barEndsExpression = outerBar
        let kind: ExpressionKind
        if let predicate {
            kind = .allReduce(
                AllReduction(
                    accumulator: accumulator, initial: initial, variable: variable, list: list,
                    step: step, predicate: predicate))
        } else {
            kind = .reduce(
                accumulator: accumulator, initial: initial, variable: variable, list: list,
                step: step)
        }
        return try make(kind, span(from: start))
    }
}
