// CSVShape: which columns the files of a CSV dump have. A column has one type, so entities whose
// values of a key are of several types go to several files.
//
// What the files cannot hold exactly is refused, with the key: maps, lists within lists, lists of
// several types or with null, a list whose only element is an empty string, the separator U+001F
// within the strings of a list or a label, keys with `{`, names that are empty, and rows of more
// than 128 MiB. An empty list is a field of nothing but its quotes.

import NenCore

/// Files of entities of one kind: a label set, or a relationship type.
struct CSVShape {
    /// Columns of one file: type by key.
    struct File {
        var types: [String: String] = [:]
        var keys: [String] = []
        var rowCount = 0

        /// Whether all properties have the types of their columns, where there are such.
        fileprivate func admits(_ typed: [(key: String, type: String)]) -> Bool {
            typed.allSatisfy { types[$0.key] == nil || types[$0.key] == $0.type }
        }

        fileprivate func holds(_ typed: [(key: String, type: String)]) -> Bool {
            typed.allSatisfy { types[$0.key] == $0.type }
        }
    }

    private(set) var files: [File] = []

    /// Files of one kind; more would mean that types are all but random.
    private static let fileCountMax = 100

    /// Makes room for an entity; called for each of them before the first is written.
    mutating func note(_ properties: [(key: String, value: Value)]) throws(NQLError) {
        let typed = try CSVShape.typed(properties)
        for index in files.indices where files[index].admits(typed) {
            add(typed, to: index)
            return
        }
        guard files.count < CSVShape.fileCountMax else {
            throw CSVShape.refusal(
                "properties of one key have types in so many combinations that more than "
                    + "\(CSVShape.fileCountMax) files would be needed")
        }
        files.append(File())
        add(typed, to: files.count - 1)
    }

    private mutating func add(_ typed: [(key: String, type: String)], to index: Int) {
        for (key, type) in typed where files[index].types[key] == nil {
            files[index].types[key] = type
            files[index].keys.append(key)
        }
    }

    /// The file of an entity that was noted.
    func file(of properties: [(key: String, value: Value)]) throws(NQLError) -> Int {
        let typed = try CSVShape.typed(properties)
        guard let index = files.firstIndex(where: { $0.holds(typed) }) else {
            throw CSVShape.refusal("the graph changed while it was dumped")
        }
        return index
    }

    // MARK: Types

    private static func typed(
        _ properties: [(key: String, value: Value)]
    ) throws(NQLError) -> [(key: String, type: String)] {
        var typed: [(key: String, type: String)] = []
        typed.reserveCapacity(properties.count)
        for (key, value) in properties {
            if key.isEmpty || key.utf8.contains(UInt8(ascii: "{")) {
                throw refusal("a header cannot hold the property key '\(key)'")
            }
            typed.append((key, try type(of: value, key)))
        }
        return typed
    }

    private static func type(of value: Value, _ key: String) throws(NQLError) -> String {
        guard case .list(let elements) = value else {
            if let type = scalarType(value) { return type }
            throw refusal("the property '\(key)' is a \(value.typeName)")
        }
        // No element says of which type an empty list is.
        guard let first = elements.first else { return "string[]" }
        guard let type = scalarType(first), elements.allSatisfy({ scalarType($0) == type }) else {
            throw refusal("the property '\(key)' is a list of several types, of lists or of maps")
        }
        if elements == [.string("")] {
            throw refusal("the property '\(key)' is a list with nothing but an empty string")
        }
        for case .string(let text) in elements where text.utf8.contains(CSVText.separator) {
            throw refusal("a string in the list '\(key)' contains the separator U+001F")
        }
        return type + "[]"
    }

    private static func scalarType(_ value: Value) -> String? {
        switch value {
        case .boolean: "boolean"
        case .integer: "long"
        case .float: "double"
        case .string: "string"
        case .date: "date"
        case .localTime: "localtime"
        case .time: "time"
        case .localDateTime: "localdatetime"
        case .dateTime: "datetime"
        case .duration: "duration"
        case .point: "point"
        case .null, .list, .map, .node, .relationship, .path: nil
        }
    }

    /// Why the graph cannot be dumped as CSV.
    static func refusal(_ reason: String) -> NQLError {
        .runtime(
            .argument, "NotForCSV", "The graph cannot be dumped as CSV: \(reason).",
            hint: "Dump it as NQL, which holds everything.")
    }
}

/// Fields of the files.
struct CSVText {
    /// Between the elements of lists and between labels.
    static let separator: UInt8 = 0x1F

    private(set) var bytes: [UInt8] = []
    /// As the import reads them.
    private static let rowByteCountMax = 1 << 27

    mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

    /// A plain field: digits and the like.
    mutating func add(bare text: String) { bytes.append(contentsOf: text.utf8) }

    mutating func endField() { bytes.append(UInt8(ascii: ",")) }

    /// Ends the row, whose last field was ended.
    mutating func endRow() throws(NQLError) {
        if bytes.last == UInt8(ascii: ",") { bytes.removeLast() }
        bytes.append(UInt8(ascii: "\n"))
        guard bytes.count <= CSVText.rowByteCountMax else {
            throw CSVShape.refusal("a row has more than 128 MiB")
        }
    }

    /// A field in quotes, which are doubled within.
    mutating func add(quoted texts: [String]) {
        bytes.append(UInt8(ascii: "\""))
        for (index, text) in texts.enumerated() {
            if index > 0 { bytes.append(CSVText.separator) }
            for byte in text.utf8 {
                if byte == UInt8(ascii: "\"") { bytes.append(byte) }
                bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// A value, or nothing.
    mutating func add(_ value: Value?) {
        switch value {
        case nil, .null?: break
        case .list(let elements)?: add(quoted: elements.map { CSVText.text($0) })
        case .string(let text)?: add(quoted: [text])
        case .boolean?, .integer?, .float?: add(bare: CSVText.text(value ?? .null))
        case .some(let other): add(quoted: [CSVText.text(other)])
        }
    }

    private static func text(_ value: Value) -> String {
        guard case .point = value else { return value.displayText }
        // `point({…})` without the call.
        return String(value.displayText.dropFirst("point(".count).dropLast())
    }
}
