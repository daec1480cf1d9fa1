// Parser+Postfix: property look-up, subscripts, slices and label tests behind an atom.

import NenCore

extension Parser {
    /// An atom and what follows it directly. Labels end it; SET and REMOVE, where `n:A` is an
    /// item of its own, leave them.
    mutating func parsePostfix(allowsLabels: Bool = true) throws(NQLError) -> Expression {
        let first = position
        var base = try parseAtom()
        while true {
            switch token.kind {
            case .dot:
                try requireValue(base)
                advance()
                let key = try parseSymbol("a property key")
                base = try make(.property(base, key: key), base.span.union(key.span))
            case .leftBracket:
                try requireValue(base)
                base = try parseSubscript(base)
            case .leftBrace:
                // A variable is the only base of a map projection.
                guard case .variable = base.kind, position == first + 1 else { return base }
                base = try parseMapProjection(base)
            case .colon:
                guard allowsLabels, canHaveLabels(base) else { return base }
                advance()
                let labels = try parseLabelExpression(isRelationship: false)
                return try make(
                    .hasLabels(base, labels), SourceSpan(start: base.span.start, end: end))
            default: return base
            }
        }
    }

    /// Whether a `:` behind the expression may test labels: literals have none.
    private func canHaveLabels(_ base: Expression) -> Bool {
        switch base.kind {
        case .literal, .list, .map, .patternPredicate: false
        default: true
        }
    }

    /// `base[index]`, `base[from..to]`
    private mutating func parseSubscript(_ base: Expression) throws(NQLError) -> Expression {
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
        let span = SourceSpan(start: base.span.start, end: end)
        if !isSlice, let from { return try make(.subscripted(base, from), span) }
        return try make(.slice(base, from: from, to: to), span)
    }

    /// `base {.key, key: value, .*, variable}`
    private mutating func parseMapProjection(_ base: Expression) throws(NQLError) -> Expression {
        let outerBar = barEndsExpression
        barEndsExpression = false
        advance()
        var items: [MapProjectionItem] = []
        while !at(.rightBrace) {
            if !items.isEmpty { try expect(.comma, "`,` or `}`") }
            items.append(try parseMapProjectionItem())
        }
        advance()
        barEndsExpression = outerBar
        let span = SourceSpan(start: base.span.start, end: end)
        return try make(.mapProjection(base, items), span)
    }

    private mutating func parseMapProjectionItem() throws(NQLError) -> MapProjectionItem {
        if at(.dot) {
            let start = start
            advance()
            if skip(.star) { return .all(span(from: start)) }
            return .property(try parseSymbol("a property key or `*`"))
        }
        guard token.isName else {
            throw unexpected("`.key`, `.*`, `key: value` or a variable")
        }
        if peek(1).kind == .colon {
            return .entry(try parseMapEntry())
        }
        return .variable(try parseVariable())
    }

    /// `key: value`
    mutating func parseMapEntry() throws(NQLError) -> MapEntry {
        let key = try parseSymbol("a key")
        try expect(.colon, "`:`")
        return MapEntry(key: key, value: try parseExpression())
    }
}
