// LogicalPlan+Text: logical plans as indented lines, for EXPLAIN VERBOSE.

import NQLPlan
import NQLSyntax
import NenCore

extension LogicalPlan {
    /// One line for each step, inputs indented below.
    func text(_ slots: [SlotInfo]) -> String {
        var lines: [String] = []
        addLines(PlanPrinter(slots: slots), depth: 0, &lines)
        return lines.joined(separator: "\n")
    }

    private func addLines(_ printer: PlanPrinter, depth: Int, _ lines: inout [String]) {
        let spine = spine
        for (index, step) in spine.enumerated() {
            // Deeper steps stand below each other: the text grows with their number only.
            let level = min(depth + index, LogicalPlan.indentMax)
            lines.append(String(repeating: "  ", count: level) + step.line(printer))
        }
        for (index, step) in spine.enumerated().reversed() {
            for right in step.inputs.dropFirst() {
                right.addLines(printer, depth: depth + index + 1, &lines)
            }
        }
    }

    /// Levels that are indented.
    private static let indentMax = 200

    private func line(_ printer: PlanPrinter) -> String {
        switch kind {
        case .argument: return "Argument"
        case .empty: return "Empty"
        case .match(let graph): return "Match \(printer.text(graph))"
        case .step(let step):
            let details = printer.details(step)
            return details.isEmpty ? step.title : "\(step.title) \(details)"
        }
    }
}

extension PlanPrinter {
    func text(_ graph: QueryGraph) -> String {
        var parts = graph.nodes.map { node in
            "(\(name(node.slot))\(node.labels.map { ":" + text($0) }.joined()))"
        }
        for edge in graph.relationships {
            if let search = edge.search {
                parts.append(
                    selection(search.selection) + "(\(name(edge.from)))"
                        + pieces(search.pieces, search.junctions) + "(\(name(edge.to)))")
                continue
            }
            if let body = edge.body {
                parts.append("(\(name(edge.from))) \(text(body)) (\(name(edge.to)))")
                continue
            }
            let types = edge.types.isEmpty ? "" : ":" + edge.types.joined(separator: "|")
            let left = edge.direction == .incoming ? "<" : ""
            let right = edge.direction == .outgoing ? ">" : ""
            var length = ""
            if let range = edge.length {
                length = "*\(range.minimum)..\(range.maximum.map { "\($0)" } ?? "")"
            }
            parts.append(
                "(\(name(edge.from)))\(left)-[\(name(edge.slot))\(types)\(length)]-\(right)"
                    + "(\(name(edge.to)))")
        }
        var result = parts.joined(separator: ", ")
        if !graph.predicates.isEmpty {
            result += " WHERE " + graph.predicates.map(text).joined(separator: " AND ")
        }
        return result
    }
}
