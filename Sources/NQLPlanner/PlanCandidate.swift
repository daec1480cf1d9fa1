// PlanCandidate: the kinds of step between which costs decide. One of them can be forced, so that
// tests reach it on graphs so small that it would never be chosen.

/// A kind of step that the planner may choose.
public enum PlanCandidate: String, CaseIterable, Sendable {
    /// Aggregates over patterns by weights instead of matches.
    case elimination
    /// Where that goes around triangles, each is met once.
    case triangles
    /// Where that goes around a cycle, its last relationship is looked up for pairs of nodes.
    case pairs
    /// Parts of a pattern, made apart, meet in a hash join.
    case hashJoin = "hash-join"
    /// Relationships are walked from what stands.
    case expand
    /// A node is reached from several nodes that stand, all relationships to it at once.
    case intersection
    /// A relationship is found without its ends.
    case relationshipScan = "relationship-scan"
    /// An index or an identity leads into the graph.
    case seek
    /// Nodes are found by a scan.
    case nodeScan = "node-scan"
    /// Rows come in the order of an index.
    case indexOrder = "index-order"
    /// Rows of OPTIONAL MATCHes stand one behind the other instead of being combined.
    case sideBySide = "side-by-side"
    /// Pipelines are run by several threads, however few rows they have.
    case threads

    /// The kind that it is a part of, and that is forced with it.
    var host: PlanCandidate? {
        switch self {
        case .triangles, .pairs: .elimination
        default: nil
        }
    }

    /// By what the costs of the forced kind are multiplied when plans are compared.
    static let advantage = 1e-6
}

extension PlannerOptions {
    /// What the cost of a step of `kind` counts in comparisons.
    func weight(_ kind: PlanCandidate) -> Double {
        let isForced = kind == forcedCandidate || kind == forcedCandidate?.host
        return isForced ? PlanCandidate.advantage : 1
    }
}
