// Parser+Pattern: paths and nodes.

import NenCore

extension Parser {
    /// `pattern, pattern, …`
    mutating func parsePatternList() throws(SyntaxFailure) -> [PathPattern] {
        var patterns = [try parsePathPattern()]
        while skip(.comma) { patterns.append(try parsePathPattern()) }
        return patterns
    }

    /// `[variable =] [selector] element`
    mutating func parsePathPattern() throws(SyntaxFailure) -> PathPattern {
        let start = start
        var variable: Name?
        if token.isName, peek(1).kind == .equal {
            variable = try parseVariable()
            advance()
        }
        let selector: PathSelector?
        var pattern: PathPattern
        if at(.shortestPath) || at(.allShortestPaths), peek(1).kind == .leftParenthesis {
            selector = at(.shortestPath) ? .shortestPath : .allShortestPaths
            pattern = try parseShortestPath()
        } else {
            selector = try parseSelector()
            pattern = try parseElement(isClause: true)
        }
        pattern.variable = variable
        pattern.selector = selector
        pattern.span = span(from: start)
        return pattern
    }

    /// `ANY SHORTEST` and `ALL SHORTEST`; the others are known by name only.
    private mutating func parseSelector() throws(SyntaxFailure) -> PathSelector? {
        guard token.kind == .word, peek(1).kind != .equal else { return nil }
        switch token.keyword {
        case .any, .all:
            let start = start
            let selector: PathSelector = at(.any) ? .shortestPath : .allShortestPaths
            guard peek(1).keyword == .shortest else {
                throw unsupported("the path selector `\(text(token.span))`", at: token.span)
            }
            advance()
            advance()
            if at(.path) || at(.paths) { advance() }
            guard at(.leftParenthesis) else {
                throw unsupported("this path selector", at: span(from: start))
            }
            return selector
        case .shortest, .walk, .trail, .acyclic, .simple, .different, .repeatable:
            throw unsupported("`\(token.keyword.rawValue)` in patterns", at: token.span)
        default: return nil
        }
    }

    /// `shortestPath(element)`, `allShortestPaths(element)`
    private mutating func parseShortestPath() throws(SyntaxFailure) -> PathPattern {
        let name = text(token.span)
        note(.function)
        advance()
        advance()
        let pattern = try parseElement(isClause: true)
        try expect(.rightParenthesis, "`)`")
        if pattern.relationships.count != 1 {
            throw failure(
                "UnexpectedSyntax",
                "`\(name)` takes a pattern of one relationship, this one has "
                    + "\(pattern.relationships.count)", at: pattern.span)
        }
        return pattern
    }

    mutating func parseShortestPathExpression() throws(SyntaxFailure) -> Expression {
        let start = start
        let all = at(.allShortestPaths)
        let outerBar = barEndsExpression
        let outerMap = allowsParameterMap
        barEndsExpression = false
        allowsParameterMap = false
        let pattern = try parseShortestPath()
        barEndsExpression = outerBar
        allowsParameterMap = outerMap
        return try make(.shortestPath(pattern, all: all), span(from: start))
    }

    /// A pattern in an expression: is there such a path?
    mutating func parsePatternPredicate() throws(SyntaxFailure) -> Expression {
        let pattern = try parseRelationshipsPattern()
        return try make(.patternPredicate(pattern), pattern.span)
    }

    /// A pattern within an expression, known to have a relationship.
    mutating func parseRelationshipsPattern() throws(SyntaxFailure) -> PathPattern {
        let outerMap = allowsParameterMap
        allowsParameterMap = false
        let pattern = try parseElement(isClause: false)
        allowsParameterMap = outerMap
        return pattern
    }

    /// Nodes and relationships in turn. In a clause a dash behind a node is a relationship; in an
    /// expression it may be a subtraction.
    private mutating func parseElement(isClause: Bool) throws(SyntaxFailure) -> PathPattern {
        if at(.leftParenthesis), isClause, isParenthesisedElement() {
            return try parseParenthesisedElement()
        }
        try enter()
        let start = start
        var nodes = [try parseNode()]
        var relationships: [RelationshipPattern] = []
        while isClause ? startsRelationship() : isRelationshipAhead(position) {
            relationships.append(try parseRelationship())
            nodes.append(try parseNode())
        }
        if isClause, at(.leftParenthesis) {
            throw unsupported("a quantified path pattern", at: token.span)
        }
        leave()
        return PathPattern(
            variable: nil, selector: nil, nodes: nodes, relationships: relationships,
            span: span(from: start))
    }

