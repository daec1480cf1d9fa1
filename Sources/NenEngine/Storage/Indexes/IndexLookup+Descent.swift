// The way of many sorted keys down a tree. Keys that go to the same node are a *run*; a level turns
// each run into those of the nodes below it. Leaves, of which there are many more than fit into a
// cache, are searched some at a time, a step of each in turn, so that what the next step looks at
// is fetched while the others take theirs.

import CNenKernels
import NenCore

/// Keys `first ..< end`, in order, that go through one node.
struct DescentRun {
    enum Node {
        case stored(ExtentDescriptor)
        case dirty(Unmanaged<BTreeNode>)
    }

    var node: Node
    /// The run of the node above, and which of its children this is.
    var parent: Int32
    var place: Int32
    var first: Int32
    var end: Int32
    /// Nothing lies behind the node.
    var isLast: Bool
}

/// The search for the first key of a run in its leaf.
private struct LeafSearch {
    var low = 0
    var high: Int
    let view: BTreeNodeView
    let key: UnsafeRawBufferPointer
    let keyByteCount: Int

    init(_ view: BTreeNodeView, _ key: UnsafeRawBufferPointer) {
        self.view = view
        self.key = key
        high = view.count
        keyByteCount = view.meanKeyByteCount
        prefetch()
    }

    @inline(__always)
    func prefetch() { view.prefetchKey((low &+ high) / 2, length: keyByteCount) }

    /// One step; false at the end.
    @inline(__always)
    mutating func step() throws(NQLError) -> Bool {
        if low == high { return false }
        let middle = (low &+ high) / 2
        if BTreeNodeView.compare(try view.key(middle), key) < 0 {
            low = middle &+ 1
        } else {
            high = middle
        }
        prefetch()
        return low < high
    }
}

/// Runs of the level that keys are at, and of its neighbours.
struct DescentState {
    /// `views` are those of the runs' nodes.
    struct Level {
        let runs: PooledArray<DescentRun>
        let views: PooledArray<BTreeNodeView>

        init(pool: PagePool) {
            runs = PooledArray(pool: pool)
            views = PooledArray(pool: pool)
        }

        func removeAll() {
            runs.removeAll()
            views.removeAll()
        }
    }

    var above: Level
    var level: Level
    var below: Level

    init(pool: PagePool) {
        above = Level(pool: pool)
        level = Level(pool: pool)
        below = Level(pool: pool)
    }
}

extension IndexLookup {
    /// Nodes that are opened before the first of them is searched.
    private static let blockCount = 32

    /// Finds the entries of all items.
    func descend(_ tree: BTree) throws {
        guard let root = tree.root else { return }
        var state = descent
        state.above.removeAll()
        state.level.removeAll()
        try state.level.runs.append(
            DescentRun(
                node: IndexLookup.node(root), parent: -1, place: 0, first: 0,
                end: Int32(truncatingIfNeeded: items.count), isLast: true))
        for _ in 0 ..< BTree.depthMax {
            let level = state.level
            let below = state.below
            below.removeAll()
            let count = level.runs.count
            if count == 0 { return }
            var start = 0
            while start < count {
                let end = min(start + IndexLookup.blockCount, count)
                for index in start ..< end {
                    try level.views.append(try open(level.runs[index].node, tree))
                }
                var leafCount = 0
                for index in start ..< end where level.views[index].isLeaf { leafCount += 1 }
                if leafCount > 0 { try readLeaves(start ..< end, state, tree) }
                for index in start ..< end where leafCount < end - start {
                    let view = level.views[index]
                    if view.isLeaf { continue }
                    try split(level.runs[index], index, view, tree, into: below.runs)
                }
                start = end
            }
            (state.above, state.level, state.below) = (level, below, state.above)
        }
        throw BTreeNodeView.damaged("lies more than \(BTree.depthMax) levels deep")
    }

    private static func node(_ ref: BTreeNodeRef) -> DescentRun.Node {
        switch ref {
        case .stored(let extent): .stored(extent)
        case .dirty(let node): .dirty(.passUnretained(node))
        }
    }

    @inline(__always)
    private func open(_ node: DescentRun.Node, _ tree: BTree) throws -> BTreeNodeView {
        switch node {
        case .stored(let extent):
            return try BTreeNodeView(try tree.store.verified(extent))
        case .dirty(let node): return try node._withUnsafeGuaranteedRef { try $0.view() }
        }
    }

    /// Child `place` of an inner node.
    @inline(__always)
    private func child(
        _ place: Int, of node: DescentRun.Node, _ view: BTreeNodeView, _ tree: BTree
    ) throws -> DescentRun.Node {
        switch node {
        case .stored(let extent):
            let child = view.child(place)
            guard tree.store.isPlausible(child, under: extent) else {
                throw BTreeNodeView.damaged(
                    "at page \(extent.page) refers to one that cannot be its own")
            }
            return .stored(child)
        case .dirty(let node):
            return node._withUnsafeGuaranteedRef { IndexLookup.node($0.children[place]) }
        }
    }

