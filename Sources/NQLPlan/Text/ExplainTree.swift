// ExplainTree: a plan as an indented tree, for people who want to know everything: below each
// operator its figures, how it is carried out, and what it was chosen over.

import NenCore

/// The lines of the tree while it is put together.
struct ExplainTree {
    private let plan: PhysicalPlan
    private let profile: [Int: OperatorProfile]?
    private let printer: PlanPrinter
    private var lines: [String] = []

    init(_ plan: PhysicalPlan, profile: [Int: OperatorProfile]?) {
        self.plan = plan
        self.profile = profile
        printer = PlanPrinter(slots: plan.slots)
        add(plan.root, prefix: "")
    }

    var text: String { (lines + plan.basisLines).joined(separator: "\n") }

    /// - Parameter runs: how often a plan runs that stands in an expression.
    private mutating func add(_ root: PhysicalOperator, prefix: String, runs: Double = 1) {
        for node in root.spine {
            let details = printer.details(node.kind)
            lines.append(prefix + node.kind.title + (details.isEmpty ? "" : " " + details))
            for line in facts(node, node.estimate.ofRuns(runs)) {
                lines.append(prefix + "    " + line)
            }
            for nested in node.nestedPlans {
                add(nested.root, prefix: prefix + "┊ ", runs: runs * node.runs(of: nested))
            }
            for input in node.inputs.dropFirst().reversed() {
                add(input, prefix: prefix + "│ ", runs: runs)
            }
        }
    }

    private func facts(_ node: PhysicalOperator, _ estimate: OperatorEstimate) -> [String] {
        var figures = "\(ExplainTable.number(estimate.rows)) rows"
        if let bound = estimate.knownBound {
            figures += " (at most \(ExplainTable.number(bound)))"
        }
        figures += ", \(ExplainTable.time(estimate.cost)), \(ExplainTable.bytes(estimate.bytes))"
        var result = [figures]
        if let actual = profile?[node.id] {
            let rows = Double(actual.rows)
            result.append(
                "actually \(ExplainTable.number(rows)) rows"
                    + " (\(ExplainTable.ratio(rows, estimate.rows))),"
                    + " \(ExplainTable.time(Double(actual.nanoseconds))),"
                    + " \(actual.bytesText)")
        }
        let decisions = node.decisions
        if !decisions.isEmpty { result.append(decisions.joined(separator: ", ")) }
        if !node.alternatives.isEmpty { result.append("chosen over " + node.rivals) }
        return result
    }
}

extension OperatorEstimate {
    /// Rows and cost of so many runs; bytes are those of one.
    package func ofRuns(_ runs: Double) -> OperatorEstimate {
        var all = self
        all.rows *= runs
        all.cost *= runs
        all.bound *= max(1, runs)
        return all
    }

    /// The bound, where it says something.
    package var knownBound: Double? { bound < 1e15 ? bound : nil }
}

extension PhysicalOperator {
    /// How the operator is carried out, where that goes without saying left out.
    package var decisions: [String] {
        var result: [String] = []
        if execution.isNodeAddressed { result.append("array by node") }
        if execution.threads > 1 { result.append("\(execution.threads) threads") }
        if execution.provesLabels { result.append("labels proven") }
        return result
    }

    /// What the operator was chosen over, with costs.
    var rivals: String {
        alternatives.map { "\($0.title) (\(ExplainTable.time($0.cost)))" }.joined(separator: ", ")
    }

    /// How often a plan in the operator's expressions is expected to run: for each row that comes
    /// in, or but once where it reads nothing of it.
    func runs(of nested: NestedPlan) -> Double {
        nested.root.freeSlots.isEmpty ? 1 : inputs.first?.estimate.rows ?? 1
    }

    /// Plans in the operator's expressions, each once.
    var nestedPlans: [NestedPlan] {
        var plans: [NestedPlan] = []
        func visit(_ expression: PlanExpression) {
            if case .nested(let plan) = expression.kind { plans.append(plan) }
            expression.forEachChild(visit)
        }
        kind.forEachExpression(visit)
        var seen: Set<Int> = []
        return plans.filter { seen.insert($0.root.id).inserted }
    }
}

extension MemoryForecast {
    /// Where the expected peak comes from, unless it is the model.
    var origin: String {
        switch earlierRunCount {
        case 0: ""
        case 1: ", predicted from 1 earlier run"
        default: ", predicted from \(earlierRunCount) earlier runs"
        }
    }
}

extension PhysicalPlan {
    /// What the plan as a whole needs and rests on, a line each.
    var basisLines: [String] {
        let floor = ExplainTable.bytes(memory.floorBytes)
        let peak = ExplainTable.bytes(memory.peakBytes)
        var lines = ["memory: \(floor) at least, \(peak) expected\(memory.origin)"]
        lines.append("threads: \(basis.threads)")
        let rules = changingRules
        if !rules.isEmpty { lines.append("rules applied: " + rules.joined(separator: ", ")) }
        if !basis.disabledRules.isEmpty {
            lines.append("rules switched off: " + basis.disabledRules.joined(separator: ", "))
        }
        if let forced = basis.forcedCandidate { lines.append("forced: \(forced)") }
        if !basis.missingStatistics.isEmpty {
            lines.append(
                "statistics missing: " + basis.missingStatistics.joined(separator: ", "))
        }
        return lines
    }

    /// Rules that changed the plan.
    var changingRules: [String] { trace.dropFirst().map(\.rule) }
}
