// BatchedStatement: `CALL { … } IN TRANSACTIONS`. The statement is cut at that clause. What stands
// before it is read from one snapshot; its rows go, so many at a time, through the body in
// transactions of their own, one after the other (a database has one writer, so CONCURRENT changes
// nothing); what stands behind runs over all rows that came out.
//
// A transaction is committed before the next one begins: what was committed stays, whatever happens
// to later ones or to the process. A node or relationship that an earlier transaction deleted is
// null to those behind it, because its number may be another one's by then.

import Glibc
import NQLPlan
import NQLPlanner
import NQLSyntax
import NenCore
import NenEngine

/// Runs one statement with subqueries in transactions of their own.
final class BatchedStatement {
    /// How long RETRY tries where the statement does not say.
    static let usualRetrySeconds = 30.0

    private let session: Session
    private let parameters: [String: Value]
    private var counters = Counters()
    private var deletedNodes: Set<UInt32> = []
    private var deletedRelationships: Set<UInt32> = []
    private var nextTransaction = 1
    private let interruption: Interruption
    /// What the rows that are kept between two transactions take.
    private let account: MemoryAccount

    init(_ session: Session, _ parameters: [String: Value], _ interruption: Interruption) {
        self.session = session
        self.parameters = parameters
        self.interruption = interruption
        account = MemoryAccount(
            .statement, limitBytes: session.limits.memoryBudgetBytes,
            parent: session.database.memory)
    }

    private static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
    }

    /// Runs the statement.
    ///
    /// - Throws: `NQLError`; transactions that were committed before stay so.
    func run(_ query: Query) throws -> QueryResult {
        // All of it is planned once, so that errors come before anything is changed.
        let plan = try planned(query, parameters)
        return try run(query, rows: nil, notifications: plan.notifications)
    }

    private func statement(
        in transaction: EngineTransaction, _ values: [String: Value]
    ) -> StatementRun {
        StatementRun(
            session: session, transaction: transaction, parameters: values,
            interruption: interruption)
    }

    private func planned(_ query: Query, _ values: [String: Value]) throws -> PhysicalPlan {
        let open = try session.database.engine.beginRead()
        return try statement(in: open, values).plan(query)
    }

    /// - Parameter rows: the rows that the query begins with, where it is the rest of another.
    private func run(
        _ query: Query, rows: Value?, notifications: [PlanNotification]
    ) throws -> QueryResult {
        var values = parameters
        values[RowQuery.parameter] = rows
        guard let (index, call, batches) = query.firstBatchedCall else {
            return try finish(query, values, notifications)
        }
        let clauses = query.parts[0].clauses
        let source = RowQuery.returningAll(Array(clauses[..<index]), span: query.span)
        let read = try session.database.engine.beginRead()
        let reading = statement(in: read, values)
        let plan = try reading.plan(source)
        let input = QueryResult(try reading.start(plan, isProfiled: false), plan: plan)
        let names = plan.columns.filter { !RowQuery.isHidden($0) }
        let places = names.compactMap { plan.columns.firstIndex(of: $0) }
        var plain = call
        plain.batches = nil
        let clause = Clause(.callSubquery(plain), clauses[index].span)
        let body = RowQuery.returningAll(
            RowQuery.query(columns: names, [clause], span: query.span).parts[0].clauses,
            span: query.span)
        let batch = Batch(
            query: body, columns: names, rules: try rules(batches, values),
            status: batches.status?.text, span: batches.span,
            keepsRows: index < clauses.count - 1)
        let output = try run(batch, input, places, values)
        if index == clauses.count - 1 {
            return QueryResult(columns: [], counters: counters, notifications: notifications)
        }
        let rest = RowQuery.query(
            columns: output.columns, Array(clauses[(index + 1)...]), span: query.span)
        return try run(rest, rows: .list(output.rows), notifications: notifications)
    }

    /// Runs what stands behind the last subquery, in a transaction of its own.
    private func finish(
        _ query: Query, _ values: [String: Value], _ notifications: [PlanNotification]
    ) throws -> QueryResult {
        let engine = session.database.engine
        let isWriting = query.updates
        let own = try isWriting ? engine.beginWrite() : engine.beginRead()
        do {
            var living = values
            living[RowQuery.parameter] = try values[RowQuery.parameter].map {
                try alive($0, own)
            }
            let run = statement(in: own, living)
            var plan = try run.plan(query)
            plan.notifications = notifications
            let cursor = try run.start(plan, isProfiled: false)
            let result = QueryResult(cursor, plan: plan, before: counters)
            if isWriting { try own.commit() }
            return result
        } catch {
            if isWriting { try? own.rollback() }
            throw error
        }
    }
}

