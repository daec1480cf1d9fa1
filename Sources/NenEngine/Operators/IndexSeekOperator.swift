// IndexSeekOperator: entities by an index: equality on leading properties, then at most a range or
// a prefix. The keys of a batch of outer rows are looked up together (`IndexLookup`), however many
// elements a list has; rows come out in the order of the rows that came in, and of a list's
// elements.
//
// A limit above may want few rows: few look-ups are made at first, and more and more after that. In
// an order that was asked for, entities are read one after the other, in small batches at first.

import NQLPlan
import NenCore

/// Look-up in a property index for every outer row.
final class IndexSeekOperator: Operator {
    private let seek: IndexSeek
    private let keys: SeekKeys
    private let carried: [Slot]
    private let keyArena: Arena
    private let lookup: IndexLookup
    private var isInBatch = false
    /// The next outer row whose look-ups are to be made.
    private var row = 0
    /// Look-ups made at once, and rows of a batch.
    private var requestCount = Batch.rowCapacity
    private var capacity = Batch.rowCapacity
    /// The look-up whose entities are handed out, which of `parts` is next, and how many of those
    /// that the look-up has kept have gone.
    private var request = 0
    private var part = 0
    private var keptCount = 0
    private var cursor: Cursor?
    private let parts: [Part]

    /// Look-ups of the first time; rows of the first batch where the order matters.
    private static let firstRequestCount = 64
    private static let firstRowCount = 4

    /// What a look-up hands out, one part after the other.
    private enum Part {
        /// What it has kept of the entities found, and the rest of them.
        case kept, rest
        /// All, in the order of the index.
        case ordered
        /// Those that the index does not hold. Null is the greatest value.
        case unindexed
    }

    private enum Cursor {
        case index(IndexCursor)
        case unindexed(UnindexedCursor)

        func next(into output: UnsafeMutablePointer<UInt32>, capacity: Int) throws -> Int {
            switch self {
            case .index(let cursor): try cursor.next(into: output, capacity: capacity)
            case .unindexed(let cursor): try cursor.next(into: output, capacity: capacity)
            }
        }
    }

    init(
        _ scope: OperatorScope, _ input: Operator, _ seek: IndexSeek,
        _ expressions: ExpressionCompiler
    ) throws(NQLError) {
        self.seek = seek
        keys = try SeekKeys(seek, expressions)
        carried = scope.live.filter { $0 != seek.slot }
        keyArena = Arena(pool: scope.context.pool)
        lookup = IndexLookup(
            seek.index, equalCount: seek.equals.count, base: scope.context.base,
            pool: scope.context.pool)
        var parts: [Part] = seek.order == nil ? [.kept, .rest] : [.ordered]
        if seek.includesUnindexed {
            parts.insert(.unindexed, at: seek.order == .descending ? 0 : parts.count)
        }
        self.parts = parts
        super.init(scope, inputs: [input])
    }

    override var stateByteCount: Int { lookup.byteCount + keyArena.byteCount }

    override func open() throws(NQLError) {
        isInBatch = false
        forgetLookups()
        requestCount = IndexSeekOperator.firstRequestCount
        capacity = seek.order == nil ? Batch.rowCapacity : IndexSeekOperator.firstRowCount
        try super.open()
    }

    private func forgetLookups() {
        lookup.reset()
        request = 0
        part = 0
        keptCount = 0
        cursor = nil
    }

    override func next() throws(NQLError) -> Bool {
        while true {
            if !isInBatch {
                guard try input.pull() else { return false }
                if input.batch.count == 0 { continue }
                isInBatch = try evaluateKeys()
                continue
            }
            if try emit() {
                capacity = min(capacity * 2, Batch.rowCapacity)
                return true
            }
            isInBatch = false
        }
    }

