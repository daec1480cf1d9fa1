// LoadCSV: rows of a CSV file (RFC 4180) as lists of strings, or as maps by the header line, read
// by the import's reader. A field that stands unquoted and empty is null.

import NQLPlan
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
    private var path: Cell = .null
    /// Whether something behind reads `file()` and `linenumber()`.
    private let fillsFile: Bool
    private let fillsLine: Bool

    init(_ scope: OperatorScope, _ input: Operator, _ spec: LoadCSVSpec, source: Evaluator) {
        self.spec = spec
        self.source = source
        let own: Set<Slot> = [spec.slot, spec.fileSlot, spec.lineSlot]
        carried = scope.live.filter { !own.contains($0) }
        fillsFile = scope.live.contains(spec.fileSlot)
        fillsLine = scope.live.contains(spec.lineSlot)
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
                beginOutput()
                try locating { () throws(NQLError) in try start() }
            }
            if let reader, try locating({ () throws(NQLError) in try emit(reader) }) {
                return true
            }
            reader = nil
        } while true
    }

    /// Puts the place of the file's name on errors about the file.
    private func locating<Output>(
        _ body: () throws(NQLError) -> Output
    ) throws(NQLError) -> Output {
        do { return try body() } catch { throw error.located(source.span) }
    }

    private func start() throws(NQLError) {
        let cell = try source.cell(input.batch.rows, row: row, context)
        guard cell.tag == .string else {
            throw .runtime(
                .type, "InvalidArgumentType",
                "LOAD CSV expects the file's path as a String, found \(cell.tag.typeName).",
                at: source.span)
        }
        let dialect = CSVDialect(delimiter: try separator())
        let file = try CSVFile(try context.files.open(context.base.string(cell)))
        let reader = try CSVReader(
            file: file, dialect: dialect, account: context.pool.account)
        headers = []
        headerArena.reset()
        let builder = CellBuilder(arena: headerArena, base: context.base)
        self.path = try builder.string(file.path)
        if spec.withHeaders, let record = try reader.next() {
            for field in record.fields { headers.append(try builder.string(field ?? "")) }
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
        let lines = try arena.allocate(Int64.self, count: fillsLine ? capacity : 1)
        let builder = CellBuilder(arena: arena, base: context.base)
        var fields: [Cell] = []
        var filled = 0
        let start = reader.position.byteOffset
        while filled < capacity,
            reader.position.byteOffset - start < LoadCSV.batchByteCountMax
        {
            fields.removeAll(keepingCapacity: true)
            guard let record = try reader.next() else { break }
            for field in record.fields {
                fields.append(try field.map { (text) throws(NQLError) in
                    try builder.string(text)
                } ?? .null)
            }
            out[filled] = try row(fields, builder)
            if fillsLine { lines[filled] = Int64(record.line) }
            filled += 1
        }
        if filled == 0 { return false }
        let positions = try arena.allocate(UInt16.self, count: filled)
        let position = UInt16(truncatingIfNeeded: input.batch.rows.position(row))
        positions.update(repeating: position, count: filled)
        try batch.carry(input.batch, carried, at: positions, count: filled, arena)
        batch.vectors[spec.slot] = Vector(.cell, out)
        if fillsLine { batch.vectors[spec.lineSlot] = Vector(.integer, lines) }
        if fillsFile {
            batch.vectors[spec.fileSlot] = try arena.constant(try builder.copy(path))
        }
        return true
    }

    private func row(_ fields: [Cell], _ builder: CellBuilder) throws(NQLError) -> Cell {
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
