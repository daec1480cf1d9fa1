// StepCheck: what a step must satisfy besides the adjacency: labels of the far node, and being
// another relationship than those of the same MATCH walked before.

import NQLPlan
import NenCore

/// Steps found: neighbour, relationship and input row of each.
struct StepOutput {
    var neighbours: UnsafeMutablePointer<UInt32>
    var relationships: UnsafeMutablePointer<UInt32>
    var rows: UnsafeMutablePointer<UInt16>
    var count: Int
}

/// Conditions on steps, applied to whole outputs.
final class StepCheck {
    private let labels: LabelTest?
    private let differentFrom: [Slot]

    init(toLabels: PlanLabels?, differentFrom: [Slot]) {
        labels = toLabels.map { LabelTest($0) }
        self.differentFrom = differentFrom
    }

    /// Removes steps that do not satisfy the conditions; `rows` is the input.
    func apply(
        _ output: inout StepOutput, _ rows: RowSet, _ context: ExecutionContext, _ arena: Arena
    ) throws(NQLError) {
        if let labels { try applyLabels(labels, &output, context) }
        for slot in differentFrom where output.count > 0 {
            try applyDifference(rows.vectors[slot], &output, rows, context)
        }
    }

    private func applyLabels(
        _ labels: LabelTest, _ output: inout StepOutput, _ context: ExecutionContext
    ) throws(NQLError) {
        var reader = LabelSetReader(context)
        let graph = context.graph
        var kept = 0
        var index = 0
        var lastSet: UInt32 = .max
        var lastVerdict = false
        while index < output.count {
            let node = output.neighbours[index]
            let set = try reader.labelSet(node)
            if set != lastSet {
                lastSet = set
                lastVerdict = labels.accepts(labelSet: set, graph)
            }
            output.neighbours[kept] = node
            output.relationships[kept] = output.relationships[index]
            output.rows[kept] = output.rows[index]
            kept &+= Int(Comparison.byte(lastVerdict))
            index &+= 1
        }
        output.count = kept
    }

    private func applyDifference(
        _ vector: Vector, _ output: inout StepOutput, _ rows: RowSet,
        _ context: ExecutionContext
    ) throws(NQLError) {
        var kept = 0
        var index = 0
        let isTyped = vector.kind == .relationship && vector.validity == nil
        while index < output.count {
            let relationship = output.relationships[index]
            let element = vector.element(rows.position(Int(output.rows[index])))
            let isSame: Bool
            if isTyped {
                isSame = vector.entities[element] == relationship
            } else {
                isSame = StepCheck.holds(
                    vector.cell(element: element), relationship, context.base)
            }
            output.neighbours[kept] = output.neighbours[index]
            output.relationships[kept] = relationship
            output.rows[kept] = output.rows[index]
            kept &+= isSame ? 0 : 1
            index &+= 1
        }
        output.count = kept
    }

    /// Whether a cell is the relationship, or a list or path that has it.
    static func holds(_ cell: Cell, _ relationship: UInt32, _ base: HeapBase) -> Bool {
        switch cell.tag {
        case .relationship: return cell.entity == relationship
        case .list:
            let items = base.cells(cell)
            var index = 0
            while index < cell.count {
                if items[index].tag == .relationship, items[index].entity == relationship {
                    return true
                }
                index &+= 1
            }
            return false
        case .path:
            let numbers = base.pathElements(cell)
            var index = 0
            while index < cell.count {
                if numbers[2 &* index &+ 1] == relationship { return true }
                index &+= 1
            }
            return false
        default: return false
        }
    }
}
