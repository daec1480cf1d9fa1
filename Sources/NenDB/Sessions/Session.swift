// Session: a line of statements over one database, as a shell or a connection has it. Outside BEGIN
// and COMMIT every statement is a transaction of its own.

import NQLPlan
import NQLPlanner
import NQLSyntax
import NenCore
import NenEngine

/// Runs statements one after the other; not for use by two threads at once, `cancellation`
/// excepted.
///
/// ```swift
/// let session = db.session()
/// try session.run("BEGIN")
/// try session.run("CREATE (:Person {name: 'Ada'})")
/// try session.run("COMMIT")
/// ```
public final class Session {
    /// The database of the session.
    public let database: Database
    /// What the session's queries may use.
    public var limits: QueryLimits
    /// Interrupts the session's queries.
    public let cancellation: Cancellation
    /// Whether EXPLAIN and PROFILE without FORMAT give JSON in place of a table.
    public var showsPlansAsJSON = false
    /// The open transaction; nil outside BEGIN and COMMIT.
    private(set) var transaction: EngineTransaction?
    /// Bytes of the text and plan of the statement at work; the rest of the budget is for its rows.
    private(set) var textBytes = 0
    /// That of a transaction that may be taken away while it is idle.
    private var lease: TransactionLease?
    /// How long a transaction that BEGIN opened for writing may be idle while another writer waits;
    /// then it is rolled back, and its next statement fails with `TransactionError`. nil: for ever.
    public var idleTransactionTimeoutMilliseconds: Int? {
        didSet { lease?.setLimit(milliseconds: idleTransactionTimeoutMilliseconds ?? .max) }
    }

    init(_ database: Database, cancellation: Cancellation = Cancellation()) {
        self.database = database
        self.cancellation = cancellation
        limits = database.options.limits
        idleTransactionTimeoutMilliseconds = database.options.idleTransactionTimeoutMilliseconds
    }

    deinit { abandon() }

    /// Whether the session is between BEGIN and COMMIT or ROLLBACK.
    public var isInTransaction: Bool { transaction != nil }

    /// Whether the open transaction may change the graph.
    var isWriting: Bool { transaction?.isWrite ?? false }

    /// Runs one statement of any kind.
    ///
    /// - Returns: its rows; statements that return nothing have no columns.
    /// - Throws: `NQLError`. The statement has changed nothing then; an open transaction stays open
    ///   as it was before the statement.
    @discardableResult
    public func run(_ text: String, _ parameters: [String: Value] = [:]) throws -> QueryResult {
        try interruptible(least: Session.leastLimit(of: text)) { interruption in
            let result = try charging(text) { try run(text, parameters, interruption) }
            result.interruption = result.interruption ?? interruption
            return result
        }
    }

    /// Runs the work on one statement, whose time begins now, or has begun with the work around it.
    ///
    /// - Parameter least: milliseconds that it has in any case.
    func interruptible<Output>(
        least: Int = 0, _ body: (Interruption) throws -> Output
    ) throws -> Output {
        let interruption = Interruption(
            timeoutMilliseconds: limits.timeoutMilliseconds.map { max($0, least) },
            token: cancellation.token, within: Interruption.current)
        return try interruption.run {
            try withTransaction { try body(interruption) }
        }
    }

    /// Uses the open transaction, if there is one and it was not taken away.
    private func withTransaction<Output>(_ body: () throws -> Output) throws -> Output {
        guard let lease else { return try body() }
        do {
            try lease.enter()
        } catch {
            self.lease = nil
            transaction = nil
            throw error
        }
        defer { lease.leave() }
        return try body()
    }

