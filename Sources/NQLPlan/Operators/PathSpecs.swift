// PathSpecs: paths that are matched as a whole: the body of a quantified path, and the chain of
// pieces of a path pattern with a selector.
//
// A *piece* is a chain of steps that is gone through a number of times: `((x)-[r]->(y)){2,5}`, or a
// plain relationship, gone through once. Where pieces meet stands a *junction* node. Slots of nodes
// and steps hold the elements of the current iteration while predicates are evaluated; outside
// they are lists, in slots of their own.

import NQLSyntax
import NenCore

/// A node of a piece, or between pieces.
public struct PathNode: Sendable, Hashable {
    /// The node of the current iteration.
    public var slot: Slot
    /// What each visit must have; never dynamic.
    public var labels: PlanLabels?
    /// Conditions on this node alone; for nodes between pieces.
    public var predicates: [PlanExpression]
    public init(slot: Slot, labels: PlanLabels?, predicates: [PlanExpression] = []) {
        self.slot = slot
        self.labels = labels
        self.predicates = predicates
    }
}

/// A relationship of a piece, from the node before it to the node behind it.
public struct PathStep: Sendable, Hashable {
    /// The relationship of the current iteration.
    public var slot: Slot
    /// Empty: all types.
    public var types: [String]
    public var direction: PatternDirection
    public init(slot: Slot, types: [String], direction: PatternDirection) {
        self.slot = slot
        self.types = types
        self.direction = direction
    }
}

/// A variable of an iteration and the list of its values in all iterations.
public struct PathGroup: Sendable, Hashable {
    public var element: Slot
    public var list: Slot
    public init(element: Slot, list: Slot) {
        self.element = element
        self.list = list
    }
}

/// A chain that is gone through between `minimum` and `maximum` times.
public struct PathPiece: Sendable, Hashable {
    /// One more than steps; the last node of an iteration is the first of the next.
    public var nodes: [PathNode]
    public var steps: [PathStep]
    public var minimum: Int
    /// nil: unbounded.
    public var maximum: Int?
    /// Over the elements of one iteration and the rows outside.
    public var predicates: [PlanExpression]
    public var groups: [PathGroup]
    /// A plain relationship: its slot is bound outside as it is.
    public var isPlain: Bool
    public init(
        nodes: [PathNode], steps: [PathStep], minimum: Int, maximum: Int?,
        predicates: [PlanExpression], groups: [PathGroup], isPlain: Bool
    ) {
        precondition(nodes.count == steps.count + 1 && !steps.isEmpty, "\(steps.count) steps")
        self.nodes = nodes
        self.steps = steps
        self.minimum = minimum
        self.maximum = maximum
        self.predicates = predicates
        self.groups = groups
        self.isPlain = isPlain
    }
}

/// How many of the paths between two ends are taken, shortest first.
public struct PathSelection: Sendable, Hashable {
    /// Counts lengths instead of paths: all paths of a length that counts are taken.
    public var countsLengths: Bool
    /// A literal or a parameter.
    public var count: PlanExpression
    public init(countsLengths: Bool, count: PlanExpression) {
        self.countsLengths = countsLengths
        self.count = count
    }
}

/// A path pattern with a selector, matched as a whole.
public struct PathSearchSpec: Sendable, Hashable {
    public var from: Slot
    public var to: Slot
    /// Gets the list of all relationships; nil when nothing reads it.
    public var trace: Slot?
    public var pieces: [PathPiece]
    /// Nodes between pieces, one less than pieces; their slots are bound outside.
    public var junctions: [PathNode]
    /// Conditions on the path as a whole, before the selection.
    public var predicates: [PlanExpression]
    public var selection: PathSelection
    public var mode: PathMode
    /// `to` is bound already.
    public var isInto: Bool
    /// Walked from `to` to `from`, which is then the end that gets bound.
    public var isReversed: Bool
    /// Labels of the end that gets bound; nil for any.
    public var endLabels: PlanLabels?
    /// Bound slots that nothing reads.
    public var unread: Set<Slot>
    public init(
        from: Slot, to: Slot, trace: Slot?, pieces: [PathPiece], junctions: [PathNode],
        predicates: [PlanExpression], selection: PathSelection, mode: PathMode, isInto: Bool,
        isReversed: Bool, endLabels: PlanLabels?
    ) {
        self.from = from
        self.to = to
        self.trace = trace
        self.pieces = pieces
        self.junctions = junctions
        self.predicates = predicates
        self.selection = selection
        self.mode = mode
        self.isInto = isInto
        self.isReversed = isReversed
        self.endLabels = endLabels
        unread = []
    }

    /// The end where the search begins.
    public var start: Slot { isReversed ? to : from }
    /// The end where it arrives.
    public var end: Slot { isReversed ? from : to }
}

extension PathNode {
    package func mapExpressions(_ map: (PlanExpression) -> PlanExpression) -> PathNode {
        var result = self
        result.predicates = predicates.map(map)
        return result
    }
}

extension PathPiece {
    package func mapExpressions(_ map: (PlanExpression) -> PlanExpression) -> PathPiece {
        var result = self
        result.predicates = predicates.map(map)
        return result
    }

    /// Slots that have a value only within the piece.
    public var innerSlots: Set<Slot> { Set(nodes.map(\.slot) + steps.map(\.slot)) }

    /// Slots of the rows outside that the predicates read.
    package var outerReads: Set<Slot> {
        var slots: Set<Slot> = []
        for predicate in predicates { predicate.collectFreeSlots(into: &slots) }
        return slots.subtracting(innerSlots)
    }

    /// Slots that are bound outside, the nodes at its ends not counted.
    package var outputs: [Slot] { isPlain ? steps.map(\.slot) : groups.map(\.list) }
}

extension [PathPiece] {
    /// Whether they are one relationship, repeated from 0 or 1 time on: a walk of the fewest steps
    /// to another node meets no node twice, so that it is what every mode allows.
    package var areDirect: Bool {
        count == 1 && self[0].steps.count == 1 && self[0].minimum <= 1
            && self[0].maximum.map { $0 > 0 } ?? true
    }
}

extension PathSearchSpec {
    package func mapExpressions(_ map: (PlanExpression) -> PlanExpression) -> PathSearchSpec {
        var result = self
        result.pieces = pieces.map { $0.mapExpressions(map) }
        result.junctions = junctions.map { $0.mapExpressions(map) }
        result.predicates = predicates.map(map)
        result.selection.count = map(selection.count)
        result.endLabels = endLabels?.mapExpressions(map)
        return result
    }

    /// Whether a walk that takes the fewest steps to another node is what is asked for.
    public var isDirect: Bool { pieces.areDirect && predicates.isEmpty }

    /// Slots between the ends that are bound outside.
    package var innerOutputs: Set<Slot> {
        Set(pieces.flatMap(\.outputs) + junctions.map(\.slot))
    }

    package func collectReads(into slots: inout Set<Slot>) {
        for piece in pieces { slots.subtract(piece.innerSlots) }
        slots.subtract(innerOutputs)
        if let trace { slots.remove(trace) }
        slots.remove(end)
        slots.insert(start)
        if isInto { slots.insert(end) }
    }

    /// Slots that are bound behind the operator and were not before.
    public var produced: Set<Slot> {
        var slots = innerOutputs.subtracting(unread)
        if let trace { slots.insert(trace) }
        if !isInto { slots.insert(end) }
        return slots
    }
}
