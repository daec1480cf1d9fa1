// Database+Functions: functions, aggregates and procedures written in Swift, and the list of all
// there are.

import NenCore
import NenEngine

extension Database {
    /// Registers a scalar function, which queries of this database can call from then on; one
    /// registered before under the same name is replaced.
    ///
    /// ```swift
    /// try db.register(function: UserFunction(
    ///     "my.shout", [ProcedureField(name: "text", type: .string)], to: .string
    /// ) { arguments in
    ///     guard case .string(let text) = arguments[0] else { return .null }
    ///     return .string(text.uppercased() + "!")
    /// })
    /// ```
    ///
    /// The body may run on several threads at once, and must not write to this database.
    ///
    /// - Throws: `ProcedureError` for a name that is none or that a built-in function has.
    public func register(function: UserFunction) throws {
        try engine.register(function: function)
        plans.removeAll()
    }

    /// Registers an aggregate function, as `register(function:)`. Each group of each thread has a
    /// state of its own; states of threads are merged in the order of their rows.
    ///
    /// - Throws: `ProcedureError` for a name that is none or that a built-in function has.
    public func register(aggregate: UserAggregate) throws {
        try engine.register(aggregate: aggregate)
        plans.removeAll()
    }

    /// Registers a procedure: `CALL name(…) YIELD …`. Its body runs once for each row that calls.
    ///
    /// - Throws: `ProcedureError` for the name of a built-in procedure.
    public func register(procedure: UserProcedure) throws {
        try engine.register(procedure: procedure)
        plans.removeAll()
    }

    /// All functions that queries can call, in the order of their names.
    public var functions: [FunctionSignature] {
        let library = engine.functionLibrary
        return library.functionNames.compactMap { library.function(named: $0) }
    }

    /// All procedures that queries can call, in the order of their names.
    public var procedures: [ProcedureSignature] {
        let library = engine.functionLibrary
        return library.procedureNames.compactMap { library.procedure(named: $0) }
    }
}
