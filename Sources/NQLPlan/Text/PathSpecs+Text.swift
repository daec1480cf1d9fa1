// PathSpecs+Text: quantified paths and path searches in EXPLAIN, in the syntax of patterns.

import NQLSyntax
import NenCore

extension PlanPrinter {
    package func details(_ spec: VariableLengthSpec) -> String {
        var result = pattern(spec)
        if spec.reach == .anyEnd { result += ", any end" }
        if !spec.endPredicates.isEmpty {
            result += " WHERE " + spec.endPredicates.map(text).joined(separator: " AND ")
        }
        return result
    }

    private func pattern(_ spec: VariableLengthSpec) -> String {
        guard let body = spec.body else {
            var length = "*\(spec.minimum)..\(spec.maximum.map { "\($0)" } ?? "")"
            if let predicate = spec.predicate { length += " WHERE \(text(predicate))" }
            return prefix(spec.mode) + details(spec.step, length: length)
        }
        let labels = spec.step.toLabels.map { ":" + text($0) } ?? ""
        var result = spec.isReversed
            ? "(\(name(spec.step.to))\(labels)) \(text(body)) (\(name(spec.step.from)))"
            : "(\(name(spec.step.from))) \(text(body)) (\(name(spec.step.to))\(labels))"
        if spec.isReversed { result += " from the right" }
        if !spec.step.differentFrom.isEmpty {
            result += " distinct from \(list(spec.step.differentFrom))"
        }
        return prefix(spec.mode) + result
    }

    package func details(_ spec: PathSearchSpec) -> String {
        var result = selection(spec.selection) + prefix(spec.mode)
        let labels = spec.endLabels.map { ":" + text($0) } ?? ""
        result += "(\(name(spec.from))\(spec.isReversed ? labels : ""))"
            + pieces(spec.pieces, spec.junctions)
            + "(\(name(spec.to))\(spec.isReversed ? "" : labels))"
        if !spec.predicates.isEmpty {
            result = "(\(result) WHERE \(spec.predicates.map(text).joined(separator: " AND ")))"
        }
        if spec.isReversed { result += " from the right" }
        return result
    }

    /// The pieces of a path with the nodes between them.
    package func pieces(_ pieces: [PathPiece], _ junctions: [PathNode]) -> String {
        var result = ""
        for (index, piece) in pieces.enumerated() {
            result += piece.isPlain ? arrow(piece.steps[0]) : " \(text(piece)) "
            if index < junctions.count { result += text(junctions[index]) }
        }
        return result
    }

    package func selection(_ selection: PathSelection) -> String {
        "SHORTEST \(text(selection.count)) " + (selection.countsLengths ? "GROUPS " : "")
    }

    /// Trails go without saying.
    private func prefix(_ mode: PathMode) -> String {
        mode == .trail ? "" : mode.keyword + " "
    }

    /// `((x)-[r]->(y) WHERE …){2,5}`
    package func text(_ piece: PathPiece) -> String {
        var result = text(piece.nodes[0])
        for (step, node) in zip(piece.steps, piece.nodes.dropFirst()) {
            result += arrow(step) + text(node)
        }
        if !piece.predicates.isEmpty {
            result += " WHERE " + piece.predicates.map(text).joined(separator: " AND ")
        }
        return "(\(result)){\(piece.minimum),\(piece.maximum.map { "\($0)" } ?? "")}"
    }

    private func text(_ node: PathNode) -> String {
        var result = name(node.slot) + (node.labels.map { ":" + text($0) } ?? "")
        if !node.predicates.isEmpty {
            result += " WHERE " + node.predicates.map(text).joined(separator: " AND ")
        }
        return "(\(result))"
    }

    private func arrow(_ step: PathStep) -> String {
        let types = step.types.isEmpty ? "" : ":" + step.types.joined(separator: "|")
        let left = step.direction == .incoming ? "<" : ""
        let right = step.direction == .outgoing ? ">" : ""
        return "\(left)-[\(name(step.slot))\(types)]-\(right)"
    }
}
