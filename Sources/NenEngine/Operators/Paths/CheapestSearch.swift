// CheapestSearch: the path between two nodes whose relationships cost least in all, by Dijkstra's
// search (A Note on Two Problems in Connexion with Graphs, 1959): nodes are left in the order of
// what it costs to come to them, so that the first way taken from the waiting ones that is at the
// end is the cheapest. Of paths that cost the same the one that was found first is taken, which is
// the same on every run over one state of the graph.

import NenCore

/// Searches from one node to another along relationships with a property as their cost.
final class CheapestSearch {
    /// A way to a node that waits to be gone on from.
    private struct Waiting {
        var cost: Double
        var place: UInt32

        func comes(before other: Waiting) -> Bool {
            cost == other.cost ? place < other.place : cost < other.cost
        }
    }

    /// How a node has been come to.
    private struct Arrival {
        var node: UInt32
        var parent: UInt32
        var relationship: UInt32
        var isLeft: Bool
        var cost: Double
    }

    private let steps: [StepTables]
    private let weights: PropertyTable
    private let key: String
    /// Of relationships without the property; nil: they are an error.
    private let defaultCost: Double?
    private unowned let context: ExecutionContext
    private let arena: Arena
    /// Node → its place in `arrivals`, plus one.
    private let places: NodeTable<UInt32>
    private let arrivals: PooledArray<Arrival>
    /// A binary heap; ways that were bettered stay in it and are passed over.
    private let waiting: PooledArray<Waiting>
    private let relationships: PooledArray<UInt32>
    private var runs: [AdjacencyRun] = []
    /// Where the search stands that further ends go on with.
    private var start: UInt32?
    private var epoch = 0

    /// Nanoseconds for a relationship, by and large.
    private static let stepWorkUnits = 30

    /// - Parameters:
    ///   - steps: The relationships of each; together all that may be walked.
    ///   - key: The property that is the cost.
    init(
        _ steps: [StepTables], cost key: String, default defaultCost: Double?,
        _ context: ExecutionContext
    ) {
        self.steps = steps
        self.key = key
        self.defaultCost = defaultCost
        self.context = context
        weights = PropertyTable(key: key, entity: .relationship, context)
        arena = Arena(pool: context.pool)
        places = NodeTable(pool: context.pool)
        arrivals = PooledArray(pool: context.pool)
        waiting = PooledArray(pool: context.pool)
        relationships = PooledArray(pool: context.pool)
    }

    /// The path as node, relationship, node, …, and its cost; nil where there is none. A way whose
    /// cost is infinite is none. What was found from the same start before is gone on with.
    /// O((n + m) log n) for n nodes and m relationships nearer than the end.
    ///
    /// - Throws: `ArgumentError` for a cost that is negative, no number or missing;
    ///   `MemoryLimitExceeded`, `Interrupted`.
    func find(from start: UInt32, to end: UInt32) throws(NQLError) -> ([UInt32], Double)? {
        for step in steps { step.refresh() }
        if self.start != start || epoch != context.writeEpoch { try begin(start) }
        let known = Int(places[end])
        if known != 0, arrivals[known - 1].isLeft { return found(known - 1) }
        while waiting.count > 0 {
            let place = Int(waiting[0].place)
            // It is gone on from when another end is asked for.
            if !arrivals[place].isLeft, arrivals[place].node == end { return found(place) }
            removeFirst()
            if arrivals[place].isLeft { continue }
            arrivals.pointer[place].isLeft = true
            try leave(place)
        }
        return nil
    }

    private func begin(_ start: UInt32) throws(NQLError) {
        places.removeAll()
        arrivals.removeAll()
        waiting.removeAll()
        self.start = start
        epoch = context.writeEpoch
        try arrive(start, at: 0, from: 0, along: 0)
    }

    private func found(_ place: Int) -> ([UInt32], Double) {
        (path(to: place), arrivals[place].cost)
    }

