// WeightProgram: counting the matches of an acyclic pattern without enumerating them.
//
// Every pattern node is an integer weight per graph node. The pattern is a tree; from the leaves to
// the root each relationship pushes the sum of the far node's weights to the near node, and
// branches multiply (FAQ / semiring message passing; Abo Khamis, Ngo, Rudra, PODS 2016). The
// count is the sum of the root's weights. Arithmetic is 128-bit.

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
    public init(
        labels: PlanLabels?, predicates: [PlanExpression], slot: Slot, branches: [WeightBranch]
    ) {
        self.labels = labels
        self.predicates = predicates
        self.slot = slot
        self.branches = branches
    }
}

/// A relationship from a pattern node to the node below it.
public struct WeightBranch: Sendable, Hashable {
    public var types: [String]
    /// Read from the upper node to the lower one.
    public var direction: PatternDirection
    /// `max(1, w)` instead of `w`: OPTIONAL MATCH.
    public var isOptional: Bool
    /// How many relationships of the pattern run between the same two nodes: a far node that k
    /// parallel relationships lead to counts k to this power. 1 but for terms in which nodes
    /// coincide and their relationships need not.
    public var exponent: Int
    public var node: WeightNode
    public init(
        types: [String], direction: PatternDirection, isOptional: Bool, exponent: Int = 1,
        node: WeightNode
    ) {
        self.types = types
        self.direction = direction
        self.isOptional = isOptional
        self.exponent = exponent
        self.node = node
    }
}

/// One term of the count: a tree with its sign (inclusion and exclusion of coinciding elements).
public struct WeightTerm: Sendable, Hashable {
    public var coefficient: Int64
    public var root: WeightNode
    public init(coefficient: Int64, root: WeightNode) {
        self.coefficient = coefficient
        self.root = root
    }
}

/// The sum of all terms, written to `slot` as the only row.
public struct WeightProgram: Sendable, Hashable {
    public var terms: [WeightTerm]
    public var slot: Slot
    public init(terms: [WeightTerm], slot: Slot) {
        self.terms = terms
        self.slot = slot
    }
}
