// ArrowReader: the columns of an Arrow stream as columns to append, batch by batch.

import CNenDB
import NenCore
import NenDB

/// A stream of others, read once.
final class ArrowReader {
    private let stream: UnsafeMutablePointer<ArrowArrayStream>
    private var schema = ArrowSchema()

    init(_ stream: UnsafeMutablePointer<ArrowArrayStream>?) throws {
        guard let stream, stream.pointee.release != nil else {
            throw ArrowReader.failure("The Arrow stream was released.")
        }
        self.stream = stream
        guard stream.pointee.get_schema(stream, &schema) == 0 else { throw streamFailure() }
        guard format(schema) == "+s" else {
            throw ArrowReader.failure(
                "The Arrow stream is no table, but of type `\(format(schema))`.")
        }
    }

    deinit { schema.release?(&schema) }

    static func failure(_ message: String, hint: String? = nil) -> NQLError {
        .runtime(.argument, "InvalidArgumentType", message, hint: hint)
    }

    private func streamFailure() -> NQLError {
        let text = stream.pointee.get_last_error(stream).map { String(cString: $0) }
        return ArrowReader.failure(text ?? "The Arrow stream failed.")
    }

    /// The columns of the next batch; nil behind the last.
    func next() throws -> [AppendColumn]? {
        var array = ArrowArray()
        guard stream.pointee.get_next(stream, &array) == 0 else { throw streamFailure() }
        guard array.release != nil else { return nil }
        defer { array.release?(&array) }
        var columns: [AppendColumn] = []
        for place in 0 ..< Int(schema.n_children) {
            guard let field = schema.children[place], let column = array.children[place] else {
                throw ArrowReader.failure("The Arrow stream lacks a column.")
            }
            let name = field.pointee.name.map { String(cString: $0) } ?? ""
            let rows = Int(array.offset) ..< Int(array.offset + array.length)
            let reader = ColumnReader(name, field.pointee, column.pointee)
            columns.append(AppendColumn(name, try reader.values(rows)))
        }
        return columns
    }
}

extension ArrowReader {
    /// The columns of all batches that are left; nil where there is none.
    func rest() throws -> [AppendColumn]? {
        guard var all = try next() else { return nil }
        while let more = try next() {
            for (place, column) in more.enumerated() { all[place].append(column) }
        }
        return all
    }
}

extension AppendColumn {
    fileprivate mutating func append(_ other: AppendColumn) {
        switch (values, other.values) {
        case (.integers(let mine), .integers(let more)): values = .integers(mine + more)
        case (.floats(let mine), .floats(let more)): values = .floats(mine + more)
        case (.booleans(let mine), .booleans(let more)): values = .booleans(mine + more)
        case (.strings(let mine), .strings(let more)): values = .strings(mine + more)
        default: values = .values(all + other.all)
        }
    }
}

private func format(_ schema: ArrowSchema) -> String {
    schema.format.map { String(cString: $0) } ?? ""
}

/// One column of a batch.
private struct ColumnReader {
    let name: String
    let schema: ArrowSchema
    let array: ArrowArray
    let type: String

    init(_ name: String, _ schema: ArrowSchema, _ array: ArrowArray) {
        self.name = name
        self.schema = schema
        self.array = array
        type = format(schema)
    }

    private func buffer(_ place: Int) -> UnsafeRawPointer? {
        Int(array.n_buffers) > place ? array.buffers[place] : nil
    }

    private func isNull(_ row: Int) -> Bool {
        guard let bits = type == "n" ? nil : buffer(0) else { return type == "n" }
        let byte = bits.load(fromByteOffset: row / 8, as: UInt8.self)
        return byte & 1 << UInt8(row % 8) == 0
    }

