// WrittenDefinition: functions and procedures that are written in the language itself. The planner
// puts their text in the place of a call, so that rules, estimates, notifications and EXPLAIN see
// what is done, and a writing procedure follows the rules of the clauses that it stands for.

/// A function as an expression of its parameters.
public struct WrittenFunction: Sendable, Hashable {
    /// Variables of the text; parameters that a call leaves out are null.
    public var parameters: [String]
    public var text: String

    public init(_ parameters: [String], _ text: String) {
        self.parameters = parameters
        self.text = text
    }
}

/// What the planner knows of an argument of a procedure.
public indirect enum WrittenArgument: Sendable {
    /// A literal, or a list or map of literals.
    case constant(Value)
    /// A list some elements of which are computed.
    case list([WrittenArgument])
    /// A map some values of which are computed.
    case map([(String, WrittenArgument)])
    case computed
}

/// A procedure as clauses.
public struct WrittenProcedure: Sendable {
    /// Where the clauses stand.
    public enum Place: Sendable {
        /// In a subquery, once for each row that calls.
        case subquery
        /// On the outermost level, in transactions of their own: the call stands alone.
        case statement
    }

    public var place: Place
    /// Clauses that begin with the inputs as variables, and leave the outputs as variables.
    public var text: @Sendable ([WrittenArgument]) throws(NQLError) -> String

    public init(
        _ place: Place = .subquery,
        text: @escaping @Sendable ([WrittenArgument]) throws(NQLError) -> String
    ) {
        self.place = place
        self.text = text
    }
}
