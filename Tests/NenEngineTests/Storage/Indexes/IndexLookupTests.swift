// Goal: many look-ups at once find what each of them finds alone, in stored trees, changed ones and
// mixtures. Method: random keys and ranges with repetitions, misses, nulls and long runs, against
// one `IndexCursor` for each, printed seed.

import NenCore
import Testing

@testable import NenEngine

@Suite struct IndexLookupTests {
    private let pool = PagePool(limitBytes: 1 << 28)

    /// What is asked for: values of the leading properties, and a range behind them.
    private struct Question {
        var row: Int
        var values: [Cell]
        var range: IndexRange?
    }

    private func drain(_ cursor: IndexCursor?) throws -> [UInt32] {
        guard let cursor else { return [] }
        var result: [UInt32] = []
        try withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 50) { output in
            let start = try #require(output.baseAddress)
            while true {
                let count = try cursor.next(into: start, capacity: 50)
                result += output[..<count]
                if count < 50 { return }
            }
        }
        return result
    }

    private func alone(
        _ question: Question, _ index: IndexDescriptor, _ view: GraphView
    ) throws -> [UInt32] {
        var range = question.range ?? IndexRange()
        range.equals = question.values
        return try drain(view.indexSeek(index, range))
    }

    /// What each question finds when all are asked together; nil for repeated ones.
    private func together(
        _ questions: [Question], _ index: IndexDescriptor, _ view: GraphView,
        isUnrepeated: Bool = false
    ) throws -> [[UInt32]?] {
        let lookup = IndexLookup(
            index, equalCount: questions.first?.values.count ?? 0, base: view.base, pool: pool)
        for question in questions {
            try lookup.append(row: question.row, range: question.range) { question.values[$0] }
        }
        try lookup.run(in: view, epoch: 1, isUnrepeated: isUnrepeated)
        return try (0 ..< questions.count).map { number in
            let request = lookup.requests[number]
            #expect(Int(request.row) == questions[number].row)
            if request.isRepeated { return nil }
            let kept = (0 ..< Int(request.count)).map {
                lookup.found[request.first + $0].entity
            }
            return kept + (try drain(lookup.rest(of: request, in: view)))
        }
    }

    private func check(
        _ questions: [Question], _ index: IndexDescriptor, _ view: GraphView, seed: UInt64
    ) throws {
        let found = try together(questions, index, view)
        for (question, entities) in zip(questions, found) {
            #expect(
                try entities == alone(question, index, view),
                "\(question.values.map(\.tag)), seed \(seed)")
        }
    }

    /// Values of every type; runs that are kept whole, longer ones, and some over several leaves.
    @Test func findsWhatEachFindsAlone() throws {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededGenerator(seed: seed)
        let store = try GraphStore.inMemory()
        let writer = try store.beginWrite()
        let builder = CellBuilder(arena: Arena(pool: pool), base: writer.base)
        let label = try writer.internLabel("A")
        let key = try writer.internKey("k")
        let index = try writer.createIndex(
            name: "ak", entity: .node, labelOrType: label, properties: [key], isUnique: false)
        func value() throws -> Cell {
            switch Int.random(in: 0 ..< 10, using: &random) {
            case 0: return .null
            case 1: return Cell(integer: Int64.random(in: 0 ..< 2, using: &random))
            case 2 ... 5: return Cell(integer: Int64.random(in: 0 ..< 9_000, using: &random))
            case 6: return Cell(float: Double(Int.random(in: 0 ..< 50, using: &random)) / 2)
            default: return try GraphIndexTests.draw(&random, builder)
            }
        }
        func questions(_ count: Int) throws -> [Question] {
            try (0 ..< count).map { Question(row: $0, values: [try value()]) }
        }
        func ranges(_ count: Int) throws -> [Question] {
            try (0 ..< count).map { row in
                let low = try value()
                let isOpen = Bool.random(using: &random)
                let high = low.tag == .integer ? Cell(integer: low.integer + 40) : try value()
                let range = IndexRange(
                    lower: .init(value: low, isInclusive: Bool.random(using: &random)),
                    upper: isOpen ? nil : .init(value: high, isInclusive: true))
                return Question(row: row, values: [], range: range)
            }
        }
        for _ in 0 ..< 6_000 {
            _ = try writer.createNode(labels: [label], properties: [(key, try value())])
        }
        try check(try questions(700), index, writer, seed: seed)
        try check(try ranges(60), index, writer, seed: seed)
        try writer.commit()
        let view = try store.snapshot()
        for count in [1, 2, 50, 1_500] {
            try check(try questions(count), index, view, seed: seed)
        }
        try check(try ranges(90), index, view, seed: seed)
        let second = try store.beginWrite()
        for number in 0 ..< 500 {
            if number % 3 == 0 {
                try second.deleteNode(UInt32.random(in: 0 ..< 6_000, using: &random))
            } else {
                _ = try second.createNode(labels: [label], properties: [(key, try value())])
            }
        }
        try check(try questions(700), index, second, seed: seed)
        second.abort()
    }

    /// Keys of all properties, of the first of them, and a range behind the first.
    @Test func composedKeys() throws {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededGenerator(seed: seed)
        let store = try GraphStore.inMemory()
        let writer = try store.beginWrite()
        let builder = CellBuilder(arena: Arena(pool: pool), base: writer.base)
        let type = try writer.internType("R")
        let (a, b) = (try writer.internKey("a"), try writer.internKey("b"))
        let node = try writer.createNode(labels: [], properties: [])
        let index = try writer.createIndex(
            name: "ab", entity: .relationship, labelOrType: type, properties: [a, b],
            isUnique: true)
        for first in 0 ..< 60 {
            for second in Int64(0) ..< 60 {
                let name = try builder.string(first < 5 ? "n\(first)" : "a name that is \(first)")
                _ = try writer.createRelationship(
                    type: type, source: node, target: node,
                    properties: [(a, name), (b, Cell(integer: second))])
            }
        }
        try writer.commit()
        let view = try store.snapshot()
        func name() throws -> Cell {
            let number = Int.random(in: 0 ..< 65, using: &random)
            return try builder.string(number < 5 ? "n\(number)" : "a name that is \(number)")
        }
        let numbers = (0 ..< 600).map { _ in Int64.random(in: 0 ..< 65, using: &random) }
        let whole = try numbers.map { Question(row: 0, values: [try name(), Cell(integer: $0)]) }
        try check(whole, index, view, seed: seed)
        try check(
            try numbers.map { Question(row: Int($0), values: [try name()]) }, index, view,
            seed: seed)
        let ranges = try numbers.map { number in
            let upper = IndexRange.Bound(value: Cell(integer: number), isInclusive: false)
            return Question(
                row: 0, values: [try name()], range: IndexRange(upper: upper))
        }
        try check(ranges, index, view, seed: seed)
    }

    /// What a row asks for twice is marked the second time; another row gets it.
    @Test func repeatedKeysOfARowAreMarked() throws {
        let store = try GraphStore.inMemory()
        let writer = try store.beginWrite()
        let label = try writer.internLabel("A")
        let key = try writer.internKey("k")
        let index = try writer.createIndex(
            name: "ak", entity: .node, labelOrType: label, properties: [key], isUnique: false)
        let one = try writer.createNode(labels: [label], properties: [(key, Cell(integer: 1))])
        let two = try writer.createNode(labels: [label], properties: [(key, Cell(integer: 2))])
        let asked: [(Int, Cell)] = [
            (0, Cell(integer: 2)), (0, Cell(integer: 1)), (0, Cell(float: 2)), (1, .null),
            (1, Cell(integer: 2)), (1, Cell(integer: 9)), (1, Cell(integer: 2)),
        ]
        let found = try together(
            asked.map { Question(row: $0.0, values: [$0.1]) }, index, writer,
            isUnrepeated: true)
        #expect(found == [[two], [one], nil, [], [two], [], nil])
        writer.abort()
    }
}
