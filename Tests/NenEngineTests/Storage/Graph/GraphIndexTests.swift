// Goal: index seeks give what a scan gives, unique constraints hold, declared schema survives
// rollback and reopening. Method: random values of all types, random ranges, against comparison by
// `CellOrder`.
import NenCore
import Testing

@testable import NenEngine

@Suite struct GraphIndexTests {
    private let pool = PagePool(limitBytes: 1 << 28)

    private func ids(_ cursor: IndexCursor?) throws -> [UInt32] {
        var result: [UInt32] = []
        let output = UnsafeMutablePointer<UInt32>.allocate(capacity: 7)
        defer { output.deallocate() }
        while let cursor {
            let count = try cursor.next(into: output, capacity: 7)
            for place in 0 ..< count { result.append(output[place]) }
            if count < 7 { break }
        }
        return result
    }

    /// A value of any type; numbers, NaN and neighbours beyond 2^53 more often.
    static func draw(
        _ random: inout SeededGenerator, _ builder: CellBuilder
    ) throws -> Cell {
        switch Int.random(in: 0 ..< 8, using: &random) {
        case 0: return Cell(float: .nan)
        case 1: return Cell(float: Double(Int.random(in: -3 ... 3, using: &random)) / 2)
        case 2: return Cell(integer: (1 << 60) + Int64.random(in: -3 ... 3, using: &random))
        default: return try ModelValue.random(&random).cell(builder)
        }
    }

    private static func agrees(_ found: [UInt32], _ wanted: [UInt32], _ isExact: Bool) -> Bool {
        isExact ? found == wanted : Set(found).isSuperset(of: wanted)
    }