// MARK: Batches

extension BatchedStatement {
    /// What holds for every transaction of one subquery.
    private struct Rules {
        var rowCount: Int
        var onError: BatchErrorAction
        /// nil: failures are not tried again.
        var retrySeconds: Double?
    }

    private struct Batch {
        var query: Query
        /// Columns of the rows that come in.
        var columns: [String]
        var rules: Rules
        var status: String?
        var span: SourceSpan
        /// Whether anything reads the rows that come out.
        var keepsRows: Bool
        var plan: PhysicalPlan?
        var stateOfPlan: UInt64 = 0
    }

    private func rules(
        _ batches: TransactionBatches, _ values: [String: Value]
    ) throws -> Rules {
        var rules = Rules(
            rowCount: TransactionBatches.usualRowCount, onError: batches.onError,
            retrySeconds: nil)
        if let count = batches.rowCount {
            rules.rowCount = try positive(count, values, "OF … ROWS")
        }
        if let count = batches.concurrency {
            _ = try positive(count, values, "CONCURRENT TRANSACTIONS")
        }
        if let retry = batches.retry {
            rules.retrySeconds = BatchedStatement.usualRetrySeconds
            if let seconds = retry.seconds {
                switch try constant(seconds, values) {
                case .integer(let number): rules.retrySeconds = Double(number)
                case .float(let number): rules.retrySeconds = number
                default:
                    throw NQLError.runtime(
                        .argument, "InvalidArgumentType", "RETRY FOR takes a number of seconds.",
                        at: seconds.span)
                }
            }
        }
        return rules
    }

    private func positive(
        _ expression: Expression, _ values: [String: Value], _ what: String
    ) throws -> Int {
        guard case .integer(let number) = try constant(expression, values) else {
            throw NQLError.runtime(
                .argument, "InvalidArgumentType", "\(what) takes an Integer.",
                at: expression.span)
        }
        guard number > 0 else {
            throw NQLError.runtime(
                .argument, "NegativeIntegerArgument",
                "\(what) must be positive, not \(number).", at: expression.span)
        }
        return Int(clamping: number)
    }

    private func constant(_ expression: Expression, _ values: [String: Value]) throws -> Value {
        let read = try session.database.engine.beginRead()
        return try statement(in: read, values).constant(expression)
    }

    /// Sends the rows of `input` through the body.
    private func run(
        _ first: Batch, _ input: QueryResult, _ places: [Int], _ values: [String: Value]
    ) throws -> (columns: [String], rows: [Value]) {
        var batch = first
        let inner = try planned(
            batch.query, values.merging([RowQuery.parameter: .list([])]) { _, new in new })
        let names = inner.columns.filter { !RowQuery.isHidden($0) }
        let columns = names + (batch.status.map { [$0] } ?? [])
        var output: [Value] = []
        var isBroken = false
        var isAtEnd = false
        while !isAtEnd {
            var rows: [Value] = []
            while rows.count < batch.rules.rowCount {
                guard let row = try input.next() else {
                    isAtEnd = true
                    break
                }
                rows.append(.list(places.map { row.values[$0] }))
            }
            if rows.isEmpty { break }
            try interruption.check()
            var outcome = Outcome(rows: [], columns: [], status: [:])
            if isBroken {
                outcome = skipped(rows, batch)
            } else {
                do {
                    outcome = try attempt(&batch, rows, values)
                } catch let error as NQLError where batch.rules.onError != .fail {
                    if error.code == .interrupted { throw error }
                    isBroken = batch.rules.onError == .break
                    outcome = failed(rows, batch, error)
                }
            }
            guard batch.keepsRows else { continue }
            let arranged = arranged(outcome, names, batch)
            try account.charge(
                arranged.reduce(0) { $0 + $1.memoryByteCount }, for: .results)
            output.append(contentsOf: arranged)
        }
        return (columns, output)
    }

    /// The rows that one transaction gave.
    private struct Outcome {
        var rows: [[Value]]
        var columns: [String]
        var status: [String: Value]
    }

