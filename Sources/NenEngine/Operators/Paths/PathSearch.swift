// PathSearch: the shortest, or any, paths of a pattern for each pair of ends. For each row the
// walks of the pattern from the start are explored breadth first (PathGraph); then the paths to
// each end are read backwards, shortest first, until there are enough (PathEnumerator). Between
// two bound ends the exploration goes only as far as it must; to all ends it goes everywhere.
//
// Where the shortest paths of one repeated relationship are asked for, each node need be met but
// once: a shortest walk to another node repeats nothing. Then the nodes' own levels do
// (DirectSearch), and the product of graph and pattern is built for paths back to the start only.

import NQLPlan
import NQLSyntax
import NenCore

/// `SHORTEST k …`, `ANY k …`, `ALL SHORTEST …`
final class PathSearch: Operator {
    private let spec: PathSearchSpec
    private let walker: PathWalker
    private let predicates: [Evaluator]
    private let countExpression: Evaluator
    private let variables: PathVariables
    private let wanted: [PathVariables.Variable]
    private let carried: [Slot]
    private let endLabels: LabelTest?
    private let nodeArena: Arena
    private let valueArena: Arena
    private let path: FoundPath
    /// Paths of the current target: those not handed out yet from `offset` on.
    private let found: PooledArray<UInt32>
    /// Ends of the current row, by node.
    private let targets: PooledArray<UInt64>
    private let direct: DirectSearch?
    private var isDirectRow = false
    private var graph: PathGraph?
    private var enumerator: PathEnumerator?
    private var count = 0
    private var offset = 0
    private var nextTarget = 0
    private var isPruned = false
    private var from: NodeColumn?
    private var to: NodeColumn?
    private var row = 0
    private var isInRow = false

    /// Levels explored beyond the nearest end before everything is explored.
    private static let extraLevelsMax = 3
    /// Partial paths that may lead nowhere before the graph is pruned.
    private static let allowance = 2_000

    init(
        _ scope: OperatorScope, _ input: Operator, _ spec: PathSearchSpec,
        _ expressions: ExpressionCompiler
    ) throws(NQLError) {
        self.spec = spec
        let slots = scope.slotCount
        walker = try PathWalker(
            spec.pieces, spec.junctions, isReversed: spec.isReversed, differentFrom: [],
            isConditional: !spec.predicates.isEmpty, expressions, slotCount: slots)
        direct = try DirectSearch(spec, walker, expressions, slotCount: slots)
        variables = PathVariables(spec)
        var inner = expressions
        for slot in variables.all.map(\.slot) + [spec.from, spec.to]
        where !inner.available.contains(slot) {
            inner.available.append(slot)
        }
        predicates = try inner.compile(spec.predicates)
        countExpression = try expressions.compile(spec.selection.count)
        wanted = variables.all.filter { scope.live.contains($0.slot) }
        let bound = spec.produced
        carried = scope.live.filter { !bound.contains($0) }
        endLabels = spec.endLabels.map { LabelTest($0) }
        let pool = scope.context.pool
        nodeArena = Arena(pool: pool)
        valueArena = Arena(pool: pool)
        path = FoundPath(pool: pool)
        found = PooledArray(pool: pool)
        targets = PooledArray(pool: pool)
        super.init(scope, inputs: [input])
    }

    override func open() throws(NQLError) {
        from = nil
        isInRow = false
        graph = nil
        enumerator = nil
        direct?.forget()
        try super.open()
    }

    override func next() throws(NQLError) -> Bool {
        repeat {
            if from == nil {
                guard try input.pull() else { return false }
                if input.batch.count == 0 { continue }
                try begin()
            }
            let isMore = try emit()
            if row >= input.batch.count && !isInRow { from = nil }
            if isMore { return true }
            try context.checkInterrupt()
        } while true
    }

    private func begin() throws(NQLError) {
        nodeArena.reset()
        walker.refresh()
        direct?.refresh()
        let rows = input.batch.rows
        from = try NodeColumn(try rows.dense(spec.start, nodeArena), rows.count, nodeArena)
        if spec.isInto {
            to = try NodeColumn(try rows.dense(spec.end, nodeArena), rows.count, nodeArena)
        }
        row = 0
        isInRow = false
        count = try pathCount(rows)
        if graph == nil {
            let pool = context.pool
            // No path that repeats nothing has more steps than there are relationships.
            let limit = spec.mode == .walk
                ? Int(Int32.max) : Int(context.graph.statistics.relationshipCount) + 1
            let fresh = try PathGraph(walker, endLabels: endLabels, limit: limit, pool: pool)
            graph = fresh
            enumerator = PathEnumerator(fresh, mode: spec.mode, pool: pool)
        }
    }

