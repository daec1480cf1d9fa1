// ValidationTable: which chunk records, columns and adjacency groups were checked against the
// format since open. Checksums are the page layer's; this is about meaning: bounds, order, cells
// that point into their heaps. With both done once, reads take no further checks.
//
// One word per page of the region, used at the first page of a record; memory appears only where
// records are. Low half: a tag of what was checked: the record's length, checksum and birth, and
// the round of the limits it was checked against (StoreContext.swift); a reference that differs in
// any of them begins anew. The tag is a keyed hash, so that no file can be made to collide.
// High half: bit 0 the record; 1 ... 23 column 0 ... 22 (23: all further); 24 ... 31 adjacency
// group 0 ... 7 (31: all further). Several threads may check the same thing at once; that does no
// harm.

import CNenKernels
import Glibc
import NenCore

/// The once-per-open marks of a store.
final class ValidationTable: @unchecked Sendable {
    // Sendable: words are read and written atomically.
    private let words: UnsafeMutableRawPointer
    private let pageCount: Int
    /// Random odd factors of this process: multiply-shift hashing after Dietzfelbinger (1996).
    private let contentFactor: UInt64
    private let birthFactor: UInt64

    static let recordBit: UInt64 = 1 << 32

    init(pageCount: Int) throws {
        guard let start = nen_map(-1, pageCount * 8, true) else {
            throw NQLError.runtime(
                .database, "AddressSpace", "the system refused address space for the format check",
                hint: "raise the limit of virtual memory (ulimit -v)")
        }
        words = start
        self.pageCount = pageCount
        contentFactor = .random(in: 0 ... .max) | 1
        birthFactor = .random(in: 0 ... .max) | 1
    }

    deinit { munmap(words, pageCount * 8) }

    /// The mark of column `index` of a record.
    @inline(__always)
    static func columnBit(_ index: Int) -> UInt64 { 1 << UInt64(33 &+ min(index, 22)) }

    /// The mark of adjacency group `index` of a record.
    @inline(__always)
    static func adjacencyBit(_ index: Int) -> UInt64 { 1 << UInt64(56 &+ min(index, 7)) }

    @inline(__always)
    private func tag(_ record: ExtentDescriptor, _ round: UInt64) -> UInt32 {
        let content = UInt64(record.checksum) &<< 32 | UInt64(record.byteCount)
        let sum = content &* contentFactor &+ (record.birth ^ round &<< 48) &* birthFactor
        return UInt32(truncatingIfNeeded: sum &>> 32)
    }

    @inline(__always)
    func contains(_ record: ExtentDescriptor, _ bit: UInt64, round: UInt64) -> Bool {
        guard Int(record.page) < pageCount else { return false }
        let word = nen_load64(words + Int(record.page) &* 8)
        return UInt32(truncatingIfNeeded: word) == tag(record, round) && word & bit != 0
    }

    /// Sets marks; those of another record at this page, or of an older round, are dropped.
    func insert(_ record: ExtentDescriptor, _ bits: UInt64, round: UInt64) {
        let word = words + Int(record.page) &* 8
        let tag = UInt64(tag(record, round))
        while true {
            let old = nen_load64(word)
            let isSame = old & 0xFFFF_FFFF == tag
            let new = (isSame ? old : tag) | bits
            if nen_swap64(word, old, new) { return }
        }
    }

    /// The marks that a list of parts earns: a mark is set when all parts that share it are
    /// verified.
    static func marks(
        columns: some Sequence<Bool>, adjacency: some Sequence<Bool>
    ) -> UInt64 {
        var earned: UInt64 = 0
        var missed: UInt64 = 0
        for (index, isVerified) in columns.enumerated() {
            if isVerified { earned |= columnBit(index) } else { missed |= columnBit(index) }
        }
        for (index, isVerified) in adjacency.enumerated() {
            if isVerified { earned |= adjacencyBit(index) } else { missed |= adjacencyBit(index) }
        }
        return (earned & ~missed) | recordBit
    }
}
