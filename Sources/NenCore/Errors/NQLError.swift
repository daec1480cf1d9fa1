// NQLError: what went wrong, as data. How it is said (line, column, caret) is the renderer's work.

/// A failure of a statement: typed by openCypher's error code and detail, with its place.
public struct NQLError: Error, Sendable, Hashable {
    /// openCypher's error types, and the engine's own where openCypher has none.
    public enum Code: String, Sendable, Hashable {
        case syntax = "SyntaxError"
        case semantic = "SemanticError"
        case type = "TypeError"
        case argument = "ArgumentError"
        case arithmetic = "ArithmeticError"
        case entityNotFound = "EntityNotFound"
        case propertyNotFound = "PropertyNotFound"
        case labelNotFound = "LabelNotFound"
        case parameterMissing = "ParameterMissing"
        case procedure = "ProcedureError"
        case constraintVerificationFailed = "ConstraintVerificationFailed"
        case constraintValidationFailed = "ConstraintValidationFailed"
        /// A request that breaks the rules of transactions (COMMIT without BEGIN, …).
        case transaction = "TransactionError"
        /// The memory a query needs or took exceeds its budget.
        case memory = "MemoryLimitExceeded"
        /// The declared capacity of the store is used up.
        case capacity = "CapacityExceeded"
        /// Another process or session holds the write lock.
        case busy = "DatabaseBusy"
        /// The disk or the operating system refused.
        case io = "IOError"
        /// The file's content contradicts its checksums or its format.
        case corruption = "CorruptionError"
        /// The database cannot be opened or used in this state.
        case database = "DatabaseError"
        case interrupted = "Interrupted"
        case protocolViolation = "ProtocolError"
    }

    /// Before any row is processed, or while rows are processed.
    public enum Phase: String, Sendable, Hashable {
        case compile
        case runtime
    }

    public var code: Code
    /// openCypher's detail such as `UndefinedVariable`; nil where there is none.
    public var detail: String?
    public var phase: Phase
    /// One sentence that states cause and values.
    public var message: String
    /// What to do about it; nil when nothing useful can be said.
    public var hint: String?
    /// The offending text; `.none` when unknown.
    public var span: SourceSpan

    public init(
        _ code: Code, _ detail: String? = nil, phase: Phase, _ message: String,
        hint: String? = nil, span: SourceSpan = .none
    ) {
        self.code = code
        self.detail = detail
        self.phase = phase
        self.message = NQLError.shortened(message)
        self.hint = hint.map(NQLError.shortened)
        self.span = span
    }

    /// Most bytes of a message and of a hint: an error that repeats a value of megabytes would be
    /// written long after the statement's time.
    public static let textByteCountMax = 4_096

    /// The beginning and the end of a text that is too long, with `…` between them.
    private static func shortened(_ text: String) -> String {
        let bytes = text.utf8
        if bytes.count <= textByteCountMax { return text }
        let isInside = { (place: String.Index) in bytes[place] & 0xC0 == 0x80 }
        var end = bytes.index(bytes.startIndex, offsetBy: textByteCountMax - 300)
        while isInside(end) { end = bytes.index(before: end) }
        var start = bytes.index(bytes.endIndex, offsetBy: -200)
        while start < bytes.endIndex, isInside(start) { start = bytes.index(after: start) }
        return String(text[..<end]) + "…" + String(text[start...])
    }

    /// A syntax error at `span`.
    public static func syntax(
        _ detail: String, _ message: String, at span: SourceSpan, hint: String? = nil
    ) -> NQLError {
        NQLError(.syntax, detail, phase: .compile, message, hint: hint, span: span)
    }

    /// An error of `code` raised while rows are processed.
    public static func runtime(
        _ code: Code, _ detail: String? = nil, _ message: String, hint: String? = nil,
        at span: SourceSpan = .none
    ) -> NQLError {
        NQLError(code, detail, phase: .runtime, message, hint: hint, span: span)
    }
}

extension NQLError: CustomStringConvertible {
    /// `Code(Detail): message`, without place.
    public var description: String {
        let kind = detail.map { "\(code.rawValue)(\($0))" } ?? code.rawValue
        return "\(kind): \(message)"
    }
}