    private func startsRelationship() -> Bool {
        switch token.kind {
        case .minus, .wideDash: true
        case .less, .wideLeftHead: true
        default: false
        }
    }

    /// Whether the `(` here holds a path rather than the inside of a node.
    private func isParenthesisedElement() -> Bool {
        let next = peek(1)
        return next.kind == .leftParenthesis || (next.isName && peek(2).kind == .equal)
    }

    /// `(element)`, which openCypher allows and which means the element.
    private mutating func parseParenthesisedElement() throws(SyntaxFailure) -> PathPattern {
        let open = token.span
        try enter(units: 2)
        advance()
        if token.isName { throw unsupported("a path variable in parentheses", at: token.span) }
        var pattern = try parseElement(isClause: true)
        if at(.where) { throw unsupported("WHERE in a parenthesised path", at: token.span) }
        try expect(.rightParenthesis, "`)`")
        leave(units: 2)
        switch token.kind {
        case .plus, .star, .leftBrace, .leftParenthesis, .minus, .less:
            throw unsupported("a quantified path pattern", at: open.union(token.span))
        default: break
        }
        pattern.span = span(from: open.start)
        return pattern
    }

    /// `(variable :labels {properties} WHERE predicate)`
    private mutating func parseNode() throws(SyntaxFailure) -> NodePattern {
        let start = start
        guard at(.leftParenthesis) else {
            throw unexpected("a node in parentheses", hint: nodeHint())
        }
        let outerBar = barEndsExpression
        barEndsExpression = false
        advance()
        let variable: Name? = isVariable(token) ? takeName() : nil
        var labels: LabelExpression?
        if try skipLabelStart() { labels = try parseLabelExpression(isRelationship: false) }
        let properties = try parsePatternProperties()
        let predicate: Expression? = skip(.where) ? try parseCondition() : nil
        guard at(.rightParenthesis) else {
            let isBare = variable == nil && labels == nil && properties == nil
            throw unexpected(
                nodeContinuation(variable, labels, properties, predicate),
                hint: isBare && predicate == nil ? reservedHint() : nil)
        }
        advance()
        barEndsExpression = outerBar
        return NodePattern(
            variable: variable, labels: labels, properties: properties, predicate: predicate,
            span: span(from: start))
    }

    /// What to do about a reserved word that was meant as a variable.
    private func reservedHint() -> String? {
        guard token.kind == .word, token.keyword.isReserved else { return nil }
        return "`\(text(token.span))` is a reserved word; as a name it stands in backticks"
    }

    private func nodeHint() -> String? {
        guard token.kind == .word, token.keyword == .none else { return nil }
        return "write `(\(text(token.span)))`"
    }

    private func nodeContinuation(
        _ variable: Name?, _ labels: LabelExpression?, _ properties: PatternProperties?,
        _ predicate: Expression?
    ) -> String {
        if predicate != nil { return "`)`" }
        if properties != nil { return "`WHERE` or `)`" }
        if labels != nil { return "`{`, `WHERE` or `)`" }
        return variable == nil ? "a variable, `:`, `{` or `)`" : "`:`, `{`, `WHERE` or `)`"
    }

    /// `{key: value}`, or `$map` in CREATE.
    mutating func parsePatternProperties() throws(SyntaxFailure) -> PatternProperties? {
        let start = start
        if at(.leftBrace) {
            let entries = try parseMapEntries()
            return .map(entries, span(from: start))
        }
        guard at(.dollar) else { return nil }
        let name = try parseParameterName()
        guard allowsParameterMap else {
            throw failure(
                "InvalidParameterUse",
                "a parameter cannot stand for the properties of a pattern to be matched",
                at: span(from: start), hint: "name the keys: `{key: $\(name).key}`")
        }
        return .parameter(name, span(from: start))
    }
}
