// Pattern: the syntax tree of graph patterns.

import NenCore

/// `:A&B`, `:A|B`, `:!A`, `:%`; colons between labels read as `&`.
public indirect enum LabelExpression: Sendable, Hashable {
    case name(Name)
    /// `$(expression)` or `$all(expression)`: all labels of the list.
    case dynamic(Expression)
    /// `$any(expression)`: one of the list at least.
    case dynamicAny(Expression)
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
    /// Stands between two quantified paths, or at an end of a pattern, where none was written.
    public var isImplicit: Bool
    public var span: SourceSpan
    public init(
        variable: Name?, labels: LabelExpression?, properties: PatternProperties?,
        predicate: Expression?, isImplicit: Bool = false, span: SourceSpan
    ) {
        self.variable = variable
        self.labels = labels
        self.properties = properties
        self.predicate = predicate
        self.isImplicit = isImplicit
        self.span = span
    }

    /// The node that two quantified paths side by side share.
    public static var implicit: NodePattern {
        NodePattern(
            variable: nil, labels: nil, properties: nil, predicate: nil, isImplicit: true,
            span: .none)
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

    /// Read from the other end.
    public var reversed: PatternDirection {
        switch self {
        case .outgoing: .incoming
        case .incoming: .outgoing
        case .both: .both
        }
    }
}

/// `*`, `*2`, `*1..3`, `*..3`; also `+`, `*`, `{1,3}` behind a relationship.
public struct PathLength: Sendable, Hashable {
    public var minimum: Int64?
    public var maximum: Int64?
    /// Written behind the arrow or the parenthesis, not within the brackets.
    public var isQuantifier: Bool
    public var span: SourceSpan
    public init(
        minimum: Int64?, maximum: Int64?, isQuantifier: Bool = false, span: SourceSpan
    ) {
        self.minimum = minimum
        self.maximum = maximum
        self.isQuantifier = isQuantifier
        self.span = span
    }
}

/// What is repeated in `((a)-[r]->(b) WHERE predicate)+`: a chain like that of a path pattern.
public struct QuantifiedBody: Sendable, Hashable {
    public var nodes: [NodePattern]
    public var relationships: [RelationshipPattern]
    /// One for each pair of parentheses that has one, from the inside out.
    public var predicates: [Expression]
    public init(
        nodes: [NodePattern], relationships: [RelationshipPattern], predicates: [Expression]
    ) {
        precondition(nodes.count == relationships.count + 1, "a chain of \(nodes.count) nodes")
        self.nodes = nodes
        self.relationships = relationships
        self.predicates = predicates
    }
}

/// `-[variable:A|B*1..3 {properties} WHERE predicate]->`; a quantified path pattern stands in the
/// place of a relationship, with a `body`, a `length` and nothing else.
public struct RelationshipPattern: Sendable, Hashable {
    public var variable: Name?
    /// A disjunction of names in openCypher; `!`, `&` and `%` too in NQL.
    public var types: LabelExpression?
    public var direction: PatternDirection
    /// nil for exactly one relationship.
    public var length: PathLength?
    public var properties: PatternProperties?
    public var predicate: Expression?
    public var body: QuantifiedBody?
    public var span: SourceSpan
    public init(
        variable: Name?, types: LabelExpression?, direction: PatternDirection,
        length: PathLength?, properties: PatternProperties?, predicate: Expression?,
        body: QuantifiedBody? = nil, span: SourceSpan
    ) {
        self.variable = variable
        self.types = types
        self.direction = direction
        self.length = length
        self.properties = properties
        self.predicate = predicate
        self.body = body
        self.span = span
    }
}

/// How a path pattern selects among the paths that match it, for each pair of ends.
public enum PathSelector: Sendable, Hashable {
    /// `shortestPath(…)`
    case shortestPath
    /// `allShortestPaths(…)`
    case allShortestPaths
    /// `ALL`: every path, as without a selector.
    case all
    /// `ANY`, `ANY k`
    case any(Expression?)
    /// `ANY SHORTEST`
    case anyShortest
    /// `ALL SHORTEST`
    case allShortest
    /// `SHORTEST k`
    case shortest(Expression)
    /// `SHORTEST [k] GROUPS`: all paths of the k least lengths.
    case shortestGroups(Expression?)

    /// `shortestPath(…)` or `allShortestPaths(…)`
    public var isFunction: Bool {
        switch self {
        case .shortestPath, .allShortestPaths: true
        default: false
        }
    }
}

/// What one path may visit twice.
public enum PathMode: Sendable, Hashable, CaseIterable {
    /// Anything.
    case walk
    /// Nodes, but no relationship.
    case trail
    /// Nothing.
    case acyclic
    /// Nothing, but that it may end where it began.
    case simple
}

/// What the paths of one MATCH may visit twice.
public enum MatchMode: Sendable, Hashable {
    /// `DIFFERENT RELATIONSHIPS`: no relationship; this holds where nothing is said, too.
    case differentRelationships
    /// `REPEATABLE ELEMENTS`: anything.
    case repeatableElements
}

/// `variable = SHORTEST 2 TRAIL (a)-[r]->(b)…`: `nodes.count == relationships.count + 1`.
public struct PathPattern: Sendable, Hashable {
    public var variable: Name?
    public var selector: PathSelector?
    public var mode: PathMode?
    /// The name within the parentheses: `ANY SHORTEST (p = (a)-->+(b) WHERE length(p) > 2)`.
    public var subpath: Name?
    public var nodes: [NodePattern]
    public var relationships: [RelationshipPattern]
    /// Of `((a)-->(b) WHERE predicate)`: one for each pair of parentheses that has one, from the
    /// inside out.
    public var predicates: [Expression]
    public var span: SourceSpan
    public init(
        variable: Name?, selector: PathSelector?, mode: PathMode? = nil, subpath: Name? = nil,
        nodes: [NodePattern], relationships: [RelationshipPattern],
        predicates: [Expression] = [], span: SourceSpan
    ) {
        precondition(nodes.count == relationships.count + 1, "a chain of \(nodes.count) nodes")
        self.variable = variable
        self.selector = selector
        self.mode = mode
        self.subpath = subpath
        self.nodes = nodes
        self.relationships = relationships
        self.predicates = predicates
        self.span = span
    }
}
