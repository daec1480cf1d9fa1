// Parser+QuantifiedPath: paths of clauses, which may hold paths in parentheses: quantified ones
// between and beside nodes, `(a) ((x)-->(y))+ (b)`, or a whole path with a WHERE of its own.
//
// In the tree a quantified path stands where a relationship does, so that nodes and relationships
// always take turns; where no node was written beside it there is an implicit one.

import NenCore

extension Parser {
    /// The path of a pattern in a clause.
    mutating func parsePathElement() throws(SyntaxFailure) -> PathPattern {
        try enter()
        let start = start
        var chain: PathPattern
        /// The last piece is a quantified path that no node ends yet.
        var isOpen = false
        if isParenthesisedPath() {
            var group = try parseParenthesisedPath()
            if let quantified = try parseQuantified(group) {
                chain = PathPattern(
                    variable: nil, selector: nil, nodes: [.implicit, .implicit],
                    relationships: [quantified], span: .none)
                isOpen = true
            } else {
                try forbidContinuation()
                group.span = span(from: start)
                leave()
                return group
            }
        } else {
            let node = try parseNode()
            chain = PathPattern(
                variable: nil, selector: nil, nodes: [node], relationships: [], span: .none)
        }
        while try parsePiece(&chain, &isOpen) {}
        leave()
        chain.span = span(from: start)
        return chain
    }

    /// The next node, relationship with node, or quantified path; false at the end of the path.
    private mutating func parsePiece(
        _ chain: inout PathPattern, _ isOpen: inout Bool
    ) throws(SyntaxFailure) -> Bool {
        if startsRelationship() {
            if isOpen { throw lonelyRelationship(token.span) }
            let relationship = try parseRelationship()
            if isParenthesisedPath() { throw lonelyRelationship(relationship.span) }
            let node = try parseNode()
            chain.relationships.append(relationship)
            chain.nodes.append(node)
            return true
        }
        guard at(.leftParenthesis) else { return false }
        let place = token.span
        if isParenthesisedPath() {
            note(.relationship)
            let group = try parseParenthesisedPath()
            guard let quantified = try parseQuantified(group) else {
                throw failure(
                    "UnexpectedSyntax",
                    "a path in parentheses can stand beside other pieces only with a quantifier",
                    at: group.span, hint: "leave out the parentheses, or write `{1}` behind them")
            }
            chain.relationships.append(quantified)
            chain.nodes.append(.implicit)
            isOpen = true
            return true
        }
        let node = try parseNode()
        guard isOpen else {
            throw failure(
                "UnexpectedSyntax", "two nodes stand side by side",
                at: place.union(node.span), hint: "write `,` or a relationship between them")
        }
        chain.nodes[chain.nodes.count - 1] = node
        isOpen = false
        return true
    }

    private func lonelyRelationship(_ span: SourceSpan) -> SyntaxFailure {
        failure(
            "UnexpectedSyntax", "a relationship needs a node on both sides", at: span,
            hint: "write `()` between it and the path in parentheses")
    }

    private func startsRelationship() -> Bool {
        switch token.kind {
        case .minus, .wideDash, .less, .wideLeftHead: true
        default: false
        }
    }

    /// Whether a `(` is here that holds a path rather than the inside of a node.
    private func isParenthesisedPath() -> Bool {
        guard at(.leftParenthesis) else { return false }
        let next = peek(1)
        return next.kind == .leftParenthesis || (next.isName && peek(2).kind == .equal)
    }

    /// `([variable =] element [WHERE predicate])`
    private mutating func parseParenthesisedPath() throws(SyntaxFailure) -> PathPattern {
        let start = start
        try enter(units: 2)
        let outerBar = barEndsExpression
        barEndsExpression = false
        advance()
        var name: Name?
        if token.isName, peek(1).kind == .equal {
            name = try parseVariable()
            advance()
        }
        var pattern = try parsePathElement()
        if let name {
            if pattern.subpath != nil {
                throw failure(
                    "UnexpectedSyntax", "a path has one name within its parentheses",
                    at: name.span)
            }
            pattern.subpath = name
        }
        if skip(.where) { pattern.predicates.append(try parseCondition()) }
        try expect(.rightParenthesis, "`)`")
        barEndsExpression = outerBar
        leave(units: 2)
        pattern.span = span(from: start)
        return pattern
    }

    /// The path in parentheses with the quantifier behind it; nil when there is none.
    private mutating func parseQuantified(
        _ group: PathPattern
    ) throws(SyntaxFailure) -> RelationshipPattern? {
        guard let length = try parseQuantifier() else { return nil }
        if let name = group.subpath {
            throw failure(
                "UnexpectedSyntax", "a path that is quantified has no name",
                at: name.span, hint: "name the whole pattern: `p = …`")
        }
        let body = QuantifiedBody(
            nodes: group.nodes, relationships: group.relationships,
            predicates: group.predicates)
        return RelationshipPattern(
            variable: nil, types: nil, direction: .both, length: length, properties: nil,
            predicate: nil, body: body, span: group.span.union(length.span))
    }

    private func forbidContinuation() throws(SyntaxFailure) {
        guard startsRelationship() || at(.leftParenthesis) else { return }
        throw failure(
            "UnexpectedSyntax",
            "a path in parentheses can stand beside other pieces only with a quantifier",
            at: token.span, hint: "leave out the parentheses, or write `{1}` behind them")
    }

    /// `+`, `*`, `{2}`, `{1,3}`, `{,3}`, `{1,}` or `{,}`; nil where none stands.
    mutating func parseQuantifier() throws(SyntaxFailure) -> PathLength? {
        let start = start
        var minimum: Int64 = 0
        var maximum: Int64?
        if at(.plus) || at(.star) || at(.leftBrace) { note(.quantifier) }
        switch token.kind {
        case .plus:
            advance()
            minimum = 1
        case .star: advance()
        case .leftBrace:
            advance()
            let hasMinimum = at(.numberLiteral)
            if hasMinimum { minimum = try parseHops() }
            if skip(.comma) {
                if at(.numberLiteral) { maximum = try parseHops() }
            } else if hasMinimum {
                maximum = minimum
            } else {
                throw unexpected("a number or `,`")
            }
            try expect(.rightBrace, "`}`")
        default: return nil
        }
        return PathLength(
            minimum: minimum, maximum: maximum, isQuantifier: true, span: span(from: start))
    }
}
