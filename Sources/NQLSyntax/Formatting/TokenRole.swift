// TokenRole: what the parser found a token to be, for the formatter. `-` may be a sign, an operator
// or part of an arrow, `order` a keyword or a variable: only the parser knows.

/// What a token is in its statement.
struct TokenRole: OptionSet {
    let rawValue: UInt32

    /// A variable, label, key or any other name: its letters stay as they are.
    static let name = TokenRole(rawValue: 1 << 0)
    /// `null`, `true`, `false`.
    static let constant = TokenRole(rawValue: 1 << 1)
    /// A keyword written like a function: `count`, `reduce`, `shortestPath` and kin.
    static let function = TokenRole(rawValue: 1 << 2)
    /// The first token of a clause, or UNION.
    static let clause = TokenRole(rawValue: 1 << 3)
    /// The first token of what stands on a line of its own within a clause: WHERE, ORDER BY …
    static let part = TokenRole(rawValue: 1 << 4)
    /// As `part`, indented: ON CREATE SET.
    static let innerPart = TokenRole(rawValue: 1 << 5)
    /// Where a line may be broken: YIELD, FOR and kin.
    static let softPart = TokenRole(rawValue: 1 << 6)
    /// An operator with an operand on both sides.
    static let binary = TokenRole(rawValue: 1 << 7)
    /// A `+` or `-` in front of its operand.
    static let sign = TokenRole(rawValue: 1 << 8)
    /// Part of an arrow.
    static let arrow = TokenRole(rawValue: 1 << 9)
    /// The first token of a relationship in a pattern.
    static let relationship = TokenRole(rawValue: 1 << 10)
    /// What begins `+`, `*` or `{1,3}` behind a pattern.
    static let quantifier = TokenRole(rawValue: 1 << 11)
    /// The colon behind a key.
    static let entryColon = TokenRole(rawValue: 1 << 12)
    /// A `|` between labels or types.
    static let labelBar = TokenRole(rawValue: 1 << 13)
    /// The brace before a query or pattern.
    static let block = TokenRole(rawValue: 1 << 14)
    /// The brace before a query that always takes lines of its own.
    static let tallBlock = TokenRole(rawValue: 1 << 15)
    static let caseStart = TokenRole(rawValue: 1 << 16)
    static let caseEnd = TokenRole(rawValue: 1 << 17)
}

/// What the parser noted for the formatter.
struct SyntaxNotes {
    /// By token; empty where nobody asked.
    var roles: [TokenRole] = []
    /// Columns without alias, first and last token: their text is their name.
    var namedByText: [(first: Int, last: Int)] = []
}

extension Parser {
    /// Notes what the current token is.
    @inline(__always)
    mutating func note(_ role: TokenRole) { note(role, at: position) }

    /// Notes what the token at `index` is.
    @inline(__always)
    mutating func note(_ role: TokenRole, at index: Int) {
        if !notes.roles.isEmpty { notes.roles[index].insert(role) }
    }

    /// Notes that the column from the token at `first` to the one gone over last is called as
    /// it is written.
    mutating func noteNamedByText(from first: Int) {
        if !notes.roles.isEmpty { notes.namedByText.append((first, position - 1)) }
    }
}
