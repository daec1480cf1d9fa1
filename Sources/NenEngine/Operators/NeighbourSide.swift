// NeighbourSide: the bound node of a row, as one that another node may be a neighbour of: a side of
// an intersection, an end of a step between bound ends. Its neighbours are sorted runs, which are
// searched; or, where the node stands in many rows and much is asked, a bit for each node of the
// graph, set once and cleared word by word, so that a question costs one look-up and a change of
// the node what its neighbours cost.

import NQLPlan
import NenCore

/// The neighbours of one row's node over one relationship of the pattern.
final class NeighbourSide {
    /// Ascending neighbours.
    struct Run {
        var neighbours: UnsafePointer<UInt32>
        var relationships: RelationshipList
        var count: Int
        /// Loops in it are also in another run.
        var skipsLoops: Bool
        /// Candidates ascend, and so do the places where they are found.
        var place = 0
    }

    /// Neighbours over one table of the step, of each row's node.
    private struct LocatedHalf {
        var places: AdjacencyTable.Located
        var skipsLoops: Bool
    }

    let spec: ExpandSpec
    /// Whether it is told which relationship leads to a match, not only how many do.
    let needsRelationship: Bool
    private let tables: StepTables
    private let context: ExecutionContext
    // The loops over matches read these; nothing called from them changes one.
    /// The nodes of the batch's rows, or the one that all have.
    @exclusivity(unchecked) private var nodes = NeighbourSide.noNode.pointer
    @exclusivity(unchecked) private var isConstant = true
    private var nodeCount = 1
    /// Where their neighbours are, for each half of the step.
    @exclusivity(unchecked) private var located: [LocatedHalf] = []
    /// How many rows of the batch one after the other have the same node, on average.
    @exclusivity(unchecked) private(set) var repetition = 1.0
    let runs: PooledArray<Run>
    /// The node whose neighbours `runs` are; `none` before the first.
    @exclusivity(unchecked) private(set) var node = NeighbourSide.none
    /// Neighbours of the node, parallel relationships counted.
    @exclusivity(unchecked) private(set) var count = 0
    private let bits: PooledArray<UInt64>
    /// Words that have a bit set.
    private let words: PooledArray<UInt32>
    /// Whether some marked node is a neighbour more than once.
    @exclusivity(unchecked) private(set) var hasParallels = false
    /// Whether the bits are those of `node`.
    @exclusivity(unchecked) private(set) var isMarked = false
    /// Steps that searching runs has taken, and those of `lastNode`.
    @exclusivity(unchecked) private var searched = 0.0
    @exclusivity(unchecked) private var searchedHere = 0.0
    /// The node loaded last, in this batch or before, and the state of the graph since when.
    @exclusivity(unchecked) private var lastNode = NeighbourSide.none
    private var epoch = 0
    @exclusivity(unchecked) private var found: [AdjacencyRun] = []

    /// What stands for no node.
    static let none = UInt32.max
    /// The only row of a batch without a node.
    private static let noNode: Shared<UInt32> = {
        let memory = UnsafeMutablePointer<UInt32>.allocate(capacity: 1)
        memory.initialize(to: NeighbourSide.none)
        return Shared(UnsafePointer(memory))
    }()

    init(_ spec: ExpandSpec, _ context: ExecutionContext) {
        self.spec = spec
        needsRelationship = spec.relationship != nil || !spec.differentFrom.isEmpty
        self.context = context
        tables = StepTables(types: spec.types, direction: spec.direction, context)
        runs = PooledArray(pool: context.pool)
        bits = PooledArray(pool: context.pool)
        words = PooledArray(pool: context.pool)
    }

    var byteCount: Int { bits.capacity * 8 + words.capacity * 4 }

    /// Takes up the nodes of a batch; runs of the one before are no longer valid.
    func take(_ rows: RowSet, _ arena: Arena) throws(NQLError) {
        // The bits of a node that goes on in this batch are kept.
        if epoch != context.writeEpoch { forget(NeighbourSide.none) }
        epoch = context.writeEpoch
        node = NeighbourSide.none
        count = 0
        tables.refresh()
        let vector = try rows.dense(spec.from, arena)
        let column = try NodeColumn(vector, rows.count, arena)
        isConstant = column.isConstant
        nodeCount = isConstant ? 1 : rows.count
        repetition = Double(rows.count) / Double(max(1, column.runCount(rows.count)))
        if column.validity == nil {
            nodes = column.ids
            return
        }
        let nodes = try arena.allocate(UInt32.self, count: nodeCount)
        for row in 0 ..< nodeCount { nodes[row] = column.node(row) ?? NeighbourSide.none }
        self.nodes = UnsafePointer(nodes)
    }

