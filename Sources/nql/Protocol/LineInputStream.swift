// LineInputStream: standard input line by line, as bytes. The memory of a long line is charged to
// an account while it is read and used; a line that does not fit is skipped to its end.

import Glibc
import NenCore

/// Lines of a file descriptor; read as they arrive.
struct LineInputStream {
    private let descriptor: Int32
    private let buffer = InputBuffer()
    private var isAtEnd = false

    init(descriptor: Int32) { self.descriptor = descriptor }

    /// Calls `body` with the next line without its line feed; nil at the end of input. The memory
    /// of a long line is gone when this returns.
    ///
    /// - Throws: what `body` throws; `MemoryLimitExceeded` for a line that `account` has no room
    ///   for, which is skipped.
    mutating func withNextLine<Output>(
        _ account: MemoryAccount, _ body: (UnsafeBufferPointer<UInt8>) throws -> Output
    ) throws -> Output? {
        var charged = 0
        defer {
            account.release(charged)
            buffer.shrink()
        }
        var searched = 0
        while true {
            if let length = buffer.distance(to: UInt8(ascii: "\n"), from: searched) {
                defer { buffer.drop(length + 1) }
                return try body(buffer.bytes(length))
            }
            searched = buffer.count
            if isAtEnd {
                if buffer.count == 0 { return nil }
                defer { buffer.drop(searched) }
                return try body(buffer.bytes(searched))
            }
            do {
                let needed = buffer.capacityForMore
                if buffer.count >= InputBuffer.stepByteCount, needed > charged {
                    try account.charge(needed - charged, for: .input)
                    charged = needed
                }
                try fill()
            } catch {
                skipLine()
                throw error
            }
        }
    }

    private mutating func fill() throws(NQLError) {
        if try buffer.fill(from: descriptor) == 0 { isAtEnd = true }
    }

    /// Drops what is left of a line.
    private mutating func skipLine() {
        while true {
            if let length = buffer.distance(to: UInt8(ascii: "\n"), from: 0) {
                return buffer.drop(length + 1)
            }
            buffer.drop(buffer.count)
            // Behind the drop there is room, so that nothing more is allocated.
            if isAtEnd || (try? fill()) == nil { return }
        }
    }
}

/// Bytes that were read and not yet used; grows in place where the system can move pages.
final class InputBuffer {
    /// Bytes read at once.
    static let stepByteCount = 65_536

    private var memory: UnsafeMutablePointer<UInt8>?
    private var capacity = 0
    /// First byte not yet used.
    private var start = 0
    private(set) var count = 0

    deinit { free(memory) }

    /// How many bytes stand before the first `byte` behind the first `from`; nil without one.
    func distance(to byte: UInt8, from: Int) -> Int? {
        guard let memory, count > from else { return nil }
        let first = memory + start + from
        guard let place = memchr(first, Int32(byte), count - from) else { return nil }
        return from + (UnsafeRawPointer(place) - UnsafeRawPointer(first))
    }

    /// The first `length` bytes; valid until the next call that changes the buffer.
    func bytes(_ length: Int) -> UnsafeBufferPointer<UInt8> {
        precondition(length <= count, "\(length) of \(count) bytes")
        return UnsafeBufferPointer(start: memory.map { $0 + start }, count: length)
    }

    /// Forgets the first `length` bytes.
    func drop(_ length: Int) {
        precondition(length <= count, "drop of \(length) of \(count) bytes")
        start += length
        count -= length
        if count == 0 { start = 0 }
    }

    /// Gives the memory of a long line back.
    func shrink() {
        guard capacity > 4 * InputBuffer.stepByteCount, count <= InputBuffer.stepByteCount,
            let memory, let smaller = malloc(2 * InputBuffer.stepByteCount)
        else { return }
        memcpy(smaller, memory + start, count)
        free(memory)
        self.memory = smaller.assumingMemoryBound(to: UInt8.self)
        capacity = 2 * InputBuffer.stepByteCount
        start = 0
    }

    /// Bytes that the buffer takes once there is room for more. Beyond 32 MiB the system moves its
    /// pages rather than copying them (malloc's largest threshold), so it need not grow by much.
    var capacityForMore: Int {
        let step = InputBuffer.stepByteCount
        if capacity - count >= step { return capacity }
        return max(count + step, capacity < 32 << 20 ? capacity * 2 : capacity + capacity / 8)
    }

    /// Reads more; the number of bytes, 0 at the end of the file or at an error.
    ///
    /// - Throws: `MemoryLimitExceeded` when the system refuses memory.
    func fill(from descriptor: Int32) throws(NQLError) -> Int {
        let step = InputBuffer.stepByteCount
        if start > 0, let memory {
            memmove(memory, memory + start, count)
            start = 0
        }
        let larger = capacityForMore
        if larger > capacity {
            guard let grown = realloc(memory, larger) else {
                throw MemoryAccount.refusedBySystem(larger, for: .input)
            }
            memory = grown.assumingMemoryBound(to: UInt8.self)
            capacity = larger
        }
        guard let memory else { return 0 }
        while true {
            let got = read(descriptor, memory + count, step)
            if got < 0 && errno == EINTR { continue }
            if got <= 0 { return 0 }
            count += got
            return got
        }
    }
}
