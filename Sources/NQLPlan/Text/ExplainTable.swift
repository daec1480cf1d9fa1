// ExplainTable: a plan as a table. The tree stands in the first column: each operator below the one
// that reads it, the right input of two indented one step further.

import NQLSyntax
import NenCore

/// What one operator did, summed over threads.
public struct OperatorProfile: Sendable, Hashable {
    /// Rows handed out.
    public var rows: UInt64
    /// Time within this operator, inputs not counted.
    public var nanoseconds: UInt64
    /// Bytes held at the peak.
    public var bytes: UInt64
    /// Bytes written to temporary files.
    public var spilledBytes: UInt64

    public init(rows: UInt64, nanoseconds: UInt64, bytes: UInt64, spilledBytes: UInt64 = 0) {
        self.rows = rows
        self.nanoseconds = nanoseconds
        self.bytes = bytes
        self.spilledBytes = spilledBytes
    }

    /// Bytes held and, where there were any, those on disk.
    var bytesText: String {
        let held = ExplainTable.bytes(Double(bytes))
        if spilledBytes == 0 { return held }
        return "\(held), \(ExplainTable.bytes(Double(spilledBytes))) spilled"
    }
}

/// The plan as text: operators with details, estimated rows, cost and predicted bytes, and a line
/// of totals. With a profile (by operator number) also actual rows, time, bytes, and the ratio of
/// actual to estimated rows. The verbose table also has bounds of rows, what each operator was
/// chosen over, and what the plan rests on; verbose texts of any format end with the logical plan
/// after every rule that changed it.
public func explain(
    _ plan: PhysicalPlan, _ style: ExplainStyle = ExplainStyle(),
    profile: [Int: OperatorProfile]? = nil
) -> String {
    var text: String
    switch style.format {
    case .json: return ExplainJSON(plan, isVerbose: style.isVerbose, profile: profile).text
    case .tree: text = ExplainTree(plan, profile: profile).text
    case .table:
        var table = ExplainTable(plan: plan, isVerbose: style.isVerbose, profile: profile)
        table.add(plan.root, prefix: "")
        text = table.text
        if style.isVerbose { text += "\n\n" + plan.basisLines.joined(separator: "\n") }
    }
    if style.isVerbose {
        for entry in plan.trace { text += "\n\n\(entry.rule):\n\(entry.plan)" }
    }
    return text
}