    /// Finds where the neighbours of all these nodes are. To be called before any is loaded.
    func locate(_ arena: Arena) throws(NQLError) {
        located.removeAll(keepingCapacity: true)
        for half in tables.halves {
            let places = try AdjacencyTable.Located(nodeCount, arena)
            try half.table.locate(nodes, nodeCount, context.writeEpoch, into: places)
            located.append(LocatedHalf(places: places, skipsLoops: half.skipsLoops))
        }
    }

    /// The node of a row; `none` for null.
    @inline(__always)
    func node(ofRow row: Int) -> UInt32 { nodes[isConstant ? 0 : row] }

    /// Becomes the side of a row; false when its node is null or has no neighbour.
    @inline(__always)
    func load(row: Int) throws(NQLError) -> Bool {
        let row = isConstant ? 0 : row
        if nodes[row] != node { try load(nodes[row], row) }
        return count > 0
    }

    /// The same for the side that repeats; decides on bits where the node changes.
    @inline(__always)
    func loadAnchor(row: Int) throws(NQLError) -> Bool {
        let isNew = node(ofRow: row) != node
        let hasSome = try load(row: row)
        if isNew && hasSome { try prepareForRows() }
        return hasSome
    }

    /// Rows that one node must stand in, on average, to be worth marking.
    private static let repetitionMin = 4.0

    /// Which of the two ends of a step repeats, nil if neither does; what will be asked of it, or
    /// of both, is located.
    static func anchor(
        _ first: NeighbourSide, _ second: NeighbourSide, _ arena: Arena
    ) throws(NQLError) -> NeighbourSide? {
        let most = first.repetition >= second.repetition ? first : second
        if most.repetition >= repetitionMin {
            try most.locate(arena)
            return most
        }
        try first.locate(arena)
        try second.locate(arena)
        return nil
    }

    /// Neighbours of a row's node; where they lie scattered, more than any other has.
    @inline(__always)
    func degree(ofRow row: Int) -> Int {
        let row = isConstant ? 0 : row
        var total = 0
        for half in located.indices {
            let count = located[half].places.counts[row]
            total &+= count == AdjacencyTable.Located.isScattered ? 1 &<< 32 : count
        }
        return total
    }

    /// Whether a relationship leads from a row's node to `candidate`; the side need not become that
    /// of the row.
    func leads(fromRow row: Int, to candidate: UInt32) throws(NQLError) -> Bool {
        let place = isConstant ? 0 : row
        for half in located.indices {
            let places = located[half].places
            let count = places.counts[place]
            if count == AdjacencyTable.Located.isScattered {
                return try load(row: row) && leads(to: candidate)
            }
            if count > 0, SortedRun.holds(places.starts[place], count, candidate) { return true }
        }
        return false
    }

    private func load(_ wanted: UInt32, _ row: Int) throws(NQLError) {
        if wanted != lastNode { forget(wanted) }
        node = wanted
        count = 0
        runs.removeAll()
        for half in located.indices {
            let places = located[half].places
            let skipsLoops = located[half].skipsLoops
            let length = places.counts[row]
            if length == AdjacencyTable.Located.isScattered {
                found.removeAll(keepingCapacity: true)
                try tables.halves[half].table.appendRuns(wanted, to: &found)
                for run in found {
                    try add(
                        Run(
                            neighbours: run.neighbours, relationships: run.relationships,
                            count: run.count, skipsLoops: skipsLoops))
                }
            } else if length > 0 {
                try add(
                    Run(
                        neighbours: places.starts[row],
                        relationships: places.relationships[row], count: length,
                        skipsLoops: skipsLoops))
            }
        }
    }

    @inline(__always)
    private func add(_ run: Run) throws(NQLError) {
        try runs.append(run)
        count &+= run.count
    }

    // MARK: bits

    /// Steps that `candidates` look-ups take at best, and whether for that the bits have to be set.
    func cost(candidates: Int) -> (steps: Double, marks: Bool) {
        let asked = Double(candidates)
        if isMarked { return (asked, false) }
        let spread = UInt64(count / max(1, candidates) &+ 1)
        let search = asked * Double(4 &+ UInt64.bitWidth &- spread.leadingZeroBitCount)
        // Few look-ups are not worth an array over all nodes.
        if bits.count == 0, searched * 4 < Double(wordCount) { return (search, false) }
        // What has been spent on searching is not counted again.
        let mark = max(0, Double(2 &* count) - searchedHere) / repetition + asked
        return mark < search ? (mark, true) : (search, false)
    }