    /// Appends the runs of the nodes below an inner one.
    private func split(
        _ run: DescentRun, _ index: Int, _ view: BTreeNodeView, _ tree: BTree,
        into below: PooledArray<DescentRun>
    ) throws {
        var place = 0
        var first = Int(run.first)
        while first < Int(run.end) {
            place = try view.rank(key(ofItem: first), orEqual: true, from: place)
            var end = first &+ 1
            if place == view.count {
                end = Int(run.end)
            } else {
                let separator = try view.key(place)
                while end < Int(run.end),
                    BTreeNodeView.compare(key(ofItem: end), separator) < 0
                {
                    end &+= 1
                }
            }
            let node = try child(place, of: run.node, view, tree)
            if case .stored(let extent) = node { tree.store.prefetch(extent) }
            try below.append(
                DescentRun(
                    node: node, parent: Int32(truncatingIfNeeded: index),
                    place: Int32(truncatingIfNeeded: place),
                    first: Int32(truncatingIfNeeded: first),
                    end: Int32(truncatingIfNeeded: end),
                    isLast: run.isLast && place == view.count))
            first = end
        }
    }

    @inline(__always)
    private func key(ofItem place: Int) -> UnsafeRawBufferPointer {
        key(requests[Int(items[place].request)])
    }

    // MARK: Leaves

    /// Reads the entries of those of some runs that are at leaves, which are open.
    private func readLeaves(
        _ range: Range<Int>, _ state: DescentState, _ tree: BTree
    ) throws {
        let level = state.level
        try withUnsafeTemporaryAllocation(of: LeafSearch.self, capacity: range.count) { buffer in
            guard let searches = buffer.baseAddress else { return }
            for index in range {
                let first = Int(level.runs[index].first)
                (searches + (index - range.lowerBound)).initialize(
                    to: LeafSearch(level.views[index], key(ofItem: first)))
            }
            var isOpen = true
            while isOpen {
                isOpen = false
                for place in 0 ..< range.count where try searches[place].step() { isOpen = true }
            }
            for index in range where level.views[index].isLeaf {
                let start = searches[index - range.lowerBound].low
                try readLeaf(level.runs[index], level.views[index], at: start, state, tree)
            }
        }
    }

    /// Reads the entries of a run; those of its first key begin at `start`.
    private func readLeaf(
        _ run: DescentRun, _ view: BTreeNodeView, at start: Int, _ state: DescentState,
        _ tree: BTree
    ) throws {
        var place = start
        for item in Int(run.first) ..< Int(run.end) where !items[item].isRepeated {
            let number = Int(items[item].request)
            var request = requests[number]
            if item > Int(run.first) {
                place = try view.rank(key(request), orEqual: false, from: place)
            }
            try read(&request, number, run, view, place, state, tree)
            requests[number] = request
        }
    }

    /// Keeps the entities of a request, whose entries begin at `place` of a leaf.
    private func read(
        _ request: inout Request, _ number: Int, _ run: DescentRun, _ leaf: BTreeNodeView,
        _ place: Int, _ state: DescentState, _ tree: BTree
    ) throws {
        var view = leaf
        var place = place
        var isInNext = false
        var last: UnsafeRawBufferPointer?
        request.first = found.count
        while true {
            if place == view.count {
                if run.isLast && !isInNext { return }
                guard !isInNext, let next = try leafBehind(run, state, tree) else {
                    return try keepRest(&request, behind: last)
                }
                view = next
                place = 0
                isInNext = true
                continue
            }
            let entry = try view.key(place)
            guard isWithin(request, entry) else { return }
            if request.count == Int32(IndexLookup.keptMax) {
                return try keepRest(&request, behind: last)
            }
            let isFirst = request.count == 0
            try found.append(
                Found(
                    entity: try IndexEntryCheck.number(entry),
                    request: isFirst ? UInt32(truncatingIfNeeded: number) : .max))
            request.count &+= 1
            if isExact && descriptor.isUnique && request.endCount == IndexLookup.isPrefix {
                return
            }
            last = entry
            place &+= 1
        }
    }

    /// Whether an entry that is not below a request's key is one of its entries.
    @inline(__always)
    func isWithin(_ request: Request, _ entry: UnsafeRawBufferPointer) -> Bool {
        if request.endCount == IndexLookup.isPrefix {
            let key = key(request)
            guard entry.count >= key.count else { return false }
            let head = UnsafeRawBufferPointer(start: entry.baseAddress, count: key.count)
            return BTreeNodeView.compare(head, key) == 0
        }
        if request.endCount == IndexLookup.isOpen { return true }
        return BTreeNodeView.compare(entry, end(request)) < 0
    }

    /// The leaf behind a run's one, where both have one parent.
    private func leafBehind(
        _ run: DescentRun, _ state: DescentState, _ tree: BTree
    ) throws -> BTreeNodeView? {
        guard run.parent >= 0 else { return nil }
        let parent = state.above.runs[Int(run.parent)]
        let view = state.above.views[Int(run.parent)]
        guard Int(run.place) < view.count else { return nil }
        let next = try open(
            try child(Int(run.place) + 1, of: parent.node, view, tree), tree)
        return next.isLeaf ? next : nil
    }

    /// Notes that a request has more entries than were read.
    private func keepRest(
        _ request: inout Request, behind last: UnsafeRawBufferPointer?
    ) throws(NQLError) {
        request.rest = keys.count
        request.restCount = Int32(truncatingIfNeeded: last?.count ?? 0)
        guard let last else { return }
        try keys.resizeUninitialized(keys.count + last.count)
        UnsafeMutableRawBufferPointer(
            start: keys.pointer + request.rest, count: last.count).copyMemory(from: last)
    }
}
