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
            summary: "The number of rows, or of values that are not null."),
        FunctionSignature(
            name: "sum",
            overloads: [
                FunctionOverload([.integer], result: .integer),
                FunctionOverload([.float], result: .float),
                FunctionOverload([.duration], result: .duration),
            ],
            isAggregate: true, mayFail: true,
            summary: "The sum of numbers or durations; 0 of none."),
        FunctionSignature(
            name: "avg",
            overloads: [
                FunctionOverload([.float], result: .float),
                FunctionOverload([.duration], result: .duration),
            ],
            isAggregate: true, mayFail: true,
            summary: "The mean of numbers or durations; null of none."),
        FunctionSignature(
            name: "min", overloads: [FunctionOverload([.any], result: .any)], isAggregate: true,
            summary: "The smallest value in the order of ORDER BY; null of none."),
        FunctionSignature(
            name: "max", overloads: [FunctionOverload([.any], result: .any)], isAggregate: true,
            summary: "The largest value in the order of ORDER BY; null of none."),
        FunctionSignature(
            name: "collect", overloads: [FunctionOverload([.any], result: .list(.any))],
            isAggregate: true, summary: "The list of the values that are not null."),
        FunctionSignature(
            name: "stDev", overloads: [FunctionOverload([.float], result: .float)],
            isAggregate: true, mayFail: true,
            summary: "The standard deviation of a sample (divided by n - 1); 0.0 of fewer than "
                + "two values."),
        FunctionSignature(
            name: "stDevP", overloads: [FunctionOverload([.float], result: .float)],
            isAggregate: true, mayFail: true,
            summary: "The standard deviation of a population (divided by n); 0.0 of none."),
        FunctionSignature(
            name: "percentileCont",
            overloads: [FunctionOverload([.float, .float], result: .float)],
            isAggregate: true, mayFail: true,
            summary: "The percentile (0.0 ... 1.0), interpolated between the values around it."),
        FunctionSignature(
            name: "percentileDisc",
            overloads: [
                FunctionOverload([.integer, .float], result: .integer),
                FunctionOverload([.float, .float], result: .float),
            ],
            isAggregate: true, mayFail: true,
            summary: "The percentile (0.0 ... 1.0), rounded to one of the values."),
    ]
}
