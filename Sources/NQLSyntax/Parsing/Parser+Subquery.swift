// Parser+Subquery: EXISTS, COUNT and COLLECT with a pattern or a whole query in braces.

import NenCore

extension Parser {
    /// Whether the braces behind EXISTS, COUNT or COLLECT hold a query or pattern rather than
    /// the items of a map projection of a variable with that name.
    func isSubqueryAhead() -> Bool {
        let first = peek(2)
        switch first.kind {
        case .dot, .rightBrace: return false
        case .word, .quotedName:
            switch peek(3).kind {
            case .colon, .comma, .rightBrace: return false
            default: return true
            }
        default: return true
        }
    }

    mutating func parseSubquery() throws(SyntaxFailure) -> Expression {
        let start = start
        let kind: SubqueryKind = at(.exists) ? .exists : at(.count) ? .count : .collect
        let outerBar = barEndsExpression
        let outerMap = allowsParameterMap
        barEndsExpression = false
        allowsParameterMap = false
        advance()
        note(.block)
        advance()
        let body: SubqueryBody
        if startsClause() {
            body = .query(try parseQuery(.subquery(kind)))
        } else {
            if kind == .collect { throw unexpected("a query", among: Keyword.clauseStarts) }
            let patterns = try parsePatternList()
            body = .pattern(patterns, predicate: skip(.where) ? try parseCondition() : nil)
        }
        try expectClosingBrace()
        barEndsExpression = outerBar
        allowsParameterMap = outerMap
        return try make(.subquery(kind, body), span(from: start))
    }

    mutating func expectClosingBrace() throws(SyntaxFailure) {
        guard at(.rightBrace) else {
            throw unexpected("`}` or more of the query", among: Keyword.likelyContinuations)
        }
        advance()
    }

    /// Whether the current token begins a clause rather than a named path.
    func startsClause() -> Bool {
        if at(.leftBrace) { return true }
        guard peek(1).kind != .equal else { return false }
        switch token.keyword {
        case .match, .optional, .unwind, .with, .return, .create, .merge, .set, .remove, .delete,
            .detach, .nodetach, .foreach, .call, .load, .finish, .let, .filter, .for, .insert,
            .use, .using, .when, .next:
            return true
        default: return startsPage()
        }
    }

    /// Whether ORDER BY, SKIP, OFFSET or LIMIT begins here as a clause of its own.
    func startsPage() -> Bool {
        switch token.keyword {
        case .order: return peek(1).keyword == .by
        case .skip, .offset, .limit: return peek(1).kind != .equal
        default: return false
        }
    }
}
