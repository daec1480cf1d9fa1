// IndexState: an index with its tree, as a transaction changes it; a value, so that a savepoint
// copies it.

import NenCore

/// One index of a view.
struct IndexState {
    let descriptor: IndexDescriptor
    var tree: BTree

    /// The tree's stored nodes, those it has replaced included, are no longer needed.
    func releaseAll(in transaction: PageTransaction) throws {
        for extent in tree.superseded { transaction.release(extent) }
        try tree.forEachExtent { transaction.release($0) }
    }
}
