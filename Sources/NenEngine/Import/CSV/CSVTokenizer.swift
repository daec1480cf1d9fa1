// CSVTokenizer: cuts bytes into fields, eight bytes per step.
//
// The buffer must be followed by `slackByteCount` readable bytes (their content does not matter),
// so that whole words may be loaded at its end. A field is handed out as a pointer into the buffer;
// only fields with doubled quotes need a copy, which the caller makes with `collapse`.

import CNenKernels
import Glibc

/// One field: bytes without the enclosing quotes, doubled quotes still doubled.
struct CSVField {
    var start: UnsafePointer<UInt8>
    var count: Int
    /// The field stood in quotes: an empty one is an empty string, not a missing value.
    var isQuoted: Bool
    /// The field holds doubled quotes; see `CSVTokenizer.collapse`.
    var hasDoubledQuotes: Bool

    /// The bytes as they stand in the buffer.
    var bytes: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: start, count: count) }
}

/// What ended a field.
enum CSVTerminator: UInt8 {
    case delimiter
    case recordEnd
    /// The buffer ended first and more bytes of the file follow: read on and start the record
    /// again.
    case bufferEnd
    /// Something other than a delimiter follows a closing quote.
    case textAfterQuote
    /// The file ended inside quotes.
    case unclosedQuote
}

/// A reading position in a buffer.
struct CSVTokenizer {
    /// Bytes that must be readable behind the buffer.
    static let slackByteCount = 16
    private static let lineFeed: UInt8 = 0x0A
    private static let carriageReturn: UInt8 = 0x0D
    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let highs: UInt64 = 0x8080_8080_8080_8080
    private static let lineFeeds: UInt64 = 0x0A0A_0A0A_0A0A_0A0A

    let delimiter: UInt8
    let quoteCode: UInt16
    private let delimiters: UInt64
    /// The next byte to read.
    var position: UnsafePointer<UInt8>
    let end: UnsafePointer<UInt8>
    /// The buffer's end is the file's end.
    let isFinal: Bool
    /// Line feeds passed so far, those in quotes included.
    var lineCount = 0

    init(
        dialect: CSVDialect, start: UnsafePointer<UInt8>, end: UnsafePointer<UInt8>, isFinal: Bool
    ) {
        delimiter = dialect.delimiter
        quoteCode = dialect.quoteCode
        delimiters = UInt64(dialect.delimiter) &* CSVTokenizer.ones
        position = start
        self.end = end
        self.isFinal = isFinal
    }

    /// High bit set in every byte of `word` that is zero; exact up to the lowest such byte.
    @inline(__always)
    private static func zeroBytes(_ word: UInt64) -> UInt64 {
        (word &- ones) & ~word & highs
    }

    /// Reads one field and moves behind what ended it.
    @inline(__always)
    mutating func next(_ field: inout CSVField) -> CSVTerminator {
        let start = position
        if start < end, UInt16(start[0]) == quoteCode { return nextQuoted(&field) }
        var cursor = start
        var matches: UInt64 = 0
        repeat {
            let word = UnsafeRawPointer(cursor).loadUnaligned(as: UInt64.self)
            let isDelimiter = CSVTokenizer.zeroBytes(word ^ delimiters)
            matches = isDelimiter | CSVTokenizer.zeroBytes(word ^ CSVTokenizer.lineFeeds)
            if matches != 0 { break }
            cursor += 8
        } while cursor < end
        if matches != 0 { cursor += matches.trailingZeroBitCount &>> 3 }
        field.start = start
        field.isQuoted = false
        field.hasDoubledQuotes = false
        if cursor >= end {
            position = end
            field.count = end - start
            return isFinal ? .recordEnd : .bufferEnd
        }
        field.count = cursor - start
        position = cursor + 1
        if cursor[0] == delimiter { return .delimiter }
        lineCount &+= 1
        if field.count > 0, cursor[-1] == CSVTokenizer.carriageReturn { field.count &-= 1 }
        return .recordEnd
    }

