// WeightPairs: the factors of a cycle whose last relationship is looked up in a `PairMatrix`. For a
// block of nodes both ways are followed, the left one to where they meet, the right one to the node
// before; what they lead to stands in the order of the nodes begun from. Of the two lists of each
// node every pair counts that the matrix has.
//
// Nodes are walked from in their order, so where each has one neighbour, as by far the most
// relationships of a message to its author or to what it answers, they are read one behind the
// other.

import NQLPlan
import NenCore

/// Both ways around one cycle but for the last step, for one worker.
final class WeightPairs {
    /// A step with the weights of the nodes that it leads to.
    private struct Step {
        let tables: StepTables
        let far: WeightTable
        /// For each half of the tables: of the nodes that are walked from at a time.
        let located: [AdjacencyTable.Located]
    }

    /// Nodes that a way leads to, those from one start behind those from the one before.
    private final class Ends {
        /// By number: where the way began.
        let starts: PooledArray<UInt32>
        let nodes: PooledArray<UInt32>
        private let narrow: PooledArray<UInt64>
        private let wide: PooledArray<UInt128>

        init(_ pool: PagePool) {
            starts = PooledArray(pool: pool)
            nodes = PooledArray(pool: pool)
            narrow = PooledArray(pool: pool)
            wide = PooledArray(pool: pool)
        }

        var count: Int { nodes.count }

        /// How often each is reached.
        @inline(__always)
        func weights<Weight: WeightInteger>(_ type: Weight.Type) -> UnsafeMutablePointer<Weight> {
            let array = Weight.bitWidth == 64
                ? UnsafeMutableRawPointer(narrow.pointer) : UnsafeMutableRawPointer(wide.pointer)
            return array.assumingMemoryBound(to: type)
        }

        func resize<Weight: WeightInteger>(
            _ count: Int, _ type: Weight.Type
        ) throws(NQLError) {
            try starts.resizeUninitialized(count)
            try nodes.resizeUninitialized(count)
            if Weight.bitWidth == 64 {
                try narrow.resizeUninitialized(count)
            } else {
                try wide.resizeUninitialized(count)
            }
        }
    }

    /// Nanoseconds for a pair that is looked up, by and large, and for a node that is walked from.
    private static let pairWorkUnits = 8
    private static let nodeWorkUnits = 10
    /// Nodes that are begun from at a time.
    static let blockCapacity = 512

    private let context: ExecutionContext
    /// Kept, as `reader` reads from it.
    private let matrix: PairMatrix
    private let reader: PairMatrix.Reader
    private let left: [Step]
    private let right: [Step]
    private let arena: Arena
    /// What the ways have led to, and what they are led on from.
    private var leftEnds: Ends
    private var rightEnds: Ends
    private var spare: Ends
    private var runs: [AdjacencyRun] = []
    /// Set when a number did not fit.
    private(set) var hasOverflowed = false

    init(
        _ cycle: WeightCycle, _ inputs: WeightInputs, _ matrix: PairMatrix,
        _ context: ExecutionContext
    ) throws(NQLError) {
        guard let meeting = inputs.meeting else {
            preconditionFailure("a cycle without tables")
        }
        self.context = context
        self.matrix = matrix
        reader = matrix.reader
        arena = Arena(pool: context.pool)
        left = try WeightPairs.steps(cycle.left, inputs.left + [meeting], context, arena)
        right = try WeightPairs.steps(cycle.right.dropLast(), inputs.right, context, arena)
        leftEnds = Ends(context.pool)
        rightEnds = Ends(context.pool)
        spare = Ends(context.pool)
    }

    private static func steps(
        _ steps: [WeightStep], _ weights: [WeightTable], _ context: ExecutionContext,
        _ arena: Arena
    ) throws(NQLError) -> [Step] {
        try zip(steps, weights).map { (step, far) throws(NQLError) in
            let tables = StepTables(
                types: step.types, direction: step.direction, findsSingles: true, context)
            tables.refresh()
            let located = try tables.halves.map { (_) throws(NQLError) in
                try AdjacencyTable.Located(blockCapacity, arena)
            }
            return Step(tables: tables, far: far, located: located)
        }
    }

    /// The factors of some nodes, ascending, at most `blockCapacity`.
    func factors<Weight: WeightInteger>(
        _ nodes: UnsafePointer<UInt32>, _ count: Int, into factors: UnsafeMutablePointer<Weight>
    ) throws(NQLError) {
        try context.checkInterrupt()
        factors.update(repeating: 0, count: count)
        try rightEnds.resize(count, Weight.self)
        for index in 0 ..< count {
            rightEnds.starts[index] = UInt32(truncatingIfNeeded: index)
            rightEnds.nodes[index] = nodes[index]
        }
        rightEnds.weights(Weight.self).update(repeating: 1, count: count)
        try follow(right, &rightEnds, Weight.self)
        if rightEnds.count == 0 { return }
        try begin(nodes, Weight.self)
        try follow(left, &leftEnds, Weight.self)
        if leftEnds.count == 0 || hasOverflowed { return }
        prefetch()
        try meet(factors)
    }

