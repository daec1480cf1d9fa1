// IdentityFunctions: GQL's predicates about several elements: are they all one, are no two one?

import NenCore

/// `same` and `all_different`.
enum IdentityFunctions {
    static let definitions: [ScalarFunction] = [same, allDifferent]

    private static let elements = FunctionOverload(
        [.any, .any], isVariadic: true, result: .boolean)

    static let same = ScalarFunction(
        "same", [elements], mayFail: true,
        summary: "Whether all arguments are the same node or relationship.",
        examples: [FunctionExample(query: "CREATE (a), (b) RETURN same(a, b)", "false")]
    ) { _, arguments throws(NQLError) in
        let first = try entity(arguments[0], "same")
        var isSame = true
        for cell in arguments.dropFirst() where try entity(cell, "same") != first { isSame = false }
        return Cell(boolean: isSame)
    }

    static let allDifferent = ScalarFunction(
        "all_different", [elements], mayFail: true,
        summary: "Whether no two arguments are the same node or relationship.",
        examples: [FunctionExample(query: "CREATE (a), (b) RETURN all_different(a, b)", "true")]
    ) { _, arguments throws(NQLError) in
        var seen: Set<UInt64> = []
        var areDifferent = true
        for cell in arguments where !seen.insert(try entity(cell, "all_different")).inserted {
            areDifferent = false
        }
        return Cell(boolean: areDifferent)
    }

    /// A number that nodes and relationships do not share.
    private static func entity(
        _ cell: Cell, _ function: StaticString
    ) throws(NQLError) -> UInt64 {
        switch cell.tag {
        case .node: return UInt64(cell.entity)
        case .relationship: return UInt64(cell.entity) | 1 << 32
        default: throw FunctionArgument.mismatch(function, "a Node or Relationship", cell)
        }
    }
}
