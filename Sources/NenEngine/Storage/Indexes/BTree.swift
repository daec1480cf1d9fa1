// BTree: a copy-on-write B+tree of byte strings: the ordered set behind every index. It is a value:
// a copy is a savepoint. Changed nodes are private memory, shared between copies and copied by
// reference count at the next change; `finalise` stores them bottom up. After Bayer and
// McCreight (1972), with the shadow paging of Rodeh, "B-trees, Shadowing, and Clones" (2008).

import NenCore

/// An ordered set of byte strings; see `IndexKey` for what they are.
struct BTree {
    static let splitByteCount = 4_096
    static let mergeByteCount = 1_024
    static let depthMax = 32

    let store: PageStore
    /// Nil when empty.
    var root: BTreeNodeRef?
    private(set) var entryCount: UInt64
    /// Stored nodes that this transaction has replaced.
    private(set) var superseded: [ExtentDescriptor] = []

    /// The stored tree at `root`; `.none` is the empty tree.
    init(root: ExtentDescriptor, entryCount: UInt64, store: PageStore) {
        self.store = store
        self.root = root.isNone ? nil : .stored(root)
        self.entryCount = entryCount
    }

    /// Whether something has changed since the tree was opened.
    var isDirty: Bool {
        if case .dirty = root { return true }
        return !superseded.isEmpty
    }

    func view(_ ref: BTreeNodeRef) throws -> BTreeNodeView {
        switch ref {
        case .stored(let extent):
            return try BTreeNodeView(try store.verified(extent))
        case .dirty(let node): return try node.view()
        }
    }

    /// Child `index` of an inner node.
    func child(
        _ index: Int, of ref: BTreeNodeRef, _ view: BTreeNodeView
    ) throws(NQLError) -> BTreeNodeRef {
        switch ref {
        case .dirty(let node): return node.children[index]
        case .stored(let extent):
            let child = view.child(index)
            guard store.isPlausible(child, under: extent) else {
                throw BTreeNodeView.damaged(
                    "at page \(extent.page) refers to one that cannot be its own")
            }
            return .stored(child)
        }
    }

    // MARK: Reading

    /// Whether an entry begins with `prefix`. O(log n).
    func contains(prefix: UnsafeRawBufferPointer) throws -> Bool {
        var cursor = BTreeCursor(self)
        try cursor.seek(prefix)
        guard let key = try cursor.next(), key.count >= prefix.count else { return false }
        let head = UnsafeRawBufferPointer(rebasing: key[..<prefix.count])
        return BTreeNodeView.compare(head, prefix) == 0
    }

    /// Whether this very entry is there. O(log n).
    func contains(_ key: UnsafeRawBufferPointer) throws -> Bool {
        guard var ref = root else { return false }
        for _ in 0 ..< BTree.depthMax {
            let node = try view(ref)
            if node.isLeaf {
                let place = try node.rank(key, orEqual: false)
                if place == node.count { return false }
                return BTreeNodeView.compare(try node.key(place), key) == 0
            }
            ref = try child(try node.rank(key, orEqual: true), of: ref, node)
        }
        throw BTreeNodeView.damaged("lies more than \(BTree.depthMax) levels deep")
    }

    // MARK: Writing

    /// Adds an entry; false when it is there already. O(log n).
    ///
    /// - Parameter isKnownAbsent: the caller has looked.
    mutating func insert(
        _ key: UnsafeRawBufferPointer, isKnownAbsent: Bool = false
    ) throws -> Bool {
        if !isKnownAbsent, try contains(key) { return false }
        entryCount += 1
        guard var ref = root else {
            let leaf = BTreeNode()
            try leaf.replaceKeys(0 ..< 0, with: key)
            root = .dirty(leaf)
            return true
        }
        root = nil
        defer { root = ref }
        if let split = try insert(key, into: &ref) {
            let top = split.separator.withUnsafeBytes {
                BTreeNode(
                    ends: [UInt32($0.count)], keys: $0, children: [ref, .dirty(split.right)])
            }
            ref = .dirty(top)
        }
        return true
    }

    private struct Split {
        var separator: [UInt8]
        var right: BTreeNode
    }

    /// The node behind `ref` as a private one that nobody else refers to.
    private mutating func owned(_ ref: inout BTreeNodeRef) throws -> BTreeNode {
        switch ref {
        case .stored(let extent):
            let stored = try view(ref)
            let children = try stored.isLeaf
                ? [] : (0 ... stored.count).map { try child($0, of: ref, stored) }
            let node = BTreeNode(copying: stored, children: children)
            superseded.append(extent)
            ref = .dirty(node)
            return node
        case .dirty(var node):
            ref = .stored(.none)
            if !isKnownUniquelyReferenced(&node) { node = BTreeNode(copying: node) }
            ref = .dirty(node)
            return node
        }
    }

    private mutating func insert(
        _ key: UnsafeRawBufferPointer, into ref: inout BTreeNodeRef
    ) throws -> Split? {
        let node = try owned(&ref)
        let view = try node.view()
        if view.isLeaf {
            let place = try view.rank(key, orEqual: false)
            try node.replaceKeys(place ..< place, with: key)
        } else {
            let place = try view.rank(key, orEqual: true)
            var child = node.children[place]
            node.children[place] = .stored(.none)
            let split: Split?
            do { split = try insert(key, into: &child) } catch {
                node.children[place] = child
                throw error
            }
            node.children[place] = child
            if let split {
                try split.separator.withUnsafeBytes {
                    try node.replaceKeys(place ..< place, with: $0)
                }
                node.children.insert(.dirty(split.right), at: place + 1)
            }
        }
        return try splitIfLarge(node, in: &ref)
    }

