// WorkloadRun: the graph of a workload file at its small size, and its cases with all rules of the
// optimizer and with none, each in a transaction that is rolled back.

import Foundation
import NQLSyntax
import NenDB

/// What is wrong with a case.
struct WorkloadFault: CustomStringConvertible {
    enum Kind: String {
        /// An operator that the plan must have, or must not have.
        case plan
        /// More rows than `touches at most` says.
        case rows
        /// More rows than without rules.
        case moreRows = "more rows"
        /// More rows than the plan says that there can be.
        case bound
        /// Another result than without rules, or than `answer`.
        case result
    }

    var kind: Kind
    var text: String
    var description: String { "\(kind.rawValue): \(text)" }
}

/// Runs the cases of a file.
struct WorkloadRun {
    /// What a statement gave, as text, and what its operators handed out.
    private struct Outcome {
        var results: [[String]]
        var plan: [PlanLine]
        var rowCount: Int { plan.reduce(0) { $0 + ($1.actualRows ?? 0) } }
    }

    private let database: Database
    private let ruled: Session
    private let bare: Session
    private let temporary: TemporaryFolder
    private var sizes: [String: Value]

    /// Nothing here takes so long unless it never ends.
    private static let timeoutMilliseconds = 60_000

    init(head: [String: [String]]) throws {
        temporary = try TemporaryFolder()
        var options = DatabaseOptions()
        options.fileAccess = .directories(reading: [temporary.path], writing: [temporary.path])
        options.limits.threadCount = 1
        options.limits.timeoutMilliseconds = Self.timeoutMilliseconds
        database = try Database.inMemory(options: options)
        ruled = database.session()
        bare = database.session()
        bare.limits.disabledRules = Set(OptimizerRules.names)
        sizes = ["temporary": .string(temporary.path)]
        try evaluate(head["small"] ?? [], into: &sizes)
        for piece in pieces((head["graph"] ?? []).joined(separator: "\n")) {
            _ = try ruled.run(piece, sizes).rows()
        }
    }

    private func pieces(_ script: String) -> [String] {
        var splitter = StatementSplitter()
        var pieces = splitter.feed(script)
        if let last = splitter.finish() { pieces.append(last) }
        return pieces.map(\.text)
    }

    /// Lines `name = expression`, each of which sees the ones before.
    private func evaluate(_ lines: [String], into values: inout [String: Value]) throws {
        for line in lines {
            let parts = line.split(separator: "=", maxSplits: 1)
            guard parts.count == 2 else {
                throw CorpusProblem("`name = expression` expected, not `\(line)`")
            }
            let name = parts[0].trimmingCharacters(in: .whitespaces)
            values[name] = try value(String(parts[1]), values)
        }
    }

    private func value(_ expression: String, _ values: [String: Value]) throws -> Value? {
        try ruled.run("RETURN \(expression) AS v", values).rows().first?.values.first
    }

    /// The faults of a case; an empty list when all is as an expert expects.
    func faults(_ workload: WorkloadCase) throws -> [WorkloadFault] {
        var values = sizes
        try evaluate(workload.sections["parameters"] ?? [], into: &values)
        let outcome = try outcome(workload, values, ruled)
        var faults: [WorkloadFault] = []
        for condition in try workload.planConditions() where !condition.holds(outcome.plan) {
            faults.append(WorkloadFault(kind: .plan, text: "`\(condition.line)` does not hold"))
        }
        for line in outcome.plan {
            guard let rows = line.actualRows, let bound = line.bound, rows > bound else { continue }
            let text = "\(line.title) \(line.details): \(rows) rows, at most \(bound) said"
            faults.append(WorkloadFault(kind: .bound, text: text))
        }
        if let expression = workload.text("touches at most") {
            guard case .integer(let bound)? = try value(expression, values) else {
                throw CorpusProblem("`touches at most` is no integer")
            }
            if outcome.rowCount > bound {
                let text = "\(outcome.rowCount) are touched, at most \(bound) expected"
                faults.append(WorkloadFault(kind: .rows, text: text))
            }
        }
        if workload.sections["only with rules"] == nil {
            faults += compare(outcome, try self.outcome(workload, values, bare))
        }
        if let answer = workload.text("answer") {
            let rows = try text(ruled.run(answer, values), workload)
            // Counters aside: an answer changes nothing.
            if rows.dropLast() != outcome.results.last?.dropLast() {
                faults.append(WorkloadFault(kind: .result, text: "not the answer"))
            }
        }
        return faults
    }

    private func compare(_ outcome: Outcome, _ plain: Outcome) -> [WorkloadFault] {
        var faults: [WorkloadFault] = []
        if outcome.results != plain.results {
            faults.append(WorkloadFault(kind: .result, text: "not the one without rules"))
        }
        if Double(outcome.rowCount) > 1.2 * Double(plain.rowCount) + 100 {
            let text = "\(outcome.rowCount) with rules, \(plain.rowCount) without"
            faults.append(WorkloadFault(kind: .moreRows, text: text))
        }
        return faults
    }

    private func outcome(
        _ workload: WorkloadCase, _ values: [String: Value], _ session: Session
    ) throws -> Outcome {
        guard let query = workload.text("query") else {
            throw CorpusProblem("`query` is missing")
        }
        let results = try within(session, workload, values) {
            var results = [try text(session.run(query, values), workload)]
            if let then = workload.text("then") {
                results.append(try text(session.run(then, values), workload))
            }
            return results
        }
        let plan = try within(session, workload, values) {
            try session.run("PROFILE VERBOSE " + query, values).rows()[0].values[0].displayText
        }
        return Outcome(results: results, plan: PlanLine.read(plan))
    }

    /// Runs `body` behind the case's setup in a transaction that is rolled back.
    private func within<T>(
        _ session: Session, _ workload: WorkloadCase, _ values: [String: Value],
        _ body: () throws -> T
    ) throws -> T {
        _ = try session.run("BEGIN").rows()
        do {
            for piece in pieces(workload.text("setup") ?? "") {
                _ = try session.run(piece, values).rows()
            }
            let result = try body()
            _ = try session.run("ROLLBACK").rows()
            return result
        } catch {
            _ = try? session.run("ROLLBACK").rows()
            throw error
        }
    }

    /// The columns, the rows (in any order unless the case is `in order`) and the counters.
    private func text(_ result: QueryResult, _ workload: WorkloadCase) throws -> [String] {
        var rows = try result.rows().map { $0.values.map(\.literalText).joined(separator: " | ") }
        if workload.sections["in order"] == nil { rows.sort() }
        let counters = "\(result.counters)"
        return [result.columns.joined(separator: " | ")] + rows + [counters]
    }
}
