// WeightCycleWalk: the factor of a cycle for one node: what the right way reaches is marked with
// the ways to it, and the left way adds up the marks where it arrives. Marks lie in an array
// addressed by node, which is cleared one by one. Where few nodes are marked and many neighbours
// stand in a run, the marked ones are looked for in the run, which is in order, instead.
//
// A way is followed block by block: the nodes that a step leads to are collected and, when a block
// is full, followed by the next step, so that memory is fetched ahead and bounded.

import NQLPlan
import NenCore

/// Both ways around one cycle, for one worker.
final class WeightCycleWalk {
    /// A step with the weights of the nodes that it leads to.
    private struct Step {
        let tables: StepTables
        let isExistence: Bool
        let far: WeightTable
        /// Distinct neighbours, where it asks for existence.
        let distinct: PooledArray<UInt32>
        /// Of the nodes that are followed at a time.
        let located: AdjacencyTable.Located
    }

    /// The nodes that a step leads to, and how often.
    private final class Block {
        let nodes: UnsafeMutablePointer<UInt32>
        let weights: UnsafeMutableRawPointer
        var count = 0

        static let capacity = 512

        init(_ arena: Arena) throws(NQLError) {
            nodes = try arena.allocate(UInt32.self, count: Block.capacity)
            weights = UnsafeMutableRawPointer(
                try arena.allocate(UInt128.self, count: Block.capacity))
        }
    }

    private struct Way {
        let isMarking: Bool
        let steps: [Step]
        /// Behind each step but the last.
        let blocks: [Block]
    }

    /// Neighbours of one node.
    private struct Run {
        var neighbours: UnsafePointer<UInt32>
        var count: Int
        /// Loops in it are also in another run.
        var skipsLoops: Bool
    }

    private let context: ExecutionContext
    private let left: Way
    private let right: Way
    private let arena: Arena
    private let narrowMarks: PooledArray<UInt32>
    private let wideMarks: PooledArray<UInt128>
    /// The first node that has a mark, and how many have one: those that can be met.
    private let firstMark: UInt32
    private let markCount: Int
    /// Places in the marks that are not zero.
    private let touched: PooledArray<UInt32>
    private var runs: [AdjacencyRun] = []
    // Nothing called while one of these is changed reads or changes it.
    @exclusivity(unchecked) private var work = 0
    /// Set when a number did not fit.
    @exclusivity(unchecked) private(set) var hasOverflowed = false

    init(
        _ cycle: WeightCycle, _ inputs: WeightInputs, _ context: ExecutionContext
    ) throws(NQLError) {
        guard let meeting = inputs.meeting else { preconditionFailure("a cycle without tables") }
        self.context = context
        arena = Arena(pool: context.pool)
        left = try WeightCycleWalk.way(
            cycle.left, inputs.left + [meeting], isMarking: false, context, arena)
        right = try WeightCycleWalk.way(
            cycle.right, inputs.right + [meeting], isMarking: true, context, arena)
        narrowMarks = PooledArray(pool: context.pool)
        wideMarks = PooledArray(pool: context.pool)
        touched = PooledArray(pool: context.pool)
        let chunks = WeightJob.chunks(cycle.meeting, context.graph)
        let (first, last) = (chunks.first ?? 0, chunks.last ?? 0)
        firstMark = UInt32(truncatingIfNeeded: first &<< 11)
        markCount = (last &+ 1 &- first) &<< 11
    }

    private static func way(
        _ steps: [WeightStep], _ weights: [WeightTable], isMarking: Bool,
        _ context: ExecutionContext, _ arena: Arena
    ) throws(NQLError) -> Way {
        var blocks: [Block] = []
        for _ in steps.dropFirst() { blocks.append(try Block(arena)) }
        return Way(
            isMarking: isMarking,
            steps: try zip(steps, weights).map { (step, far) throws(NQLError) in
                let tables = StepTables(
                    types: step.types, direction: step.direction, findsSingles: true, context)
                tables.refresh()
                return Step(
                    tables: tables, isExistence: step.isExistence, far: far,
                    distinct: PooledArray(pool: context.pool),
                    located: try AdjacencyTable.Located(Block.capacity, arena))
            }, blocks: blocks)
    }

    /// The factor for `node`.
    func factor<Weight: WeightInteger>(
        _ node: UInt32, _ type: Weight.Type
    ) throws(NQLError) -> Weight {
        // Behind the last one stands a zero, for what cannot be met.
        if Weight.bitWidth == 64 {
            if narrowMarks.count == 0 { try narrowMarks.resize(markCount + 1, filling: 0) }
            return try factor(node, narrowMarks.pointer)
        }
        if wideMarks.count == 0 { try wideMarks.resize(markCount + 1, filling: 0) }
        return try factor(node, wideMarks.pointer)
    }

