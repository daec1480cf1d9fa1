// Batch: up to 2,048 rows that one operator hands to the next: a table from slot to vector, an
// optional selection of positions, and an optional multiplicity per position (the row stands for
// that many equal rows; produced only where everything behind it can use it).

import NQLPlan
import NenCore

/// Rows as operators exchange them; owned by the operator that produces it, overwritten by its next
/// call.
final class Batch {
    /// Most rows of a batch.
    static let rowCapacity = 2_048

    /// Slot → vector; only live slots hold one.
    let vectors: VectorTable
    /// Selected rows.
    var count = 0
    /// Row → position; nil: row i stands at position i.
    var selection: UnsafePointer<UInt16>?
    /// Position → how many equal rows it stands for; nil: one.
    var multiplicity: UnsafePointer<Int64>?

    /// What unset slots hold: a constant null.
    private static let nullCell: Shared<Cell> = {
        let memory = UnsafeMutablePointer<Cell>.allocate(capacity: 1)
        memory.initialize(to: .null)
        return Shared(UnsafePointer(memory))
    }()

    /// The constant null.
    static var nullVector: Vector { Vector(.cell, nullCell.pointer, isConstant: true) }

    init(slotCount: Int) {
        vectors = VectorTable(slotCount: slotCount)
    }

    deinit { vectors.deallocate() }

    /// The rows as expressions see them.
    @inline(__always)
    var rows: RowSet { RowSet(vectors: vectors, selection: selection, count: count) }

    /// Takes over the slots of `input` and its rows.
    func pass(_ input: Batch, _ slots: [Slot]) {
        for slot in slots { vectors[slot] = input.vectors[slot] }
        count = input.count
        selection = input.selection
        multiplicity = input.multiplicity
    }

    /// Makes this batch `count` rows taken from `input` at `positions` (positions, not rows): flat
    /// vectors become indexed, indexed ones are composed. Selection and multiplicity end up nil.
    func carry(
        _ input: Batch, _ slots: [Slot], at positions: UnsafePointer<UInt16>, count: Int,
        _ arena: Arena
    ) throws(NQLError) {
        var composer = IndexComposer(positions: positions, count: count)
        for slot in slots {
            vectors[slot] = try composer.reindexed(input.vectors[slot], arena)
        }
        self.count = count
        selection = nil
        multiplicity = nil
    }

    /// The same for what a step makes of rows of `input`: `rows` are their numbers, and become
    /// their positions. What comes of a row counts as often as the row does.
    func carryStep(
        _ input: Batch, _ slots: [Slot], at rows: UnsafeMutablePointer<UInt16>, count: Int,
        _ arena: Arena
    ) throws(NQLError) {
        if let selection = input.selection {
            var index = 0
            while index < count {
                rows[index] = selection[Int(rows[index])]
                index &+= 1
            }
        }
        try carry(input, slots, at: rows, count: count, arena)
        guard let old = input.multiplicity else { return }
        let weights = try arena.allocate(Int64.self, count: count)
        var index = 0
        while index < count {
            weights[index] = old[Int(rows[index])]
            index &+= 1
        }
        multiplicity = UnsafePointer(weights)
    }

    /// Removes the selection by turning vectors into indexed ones over `slots`.
    func flatten(_ slots: [Slot], _ arena: Arena) throws(NQLError) {
        guard let selection else { return }
        var composer = IndexComposer(positions: selection, count: count)
        for slot in slots { vectors[slot] = try composer.reindexed(vectors[slot], arena) }
        if let old = multiplicity {
            let fresh = try arena.allocate(Int64.self, count: max(1, count))
            var row = 0
            while row < count {
                fresh[row] = old[Int(selection[row])]
                row &+= 1
            }
            multiplicity = UnsafePointer(fresh)
        }
        self.selection = nil
    }
}

/// A pointer that may cross threads: what it points to never changes.
struct Shared<Pointee>: @unchecked Sendable {
    let pointer: UnsafePointer<Pointee>
    init(_ pointer: UnsafePointer<Pointee>) { self.pointer = pointer }
}

/// Puts vectors behind an array of positions; vectors that share their indices share the result.
struct IndexComposer {
    let positions: UnsafePointer<UInt16>
    let count: Int
    private var sources: [UnsafePointer<UInt16>] = []
    private var results: [UnsafePointer<UInt16>] = []

    init(positions: UnsafePointer<UInt16>, count: Int) {
        self.positions = positions
        self.count = count
    }

    /// `vector` with position i taken from its position `positions[i]`.
    mutating func reindexed(_ vector: Vector, _ arena: Arena) throws(NQLError) -> Vector {
        if vector.isConstant { return vector }
        var result = vector
        guard let indices = vector.indices else {
            result.indices = positions
            return result
        }
        var known = 0
        while known < sources.count {
            if sources[known] == indices {
                result.indices = results[known]
                return result
            }
            known &+= 1
        }
        let composed = try arena.allocate(UInt16.self, count: max(1, count))
        var row = 0
        while row < count {
            composed[row] = indices[Int(positions[row])]
            row &+= 1
        }
        sources.append(indices)
        results.append(UnsafePointer(composed))
        result.indices = UnsafePointer(composed)
        return result
    }
}
