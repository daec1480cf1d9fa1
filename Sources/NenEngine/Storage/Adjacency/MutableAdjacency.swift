// MutableAdjacency: one (type, direction) group of a chunk in a write transaction. Changes go to
// the delta; when that is full, or at a commit that finds it long, it is folded into the base.

import NenCore

/// Sorted changes to a base; see ChunkFormat for the order.
struct AdjacencyDelta {
    private(set) var count = 0
    private var neighbours = ArraySlot.empty
    private var relationships = ArraySlot.empty
    private var rows = ArraySlot.empty
    private var capacity = 0

    /// An empty delta.
    init() {}

    /// The stored delta of a group.
    init(stored group: AdjacencyHandle) {
        count = group.deltaCount
        func slot(_ pointer: UnsafeRawPointer, _ width: Int) -> ArraySlot {
            ArraySlot(pointer: pointer, byteCount: group.deltaCount * width, extent: .none)
        }
        neighbours = slot(group.deltaNeighbours, 4)
        relationships = slot(group.deltaRelationships, 4)
        rows = slot(group.deltaRows, 2)
    }

    var neighbourPointer: UnsafePointer<UInt32> {
        neighbours.pointer.assumingMemoryBound(to: UInt32.self)
    }
    var relationshipPointer: UnsafePointer<UInt32> {
        relationships.pointer.assumingMemoryBound(to: UInt32.self)
    }
    var rowPointer: UnsafePointer<UInt16> { rows.pointer.assumingMemoryBound(to: UInt16.self) }

    /// First place not below (row, neighbour, relationship).
    func lowerBound(_ row: UInt16, _ neighbour: UInt32, _ relationship: UInt32) -> Int {
        let rows = rowPointer
        let neighbours = neighbourPointer
        let relationships = relationshipPointer
        var low = 0
        var length = count
        while length > 0 {
            let half = length &>> 1
            let place = low &+ half
            let found = rows[place] & 0x7FFF
            let isBelow: Bool
            if found != row {
                isBelow = found < row
            } else if neighbours[place] != neighbour {
                isBelow = neighbours[place] < neighbour
            } else {
                isBelow = relationships[place] < relationship
            }
            if isBelow {
                low = place &+ 1
                length = length &- half &- 1
            } else {
                length = half
            }
        }
        return low
    }

    /// Whether the entry at `place` is of this row, neighbour and relationship.
    func isEntry(_ place: Int, _ row: UInt16, _ neighbour: UInt32, _ relationship: UInt32) -> Bool {
        place < count && rowPointer[place] & 0x7FFF == row
            && neighbourPointer[place] == neighbour && relationshipPointer[place] == relationship
    }

    func isDeletion(_ place: Int) -> Bool { rowPointer[place] & ChunkFormat.deletionFlag != 0 }

    mutating func insert(at place: Int, flaggedRow: UInt16, _ neighbour: UInt32, _ id: UInt32) {
        if count == capacity || capacity == 0 { capacity = max(16, count * 2) }
        let tail = count &- place
        let first = neighbours.writable(capacity: capacity * 4)
            .assumingMemoryBound(to: UInt32.self)
        let second = relationships.writable(capacity: capacity * 4)
            .assumingMemoryBound(to: UInt32.self)
        let third = rows.writable(capacity: capacity * 2).assumingMemoryBound(to: UInt16.self)
        if tail > 0 {
            (first + place + 1).update(from: first + place, count: tail)
            (second + place + 1).update(from: second + place, count: tail)
            (third + place + 1).update(from: third + place, count: tail)
        }
        first[place] = neighbour
        second[place] = id
        third[place] = flaggedRow
        count &+= 1
        noteCount()
    }

    mutating func remove(at place: Int) {
        let tail = count &- place &- 1
        let room = max(capacity, count)
        let first = neighbours.writable(capacity: room * 4).assumingMemoryBound(to: UInt32.self)
        let second = relationships.writable(capacity: room * 4)
            .assumingMemoryBound(to: UInt32.self)
        let third = rows.writable(capacity: room * 2).assumingMemoryBound(to: UInt16.self)
        capacity = room
        (first + place).update(from: first + place + 1, count: tail)
        (second + place).update(from: second + place + 1, count: tail)
        (third + place).update(from: third + place + 1, count: tail)
        count &-= 1
        noteCount()
    }

    private mutating func noteCount() {
        neighbours.byteCount = count &* 4
        relationships.byteCount = count &* 4
        rows.byteCount = count &* 2
    }
}