    /// Gets ready for `candidates` look-ups.
    func prepare(candidates: Int) throws(NQLError) {
        let (steps, marks) = cost(candidates: candidates)
        if marks {
            try mark()
        } else if !isMarked {
            note(steps)
        }
    }

    /// Gets ready for one look-up in each of the rows that have this node.
    func prepareForRows() throws(NQLError) {
        let (steps, marks) = cost(candidates: 1)
        if marks {
            try mark()
        } else if !isMarked {
            note(steps * repetition)
        }
    }

    private func note(_ steps: Double) {
        searched += steps
        searchedHere += steps
    }

    /// Sets the bits of all neighbours. Where memory is short they are searched for instead.
    private func mark() throws(NQLError) {
        guard hasRoom() else { return }
        let table = bits.pointer
        hasParallels = false
        for number in 0 ..< runs.count {
            let run = runs[number]
            var index = 0
            while index < run.count {
                let neighbour = run.neighbours[index]
                let word = Int(neighbour &>> 6)
                let bit: UInt64 = 1 &<< UInt64(neighbour & 63)
                let old = table[word]
                if old == 0 { try words.append(UInt32(truncatingIfNeeded: word)) }
                hasParallels = hasParallels || old & bit != 0
                table[word] = old | bit
                index &+= 1
            }
        }
        isMarked = true
    }

    private var wordCount: Int { context.graph.nodeChunkCount &<< 5 }

    private func hasRoom() -> Bool {
        do {
            if bits.count < wordCount { try bits.resize(wordCount, filling: 0) }
            try words.reserve(count)
            return true
        } catch {
            return false
        }
    }

    /// Clears the bits; `next` is the node that comes.
    private func forget(_ next: UInt32) {
        lastNode = next
        searchedHere = 0
        isMarked = false
        if words.count == 0 { return }
        let table = bits.pointer
        let list = words.pointer
        var index = 0
        while index < words.count {
            table[Int(list[index])] = 0
            index &+= 1
        }
        words.removeAll()
    }

    /// Keeps of `candidates` those whose bit is set, and their `places` likewise; returns how many.
    func keep(
        _ candidates: UnsafeMutablePointer<UInt32>, _ places: UnsafeMutablePointer<UInt32>,
        _ count: Int
    ) -> Int {
        let table = bits.pointer
        var kept = 0
        var index = 0
        while index < count {
            let candidate = candidates[index]
            candidates[kept] = candidate
            places[kept] = places[index]
            kept &+= NeighbourSide.bit(candidate, table)
            index &+= 1
        }
        return kept
    }

    /// Copies those of a run's neighbours whose bit is set, but not `loop`; returns how many.
    func common(
        _ run: Run, without loop: UInt32, into output: UnsafeMutablePointer<UInt32>
    ) -> Int {
        let table = bits.pointer
        let neighbours = run.neighbours
        let count = run.count
        var kept = 0
        var index = 0
        while index < count {
            let neighbour = neighbours[index]
            output[kept] = neighbour
            kept &+= neighbour == loop ? 0 : NeighbourSide.bit(neighbour, table)
            index &+= 1
        }
        return kept
    }

    /// How many of a run's neighbours have their bit set, `loop` left out.
    func commonCount(_ run: Run, without loop: UInt32) -> Int {
        let table = bits.pointer
        let neighbours = run.neighbours
        let count = run.count
        var kept = 0
        var index = 0
        while index < count {
            let neighbour = neighbours[index]
            kept &+= neighbour == loop ? 0 : NeighbourSide.bit(neighbour, table)
            index &+= 1
        }
        return kept
    }

    /// Of rows that follow each other and have this node, hands on those where the node of `other`
    /// has its bit set. Returns the row it stopped at, because the node changes there or the output
    /// is full.
    func copyRows(
        _ rows: Range<Int>, where other: NeighbourSide, isForward: Bool,
        into output: inout StepOutput
    ) -> Int {
        let table = bits.pointer
        let (own, marked) = (nodes, node)
        var row = rows.lowerBound
        var count = output.count
        while row < rows.upperBound && count < Batch.rowCapacity {
            if !isConstant && own[row] != marked { break }
            let far = other.node(ofRow: row)
            output.neighbours[count] = isForward ? far : marked
            output.rows[count] = UInt16(truncatingIfNeeded: row)
            if far != NeighbourSide.none { count &+= NeighbourSide.bit(far, table) }
            row &+= 1
        }
        output.count = count
        return row
    }