    private func run(
        _ text: String, _ parameters: [String: Value], _ interruption: Interruption
    ) throws -> QueryResult {
        let key = planKey(text, parameters)
        let prepared = try prepare(key)
        switch prepared.statement.kind {
        case .begin(let readOnly):
            try rejectExplain(prepared.statement)
            try placed(prepared.statement) { try begin(readOnly: readOnly) }
            if let transaction, transaction.isWrite {
                lease = database.engine.lease(
                    transaction, limitMilliseconds: idleTransactionTimeoutMilliseconds ?? .max)
            }
            let isWriting = transaction?.isWrite ?? false
            return QueryResult(columns: [], outcome: .transactionBegun(readOnly: !isWriting))
        case .commit:
            try rejectExplain(prepared.statement)
            try placed(prepared.statement) { try commit() }
            return QueryResult(columns: [], outcome: .committed)
        case .rollback:
            try rejectExplain(prepared.statement)
            try placed(prepared.statement) {
                guard transaction != nil else { throw Session.noTransaction("ROLLBACK") }
                try rollback()
            }
            return QueryResult(columns: [], outcome: .rolledBack)
        case .setting(let change):
            try set(change, parameters)
            return QueryResult(
                columns: [], outcome: .settingChanged(change.setting.rawValue))
        default:
            return try run(prepared, key, parameters, interruption)
        }
    }

    /// Runs one statement that must not begin or end a transaction, in the open transaction.
    func runInside(_ text: String, _ parameters: [String: Value]) throws -> QueryResult {
        guard transaction != nil else { throw Session.transactionIsOver }
        return try runAlone(text, parameters)
    }

    /// Runs one statement that must not begin or end a transaction.
    func runAlone(_ text: String, _ parameters: [String: Value]) throws -> QueryResult {
        try interruptible(least: Session.leastLimit(of: text)) { interruption in
            let result = try charging(text) { try runAlone(text, parameters, interruption) }
            result.interruption = result.interruption ?? interruption
            return result
        }
    }

    private func runAlone(
        _ text: String, _ parameters: [String: Value], _ interruption: Interruption
    ) throws -> QueryResult {
        let key = planKey(text, parameters)
        let prepared = try prepare(key)
        switch prepared.statement.kind {
        case .begin, .commit, .rollback, .setting:
            throw NQLError(
                .transaction, "TransactionControl", phase: .compile,
                "BEGIN, COMMIT, ROLLBACK and SET of a setting need a session.",
                hint: "Use `database.session().run(…)`, or the closures of `read` and `write`.",
                span: prepared.statement.span)
        default: return try run(prepared, key, parameters, interruption)
        }
    }

    // MARK: Transactions

    /// Opens a transaction.
    func begin(readOnly: Bool) throws {
        guard transaction == nil else {
            throw NQLError.runtime(
                .transaction, "TransactionIsOpen",
                "BEGIN within a transaction: transactions do not nest.",
                hint: "COMMIT or ROLLBACK first.")
        }
        let isReadOnly = readOnly || database.options.isReadOnly
        transaction =
            try isReadOnly ? database.engine.beginRead() : database.engine.beginWrite()
    }

    /// Makes the changes of the open transaction durable and visible. When that fails, they are
    /// undone and the transaction is over all the same.
    func commit() throws {
        guard let open = transaction else { throw Session.noTransaction("COMMIT") }
        try Interruption.check()
        transaction = nil
        lease = nil
        try open.commit()
    }

    /// Undoes the changes of the open transaction.
    func rollback() throws {
        guard let open = transaction else { return }
        transaction = nil
        lease = nil
        try open.rollback()
    }

    /// Ends the open transaction, if there is one, without its changes. Used where no error can be
    /// reported: the store has undone or will undo the changes in any case.
    func abandon() { try? withTransaction { try rollback() } }

    static var transactionIsOver: NQLError {
        .runtime(.transaction, "TransactionIsOver", "The transaction has ended already.")
    }

    private static func noTransaction(_ statement: String) -> NQLError {
        .runtime(
            .transaction, "NoTransaction", "\(statement) without BEGIN: no transaction is open.")
    }

    /// Runs `body`, whose errors about transactions are about all of the statement.
    private func placed(_ statement: Statement, _ body: () throws -> Void) throws {
        do {
            try body()
        } catch var error as NQLError where error.code == .transaction {
            if error.span == .none { error.span = statement.span }
            throw error
        }
    }

