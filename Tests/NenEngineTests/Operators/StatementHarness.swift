// StatementHarness: runs texts and hand-built plans on a database in memory, for the executor's
// tests.

import NQLPlan
import NQLPlanner
import NQLSyntax
import NenCore
import Testing

@testable import NenEngine

/// A database in memory and short ways to use it.
struct StatementHarness {
    let engine: Engine
    var options = ExecutionOptions()
    /// Optimizer rules that are switched off.
    var disabledRules: Set<String> = []
    /// A kind of step that is taken wherever there is one.
    var forcedCandidate: PlanCandidate?

    init() throws {
        engine = try Engine.inMemory()
    }

    /// A database whose temporary files are on `disk`.
    init(temporaryFilesIn disk: SimulatedDisk, limitBytes: Int = .max) throws {
        var options = EngineOptions()
        options.temporaryLimitBytes = limitBytes
        engine = try Engine.inMemory(options: options, temporaryFilesIn: disk)
    }

    /// What operators of a reading statement work in.
    func context(_ view: GraphView) -> ExecutionContext {
        let statement = StatementState(options: ExecutionOptions(), interruption: Interruption())
        let time = DateTimeValue(epochSeconds: 0, nanosecond: 0, offsetSeconds: 0)
        let function = FunctionContext(
            base: view.base, arena: Arena(pool: statement.pool), graph: view,
            statementTime: time, transactionTime: time)
        return ExecutionContext(
            statement: statement, graph: view, transaction: nil,
            procedures: ProcedureTable([:]), files: engine.files, function: function)
    }

    /// What a statement gave.
    struct Outcome {
        var rows: [[Value]]
        var counters: UpdateCounters
    }

    /// The plan of a text.
    func plan(
        _ text: String, _ parameters: [String: Value] = [:], in transaction: EngineTransaction
    ) throws -> PhysicalPlan {
        let statement = try parseStatement(text)
        guard case .query(let query) = statement.kind else {
            throw NQLError.runtime(.syntax, nil, "`\(text)` is no query")
        }
        let context = PlannerContext(
            catalog: transaction.catalog, statistics: transaction.statistics,
            functions: engine.functionLibrary, evaluator: transaction.constantEvaluator,
            knowledge: transaction.knowledge,
            options: PlannerOptions(
                disabledRules: disabledRules, forcedCandidate: forcedCandidate,
                threads: options.threads))
        return try planQuery(query, context: context, parameters: parameters)
    }

    /// Runs a text in a transaction of its own.
    @discardableResult
    func run(_ text: String, _ parameters: [String: Value] = [:]) throws -> Outcome {
        let write = try engine.beginWrite()
        do {
            let plan = try plan(text, parameters, in: write)
            if plan.isWriting {
                let outcome = try execute(plan, parameters, in: write)
                try write.commit()
                return outcome
            }
            try write.rollback()
            return try execute(plan, parameters, in: try engine.beginRead())
        } catch {
            try? write.rollback()
            throw error
        }
    }

    /// The rows of a text.
    func rows(_ text: String, _ parameters: [String: Value] = [:]) throws -> [[Value]] {
        try run(text, parameters).rows
    }

    /// The only value of the only row.
    func value(_ text: String, _ parameters: [String: Value] = [:]) throws -> Value {
        let rows = try rows(text, parameters)
        try #require(rows.count == 1 && rows[0].count == 1, "\(rows)")
        return rows[0][0]
    }

    /// Runs a plan to its end.
    func execute(
        _ plan: PhysicalPlan, _ parameters: [String: Value] = [:],
        in transaction: EngineTransaction
    ) throws -> Outcome {
        let cursor = try transaction.execute(plan, parameters: parameters, options: options)
        var rows: [[Value]] = []
        while let batch = try cursor.nextBatch() {
            for row in 0 ..< batch.rowCount { rows.append(try batch.row(row)) }
        }
        return Outcome(rows: rows, counters: cursor.counters)
    }

    /// Runs a hand-built plan whose root yields `slots`.
    func execute(_ root: PhysicalOperator, _ slots: [Slot], slotCount: Int) throws -> [[Value]] {
        let columns = slots.map { ResultColumn(name: "c\($0)", slot: $0) }
        let top = PlanSketch.make(.produceResults(columns), [root], slots)
        let plan = PhysicalPlan(
            slots: (0 ..< slotCount).map { SlotInfo(name: "s\($0)", type: .any) }, root: top,
            columns: columns.map(\.name), isWriting: false, parameters: [],
            memory: MemoryForecast(floorBytes: 0, peakBytes: 0), notifications: [])
        return try execute(plan, in: try engine.beginRead()).rows
    }

    /// The error that a text raises.
    func error(_ text: String, _ parameters: [String: Value] = [:]) -> NQLError? {
        do {
            try run(text, parameters)
            return nil
        } catch {
            return error as? NQLError
        }
    }
}

/// Short ways to write plans by hand.
enum PlanSketch {
    static func leaf(_ kind: OperatorKind, _ output: [Slot]) -> PhysicalOperator {
        make(kind, [], output)
    }

    static func make(
        _ kind: OperatorKind, _ inputs: [PhysicalOperator], _ output: [Slot], rows: Double = 1
    ) -> PhysicalOperator {
        PhysicalOperator(
            kind, inputs: inputs, output: output.sorted(),
            estimate: OperatorEstimate(rows: rows, cost: 0, bytes: 0), id: 0)
    }

    static func slot(_ slot: Slot, _ type: NQLType = .any) -> PlanExpression {
        PlanExpression(.slot(slot), type: type)
    }

    static func property(_ slot: Slot, _ key: String) -> PlanExpression {
        PlanExpression(.property(self.slot(slot), key: key), type: .any)
    }

    static func constant(_ value: Value) -> PlanExpression {
        PlanExpression(.constant(value), type: .any)
    }

    static func binary(
        _ symbol: BinaryOperator, _ left: PlanExpression, _ right: PlanExpression
    ) -> PlanExpression {
        PlanExpression(.binary(symbol, left, right), type: .any)
    }

    static func step(
        from: Slot, _ relationship: Slot?, to: Slot, _ types: [String] = [],
        _ direction: PatternDirection = .outgoing, labels: PlanLabels? = nil,
        differentFrom: [Slot] = []
    ) -> ExpandSpec {
        ExpandSpec(
            from: from, relationship: relationship, to: to, types: types,
            direction: direction, toLabels: labels, differentFrom: differentFrom)
    }
}

/// Rows without order, for comparison.
func bag(_ rows: [[Value]]) -> [[Value]: Int] {
    var result: [[Value]: Int] = [:]
    for row in rows { result[row, default: 0] += 1 }
    return result
}
