// APOCCollections: `apoc.coll.…`, which are the language's own list functions and comprehensions.

import NenCore

/// Functions on lists under APOC's names.
enum APOCCollections {
    private static let list = NQLType.list(.any)

    static let written: [FunctionSignature] = sets + parts + numbers + ordered

    private static let sets: [FunctionSignature] = [
        APOCFunctions.written(
            "apoc.coll.toSet", ["a": list], to: list, "coll.distinct(a)",
            "The list without repetitions.",
            [FunctionExample("apoc.coll.toSet([1, 2, 1])", "[1, 2]")]),
        APOCFunctions.written(
            "apoc.coll.contains", ["a": list, "x": .any], to: .boolean, "x IN a",
            "Whether the list has the value.",
            [FunctionExample("apoc.coll.contains([1, 2], 2)", "true")]),
        APOCFunctions.written(
            "apoc.coll.containsAll", ["a": list, "b": list], to: .boolean,
            "all(x IN b WHERE x IN a)", "Whether the first list has all values of the second.",
            [FunctionExample("apoc.coll.containsAll([1, 2, 3], [3, 1])", "true")]),
        APOCFunctions.written(
            "apoc.coll.containsAny", ["a": list, "b": list], to: .boolean,
            "any(x IN b WHERE x IN a)", "Whether the first list has a value of the second.",
            [FunctionExample("apoc.coll.containsAny([1, 2], [5, 2])", "true")]),
        APOCFunctions.written(
            "apoc.coll.containsDuplicates", ["a": list], to: .boolean,
            "size(a) > size(coll.distinct(a))", "Whether a value stands in the list twice.",
            [FunctionExample("apoc.coll.containsDuplicates([1, 2, 1])", "true")]),
        APOCFunctions.written(
            "apoc.coll.duplicates", ["a": list], to: list,
            "coll.distinct([i IN range(0, size(a) - 1) WHERE a[i] IN a[..i] | a[i]])",
            "The values that stand in the list more than once.",
            [FunctionExample("apoc.coll.duplicates([1, 2, 1, 1])", "[1]")]),
        APOCFunctions.written(
            "apoc.coll.union", ["a": list, "b": list], to: list, "coll.distinct(a + b)",
            "The values of either list, each once.",
            [FunctionExample("apoc.coll.union([1, 2], [2, 3])", "[1, 2, 3]")]),
        APOCFunctions.written(
            "apoc.coll.unionAll", ["a": list, "b": list], to: list, "a + b",
            "Both lists, one behind the other.",
            [FunctionExample("apoc.coll.unionAll([1, 2], [2])", "[1, 2, 2]")]),
        APOCFunctions.written(
            "apoc.coll.intersection", ["a": list, "b": list], to: list,
            "coll.distinct([x IN a WHERE x IN b])", "The values that both lists have, each once.",
            [FunctionExample("apoc.coll.intersection([1, 2, 3], [3, 2])", "[2, 3]")]),
        APOCFunctions.written(
            "apoc.coll.subtract", ["a": list, "b": list], to: list,
            "coll.distinct([x IN a WHERE NOT x IN b])",
            "The values of the first list that the second lacks, each once.",
            [FunctionExample("apoc.coll.subtract([1, 2, 3], [2])", "[1, 3]")]),
        APOCFunctions.written(
            "apoc.coll.removeAll", ["a": list, "b": list], to: list,
            "[x IN a WHERE NOT x IN b]", "The first list without the values of the second.",
            [FunctionExample("apoc.coll.removeAll([1, 1, 2], [2])", "[1, 1]")]),
        APOCFunctions.written(
            "apoc.coll.disjunction", ["a": list, "b": list], to: list,
            "coll.distinct([x IN a WHERE NOT x IN b] + [x IN b WHERE NOT x IN a])",
            "The values that one of the lists has, but not both.",
            [FunctionExample("apoc.coll.disjunction([1, 2], [2, 3])", "[1, 3]")]),
    ]

