// Project: computes expressions into slots. Other live columns pass unchanged; when the rows carry
// a selection, the results are dense and the passing columns become indexed.

import NQLPlan
import NenCore

/// Computed columns.
final class Project: Operator {
    private let assignments: [(slot: Slot, evaluator: Evaluator)]
    private let passing: [Slot]
    /// What a batch's expressions gave; kept for its memory.
    private var results: [Vector] = []

    init(
        _ scope: OperatorScope, _ input: Operator,
        _ assignments: [(slot: Slot, evaluator: Evaluator)]
    ) {
        self.assignments = assignments
        let computed = Set(assignments.map(\.slot))
        passing = scope.live.filter { !computed.contains($0) }
        super.init(scope, inputs: [input])
    }

    override func next() throws(NQLError) -> Bool {
        guard try input.pull() else { return false }
        beginOutput()
        let source = input.batch
        let rows = source.rows
        var plain = true
        for assignment in assignments where !(assignment.evaluator is SlotEvaluation) {
            plain = plain && assignment.evaluator is ConstantEvaluation
        }
        if plain || source.selection == nil {
            // Slots and constants need no dense rows: rename and keep the selection.
            results.removeAll(keepingCapacity: true)
            for assignment in assignments {
                if let slot = (assignment.evaluator as? SlotEvaluation)?.slot {
                    results.append(source.vectors[slot])
                } else {
                    results.append(try assignment.evaluator.evaluate(rows, context))
                }
            }
            batch.pass(source, passing)
            for (index, assignment) in assignments.enumerated() {
                batch.vectors[assignment.slot] = results[index]
            }
            return true
        }
        results.removeAll(keepingCapacity: true)
        for assignment in assignments {
            results.append(try assignment.evaluator.evaluate(rows, context))
        }
        batch.pass(source, passing)
        try batch.flatten(passing, arena)
        for (index, assignment) in assignments.enumerated() {
            batch.vectors[assignment.slot] = results[index]
        }
        return true
    }
}
