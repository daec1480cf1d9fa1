// QueryGraph: one MATCH (or several in a row) as nodes, relationships and predicates, without
// order. In which order it is walked is the join order's decision.

import NQLPlan
import NQLSyntax
import NenCore

/// A pattern node.
struct GraphNode: Sendable, Hashable {
    var slot: Slot
    /// All of them must hold.
    var labels: [PlanLabels]
}

/// How many relationships a variable-length pattern may have.
struct GraphLength: Sendable, Hashable {
    var minimum: Int
    /// nil: unbounded.
    var maximum: Int?
}

/// Whether a pattern asks for all its paths or for shortest ones.
enum ShortestSelector: Sendable, Hashable {
    case one, all
}

/// Of a relationship of variable length nothing is asked but which nodes it leads to.
struct Reachability: Sendable, Hashable {
    /// Ends of which it is not even asked which they are.
    var unreadEnds: Set<Slot>
}

/// A path pattern with a selector: what lies between its ends.
struct PathSearch: Sendable, Hashable {
    var pieces: [PathPiece]
    /// Nodes between the pieces.
    var junctions: [PathNode]
    /// On the path as a whole, before the selection.
    var predicates: [PlanExpression]
    var selection: PathSelection

    /// Whether a walk that takes the fewest steps to another node is what is asked for, and nothing
    /// but it.
    var isDirect: Bool {
        pieces.areDirect && predicates.isEmpty && selection.count.constantValue == .integer(1)
    }
}

/// A pattern relationship, or what stands in the place of one: a quantified path or a whole path
/// with a selector.
struct GraphRelationship: Sendable, Hashable {
    /// The relationship, or the list of relationships when `length` is given.
    var slot: Slot
    var from: Slot
    var to: Slot
    /// Empty: all types.
    var types: [String]
    var direction: PatternDirection
    /// nil: exactly one.
    var length: GraphLength?
    var shortest: ShortestSelector?
    /// On every relationship of a variable-length pattern, which stands in `predicateSlot`.
    var predicate: PlanExpression?
    var predicateSlot: Slot?
    /// What is repeated, when it is more than this relationship; `slot` is then the list of all
    /// relationships of the repetitions.
    var body: PathPiece?
    /// The path that stands here, `slot` the list of its relationships.
    var search: PathSearch?
    /// What a path of variable length may visit twice.
    var mode = PathMode.trail
    /// Gets the number of relationships of a shortest path, where that is all that is asked.
    var stepCount: Slot?
    /// Set where it is enough to know the nodes that a path leads to; nil: every path counts.
    var reach: Reachability?
    /// Relationships of one MATCH clause (equal numbers) differ from each other.
    var group: Int

    /// Slots that are bound besides `slot` and the ends.
    var outputs: [Slot] {
        if let search {
            return search.pieces.flatMap(\.outputs) + search.junctions.map(\.slot)
        }
        return (body?.outputs ?? []) + (stepCount.map { [$0] } ?? [])
    }

    /// Slots of the rows outside that predicates within the relationship read.
    var innerReads: Set<Slot> {
        var slots = predicate?.freeSlots ?? []
        if let local = predicateSlot { slots.remove(local) }
        if let body { slots.formUnion(body.outerReads) }
        if let search {
            for piece in search.pieces { slots.formUnion(piece.outerReads) }
            for node in search.junctions {
                for condition in node.predicates { slots.formUnion(condition.freeSlots) }
            }
            slots.formUnion(search.selection.count.freeSlots)
            slots.subtract(outputs)
            // What is about the path as a whole may read its ends; the rest is judged on the way,
            // when one end may not be known yet.
            var late: Set<Slot> = []
            for condition in search.predicates { late.formUnion(condition.freeSlots) }
            late.subtract(outputs)
            late.subtract(search.pieces.flatMap { Array($0.innerSlots) })
            late.subtract([slot, from, to])
            slots.formUnion(late)
        }
        return slots
    }

    /// Every predicate within the relationship.
    var innerPredicates: [PlanExpression] {
        var all = predicate.map { [$0] } ?? []
        if let body { all += body.predicates }
        if let search {
            all += search.predicates + search.pieces.flatMap(\.predicates)
            all += search.junctions.flatMap(\.predicates)
        }
        return all
    }

