// EntityByID: nodes or relationships by their ids, numbers or texts as `elementId` gives them, for
// every outer row. Ids that name nothing give no row; of a list every existing id gives one row.

import NQLPlan
import NenCore

/// Look-up by id.
final class EntityByID: Operator {
    private let seek: IdentitySeek
    private let value: Evaluator
    private let carried: [Slot]
    private let idArena: Arena
    private var ids: UnsafePointer<Cell>?
    private var row = 0
    /// Next element of the row's list.
    private var offset = 0
    /// Ids of the row's list met so far.
    private var seen: Set<UInt32> = []

    init(_ scope: OperatorScope, _ input: Operator, _ seek: IdentitySeek, _ value: Evaluator) {
        self.seek = seek
        self.value = value
        carried = scope.live.filter { $0 != seek.slot }
        idArena = Arena(pool: scope.context.pool)
        super.init(scope, inputs: [input])
    }

    override func open() throws(NQLError) {
        ids = nil
        try super.open()
    }

    override func next() throws(NQLError) -> Bool {
        repeat {
            if ids == nil {
                guard try input.pull() else { return false }
                idArena.reset()
                context.arena = idArena
                do {
                    ids = try value.cells(input.batch.rows, context)
                } catch {
                    if !error.isOfValue || context.graph.hasEntities(seek.entity) { throw error }
                    continue
                }
                row = 0
                offset = 0
            }
            if let ids, try emit(ids) { return true }
            if row >= input.batch.count { ids = nil }
        } while true
    }

    private func emit(_ ids: UnsafePointer<Cell>) throws(NQLError) -> Bool {
        beginOutput()
        let capacity = Batch.rowCapacity
        let found = try arena.allocate(UInt32.self, count: capacity)
        let positions = try arena.allocate(UInt16.self, count: capacity)
        let rows = input.batch.rows
        var filled = 0
        while row < rows.count && filled < capacity {
            let cell = ids[row]
            let count = try elementCount(cell)
            if offset == 0 { seen.removeAll(keepingCapacity: true) }
            while offset < count && filled < capacity {
                try Interruption.spend(EntityByID.workUnits)
                let item = seek.isList ? context.base.cells(cell)[offset] : cell
                offset += 1
                guard let id = number(item), try exists(id) else { continue }
                if seek.isList, !seen.insert(id).inserted { continue }
                found[filled] = id
                positions[filled] = UInt16(truncatingIfNeeded: rows.position(row))
                filled += 1
            }
            if offset < count { break }
            offset = 0
            row += 1
        }
        if filled == 0 { return false }
        try batch.carry(input.batch, carried, at: positions, count: filled, arena)
        batch.vectors[seek.slot] = Vector(seek.entity == .node ? .node : .relationship, found)
        return true
    }

    /// Nanoseconds of looking at one id, by and large.
    private static let workUnits = 30

    /// Ids that a row asks for.
    private func elementCount(_ cell: Cell) throws(NQLError) -> Int {
        if !seek.isList { return 1 }
        if cell.isNull { return 0 }
        guard cell.tag == .list else {
            throw .runtime(
                .type, "InvalidArgumentType",
                "IN expects a List, found a value of type \(cell.tag.typeName).")
        }
        return cell.count
    }

    /// The number that an id stands for; nil for what is no id.
    private func number(_ cell: Cell) -> UInt32? {
        if seek.isElementID { return elementNumber(cell) }
        switch cell.tag {
        case .integer: return UInt32(exactly: cell.integer)
        // 1 = 1.0
        case .float: return UInt32(exactly: cell.float)
        default: return nil
        }
    }

    /// The number in `n17` or `r17`, written as `elementId` writes it.
    private func elementNumber(_ cell: Cell) -> UInt32? {
        guard cell.tag == .string, cell.byteCount > 1 else { return nil }
        let letter = seek.entity == .node ? UInt8(ascii: "n") : UInt8(ascii: "r")
        return context.base.withBytes(cell) { text in
            guard text[0] == letter, text.count == 2 || text[1] != UInt8(ascii: "0") else {
                return nil
            }
            var number: UInt32 = 0
            for byte in text[1...] {
                guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
                let (tens, isLong) = number.multipliedReportingOverflow(by: 10)
                let (sum, isLonger) = tens.addingReportingOverflow(
                    UInt32(byte - UInt8(ascii: "0")))
                if isLong || isLonger { return nil }
                number = sum
            }
            return number
        }
    }

    private func exists(_ number: UInt32) throws(NQLError) -> Bool {
        let graph = context.graph
        let isNode = seek.entity == .node
        return try storage {
            isNode ? try graph.nodeExists(number) : try graph.relationshipExists(number)
        }
    }
}
