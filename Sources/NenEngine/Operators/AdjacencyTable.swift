// AdjacencyTable: chunk → neighbours over one type, or over many, in one direction, resolved once
// per chunk. A chunk whose group is one plain CSR is answered from three pointers, and so is one
// whose groups have been merged; others through their handles. What is looked at is what the chunk
// has, not what the catalog knows: of thousands of types a chunk has a few.

import CNenKernels
import NQLSyntax
import NenCore

/// Neighbours over some relationship types in one direction, for all chunks.
final class AdjacencyTable {
    /// A resolved chunk.
    struct Entry {
        enum Form: UInt8 {
            case unresolved, none, plain, handle
        }
        var offsets: UnsafePointer<UInt32>
        var neighbours: UnsafePointer<UInt32>
        var relationships: RelationshipList
        var form: Form
        /// Every row has one neighbour, row r entry r: the offsets need not be read. Only told by
        /// tables that look for it.
        var isSingle = false
        var epoch: Int

        /// Of form `handle`: index into `handles`, in the place of the relationships.
        var handle: Int { Int(relationships.base) }
    }

    /// Where the neighbours of some nodes begin, and how many there are.
    struct Located {
        let starts: UnsafeMutablePointer<UnsafePointer<UInt32>>
        let relationships: UnsafeMutablePointer<RelationshipList>
        let counts: UnsafeMutablePointer<Int>

        /// In `counts`: they lie in several runs, or in a delta.
        static let isScattered = -1

        init(_ capacity: Int, _ arena: Arena) throws(NQLError) {
            starts = try arena.allocate(UnsafePointer<UInt32>.self, count: capacity)
            relationships = try arena.allocate(RelationshipList.self, count: capacity)
            counts = try arena.allocate(Int.self, count: capacity)
        }
    }

    let types: AdjacencyTypes
    let direction: AdjacencyDirection
    private unowned let context: ExecutionContext
    private let entries: PooledArray<Entry>
    /// The groups of each chunk whose entry is of form `handle`.
    private var handles: [[AdjacencyHandle]] = []
    /// The same for those that have one CSR cut into segments, as that of a chunk with many
    /// neighbours is: most rows lie within a segment.
    private let segmented: PooledArray<Segmented>
    private let segments: PooledArray<AdjacencySegment>

    /// A CSR in pieces; without any for what is less simple.
    private struct Segmented {
        var offsets: UnsafePointer<UInt32>
        /// Where its segments stand, and for how many there is room.
        var first = 0
        var capacity = 0
        var count = 0
    }

    private let merged: MergedAdjacency
    /// Whether chunks are asked if they have one neighbour throughout; worth it when many of their
    /// rows are.
    private let findsSingles: Bool
    /// States of the graph that chunks were resolved for.
    private var epochsSeen = 0
    private var lastEpoch = 0

    /// A statement that changes the graph between its reads does not merge anew each time.
    private static let mergedEpochsMax = 4

    init(
        types: AdjacencyTypes, direction: AdjacencyDirection, findsSingles: Bool,
        _ context: ExecutionContext
    ) {
        self.types = types
        self.direction = direction
        self.findsSingles = findsSingles
        self.context = context
        entries = PooledArray(pool: context.pool)
        segmented = PooledArray(pool: context.pool)
        segments = PooledArray(pool: context.pool)
        merged = MergedAdjacency(pool: context.pool)
    }

    private static var nothing: Entry {
        let address = UnsafePointer<UInt32>(bitPattern: 16).unsafelyUnwrapped
        return Entry(
            offsets: address, neighbours: address, relationships: RelationshipList(address),
            form: .unresolved, epoch: 0)
    }

    /// The group of a chunk, current as of the context's epoch.
    @inline(__always)
    func entry(_ chunk: Int, _ epoch: Int) throws(NQLError) -> Entry {
        if chunk < entries.count {
            let entry = entries.pointer[chunk]
            if entry.epoch == epoch { return entry }
        }
        return try resolve(chunk, epoch)
    }

    @inline(never)
    private func resolve(_ chunk: Int, _ epoch: Int) throws(NQLError) -> Entry {
        let graph = context.graph
        if chunk >= entries.count {
            try entries.resize(
                max(graph.nodeChunkCount, chunk + 1), filling: AdjacencyTable.nothing)
        }
        if epoch != lastEpoch {
            lastEpoch = epoch
            epochsSeen &+= 1
        }
        let found: [AdjacencyHandle] = try storage {
            try groups(of: graph.nodeChunk(chunk))
        }
        let fresh = try entry(for: found, chunk, epoch)
        entries[chunk] = fresh
        return fresh
    }

