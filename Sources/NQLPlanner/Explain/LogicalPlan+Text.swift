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
        let details = kind.details(printer)
        return details.isEmpty ? kind.title : "\(kind.title) \(details)"
    }
}

extension LogicalKind {
    /// The step's name in EXPLAIN VERBOSE and in errors.
    var title: String {
        switch self {
        case .unit: "Unit"
        case .argument: "Argument"
        case .empty: "Empty"
        case .match: "Match"
        case .filter: "Filter"
        case .project: "Project"
        case .unwind: "Unwind"
        case .call: "Call"
        case .loadCSV: "LoadCSV"
        case .aggregate: "Aggregate"
        case .distinct: "Distinct"
        case .order: "Order"
        case .slice: "Slice"
        case .barrier: "Barrier"
        case .batches: "Batches"
        case .apply(let kind, _): OperatorKind.apply(kind, isPerRow: false).title
        case .unionAll: "UnionAll"
        case .update(let update, let isBlocking):
            (isBlocking ? "Blocking" : "") + update.title
        case .results: "Results"
        }
    }

    fileprivate func details(_ printer: PlanPrinter) -> String {
        switch self {
        case .unit, .argument, .empty, .barrier: ""
        case .match(let graph): printer.text(graph)
        case .filter(let predicates): printer.details(.filter(predicates))
        case .project(let items): printer.details(.project(items))
        case .unwind(let list, let element):
            printer.details(.unwind(list: list, element: element))
        case .call(let call): printer.details(.procedureCall(call))
        case .loadCSV(let spec): printer.details(.loadCSV(spec))
        case .aggregate(let keys, let aggregates):
            printer.details(.aggregate(keys: keys, aggregates: aggregates))
        case .distinct(let slots): printer.details(.distinct(slots))
        case .order(let keys): printer.details(.sort(keys))
        case .slice(let skip, let limit):
            [skip.map { "skip " + printer.text($0) }, limit.map { "limit " + printer.text($0) }]
                .compactMap { $0 }.joined(separator: ", ")
        case .batches(let rules): rules
        case .apply(let kind, let isPerRow):
            printer.details(.apply(kind, isPerRow: isPerRow))
        case .unionAll(let targets, let sources):
            printer.details(.unionAll(targets: targets, sources: sources))
        case .update(let update, _): update.details(printer)
        case .results(let columns): printer.details(.produceResults(columns))
        }
    }
}

extension LogicalUpdate {
    fileprivate var title: String {
        switch self {
        case .create: "Create"
        case .merge: "Merge"
        case .set: "Set"
        case .delete: "Delete"
        case .foreach: "Foreach"
        }
    }

    fileprivate func details(_ printer: PlanPrinter) -> String {
        switch self {
        case .create(let spec): printer.details(.create(spec, isBlocking: false))
        case .merge(let spec): printer.details(.merge(spec, isBlocking: false))
        case .set(let items): printer.details(.set(items, isBlocking: false))
        case .delete(let items, let detach):
            printer.details(.delete(items, detach: detach, isBlocking: false))
        case .foreach(let list, let element):
            printer.details(.foreach(list: list, element: element, isBlocking: false))
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
