// AbsorbLabels: a label test on a pattern node is a label of the pattern, where scans, expands and
// statistics see it.
//
// Before: Match((n)) WHERE n:Person    After: Match((n:Person))

import NQLPlan
import NenCore

enum AbsorbLabels: OptimizerRule {
    static let name = "absorb-labels"

    static func apply(to plan: LogicalPlan, _ context: RuleContext) -> LogicalPlan {
        plan.rewritten { node in
            guard case .match(var graph) = node.kind else { return node }
            var rest: [PlanExpression] = []
            for predicate in graph.predicates {
                if case .hasLabels(let subject, let labels) = predicate.kind,
                    let slot = subject.plainSlot, subject.type == .node, !labels.isDynamic,
                    graph.hasNode(slot)
                {
                    graph.addNode(slot, labels: labels)
                } else {
                    rest.append(predicate)
                }
            }
            graph.predicates = rest
            return LogicalPlan(.match(graph), node.inputs)
        }
    }
}
