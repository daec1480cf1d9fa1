// PathModel: path patterns over small graphs, with a deliberately naive enumerator of all paths
// that match: it tries every relationship at every step and judges complete paths only.

/// A small graph as arrays.
struct PathModelGraph {
    struct Node {
        var value: Int
        var isA: Bool
    }

    struct Edge {
        var source: Int
        var target: Int
        var isR: Bool
        var weight: Int
    }

    var nodes: [Node] = []
    var edges: [Edge] = []

    init(using random: inout SeededGenerator) {
        for _ in 0..<Int.random(in: 1...5, using: &random) {
            nodes.append(
                Node(
                    value: Int.random(in: 0...4, using: &random),
                    isA: Bool.random(using: &random)))
        }
        for _ in 0..<Int.random(in: 0...7, using: &random) {
            edges.append(
                Edge(
                    source: Int.random(in: 0..<nodes.count, using: &random),
                    target: Int.random(in: 0..<nodes.count, using: &random),
                    isR: Int.random(in: 0..<3, using: &random) > 0,
                    weight: Int.random(in: 0...4, using: &random)))
        }
    }

    /// The statement that makes the graph.
    var createStatement: String {
        let parts = nodes.enumerated().map { index, node in
            "(n\(index):\(node.isA ? "A" : "B") {id: \(index), v: \(node.value)})"
        } + edges.enumerated().map { index, edge in
            "(n\(edge.source))-[:\(edge.isR ? "R" : "S") {id: \(index), w: \(edge.weight)}]->"
                + "(n\(edge.target))"
        }
        return "CREATE " + parts.joined(separator: ", ")
    }
}

enum ModelDirection: CaseIterable {
    case right, left, both
}

/// A condition on a node.
enum ModelNodeTest: CaseIterable {
    case none, isA, isSmall

    func holds(_ node: PathModelGraph.Node) -> Bool {
        switch self {
        case .none: true
        case .isA: node.isA
        case .isSmall: node.value < 3
        }
    }

    func text(_ name: String) -> String {
        switch self {
        case .none: "(\(name))"
        case .isA: "(\(name):A)"
        case .isSmall: name.isEmpty ? "()" : "(\(name) WHERE \(name).v < 3)"
        }
    }
}

struct ModelStep {
    var direction: ModelDirection
    var onlyR: Bool
    /// The relationship's weight must be above; -1: any.
    var weightAbove = -1
}

/// A condition over one repetition.
enum ModelCondition: CaseIterable {
    case none, valuesRise, endsDiffer, weightsRise

    func holds(_ nodes: [Int], _ edges: [Int], _ graph: PathModelGraph) -> Bool {
        let value = { (node: Int) in graph.nodes[node].value }
        switch self {
        case .none: return true
        case .valuesRise: return value(nodes[0]) <= value(nodes[1])
        case .endsDiffer: return value(nodes[0]) != value(nodes[nodes.count - 1])
        case .weightsRise:
            let first = graph.edges[edges[0]].weight
            return first <= graph.edges[edges[edges.count - 1]].weight
        }
    }
}

/// A relationship, or a repeated chain.
struct ModelPiece {
    var steps: [ModelStep]
    var tests: [ModelNodeTest]
    var condition = ModelCondition.none
    /// nil for a plain relationship.
    var bounds: (minimum: Int, maximum: Int?)?
    /// Written as `-[…]->{1,2}`.
    var isShort = false

    var minimum: Int { bounds?.minimum ?? 1 }
    var maximum: Int? { bounds == nil ? 1 : bounds?.maximum }
}

enum ModelMode: String, CaseIterable {
    case walk = "WALK"
    case trail = "TRAIL"
    case acyclic = "ACYCLIC"
    case simple = "SIMPLE"
}

/// A path that matches, with how often each piece was repeated.
struct ModelPath: Hashable {
    var nodes: [Int]
    var edges: [Int]
    var repetitions: [Int]
}

struct ModelPattern {
    var pieces: [ModelPiece]
    /// One more than pieces; nil where none is written.
    var junctions: [ModelNodeTest?]
    var mode: ModelMode
    /// Only paths of an even length, as a condition of the pattern.
    var onlyEven = false

    /// All paths that match.
    func paths(_ graph: PathModelGraph) -> [ModelPath] {
        var found: [ModelPath] = []
        for node in graph.nodes.indices where accepts(0, node, graph) {
            extend(
                ModelPath(nodes: [node], edges: [], repetitions: []), piece: 0, graph, &found)
        }
        return found
    }

    private func accepts(_ junction: Int, _ node: Int, _ graph: PathModelGraph) -> Bool {
        junctions[junction]?.holds(graph.nodes[node]) ?? true
    }

    private func extend(
        _ path: ModelPath, piece: Int, _ graph: PathModelGraph, _ found: inout [ModelPath]
    ) {
        if piece == pieces.count {
            if allows(path), !onlyEven || path.edges.count % 2 == 0 { found.append(path) }
            return
        }
        repeating(path, piece: piece, times: 0, graph, &found)
    }

    /// Goes on behind `times` repetitions of a piece.
    private func repeating(
        _ path: ModelPath, piece number: Int, times: Int, _ graph: PathModelGraph,
        _ found: inout [ModelPath]
    ) {
        let piece = pieces[number]
        if times >= piece.minimum, accepts(number + 1, path.nodes[path.nodes.count - 1], graph) {
            var next = path
            next.repetitions.append(times)
            extend(next, piece: number + 1, graph, &found)
        }
        if let maximum = piece.maximum, times >= maximum { return }
        var bodies: [ModelPath] = []
        walk(piece, path, step: 0, graph, &bodies)
        for body in bodies {
            repeating(body, piece: number, times: times + 1, graph, &found)
        }
    }

    /// All ways to go once through the steps of a piece.
    private func walk(
        _ piece: ModelPiece, _ path: ModelPath, step number: Int, _ graph: PathModelGraph,
        _ found: inout [ModelPath]
    ) {
        let here = path.nodes[path.nodes.count - 1]
        guard piece.tests[number].holds(graph.nodes[here]) else { return }
        if number == piece.steps.count {
            let nodes = Array(path.nodes.suffix(number + 1))
            if piece.condition.holds(nodes, Array(path.edges.suffix(number)), graph) {
                found.append(path)
            }
            return
        }
        let step = piece.steps[number]
        for (index, edge) in graph.edges.enumerated() {
            if step.onlyR && !edge.isR || edge.weight <= step.weightAbove { continue }
            var ends: [Int] = []
            if step.direction != .left, edge.source == here { ends.append(edge.target) }
            let isLoop = edge.source == edge.target && step.direction == .both
            if step.direction != .right, edge.target == here, !isLoop {
                ends.append(edge.source)
            }
            // What only walks may do is left out early, so that this ends.
            if mode != .walk, path.edges.contains(index) { continue }
            for end in ends {
                var next = path
                next.nodes.append(end)
                next.edges.append(index)
                walk(piece, next, step: number + 1, graph, &found)
            }
        }
    }

    private func allows(_ path: ModelPath) -> Bool {
        let areDifferent = Set(path.edges).count == path.edges.count
        switch mode {
        case .walk: return true
        case .trail: return areDifferent
        case .acyclic: return Set(path.nodes).count == path.nodes.count
        case .simple:
            let inner = path.nodes.dropFirst()
            let isClosed = path.nodes.count > 1 && path.nodes.first == path.nodes.last
            return areDifferent && Set(inner).count == inner.count
                && (isClosed || !inner.contains(path.nodes[0]))
        }
    }
}

enum ModelSelector {
    case everything
    case paths(Int)
    case lengths(Int)
}
