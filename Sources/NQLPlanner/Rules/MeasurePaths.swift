// MeasurePaths: of a path that is only asked for its length no path is made: its length is that of
// the lists of relationships in it, and of a shortest path it is known without the list.
//
// Before: Project(length(p)) ─ Project(path(a, r, b) AS p) ─ Match(shortest (a)-[r*]-(b))
// After:  Project(n)         ─ Project(null AS p)          ─ Match(shortest (a)-[r* n steps]-(b))

import NQLPlan
import NQLSyntax
import NenCore

enum MeasurePaths: OptimizerRule {
    static let name = "measure-paths"

    static func apply(to plan: LogicalPlan, _ context: RuleContext) -> LogicalPlan {
        var result = plan
        for path in paths(plan)
        where !context.demand.reads.contains(path.slot) && !plan.isReadBeside(path.slot) {
            guard let length = length(of: path.expression) else { continue }
            let slot = context.session.hiddenSlot(.integer)
            let replaced = result.replacing("length", path.slot, by: slot).rewritten { node in
                guard case .project(var items) = node.kind,
                    let place = items.firstIndex(where: { $0.slot == path.slot })
                else { return node }
                items[place].expression = PlanExpression(.constant(.null), type: .path)
                items.append(SlotAssignment(slot: slot, expression: length))
                return LogicalPlan(.project(items), node.inputs)
            }
            if !replaced.isRead(path.slot) { result = replaced }
        }
        return result === plan ? plan : countSteps(result, context)
    }

    /// Slots that are paths put together from their elements.
    private static func paths(_ plan: LogicalPlan) -> [SlotAssignment] {
        var result: [SlotAssignment] = []
        _ = plan.contains { node in
            if case .project(let items) = node.kind {
                for item in items {
                    if case .path = item.expression.kind { result.append(item) }
                }
            }
            return false
        }
        return result
    }

    /// The number of relationships; nil for paths of which it is not a matter of lists.
    private static func length(of path: PlanExpression) -> PlanExpression? {
        guard case .path(let elements) = path.kind else { return nil }
        let steps = stride(from: 1, to: elements.count, by: 2).map { elements[$0] }
        let lists = steps.filter { $0.type != .relationship }
        if lists.isEmpty || lists.contains(where: { $0.plainSlot == nil }) { return nil }
        var sum: PlanExpression?
        for list in lists {
            let size = PlanExpression(.call("size", [list]), type: .integer, span: path.span)
            sum = sum.map {
                PlanExpression(.binary(.add, $0, size), type: .integer, span: path.span)
            } ?? size
        }
        guard let sum, steps.count > lists.count else { return sum }
        let rest = Int64(steps.count - lists.count)
        let fixed = PlanExpression(.constant(.integer(rest)), type: .integer)
        return PlanExpression(.binary(.add, sum, fixed), type: .integer, span: path.span)
    }

    /// Lets shortest paths whose lists are only asked for their size tell that instead.
    private static func countSteps(_ plan: LogicalPlan, _ context: RuleContext) -> LogicalPlan {
        var shortest: [Slot] = []
        _ = plan.contains { node in
            guard case .match(let graph) = node.kind else { return false }
            for relationship in graph.relationships where relationship.shortest != nil {
                shortest.append(relationship.slot)
            }
            return false
        }
        var result = plan
        for list in shortest
        where !context.demand.reads.contains(list) && !plan.isReadBeside(list) {
            let slot = context.session.hiddenSlot(.integer)
            let replaced = result.replacing("size", list, by: slot).rewritten { node in
                guard case .match(var graph) = node.kind,
                    let index = graph.relationships.firstIndex(where: {
                        $0.slot == list && $0.shortest != nil
                    })
                else { return node }
                graph.relationships[index].stepCount = slot
                return LogicalPlan(.match(graph), node.inputs)
            }
            if !replaced.isRead(list) { result = replaced }
        }
        return result
    }
}
