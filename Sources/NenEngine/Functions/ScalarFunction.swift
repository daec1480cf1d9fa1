// ScalarFunction: one entry of the function registry: signature, null rule and kernel.

import NenCore

/// What a kernel may use: memory for its result, the snapshot, and the statement's clock.
///
/// One per worker and statement; passed by reference so that kernels keep scratch state in it.
struct FunctionContext {
    /// Start of offsets in cells.
    let base: HeapBase
    /// Where results that need memory go; they live as long as the batch they belong to.
    var arena: Arena
    /// The graph as this expression may see it.
    let graph: GraphView
    /// The statement's start: `datetime()` and its kin give this instant throughout.
    let statementTime: DateTimeValue
    /// Transaction's start, for `datetime.transaction()`.
    let transactionTime: DateTimeValue
    /// Compiled regular expressions.
    let patterns = PatternCache()

    /// Builds results in the arena.
    @inline(__always)
    var builder: CellBuilder { CellBuilder(arena: arena, base: base) }
}

/// How a function treats null arguments.
enum NullRule: Sendable {
    /// Any null argument makes the result null; the kernel never sees one.
    case propagates
    /// The kernel sees nulls.
    case custom
}

/// Computes one result from `arguments` (as many as the call has).
typealias ScalarKernel = @Sendable (
    _ context: inout FunctionContext, _ arguments: UnsafeBufferPointer<Cell>
) throws(NQLError) -> Cell

/// A scalar function of the registry.
struct ScalarFunction: Sendable {
    var signature: FunctionSignature
    var nullRule: NullRule
    var kernel: ScalarKernel
}
