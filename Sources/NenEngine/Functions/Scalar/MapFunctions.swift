// MapFunctions: `map.merge`, which map projection with `.*` needs. `keys` and `properties`, which
// also take entities, are with the graph functions.

import NenCore

/// Functions on maps.
enum MapFunctions {
    static let definitions: [ScalarFunction] = [merge]

    static let merge = ScalarFunction(
        "map.merge", [.map, .map], to: .map, mayFail: true,
        summary: "The entries of two maps; of equal keys that of the second.",
        examples: [FunctionExample("map.merge({a: 1, b: 2}, {b: 3})", "{a: 1, b: 3}")]
    ) { context, arguments throws(NQLError) in
        var count = 0
        for cell in arguments {
            if cell.tag != .map { throw FunctionArgument.mismatch("map.merge", "a Map", cell) }
            count += cell.count
        }
        let memory = try context.builder.reserveCells(2 * count)
        var next = memory
        for cell in arguments {
            next.update(from: context.base.cells(cell), count: 2 * cell.count)
            next += 2 * cell.count
        }
        return try context.builder.map(in: memory, count: count)
    }
}
