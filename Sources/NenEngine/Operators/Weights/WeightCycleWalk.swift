// WeightCycleWalk: the factor of a cycle for one node: what the right way reaches is marked with
// the ways to it, and the left way adds up the marks where it arrives. Marks lie in an array
// addressed by node, which is cleared one by one. Where few nodes are marked and many neighbours
// stand in a run, the marked ones are looked for in the run, which is in order, instead.

import NQLPlan
import NenCore

/// Both ways around one cycle, for one worker.
final class WeightCycleWalk {
    /// A step with the weights of the nodes between it and the next.
    private struct Step {
        let tables: StepTables
        let isExistence: Bool
        let between: WeightTable?
    }

    /// Neighbours of one node.
    private struct Run {
        var neighbours: UnsafePointer<UInt32>
        var count: Int
        /// Loops in it are also in another run.
        var skipsLoops: Bool
    }

    private let context: ExecutionContext
    private let left: [Step]
    private let right: [Step]
    private let meeting: WeightTable
    private let narrowMarks: PooledArray<UInt32>
    private let wideMarks: PooledArray<UInt128>
    private var touched: [UInt32] = []
    private var outerRuns: [Run] = []
    private var innerRuns: [Run] = []
    private var runs: [AdjacencyRun] = []
    /// Distinct neighbours, for steps that ask for existence, on the outer and inner level.
    private var distinct: [PooledArray<UInt32>]
    private var work = 0
    /// Set when a number did not fit.
    private(set) var hasOverflowed = false

    init(_ cycle: WeightCycle, _ inputs: WeightInputs, _ context: ExecutionContext) {
        guard let meeting = inputs.meeting else { preconditionFailure("a cycle without tables") }
        self.context = context
        self.meeting = meeting
        let way = { (steps: [WeightStep], between: WeightTable?) in
            steps.map { step in
                let tables = StepTables(types: step.types, direction: step.direction, context)
                tables.refresh()
                return Step(
                    tables: tables, isExistence: step.isExistence,
                    between: step.node == nil ? nil : between)
            }
        }
        left = way(cycle.left, inputs.left)
        right = way(cycle.right, inputs.right)
        narrowMarks = PooledArray(pool: context.pool)
        wideMarks = PooledArray(pool: context.pool)
        distinct = (0 ..< 2).map { _ in PooledArray(pool: context.pool) }
    }

    /// The factor for `node`.
    func factor<Weight: WeightInteger>(
        _ node: UInt32, _ type: Weight.Type
    ) throws(NQLError) -> Weight {
        let capacity = context.graph.nodeChunkCount &<< 11
        if Weight.bitWidth == 64 {
            if narrowMarks.count < capacity { try narrowMarks.resize(capacity, filling: 0) }
            return try factor(node, narrowMarks.pointer)
        }
        if wideMarks.count < capacity { try wideMarks.resize(capacity, filling: 0) }
        return try factor(node, wideMarks.pointer)
    }

    private func factor<Weight: WeightInteger, Mark: FixedWidthInteger & UnsignedInteger>(
        _ node: UInt32, _ marks: UnsafeMutablePointer<Mark>
    ) throws(NQLError) -> Weight {
        defer {
            for marked in touched { marks[Int(marked)] = 0 }
            touched.removeAll(keepingCapacity: true)
        }
        try markAll(node, marks, Weight.self)
        if touched.isEmpty || hasOverflowed { return 0 }
        var total: Weight = 0
        try load(node, left[0], &outerRuns, 0)
        if left.count == 1 {
            for run in outerRuns { add(sum(run, node, marks), times: 1, to: &total) }
            return total
        }
        let between = left[0].between
        for run in outerRuns {
            for index in 0 ..< run.count {
                let middle = run.neighbours[index]
                if run.skipsLoops && middle == node { continue }
                let weight = between?.weight(middle, Weight.self) ?? 1
                if weight == 0 { continue }
                try load(middle, left[1], &innerRuns, 1)
                for inner in innerRuns { add(sum(inner, middle, marks), times: weight, to: &total) }
            }
        }
        return total
    }

    @inline(__always)
    private func add<Weight: WeightInteger>(
        _ sum: Weight, times weight: Weight, to total: inout Weight
    ) {
        let (product, isOver) = sum.multipliedReportingOverflow(by: weight)
        let (next, isOut) = total.addingReportingOverflow(product)
        total = next
        hasOverflowed = hasOverflowed || isOver || isOut
    }

    // MARK: The right way

