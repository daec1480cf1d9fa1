// LogBytes: a growing run of raw bytes, for redo groups.
import Glibc

/// Owns its memory; appending copies.
final class LogBytes {
    private(set) var bytes: UnsafeMutableRawPointer?
    private(set) var count = 0
    private var capacity = 0

    deinit { free(bytes) }

    var buffer: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: bytes, count: count) }

    func append(_ source: UnsafeRawBufferPointer) {
        guard let start = source.baseAddress, source.count > 0 else { return }
        memcpy(extend(by: source.count), start, source.count)
    }

    /// Makes room for `amount` bytes and returns their place.
    func extend(by amount: Int) -> UnsafeMutableRawPointer {
        if count + amount > capacity {
            capacity = max(256, max(count + amount, capacity * 2))
            guard let larger = realloc(bytes, capacity)
                ?? (WriterMemory.Reserve.spend() ? realloc(bytes, capacity) : nil)
            else {
                preconditionFailure("no memory for \(capacity) bytes of redo")
            }
            bytes = larger
        }
        defer { count += amount }
        guard let bytes else { preconditionFailure("no buffer after growth to \(capacity)") }
        return bytes + count
    }

    /// Forgets what lies behind the first `length` bytes.
    func truncate(to length: Int) {
        precondition(length <= count, "cut of \(count) bytes at \(length)")
        count = length
    }
}