    /// The same for a field that begins with the quote.
    @inline(never)
    private mutating func nextQuoted(_ field: inout CSVField) -> CSVTerminator {
        let quote = UInt8(truncatingIfNeeded: quoteCode)
        let start = position + 1
        var cursor = start
        field.start = start
        field.isQuoted = true
        field.hasDoubledQuotes = false
        while true {
            guard let found = memchr(cursor, Int32(quote), end - cursor) else {
                field.count = end - start
                position = end
                return isFinal ? .unclosedQuote : .bufferEnd
            }
            cursor = UnsafePointer(found.assumingMemoryBound(to: UInt8.self))
            if cursor + 1 < end, cursor[1] == quote {
                field.hasDoubledQuotes = true
                cursor += 2
                continue
            }
            break
        }
        field.count = cursor - start
        lineCount &+= CSVTokenizer.lineFeedCount(field.bytes)
        return endQuoted(behind: cursor + 1)
    }

    /// Judges what follows a closing quote.
    private mutating func endQuoted(behind cursor: UnsafePointer<UInt8>) -> CSVTerminator {
        if cursor >= end {
            position = end
            return isFinal ? .recordEnd : .bufferEnd
        }
        if cursor[0] == delimiter {
            position = cursor + 1
            return .delimiter
        }
        if cursor[0] == CSVTokenizer.lineFeed {
            lineCount &+= 1
            position = cursor + 1
            return .recordEnd
        }
        if cursor[0] == CSVTokenizer.carriageReturn {
            if cursor + 1 >= end, !isFinal { return .bufferEnd }
            if cursor + 1 < end, cursor[1] == CSVTokenizer.lineFeed {
                lineCount &+= 1
                position = cursor + 2
                return .recordEnd
            }
        }
        position = cursor
        return .textAfterQuote
    }

    /// Moves behind the next line feed, for going on after a malformed record.
    ///
    /// - Returns: false when the buffer ended first and more of the file follows.
    mutating func skipLine() -> Bool {
        guard let found = memchr(position, Int32(CSVTokenizer.lineFeed), end - position) else {
            position = end
            return isFinal
        }
        lineCount &+= 1
        position = UnsafePointer(found.assumingMemoryBound(to: UInt8.self)) + 1
        return true
    }

    /// Skips empty lines; afterwards a record begins at `position` (or the buffer is at its end).
    @inline(__always)
    mutating func skipEmptyLines() {
        while position < end {
            if position[0] == CSVTokenizer.lineFeed {
                position += 1
            } else if position[0] == CSVTokenizer.carriageReturn, position + 1 < end,
                position[1] == CSVTokenizer.lineFeed
            {
                position += 2
            } else {
                return
            }
            lineCount &+= 1
        }
    }

    /// Copies a field's bytes to `destination` (room for `field.count`), two quotes becoming one.
    ///
    /// - Returns: The number of bytes written.
    static func collapse(
        _ field: CSVField, quote: UInt8, into destination: UnsafeMutablePointer<UInt8>
    ) -> Int {
        var read = 0
        var written = 0
        while read < field.count {
            let byte = field.start[read]
            destination[written] = byte
            written &+= 1
            read &+= byte == quote ? 2 : 1
        }
        return written
    }

    /// Line feeds in `bytes`; auto-vectorised.
    static func lineFeedCount(_ bytes: UnsafeBufferPointer<UInt8>) -> Int {
        guard let start = bytes.baseAddress else { return 0 }
        var total = 0
        var offset = 0
        while offset < bytes.count {
            let blockEnd = min(offset &+ 255, bytes.count)
            var sum: UInt8 = 0
            while offset < blockEnd {
                sum &+= start[offset] == lineFeed ? 1 : 0
                offset &+= 1
            }
            total &+= Int(sum)
        }
        return total
    }
}
