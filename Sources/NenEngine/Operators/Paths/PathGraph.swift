// PathGraph: where the walks of a path pattern from one node can be: the product of the graph and
// the pattern, built breadth first. A *state* is a node together with a place in the pattern:
// piece, number of iterations behind, place in the iteration. States at open places, where
// conditions depend on how they were reached, are kept apart; all others are met once, whatever
// leads there.
//
// Every state has its least number of steps from the start and all steps into it, so that paths can
// be read backwards from their end, shortest first (see PathEnumerator).

import NQLPlan
import NenCore

/// The product of graph and pattern, from one start.
final class PathGraph {
    struct State {
        var node: UInt32
        /// Number of the place in the pattern.
        var place: UInt32
        /// Least number of relationships from the start; -1 when no way is left.
        var distance: Int32
        /// First step into the state + 1; 0: none.
        var firstIn: UInt32
        /// Steps out of it stand in a row.
        var firstOut: UInt32
        var outCount: UInt32
        /// Whether the pattern may end here.
        var isEnd: Bool
    }

    struct Step {
        var from: UInt32
        var to: UInt32
        var relationship: UInt32
        /// The next step into the same state + 1.
        var nextIn: UInt32
    }

    /// A place in the pattern.
    struct Place {
        var piece: Int
        var iteration: Int
        /// Steps taken in the iteration; between iterations 0.
        var offset: Int
    }

    let walker: PathWalker
    let states: PooledArray<State>
    let steps: PooledArray<Step>
    /// Ends in the order in which they were met.
    let ends: PooledArray<UInt32>
    /// Steps from the start to the outermost states; all states up to there are known.
    private(set) var depth = 0
    private(set) var isComplete = false
    /// Relationships of the longest path; nil: unbounded.
    let longest: Int?
    private let candidates: PooledArray<TrailStep>
    private let table: StateTable
    /// First state of the outermost level.
    private var frontier = 0
    private let codes: PlaceCodes
    private var wanted: UInt32?
    private var endLabels: LabelTest?

    init(_ walker: PathWalker, endLabels: LabelTest?, limit: Int, pool: PagePool)
        throws(NQLError)
    {
        self.walker = walker
        self.endLabels = endLabels
        codes = try PlaceCodes(walker.pieces, limit: limit)
        longest = codes.longest
        states = PooledArray(pool: pool)
        steps = PooledArray(pool: pool)
        ends = PooledArray(pool: pool)
        candidates = PooledArray(pool: pool)
        table = StateTable(pool: pool)
    }

    /// Bytes held.
    var byteCount: Int {
        states.capacity * MemoryLayout<State>.stride + steps.capacity * 16 + table.byteCount
    }

    /// Starts anew; with `end` only paths to that node count.
    func begin(_ start: UInt32, end: UInt32?) throws(NQLError) {
        states.removeAll()
        steps.removeAll()
        ends.removeAll()
        try table.removeAll()
        wanted = end
        depth = 0
        frontier = 0
        isComplete = false
        // The start is apart from states that are met on the way.
        _ = try add(start, Place(piece: 0, iteration: 0, offset: 0), distance: 0)
    }

    /// The pattern's place of a state.
    func place(_ state: State) -> Place { codes.place(state.place) }

    /// Takes all steps from the outermost states.
    func grow() throws(NQLError) {
        let first = frontier
        let last = states.count
        frontier = last
        if first == last || depth >= (longest ?? .max) {
            isComplete = true
            return
        }
        depth += 1
        for state in first ..< last {
            try Interruption.spend(PathWalker.stepWorkUnits)
            try expand(state)
        }
    }

    private func expand(_ number: Int) throws(NQLError) {
        states[number].firstOut = UInt32(steps.count)
        let state = states[number]
        var at = place(state)
        if at.offset > 0 {
            try step(number, at)
        } else {
            // Between iterations: another one, or the next pieces.
            while true {
                let piece = walker.pieces[at.piece]
                if piece.maximum.map({ at.iteration < $0 }) ?? true,
                    try walker.begins(at.piece, state.node)
                {
                    try step(number, at)
                }
                guard at.iteration >= piece.minimum, at.piece + 1 < walker.pieces.count,
                    try walker.crosses(at.piece, state.node)
                else { break }
                at = Place(piece: at.piece + 1, iteration: 0, offset: 0)
            }
        }
        states[number].outCount = UInt32(steps.count) - states[number].firstOut
    }

    /// Takes the step of the pattern at `at` from a state.
    private func step(_ number: Int, _ at: Place) throws(NQLError) {
        let node = states[number].node
        if walker.pieces[at.piece].steps[at.offset].isOpen { showIteration(number, at.offset) }
        candidates.removeAll()
        try walker.appendSteps(from: node, piece: at.piece, place: at.offset, to: candidates)
        if candidates.count == 0 { return }
        var next = at
        next.offset += 1
        var isOpen = false
        if next.offset == walker.pieces[at.piece].steps.count {
            next = Place(
                piece: at.piece, iteration: codes.next(at.piece, at.iteration), offset: 0)
        } else {
            isOpen = walker.pieces[at.piece].steps[next.offset].isOpen
        }
        let code = codes.code(next)
        for index in 0 ..< candidates.count {
            try Interruption.spend(PathWalker.stepWorkUnits)
            let candidate = candidates[index]
            var target = isOpen ? -1 : table.find(candidate.neighbour, code, states)
            if target < 0 {
                target = try add(candidate.neighbour, next, distance: depth)
                if !isOpen { try table.insert(target, states) }
            }
            try steps.append(
                Step(
                    from: UInt32(number), to: UInt32(target),
                    relationship: candidate.relationship, nextIn: states[target].firstIn))
            states[target].firstIn = UInt32(steps.count)
        }
    }

    private func add(_ node: UInt32, _ at: Place, distance: Int) throws(NQLError) -> Int {
        let isEnd = try isEnd(node, at)
        let number = states.count
        guard number < Int(UInt32.max) - 1, steps.count < Int(UInt32.max) - 1 else {
            throw .runtime(
                .argument, "NumberOutOfRange", "A search for paths has too many states.")
        }
        try states.append(
            State(
                node: node, place: codes.code(at), distance: Int32(distance), firstIn: 0,
                firstOut: 0, outCount: 0, isEnd: isEnd))
        if isEnd { try ends.append(UInt32(number)) }
        return number
    }

    /// Whether the pattern may end at a node at this place.
    private func isEnd(_ node: UInt32, _ at: Place) throws(NQLError) -> Bool {
        if let wanted, node != wanted { return false }
        if at.offset > 0 { return false }
        var at = at
        while at.iteration >= walker.pieces[at.piece].minimum {
            if at.piece + 1 == walker.pieces.count {
                guard let endLabels else { return true }
                return try walker.accepts(endLabels, node)
            }
            if try !walker.crosses(at.piece, node) { return false }
            at = Place(piece: at.piece + 1, iteration: 0, offset: 0)
        }
        return false
    }

    /// Gives the walker the elements of the iteration that a state at an open place is in. Such a
    /// state has one step into it.
    private func showIteration(_ number: Int, _ count: Int) {
        var state = number
        var index = count - 1
        while index >= 0 {
            let step = steps[Int(states[state].firstIn) - 1]
            walker.iterationRelationships[index] = step.relationship
            state = Int(step.from)
            walker.iterationNodes[index] = states[state].node
            index -= 1
        }
    }
}
