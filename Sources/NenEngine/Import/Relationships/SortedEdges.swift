// SortedEdges: relationships of one type in the order of their numbers.

import NenCore

/// Ends and origins of consecutive relationships; `order` is each one's number in the bucket.
final class SortedEdges: @unchecked Sendable {
    // Sendable: workers write disjoint parts, then only read.
    let sources: UnsafeMutablePointer<UInt32>
    let targets: UnsafeMutablePointer<UInt32>
    let order: UnsafeMutablePointer<UInt32>
    let count: Int
    /// Rows at the start that were sorted before.
    let carried: Int
    /// Position of the first row in the type; a multiple of 2,048.
    let firstPosition: Int

    /// Room for `count` rows behind those of `carry`.
    init(carry: SortedEdges?, count: Int) {
        carried = carry?.count ?? 0
        firstPosition = carry?.firstPosition ?? 0
        self.count = carried + count
        let capacity = max(1, self.count)
        sources = .allocate(capacity: capacity)
        targets = .allocate(capacity: capacity)
        order = .allocate(capacity: capacity)
        guard let carry else { return }
        sources.initialize(from: carry.sources, count: carried)
        targets.initialize(from: carry.targets, count: carried)
        order.initialize(from: carry.order, count: carried)
    }

    private init(_ edges: SortedEdges, last: Int) {
        carried = 0
        count = last
        let start = edges.count - last
        firstPosition = edges.firstPosition + start
        let capacity = max(1, last)
        sources = .allocate(capacity: capacity)
        targets = .allocate(capacity: capacity)
        order = .allocate(capacity: capacity)
        sources.initialize(from: edges.sources + start, count: last)
        targets.initialize(from: edges.targets + start, count: last)
        order.initialize(from: edges.order + start, count: last)
    }

    deinit {
        sources.deallocate()
        targets.deallocate()
        order.deallocate()
    }

    /// A copy of the last rows.
    func keeping(last: Int) -> SortedEdges { SortedEdges(self, last: last) }

    /// All rows with their relationship numbers.
    func numberedSlice(_ sorter: TypeSorter) -> EdgeSlice {
        EdgeSlice(
            sources: UnsafePointer(sources), targets: UnsafePointer(targets), payloads: nil,
            firstPayload: sorter.relationship(at: firstPosition), count: count)
    }
}

/// Counts of relationships per (source set, type, target set) that one worker makes.
struct GroupCounts {
    private let layout: NodeLayout
    private(set) var groups: [RelationshipGroup: UInt64] = [:]
    private(set) var selfLoopCount: UInt64 = 0
    private var perTarget: [UInt64]
    private var touched: [Int] = []

    init(_ layout: NodeLayout) {
        self.layout = layout
        perTarget = Array(repeating: 0, count: layout.nodesPerLabelSet.count)
    }

    /// Counts the sorted relationships of one chunk of sources.
    mutating func add(
        _ type: NameID, _ chunk: Int, _ offsets: UnsafePointer<UInt32>, _ rowCount: Int,
        _ targets: UnsafePointer<UInt32>, _ count: Int
    ) {
        var row = 0
        while row < rowCount {
            let node = UInt32(truncatingIfNeeded: chunk &* 2048 &+ row)
            var index = Int(offsets[row])
            let end = Int(offsets[row &+ 1])
            while index < end {
                if targets[index] == node { selfLoopCount &+= 1 }
                index &+= 1
            }
            row &+= 1
        }
        if layout.labelSets[chunk] != .max {
            addTargets(type, layout.labelSets[chunk], targets, count)
            return
        }
        for row in 0..<rowCount {
            let source = layout.mixed[chunk]?[row] ?? 0
            let start = Int(offsets[row])
            addTargets(type, source, targets + start, Int(offsets[row + 1]) - start)
        }
    }

    private mutating func addTargets(
        _ type: NameID, _ sourceSet: UInt32, _ targets: UnsafePointer<UInt32>, _ count: Int
    ) {
        layout.labelSets.withUnsafeBufferPointer { sets in
            perTarget.withUnsafeMutableBufferPointer { sums in
                var index = 0
                while index < count {
                    var set = sets[Int(targets[index] &>> 11)]
                    if set == .max { set = layout.labelSet(of: targets[index]) }
                    if sums[Int(set)] == 0 { touched.append(Int(set)) }
                    sums[Int(set)] &+= 1
                    index &+= 1
                }
            }
        }
        for set in touched {
            let group = RelationshipGroup(
                sourceSet: sourceSet, type: type, targetSet: UInt32(set))
            groups[group, default: 0] += perTarget[set]
            perTarget[set] = 0
        }
        touched.removeAll(keepingCapacity: true)
    }
}