/// A stretch of a base with the arrays it lies in.
struct MutableSegment {
    var start: Int
    var count: Int
    var neighbours: ArraySlot
    /// Empty where relationships are not listed.
    var relationships: ArraySlot
    var form = RelationshipForm.listed
    /// What is added in a form that lists none.
    var base: UInt32 = 0

    /// Lets go of the relationships where they follow from something else.
    mutating func settle() {
        guard form == .listed, count > 0 else { return }
        let fitting = RelationshipForm.fitting(
            neighbours.pointer.assumingMemoryBound(to: UInt32.self),
            relationships.pointer.assumingMemoryBound(to: UInt32.self), count)
        if fitting.form == .listed { return }
        (form, base) = fitting
        relationships = .empty
    }

    /// Pointers to the arrays.
    var resolved: AdjacencySegment {
        let neighbours = neighbours.pointer.assumingMemoryBound(to: UInt32.self)
        let words = switch form {
        case .listed: relationships.pointer.assumingMemoryBound(to: UInt32.self)
        case .consecutive: CountingNumbers.pointer
        case .parallel: neighbours
        }
        return AdjacencySegment(
            start: UInt32(start), count: UInt32(count), neighbours: neighbours,
            relationships: RelationshipList(words, plus: base))
    }
}

/// A group in private form.
struct MutableAdjacency {
    let type: NameID
    let direction: AdjacencyDirection
    var form: AdjacencyForm
    var sourceCount: Int
    var sourceRows: ArraySlot
    var offsets: ArraySlot
    var entryCount: Int
    var segments: [MutableSegment]
    var delta: AdjacencyDelta
    /// Number in the stored record while nothing was validated yet; -1 afterwards.
    private var storedIndex: Int
    /// The segments as handles want them; one `AdjacencySegment` each.
    private var resolved: ChunkBuffer?

    /// Whether the arrays may be read: they were checked, or made here. An unverified group is
    /// carried to the next record as it is, by reference.
    var isVerified: Bool { storedIndex < 0 }

    /// Changes that are folded while a transaction runs.
    static let privateDeltaMax = 2_048
    /// Changes that a commit leaves beside the smallest base.
    static let foldedDeltaMin = 64

    init(type: NameID, direction: AdjacencyDirection) {
        self.type = type
        self.direction = direction
        form = .none
        sourceCount = 0
        sourceRows = .empty
        offsets = .empty
        entryCount = 0
        segments = []
        delta = AdjacencyDelta()
        storedIndex = -1
    }

    /// Group `index` of a record, nothing touched.
    init(stored chunk: StoredChunk, index: Int) {
        let group = chunk.uncheckedAdjacency(at: index)
        let descriptor = chunk.adjacencyDescriptor(index)
        type = group.type
        direction = group.direction
        form = group.form
        sourceCount = group.sourceCount
        sourceRows = chunk.slot(ArrayRef(from: descriptor + 32))
        offsets = group.isCounting
            ? .counting(chunk.capacity + 1) : chunk.slot(ArrayRef(from: descriptor + 64))
        entryCount = group.entryCount
        delta = AdjacencyDelta(stored: group)
        storedIndex = index
        segments = []
        let table = chunk.record
            + Int(descriptor.load(fromByteOffset: 20, as: UInt32.self))
        for number in 0 ..< group.segmentCount {
            let entry = table + number * ChunkFormat.segmentByteCount
            let segment = group.segment(number)
            segments.append(
                MutableSegment(
                    start: Int(segment.start), count: Int(segment.count),
                    neighbours: chunk.slot(ArrayRef(from: entry + 8)),
                    relationships: chunk.slot(ArrayRef(from: entry + 40)),
                    form: StoredChunk.form(ofSegment: entry), base: segment.relationships.base))
        }
        resolve()
    }

    /// Ascending order of groups in a record.
    var sortKey: UInt64 { UInt64(type) &<< 8 | UInt64(direction.rawValue) }

    /// Whether a commit folds the delta: it is as long as a record allows, or so long that its
    /// entries pay for the fold, each for writing 128 of the base.
    var isDeltaLong: Bool {
        delta.count > ChunkFormat.deltaCountMax
            || (delta.count >= MutableAdjacency.foldedDeltaMin && delta.count * 128 >= entryCount)
    }

    /// Whether it has forms of version 3.
    var isCompact: Bool { offsets.isCounting || segments.contains { $0.form != .listed } }

    /// Nothing in base or delta.
    var isEmpty: Bool { entryCount == 0 && delta.count == 0 }

