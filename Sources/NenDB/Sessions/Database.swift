// Database: an open graph, in a file or in memory. It may be used from any thread: each call has a
// snapshot or a write transaction of its own.

import NQLPlan
import NQLPlanner
import NQLSyntax
import NenCore
import NenEngine

/// What opening a database found and did.
public typealias OpenReport = NenEngine.OpenReport

/// An open database.
///
/// ```swift
/// let db = try Database(at: "social.nen")
/// try db.query("CREATE (:Person {name: $name})", ["name": "Ada"])
/// for row in try db.query("MATCH (p:Person) RETURN p.name AS name").rows() {
///     print(try row.get("name", as: String.self))
/// }
/// ```
///
/// Results, transactions and sessions keep what they need of the database alive, whatever becomes
/// of this object.
public final class Database: Sendable {
    let engine: Engine
    let plans: PlanCache
    /// How the database was opened.
    public let options: DatabaseOptions

    /// What statements, transactions and prepared plans of the database hold. Whoever keeps rows or
    /// other data of it beside them may charge them here, too.
    public var memory: MemoryAccount { engine.memory }

    /// Opens the database in the file at `path`, which is created unless it exists.
    ///
    /// - Throws: `NQLError` with code `io`, `corruption`, `busy` or `database`.
    public init(at path: String, options: DatabaseOptions = DatabaseOptions()) throws {
        engine = try Engine.open(path: path, options: options.engineOptions)
        plans = PlanCache(
            engine.memory, memoryBudgetBytes: options.limits.memoryBudgetBytes)
        self.options = options
    }

    /// What opening found and did: transactions brought back from the log, damage passed over. Of a
    /// database that this process had open already, what its first opening found.
    public var openReport: OpenReport { engine.openReport }

    private init(inMemory options: DatabaseOptions) throws {
        engine = try Engine.inMemory(options: options.engineOptions)
        plans = PlanCache(
            engine.memory, memoryBudgetBytes: options.limits.memoryBudgetBytes)
        self.options = options
    }

    /// A new, empty database that lives as long as it is used.
    public static func inMemory(
        options: DatabaseOptions = DatabaseOptions()
    ) throws -> Database {
        try Database(inMemory: options)
    }

    /// A session: statements as text, explicit transactions with BEGIN, COMMIT and ROLLBACK.
    ///
    /// - Parameter cancellation: interrupts the session's queries; give one to share it.
    public func session(cancellation: Cancellation = Cancellation()) -> Session {
        Session(self, cancellation: cancellation)
    }

    /// Runs one statement in a transaction of its own.
    ///
    /// - Parameters:
    ///   - text: one statement; a closing `;` is allowed.
    ///   - parameters: values of `$name` by name without the dollar.
    /// - Returns: the rows; of a writing statement after its commit.
    /// - Throws: `NQLError`.
    @discardableResult
    public func query(
        _ text: String, _ parameters: [String: Value] = [:]
    ) throws -> QueryResult {
        try engine.demandOutsideOfWrite()
        return try Session(self).runAlone(text, parameters)
    }

    /// The plan of a statement as text; nothing runs.
    ///
    /// - Parameter verbose: also the logical plan after every rule that changed it.
    public func explain(
        _ text: String, _ parameters: [String: Value] = [:], verbose: Bool = false
    ) throws -> String {
        try Session(self).explain(text, parameters, ExplainStyle(isVerbose: verbose))
    }

    /// Runs `body` on one snapshot: all its queries see the same state.
    ///
    /// - Throws: what `body` throws, or `NQLError`.
    public func read<Output>(
        _ body: (borrowing Transaction) throws -> Output
    ) throws -> Output {
        let session = Session(self)
        try session.begin(readOnly: true)
        defer { session.abandon() }
        return try body(Transaction(session))
    }

    /// Runs `body` as one transaction: all its changes are committed when it returns, none when it
    /// throws.
    ///
    /// Within `body` the transaction is what writes: another write of this thread is refused at
    /// once, as it would wait for this one, and so is `query` of the database, which would not see
    /// the changes.
    ///
    /// - Throws: what `body` throws, or `NQLError`; `busy` when another writer does not finish in
    ///   time.
    public func write<Output>(
        _ body: (borrowing Transaction) throws -> Output
    ) throws -> Output {
        let session = Session(self)
        try session.begin(readOnly: false)
        defer { session.abandon() }
        let output = try engine.writing { try body(Transaction(session)) }
        try session.commit()
        return output
    }

    /// Makes everything committed part of the data file and empties the log. Blocks nobody.
    public func checkpoint() throws { try engine.checkpoint() }

    /// Closes this handle of the database; later calls of it fail with a `DatabaseError`. Results
    /// and transactions that are still in use stay valid, and so do other handles of the same file;
    /// with the last one what is committed goes into the data file. Closing again does nothing.
    public func close() throws { try engine.close() }

    /// The processor's time that the plans of the statements at work expect, in seconds; 0 when
    /// nothing runs. An estimate, for those who watch.
    public var expectedSeconds: Double {
        engine.runningStatements.reduce(0) { $0 + $1.note.predictedNanoseconds } / 1e9
    }

    /// Forgets prepared plans.
    public func clearPlanCache() { plans.removeAll() }
}
