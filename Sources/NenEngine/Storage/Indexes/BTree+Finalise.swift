// Storing a changed tree: one allocation for all private nodes, then bottom up, since a node holds
// its children's checksums.

import NenCore

extension BTree {
    /// Writes all private nodes and releases the replaced ones.
    ///
    /// The nodes' memory must live until the transaction has committed: keep the returned owner.
    /// - Returns: the stored root (`.none` for the empty tree) and the owner of the images.
    mutating func finalise(
        in transaction: PageTransaction
    ) throws -> (root: ExtentDescriptor, images: [BTreeNode]) {
        for extent in superseded { transaction.release(extent) }
        clearSuperseded()
        guard let top = root else { return (.none, []) }
        guard case .dirty = top else {
            if case .stored(let extent) = top { return (extent, []) }
            return (.none, [])
        }
        var nodes: [BTreeNode] = []
        collect(top, into: &nodes)
        let pages = try transaction.allocate(byteCounts: nodes.map(\.byteCount))
        var extents: [ObjectIdentifier: ExtentDescriptor] = [:]
        var extent = ExtentDescriptor.none
        for (node, page) in zip(nodes, pages) {
            for (index, child) in node.children.enumerated() {
                switch child {
                case .stored(let stored): node.setChild(index, stored)
                case .dirty(let lower):
                    if let stored = extents[ObjectIdentifier(lower)] {
                        node.setChild(index, stored)
                    }
                }
            }
            extent = ExtentDescriptor(page: page, bytes: node.bytes, birth: transaction.number)
            transaction.store.noteWritten(extent)
            extents[ObjectIdentifier(node)] = extent
            try transaction.write(page, node.bytes)
        }
        root = .stored(extent)
        return (extent, nodes)
    }

    /// Private nodes, children before parents.
    private func collect(_ ref: BTreeNodeRef, into nodes: inout [BTreeNode]) {
        guard case .dirty(let node) = ref else { return }
        for child in node.children { collect(child, into: &nodes) }
        nodes.append(node)
    }

    /// Every stored node, each once.
    func forEachExtent(_ body: (ExtentDescriptor) throws -> Void) throws {
        try walkExtents {
            try body($0)
            return true
        }
    }

    /// Stored nodes, parents first; not those under a node for which `body` says false.
    func walkExtents(_ body: (ExtentDescriptor) throws -> Bool) throws {
        var seen: Set<PageNumber> = []
        if let root { try visit(root, depth: 0, &seen, body) }
    }

    /// Every stored node that can be reached: a damaged one itself, but not what hangs under it.
    func forEachReachableExtent(_ body: (ExtentDescriptor) -> Void) throws {
        var seen: Set<PageNumber> = []
        var open = root.map { [$0] } ?? []
        while let ref = open.popLast() {
            if case .stored(let extent) = ref {
                if !seen.insert(extent.page).inserted { continue }
                body(extent)
            }
            do {
                let node = try view(ref)
                if node.isLeaf { continue }
                for index in 0 ... node.count { open.append(try child(index, of: ref, node)) }
            } catch let error as NQLError {
                guard error.code == .corruption else { throw error }
            }
        }
    }

    private func visit(
        _ ref: BTreeNodeRef, depth: Int, _ seen: inout Set<PageNumber>,
        _ body: (ExtentDescriptor) throws -> Bool
    ) throws {
        guard depth < BTree.depthMax else {
            throw BTreeNodeView.damaged("lies more than \(BTree.depthMax) levels deep")
        }
        if case .stored(let extent) = ref {
            // Else a damaged tree, whose paths meet, would take for ever.
            guard seen.insert(extent.page).inserted else {
                throw BTreeNodeView.damaged("at page \(extent.page) has two parents")
            }
            if try !body(extent) { return }
        }
        let node = try view(ref)
        if node.isLeaf { return }
        for index in 0 ... node.count {
            try visit(try child(index, of: ref, node), depth: depth + 1, &seen, body)
        }
    }

    /// Checks order, separators, equal depth and the number of entries.
    /// - Throws: `CorruptionError` that names the contradiction.
    func check() throws {
        // Reaches each node once, or throws: then the walk below ends too.
        try walkExtents { _ in true }
        var found: UInt64 = 0
        var leafDepth = -1
        if let root {
            try check(root, depth: 0, low: nil, high: nil, &found, &leafDepth)
        }
        guard found == entryCount else {
            throw BTreeNodeView.damaged("tree has \(found) entries, not \(entryCount)")
        }
    }

    private func check(
        _ ref: BTreeNodeRef, depth: Int, low: UnsafeRawBufferPointer?,
        high: UnsafeRawBufferPointer?, _ found: inout UInt64, _ leafDepth: inout Int
    ) throws {
        guard depth < BTree.depthMax else { throw BTreeNodeView.damaged("lies too deep") }
        let node = try view(ref)
        var previous = low
        for index in 0 ..< node.count {
            let key = try node.key(index)
            if let previous {
                let order = BTreeNodeView.compare(previous, key)
                let isFirst = index == 0
                guard order < 0 || (isFirst && order == 0) else {
                    throw BTreeNodeView.damaged("has keys out of order")
                }
            }
            if let high, BTreeNodeView.compare(key, high) >= 0 {
                throw BTreeNodeView.damaged("has a key above its separator")
            }
            previous = key
        }
        if node.isLeaf {
            if leafDepth < 0 { leafDepth = depth }
            guard leafDepth == depth else { throw BTreeNodeView.damaged("lies at another depth") }
            found += UInt64(node.count)
            return
        }
        for index in 0 ... node.count {
            try check(
                try child(index, of: ref, node), depth: depth + 1,
                low: index == 0 ? low : try node.key(index - 1),
                high: index == node.count ? high : try node.key(index), &found, &leafDepth)
        }
    }
}
