// Calls of functions of the registry, and the other expressions that are computed cell by cell.

import NenCore

/// A call: by the function's kernel for vectors, or with cells, one kernel call per row. Null
/// arguments are answered here when the function's null rule says so. A call whose arguments are
/// constant runs once per batch unless the function is volatile.
final class CallEvaluation: Evaluator {
    private let function: ScalarFunction
    private let arguments: [Evaluator]
    /// The function reads labels or properties of its first argument.
    private let checksDeleted: Bool
    /// Nanoseconds of a call besides those for its arguments, by and large.
    private static let workUnits = 50

    init(
        _ function: ScalarFunction, _ arguments: [Evaluator], checksDeleted: Bool,
        span: SourceSpan
    ) {
        self.function = function
        self.arguments = arguments
        self.checksDeleted = checksDeleted
        super.init(span: span)
    }

    /// Whether a function fails for an entity that the statement deleted; identity and type of a
    /// deleted relationship stay readable.
    static func readsContent(_ name: String) -> Bool {
        ["labels", "properties", "keys"].contains(name)
    }

    override func evaluate(
        _ rows: RowSet, _ context: ExecutionContext
    ) throws(NQLError) -> Vector {
        let count = rows.count
        if count == 0 { return Batch.nullVector }
        if arguments.count == 1, let kernel = function.vectorKernel {
            let vector = try arguments[0].evaluate(rows, context)
            if !vector.isConstant, vector.kind != .cell,
                let result = try kernel(vector, count, context.arena)
            {
                return result
            }
            return try evaluate([vector], count, context)
        }
        var vectors: [Vector] = []
        vectors.reserveCapacity(arguments.count)
        for argument in arguments { vectors.append(try argument.evaluate(rows, context)) }
        return try evaluate(vectors, count, context)
    }

    /// Row by row.
    private func evaluate(
        _ vectors: [Vector], _ count: Int, _ context: ExecutionContext
    ) throws(NQLError) -> Vector {
        var columns: [UnsafePointer<Cell>] = []
        columns.reserveCapacity(vectors.count)
        var isConstant = !function.signature.isVolatile
        var steps: [Int] = []
        var mayBeLong = false
        for vector in vectors {
            mayBeLong = mayBeLong || vector.kind == .cell
            if vector.isConstant {
                let one = try context.arena.allocate(Cell.self, count: 1)
                one[0] = vector.cell(element: 0)
                columns.append(UnsafePointer(one))
                steps.append(0)
            } else {
                isConstant = false
                columns.append(try Gather.cells(vector, count, context.arena))
                steps.append(1)
            }
        }
        let wanted = isConstant ? 1 : count
        let out = try context.arena.allocate(Cell.self, count: wanted)
        do {
            if !mayBeLong { try Interruption.spend(wanted &* CallEvaluation.workUnits) }
            try run(columns, steps, wanted, mayBeLong: mayBeLong, into: out, context)
        } catch {
            throw error.located(span)
        }
        if isConstant { return try context.arena.constant(out[0]) }
        return Vector(.cell, out)
    }

    private func run(
        _ columns: [UnsafePointer<Cell>], _ steps: [Int], _ count: Int, mayBeLong: Bool,
        into out: UnsafeMutablePointer<Cell>, _ context: ExecutionContext
    ) throws(NQLError) {
        var call = context.function
        let width = columns.count
        let row = try context.arena.allocate(Cell.self, count: max(1, width))
        let list = UnsafeBufferPointer(start: UnsafePointer(row), count: width)
        let function = function
        let kernel = function.kernel
        var index = 0
        while index < count {
            var hasNull = false
            var column = 0
            while column < width {
                let cell = columns[column][index &* steps[column]]
                row[column] = cell
                hasNull = hasNull || cell.isNull
                column &+= 1
            }
            if mayBeLong {
                var work = CallEvaluation.workUnits
                for column in 0 ..< width { work &+= row[column].workUnits }
                try Interruption.spend(work)
            }
            if checksDeleted, width > 0 { try context.checkNotDeleted(row[0]) }
            let isNull = function.isNull(list, hasNull: hasNull)
            out[index] = isNull ? .null : try kernel(&call, list)
            index &+= 1
        }
    }
}

/// `coalesce(a, b, …)`: later arguments are evaluated only for rows still null.
final class CoalesceEvaluation: Evaluator {
    private let arguments: [Evaluator]

    init(_ arguments: [Evaluator], span: SourceSpan) {
        self.arguments = arguments
        super.init(span: span)
    }

