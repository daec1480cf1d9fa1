// CSVReader: a file's records one after the other, for headers and `LOAD CSV`. The parallel import
// uses the tokenizer directly.

import NenCore

/// One record: its fields, and the line where it begins (the first line is 1).
struct CSVRecord: Equatable {
    var line: Int
    /// Nil: the field was empty and not quoted.
    var fields: [String?]
}

/// A sequential reader.
final class CSVReader {
    let file: CSVFile
    private let dialect: CSVDialect
    private let buffer = CSVBuffer()
    private var offset: Int
    private var line = 1
    private var scratch: [UInt8] = []
    private static let blockByteCount = 1 << 18
    private let account: MemoryAccount?
    private var chargedBytes = 0
    /// Nanoseconds of a record besides those for its bytes, by and large.
    private static let workUnits = 200

    /// Starts behind a byte order mark.
    ///
    /// - Parameter account: is charged with what long records take.
    init(
        file: CSVFile, dialect: CSVDialect, account: MemoryAccount? = nil
    ) throws(NQLError) {
        try dialect.validate()
        self.file = file
        self.account = account
        self.dialect = dialect
        offset = file.contentStart
    }

    deinit { account?.release(chargedBytes) }

    /// Where the next record begins, in bytes and lines.
    var position: (byteOffset: Int, line: Int) { (offset, line) }

    /// The next record; nil at the end. Empty lines are passed over.
    ///
    /// - Throws: `IOError`, or `ArgumentError(MalformedCSV)` naming file and line.
    func next() throws(NQLError) -> CSVRecord? {
        while offset < file.byteCount {
            let before = offset
            if let record = try recordInBuffer() {
                try Interruption.spend(CSVReader.workUnits &+ 4 &* (offset &- before))
                return record
            }
            try readMore()
        }
        return nil
    }

    /// Brings the bytes from `offset` on into the buffer, or more of them than it holds already.
    private func readMore() throws(NQLError) {
        let held = buffer.count
        guard held > 0, buffer.fileOffset == offset else {
            return try buffer.fill(
                from: file, at: offset, byteCount: CSVReader.blockByteCount)
        }
        guard held < CSVBuffer.recordByteCountMax else {
            throw CSVReader.malformed(
                file, line, "a record is longer than \(CSVBuffer.recordByteCountMax) bytes")
        }
        if let account {
            // The longer buffer, and a field's text beside it.
            try account.charge(2 * held, for: .input)
            chargedBytes += 2 * held
        }
        try buffer.extend(from: file, by: held)
    }

    /// Nil when the record is not complete in the buffer, or only empty lines were left in it.
    private func recordInBuffer() throws(NQLError) -> CSVRecord? {
        let skipped = offset - buffer.fileOffset
        guard buffer.count > 0, skipped >= 0, skipped < buffer.count else { return nil }
        let start = UnsafePointer(buffer.memory) + skipped
        var tokenizer = CSVTokenizer(
            dialect: dialect, start: start, end: buffer.end, isFinal: buffer.isFinal)
        tokenizer.skipEmptyLines()
        let recordStart = tokenizer.position
        let recordLine = line + tokenizer.lineCount
        if recordStart == buffer.end {
            offset += recordStart - start
            line = recordLine
            return nil
        }
        var fields: [String?] = []
        var field = CSVField(start: start, count: 0, isQuoted: false, hasDoubledQuotes: false)
        while true {
            let terminator = tokenizer.next(&field)
            switch terminator {
            case .bufferEnd: return restart(at: recordStart, from: start, line: recordLine)
            case .textAfterQuote:
                throw CSVReader.malformed(file, recordLine, "text follows a closing quote")
            case .unclosedQuote:
                throw CSVReader.malformed(file, recordLine, "a quote is not closed")
            case .delimiter, .recordEnd: fields.append(try text(field, recordLine))
            }
            if terminator == .recordEnd { break }
        }
        offset += tokenizer.position - start
        line += tokenizer.lineCount
        return CSVRecord(line: recordLine, fields: fields)
    }

    /// An incomplete record: the next fill begins at it.
    private func restart(
        at recordStart: UnsafePointer<UInt8>, from start: UnsafePointer<UInt8>, line: Int
    ) -> CSVRecord? {
        offset += recordStart - start
        self.line = line
        return nil
    }

    private func text(_ field: CSVField, _ line: Int) throws(NQLError) -> String? {
        if field.count == 0 { return field.isQuoted ? "" : nil }
        var bytes = field.bytes
        if field.hasDoubledQuotes, let quote = dialect.quote {
            if scratch.count < field.count {
                scratch = [UInt8](repeating: 0, count: field.count)
            }
            let decoded: String? = scratch.withUnsafeMutableBufferPointer { target -> String? in
                guard let base = target.baseAddress else { return "" }
                let count = CSVTokenizer.collapse(field, quote: quote, into: base)
                return String(
                    validating: UnsafeBufferPointer(start: base, count: count), as: UTF8.self)
            }
            if let decoded { return decoded }
            bytes = UnsafeBufferPointer(start: nil, count: 0)
        } else if let decoded = String(validating: bytes, as: UTF8.self) {
            return decoded
        }
        throw CSVReader.malformed(file, line, "a field is not valid UTF-8")
    }

    /// The error for a record that cannot be read.
    static func malformed(_ file: CSVFile, _ line: Int, _ reason: String) -> NQLError {
        .runtime(
            .argument, "MalformedCSV", "'\(file.path)', line \(line): \(reason).")
    }
}