    /// Whether a relationship leads to `candidate`.
    func leads(to candidate: UInt32) -> Bool {
        if candidate == NeighbourSide.none { return false }
        if isMarked { return NeighbourSide.bit(candidate, bits.pointer) != 0 }
        let list = runs.pointer
        for index in 0 ..< runs.count {
            let run = list[index]
            if SortedRun.holds(run.neighbours, run.count, candidate) { return true }
        }
        return false
    }

    @inline(__always)
    private static func bit(_ node: UInt32, _ table: UnsafePointer<UInt64>) -> Int {
        Int(truncatingIfNeeded: (table[Int(node &>> 6)] &>> UInt64(node & 63)) & 1)
    }

    // MARK: runs

    /// The neighbour that a run must not lead to; no node where it may lead to any.
    @inline(__always)
    func loop(_ run: Run) -> UInt32 { run.skipsLoops ? node : NeighbourSide.none }

    /// Whether a marked candidate is one match, about which nothing more is to be known.
    var isSettled: Bool { isMarked && !hasParallels && !needsRelationship }

    /// Appends the relationships that lead to `candidate`.
    func find(_ candidate: UInt32, into output: PooledArray<UInt32>) throws(NQLError) {
        if isMarked && !leads(to: candidate) { return }
        rewind()
        try collect(candidate, into: output)
    }

    /// Candidates come from the least one on again.
    func rewind() {
        for index in 0 ..< runs.count { runs.pointer[index].place = 0 }
    }

    /// Appends those of a run's neighbours that are neighbours here, too, but not `loop`: each as
    /// often as relationships lead to it.
    func appendCommon(
        _ run: Run, without loop: UInt32, to output: PooledArray<UInt32>
    ) throws(NQLError) {
        rewind()
        let list = runs.pointer
        for index in 0 ..< run.count {
            let candidate = run.neighbours[index]
            if candidate == loop { continue }
            for number in 0 ..< runs.count {
                let own = list[number]
                if own.skipsLoops && candidate == node { continue }
                var place = SortedRun.gallop(
                    own.neighbours, own.count, from: own.place, candidate)
                list[number].place = place
                while place < own.count && own.neighbours[place] == candidate {
                    try output.append(candidate)
                    place &+= 1
                }
            }
        }
    }

    /// Appends the relationships that lead to `candidate`, which is not below the one before.
    @inline(__always)
    func collect(_ candidate: UInt32, into output: PooledArray<UInt32>) throws(NQLError) {
        let list = runs.pointer
        for index in 0 ..< runs.count {
            let run = list[index]
            if run.skipsLoops && candidate == node { continue }
            var place = SortedRun.gallop(run.neighbours, run.count, from: run.place, candidate)
            list[index].place = place
            while place < run.count && run.neighbours[place] == candidate {
                try output.append(run.relationships[place])
                place &+= 1
            }
        }
    }
}

extension SortedRun {
    /// Whether `wanted` is among the neighbours.
    @inline(__always)
    static func holds(
        _ neighbours: UnsafePointer<UInt32>, _ count: Int, _ wanted: UInt32
    ) -> Bool {
        let place = lowerBound(neighbours, count, wanted)
        return place < count && neighbours[place] == wanted
    }

    /// First place from `start` on whose neighbour is not below `wanted`; near places are found
    /// fast.
    @inline(__always)
    static func gallop(
        _ neighbours: UnsafePointer<UInt32>, _ count: Int, from start: Int, _ wanted: UInt32
    ) -> Int {
        var low = start
        var step = 1
        while low &+ step <= count && neighbours[low &+ step &- 1] < wanted {
            low &+= step
            step &<<= 1
        }
        let length = min(step, count &- low)
        return low &+ lowerBound(neighbours + low, length, wanted)
    }
}

extension NodeColumn {
    /// How often the node changes from row to row, plus one.
    fileprivate func runCount(_ count: Int) -> Int {
        if isConstant { return 1 }
        var changes = 1
        var row = 1
        while row < count {
            changes &+= ids[row] != ids[row &- 1] ? 1 : 0
            row &+= 1
        }
        return changes
    }
}

extension ExpandSpec {
    /// The step walked from its other end.
    var reversed: ExpandSpec {
        ExpandSpec(
            from: to, relationship: relationship, to: from, types: types,
            direction: direction.reversed, toLabels: nil, differentFrom: differentFrom)
    }
}