    /// The groups of a chunk that belong here.
    private func groups(of chunk: ChunkHandle) throws -> [AdjacencyHandle] {
        if case .one(let type) = types {
            return try chunk.adjacency(type, direction).map { [$0] } ?? []
        }
        var groups: [AdjacencyHandle] = []
        try chunk.forEachAdjacency { group in
            if group.direction == direction, types.contains(group.type) { groups.append(group) }
        }
        return groups
    }

    private func entry(
        for groups: [AdjacencyHandle], _ chunk: Int, _ epoch: Int
    ) throws(NQLError) -> Entry {
        var fresh = AdjacencyTable.nothing
        fresh.epoch = epoch
        fresh.form = .none
        guard let first = groups.first else { return fresh }
        if groups.count == 1, let plain = first.plainSegment {
            fresh.form = .plain
            fresh.offsets = first.offsets
            fresh.neighbours = plain.neighbours
            fresh.relationships = plain.relationships
            if findsSingles {
                let rowCount = try storage { try context.graph.nodeChunk(chunk).rowCount }
                fresh.isSingle = first.isCounting || first.entryCount == rowCount
                    && SortedRun.isIdentity(first.offsets, rowCount)
            }
            return fresh
        }
        let rowCount = try storage { try context.graph.nodeChunk(chunk).rowCount }
        if epochsSeen <= AdjacencyTable.mergedEpochsMax,
            MergedAdjacency.isWorthwhile(groups, rowCount: rowCount)
        {
            let whole = try merged.merge(groups, rowCount: rowCount)
            fresh.form = .plain
            fresh.offsets = whole.offsets
            fresh.neighbours = whole.neighbours
            fresh.relationships = RelationshipList(whole.relationships)
            return fresh
        }
        fresh.form = .handle
        let old = entries[chunk]
        let number: Int
        if old.form == .handle {
            number = old.handle
            handles[number] = groups
        } else {
            number = handles.count
            handles.append(groups)
            try segmented.append(Segmented(offsets: first.offsets))
        }
        fresh.relationships = RelationshipList(first.offsets, plus: UInt32(number))
        try note(groups, at: number)
        return fresh
    }

    /// Keeps the segments of a chunk that has one CSR and no changes.
    private func note(_ groups: [AdjacencyHandle], at place: Int) throws(NQLError) {
        let group = groups[0]
        var pieces = segmented[place]
        pieces.offsets = group.offsets
        let isSimple = groups.count == 1 && group.form == .dense && group.deltaCount == 0
        pieces.count = isSimple ? group.segmentCount : 0
        if pieces.count > pieces.capacity {
            (pieces.first, pieces.capacity) = (segments.count, pieces.count)
            try segments.resizeUninitialized(segments.count + pieces.count)
        }
        for index in 0 ..< pieces.count {
            segments[pieces.first + index] = group.segment(index)
        }
        segmented[place] = pieces
    }

    /// The neighbours of a row of a chunk of form `handle`, if they lie in one piece; nil
    /// otherwise.
    @inline(__always)
    private func run(_ row: Int, _ entry: Entry) -> AdjacencyRun? {
        let pieces = segmented.pointer[entry.handle]
        if pieces.count == 0 { return nil }
        let start = pieces.offsets[row]
        let end = pieces.offsets[row &+ 1]
        let list = segments.pointer + pieces.first
        var index = pieces.count &- 1
        while list[index].start > start { index &-= 1 }
        let segment = list[index]
        if end &- segment.start > segment.count { return nil }
        let place = Int(start &- segment.start)
        return AdjacencyRun(
            neighbours: segment.neighbours + place, relationships: segment.relationships + place,
            count: Int(end &- start))
    }

    /// Lets go of merged chunks when they take more than what is left of the memory. Nothing
    /// handed out may be in use.
    func trim() {
        let account = context.pool.account
        let room = account.limitBytes - account.heldBytes
        if merged.byteCount <= max(room, AdjacencyTable.mergedBytesMin) { return }
        merged.removeAll()
        for chunk in 0 ..< entries.count where entries[chunk].form == .plain {
            entries[chunk] = AdjacencyTable.nothing
        }
    }

    /// Merged chunks of this size are always kept.
    private static let mergedBytesMin = 1 << 20

