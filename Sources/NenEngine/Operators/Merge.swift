// Merge: for each row the right side looks for the pattern on the current state, earlier rows'
// creations included; where it finds nothing the pattern is created.

import NQLPlan
import NenCore

/// `MERGE … ON CREATE SET … ON MATCH SET …`
final class Merge: UpdateOperator {
    private let pattern: CreatePattern
    private let onCreate: SetItems
    private let onMatch: SetItems
    private let right: Subplan
    private let matches: RowBuffer
    private let single: Batch

    init(
        _ scope: OperatorScope, _ input: Operator, _ subplan: Subplan,
        _ pattern: CreatePattern, onCreate: SetItems, onMatch: SetItems, slots: [Slot],
        isBlocking: Bool
    ) throws(NQLError) {
        self.pattern = pattern
        self.onCreate = onCreate
        self.onMatch = onMatch
        right = subplan
        matches = scope.context.makeBuffer(slots)
        single = Batch(slotCount: scope.slotCount)
        try super.init(scope, input, isBlocking: isBlocking)
    }

    override var subplan: Subplan? { right }

    override func process() throws(NQLError) {
        let rows = RowSet(vectors: work.vectors, selection: nil, count: work.count)
        let arena = context.arena
        for row in 0 ..< work.count {
            if try pattern.hasNullProperty(rows, row, context) {
                throw .runtime(
                    .semantic, "MergeReadOwnWrites",
                    "MERGE cannot look for a property that is null.",
                    hint: "Filter such rows out, or set the property behind MERGE.",
                    at: pattern.span)
            }
            matches.removeAll()
            right.feed.set(rows, row: row)
            try right.root.open()
            while try right.root.pull() { try matches.append(right.root.batch) }
            context.arena = arena
            if matches.rowCount == 0 {
                try create(rows, row)
            } else {
                for block in 0 ..< matches.blockCount {
                    matches.load(block: block, into: single)
                    try onMatch.apply(single.rows, transaction, context)
                    try output.append(single)
                }
            }
        }
    }

    private func create(_ rows: RowSet, _ row: Int) throws(NQLError) {
        for slot in right.feed.slots {
            single.vectors[slot] = rows.vectors[slot].constant(at: row)
        }
        single.count = 1
        single.selection = nil
        try pattern.create(single, transaction, context)
        try onCreate.apply(single.rows, transaction, context)
        try output.append(single)
    }
}

/// `FOREACH (x IN list | …)`: runs the body for every element of every row.
final class Foreach: UpdateOperator {
    private let list: Evaluator
    private let element: Slot
    private let right: Subplan

    init(
        _ scope: OperatorScope, _ input: Operator, _ subplan: Subplan, list: Evaluator,
        element: Slot, isBlocking: Bool
    ) throws(NQLError) {
        self.list = list
        self.element = element
        right = subplan
        try super.init(scope, input, isBlocking: isBlocking)
    }

    override var subplan: Subplan? { right }

    override func process() throws(NQLError) {
        let rows = RowSet(vectors: work.vectors, selection: nil, count: work.count)
        let arena = context.arena
        let feed = right.feed
        for row in 0 ..< work.count {
            let cell = try list.cell(rows, row: row, context)
            if cell.isNull { continue }
            guard cell.tag == .list else {
                throw .runtime(
                    .type, "InvalidArgumentType",
                    "FOREACH expects a List, found \(cell.tag.typeName).", at: list.span)
            }
            for index in 0 ..< cell.count {
                feed.set(rows, row: row)
                feed.batch.vectors[element] = try arena.constant(context.base.cells(cell)[index])
                try right.root.open()
                while try right.root.pull() {}
                context.arena = arena
            }
        }
        try output.append(work)
    }
}
