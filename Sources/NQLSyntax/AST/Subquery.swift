// Subquery: the syntax tree of `CALL { … }`, and of the clauses that hold queries or come from
// GQL.

import NenCore

/// `[OPTIONAL] CALL (x) { … } [IN TRANSACTIONS …]`
public struct SubqueryCall: Sendable, Hashable {
    public var query: Query
    public var imports: SubqueryImports
    /// A row for which the query returns nothing is kept.
    public var isOptional: Bool
    /// nil: in the transaction of the statement.
    public var batches: TransactionBatches?
    public init(
        query: Query, imports: SubqueryImports, isOptional: Bool = false,
        batches: TransactionBatches? = nil
    ) {
        self.query = query
        self.imports = imports
        self.isOptional = isOptional
        self.batches = batches
    }
}

/// Which variables of the query around a CALL are known within.
public enum SubqueryImports: Sendable, Hashable {
    /// `CALL { … }`, the older form: those that a leading WITH names.
    case leadingWith
    /// `CALL (x, y) { … }`
    case names([Name])
    /// `CALL (*) { … }`
    case all
}

/// `IN [n CONCURRENT] TRANSACTIONS [OF k ROWS] [ON ERROR …] [REPORT STATUS AS s]`
public struct TransactionBatches: Sendable, Hashable {
    /// Rows of one transaction where the statement does not say.
    public static let usualRowCount = 1_000

    /// `CONCURRENT` was written.
    public var isConcurrent: Bool
    /// How many at a time; nil where it is left to the system.
    public var concurrency: Expression?
    /// Rows of one transaction; nil for the usual number.
    public var rowCount: Expression?
    public var onError: BatchErrorAction
    /// Failures that may pass are tried again first.
    public var retry: BatchRetry?
    /// The variable that gets the status of each row's transaction.
    public var status: Name?
    public var span: SourceSpan
    public init(
        isConcurrent: Bool = false, concurrency: Expression? = nil,
        rowCount: Expression? = nil, onError: BatchErrorAction = .fail,
        retry: BatchRetry? = nil, status: Name? = nil, span: SourceSpan
    ) {
        self.isConcurrent = isConcurrent
        self.concurrency = concurrency
        self.rowCount = rowCount
        self.onError = onError
        self.retry = retry
        self.status = status
        self.span = span
    }
}

/// What happens when a transaction of a batch fails.
public enum BatchErrorAction: String, Sendable, Hashable {
    /// The statement fails; what was committed stays.
    case fail = "FAIL"
    /// The next batch follows.
    case `continue` = "CONTINUE"
    /// No further batch is run.
    case `break` = "BREAK"
}

/// `ON ERROR RETRY [FOR n SECONDS]`
public struct BatchRetry: Sendable, Hashable {
    /// nil for the usual time.
    public var seconds: Expression?
    public init(seconds: Expression?) { self.seconds = seconds }
}

/// `variable = value` of LET.
public struct LetItem: Sendable, Hashable {
    public var variable: Name
    public var value: Expression
    public init(variable: Name, value: Expression) {
        self.variable = variable
        self.value = value
    }
}

/// `FOR variable IN list [WITH ORDINALITY|OFFSET position]`
public struct ForClause: Sendable, Hashable {
    public var variable: Name
    public var list: Expression
    /// The element's place in the list; nil when it is not asked for.
    public var position: Name?
    /// Places count from 1 (ORDINALITY), not from 0 (OFFSET).
    public var countsFromOne: Bool
    public init(variable: Name, list: Expression, position: Name?, countsFromOne: Bool) {
        self.variable = variable
        self.list = list
        self.position = position
        self.countsFromOne = countsFromOne
    }
}

/// `WHEN condition THEN { body }`
public struct ConditionalBranch: Sendable, Hashable {
    public var condition: Expression
    public var body: Query
    public init(condition: Expression, body: Query) {
        self.condition = condition
        self.body = body
    }
}

extension Query {
    /// The queries between NEXT, this one's own parts first.
    public var segments: [Query] {
        [Query(parts: parts, unionAll: unionAll, span: span)] + next
    }

    /// Every clause of this query, not those of queries within clauses.
    public var clauses: [Clause] {
        parts.flatMap(\.clauses) + next.flatMap(\.clauses)
    }
}

extension ClauseKind {
    /// Queries that stand within the clause itself, those in its expressions left out.
    public var innerQueries: [Query] {
        switch self {
        case .callSubquery(let call): [call.query]
        case .block(let query): [query]
        case .conditional(let branches, let otherwise):
            branches.map(\.body) + (otherwise.map { [$0] } ?? [])
        default: []
        }
    }

    /// Whether the clause, or one within it, changes the graph.
    public var updates: Bool {
        switch self {
        case .create, .insert, .merge, .set, .remove, .delete, .foreach: true
        case .callSubquery, .block, .conditional: innerQueries.contains(where: \.updates)
        case .match, .unwind, .with, .returning, .callProcedure, .loadCSV, .letting, .filter,
            .forEach, .page, .finish:
            false
        }
    }
}

extension Query {
    /// Whether any clause changes the graph.
    public var updates: Bool { clauses.contains { $0.kind.updates } }

    /// Whether the query gives columns: each of its last parts ends in RETURN.
    public var returns: Bool {
        let last = next.last ?? self
        return last.parts.contains { $0.returns }
    }
}

extension Query {
    /// Where the first `CALL { … } IN TRANSACTIONS` stands among the clauses of a query that is
    /// nothing but clauses; nil when there is none.
    public var firstBatchedCall: (index: Int, call: SubqueryCall, batches: TransactionBatches)? {
        guard parts.count == 1, next.isEmpty else { return nil }
        for (index, clause) in parts[0].clauses.enumerated() {
            if case .callSubquery(let call) = clause.kind, let batches = call.batches {
                return (index, call, batches)
            }
        }
        return nil
    }
}

extension SingleQuery {
    /// Whether the query gives columns.
    public var returns: Bool {
        guard let last = clauses.last else { return false }
        if case .returning = last.kind { return true }
        switch last.kind {
        case .block, .conditional: return last.kind.innerQueries.contains(where: \.returns)
        default: return false
        }
    }
}
