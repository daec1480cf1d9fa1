// Typed kernels against the cell operators, over random vectors with nulls, constants and mixed
// kinds.

import NQLSyntax
import NenCore
import Testing

@testable import NenEngine

@Suite struct KernelTests {
    private let seed = UInt64.random(in: 0 ... 1 << 32)
    private let pool = PagePool(limitBytes: 1 << 28)
    private let count = 300

    private var base: HeapBase { TestGraph.view.base }

    private func sample(_ kind: VectorKind, _ random: inout SeededGenerator) -> Cell {
        let small = Int64.random(in: -4 ... 4, using: &random)
        switch kind {
        case .boolean: return Cell(boolean: small > 0)
        case .integer: return Cell(integer: small == 4 ? .max - 1 : small)
        case .float:
            return Cell(float: small == 4 ? .nan : (small == 3 ? 0.5 : Double(small)))
        case .date: return Cell(.date, payload: UInt64(bitPattern: small))
        case .localTime: return Cell(.localTime, payload: UInt64(small + 4))
        case .time:
            let low = UInt32(65_536 + (small & 1) * 3_600)
            let nanoseconds = (small & 2) * 1_800_000_000_000
            return Cell(.time, low: low, payload: UInt64(nanoseconds))
        case .localDateTime:
            let aux: UInt32 = Bool.random(using: &random) ? 0 : 999_999_999
            return Cell(.localDateTime, aux: aux, payload: UInt64(bitPattern: small))
        case .dateTime:
            let low = UInt32(65_536 + (small & 1) * 3_600)
            let aux: UInt32 = Bool.random(using: &random) ? 0 : 7
            let seconds = UInt64(bitPattern: small / 2)
            return Cell(.dateTime, low: low, aux: aux, payload: seconds)
        case .node: return Cell(node: UInt32(small + 4))
        case .relationship: return Cell(relationship: UInt32(small + 4))
        case .cell:
            switch Int.random(in: 0 ..< 5, using: &random) {
            case 0: return Cell(integer: small)
            case 1: return Cell(float: Double(small))
            case 2:
                let texts = [
                    Cell.emptyString, Cell(shortString: "a"), Cell(shortString: "ab"),
                    Cell(shortString: "b"),
                ]
                return texts[Int(small & 3)]
            case 3: return Cell(boolean: small > 0)
            default: return .null
            }
        }
    }

    /// A random vector of one kind and what stands in its rows.
    private func vector(
        _ kind: VectorKind, _ arena: Arena, _ random: inout SeededGenerator
    ) throws -> (Vector, [Cell]) {
        if Int.random(in: 0 ..< 4, using: &random) == 0 {
            let cell = sample(kind, &random)
            return (try arena.constant(cell), Array(repeating: cell, count: count))
        }
        let data = try arena.allocate(count * kind.stride)
        let hasNulls = kind != .cell && Bool.random(using: &random)
        let bits = try Bitmap.make(count, value: true, arena)
        var cells: [Cell] = []
        for row in 0 ..< count {
            var cell = sample(kind, &random)
            switch kind.stride {
            case 1: data.assumingMemoryBound(to: UInt8.self)[row] = cell.boolean ? 1 : 0
            case 4: data.assumingMemoryBound(to: UInt32.self)[row] = cell.entity
            case 8: data.assumingMemoryBound(to: UInt64.self)[row] = cell.payload
            default: data.assumingMemoryBound(to: Cell.self)[row] = cell
            }
            if hasNulls, Int.random(in: 0 ..< 5, using: &random) == 0 {
                Bitmap.clear(bits, row)
                cell = .null
            }
            cells.append(cell)
        }
        return (Vector(kind, data, validity: hasNulls ? UnsafePointer(bits) : nil), cells)
    }

    private let kinds: [VectorKind] = [
        .boolean, .integer, .float, .date, .localTime, .time, .localDateTime, .dateTime, .node,
        .relationship, .cell,
    ]

