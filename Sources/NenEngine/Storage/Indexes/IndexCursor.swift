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
    private var check: IndexEntryCheck
    /// The range's start, or the last entry handed out.
    private var position: [UInt8]
    private var isAfterPosition = false
    /// The range's end; backwards, the first entry of the last run handed out.
    private var end: [UInt8]?
    private let isDescending: Bool
    /// The rest of a long run, on the way backwards.
    private var run: IndexCursor?
    private var isFinished = false

    /// - Parameters:
    ///   - isAfterStart: an entry that is `start` was handed out before.
    ///   - end: nil for the end of the index.
    init(
        _ check: IndexEntryCheck, start: [UInt8], isAfterStart: Bool = false, end: [UInt8]?,
        isDescending: Bool
    ) {
        self.check = check
        self.end = end
        self.isDescending = isDescending
        position = start
        isAfterPosition = isAfterStart
    }

    /// Writes up to `capacity` further entities to `output`; returns their number: less than
    /// `capacity` only at the end.
    func next(into output: UnsafeMutablePointer<UInt32>, capacity: Int) throws -> Int {
        guard let tree = check.view.indexTree(check.descriptor.id) else { return 0 }
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
            output[count] = try check.entity(key, isClose: count == 0)
            count += 1
            if count == capacity { last = Array(key) }
        }
        if let last {
            // Each batch goes on behind the one before, or a damaged tree would never end.
            let isBehind = position.withUnsafeBytes { old in
                last.withUnsafeBytes { BTreeNodeView.compare(old, $0) < 0 }
            }
            guard isBehind || !isAfterPosition else { throw check.damaged("is out of order") }
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
            let entity = try key.map { try check.entity($0, isClose: count == 0) }
            if let key, let entity, !entities.isEmpty, key.values == values {
                entities.append(entity)
                if entities.count <= capacity - count { continue }
                try goBelow(values)
                var end = IndexKey(values)
                run = IndexCursor(
                    check, start: values, end: end.becomeSuccessor() ? end.bytes : nil,
                    isDescending: false)
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
            guard isBelow else { throw check.damaged("is out of order") }
        }
        end = values
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
        var span = IndexSpan()
        guard range.write(to: &span, base) else { return nil }
        return IndexCursor(
            IndexEntryCheck(self, index), start: span.start.bytes,
            end: span.isBounded ? span.end.bytes : nil, isDescending: isDescending)
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
