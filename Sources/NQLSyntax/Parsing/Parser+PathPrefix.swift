// Parser+PathPrefix: what stands before a pattern: the match mode of the clause, and the selector
// and mode of one path.

import NenCore

extension Parser {
    /// `DIFFERENT RELATIONSHIPS`, `REPEATABLE ELEMENTS`, in the words of GQL too.
    mutating func parseMatchMode() throws(SyntaxFailure) -> MatchMode? {
        guard at(.different) || at(.repeatable), peek(1).kind != .equal else { return nil }
        let isDifferent = at(.different)
        advance()
        let many: [Keyword] = isDifferent ? [.relationships, .edges] : [.elements]
        let one: [Keyword] = isDifferent ? [.relationship, .edge] : [.element]
        if many.contains(token.keyword) {
            advance()
        } else if one.contains(token.keyword) {
            advance()
            _ = skip(.bindings)
        } else {
            throw unexpected(isDifferent ? "`RELATIONSHIPS`" : "`ELEMENTS`", among: many + one)
        }
        return isDifferent ? .differentRelationships : .repeatableElements
    }

    /// `[selector] [mode]`, with the words that mean nothing.
    mutating func parsePathPrefix() throws(
        SyntaxFailure
    ) -> (selector: PathSelector?, mode: PathMode?) {
        switch token.keyword {
        case .walk, .trail, .acyclic, .simple:
            let mode = parsePathMode()
            skipPathWord()
            return (nil, mode)
        case .all, .any, .shortest: return try parseSelector()
        default: return (nil, nil)
        }
    }

    private mutating func parsePathMode() -> PathMode? {
        let mode: PathMode
        switch token.keyword {
        case .walk: mode = .walk
        case .trail: mode = .trail
        case .acyclic: mode = .acyclic
        case .simple: mode = .simple
        default: return nil
        }
        advance()
        return mode
    }

    private mutating func skipPathWord() {
        if at(.path) || at(.paths) { advance() }
    }

    private mutating func parseSelector() throws(
        SyntaxFailure
    ) -> (selector: PathSelector?, mode: PathMode?) {
        if at(.shortest) { return try parseShortest() }
        let isAll = skip(.all)
        if !isAll { advance() }
        let selector: PathSelector
        if skip(.shortest) {
            selector = isAll ? .allShortest : .anyShortest
        } else {
            selector = isAll ? .all : .any(try parsePathCount())
        }
        let mode = parsePathMode()
        skipPathWord()
        return (selector, mode)
    }

    /// `SHORTEST k [mode] [PATHS]`, `SHORTEST [k] [mode] [PATHS] GROUPS`
    private mutating func parseShortest() throws(
        SyntaxFailure
    ) -> (selector: PathSelector?, mode: PathMode?) {
        advance()
        let count = try parsePathCount()
        let mode = parsePathMode()
        skipPathWord()
        if skip(.group) || skip(.groups) { return (.shortestGroups(count), mode) }
        guard let count else {
            throw unexpected("a number of paths or `GROUPS`", among: [.group, .groups])
        }
        return (.shortest(count), mode)
    }

    /// A number or a parameter; nil where neither stands.
    private mutating func parsePathCount() throws(SyntaxFailure) -> Expression? {
        let start = start
        if at(.dollar) {
            let name = try parseParameterName()
            return try make(.parameter(name), span(from: start))
        }
        guard at(.numberLiteral) else { return nil }
        let span = token.span
        let value = try parseNumber(isNegative: false, from: start)
        guard case .integer = value else {
            throw failure("UnexpectedSyntax", "a number of paths is an integer", at: span)
        }
        return try make(.literal(value), span)
    }
}
