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
    var statementTime: DateTimeValue
    /// Transaction's start, for `datetime.transaction()`.
    var transactionTime: DateTimeValue
    /// Compiled regular expressions; every worker has its own.
    var patterns = PatternCache()

    /// Builds results in the arena.
    @inline(__always)
    var builder: CellBuilder { CellBuilder(arena: arena, base: base) }
}

/// How a function treats null arguments.
enum NullRule: Sendable {
    /// Any null argument makes the result null; the kernel never sees one.
    case propagates
    /// A null first argument makes the result null; the kernel sees the others.
    case followsFirst
    /// The kernel sees nulls.
    case custom
}

/// Computes one result from `arguments` (as many as the call has).
typealias ScalarKernel = @Sendable (
    _ context: inout FunctionContext, _ arguments: UnsafeBufferPointer<Cell>
) throws(NQLError) -> Cell

/// Computes the results for all rows of a flat vector of one type; nil where the function's own
/// kernel has to do it.
typealias VectorKernel = @Sendable (
    _ argument: Vector, _ count: Int, _ arena: Arena
) throws(NQLError) -> Vector?

/// A scalar function of the registry.
struct ScalarFunction: Sendable {
    var signature: FunctionSignature
    var nullRule: NullRule
    var kernel: ScalarKernel
    /// For functions of one argument that pass nulls on.
    var vectorKernel: VectorKernel?

    /// Whether null arguments decide that the result is null, so that the kernel is not called.
    @inline(__always)
    func isNull(_ arguments: UnsafeBufferPointer<Cell>, hasNull: Bool) -> Bool {
        guard hasNull else { return false }
        switch nullRule {
        case .propagates: return true
        case .followsFirst: return arguments[0].isNull
        case .custom: return false
        }
    }

    /// A function with several forms.
    init(
        _ name: String, _ overloads: [FunctionOverload], aliases: [String] = [],
        nulls: NullRule = .propagates, mayFail: Bool = false, isVolatile: Bool = false,
        dependsOnClock: Bool = false, summary: String, examples: [FunctionExample] = [],
        kernel: @escaping ScalarKernel
    ) {
        signature = FunctionSignature(
            name: name, overloads: overloads, aliases: aliases, mayFail: mayFail,
            isVolatile: isVolatile, dependsOnClock: dependsOnClock, summary: summary,
            examples: examples)
        nullRule = nulls
        self.kernel = kernel
    }

    /// The same function with a kernel for vectors.
    func vectorised(_ kernel: @escaping VectorKernel) -> ScalarFunction {
        var copy = self
        copy.vectorKernel = kernel
        return copy
    }

    /// A function with one form.
    init(
        _ name: String, _ parameters: [NQLType], to result: NQLType, aliases: [String] = [],
        nulls: NullRule = .propagates, mayFail: Bool = false, isVolatile: Bool = false,
        summary: String, examples: [FunctionExample] = [], kernel: @escaping ScalarKernel
    ) {
        self.init(
            name, [FunctionOverload(parameters, result: result)], aliases: aliases,
            nulls: nulls, mayFail: mayFail, isVolatile: isVolatile, summary: summary,
            examples: examples, kernel: kernel)
    }
}

/// Checks of arguments whose type was not known before rows were processed.
enum FunctionArgument {
    /// That an argument has a type that the function does not take.
    static func mismatch(
        _ function: StaticString, _ expected: StaticString, _ cell: Cell
    ) -> NQLError {
        .runtime(
            .type, "InvalidArgumentValue",
            "`\(function)` expects \(expected), not a value of type \(cell.tag.name).")
    }

    /// A string argument.
    @inline(__always)
    static func string(_ cell: Cell, _ function: StaticString) throws(NQLError) {
        if cell.rawTag != CellTag.string.rawValue {
            throw mismatch(function, "a String", cell)
        }
    }

    /// An integer argument.
    @inline(__always)
    static func integer(_ cell: Cell, _ function: StaticString) throws(NQLError) -> Int64 {
        if cell.rawTag != CellTag.integer.rawValue {
            throw mismatch(function, "an Integer", cell)
        }
        return cell.integer
    }

    /// A number as a double.
    @inline(__always)
    static func number(_ cell: Cell, _ function: StaticString) throws(NQLError) -> Double {
        if let number = CellOperators.number(cell) { return number }
        throw mismatch(function, "a number", cell)
    }

    /// A list argument.
    @inline(__always)
    static func list(_ cell: Cell, _ function: StaticString) throws(NQLError) {
        if cell.rawTag != CellTag.list.rawValue {
            throw mismatch(function, "a List", cell)
        }
    }

    /// An integer that must not be negative.
    static func count(_ cell: Cell, _ function: StaticString) throws(NQLError) -> Int64 {
        let value = try integer(cell, function)
        if value < 0 {
            throw .runtime(
                .argument, "NumberOutOfRange",
                "`\(function)` expects an Integer of at least 0, not \(value).")
        }
        return value
    }
}
