// PreparedStatement: a statement that runs again and again with other values. What can be kept from
// one run to the next is kept: plan, operators and their memory (`PreparedExecution`); a run of a
// look-up then allocates nothing. Of a query whose best plan depends on its values, a few are kept.
//
// A statement that writes, and one whose operators cannot be kept, is planned from the plan cache
// and made anew for each run; it gives the same.

import NQLPlanner
import NQLSyntax
import NenCore
import NenEngine

/// A statement with parameters, to be run many times.
///
/// ```swift
/// let byID = try db.prepare("MATCH (p:Person {id: $id}) RETURN p.name, p.age")
/// for id in ids {
///     byID.bind("id", id)
///     try byID.run { row in total += try row.get(1, as: Int64.self) }
/// }
/// ```
///
/// Each run of a reading statement sees the newest committed state, and a writing one is a
/// transaction of its own; `Transaction.query` runs it in a transaction. Not for use by two threads
/// at once: prepare one for each.
public final class PreparedStatement {
    /// The text.
    public let text: String
    /// The columns of the last run; empty before the first one.
    public private(set) var columns: [String] = []
    private let session: Session
    private var names: [String] = []
    private var values: [Value] = []
    /// For one set of names; the last used first.
    private var executions: [PreparedExecution] = []
    private var generation: Int
    private var isRunning = false

    /// Executions kept: plans for hubs and for leaves, values that are null and others.
    private static let executionCountMax = 4
    /// An execution that holds more between two runs is not kept.
    private static let keptByteCountMax = 16 << 20
    /// Tries to make an execution while others commit.
    private static let tryCountMax = 3

    init(_ text: String, _ session: Session) throws {
        self.text = text
        self.session = session
        generation = session.database.plans.generation
        try session.parse(text)
    }

    /// What a run may use.
    public var limits: QueryLimits {
        get { session.limits }
        set {
            session.limits = newValue
            executions.removeAll()
        }
    }

    /// Gives a parameter its value for all later runs; nil is null.
    ///
    /// - Parameter name: without the dollar. One that the statement does not use does no harm.
    public func bind(_ name: String, _ value: (some ValueConvertible)?) {
        set(name, value?.value ?? .null)
    }

    private func set(_ name: String, _ value: Value) {
        if let place = names.firstIndex(of: name) {
            values[place] = value
            return
        }
        names.append(name)
        values.append(value)
        executions.removeAll()
    }

    /// The values bound by name.
    public var parameters: [String: Value] {
        var bound: [String: Value] = [:]
        for (name, value) in zip(names, values) { bound[name] = value }
        return bound
    }

    /// Runs the statement and calls `body` with each of its rows while it is there: nothing of it
    /// is copied but what `body` takes.
    ///
    /// - Returns: what the statement changed.
    /// - Throws: `NQLError`, and what `body` throws.
    @discardableResult
    public func run(_ body: (borrowing ResultRow) throws -> Void) throws -> Counters {
        try exclusively {
            guard let execution = try beginKept() else {
                let result = try session.runAlone(text, parameters)
                columns = result.columns
                while let row = try result.next() { try body(ResultRow(row)) }
                return result.counters
            }
            columns = execution.plan.columns
            try running(execution) {
                while try execution.nextBatch() {
                    for row in 0 ..< execution.rowCount { try body(ResultRow(execution, row)) }
                }
            }
            return Counters()
        }
    }

    /// Runs the statement.
    ///
    /// - Returns: its rows, which belong to the caller.
    /// - Throws: `NQLError`.
    public func rows() throws -> [Row] {
        try exclusively {
            guard let execution = try beginKept() else {
                return try session.runAlone(text, parameters).rows()
            }
            let layout = ColumnNames(execution.plan.columns)
            var rows: [Row] = []
            try running(execution) {
                while try execution.nextBatch() {
                    for row in 0 ..< execution.rowCount {
                        rows.append(
                            Row(layout: layout, values: try ResultRow(execution, row).values()))
                    }
                }
            }
            return rows
        }
    }

    /// Rewinds, reads and ends an execution; it is not kept when it failed or holds much memory.
    private func running(_ execution: PreparedExecution, _ read: () throws -> Void) throws {
        var isKept = false
        defer {
            execution.end()
            if !isKept || execution.heldBytes > PreparedStatement.keptByteCountMax {
                executions.removeAll { $0 === execution }
            }
        }
        try execution.rewind()
        try read()
        isKept = true
    }

    private func exclusively<Output>(_ body: () throws -> Output) throws -> Output {
        if isRunning {
            throw NQLError.runtime(
                .argument, "StatementIsRunning",
                "The prepared statement is running: its rows are being read.",
                hint: "Prepare another one for what is to run meanwhile.")
        }
        try session.database.engine.demandOpen()
        isRunning = true
        defer { isRunning = false }
        return try body()
    }

    // MARK: Executions

