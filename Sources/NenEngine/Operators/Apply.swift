// Apply: runs the right input for the rows of the left one and combines them by kind.

import NQLPlan
import NenCore

/// Apply in all its kinds.
final class Apply: Operator {
    private let kind: ApplyKind
    private let right: Subplan
    private let packed: RowBuffer
    /// Slots that only the right side binds; null in unmatched rows of an optional apply.
    private let rightOnly: [Slot]
    private let leftSlots: [Slot]

    private enum Phase {
        case needsLeft, running, emitting, unmatched
    }
    private var phase = Phase.needsLeft
    private var row = 0
    private var isRightOpen = false
    private var rowHasMatch = false
    private var nextBlock = 0
    private let matchArena: Arena
    private var matched: UnsafeMutablePointer<UInt8>?

    init(_ scope: OperatorScope, _ left: Operator, _ subplan: Subplan, _ kind: ApplyKind) {
        self.kind = kind
        right = subplan
        let known = Set(left.live)
        leftSlots = scope.live.filter { known.contains($0) }
        rightOnly = scope.live.filter { !known.contains($0) }
        packed = scope.context.makeBuffer(scope.live)
        matchArena = Arena(pool: scope.context.pool)
        super.init(scope, inputs: [left])
    }

    override var subplan: Subplan? { right }

    override func open() throws(NQLError) {
        phase = .needsLeft
        packed.removeAll()
        try super.open()
    }

    override func next() throws(NQLError) -> Bool {
        switch kind {
        case .inner, .optional: return try nextJoined()
        case .semi, .anti: return try nextFiltered()
        case .mark(let slot):
            return try nextExtended(slot) { (rows) throws(NQLError) in
                Vector(.boolean, try right.existence(rows, arena))
            }
        case .count(let slot):
            return try nextExtended(slot) { (rows) throws(NQLError) in
                Vector(.integer, try right.counts(rows, arena))
            }
        case .collect(let slot, let value):
            return try nextExtended(slot) { (rows) throws(NQLError) in
                Vector(.cell, try right.lists(rows, of: value, arena))
            }
        case .effect:
            guard try input.pull() else { return false }
            try right.run(input.batch.rows) { (_, _) throws(NQLError) in true }
            beginOutput()
            batch.pass(input.batch, live)
            return true
        }
    }

    private func nextExtended(
        _ slot: Slot, _ body: (RowSet) throws(NQLError) -> Vector
    ) throws(NQLError) -> Bool {
        guard try input.pull() else { return false }
        beginOutput()
        let vector = try body(input.batch.rows)
        batch.pass(input.batch, live)
        batch.vectors[slot] = vector
        return true
    }

    private func nextFiltered() throws(NQLError) -> Bool {
        repeat {
            guard try input.pull() else { return false }
            beginOutput()
            let rows = input.batch.rows
            let found = try right.existence(rows, arena)
            let wanted: UInt8 = kind == .semi ? 1 : 0
            let chosen = try arena.allocate(UInt16.self, count: rows.count + 1)
            var count = 0
            for row in 0 ..< rows.count {
                let position = rows.position(row)
                chosen[count] = UInt16(truncatingIfNeeded: position)
                count += found[position] == wanted ? 1 : 0
            }
            if count == 0 { continue }
            batch.pass(input.batch, live)
            batch.selection = UnsafePointer(chosen)
            batch.count = count
            return true
        } while true
    }

    // MARK: inner and optional

