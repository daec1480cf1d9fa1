// Keyword: the words that the grammar gives a meaning. None is lost as a label, type, key or
// function name; only those of `isReserved` need backticks as a variable.
//
// Words are recognised by one probe into an open-addressing table whose hash folds ASCII case,
// so that the lexer makes no String per token.

/// A word with a meaning in the grammar; `none` stands for every other word.
enum Keyword: String, CaseIterable {
    case none = ""
    case acyclic = "ACYCLIC"
    case all = "ALL"
    case allReduce = "ALLREDUCE"
    case allShortestPaths = "ALLSHORTESTPATHS"
    case alter = "ALTER"
    case analyze = "ANALYZE"
    case and = "AND"
    case any = "ANY"
    case array = "ARRAY"
    case `as` = "AS"
    case asc = "ASC"
    case ascending = "ASCENDING"
    case assert = "ASSERT"
    case backup = "BACKUP"
    case begin = "BEGIN"
    case bindings = "BINDINGS"
    case bool = "BOOL"
    case boolean = "BOOLEAN"
    case both = "BOTH"
    case `break` = "BREAK"
    case built = "BUILT"
    case by = "BY"
    case call = "CALL"
    case `case` = "CASE"
    case checkpoint = "CHECKPOINT"
    case collect = "COLLECT"
    case commit = "COMMIT"
    case concurrent = "CONCURRENT"
    case constraint = "CONSTRAINT"
    case constraints = "CONSTRAINTS"
    case contains = "CONTAINS"
    case `continue` = "CONTINUE"
    case copy = "COPY"
    case count = "COUNT"
    case create = "CREATE"
    case csv = "CSV"
    case current = "CURRENT"
    case cypher = "CYPHER"
    case database = "DATABASE"
    case databases = "DATABASES"
    case date = "DATE"
    case datetime = "DATETIME"
    case `default` = "DEFAULT"
    case defined = "DEFINED"
    case delete = "DELETE"
    case desc = "DESC"
    case descending = "DESCENDING"
    case destination = "DESTINATION"
    case detach = "DETACH"
    case different = "DIFFERENT"
    case distinct = "DISTINCT"
    case double = "DOUBLE"
    case drop = "DROP"
    case duration = "DURATION"
    case each = "EACH"
    case edge = "EDGE"
    case edges = "EDGES"
    case element = "ELEMENT"
    case elements = "ELEMENTS"
    case `else` = "ELSE"
    case end = "END"
    case ends = "ENDS"
    case error = "ERROR"
    case exist = "EXIST"
    case existence = "EXISTENCE"
    case exists = "EXISTS"
    case explain = "EXPLAIN"
    case extract = "EXTRACT"
    case fail = "FAIL"
    case `false` = "FALSE"
    case fieldTerminator = "FIELDTERMINATOR"
    case filter = "FILTER"
    case finish = "FINISH"
    case float = "FLOAT"
    case `for` = "FOR"
    case foreach = "FOREACH"
    case format = "FORMAT"
    case from = "FROM"
    case full = "FULL"
    case fulltext = "FULLTEXT"
    case function = "FUNCTION"
    case functions = "FUNCTIONS"
    case grant = "GRANT"
    case group = "GROUP"
    case groups = "GROUPS"
    case headers = "HEADERS"
    case home = "HOME"
    case `if` = "IF"
    case `in` = "IN"
    case index = "INDEX"
    case indexes = "INDEXES"
    case insert = "INSERT"
    case int = "INT"
    case integer = "INTEGER"
    case `is` = "IS"
    case join = "JOIN"
    case json = "JSON"
    case key = "KEY"
    case keys = "KEYS"
    case labeled = "LABELED"
    case labels = "LABELS"
    case leading = "LEADING"
    case `let` = "LET"
    case limit = "LIMIT"
    case list = "LIST"
    case load = "LOAD"
    case local = "LOCAL"
    case log = "LOG"
    case lookup = "LOOKUP"
    case map = "MAP"
    case match = "MATCH"
    case memory = "MEMORY"
    case merge = "MERGE"
    case next = "NEXT"
    case node = "NODE"
    case nodetach = "NODETACH"
    case none_ = "NONE"
    case normalized = "NORMALIZED"
    case not = "NOT"
    case nothing = "NOTHING"
    case null = "NULL"
    case number = "NUMBER"
    case of = "OF"
    case offset = "OFFSET"
    case on = "ON"
    case only = "ONLY"
    case optional = "OPTIONAL"
    case options = "OPTIONS"
    case or = "OR"
    case order = "ORDER"
    case ordinality = "ORDINALITY"
    case path = "PATH"
    case paths = "PATHS"
    case periodic = "PERIODIC"
    case point = "POINT"
    case procedure = "PROCEDURE"
    case procedures = "PROCEDURES"
    case profile = "PROFILE"
    case property = "PROPERTY"
    case range = "RANGE"
    case read = "READ"
    case reduce = "REDUCE"
    case rel = "REL"
    case relationship = "RELATIONSHIP"
    case relationships = "RELATIONSHIPS"
    case remove = "REMOVE"
    case repeatable = "REPEATABLE"
    case report = "REPORT"
    case require = "REQUIRE"
    case retry = "RETRY"
    case `return` = "RETURN"
    case revoke = "REVOKE"
    case rollback = "ROLLBACK"
    case row = "ROW"
    case rows = "ROWS"
    case scan = "SCAN"
    case sec = "SEC"
    case second = "SECOND"
    case seconds = "SECONDS"
    case secs = "SECS"
    case seek = "SEEK"
    case set = "SET"
    case settings = "SETTINGS"
    case shortest = "SHORTEST"
    case shortestPath = "SHORTESTPATH"
    case show = "SHOW"
    case signed = "SIGNED"
    case simple = "SIMPLE"
    case single = "SINGLE"
    case skip = "SKIP"
    case source = "SOURCE"
    case start = "START"
    case starts = "STARTS"
    case statistics = "STATISTICS"
    case status = "STATUS"
    case string = "STRING"
    case table = "TABLE"
    case terminate = "TERMINATE"
    case text = "TEXT"
    case then = "THEN"
    case time = "TIME"
    case timestamp = "TIMESTAMP"
    case timezone = "TIMEZONE"
    case to = "TO"
    case trail = "TRAIL"
    case trailing = "TRAILING"
    case transaction = "TRANSACTION"
    case transactions = "TRANSACTIONS"
    case tree = "TREE"
    case trim = "TRIM"
    case `true` = "TRUE"
    case type = "TYPE"
    case typed = "TYPED"
    case types = "TYPES"
    case union = "UNION"
    case unique = "UNIQUE"
    case uniqueness = "UNIQUENESS"
    case unwind = "UNWIND"
    case use = "USE"
    case user = "USER"
    case using = "USING"
    case vacuum = "VACUUM"
    case value = "VALUE"
    case varchar = "VARCHAR"
    case vector = "VECTOR"
    case verbose = "VERBOSE"
    case vertex = "VERTEX"
    case walk = "WALK"
    case when = "WHEN"
    case `where` = "WHERE"
    case with = "WITH"
    case without = "WITHOUT"
    case write = "WRITE"
    case xor = "XOR"
    case yield = "YIELD"
    case zone = "ZONE"
    case zoned = "ZONED"

