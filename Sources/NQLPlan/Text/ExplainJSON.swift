// ExplainJSON: a plan as one JSON object, for programs. Names stay as they are; new ones may come.
//
//   columns             names of the result's columns
//   writes              whether the statement changes the graph
//   threads             threads that the statement may have
//   memory              floor_bytes, peak_bytes: needed whatever happens, and expected;
//                       earlier_runs: from so many runs of the statement, 0: from the model
//   rules               applied: those that changed the plan; disabled: those switched off
//   forced              kind of step that is taken whatever it costs, or null
//   missing_statistics  what the estimates had to do without
//   notifications       code, severity, message, hint (or null)
//   plan                the operator that gives the result
//   trace               with VERBOSE: rule, plan: the logical plan after every rule that changed it
//
// An operator:
//
//   id, operator, details   number, kind and what it does, as the table shows them
//   identifiers             names of the columns that it hands on
//   index                   name of the index that it reads, or null
//   rows, rows_at_most      estimate, and bound by counts and largest degrees (null: none is known)
//                           both of all runs together, as the actual rows are
//   cost_ns, bytes          with all below it, of all runs; held at the peak by it alone, in one
//   execution               threads, array_by_node, labels_proven, may_leave_left
//   alternatives            operator, cost_ns: what it was chosen over
//   actual                  with PROFILE: rows, time_ns, bytes, spilled_bytes (written to
//                           temporary files); null where it never ran
//   subqueries, inputs      operators; of two inputs the right one is held, or run for each row

import NenCore

/// The text of the object while it is put together.
struct ExplainJSON {
    private let plan: PhysicalPlan
    private let profile: [Int: OperatorProfile]?
    private let printer: PlanPrinter
    private(set) var text = ""

    init(_ plan: PhysicalPlan, isVerbose: Bool, profile: [Int: OperatorProfile]?) {
        self.plan = plan
        self.profile = profile
        printer = PlanPrinter(slots: plan.slots)
        text = "{" + head.joined(separator: ",") + ",\"plan\":"
        add(plan.root)
        if isVerbose {
            let steps = plan.trace.map { step in
                "{\"rule\":\(JSONText.quoted(step.rule)),\"plan\":\(JSONText.quoted(step.plan))}"
            }
            text += ",\"trace\":[\(steps.joined(separator: ","))]"
        }
        text += "}"
    }

    private var head: [String] {
        let (basis, memory) = (plan.basis, plan.memory)
        let notes = plan.notifications.map { note in
            "{\"code\":\(JSONText.quoted(note.code)),"
                + "\"severity\":\(JSONText.quoted(note.severity.rawValue)),"
                + "\"message\":\(JSONText.quoted(note.message)),"
                + "\"hint\":\(note.hint.map(JSONText.quoted) ?? "null")}"
        }
        return [
            "\"columns\":\(list(plan.columns))",
            "\"writes\":\(plan.isWriting)",
            "\"threads\":\(basis.threads)",
            "\"memory\":{\"floor_bytes\":\(number(memory.floorBytes)),"
                + "\"peak_bytes\":\(number(memory.peakBytes)),"
                + "\"earlier_runs\":\(memory.earlierRunCount)}",
            "\"rules\":{\"applied\":\(list(plan.changingRules)),"
                + "\"disabled\":\(list(basis.disabledRules))}",
            "\"forced\":\(basis.forcedCandidate.map(JSONText.quoted) ?? "null")",
            "\"missing_statistics\":\(list(basis.missingStatistics))",
            "\"notifications\":[\(notes.joined(separator: ","))]",
        ]
    }

    /// Down the left inputs by a loop and up again: a plan may be very deep.
    /// `runs`: how often a plan runs that stands in an expression.
    private mutating func add(_ root: PhysicalOperator, runs: Double = 1) {
        let spine = root.spine
        for node in spine {
            let fields = fields(node, node.estimate.ofRuns(runs))
            text += "{" + fields.joined(separator: ",") + ",\"subqueries\":["
            for (index, nested) in node.nestedPlans.enumerated() {
                if index > 0 { text += "," }
                add(nested.root, runs: runs * node.runs(of: nested))
            }
            text += "],\"inputs\":["
        }
        for node in spine.reversed() {
            for input in node.inputs.dropFirst() {
                text += ","
                add(input, runs: runs)
            }
            text += "]}"
        }
    }

    private func fields(_ node: PhysicalOperator, _ estimate: OperatorEstimate) -> [String] {
        let execution = node.execution
        var index = "null"
        if case .indexSeek(let seek) = node.kind { index = JSONText.quoted(seek.index.name) }
        let rivals = node.alternatives.map { rival in
            "{\"operator\":\(JSONText.quoted(rival.title)),\"cost_ns\":\(number(rival.cost))}"
        }
        var fields = [
            "\"id\":\(node.id)",
            "\"operator\":\(JSONText.quoted(node.kind.title))",
            "\"details\":\(JSONText.quoted(printer.details(node.kind)))",
            "\"identifiers\":\(list(node.output.map(printer.name)))",
            "\"index\":\(index)",
            "\"rows\":\(number(estimate.rows))",
            "\"rows_at_most\":\(estimate.knownBound.map(number) ?? "null")",
            "\"cost_ns\":\(number(estimate.cost))",
            "\"bytes\":\(number(estimate.bytes))",
            "\"execution\":{\"threads\":\(execution.threads),"
                + "\"array_by_node\":\(execution.isNodeAddressed),"
                + "\"labels_proven\":\(execution.provesLabels),"
                + "\"may_leave_left\":\(execution.mayLeaveLeft)}",
            "\"alternatives\":[\(rivals.joined(separator: ","))]",
        ]
        if let profile {
            let actual = profile[node.id].map { actual in
                "{\"rows\":\(actual.rows),\"time_ns\":\(actual.nanoseconds),"
                    + "\"bytes\":\(actual.bytes),\"spilled_bytes\":\(actual.spilledBytes)}"
            }
            fields.append("\"actual\":\(actual ?? "null")")
        }
        return fields
    }

    private func list(_ texts: [String]) -> String {
        "[" + texts.map(JSONText.quoted).joined(separator: ",") + "]"
    }

    /// JSON has no infinity.
    private func number(_ value: Double) -> String {
        if !value.isFinite { return "null" }
        if abs(value) < 1e15, value == value.rounded() { return "\(Int(value))" }
        return "\(value)"
    }
}