    /// The values of the rows of its table, of which the column's own offset is the first.
    func values(_ rows: Range<Int>) throws -> AppendColumn.Values {
        let own = rows.lowerBound + Int(array.offset) ..< rows.upperBound + Int(array.offset)
        let hasNulls = type == "n" || array.null_count != 0 && own.contains(where: isNull)
        if !hasNulls, schema.dictionary == nil, let data = buffer(1),
            let plain = typed(own, data)
        {
            return plain
        }
        return .values(try own.map { try value($0) })
    }

    /// The rows of a column of one of the frequent types, none of them null.
    private func typed(
        _ rows: Range<Int>, _ data: UnsafeRawPointer
    ) -> AppendColumn.Values? {
        switch type {
        case "l": .integers(rows.map { data.load(fromByteOffset: $0 * 8, as: Int64.self) })
        case "g": .floats(rows.map { data.load(fromByteOffset: $0 * 8, as: Double.self) })
        case "u": .strings(rows.map { text(Int32.self, data, $0) })
        case "U": .strings(rows.map { text(Int64.self, data, $0) })
        case "vu": .strings(rows.map { view(data, $0) })
        case "b":
            .booleans(
                rows.map { row in
                    let byte = data.load(fromByteOffset: row / 8, as: UInt8.self)
                    return byte & 1 << UInt8(row % 8) != 0
                })
        default: nil
        }
    }

    private func value(_ row: Int) throws -> Value {
        if isNull(row) { return .null }
        if let dictionary = schema.dictionary, let items = array.dictionary {
            guard case .integer(let index) = try plain(row) else { return .null }
            let inner = ColumnReader(name, dictionary.pointee, items.pointee)
            return try inner.value(Int(index) + Int(items.pointee.offset))
        }
        return try plain(row)
    }

    private func number<Number: BinaryInteger & BitwiseCopyable>(
        _ row: Int, _ kind: Number.Type
    ) throws -> Value {
        guard let data = buffer(1) else { return .null }
        let size = MemoryLayout<Number>.size
        let number = data.loadUnaligned(fromByteOffset: row * size, as: Number.self)
        guard let exact = Int64(exactly: number) else {
            throw ArrowReader.failure(
                "The column `\(name)` has the number \(number), which has more than 64 bits.")
        }
        return .integer(exact)
    }

    private func plain(_ row: Int) throws -> Value {
        guard let data = buffer(1) ?? (type.hasPrefix("+") ? buffer(0) : nil)
            ?? (type == "+s" ? UnsafeRawPointer(bitPattern: 8) : nil)
        else { return .null }
        switch type {
        case "b":
            let byte = data.load(fromByteOffset: row / 8, as: UInt8.self)
            return .boolean(byte & 1 << UInt8(row % 8) != 0)
        case "c": return try number(row, Int8.self)
        case "C": return try number(row, UInt8.self)
        case "s": return try number(row, Int16.self)
        case "S": return try number(row, UInt16.self)
        case "i": return try number(row, Int32.self)
        case "I": return try number(row, UInt32.self)
        case "l": return try number(row, Int64.self)
        case "L": return try number(row, UInt64.self)
        case "f": return .float(Double(data.load(fromByteOffset: row * 4, as: Float.self)))
        case "g": return .float(data.load(fromByteOffset: row * 8, as: Double.self))
        case "u": return .string(text(Int32.self, data, row))
        case "U": return .string(text(Int64.self, data, row))
        case "vu": return .string(view(data, row))
        case "tdD":
            let days = data.load(fromByteOffset: row * 4, as: Int32.self)
            return .date(DateValue(epochDays: Int64(days)))
        case "ttn", "ttu":
            let count = data.load(fromByteOffset: row * 8, as: Int64.self)
            return .localTime(
                LocalTimeValue(nanosecondOfDay: type == "ttn" ? count : count &* 1_000))
        case "+l": return try list(Int32.self, data, row)
        case "+L": return try list(Int64.self, data, row)
        default:
            if type.hasPrefix("ts") { return try instant(data, row) }
            throw ArrowReader.failure(
                "The column `\(name)` has Arrow's type `\(type)`, which is no property.",
                hint: "Cast it to numbers, strings, dates, timestamps or lists of these.")
        }
    }