    // MARK: Ways

    /// Lets the left way begin where the right one leads somewhere.
    private func begin<Weight: WeightInteger>(
        _ nodes: UnsafePointer<UInt32>, _ type: Weight.Type
    ) throws(NQLError) {
        let (known, count) = (rightEnds.starts.pointer, rightEnds.count)
        try leftEnds.resize(count, type)
        let (starts, begun) = (leftEnds.starts.pointer, leftEnds.nodes.pointer)
        var filled = 0
        for index in 0 ..< count {
            starts[filled] = known[index]
            begun[filled] = nodes[Int(known[index])]
            filled &+= index &+ 1 < count && known[index] == known[index &+ 1] ? 0 : 1
        }
        leftEnds.weights(type).update(repeating: 1, count: filled)
        try leftEnds.resize(filled, type)
    }

    /// Makes of `ends` what a way leads on to from them.
    private func follow<Weight: WeightInteger>(
        _ steps: [Step], _ ends: inout Ends, _ type: Weight.Type
    ) throws(NQLError) {
        for step in steps {
            try spare.resize(0, type)
            var first = 0
            while first < ends.count {
                let some = min(WeightPairs.blockCapacity, ends.count &- first)
                try Interruption.spend(some &* WeightPairs.nodeWorkUnits)
                try take(step, ends, first, some, type)
                first &+= some
            }
            swap(&ends, &spare)
        }
    }

    /// Appends to `spare` where a step leads from some of `ends`.
    private func take<Weight: WeightInteger>(
        _ step: Step, _ ends: Ends, _ first: Int, _ count: Int, _ type: Weight.Type
    ) throws(NQLError) {
        let halves = step.tables.halves
        let isPlain = halves.count == 1 && !halves[0].skipsLoops
        var (first, count) = (first, count)
        if isPlain {
            let done = try takeSingles(halves[0].table, step, ends, first, count, type)
            first &+= done
            count &-= done
            if count == 0 { return }
        }
        for (half, located) in zip(halves, step.located) {
            try half.table.locate(
                ends.nodes.pointer + first, count, context.writeEpoch, into: located)
        }
        if isPlain, let located = step.located.first {
            var total = 0
            var isScattered = false
            for index in 0 ..< count {
                total &+= located.counts[index]
                isScattered = isScattered || located.counts[index] < 0
            }
            if !isScattered { return try collect(located, step, ends, first, count, total, type) }
        }
        for index in first ..< first + count {
            for (half, located) in zip(halves, step.located) {
                try collect(half, located, index &- first, step, ends, index, type)
            }
        }
    }

    /// Takes the step from nodes of chunks where each has one neighbour.
    ///
    /// - Returns: for how many nodes, up to the first that is not of this kind.
    private func takeSingles<Weight: WeightInteger>(
        _ table: AdjacencyTable, _ step: Step, _ ends: Ends, _ first: Int, _ count: Int,
        _ type: Weight.Type
    ) throws(NQLError) -> Int {
        let target = spare
        var filled = target.count
        try target.resize(filled &+ count, type)
        let (starts, nodes) = (target.starts.pointer, target.nodes.pointer)
        let weights = target.weights(type)
        let (oldStarts, oldNodes) = (ends.starts.pointer + first, ends.nodes.pointer + first)
        let oldWeights = ends.weights(type) + first
        let (far, epoch) = (step.far, context.writeEpoch)
        var isOver = false
        var index = 0
        while index < count {
            if index &+ WeightPairs.ahead < count {
                table.prefetch(oldNodes[index &+ WeightPairs.ahead])
            }
            let node = oldNodes[index]
            let entry = try table.entry(Int(node &>> 11), epoch)
            if !entry.isSingle { break }
            let next = entry.neighbours[Int(node & 2_047)]
            let (weight, carry) = far.weight(next, type)
                .multipliedReportingOverflow(by: oldWeights[index])
            starts[filled] = oldStarts[index]
            nodes[filled] = next
            weights[filled] = weight
            isOver = isOver || carry
            filled &+= weight == 0 ? 0 : 1
            index &+= 1
        }
        try target.resize(filled, type)
        if isOver { hasOverflowed = true }
        return index
    }

    /// Nodes by which memory is fetched ahead.
    private static let ahead = 24

