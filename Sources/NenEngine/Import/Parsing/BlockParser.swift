// BlockParser: turns the records of a buffer into a `ParsedBlock`. One worker runs it over one
// range; a record that cannot be taken becomes a `BadEntry` and leaves no trace in the columns.
//
// The loop is a plain switch per field over the plan. State that every field touches (tokenizer,
// heap) are stored properties of this struct, so that they stay on the worker's stack.

import CNenKernels
import Glibc
import NenCore

/// Memory that a worker keeps from block to block.
final class ParserScratch {
    let buffer = CSVBuffer()
    /// Identifiers of relationships' ends, before they are resolved.
    fileprivate(set) var startIDs: UnsafeMutablePointer<ParsedID>
    fileprivate(set) var endIDs: UnsafeMutablePointer<ParsedID>
    fileprivate(set) var rowLines: UnsafeMutablePointer<UInt32>
    private var rowCapacity = 1024

    init() {
        startIDs = .allocate(capacity: 1024)
        endIDs = .allocate(capacity: 1024)
        rowLines = .allocate(capacity: 1024)
    }

    deinit { release() }

    private func release() {
        startIDs.deallocate()
        endIDs.deallocate()
        rowLines.deallocate()
    }

    /// Makes room for `rows` relationships.
    func reserve(rows: Int) {
        guard rows > rowCapacity else { return }
        release()
        rowCapacity = rows
        startIDs = .allocate(capacity: rows)
        endIDs = .allocate(capacity: rows)
        rowLines = .allocate(capacity: rows)
    }
}

/// Parses records into one block.
struct BlockParser {
    let plan: BlockPlan
    let block: ParsedBlock
    let scratch: ParserScratch
    var tokenizer: CSVTokenizer
    var heap: ByteHeap
    var row = 0
    /// Why the field just stored was refused; the record is dropped then.
    var complaint: String?
    private var unescaped = ByteHeap()
    /// Label or type fields of this block and their numbers.
    private var nameTable: StringIDTable?
    private var lastName: UInt32 = .max
    private var lastNameBytes: [UInt8] = []
    private let quote: UInt8
    // Copies of the plan's and the block's arrays as plain pointers: no counting, no checks per
    // field.
    private let plans: UnsafeMutablePointer<ColumnPlan>
    private let planCount: Int
    let columns: UnsafeMutablePointer<BlockColumn>
    private let ids: UnsafeMutablePointer<ParsedID>?
    private let nameIndexes: UnsafeMutablePointer<UInt32>?
    private let lines: UnsafeMutablePointer<UInt32>?
    private let startIDs: UnsafeMutablePointer<ParsedID>
    private let endIDs: UnsafeMutablePointer<ParsedID>

    /// `scratch` must have been reserved for the block's capacity. Call `finish` at the end.
    init(plan: BlockPlan, block: ParsedBlock, scratch: ParserScratch, tokenizer: CSVTokenizer) {
        self.plan = plan
        self.block = block
        self.scratch = scratch
        self.tokenizer = tokenizer
        heap = block.heap
        quote = plan.dialect.quote ?? 0
        planCount = plan.columns.count
        plans = .allocate(capacity: max(1, planCount))
        for (index, column) in plan.columns.enumerated() { plans[index] = column }
        columns = .allocate(capacity: max(1, block.columns.count))
        for (index, column) in block.columns.enumerated() { columns[index] = column }
        ids = block.ids
        nameIndexes = block.nameIndexes
        lines = plan.entity == .relationships ? scratch.rowLines : block.lines
        startIDs = scratch.startIDs
        endIDs = scratch.endIDs
    }

    /// Parses the records that begin before `limit`.
    ///
    /// - Returns: The first byte not consumed, and whether the record there needs more bytes.
    mutating func parse(
        until limit: UnsafePointer<UInt8>
    ) -> (position: UnsafePointer<UInt8>, needsMore: Bool) {
        while true {
            tokenizer.skipEmptyLines()
            let recordStart = tokenizer.position
            let line = tokenizer.lineCount
            if recordStart >= limit || recordStart >= tokenizer.end { return (recordStart, false) }
            switch parseRecord() {
            case .complete:
                if let lines { lines[row] = UInt32(truncatingIfNeeded: line) }
                row &+= 1
            case .refused: refuse(line: line)
            case .needsMore:
                clear()
                complaint = nil
                tokenizer.lineCount = line
                return (recordStart, true)
            }
        }
    }

    /// Goes on in another buffer, at the byte where `parse` stopped.
    mutating func resume(in tokenizer: CSVTokenizer) {
        let lineCount = self.tokenizer.lineCount
        self.tokenizer = tokenizer
        self.tokenizer.lineCount = lineCount
    }