    /// How many paths or lengths are asked for.
    private func pathCount(_ rows: RowSet) throws(NQLError) -> Int {
        let saved = context.arena
        defer { context.arena = saved }
        context.arena = nodeArena
        let value = try countExpression.evaluate(try rows.single(0, nodeArena), context)
        let cell = value.cell(at: 0)
        guard cell.tag == .integer, cell.integer > 0 else {
            throw .runtime(
                .argument, "InvalidPathCount",
                "The number of paths must be a positive integer.",
                at: spec.selection.count.span)
        }
        return Int(cell.integer)
    }

    // MARK: Rows

    /// Values of one output batch.
    private struct Rows {
        var ends: UnsafeMutablePointer<UInt32>
        var positions: UnsafeMutablePointer<UInt16>
        var columns: [UnsafeMutableRawPointer]
        var count = 0
    }

    private func emit() throws(NQLError) -> Bool {
        beginOutput()
        let capacity = Batch.rowCapacity
        var output = Rows(
            ends: try arena.allocate(UInt32.self, count: capacity),
            positions: try arena.allocate(UInt16.self, count: capacity), columns: [])
        for variable in wanted {
            let column: UnsafeMutableRawPointer
            if variable.isList {
                column = UnsafeMutableRawPointer(
                    try arena.allocate(Cell.self, count: capacity))
            } else {
                column = UnsafeMutableRawPointer(
                    try arena.allocate(UInt32.self, count: capacity))
            }
            output.columns.append(column)
        }
        let rows = input.batch.rows
        while output.count < capacity {
            if offset < found.count {
                try handOut(&output)
            } else if isInRow {
                try searchNext()
            } else {
                guard row < rows.count else { break }
                try beginRow(rows)
            }
        }
        if output.count == 0 { return false }
        try batch.carry(input.batch, carried, at: output.positions, count: output.count, arena)
        if !spec.isInto { batch.vectors[spec.end] = Vector(.node, output.ends) }
        for (variable, column) in zip(wanted, output.columns) {
            batch.vectors[variable.slot] = Vector(variable.kind, column)
        }
        return true
    }

    private func handOut(_ output: inout Rows) throws(NQLError) {
        offset = try path.load(from: found, at: offset)
        let place = output.count
        output.ends[place] = path.end
        output.positions[place] = UInt16(truncatingIfNeeded: input.batch.rows.position(row))
        let starts = variables.starts(path)
        let builder = CellBuilder(arena: arena, base: context.base)
        for (variable, column) in zip(wanted, output.columns) {
            if variable.isList {
                column.assumingMemoryBound(to: Cell.self)[place] =
                    try variables.list(variable, path, starts, builder)
            } else {
                column.assumingMemoryBound(to: UInt32.self)[place] =
                    variables.element(variable, path, starts)
            }
        }
        output.count += 1
    }

    // MARK: Search

    private func beginRow(_ rows: RowSet) throws(NQLError) {
        found.removeAll()
        offset = 0
        targets.removeAll()
        nextTarget = 0
        isPruned = false
        guard let graph, let start = from?.node(row) else {
            row += 1
            return
        }
        var end: UInt32?
        if spec.isInto {
            end = to?.node(row)
            if end == nil {
                row += 1
                return
            }
        }
        walker.begin(rows, row)
        isInRow = true
        isDirectRow = false
        if count == 1, let direct, end != start {
            direct.begin(rows, row)
            isDirectRow = true
            if let end { return try direct.begin(start, to: end) }
            return try direct.begin(start)
        }
        try explore(start, end, graph)
    }

    /// Builds the product of graph and pattern from a node, to `end` or everywhere.
    private func explore(
        _ start: UInt32, _ end: UInt32?, _ graph: PathGraph
    ) throws(NQLError) {
        try graph.begin(start, end: end)
        while !graph.isComplete, end == nil || graph.ends.count == 0 {
            try context.checkInterrupt()
            try graph.grow()
        }
        try listTargets(graph)
    }