    private func leave(_ place: Int) throws(NQLError) {
        let (node, cost) = (arrivals[place].node, arrivals[place].cost)
        runs.removeAll(keepingCapacity: true)
        for step in steps {
            for half in step.halves { try half.table.appendRuns(node, to: &runs) }
        }
        for run in runs {
            try Interruption.spend(run.count &* CheapestSearch.stepWorkUnits)
            arena.reset()
            try relationships.resizeUninitialized(run.count)
            for index in 0 ..< run.count { relationships[index] = run.relationships[index] }
            let costs = try weights.values(
                of: relationships.pointer, validity: nil, count: run.count, arena)
            for index in 0 ..< run.count {
                let own = try self.cost(costs, index)
                // What is left was come to for less.
                let total = cost + own
                if total == .infinity { continue }
                try arrive(run.neighbours[index], at: total, from: place, along: index)
            }
        }
    }

    private func cost(_ costs: Vector, _ index: Int) throws(NQLError) -> Double {
        let cell = costs.cell(at: index)
        let cost: Double
        switch cell.tag {
        case .integer: cost = Double(cell.integer)
        case .float: cost = cell.float
        case .null:
            guard let defaultCost else {
                throw failure(
                    index, "has no `\(key)`", "Give a default weight, or every one a value.")
            }
            cost = defaultCost
        default:
            throw failure(
                index, "has a `\(key)` that is \(cell.tag.typeName)", "A weight is a number.")
        }
        if cost >= 0 { return cost }
        throw failure(
            index, "has the weight \(cost)",
            "Weights are not negative: a cheapest path would have no end otherwise.")
    }

    private func failure(_ index: Int, _ what: String, _ hint: String) -> NQLError {
        .runtime(
            .argument, "InvalidArgumentValue",
            "Relationship \(relationships[index]) \(what), so it has no cost on a path.",
            hint: hint)
    }

    /// Notes a way to a node, by the relationship at `index` of the run.
    private func arrive(
        _ node: UInt32, at cost: Double, from parent: Int, along index: Int
    ) throws(NQLError) {
        let known = try places.place(node)
        let arrival = Arrival(
            node: node, parent: UInt32(truncatingIfNeeded: parent),
            relationship: arrivals.count == 0 ? 0 : relationships[index], isLeft: false,
            cost: cost)
        var place = known.pointee
        if place == 0 {
            try arrivals.append(arrival)
            place = UInt32(truncatingIfNeeded: arrivals.count)
            known.pointee = place
        } else {
            if arrivals[Int(place) - 1].cost <= cost { return }
            arrivals[Int(place) - 1] = arrival
        }
        try insert(Waiting(cost: cost, place: place - 1))
    }

    private func path(to place: Int) -> [UInt32] {
        var elements: [UInt32] = []
        var place = place
        // The start is the first that was come to.
        while place != 0 {
            let arrival = arrivals[place]
            elements.append(arrival.node)
            elements.append(arrival.relationship)
            place = Int(arrival.parent)
        }
        elements.append(arrivals[0].node)
        return elements.reversed()
    }

    // MARK: The heap

    private func insert(_ way: Waiting) throws(NQLError) {
        try waiting.append(way)
        let heap = waiting.pointer
        var index = waiting.count - 1
        while index > 0 {
            let parent = (index - 1) / 2
            if !way.comes(before: heap[parent]) { break }
            heap[index] = heap[parent]
            index = parent
        }
        heap[index] = way
    }

    /// There must be one.
    private func removeFirst() {
        let count = waiting.count - 1
        let heap = waiting.pointer
        let last = heap[count]
        waiting.removeLast()
        if count == 0 { return }
        var index = 0
        while true {
            var child = 2 * index + 1
            if child >= count { break }
            if child + 1 < count, heap[child + 1].comes(before: heap[child]) { child += 1 }
            if !heap[child].comes(before: last) { break }
            heap[index] = heap[child]
            index = child
        }
        heap[index] = last
    }
}
