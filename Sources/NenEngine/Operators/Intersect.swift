// Intersect: to the nodes that several bound nodes have for neighbours at once (the step of a
// worst-case optimal join: Ngo, Porat, Ré, Rudra, PODS 2012). For each row the side with the fewest
// steps to take gives candidates, the others are asked for each of them; so a row costs what its
// least side costs, hubs included, and what one side alone leads to is never handed on.
//
// Parallel relationships are matches of their own: a candidate comes out once for each choice of a
// relationship to it from every side.

import NQLPlan
import NQLSyntax
import NenCore

/// Steps from two or more bound nodes to one that is not.
final class Intersect: Operator {
    private let sides: [IntersectSide]
    private let node: Slot
    private let carried: [Slot]
    private let check: IntersectCheck
    private let nodeArena: Arena
    private var hasInput = false
    @exclusivity(unchecked) private var row = 0
    /// Matches found and not handed out yet: node, input row, relationship of each side.
    private let nodes: PooledArray<UInt32>
    private let rows: PooledArray<UInt16>
    private let relationships: [PooledArray<UInt32>]
    private var handedOut = 0
    /// Neighbours of the side that gives candidates, and where in its run they stand.
    private let candidates: PooledArray<UInt32>
    private let places: PooledArray<UInt32>
    /// Relationships to one candidate, side by side, and where each side's end.
    private let choices: PooledArray<UInt32>
    private let ends: PooledArray<Int>

    init(_ scope: OperatorScope, _ input: Operator, _ spec: IntersectSpec) {
        let context = scope.context
        sides = spec.steps.map { IntersectSide($0, context) }
        node = spec.to
        let own = Set(spec.steps.compactMap(\.relationship) + [spec.to])
        carried = scope.live.filter { !own.contains($0) }
        check = IntersectCheck(spec)
        nodeArena = Arena(pool: context.pool)
        nodes = PooledArray(pool: context.pool)
        rows = PooledArray(pool: context.pool)
        relationships = spec.steps.map { _ in PooledArray(pool: context.pool) }
        candidates = PooledArray(pool: context.pool)
        places = PooledArray(pool: context.pool)
        choices = PooledArray(pool: context.pool)
        ends = PooledArray(pool: context.pool)
        super.init(scope, inputs: [input])
    }

    override func open() throws(NQLError) {
        hasInput = false
        forget()
        try super.open()
    }

    private func forget() {
        nodes.removeAll()
        rows.removeAll()
        for column in relationships { column.removeAll() }
        handedOut = 0
    }

    override func next() throws(NQLError) -> Bool {
        repeat {
            if handedOut < nodes.count {
                if try emit() { return true }
            } else if hasInput, row < input.batch.count {
                try fill()
            } else {
                hasInput = false
                guard try input.pull() else { return false }
                if input.batch.count == 0 { continue }
                nodeArena.reset()
                for side in sides { try side.begin(input.batch.rows, nodeArena) }
                hasInput = true
                row = 0
            }
            try context.checkInterrupt()
        } while true
    }

    // MARK: matches

    /// Finds the matches of some rows.
    private func fill() throws(NQLError) {
        forget()
        let count = input.batch.count
        while row < count, nodes.count < Batch.rowCapacity {
            var isEmpty = false
            for side in sides {
                let hasSome = try side.load(row: row)
                if !hasSome {
                    isEmpty = true
                    break
                }
            }
            if !isEmpty { try match() }
            row &+= 1
        }
    }

    /// Finds the matches of one row.
    private func match() throws(NQLError) {
        var source = 0
        var least = Double.infinity
        for index in sides.indices {
            var cost = 0.0
            for other in sides.indices where other != index {
                cost += sides[other].cost(candidates: sides[index].count).steps
            }
            if cost < least { (source, least) = (index, cost) }
        }
        let giver = sides[source]
        try Interruption.spend(Int(least))
        for other in sides.indices where other != source {
            try sides[other].prepare(candidates: giver.count)
        }
        try candidates.reserve(giver.count)
        try places.reserve(giver.count)
        for number in 0 ..< giver.runs.count {
            let run = giver.runs[number]
            let count = draw(run, giver.node, source)
            if count == 0 { continue }
            for other in sides.indices where other != source { sides[other].rewind() }
            if sides.count == 2 {
                try addPairs(count, run.relationships, source)
            } else {
                try addProducts(count, run.relationships, source)
            }
        }
    }

