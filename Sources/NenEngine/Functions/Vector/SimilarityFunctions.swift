// SimilarityFunctions: how alike two embeddings are, as a number from 0 to 1. Embeddings are lists
// of numbers. The sums run in single precision's wider sister, Double, element by element.

import NenCore

/// Similarities of lists of numbers.
enum SimilarityFunctions {
    static let definitions: [ScalarFunction] = [cosine, euclidean]

    private static let numbers = NQLType.list(.number)

    static let cosine = ScalarFunction(
        "vector.similarity.cosine", [numbers, numbers], to: .float, mayFail: true,
        summary: "The similarity of two lists of numbers by their angle: (1 + cosine) / 2.",
        examples: [
            FunctionExample("vector.similarity.cosine([1, 0], [1, 0])", "1.0"),
            FunctionExample("vector.similarity.cosine([1, 0], [0, 2])", "0.5"),
        ]
    ) { context, arguments throws(NQLError) in
        let (a, b) = try pair(arguments, "vector.similarity.cosine", context.base)
        var product = 0.0
        var lengthA = 0.0
        var lengthB = 0.0
        for index in a.indices {
            product += a[index] * b[index]
            lengthA += a[index] * a[index]
            lengthB += b[index] * b[index]
        }
        guard lengthA > 0, lengthB > 0, lengthA.isFinite, lengthB.isFinite else {
            throw .runtime(
                .argument, "InvalidArgumentValue",
                "The cosine is defined only for lists of finite length other than 0.")
        }
        let cosine = product / (lengthA.squareRoot() * lengthB.squareRoot())
        return Cell(float: (1 + Swift.min(1, Swift.max(-1, cosine))) / 2)
    }

    static let euclidean = ScalarFunction(
        "vector.similarity.euclidean", [numbers, numbers], to: .float, mayFail: true,
        summary: "The similarity of two lists of numbers by their distance d: 1 / (1 + d * d).",
        examples: [FunctionExample("vector.similarity.euclidean([0, 0], [1, 0])", "0.5")]
    ) { context, arguments throws(NQLError) in
        let (a, b) = try pair(arguments, "vector.similarity.euclidean", context.base)
        var squares = 0.0
        for index in a.indices {
            let distance = a[index] - b[index]
            squares += distance * distance
        }
        return Cell(float: 1 / (1 + squares))
    }

    /// Two lists of numbers, equally long.
    private static func pair(
        _ arguments: UnsafeBufferPointer<Cell>, _ function: StaticString, _ base: HeapBase
    ) throws(NQLError) -> ([Double], [Double]) {
        let a = try numbers(arguments[0], function, base)
        let b = try numbers(arguments[1], function, base)
        guard a.count == b.count, !a.isEmpty else {
            throw .runtime(
                .argument, "InvalidArgumentValue",
                "`\(function)` expects two lists of one length, not \(a.count) and \(b.count) "
                    + "numbers.")
        }
        return (a, b)
    }

    private static func numbers(
        _ list: Cell, _ function: StaticString, _ base: HeapBase
    ) throws(NQLError) -> [Double] {
        try FunctionArgument.list(list, function)
        let cells = base.cells(list)
        var numbers: [Double] = []
        numbers.reserveCapacity(list.count)
        for index in 0 ..< list.count {
            guard let number = CellOperators.number(cells[index]), number.isFinite else {
                throw FunctionArgument.mismatch(
                    function, "a List of finite numbers", cells[index])
            }
            numbers.append(number)
        }
        return numbers
    }
}
