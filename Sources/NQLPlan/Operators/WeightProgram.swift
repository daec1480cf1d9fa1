// WeightProgram: the matches of a pattern counted without enumerating them, for each node that one
// of its variables stands for.
//
// Every pattern node is an integer weight per graph node. The pattern is a tree, or a tree whose
// one cycle has at most four relationships; from the leaves to the root each relationship pushes
// the sum of the far node's weights to the near node, and branches multiply (FAQ / semiring message
// passing; Abo Khamis, Ngo, Rudra, PODS 2016). A cycle is a factor of the node where it is
// entered: the two ways around it meet at one node, over which the products are added up.
// Arithmetic is 128-bit where 64 do not do.

import NQLSyntax
import NenCore

/// One pattern node with the branches that hang below it.
public struct WeightNode: Sendable, Hashable {
    /// Labels the node must have; nil for any.
    public var labels: PlanLabels?
    /// Predicates over this node alone, evaluated with the node in `slot`.
    public var predicates: [PlanExpression]
    public var slot: Slot
    public var branches: [WeightBranch]
    public var cycle: WeightCycle?
    public init(
        labels: PlanLabels?, predicates: [PlanExpression], slot: Slot,
        branches: [WeightBranch], cycle: WeightCycle? = nil
    ) {
        self.labels = labels
        self.predicates = predicates
        self.slot = slot
        self.branches = branches
        self.cycle = cycle
    }
}

extension WeightNode {
    /// The node where the cycle of this one and those below is entered, and the cycle.
    public var entry: (node: WeightNode, cycle: WeightCycle)? {
        if let cycle { return (self, cycle) }
        return branches.lazy.compactMap(\.node.entry).first
    }
}

/// What the sum of a branch does to the weight of the node above.
public enum WeightEffect: Sendable, Hashable {
    /// Multiplies it.
    case product
    /// Multiplies it by at least one: OPTIONAL MATCH.
    case optional
    /// Keeps it where the sum is not zero: EXISTS.
    case exists
    /// Keeps it where the sum is zero: NOT EXISTS.
    case absent
}

/// A relationship from a pattern node to the node below it.
public struct WeightBranch: Sendable, Hashable {
    public var types: [String]
    /// Read from the upper node to the lower one.
    public var direction: PatternDirection
    public var effect: WeightEffect
    /// How many relationships of the pattern run between the same two nodes: a far node that k
    /// parallel relationships lead to counts k to this power. 1 but for terms in which nodes
    /// coincide and their relationships need not.
    public var exponent: Int
    public var node: WeightNode
    public init(
        types: [String], direction: PatternDirection, effect: WeightEffect = .product,
        exponent: Int = 1, node: WeightNode
    ) {
        self.types = types
        self.direction = direction
        self.effect = effect
        self.exponent = exponent
        self.node = node
    }
}

/// One relationship on the way around a cycle.
public struct WeightStep: Sendable, Hashable {
    public var types: [String]
    /// Read in the direction of the way.
    public var direction: PatternDirection
    /// However many relationships lead to a node, it counts once.
    public var isExistence: Bool
    /// The node between this step and the next; nil where the ways meet.
    public var node: WeightNode?
    public init(
        types: [String], direction: PatternDirection, isExistence: Bool, node: WeightNode?
    ) {
        self.types = types
        self.direction = direction
        self.isExistence = isExistence
        self.node = node
    }
}

/// How the factors of a cycle are worked out.
public enum WeightCycleMethod: Sendable, Hashable {
    /// From each node one way leaves marks, which are added up where the other arrives.
    case marks
    /// A triangle over one undirected relation: every triangle of the graph is met once, and
    /// counts for each way to lay the pattern on it. Chosen where no relationship of its types is
    /// a loop.
    case triangles
    /// The last step of the right way is looked up, as a bit of a matrix, for each pair of nodes
    /// that the left way and what is before it in the right way lead to. Chosen where these ways
    /// lead to few nodes each.
    case pairs
}

/// A cycle through a node: two ways that meet. Its factor is the sum
/// over the meeting nodes m of (ways to m by `left`) · (ways to m by `right`) · (weight of m).
public struct WeightCycle: Sendable, Hashable {
    public var left: [WeightStep]
    public var right: [WeightStep]
    public var method: WeightCycleMethod
    // An array, because a value cannot contain its own kind: always one.
    private var meetings: [WeightNode]
    public var meeting: WeightNode { meetings[0] }
    public init(
        left: [WeightStep], right: [WeightStep], meeting: WeightNode,
        method: WeightCycleMethod
    ) {
        self.left = left
        self.right = right
        self.method = method
        meetings = [meeting]
    }

    /// All nodes but the one where the cycle is entered.
    public var nodes: [WeightNode] { (left + right).compactMap(\.node) + [meeting] }
}

/// One term: a pattern with its sign (inclusion and exclusion of coinciding elements).
public struct WeightTerm: Sendable, Hashable {
    public var coefficient: Int64
    public var root: WeightNode
    public init(coefficient: Int64, root: WeightNode) {
        self.coefficient = coefficient
        self.root = root
    }
}

/// The sum of all terms, for each node or over all nodes, and the slot it or its node goes to.
public struct WeightProgram: Sendable, Hashable {
    public var terms: [WeightTerm]
    public var slot: Slot
    public init(terms: [WeightTerm], slot: Slot) {
        self.terms = terms
        self.slot = slot
    }
}
