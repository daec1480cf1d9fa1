// PathGraph+Pruning: steps that no path can take. Where every way to a state goes over the same
// relationship, a trail cannot take that relationship again behind it; a path without repeated
// nodes cannot come back to a node that every way to it has visited. Without those steps a search
// for one more path to a node that has no more ends instead of going through all of the rest.
//
// Such relationships follow from the dominators of the states (Cooper, Harvey and Kennedy, "A
// Simple, Fast Dominance Algorithm", 2001): the states on every way to a state. Steps that go make
// other ways the only ones, so this is done again until nothing goes.

import NQLSyntax
import NenCore

extension PathGraph {
    /// Stands in `Step.from` of a step that no path can take.
    static let deadStep = UInt32.max
    /// How often pruning is repeated.
    private static let roundsMax = 6

    /// Marks steps that no path can take; the graph must be complete.
    func prune(_ mode: PathMode, pool: PagePool) throws(NQLError) {
        if mode == .walk { return }
        let pruning = try PathGraphPruning(self, mode, pool: pool)
        for _ in 0 ..< PathGraph.roundsMax {
            if try !pruning.round() { return }
        }
    }
}

private final class PathGraphPruning {
    private let graph: PathGraph
    private let mode: PathMode
    /// Reachable states, nearest first, and each state's place among them.
    private let order: PooledArray<UInt32>
    private let rank: PooledArray<UInt32>
    /// By place: the place of the closest dominator.
    private let dominator: PooledArray<UInt32>
    /// By place: children in the tree of dominators.
    private let childStart: PooledArray<UInt32>
    private let children: PooledArray<UInt32>
    /// By place: when the tree's traversal came and left.
    private let entered: PooledArray<UInt32>
    private let left: PooledArray<UInt32>
    private let stack: PooledArray<UInt64>
    private let held: VisitedSet
    /// Places that put something into `held`, innermost last.
    private let holders: PooledArray<UInt32>

    private static let unknown = UInt32.max
    /// Nanoseconds for a state or step that is looked at, by and large.
    private static let workUnits = 10

    init(_ graph: PathGraph, _ mode: PathMode, pool: PagePool) throws(NQLError) {
        self.graph = graph
        self.mode = mode
        order = PooledArray(pool: pool)
        rank = PooledArray(pool: pool)
        dominator = PooledArray(pool: pool)
        childStart = PooledArray(pool: pool)
        children = PooledArray(pool: pool)
        entered = PooledArray(pool: pool)
        left = PooledArray(pool: pool)
        stack = PooledArray(pool: pool)
        held = VisitedSet(pool: pool)
        holders = PooledArray(pool: pool)
        try measure()
    }

    /// Marks steps; whether there were any.
    func round() throws(NQLError) -> Bool {
        try findDominators()
        try buildTree()
        try number()
        let found = try mark()
        if found { try measure() }
        return found
    }

    /// Distances and order over the steps that are left.
    private func measure() throws(NQLError) {
        let count = graph.states.count
        rank.removeAll()
        try rank.resize(count, filling: Self.unknown)
        order.removeAll()
        for state in 0 ..< count { graph.states[state].distance = -1 }
        graph.states[0].distance = 0
        rank[0] = 0
        try order.append(0)
        var next = 0
        while next < order.count {
            let state = graph.states[Int(order[next])]
            try Interruption.spend((Int(state.outCount) &+ 1) &* PathGraphPruning.workUnits)
            next += 1
            for index in 0 ..< Int(state.outCount) {
                let step = graph.steps[Int(state.firstOut) + index]
                if step.from == PathGraph.deadStep { continue }
                if rank[Int(step.to)] != Self.unknown { continue }
                rank[Int(step.to)] = UInt32(order.count)
                graph.states[Int(step.to)].distance = state.distance + 1
                try order.append(step.to)
            }
        }
    }

    private func findDominators() throws(NQLError) {
        dominator.removeAll()
        try dominator.resize(order.count, filling: Self.unknown)
        dominator[0] = 0
        var hasChanged = true
        while hasChanged {
            hasChanged = false
            for place in 1 ..< max(1, order.count) {
                var common = Self.unknown
                var steps = 1
                forEachIn(order[place]) { from, _ in
                    steps &+= 1
                    if dominator[Int(from)] == Self.unknown { return }
                    common = common == Self.unknown ? from : meet(common, from, &steps)
                }
                try Interruption.spend(steps &* PathGraphPruning.workUnits)
                if common != dominator[place] {
                    dominator[place] = common
                    hasChanged = true
                }
            }
        }
    }

