// Parser+Postfix: property look-up, subscripts, slices and label tests behind an atom.

import NenCore

extension Parser {
    /// An atom and what follows it directly. Labels end it; SET and REMOVE, where `n:A` is an
    /// item of its own, leave them.
    mutating func parsePostfix(allowsLabels: Bool = true) throws(SyntaxFailure) -> Expression {
        let first = position
        let atom = try parseAtom()
        switch token.kind {
        case .leftBrace where atom.kind.takesProjection(position == first + 1):
            return try parseProjection(atom, allowsLabels: allowsLabels)
        case .dot, .leftBracket, .leftBrace, .colon:
            return try extend(atom, isName: position == first + 1, allowsLabels: allowsLabels)
        default: return atom
        }
    }

    /// A projection of an atom and what follows it: apart from `extend`, so that projections nest
    /// without its frame between them.
    private mutating func parseProjection(
        _ atom: Expression, allowsLabels: Bool
    ) throws(SyntaxFailure) -> Expression {
        try requireValue(atom)
        let projection = try parseMapProjection(atom)
        guard at(.dot) || at(.leftBracket) || at(.leftBrace) || at(.colon) else {
            return projection
        }
        return try extend(projection, isName: false, allowsLabels: allowsLabels)
    }

    /// An atom and what follows it, where that looks like a postfix.
    private mutating func extend(
        _ atom: Expression, isName: Bool, allowsLabels: Bool
    ) throws(SyntaxFailure) -> Expression {
        var base = atom
        var length = 0
        while at(.dot) || at(.leftBracket)
            || (at(.leftBrace) && base.kind.takesProjection(isName))
        {
            try requireValue(base)
            length += 1
            if at(.leftBrace) {
                base = try parseMapProjection(base)
            } else if length > SyntaxLimits.chainStart {
                base = try parseLongAccess(base)
            } else {
                base = at(.dot) ? try parsePropertyLookup(base) : try parseSubscript(base)
            }
        }
        if allowsLabels, at(.colon) {
            try requireValue(base)
            return try parseLabelTest(base)
        }
        return base
    }

    private mutating func parsePropertyLookup(
        _ base: Expression
    ) throws(SyntaxFailure) -> Expression {
        advance()
        let key = try parseSymbol("a property key")
        return try make(.property(base, key: key), base.span.union(key.span))
    }

    /// The properties and elements that follow, as links of one flat node.
    private mutating func parseLongAccess(
        _ first: Expression
    ) throws(SyntaxFailure) -> Expression {
        var links: [ChainLink] = []
        while at(.dot) || at(.leftBracket) {
            if skip(.dot) {
                links.append(.property(try parseSymbol("a property key")))
            } else {
                let brackets = try parseBrackets()
                guard !brackets.isSlice, let index = brackets.from else {
                    // A slice is a node of its own, over the links so far.
                    let base = links.isEmpty ? first : Expression(.chain(first, links), first.span)
                    let span = SourceSpan(start: first.span.start, end: end)
                    return try make(.slice(base, from: brackets.from, to: brackets.to), span)
                }
                links.append(.element(index))
            }
            try checkChain(links.count, token.span)
        }
        return try make(.chain(first, links), SourceSpan(start: first.span.start, end: end))
    }

    private mutating func parseLabelTest(_ base: Expression) throws(SyntaxFailure) -> Expression {
        advance()
        let labels = try parseLabelExpression(isRelationship: false)
        return try make(.hasLabels(base, labels), SourceSpan(start: base.span.start, end: end))
    }

    /// `base[index]`, `base[from..to]`
    private mutating func parseSubscript(_ base: Expression) throws(SyntaxFailure) -> Expression {
        let (from, to, isSlice) = try parseBrackets()
        let span = SourceSpan(start: base.span.start, end: end)
        if !isSlice, let from { return try make(.subscripted(base, from), span) }
        return try make(.slice(base, from: from, to: to), span)
    }

    /// `[index]`, where `from` is the index, or `[from..to]`.
    private mutating func parseBrackets()
        throws(SyntaxFailure) -> (from: Expression?, to: Expression?, isSlice: Bool)
    {
        let outerBar = barEndsExpression
        barEndsExpression = false
        advance()
        var from: Expression?
        var to: Expression?
        var isSlice = false
        if !at(.doubleDot) { from = try parseExpression() }
        if skip(.doubleDot) {
            isSlice = true
            if !at(.rightBracket) { to = try parseExpression() }
        }
        try expect(.rightBracket, isSlice ? "`]`" : "`]` or `..`")
        barEndsExpression = outerBar
        return (from, to, isSlice)
    }

    /// `base {.key, key: value, .*, variable}`
    private mutating func parseMapProjection(
        _ base: Expression
    ) throws(SyntaxFailure) -> Expression {
        let outerBar = barEndsExpression
        barEndsExpression = false
        advance()
        var items: [MapProjectionItem] = []
        while !at(.rightBrace) {
            if !items.isEmpty { try expect(.comma, "`,` or `}`") }
            if token.isName, peek(1).kind == .colon {
                items.append(.entry(try parseMapEntry()))
            } else {
                items.append(try parseMapProjectionName())
            }
        }
        advance()
        barEndsExpression = outerBar
        let span = SourceSpan(start: base.span.start, end: end)
        return try make(.mapProjection(base, items), span)
    }

    /// An item that is no expression.
    private mutating func parseMapProjectionName() throws(SyntaxFailure) -> MapProjectionItem {
        if at(.dot) {
            let start = start
            advance()
            if skip(.star) { return .all(span(from: start)) }
            return .property(try parseSymbol("a property key or `*`"))
        }
        guard token.isName else {
            throw unexpected("`.key`, `.*`, `key: value` or a variable")
        }
        return .variable(try parseVariable())
    }

    /// `key: value`
    mutating func parseMapEntry() throws(SyntaxFailure) -> MapEntry {
        let key = try parseSymbol("a key")
        note(.entryColon)
        if at(.equal) { throw equalInMap() }
        try expect(.colon, "`:`")
        return MapEntry(key: key, value: try parseExpression())
    }
}

extension ExpressionKind {
    /// Whether a brace behind it projects: behind a variable (not in parentheses, where it could
    /// be a node), a map, a call, or a part of one of them.
    fileprivate func takesProjection(_ isName: Bool) -> Bool {
        switch self {
        case .variable: isName
        case .map, .mapProjection, .property, .subscripted, .slice, .chain, .call, .parameter,
            .caseWhen:
            true
        default: false
        }
    }
}
