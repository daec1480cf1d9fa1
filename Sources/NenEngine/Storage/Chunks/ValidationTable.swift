// ValidationTable: which chunk records, columns and adjacency groups were checked against the
// format since open. Checksums are the page layer's; this is about meaning: bounds, order, cells
// that point into their heaps. With both done once, reads take no further checks.
//
// One word per page of the region, used at the first page of a record; memory appears only where
// records are. Low half: the low 32 bits of the record's birth, so that a reused page begins anew.
// High half: bit 0 the record; 1 ... 23 column 0 ... 22 (23: all further); 24 ... 31 adjacency
// group 0 ... 7 (31: all further). Several threads may check the same thing at once; that does no
// harm.

import CNenKernels
import Glibc
import NenCore
import Synchronization

/// The once-per-open marks of a store.
final class ValidationTable: @unchecked Sendable {
    // Sendable: words are read and written atomically.
    private let words: UnsafeMutableRawPointer
    private let byteCount: Int

    static let recordBit: UInt64 = 1 << 32

    init(pageCount: Int) throws {
        byteCount = pageCount * 8
        guard let start = nen_map(-1, byteCount, true) else {
            throw NQLError.runtime(
                .database, "AddressSpace", "the system refused address space for the format check",
                hint: "raise the limit of virtual memory (ulimit -v)")
        }
        words = start
    }

    deinit { munmap(words, byteCount) }

    /// The mark of column `index` of a record.
    @inline(__always)
    static func columnBit(_ index: Int) -> UInt64 { 1 << UInt64(33 &+ min(index, 22)) }

    /// The mark of adjacency group `index` of a record.
    @inline(__always)
    static func adjacencyBit(_ index: Int) -> UInt64 { 1 << UInt64(56 &+ min(index, 7)) }

    @inline(__always)
    func contains(_ record: ExtentDescriptor, _ bit: UInt64) -> Bool {
        let word = nen_load64(words + Int(record.page) &* 8)
        let isSame = UInt32(truncatingIfNeeded: word) == UInt32(truncatingIfNeeded: record.birth)
        return isSame && word & bit != 0
    }

    /// Sets marks; those of an older record at this page are dropped.
    func insert(_ record: ExtentDescriptor, _ bits: UInt64) {
        let word = words + Int(record.page) &* 8
        let birth = UInt64(UInt32(truncatingIfNeeded: record.birth))
        while true {
            let old = nen_load64(word)
            let isSame = old & 0xFFFF_FFFF == birth
            let new = (isSame ? old : birth) | bits
            if nen_swap64(word, old, new) { return }
        }
    }

    /// A record this process just wrote needs no check.
    func insertAll(_ record: ExtentDescriptor) { insert(record, UInt64(UInt32.max) << 32) }
}

/// What every reader of a store needs; one per open store.
final class StoreContext: Sendable {
    let store: PageStore
    let base: HeapBase
    let validation: ValidationTable
    /// Offsets below this lie in the region.
    let spanByteCount: UInt64
    private let nodeBound = Atomic<Int>(0)
    private let relationshipBound = Atomic<Int>(0)
    private let labelSetBound = Atomic<Int>(0)
    private let typeBound = Atomic<Int>(0)
    private let keyBound = Atomic<Int>(0)

    /// All node numbers of all roots seen so far are below this.
    var nodeLimit: Int { nodeBound.load(ordering: .relaxed) }
    /// All relationship numbers of all roots seen so far are below this.
    var relationshipLimit: Int { relationshipBound.load(ordering: .relaxed) }

    /// All numbers of label sets, types and keys of all roots seen so far are below these.
    var labelSetLimit: Int { labelSetBound.load(ordering: .relaxed) }
    var typeLimit: Int { typeBound.load(ordering: .relaxed) }
    var keyLimit: Int { keyBound.load(ordering: .relaxed) }

    /// Notes the size of a root before its chunks are read.
    func note(catalog: Catalog, nodeChunks: Int, relationshipChunks: Int) {
        nodeBound.max(nodeChunks * ChunkFormat.rowsPerChunk, ordering: .relaxed)
        relationshipBound.max(relationshipChunks * ChunkFormat.rowsPerChunk, ordering: .relaxed)
        labelSetBound.max(catalog.labelSets.count, ordering: .relaxed)
        typeBound.max(catalog.types.count, ordering: .relaxed)
        keyBound.max(catalog.keys.count, ordering: .relaxed)
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
}
