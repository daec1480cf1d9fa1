// LogicalPlan+Measures: what rules ask that replace a value of which only a measure is wanted, its
// length or size, by the measure.

import NQLPlan
import NenCore

extension LogicalPlan {
    /// `function(old)` as a slot of its own.
    func replacing(_ function: String, _ old: Slot, by slot: Slot) -> LogicalPlan {
        mapExpressions { expression in
            expression.rewritten { part in
                guard case .call(function, let arguments) = part.kind, arguments.count == 1,
                    arguments[0].plainSlot == old
                else { return part }
                return PlanExpression(.slot(slot), type: .integer, span: part.span)
            }
        }
    }

    /// Whether a right input reads the slot of the row around it, which hands on what it did.
    func isReadBeside(_ slot: Slot) -> Bool {
        contains { node in
            node.inputs.dropFirst().contains { $0.outerReads.contains(slot) }
        }
    }

    /// Whether a step reads the slot, or hands it to something that may.
    func isRead(_ slot: Slot) -> Bool {
        contains { node in
            switch node.kind {
            case .match(let graph):
                let isOwn = graph.relationships.contains {
                    $0.slot == slot && $0.shortest != nil
                }
                return graph.predicateSlots.contains(slot)
                    || (!isOwn && graph.patternSlots.contains(slot))
            case .distinct(let slots): return slots.contains(slot)
            case .unionAll(_, let sources): return sources.contains { $0.contains(slot) }
            case .apply(.collect(_, let value), _): return value == slot
            default: return node.kind.reads.contains(slot)
            }
        }
    }
}
