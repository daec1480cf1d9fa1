// Pattern: the syntax tree of graph patterns.

import NenCore

/// `:A&B`, `:A|B`, `:!A`, `:%`; colons between labels read as `&`.
public indirect enum LabelExpression: Sendable, Hashable {
    case name(Name)
    /// `$(expression)`
    case dynamic(Expression)
    /// `%`
    case wildcard(SourceSpan)
    case not(LabelExpression)
    case and(LabelExpression, LabelExpression)
    case or(LabelExpression, LabelExpression)
}

/// Properties written in a pattern: `{key: value}` or `$parameter`.
public enum PatternProperties: Sendable, Hashable {
    case map([MapEntry], SourceSpan)
    case parameter(String, SourceSpan)
}

/// `(variable:Labels {properties} WHERE predicate)`
public struct NodePattern: Sendable, Hashable {
    public var variable: Name?
    public var labels: LabelExpression?
    public var properties: PatternProperties?
    public var predicate: Expression?
    public var span: SourceSpan
    public init(
        variable: Name?, labels: LabelExpression?, properties: PatternProperties?,
        predicate: Expression?, span: SourceSpan
    ) {
        self.variable = variable
        self.labels = labels
        self.properties = properties
        self.predicate = predicate
        self.span = span
    }
}

/// Which way a relationship pattern points, read from left to right.
public enum PatternDirection: Sendable, Hashable {
    /// `-->`
    case outgoing
    /// `<--`
    case incoming
    /// `--` or `<-->`
    case both
}

/// `*`, `*2`, `*1..3`, `*..3`; also `+`, `*`, `{1,3}` behind a relationship.
public struct PathLength: Sendable, Hashable {
    public var minimum: Int64?
    public var maximum: Int64?
    public var span: SourceSpan
    public init(minimum: Int64?, maximum: Int64?, span: SourceSpan) {
        self.minimum = minimum
        self.maximum = maximum
        self.span = span
    }
}

/// `-[variable:A|B*1..3 {properties} WHERE predicate]->`
public struct RelationshipPattern: Sendable, Hashable {
    public var variable: Name?
    /// A disjunction of names in openCypher; `!`, `&` and `%` too in NQL.
    public var types: LabelExpression?
    public var direction: PatternDirection
    /// nil for exactly one relationship.
    public var length: PathLength?
    public var properties: PatternProperties?
    public var predicate: Expression?
    public var span: SourceSpan
    public init(
        variable: Name?, types: LabelExpression?, direction: PatternDirection,
        length: PathLength?, properties: PatternProperties?, predicate: Expression?,
        span: SourceSpan
    ) {
        self.variable = variable
        self.types = types
        self.direction = direction
        self.length = length
        self.properties = properties
        self.predicate = predicate
        self.span = span
    }
}

/// How a path pattern selects among the paths that match it.
public enum PathSelector: Sendable, Hashable {
    /// `shortestPath(…)`, `ANY SHORTEST`
    case shortestPath
    /// `allShortestPaths(…)`, `ALL SHORTEST`
    case allShortestPaths
}

/// `variable = (a)-[r]->(b)…`: `nodes.count == relationships.count + 1`.
public struct PathPattern: Sendable, Hashable {
    public var variable: Name?
    public var selector: PathSelector?
    public var nodes: [NodePattern]
    public var relationships: [RelationshipPattern]
    public var span: SourceSpan
    public init(
        variable: Name?, selector: PathSelector?, nodes: [NodePattern],
        relationships: [RelationshipPattern], span: SourceSpan
    ) {
        precondition(nodes.count == relationships.count + 1, "a chain of \(nodes.count) nodes")
        self.variable = variable
        self.selector = selector
        self.nodes = nodes
        self.relationships = relationships
        self.span = span
    }
}