    private func splitIfLarge(
        _ node: BTreeNode, in ref: inout BTreeNodeRef
    ) throws -> Split? {
        let view = try node.view()
        guard node.byteCount > BTree.splitByteCount, view.count >= 4 else { return nil }
        let half = view.count / 2
        let separator = Array(try view.key(half))
        // An inner node's middle key moves up; a leaf's stays as the first of the right half.
        let right = try node.part((view.isLeaf ? half : half + 1) ..< view.count)
        ref = .dirty(try node.part(0 ..< half))
        return Split(separator: separator, right: right)
    }

    /// Takes an entry out; false when it is not there. O(log n).
    mutating func remove(_ key: UnsafeRawBufferPointer) throws -> Bool {
        guard try contains(key), var ref = root else { return false }
        entryCount -= 1
        root = nil
        defer { root = entryCount == 0 ? nil : ref }
        try remove(key, from: &ref)
        if entryCount == 0 { return true }
        // A root with one child hands its place to it.
        while case .dirty(let node) = ref, node.children.count == 1 { ref = node.children[0] }
        return true
    }

    private mutating func remove(
        _ key: UnsafeRawBufferPointer, from ref: inout BTreeNodeRef
    ) throws {
        let node = try owned(&ref)
        let view = try node.view()
        if view.isLeaf {
            let place = try view.rank(key, orEqual: false)
            return try node.replaceKeys(place ..< place + 1, with: nil)
        }
        let place = try view.rank(key, orEqual: true)
        var child = node.children[place]
        node.children[place] = .stored(.none)
        do { try remove(key, from: &child) } catch {
            node.children[place] = child
            throw error
        }
        node.children[place] = child
        guard case .dirty(let lower) = child else { return }
        let lowerView = try lower.view()
        guard lowerView.isLeaf && lowerView.count == 0 else { return try rebalance(node, place) }
        // An empty leaf goes; a node that had no other child hands the empty leaf up.
        if node.children.count == 1 { return ref = child }
        let gap = max(0, place - 1)
        try node.replaceKeys(gap ..< gap + 1, with: nil)
        node.children.remove(at: place)
    }

    /// Joins child `place` with a neighbour if both are small.
    private mutating func rebalance(_ node: BTreeNode, _ place: Int) throws {
        guard case .dirty(let child) = node.children[place] else { return }
        guard child.byteCount < BTree.mergeByteCount, node.children.count > 1 else { return }
        let left = place > 0 ? place - 1 : place
        let leftView = try self.view(node.children[left])
        let rightView = try self.view(node.children[left + 1])
        guard leftView.byteCount + rightView.byteCount < BTree.splitByteCount * 3 / 4 else {
            return
        }
        var leftRef = node.children[left]
        var rightRef = node.children[left + 1]
        let separator = Array(try node.view().key(left))
        let joined = try join(try owned(&leftRef), separator, try owned(&rightRef))
        try node.replaceKeys(left ..< left + 1, with: nil)
        node.children.remove(at: left + 1)
        node.children[left] = .dirty(joined)
    }

    private func join(
        _ left: BTreeNode, _ separator: [UInt8], _ right: BTreeNode
    ) throws -> BTreeNode {
        var ends: [UInt32] = []
        var keys: [UInt8] = []
        func append(_ key: UnsafeRawBufferPointer) {
            keys.append(contentsOf: key)
            ends.append(UInt32(keys.count))
        }
        let leftView = try left.view()
        let rightView = try right.view()
        for index in 0 ..< leftView.count { append(try leftView.key(index)) }
        if !leftView.isLeaf { separator.withUnsafeBytes { append($0) } }
        for index in 0 ..< rightView.count { append(try rightView.key(index)) }
        return keys.withUnsafeBytes {
            BTreeNode(ends: ends, keys: $0, children: left.children + right.children)
        }
    }

    /// Makes a commit write nodes anew that lie on `page` or behind it, and those above them.
    /// - Parameter most: of the nodes copied; it goes down by those that were.
    mutating func vacate(from page: PageNumber, most: inout Int) throws {
        guard var ref = root else { return }
        root = nil
        defer { root = ref }
        _ = try vacate(&ref, from: page, depth: 0, most: &most)
    }

    /// - Returns: whether the node is private now.
    private mutating func vacate(
        _ ref: inout BTreeNodeRef, from page: PageNumber, depth: Int, most: inout Int
    ) throws -> Bool {
        guard depth < BTree.depthMax else {
            throw BTreeNodeView.damaged("lies more than \(BTree.depthMax) levels deep")
        }
        guard most > 0, case .stored(let extent) = ref else { return false }
        let node = try view(ref)
        var changed: [(index: Int, child: BTreeNodeRef)] = []
        if !node.isLeaf {
            for index in 0 ... node.count {
                var below = try child(index, of: ref, node)
                if try vacate(&below, from: page, depth: depth + 1, most: &most) {
                    changed.append((index, below))
                }
            }
        }
        guard !changed.isEmpty || extent.page >= page else { return false }
        let mine = try owned(&ref)
        most -= 1
        for (index, child) in changed { mine.children[index] = child }
        return true
    }

    /// Forgets which stored nodes were replaced (they have been released).
    mutating func clearSuperseded() { superseded.removeAll() }
}
