// StoredCountOperator: the number of nodes or relationships that the graph keeps beside them.

import NQLPlan
import NQLSyntax
import NenCore

/// One row with an exact count of the statement's state of the graph.
final class StoredCountOperator: Operator {
    private let count: StoredCount
    private let slot: Slot
    private var isDone = false

    init(_ scope: OperatorScope, _ count: StoredCount, slot: Slot) {
        self.count = count
        self.slot = slot
        super.init(scope, inputs: [])
    }

    override func open() throws(NQLError) { isDone = false }

    override func next() throws(NQLError) -> Bool {
        if isDone { return false }
        isDone = true
        beginOutput()
        let number = Int64(clamping: found(context.graph))
        batch.vectors[slot] = try arena.constant(Cell(integer: number))
        batch.count = 1
        batch.selection = nil
        batch.multiplicity = nil
        return true
    }

    private func found(_ graph: GraphView) -> UInt64 {
        let statistics = graph.statistics
        switch count {
        case .nodes(nil): return statistics.nodesPerLabelSet.reduce(0, &+)
        case .nodes(let labels?):
            let test = LabelTest(labels)
            return statistics.nodesPerLabelSet.enumerated().reduce(0) { sum, one in
                let isCounted = one.element > 0
                    && test.accepts(labelSet: UInt32(truncatingIfNeeded: one.offset), graph)
                return isCounted ? sum &+ one.element : sum
            }
        case .relationships(let types, let direction):
            let all = sum(statistics.relationshipsPerType, types, graph)
            if direction != .both { return all }
            // From either end, a self-loop once.
            return 2 &* all &- sum(statistics.selfLoopsPerType, types, graph)
        }
    }

    private func sum(_ counts: [UInt64], _ types: [String], _ graph: GraphView) -> UInt64 {
        if types.isEmpty { return counts.reduce(0, &+) }
        return Set(types).reduce(0) { sum, name in
            guard let number = graph.catalog.type(name), Int(number) < counts.count else {
                return sum
            }
            return sum &+ counts[Int(number)]
        }
    }
}
