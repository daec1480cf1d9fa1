// APOCMaps: `apoc.map.…`: maps made from maps and lists.

import NenCore

/// Functions on maps under APOC's names.
enum APOCMaps {
    private static let list = NQLType.list(.any)

    static let definitions: [ScalarFunction] = [fromPairs]

    private static let fromPairs = ScalarFunction(
        "apoc.map.fromPairs", [list], to: .map, mayFail: true,
        summary: "A map of pairs of keys and values; of equal keys the last counts.",
        examples: [FunctionExample("apoc.map.fromPairs([['a', 1], ['b', 2]])", "{a: 1, b: 2}")]
    ) { context, arguments throws(NQLError) in
        try FunctionArgument.list(arguments[0], "apoc.map.fromPairs")
        let base = context.base
        let count = arguments[0].count
        let pairs = base.cells(arguments[0])
        let memory = try context.builder.reserveCells(2 * count)
        var filled = 0
        for index in 0 ..< count {
            try Interruption.spend(CellOrder.elementWorkUnits)
            guard pairs[index].tag == .list, pairs[index].count == 2 else {
                throw .runtime(
                    .type, "InvalidArgumentValue",
                    "`apoc.map.fromPairs` expects pairs of a key and a value.")
            }
            let pair = base.cells(pairs[index])
            if pair[0].isNull { continue }
            guard let key = try CellText.string(pair[0], &context) else {
                throw FunctionArgument.mismatch("apoc.map.fromPairs", "a String as key", pair[0])
            }
            memory[2 * filled] = key
            memory[2 * filled + 1] = pair[1]
            filled += 1
        }
        return try context.builder.map(in: memory, count: filled)
    }

    static let written: [FunctionSignature] = [
        APOCFunctions.written(
            "apoc.map.merge", ["a": .map, "b": .map], to: .map,
            "map.merge(coalesce(a, {}), coalesce(b, {}))",
            "The entries of two maps; of equal keys that of the second.",
            [FunctionExample("apoc.map.merge({a: 1}, {b: 2})", "{a: 1, b: 2}")]),
        APOCFunctions.written(
            "apoc.map.mergeList", ["a": list], to: .map, "reduce(m = {}, x IN a | map.merge(m, x))",
            "The entries of all maps; of equal keys the last.",
            [FunctionExample("apoc.map.mergeList([{a: 1}, {b: 2}])", "{a: 1, b: 2}")]),
        APOCFunctions.written(
            "apoc.map.fromLists", ["k": list, "v": list], to: .map,
            "apoc.map.fromPairs([i IN range(0, size(k) - 1) | [k[i], v[i]]])",
            "A map of a list of keys and one of values.",
            [FunctionExample("apoc.map.fromLists(['a', 'b'], [1, 2])", "{a: 1, b: 2}")]),
        APOCFunctions.written(
            "apoc.map.fromValues", ["v": list], to: .map,
            "apoc.map.fromPairs([i IN range(0, size(v) - 2, 2) | [v[i], v[i + 1]]])",
            "A map of keys and values in turn.",
            [FunctionExample("apoc.map.fromValues(['a', 1, 'b', 2])", "{a: 1, b: 2}")]),
        APOCFunctions.written(
            "apoc.map.setKey", ["m": .map, "k": .string, "v": .any], to: .map,
            "apoc.map.fromPairs([x IN keys(m) | [x, m[x]]] + [[k, v]])",
            "The map with another value for a key.",
            [FunctionExample("apoc.map.setKey({a: 1}, 'b', 2)", "{a: 1, b: 2}")]),
        APOCFunctions.written(
            "apoc.map.setEntry", ["m": .map, "k": .string, "v": .any], to: .map,
            "apoc.map.fromPairs([x IN keys(m) | [x, m[x]]] + [[k, v]])",
            "The map with another value for a key.",
            [FunctionExample("apoc.map.setEntry({a: 1}, 'a', 2)", "{a: 2}")]),
        APOCFunctions.written(
            "apoc.map.removeKey", ["m": .map, "k": .string], to: .map,
            "apoc.map.fromPairs([x IN keys(m) WHERE x <> k | [x, m[x]]])",
            "The map without a key.",
            [FunctionExample("apoc.map.removeKey({a: 1, b: 2}, 'a')", "{b: 2}")]),
        APOCFunctions.written(
            "apoc.map.removeKeys", ["m": .map, "k": list], to: .map,
            "apoc.map.fromPairs([x IN keys(m) WHERE NOT x IN k | [x, m[x]]])",
            "The map without some keys.",
            [FunctionExample("apoc.map.removeKeys({a: 1, b: 2}, ['a'])", "{b: 2}")]),
        APOCFunctions.written(
            "apoc.map.submap", ["m": .map, "k": list], to: .map,
            "apoc.map.fromPairs([x IN k WHERE x IN keys(m) | [x, m[x]]])",
            "The entries with these keys; keys that the map lacks are left out.",
            [FunctionExample("apoc.map.submap({a: 1, b: 2}, ['a'])", "{a: 1}")]),
        APOCFunctions.written(
            "apoc.map.clean", ["m": .map, "k": list, "v": list], to: .map,
            "apoc.map.fromPairs([x IN keys(m) WHERE NOT x IN k AND m[x] IS NOT NULL "
                + "AND NOT coalesce(m[x] IN v, false) | [x, m[x]]])",
            "The map without some keys, some values, and without nulls.",
            [FunctionExample("apoc.map.clean({a: 1, b: '', c: null}, [], [''])", "{a: 1}")]),
        APOCFunctions.written(
            "apoc.map.values", ["m": .map, "k": list], optional: 1, to: list,
            "[x IN coalesce(k, keys(m)) WHERE m[x] IS NOT NULL | m[x]]",
            "The values of a map, or of some of its keys.",
            [FunctionExample("apoc.map.values({a: 1, b: 2}, ['b'])", "[2]")]),
        APOCFunctions.written(
            "apoc.map.get", ["m": .map, "k": .string, "other": .any], optional: 1, to: .any,
            "coalesce(m[k], other)", "The value of a key, or another where it has none.",
            [FunctionExample("apoc.map.get({a: 1}, 'b', 0)", "0")]),
        APOCFunctions.written(
            "apoc.map.groupBy", ["a": list, "k": .string], to: .map,
            "apoc.map.fromPairs([x IN a WHERE x[k] IS NOT NULL | [x[k], x]])",
            "Maps or nodes by the value of a key; of equal values the last counts.",
            [
                FunctionExample(
                    "apoc.map.groupBy([{id: 'x', n: 1}], 'id')", "{x: {id: 'x', n: 1}}")
            ]),
        APOCFunctions.written(
            "apoc.map.groupByMulti", ["a": list, "k": .string], to: .map,
            "apoc.map.fromPairs([v IN coll.distinct([x IN a WHERE x[k] IS NOT NULL | x[k]]) | "
                + "[v, [x IN a WHERE x[k] = v]]])",
            "Lists of maps or nodes by the value of a key.",
            [
                FunctionExample(
                    "apoc.map.groupByMulti([{id: 'x'}, {id: 'x'}], 'id')",
                    "{x: [{id: 'x'}, {id: 'x'}]}")
            ]),
        APOCFunctions.written(
            "apoc.map.sortedProperties", ["m": .map], to: list, "[x IN keys(m) | [x, m[x]]]",
            "Pairs of keys and values, in the order of the keys.",
            [FunctionExample("apoc.map.sortedProperties({b: 2, a: 1})", "[['a', 1], ['b', 2]]")]),
    ]
}