    func mapExpressions(_ map: (PlanExpression) -> PlanExpression) -> GraphRelationship {
        var result = self
        result.predicate = predicate.map(map)
        result.body = body?.mapExpressions(map)
        if let search {
            result.search = PathSearch(
                pieces: search.pieces.map { $0.mapExpressions(map) },
                junctions: search.junctions.map { $0.mapExpressions(map) },
                predicates: search.predicates.map(map),
                selection: PathSelection(
                    countsLengths: search.selection.countsLengths,
                    count: map(search.selection.count)))
        }
        return result
    }

    /// The relationship as seen from its node `slot`.
    func end(at slot: Slot) -> PatternEnd {
        PatternEnd(types: types, direction: slot == from ? direction : direction.reversed)
    }

    /// Whether both could be the same relationship, judged by their types.
    func mayCoincide(with other: GraphRelationship) -> Bool {
        if group != other.group { return false }
        if types.isEmpty || other.types.isEmpty { return true }
        return types.contains { other.types.contains($0) }
    }
}

/// A relationship bound by an earlier clause that takes part in the uniqueness of a MATCH.
struct BoundRelationship: Sendable, Hashable {
    var slot: Slot
    var group: Int
    var types: [String]

    /// Whether `relationship` could be the same relationship, judged by the types.
    func mayCoincide(with relationship: GraphRelationship) -> Bool {
        if group != relationship.group { return false }
        if types.isEmpty || relationship.types.isEmpty { return true }
        return types.contains { relationship.types.contains($0) }
    }
}

/// A pattern with its predicates.
struct QueryGraph: Sendable, Hashable {
    private(set) var nodes: [GraphNode] = []
    /// Where the node of a slot stands in `nodes`.
    private var positions: [Slot: Int] = [:]
    var relationships: [GraphRelationship] = []
    /// Relationships that were bound before and must differ from those of their group.
    var boundRelationships: [BoundRelationship] = []
    /// Conjuncts of WHERE, of property maps and of inline predicates.
    var predicates: [PlanExpression] = []

    /// Slots that the pattern binds or takes from its input.
    var patternSlots: Set<Slot> {
        var slots = Set(nodes.map(\.slot))
        for relationship in relationships {
            slots.insert(relationship.slot)
            slots.insert(relationship.from)
            slots.insert(relationship.to)
            slots.formUnion(relationship.outputs)
        }
        return slots
    }

    /// Slots that predicates and dynamic labels read.
    var predicateSlots: Set<Slot> {
        var slots: Set<Slot> = []
        for predicate in predicates { predicate.collectFreeSlots(into: &slots) }
        for node in nodes {
            for labels in node.labels { slots.formUnion(labels.freeSlots) }
        }
        for relationship in relationships { slots.formUnion(relationship.innerReads) }
        for bound in boundRelationships { slots.insert(bound.slot) }
        return slots
    }

    /// Adds a node, or further labels to a known one.
    mutating func addNode(_ slot: Slot, labels: PlanLabels?) {
        addNode(slot, labels: labels?.conjuncts ?? [])
    }

    /// The same with labels that are conjuncts already.
    mutating func addNode(_ slot: Slot, labels more: [PlanLabels]) {
        guard let index = positions[slot] else {
            positions[slot] = nodes.count
            nodes.append(GraphNode(slot: slot, labels: more))
            return
        }
        for label in more where !nodes[index].labels.contains(label) {
            nodes[index].labels.append(label)
        }
    }

    /// Whether `slot` is a node of this graph.
    func hasNode(_ slot: Slot) -> Bool { positions[slot] != nil }

    /// The graph with each of its expressions replaced.
    func mapExpressions(_ map: (PlanExpression) -> PlanExpression) -> QueryGraph {
        var result = self
        result.predicates = predicates.map(map)
        for index in nodes.indices where nodes[index].labels.contains(where: \.isDynamic) {
            result.nodes[index].labels = nodes[index].labels.map { $0.mapExpressions(map) }
        }
        result.relationships = relationships.map { $0.mapExpressions(map) }
        return result
    }

    /// Labels asked of `slot`; empty when it is no node of this graph.
    func labels(of slot: Slot) -> [PlanLabels] {
        positions[slot].map { nodes[$0].labels } ?? []
    }
}