    /// The keys of the input's rows. False where they cannot be computed, but the scan that the
    /// seek stands for would not have computed them either.
    private func evaluateKeys() throws(NQLError) -> Bool {
        keyArena.reset()
        context.arena = keyArena
        forgetLookups()
        row = 0
        do {
            try keys.evaluate(input.batch.rows, context)
            return true
        } catch {
            if error.isOfValue, !context.graph.hasEntities(of: seek.index) { return false }
            throw error
        }
    }

    /// Makes the look-ups of the next rows; false where no row is left.
    private func lookUp(_ rows: RowSet) throws(NQLError) -> Bool {
        if row == rows.count { return false }
        forgetLookups()
        while row < rows.count, lookup.requests.count < requestCount {
            do {
                try keys.ask(lookup, row: row, context.base)
            } catch {
                let isMeant = !error.isOfValue || context.graph.hasEntities(of: seek.index)
                if isMeant { throw error }
            }
            row += 1
        }
        requestCount = min(requestCount * 4, Batch.rowCapacity)
        if seek.order == nil {
            let (graph, epoch) = (context.graph, context.writeEpoch)
            let (lookup, isList) = (lookup, seek.isList)
            try storage { try lookup.run(in: graph, epoch: epoch, isUnrepeated: isList) }
        }
        return true
    }

    // MARK: Rows

    private func emit() throws(NQLError) -> Bool {
        beginOutput()
        let found = try arena.allocate(UInt32.self, count: capacity)
        let positions = try arena.allocate(UInt16.self, count: capacity)
        let rows = input.batch.rows
        var filled = 0
        while filled < capacity {
            if let cursor {
                let start = filled
                let room = capacity - filled
                let count = try storage { try cursor.next(into: found + start, capacity: room) }
                let outer = Int(lookup.requests[request].row)
                let position = UInt16(truncatingIfNeeded: rows.position(outer))
                for index in 0 ..< count { positions[start + index] = position }
                filled += count
                if count < room { self.cursor = nil }
            } else if request < lookup.requests.count {
                filled += handOut(rows, found + filled, positions + filled, capacity - filled)
            } else if try !lookUp(rows) {
                break
            }
        }
        if filled == 0 { return false }
        try batch.carry(input.batch, carried, at: positions, count: filled, arena)
        let kind: VectorKind = seek.index.entity == .node ? .node : .relationship
        batch.vectors[seek.slot] = Vector(kind, found)
        return true
    }

    /// Hands out what look-ups have kept, as much as there is room for, up to the first one that
    /// needs a cursor.
    /// - Returns: the number of entities.
    private func handOut(
        _ rows: RowSet, _ output: UnsafeMutablePointer<UInt32>,
        _ positions: UnsafeMutablePointer<UInt16>, _ room: Int
    ) -> Int {
        let requests = lookup.requests
        var filled = 0
        while request < requests.count {
            let current = requests[request]
            if current.isRepeated { part = parts.count }
            while part < parts.count {
                if parts[part] == .kept {
                    let position = UInt16(truncatingIfNeeded: rows.position(Int(current.row)))
                    while keptCount < Int(current.count) {
                        if filled == room { return filled }
                        output[filled] = lookup.found[current.first + keptCount].entity
                        positions[filled] = position
                        filled += 1
                        keptCount += 1
                    }
                    part += 1
                } else {
                    cursor = start(parts[part], current)
                    part += 1
                    if cursor != nil { return filled }
                }
            }
            request += 1
            part = 0
            keptCount = 0
        }
        return filled
    }

    private func start(_ part: Part, _ current: IndexLookup.Request) -> Cursor? {
        let graph = context.graph
        switch part {
        case .kept: return nil
        case .rest: return lookup.rest(of: current, in: graph).map { .index($0) }
        case .ordered:
            return lookup.cursor(
                over: current, in: graph, isDescending: seek.order == .descending
            ).map { .index($0) }
        case .unindexed:
            return graph.unindexed(seek.index, equals: lookup.values(of: request))
                .map { .unindexed($0) }
        }
    }
}
