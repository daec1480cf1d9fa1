// IndexState: an index with its tree, as a transaction changes it; a value, so that a savepoint
// copies it.

import NenCore

/// One index of a view.
struct IndexState {
    let descriptor: IndexDescriptor
    var tree: BTree

    /// The tree's stored nodes, those it has replaced included, are no longer needed. Dropping is
    /// the remedy for a damaged index, so it succeeds for one: pages that only a damaged node knew
    /// stay marked as used until the free space is taken stock of.
    func releaseAll(in transaction: PageTransaction) throws {
        for extent in tree.superseded { transaction.release(extent) }
        try tree.forEachReachableExtent { transaction.release($0) }
    }
}
