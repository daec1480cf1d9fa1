// StatementRun: one statement on its way through planner and engine, within one transaction.

import NQLPlan
import NQLPlanner
import NQLSyntax
import NenCore
import NenEngine

/// A statement with its transaction and parameters.
struct StatementRun {
    let session: Session
    let transaction: EngineTransaction
    let parameters: [String: Value]
    /// The deadline and the cancellation of the whole statement.
    let interruption: Interruption

    private var database: Database { session.database }

    // MARK: Queries

    /// Plans, admits and runs a query.
    func query(_ prepared: CachedStatement, _ key: PlanKey) throws -> QueryResult {
        switch prepared.statement.mode {
        case .explain(let asked):
            let style = shown(asked)
            let plan = try plan(prepared.statement, keepsTrace: style.needsTrace)
            let text = NQLPlan.explain(remembering(plan, prepared), style)
            return QueryResult(
                columns: ["plan"], rows: [[.string(text)]], notifications: plan.notifications)
        case .profile(let asked):
            let style = shown(asked)
            let plan = try style.needsTrace
                ? plan(prepared.statement, keepsTrace: true) : planned(prepared, key)
            let told = remembering(plan, prepared)
            let cursor = try start(told, isProfiled: true, note(told, prepared, key))
            while try cursor.nextBatch() != nil {}
            let text = NQLPlan.explain(told, style, profile: measured(cursor.profile))
            return QueryResult(
                columns: ["plan"], rows: [[.string(text)]], counters: cursor.counters,
                notifications: plan.notifications)
        case .run:
            let plan = remembering(try planned(prepared, key), prepared)
            return QueryResult(
                try start(plan, isProfiled: false, note(plan, prepared, key)), plan: plan)
        }
    }

    /// The style of a plan, JSON where the session wants that and the statement names none.
    private func shown(_ style: ExplainStyle) -> ExplainStyle {
        guard session.showsPlansAsJSON, style.format == .table else { return style }
        return ExplainStyle(.json, isVerbose: style.isVerbose)
    }

    /// The plan, whose expected peak is that of earlier runs where there were any: they know how
    /// many rows there are and how wide.
    private func remembering(_ plan: PhysicalPlan, _ prepared: CachedStatement) -> PhysicalPlan {
        guard let fingerprint = prepared.fingerprint,
            let known = transaction.feedback(fingerprint)
        else { return plan }
        var told = plan
        let peak = known.runs.predictedBytes(entityCount: known.entityCount)
        told.memory.peakBytes = peak
        // A run that did with less has shown that the floor is lower.
        told.memory.floorBytes = min(told.memory.floorBytes, peak)
        told.memory.earlierRunCount = Int(clamping: known.runs.runCount)
        return told
    }

    private func note(
        _ plan: PhysicalPlan, _ prepared: CachedStatement, _ key: PlanKey
    ) -> StatementNote {
        StatementNote(
            text: key.text, predictedBytes: plan.memory.peakBytes,
            predictedNanoseconds: plan.root.estimate.cost, fingerprint: prepared.fingerprint)
    }

    /// The engine's measurements as the plan's text shows them.
    private func measured(
        _ profile: [Int: NenEngine.OperatorProfile]
    ) -> [Int: NQLPlan.OperatorProfile] {
        profile.mapValues { operation in
            NQLPlan.OperatorProfile(
                rows: UInt64(max(0, operation.rows)),
                nanoseconds: UInt64(max(0, operation.nanoseconds)),
                bytes: UInt64(max(0, operation.bytes)),
                spilledBytes: UInt64(max(0, operation.spilledBytes)))
        }
    }

    /// Admits a plan and starts it.
    ///
    /// - Parameter note: what is told of it while it runs; nil for a part of another statement.
    func start(
        _ plan: PhysicalPlan, isProfiled: Bool, _ note: StatementNote? = nil
    ) throws -> EngineCursor {
        try admit(plan)
        return try transaction.execute(
            plan, parameters: parameters,
            options: options(isProfiled: isProfiled, note: note), interruption: interruption)
    }

    /// The running form of a reading query, to be kept for later runs; nil where each run needs its
    /// own.
    ///
    /// - Parameter values: the parameters in the order in which later runs give them.
    func keptExecution(
        _ prepared: CachedStatement, _ key: PlanKey, _ values: [(name: String, value: Value)]
    ) throws -> PreparedExecution? {
        guard case .query = prepared.statement.kind, case .run = prepared.statement.mode,
            !prepared.isWriting
        else { return nil }
        let plan = try planned(prepared, key)
        try admit(plan)
        let note = StatementNote(
            text: key.text, predictedBytes: plan.memory.peakBytes,
            predictedNanoseconds: plan.root.estimate.cost, fingerprint: nil)
        return try PreparedExecution(
            plan, transaction, parameters: values, options: options(note: note),
            interruption: interruption)
    }

