// AdjacencyTable: chunk → neighbours over one type in one direction, resolved once per chunk. A
// chunk whose group is one plain CSR is answered from three pointers; others through their handle.

import CNenKernels
import NQLSyntax
import NenCore

/// Neighbours over one relationship type in one direction, for all chunks.
final class AdjacencyTable {
    /// A resolved group.
    struct Entry {
        enum Form: UInt8 {
            case unresolved, none, plain, handle
        }
        var offsets: UnsafePointer<UInt32>
        var neighbours: UnsafePointer<UInt32>
        var relationships: UnsafePointer<UInt32>
        var epoch: Int
        /// Index into `handles`.
        var handle: Int32
        var form: Form
    }

    let type: NameID
    let direction: AdjacencyDirection
    private unowned let context: ExecutionContext
    private let entries: PooledArray<Entry>
    private var handles: [AdjacencyHandle] = []
    private var runs: [AdjacencyRun] = []

    init(type: NameID, direction: AdjacencyDirection, _ context: ExecutionContext) {
        self.type = type
        self.direction = direction
        self.context = context
        entries = PooledArray(pool: context.pool)
    }

    private static var nothing: Entry {
        let address = UnsafePointer<UInt32>(bitPattern: 16).unsafelyUnwrapped
        return Entry(
            offsets: address, neighbours: address, relationships: address, epoch: 0, handle: 0,
            form: .unresolved)
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
        var fresh = AdjacencyTable.nothing
        fresh.epoch = epoch
        fresh.form = .none
        let type = type
        let direction = direction
        let group = try storage {
            try graph.nodeChunk(chunk).adjacency(type, direction)
        }
        if let group {
            if let plain = group.plainSegment {
                fresh.form = .plain
                fresh.offsets = group.offsets
                fresh.neighbours = plain.neighbours
                fresh.relationships = plain.relationships
            } else {
                fresh.form = .handle
                let old = entries[chunk]
                if old.form == .handle {
                    fresh.handle = old.handle
                    handles[Int(old.handle)] = group
                } else {
                    fresh.handle = Int32(truncatingIfNeeded: handles.count)
                    handles.append(group)
                }
            }
        }
        entries[chunk] = fresh
        return fresh
    }

    /// Appends a node's runs, ascending, to `output`; empty runs are left out.
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
            handles[Int(entry.handle)].forEachRun(row) { output.append($0) }
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
        case .handle: return handles[Int(entry.handle)].degree(row)
        }
    }

    /// Fetches a node's offsets ahead of use; does nothing for what is not resolved yet.
    @inline(__always)
    func prefetch(_ node: UInt32) {
        let chunk = Int(node &>> 11)
        if chunk < entries.count {
            let entry = entries.pointer[chunk]
            if entry.form == .plain { nen_prefetch(entry.offsets + Int(node & 2_047)) }
        }
    }
}

/// The tables that one step of a pattern walks: types × directions, outgoing before incoming.
final class StepTables {
    /// One table and whether its self-loops are left out (the incoming half of an undirected step).
    struct Half {
        let table: AdjacencyTable
        let skipsLoops: Bool
    }

    private let types: [String]
    private let direction: PatternDirection
    private unowned let context: ExecutionContext
    private(set) var halves: [Half] = []
    private var typeCount = -1

    init(types: [String], direction: PatternDirection, _ context: ExecutionContext) {
        self.types = types
        self.direction = direction
        self.context = context
    }

    /// Adds tables for types that have come into being since the last call.
    func refresh() {
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
        var fresh: [Half] = []
        if direction != .incoming {
            for type in numbers { fresh.append(half(type, .outgoing, skipsLoops: false)) }
        }
        if direction != .outgoing {
            let isUndirected = direction != .incoming
            for type in numbers { fresh.append(half(type, .incoming, skipsLoops: isUndirected)) }
        }
        halves = fresh
    }

    private func half(
        _ type: NameID, _ direction: AdjacencyDirection, skipsLoops: Bool
    ) -> Half {
        for known in halves where known.table.type == type
            && known.table.direction == direction
        {
            return known
        }
        return Half(
            table: AdjacencyTable(type: type, direction: direction, context),
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
        let wanted = Gather.tag(of: kind)
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

    /// The node of a row; nil for null.
    @inline(__always)
    func node(_ row: Int) -> UInt32? {
        let index = isConstant ? 0 : row
        if let validity, !Bitmap.isSet(validity, index) { return nil }
        return ids[index]
    }
}
