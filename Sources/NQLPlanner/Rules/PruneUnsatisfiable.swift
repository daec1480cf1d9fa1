// PruneUnsatisfiable: a pattern that the exact statistics show to have no match is not searched.
//
// Before: Match((n:Nobody))    After: Empty
//
// Only in statements that write nothing (a name the catalog does not know could be made by the same
// statement), and the plan then holds for its own snapshot only.

import NQLPlan
import NenCore

enum PruneUnsatisfiable: OptimizerRule {
    static let name = "prune-unsatisfiable"

    static func apply(to plan: LogicalPlan, _ context: RuleContext) -> LogicalPlan {
        let (catalog, statistics) = (
            context.session.context.catalog, context.session.context.statistics
        )
        guard !context.session.isWriting,
            statistics.nodesPerLabelSet.count == catalog.labelSets.count,
            statistics.relationshipsPerType.count == catalog.types.count
        else { return plan }
        return plan.rewritten { node in
            if case .match(let graph) = node.kind, isUnsatisfiable(graph, context.cardinality) {
                context.session.isSnapshotBound = true
                return LogicalPlan(.empty(node.available))
            }
            return absorb(node)
        }
    }

    private static func isUnsatisfiable(
        _ graph: QueryGraph, _ cardinality: CardinalityModel
    ) -> Bool {
        var labels: [Slot: [PlanLabels]] = [:]
        for node in graph.nodes {
            let fixed = node.labels.filter { !$0.isDynamic }
            labels[node.slot] = fixed
            if cardinality.nodes(fixed) == 0 { return true }
        }
        for relationship in graph.relationships {
            if let length = relationship.length {
                if let maximum = length.maximum, maximum < length.minimum { return true }
                if length.minimum > 0,
                    cardinality.steps(relationship.types, .outgoing, from: [], to: []) == 0
                {
                    return true
                }
                let pieces = relationship.search?.pieces ?? [relationship.body].compactMap { $0 }
                for piece in pieces where piece.minimum > 0 && lacksStep(piece, cardinality) {
                    return true
                }
            } else if cardinality.steps(
                relationship.types, relationship.direction,
                from: labels[relationship.from] ?? [], to: labels[relationship.to] ?? []) == 0
            {
                return true
            }
        }
        return false
    }

    /// Whether there is no relationship for one of the steps.
    private static func lacksStep(_ piece: PathPiece, _ cardinality: CardinalityModel) -> Bool {
        piece.steps.contains { cardinality.steps($0.types, .outgoing, from: [], to: []) == 0 }
    }

    /// Operators over an empty input are empty themselves, or lose their empty side.
    private static func absorb(_ node: LogicalPlan) -> LogicalPlan {
        switch node.kind {
        case .match, .filter, .project, .unwind, .order, .distinct, .slice, .loadCSV:
            return node.inputs[0].isEmpty ? LogicalPlan(.empty(node.available)) : node
        case .aggregate(let keys, _):
            let isEmpty = node.inputs[0].isEmpty && !keys.isEmpty
            return isEmpty ? LogicalPlan(.empty(node.available)) : node
        case .apply(let kind, _):
            if node.inputs[0].isEmpty { return LogicalPlan(.empty(node.available)) }
            guard node.inputs[1].isEmpty else { return node }
            switch kind {
            case .inner, .semi: return LogicalPlan(.empty(node.available))
            case .anti, .effect: return node.inputs[0]
            case .optional: return withNulls(node)
            case .mark, .count, .collect: return node
            }
        default: return node
        }
    }

    private static func withNulls(_ node: LogicalPlan) -> LogicalPlan {
        let missing = node.available.subtracting(node.inputs[0].available).elements
        if missing.isEmpty { return node.inputs[0] }
        let nulls = missing.map {
            SlotAssignment(
                slot: $0, expression: PlanExpression(.constant(.null), type: .null))
        }
        return LogicalPlan(.project(nulls), [node.inputs[0]])
    }
}
