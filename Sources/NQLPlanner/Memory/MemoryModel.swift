// MemoryModel: the bytes an operator holds, as a function of its rows and the widths of its
// columns. Streaming operators hold one batch of vectors; blocking ones hold all rows. Memory comes
// in pages of 64 KiB, so that nothing holds less than one.

import NQLPlan
import NenCore

/// What an operator holds at its peak, and at the least.
struct OperatorMemory: Sendable, Hashable {
    var peakBytes: Double
    /// What remains when the operator spills all that it can.
    var floorBytes: Double
}

/// Bytes per row and operator.
struct MemoryModel {
    let slots: [SlotInfo]
    /// Nodes of the snapshot, for arrays addressed by node.
    let nodeCount: Double
    /// Mean bytes of the strings in a slot, where they are known.
    var stringBytes: [Slot: Double] = [:]
    /// How many nodes carry labels; nil counts all.
    var labelled: ((PlanLabels) -> Double)?

    static let pageBytes = 65_536.0
    static let batchRows = 2_048.0
    /// Rows that are sorted in place.
    static let sortPieceRows = 4_096.0
    /// Entry of a hash table beside its columns: hash, next, row number, at a load of one half.
    static let tableEntryBytes = 32.0
    static let aggregateStateBytes = 24.0
    /// A group of one task: hash, number among those dealt, and what became of it.
    static let gatheredEntryBytes = 20.0
    /// A node that a search for paths has reached: record, table entry, and steps into it.
    static let searchNodeBytes = 72.0
    /// One that a search for the nodes within reach has met: marks of up to 64 sources and its
    /// place among those found.
    static let reachedNodeBytes = 40.0

    /// Bytes of one value in a vector, its share of an arena included.
    static func width(_ type: NQLType) -> Double {
        switch type {
        case .boolean: 1
        case .node, .relationship: 4
        case .integer, .float, .date, .localTime: 8
        case .number, .null, .any, .time, .localDateTime, .dateTime, .duration: 16
        case .nothing, .propertyValue, .union, .notNull: 16
        case .string: 32
        case .point: 40
        case .list: 80
        case .map: 128
        case .path: 96
        }
    }

    func width(_ slots: some Sequence<Slot>) -> Double {
        var sum = 0.0
        for slot in slots {
            sum += stringBytes[slot].map(MemoryModel.stringWidth)
                ?? MemoryModel.width(self.slots[slot].type)
        }
        return sum
    }

    /// Bytes of a string: its header, and what does not fit there.
    private static func stringWidth(_ bytes: Double) -> Double { bytes > 12 ? 16 + bytes : 16 }

    /// Bytes of whole pages.
    static func paged(_ bytes: Double) -> Double {
        max(1, (bytes / pageBytes).rounded(.up)) * pageBytes
    }

