// HashJoin: builds on the right input, probes with the left. Rows of one key are chained in a
// RowBuffer; the key table numbers the keys (GroupTable), which addresses single node keys
// directly. Null keys match nothing.

import NQLPlan
import NenCore

/// Equi-join, left outer join, semi- and anti-join.
final class HashJoin: Operator {
    private let kind: JoinKind
    /// Whether nothing is missed when the left input is never run.
    private let mayLeaveLeft: Bool
    private let leftKeys: [Evaluator]
    private let rightKeys: [Slot]
    private let table: GroupTable
    private let buffer: RowBuffer
    /// First row of a key's chain.
    private let heads: PooledArray<UInt32>
    private let tails: PooledArray<UInt32>
    /// Buffered row → next row of the same key; `none` at the end.
    private let nexts: PooledArray<UInt32>
    private let references: PooledArray<RowBuffer.RowReference>
    private var isBuilt = false
    private var hasRightRow = false
    private let carried: [Slot]
    private let built: [Slot]

    private let probeArena: Arena
    private var hasProbe = false
    private var matches: UnsafePointer<UInt32>?
    private var row = 0
    private var chain = HashJoin.none

    private static let none: UInt32 = .max

    init(
        _ scope: OperatorScope, _ left: Operator, _ right: Operator, _ kind: JoinKind,
        leftKeys: [Evaluator], rightKeys: [Slot], directCapacity: Int, mayLeaveLeft: Bool
    ) {
        self.kind = kind
        self.mayLeaveLeft = mayLeaveLeft && (kind == .inner || kind == .semi)
        self.leftKeys = leftKeys
        self.rightKeys = rightKeys
        let context = scope.context
        table = GroupTable(width: rightKeys.count, context, directCapacity: directCapacity)
        let leftSlots = Set(left.live)
        carried = scope.live.filter { leftSlots.contains($0) }
        let wanted = Set(scope.live)
        built = right.live.filter { wanted.contains($0) && !leftSlots.contains($0) }
        buffer = context.makeBuffer(kind == .semi || kind == .anti ? [] : built)
        heads = PooledArray(pool: context.pool)
        tails = PooledArray(pool: context.pool)
        nexts = PooledArray(pool: context.pool)
        references = PooledArray(pool: context.pool)
        probeArena = Arena(pool: context.pool)
        super.init(scope, inputs: [left, right])
    }

    override func open() throws(NQLError) {
        isBuilt = false
        hasRightRow = false
        hasProbe = false
        table.removeAll()
        buffer.removeAll()
        heads.removeAll()
        tails.removeAll()
        nexts.removeAll()
        references.removeAll()
        try super.open()
    }

    // MARK: build

    private func build() throws(NQLError) {
        let right = inputs[1]
        let arena = Arena(pool: context.pool)
        while try right.pull() {
            let source = right.batch
            if source.count == 0 { continue }
            hasRightRow = true
            arena.reset()
            let chosen = try nonNullRows(source, rightKeys, arena)
            if chosen.count == 0 { continue }
            let vectors = try keyVectors(chosen, arena)
            let groups = try arena.allocate(UInt32.self, count: chosen.count)
            try table.find(vectors, chosen.count, arena, into: groups)
            if kind == .semi || kind == .anti { continue }
            let oldCount = source.count
            let oldSelection = source.selection
            source.selection = chosen.selection
            source.count = chosen.count
            try append(source, groups)
            source.selection = oldSelection
            source.count = oldCount
        }
        isBuilt = true
    }

    private func append(
        _ source: Batch, _ groups: UnsafePointer<UInt32>
    ) throws(NQLError) {
        let firstBlock = max(0, buffer.blockCount - 1)
        var before = buffer.blockCount == 0 ? 0 : buffer.rowCount(ofBlock: firstBlock)
        try buffer.append(source)
        try heads.resize(table.count, filling: HashJoin.none)
        try tails.resize(table.count, filling: HashJoin.none)
        var row = 0
        for block in firstBlock ..< buffer.blockCount {
            let start = RowBuffer.RowReference(truncatingIfNeeded: block) &<< 11
            while before < buffer.rowCount(ofBlock: block) {
                let number = UInt32(truncatingIfNeeded: references.count)
                try references.append(start | RowBuffer.RowReference(before))
                try nexts.append(HashJoin.none)
                let group = Int(groups[row])
                if heads[group] == HashJoin.none {
                    heads[group] = number
                } else {
                    nexts[Int(tails[group])] = number
                }
                tails[group] = number
                before += 1
                row += 1
            }
            before = 0
        }
    }

    /// The rows of a batch whose keys are all present.
    private func nonNullRows(
        _ source: Batch, _ slots: [Slot], _ arena: Arena
    ) throws(NQLError) -> RowSet {
        var rows = source.rows
        for slot in slots {
            let vector = source.vectors[slot]
            if vector.kind != .cell && vector.validity == nil { continue }
            let chosen = try arena.allocate(UInt16.self, count: rows.count + 1)
            var count = 0
            for row in 0 ..< rows.count {
                if vector.isPresent(element: vector.element(rows.position(row))) {
                    chosen[count] = UInt16(truncatingIfNeeded: row)
                    count += 1
                }
            }
            if count < rows.count { rows = try rows.subset(chosen, count, arena) }
        }
        return rows
    }

    private func keyVectors(
        _ rows: RowSet, _ arena: Arena
    ) throws(NQLError) -> [Vector] {
        var vectors: [Vector] = []
        for slot in rightKeys {
            let vector = try rows.dense(slot, arena)
            vectors.append(try Gather.expanded(vector, rows.count, arena))
        }
        return vectors
    }