    /// The closest dominator of both places; counts the `steps` to it.
    private func meet(_ first: UInt32, _ second: UInt32, _ steps: inout Int) -> UInt32 {
        var (a, b) = (first, second)
        while a != b {
            steps &+= 1
            if a > b { a = dominator[Int(a)] } else { b = dominator[Int(b)] }
        }
        return a
    }

    /// Calls `body` with the place and relationship of each step into a state.
    private func forEachIn(_ state: UInt32, _ body: (UInt32, UInt32) -> Void) {
        var entry = graph.states[Int(state)].firstIn
        while entry != 0 {
            let step = graph.steps[Int(entry) - 1]
            entry = step.nextIn
            if step.from == PathGraph.deadStep { continue }
            let from = rank[Int(step.from)]
            if from != Self.unknown { body(from, step.relationship) }
        }
    }

    private func buildTree() throws(NQLError) {
        let count = order.count
        childStart.removeAll()
        try childStart.resize(count + 2, filling: 0)
        for place in 1 ..< max(1, count) { childStart[Int(dominator[place]) + 2] += 1 }
        for place in 0 ..< count { childStart[place + 2] += childStart[place + 1] }
        children.removeAll()
        try children.resize(count, filling: 0)
        for place in 1 ..< max(1, count) {
            let parent = Int(dominator[place])
            children[Int(childStart[parent + 1])] = UInt32(place)
            childStart[parent + 1] += 1
        }
    }

    /// Goes through the tree of dominators; `enter` and `leave` get places.
    private func traverse(
        enter: (Int) throws(NQLError) -> Void, leave: (Int) throws(NQLError) -> Void
    ) throws(NQLError) {
        stack.removeAll()
        try stack.append(0)
        try enter(0)
        while stack.count > 0 {
            try Interruption.spend(PathGraphPruning.workUnits)
            // The place, and which of its children comes next.
            let top = stack[stack.count - 1]
            let place = Int(truncatingIfNeeded: top & 0xFFFF_FFFF)
            let next = Int(childStart[place]) + Int(top >> 32)
            if next < Int(childStart[place + 1]) {
                stack[stack.count - 1] = top + (1 << 32)
                let child = Int(children[next])
                try stack.append(UInt64(child))
                try enter(child)
            } else {
                try leave(place)
                try stack.resizeUninitialized(stack.count - 1)
            }
        }
    }

    private func number() throws(NQLError) {
        entered.removeAll()
        left.removeAll()
        try entered.resize(order.count, filling: 0)
        try left.resize(order.count, filling: 0)
        var time: UInt32 = 0
        try traverse { (place) throws(NQLError) in
            entered[place] = time
            time += 1
        } leave: { (place) throws(NQLError) in
            left[place] = time
        }
    }

    private func dominates(_ place: Int, _ other: Int) -> Bool {
        entered[place] <= entered[other] && left[other] <= left[place]
    }

    /// What every way to a place has used that those to its dominator need not have.
    private func mustUse(_ place: Int) -> UInt32? {
        let state = graph.states[Int(order[place])]
        switch mode {
        case .walk: return nil
        case .acyclic: return state.node
        case .simple: return state.node == graph.states[0].node ? nil : state.node
        case .trail:
            var only: UInt32?
            var isOnly = true
            forEachIn(order[place]) { from, relationship in
                if dominates(place, Int(from)) { return }
                if let only, only != relationship { isOnly = false }
                only = relationship
            }
            return isOnly ? only : nil
        }
    }

    private func mark() throws(NQLError) -> Bool {
        held.removeAll()
        var found = false
        holders.removeAll()
        try traverse { (place) throws(NQLError) in
            if let used = mustUse(place), !held.contains(used) {
                try held.push(used)
                try holders.append(UInt32(place))
            }
            if try markSteps(of: place) { found = true }
        } leave: { (place) throws(NQLError) in
            if holders.count > 0, holders[holders.count - 1] == UInt32(place) {
                try holders.resizeUninitialized(holders.count - 1)
                try held.pop()
            }
        }
        return found
    }

    private func markSteps(of place: Int) throws(NQLError) -> Bool {
        var found = false
        let state = graph.states[Int(order[place])]
        try Interruption.spend(Int(state.outCount) &* PathGraphPruning.workUnits)
        for index in 0 ..< Int(state.outCount) {
            let number = Int(state.firstOut) + index
            let step = graph.steps[number]
            if step.from == PathGraph.deadStep { continue }
            let used = mode == .trail
                ? step.relationship : graph.states[Int(step.to)].node
            if held.contains(used) {
                graph.steps[number].from = PathGraph.deadStep
                found = true
            }
        }
        return found
    }
}
