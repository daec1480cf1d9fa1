// LoadCSV: rows of a CSV file (RFC 4180) as lists of strings, or as maps by the header line. Read in
// blocks; a field that stands unquoted and empty is null.

import Glibc
import NQLPlanner
import NenCore

/// `LOAD CSV [WITH HEADERS] FROM …`
final class LoadCSV: Operator {
    private let spec: LoadCSVSpec
    private let source: Evaluator
    private let carried: [Slot]
    private var reader: CSVReader?
    private var headers: [Cell] = []
    private let headerArena: Arena
    private var row = -1

    init(_ scope: OperatorScope, _ input: Operator, _ spec: LoadCSVSpec, source: Evaluator) {
        self.spec = spec
        self.source = source
        carried = scope.live.filter { $0 != spec.slot }
        headerArena = Arena(pool: scope.context.pool)
        super.init(scope, inputs: [input])
    }

    override func open() throws(NQLError) {
        reader = nil
        row = -1
        try super.open()
    }

    override func next() throws(NQLError) -> Bool {
        repeat {
            if reader == nil {
                if row < 0 || row + 1 >= input.batch.count {
                    guard try input.pull() else { return false }
                    if input.batch.count == 0 { continue }
                    row = 0
                } else {
                    row += 1
                }
                try start()
            }
            if let reader, try emit(reader) { return true }
            reader = nil
        } while true
    }

    private func start() throws(NQLError) {
        beginOutput()
        let cell = try source.cell(input.batch.rows, row: row, context)
        guard cell.tag == .string else {
            throw .runtime(
                .type, "InvalidArgumentType",
                "LOAD CSV expects the file's path as a String, found \(cell.tag.typeName).",
                at: source.span)
        }
        let reader = try CSVReader(
            location: context.base.string(cell), separator: try separator())
        headers = []
        if spec.withHeaders {
            headerArena.reset()
            var fields: [Cell] = []
            let builder = CellBuilder(arena: headerArena, base: context.base)
            if try reader.nextRecord(builder, into: &fields) {
                headers = fields.map { $0.isNull ? .emptyString : $0 }
            }
        }
        self.reader = reader
    }

    private func separator() throws(NQLError) -> UInt8 {
        guard let text = spec.fieldTerminator else { return 0x2C }
        let bytes = Array(text.utf8)
        guard bytes.count == 1, bytes[0] != 0x22, bytes[0] != 0x0A, bytes[0] != 0x0D else {
            throw .runtime(
                .argument, "InvalidArgumentValue",
                "A field terminator is one ASCII character, not `\(text)`.")
        }
        return bytes[0]
    }

    /// Bytes of fields after which a batch is handed out though it is not full.
    private static let batchByteCountMax = 4 << 20

    private func emit(_ reader: CSVReader) throws(NQLError) -> Bool {
        beginOutput()
        let capacity = Batch.rowCapacity
        let out = try arena.allocate(Cell.self, count: capacity)
        let builder = CellBuilder(arena: arena, base: context.base)
        var fields: [Cell] = []
        var filled = 0
        let start = reader.byteOffset
        while filled < capacity && reader.byteOffset - start < LoadCSV.batchByteCountMax {
            fields.removeAll(keepingCapacity: true)
            guard try reader.nextRecord(builder, into: &fields) else { break }
            out[filled] = try record(fields, builder)
            filled += 1
        }
        if filled == 0 { return false }
        let positions = try arena.allocate(UInt16.self, count: filled)
        let position = UInt16(truncatingIfNeeded: input.batch.rows.position(row))
        positions.update(repeating: position, count: filled)
        try batch.carry(input.batch, carried, at: positions, count: filled, arena)
        batch.vectors[spec.slot] = Vector(.cell, out)
        return true
    }

    private func record(_ fields: [Cell], _ builder: CellBuilder) throws(NQLError) -> Cell {
        guard spec.withHeaders else { return try builder.list(fields) }
        let memory = try builder.reserveCells(2 * headers.count)
        for (index, header) in headers.enumerated() {
            // The header's content lives as long as the reader, the row's only as its batch.
            memory[2 * index] = try builder.copy(header)
            memory[2 * index + 1] = index < fields.count ? fields[index] : .null
        }
        return try builder.map(in: memory, count: headers.count)
    }
}

/// Reads records of a CSV file.
final class CSVReader {
    private let descriptor: Int32
    private let separator: UInt8
    private let path: String
    private let block: UnsafeMutablePointer<UInt8>
    private var filled = 0
    private var next = 0
    private var isAtEnd = false
    private var field: [UInt8] = []
    /// Bytes read so far.
    private(set) var byteOffset = 0
    private var line = 1

    private static let blockByteCount = 1 << 18

