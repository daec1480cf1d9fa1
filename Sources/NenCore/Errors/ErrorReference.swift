// ErrorReference: every kind of error that a statement can raise: its GQLSTATUS, what causes it and
// what helps. The reference page QueryCorpus/errors/README.md is made of it.
//
// GQLSTATUS are those of ISO/IEC 39075, class and subclass. Classes 5D (database), 5M (memory and
// capacity), 5P (procedures) and 57 (interruption) are the implementation's own, as the standard
// leaves them.

/// A kind of error: one code with one detail.
public struct ErrorKind: Sendable, Hashable {
    public var code: NQLError.Code
    /// nil for what the code says of all other details.
    public var detail: String?
    public var gqlStatus: String
    /// When it is raised.
    public var cause: String
    /// What helps.
    public var remedy: String

    init(
        _ code: NQLError.Code, _ detail: String?, _ gqlStatus: String, _ cause: String,
        _ remedy: String
    ) {
        self.code = code
        self.detail = detail
        self.gqlStatus = gqlStatus
        self.cause = cause
        self.remedy = remedy
    }
}

extension NQLError {
    /// The five characters of ISO/IEC 39075 that say what kind of condition this is.
    public var gqlStatus: String { kind.gqlStatus }

    /// What the reference says of such errors.
    public var kind: ErrorKind {
        ErrorKind.table[Key(code: code, detail: detail)]
            ?? ErrorKind.table[Key(code: code, detail: nil)]
            ?? ErrorKind(code, nil, "50000", "The statement failed.", "See the message.")
    }

    fileprivate struct Key: Hashable {
        var code: Code
        var detail: String?
    }
}

extension ErrorKind {
    /// All kinds, in the order of the reference page.
    public static let all: [ErrorKind] = syntaxKinds + valueKinds + stateKinds

    fileprivate static let table: [NQLError.Key: ErrorKind] = {
        var table: [NQLError.Key: ErrorKind] = [:]
        for kind in all { table[NQLError.Key(code: kind.code, detail: kind.detail)] = kind }
        return table
    }()
}
