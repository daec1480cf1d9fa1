// WeightAggregate: the number of a pattern's matches by elimination (`WeightRun`).

import NQLPlan
import NenCore

/// One row with the count.
final class WeightAggregate: Operator {
    private let slot: Slot
    private let weights: WeightRun
    private var isDone = false

    init(
        _ scope: OperatorScope, _ program: WeightProgram, _ compiler: PlanCompiler, threads: Int
    ) {
        slot = program.slot
        weights = WeightRun(program, compiler, threads: threads)
        super.init(scope, inputs: [])
    }

    override var stateByteCount: Int { weights.heldBytes }

    override func open() throws(NQLError) { isDone = false }

    override func next() throws(NQLError) -> Bool {
        if isDone { return false }
        isDone = true
        guard let count = Int64(exactly: try weights.total()) else { throw WeightRun.overflow }
        beginOutput()
        batch.vectors[slot] = try arena.constant(Cell(integer: count))
        batch.count = 1
        batch.selection = nil
        batch.multiplicity = nil
        return true
    }
}
