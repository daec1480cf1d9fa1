// BTreeCursor: walks the entries of a tree, in ascending or in descending order.

import NenCore

/// A position in a tree. Keys it hands out are valid until the tree changes.
struct BTreeCursor {
    private let tree: BTree
    private var path: [(ref: BTreeNodeRef, view: BTreeNodeView, place: Int)] = []

    init(_ tree: BTree) { self.tree = tree }

    /// Goes to the first entry that is not below `key`. O(log n).
    mutating func seek(_ key: UnsafeRawBufferPointer) throws {
        path.removeAll(keepingCapacity: true)
        guard var ref = tree.root else { return }
        while true {
            let view = try push(ref, placedBy: { view in
                try view.rank(key, orEqual: !view.isLeaf)
            })
            if view.isLeaf { return }
            ref = try tree.child(path[path.count - 1].place, of: ref, view)
        }
    }

    /// Goes to the first entry.
    mutating func seekFirst() throws { try seek(UnsafeRawBufferPointer(start: nil, count: 0)) }

    private mutating func push(
        _ ref: BTreeNodeRef, placedBy place: (BTreeNodeView) throws -> Int
    ) throws -> BTreeNodeView {
        guard path.count < BTree.depthMax else {
            throw BTreeNodeView.damaged("lies more than \(BTree.depthMax) levels deep")
        }
        let view = try tree.view(ref)
        path.append((ref, view, try place(view)))
        return view
    }

    /// The entry here, and steps to the next; nil at the end. O(1) amortised.
    mutating func next() throws -> UnsafeRawBufferPointer? {
        while let last = path.last {
            if last.view.isLeaf && last.place < last.view.count {
                path[path.count - 1].place += 1
                return try last.view.key(last.place)
            }
            path.removeLast()
            try descend()
        }
        return nil
    }

    /// From the inner node at the end of the path to the first leaf of its next child.
    private mutating func descend() throws {
        guard let last = path.last else { return }
        guard last.place < last.view.count else { return }
        path[path.count - 1].place += 1
        var ref = try tree.child(last.place + 1, of: last.ref, last.view)
        while true {
            let view = try push(ref, placedBy: { _ in 0 })
            if view.isLeaf { return }
            ref = try tree.child(0, of: ref, view)
        }
    }

    // MARK: Backwards

    /// Goes behind the last entry.
    mutating func seekEnd() throws {
        path.removeAll(keepingCapacity: true)
        if let root = tree.root { try descendToEnd(of: root) }
    }

    /// The entry before here, and steps back to it; nil at the start. After `seek(key)` it is the
    /// last one below `key`. O(1) amortised.
    mutating func previous() throws -> UnsafeRawBufferPointer? {
        while let last = path.last {
            if last.place > 0 {
                path[path.count - 1].place -= 1
                if last.view.isLeaf { return try last.view.key(last.place - 1) }
                try descendToEnd(of: try tree.child(last.place - 1, of: last.ref, last.view))
            } else {
                path.removeLast()
            }
        }
        return nil
    }

    /// From a node behind the last entry of its last leaf.
    private mutating func descendToEnd(of start: BTreeNodeRef) throws {
        var ref = start
        while true {
            let view = try push(ref, placedBy: { $0.count })
            if view.isLeaf { return }
            ref = try tree.child(view.count, of: ref, view)
        }
    }
}