    @Test func seeksGiveWhatScansGive() throws {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededGenerator(seed: seed)
        let store = try GraphStore.inMemory()
        let writer = try store.beginWrite()
        let arena = Arena(pool: pool)
        let builder = CellBuilder(arena: arena, base: writer.base)
        let base = writer.base
        let label = try writer.internLabel("A")
        let key = try writer.internKey("k")
        var values: [(UInt32, Cell)] = []
        func draw() throws -> Cell { try Self.draw(&random, builder) }
        for _ in 0 ..< 400 {
            let cell = try draw()
            let id = try writer.createNode(labels: [label], properties: [(key, cell)])
            values.append((id, cell))
        }
        let index = try writer.createIndex(
            name: "ak", entity: .node, labelOrType: label, properties: [key], isUnique: false)
        for _ in 0 ..< 400 {
            let cell = try draw()
            let id = try writer.createNode(labels: [label], properties: [(key, cell)])
            values.append((id, cell))
        }
        func expected(_ isIn: (Cell) -> Bool) -> [UInt32] {
            values.filter { isIn($0.1) }.sorted { left, right in
                let order = CellOrder.compare(left.1, right.1, base)
                return order != 0 ? order < 0 : left.0 < right.0
            }.map(\.0)
        }
        for _ in 0 ..< 300 {
            let (low, high) = (try draw(), try draw())
            let equal = try ids(writer.indexSeek(index, IndexRange(equals: [low])))
            #expect(
                equal == expected { CellOrder.equals($0, low, base) == true }, "seed \(seed)")
            // Lists with a null or NaN inside need the comparison itself; others are bytes.
            let isExact = low.tag != .list && high.tag != .list
            let isLow = Bool.random(using: &random)
            let isHigh = Bool.random(using: &random)
            let range = IndexRange(
                lower: .init(value: low, isInclusive: isLow),
                upper: .init(value: high, isInclusive: isHigh))
            let found = try ids(writer.indexSeek(index, range))
            let wanted = expected { cell in
                let above = isLow
                    ? CellOrder.isLessOrEqual(low, cell, base) : CellOrder.isLess(low, cell, base)
                let below = isHigh
                    ? CellOrder.isLessOrEqual(cell, high, base)
                    : CellOrder.isLess(cell, high, base)
                return above == true && below == true
            }
            #expect(Self.agrees(found, wanted, isExact), "seed \(seed)")
            let open = try ids(
                writer.indexSeek(
                    index, IndexRange(lower: .init(value: low, isInclusive: isLow))))
            let above = expected {
                (isLow ? CellOrder.isLessOrEqual(low, $0, base)
                    : CellOrder.isLess(low, $0, base)) == true
            }
            #expect(Self.agrees(open, above, isExact), "seed \(seed)")
        }
        for text in ["a", "ab", "é", "b\u{0}", ""] {
            let prefix = try builder.string(text)
            let found = try ids(writer.indexSeek(index, IndexRange(prefix: prefix)))
            let wanted = expected {
                $0.tag == .string && Array(base.string($0).utf8).starts(with: text.utf8)
            }
            #expect(found == wanted, "prefix \(text), seed \(seed)")
        }
    }

    /// Backwards, with runs of equal values that are longer than a batch.
    @Test func seeksGoBackwards() throws {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededGenerator(seed: seed)
        let store = try GraphStore.inMemory()
        let writer = try store.beginWrite()
        let arena = Arena(pool: pool)
        let builder = CellBuilder(arena: arena, base: writer.base)
        let base = writer.base
        let label = try writer.internLabel("A")
        let key = try writer.internKey("k")
        let index = try writer.createIndex(
            name: "ak", entity: .node, labelOrType: label, properties: [key], isUnique: false)
        var values: [UInt32: Cell] = [:]
        for number in 0 ..< 900 {
            let drawn = try Self.draw(&random, builder)
            let cell = number % 3 == 0 ? Cell(integer: Int64(number % 12)) : drawn
            values[try writer.createNode(labels: [label], properties: [(key, cell)])] = cell
        }
        func descending(_ ids: [UInt32]) -> [UInt32] {
            ids.sorted { left, right in
                let order = CellOrder.compare(values[left] ?? .null, values[right] ?? .null, base)
                return order != 0 ? order > 0 : left < right
            }
        }
        for round in 0 ..< 100 {
            var range = IndexRange()
            if round % 4 > 0 {
                let low = try Self.draw(&random, builder)
                range.lower = .init(value: low, isInclusive: Bool.random(using: &random))
            }
            let forwards = try ids(writer.indexSeek(index, range))
            let backwards = try ids(writer.indexSeek(index, range, isDescending: true))
            #expect(backwards == descending(forwards), "seed \(seed)")
            #expect(round % 4 > 0 || forwards.count == values.count)
        }
    }

    /// What lacks a property is found beside the index, by its leading values, in a writing view.
    @Test func entitiesThatAnIndexDoesNotHold() throws {
        let store = try GraphStore.inMemory()
        let writer = try store.beginWrite()
        let label = try writer.internLabel("A")
        let other = try writer.internLabel("B")
        let (a, b) = (try writer.internKey("a"), try writer.internKey("b"))
        let index = try writer.createIndex(
            name: "ab", entity: .node, labelOrType: label, properties: [a, b], isUnique: false)
        func found(_ equals: [Cell]) throws -> [UInt32] {
            guard let cursor = writer.unindexed(index, equals: equals) else { return [] }
            var result: [UInt32] = []
            let output = UnsafeMutablePointer<UInt32>.allocate(capacity: 7)
            defer { output.deallocate() }
            repeat {
                let count = try cursor.next(into: output, capacity: 7)
                for place in 0 ..< count { result.append(output[place]) }
                if count < 7 { return result }
            } while true
        }
        var lacking: [[UInt32]] = [[], [], []]
        for number in 0 ..< 5_000 {
            let value = (a, Cell(integer: Int64(number % 3)))
            let isLacking = number % 50 < 3
            let both = [value, (b, Cell(integer: Int64(number)))]
            let id = try writer.createNode(
                labels: number % 7 == 0 ? [other] : number % 2 == 0 ? [label, other] : [label],
                properties: isLacking ? [value] : both)
            if isLacking, number % 7 != 0 { lacking[number % 3].append(id) }
        }
        for value in 0 ..< 3 {
            #expect(try found([Cell(integer: Int64(value))]) == lacking[value].sorted())
        }
        #expect(try found([Cell(integer: 3)]) == [])
        #expect(try found([]) == lacking.flatMap { $0 }.sorted())
        for id in lacking[1] { _ = try writer.setNodeProperty(id, b, Cell(integer: 1)) }
        for id in lacking[2] { try writer.deleteNode(id) }
        #expect(try found([]) == lacking[0].sorted())
        for id in lacking[0] { _ = try writer.setNodeProperty(id, b, Cell(integer: 1)) }
        #expect(writer.unindexed(index, equals: []) == nil)
    }

    @Test func composedKeys() throws {
        let store = try GraphStore.inMemory()
        let writer = try store.beginWrite()
        let type = try writer.internType("R")
        let a = try writer.internKey("a")
        let b = try writer.internKey("b")
        let node = try writer.createNode(labels: [], properties: [])
        let index = try writer.createIndex(
            name: "ab", entity: .relationship, labelOrType: type, properties: [a, b],
            isUnique: false)
        var made: [[Int64]: UInt32] = [:]
        for first in Int64(0) ..< 10 {
            for second in Int64(0) ..< 10 {
                made[[first, second]] = try writer.createRelationship(
                    type: type, source: node, target: node,
                    properties: [(a, Cell(integer: first)), (b, Cell(integer: second))])
            }
        }
        _ = try writer.createRelationship(
            type: type, source: node, target: node, properties: [(a, Cell(integer: 3))])
        let leading = try ids(writer.indexSeek(index, IndexRange(equals: [Cell(integer: 3)])))
        #expect(leading == (Int64(0) ..< 10).compactMap { made[[3, $0]] })
        let range = IndexRange(
            equals: [Cell(float: 4)], lower: .init(value: Cell(integer: 7), isInclusive: false))
        #expect(try ids(writer.indexSeek(index, range)) == [made[[4, 8]], made[[4, 9]]])
    }

    @Test func uniquenessHoldsRowByRow() throws {
        let store = try GraphStore.inMemory()
        let writer = try store.beginWrite()
        let label = try writer.internLabel("A")
        let other = try writer.internLabel("B")
        let key = try writer.internKey("k")
        let constraint = try writer.createConstraint(
            name: "u", kind: .unique, entity: .node, labelOrType: label, properties: [key])
        let first = try writer.createNode(
            labels: [label], properties: [(key, Cell(integer: 1))])
        let bare = try writer.createNode(labels: [other], properties: [(key, Cell(float: 1))])
        func refuses(_ body: () throws -> Void) throws {
            let mark = writer.savepoint()
            let error = #expect(throws: NQLError.self) { try body() }
            #expect(error?.code == .constraintValidationFailed)
            try writer.rollback(to: mark)
        }
        try refuses {
            _ = try writer.createNode(labels: [label], properties: [(key, Cell(float: 1.0))])
        }
        try refuses { _ = try writer.addLabels([label], to: bare) }
        let second = try writer.createNode(
            labels: [label], properties: [(key, Cell(integer: 2))])
        try refuses { _ = try writer.setNodeProperty(second, key, Cell(integer: 1)) }
        // Freed values may be taken again.
        #expect(try writer.setNodeProperty(first, key, Cell(integer: 5)))
        #expect(try writer.setNodeProperty(second, key, Cell(integer: 1)))
        try writer.commit()
        #expect(try store.check { _ in } == 0)
        let next = try store.beginWrite()
        #expect(throws: NQLError.self) { try next.dropIndex(constraint.indexID ?? 0) }
        try next.dropConstraint(constraint.id)
        #expect(next.catalog.indexes.isEmpty)
        _ = try next.createNode(labels: [label], properties: [(key, Cell(integer: 1))])
        try next.commit()
        #expect(try store.check { _ in } == 0)
        let last = try store.beginWrite()
        #expect(throws: NQLError.self) {
            try last.createConstraint(
                name: "u", kind: .unique, entity: .node, labelOrType: label, properties: [key])
        }
        last.abort()
    }

    @Test func existenceAndTypeAreJudged() throws {
        let store = try GraphStore.inMemory()
        let writer = try store.beginWrite()
        let label = try writer.internLabel("A")
        let key = try writer.internKey("k")
        _ = try writer.createConstraint(
            name: "e", kind: .exists, entity: .node, labelOrType: label, properties: [key])
        _ = try writer.createConstraint(
            name: "t", kind: .type(.integer), entity: .node, labelOrType: label,
            properties: [key])
        let node = try writer.createNode(labels: [label], properties: [])
        #expect(throws: NQLError.self) { try writer.checkExistence() }
        #expect(try writer.setNodeProperty(node, key, Cell(integer: 1)))
        try writer.checkExistence()
        #expect(throws: NQLError.self) {
            try writer.setNodeProperty(node, key, Cell(boolean: true))
        }
        #expect(try writer.setNodeProperty(node, key, .null))
        #expect(throws: NQLError.self) { try writer.checkExistence() }
        writer.abort()
    }

    /// An index built inside a savepoint that is rolled back leaves no pages behind.
    @Test func schemaRollsBack() throws {
        let disk = SimulatedDisk()
        let graph = GraphDisk(disk: disk, seed: 3, nodeCountMax: 300)
        try graph.open()
        for _ in 0 ..< 5 { try graph.step(operations: 100) }
        let store = try #require(graph.store)
        let writer = try store.beginWrite()
        let key = try writer.internKey("k")
        let label = try writer.internLabel("A")
        let mark = writer.savepoint()
        let index = try writer.createIndex(
            name: "i", entity: .node, labelOrType: label, properties: [key], isUnique: false)
        _ = try writer.createNode(labels: [label], properties: [(key, Cell(integer: 1))])
        try writer.rollback(to: mark)
        #expect(writer.catalog.indexes.isEmpty && writer.indexTree(index.id) == nil)
        let kept = try writer.createIndex(
            name: "j", entity: .node, labelOrType: label, properties: [key], isUnique: false)
        let dropped = writer.savepoint()
        try writer.dropIndex(kept.id)
        try writer.rollback(to: dropped)
        try writer.commit()
        #expect(try store.check { _ in } == 0)
        graph.kill()
        try graph.open()
        #expect(graph.store?.openReport.replayedTransactions ?? 0 > 0)
        #expect(try graph.store?.snapshot().catalog.indexes.map(\.name) == ["j"])
        #expect(try graph.store?.check { _ in } == 0)
        graph.kill()
    }
}
