// UserFunction+Kernel: a scalar function written in Swift as an entry of the registry.

import NenCore

extension UserFunction {
    /// What the binder and the evaluators need.
    var scalar: ScalarFunction {
        let parameters = parameters
        let result = result
        let body = body
        let values = UserValues(name: name)
        let overload = FunctionOverload(
            parameters.map(\.type), optionalCount: optionalCount, result: result)
        var function = ScalarFunction(
            name, [overload], nulls: nulls == .propagates ? .propagates : .custom,
            mayFail: true, isVolatile: !isDeterministic, summary: summary, examples: examples
        ) { context, arguments throws(NQLError) in
            let graph = context.graph
            var given: [Value] = []
            given.reserveCapacity(arguments.count)
            for (index, cell) in arguments.enumerated() {
                given.append(try values.argument(cell, parameters[index], graph))
            }
            let value = try values.call { try body(given) }
            return try values.cell(value, result, context.builder, graph)
        }
        function.signature.category = .userDefined
        function.signature.isBuiltIn = false
        return function
    }
}

extension UserAggregate {
    /// What the binder needs.
    var signature: FunctionSignature {
        var signature = FunctionSignature(
            name: name,
            overloads: [FunctionOverload(parameters.map(\.type), result: result)],
            category: .userDefined, isAggregate: true, mayFail: true, summary: summary,
            examples: examples)
        signature.isBuiltIn = false
        return signature
    }
}
