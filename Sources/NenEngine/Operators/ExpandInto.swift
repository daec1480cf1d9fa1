// ExpandInto: the relationships between two nodes that are both bound. Neighbours ascend, so each
// node's run is searched for the other end.

import NQLPlanner
import NQLSyntax
import NenCore

/// One step between bound ends.
final class ExpandInto: Operator {
    private let spec: ExpandSpec
    private let carried: [Slot]
    private let tables: StepTables
    private let check: StepCheck
    private let nodeArena: Arena
    private var from: NodeColumn?
    private var to: NodeColumn?
    private var row = 0
    /// Relationships found for the current row and not handed out yet.
    private var found: [UInt32] = []
    private var runs: [AdjacencyRun] = []

    init(_ scope: OperatorScope, _ input: Operator, _ spec: ExpandSpec) {
        self.spec = spec
        carried = scope.live.filter { $0 != spec.relationship }
        tables = StepTables(
            types: spec.types, direction: spec.direction, scope.context)
        check = StepCheck(toLabels: spec.toLabels, differentFrom: spec.differentFrom)
        nodeArena = Arena(pool: scope.context.pool)
        super.init(scope, inputs: [input])
    }

    override func open() throws(NQLError) {
        from = nil
        found.removeAll()
        try super.open()
    }

    override func next() throws(NQLError) -> Bool {
        repeat {
            if from == nil {
                guard try input.pull() else { return false }
                if input.batch.count == 0 { continue }
                nodeArena.reset()
                tables.refresh()
                let rows = input.batch.rows
                from = try NodeColumn(
                    try rows.dense(spec.from, nodeArena), rows.count, nodeArena)
                to = try NodeColumn(try rows.dense(spec.to, nodeArena), rows.count, nodeArena)
                row = 0
                found.removeAll(keepingCapacity: true)
            }
            guard let from, let to else { continue }
            let isMore = try emit(from, to)
            if row >= input.batch.count && found.isEmpty { self.from = nil }
            if isMore { return true }
        } while true
    }

    private func emit(_ from: NodeColumn, _ to: NodeColumn) throws(NQLError) -> Bool {
        beginOutput()
        let capacity = Batch.rowCapacity
        var output = StepOutput(
            neighbours: try arena.allocate(UInt32.self, count: capacity),
            relationships: try arena.allocate(UInt32.self, count: capacity),
            rows: try arena.allocate(UInt16.self, count: capacity), count: 0)
        let total = input.batch.count
        // `found` belongs to row - 1 when a batch was full before all were handed out.
        while output.count < capacity {
            if found.isEmpty {
                guard row < total else { break }
                if let a = from.node(row), let b = to.node(row) { try search(a, b) }
                row += 1
                found.reverse()
            }
            while output.count < capacity, let relationship = found.popLast() {
                output.neighbours[output.count] = to.node(row - 1) ?? 0
                output.relationships[output.count] = relationship
                output.rows[output.count] = UInt16(truncatingIfNeeded: row - 1)
                output.count += 1
            }
        }
        let rows = input.batch.rows
        try check.apply(&output, rows, context, arena)
        if output.count == 0 { return false }
        for index in 0 ..< output.count {
            let position = rows.position(Int(output.rows[index]))
            output.rows[index] = UInt16(truncatingIfNeeded: position)
        }
        try batch.carry(input.batch, carried, at: output.rows, count: output.count, arena)
        if let slot = spec.relationship {
            batch.vectors[slot] = Vector(.relationship, output.relationships)
        }
        return true
    }

    /// Appends the relationships from `a` to `b` to `found`.
    private func search(_ a: UInt32, _ b: UInt32) throws(NQLError) {
        for half in tables.halves {
            if half.skipsLoops && a == b { continue }
            runs.removeAll(keepingCapacity: true)
            try half.table.appendRuns(a, to: &runs)
            for run in runs {
                var place = SortedRun.lowerBound(run.neighbours, run.count, b)
                while place < run.count && run.neighbours[place] == b {
                    found.append(run.relationships[place])
                    place += 1
                }
            }
        }
    }
}
