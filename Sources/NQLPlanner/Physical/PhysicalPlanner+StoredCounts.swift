// Choice `stored-counts`: how many nodes of a label, or relationships of a type, there are is
// counted by the graph as it changes, so nobody has to look at them.
//
// Before: Aggregate(count(n)) ─ NodeScan(n:Person)    After: StoredCount (:Person)

import NQLPlan
import NQLSyntax
import NenCore

extension PhysicalPlanner {
    /// Aggregates that do nothing but count the matches of a pattern whose number is kept; nil when
    /// they ask for more.
    func storedCounts(_ aggregates: [AggregateCall], _ input: LogicalPlan) -> PlanDraft? {
        guard session.isEnabled("stored-counts"), let first = aggregates.first,
            case .match(let graph) = input.kind, case .unit = input.inputs[0].kind,
            let (count, element) = storedCount(graph),
            aggregates.allSatisfy({ self.counts($0, element) })
        else { return nil }
        let draft = PlanDraft(
            .storedCount(count, slot: first.slot), rows: 1, ownCost: CostModel.storedCount)
        let others = aggregates.dropFirst().map {
            SlotAssignment(slot: $0.slot, expression: session.read(first.slot))
        }
        return others.isEmpty ? draft : estimate(.project(others), [draft])
    }

    /// Whether the aggregate is the number of matches: of rows, or of the pattern's element, which
    /// is never null. Distinct ones count it once, as a directed pattern matches it.
    private func counts(_ call: AggregateCall, _ element: (slot: Slot, isOnce: Bool)) -> Bool {
        guard call.function == "count" else { return false }
        guard let argument = call.arguments.first else { return !call.isDistinct }
        return argument.plainSlot == element.slot && (element.isOnce || !call.isDistinct)
    }

    /// The number of matches of a pattern that is one node, or one relationship between any nodes,
    /// under no condition; with the element that it counts.
    private func storedCount(
        _ graph: QueryGraph
    ) -> (StoredCount, element: (slot: Slot, isOnce: Bool))? {
        guard graph.predicates.isEmpty, graph.boundRelationships.isEmpty else { return nil }
        if graph.relationships.isEmpty {
            guard graph.nodes.count == 1, !graph.nodes[0].labels.contains(where: \.isDynamic)
            else { return nil }
            return (.nodes(PlanLabels.all(graph.nodes[0].labels)), (graph.nodes[0].slot, true))
        }
        let relationship = graph.relationships[0]
        guard graph.relationships.count == 1, relationship.length == nil,
            relationship.search == nil, relationship.from != relationship.to,
            graph.nodes.count == 2, graph.nodes.allSatisfy(\.labels.isEmpty)
        else { return nil }
        return (
            .relationships(relationship.types, direction: relationship.direction),
            (relationship.slot, relationship.direction != .both)
        )
    }
}