    /// Memory of an operator that hands out `output` and has read inputs of `inputRows` rows.
    func memory(
        _ kind: OperatorKind, rows: Double, inputRows: [Double], inputWidths: [Double],
        output: [Slot], knowsGroups: Bool = false,
        _ execution: OperatorExecution = OperatorExecution()
    ) -> OperatorMemory {
        let vectors = MemoryModel.paged(MemoryModel.batchRows * max(width(output), 4))
        let left = inputRows.first ?? 0
        let leftWidth = inputWidths.first ?? 0
        var held = 0.0
        switch kind {
        case .aggregate(let keys, let aggregates):
            let areFew = knowsGroups
                || keys.allSatisfy { MemoryModel.hasFewValues($0.expression) }
            let groups = areFew ? rows : max(rows, left * MemoryModel.distinctShare)
            let keyWidth = width(keys.map(\.slot))
            let state = MemoryModel.aggregateStateBytes * Double(aggregates.count)
            held = groups * (MemoryModel.tableEntryBytes + keyWidth + state)
            held += gathered(groups, left, keyWidth + state, execution)
            for aggregate in aggregates { held += left * MemoryModel.kept(aggregate) }
            held += nodeArray(execution)
        case .distinct(let slots):
            let areFew = knowsGroups
                || slots.allSatisfy { MemoryModel.hasFewValues(self.slots[$0].type) }
            let groups = areFew ? rows : max(rows, left * MemoryModel.distinctShare)
            held = groups * (MemoryModel.tableEntryBytes + width(slots)) + nodeArray(execution)
            held += gathered(groups, left, width(slots), execution)
        case .sort:
            // Entries, and in merging as many again.
            let entries = left > MemoryModel.sortPieceRows ? 32.0 : 16.0
            held = left * (leftWidth + entries)
        case .partialSort: held = min(left, 4 * MemoryModel.batchRows) * (leftWidth + 16)
        case .topK:
            let tasks = execution.threads > 1
                ? 1 + Double(execution.threads) * OperatorExecution.morselsPerThread : 1
            held = min(left, rows * 2 * tasks) * (leftWidth + 16)
        case .eager, .transactions: held = left * leftWidth
        case .hashJoin:
            let right = inputRows.count > 1 ? inputRows[1] : 0
            let rightWidth = inputWidths.count > 1 ? inputWidths[1] : 0
            held = right * (MemoryModel.tableEntryBytes + rightWidth) + nodeArray(execution)
        case .cartesianProduct:
            held = (inputRows.count > 1 ? inputRows[1] : 0)
                * (inputWidths.count > 1 ? inputWidths[1] : 0)
        case .create(_, let isBlocking), .merge(_, let isBlocking), .set(_, let isBlocking),
            .delete(_, _, let isBlocking), .foreach(_, _, let isBlocking):
            held = isBlocking ? left * leftWidth : 0
        case .variableLengthExpand(let spec) where spec.reach != nil:
            let reached = min(nodeCount, max(rows, left))
            held = max(reached * MemoryModel.reachedNodeBytes, 4 * MemoryModel.pageBytes)
        case .variableLengthExpand, .shortestPath: held = 4 * MemoryModel.pageBytes
        case .pathSearch(let spec):
            let reached = nodeCount * Double(spec.pieces.count)
            held = MemoryModel.searchNodeBytes * (spec.isInto ? reached / 4 : reached)
            held = max(held, 4 * MemoryModel.pageBytes)
        case .weightAggregate(let program):
            return weights(program, vectors, isKept: false, execution.threads)
        case .weightScan(let program):
            return weights(program, vectors, isKept: true, execution.threads)
        default: break
        }
        if held == 0 { return OperatorMemory(peakBytes: vectors, floorBytes: vectors) }
        let peak = vectors + MemoryModel.paged(held)
        return OperatorMemory(
            peakBytes: peak, floorBytes: min(peak, vectors + MemoryModel.pageBytes))
    }

    /// Bytes of the groups that several threads' tasks make of their own, which are merged in the
    /// end: a hash, a number and what became of it beside the columns.
    private func gathered(
        _ groups: Double, _ rows: Double, _ width: Double, _ execution: OperatorExecution
    ) -> Double {
        if execution.threads <= 1 { return 0 }
        let tasks = Double(execution.threads) * OperatorExecution.morselsPerThread
        return min(rows, groups * tasks) * (MemoryModel.gatheredEntryBytes + width)
    }

    /// Bytes of an array that has an entry for each node.
    private func nodeArray(_ execution: OperatorExecution) -> Double {
        execution.isNodeAddressed ? nodeCount * 4 : 0
    }

    // MARK: Groups

    /// Of rows with keys about which nothing is known, the share with keys of their own. Plans are
    /// chosen by the number of groups that is likely; memory is promised for one that is safe: keys
    /// are often nearly unique, and few groups need no memory worth a forecast.
    private static let distinctShare = 0.75

    /// Whether a key has so few values that their number, not that of the rows, says what is held.
    private static func hasFewValues(_ key: PlanExpression) -> Bool {
        if hasFewValues(key.type) || key.constantValue != nil { return true }
        switch key.kind {
        case .binary(.modulo, _, _): return true
        case .call(let function, _): return fewValuedFunctions.contains(function.lowercased())
        default: return false
        }
    }

