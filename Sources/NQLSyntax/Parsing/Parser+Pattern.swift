// Parser+Pattern: paths and nodes.

import NenCore

extension Parser {
    /// `pattern, pattern, …`
    mutating func parsePatternList() throws(SyntaxFailure) -> [PathPattern] {
        var patterns = [try parsePathPattern()]
        while skip(.comma) { patterns.append(try parsePathPattern()) }
        return patterns
    }

    /// `[variable =] [selector] [mode] element`
    mutating func parsePathPattern() throws(SyntaxFailure) -> PathPattern {
        let start = start
        var variable: Name?
        if token.isName, peek(1).kind == .equal {
            variable = try parseVariable()
            advance()
        }
        var pattern: PathPattern
        if at(.shortestPath) || at(.allShortestPaths), peek(1).kind == .leftParenthesis {
            let selector: PathSelector = at(.shortestPath) ? .shortestPath : .allShortestPaths
            pattern = try parseShortestPath()
            pattern.selector = selector
        } else {
            let prefix = try parsePathPrefix()
            pattern = try parsePathElement()
            pattern.selector = prefix.selector
            pattern.mode = prefix.mode
        }
        pattern.variable = variable
        pattern.span = span(from: start)
        return pattern
    }

    /// `shortestPath(element)`, `allShortestPaths(element)`
    private mutating func parseShortestPath() throws(SyntaxFailure) -> PathPattern {
        let name = text(token.span)
        note(.function)
        advance()
        advance()
        let pattern = try parsePathElement()
        try expect(.rightParenthesis, "`)`")
        let isChain = pattern.relationships.allSatisfy { $0.body == nil }
        if pattern.relationships.count != 1 || !isChain || pattern.isNamedOrFiltered {
            let found = isChain ? "this one has \(pattern.relationships.count)" : "this is another"
            throw failure(
                "UnexpectedSyntax",
                "`\(name)` takes a pattern of one relationship, \(found)", at: pattern.span)
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
        let pattern = try parseChain()
        allowsParameterMap = outerMap
        return pattern
    }

    /// Nodes and relationships in turn. In an expression a dash behind a node may be a
    /// subtraction.
    private mutating func parseChain() throws(SyntaxFailure) -> PathPattern {
        try enter()
        let start = start
        var nodes = [try parseNode()]
        var relationships: [RelationshipPattern] = []
        while isRelationshipAhead(position) {
            relationships.append(try parseRelationship())
            nodes.append(try parseNode())
        }
        leave()
        return PathPattern(
            variable: nil, selector: nil, nodes: nodes, relationships: relationships,
            span: span(from: start))
    }

    /// `(variable :labels {properties} WHERE predicate)`
    mutating func parseNode() throws(SyntaxFailure) -> NodePattern {
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
                hint: nodeEndHint(isEmpty: isBare && predicate == nil))
        }
        advance()
        barEndsExpression = outerBar
        return NodePattern(
            variable: variable, labels: labels, properties: properties, predicate: predicate,
            span: span(from: start))
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

extension PathPattern {
    /// Whether its parentheses hold more than the path.
    public var isNamedOrFiltered: Bool { subpath != nil || !predicates.isEmpty }
}