    /// The session's limits as the engine takes them.
    func options(isProfiled: Bool = false, note: StatementNote? = nil) -> ExecutionOptions {
        let limits = session.limits
        return ExecutionOptions(
            memoryBudgetBytes: max(0, limits.memoryBudgetBytes - session.textBytes),
            threads: limits.threadCount,
            isProfiling: isProfiled, note: note)
    }

    /// Turns a query away that cannot run within its budget.
    private func admit(_ plan: PhysicalPlan) throws {
        let budget = session.limits.memoryBudgetBytes
        let floor = plan.memory.floorBytes
        if floor > Double(budget) {
            throw NQLError(
                .memory, "MemoryFloorExceedsBudget", phase: .compile,
                "The query needs at least \(ByteCount.text(floor)) of memory; memory_budget is "
                    + "\(ByteCount.text(Double(budget))).",
                hint: "Raise memory_budget, or make the query sort, group or collect less.")
        }
        let peak = plan.memory.peakBytes
        if session.limits.admission == .predicted, peak > Double(budget) {
            throw NQLError(
                .memory, "PredictedMemoryExceedsBudget", phase: .compile,
                "The query is expected to need \(ByteCount.text(peak)) of memory; memory_budget is "
                    + "\(ByteCount.text(Double(budget))) and memory_admission is 'predicted'.",
                hint: "Raise memory_budget, or set memory_admission to 'floor'.")
        }
    }

    // MARK: Plans

    private func planned(_ prepared: CachedStatement, _ key: PlanKey) throws -> PhysicalPlan {
        let state = GraphFacts.fingerprint(
            catalog: transaction.catalog, statistics: transaction.statistics,
            estimateEra: transaction.estimateEra, isWrite: transaction.isWrite)
        if prepared.stateOfPlans == state {
            let knowledge = transaction.knowledge
            for plan in prepared.plans where plan.suits(parameters, knowledge) { return plan }
        }
        var fresh = prepared
        let plan = try plan(prepared.statement, keepsTrace: false)
        fresh.keep(plan, for: state)
        database.plans.keep(fresh, for: key)
        return plan
    }

    private func plan(_ statement: Statement, keepsTrace: Bool) throws -> PhysicalPlan {
        guard case .query(let query) = statement.kind else {
            preconditionFailure("a plan for a statement that is no query: \(statement.kind)")
        }
        return try plan(query, keepsTrace: keepsTrace)
    }

    /// The plan of a query for this transaction's state.
    func plan(_ query: Query, keepsTrace: Bool = false) throws -> PhysicalPlan {
        let options = PlannerOptions(
            disabledRules: session.limits.disabledRules,
            forcedCandidate: session.limits.forcedCandidate.flatMap(PlanCandidate.init(rawValue:)),
            memoryBudgetBytes: UInt64(max(0, session.limits.memoryBudgetBytes)),
            threads: transaction.isWrite ? 1 : session.limits.threadCount,
            keepsTrace: keepsTrace)
        let evaluator = transaction.constantEvaluator
        let context = PlannerContext(
            catalog: transaction.catalog, statistics: transaction.statistics,
            functions: database.engine.functionLibrary, evaluator: evaluator,
            knowledge: transaction.knowledge, options: options)
        var plan = try planQuery(query, context: context, parameters: parameters)
        plan.constantByteCount = evaluator.keptByteCount
        return plan
    }

    /// The plan as text.
    func explainText(_ prepared: CachedStatement, _ style: ExplainStyle) throws -> String {
        let plan = try plan(prepared.statement, keepsTrace: style.needsTrace)
        return NQLPlan.explain(remembering(plan, prepared), style)
    }
}

extension ExplainStyle {
    /// Whether it shows how the plan came about.
    fileprivate var needsTrace: Bool { isVerbose || format != .table }
}

/// Numbers of bytes as people read them.
enum ByteCount {
    /// Such as `512 bytes`, `64 KiB`, `1.5 GiB`.
    static func text(_ bytes: Double) -> String {
        let units = ["KiB", "MiB", "GiB", "TiB", "PiB"]
        if bytes < 1_024 { return "\(Int(bytes)) bytes" }
        var value = bytes
        var unit = -1
        while value >= 1_024, unit < units.count - 1 {
            value /= 1_024
            unit += 1
        }
        let rounded = (value * 10).rounded() / 10
        let isWhole = rounded == rounded.rounded() || rounded >= 100
        return (isWhole ? "\(Int(rounded))" : "\(rounded)") + " " + units[unit]
    }
}
