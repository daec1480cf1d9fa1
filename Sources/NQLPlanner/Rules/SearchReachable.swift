// SearchReachable: where nobody asks by which relationships a pattern of variable length leads to
// its end, nor how often, the end is looked for breadth first instead of along every path.
//
// Before: Distinct(b) ─ Match((a)-[*1..5]-(b))    After: Distinct(b) ─ Match((a)-[reach *1..5]-(b))
//
// *Duplicates do not matter* below DISTINCT, below an aggregate of distinct values or of extremes,
// and within EXISTS; it passes down through whatever works row by row. A walk that leads somewhere
// in the fewest steps repeats nothing, so it is a trail, too: with a minimum of 0 or 1 whatever a
// walk reaches is reached by a trail. From 2 on that is not so, and trails are enumerated.

import NQLPlan
import NQLSyntax
import NenCore

enum SearchReachable: OptimizerRule {
    static let name = "search-reachable"

    /// What the steps above ask of a step.
    private struct Demand {
        /// Slots that some step above reads.
        var reads: BitSet
        /// Whether a row may come once instead of several times.
        var ignoresDuplicates: Bool
    }

    static func apply(to plan: LogicalPlan, _ context: RuleContext) -> LogicalPlan {
        let isWorthwhile = plan.contains { node in
            guard case .match(let graph) = node.kind else { return false }
            return graph.relationships.contains { mayReach($0, context) }
        }
        if !isWorthwhile { return plan }
        let demand = Demand(
            reads: BitSet(context.demand.reads),
            ignoresDuplicates: context.demand.isExistence)
        return rewrite(plan, demand, context)
    }

    /// Down the left inputs to find what is asked of each, and up again to build.
    private static func rewrite(
        _ plan: LogicalPlan, _ demand: Demand, _ context: RuleContext
    ) -> LogicalPlan {
        var demand = demand
        var parts: [(kind: LogicalKind, node: LogicalPlan, rights: [LogicalPlan])] = []
        for node in plan.spine {
            var kind = node.kind
            if case .match(let graph) = node.kind, demand.ignoresDuplicates {
                kind = .match(rewrite(graph, node, demand, context))
            }
            var rights: [LogicalPlan] = []
            for (index, right) in node.inputs.dropFirst().enumerated() {
                let asked = demandOnRight(node, index + 1, demand, context)
                rights.append(rewrite(right, asked, context))
            }
            parts.append((kind, node, rights))
            demand = demandOnLeft(node, demand, context)
        }
        var result: LogicalPlan?
        for part in parts.reversed() {
            let inputs = (result.map { [$0] } ?? []) + part.rights
            if case .match = part.kind {
                result = LogicalPlan(part.kind, inputs)
            } else {
                result = part.node.over(inputs)
            }
        }
        return result ?? plan
    }

    // MARK: Demands

    private static func demandOnLeft(
        _ node: LogicalPlan, _ demand: Demand, _ context: RuleContext
    ) -> Demand {
        var result = demand
        result.reads.formUnion(node.kind.reads)
        for right in node.inputs.dropFirst() { result.reads.formUnion(right.outerReads) }
        if case .unionAll(_, let sources) = node.kind, let first = sources.first {
            result.reads.formUnion(first)
        }
        result.ignoresDuplicates = passesOn(node, demand.ignoresDuplicates, context)
        return result
    }

    private static func demandOnRight(
        _ node: LogicalPlan, _ index: Int, _ demand: Demand, _ context: RuleContext
    ) -> Demand {
        var result = demand
        switch node.kind {
        case .apply(.inner, _), .apply(.optional, _): break
        case .apply(.semi, _), .apply(.anti, _), .apply(.mark, _):
            return Demand(reads: [], ignoresDuplicates: true)
        case .apply(.collect(_, let value), _): result.reads.insert(value)
            result.ignoresDuplicates = false
        case .unionAll(_, let sources): result.reads.formUnion(sources[index])
        default: result.ignoresDuplicates = false
        }
        return result
    }

    /// Whether duplicates do not matter below a step if they do not (`isFree`) above it.
    private static func passesOn(
        _ node: LogicalPlan, _ isFree: Bool, _ context: RuleContext
    ) -> Bool {
        switch node.kind {
        case .distinct: return !isVolatile(node, context)
        case .aggregate(_, let calls):
            return !isVolatile(node, context)
                && calls.allSatisfy { $0.isDistinct || ["min", "max"].contains($0.function) }
        case .match, .filter, .project, .order, .unwind, .unionAll:
            return isFree && !isVolatile(node, context)
        case .apply(.effect, _): return false
        case .apply:
            let right = node.inputs[1]
            return isFree && !right.writes && !right.isVolatile(context.failure)
        default: return false
        }
    }

    private static func isVolatile(_ node: LogicalPlan, _ context: RuleContext) -> Bool {
        var result = false
        node.kind.forEachExpression { if context.failure.isVolatile($0) { result = true } }
        return result
    }

    // MARK: Patterns

    /// Whether a walk is as good as what the relationship asks for.
    private static func mayReach(
        _ relationship: GraphRelationship, _ context: RuleContext
    ) -> Bool {
        guard let length = relationship.length, relationship.shortest == nil,
            relationship.search == nil, length.minimum <= 1,
            length.maximum.map({ $0 >= max(1, length.minimum) }) ?? true,
            relationship.body.map({ $0.steps.count == 1 }) ?? true
        else { return false }
        return !relationship.innerPredicates.contains {
            context.failure.mayFail($0) || context.failure.isVolatile($0)
        }
    }

    private static func rewrite(
        _ graph: QueryGraph, _ node: LogicalPlan, _ demand: Demand, _ context: RuleContext
    ) -> QueryGraph {
        if isVolatile(node, context) { return graph }
        var result = graph
        let within = BitSet(graph.predicateSlots)
        for (index, relationship) in graph.relationships.enumerated()
        where mayReach(relationship, context) {
            let own = [relationship.slot] + relationship.outputs
            let isRead = own.contains {
                demand.reads.contains($0) || within.contains($0)
                    || node.inputs[0].available.contains($0)
            }
            let others = graph.relationships.indices.filter { $0 != index }
            let mustDiffer = others.contains {
                relationship.mayCoincide(with: graph.relationships[$0])
            } || graph.boundRelationships.contains { $0.mayCoincide(with: relationship) }
            if isRead || mustDiffer { continue }
            let ends: Set<Slot> = [relationship.from, relationship.to]
            let unread = ends.filter { end in
                ends.count == 2 && !demand.reads.contains(end) && !isCompared(end, graph)
                    && !node.inputs[0].available.contains(end)
                    && !others.contains {
                        [graph.relationships[$0].from, graph.relationships[$0].to].contains(end)
                    }
            }
            result.relationships[index].reach = Reachability(unreadEnds: unread)
        }
        return result
    }

    /// Whether anything within the pattern but conditions on the node alone reads it.
    private static func isCompared(_ node: Slot, _ graph: QueryGraph) -> Bool {
        graph.predicates.contains { predicate in
            let free = predicate.freeSlots
            return free.contains(node) && free != [node]
        }
            || graph.nodes.contains { $0.labels.contains { $0.freeSlots.contains(node) } }
            || graph.relationships.contains { $0.innerReads.contains(node) }
            || graph.boundRelationships.contains { $0.slot == node }
    }
}