    private static let parts: [FunctionSignature] = [
        APOCFunctions.written(
            "apoc.coll.flatten", ["a": list, "deep": .boolean], optional: 1, to: list,
            "coll.flatten(a, CASE WHEN deep THEN 500 ELSE 1 END)",
            "The list with the elements of lists in it in their place; of all depths if asked.",
            [
                FunctionExample("apoc.coll.flatten([1, [2, [3]]])", "[1, 2, [3]]"),
                FunctionExample("apoc.coll.flatten([1, [2, [3]]], true)", "[1, 2, 3]"),
            ]),
        APOCFunctions.written(
            "apoc.coll.indexOf", ["a": list, "x": .any], to: .integer, "coll.indexOf(a, x)",
            "The first position of the value, from 0; -1 when it is not there.",
            [FunctionExample("apoc.coll.indexOf([5, 7], 7)", "1")]),
        APOCFunctions.written(
            "apoc.coll.reverse", ["a": list], to: list, "reverse(a)", "The list in reverse order.",
            [FunctionExample("apoc.coll.reverse([1, 2])", "[2, 1]")]),
        APOCFunctions.written(
            "apoc.coll.zip", ["a": list, "b": list], to: list,
            "[i IN range(0, CASE WHEN size(a) < size(b) THEN size(a) ELSE size(b) END - 1) | "
                + "[a[i], b[i]]]", "Pairs of the elements at the same positions.",
            [FunctionExample("apoc.coll.zip([1, 2], ['a', 'b'])", "[[1, 'a'], [2, 'b']]")]),
        APOCFunctions.written(
            "apoc.coll.pairs", ["a": list], to: list,
            "[i IN range(0, size(a) - 1) | [a[i], a[i + 1]]]",
            "Pairs of each element and the next; null behind the last.",
            [FunctionExample("apoc.coll.pairs([1, 2])", "[[1, 2], [2, null]]")]),
        APOCFunctions.written(
            "apoc.coll.pairsMin", ["a": list], to: list,
            "[i IN range(0, size(a) - 2) | [a[i], a[i + 1]]]", "Pairs of neighbours.",
            [FunctionExample("apoc.coll.pairsMin([1, 2, 3])", "[[1, 2], [2, 3]]")]),
        APOCFunctions.written(
            "apoc.coll.partition", ["a": list, "n": .integer], to: list,
            "[i IN range(0, size(a) - 1, n) | a[i..i + n]]",
            "Parts of so many elements. A function here; a procedure in APOC.",
            [FunctionExample("apoc.coll.partition([1, 2, 3], 2)", "[[1, 2], [3]]")]),
        APOCFunctions.written(
            "apoc.coll.frequencies", ["a": list], to: list,
            "[x IN coll.distinct(a) | {item: x, count: size([y IN a WHERE y = x])}]",
            "How often each value stands in the list.",
            [
                FunctionExample(
                    "apoc.coll.frequencies([1, 1, 2])",
                    "[{count: 2, item: 1}, {count: 1, item: 2}]")
            ]),
        APOCFunctions.written(
            "apoc.coll.occurrences", ["a": list, "x": .any], to: .integer,
            "size([y IN a WHERE y = x])", "How often the value stands in the list.",
            [FunctionExample("apoc.coll.occurrences([1, 1, 2], 1)", "2")]),
        APOCFunctions.written(
            "apoc.coll.insert", ["a": list, "at": .integer, "x": .any], to: list,
            "coll.insert(a, at, x)", "The list with the value at a position.",
            [FunctionExample("apoc.coll.insert([1, 3], 1, 2)", "[1, 2, 3]")]),
        APOCFunctions.written(
            "apoc.coll.remove", ["a": list, "at": .integer, "n": .integer], optional: 1,
            to: list, "a[..at] + a[at + coalesce(n, 1)..]",
            "The list without the element, or so many, at a position.",
            [FunctionExample("apoc.coll.remove([1, 2, 3], 1)", "[1, 3]")]),
        APOCFunctions.written(
            "apoc.coll.set", ["a": list, "at": .integer, "x": .any], to: list,
            "a[..at] + [x] + a[at + 1..]", "The list with another element at a position.",
            [FunctionExample("apoc.coll.set([1, 2, 3], 1, 7)", "[1, 7, 3]")]),
    ]

    private static let numbers: [FunctionSignature] = [
        APOCFunctions.written(
            "apoc.coll.sum", ["a": list], to: .float, "reduce(s = 0.0, x IN a | s + x)",
            "The sum of numbers.", [FunctionExample("apoc.coll.sum([1, 2.5])", "3.5")]),
        APOCFunctions.written(
            "apoc.coll.avg", ["a": list], to: .float,
            "CASE size(a) WHEN 0 THEN null ELSE reduce(s = 0.0, x IN a | s + x) / size(a) END",
            "The mean of numbers.", [FunctionExample("apoc.coll.avg([1, 2])", "1.5")]),
        APOCFunctions.written(
            "apoc.coll.max", ["a": list], to: .any, "coll.max(a)", "The largest element.",
            [FunctionExample("apoc.coll.max([1, 3, 2])", "3")]),
        APOCFunctions.written(
            "apoc.coll.min", ["a": list], to: .any, "coll.min(a)", "The smallest element.",
            [FunctionExample("apoc.coll.min([3, 1, 2])", "1")]),
    ]

    private static let ordered: [FunctionSignature] = [
        APOCFunctions.written(
            "apoc.coll.sort", ["a": list], to: list, "coll.sort(a)", "The list in order.",
            [FunctionExample("apoc.coll.sort([3, 1, 2])", "[1, 2, 3]")]),
        APOCFunctions.written(
            "apoc.coll.sortMaps", ["a": list, "by": .string], to: list,
            "COLLECT { UNWIND a AS x WITH x, CASE WHEN by STARTS WITH '^' THEN x[substring(by, 1)] "
                + "END AS up, CASE WHEN NOT by STARTS WITH '^' THEN x[by] END AS down "
                + "ORDER BY down DESC, up RETURN x }",
            "Maps in the descending order of a key's values, ascending with `^` in front of it.",
            [
                FunctionExample(
                    "apoc.coll.sortMaps([{n: 1}, {n: 3}], 'n')", "[{n: 3}, {n: 1}]")
            ]),
        APOCFunctions.written(
            "apoc.coll.sortNodes", ["a": list, "by": .string], to: list,
            "COLLECT { UNWIND a AS x WITH x, CASE WHEN by STARTS WITH '^' THEN x[substring(by, 1)] "
                + "END AS up, CASE WHEN NOT by STARTS WITH '^' THEN x[by] END AS down "
                + "ORDER BY down DESC, up RETURN x }",
            "Nodes in the descending order of a property, ascending with `^` in front of its key.",
            [
                FunctionExample(
                    query: "CREATE (a {v: 1}), (b {v: 2}) "
                        + "RETURN [n IN apoc.coll.sortNodes([a, b], 'v') | n.v]", "[2, 1]"),
            ]),
    ]
}
