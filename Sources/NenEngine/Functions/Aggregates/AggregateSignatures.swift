// AggregateSignatures: what the binder must know of the aggregate functions. They are computed by
// the operators that group rows; null arguments do not count, except for `count(*)`.

import NenCore

/// Signatures of the aggregate functions.
enum AggregateSignatures {
    static let all: [FunctionSignature] = [
        FunctionSignature(
            name: "count",
            overloads: [
                FunctionOverload([], result: .integer), FunctionOverload([.any], result: .integer),
            ],
            isAggregate: true,
            summary: "The number of rows, or of values that are not null.",
            examples: [
                FunctionExample(
                    query: "UNWIND [1, null, 3] AS x RETURN count(x)", "2"),
                FunctionExample(
                    query: "UNWIND [1, null, 3] AS x RETURN count(*)", "3"),
            ]),
        FunctionSignature(
            name: "sum",
            overloads: [
                FunctionOverload([.integer], result: .integer),
                FunctionOverload([.float], result: .float),
                FunctionOverload([.duration], result: .duration),
            ],
            isAggregate: true, mayFail: true,
            summary: "The sum of numbers or durations; 0 of none.",
            examples: [
                FunctionExample(
                    query: "UNWIND [1, 2, 3] AS x RETURN sum(x)", "6"),
            ]),
        FunctionSignature(
            name: "avg",
            overloads: [
                FunctionOverload([.float], result: .float),
                FunctionOverload([.duration], result: .duration),
            ],
            isAggregate: true, mayFail: true,
            summary: "The mean of numbers or durations; null of none.",
            examples: [
                FunctionExample(
                    query: "UNWIND [1, 2, 4, 5] AS x RETURN avg(x)", "3.0"),
            ]),
        FunctionSignature(
            name: "min", overloads: [FunctionOverload([.any], result: .any)], isAggregate: true,
            summary: "The smallest value in the order of ORDER BY; null of none.",
            examples: [
                FunctionExample(
                    query: "UNWIND [3, 1, 2] AS x RETURN min(x)", "1"),
            ]),
        FunctionSignature(
            name: "max", overloads: [FunctionOverload([.any], result: .any)], isAggregate: true,
            summary: "The largest value in the order of ORDER BY; null of none.",
            examples: [
                FunctionExample(
                    query: "UNWIND [3, 1, 2] AS x RETURN max(x)", "3"),
            ]),
        FunctionSignature(
            name: "collect", overloads: [FunctionOverload([.any], result: .list(.any))],
            aliases: ["collect_list"], isAggregate: true,
            summary: "The list of the values that are not null.",
            examples: [
                FunctionExample(
                    query: "UNWIND [1, null, 3] AS x RETURN collect(x)", "[1, 3]"),
            ]),
        FunctionSignature(
            name: "stDev", overloads: [FunctionOverload([.float], result: .float)],
            aliases: ["stdev_samp"], isAggregate: true, mayFail: true,
            summary: "The standard deviation of a sample (divided by n - 1); 0.0 of fewer than "
                + "two values.",
            examples: [
                FunctionExample(
                    query: "UNWIND [1, 3] AS x RETURN round(stDev(x), 6)", "1.414214"),
            ]),
        FunctionSignature(
            name: "stDevP", overloads: [FunctionOverload([.float], result: .float)],
            aliases: ["stdev_pop"], isAggregate: true, mayFail: true,
            summary: "The standard deviation of a population (divided by n); 0.0 of none.",
            examples: [
                FunctionExample(
                    query: "UNWIND [1, 3] AS x RETURN stDevP(x)", "1.0"),
            ]),
        FunctionSignature(
            name: "percentileCont",
            overloads: [FunctionOverload([.float, .float], result: .float)],
            aliases: ["percentile_cont"], isAggregate: true, mayFail: true,
            summary: "The percentile (0.0 ... 1.0), interpolated between the values around it.",
            examples: [
                FunctionExample(
                    query: "UNWIND [1, 2, 3, 4] AS x RETURN percentileCont(x, 0.5)", "2.5"),
            ]),
        FunctionSignature(
            name: "percentileDisc",
            overloads: [
                FunctionOverload([.integer, .float], result: .integer),
                FunctionOverload([.float, .float], result: .float),
            ],
            aliases: ["percentile_disc"], isAggregate: true, mayFail: true,
            summary: "The percentile (0.0 ... 1.0), rounded to one of the values.",
            examples: [
                FunctionExample(
                    query: "UNWIND [1, 2, 3, 4] AS x RETURN percentileDisc(x, 0.5)", "2"),
            ]),
    ]
}
