// Sink: where the rows of a pipeline end. Operators that need all rows of their input before they
// hand out the first are sinks: aggregate, DISTINCT, sort, top-k, the built sides of joins and
// products. A sink is told how rows are gathered and how what was gathered apart becomes one; how
// many threads do it, over what, and in what order is the pipeline's business (`Pipeline`).

import NQLPlan
import NenCore

/// The end of a pipeline.
protocol Sink: AnyObject {
    /// What a worker makes once: expressions over the rows of its copy of the pipeline.
    associatedtype Part
    /// What one task gathers. It needs nothing of its worker once the task has ended.
    associatedtype Local

    /// Called on the worker's thread.
    func makePart(_ compiler: PlanCompiler, over pipeline: Operator) throws(NQLError) -> Part

    /// What a task begins with.
    func makeLocal(_ part: Part) throws(NQLError) -> Local

    /// Gathers the rows of a batch; called for one local by one thread at a time.
    func consume(_ batch: Batch, _ local: Local) throws(NQLError)

    /// All rows of the task have come; still on the worker's thread.
    func endTask(_ local: Local) throws(NQLError)

    /// Makes the sink what it would be had it gathered all rows itself, in the order of the tasks.
    /// Empties the places as it goes; a task without rows may have left one empty.
    ///
    /// - Parameter threads: most that may work on it, this one included.
    func combine(_ locals: Slots<Local?>, threads: Int) throws(NQLError)
}

extension Sink {
    /// Most have nothing to end.
    func endTask(_ local: Local) {}
}

extension Sink where Part == ExecutionContext {
    func makePart(_ compiler: PlanCompiler, over pipeline: Operator) -> ExecutionContext {
        compiler.context
    }
}

/// What the copies of a pipeline share: what stands in for an operator's other inputs, or for
/// all that is below it. Made before the copies run, and only read by them.
enum SharedInput {
    /// The built side of a hash join.
    case join(JoinTable)
    /// The right side of a product.
    case rows(RowQueue)
    /// The groups of an aggregate.
    case groups(AggregateGroups)
    /// What there is cannot be shared: it is on disk. The chain is pulled by one thread.
    case nothing
}