    private func range<Offset: FixedWidthInteger & BitwiseCopyable>(
        _ kind: Offset.Type, _ offsets: UnsafeRawPointer, _ row: Int
    ) -> Range<Int> {
        let size = MemoryLayout<Offset>.size
        let start = offsets.load(fromByteOffset: row * size, as: Offset.self)
        let end = offsets.load(fromByteOffset: (row + 1) * size, as: Offset.self)
        return Int(start) ..< Int(end)
    }

    private func text<Offset: FixedWidthInteger & BitwiseCopyable>(
        _ kind: Offset.Type, _ offsets: UnsafeRawPointer, _ row: Int
    ) -> String {
        let range = range(kind, offsets, row)
        guard let bytes = buffer(2), !range.isEmpty else { return "" }
        return String(
            decoding: UnsafeRawBufferPointer(
                start: bytes + range.lowerBound, count: range.count), as: UTF8.self)
    }

    private func view(_ views: UnsafeRawPointer, _ row: Int) -> String {
        let place = views + row * 16
        let length = Int(place.load(as: Int32.self))
        if length <= 12 {
            return String(
                decoding: UnsafeRawBufferPointer(start: place + 4, count: length), as: UTF8.self)
        }
        let index = Int(place.load(fromByteOffset: 8, as: Int32.self))
        let offset = Int(place.load(fromByteOffset: 12, as: Int32.self))
        guard let bytes = buffer(2 + index) else { return "" }
        return String(
            decoding: UnsafeRawBufferPointer(start: bytes + offset, count: length), as: UTF8.self)
    }

    private func list<Offset: FixedWidthInteger & BitwiseCopyable>(
        _ kind: Offset.Type, _ offsets: UnsafeRawPointer, _ row: Int
    ) throws -> Value {
        guard let field = schema.children[0], let items = array.children[0] else { return .null }
        let inner = ColumnReader(name, field.pointee, items.pointee)
        let first = Int(items.pointee.offset)
        return .list(try range(kind, offsets, row).map { try inner.value($0 + first) })
    }

    private func instant(_ data: UnsafeRawPointer, _ row: Int) throws -> Value {
        let count = data.load(fromByteOffset: row * 8, as: Int64.self)
        let parts: [Character: Int64] = [
            "s": 1, "m": 1_000, "u": 1_000_000, "n": 1_000_000_000,
        ]
        let perSecond = parts[type.dropFirst(2).first ?? "u"] ?? 1_000_000
        var (seconds, rest) = count.quotientAndRemainder(dividingBy: perSecond)
        if rest < 0 { (seconds, rest) = (seconds - 1, rest + perSecond) }
        let nanosecond = Int32(rest * (1_000_000_000 / perSecond))
        guard let zone = type.split(separator: ":", maxSplits: 1).dropFirst().first else {
            return .localDateTime(
                LocalDateTimeValue(epochSeconds: seconds, nanosecond: nanosecond))
        }
        let offset = try ColumnReader.offset(String(zone))
        return .dateTime(
            DateTimeValue(
                epochSeconds: seconds, nanosecond: nanosecond, offsetSeconds: offset ?? 0,
                zoneName: offset == nil ? String(zone) : nil))
    }

    /// The seconds of a zone such as `+01:00`; nil for one that has a name.
    private static func offset(_ zone: String) throws -> Int32? {
        if zone == "UTC" || zone == "Z" { return 0 }
        guard let sign = zone.first, "+-".contains(sign) else { return nil }
        let numbers = zone.dropFirst().split(separator: ":").map { Int32($0) ?? .max }
        guard numbers.count == 2, numbers[0] <= 18, numbers[1] < 60 else {
            throw ArrowReader.failure("The time zone `\(zone)` is not as in `+01:00`.")
        }
        return (numbers[0] * 3_600 + numbers[1] * 60) * (sign == "-" ? -1 : 1)
    }
}