    private func rejectExplain(_ statement: Statement) throws {
        if statement.mode != .run {
            throw NQLError.syntax(
                "UnexpectedSyntax", "Only queries can be explained or profiled.",
                at: statement.span)
        }
    }

    // MARK: Statements

    func planKey(_ text: String, _ parameters: [String: Value]) -> PlanKey {
        var types: [String] = []
        types.reserveCapacity(parameters.count)
        for (name, value) in parameters { types.append(PlanKey.type(ofParameter: name, value)) }
        types.sort()
        // Of a session's limits only the time says nothing about plans.
        var limits = limits
        limits.timeoutMilliseconds = nil
        return PlanKey(text: text, parameterTypes: types, limits: limits)
    }

    /// Runs `body` with the text, and what is made of it, charged to the database. Short texts are
    /// not counted.
    ///
    /// - Throws: `MemoryLimitExceeded` when text and plan alone exceed the budget.
    func charging<Output>(_ text: String, _ body: () throws -> Output) throws -> Output {
        if text.utf8.count <= StatementText.freeByteCount { return try body() }
        let account = MemoryAccount(
            .statement, limitBytes: limits.memoryBudgetBytes, parent: database.memory)
        try account.charge(StatementText(text).planningBytes, for: .text)
        let before = textBytes
        textBytes = account.heldBytes
        defer { textBytes = before }
        return try withExtendedLifetime(account, body)
    }

    func prepare(_ key: PlanKey) throws -> CachedStatement {
        if let known = database.plans.prepared(key) { return known }
        let statement = try expandingProcedures(
            try parseStatement(key.text), database.engine.functionLibrary)
        let prepared = CachedStatement(
            statement: statement, isWriting: statement.kind.isWriting,
            fingerprint: StatementFingerprint.of(statement, key))
        database.plans.keep(prepared, for: key)
        return prepared
    }

    /// Runs a statement in the open transaction, or in one of its own.
    private func run(
        _ prepared: CachedStatement, _ key: PlanKey, _ parameters: [String: Value],
        _ interruption: Interruption
    ) throws -> QueryResult {
        let result = try runUnremarked(prepared, key, parameters, interruption)
        result.add(prepared.statement.remarks.map { PlanNotification($0) })
        return result
    }

    private func runUnremarked(
        _ prepared: CachedStatement, _ key: PlanKey, _ parameters: [String: Value],
        _ interruption: Interruption
    ) throws -> QueryResult {
        let statement = prepared.statement
        if case .query = statement.kind {} else { try rejectExplain(statement) }
        switch statement.kind {
        case .checkpoint:
            try placed(statement) { try outsideTransaction("CHECKPOINT") }
            try database.checkpoint()
            return QueryResult(columns: [], outcome: .checkpointMade)
        case .vacuum:
            try placed(statement) { try outsideTransaction("VACUUM") }
            if database.options.isReadOnly { throw readOnlyError(statement) }
            let cancellation = cancellation
            return try database.vacuum(cancellation: cancellation).result
        case .backup:
            try placed(statement) { try outsideTransaction("BACKUP") }
        case .analyze:
            try placed(statement) { try outsideTransaction("ANALYZE") }
            if database.options.isReadOnly { throw readOnlyError(statement) }
            try database.engine.analyze(memoryBudgetBytes: limits.memoryBudgetBytes)
            return QueryResult(columns: [], outcome: .statisticsMade)
        default: break
        }
        let isWriting = prepared.isWriting && !statement.mode.isExplain
        if !statement.mode.isExplain,
            let result = try runBatches(statement, parameters, interruption)
        {
            return result
        }
        if let open = transaction {
            if isWriting && !open.isWrite { throw readOnlyError(statement) }
            return try execute(prepared, key, parameters, in: open, interruption)
        }
        guard isWriting else {
            return try execute(
                prepared, key, parameters, in: try database.engine.beginRead(), interruption)
        }
        if database.options.isReadOnly { throw readOnlyError(statement) }
        let own = try database.engine.beginWrite()
        do {
            let result = try execute(prepared, key, parameters, in: own, interruption)
            try interruption.check()
            try own.commit()
            // What is committed has kept its time; only showing it can still be cancelled.
            result.interruption = Interruption(token: cancellation.token)
            return result
        } catch {
            try? own.rollback()
            throw error
        }
    }