    private func nextJoined() throws(NQLError) -> Bool {
        repeat {
            switch phase {
            case .needsLeft:
                guard try input.pull() else { return false }
                if input.batch.count == 0 { continue }
                matchArena.reset()
                let marks = try matchArena.allocate(UInt8.self, count: Batch.rowCapacity)
                marks.update(repeating: 0, count: Batch.rowCapacity)
                matched = marks
                row = 0
                isRightOpen = false
                phase = .running
            case .running:
                if right.feed.isPerRow {
                    try packRows()
                    nextBlock = 0
                    phase = .emitting
                } else {
                    if try nextOfBatch() { return true }
                    phase = .unmatched
                }
            case .emitting:
                if nextBlock < packed.blockCount {
                    packed.load(block: nextBlock, into: batch)
                    nextBlock += 1
                    return true
                }
                packed.removeAll()
                phase = row < input.batch.count ? .running : .unmatched
            case .unmatched:
                phase = .needsLeft
                if kind == .optional, try emitUnmatched() { return true }
            }
        } while true
    }

    /// Batch mode: the next rows of the right side.
    private func nextOfBatch() throws(NQLError) -> Bool {
        let root = right.root
        if !isRightOpen {
            right.feed.set(input.batch.rows)
            try root.open()
            isRightOpen = true
        }
        while try root.pull() {
            if root.batch.count == 0 { continue }
            if kind == .optional { try noteMatches(root.batch) }
            batch.pass(root.batch, live)
            return true
        }
        return false
    }

    private func noteMatches(_ source: Batch) throws(NQLError) {
        guard let slot = right.feed.positionSlot, let matched else { return }
        beginOutput()
        let positions = try source.rows.dense(slot, arena)
        for row in 0 ..< source.count {
            matched[Int(positions.integers[positions.isConstant ? 0 : row])] = 1
        }
    }

    /// Row mode: runs the right side for left rows until a batch's worth of rows has gathered.
    private func packRows() throws(NQLError) {
        let rows = input.batch.rows
        let root = right.root
        while row < rows.count && packed.rowCount < Batch.rowCapacity / 2 {
            if !isRightOpen {
                right.feed.set(rows, row: row)
                try root.open()
                isRightOpen = true
                rowHasMatch = false
            }
            while packed.rowCount < Batch.rowCapacity / 2 {
                guard try root.pull() else {
                    isRightOpen = false
                    break
                }
                if root.batch.count == 0 { continue }
                rowHasMatch = true
                try packed.append(root.batch)
            }
            if isRightOpen { return }
            if rowHasMatch { matched?[rows.position(row)] = 1 }
            row += 1
        }
    }

    /// Left rows without a right row; the right side's slots are null.
    private func emitUnmatched() throws(NQLError) -> Bool {
        guard let matched else { return false }
        beginOutput()
        let rows = input.batch.rows
        let chosen = try arena.allocate(UInt16.self, count: rows.count + 1)
        var count = 0
        for row in 0 ..< rows.count {
            let position = rows.position(row)
            chosen[count] = UInt16(truncatingIfNeeded: position)
            count += matched[position] == 0 ? 1 : 0
        }
        if count == 0 { return false }
        batch.pass(input.batch, leftSlots)
        for slot in rightOnly { batch.vectors[slot] = Batch.nullVector }
        batch.multiplicity = nil
        batch.selection = UnsafePointer(chosen)
        batch.count = count
        return true
    }
}

/// All rows of all inputs, one input after the other.
final class UnionAll: Operator {
    private let targets: [Slot]
    private let sources: [[Slot]]
    private let passing: [Slot]
    private var current = 0

    init(_ scope: OperatorScope, inputs: [Operator], targets: [Slot], sources: [[Slot]]) {
        self.targets = targets
        self.sources = sources
        let own = Set(targets)
        passing = scope.live.filter { !own.contains($0) }
        super.init(scope, inputs: inputs)
    }

    override func open() throws(NQLError) {
        current = 0
        try super.open()
    }

    override func next() throws(NQLError) -> Bool {
        while current < inputs.count {
            let source = inputs[current]
            guard try source.pull() else {
                current += 1
                continue
            }
            let vectors = sources[current].map { source.batch.vectors[$0] }
            batch.pass(source.batch, passing)
            for (index, slot) in targets.enumerated() { batch.vectors[slot] = vectors[index] }
            return true
        }
        return false
    }
}
