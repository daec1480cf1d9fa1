// GraphImportOptions: what `nql import` was asked to do, and what came of it.

import NenCore

/// One `--nodes` or `--relationships` option: labels or type, and files that share one header.
public struct ImportInput: Sendable, Hashable {
    /// Labels of every node (or the one type of every relationship); may be empty where a column
    /// gives them.
    public var names: [String]
    /// Files in order; the first begins with the header.
    public var paths: [String]

    public init(names: [String], paths: [String]) {
        self.names = names
        self.paths = paths
    }

    /// Reads `Label1:Label2=header.csv,part1.csv` or `header.csv,part1.csv`.
    ///
    /// - Throws: `ArgumentError` when no file is named.
    public init(argument: String, isRelationship: Bool) throws(NQLError) {
        var names: [String] = []
        var files = argument
        if let equals = argument.firstIndex(of: "="), !argument[..<equals].contains("/") {
            let text = String(argument[..<equals])
            names = isRelationship
                ? [text].filter { !$0.isEmpty }
                : text.split(separator: ":").map(String.init)
            files = String(argument[argument.index(after: equals)...])
        }
        let paths = files.split(separator: ",").map(String.init)
        guard !paths.isEmpty else {
            throw .runtime(.argument, "MissingFile", "'\(argument)' names no file.")
        }
        self.init(names: names, paths: paths)
    }
}

/// Everything an import is told.
public struct GraphImportOptions: Sendable {
    public var nodes: [ImportInput] = []
    public var relationships: [ImportInput] = []
    var dialect = CSVDialect()
    var arrayDelimiter: UInt8 = 0x3B
    /// How identifiers are read where the header does not say.
    public var idType = ImportIDType.string
    /// Bad entries that may be skipped; nil: malformed rows are errors at once, and of the kinds
    /// skipped on request 1,000 are allowed. Negative: any number.
    public var badTolerance: Int?
    /// Relationships with a missing end count as bad entries instead of errors.
    public var skipsBadRelationships = false
    /// Nodes whose identifier exists already count as bad entries instead of errors.
    public var skipsDuplicateNodes = false
    public var ignoresExtraColumns = false
    public var ignoresEmptyStrings = false
    public var trimsStrings = false
    /// The first record of each further file of an input is dropped when it repeats the header.
    public var skipsRepeatedHeaders = false
    public var threadCount = 1
    /// Memory for relationships and their sorting; what exceeds it goes to temporary files.
    /// Identifier maps come on top.
    public var memoryBudgetBytes = 1 << 30
    /// Bytes of a file that one worker parses at a time; tests make it small.
    var rangeByteCount = RangeTask.byteCount
    /// Where skipped entries are listed.
    public var reportPath = "import.report"

    public init() {}

    /// Sets the delimiter between fields from text such as `|` or `TAB`.
    public mutating func setDelimiter(_ text: String) throws(NQLError) {
        dialect.delimiter = try CSVDialect.byte(named: text, option: "--delimiter")
    }

    /// Sets the delimiter between the elements of arrays and the labels of a `:LABEL` field.
    public mutating func setArrayDelimiter(_ text: String) throws(NQLError) {
        arrayDelimiter = try CSVDialect.byte(named: text, option: "--array-delimiter")
    }

    /// Sets the quote; `none` for no quoting.
    public mutating func setQuote(_ text: String) throws(NQLError) {
        dialect.quote = text.lowercased() == "none"
            ? nil : try CSVDialect.byte(named: text, option: "--quote")
    }

    /// Throws when options contradict each other.
    func validate() throws(NQLError) {
        try dialect.validate()
        if arrayDelimiter == dialect.delimiter || arrayDelimiter == dialect.quote {
            throw .runtime(
                .argument, "InvalidDelimiter",
                "The array delimiter must differ from the delimiter and the quote.")
        }
        if nodes.isEmpty {
            throw .runtime(
                .argument, "MissingFile", "No input: give at least one --nodes option.")
        }
        for input in relationships where input.names.count > 1 {
            throw .runtime(
                .argument, "InvalidType", "A relationship has one type, not \(input.names.count).")
        }
    }
}

/// What an import did.
public struct GraphImportReport: Sendable, Equatable {
    public var nodeCount: UInt64 = 0
    public var relationshipCount: UInt64 = 0
    public var propertyCount: UInt64 = 0
    public var rowCount: UInt64 = 0
    /// Rows that were skipped and are listed in the report file.
    public var badEntryCount = 0
    /// Bytes written to temporary files because the memory budget was used up.
    public var spilledByteCount = 0
}

/// How far an import is.
public struct GraphImportProgress: Sendable {
    /// What is being done, such as `nodes`.
    public var phase: String
    public var rowCount: UInt64
    /// Input bytes done and in total (the same for phases without input).
    public var doneByteCount: Int
    public var totalByteCount: Int
}
