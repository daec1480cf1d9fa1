// CopyReader: the records of a CSV file as values, for COPY … FROM. Columns are named and typed by
// the header as in the import: `name`, `age:int`, `tags:string[]`; a column without a type is a
// string, `:IGNORE` leaves one out. A field that stands unquoted and empty is null.

import NenCore

/// How a file is read.
public struct CopyFormat: Sendable {
    /// Between fields: one ASCII character, `TAB`, or as the import's option.
    public var delimiter = ","
    /// Between the elements of a list.
    public var arrayDelimiter = ";"
    /// Whether the first record names the columns.
    public var hasHeader = true
    /// Names and types where there is no header, or in its place.
    public var columns: [String]?

    public init() {}

    /// The character that an option names.
    ///
    /// - Throws: `ArgumentError` for what is no delimiter.
    public static func character(
        named text: String, option: String
    ) throws(NQLError) -> Character {
        Character(Unicode.Scalar(try CSVDialect.byte(named: text, option: option)))
    }
}

/// Reads one file once.
public final class CopyReader {
    private struct Column {
        var name: String
        /// nil: left out.
        var type: PropertyType?
    }

    private let reader: CSVReader
    private let columns: [Column]
    private let arrayDelimiter: Character
    private let path: String

    /// - Throws: `IOError`, `ArgumentError` for the header or the format.
    public init(location: String, format: CopyFormat, files: FileDoor) throws(NQLError) {
        let delimiter = try CSVDialect.byte(named: format.delimiter, option: "DELIMITER")
        let separator = try CSVDialect.byte(
            named: format.arrayDelimiter, option: "ARRAY_DELIMITER")
        arrayDelimiter = Character(Unicode.Scalar(separator))
        let dialect = CSVDialect(delimiter: delimiter)
        try dialect.validate()
        let file = try CSVFile(try files.open(location))
        path = file.path
        let reader = try CSVReader(file: file, dialect: dialect)
        self.reader = reader
        var fields = format.columns
        if format.hasHeader {
            let first = try reader.next()
            if fields == nil { fields = first?.fields.map { $0 ?? "" } ?? [] }
        }
        guard let fields else {
            throw .runtime(
                .argument, "InvalidHeader", "A file without a header needs names of its columns.",
                hint: "Add COLUMNS ['name', 'age:int'].")
        }
        var columns: [Column] = []
        for field in fields { columns.append(try CopyReader.column(field, path)) }
        self.columns = columns
    }

    private static func column(_ field: String, _ path: String) throws(NQLError) -> Column {
        guard let colon = field.lastIndex(of: ":") else {
            return Column(name: field, type: PropertyType(.string))
        }
        let name = String(field[..<colon])
        let type = String(field[field.index(after: colon)...])
        if type.uppercased() == "IGNORE" { return Column(name: name, type: nil) }
        return Column(name: name, type: try PropertyType(name: type, place: "'\(path)'"))
    }

    /// Names of the columns that are read.
    public var names: [String] { columns.filter { $0.type != nil }.map(\.name) }

    /// One record: the line where it begins and a value for each of `names`.
    public struct Row: Sendable {
        public var line: Int
        public var values: [Value]
    }

    /// The next record; nil at the end.
    ///
    /// - Throws: `ArgumentError` naming file, line and column for a field that is not of its type.
    public func next() throws(NQLError) -> Row? {
        guard let record = try reader.next() else { return nil }
        if record.fields.count > columns.count {
            throw .runtime(
                .argument, "MalformedCSV",
                "'\(path)', line \(record.line): \(record.fields.count) fields, but the file has "
                    + "\(columns.count) column\(columns.count == 1 ? "" : "s").")
        }
        var values: [Value] = []
        values.reserveCapacity(columns.count)
        for (index, column) in columns.enumerated() {
            guard let type = column.type else { continue }
            guard index < record.fields.count, let text = record.fields[index] else {
                values.append(.null)
                continue
            }
            values.append(try value(text, type, column.name, record.line))
        }
        return Row(line: record.line, values: values)
    }

    private func value(
        _ text: String, _ type: PropertyType, _ name: String, _ line: Int
    ) throws(NQLError) -> Value {
        if type.isArray {
            if text.isEmpty { return .list([]) }
            var elements: [Value] = []
            for part in text.split(separator: arrayDelimiter, omittingEmptySubsequences: false) {
                elements.append(try scalar(String(part), type.scalar, name, line))
            }
            return .list(elements)
        }
        return try scalar(text, type.scalar, name, line)
    }

    private func scalar(
        _ text: String, _ type: PropertyScalar, _ name: String, _ line: Int
    ) throws(NQLError) -> Value {
        if let value = try? CopyReader.parsed(text, type) { return value }
        throw .runtime(
            .argument, "InvalidValue",
            "'\(path)', line \(line): '\(text)' in column \(name) is no \(type.name).")
    }

    /// nil when the text is not of the type.
    private static func parsed(_ text: String, _ type: PropertyScalar) throws -> Value? {
        switch type {
        case .byte, .short, .int, .long:
            let number = parse(text, NumberParsing.integer)
            guard let number, type.integerRange.contains(number) else { return nil }
            return .integer(number)
        case .float, .double:
            return parse(text, NumberParsing.float).map { .float($0) }
        case .boolean:
            switch text.lowercased() {
            case "true": return .boolean(true)
            case "false": return .boolean(false)
            default: return nil
            }
        case .char: return text.unicodeScalars.count == 1 ? .string(text) : nil
        case .string: return .string(text)
        case .date: return .date(try DateValue(parsing: text))
        case .localTime: return .localTime(try LocalTimeValue(parsing: text))
        case .time: return .time(try TimeValue(parsing: text, now: 0))
        case .localDateTime: return .localDateTime(try LocalDateTimeValue(parsing: text))
        case .dateTime:
            return .dateTime(try DateTimeValue(parsing: text, defaultZone: .utc))
        case .duration: return .duration(try DurationValue(parsing: text))
        case .point: return .point(try PointValue(parsing: text))
        }
    }

    /// Hands the text to a parser of numbers, with the bytes behind it that these may read.
    private static func parse<Number>(
        _ text: String, _ parser: (UnsafePointer<UInt8>, Int) -> Number?
    ) -> Number? {
        var bytes = Array(text.utf8)
        let count = bytes.count
        bytes.append(contentsOf: repeatElement(0, count: CSVTokenizer.slackByteCount))
        return bytes.withUnsafeBufferPointer { bytes in
            bytes.baseAddress.flatMap { parser($0, count) }
        }
    }
}