    /// Ends sorted by node, so that those of one node stand together.
    private func listTargets(_ graph: PathGraph) throws(NQLError) {
        targets.removeAll()
        for index in 0 ..< graph.ends.count {
            let state = graph.ends[index]
            let node = graph.states[Int(state)].node
            try targets.append(UInt64(node) << 32 | UInt64(state))
        }
        if targets.count > 1 {
            var list = UnsafeMutableBufferPointer(start: targets.pointer, count: targets.count)
            list.sort()
        }
    }

    /// Finds the paths to the next target, or ends the row.
    private func searchNext() throws(NQLError) {
        found.removeAll()
        offset = 0
        if isDirectRow, let direct, let graph {
            let needsPaths = !wanted.isEmpty
            if try direct.next(endLabels, path, needsPaths: needsPaths, found) { return }
            isDirectRow = false
            if let home = try direct.closingStart() { try explore(home, home, graph) }
            return
        }
        guard nextTarget < targets.count, let graph, let enumerator else {
            isInRow = false
            row += 1
            return
        }
        let node = UInt32(targets[nextTarget] >> 32)
        var extra = 0
        while try !collect(node, graph, enumerator) {
            // Not enough as far as the graph is known, or too many ways that lead nowhere.
            found.removeAll()
            extra += 1
            if extra < PathSearch.extraLevelsMax, !graph.isComplete {
                try graph.grow()
            } else {
                while !graph.isComplete {
                    try context.checkInterrupt()
                    try graph.grow()
                }
                try graph.prune(spec.mode, pool: context.pool)
                isPruned = true
            }
            try listTargets(graph)
        }
        while nextTarget < targets.count, UInt32(targets[nextTarget] >> 32) == node {
            nextTarget += 1
        }
    }

    /// Reads paths to a node into `found`; false when the graph must be known better first.
    private func collect(
        _ node: UInt32, _ graph: PathGraph, _ enumerator: PathEnumerator
    ) throws(NQLError) -> Bool {
        enumerator.begin(node)
        var index = nextTarget
        while index < targets.count, UInt32(targets[index] >> 32) == node {
            try enumerator.add(end: UInt32(truncatingIfNeeded: targets[index]))
            index += 1
        }
        let limit = graph.isComplete ? Int.max : graph.depth
        let allowance = isPruned || spec.mode == .walk ? Int.max : PathSearch.allowance
        var taken = 0
        var last = -1
        while true {
            switch try enumerator.next(limit: limit, allowance: allowance) {
            case .tired: return false
            case .none:
                if graph.isComplete { return true }
                return spec.selection.countsLengths && taken >= count
            case .path(let number, let length):
                let isNew = length != last
                if taken >= count, !spec.selection.countsLengths || isNew { return true }
                try enumerator.read(number, into: path)
                if !predicates.isEmpty, try !satisfies() { continue }
                if isNew || !spec.selection.countsLengths { taken += 1 }
                last = length
                try path.store(in: found)
                if !spec.selection.countsLengths, taken >= count { return true }
            }
        }
    }

    /// Whether the current path satisfies the conditions on the path as a whole.
    private func satisfies() throws(NQLError) -> Bool {
        valueArena.reset()
        let starts = variables.starts(path)
        let builder = CellBuilder(arena: valueArena, base: context.base)
        for variable in variables.all {
            if variable.isList {
                let cell = try valueArena.allocate(Cell.self, count: 1)
                cell[0] = try variables.list(variable, path, starts, builder)
                walker.vectors[variable.slot] = Vector(.cell, cell, isConstant: true)
            } else {
                let element = variables.element(variable, path, starts)
                try show(element, variable.kind, variable.slot)
            }
        }
        try show(path.start, .node, spec.start)
        try show(path.end, .node, spec.end)
        return try walker.holds(predicates)
    }

    private func show(_ number: UInt32, _ kind: VectorKind, _ slot: Slot) throws(NQLError) {
        let memory = try valueArena.allocate(UInt32.self, count: 1)
        memory[0] = number
        walker.vectors[slot] = Vector(kind, memory, isConstant: true)
    }

    override var stateByteCount: Int {
        (graph?.byteCount ?? 0) + (direct?.byteCount ?? 0) + (enumerator?.byteCount ?? 0)
            + found.capacity * 4 + targets.capacity * 8
    }
}