    /// Puts those of a run's neighbours that all marked sides have into `candidates`.
    private func draw(_ run: IntersectSide.Run, _ giver: UInt32, _ source: Int) -> Int {
        let list = candidates.pointer
        let at = places.pointer
        var count = 0
        var index = 0
        while index < run.count {
            let neighbour = run.neighbours[index]
            list[count] = neighbour
            at[count] = UInt32(truncatingIfNeeded: index)
            count &+= run.skipsLoops && neighbour == giver ? 0 : 1
            index &+= 1
        }
        for other in sides.indices where other != source && sides[other].isMarked {
            count = sides[other].keep(list, at, count)
        }
        return count
    }

    /// Adds the matches of the first `count` candidates, which stand at `places` in a run of side
    /// `source`, with one other side.
    private func addPairs(
        _ count: Int, _ relationships: UnsafePointer<UInt32>, _ source: Int
    ) throws(NQLError) {
        let list = candidates.pointer
        let at = places.pointer
        let other = sides[1 &- source]
        let (given, found) = (self.relationships[source], self.relationships[1 &- source])
        let first = nodes.count
        if other.isSettled {
            try nodes.resizeUninitialized(first + count)
            try given.resizeUninitialized(first + count)
            try found.resize(first + count, filling: 0)
            (nodes.pointer + first).update(from: list, count: count)
            let output = given.pointer + first
            for index in 0 ..< count { output[index] = relationships[Int(at[index])] }
        } else {
            for index in 0 ..< count {
                try other.collect(list[index], into: found)
                let relationship = relationships[Int(at[index])]
                while nodes.count < found.count {
                    try nodes.append(list[index])
                    try given.append(relationship)
                }
            }
        }
        try rows.resize(nodes.count, filling: UInt16(truncatingIfNeeded: row))
    }

    /// The same with several other sides: every choice from each with every choice from the others.
    private func addProducts(
        _ count: Int, _ relationships: UnsafePointer<UInt32>, _ source: Int
    ) throws(NQLError) {
        let at = places.pointer
        for index in 0 ..< count {
            let candidate = candidates.pointer[index]
            choices.removeAll()
            ends.removeAll()
            var total = 1
            for side in sides.indices {
                let start = choices.count
                if side == source {
                    try choices.append(relationships[Int(at[index])])
                } else {
                    try sides[side].collect(candidate, into: choices)
                }
                try ends.append(choices.count)
                total &*= choices.count &- start
                if total == 0 { break }
            }
            if total > 0 { try addProduct(candidate, total) }
        }
    }

    private func addProduct(_ candidate: UInt32, _ total: Int) throws(NQLError) {
        let first = nodes.count
        try nodes.resize(first + total, filling: candidate)
        try rows.resize(first + total, filling: UInt16(truncatingIfNeeded: row))
        var stride = 1
        for side in sides.indices {
            let start = side == 0 ? 0 : ends[side &- 1]
            let width = ends[side] &- start
            try relationships[side].resizeUninitialized(first + total)
            let column = relationships[side].pointer + first
            for place in 0 ..< total { column[place] = choices[start + place / stride % width] }
            stride &*= width
        }
    }

    // MARK: output

    private func emit() throws(NQLError) -> Bool {
        beginOutput()
        let first = handedOut
        let count = min(nodes.count - first, Batch.rowCapacity)
        handedOut += count
        var output = IntersectOutput(
            nodes: try arena.allocate(UInt32.self, count: count),
            rows: try arena.allocate(UInt16.self, count: count), relationships: [], count: count)
        output.nodes.update(from: nodes.pointer + first, count: count)
        output.rows.update(from: rows.pointer + first, count: count)
        for column in relationships {
            let copy = try arena.allocate(UInt32.self, count: count)
            copy.update(from: column.pointer + first, count: count)
            output.relationships.append(copy)
        }
        let source = input.batch.rows
        try check.apply(&output, source, context)
        if output.count == 0 { return false }
        try batch.carryStep(
            input.batch, carried, at: output.rows, count: output.count, arena)
        batch.vectors[node] = Vector(.node, output.nodes)
        for (side, column) in zip(sides, output.relationships) {
            if let slot = side.spec.relationship {
                batch.vectors[slot] = Vector(.relationship, column)
            }
        }
        return true
    }

    override var stateByteCount: Int {
        let columns = relationships.reduce(nodes.capacity) { $0 + $1.capacity }
        let scratch = (columns + candidates.capacity + places.capacity) * 4 + rows.capacity * 2
        return sides.reduce(scratch) { $0 + $1.byteCount }
    }
}
