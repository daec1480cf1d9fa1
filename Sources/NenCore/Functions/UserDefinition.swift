// UserDefinition: functions, aggregates and procedures that the program around the database writes
// in Swift. Their bodies see values, never the engine's memory, and may run on several threads at
// once; what they throw becomes an error at the place of the call.

/// How a user-defined function treats null arguments.
public enum NullHandling: Sendable, Hashable {
    /// A null argument makes the result null (a scalar function) or does not count (an aggregate);
    /// the body never sees one.
    case propagates
    /// The body sees nulls.
    case custom
}

/// A scalar function written in Swift.
public struct UserFunction: Sendable {
    /// Name as calls write it, with a namespace or without: `geo.bearing`. Look-up ignores case.
    public var name: String
    public var parameters: [ProcedureField]
    /// How many of `parameters`, counted from the end, a call may leave out; the body then gets
    /// fewer arguments.
    public var optionalCount: Int
    public var result: NQLType
    public var nulls: NullHandling
    /// Equal arguments give equal results within a statement: such calls may be computed once and
    /// on several threads.
    public var isDeterministic: Bool
    /// One sentence for `SHOW FUNCTIONS`.
    public var summary: String
    public var examples: [FunctionExample]
    public var body: @Sendable ([Value]) throws -> Value

    /// - Parameter body: gets values of the parameters' types, integers as floats where floats are
    ///   declared, and returns a value of the declared type or null. What it throws ends the
    ///   statement.
    public init(
        _ name: String, _ parameters: [ProcedureField], optionalCount: Int = 0,
        to result: NQLType, nulls: NullHandling = .propagates, isDeterministic: Bool = true,
        summary: String = "", examples: [FunctionExample] = [],
        body: @escaping @Sendable ([Value]) throws -> Value
    ) {
        self.name = name
        self.parameters = parameters
        self.optionalCount = optionalCount
        self.result = result
        self.nulls = nulls
        self.isDeterministic = isDeterministic
        self.summary = summary
        self.examples = examples
        self.body = body
    }
}

/// What an aggregate knows of the rows of one group so far.
public protocol UserAggregateState: Sendable {
    /// Adds a row.
    mutating func add(_ arguments: [Value]) throws
    /// Adds what another thread has found in rows that come later.
    mutating func merge(_ later: Self) throws
    /// The value of the group.
    func result() throws -> Value
}

/// An aggregate function written in Swift.
public struct UserAggregate: Sendable {
    public var name: String
    public var parameters: [ProcedureField]
    public var result: NQLType
    public var nulls: NullHandling
    public var summary: String
    public var examples: [FunctionExample]
    /// The state of a group without rows.
    public var makeState: @Sendable () -> any UserAggregateState

    public init<State: UserAggregateState>(
        _ name: String, _ parameters: [ProcedureField], to result: NQLType,
        nulls: NullHandling = .propagates, summary: String = "",
        examples: [FunctionExample] = [], state: @escaping @Sendable () -> State
    ) {
        self.name = name
        self.parameters = parameters
        self.result = result
        self.nulls = nulls
        self.summary = summary
        self.examples = examples
        makeState = state
    }
}

/// A procedure written in Swift: `CALL name(arguments) YIELD columns`.
public struct UserProcedure: Sendable {
    public var signature: ProcedureSignature
    /// Rows of as many values as the signature has outputs; called once for each row that calls.
    public var body: @Sendable ([Value]) throws -> [[Value]]

    public init(
        _ name: String, inputs: [ProcedureField] = [], outputs: [ProcedureField] = [],
        summary: String = "", body: @escaping @Sendable ([Value]) throws -> [[Value]]
    ) {
        signature = ProcedureSignature(
            name: name, inputs: inputs, outputs: outputs, summary: summary)
        self.body = body
    }
}
