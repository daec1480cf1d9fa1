// IndexLookup: many look-ups in an index at once. Their keys are written one behind the other and
// sorted; then all of them go down the tree together, level by level (`IndexLookup+Descent`), so
// that a node is opened once and its neighbours are on their way from memory before they are
// needed. Equal keys are read once. What was found stays with the look-up it belongs to, so callers
// get it in the order in which they asked.
//
// A look-up keeps its first entities only; the rest of a long one is left to an `IndexCursor`.
// Everything is taken from the view when `run` is called: later changes do not show, except in such
// a rest.

import NenCore

/// Keys of look-ups and the entities found; keep one and `reset` it for each batch.
final class IndexLookup {
    /// What is asked for, and, after `run`, what was found.
    struct Request {
        /// Number of the outer row.
        var row: Int32
        /// Length of the key, and of the end behind it or what else ends the range.
        var keyCount: Int32
        var endCount: Int32
        /// Entities found: where in `found`, and how many.
        var count: Int32 = 0
        var first = 0
        /// Where the key stands.
        var key: Int
        /// Where the last entry found stands when there may be more; its length, or -1.
        var rest = 0
        var restCount: Int32 = -1
        /// Nothing in the index can match.
        var isVoid = false
        /// Asks again what its row has asked for.
        var isRepeated = false
    }

    /// Values of `endCount` that are no length: all entries that begin with the key, and all from
    /// the key on.
    static let isPrefix: Int32 = -1
    static let isOpen: Int32 = -2
    /// Entities that are kept for one look-up.
    static let keptMax = 32
    /// Nanoseconds for a key and for an entity, by and large.
    static let keyWorkUnits = 100
    static let entityWorkUnits = 10

    /// A look-up in the order of keys: the bytes behind those that all keys share tell most apart.
    struct Item {
        var prefix: UInt64
        var request: UInt32
        /// Has the key of the item before.
        var isRepeated: Bool
    }

    /// An entity that was found; `request` is that of the first one of a look-up, or `.max`.
    struct Found {
        var entity: UInt32
        var request: UInt32
    }

    let descriptor: IndexDescriptor
    let base: HeapBase
    let pool: PagePool
    /// Leading properties that are asked for by equality.
    let equalCount: Int
    /// A key is all values of an entry.
    let isExact: Bool
    let requests: PooledArray<Request>
    let found: PooledArray<Found>
    /// Values of each request, `equalCount` each.
    let cells: PooledArray<Cell>
    let keys: PooledArray<UInt8>
    let items: PooledArray<Item>
    let descent: DescentState
    let entities: IndexedEntities
    private var span = IndexSpan()
    /// That of the last look-up, for its memory.
    var entryCheck: IndexEntryCheck?

    init(_ descriptor: IndexDescriptor, equalCount: Int, base: HeapBase, pool: PagePool) {
        self.descriptor = descriptor
        self.base = base
        self.pool = pool
        self.equalCount = equalCount
        isExact = equalCount == descriptor.properties.count
        requests = PooledArray(pool: pool)
        found = PooledArray(pool: pool)
        cells = PooledArray(pool: pool)
        keys = PooledArray(pool: pool)
        items = PooledArray(pool: pool)
        descent = DescentState(pool: pool)
        entities = IndexedEntities(descriptor, pool: pool)
    }

    /// Forgets all look-ups.
    func reset() {
        requests.removeAll()
        found.removeAll()
        cells.removeAll()
        keys.removeAll()
    }

    // MARK: Asking