    private func factor<Weight: WeightInteger, Mark: FixedWidthInteger & UnsignedInteger>(
        _ node: UInt32, _ marks: UnsafeMutablePointer<Mark>
    ) throws(NQLError) -> Weight {
        defer {
            for index in 0 ..< touched.count { marks[Int(touched.pointer[index])] = 0 }
            touched.removeAll()
        }
        var start = node
        var once: Weight = 1
        var total: Weight = 0
        try follow(right, 0, &start, &once, 1, marks, &total)
        if touched.count == 0 || hasOverflowed { return 0 }
        try follow(left, 0, &start, &once, 1, marks, &total)
        return total
    }

    /// Where the mark of a node is; behind the last one for a node that cannot be met.
    @inline(__always)
    private func place(_ node: UInt32) -> Int {
        let place = Int(node &- firstMark)
        return place < markCount ? place : markCount
    }

    // MARK: Steps

    /// Relationships that are gone over between two looks at the statement's end.
    private static let workMax = 1 << 18
    /// Follows step `number` of a way, and all behind it, from some nodes.
    private func follow<Weight: WeightInteger, Mark: FixedWidthInteger & UnsignedInteger>(
        _ way: Way, _ number: Int, _ nodes: UnsafePointer<UInt32>,
        _ times: UnsafePointer<Weight>, _ count: Int, _ marks: UnsafeMutablePointer<Mark>,
        _ total: inout Weight
    ) throws(NQLError) {
        let step = way.steps[number]
        if step.isExistence {
            for index in 0 ..< count {
                let run = try distinctRun(nodes[index], step)
                try take(run, nodes[index], times[index], way, number, marks, &total)
            }
        } else {
            for half in step.tables.halves {
                try follow(half, way, number, nodes, times, count, marks, &total)
            }
        }
        if number < way.blocks.count {
            try flush(way, number, marks, &total)
        }
        if work > WeightCycleWalk.workMax {
            work = 0
            try context.checkInterrupt()
        }
    }

    private func follow<Weight: WeightInteger, Mark: FixedWidthInteger & UnsignedInteger>(
        _ half: StepTables.Half, _ way: Way, _ number: Int, _ nodes: UnsafePointer<UInt32>,
        _ times: UnsafePointer<Weight>, _ count: Int, _ marks: UnsafeMutablePointer<Mark>,
        _ total: inout Weight
    ) throws(NQLError) {
        let located = way.steps[number].located
        try half.table.locate(nodes, count, context.writeEpoch, into: located)
        let isArriving = number == way.blocks.count && !way.isMarking && !half.skipsLoops
        for index in 0 ..< count {
            let length = located.counts[index]
            if length == 0 { continue }
            let node = nodes[index]
            if length == 1 && isArriving {
                work &+= 1
                let mark = marks[place(located.starts[index].pointee)]
                add(Weight(truncatingIfNeeded: mark), times: times[index], to: &total)
            } else if length != AdjacencyTable.Located.isScattered {
                let run = Run(
                    neighbours: located.starts[index], count: length,
                    skipsLoops: half.skipsLoops)
                try take(run, node, times[index], way, number, marks, &total)
            } else {
                runs.removeAll(keepingCapacity: true)
                try half.table.appendRuns(node, to: &runs)
                // The steps behind this one use `runs`, too.
                for found in Array(runs) {
                    let run = Run(
                        neighbours: found.neighbours, count: found.count,
                        skipsLoops: half.skipsLoops)
                    try take(run, node, times[index], way, number, marks, &total)
                }
            }
        }
    }

    @inline(__always)
    private func add<Weight: WeightInteger>(
        _ sum: Weight, times weight: Weight, to total: inout Weight
    ) {
        let (product, isOver) = sum.multipliedReportingOverflow(by: weight)
        let (next, isOut) = total.addingReportingOverflow(product)
        total = next
        if isOver || isOut { hasOverflowed = true }
    }

    /// Takes the neighbours of `node`, which is reached `times` times: the last step marks them or
    /// adds up their marks, others hand them to the step behind.
    @inline(__always)
    private func take<Weight: WeightInteger, Mark: FixedWidthInteger & UnsignedInteger>(
        _ run: Run, _ node: UInt32, _ times: Weight, _ way: Way, _ number: Int,
        _ marks: UnsafeMutablePointer<Mark>, _ total: inout Weight
    ) throws(NQLError) {
        work &+= run.count
        if number < way.blocks.count {
            try collect(run, node, times, way, number, marks, &total)
        } else if way.isMarking {
            try mark(run, node, times: times, marks, way.steps[number].far)
        } else {
            add(sum(run, node, marks), times: times, to: &total)
        }
    }

