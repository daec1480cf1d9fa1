// QueryGraph: one MATCH (or several in a row) as nodes, relationships and predicates, without
// order. In which order it is walked is the join order's decision.

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

/// A pattern relationship.
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
    /// Relationships of one MATCH clause (equal numbers) differ from each other.
    var group: Int

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
    var nodes: [GraphNode] = []
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
        for relationship in relationships {
            if var own = relationship.predicate?.freeSlots {
                if let local = relationship.predicateSlot { own.remove(local) }
                slots.formUnion(own)
            }
        }
        for bound in boundRelationships { slots.insert(bound.slot) }
        return slots
    }

    /// Adds a node, or further labels to a known one.
    mutating func addNode(_ slot: Slot, labels: PlanLabels?) {
        let more = labels?.conjuncts ?? []
        if let index = nodes.firstIndex(where: { $0.slot == slot }) {
            for label in more where !nodes[index].labels.contains(label) {
                nodes[index].labels.append(label)
            }
        } else {
            nodes.append(GraphNode(slot: slot, labels: more))
        }
    }

    /// Labels asked of `slot`; empty when it is no node of this graph.
    func labels(of slot: Slot) -> [PlanLabels] {
        nodes.first { $0.slot == slot }?.labels ?? []
    }
}