    override func evaluate(
        _ rows: RowSet, _ context: ExecutionContext
    ) throws(NQLError) -> Vector {
        let count = rows.count
        let first = try arguments[0].evaluate(rows, context)
        if first.isConstant ? first.isPresent(element: 0)
            : (first.kind != .cell && first.validity == nil)
        {
            return first
        }
        let out = try context.arena.allocate(Cell.self, count: max(1, count))
        out.update(from: try Gather.cells(first, count, context.arena), count: count)
        for argument in arguments.dropFirst() {
            let open = try context.arena.allocate(UInt16.self, count: count + 1)
            var openCount = 0
            var row = 0
            while row < count {
                open[openCount] = UInt16(truncatingIfNeeded: row)
                openCount &+= out[row].isNull ? 1 : 0
                row &+= 1
            }
            if openCount == 0 { break }
            let subset = try rows.subset(open, openCount, context.arena)
            let part = try argument.cells(subset, context)
            row = 0
            while row < openCount {
                out[Int(open[row])] = part[row]
                row &+= 1
            }
        }
        return Vector(.cell, out)
    }
}

/// An expression over cells of a fixed number of operands: subscript, slice, type test.
final class CellwiseEvaluation: Evaluator {
    typealias Body =
        @Sendable (UnsafePointer<Cell>, inout FunctionContext) throws(NQLError) -> Cell

    private let operands: [Evaluator]
    private let body: Body

    /// - Parameter body: gets one row's operands.
    init(_ operands: [Evaluator], span: SourceSpan, _ body: @escaping Body) {
        self.operands = operands
        self.body = body
        super.init(span: span)
    }

    override func evaluate(
        _ rows: RowSet, _ context: ExecutionContext
    ) throws(NQLError) -> Vector {
        let count = rows.count
        let width = operands.count
        let room = max(1, count &* width)
        let table = try context.arena.allocate(Cell.self, count: room)
        for (column, operand) in operands.enumerated() {
            let cells = try operand.cells(rows, context)
            var row = 0
            while row < count {
                table[row &* width &+ column] = cells[row]
                row &+= 1
            }
        }
        let out = try context.arena.allocate(Cell.self, count: max(1, count))
        var call = context.function
        do {
            for row in 0 ..< count {
                let operands = UnsafePointer(table + row &* width)
                if context.transaction != nil {
                    try context.checkNotDeleted(operands[0])
                }
                try Interruption.spend(operands[0].workUnits)
                out[row] = try body(operands, &call)
            }
        } catch {
            throw error.located(span)
        }
        return Vector(.cell, out)
    }
}

/// `[a, b, …]`
final class ListEvaluation: Evaluator {
    private let items: [Evaluator]

    init(_ items: [Evaluator], span: SourceSpan) {
        self.items = items
        super.init(span: span)
    }

    override func evaluate(
        _ rows: RowSet, _ context: ExecutionContext
    ) throws(NQLError) -> Vector {
        let count = rows.count
        let width = items.count
        let cells = try context.arena.allocate(Cell.self, count: max(1, count &* width))
        for (column, item) in items.enumerated() {
            let values = try item.cells(rows, context)
            var row = 0
            while row < count {
                cells[row &* width &+ column] = values[row]
                row &+= 1
            }
        }
        let out = try context.arena.allocate(Cell.self, count: max(1, count))
        let builder = context.builder
        do {
            for row in 0 ..< count {
                out[row] = try builder.list(in: cells + row &* width, count: width)
            }
        } catch {
            throw error.located(span)
        }
        return Vector(.cell, out)
    }
}

/// `{a: x, b: y, …}`
final class MapEvaluation: Evaluator {
    private let keys: [String]
    private let values: [Evaluator]

    init(keys: [String], values: [Evaluator], span: SourceSpan) {
        self.keys = keys
        self.values = values
        super.init(span: span)
    }

    override func evaluate(
        _ rows: RowSet, _ context: ExecutionContext
    ) throws(NQLError) -> Vector {
        let count = rows.count
        let width = keys.count &* 2
        let cells = try context.arena.allocate(Cell.self, count: max(1, count &* width))
        let builder = context.builder
        for (column, key) in keys.enumerated() {
            let name = try builder.string(key)
            let column = 2 &* column
            let items = try values[column / 2].cells(rows, context)
            var row = 0
            while row < count {
                cells[row &* width &+ column] = name
                cells[row &* width &+ column &+ 1] = items[row]
                row &+= 1
            }
        }
        let out = try context.arena.allocate(Cell.self, count: max(1, count))
        do {
            for row in 0 ..< count {
                out[row] = try builder.map(in: cells + row &* width, count: keys.count)
            }
        } catch {
            throw error.located(span)
        }
        return Vector(.cell, out)
    }
}