    /// An execution that has begun with the values; nil where the run needs its own.
    private func beginKept() throws -> PreparedExecution? {
        let now = session.database.plans.generation
        if now != generation {
            generation = now
            executions.removeAll()
        }
        var place = 0
        while place < executions.count {
            let execution = executions[place]
            switch try begin(execution) {
            case .begun:
                if place > 0 { executions.swapAt(0, place) }
                return execution
            case .otherTypes: place += 1
            case .superseded: executions.remove(at: place)
            }
        }
        for _ in 0 ..< PreparedStatement.tryCountMax {
            guard let fresh = try session.execution(of: text, names, values) else { return nil }
            guard try begin(fresh) == .begun else { continue }
            executions.insert(fresh, at: 0)
            if executions.count > PreparedStatement.executionCountMax { executions.removeLast() }
            return fresh
        }
        return nil
    }

    /// A plan that does not suit the values is left to others.
    private func begin(_ execution: PreparedExecution) throws -> PreparedExecution.Beginning {
        let beginning = try execution.begin(
            values, timeoutMilliseconds: session.limits.timeoutMilliseconds)
        guard beginning == .begun, execution.dependsOnValues else { return beginning }
        if execution.plan.suits(parameters, execution.knowledge) { return .begun }
        execution.end()
        return .otherTypes
    }
}

/// A row while it is there, in the memory of the engine.
public struct ResultRow: ~Copyable {
    private let execution: PreparedExecution?
    private let place: Int
    private let copied: [Value]
    private let names: [String]

    fileprivate init(_ execution: PreparedExecution, _ place: Int) {
        self.execution = execution
        self.place = place
        copied = []
        names = execution.plan.columns
    }

    fileprivate init(_ row: Row) {
        execution = nil
        place = 0
        copied = row.values
        names = row.columns
    }

    /// The column names in order.
    public var columns: [String] { names }

    /// A value.
    ///
    /// - Throws: `ArgumentError` when the row has fewer columns.
    public func value(_ column: Int) throws -> Value {
        try check(column)
        return try execution?.value(row: place, column: column) ?? copied[column]
    }

    /// A value as a Swift value. Numbers, truth values and strings of up to 15 bytes are made
    /// without allocating memory.
    ///
    /// - Throws: `TypeError` when the value is of another type, `ArgumentError` as `value`.
    public func get<T: ValueConvertible>(_ column: Int, as type: T.Type = T.self) throws -> T {
        let value = try value(column)
        if let converted = T(value: value) { return converted }
        throw Row.unexpected(value, T.valueTypeName, column: names[column])
    }

    /// Whether a value is null.
    ///
    /// - Throws: as `value`.
    public func isNull(_ column: Int) throws -> Bool {
        try check(column)
        return try execution?.isNull(row: place, column: column) ?? (copied[column] == .null)
    }

    /// Calls `body` with the UTF-8 bytes of a string, which are there during the call only; nil
    /// where the value is no string.
    ///
    /// - Throws: as `value`, and what `body` throws.
    public func withUTF8<Output>(
        _ column: Int, _ body: (UnsafeRawBufferPointer) throws -> Output
    ) throws -> Output? {
        try check(column)
        if let execution { return try execution.withUTF8(row: place, column: column, body) }
        guard case .string(var text) = copied[column] else { return nil }
        return try text.withUTF8 { try body(UnsafeRawBufferPointer($0)) }
    }

    /// All values.
    func values() throws -> [Value] {
        var values: [Value] = []
        values.reserveCapacity(names.count)
        for column in names.indices { values.append(try value(column)) }
        return values
    }

    private func check(_ column: Int) throws {
        guard names.indices.contains(column) else {
            throw NQLError.runtime(
                .argument, "UnknownColumn",
                "The result has \(names.count) columns; there is none at \(column).")
        }
    }
}

extension Database {
    /// Prepares a statement for many runs.
    ///
    /// - Parameters:
    ///   - text: one statement; a closing `;` is allowed.
    ///   - cancellation: interrupts its runs.
    /// - Throws: `NQLError` for a text that is no statement.
    public func prepare(
        _ text: String, cancellation: Cancellation = Cancellation()
    ) throws -> PreparedStatement {
        try PreparedStatement(text, Session(self, cancellation: cancellation))
    }
}

extension Session {
    /// Reads a text as a statement.
    ///
    /// - Throws: `SyntaxError`.
    fileprivate func parse(_ text: String) throws {
        _ = try interruptible { _ in try charging(text) { try parseStatement(text) } }
    }

    /// The running form of a statement for parameters of these names and types; nil where every
    /// run needs its own.
    fileprivate func execution(
        of text: String, _ names: [String], _ values: [Value]
    ) throws -> PreparedExecution? {
        let bound = zip(names, values).map { (name: $0, value: $1) }
        var parameters: [String: Value] = [:]
        for parameter in bound { parameters[parameter.name] = parameter.value }
        return try interruptible { interruption in
            try charging(text) {
                let key = planKey(text, parameters)
                let prepared = try prepare(key)
                guard !prepared.isWriting else { return nil }
                let run = StatementRun(
                    session: self, transaction: try database.engine.beginRead(),
                    parameters: parameters, interruption: interruption)
                return try run.keptExecution(prepared, key, bound)
            }
        }
    }
}
