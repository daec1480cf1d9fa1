// Operator: one node of a running plan. `pull` asks for the next batch, which stays valid until the
// next pull; all memory of a batch belongs to the operator that made it. `open` rewinds the
// operator and everything below it, so that an apply can run its right side again.
//
// Operators call the ones below, as many deep as the statement has clauses: each call looks first
// whether enough of the stack is left, and goes on a fresh one where it is not.

import NQLPlan
import NenCore

/// A running operator; subclasses implement `next` and, if they hold state, `open`.
class Operator {
    /// Number of the operator in the plan.
    final let id: Int
    /// Slots that hold a vector in every batch handed out.
    final let live: [Slot]
    final let context: ExecutionContext
    /// The rows handed out.
    final let batch: Batch
    /// Memory of the rows handed out; reset for each batch.
    final let arena: Arena
    /// The row or rows around this operator, when it runs inside an apply or a nested plan.
    final let feed: ArgumentFeed?
    // Never changed but by deinit.
    @exclusivity(unchecked) private(set) final var inputs: [Operator]
    /// Operators on the longest way down.
    final let depth: Int
    final var profile = OperatorProfile()

    init(_ scope: OperatorScope, inputs: [Operator]) {
        id = scope.id
        live = scope.live
        context = scope.context
        batch = Batch(slotCount: scope.slotCount)
        arena = Arena(pool: scope.context.pool)
        feed = scope.feed
        self.inputs = inputs
        depth = 1 + (inputs.map(\.depth).max() ?? 0)
    }

    deinit { if depth > ChainRelease.depthMin { ChainRelease.release(&inputs) } }

    /// The left input.
    @inline(__always)
    final var input: Operator { inputs[0] }

    /// Goes back to before the first row.
    func open() throws(NQLError) {
        for input in inputs {
            if StackRoom.isLow {
                try StackRoom.extended { () throws(NQLError) in try input.open() }
            } else {
                try input.open()
            }
        }
    }

    /// Fills `batch` with the next rows; false at the end. A batch may be empty.
    func next() throws(NQLError) -> Bool {
        preconditionFailure("an operator without next")
    }

    /// `next`, with interrupts, constants of the outer row, and measurements.
    final func pull() throws(NQLError) -> Bool {
        if StackRoom.isLow {
            return try StackRoom.extended { () throws(NQLError) in try pullHere() }
        }
        return try pullHere()
    }

    private final func pullHere() throws(NQLError) -> Bool {
        try context.checkInterrupt()
        let isProfiling = context.statement.options.isProfiling
        let start = isProfiling ? StatementState.now() : 0
        let isMore = try next()
        if isMore, let feed, feed.isPerRow {
            for slot in feed.slots { batch.vectors[slot] = feed.batch.vectors[slot] }
        }
        if isProfiling {
            profile.nanoseconds &+= Int(StatementState.now() &- start)
            profile.bytes = max(profile.bytes, arena.byteCount &+ stateByteCount)
            profile.spilledBytes = spilledByteCount
            if isMore { profile.rows &+= batch.count }
        }
        return isMore
    }

    /// Time in this operator alone, for PROFILE.
    final var ownNanoseconds: Int {
        var own = profile.nanoseconds
        for input in inputs { own -= input.profile.nanoseconds }
        if let subplan { own -= subplan.root.profile.nanoseconds }
        return max(0, own)
    }

    /// The right side of an apply, merge or foreach.
    var subplan: Subplan? { nil }

    /// Bytes held besides the output arena, for PROFILE.
    var stateByteCount: Int { 0 }

    /// Bytes written to temporary files so far, for PROFILE.
    var spilledByteCount: Int { 0 }

    /// What copies of this operator in the workers of a pipeline read in place of its inputs, the
    /// left one excepted, made by running those; nil when they read nothing but the left one.
    func share() throws(NQLError) -> SharedInput? { nil }

    /// Whether, as `share` has found, no row will come out whatever the left input has.
    var isIdle: Bool { false }

    /// The way to run what is below on several threads; nil: it is pulled.
    var pipeline: Pipeline? { nil }

    /// Does what `next` would do at once, measured as part of it.
    final func measured<Output>(
        _ body: () throws(NQLError) -> Output
    ) throws(NQLError) -> Output {
        guard context.statement.options.isProfiling else { return try body() }
        let start = StatementState.now()
        let output = try body()
        profile.nanoseconds &+= Int(StatementState.now() &- start)
        profile.bytes = max(profile.bytes, stateByteCount)
        profile.spilledBytes = spilledByteCount
        return output
    }

    /// Makes the output arena empty and the place where expressions write.
    final func beginOutput() {
        arena.reset()
        context.arena = arena
    }
}

/// What an operator is made with.
struct OperatorScope {
    let id: Int
    let live: [Slot]
    let context: ExecutionContext
    let slotCount: Int
    let feed: ArgumentFeed?
}

/// The outer rows of a subplan: one row as constants, or a whole batch together with a hidden slot
/// that says which position of the outer batch a row belongs to.
final class ArgumentFeed {
    let isPerRow: Bool
    /// Slots of the outer rows.
    let slots: [Slot]
    /// Holds the outer position of each row; nil with `isPerRow`.
    let positionSlot: Slot?
    /// The outer row or rows.
    let batch: Batch

    /// Positions 0, 1, 2, …; the hidden column of every batch.
    private static let positions: Shared<Int64> = {
        let memory = UnsafeMutablePointer<Int64>.allocate(capacity: Batch.rowCapacity)
        for index in 0 ..< Batch.rowCapacity { memory[index] = Int64(index) }
        return Shared(UnsafePointer(memory))
    }()

    init(isPerRow: Bool, slots: [Slot], positionSlot: Slot?, slotCount: Int) {
        self.isPerRow = isPerRow
        self.slots = slots
        self.positionSlot = positionSlot
        batch = Batch(slotCount: slotCount)
    }

    /// Feeds all rows of `rows`.
    func set(_ rows: RowSet) {
        for slot in slots { batch.vectors[slot] = rows.vectors[slot] }
        batch.count = rows.count
        batch.selection = rows.selection
        if let positionSlot {
            batch.vectors[positionSlot] = Vector(.integer, ArgumentFeed.positions.pointer)
        }
    }

    /// Feeds one row of `rows`.
    func set(_ rows: RowSet, row: Int) {
        let position = rows.position(row)
        for slot in slots { batch.vectors[slot] = rows.vectors[slot].constant(at: position) }
        batch.count = 1
        batch.selection = nil
    }
}

extension Vector {
    /// A constant vector of the value at `position`; shares the memory.
    func constant(at position: Int) -> Vector {
        if isConstant { return self }
        let index = element(position)
        if !isPresent(element: index) { return Batch.nullVector }
        return Vector(kind, data + index &* kind.stride, isConstant: true)
    }
}