    /// - Parameter location: a path, or a `file://` URL.
    /// - Throws: `IOError` when the file cannot be opened.
    init(location: String, separator: UInt8) throws(NQLError) {
        path = try CSVReader.path(of: location)
        self.separator = separator
        descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        block = .allocate(capacity: CSVReader.blockByteCount)
        if descriptor < 0 {
            let reason = String(cString: strerror(errno))
            throw .runtime(.io, "CannotOpen", "The file `\(path)` cannot be read: \(reason).")
        }
        // A byte order mark is no part of the first field.
        if try peek() == 0xEF { try skipMark() }
    }

    deinit {
        block.deallocate()
        if descriptor >= 0 { close(descriptor) }
    }

    private static func path(of location: String) throws(NQLError) -> String {
        let scheme = "file://"
        guard location.hasPrefix(scheme) else {
            if let colon = location.firstPlace(of: "://") {
                throw .runtime(
                    .argument, "InvalidArgumentValue",
                    "LOAD CSV reads local files; `\(location[..<colon])` is not supported.")
            }
            return location
        }
        var bytes: [UInt8] = []
        var rest = Array(location.utf8.dropFirst(scheme.utf8.count))[...]
        while let byte = rest.popFirst() {
            if byte == 0x25, rest.count >= 2,
                let high = hex(rest[rest.startIndex]), let low = hex(rest[rest.startIndex + 1])
            {
                bytes.append(high << 4 | low)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func hex(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30 ... 0x39: byte - 0x30
        case 0x41 ... 0x46: byte - 0x37
        case 0x61 ... 0x66: byte - 0x57
        default: nil
        }
    }

    private func skipMark() throws(NQLError) {
        if next + 3 <= filled, block[next + 1] == 0xBB, block[next + 2] == 0xBF { next += 3 }
    }

    @inline(__always)
    private func peek() throws(NQLError) -> UInt8? {
        if next == filled {
            if isAtEnd { return nil }
            try refill()
            if next == filled { return nil }
        }
        return block[next]
    }

    private func refill() throws(NQLError) {
        repeat {
            let count = read(descriptor, block, CSVReader.blockByteCount)
            if count < 0 {
                if errno == EINTR { continue }
                let reason = String(cString: strerror(errno))
                throw .runtime(.io, "CannotRead", "Reading `\(path)` failed: \(reason).")
            }
            byteOffset += count
            filled = count
            next = 0
            isAtEnd = count == 0
            return
        } while true
    }

    /// Appends the fields of the next record to `fields`; false at the end of the file. Empty lines
    /// are skipped.
    func nextRecord(
        _ builder: CellBuilder, into fields: inout [Cell]
    ) throws(NQLError) -> Bool {
        while let byte = try peek(), byte == 0x0A || byte == 0x0D {
            if byte == 0x0A { line += 1 }
            next += 1
        }
        guard try peek() != nil else { return false }
        repeat {
            fields.append(try nextField(builder))
            guard let byte = try peek() else { return true }
            next += 1
            if byte == separator { continue }
            if byte == 0x0D, try peek() == 0x0A { next += 1 }
            line += 1
            return true
        } while true
    }

    /// One field; stops before the separator or line end behind it.
    private func nextField(_ builder: CellBuilder) throws(NQLError) -> Cell {
        field.removeAll(keepingCapacity: true)
        guard try peek() == 0x22 else {
            while let byte = try peek(), byte != separator, byte != 0x0A, byte != 0x0D {
                field.append(byte)
                next += 1
            }
            return field.isEmpty ? .null : try text(builder)
        }
        let startLine = line
        next += 1
        while true {
            guard let byte = try peek() else {
                throw .runtime(
                    .io, "MalformedCSV",
                    "A quoted field that starts in line \(startLine) of `\(path)` has no end.")
            }
            next += 1
            if byte == 0x22 {
                if try peek() == 0x22 {
                    field.append(0x22)
                    next += 1
                    continue
                }
                break
            }
            if byte == 0x0A { line += 1 }
            field.append(byte)
        }
        if let byte = try peek(), byte != separator, byte != 0x0A, byte != 0x0D {
            throw .runtime(
                .io, "MalformedCSV",
                "In line \(line) of `\(path)` something follows a closing quote.")
        }
        return try text(builder)
    }

    private func text(_ builder: CellBuilder) throws(NQLError) -> Cell {
        guard String(validating: field, as: UTF8.self) != nil else {
            throw .runtime(.io, "MalformedCSV", "Line \(line) of `\(path)` is not UTF-8.")
        }
        return try field.withUnsafeBytes { (bytes) throws(NQLError) in
            try builder.string(bytes)
        }
    }
}

extension String {
    /// Where `part` occurs first.
    fileprivate func firstPlace(of part: String) -> String.Index? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(part) { return start }
            start = index(after: start)
        }
        return nil
    }
}
