// FunctionSignature: what the binder must know of a function. The engine's registry provides them.

/// One way to call a function: parameter types in order and the result's type.
public struct FunctionOverload: Sendable, Hashable {
    public var parameters: [NQLType]
    /// How many of `parameters` may be left out, counted from the end.
    public var optionalCount: Int
    /// The last parameter may be repeated.
    public var isVariadic: Bool
    public var result: NQLType

    public init(
        _ parameters: [NQLType], optionalCount: Int = 0, isVariadic: Bool = false,
        result: NQLType
    ) {
        self.parameters = parameters
        self.optionalCount = optionalCount
        self.isVariadic = isVariadic
        self.result = result
    }

    /// Whether a call with `count` arguments fits.
    public func accepts(argumentCount count: Int) -> Bool {
        if count < parameters.count - optionalCount { return false }
        return count <= parameters.count || isVariadic
    }
}

/// The chapters of the reference page; `SHOW FUNCTIONS` gives them as `category`.
public enum FunctionCategory: String, Sendable, Hashable, CaseIterable {
    case aggregating = "Aggregating"
    case list = "List"
    case map = "Map"
    case string = "String"
    case numeric = "Numeric"
    case logarithmic = "Logarithmic"
    case trigonometric = "Trigonometric"
    case conversion = "Conversion"
    case scalar = "Scalar"
    case predicate = "Predicate"
    case graph = "Graph"
    case temporal = "Temporal"
    case spatial = "Spatial"
    case vector = "Vector"
    case loadCSV = "Load CSV"
    case database = "Database"
    case apoc = "APOC"
    case userDefined = "User-defined"
}

/// Name, types and properties of a scalar or aggregate function.
public struct FunctionSignature: Sendable, Hashable {
    /// Canonical spelling, such as `toUpper` or `date.truncate`; look-up ignores case.
    public var name: String
    /// Other names of the same function.
    public var aliases: [String]
    public var category: FunctionCategory
    public var overloads: [FunctionOverload]
    public var isAggregate: Bool
    /// Some arguments of fitting type raise an error (so it may not be moved past filters).
    public var mayFail: Bool
    /// Differs between calls with equal arguments (`rand`, `randomUUID`).
    public var isVolatile: Bool
    /// Reads the statement's or transaction's clock: constant within a statement, so it may be
    /// grouped and aggregated, but not folded into a plan that is kept.
    public var dependsOnClock: Bool
    /// One sentence for the reference page and `SHOW FUNCTIONS`.
    public var summary: String
    /// Queries and their results; they run as tests.
    public var examples: [FunctionExample]
    /// Comes with the engine; not registered by the program around it.
    public var isBuiltIn = true
    /// The function in the language itself; nil where the engine computes it.
    public var written: WrittenFunction?

    public init(
        name: String, overloads: [FunctionOverload], aliases: [String] = [],
        category: FunctionCategory = .scalar, isAggregate: Bool = false,
        mayFail: Bool = false, isVolatile: Bool = false, dependsOnClock: Bool = false,
        summary: String,
        examples: [FunctionExample] = []
    ) {
        self.name = name
        self.aliases = aliases
        self.category = category
        self.overloads = overloads
        self.isAggregate = isAggregate
        self.mayFail = mayFail
        self.isVolatile = isVolatile
        self.dependsOnClock = dependsOnClock
        self.summary = summary
        self.examples = examples
    }
}

/// A query on an empty graph and the only value that it returns, as NQL text.
public struct FunctionExample: Sendable, Hashable {
    public var query: String
    public var result: String

    /// `RETURN expression` gives `result`.
    public init(_ expression: String, _ result: String) {
        query = "RETURN " + expression
        self.result = result
    }

    /// A whole query gives `result`.
    public init(query: String, _ result: String) {
        self.query = query
        self.result = result
    }
}

/// Name and columns of a procedure.
public struct ProcedureSignature: Sendable, Hashable {
    public var name: String
    public var inputs: [ProcedureField]
    public var outputs: [ProcedureField]
    public var summary: String
    public init(
        name: String, inputs: [ProcedureField], outputs: [ProcedureField], summary: String
    ) {
        self.name = name
        self.inputs = inputs
        self.outputs = outputs
        self.summary = summary
    }

    /// Inputs that a call has to give.
    public var requiredCount: Int { inputs.count { $0.defaultValue == nil } }
}

/// A named and typed argument or column of a procedure.
public struct ProcedureField: Sendable, Hashable {
    public var name: String
    public var type: NQLType
    /// What a call may leave out, with all inputs behind it; nil where it may not.
    public var defaultValue: Value?
    public init(name: String, type: NQLType, defaultValue: Value? = nil) {
        self.name = name
        self.type = type
        self.defaultValue = defaultValue
    }
}

/// What the binder asks about functions and procedures; the engine answers.
public protocol FunctionLibrary: Sendable {
    /// Look-up ignores case; nil when there is no such function.
    func function(named name: String) -> FunctionSignature?
    /// All functions' canonical names, for suggestions and completion.
    var functionNames: [String] { get }
    /// Look-up by exact name; nil when there is no such procedure.
    func procedure(named name: String) -> ProcedureSignature?
    var procedureNames: [String] { get }
    /// What calls of a procedure stand for; nil where the engine runs it.
    func writtenProcedure(named name: String) -> WrittenProcedure?
}

extension FunctionLibrary {
    /// No procedure is written in the language.
    public func writtenProcedure(named name: String) -> WrittenProcedure? { nil }
}