    /// Appends a node's runs, each ascending, to `output`; empty runs are left out.
    func appendRuns(_ node: UInt32, to output: inout [AdjacencyRun]) throws(NQLError) {
        let entry = try entry(Int(node &>> 11), context.writeEpoch)
        let row = Int(node & 2_047)
        switch entry.form {
        case .unresolved, .none: return
        case .plain:
            let start = Int(entry.offsets[row])
            let count = Int(entry.offsets[row &+ 1]) &- start
            if count == 0 { return }
            output.append(
                AdjacencyRun(
                    neighbours: entry.neighbours + start,
                    relationships: entry.relationships + start, count: count))
        case .handle:
            if let run = run(row, entry) {
                if run.count > 0 { output.append(run) }
                return
            }
            for group in handles[entry.handle] {
                group.forEachRun(row) { output.append($0) }
            }
        }
    }

    /// Finds the neighbours of `count` nodes, `.max` standing for no node. All offsets are asked
    /// for before the first is read, and all neighbours before the caller reads one, so that it
    /// waits for memory twice, and not twice for each node.
    func locate(
        _ nodes: UnsafePointer<UInt32>, _ count: Int, _ epoch: Int, into located: Located
    ) throws(NQLError) {
        if count > 1 {
            for index in 0 ..< count { prefetch(nodes[index]) }
        }
        let (starts, counts) = (located.starts, located.counts)
        let relationships = located.relationships
        for index in 0 ..< count {
            let node = nodes[index]
            if node == .max {
                counts[index] = 0
                continue
            }
            if index > 0, node == nodes[index &- 1] {
                counts[index] = counts[index &- 1]
                if counts[index] > 0 {
                    starts[index] = starts[index &- 1]
                    relationships[index] = relationships[index &- 1]
                }
                continue
            }
            let entry = try entry(Int(node &>> 11), epoch)
            let row = Int(node & 2_047)
            switch entry.form {
            case .unresolved, .none: counts[index] = 0
            case .handle:
                guard let run = run(row, entry) else {
                    counts[index] = Located.isScattered
                    continue
                }
                starts[index] = run.neighbours
                relationships[index] = run.relationships
                counts[index] = run.count
                nen_prefetch(run.neighbours)
            case .plain:
                let start = entry.isSingle ? row : Int(entry.offsets[row])
                let end = entry.isSingle ? row &+ 1 : Int(entry.offsets[row &+ 1])
                starts[index] = entry.neighbours + start
                relationships[index] = entry.relationships + start
                counts[index] = end &- start
                nen_prefetch(entry.neighbours + start)
            }
        }
    }

    /// Number of a node's neighbours.
    @inline(__always)
    func degree(_ node: UInt32, _ epoch: Int) throws(NQLError) -> Int {
        let entry = try entry(Int(node &>> 11), epoch)
        let row = Int(node & 2_047)
        switch entry.form {
        case .unresolved, .none: return 0
        case .plain: return Int(entry.offsets[row &+ 1] &- entry.offsets[row])
        case .handle:
            var total = 0
            for group in handles[entry.handle] { total &+= group.degree(row) }
            return total
        }
    }

    /// Number of the neighbours of the `rowCount` nodes of a chunk; changes count as further ones.
    func neighbourCount(
        _ chunk: Int, _ rowCount: Int, _ epoch: Int
    ) throws(NQLError) -> Int {
        let entry = try entry(chunk, epoch)
        switch entry.form {
        case .unresolved, .none: return 0
        case .plain: return Int(entry.offsets[rowCount] &- entry.offsets[0])
        case .handle:
            var total = 0
            for group in handles[entry.handle] { total &+= group.entryCount &+ group.deltaCount }
            return total
        }
    }

    /// Fetches a node's offsets ahead of use; does nothing for what is not resolved yet.
    @inline(__always)
    func prefetch(_ node: UInt32) {
        let chunk = Int(node &>> 11)
        if chunk < entries.count {
            let entry = entries.pointer[chunk]
            if entry.form == .plain {
                let first = entry.isSingle ? entry.neighbours : entry.offsets
                nen_prefetch(first + Int(node & 2_047))
            }
        }
    }

    /// Fetches a node's first neighbours ahead of use, when its offsets have been fetched.
    @inline(__always)
    func prefetchNeighbours(_ node: UInt32, _ epoch: Int, relationships: Bool) {
        let chunk = Int(node &>> 11)
        if chunk < entries.count {
            let entry = entries.pointer[chunk]
            // Offsets of another state need not go as far as the node.
            if entry.form == .plain && entry.epoch == epoch {
                let first = Int(entry.offsets[Int(node & 2_047)])
                nen_prefetch(entry.neighbours + first)
                if relationships { (entry.relationships + first).prefetch() }
            }
        }
    }
}

