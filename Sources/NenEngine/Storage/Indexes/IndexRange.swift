// IndexRange and IndexCursor: entities of an index range, in key order, batch by batch. Each batch
// descends anew behind the last entry it handed out, so that a cursor on a writing view needs no
// protection from changes.

import NenCore

/// What to look for: equality on leading properties, then at most one range or prefix on the next.
struct IndexRange {
    /// Values of the leading properties.
    var equals: [Cell] = []
    /// Bounds of the next property; values of another type than the bounds' do not match.
    var lower: Bound?
    var upper: Bound?
    /// A string with which the next property begins.
    var prefix: Cell?

    /// One end of a range.
    struct Bound {
        var value: Cell
        var isInclusive: Bool

        init(value: Cell, isInclusive: Bool) {
            self.value = value
            self.isInclusive = isInclusive
        }
    }

    init(
        equals: [Cell] = [], lower: Bound? = nil, upper: Bound? = nil, prefix: Cell? = nil
    ) {
        self.equals = equals
        self.lower = lower
        self.upper = upper
        self.prefix = prefix
    }

    /// Entries from `start` on and below `end` (nil: to the end); nil when nothing can match: null,
    /// NaN, types without an order, keys longer than any stored one.
    func bytes(_ base: HeapBase) -> (start: [UInt8], end: [UInt8]?)? {
        var stem = IndexKey()
        for cell in equals {
            guard IndexRange.canEqual(cell, base), (try? stem.append(cell, base)) != nil else {
                return nil
            }
        }
        if let prefix {
            guard prefix.tag == .string else { return nil }
            stem.append(stringPrefix: prefix, base)
            return (stem.bytes, IndexRange.successor(stem.bytes))
        }
        guard let bound = lower ?? upper else {
            return (stem.bytes, IndexRange.successor(stem.bytes))
        }
        for other in [lower, upper] {
            guard let value = other?.value else { continue }
            let isOrdered = IndexRange.canEqual(value, base) && value.tag != .map
                && value.tag != .duration && value.tag != .point
            let isSameType = CellOrder.rank(value.tag) == CellOrder.rank(bound.value.tag)
            if !isOrdered || !isSameType { return nil }
        }
        return range(behind: stem, of: bound.value, base)
    }

    private func range(
        behind stem: IndexKey, of sample: Cell, _ base: HeapBase
    ) -> (start: [UInt8], end: [UInt8]?)? {
        func key(_ cell: Cell) -> [UInt8]? {
            var key = stem
            guard (try? key.append(cell, base)) != nil else { return nil }
            return key.bytes
        }
        var type = stem
        type.append(rankOf: sample)
        var start = type.bytes
        var end = IndexRange.successor(type.bytes)
        // NaN stands behind all numbers and compares with none.
        if sample.tag == .integer || sample.tag == .float { end = key(Cell(float: .nan)) }
        if let lower {
            guard let bytes = key(lower.value) else { return nil }
            start = lower.isInclusive ? bytes : IndexRange.successor(bytes) ?? bytes
        }
        if let upper {
            guard let bytes = key(upper.value) else { return nil }
            end = upper.isInclusive ? IndexRange.successor(bytes) : bytes
        }
        return (start, end)
    }

    /// Whether `=` can be true of a value: not null or NaN, nor a list or map that holds one.
    static func canEqual(_ cell: Cell, _ base: HeapBase) -> Bool {
        switch cell.tag {
        case .null, .node, .relationship, .path: return false
        case .float: return !cell.float.isNaN
        case .list, .map:
            let count = cell.tag == .map ? 2 * cell.count : cell.count
            let elements = base.cells(cell)
            for index in 0 ..< count where !canEqual(elements[index], base) { return false }
            return true
        default: return true
        }
    }

    /// The least byte string above all that begin with `bytes`; nil when there is none.
    static func successor(_ bytes: [UInt8]) -> [UInt8]? {
        var result = bytes
        while let last = result.last {
            if last < 255 {
                result[result.count - 1] = last + 1
                return result
            }
            result.removeLast()
        }
        return nil
    }
}

/// A position in an index range.
final class IndexCursor {
    private let view: GraphView
    private let descriptor: IndexDescriptor
    /// The range's start, or the last entry handed out.
    private var position: [UInt8]
    private var isAfterPosition = false
    private let end: [UInt8]?
    private var isFinished = false

    fileprivate init(
        view: GraphView, descriptor: IndexDescriptor, start: [UInt8], end: [UInt8]?
    ) {
        self.view = view
        self.descriptor = descriptor
        self.end = end
        position = start
    }