    @Test func comparisonsMatchCells() throws {
        var random = SeededGenerator(seed: seed)
        let symbols: [(ComparisonOperator, BinaryOperator)] = [
            (.equal, .equal), (.notEqual, .notEqual), (.less, .less),
            (.lessOrEqual, .lessOrEqual), (.greater, .greater),
            (.greaterOrEqual, .greaterOrEqual),
        ]
        for left in kinds {
            for right in kinds {
                let arena = Arena(pool: pool)
                let (a, x) = try vector(left, arena, &random)
                let (b, y) = try vector(right, arena, &random)
                for (symbol, operation) in symbols {
                    let result = try Comparison.compare(symbol, a, b, count, arena, base)
                    var context = functionContext(arena)
                    for row in 0 ..< count {
                        let wanted = try CellOperators.binary(
                            operation, x[row], y[row], &context)
                        let found = result.cell(at: row)
                        #expect(
                            same(found, wanted),
                            "seed \(seed): \(left) \(operation) \(right) row \(row)")
                    }
                }
            }
        }
    }

    /// Ranges of one and two comparisons choose the rows for which these are true.
    @Test func rangesMatchComparisons() throws {
        var random = SeededGenerator(seed: seed)
        let symbols: [ComparisonOperator] = [
            .equal, .less, .lessOrEqual, .greater, .greaterOrEqual,
        ]
        var made = 0
        for kind in kinds {
            for _ in 0 ..< 200 {
                let arena = Arena(pool: pool)
                let (one, x) = try vector(kind, arena, &random)
                let flat = try Gather.expanded(one, count, arena)
                var comparisons: [(symbol: ComparisonOperator, constant: Cell)] = []
                for _ in 0 ..< Int.random(in: 1 ... 2, using: &random) {
                    let symbol = symbols[Int.random(in: 0 ..< 5, using: &random)]
                    let other: VectorKind = kind == .integer ? .float : .integer
                    let from = Int.random(in: 0 ..< 4, using: &random) == 0 ? other : kind
                    comparisons.append((symbol, sample(from, &random)))
                }
                guard let range = ValueRange(comparisons, kind) else { continue }
                made += 1
                var elements: UnsafeMutablePointer<UInt16>?
                if Bool.random(using: &random) {
                    let places = try arena.allocate(UInt16.self, count: count)
                    for row in 0 ..< count { places[row] = UInt16(count - 1 - row) }
                    elements = places
                }
                let chosen = try arena.allocate(UInt16.self, count: count + 1)
                let found = range.select(
                    flat, elements.map { UnsafePointer($0) }, count, into: chosen)
                let wanted = (0 ..< count).filter { row in
                    let cell = x[elements.map { Int($0[row]) } ?? row]
                    return comparisons.allSatisfy {
                        Comparison.test($0.symbol, cell, $0.constant, base) == 1
                    }
                }
                #expect(
                    (0 ..< found).map { Int(chosen[$0]) } == wanted,
                    "seed \(seed): \(kind) \(comparisons) gave \(range)")
            }
        }
        #expect(made > 500)
    }

    @Test func wholeBoundsOfFloats() throws {
        let arena = Arena(pool: pool)
        let values: [Int64] = [.min, .min + 1, -3, -2, 0, 2, 3, .max - 1, .max]
        let data = try arena.allocate(Int64.self, count: values.count)
        for (row, value) in values.enumerated() { data[row] = value }
        let chosen = try arena.allocate(UInt16.self, count: values.count + 1)
        let constants: [Double] = [
            -.infinity, -9.3e18, -9_223_372_036_854_775_808, -2.5, -2, 0, 2, 2.5, 9.2e18,
            9_223_372_036_854_775_808, .infinity, .nan,
        ]
        for symbol in [ComparisonOperator.equal, .less, .lessOrEqual, .greater, .greaterOrEqual] {
            for constant in constants {
                let range = try #require(ValueRange([(symbol, Cell(float: constant))], .integer))
                let found = range.select(Vector(.integer, data), nil, values.count, into: chosen)
                let wanted = values.indices.filter {
                    Comparison.test(
                        symbol, Cell(integer: values[$0]), Cell(float: constant), base) == 1
                }
                #expect((0 ..< found).map { Int(chosen[$0]) } == wanted, "\(symbol) \(constant)")
            }
        }
    }

    @Test func fieldsMatchCells() throws {
        var random = SeededGenerator(seed: seed)
        for kind in [VectorKind.date, .localTime, .localDateTime, .dateTime, .integer] {
            for component in TemporalComponent.allCases {
                let arena = Arena(pool: pool)
                let (a, x) = try vector(kind, arena, &random)
                guard let result = try TemporalComponents.apply(component, a, count, arena, base)
                else { continue }
                var context = functionContext(arena)
                let key = PropertyKey(name: component.rawValue)
                for row in 0 ..< count {
                    let wanted = try CellOperators.property(of: x[row], key, &context)
                    #expect(same(result.cell(at: row), wanted), "seed \(seed) \(component)")
                }
            }
        }
    }

    @Test func numericCallsMatchFunctions() throws {
        var random = SeededGenerator(seed: seed)
        let functions = FunctionTable.standard
        for name in ["abs", "toFloat", "toInteger"] {
            let function = try #require(functions.scalar(named: name))
            let kernel = try #require(function.vectorKernel)
            for kind in [VectorKind.integer, .float, .boolean] {
                let arena = Arena(pool: pool)
                let (one, x) = try vector(kind, arena, &random)
                let flat = try Gather.expanded(one, count, arena)
                guard let result = try kernel(flat, count, arena) else { continue }
                var context = functionContext(arena)
                for row in 0 ..< count {
                    let wanted = x[row].isNull
                        ? .null
                        : try withUnsafePointer(to: x[row]) {
                            try function.kernel(
                                &context, UnsafeBufferPointer(start: $0, count: 1))
                        }
                    let found = result.cell(at: row)
                    let bothNaN = found.tag == .float && wanted.tag == .float
                        && found.float.isNaN && wanted.float.isNaN
                    #expect(bothNaN || same(found, wanted), "seed \(seed) \(name) \(kind)")
                }
            }
        }
        let arena = Arena(pool: pool)
        let least = try Gather.expanded(try arena.constant(Cell(integer: .min)), 3, arena)
        #expect(try NumericCalls.absolute(least, 3, arena) == nil)
    }

    private func functionContext(_ arena: Arena) -> FunctionContext {
        let time = DateTimeValue(epochSeconds: 0, nanosecond: 0, offsetSeconds: 0)
        return FunctionContext(
            base: base, arena: arena, graph: TestGraph.view, statementTime: time,
            transactionTime: time)
    }

    private func same(_ a: Cell, _ b: Cell) -> Bool {
        a.head == b.head && a.payload == b.payload
    }

    @Test func arithmeticMatchesCells() throws {
        var random = SeededGenerator(seed: seed)
        for left in [VectorKind.integer, .float] {
            for right in [VectorKind.integer, .float] {
                for symbol in [BinaryOperator.add, .subtract, .multiply, .divide, .modulo] {
                    let arena = Arena(pool: pool)
                    let (a, x) = try vector(left, arena, &random)
                    let (b, y) = try vector(right, arena, &random)
                    guard let result = try Arithmetic.apply(symbol, a, b, count, arena) else {
                        continue
                    }
                    var context = functionContext(arena)
                    for row in 0 ..< count {
                        let wanted = try CellOperators.binary(symbol, x[row], y[row], &context)
                        let found = result.cell(at: row)
                        let bothNaN = found.tag == .float && wanted.tag == .float
                            && found.float.isNaN && wanted.float.isNaN
                        #expect(bothNaN || same(found, wanted), "seed \(seed) \(symbol)")
                    }
                }
            }
        }
    }

    @Test func overflowIsLeftToTheCells() throws {
        let arena = Arena(pool: pool)
        let data = try arena.allocate(Int64.self, count: 4)
        for row in 0 ..< 4 { data[row] = row == 2 ? .max : 1 }
        let one = try arena.constant(Cell(integer: 1))
        let two = try arena.constant(Cell(integer: 2))
        let zero = try arena.constant(Cell(integer: 0))
        let vector = Vector(.integer, data)
        #expect(try Arithmetic.apply(.add, vector, one, 4, arena) == nil)
        #expect(try Arithmetic.apply(.subtract, vector, one, 4, arena) != nil)
        #expect(try Arithmetic.apply(.multiply, vector, two, 4, arena) == nil)
        #expect(try Arithmetic.apply(.divide, vector, zero, 4, arena) == nil)
        #expect(try Arithmetic.apply(.modulo, vector, zero, 4, arena) == nil)
    }

    @Test func logicMatchesTables() throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0 ..< 20 {
            let arena = Arena(pool: pool)
            let (a, x) = try vector(.boolean, arena, &random)
            let (b, y) = try vector(.boolean, arena, &random)
            let and = try Logic.and(a, b, count, arena)
            let or = try Logic.or(a, b, count, arena)
            let xor = try Logic.xor(a, b, count, arena)
            let not = try Logic.not(a, count, arena)
            for row in 0 ..< count {
                #expect(same(and.cell(at: row), try CellOperators.and(x[row], y[row])))
                #expect(same(or.cell(at: row), try CellOperators.or(x[row], y[row])))
                #expect(same(xor.cell(at: row), try CellOperators.xor(x[row], y[row])))
                #expect(same(not.cell(at: row), try CellOperators.not(x[row])))
            }
            let chosen = try arena.allocate(UInt16.self, count: count + 1)
            let found = Logic.select(a, count, into: chosen)
            let wanted = (0 ..< count).filter { !x[$0].isNull && x[$0].boolean }
            #expect((0 ..< found).map { Int(chosen[$0]) } == wanted, "seed \(seed)")
        }
    }

    @Test func gatherAndHashKeepValues() throws {
        var random = SeededGenerator(seed: seed)
        for kind in kinds {
            let arena = Arena(pool: pool)
            let (a, x) = try vector(kind, arena, &random)
            let indices = try arena.allocate(UInt16.self, count: 500)
            for row in 0 ..< 500 { indices[row] = UInt16.random(in: 0 ..< 300, using: &random) }
            let flat = try Gather.expanded(a, count, arena)
            let gathered = try Gather.gather(flat, indices, 500, arena)
            let hashes = try arena.allocate(UInt64.self, count: 500)
            Hashing.hash(gathered, 500, base, isFirst: true, into: hashes)
            for row in 0 ..< 500 {
                let wanted = x[Int(indices[row])]
                #expect(same(gathered.cell(at: row), wanted), "seed \(seed) \(kind)")
                #expect(hashes[row] == CellOrder.hash(wanted, base), "seed \(seed) \(kind)")
            }
        }
    }
}
