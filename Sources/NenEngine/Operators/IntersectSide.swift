// IntersectSide: one of the bound nodes between whose neighbours an intersection looks for common
// ones. Its neighbours are sorted runs, which are searched by galloping; or, where the node stands
// in many rows and many candidates ask, a bit for each node of the graph, set once and cleared word
// by word, so that a candidate costs one look-up and a change what its neighbours cost.

import NQLPlan
import NenCore

/// The neighbours of one row's node over one relationship of the pattern.
final class IntersectSide {
    /// Ascending neighbours.
    struct Run {
        var neighbours: UnsafePointer<UInt32>
        var relationships: UnsafePointer<UInt32>
        var count: Int
        /// Loops in it are also in another run.
        var skipsLoops: Bool
        /// Candidates ascend, and so do the places where they are found.
        var place = 0
    }

    let spec: ExpandSpec
    private let tables: StepTables
    private let context: ExecutionContext
    // The loops over matches read these; nothing called from them changes one.
    @exclusivity(unchecked) private var column: NodeColumn?
    /// How many rows of the batch one after the other have the same node, on average.
    @exclusivity(unchecked) private var repetition = 1.0
    let runs: PooledArray<Run>
    /// The node whose neighbours `runs` are; `none` before the first.
    @exclusivity(unchecked) private(set) var node = IntersectSide.none
    /// Neighbours of the node, parallel relationships counted.
    @exclusivity(unchecked) private(set) var count = 0
    private let bits: PooledArray<UInt64>
    /// Words that have a bit set.
    private let words: PooledArray<UInt32>
    /// Whether some marked node is a neighbour more than once.
    @exclusivity(unchecked) private(set) var hasParallels = false
    /// Whether the bits are those of `node`.
    @exclusivity(unchecked) private(set) var isMarked = false
    /// Steps that searching its runs has taken.
    @exclusivity(unchecked) private var searched = 0.0
    @exclusivity(unchecked) private var found: [AdjacencyRun] = []

    private static let none = UInt32.max

    init(_ spec: ExpandSpec, _ context: ExecutionContext) {
        self.spec = spec
        self.context = context
        tables = StepTables(types: spec.types, direction: spec.direction, context)
        runs = PooledArray(pool: context.pool)
        bits = PooledArray(pool: context.pool)
        words = PooledArray(pool: context.pool)
    }

    var byteCount: Int { bits.capacity * 8 + words.capacity * 4 }

    /// Takes up a batch; runs of the one before are no longer valid.
    func begin(_ rows: RowSet, _ arena: Arena) throws(NQLError) {
        clear()
        node = IntersectSide.none
        tables.refresh()
        let vector = try rows.dense(spec.from, arena)
        let column = try NodeColumn(vector, rows.count, arena)
        self.column = column
        repetition = Double(rows.count) / Double(max(1, column.runCount(rows.count)))
    }

    /// Becomes the side of a row; false when its node is null or has no neighbour.
    @inline(__always)
    func load(row: Int) throws(NQLError) -> Bool {
        guard let wanted = column?.node(row) else { return false }
        if wanted != node { try load(wanted) }
        return count > 0
    }

    private func load(_ wanted: UInt32) throws(NQLError) {
        clear()
        node = wanted
        count = 0
        runs.removeAll()
        for half in tables.halves {
            found.removeAll(keepingCapacity: true)
            try half.table.appendRuns(wanted, to: &found)
            for run in found {
                try runs.append(
                    Run(
                        neighbours: run.neighbours, relationships: run.relationships,
                        count: run.count, skipsLoops: half.skipsLoops))
                count &+= run.count
            }
        }
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
        let mark = Double(2 &* count) / repetition + asked
        return mark < search ? (mark, true) : (search, false)
    }

    /// Gets ready for `candidates` look-ups.
    func prepare(candidates: Int) throws(NQLError) {
        let (steps, marks) = cost(candidates: candidates)
        if marks {
            try mark()
        } else if !isMarked {
            searched += steps
        }
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

    private func clear() {
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
            let word = table[Int(candidate &>> 6)]
            kept &+= Int(truncatingIfNeeded: (word &>> UInt64(candidate & 63)) & 1)
            index &+= 1
        }
        return kept
    }

    // MARK: runs

    /// Whether a marked candidate is one match, about which nothing more is to be known.
    var isSettled: Bool {
        isMarked && !hasParallels && spec.relationship == nil && spec.differentFrom.isEmpty
    }

    /// Candidates come from the least one on again.
    func rewind() {
        for index in 0 ..< runs.count { runs.pointer[index].place = 0 }
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