    /// Whether a variable of this name must stand in backticks: the words whose other meaning
    /// at the same place would make errors hard to understand, or the grammar ambiguous.
    var isReserved: Bool {
        switch self {
        case .and, .or, .xor, .not, .in, .is, .as, .where, .with, .return, .match, .create,
            .merge, .delete, .detach, .set, .remove, .unwind, .union, .case, .when, .then, .else,
            .null, .true, .false, .distinct:
            true
        default: false
        }
    }
}

/// The look-up from a word's bytes to its keyword.
struct KeywordTable: Sendable {
    static let shared = KeywordTable()

    /// Power of two, under a quarter full.
    private static let slotCount = 1024
    private static let mask: UInt32 = 1023
    /// Number of the keyword in `Keyword.allCases`, 0 where free.
    private var slots: [UInt8]
    private var keywords: [Keyword]
    private var texts: [[UInt8]]
    /// Longest keyword in bytes.
    let byteCountMax: Int

    private init() {
        keywords = Keyword.allCases
        texts = keywords.map { Array($0.rawValue.utf8) }
        slots = [UInt8](repeating: 0, count: Self.slotCount)
        byteCountMax = texts.map(\.count).max() ?? 0
        precondition(keywords.count < 256, "\(keywords.count) keywords")
        for (number, text) in texts.enumerated() where number > 0 {
            var hash: UInt32 = Self.hashSeed
            for byte in text { hash = Self.hash(hash, byte) }
            var slot = Int(hash & Self.mask)
            while slots[slot] != 0 { slot = (slot + 1) & Int(Self.mask) }
            slots[slot] = UInt8(number)
        }
    }

    static let hashSeed: UInt32 = 2_166_136_261

    /// One step of FNV-1a over the byte with ASCII case folded.
    @inline(__always)
    static func hash(_ hash: UInt32, _ byte: UInt8) -> UInt32 {
        (hash ^ UInt32(byte | 0x20)) &* 16_777_619
    }

    /// The keyword that `bytes[start..<end]` spells in any case, given the hash of its bytes.
    func keyword(_ bytes: [UInt8], _ start: Int, _ end: Int, hash: UInt32) -> Keyword {
        let count = end - start
        if count > byteCountMax { return .none }
        var slot = Int(hash & Self.mask)
        while slots[slot] != 0 {
            let number = Int(slots[slot])
            if texts[number].count == count, Self.equal(bytes, start, texts[number]) {
                return keywords[number]
            }
            slot = (slot + 1) & Int(Self.mask)
        }
        return .none
    }

    /// The keyword that `text` spells in any case.
    func keyword(of text: String) -> Keyword {
        let bytes = Array(text.utf8)
        var hash: UInt32 = Self.hashSeed
        for byte in bytes { hash = Self.hash(hash, byte) }
        return keyword(bytes, 0, bytes.count, hash: hash)
    }

    private static func equal(_ bytes: [UInt8], _ start: Int, _ text: [UInt8]) -> Bool {
        var index = 0
        while index < text.count {
            let byte = bytes[start &+ index]
            let upper = byte >= 0x61 && byte <= 0x7A ? byte &- 0x20 : byte
            if upper != text[index] { return false }
            index &+= 1
        }
        return true
    }
}
