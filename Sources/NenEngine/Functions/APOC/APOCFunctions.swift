// APOCFunctions: the functions of Neo4j's APOC library that programs call most, under its names.
// Most are expressions of the language (`WrittenFunction`); those over texts, JSON and dates have
// bodies over values. `QueryCorpus/functions/README.md` lists them; what differs from APOC stands
// in their summaries: nodes are never virtual, patterns of dates are those of `format`, and lists
// of nulls are lists of nulls.

import NenCore

/// All functions `apoc.…`.
enum APOCFunctions {
    /// Those with bodies of their own.
    static let definitions: [ScalarFunction] =
        APOCText.definitions + APOCConversion.definitions + APOCTime.definitions
        + APOCMaps.definitions

    /// Those that are expressions.
    static let written: [FunctionSignature] =
        APOCCollections.written + APOCMaps.written + APOCConversion.written + APOCGraph.written
        + APOCText.written

    /// A function whose body sees values; a null argument makes it null.
    static func function(
        _ name: String, _ parameters: [NQLType], optional: Int = 0, to result: NQLType,
        nulls: NullHandling = .propagates, _ summary: String,
        _ examples: [FunctionExample] = [],
        body: @escaping @Sendable ([Value]) throws -> Value
    ) -> ScalarFunction {
        let fields = parameters.enumerated().map {
            ProcedureField(name: "argument \($0.offset + 1)", type: $0.element)
        }
        var function = UserFunction(
            name, fields, optionalCount: optional, to: result, nulls: nulls, summary: summary,
            examples: examples, body: body
        ).scalar
        function.signature.isBuiltIn = true
        return function
    }

    /// A function that is an expression of its parameters.
    static func written(
        _ name: String, _ parameters: KeyValuePairs<String, NQLType>, optional: Int = 0,
        to result: NQLType, _ text: String, _ summary: String, _ examples: [FunctionExample] = []
    ) -> FunctionSignature {
        var signature = FunctionSignature(
            name: name,
            overloads: [
                FunctionOverload(
                    parameters.map(\.value), optionalCount: optional, result: result)
            ],
            category: .apoc, mayFail: true, summary: summary, examples: examples)
        signature.written = WrittenFunction(parameters.map(\.key), text)
        return signature
    }
}
