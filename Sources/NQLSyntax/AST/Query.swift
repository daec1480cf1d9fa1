// Query: the syntax tree of clauses, queries and statements.

import NenCore

/// Single queries joined by UNION; all joins have the same kind (checked by the parser).
public struct Query: Sendable, Hashable {
    public var parts: [SingleQuery]
    /// nil when there is one part; `unionAll[i]` joins part i and i + 1.
    public var unionAll: [Bool]
    /// What stands behind each NEXT, in order; each of them has no `next` of its own.
    public var next: [Query]
    public var span: SourceSpan
    public init(
        parts: [SingleQuery], unionAll: [Bool], span: SourceSpan, next: [Query] = []
    ) {
        precondition(unionAll.count == parts.count - 1, "\(parts.count) parts")
        self.parts = parts
        self.unionAll = unionAll
        self.span = span
        self.next = next
    }
}

public struct SingleQuery: Sendable, Hashable {
    public var clauses: [Clause]
    public var span: SourceSpan
    public init(clauses: [Clause], span: SourceSpan) {
        self.clauses = clauses
        self.span = span
    }
}

/// A clause; `span` covers its text from the keyword on.
public struct Clause: Sendable, Hashable {
    public var kind: ClauseKind
    public var span: SourceSpan
    public init(_ kind: ClauseKind, _ span: SourceSpan) {
        self.kind = kind
        self.span = span
    }
}

public indirect enum ClauseKind: Sendable, Hashable {
    case match(MatchClause)
    case unwind(Expression, variable: Name)
    case with(Projection, predicate: Expression?)
    case returning(Projection)
    /// `LET x = …, y = …`
    case letting([LetItem])
    /// `FILTER [WHERE] …`
    case filter(Expression)
    case forEach(ForClause)
    /// `ORDER BY … SKIP … LIMIT …` as a clause of its own; at least one of the three.
    case page(orderBy: [SortItem], skip: Expression?, limit: Expression?)
    /// `FINISH`: runs the query and returns nothing.
    case finish
    /// `WHEN … THEN { … } ELSE { … }`: the only clause of its query.
    case conditional([ConditionalBranch], otherwise: Query?)
    /// `{ … }`: a whole query in the place of a single one; the only clause of its query.
    case block(Query)
    case create([PathPattern])
    /// `INSERT`, GQL's word for CREATE.
    case insert([PathPattern])
    case merge(MergeClause)
    case set([SetItem])
    case remove([RemoveItem])
    case delete([Expression], detach: Bool)
    case foreach(variable: Name, list: Expression, body: [Clause])
    case callProcedure(ProcedureCall)
    case callSubquery(SubqueryCall)
    case loadCSV(LoadCSVClause)
}

public struct MatchClause: Sendable, Hashable {
    public var isOptional: Bool
    /// nil where none is written.
    public var mode: MatchMode?
    public var patterns: [PathPattern]
    public var predicate: Expression?
    public init(
        isOptional: Bool, mode: MatchMode? = nil, patterns: [PathPattern], predicate: Expression?
    ) {
        self.isOptional = isOptional
        self.mode = mode
        self.patterns = patterns
        self.predicate = predicate
    }
}

public struct MergeClause: Sendable, Hashable {
    public var pattern: PathPattern
    public var onCreate: [SetItem]
    public var onMatch: [SetItem]
    public init(pattern: PathPattern, onCreate: [SetItem], onMatch: [SetItem]) {
        self.pattern = pattern
        self.onCreate = onCreate
        self.onMatch = onMatch
    }
}

/// The body of WITH and RETURN.
public struct Projection: Sendable, Hashable {
    public var isDistinct: Bool
    /// `*` stands first.
    public var includesAll: Bool
    public var items: [ProjectionItem]
    public var orderBy: [SortItem]
    public var skip: Expression?
    public var limit: Expression?
    public init(
        isDistinct: Bool, includesAll: Bool, items: [ProjectionItem], orderBy: [SortItem],
        skip: Expression?, limit: Expression?
    ) {
        self.isDistinct = isDistinct
        self.includesAll = includesAll
        self.items = items
        self.orderBy = orderBy
        self.skip = skip
        self.limit = limit
    }
}

/// `expression [AS alias]`; without alias the column's name is the expression's source text.
public struct ProjectionItem: Sendable, Hashable {
    public var expression: Expression
    public var alias: Name?
    /// The expression's text exactly as written.
    public var sourceText: String
    public init(expression: Expression, alias: Name?, sourceText: String) {
        self.expression = expression
        self.alias = alias
        self.sourceText = sourceText
    }
}

public struct SortItem: Sendable, Hashable {
    public var expression: Expression
    public var isDescending: Bool
    public init(expression: Expression, isDescending: Bool) {
        self.expression = expression
        self.isDescending = isDescending
    }
}

public enum SetItem: Sendable, Hashable {
    /// `entity.key = value`; the target is any expression that yields an entity.
    case property(entity: Expression, key: Name, value: Expression)
    /// `entity[key] = value`
    case dynamicProperty(entity: Expression, key: Expression, value: Expression)
    /// `variable = map`
    case replaceProperties(variable: Name, value: Expression)
    /// `variable += map`
    case addProperties(variable: Name, value: Expression)
    /// `variable:A:B`
    case labels(variable: Name, labels: [LabelName])
}

public enum RemoveItem: Sendable, Hashable {
    case property(entity: Expression, key: Name)
    case dynamicProperty(entity: Expression, key: Expression)
    case labels(variable: Name, labels: [LabelName])
}

/// A label that is written out or computed (`$(expression)`).
public enum LabelName: Sendable, Hashable {
    case fixed(Name)
    case dynamic(Expression)
}

public struct ProcedureCall: Sendable, Hashable {
    /// Full name as written.
    public var name: Name
    /// nil for `CALL name` without parentheses (arguments from parameters).
    public var arguments: [Expression]?
    /// nil without YIELD.
    public var yields: [YieldItem]?
    /// `YIELD *`
    public var yieldsAll: Bool
    public var predicate: Expression?
    /// `OPTIONAL CALL`: a row for which nothing comes is kept.
    public var isOptional: Bool
    public init(
        name: Name, arguments: [Expression]?, yields: [YieldItem]?, yieldsAll: Bool,
        predicate: Expression?, isOptional: Bool = false
    ) {
        self.isOptional = isOptional
        self.name = name
        self.arguments = arguments
        self.yields = yields
        self.yieldsAll = yieldsAll
        self.predicate = predicate
    }
}

public struct YieldItem: Sendable, Hashable {
    public var field: Name
    public var alias: Name?
    public init(field: Name, alias: Name?) {
        self.field = field
        self.alias = alias
    }
}

public struct LoadCSVClause: Sendable, Hashable {
    public var withHeaders: Bool
    public var source: Expression
    public var variable: Name
    public var fieldTerminator: String?
    public init(
        withHeaders: Bool, source: Expression, variable: Name, fieldTerminator: String?
    ) {
        self.withHeaders = withHeaders
        self.source = source
        self.variable = variable
        self.fieldTerminator = fieldTerminator
    }
}
