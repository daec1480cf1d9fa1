// Show: `SHOW …` as data.

import NenCore

/// `SHOW [filter] … [YIELD …] [WHERE …] [RETURN …]`
public struct ShowCommand: Sendable, Hashable {
    public var kind: ShowKind
    /// nil for ALL, which need not be written.
    public var filter: ShowFilter?
    /// nil without YIELD.
    public var yield: ShowYield?
    public var predicate: Expression?
    public var returning: Projection?
    public init(
        kind: ShowKind, filter: ShowFilter? = nil, yield: ShowYield? = nil,
        predicate: Expression? = nil, returning: Projection? = nil
    ) {
        self.kind = kind
        self.filter = filter
        self.yield = yield
        self.predicate = predicate
        self.returning = returning
    }
}

/// Which of the indexes, constraints or functions are shown.
public enum ShowFilter: Sendable, Hashable {
    /// `RANGE`, `TEXT`, `POINT`, `FULLTEXT`, `LOOKUP`, `VECTOR`
    case indexType(String)
    /// `[NODE|RELATIONSHIP] UNIQUENESS`, …
    case constraint(EntityKind?, ShownConstraint)
    /// `BUILT IN`, `USER DEFINED`
    case builtIn(Bool)
}

/// What the constraints shown ask for.
public enum ShownConstraint: String, Sendable, Hashable {
    case uniqueness = "UNIQUENESS"
    case existence = "EXISTENCE"
    case key = "KEY"
    case type = "PROPERTY TYPE"
}

/// `YIELD * | column [AS name], … [ORDER BY …] [SKIP …] [LIMIT …]`
public struct ShowYield: Sendable, Hashable {
    /// nil for `*`.
    public var items: [YieldItem]?
    public var orderBy: [SortItem]
    public var skip: Expression?
    public var limit: Expression?
    public init(
        items: [YieldItem]?, orderBy: [SortItem] = [], skip: Expression? = nil,
        limit: Expression? = nil
    ) {
        self.items = items
        self.orderBy = orderBy
        self.skip = skip
        self.limit = limit
    }
}

public enum ShowKind: String, Sendable, Hashable {
    case indexes = "INDEXES"
    case constraints = "CONSTRAINTS"
    case functions = "FUNCTIONS"
    case procedures = "PROCEDURES"
    case labels = "LABELS"
    case types = "RELATIONSHIP TYPES"
    case keys = "PROPERTY KEYS"
    case settings = "SETTINGS"
    case statistics = "STATISTICS"
    case memory = "MEMORY"
    case transactions = "TRANSACTIONS"
    case databases = "DATABASES"
}
