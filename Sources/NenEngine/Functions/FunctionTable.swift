// FunctionTable: all functions by name: the one place where a function is entered. Scalar functions
// come with their kernels; aggregates, procedures and functions written in the language with their
// signatures only.

import NenCore

/// The registry of functions; look-up ignores case.
struct FunctionTable: FunctionLibrary {
    /// The functions that come with the engine, without procedures.
    static let standard = FunctionTable(families: families)

    /// Every scalar function, by the chapter of the reference page that it belongs to.
    private static let families: [(FunctionCategory, [ScalarFunction])] = [
        (.list, ListFunctions.definitions + [RangeFunction.definition]),
        (.list, CollectionFunctions.definitions),
        (.map, MapFunctions.definitions),
        (.string, CaseFunctions.definitions + TrimFunctions.definitions),
        (.string, SubstringFunctions.definitions + ReplaceAndSplit.definitions),
        (.string, Normalize.definitions),
        (.numeric, NumericFunctions.definitions + [Round.definition]),
        (.numeric, [PowerFunctions.mod, RandomFunctions.rand] + BitwiseFunctions.definitions),
        (.logarithmic, FloatFunctions.logarithms + [PowerFunctions.power]),
        (.trigonometric, FloatFunctions.angles),
        (.conversion, Conversions.definitions),
        (.scalar, NullFunctions.definitions + [ValueType.definition, RandomFunctions.randomUUID]),
        (.graph, PathFunctions.definitions + EntityFunctions.definitions),
        (.graph, IdentityFunctions.definitions),
        (.temporal, DateFunctions.definitions + LocalTimeFunctions.definitions),
        (.temporal, TimeFunctions.definitions + LocalDateTimeFunctions.definitions),
        (.temporal, DateTimeFunctions.definitions + DurationFunctions.definitions),
        (.temporal, [FormatFunction.definition]),
        (.spatial, PointFunctions.definitions),
        (.vector, SimilarityFunctions.definitions),
        (.loadCSV, LoadCSVFunctions.definitions),
        (.database, DatabaseFunctions.definitions),
        (.apoc, APOCFunctions.definitions),
    ]

    private var scalars: [String: ScalarFunction] = [:]
    private var aggregates: [String: FunctionSignature] = [:]
    /// Functions that are expressions of their parameters.
    private var written: [String: FunctionSignature] = [:]
    private var procedures: [String: ProcedureSignature] = [:]
    private var writtenProcedures: [String: WrittenProcedure] = [:]
    /// Canonical names, sorted.
    private(set) var functionNames: [String]

    private init(families: [(FunctionCategory, [ScalarFunction])]) {
        var names: [String] = []
        for (category, functions) in families {
            for var function in functions {
                function.signature.category = category
                names.append(function.signature.name)
                for name in FunctionTable.keys(of: function.signature) {
                    precondition(scalars[name] == nil, "two functions are called \(name)")
                    scalars[name] = function
                }
            }
        }
        for var signature in AggregateSignatures.all {
            signature.category = .aggregating
            names.append(signature.name)
            for name in FunctionTable.keys(of: signature) { aggregates[name] = signature }
        }
        for signature in APOCFunctions.written {
            names.append(signature.name)
            for name in FunctionTable.keys(of: signature) { written[name] = signature }
        }
        functionNames = names.sorted()
    }

    /// Name and other names, as they are looked up.
    private static func keys(of signature: FunctionSignature) -> [String] {
        ([signature.name] + signature.aliases).map { $0.lowercased() }
    }

    /// The same table with one more procedure, which is found by its exact name.
    func with(
        procedure signature: ProcedureSignature, written: WrittenProcedure? = nil
    ) -> FunctionTable {
        var table = self
        table.procedures[signature.name] = signature
        table.writtenProcedures[signature.name] = written
        return table
    }

    /// The same table with one more scalar function, which replaces a registered one of its name.
    func with(_ function: ScalarFunction) -> FunctionTable {
        var table = without(function.signature.name)
        table.scalars[function.signature.name.lowercased()] = function
        table.functionNames = (table.functionNames + [function.signature.name]).sorted()
        return table
    }

    /// The same table with one more aggregate.
    func with(aggregate signature: FunctionSignature) -> FunctionTable {
        var table = without(signature.name)
        table.aggregates[signature.name.lowercased()] = signature
        table.functionNames = (table.functionNames + [signature.name]).sorted()
        return table
    }

    private func without(_ name: String) -> FunctionTable {
        var table = self
        let key = name.lowercased()
        table.scalars[key] = nil
        table.aggregates[key] = nil
        table.functionNames.removeAll { $0.lowercased() == key }
        return table
    }

    /// The scalar function of this name or alias.
    func scalar(named name: String) -> ScalarFunction? {
        scalars[name] ?? scalars[name.lowercased()]
    }

    func function(named name: String) -> FunctionSignature? {
        let key = name.lowercased()
        return scalars[key]?.signature ?? aggregates[key] ?? written[key]
    }

    func procedure(named name: String) -> ProcedureSignature? { procedures[name] }

    var procedureNames: [String] { procedures.keys.sorted() }

    func writtenProcedure(named name: String) -> WrittenProcedure? { writtenProcedures[name] }
}
