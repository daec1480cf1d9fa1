// Parser+Relationship: arrows, their details, and how long a path they stand for.

import NenCore

extension Parser {
    /// `<-[detail]->` with either head optional, and a quantifier behind it.
    mutating func parseRelationship() throws(SyntaxFailure) -> RelationshipPattern {
        let start = start
        note(.relationship)
        note(.arrow)
        let pointsLeft = skip(.less) || skip(.wideLeftHead)
        try expectDash()
        var relationship = RelationshipPattern(
            variable: nil, types: nil, direction: .both, length: nil, properties: nil,
            predicate: nil, span: token.span)
        if at(.leftBracket) { try parseDetail(&relationship) }
        try expectDash()
        let pointsRight = at(.greater) || at(.wideRightHead)
        if pointsRight {
            note(.arrow)
            advance()
        }
        if pointsLeft != pointsRight { relationship.direction = pointsLeft ? .incoming : .outgoing }
        try parseQuantifier(&relationship)
        relationship.span = span(from: start)
        return relationship
    }

    private mutating func expectDash() throws(SyntaxFailure) {
        guard at(.minus) || at(.wideDash) else { throw unexpected("`-`", hint: dashHint()) }
        note(.arrow)
        advance()
    }

    /// `[variable :types *length {properties} WHERE predicate]`
    private mutating func parseDetail(
        _ relationship: inout RelationshipPattern
    ) throws(SyntaxFailure) {
        let outerBar = barEndsExpression
        barEndsExpression = false
        advance()
        if isVariable(token) { relationship.variable = takeName() }
        if try skipLabelStart() {
            relationship.types = try parseLabelExpression(isRelationship: true)
        }
        if at(.doubleDot) {
            throw failure(
                "InvalidRelationshipPattern", "the length of a path begins with `*`",
                at: token.span, hint: "write `*..`")
        }
        if at(.star) { relationship.length = try parseLength() }
        relationship.properties = try parsePatternProperties()
        if at(.where) {
            if relationship.length != nil {
                throw failure(
                    "UnexpectedSyntax", "WHERE cannot follow a length", at: token.span,
                    hint: "put the length behind the arrow: `-[r WHERE …]->{1,3}`")
            }
            advance()
            relationship.predicate = try parseCondition()
        }
        guard at(.rightBracket) else {
            throw unexpected("`]`", hint: typeHint(relationship))
        }
        advance()
        barEndsExpression = outerBar
    }

    private func typeHint(_ relationship: RelationshipPattern) -> String? {
        guard token.isName, relationship.types == nil, relationship.length == nil else {
            return nil
        }
        return "a type stands behind a colon: `:\(text(token.span))`"
    }

    /// `*`, `*2`, `*1..3`, `*..3`, `*1..`
    private mutating func parseLength() throws(SyntaxFailure) -> PathLength {
        let start = start
        advance()
        var minimum: Int64?
        var maximum: Int64?
        if at(.numberLiteral) { minimum = try parseHops() }
        if skip(.doubleDot) {
            if at(.numberLiteral) { maximum = try parseHops() }
        } else {
            maximum = minimum
        }
        if at(.minus) || at(.plus) {
            throw failure(
                "InvalidRelationshipPattern", "a path's length is not negative",
                at: token.span.union(peek(1).span))
        }
        return PathLength(minimum: minimum, maximum: maximum, span: span(from: start))
    }

    /// A count of relationships.
    mutating func parseHops() throws(SyntaxFailure) -> Int64 {
        let span = token.span
        guard case .integer(let hops) = try parseNumber(isNegative: false, from: start) else {
            throw failure(
                "InvalidRelationshipPattern", "a path's length is an integer", at: span)
        }
        return hops
    }

    /// The quantifier behind an arrow, if there is one.
    private mutating func parseQuantifier(
        _ relationship: inout RelationshipPattern
    ) throws(SyntaxFailure) {
        guard let length = try parseQuantifier() else { return }
        if let first = relationship.length {
            throw failure(
                "InvalidRelationshipPattern", "a relationship has one length, this one has two",
                at: first.span.union(length.span))
        }
        relationship.length = length
    }
}
