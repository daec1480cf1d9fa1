// ByteWriter and ByteReader: growing bytes written front to back, and the careful reading of such
// bytes. Used for redo operations, the catalog and the statistics: everything of variable length.
//
// Numbers are little endian; `varint` is LEB128: seven bits per byte, low bits first, the top bit
// set on all bytes but the last.

import Glibc
import NenCore

/// Growing bytes; a class so that one buffer serves a whole transaction.
final class ByteWriter {
    private(set) var bytes: UnsafeMutableRawPointer
    private(set) var count = 0
    private var capacity: Int
    private let account: MemoryAccount?

    /// - Parameter account: takes note of the memory; its owner looks at it between two operations.
    init(capacity: Int = 256, account: MemoryAccount? = nil) {
        self.capacity = max(64, capacity)
        self.account = account
        bytes = WriterMemory.uncleared(self.capacity)
        account?.note(self.capacity)
    }

    deinit {
        free(bytes)
        account?.release(capacity)
    }

    /// Forgets everything and gives the memory back.
    func removeAll() {
        free(bytes)
        account?.release(capacity)
        count = 0
        capacity = 64
        bytes = WriterMemory.uncleared(capacity)
        account?.note(capacity)
    }

    /// What was written.
    var contents: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: bytes, count: count) }

    /// Forgets everything behind the first `length` bytes.
    func truncate(to length: Int) {
        precondition(length <= count, "truncate to \(length) of \(count) bytes")
        count = length
    }

    @inline(__always)
    private func reserve(_ more: Int) {
        if count &+ more > capacity { grow(more) }
    }

    @inline(never)
    private func grow(_ more: Int) {
        var larger = capacity * 2
        while larger < count + more { larger *= 2 }
        bytes = WriterMemory.resized(bytes, to: larger)
        account?.note(larger - capacity)
        capacity = larger
    }

    /// Makes room for `more` bytes that will be written, where the system may refuse it.
    /// - Throws: `MemoryLimitExceeded(OutOfMemory)`; nothing has changed then.
    func makeRoom(_ more: Int) throws(NQLError) {
        if count + more <= capacity { return }
        let larger = max(capacity * 2, count + more)
        guard let moved = realloc(bytes, larger) else {
            throw MemoryAccount.refusedBySystem(larger, for: .log)
        }
        bytes = moved
        account?.note(larger - capacity)
        capacity = larger
    }

    @inline(__always)
    func byte(_ value: UInt8) {
        reserve(1)
        bytes.storeBytes(of: value, toByteOffset: count, as: UInt8.self)
        count &+= 1
    }

    @inline(__always)
    func word32(_ value: UInt32) {
        reserve(4)
        bytes.storeBytes(of: value, toByteOffset: count, as: UInt32.self)
        count &+= 4
    }

    @inline(__always)
    func word64(_ value: UInt64) {
        reserve(8)
        bytes.storeBytes(of: value, toByteOffset: count, as: UInt64.self)
        count &+= 8
    }

    @inline(__always)
    func varint(_ value: UInt64) {
        reserve(10)
        var rest = value
        while rest >= 128 {
            bytes.storeBytes(of: UInt8(truncatingIfNeeded: rest) | 128, toByteOffset: count,
                as: UInt8.self)
            count &+= 1
            rest &>>= 7
        }
        bytes.storeBytes(of: UInt8(truncatingIfNeeded: rest), toByteOffset: count, as: UInt8.self)
        count &+= 1
    }

    @inline(__always)
    func varint(_ value: Int) { varint(UInt64(truncatingIfNeeded: value)) }

    func append(_ source: UnsafeRawBufferPointer) {
        guard let start = source.baseAddress, source.count > 0 else { return }
        reserve(source.count)
        (bytes + count).copyMemory(from: start, byteCount: source.count)
        count &+= source.count
    }

    /// Length in bytes, then the UTF-8 bytes.
    func string(_ text: String) {
        var copy = text
        copy.withUTF8 { utf8 in
            varint(utf8.count)
            append(UnsafeRawBufferPointer(utf8))
        }
    }

    /// A stored extent descriptor, 24 bytes.
    func extent(_ extent: ExtentDescriptor) {
        reserve(ExtentDescriptor.byteWidth)
        extent.store(to: bytes + count)
        count &+= ExtentDescriptor.byteWidth
    }
}

/// Reads what a `ByteWriter` wrote; every overrun is a corruption error that names `place`.
struct ByteReader {
    private var next: UnsafeRawPointer
    private let end: UnsafeRawPointer
    private let place: StaticString

    init(_ bytes: UnsafeRawBufferPointer, place: StaticString) {
        let start = bytes.baseAddress ?? UnsafeRawPointer(bitPattern: 16).unsafelyUnwrapped
        next = start
        end = start + bytes.count
        self.place = place
    }

    var isAtEnd: Bool { next >= end }
    var remaining: Int { end - next }

    /// The error for contents that contradict the format.
    func damage(_ what: String) -> NQLError { .damaged("\(place)", what) }

    @inline(__always)
    private mutating func take(_ count: Int) throws -> UnsafeRawPointer {
        guard count >= 0, count <= end - next else { throw damage("ends too early") }
        let start = next
        next += count
        return start
    }

    mutating func byte() throws -> UInt8 { try take(1).load(as: UInt8.self) }
    mutating func word32() throws -> UInt32 { try take(4).loadUnaligned(as: UInt32.self) }
    mutating func word64() throws -> UInt64 { try take(8).loadUnaligned(as: UInt64.self) }

    mutating func varint() throws -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let byte = try byte()
            guard shift < 64 else { throw damage("holds a number of over ten bytes") }
            value |= UInt64(byte & 127) << shift
            if byte < 128 { return value }
            shift += 7
        }
    }

    /// A number that must fit into 32 bits.
    mutating func varint32() throws -> UInt32 {
        let value = try varint()
        guard let small = UInt32(exactly: value) else { throw damage("holds the number \(value)") }
        return small
    }

    /// A count of things of at least `bytesEach` bytes: it cannot exceed what is left.
    mutating func count(bytesEach: Int = 1) throws -> Int {
        let value = try varint()
        guard value <= UInt64(remaining / max(1, bytesEach)) else {
            throw damage("announces \(value) entries in \(remaining) bytes")
        }
        return Int(value)
    }

    mutating func bytes(_ count: Int) throws -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: try take(count), count: count)
    }

    mutating func string() throws -> String {
        let length = try count()
        return String(decoding: try bytes(length), as: UTF8.self)
    }

    mutating func extent() throws -> ExtentDescriptor {
        ExtentDescriptor(from: try take(ExtentDescriptor.byteWidth))
    }
}
