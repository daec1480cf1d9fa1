// FoundPath: a path that matches a pattern of pieces, and the values that it gives to variables.
// How often each piece was gone through follows from the number of its steps.

import NQLPlan
import NenCore

/// One path in the order of walking.
final class FoundPath {
    private let nodes: PooledArray<UInt32>
    private let relationships: PooledArray<UInt32>
    private let pieces: PooledArray<UInt32>

    init(pool: PagePool) {
        nodes = PooledArray(pool: pool)
        relationships = PooledArray(pool: pool)
        pieces = PooledArray(pool: pool)
    }

    var length: Int { relationships.count }

    /// Where walking began, and where it ended.
    var start: UInt32 { nodes[0] }
    var end: UInt32 { nodes[nodes.count - 1] }

    func removeAll() {
        nodes.removeAll()
        relationships.removeAll()
        pieces.removeAll()
    }

    func begin(_ node: UInt32) throws(NQLError) { try nodes.append(node) }

    func append(_ relationship: UInt32, _ node: UInt32, piece: Int) throws(NQLError) {
        try relationships.append(relationship)
        try nodes.append(node)
        try pieces.append(UInt32(piece))
    }

    /// Appends the path to a list: its length, nodes, relationships and pieces.
    func store(in list: PooledArray<UInt32>) throws(NQLError) {
        try list.append(UInt32(length))
        for index in 0 ..< nodes.count { try list.append(nodes[index]) }
        for index in 0 ..< length { try list.append(relationships[index]) }
        for index in 0 ..< length { try list.append(pieces[index]) }
    }

    /// Takes the path that was stored at `offset`; returns where it ends.
    func load(from list: PooledArray<UInt32>, at offset: Int) throws(NQLError) -> Int {
        removeAll()
        let length = Int(list[offset])
        var place = offset + 1
        for index in 0 ... length { try nodes.append(list[place + index]) }
        place += length + 1
        for index in 0 ..< length { try relationships.append(list[place + index]) }
        place += length
        for index in 0 ..< length { try pieces.append(list[place + index]) }
        return place + length
    }

    fileprivate func node(_ place: Int, _ isReversed: Bool) -> UInt32 {
        nodes[isReversed ? length - place : place]
    }

    fileprivate func relationship(_ place: Int, _ isReversed: Bool) -> UInt32 {
        relationships[isReversed ? length - 1 - place : place]
    }

    fileprivate func piece(_ step: Int, of count: Int, _ isReversed: Bool) -> Int {
        let piece = Int(pieces[isReversed ? length - 1 - step : step])
        return isReversed ? count - 1 - piece : piece
    }
}

/// The variables of a path pattern and where in a path their values are.
struct PathVariables {
    enum Source {
        /// The node where a piece begins; behind the last piece: the path's end.
        case node(before: Int)
        /// The relationship of a piece that is a plain one.
        case relationship(piece: Int)
        /// The node or relationship at a place of each iteration.
        case nodes(piece: Int, place: Int)
        case relationships(piece: Int, place: Int)
        /// All relationships.
        case trace
    }

    struct Variable {
        var slot: Slot
        var source: Source

        /// Whether the value is a list.
        var isList: Bool {
            switch source {
            case .node, .relationship: false
            case .nodes, .relationships, .trace: true
            }
        }

        var kind: VectorKind {
            switch source {
            case .node: .node
            case .relationship: .relationship
            case .nodes, .relationships, .trace: .cell
            }
        }
    }

    let all: [Variable]
    private let stepCounts: [Int]
    private let isReversed: Bool

    init(_ spec: PathSearchSpec) {
        isReversed = spec.isReversed
        stepCounts = spec.pieces.map(\.steps.count)
        var found: [Variable] = []
        for (index, node) in spec.junctions.enumerated() {
            found.append(Variable(slot: node.slot, source: .node(before: index + 1)))
        }
        for (index, piece) in spec.pieces.enumerated() {
            if piece.isPlain {
                found.append(
                    Variable(slot: piece.steps[0].slot, source: .relationship(piece: index)))
            }
            for group in piece.groups {
                let source: Source
                if let place = piece.nodes.firstIndex(where: { $0.slot == group.element }) {
                    source = .nodes(piece: index, place: place)
                } else {
                    let place = piece.steps.firstIndex { $0.slot == group.element } ?? 0
                    source = .relationships(piece: index, place: place)
                }
                found.append(Variable(slot: group.list, source: source))
            }
        }
        if let trace = spec.trace { found.append(Variable(slot: trace, source: .trace)) }
        all = found
    }

    /// The first step of each piece, and at last the number of all.
    func starts(_ path: FoundPath) -> [Int] {
        var counts = [Int](repeating: 0, count: stepCounts.count)
        for step in 0 ..< path.length {
            counts[path.piece(step, of: stepCounts.count, isReversed)] += 1
        }
        var starts = [0]
        for count in counts { starts.append(starts[starts.count - 1] + count) }
        return starts
    }

    /// The value of a variable that is one node or relationship.
    func element(_ variable: Variable, _ path: FoundPath, _ starts: [Int]) -> UInt32 {
        switch variable.source {
        case .node(let piece): path.node(starts[piece], isReversed)
        case .relationship(let piece): path.relationship(starts[piece], isReversed)
        case .nodes, .relationships, .trace: preconditionFailure("no element")
        }
    }

    /// The value of a variable that is a list.
    func list(
        _ variable: Variable, _ path: FoundPath, _ starts: [Int], _ builder: CellBuilder
    ) throws(NQLError) -> Cell {
        switch variable.source {
        case .nodes(let piece, let place):
            let width = stepCounts[piece]
            let count = (starts[piece + 1] - starts[piece]) / width
            let cells = try builder.reserveCells(count)
            for index in 0 ..< count {
                let at = starts[piece] + index * width + place
                cells[index] = Cell(node: path.node(at, isReversed))
            }
            return try builder.list(in: cells, count: count)
        case .relationships(let piece, let place):
            let width = stepCounts[piece]
            let count = (starts[piece + 1] - starts[piece]) / width
            let cells = try builder.reserveCells(count)
            for index in 0 ..< count {
                let at = starts[piece] + index * width + place
                cells[index] = Cell(relationship: path.relationship(at, isReversed))
            }
            return try builder.list(in: cells, count: count)
        case .trace:
            let cells = try builder.reserveCells(path.length)
            for index in 0 ..< path.length {
                cells[index] = Cell(relationship: path.relationship(index, isReversed))
            }
            return try builder.list(in: cells, count: path.length)
        case .node, .relationship: preconditionFailure("no list")
        }
    }
}