    // MARK: probe

    override func next() throws(NQLError) -> Bool {
        if !isBuilt {
            // A left side that writes comes first: the right side reads what it leaves.
            try (input as? Eager)?.fill()
            try build()
        }
        if mayLeaveLeft, table.count == 0 { return false }
        repeat {
            if !hasProbe {
                guard try input.pull() else { return false }
                if input.batch.count == 0 { continue }
                try probe()
            }
            let isMore: Bool
            switch kind {
            case .semi, .anti:
                isMore = try emitLeftOnly()
                hasProbe = false
            case .inner, .leftOuter:
                isMore = try emitPairs()
                if row >= input.batch.count { hasProbe = false }
            }
            if isMore { return true }
        } while true
    }

    /// Finds the key number of every left row.
    private func probe() throws(NQLError) {
        probeArena.reset()
        let source = input.batch
        let count = source.count
        let result = try probeArena.allocate(UInt32.self, count: count)
        result.update(repeating: HashJoin.none, count: count)
        matches = UnsafePointer(result)
        row = 0
        chain = HashJoin.none
        hasProbe = true
        // Without any right row no key is asked for, and so none fails.
        if !hasRightRow { return }
        let rows = source.rows
        context.arena = probeArena
        var vectors: [Vector] = []
        for key in leftKeys {
            let vector = try key.evaluate(rows, context)
            vectors.append(try Gather.expanded(vector, rows.count, probeArena))
        }
        let cells = try probeArena.allocate(UInt32.self, count: count)
        try table.lookUp(vectors, count, probeArena, into: cells)
        if vectors.allSatisfy({ $0.kind != .cell && $0.validity == nil }) {
            result.update(from: cells, count: count)
        } else {
            for row in 0 ..< count {
                var isNull = false
                for vector in vectors where !vector.isPresent(element: row) { isNull = true }
                result[row] = isNull ? HashJoin.none : cells[row]
            }
        }
        if count > 0 { chain = head(result[0]) }
    }

    private func head(_ group: UInt32) -> UInt32 {
        if group == HashJoin.none || Int(group) >= heads.count { return HashJoin.none }
        return heads[Int(group)]
    }

    private func emitLeftOnly() throws(NQLError) -> Bool {
        guard let matches else { return false }
        beginOutput()
        let source = input.batch
        let rows = source.rows
        let chosen = try arena.allocate(UInt16.self, count: source.count + 1)
        var count = 0
        for row in 0 ..< source.count {
            chosen[count] = UInt16(truncatingIfNeeded: row)
            let isMatch = matches[row] != HashJoin.none
            count += isMatch == (kind == .semi) ? 1 : 0
        }
        if count == 0 { return false }
        batch.pass(source, live)
        batch.selection = try rows.subset(chosen, count, arena).selection
        batch.count = count
        return true
    }

    private func emitPairs() throws(NQLError) -> Bool {
        guard let matches else { return false }
        beginOutput()
        let source = input.batch
        let rows = source.rows
        let capacity = Batch.rowCapacity
        let positions = try arena.allocate(UInt16.self, count: capacity)
        let rights = try arena.allocate(RowBuffer.RowReference.self, count: capacity)
        let present = try Bitmap.make(capacity, value: true, arena)
        var hasMissing = false
        var filled = 0
        while row < source.count && filled < capacity {
            let position = UInt16(truncatingIfNeeded: rows.position(row))
            if head(matches[row]) == HashJoin.none {
                if kind == .leftOuter {
                    positions[filled] = position
                    rights[filled] = HashJoin.none
                    Bitmap.clear(present, filled)
                    hasMissing = true
                    filled += 1
                }
            } else {
                while chain != HashJoin.none && filled < capacity {
                    positions[filled] = position
                    rights[filled] = references[Int(chain)]
                    chain = nexts[Int(chain)]
                    filled += 1
                }
                if chain != HashJoin.none { break }
            }
            row += 1
            if row < source.count { chain = head(matches[row]) }
        }
        if filled == 0 { return false }
        try batch.carry(source, carried, at: positions, count: filled, arena)
        try attach(rights, filled, hasMissing ? UnsafePointer(present) : nil)
        return true
    }

    /// Right columns; rows without a partner are null.
    private func attach(
        _ rights: UnsafeMutablePointer<RowBuffer.RowReference>, _ count: Int,
        _ present: UnsafePointer<UInt64>?
    ) throws(NQLError) {
        if buffer.rowCount == 0 {
            for slot in built { batch.vectors[slot] = Batch.nullVector }
            return
        }
        if present != nil {
            for row in 0 ..< count where rights[row] == HashJoin.none { rights[row] = 0 }
        }
        for (column, slot) in buffer.slots.enumerated() {
            var vector = try buffer.gather(column: column, rights, count, arena)
            if let present {
                if vector.kind == .cell {
                    let cells = try arena.allocate(Cell.self, count: count)
                    for row in 0 ..< count {
                        cells[row] = Bitmap.isSet(present, row) ? vector.cells[row] : .null
                    }
                    vector = Vector(.cell, cells)
                } else {
                    vector.validity = try Bitmap.intersection(
                        vector.validity, present, count, arena)
                }
            }
            batch.vectors[slot] = vector
        }
    }

    override var stateByteCount: Int {
        let chains = (heads.capacity + tails.capacity + nexts.capacity) * 4
        return table.byteCount + buffer.arena.byteCount + chains + references.capacity * 4
    }
}