    /// Puts a run's nodes into the block of the step behind, which takes them when it is full.
    @inline(__always)
    private func collect<Weight: WeightInteger, Mark: FixedWidthInteger & UnsignedInteger>(
        _ run: Run, _ node: UInt32, _ times: Weight, _ way: Way, _ number: Int,
        _ marks: UnsafeMutablePointer<Mark>, _ total: inout Weight
    ) throws(NQLError) {
        let far = way.steps[number].far
        let block = way.blocks[number]
        let nodes = block.nodes
        let weights = block.weights.assumingMemoryBound(to: Weight.self)
        var isOver = false
        var filled = block.count
        var index = 0
        while index < run.count {
            if filled == Block.capacity {
                block.count = filled
                try flush(way, number, marks, &total)
                filled = 0
            }
            let next = run.neighbours[index]
            let (weight, carry) = far.weight(next, Weight.self)
                .multipliedReportingOverflow(by: times)
            nodes[filled] = next
            weights[filled] = weight
            isOver = isOver || carry
            filled &+= weight == 0 || (run.skipsLoops && next == node) ? 0 : 1
            index &+= 1
        }
        block.count = filled
        if isOver { hasOverflowed = true }
    }

    /// Hands what step `number` has collected to the step behind.
    private func flush<Weight: WeightInteger, Mark: FixedWidthInteger & UnsignedInteger>(
        _ way: Way, _ number: Int, _ marks: UnsafeMutablePointer<Mark>, _ total: inout Weight
    ) throws(NQLError) {
        let block = way.blocks[number]
        let count = block.count
        block.count = 0
        if count == 0 || hasOverflowed { return }
        try follow(
            way, number + 1, block.nodes, block.weights.assumingMemoryBound(to: Weight.self),
            count, marks, &total)
    }

    // MARK: The right way

    private func mark<Weight: WeightInteger, Mark: FixedWidthInteger & UnsignedInteger>(
        _ run: Run, _ node: UInt32, times: Weight, _ marks: UnsafeMutablePointer<Mark>,
        _ meeting: WeightTable
    ) throws(NQLError) {
        var isOver = false
        for index in 0 ..< run.count {
            let far = run.neighbours[index]
            if run.skipsLoops && far == node { continue }
            let (weight, carry) = meeting.weight(far, Weight.self)
                .multipliedReportingOverflow(by: times)
            let place = place(far)
            if weight == 0 || place == markCount { continue }
            let old = marks[place]
            if old == 0 { try touched.append(UInt32(truncatingIfNeeded: place)) }
            let (sum, isOut) = old.addingReportingOverflow(Mark(truncatingIfNeeded: weight))
            marks[place] = sum
            isOver = isOver || carry || isOut || Weight(Mark(truncatingIfNeeded: weight)) != weight
        }
        if isOver { hasOverflowed = true }
    }

    // MARK: The left way

    /// The marks of a run's nodes, added up.
    private func sum<Weight: WeightInteger, Mark: FixedWidthInteger & UnsignedInteger>(
        _ run: Run, _ node: UInt32, _ marks: UnsafeMutablePointer<Mark>
    ) -> Weight {
        var total: Weight = 0
        var isOver = false
        if touched.count &* 16 < run.count {
            for position in 0 ..< touched.count {
                let mark = Weight(marks[Int(touched.pointer[position])])
                let far = firstMark &+ touched.pointer[position]
                if run.skipsLoops && far == node { continue }
                var index = SortedRun.lowerBound(run.neighbours, run.count, far)
                while index < run.count && run.neighbours[index] == far {
                    let (next, carry) = total.addingReportingOverflow(mark)
                    total = next
                    isOver = isOver || carry
                    index &+= 1
                }
            }
        } else {
            let neighbours = run.neighbours
            var index = 0
            // 2^32 marks of 32 bits fit 64.
            while index < run.count {
                let mark = Weight(truncatingIfNeeded: marks[place(neighbours[index])])
                if Weight.bitWidth == 64 {
                    total = total &+ mark
                } else {
                    let (next, carry) = total.addingReportingOverflow(mark)
                    total = next
                    isOver = isOver || carry
                }
                index &+= 1
            }
            let own = Weight(truncatingIfNeeded: marks[place(node)])
            if run.skipsLoops, own != 0 {
                var index = SortedRun.lowerBound(neighbours, run.count, node)
                while index < run.count && neighbours[index] == node {
                    total = total &- own
                    index &+= 1
                }
            }
        }
        if isOver { hasOverflowed = true }
        return total
    }

    // MARK: Neighbours

    /// One run of all neighbours, each node once.
    private func distinctRun(_ node: UInt32, _ step: Step) throws(NQLError) -> Run {
        let list = step.distinct
        list.removeAll()
        for half in step.tables.halves {
            runs.removeAll(keepingCapacity: true)
            try half.table.appendRuns(node, to: &runs)
            for run in runs {
                for index in 0 ..< run.count { try list.append(run.neighbours[index]) }
            }
        }
        try list.reserve(1)
        var numbers = UnsafeMutableBufferPointer(start: list.pointer, count: list.count)
        numbers.sort()
        var kept = min(1, numbers.count)
        for index in numbers.indices.dropFirst() where numbers[index] != numbers[kept &- 1] {
            numbers[kept] = numbers[index]
            kept &+= 1
        }
        return Run(neighbours: UnsafePointer(list.pointer), count: kept, skipsLoops: false)
    }
}
