// Engine+UserDefinitions: what the program around the engine has registered, beside what comes with
// it. A statement works with the table as it was when the statement was planned or started.

import NenCore

/// Functions and procedures by name.
struct FunctionRegistry: Sendable {
    var table = FunctionTable.standard
    private(set) var procedures: [String: Procedure] = [:]
    var aggregates: [String: UserAggregate] = [:]

    init() {
        for procedure in Procedure.builtIn { register(procedure) }
    }

    /// Takes in a procedure; one of its name is replaced.
    mutating func register(_ procedure: Procedure) {
        procedures[procedure.signature.name] = procedure
        var written: WrittenProcedure?
        if case .written(let text) = procedure.body { written = text }
        table = table.with(procedure: procedure.signature, written: written)
    }

    /// A name must be free, or taken by an earlier registration, which is replaced.
    ///
    /// - Throws: `ProcedureError(InvalidFunctionName | FunctionExists)`.
    func check(_ name: String, _ parameters: [ProcedureField]) throws(NQLError) {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        let isName = parts.allSatisfy { part in
            guard let first = part.unicodeScalars.first else { return false }
            let isFirst = first == "_" || first.properties.isIDStart
            return isFirst && part.unicodeScalars.allSatisfy { $0.properties.isIDContinue }
        }
        guard isName else {
            throw .runtime(
                .procedure, "InvalidFunctionName",
                "`\(name)` is no name of a function: names joined by dots.")
        }
        if Set(parameters.map(\.name)).count != parameters.count {
            throw .runtime(
                .procedure, "InvalidFunctionName",
                "Two parameters of `\(name)` have one name.")
        }
        if let known = table.function(named: name), known.isBuiltIn {
            throw .runtime(
                .procedure, "FunctionExists", "`\(known.name)` comes with the database.",
                hint: "Choose another name, such as one with a namespace: `my.\(name)`.")
        }
    }
}

extension Engine {
    /// Registers a scalar function.
    public func register(function: UserFunction) throws(NQLError) {
        let isTooOptional = function.optionalCount < 0
            || function.optionalCount > function.parameters.count
        if isTooOptional {
            throw .runtime(
                .procedure, "InvalidSignature",
                "`\(function.name)` has \(function.parameters.count) parameters, of which "
                    + "\(function.optionalCount) cannot be left out.")
        }
        let scalar = function.scalar
        try registry.withLock { (registry) throws(NQLError) in
            try registry.check(function.name, function.parameters)
            registry.table = registry.table.with(scalar)
            registry.aggregates[function.name.lowercased()] = nil
        }
    }

    /// Registers an aggregate function.
    public func register(aggregate: UserAggregate) throws(NQLError) {
        let signature = aggregate.signature
        try registry.withLock { (registry) throws(NQLError) in
            try registry.check(aggregate.name, aggregate.parameters)
            registry.table = registry.table.with(aggregate: signature)
            registry.aggregates[aggregate.name.lowercased()] = aggregate
        }
    }

    /// Registers a procedure; one that comes with the engine cannot be replaced.
    public func register(procedure: UserProcedure) throws(NQLError) {
        let signature = procedure.signature
        let isBuiltIn = Procedure.builtIn.contains { $0.signature.name == signature.name }
        if isBuiltIn {
            throw .runtime(
                .procedure, "FunctionExists", "`\(signature.name)` comes with the database.")
        }
        registry.withLock {
            $0.register(Procedure(signature: signature, body: .swift(procedure.body)))
        }
    }
}
