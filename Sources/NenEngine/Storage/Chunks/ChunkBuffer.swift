// ChunkBuffer and ArraySlot: an array of a chunk, either where it is stored or in private memory of
// a write transaction. Writing makes it private; a private array that a savepoint or an open view
// still refers to is copied first (reference counts tell).

import Glibc
import NenCore

/// Private zeroed memory of this thread's write transaction, freed with its last reference.
final class ChunkBuffer {
    let bytes: UnsafeMutableRawPointer
    let byteCount: Int
    private let account: MemoryAccount?
    /// The object itself and what the heap adds to both.
    private static let overheadBytes = 80

    init(byteCount: Int) {
        bytes = WriterMemory.zeroed(max(16, byteCount))
        self.byteCount = byteCount
        account = WriterMemory.account
        account?.note(byteCount + ChunkBuffer.overheadBytes)
    }

    deinit {
        free(bytes)
        account?.release(byteCount + ChunkBuffer.overheadBytes)
    }
}

/// One array of a chunk in either form.
struct ArraySlot {
    /// The bytes, wherever they are. For a stored array: valid after the owner's validation.
    private(set) var pointer: UnsafeRawPointer
    /// Bytes in use; these are what a commit stores.
    var byteCount: Int
    /// Where a stored array lies; none when it lies inside the record, or is private.
    private(set) var extent: ExtentDescriptor
    private(set) var buffer: ChunkBuffer?

    /// No array.
    static var empty: ArraySlot {
        ArraySlot(
            pointer: UnsafeRawPointer(bitPattern: 16).unsafelyUnwrapped, byteCount: 0,
            extent: .none)
    }

    init(pointer: UnsafeRawPointer, byteCount: Int, extent: ExtentDescriptor) {
        self.pointer = pointer
        self.byteCount = byteCount
        self.extent = extent
    }

    /// A private array of zeros.
    init(zeros byteCount: Int) {
        let buffer = ChunkBuffer(byteCount: byteCount)
        self.buffer = buffer
        pointer = UnsafeRawPointer(buffer.bytes)
        self.byteCount = byteCount
        extent = .none
    }

    /// The numbers 0, 1, 2, …, which are stored nowhere.
    static func counting(_ count: Int) -> ArraySlot {
        precondition(count <= CountingNumbers.count, "there are no \(count) counting numbers")
        return ArraySlot(
            pointer: UnsafeRawPointer(CountingNumbers.pointer), byteCount: count * 4,
            extent: .none)
    }

    var isEmpty: Bool { byteCount == 0 }
    /// Counting numbers; a commit stores nothing of them.
    var isCounting: Bool { pointer == UnsafeRawPointer(CountingNumbers.pointer) }
    var isPrivate: Bool { buffer != nil }

    /// The array, writable, with room for `capacity` bytes; new room is zero. `byteCount` stays.
    @inline(__always)
    mutating func writable(capacity: Int) -> UnsafeMutableRawPointer {
        if let present = buffer, present.byteCount >= capacity {
            let bytes = present.bytes
            if isKnownUniquelyReferenced(&buffer) { return bytes }
        }
        return copied(capacity: capacity)
    }

    /// Copies a stored array that begins on `page` or behind it, so that a commit stores it anew.
    mutating func vacate(from page: PageNumber) {
        if !extent.isNone, extent.page >= page { _ = copied(capacity: byteCount) }
    }

    @inline(never)
    private mutating func copied(capacity: Int) -> UnsafeMutableRawPointer {
        let fresh = ChunkBuffer(byteCount: max(capacity, byteCount))
        fresh.bytes.copyMemory(from: pointer, byteCount: byteCount)
        buffer = fresh
        pointer = UnsafeRawPointer(fresh.bytes)
        extent = .none
        return fresh.bytes
    }
}