    /// Validates the stored arrays, once, before their first use.
    @inline(__always)
    mutating func validate(_ stored: StoredChunk?) throws {
        if storedIndex >= 0, let stored {
            _ = try stored.adjacency(at: storedIndex)
            storedIndex = -1
        }
    }

    /// Rebuilds the segment list that handles point to.
    mutating func resolve() {
        let stride = MemoryLayout<AdjacencySegment>.stride
        let buffer = ChunkBuffer(byteCount: segments.count * stride)
        let list = buffer.bytes.assumingMemoryBound(to: AdjacencySegment.self)
        for (index, segment) in segments.enumerated() {
            (list + index).initialize(to: segment.resolved)
        }
        resolved = buffer
    }

    /// Pointers to the present state.
    func handle() -> AdjacencyHandle {
        let list = resolved?.bytes ?? UnsafeMutableRawPointer(bitPattern: 16).unsafelyUnwrapped
        return AdjacencyHandle(
            type: type, direction: direction, form: form, sourceCount: sourceCount,
            sourceRows: sourceRows.pointer.assumingMemoryBound(to: UInt16.self),
            offsets: offsets.pointer.assumingMemoryBound(to: UInt32.self),
            entryCount: entryCount, segmentCount: segments.count,
            segments: .changed(
                UnsafePointer(list.assumingMemoryBound(to: AdjacencySegment.self))),
            deltaCount: delta.count, deltaNeighbours: delta.neighbourPointer,
            deltaRelationships: delta.relationshipPointer, deltaRows: delta.rowPointer)
    }

    // MARK: Changes

    /// Adds a relationship of `row`.
    /// - Throws: a corruption error when a damaged group has it already.
    mutating func insert(
        _ row: Int, neighbour: UInt32, relationship: UInt32, capacity: Int
    ) throws {
        let flagged = UInt16(truncatingIfNeeded: row)
        let place = delta.lowerBound(flagged, neighbour, relationship)
        if delta.isEntry(place, flagged, neighbour, relationship) {
            guard delta.isDeletion(place) else {
                throw NQLError.damaged(
                    "adjacency", "has relationship \(relationship) in row \(row) already")
            }
            // The base has the entry and the delta took it away: both cancel out.
            delta.remove(at: place)
            return
        }
        delta.insert(at: place, flaggedRow: flagged, neighbour, relationship)
        if delta.count >= MutableAdjacency.privateDeltaMax { try fold(capacity: capacity) }
    }

    /// Removes a relationship of `row`.
    /// - Returns: false when the row does not have it.
    mutating func remove(
        _ row: Int, neighbour: UInt32, relationship: UInt32, capacity: Int
    ) throws -> Bool {
        let flagged = UInt16(truncatingIfNeeded: row)
        let place = delta.lowerBound(flagged, neighbour, relationship)
        if delta.isEntry(place, flagged, neighbour, relationship) {
            if delta.isDeletion(place) { return false }
            delta.remove(at: place)
            return true
        }
        let group = handle()
        let range = group.baseRange(row)
        let position = group.lowerBound(
            from: range.start, to: range.end, neighbour, relationship)
        guard position < range.end, group.entry(at: position) == (neighbour, relationship) else {
            return false
        }
        delta.insert(
            at: place, flaggedRow: flagged | ChunkFormat.deletionFlag, neighbour, relationship)
        if delta.count >= MutableAdjacency.privateDeltaMax { try fold(capacity: capacity) }
        return true
    }

    /// The chunk's capacity grew: a dense base needs offsets for the new rows.
    mutating func grow(from old: Int, to capacity: Int) {
        guard form == .dense else { return }
        let list = offsets.writable(capacity: (capacity + 1) * 4)
            .assumingMemoryBound(to: UInt32.self)
        for row in old + 1 ... capacity { list[row] = list[old] }
        offsets.byteCount = (capacity + 1) * 4
    }

    /// Makes a commit write the arrays anew that lie on `page` or behind it.
    mutating func vacate(from page: PageNumber, _ stored: StoredChunk?) throws {
        func isVacated(_ slot: ArraySlot) -> Bool {
            !slot.extent.isNone && slot.extent.page >= page
        }
        guard isVacated(sourceRows) || isVacated(offsets)
            || segments.contains(where: { isVacated($0.neighbours) || isVacated($0.relationships) })
        else { return }
        try validate(stored)
        sourceRows.vacate(from: page)
        offsets.vacate(from: page)
        for index in segments.indices {
            segments[index].neighbours.vacate(from: page)
            segments[index].relationships.vacate(from: page)
        }
        resolve()
    }
}
