// FixtureFunctions: the signatures that the planner's tests use, without the engine's kernels.

import NenCore

/// A small function library.
struct FixtureFunctions: FunctionLibrary {
    private let functions: [String: FunctionSignature]
    private let procedures: [String: ProcedureSignature]

    init() {
        var table: [String: FunctionSignature] = [:]
        for signature in FixtureFunctions.scalars + FixtureFunctions.aggregates {
            table[signature.name.lowercased()] = signature
        }
        functions = table
        var calls: [String: ProcedureSignature] = [:]
        for signature in FixtureFunctions.procedureList { calls[signature.name] = signature }
        procedures = calls
    }

    func function(named name: String) -> FunctionSignature? { functions[name.lowercased()] }
    var functionNames: [String] { functions.values.map(\.name).sorted() }
    func procedure(named name: String) -> ProcedureSignature? { procedures[name] }
    var procedureNames: [String] { procedures.keys.sorted() }

    private static func scalar(
        _ name: String, _ parameters: [NQLType], _ result: NQLType, optional: Int = 0,
        isVariadic: Bool = false, mayFail: Bool = false, isVolatile: Bool = false
    ) -> FunctionSignature {
        FunctionSignature(
            name: name,
            overloads: [
                FunctionOverload(
                    parameters, optionalCount: optional, isVariadic: isVariadic, result: result)
            ], mayFail: mayFail, isVolatile: isVolatile, summary: "")
    }

    private static var scalars: [FunctionSignature] {
        [
            scalar("id", [.any], .integer), scalar("type", [.relationship], .string),
            scalar("labels", [.node], .list(.string)), scalar("length", [.path], .integer),
            scalar("nodes", [.path], .list(.node)), scalar("startNode", [.relationship], .node),
            scalar("relationships", [.path], .list(.relationship)),
            scalar("endNode", [.relationship], .node), scalar("head", [.list(.any)], .any),
            scalar("coalesce", [.any], .any, isVariadic: true),
            scalar("rand", [], .float, isVolatile: true), scalar("toUpper", [.string], .string),
            scalar("date", [.any], .date, optional: 1, mayFail: true),
            scalar("range", [.any, .any, .any], .list(.integer), optional: 1, mayFail: true),
            scalar("ceil", [.float], .float), scalar("toInteger", [.any], .integer, mayFail: true),
            FunctionSignature(
                name: "size",
                overloads: [
                    FunctionOverload([.list(.any)], result: .integer),
                    FunctionOverload([.string], result: .integer),
                ], summary: ""),
            FunctionSignature(
                name: "properties",
                overloads: [
                    FunctionOverload([.node], result: .map),
                    FunctionOverload([.relationship], result: .map),
                    FunctionOverload([.map], result: .map),
                ], summary: ""),
        ]
    }

    private static var aggregates: [FunctionSignature] {
        ["count", "sum", "avg", "min", "max", "collect"].map { name in
            FunctionSignature(
                name: name,
                overloads: [
                    FunctionOverload([.any], result: name == "count" ? .integer : .any)
                ], isAggregate: true, summary: "")
        }
    }

    private static var procedureList: [ProcedureSignature] {
        [
            ProcedureSignature(
                name: "test.nothing", inputs: [], outputs: [], summary: ""),
            ProcedureSignature(
                name: "test.pair", inputs: [ProcedureField(name: "in", type: .integer)],
                outputs: [
                    ProcedureField(name: "a", type: .string),
                    ProcedureField(name: "b", type: .integer),
                ], summary: ""),
        ]
    }
}
