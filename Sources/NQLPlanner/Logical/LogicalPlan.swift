// LogicalPlan: what a query does, clause by clause, before the order of its joins is known. The
// algebra is that of the physical operators, except that a pattern is a query graph as a whole.

import NenCore

/// One step of a logical plan.
enum LogicalKind: Sendable {
    /// Binds the graph's variables for each row of the input.
    case match(QueryGraph)
    /// The row or rows of the enclosing apply; these slots are bound in them.
    case argument(Set<Slot>)
    /// No row, with these slots.
    case empty(Set<Slot>)
    /// Any operator but scans, expands and `argument`.
    case step(OperatorKind)
}

/// A tree of logical steps; the driving input stands first.
struct LogicalPlan: Sendable {
    var kind: LogicalKind
    var inputs: [LogicalPlan]

    init(_ kind: LogicalKind, _ inputs: [LogicalPlan] = []) {
        self.kind = kind
        self.inputs = inputs
    }

    init(_ step: OperatorKind, _ inputs: [LogicalPlan] = []) {
        kind = .step(step)
        self.inputs = inputs
    }

    /// One row without columns.
    static var singleRow: LogicalPlan { LogicalPlan(.singleRow) }

    /// Slots that are bound behind this step.
    var available: Set<Slot> {
        switch kind {
        case .argument(let slots), .empty(let slots): return slots
        case .match(let graph): return graph.patternSlots.union(inputs[0].available)
        case .step(let step):
            if case .distinct(let slots) = step { return Set(slots) }
            var slots = step.produced
            if step.dropsInput { return slots }
            if let left = inputs.first { slots.formUnion(left.available) }
            if step.exposesRight, inputs.count > 1 { slots.formUnion(inputs[1].available) }
            return slots
        }
    }

    /// Slots this step reads from its left input.
    var reads: Set<Slot> {
        switch kind {
        case .argument, .empty: []
        case .match(let graph): graph.predicateSlots.union(graph.patternSlots)
        case .step(let step): step.reads
        }
    }

    /// The step when this is one.
    var step: OperatorKind? {
        if case .step(let step) = kind { return step }
        return nil
    }

    /// The plan with each input replaced.
    func mapInputs(_ map: (LogicalPlan) -> LogicalPlan) -> LogicalPlan {
        LogicalPlan(kind, inputs.map(map))
    }

    /// Replaces bottom-up: inputs first, then the whole.
    func rewritten(_ map: (LogicalPlan) -> LogicalPlan) -> LogicalPlan {
        map(mapInputs { $0.rewritten(map) })
    }

    /// Replaces every expression of every step.
    func mapExpressions(_ map: (PlanExpression) -> PlanExpression) -> LogicalPlan {
        var result = mapInputs { $0.mapExpressions(map) }
        switch kind {
        case .argument, .empty: break
        case .step(let step): result.kind = .step(step.mapExpressions(map))
        case .match(var graph):
            graph.predicates = graph.predicates.map(map)
            for index in graph.nodes.indices {
                graph.nodes[index].labels = graph.nodes[index].labels.map {
                    $0.mapExpressions(map)
                }
            }
            graph.relationships = graph.relationships.map { $0.mapExpressions(map) }
            result.kind = .match(graph)
        }
        return result
    }

    /// Whether `test` holds for this step or any below.
    func contains(where test: (LogicalPlan) -> Bool) -> Bool {
        test(self) || inputs.contains { $0.contains(where: test) }
    }

    /// Whether any step changes the graph.
    var writes: Bool { contains { $0.step?.isUpdate ?? false } }
}
