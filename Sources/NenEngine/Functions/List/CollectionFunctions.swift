// CollectionFunctions: the functions `coll.…`: lists made from lists. Elements are the same where
// DISTINCT takes them for one (so null is null and 1 is 1.0), except for `coll.indexOf`, which asks
// by `=`; they are ordered as by ORDER BY.

import NenCore

/// The functions `coll.…`.
enum CollectionFunctions {
    static let definitions: [ScalarFunction] = [
        distinct, flatten, indexOf, insert, max, min, remove, sort,
    ]

    private static let anyList = NQLType.list(.any)
    /// Nanoseconds for one step of a search or sort, by and large.
    private static let workUnits = 20

    static let distinct = ScalarFunction(
        "coll.distinct", [anyList], to: anyList, mayFail: true,
        summary: "The list without repetitions; of equal elements the first stays.",
        examples: [
            FunctionExample("coll.distinct([1, 3, 2, 4, 2, 3, 1])", "[1, 3, 2, 4]"),
            FunctionExample("coll.distinct([1, null, 'a', null])", "[1, null, 'a']"),
        ]
    ) { context, arguments throws(NQLError) in
        try FunctionArgument.list(arguments[0], "coll.distinct")
        let base = context.base
        let cells = base.cells(arguments[0])
        var kept: [Cell] = []
        // The last place of each hash, and before each place the one of the same hash; -1 for none.
        var places: [UInt64: Int] = [:]
        var earlier: [Int] = []
        for index in 0 ..< arguments[0].count {
            let cell = cells[index]
            try Interruption.spend(workUnits)
            let hash = CellOrder.hash(cell, base)
            let last = places[hash] ?? -1
            var place = last
            while place >= 0, !CellOrder.areEquivalent(kept[place], cell, base) {
                place = earlier[place]
            }
            if place >= 0 { continue }
            if kept.count == kept.capacity, kept.count >= 1_024 {
                // The table of places takes most of it.
                try context.arena.checkRoom(for: 192 * kept.count)
            }
            places[hash] = kept.count
            earlier.append(last)
            kept.append(cell)
        }
        return try context.builder.list(kept)
    }

    static let flatten = ScalarFunction(
        "coll.flatten",
        [FunctionOverload([anyList, .integer], optionalCount: 1, result: anyList)],
        mayFail: true,
        summary: "The list with the elements of lists in it in their place, down to a depth "
            + "(1 when none is given).",
        examples: [
            FunctionExample("coll.flatten(['a', ['b', ['c']]])", "['a', 'b', ['c']]"),
            FunctionExample("coll.flatten(['a', ['b', ['c']]], 2)", "['a', 'b', 'c']"),
        ]
    ) { context, arguments throws(NQLError) in
        try FunctionArgument.list(arguments[0], "coll.flatten")
        var depth: Int64 = 1
        if arguments.count > 1 {
            depth = try FunctionArgument.count(arguments[1], "coll.flatten")
        }
        // The depth of a value bounds the recursion (`CellBuilder.nestingDepthMax`).
        var count = 0
        try forEach(arguments[0], depth: depth, context.base) { _ throws(NQLError) in
            count += 1
            _ = try context.builder.checkedCount(count)
        }
        let memory = try context.builder.reserveCells(count)
        var filled = 0
        try forEach(arguments[0], depth: depth, context.base) { cell throws(NQLError) in
            memory[filled] = cell
            filled += 1
        }
        return try context.builder.list(in: memory, count: filled)
    }

    /// Calls `body` for the elements of a list and of the lists in it down to a depth.
    private static func forEach(
        _ list: Cell, depth: Int64, _ base: HeapBase, _ body: (Cell) throws(NQLError) -> Void
    ) throws(NQLError) {
        let cells = base.cells(list)
        for index in 0 ..< list.count {
            try Interruption.spend(CellOrder.elementWorkUnits)
            if depth > 0, cells[index].tag == .list {
                try forEach(cells[index], depth: depth - 1, base, body)
            } else {
                try body(cells[index])
            }
        }
    }

    static let indexOf = ScalarFunction(
        "coll.indexOf", [anyList, .any], to: .integer, mayFail: true,
        summary: "The position of the first element that equals a value, from 0; -1 when there is "
            + "none.",
        examples: [
            FunctionExample("coll.indexOf(['a', 'b', 'c', 'c'], 'c')", "2"),
            FunctionExample("coll.indexOf([1, 2], 7)", "-1"),
        ]
    ) { context, arguments throws(NQLError) in
        try FunctionArgument.list(arguments[0], "coll.indexOf")
        let cells = context.base.cells(arguments[0])
        for index in 0 ..< arguments[0].count {
            try Interruption.spend(CellOrder.elementWorkUnits)
            if CellOrder.equals(cells[index], arguments[1], context.base) == true {
                return Cell(integer: Int64(index))
            }
        }
        return Cell(integer: -1)
    }

