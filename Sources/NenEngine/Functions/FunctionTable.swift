// FunctionTable: all functions by name: the one place where a function is entered. Scalar functions
// come with their kernels; aggregates and procedures with their signatures only.

import NenCore

/// The registry of functions; look-up ignores case.
struct FunctionTable: FunctionLibrary {
    /// The functions that come with the engine, without procedures.
    static let standard = FunctionTable(scalars: allScalars)

    private static let allScalars: [ScalarFunction] =
        NumericFunctions.definitions + [Round.definition] + FloatFunctions.definitions
        + RandomFunctions.definitions + CaseFunctions.definitions + TrimFunctions.definitions
        + SubstringFunctions.definitions + ReplaceAndSplit.definitions
        + [Normalize.definition] + ListFunctions.definitions + [RangeFunction.definition]
        + Conversions.definitions + NullFunctions.definitions + [ValueType.definition]
        + MapFunctions.definitions + PathFunctions.definitions + EntityFunctions.definitions
        + temporals

    private static let temporals: [ScalarFunction] =
        DateFunctions.definitions + LocalTimeFunctions.definitions
        + TimeFunctions.definitions + LocalDateTimeFunctions.definitions
        + DateTimeFunctions.definitions + DurationFunctions.definitions

    private var scalars: [String: ScalarFunction] = [:]
    private var aggregates: [String: FunctionSignature] = [:]
    private var procedures: [String: ProcedureSignature] = [:]
    /// Canonical names, sorted.
    let functionNames: [String]

    init(scalars functions: [ScalarFunction]) {
        var names: [String] = []
        for function in functions {
            names.append(function.signature.name)
            for name in [function.signature.name] + function.aliases {
                let key = name.lowercased()
                precondition(scalars[key] == nil, "two functions are called \(name)")
                scalars[key] = function
            }
        }
        for signature in AggregateSignatures.all {
            names.append(signature.name)
            aggregates[signature.name.lowercased()] = signature
        }
        functionNames = names.sorted()
    }

    /// The same table with procedures; they are found by exact name.
    func withProcedures(_ signatures: [ProcedureSignature]) -> FunctionTable {
        var table = self
        for signature in signatures { table.procedures[signature.name] = signature }
        return table
    }

    /// The scalar function of this name or alias.
    func scalar(named name: String) -> ScalarFunction? {
        scalars[name] ?? scalars[name.lowercased()]
    }

    func function(named name: String) -> FunctionSignature? {
        let key = name.lowercased()
        return scalars[key]?.signature ?? aggregates[key]
    }

    func procedure(named name: String) -> ProcedureSignature? { procedures[name] }

    var procedureNames: [String] { procedures.keys.sorted() }
}