/// The tables that one step of a pattern walks, outgoing before incoming: one for each type and
/// direction, or where there are many types one for all of them.
final class StepTables {
    /// One table and whether its self-loops are left out (the incoming half of an undirected step).
    struct Half {
        let table: AdjacencyTable
        let skipsLoops: Bool
    }

    private let types: [String]
    private let direction: PatternDirection
    private let findsSingles: Bool
    private unowned let context: ExecutionContext
    private(set) var halves: [Half] = []
    private var typeCount = -1

    /// - Parameter findsSingles: many nodes of each chunk are walked from.
    init(
        types: [String], direction: PatternDirection, findsSingles: Bool = false,
        _ context: ExecutionContext
    ) {
        self.types = types
        self.direction = direction
        self.findsSingles = findsSingles
        self.context = context
    }

    /// Types up to which each gets a table of its own.
    private static let apartMax = 8

    /// Takes up types that have come into being since the last call, and lets go of what takes too
    /// much memory. Runs handed out before are no longer valid.
    func refresh() {
        for half in halves { half.table.trim() }
        let catalog = context.graph.catalog
        if catalog.types.count == typeCount { return }
        typeCount = catalog.types.count
        var numbers: [NameID] = []
        if types.isEmpty {
            numbers = (0 ..< catalog.types.count).map { NameID($0) }
        } else {
            for name in types {
                if let type = catalog.type(name), !numbers.contains(type) { numbers.append(type) }
            }
        }
        let groups: [AdjacencyTypes]
        if numbers.count > StepTables.apartMax {
            groups = [types.isEmpty ? .all : .some(numbers.sorted())]
        } else {
            groups = numbers.map { .one($0) }
        }
        var fresh: [Half] = []
        if direction != .incoming {
            for types in groups { fresh.append(half(types, .outgoing, skipsLoops: false)) }
        }
        if direction != .outgoing {
            let isUndirected = direction != .incoming
            for types in groups { fresh.append(half(types, .incoming, skipsLoops: isUndirected)) }
        }
        halves = fresh
    }

    private func half(
        _ types: AdjacencyTypes, _ direction: AdjacencyDirection, skipsLoops: Bool
    ) -> Half {
        for known in halves
        where known.table.types == types && known.table.direction == direction {
            return known
        }
        return Half(
            table: AdjacencyTable(
                types: types, direction: direction, findsSingles: findsSingles, context),
            skipsLoops: skipsLoops)
    }
}

/// Node numbers of a column, with null rows marked.
struct NodeColumn {
    let ids: UnsafePointer<UInt32>
    let validity: UnsafePointer<UInt64>?
    let isConstant: Bool

    /// - Throws: `TypeError` for a value that is neither `kind` nor null.
    init(
        _ vector: Vector, _ count: Int, _ arena: Arena, _ kind: VectorKind = .node
    ) throws(NQLError) {
        if vector.kind == kind {
            ids = vector.entities
            validity = vector.validity
            isConstant = vector.isConstant
            return
        }
        let length = vector.isConstant ? 1 : count
        let numbers = try arena.allocate(UInt32.self, count: max(1, length))
        let bits = try Bitmap.make(max(1, length), value: true, arena)
        let wanted = kind.tag
        for row in 0 ..< length {
            let cell = vector.cell(at: row)
            numbers[row] = cell.entity
            if cell.isNull {
                Bitmap.clear(bits, row)
            } else if cell.tag != wanted {
                throw .runtime(
                    .type, "InvalidArgumentType",
                    "Expected a \(wanted.typeName), found a value of type "
                        + "\(cell.tag.typeName).")
            }
        }
        ids = UnsafePointer(numbers)
        validity = UnsafePointer(bits)
        isConstant = vector.isConstant
    }

    /// Whether memory is worth fetching ahead for the first `count` rows: nodes that stand one
    /// behind the other, as in a scan, are met in order anyway.
    func isScattered(_ count: Int) -> Bool {
        if isConstant || validity != nil || count < 2 { return false }
        let (first, last) = (ids[0], ids[count &- 1])
        return last < first || Int(last &- first) > count &* 4
    }

    /// The node of a row; nil for null.
    @inline(__always)
    func node(_ row: Int) -> UInt32? {
        let index = isConstant ? 0 : row
        if let validity, !Bitmap.isSet(validity, index) { return nil }
        return ids[index]
    }
}
