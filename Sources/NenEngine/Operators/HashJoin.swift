// HashJoin: builds on the right input, probes with the left. Workers of a pipeline that goes
// through a join probe one table, which was built before they started.

import NQLPlan
import NenCore

/// Equi-join, left outer join, semi- and anti-join.
final class HashJoin: Operator, Sink {
    private let kind: JoinKind
    /// Whether nothing is missed when the left input is never run.
    private let mayLeaveLeft: Bool
    private let leftKeys: [Evaluator]
    private let rightKeys: [Slot]
    private let table: JoinTable
    /// The table was built by another worker's operator.
    private let isShared: Bool
    private let own: Pipeline?
    private var isBuilt: Bool
    private let carried: [Slot]
    private let built: [Slot]

    private let probeArena: Arena
    private var hasProbe = false
    private var matches: UnsafePointer<UInt32>?
    private var row = 0
    private var chain = JoinTable.none

    /// - Parameter pipeline: the way to build on several threads.
    init(
        _ scope: OperatorScope, _ left: Operator, _ right: Operator, _ kind: JoinKind,
        leftKeys: [Evaluator], rightKeys: [Slot], directCapacity: Int, mayLeaveLeft: Bool,
        _ pipeline: Pipeline?
    ) {
        self.kind = kind
        self.mayLeaveLeft = mayLeaveLeft && (kind == .inner || kind == .semi)
        self.leftKeys = leftKeys
        self.rightKeys = rightKeys
        own = pipeline
        let leftSlots = Set(left.live)
        carried = scope.live.filter { leftSlots.contains($0) }
        let wanted = Set(scope.live)
        built = right.live.filter { wanted.contains($0) && !leftSlots.contains($0) }
        let keepsRows = kind != .semi && kind != .anti
        // Rows that tasks have gathered are taken over with their keys.
        let kept = pipeline == nil ? built : built.joined(rightKeys)
        table = JoinTable(
            scope.context, keySlots: rightKeys, slots: keepsRows ? kept : nil,
            directCapacity: directCapacity)
        (isShared, isBuilt) = (false, false)
        probeArena = Arena(pool: scope.context.pool)
        super.init(scope, inputs: [left, right])
    }

    /// A join over a table that stands.
    init(
        _ scope: OperatorScope, _ left: Operator, _ kind: JoinKind, leftKeys: [Evaluator],
        built table: JoinTable, mayLeaveLeft: Bool
    ) {
        self.kind = kind
        self.mayLeaveLeft = mayLeaveLeft && (kind == .inner || kind == .semi)
        self.leftKeys = leftKeys
        self.table = table
        own = nil
        rightKeys = []
        let leftSlots = Set(left.live)
        carried = scope.live.filter { leftSlots.contains($0) }
        built = scope.live.filter { !leftSlots.contains($0) }
        (isShared, isBuilt) = (true, true)
        probeArena = Arena(pool: scope.context.pool)
        super.init(scope, inputs: [left])
    }

    override var pipeline: Pipeline? { own }

    override func open() throws(NQLError) {
        hasProbe = false
        if !isShared {
            isBuilt = false
            table.removeAll()
        }
        try super.open()
    }

    // MARK: build

    private func build() throws(NQLError) {
        if isBuilt { return }
        // A left side that writes comes first: the right side reads what it leaves.
        try (input as? Eager)?.fill()
        if !(try own?.run(inputs[1], into: self) ?? false) {
            while try inputs[1].pull() { try table.add(inputs[1].batch) }
        }
        isBuilt = true
    }

    override func share() throws(NQLError) -> SharedInput? {
        try measured { () throws(NQLError) in try build() }
        return .join(table)
    }

    override var isIdle: Bool { isBuilt && mayLeaveLeft && table.isEmpty }

    // MARK: Sink

    func makeLocal(_ part: ExecutionContext) -> JoinRows {
        let keepsRows = kind != .semi && kind != .anti
        return JoinRows(
            part, keySlots: rightKeys, slots: keepsRows ? table.buffer.slots : rightKeys)
    }

    func consume(_ batch: Batch, _ local: JoinRows) throws(NQLError) { try local.add(batch) }

    func combine(_ locals: Slots<JoinRows?>, threads: Int) throws(NQLError) {
        try table.adopt(locals)
    }

    // MARK: probe

    override func next() throws(NQLError) -> Bool {
        try build()
        if isIdle { return false }
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
        result.update(repeating: JoinTable.none, count: count)
        matches = UnsafePointer(result)
        row = 0
        chain = JoinTable.none
        hasProbe = true
        // Without any right row no key is asked for, and so none fails.
        if !table.hasRow { return }
        let rows = source.rows
        context.arena = probeArena
        var vectors: [Vector] = []
        for key in leftKeys {
            let vector = try key.evaluate(rows, context)
            vectors.append(try Gather.expanded(vector, rows.count, probeArena))
        }
        let cells = try probeArena.allocate(UInt32.self, count: count)
        try table.find(vectors, count, probeArena, into: cells)
        if vectors.allSatisfy({ $0.kind != .cell && $0.validity == nil }) {
            result.update(from: cells, count: count)
        } else {
            for row in 0 ..< count {
                var isNull = false
                for vector in vectors where !vector.isPresent(element: row) { isNull = true }
                result[row] = isNull ? JoinTable.none : cells[row]
            }
        }
        if count > 0 { chain = table.head(result[0]) }
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
            let isMatch = matches[row] != JoinTable.none
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
            if table.head(matches[row]) == JoinTable.none {
                if kind == .leftOuter {
                    positions[filled] = position
                    rights[filled] = JoinTable.none
                    Bitmap.clear(present, filled)
                    hasMissing = true
                    filled += 1
                }
            } else {
                while chain != JoinTable.none && filled < capacity {
                    positions[filled] = position
                    rights[filled] = table.reference(chain)
                    chain = table.next(chain)
                    filled += 1
                }
                if chain != JoinTable.none { break }
            }
            row += 1
            if row < source.count { chain = table.head(matches[row]) }
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
        let buffer = table.buffer
        if buffer.rowCount == 0 {
            for slot in built { batch.vectors[slot] = Batch.nullVector }
            return
        }
        if present != nil {
            for row in 0 ..< count where rights[row] == JoinTable.none { rights[row] = 0 }
        }
        for (column, slot) in buffer.slots.enumerated() where built.contains(slot) {
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

    override var stateByteCount: Int { isShared ? 0 : table.byteCount }
}