    static let insert = ScalarFunction(
        "coll.insert",
        [FunctionOverload([anyList, .integer, .any], result: anyList)],
        nulls: .custom, mayFail: true,
        summary: "The list with a value inserted before a position; the value may be null.",
        examples: [
            FunctionExample("coll.insert([1, 2, 4], 2, 3)", "[1, 2, 3, 4]"),
            FunctionExample("coll.insert([1], 1, null)", "[1, null]"),
        ]
    ) { context, arguments throws(NQLError) in
        if arguments[0].isNull || arguments[1].isNull { return .null }
        try FunctionArgument.list(arguments[0], "coll.insert")
        let count = arguments[0].count
        let place = try position(arguments[1], "coll.insert", below: count + 1)
        let cells = context.base.cells(arguments[0])
        let memory = try context.builder.reserveCells(count + 1)
        try CellBuilder.copy(cells, place, to: memory)
        memory[place] = arguments[2]
        try CellBuilder.copy(cells + place, count - place, to: memory + place + 1)
        return try context.builder.list(in: memory, count: count + 1)
    }

    static let remove = ScalarFunction(
        "coll.remove", [anyList, .integer], to: anyList, mayFail: true,
        summary: "The list without the element at a position.",
        examples: [FunctionExample("coll.remove(['a', 'b', 'c'], 1)", "['a', 'c']")]
    ) { context, arguments throws(NQLError) in
        try FunctionArgument.list(arguments[0], "coll.remove")
        let count = arguments[0].count
        let place = try position(arguments[1], "coll.remove", below: count)
        let cells = context.base.cells(arguments[0])
        let memory = try context.builder.reserveCells(count)
        try CellBuilder.copy(cells, place, to: memory)
        try CellBuilder.copy(cells + place + 1, count - place - 1, to: memory + place)
        return try context.builder.list(in: memory, count: count - 1)
    }

    /// A position in a list.
    ///
    /// - Throws: `NumberOutOfRange` below 0 and from `limit` on.
    private static func position(
        _ cell: Cell, _ function: StaticString, below limit: Int
    ) throws(NQLError) -> Int {
        let place = try FunctionArgument.integer(cell, function)
        if place >= 0, place < limit { return Int(place) }
        throw .runtime(
            .argument, "NumberOutOfRange",
            limit == 0
                ? "`\(function)` finds nothing in an empty list."
                : "`\(function)` expects a position from 0 to \(limit - 1), not \(place).")
    }

    static let max = ScalarFunction(
        "coll.max", [anyList], to: .any, mayFail: true,
        summary: "The largest element in the order of ORDER BY, nulls left out; null of none.",
        examples: [FunctionExample("coll.max([1.5, 2, 5.4, 0, 4])", "5.4")]
    ) { context, arguments throws(NQLError) in
        try FunctionArgument.list(arguments[0], "coll.max")
        return try extreme(arguments[0], isMaximum: true, context.base)
    }

    static let min = ScalarFunction(
        "coll.min", [anyList], to: .any, mayFail: true,
        summary: "The smallest element in the order of ORDER BY, nulls left out; null of none.",
        examples: [FunctionExample("coll.min([1.5, 2, 5.4, 0, 4])", "0")]
    ) { context, arguments throws(NQLError) in
        try FunctionArgument.list(arguments[0], "coll.min")
        return try extreme(arguments[0], isMaximum: false, context.base)
    }

    private static func extreme(
        _ list: Cell, isMaximum: Bool, _ base: HeapBase
    ) throws(NQLError) -> Cell {
        let cells = base.cells(list)
        var best = Cell.null
        for index in 0 ..< list.count where !cells[index].isNull {
            try Interruption.spend(CellOrder.elementWorkUnits)
            let order = best.isNull ? 0 : CellOrder.compare(cells[index], best, base)
            if best.isNull || (isMaximum ? order > 0 : order < 0) { best = cells[index] }
        }
        return best
    }

    static let sort = ScalarFunction(
        "coll.sort", [anyList], to: anyList, mayFail: true,
        summary: "The list in the ascending order of ORDER BY; equal elements keep their order.",
        examples: [
            FunctionExample("coll.sort([5, 4, 2, 3, 1])", "[1, 2, 3, 4, 5]"),
            FunctionExample("coll.sort([true, 'a', null, 1.1])", "['a', true, 1.1, null]"),
        ]
    ) { context, arguments throws(NQLError) in
        try FunctionArgument.list(arguments[0], "coll.sort")
        let base = context.base
        let count = arguments[0].count
        let cells = base.cells(arguments[0])
        // The list, and what sorting takes beside it.
        if count >= 4_096 {
            try context.arena.checkRoom(for: 2 * count * MemoryLayout<Cell>.stride)
        }
        var elements: [Cell] = []
        elements.reserveCapacity(count)
        for index in 0 ..< count { elements.append(cells[index]) }
        try storage {
            try elements.sort {
                try Interruption.spend(workUnits)
                return CellOrder.compare($0, $1, base) < 0
            }
        }
        return try context.builder.list(elements)
    }
}