    /// What one half of a step leads to, each node's neighbours in one piece; `total` of them.
    private func collect<Weight: WeightInteger>(
        _ located: AdjacencyTable.Located, _ step: Step, _ ends: Ends, _ first: Int,
        _ count: Int, _ total: Int, _ type: Weight.Type
    ) throws(NQLError) {
        let target = spare
        var filled = target.count
        try target.resize(filled &+ total, type)
        let (starts, nodes) = (target.starts.pointer, target.nodes.pointer)
        let weights = target.weights(type)
        let (oldStarts, oldWeights) = (ends.starts.pointer + first, ends.weights(type) + first)
        let far = step.far
        var isOver = false
        for index in 0 ..< count {
            let length = located.counts[index]
            let (start, times) = (oldStarts[index], oldWeights[index])
            var place = 0
            while place < length {
                let next = located.starts[index][place]
                let (weight, carry) = far.weight(next, type).multipliedReportingOverflow(by: times)
                starts[filled] = start
                nodes[filled] = next
                weights[filled] = weight
                isOver = isOver || carry
                filled &+= weight == 0 ? 0 : 1
                place &+= 1
            }
        }
        try target.resize(filled, type)
        if isOver { hasOverflowed = true }
    }

    /// The same for one node, wherever its neighbours lie.
    private func collect<Weight: WeightInteger>(
        _ half: StepTables.Half, _ located: AdjacencyTable.Located, _ place: Int, _ step: Step,
        _ ends: Ends, _ index: Int, _ type: Weight.Type
    ) throws(NQLError) {
        let node = ends.nodes[index]
        if located.counts[place] == 0 { return }
        runs.removeAll(keepingCapacity: true)
        try half.table.appendRuns(node, to: &runs)
        let times = ends.weights(type)[index]
        for run in runs {
            var filled = spare.count
            try spare.resize(filled &+ run.count, type)
            let weights = spare.weights(type)
            for position in 0 ..< run.count {
                let next = run.neighbours[position]
                if half.skipsLoops && next == node { continue }
                let (weight, carry) = step.far.weight(next, type)
                    .multipliedReportingOverflow(by: times)
                if carry { hasOverflowed = true }
                if weight == 0 { continue }
                spare.starts[filled] = ends.starts[index]
                spare.nodes[filled] = next
                weights[filled] = weight
                filled &+= 1
            }
            try spare.resize(filled, type)
        }
    }

    // MARK: Pairs

    /// Fetches the bits of the first pair of each end on the left: mostly it has no other.
    private func prefetch() {
        let (aStarts, bStarts) = (leftEnds.starts.pointer, rightEnds.starts.pointer)
        let (aNodes, bNodes) = (leftEnds.nodes.pointer, rightEnds.nodes.pointer)
        let (aCount, bCount) = (leftEnds.count, rightEnds.count)
        let reader = reader
        var next = 0
        for first in 0 ..< aCount {
            while next < bCount && bStarts[next] < aStarts[first] { next &+= 1 }
            if next == bCount { return }
            reader.prefetch(bNodes[next], aNodes[first])
        }
    }

    /// Adds up the pairs of the ends of each start.
    private func meet<Weight: WeightInteger>(
        _ factors: UnsafeMutablePointer<Weight>
    ) throws(NQLError) {
        let reader = reader
        let (a, b) = (leftEnds, rightEnds)
        let (aStarts, bStarts) = (a.starts.pointer, b.starts.pointer)
        let (aNodes, bNodes) = (a.nodes.pointer, b.nodes.pointer)
        let (aWeights, bWeights) = (a.weights(Weight.self), b.weights(Weight.self))
        let (aCount, bCount) = (a.count, b.count)
        var isOver = false
        var (first, next) = (0, 0)
        while first < aCount && next < bCount {
            let start = aStarts[first]
            while next < bCount && bStarts[next] < start { next &+= 1 }
            var end = next
            while end < bCount && bStarts[end] == start { end &+= 1 }
            var total: Weight = factors[Int(start)]
            while first < aCount && aStarts[first] == start {
                try Interruption.spend((end &- next) &* WeightPairs.pairWorkUnits)
                var other = next
                while other < end {
                    let bit = reader.bit(bNodes[other], aNodes[first])
                    let (product, isOut) = aWeights[first].multipliedReportingOverflow(
                        by: bWeights[other])
                    let (sum, carry) = total.addingReportingOverflow(
                        product &* Weight(truncatingIfNeeded: bit))
                    total = sum
                    isOver = isOver || isOut || carry
                    other &+= 1
                }
                first &+= 1
            }
            factors[Int(start)] = total
            if first < aCount && aStarts[first] > start { next = end }
        }
        if isOver { hasOverflowed = true }
    }
}
