// Operators that read their whole input, against naive code: grouping, DISTINCT, sorting, top-k,
// joins.

import NQLPlan
import NQLPlanner
import NenCore
import Testing

@testable import NenEngine

@Suite struct WholeInputTests {
    private let seed = UInt64.random(in: 0 ... 1 << 32)

    /// A list of random maps `{k: …, v: …, s: …}`, also as plain rows.
    private func table(
        _ count: Int, keys: Int64, _ random: inout SeededGenerator
    ) -> (Value, [(k: Value, v: Value, s: String)]) {
        var rows: [(k: Value, v: Value, s: String)] = []
        for _ in 0 ..< count {
            let number = Int64.random(in: 0 ..< keys, using: &random)
            let key: Value
            switch Int.random(in: 0 ..< 8, using: &random) {
            case 0: key = .null
            case 1: key = .string("key number \(number) of a long name")
            case 2: key = .boolean(number & 1 == 0)
            default: key = .integer(number)
            }
            let value: Value = Int.random(in: 0 ..< 9, using: &random) == 0
                ? .null : .integer(Int64.random(in: -50 ..< 50, using: &random))
            rows.append((key, value, "text \(Int.random(in: 0 ..< 1_000, using: &random))"))
        }
        let list = rows.map { Value.map(["k": $0.k, "v": $0.v, "s": .string($0.s)]) }
        return (.list(list), rows)
    }

    @Test func groupsMatchDictionary() throws {
        var random = SeededGenerator(seed: seed)
        let harness = try StatementHarness()
        let (list, rows) = table(7_000, keys: 40, &random)
        let text = """
            UNWIND $rows AS r
            RETURN r.k AS k, count(*) AS n, count(r.v) AS c, sum(r.v) AS s, min(r.v) AS lo,
              max(r.s) AS hi, collect(r.v) AS all, count(DISTINCT r.v) AS d,
              collect(DISTINCT r.v)[0] AS first
            """
        let found = try harness.rows(text, ["rows": list])
        var order: [Value] = []
        var groups: [Value: [(k: Value, v: Value, s: String)]] = [:]
        for row in rows {
            if groups[row.k] == nil { order.append(row.k) }
            groups[row.k, default: []].append(row)
        }
        #expect(found.count == order.count, "seed \(seed)")
        for (row, key) in zip(found, order) {
            let group = groups[key] ?? []
            let values = group.compactMap { row -> Int64? in
                guard case .integer(let value) = row.v else { return nil }
                return value
            }
            #expect(row[0] == key, "groups come in the order of their first row; seed \(seed)")
            #expect(row[1] == .integer(Int64(group.count)))
            #expect(row[2] == .integer(Int64(values.count)))
            #expect(row[3] == .integer(values.reduce(0, +)))
            #expect(row[4] == values.min().map { .integer($0) } ?? .null)
            #expect(row[5] == group.map(\.s).max().map { .string($0) } ?? .null)
            #expect(row[6] == .list(values.map { .integer($0) }))
            #expect(row[7] == .integer(Int64(Set(values).count)))
            #expect(row[8] == values.first.map { .integer($0) } ?? .null)
        }
    }

