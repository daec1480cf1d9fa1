// TransactionMemory: where the long values of a write transaction lie until its commit copies them
// into heaps. Freed as a whole with the last view that may refer to it.

import Glibc
import NenCore

/// Bump memory; nothing is freed alone.
final class TransactionMemory {
    private var blocks: [UnsafeMutableRawPointer] = []
    private var next: UnsafeMutableRawPointer?
    private var remaining = 0
    private static let blockByteCount = 65_536
    private let account: MemoryAccount
    private var heldByteCount = 0

    init(account: MemoryAccount) { self.account = account }

    deinit {
        for block in blocks { free(block) }
        account.release(heldByteCount)
    }

    /// Memory at a multiple of 8.
    private func allocate(_ byteCount: Int) throws(NQLError) -> UnsafeMutableRawPointer {
        let rounded = (byteCount + 7) & ~7
        if rounded <= remaining, let start = next {
            next = start + rounded
            remaining -= rounded
            return start
        }
        // The first block is small: most transactions are.
        let least = blocks.isEmpty ? 4_096 : TransactionMemory.blockByteCount
        let size = max(least, rounded)
        try account.charge(size, for: .changes)
        guard let block = malloc(size) else {
            account.release(size)
            throw MemoryAccount.refusedBySystem(size, for: .changes)
        }
        heldByteCount += size
        blocks.append(block)
        if size - rounded > remaining {
            next = block + rounded
            remaining = size - rounded
        }
        return block
    }

    /// Bytes behind the cell that was kept last.
    private(set) var lastByteCount = 0

    /// The cell with everything behind it copied here.
    /// - Parameter source: where the cell's offsets start, when that is another store.
    /// - Throws: `TypeError` for a value that cannot be stored, `CapacityExceeded` for one that is
    ///   too long.
    func keep(
        _ cell: Cell, base: HeapBase, from source: HeapBase? = nil
    ) throws(NQLError) -> Cell {
        lastByteCount = 0
        if !CellHeap.isDeep(cell) {
            switch cell.tag {
            case .node, .relationship, .path: throw CellHeap.notStorable(cell)
            case .list, .map: return Cell(head: cell.head, payload: 0)
            default: return cell
            }
        }
        let size = try CellHeap.end(of: cell, from: 0, base: source ?? base)
        try HeapPacking.checkLength(size)
        // Copied here, to the log's record and to the chunk.
        try Interruption.spend(size)
        let bytes = try allocate(size)
        lastByteCount = size
        var cursor = 0
        return CellHeap.copy(
            cell, to: bytes, memoryOffset: base.offset(UnsafeRawPointer(bytes)),
            cursor: &cursor, base: source ?? base)
    }
}
