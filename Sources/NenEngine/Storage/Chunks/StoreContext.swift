// StoreContext: what every reader of a store needs, and the limits that stored numbers are checked
// against.
//
// Readers index arrays by the numbers of nodes, relationships, label sets, types and keys, so each
// number in a record must lie below what the reader's root has. A record is checked once, for all
// roots that can contain it: those not older than its birth. It is therefore checked against the
// least limits of the roots in use that are as young; later roots have no less. When one has, all
// marks begin a new round.

import NenCore
import Synchronization

/// Bounds of the numbers that a root's records may hold.
struct IdentifierLimits: Sendable, Equatable {
    var labelSets = 0
    var types = 0
    var keys = 0
    var nodes = 0
    var relationships = 0

    init() {}

    init(catalog: Catalog, nodeChunks: Int, relationshipChunks: Int) {
        labelSets = catalog.labelSets.count
        types = catalog.types.count
        keys = catalog.keys.count
        nodes = nodeChunks * ChunkFormat.rowsPerChunk
        relationships = relationshipChunks * ChunkFormat.rowsPerChunk
    }

    /// The lesser of each.
    mutating func narrow(to other: IdentifierLimits) {
        labelSets = min(labelSets, other.labelSets)
        types = min(types, other.types)
        keys = min(keys, other.keys)
        nodes = min(nodes, other.nodes)
        relationships = min(relationships, other.relationships)
    }

    /// Whether each is at least the other's.
    func covers(_ other: IdentifierLimits) -> Bool {
        labelSets >= other.labelSets && types >= other.types && keys >= other.keys
            && nodes >= other.nodes && relationships >= other.relationships
    }
}

/// What every reader of a store needs; one per open store.
final class StoreContext: Sendable {
    let store: PageStore
    let base: HeapBase
    private let validation: ValidationTable
    /// What is known of the values and degrees in the store.
    let estimates = EstimateCache()
    /// What statements needed when they ran.
    let feedback = FeedbackTable()
    /// What commits have left to maintenance.
    let backlog = MaintenanceBacklog()
    /// Offsets below this lie in the region.
    let spanByteCount: UInt64
    private let roots = Mutex(Roots())
    /// Number of the present round of checks.
    private let round = Atomic<UInt64>(0)

    /// The roots in use with their limits.
    private struct Roots {
        var open: [(number: Int, birth: UInt64, limits: IdentifierLimits)] = []
        var nextNumber = 0
        var newest = IdentifierLimits()
    }

    init(store: PageStore) throws {
        self.store = store
        base = HeapBase(address: store.base)
        validation = try ValidationTable(pageCount: store.reservedByteCount / pageByteCount)
        spanByteCount = UInt64(store.reservedByteCount)
    }

    /// Whether a deep cell's bytes are stored (not in private memory).
    @inline(__always)
    func isStored(_ cell: Cell) -> Bool { cell.payload < spanByteCount }

    // MARK: Limits

    /// Notes a root before its chunks are read; `forget` it when nobody reads it any more.
    func note(_ root: ExtentDescriptor, _ limits: IdentifierLimits) -> Int {
        roots.withLock { roots in
            if !limits.covers(roots.newest) { round.add(1, ordering: .relaxed) }
            roots.newest = limits
            roots.nextNumber += 1
            roots.open.append((roots.nextNumber, root.birth, limits))
            return roots.nextNumber
        }
    }

    /// A root that was noted is no longer read.
    func forget(_ number: Int) {
        roots.withLock { $0.open.removeAll { $0.number == number } }
    }

    /// What the numbers in a record of this birth must lie below, with the round this holds for.
    func limits(ofBirth birth: UInt64) -> (limits: IdentifierLimits, round: UInt64) {
        roots.withLock { roots in
            var limits = roots.newest
            for root in roots.open where root.birth >= birth { limits.narrow(to: root.limits) }
            return (limits, round.load(ordering: .relaxed))
        }
    }

    // MARK: Marks

    /// Whether a record, or a part of it, was checked.
    @inline(__always)
    func isValidated(_ record: ExtentDescriptor, _ bit: UInt64) -> Bool {
        validation.contains(record, bit, round: round.load(ordering: .relaxed))
    }

    /// Parts of a record were checked in a round.
    func noteValidated(_ record: ExtentDescriptor, _ bits: UInt64, round: UInt64) {
        validation.insert(record, bits, round: round)
    }

    /// A record that this process wrote: what was checked or made here needs no check.
    func noteWritten(_ record: ExtentDescriptor, marks: UInt64) {
        validation.insert(record, marks, round: round.load(ordering: .relaxed))
    }
}
