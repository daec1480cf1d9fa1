// GraphKnowledge: what a snapshot tells of its values and degrees beyond the exact counts. Asked as
// a plan is made, about what the plan needs; nobody has to ask for statistics first. Indexes keep
// their entries in order, so distinct values are seen in them; the rest comes from samples that are
// kept as long as the graph does not drift.

import NenCore

/// Answers questions about one snapshot; the engine provides it.
public protocol GraphKnowledge: Sendable {
    /// What is known of `index`; nil when it cannot be read. O(log n).
    func estimate(_ index: IndexDescriptor) -> IndexEstimate?
    /// What is known of a property; nil when it cannot be read or no entity has the label or type.
    func estimate(_ owner: PropertyOwner) -> PropertyEstimate?
    /// The degrees of the nodes; nil when they cannot be read. With `atHand`, nil also when they
    /// are not known yet and the graph is so large that it takes more than a moment to read them.
    func degrees(atHand: Bool) -> DegreeStatistics?
}