    /// Asks for the entities whose leading properties have the values that `value` gives.
    ///
    /// - Parameters:
    ///   - row: comes back with what is found.
    ///   - range: of the next property; its `equals` are not looked at.
    ///   - value: is asked for each of `equalCount` properties; what the values refer to stays
    ///     where it is until the next `reset`.
    @inline(__always)
    func append(
        row: Int, range: IndexRange?, _ value: (Int) -> Cell
    ) throws(NQLError) {
        var request = Request(
            row: Int32(truncatingIfNeeded: row), keyCount: 0, endCount: IndexLookup.isPrefix,
            key: keys.count)
        span.reset()
        for index in 0 ..< equalCount {
            let cell = value(index)
            try cells.append(cell)
            let canMatch = IndexRange.canEqual(cell, base) && span.start.appendIfShort(cell, base)
            if !canMatch { request.isVoid = true }
        }
        if !request.isVoid, let range {
            request.isVoid = !range.writeTail(to: &span, base)
            request.endCount = span.isBounded
                ? Int32(truncatingIfNeeded: span.end.bytes.count) : IndexLookup.isOpen
        }
        if !request.isVoid {
            request.keyCount = Int32(truncatingIfNeeded: span.start.bytes.count)
            try append(span.start)
            if request.endCount > 0 { try append(span.end) }
        }
        try requests.append(request)
    }

    private func append(_ key: IndexKey) throws(NQLError) {
        if key.bytes.isEmpty { return }
        let start = keys.count
        try keys.resizeUninitialized(start + key.bytes.count)
        let target = UnsafeMutableRawBufferPointer(
            start: keys.pointer + start, count: key.bytes.count)
        target.copyBytes(from: key.bytes)
    }

    /// The key of a request.
    @inline(__always)
    func key(_ request: Request) -> UnsafeRawBufferPointer {
        if request.keyCount == 0 { return UnsafeRawBufferPointer(start: nil, count: 0) }
        return UnsafeRawBufferPointer(
            start: keys.pointer + request.key, count: Int(request.keyCount))
    }