    /// Hands the results to the block and frees what only the parser needs.
    func finish() {
        unescaped.free()
        plans.deallocate()
        columns.deallocate()
        block.heap = heap
        block.rowCount = row
        block.lineCount = tokenizer.lineCount
    }

    private enum RecordOutcome { case complete, needsMore, refused }

    /// Notes why a record was dropped and passes over the rest of it.
    private mutating func refuse(line: Int) {
        clear()
        block.badEntries.append(
            BadEntry(kind: .malformed, line: line, message: complaint ?? "malformed record"))
        complaint = nil
    }

    /// Forgets the values of the row in hand.
    private func clear() {
        for index in 0..<plan.kinds.count { columns[index].markInvalid(row) }
    }

    private mutating func parseRecord() -> RecordOutcome {
        let start = tokenizer.position
        var field = CSVField(start: start, count: 0, isQuoted: false, hasDoubledQuotes: false)
        let count = planCount
        var index = 0
        while true {
            let terminator = tokenizer.next(&field)
            switch terminator {
            case .bufferEnd: return .needsMore
            case .textAfterQuote:
                complaint = "text follows the closing quote of \(name(of: index))"
                return tokenizer.skipLine() ? .refused : .needsMore
            case .unclosedQuote:
                complaint = "the quote of \(name(of: index)) is not closed"
                return .refused
            case .delimiter, .recordEnd: break
            }
            if complaint == nil {
                if index < count {
                    if field.hasDoubledQuotes { unescape(&field) }
                    store(field, index)
                } else if !plan.ignoresExtraColumns, field.count > 0 {
                    complaint = "there are more fields than the header's \(count)"
                }
            }
            index &+= 1
            if terminator == .recordEnd { break }
        }
        if complaint != nil { return .refused }
        while index < count {
            storeMissing(index)
            if complaint != nil { return .refused }
            index &+= 1
        }
        return .complete
    }

    /// The field's name in messages.
    func name(of index: Int) -> String {
        guard index < plan.header.fields.count else { return "field \(index + 1)" }
        let text = plan.header.fields[index]
        return text.isEmpty ? "field \(index + 1)" : "'\(text)'"
    }

    private mutating func unescape(_ field: inout CSVField) {
        unescaped.removeAll()
        let needed = field.count + CSVTokenizer.slackByteCount
        _ = unescaped.allocate(needed, alignment: 1)
        let target = unescaped.start.assumingMemoryBound(to: UInt8.self)
        let count = CSVTokenizer.collapse(field, quote: quote, into: target)
        (target + count).initialize(repeating: 0, count: CSVTokenizer.slackByteCount)
        field.start = UnsafePointer(target)
        field.count = count
    }

    /// Stores one field, or sets `complaint`.
    @inline(__always)
    private mutating func store(_ field: CSVField, _ index: Int) {
        let column = plans[index]
        switch column.action {
        case .skip: break
        case .startID:
            if let id = identifier(field, column, index) { startIDs[row] = id }
        case .endID:
            if let id = identifier(field, column, index) { endIDs[row] = id }
        case .nodeID: storeNodeID(field, column, index)
        case .integer: storeInteger(field, column, index)
        case .text: storeText(field, column, index)
        case .name: storeName(field, index)
        case .boolean, .float, .character, .temporal, .point, .list:
            storeOther(field, column, index)
        }
    }

    /// A column for which the record has no field counts as empty.
    private mutating func storeMissing(_ index: Int) {
        let nothing = CSVField(
            start: UnsafePointer(scratch.buffer.memory), count: 0, isQuoted: false,
            hasDoubledQuotes: false)
        store(nothing, index)
    }

    /// Spaces and tabs around numbers and identifiers do not count.
    @inline(__always)
    func trimmed(_ field: CSVField) -> CSVField {
        guard field.count > 0 else { return field }
        if field.start[0] > 0x20, field.start[field.count &- 1] > 0x20 { return field }
        var result = field
        while result.count > 0, result.start[0] == 0x20 || result.start[0] == 0x09 {
            result.start += 1
            result.count &-= 1
        }
        while result.count > 0 {
            let last = result.start[result.count &- 1]
            guard last == 0x20 || last == 0x09 else { break }
            result.count &-= 1
        }
        return result
    }

    @inline(__always)
    private mutating func identifier(
        _ raw: CSVField, _ column: ColumnPlan, _ index: Int
    ) -> ParsedID? {
        let field = column.isNumberID || plan.trimsStrings ? trimmed(raw) : raw
        if field.count == 0 {
            complaint = "the identifier \(name(of: index)) is missing"
            return nil
        }
        if let number = NumberParsing.canonicalInteger(field.start, field.count) {
            return ParsedID(number: number)
        }
        return unusualIdentifier(field, column, index)
    }