    /// Rows in the order of `names`, null where a transaction that failed has no column.
    private func arranged(_ outcome: Outcome, _ names: [String], _ batch: Batch) -> [Value] {
        let places = names.map { outcome.columns.firstIndex(of: $0) }
        return outcome.rows.map { row in
            var cells = places.map { $0.map { row[$0] } ?? .null }
            if batch.status != nil { cells.append(.map(outcome.status)) }
            return .list(cells)
        }
    }

    private func skipped(_ rows: [Value], _ batch: Batch) -> Outcome {
        outcome(rows, batch, started: false, committed: false, name: .null, message: .null)
    }

    private func failed(_ rows: [Value], _ batch: Batch, _ error: NQLError) -> Outcome {
        outcome(
            rows, batch, started: true, committed: false, name: transactionName(),
            message: .string(error.description))
    }

    private func outcome(
        _ rows: [Value], _ batch: Batch, started: Bool, committed: Bool, name: Value,
        message: Value
    ) -> Outcome {
        var plain: [[Value]] = []
        for case .list(let values) in rows { plain.append(values) }
        return Outcome(
            rows: plain, columns: batch.columns,
            status: [
                "started": .boolean(started), "committed": .boolean(committed),
                "transactionId": name, "errorMessage": message,
            ])
    }

    private func transactionName() -> Value {
        defer { nextTransaction += 1 }
        return .string("transaction-\(nextTransaction)")
    }

    /// One transaction, tried again where that may help.
    private func attempt(
        _ batch: inout Batch, _ rows: [Value], _ values: [String: Value]
    ) throws -> Outcome {
        let start = BatchedStatement.now()
        while true {
            do {
                return try transact(&batch, rows, values)
            } catch let error as NQLError where error.code == .busy {
                let passed = Double(BatchedStatement.now() - start) / 1_000
                guard let seconds = batch.rules.retrySeconds, passed < seconds else {
                    throw error
                }
                try interruption.check()
                usleep(1_000)
            }
        }
    }

    private func transact(
        _ batch: inout Batch, _ rows: [Value], _ values: [String: Value]
    ) throws -> Outcome {
        let engine = session.database.engine
        let isWriting = batch.query.updates
        let own = try isWriting ? engine.beginWrite() : engine.beginRead()
        do {
            var given = values
            given[RowQuery.parameter] = try alive(.list(rows), own)
            let run = statement(in: own, given)
            let state = GraphFacts.fingerprint(
                catalog: own.catalog, statistics: own.statistics,
                estimateEra: own.estimateEra, isWrite: own.isWrite)
            let known = batch.stateOfPlan == state ? batch.plan : nil
            let plan = try known ?? run.plan(batch.query)
            batch.plan = plan
            batch.stateOfPlan = state
            let cursor = try run.start(plan, isProfiled: false)
            let result = QueryResult(cursor, plan: plan)
            var found: [[Value]] = []
            while let row = try result.next() {
                if batch.keepsRows { found.append(row.values) }
            }
            if isWriting {
                let gone = own.deletedEntities
                try own.commit()
                deletedNodes.formUnion(gone.nodes)
                deletedRelationships.formUnion(gone.relationships)
            }
            counters = counters + result.counters
            return Outcome(
                rows: found, columns: plan.columns,
                status: [
                    "started": .boolean(true), "committed": .boolean(true),
                    "transactionId": transactionName(), "errorMessage": .null,
                ])
        } catch {
            if isWriting { try? own.rollback() }
            throw error
        }
    }

    /// The value with null in the place of entities that are there no longer.
    private func alive(_ value: Value, _ open: EngineTransaction) throws -> Value {
        switch value {
        case .node(let node):
            let isGone = try deletedNodes.contains(node.id) || !open.exists(node: node.id)
            return isGone ? .null : value
        case .relationship(let relationship):
            let id = relationship.id
            let isGone = try deletedRelationships.contains(id)
                || !open.exists(relationship: id)
            return isGone ? .null : value
        case .path(let path):
            for node in path.nodes where try alive(.node(node), open) == .null { return .null }
            for relationship in path.relationships
            where try alive(.relationship(relationship), open) == .null { return .null }
            return value
        case .list(let items): return .list(try items.map { try alive($0, open) })
        case .map(let entries): return .map(try entries.mapValues { try alive($0, open) })
        default: return value
        }
    }
}