    private func markAll<Weight: WeightInteger, Mark: FixedWidthInteger & UnsignedInteger>(
        _ node: UInt32, _ marks: UnsafeMutablePointer<Mark>, _ type: Weight.Type
    ) throws(NQLError) {
        try load(node, right[0], &outerRuns, 0)
        if right.count == 1 {
            for run in outerRuns { mark(run, node, times: 1 as Weight, marks) }
            return
        }
        let between = right[0].between
        for run in outerRuns {
            for index in 0 ..< run.count {
                let middle = run.neighbours[index]
                if run.skipsLoops && middle == node { continue }
                let weight = between?.weight(middle, Weight.self) ?? 1
                if weight == 0 { continue }
                try load(middle, right[1], &innerRuns, 1)
                for inner in innerRuns { mark(inner, middle, times: weight, marks) }
            }
        }
    }

    private func mark<Weight: WeightInteger, Mark: FixedWidthInteger & UnsignedInteger>(
        _ run: Run, _ node: UInt32, times: Weight, _ marks: UnsafeMutablePointer<Mark>
    ) {
        var isOver = false
        for index in 0 ..< run.count {
            let far = run.neighbours[index]
            if run.skipsLoops && far == node { continue }
            let (weight, carry) = meeting.weight(far, Weight.self)
                .multipliedReportingOverflow(by: times)
            if weight == 0 { continue }
            let old = marks[Int(far)]
            if old == 0 { touched.append(far) }
            let (sum, isOut) = old.addingReportingOverflow(Mark(truncatingIfNeeded: weight))
            marks[Int(far)] = sum
            isOver = isOver || carry || isOut || Weight(Mark(truncatingIfNeeded: weight)) != weight
        }
        hasOverflowed = hasOverflowed || isOver
    }

    // MARK: The left way

    /// The marks of a run's nodes, added up.
    private func sum<Weight: WeightInteger, Mark: FixedWidthInteger & UnsignedInteger>(
        _ run: Run, _ node: UInt32, _ marks: UnsafeMutablePointer<Mark>
    ) -> Weight {
        var total: Weight = 0
        var isOver = false
        if touched.count &* 16 < run.count {
            for far in touched where !(run.skipsLoops && far == node) {
                var index = SortedRun.lowerBound(run.neighbours, run.count, far)
                while index < run.count && run.neighbours[index] == far {
                    let (next, carry) = total.addingReportingOverflow(Weight(marks[Int(far)]))
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
                let mark = Weight(truncatingIfNeeded: marks[Int(neighbours[index])])
                if Weight.bitWidth == 64 {
                    total = total &+ mark
                } else {
                    let (next, carry) = total.addingReportingOverflow(mark)
                    total = next
                    isOver = isOver || carry
                }
                index &+= 1
            }
            if run.skipsLoops, marks[Int(node)] != 0 {
                var index = SortedRun.lowerBound(neighbours, run.count, node)
                while index < run.count && neighbours[index] == node {
                    total = total &- Weight(marks[Int(node)])
                    index &+= 1
                }
            }
        }
        hasOverflowed = hasOverflowed || isOver
        return total
    }

    // MARK: Neighbours

    /// Relationships that are gone over between two looks at the statement's end.
    private static let workMax = 1 << 18

    private func load(
        _ node: UInt32, _ step: Step, _ output: inout [Run], _ level: Int
    ) throws(NQLError) {
        output.removeAll(keepingCapacity: true)
        let row = Int(node & 2_047)
        for half in step.tables.halves {
            let entry = try half.table.entry(Int(node &>> 11), context.writeEpoch)
            switch entry.form {
            case .unresolved, .none: continue
            case .plain:
                let start = Int(entry.offsets[row])
                let count = Int(entry.offsets[row &+ 1]) &- start
                if count == 0 { continue }
                output.append(
                    Run(
                        neighbours: entry.neighbours + start, count: count,
                        skipsLoops: half.skipsLoops))
                work &+= count
            case .handle:
                runs.removeAll(keepingCapacity: true)
                try half.table.appendRuns(node, to: &runs)
                for run in runs {
                    output.append(
                        Run(
                            neighbours: run.neighbours, count: run.count,
                            skipsLoops: half.skipsLoops))
                    work &+= run.count
                }
            }
        }
        if step.isExistence { try reduce(&output, level) }
        if work > WeightCycleWalk.workMax {
            work = 0
            try context.checkInterrupt()
        }
    }

    /// Makes one run of all, each node once.
    private func reduce(_ output: inout [Run], _ level: Int) throws(NQLError) {
        let list = distinct[level]
        list.removeAll()
        for run in output {
            for index in 0 ..< run.count { try list.append(run.neighbours[index]) }
        }
        output.removeAll(keepingCapacity: true)
        if list.count == 0 { return }
        var numbers = UnsafeMutableBufferPointer(start: list.pointer, count: list.count)
        numbers.sort()
        var kept = 1
        for index in 1 ..< max(1, numbers.count) where numbers[index] != numbers[kept &- 1] {
            numbers[kept] = numbers[index]
            kept &+= 1
        }
        output.append(
            Run(neighbours: UnsafePointer(list.pointer), count: kept, skipsLoops: false))
    }
}
