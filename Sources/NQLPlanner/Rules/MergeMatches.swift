// MergeMatches: MATCH clauses in a row are one pattern, so that the join order may start in any of
// them. Uniqueness of relationships stays per clause (each keeps its group number). Semi-joins
// between them read only the first pattern and move above the second. A condition that may fail is
// judged last in a pattern; so that it does not meet every row of another, patterns that have
// nothing to do with each other stay apart then.
//
// Before: Match(b) ─ SemiApply ─ Match(a)    After: SemiApply ─ Match(a, b)

import NQLPlan
import NenCore

enum MergeMatches: OptimizerRule {
    static let name = "merge-matches"

    static func apply(to plan: LogicalPlan, _ context: RuleContext) -> LogicalPlan {
        var result: LogicalPlan?
        var run: MatchRun?
        for step in plan.spine.reversed() {
            let rights = step.inputs.dropFirst().map { apply(to: $0, context) }
            if case .match(let graph) = step.kind, let left = result {
                if run?.takes(graph, context) == true {
                    run?.add(graph, context)
                } else {
                    let semis = run?.semis ?? []
                    run?.semis = []
                    run = MatchRun(graph, below: run?.plan ?? left, context)
                    run?.semis = semis
                }
            } else if run != nil, step.kind.isSemiApply, let right = rights.first {
                run?.semis.append((step, right))
            } else {
                let left = run?.plan ?? result
                run = nil
                result = left.map { step.over([$0] + rights) } ?? step
            }
        }
        return run?.plan ?? result ?? plan
    }

    /// Matches in a row on their way to one, and the semi-joins that were between them.
    private struct MatchRun {
        private var graph: QueryGraph
        private let below: LogicalPlan
        /// Slots that the pattern binds.
        private var own: BitSet
        private var mayFail: Bool
        var semis: [(step: LogicalPlan, right: LogicalPlan)] = []

        init(_ graph: QueryGraph, below: LogicalPlan, _ context: RuleContext) {
            self.graph = graph
            self.below = below
            own = BitSet(graph.patternSlots).subtracting(below.available)
            mayFail = graph.predicates.contains(where: context.failure.mayFail)
        }

        func takes(_ upper: QueryGraph, _ context: RuleContext) -> Bool {
            !mayFail || !upper.touched.isDisjoint(with: own)
        }

        mutating func add(_ upper: QueryGraph, _ context: RuleContext) {
            graph.merge(upper)
            own.formUnion(BitSet(upper.patternSlots).subtracting(below.available))
            mayFail = mayFail || upper.predicates.contains(where: context.failure.mayFail)
        }

        /// The one match below all the semi-joins.
        var plan: LogicalPlan {
            var plan = LogicalPlan(.match(graph), [below])
            for semi in semis { plan = semi.step.over([plan, semi.right]) }
            return plan
        }
    }
}

extension QueryGraph {
    /// Nodes of the pattern, and what its conditions read.
    fileprivate var touched: Set<Slot> {
        var slots = Set(nodes.map(\.slot))
        slots.formUnion(boundRelationships.map(\.slot))
        for predicate in predicates { slots.formUnion(predicate.freeSlots) }
        for relationship in relationships { slots.formUnion(relationship.innerReads) }
        return slots
    }

    /// Takes in another pattern.
    fileprivate mutating func merge(_ other: QueryGraph) {
        for node in other.nodes { addNode(node.slot, labels: node.labels) }
        relationships += other.relationships
        boundRelationships += other.boundRelationships
        predicates += other.predicates
    }
}