    private static func hasFewValues(_ type: NQLType) -> Bool {
        switch type {
        // Of entities the estimate knows the number.
        case .boolean, .node, .relationship, .null: true
        case .notNull(let inner): hasFewValues(inner)
        default: false
        }
    }

    private static let fewValuedFunctions: Set<String> = [
        "labels", "type", "sign", "valuetype", "left", "char_length", "size", "length", "keys",
    ]

    /// Of a distinct number with its group, in a table that is a third full.
    private static let packedEntryBytes = 24.0

    /// Whether distinct values are kept as numbers.
    private static func isPacked(_ type: NQLType) -> Bool {
        switch type {
        case .integer, .date, .localTime, .node, .relationship: true
        case .notNull(let inner): isPacked(inner)
        default: false
        }
    }

    /// Bytes that an aggregate keeps for each row: the values of a collection are chained in an
    /// array that grows by doubling and copied to the list; those of a distinct one lie in a table.
    private static func kept(_ aggregate: AggregateCall) -> Double {
        let argument = aggregate.arguments.first.map { width($0.type) } ?? 8
        let content = argument > 16 ? argument - 16 : 0
        var bytes = 0.0
        if aggregate.isDistinct {
            let areNumbers = aggregate.arguments.first.map { isPacked($0.type) } ?? false
            bytes += areNumbers ? packedEntryBytes : tableEntryBytes + 16 + content
        }
        switch aggregate.function {
        case "collect", "percentileCont", "percentileDisc": bytes += 36 + 16 + content
        default: break
        }
        return bytes
    }

    /// The weights of every pattern node that are not told by its labels alone, and what goes with
    /// a cycle; none can spill. Weights have places for the nodes of whole chunks.
    func weights(
        _ program: WeightProgram, _ vectors: Double, isKept: Bool, _ threads: Int
    ) -> OperatorMemory {
        var known: Set<WeightNode> = []
        var bytes = 0.0
        for term in program.terms {
            bytes += weights(below: term.root, &known, Double(threads))
            if isKept { bytes += weights(of: term.root) }
        }
        let peak = vectors + MemoryModel.paged(bytes)
        return OperatorMemory(peakBytes: peak, floorBytes: peak)
    }

    private func weights(
        below node: WeightNode, _ known: inout Set<WeightNode>, _ threads: Double
    ) -> Double {
        var bytes = 0.0
        for lower in node.branches.map(\.node) + (node.cycle?.nodes ?? [])
        where known.insert(lower).inserted {
            bytes += weights(of: lower) + weights(below: lower, &known, threads)
        }
        guard let cycle = node.cycle else { return bytes }
        switch cycle.method {
        case .marks: return bytes + places(cycle.meeting) * 4 * threads
        case .triangles:
            // Marks and sums for each thread, both roles, the factors; the pairs of some sixteen
            // neighbours.
            return bytes + places(node) * (threads * 12 + 24 + 16 * 8)
        case .pairs: return bytes + pairs(cycle)
        }
    }

    /// A bit for each pair of nodes that the last step of a cycle's right way may lie between.
    func pairs(_ cycle: WeightCycle) -> Double {
        guard let before = cycle.right.dropLast().last?.node else { return 0 }
        return places(before) * places(cycle.meeting) / 8
    }

    /// Weights of eight bytes, and the table of their chunks. Where only labels count, chunks share
    /// theirs.
    private func weights(of node: WeightNode) -> Double {
        let isShared = node.branches.isEmpty && node.predicates.isEmpty && node.cycle == nil
        return (isShared ? MemoryModel.batchRows : places(node)) * 8
            + nodeCount / MemoryModel.batchRows * 8
    }

    /// Nodes that weights have places for.
    private func places(_ node: WeightNode) -> Double {
        guard let labels = node.labels, !labels.isDynamic, let labelled else { return nodeCount }
        return min(nodeCount, labelled(labels) + MemoryModel.batchRows)
    }
}

extension WeightNode {
    /// Nodes on the longest way down.
    var depth: Int {
        let below = branches.map(\.node) + (cycle?.nodes ?? [])
        return 1 + (below.map(\.depth).max() ?? 0)
    }
}
