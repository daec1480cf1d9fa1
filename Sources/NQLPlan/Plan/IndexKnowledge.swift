// IndexKnowledge: what property indexes know of the values they hold. An index keeps its entries in
// order, so the number of distinct values is seen in it without a pass over the data; nobody has
// to ask for statistics first.

import NenCore

/// Answers questions about the indexes of one snapshot; the engine provides it.
public protocol IndexKnowledge: Sendable {
    /// What is known of `index`; nil when it cannot be read. O(log n).
    func estimate(_ index: IndexDescriptor) -> IndexEstimate?
}
