// IndexCursor: entities of an index range, in key order or against it, batch by batch. Each batch
// descends anew behind the last entry it handed out, so that a cursor on a writing view needs no
// protection from changes.
//
// Entities of equal values come ascending by number in either direction, as they stand in a stable
// sort of a scan. So a walk backwards goes from one *run* of equal values to the one before it, and
// through each run forwards; a run that does not fit into a batch gets a cursor of its own.

import NenCore

/// A position in an index range.
final class IndexCursor {
    private let view: GraphView
    private let descriptor: IndexDescriptor
    /// The range's start, or the last entry handed out.
    private var position: [UInt8]
    private var isAfterPosition = false
    /// The range's end; backwards, the first entry of the last run handed out.
    private var end: [UInt8]?
    private let isDescending: Bool
    /// The rest of a long run, on the way backwards.
    private var run: IndexCursor?
    private var isFinished = false

    fileprivate init(
        view: GraphView, descriptor: IndexDescriptor, start: [UInt8], end: [UInt8]?,
        isDescending: Bool
    ) {
        self.view = view
        self.descriptor = descriptor
        self.end = end
        self.isDescending = isDescending
        position = start
    }

    /// Writes up to `capacity` further entities to `output`; returns their number: less than
    /// `capacity` only at the end.
    func next(into output: UnsafeMutablePointer<UInt32>, capacity: Int) throws -> Int {
        guard let tree = view.indexTree(descriptor.id) else { return 0 }
        return isDescending
            ? try nextDescending(tree, output, capacity)
            : try nextAscending(tree, output, capacity)
    }

    // MARK: Forwards

    private func nextAscending(
        _ tree: BTree, _ output: UnsafeMutablePointer<UInt32>, _ capacity: Int
    ) throws -> Int {
        if isFinished { return 0 }
        var cursor = BTreeCursor(tree)
        try position.withUnsafeBytes { try cursor.seek($0) }
        var count = 0
        var last: [UInt8]?
        while count < capacity {
            guard let key = try cursor.next() else { break }
            if isAfterPosition, count == 0, isPosition(key) { continue }
            if isBehindEnd(key) { break }
            // One a batch is looked at closely, which is each where a key is looked up.
            output[count] = try entity(key, isChecked: count == 0)
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

    // MARK: Backwards

    private func nextDescending(
        _ tree: BTree, _ output: UnsafeMutablePointer<UInt32>, _ capacity: Int
    ) throws -> Int {
        var count = 0
        while count < capacity {
            if let run {
                count += try run.next(into: output + count, capacity: capacity - count)
                if count == capacity { break }
                self.run = nil
            }
            if isFinished { break }
            var cursor = BTreeCursor(tree)
            if let end { try end.withUnsafeBytes { try cursor.seek($0) } } else {
                try cursor.seekEnd()
            }
            count += try appendRuns(&cursor, output + count, capacity - count)
        }
        return count
    }

    /// Runs before the cursor, the last one first, as many as fit; a run that does not is left to
    /// `run`.
    private func appendRuns(
        _ cursor: inout BTreeCursor, _ output: UnsafeMutablePointer<UInt32>, _ capacity: Int
    ) throws -> Int {
        var count = 0
        var entities: [UInt32] = []
        var values: [UInt8] = []
        while true {
            var key = try cursor.previous()
            if let found = key, isBeforeStart(found) { key = nil }
            let entity = try key.map { try self.entity($0, isChecked: count == 0) }
            if let key, let entity, !entities.isEmpty, key.values == values {
                entities.append(entity)
                if entities.count <= capacity - count { continue }
                try goBelow(values)
                run = IndexCursor(
                    view: view, descriptor: descriptor, start: values,
                    end: IndexRange.successor(values), isDescending: false)
                return count
            }
            for entity in entities.reversed() {
                output[count] = entity
                count += 1
            }
            if !entities.isEmpty { try goBelow(values) }
            guard let key, let entity else {
                isFinished = true
                return count
            }
            if count == capacity { return count }
            entities = [entity]
            values = Array(key.values)
        }
    }

    /// Goes on below these values; each run lies below the one before, or a damaged tree would
    /// never end.
    private func goBelow(_ values: [UInt8]) throws {
        if let end {
            let isBelow = values.withUnsafeBytes { new in
                end.withUnsafeBytes { BTreeNodeView.compare(new, $0) < 0 }
            }
            guard isBelow else { throw damaged("is out of order") }
        }
        end = values
    }

    // MARK: Entries

    /// The entity that an entry names; with `isChecked` its values are compared, too.
    private func entity(
        _ key: UnsafeRawBufferPointer, isChecked: Bool
    ) throws -> UInt32 {
        guard key.count >= 4 else { throw BTreeNodeView.damaged("has a key too short") }
        let entity = IndexEntryList.entity(key)
        let limit = descriptor.entity == .node ? view.nodeIDLimit : view.relationshipIDLimit
        guard Int(entity) < limit, try isLive(entity) else {
            throw damaged("names \(descriptor.entity.rawValue) \(entity), which is not there")
        }
        if isChecked, try !isOwn(key, entity) {
            throw damaged("names \(descriptor.entity.rawValue) \(entity), which has other values")
        }
        return entity
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

    private func isBeforeStart(_ key: UnsafeRawBufferPointer) -> Bool {
        position.withUnsafeBytes { BTreeNodeView.compare(key, $0) < 0 }
    }

    private func isBehindEnd(_ key: UnsafeRawBufferPointer) -> Bool {
        guard let end else { return false }
        return end.withUnsafeBytes { BTreeNodeView.compare(key, $0) >= 0 }
    }
}

extension GraphView {
    /// Entities of an index range in key order, or against it; of equal keys ascending by entity.
    /// Nil when nothing can match. In a writing view each batch shows the state at its time.
    final func indexSeek(
        _ index: IndexDescriptor, _ range: IndexRange, isDescending: Bool = false
    ) -> IndexCursor? {
        guard let bytes = range.bytes(base) else { return nil }
        return IndexCursor(
            view: self, descriptor: index, start: bytes.start, end: bytes.end,
            isDescending: isDescending)
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

extension UnsafeRawBufferPointer {
    /// An entry without the entity's number.
    fileprivate var values: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: dropLast(4))
    }

    fileprivate static func == (entry: UnsafeRawBufferPointer, values: [UInt8]) -> Bool {
        values.withUnsafeBytes { BTreeNodeView.compare(entry, $0) == 0 }
    }
}
