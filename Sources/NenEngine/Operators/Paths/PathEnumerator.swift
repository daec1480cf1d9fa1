// PathEnumerator: paths from the start of a path graph to one node, shortest first. They are read
// backwards from the end: a partial path of n steps whose first state lies d steps from the start
// can become no shorter path than n + d. Partial paths wait in buckets by that number, and since d
// is exact for walks, hardly any is taken up that does not become a path (the search is A* with a
// consistent bound: Hart, Nilsson and Raphael, 1968). What the mode forbids is left out step by
// step, so that the paths are right whatever it is.

import NQLSyntax
import NenCore

/// Reads paths out of a `PathGraph`.
final class PathEnumerator {
    private struct Partial {
        /// Where the partial path begins.
        var state: UInt32
        /// The partial path without its first step + 1; 0 at the end of the path.
        var rest: UInt32
        /// The first step's relationship.
        var relationship: UInt32
        var length: Int32
        /// The next of the same bucket + 1.
        var next: UInt32
    }

    /// What a search for the next path came to.
    enum Outcome {
        /// The path's number and length.
        case path(Int, length: Int)
        case none
        /// More partial paths than the allowance have led nowhere.
        case tired
    }

    private let graph: PathGraph
    private let mode: PathMode
    private let partials: PooledArray<Partial>
    private let buckets: PooledArray<UInt32>
    private var lowest = 0
    private var target: UInt32 = 0
    private var turns = 0

    init(_ graph: PathGraph, mode: PathMode, pool: PagePool) {
        self.graph = graph
        self.mode = mode
        partials = PooledArray(pool: pool)
        buckets = PooledArray(pool: pool)
    }

    var byteCount: Int { partials.capacity * MemoryLayout<Partial>.stride + buckets.capacity * 4 }

    /// Starts anew at a node.
    func begin(_ target: UInt32) {
        self.target = target
        partials.removeAll()
        buckets.removeAll()
        lowest = 0
        turns = 0
    }

    /// Adds a state of the node at which paths may end.
    func add(end: UInt32) throws(NQLError) {
        try push(end, rest: 0, relationship: 0, length: 0)
    }

    private func push(
        _ state: UInt32, rest: UInt32, relationship: UInt32, length: Int32
    ) throws(NQLError) {
        let distance = graph.states[Int(state)].distance
        if distance < 0 { return }
        let bound = Int(distance) + Int(length)
        if let longest = graph.longest, bound > longest { return }
        if bound >= buckets.count { try buckets.resize(bound + 1, filling: 0) }
        try partials.append(
            Partial(
                state: state, rest: rest, relationship: relationship, length: length,
                next: buckets[bound]))
        buckets[bound] = UInt32(partials.count)
        lowest = min(lowest, bound)
    }

    /// The next path of at most `limit` relationships; `allowance` partial paths may be taken up.
    func next(limit: Int, allowance: Int) throws(NQLError) -> Outcome {
        while true {
            while lowest < buckets.count, buckets[lowest] == 0 { lowest += 1 }
            if lowest >= buckets.count || lowest > limit { return .none }
            let number = buckets[lowest]
            let partial = partials[Int(number) - 1]
            buckets[lowest] = partial.next
            if partial.state == 0 { return .path(Int(number) - 1, length: Int(partial.length)) }
            turns += 1
            try Interruption.spend(PathWalker.stepWorkUnits)
            if turns > allowance { return .tired }
            try lengthen(number, partial)
        }
    }

    /// Adds all steps that lead to the beginning of a partial path.
    private func lengthen(_ number: UInt32, _ partial: Partial) throws(NQLError) {
        var entry = graph.states[Int(partial.state)].firstIn
        while entry != 0 {
            let step = graph.steps[Int(entry) - 1]
            entry = step.nextIn
            if step.from == PathGraph.deadStep { continue }
            // The mode compares with all of the partial path.
            try Interruption.spend(PathWalker.stepWorkUnits &+ 2 &* Int(partial.length))
            if forbids(step, before: number) { continue }
            try push(
                step.from, rest: number, relationship: step.relationship,
                length: partial.length + 1)
        }
    }

    /// Whether the mode forbids a step before a partial path.
    private func forbids(_ step: PathGraph.Step, before number: UInt32) -> Bool {
        switch mode {
        case .walk: return false
        case .trail: return takes(step.relationship, number)
        case .acyclic, .simple:
            let node = graph.states[Int(step.from)].node
            // A simple path may begin where it ends.
            if mode == .simple, step.from == 0, node == target {
                return passes(node, number) || takes(step.relationship, number)
            }
            var at = number
            while at != 0 {
                let partial = partials[Int(at) - 1]
                if graph.states[Int(partial.state)].node == node { return true }
                at = partial.rest
            }
            return false
        }
    }

    /// Whether a partial path has a relationship.
    private func takes(_ relationship: UInt32, _ number: UInt32) -> Bool {
        var at = number
        while at != 0 {
            let partial = partials[Int(at) - 1]
            // The path's end has no step behind it.
            if partial.rest != 0, partial.relationship == relationship { return true }
            at = partial.rest
        }
        return false
    }

    /// Whether a partial path goes through a node before its end.
    private func passes(_ node: UInt32, _ number: UInt32) -> Bool {
        var at = number
        while at != 0 {
            let partial = partials[Int(at) - 1]
            if partial.rest != 0, graph.states[Int(partial.state)].node == node { return true }
            at = partial.rest
        }
        return false
    }

    /// Writes a path in the order of walking: nodes, relationships, and the piece of each step.
    func read(_ number: Int, into path: FoundPath) throws(NQLError) {
        path.removeAll()
        var partial = partials[number]
        try path.begin(graph.states[Int(partial.state)].node)
        while partial.rest != 0 {
            try Interruption.spend(PathWalker.stepWorkUnits)
            let relationship = partial.relationship
            partial = partials[Int(partial.rest) - 1]
            let state = graph.states[Int(partial.state)]
            try path.append(relationship, state.node, piece: graph.place(state).piece)
        }
    }
}