    /// Writes up to `capacity` further entities to `output`; returns their number: less than
    /// `capacity` only at the end.
    func next(into output: UnsafeMutablePointer<UInt32>, capacity: Int) throws -> Int {
        guard !isFinished, let tree = view.indexTree(descriptor.id) else { return 0 }
        let limit = descriptor.entity == .node ? view.nodeIDLimit : view.relationshipIDLimit
        var cursor = BTreeCursor(tree)
        try position.withUnsafeBytes { try cursor.seek($0) }
        var count = 0
        var last: [UInt8]?
        while count < capacity {
            guard let key = try cursor.next() else { break }
            if isAfterPosition, count == 0, isPosition(key) { continue }
            if isBehindEnd(key) { break }
            guard key.count >= 4 else { throw BTreeNodeView.damaged("has a key too short") }
            let entity = IndexEntryList.entity(key)
            guard Int(entity) < limit, try isLive(entity) else {
                throw damaged("names \(descriptor.entity.rawValue) \(entity), which is not there")
            }
            // One a batch is looked at closely, which is each where a key is looked up.
            if count == 0, try !isOwn(key, entity) {
                throw damaged(
                    "names \(descriptor.entity.rawValue) \(entity), which has other values")
            }
            output[count] = entity
            count += 1
            if count == capacity { last = Array(key) }
        }
        if let last {
            // Each batch goes on behind the one before, or a damaged tree would never end.
            let isBehind = position.withUnsafeBytes { old in
                last.withUnsafeBytes { BTreeNodeView.compare(old, $0) < 0 }
            }
            guard isBehind || !isAfterPosition else { throw damaged("is out of order") }
            position = last
            isAfterPosition = true
        } else {
            isFinished = true
        }
        return count
    }

    /// Whether the entity that an entry names is alive; entries that follow each other often name
    /// entities of one chunk.
    private func isLive(_ entity: UInt32) throws -> Bool {
        let row = GraphView.row(of: entity)
        let chunk = GraphView.chunk(of: entity)
        let handle = descriptor.entity == .node
            ? try view.nodeChunk(chunk) : try view.relationshipChunk(chunk)
        return handle.isLive(row)
    }

    /// Whether an entry is what the entity's label or type and values give.
    private func isOwn(_ entry: UnsafeRawBufferPointer, _ entity: UInt32) throws -> Bool {
        let isNode = descriptor.entity == .node
        let isOwner = isNode
            ? view.catalog.labelSets[Int(try view.labelSet(ofNode: entity))]
                .contains(descriptor.labelOrType)
            : try view.endpoints(ofRelationship: entity).type == descriptor.labelOrType
        guard isOwner else { return false }
        var key = IndexKey()
        for property in descriptor.properties {
            let cell = isNode
                ? try view.nodeProperty(entity, property)
                : try view.relationshipProperty(entity, property)
            if cell.isNull { return false }
            try key.append(cell, view.base)
        }
        key.append(entity: entity)
        return key.bytes.withUnsafeBytes { BTreeNodeView.compare($0, entry) == 0 }
    }

    private func damaged(_ what: String) -> NQLError {
        BTreeNodeView.damaged("of index \(descriptor.name) \(what)")
    }

    private func isPosition(_ key: UnsafeRawBufferPointer) -> Bool {
        position.withUnsafeBytes { BTreeNodeView.compare(key, $0) == 0 }
    }

    private func isBehindEnd(_ key: UnsafeRawBufferPointer) -> Bool {
        guard let end else { return false }
        return end.withUnsafeBytes { BTreeNodeView.compare(key, $0) >= 0 }
    }
}

extension GraphView {
    /// Entities of an index range in key order, equal keys by entity; nil when nothing can match.
    /// In a writing view each batch shows the state at its time.
    final func indexSeek(_ index: IndexDescriptor, _ range: IndexRange) -> IndexCursor? {
        guard let bytes = range.bytes(base) else { return nil }
        return IndexCursor(view: self, descriptor: index, start: bytes.start, end: bytes.end)
    }

    /// Equality look-up for many keys: `keys` holds `rowCount` × `propertyCount` values, row by row
    /// (all or leading properties of the index). Calls `body` with every (row, entity) pair,
    /// ascending by row, then key and entity. Rows with a null match nothing.
    final func indexLookup(
        _ index: IndexDescriptor, keys: UnsafePointer<Cell>, propertyCount: Int, rowCount: Int,
        _ body: (Int, UInt32) throws -> Void
    ) throws {
        let room = 256
        try withUnsafeTemporaryAllocation(of: UInt32.self, capacity: room) { buffer in
            guard let output = buffer.baseAddress else { return }
            for row in 0 ..< rowCount {
                let cells = UnsafeBufferPointer(
                    start: keys + row * propertyCount, count: propertyCount)
                guard let cursor = indexSeek(index, IndexRange(equals: Array(cells))) else {
                    continue
                }
                while true {
                    let count = try cursor.next(into: output, capacity: room)
                    for place in 0 ..< count { try body(row, output[place]) }
                    if count < room { break }
                }
            }
        }
    }
}