/// The rows of the table while it is put together.
package struct ExplainTable {
    package let plan: PhysicalPlan
    package let isVerbose: Bool
    package let profile: [Int: OperatorProfile]?
    package let printer: PlanPrinter
    private var rows: [[String]] = []

    package init(plan: PhysicalPlan, isVerbose: Bool, profile: [Int: OperatorProfile]?) {
        self.plan = plan
        self.isVerbose = isVerbose
        self.profile = profile
        printer = PlanPrinter(slots: plan.slots)
    }

    private var headings: [String] {
        var all = ["Operator", "Details", "Rows", "Cost", "Bytes"]
        if profile != nil { all += ["Actual rows", "Ratio", "Time", "Actual bytes"] }
        return isVerbose ? all + ["At most", "Chosen over"] : all
    }

    /// - Parameter runs: how often a plan runs that stands in an expression.
    package mutating func add(_ root: PhysicalOperator, prefix: String, runs: Double = 1) {
        var next: PhysicalOperator? = root
        while let node = next {
            let estimate = node.estimate.ofRuns(runs)
            rows.append(cells(node, estimate, title: prefix + node.kind.title))
            for nested in node.nestedPlans {
                add(nested.root, prefix: prefix + "┊ ", runs: runs * node.runs(of: nested))
            }
            // The right inputs first, indented, so that the left one continues straight down.
            for input in node.inputs.dropFirst().reversed() {
                add(input, prefix: prefix + "│ ", runs: runs)
            }
            next = node.inputs.first
        }
    }

    private func cells(
        _ node: PhysicalOperator, _ estimate: OperatorEstimate, title: String
    ) -> [String] {
        var details = printer.details(node.kind)
        if details.count > PlanPrinter.lengthMax {
            details = details.prefix(PlanPrinter.lengthMax - 1) + "…"
        }
        let decisions = node.decisions.joined(separator: ", ")
        if !decisions.isEmpty { details += "\(details.isEmpty ? "" : " ")[\(decisions)]" }
        var cells = [
            title, details, ExplainTable.number(estimate.rows), ExplainTable.time(estimate.cost),
            ExplainTable.bytes(estimate.bytes),
        ]
        if let profile { cells += actual(profile[node.id], estimate) }
        if isVerbose {
            cells += [estimate.knownBound.map(ExplainTable.number) ?? "∞", node.rivals]
        }
        return cells
    }

    private func actual(_ actual: OperatorProfile?, _ estimate: OperatorEstimate) -> [String] {
        guard let actual else { return ["", "", "", ""] }
        return [
            ExplainTable.number(Double(actual.rows)),
            ExplainTable.ratio(Double(actual.rows), estimate.rows),
            ExplainTable.time(Double(actual.nanoseconds)),
            actual.bytesText,
        ]
    }

    private var total: [String] {
        var cells = [
            "Total",
            "memory \(ExplainTable.bytes(plan.memory.floorBytes)) at least\(plan.memory.origin)",
            ExplainTable.number(plan.root.estimate.rows),
            ExplainTable.time(plan.root.estimate.cost),
            ExplainTable.bytes(plan.memory.peakBytes),
        ]
        if let profile {
            let sum = OperatorProfile(
                rows: profile[plan.root.id]?.rows ?? 0,
                nanoseconds: profile.values.reduce(0) { $0 + $1.nanoseconds },
                bytes: profile.values.reduce(0) { $0 + $1.bytes },
                spilledBytes: profile.values.reduce(0) { $0 + $1.spilledBytes })
            cells += actual(sum, plan.root.estimate)
        }
        return isVerbose ? cells + ["", ""] : cells
    }

    /// All rows, columns aligned: text to the left, numbers to the right.
    package var text: String {
        let all = [headings] + rows + [total]
        var widths = [Int](repeating: 0, count: headings.count)
        for row in all {
            for (column, cell) in row.enumerated() {
                widths[column] = max(widths[column], cell.count)
            }
        }
        let rule = widths.map { String(repeating: "─", count: $0) }.joined(separator: "─┼─")
        var lines: [String] = []
        for (index, row) in all.enumerated() {
            if index == 1 || index == all.count - 1 { lines.append(rule) }
            let cells = row.enumerated().map { column, cell in
                let space = String(repeating: " ", count: widths[column] - cell.count)
                return isText(column) ? cell + space : space + cell
            }
            lines.append(trimmed(cells.joined(separator: " │ ")))
        }
        return lines.joined(separator: "\n")
    }

    private func isText(_ column: Int) -> Bool {
        column < 2 || (isVerbose && column == headings.count - 1)
    }

    private func trimmed(_ line: String) -> String {
        var line = line
        while line.last == " " { line.removeLast() }
        return line
    }

    /// Rows: whole numbers, thousands apart; one decimal below ten.
    package static func number(_ value: Double) -> String {
        if !value.isFinite || value >= 1e15 { return "∞" }
        if value < 10, value != value.rounded() {
            let tenths = Int((value * 10).rounded())
            return "\(tenths / 10).\(tenths % 10)"
        }
        var digits = Array(String(Int(value.rounded())))
        var position = digits.count - 3
        while position > 0 {
            digits.insert(",", at: position)
            position -= 3
        }
        return String(digits)
    }

    /// Nanoseconds in the unit that suits them.
    package static func time(_ nanoseconds: Double) -> String {
        scaled(nanoseconds, 1_000, ["ns", "µs", "ms", "s"])
    }

    /// Bytes in the unit that suits them.
    package static func bytes(_ bytes: Double) -> String {
        scaled(bytes, 1_024, ["B", "KiB", "MiB", "GiB", "TiB"])
    }

    private static func scaled(_ value: Double, _ step: Double, _ units: [String]) -> String {
        var (value, unit) = (value, 0)
        while value >= step, unit < units.count - 1 {
            value /= step
            unit += 1
        }
        return "\(number(value)) \(units[unit])"
    }

    /// Actual over estimated.
    package static func ratio(_ actual: Double, _ estimated: Double) -> String {
        let ratio = max(actual, 1) / max(estimated, 1)
        return ratio >= 1 ? "×\(number(ratio))" : "÷\(number(1 / ratio))"
    }
}