    /// Runs a statement that has subqueries in transactions of their own; nil for others.
    private func runBatches(
        _ statement: Statement, _ parameters: [String: Value], _ interruption: Interruption
    ) throws -> QueryResult? {
        guard case .query(let query) = statement.kind, let first = query.firstBatchedCall else {
            return nil
        }
        if case .profile = statement.mode {
            throw NQLError.syntax(
                "UnexpectedSyntax",
                "CALL { … } IN TRANSACTIONS cannot be profiled: each transaction is a run of its "
                    + "own.",
                at: first.batches.span, hint: "EXPLAIN shows its plan.")
        }
        if transaction != nil {
            throw NQLError(
                .transaction, "TransactionIsOpen", phase: .compile,
                "CALL { … } IN TRANSACTIONS within a transaction: it commits as it goes.",
                hint: "COMMIT or ROLLBACK first.", span: first.batches.span)
        }
        if query.updates, database.options.isReadOnly { throw readOnlyError(statement) }
        return try BatchedStatement(self, parameters, interruption).run(query)
    }

    private func outsideTransaction(_ statement: String) throws {
        guard transaction == nil else {
            throw NQLError.runtime(
                .transaction, "TransactionIsOpen", "\(statement) within a transaction.",
                hint: "COMMIT or ROLLBACK first.")
        }
    }

    private func readOnlyError(_ statement: Statement) -> NQLError {
        let isReadOnly = database.options.isReadOnly
        return NQLError(
            .transaction, "ReadOnlyTransaction", phase: .compile,
            isReadOnly
                ? "The database is open for reading only; this statement would change it."
                : "This statement would change the graph in a transaction that only reads.",
            hint: isReadOnly ? "Open it without the read-only option." : "Begin without READ ONLY.",
            span: statement.span)
    }

    private func execute(
        _ prepared: CachedStatement, _ key: PlanKey, _ parameters: [String: Value],
        in transaction: EngineTransaction, _ interruption: Interruption
    ) throws -> QueryResult {
        let run = StatementRun(
            session: self, transaction: transaction, parameters: parameters,
            interruption: interruption)
        switch prepared.statement.kind {
        case .query: return try run.query(prepared, key)
        case .show(let command): return try run.show(command)
        case .copyFrom(let copy): return try run.copy(copy)
        case .copyTo(let copy): return try run.copy(copy)
        case .backup(let command): return try run.backup(command)
        case .terminate(let ids): return try run.terminate(ids)
        default: return try run.schema(prepared.statement.kind)
        }
    }

    /// The plan of a statement as text.
    func explain(
        _ text: String, _ parameters: [String: Value], _ style: ExplainStyle
    ) throws -> String {
        try interruptible { interruption in
            try charging(text) {
                try explain(text, parameters, style, interruption)
            }
        }
    }

    private func explain(
        _ text: String, _ parameters: [String: Value], _ style: ExplainStyle,
        _ interruption: Interruption
    ) throws -> String {
        var prepared = try prepare(planKey(text, parameters))
        guard case .query = prepared.statement.kind else {
            throw NQLError.syntax(
                "UnexpectedSyntax", "Only queries can be explained.",
                at: prepared.statement.span)
        }
        prepared.statement.mode = .explain(style)
        let open = try transaction ?? database.engine.beginRead()
        let run = StatementRun(
            session: self, transaction: open, parameters: parameters, interruption: interruption)
        return try run.explainText(prepared, style)
    }
}

extension ExplainMode {
    /// Whether the statement is only planned.
    var isExplain: Bool {
        if case .explain = self { return true }
        return false
    }
}