    @Test func aggregatesOfNothing() throws {
        let harness = try StatementHarness()
        let found = try harness.rows(
            """
            UNWIND [] AS x
            RETURN count(*), count(x), sum(x), avg(x), min(x), max(x), collect(x), stDev(x),
              stDevP(x), percentileCont(x, 0.5), percentileDisc(x, 0.5)
            """)
        #expect(
            found == [[
                .integer(0), .integer(0), .integer(0), .null, .null, .null, .list([]),
                .float(0), .float(0), .null, .null,
            ]])
        #expect(try harness.rows("UNWIND [] AS x RETURN x, count(*)") == [])
    }

    @Test func sumsOutsideTheRangeOfIntegers() throws {
        let harness = try StatementHarness()
        let big = Value.list([.integer(.max), .integer(.max), .integer(-.max), .integer(1)])
        // The intermediate sum is out of range, the result is not.
        let last = Value.list([.integer(.max), .integer(.max), .integer(-.max)])
        #expect(
            try harness.value("UNWIND $x AS x RETURN sum(x)", ["x": last]) == .integer(.max))
        #expect(harness.error("UNWIND $x AS x RETURN sum(x)", ["x": big])?.code == .arithmetic)
        let average = try harness.value("UNWIND $x AS x RETURN avg(x)", ["x": big])
        #expect(average == .float(Double(Int64.max) / 4))
    }

    @Test func compensatedSums() throws {
        let harness = try StatementHarness()
        let found = try harness.value("UNWIND [1e100, 1.0, -1e100] AS x RETURN sum(x)")
        #expect(found == .float(1.0))
    }

    @Test func percentiles() throws {
        let harness = try StatementHarness()
        let text = "UNWIND [10, 20, 30, 40] AS x "
            + "RETURN percentileDisc(x, $p), percentileCont(x, $p)"
        for (p, disc, cont) in [
            (0.0, 10, 10.0), (0.5, 20, 25.0), (0.75, 30, 32.5), (1.0, 40, 40.0),
        ] {
            #expect(
                try harness.rows(text, ["p": .float(p)]) == [[.integer(Int64(disc)), .float(cont)]])
        }
        #expect(harness.error(text, ["p": .float(1.5)])?.detail == "NumberOutOfRange")
    }

    @Test func sortIsStableAndTopKAgrees() throws {
        var random = SeededGenerator(seed: seed)
        let harness = try StatementHarness()
        let (list, _) = table(30_000, keys: 12, &random)
        let all = try harness.rows(
            "UNWIND $rows AS r RETURN r.k, r.v, r.s ORDER BY r.k, r.v DESC", ["rows": list])
        for (limit, skip) in [(1, 0), (10, 5), (3_000, 0), (5_000, 100), (100_000, 7), (0, 0)] {
            let part = try harness.rows(
                "UNWIND $rows AS r RETURN r.k, r.v, r.s ORDER BY r.k, r.v DESC "
                    + "SKIP \(skip) LIMIT \(limit)", ["rows": list])
            #expect(part == Array(all.dropFirst(skip).prefix(limit)), "seed \(seed) \(limit)")
        }
        let engine = harness.engine
        let base = try engine.beginRead().view.base
        let arena = Arena(pool: PagePool(limitBytes: 1 << 28))
        let builder = CellBuilder(arena: arena, base: base)
        for (a, b) in zip(all, all.dropFirst()) {
            let first = CellOrder.compare(try builder.cell(a[0]), try builder.cell(b[0]), base)
            let second = CellOrder.compare(try builder.cell(a[1]), try builder.cell(b[1]), base)
            #expect(first < 0 || (first == 0 && second >= 0), "seed \(seed)")
        }
    }

    @Test func longStringsSort() throws {
        var random = SeededGenerator(seed: seed)
        let harness = try StatementHarness()
        let words = (0 ..< 3_000).map { _ in
            String(
                (0 ..< Int.random(in: 0 ..< 20, using: &random)).map { _ in
                    ["a", "b", "é"].randomElement(using: &random) ?? "a"
                }.joined())
        }
        let found = try harness.rows(
            "UNWIND $w AS w RETURN w ORDER BY w", ["w": .list(words.map { .string($0) })])
        let wanted = words.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
        #expect(found == wanted.map { [.string($0)] }, "seed \(seed)")
    }

    @Test func distinctKeepsFirstRows() throws {
        var random = SeededGenerator(seed: seed)
        let harness = try StatementHarness()
        let (list, rows) = table(9_000, keys: 30, &random)
        let found = try harness.rows(
            "UNWIND $rows AS r RETURN DISTINCT r.k, r.v", ["rows": list])
        var seen: Set<[Value]> = []
        let wanted = rows.map { [$0.k, $0.v] }.filter { seen.insert($0).inserted }
        #expect(found == wanted, "seed \(seed)")
    }

    @Test(arguments: [JoinKind.inner, .leftOuter, .semi, .anti])
    func joinsMatchLoops(_ kind: JoinKind) throws {
        var random = SeededGenerator(seed: seed)
        let harness = try StatementHarness()
        let left = (0 ..< 5_000).map { _ in Int64.random(in: 0 ..< 600, using: &random) }
        let right = (0 ..< 900).map { _ in Int64.random(in: 0 ..< 800, using: &random) }
        func side(_ values: [Int64], _ element: Slot) -> PhysicalOperator {
            let list = values.map { $0 % 50 == 0 ? Value.null : .integer($0) }
            let row = PlanSketch.leaf(.singleRow, [])
            let unwind = OperatorKind.unwind(
                list: PlanSketch.constant(.list(list)), element: element)
            return PlanSketch.make(unwind, [row], [element])
        }
        let exposes = kind == .inner || kind == .leftOuter
        let output = exposes ? [0, 1] : [0]
        let root = PlanSketch.make(
            .hashJoin(
                kind, keys: [JoinKey(left: PlanExpression(.slot(0), type: .any), right: 1)]),
            [side(left, 0), side(right, 1)], output)
        let rows = try harness.execute(root, output, slotCount: 2)
        var wanted: [[Value]] = []
        for a in left {
            let isNull = a % 50 == 0
            let matches = isNull ? [] : right.filter { $0 == a }
            let value: Value = isNull ? .null : .integer(a)
            switch kind {
            case .inner: for b in matches { wanted.append([value, .integer(b)]) }
            case .leftOuter:
                for b in matches { wanted.append([value, .integer(b)]) }
                if matches.isEmpty { wanted.append([value, .null]) }
            case .semi: if !matches.isEmpty { wanted.append([value]) }
            case .anti: if matches.isEmpty { wanted.append([value]) }
            }
        }
        #expect(bag(rows) == bag(wanted), "seed \(seed)")
    }

    @Test func cartesianProductOfSmallAndLargeSides() throws {
        let harness = try StatementHarness()
        for (a, b) in [(3, 5), (100, 700), (5_000, 3), (0, 4), (4, 0)] {
            let text = "UNWIND range(1, \(a)) AS x WITH collect(x) AS xs "
                + "UNWIND xs AS x MATCH (n) RETURN count(*), sum(x)"
            let empty = try harness.rows(text)
            #expect(empty == [[.integer(0), .integer(0)]])
            let left = PlanSketch.make(
                .unwind(list: numbers(a), element: 0), [PlanSketch.leaf(.singleRow, [])], [0])
            let right = PlanSketch.make(
                .unwind(list: numbers(b), element: 1), [PlanSketch.leaf(.singleRow, [])], [1])
            let root = PlanSketch.make(.cartesianProduct, [left, right], [0, 1])
            let rows = try harness.execute(root, [0, 1], slotCount: 2)
            var wanted: [[Value]] = []
            for x in 0 ..< a {
                for y in 0 ..< b { wanted.append([.integer(Int64(x)), .integer(Int64(y))]) }
            }
            #expect(rows == wanted, "\(a) × \(b)")
        }
    }

    private func numbers(_ count: Int) -> PlanExpression {
        PlanSketch.constant(.list((0 ..< count).map { .integer(Int64($0)) }))
    }
}
