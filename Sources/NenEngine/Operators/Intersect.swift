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
    private let sides: [NeighbourSide]
    private let node: Slot
    private let carried: [Slot]
    private let check: IntersectCheck
    /// Nothing reads the node, and everything above takes a row that counts for several.
    private let isCounting: Bool
    private let nodeArena: Arena
    private var hasInput = false
    /// The state of the graph that the sides have taken up their nodes in.
    private var epoch = 0
    @exclusivity(unchecked) private var row = 0
    /// Matches found and not handed out yet: node, input row, and relationship of each side that
    /// has to tell it.
    private let nodes: PooledArray<UInt32>
    private let rows: PooledArray<UInt16>
    private let relationships: [PooledArray<UInt32>?]
    private let relationshipCount: Int
    /// Where matches are counted: how many the row has.
    private let counts: PooledArray<Int64>
    private var handedOut = 0
    /// Neighbours of the side that gives candidates, and where in its run they stand.
    private let candidates: PooledArray<UInt32>
    private let places: PooledArray<UInt32>
    /// Relationships to one candidate, side by side, and where each side's end.
    private let choices: PooledArray<UInt32>
    private let ends: PooledArray<Int>

    init(_ scope: OperatorScope, _ input: Operator, _ spec: IntersectSpec, canCount: Bool) {
        let context = scope.context
        let sides = spec.steps.map { NeighbourSide($0, context) }
        self.sides = sides
        node = spec.to
        let own = Set(spec.steps.compactMap(\.relationship) + [spec.to])
        carried = scope.live.filter { !own.contains($0) }
        check = IntersectCheck(spec)
        relationshipCount = sides.count(where: \.needsRelationship)
        isCounting = canCount && spec.labels == nil && !scope.live.contains(spec.to)
            && relationshipCount == 0
        nodeArena = Arena(pool: context.pool)
        nodes = PooledArray(pool: context.pool)
        rows = PooledArray(pool: context.pool)
        relationships = sides.map {
            $0.needsRelationship ? PooledArray(pool: context.pool) : nil
        }
        counts = PooledArray(pool: context.pool)
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
        counts.removeAll()
        for column in relationships { column?.removeAll() }
        handedOut = 0
    }

    override func next() throws(NQLError) -> Bool {
        repeat {
            if handedOut < rows.count {
                if try emit() { return true }
            } else if hasInput, row < input.batch.count {
                if epoch != context.writeEpoch { try begin() }
                try fill()
            } else {
                hasInput = false
                guard try input.pull() else { return false }
                if input.batch.count == 0 { continue }
                try begin()
                hasInput = true
                row = 0
            }
            try context.checkInterrupt()
        } while true
    }

    /// Takes up the input's nodes.
    private func begin() throws(NQLError) {
        nodeArena.reset()
        epoch = context.writeEpoch
        for side in sides {
            try side.take(input.batch.rows, nodeArena)
            try side.locate(nodeArena)
        }
    }

    // MARK: matches

    /// Finds the matches of some rows.
    private func fill() throws(NQLError) {
        forget()
        let count = input.batch.count
        while row < count, rows.count < Batch.rowCapacity {
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
        var isSettled = true
        for other in sides.indices where other != source {
            try sides[other].prepare(candidates: giver.count)
            isSettled = isSettled && sides[other].isSettled
        }
        if sides.count == 2 && relationshipCount == 0 {
            try addCommon(giver, sides[1 &- source])
            return
        }
        try candidates.reserve(giver.count)
        try places.reserve(giver.count)
        for number in 0 ..< giver.runs.count {
            let run = giver.runs[number]
            let count = draw(run, giver.node, source)
            if count == 0 { continue }
            if isSettled {
                try addSettled(count, run.relationships, source)
                continue
            }
            for other in sides.indices where other != source { sides[other].rewind() }
            try addProducts(count, run.relationships, source)
        }
        try finishRow()
    }

    /// Adds what the neighbours of `giver` have in common with those of `other`, when nothing but
    /// the node counts.
    private func addCommon(
        _ giver: NeighbourSide, _ other: NeighbourSide
    ) throws(NQLError) {
        let runs = giver.runs
        if isCounting && other.isSettled {
            var total = 0
            for number in 0 ..< runs.count {
                let run = runs[number]
                total &+= other.commonCount(run, without: giver.loop(run))
            }
            try count(Int64(total))
            return
        }
        for number in 0 ..< runs.count {
            let run = runs[number]
            if other.isSettled {
                let filled = nodes.count
                try nodes.reserve(filled &+ run.count)
                let found = other.common(
                    run, without: giver.loop(run), into: nodes.pointer + filled)
                try nodes.resizeUninitialized(filled &+ found)
            } else {
                try other.appendCommon(run, without: giver.loop(run), to: nodes)
            }
        }
        try finishRow()
    }

    /// Says of the nodes found last that they are matches of the row.
    private func finishRow() throws(NQLError) {
        if isCounting {
            try count(Int64(nodes.count))
            nodes.removeAll()
        } else {
            try rows.resize(nodes.count, filling: UInt16(truncatingIfNeeded: row))
        }
    }

    /// Notes how many matches the row has.
    private func count(_ matches: Int64) throws(NQLError) {
        if matches == 0 { return }
        try rows.append(UInt16(truncatingIfNeeded: row))
        try counts.append(matches)
    }

    /// Puts those of a run's neighbours that all marked sides have into `candidates`.
    private func draw(_ run: NeighbourSide.Run, _ giver: UInt32, _ source: Int) -> Int {
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

    /// Adds the first `count` candidates, which stand at `places` in a run of side `source`, as the
    /// matches that they are.
    private func addSettled(
        _ count: Int, _ relationships: RelationshipList, _ source: Int
    ) throws(NQLError) {
        let first = nodes.count
        try nodes.resizeUninitialized(first + count)
        (nodes.pointer + first).update(from: candidates.pointer, count: count)
        guard let column = self.relationships[source] else { return }
        try column.resizeUninitialized(first + count)
        let output = column.pointer + first
        let at = places.pointer
        for index in 0 ..< count { output[index] = relationships[Int(at[index])] }
    }

    /// Adds the matches of the first `count` candidates: every choice of a relationship from each
    /// side with every choice from the others.
    private func addProducts(
        _ count: Int, _ relationships: RelationshipList, _ source: Int
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
        var stride = 1
        for side in sides.indices {
            let start = side == 0 ? 0 : ends[side &- 1]
            let width = ends[side] &- start
            if let column = relationships[side] {
                try column.resizeUninitialized(first + total)
                let output = column.pointer + first
                for place in 0 ..< total {
                    output[place] = choices[start + place / stride % width]
                }
            }
            stride &*= width
        }
    }

    // MARK: output

    private func emit() throws(NQLError) -> Bool {
        beginOutput()
        let first = handedOut
        let count = min(rows.count - first, Batch.rowCapacity)
        handedOut += count
        if isCounting {
            try emitCounts(first, count)
            return true
        }
        var output = IntersectOutput(
            nodes: try copy(nodes, first, count), rows: try copy(rows, first, count),
            relationships: [], count: count)
        for column in relationships {
            output.relationships.append(
                try column.map { (column) throws(NQLError) in try copy(column, first, count) })
        }
        let source = input.batch.rows
        try check.apply(&output, source, context)
        if output.count == 0 { return false }
        try batch.carryStep(
            input.batch, carried, at: output.rows, count: output.count, arena)
        batch.vectors[node] = Vector(.node, output.nodes)
        for (side, column) in zip(sides, output.relationships) {
            if let slot = side.spec.relationship, let column {
                batch.vectors[slot] = Vector(.relationship, column)
            }
        }
        return true
    }

    /// Hands out rows that count for as many as they have matches.
    private func emitCounts(_ first: Int, _ count: Int) throws(NQLError) {
        let positions = try copy(rows, first, count)
        try batch.carryStep(input.batch, carried, at: positions, count: count, arena)
        let weights = try copy(counts, first, count)
        if let old = batch.multiplicity {
            for index in 0 ..< count { weights[index] &*= old[index] }
        }
        batch.multiplicity = UnsafePointer(weights)
    }

    private func copy<Element>(
        _ column: PooledArray<Element>, _ first: Int, _ count: Int
    ) throws(NQLError) -> UnsafeMutablePointer<Element> {
        let copy = try arena.allocate(Element.self, count: count)
        copy.update(from: column.pointer + first, count: count)
        return copy
    }

    override var stateByteCount: Int {
        let columns = relationships.reduce(nodes.capacity) { $0 + ($1?.capacity ?? 0) }
        let scratch = (columns + candidates.capacity + places.capacity) * 4 + rows.capacity * 2
        return sides.reduce(scratch + counts.capacity * 8) { $0 + $1.byteCount }
    }
}
