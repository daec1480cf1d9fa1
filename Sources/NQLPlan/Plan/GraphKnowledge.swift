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
    /// The entities that `index` has in a range; nil when they are more than `most` or cannot be
    /// read. O(log n + most).
    func entities(_ index: IndexDescriptor, _ range: KeyRange, most: Int) -> [UInt32]?
    /// The relationships of a type (nil: of any) that leave a node or lead to it; nil when they
    /// cannot be read.
    func degree(of node: UInt32, type: NameID?, isIncoming: Bool) -> Double?
    /// The first levels of a breadth-first search, ended when it has gone over `most`
    /// relationships; nil when they cannot be read.
    func walk(
        from node: UInt32, _ ends: [LandmarkCheck.End], hops: Int, most: Int
    ) -> LandmarkWalk?
    /// The lines of a text file, by its first ones; nil for a file that may not or cannot be read.
    func lineCount(ofFile location: String) -> Double?
}
