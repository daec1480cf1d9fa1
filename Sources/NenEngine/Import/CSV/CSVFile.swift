// CSVFile: one input file, read by `pread` from any thread. Ranges of it are read into buffers that
// the tokenizer can scan; reading (not mapping) keeps memory bounded and a truncated file an error.

import Glibc
import NenCore

/// An open CSV file.
final class CSVFile: Sendable {
    let path: String
    /// Size when it was opened.
    let byteCount: Int
    /// 3 when the file begins with a UTF-8 byte order mark, else 0.
    let contentStart: Int
    private let descriptor: Int32

    /// Opens what the user of a command has named.
    convenience init(path: String) throws(NQLError) {
        try self.init(try FileDoor.trusted().open(path: path))
    }

    /// Takes an open file over.
    ///
    /// - Throws: `IOError` when it is an archive or in UTF-16.
    init(_ file: InputFile) throws(NQLError) {
        var opened = file.descriptor
        var size = file.byteCount
        var head: (UInt8, UInt8, UInt8) = (0, 0, 0)
        var headCount = withUnsafeMutableBytes(of: &head) { pread(opened, $0.baseAddress, 3, 0) }
        if let format = CSVFile.foreignFormat(head, headCount) {
            close(opened)
            throw .runtime(
                .io, "UnsupportedFormat", "'\(file.path)' is \(format), not UTF-8 text.",
                hint: "Convert it to plain UTF-8 first.")
        }
        do throws(NQLError) {
            if let copy = try CSVFile.plainCopy(opened, file.path, head, headCount) {
                close(opened)
                opened = copy.descriptor
                size = copy.byteCount
                headCount = withUnsafeMutableBytes(of: &head) {
                    pread(opened, $0.baseAddress, 3, 0)
                }
            }
        } catch {
            close(opened)
            throw error
        }
        path = file.path
        byteCount = size
        contentStart = headCount == 3 && head == (0xEF, 0xBB, 0xBF) ? 3 : 0
        descriptor = opened
    }

    deinit { close(descriptor) }

    /// A copy that the tokenizer can read; nil where the file itself is one.
    private static func plainCopy(
        _ descriptor: Int32, _ path: String, _ head: (UInt8, UInt8, UInt8), _ headCount: Int
    ) throws(NQLError) -> PlainCopy.Copied? {
        if headCount >= 2, head.0 == 0x1F, head.1 == 0x8B {
            let copy = try PlainCopy.decompressed(descriptor, path)
            guard PlainCopy.endsLinesInReturns(copy.descriptor) else { return copy }
            defer { close(copy.descriptor) }
            return try PlainCopy.withLineFeeds(copy.descriptor, path)
        }
        guard PlainCopy.endsLinesInReturns(descriptor) else { return nil }
        return try PlainCopy.withLineFeeds(descriptor, path)
    }

    private static func foreignFormat(_ head: (UInt8, UInt8, UInt8), _ count: Int) -> String? {
        guard count >= 2 else { return nil }
        switch (head.0, head.1) {
        case (0x50, 0x4B): return "a zip archive"
        case (0xFF, 0xFE), (0xFE, 0xFF): return "UTF-16 text"
        default: return nil
        }
    }

    private static func failure(_ verb: String, _ path: String) -> NQLError {
        let number = errno
        return .runtime(
            .io, nil, "Cannot \(verb) '\(path)': \(String(cString: strerror(number))).")
    }

    /// Reads up to `count` bytes at `offset`; fewer only at the file's end.
    func read(
        at offset: Int, into destination: UnsafeMutableRawPointer, count: Int
    ) throws(NQLError) -> Int {
        var done = 0
        while done < count {
            let got = pread(descriptor, destination + done, count - done, off_t(offset + done))
            if got < 0 {
                if errno == EINTR { continue }
                throw CSVFile.failure("read", path)
            }
            if got == 0 { break }
            done += got
        }
        return done
    }
}

/// A reusable buffer with the tokenizer's slack behind its bytes.
final class CSVBuffer {
    private(set) var memory: UnsafeMutablePointer<UInt8>
    private var capacity: Int
    /// Bytes held.
    private(set) var count = 0
    /// Where the first byte stands in the file.
    private(set) var fileOffset = 0
    /// The file ends with these bytes.
    private(set) var isFinal = false

    /// Longest record in bytes; a longer one is an error, usually a quote that is never closed.
    static let recordByteCountMax = 1 << 27

    init() {
        capacity = 1 << 16
        memory = .allocate(capacity: capacity + CSVTokenizer.slackByteCount)
        (memory + capacity).initialize(repeating: 0, count: CSVTokenizer.slackByteCount)
    }

    deinit { memory.deallocate() }

    /// One past the last byte.
    var end: UnsafePointer<UInt8> { UnsafePointer(memory + count) }

    /// Fills the buffer with `byteCount` bytes (or what is left) from `offset`.
    func fill(from file: CSVFile, at offset: Int, byteCount: Int) throws(NQLError) {
        count = 0
        reserve(byteCount)
        fileOffset = offset
        count = try file.read(at: offset, into: memory, count: byteCount)
        try finish(file, wanted: byteCount)
    }

    /// Reads more bytes behind those held. The start moves in memory, not in the file.
    func extend(from file: CSVFile, by byteCount: Int) throws(NQLError) {
        reserve(count + byteCount)
        let got = try file.read(at: fileOffset + count, into: memory + count, count: byteCount)
        count += got
        try finish(file, wanted: byteCount)
    }

    private func finish(_ file: CSVFile, wanted: Int) throws(NQLError) {
        isFinal = fileOffset + count >= file.byteCount
        (memory + count).initialize(repeating: 0, count: CSVTokenizer.slackByteCount)
        if !isFinal, count < wanted {
            throw .runtime(
                .io, "FileChanged", "'\(file.path)' became shorter while it was read.")
        }
    }

    private func reserve(_ wanted: Int) {
        guard wanted > capacity else { return }
        var larger = capacity
        while larger < wanted { larger *= 2 }
        let fresh = UnsafeMutablePointer<UInt8>.allocate(
            capacity: larger + CSVTokenizer.slackByteCount)
        fresh.update(from: memory, count: count)
        memory.deallocate()
        memory = fresh
        capacity = larger
    }
}