    /// The end of a request's range, which has one.
    @inline(__always)
    func end(_ request: Request) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(
            start: keys.pointer + request.key + Int(request.keyCount),
            count: Int(request.endCount))
    }

    // MARK: Looking

    /// Finds what was asked for. With `isUnrepeated` a key that its row has asked for before is
    /// marked.
    ///
    /// - Throws: errors of reading; `CorruptionError` where the index contradicts its entities;
    ///   `MemoryLimitExceeded`, `Interrupted`.
    /// - Complexity: O(n log n) for n look-ups.
    func run(in view: GraphView, epoch: Int, isUnrepeated: Bool) throws {
        guard let tree = view.indexTree(descriptor.id), tree.root != nil else { return }
        try sort()
        if items.count == 0 { return }
        try Interruption.spend(items.count * IndexLookup.keyWorkUnits)
        try descend(tree)
        try check(in: view, epoch: epoch)
        if items.count > 1 { shareFindings(isUnrepeated: isUnrepeated) }
    }

    private func sort() throws(NQLError) {
        items.removeAll()
        let requests = requests
        var shared = Int.max
        var first: Request?
        for index in 0 ..< requests.count where !requests[index].isVoid {
            let request = requests[index]
            try items.append(
                Item(
                    prefix: 0, request: UInt32(truncatingIfNeeded: index), isRepeated: false))
            guard let first else {
                first = request
                shared = Int(request.keyCount)
                continue
            }
            shared = commonLength(key(first), key(request), most: shared)
        }
        if items.count < 2 { return }
        let list = items.pointer
        var isSorted = true
        for place in 0 ..< items.count {
            let bytes = key(requests[Int(list[place].request)])
            list[place].prefix = IndexLookup.word(bytes, from: shared)
            if place > 0, isSorted { isSorted = !isBefore(list[place], list[place - 1]) }
        }
        if !isSorted {
            try MergeSort.sort(
                UnsafeMutableBufferPointer(start: list, count: items.count), pool: pool
            ) { isBefore($0, $1) }
        }
        for place in 1 ..< items.count {
            list[place].isRepeated = list[place].prefix == list[place - 1].prefix
                && isSame(list[place], list[place - 1])
        }
    }

    /// Ties are in the order of asking.
    @inline(__always)
    private func isBefore(_ left: Item, _ right: Item) -> Bool {
        if left.prefix != right.prefix { return left.prefix < right.prefix }
        let order = BTreeNodeView.compare(
            key(requests[Int(left.request)]), key(requests[Int(right.request)]))
        return order != 0 ? order < 0 : left.request < right.request
    }

    private func isSame(_ left: Item, _ right: Item) -> Bool {
        let a = requests[Int(left.request)]
        let b = requests[Int(right.request)]
        return a.endCount == IndexLookup.isPrefix && b.endCount == IndexLookup.isPrefix
            && BTreeNodeView.compare(key(a), key(b)) == 0
    }

    /// How many bytes two keys share at their start, at most `most`.
    @inline(__always)
    private func commonLength(
        _ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer, most: Int
    ) -> Int {
        let limit = min(most, left.count, right.count)
        var length = 0
        while length < limit, left[length] == right[length] { length &+= 1 }
        return length
    }

    /// Eight bytes as a number in their order; zeros stand for those behind the end.
    @inline(__always)
    private static func word(_ bytes: UnsafeRawBufferPointer, from start: Int) -> UInt64 {
        if start &+ 8 <= bytes.count {
            return bytes.loadUnaligned(fromByteOffset: start, as: UInt64.self).bigEndian
        }
        var word: UInt64 = 0
        var index = start
        while index < start &+ 8 {
            word = word &<< 8 | (index < bytes.count ? UInt64(bytes[index]) : 0)
            index &+= 1
        }
        return word
    }

    /// The check of entries against a view, to be put back.
    func takeEntryCheck(_ view: GraphView) -> IndexEntryCheck {
        let known = entryCheck
        entryCheck = nil
        guard let known, known.view === view else { return IndexEntryCheck(view, descriptor) }
        return known
    }

    /// Gives look-ups with equal keys what the first of them found.
    private func shareFindings(isUnrepeated: Bool) {
        let list = items.pointer
        for place in 1 ..< items.count where list[place].isRepeated {
            let known = requests[Int(list[place - 1].request)]
            var request = requests[Int(list[place].request)]
            request.isRepeated = isUnrepeated && known.row == request.row
            request.first = known.first
            request.count = known.count
            request.rest = known.rest
            request.restCount = known.restCount
            requests[Int(list[place].request)] = request
        }
    }

    /// The values that a request asks for by equality.
    func values(of request: Int) -> [Cell] {
        (0 ..< equalCount).map { cells[request * equalCount + $0] }
    }

    /// Bytes held, by and large.
    var byteCount: Int {
        requests.capacity * MemoryLayout<Request>.stride + keys.capacity
            + found.capacity * MemoryLayout<Found>.stride
            + cells.capacity * MemoryLayout<Cell>.stride
            + items.capacity * MemoryLayout<Item>.stride
    }

    /// A cursor over what a request found and did not keep; nil when it kept all.
    func rest(of request: Request, in view: GraphView) -> IndexCursor? {
        guard request.restCount >= 0 else { return nil }
        let start = request.restCount > 0
            ? UnsafeRawBufferPointer(
                start: keys.pointer + request.rest, count: Int(request.restCount))
            : key(request)
        return cursor(request, from: start, in: view, isAfterStart: request.restCount > 0)
    }

    /// A cursor over all entries of a request; nil when nothing can match.
    func cursor(
        over request: Request, in view: GraphView, isDescending: Bool
    ) -> IndexCursor? {
        if request.isVoid { return nil }
        return cursor(request, from: key(request), in: view, isDescending: isDescending)
    }

    private func cursor(
        _ request: Request, from start: UnsafeRawBufferPointer, in view: GraphView,
        isAfterStart: Bool = false, isDescending: Bool = false
    ) -> IndexCursor {
        var end: [UInt8]?
        if request.endCount == IndexLookup.isPrefix {
            var key = IndexKey(Array(key(request)))
            if key.becomeSuccessor() { end = key.bytes }
        } else if request.endCount >= 0 {
            end = Array(self.end(request))
        }
        return IndexCursor(
            IndexEntryCheck(view, descriptor), start: Array(start), isAfterStart: isAfterStart,
            end: end, isDescending: isDescending)
    }
}