    @inline(never)
    private mutating func unusualIdentifier(
        _ field: CSVField, _ column: ColumnPlan, _ index: Int
    ) -> ParsedID? {
        if column.isNumberID {
            if let number = NumberParsing.integer(field.start, field.count) {
                return ParsedID(number: number)
            }
            complaint = "\(quoted(field)) in \(name(of: index)) is no integer identifier"
            return nil
        }
        guard isUTF8(field, index) else { return nil }
        let offset = heap.append(field.start, field.count)
        return ParsedID(
            hash: StringIDTable.hash(field.start, field.count), offset: offset,
            byteCount: field.count)
    }

    @inline(__always)
    private mutating func storeNodeID(_ field: CSVField, _ column: ColumnPlan, _ index: Int) {
        guard let id = identifier(field, column, index), let ids else { return }
        ids[row] = id
        guard column.column >= 0 else { return }
        if column.isNumberID {
            let values = columns[Int(column.column)]
            values.values.storeBytes(
                of: Int64(bitPattern: id.key), toByteOffset: row &* 8, as: Int64.self)
            values.markValid(row)
        } else {
            storeText(field, column, index)
        }
    }

    @inline(__always)
    private mutating func storeInteger(_ raw: CSVField, _ column: ColumnPlan, _ index: Int) {
        let field = trimmed(raw)
        if field.count == 0 { return }
        guard let value = NumberParsing.integer(field.start, field.count),
            column.scalar == .long || column.scalar.integerRange.contains(value)
        else { return complain(field, column, index) }
        let values = columns[Int(column.column)]
        values.values.storeBytes(of: value, toByteOffset: row &* 8, as: Int64.self)
        values.markValid(row)
    }

    @inline(__always)
    private mutating func storeText(_ raw: CSVField, _ column: ColumnPlan, _ index: Int) {
        let values = columns[Int(column.column)]
        let cells = values.values.assumingMemoryBound(to: Cell.self)
        let field = plan.trimsStrings ? trimmed(raw) : raw
        if field.count == 0, !field.isQuoted || plan.ignoresEmptyStrings {
            cells[row] = .null
            return
        }
        guard isUTF8(field, index) else { return }
        cells[row] = text(field)
        values.markValid(row)
    }

    /// A string cell; longer ones go to the heap.
    @inline(__always)
    mutating func text(_ field: CSVField) -> Cell {
        if field.count <= 12 { return Cell(shortString: UnsafeRawBufferPointer(field.bytes)) }
        let offset = heap.append(field.start, field.count)
        let prefix = UnsafeRawPointer(field.start).loadUnaligned(as: UInt32.self)
        return Cell(
            .string, low: UInt32(truncatingIfNeeded: field.count), aux: prefix,
            payload: UInt64(offset))
    }

    /// Whether the bytes are UTF-8 and not too long; complains if not.
    @inline(__always)
    mutating func isUTF8(_ field: CSVField, _ index: Int) -> Bool {
        let bytes = UnsafeRawBufferPointer(start: field.start, count: field.count)
        if UTF8Check.isASCII(bytes), field.count <= Cell.stringByteCountMax { return true }
        return isUnusualUTF8(field, index)
    }

    @inline(never)
    private mutating func isUnusualUTF8(_ field: CSVField, _ index: Int) -> Bool {
        if field.count > Cell.stringByteCountMax {
            complaint = "\(name(of: index)) is longer than \(Cell.stringByteCountMax) bytes"
            return false
        }
        if (try? UTF8Span(validating: field.bytes.span)) != nil { return true }
        complaint = "\(name(of: index)) is not valid UTF-8"
        return false
    }

    private mutating func storeName(_ field: CSVField, _ index: Int) {
        guard let indexes = nameIndexes else { return }
        if lastName != .max, lastNameBytes.count == field.count,
            memcmp(lastNameBytes, field.start, field.count) == 0
        {
            indexes[row] = lastName
            return
        }
        guard isUTF8(field, index) else { return }
        let table = nameTable ?? StringIDTable()
        nameTable = table
        let hash = StringIDTable.hash(field.start, field.count)
        table.reserve(1)
        let next = UInt32(block.names.count)
        let number = table.insert(field.start, field.count, hash: hash, value: next)
        if number == nil { block.names.append(String(decoding: field.bytes, as: UTF8.self)) }
        lastName = number ?? next
        lastNameBytes = Array(field.bytes)
        indexes[row] = lastName
    }

    /// Refuses a value for its type.
    @inline(never)
    mutating func complain(_ field: CSVField, _ column: ColumnPlan, _ index: Int) {
        complaint = "\(quoted(field)) in \(name(of: index)) is not of type \(column.scalar.name)"
    }

    /// The field's text for messages, cut when long.
    func quoted(_ field: CSVField) -> String {
        let shown = UnsafeBufferPointer(start: field.start, count: min(field.count, 60))
        return "'" + String(decoding: shown, as: UTF8.self) + (field.count > 60 ? "…'" : "'")
    }
}
