// Sinks that spill: goal: a statement that gets a quarter or a tenth of the memory it would take
// gives the same rows in the same order as one that gets all; what goes wrong with temporary files
// is told by a clear error, leaves nothing behind and the database usable. Method: queries with
// every sink over a random graph (seed printed), on one thread and on three, budgets cut from the
// peak that an unbounded run has had; faults injected at every kind of call.

import Glibc
import NQLPlan
import NQLPlanner
import NenCore
import Synchronization
import Testing

@testable import NenEngine

@Suite struct SpillTests {
    private let seed = UInt64.random(in: 0 ... 1 << 32)

    private func fill(_ harness: StatementHarness, nodes: Int = 6_000) throws {
        var random = SeededGenerator(seed: seed)
        _ = try RandomGraph(
            nodes: nodes, edges: 15_000, types: ["R", "S"], harness.engine, using: &random)
    }

    /// What a query gave, the most it held, and what it wrote to files.
    private struct Run {
        var rows: [[Value]] = []
        var peak = 0
        var written = 0
    }

    private func run(
        _ harness: StatementHarness, _ text: String, keepsRows: Bool = true
    ) throws -> Run {
        let space = harness.engine.temporary
        let before = space.writtenByteCount
        var run = Run()
        do {
            let transaction = try harness.engine.beginRead()
            let plan = try harness.plan(text, in: transaction)
            let cursor = try transaction.execute(plan, options: harness.options)
            while let batch = try cursor.nextBatch() {
                for row in 0 ..< (keepsRows ? batch.rowCount : 0) {
                    run.rows.append(try batch.row(row))
                }
            }
            run.peak = cursor.peakBytes
        }
        run.written = space.writtenByteCount - before
        #expect(space.heldBytes == 0, "\(text): \(space.heldBytes) bytes are left in files")
        return run
    }

    /// Queries whose rows come in an order that is promised or that of one thread.
    private static let queries = [
        "MATCH (a) UNWIND range(0, 9) AS x RETURN a.v AS v, id(a) AS i, x ORDER BY v DESC, i % 7",
        "MATCH (a) UNWIND range(0, 9) AS x RETURN toString(id(a) % 1000) + ' is the number' AS v, "
            + "x, [id(a), {k: x, l: toString(x) + ' and a long text'}] AS l ORDER BY v",
        "MATCH (a) UNWIND range(0, 9) AS x RETURN CASE id(a) % 5 WHEN 0 THEN 0.0/0.0 WHEN 1 THEN "
            + "null WHEN 2 THEN 'x' ELSE id(a) % 100 END AS v, id(a), x ORDER BY v",
        "MATCH (a) UNWIND range(0, 9) AS x RETURN id(a) * 10 + x AS v ORDER BY -v LIMIT 50000",
        "MATCH (a) UNWIND range(0, 9) AS x RETURN toString(a.v) AS v, id(a) AS i, x "
            + "ORDER BY v SKIP 5 LIMIT 45000",
        "MATCH (a) UNWIND range(0, 9) AS x RETURN DISTINCT id(a) * 5 + x AS v",
        "MATCH (a) UNWIND range(0, 9) AS x RETURN DISTINCT 'key ' + toString(id(a) * 5 + x) AS v, "
            + "CASE x WHEN 3 THEN null ELSE a.v END AS w",
        "MATCH (a) UNWIND range(0, 9) AS x RETURN id(a) * 5 + x AS k, count(*), sum(x), "
            + "min(id(a)), max(toString(x)), avg(x)",
        "MATCH (a) UNWIND range(0, 9) AS x RETURN 'key ' + toString(id(a) * 7 + x * 6000) AS k, "
            + "count(a.v), collect(x), collect(DISTINCT a.v), percentileDisc(id(a), 0.5)",
        "MATCH (a) UNWIND range(0, 9) AS x WITH (id(a) * 10 + x) % 500 AS k, id(a) % 700 AS v, x "
            + "RETURN k, count(DISTINCT v + x * 1000), collect(v)[7], sum(DISTINCT v)",
        "MATCH (a) UNWIND range(0, 9) AS x WITH x, a ORDER BY x "
            + "WITH a, collect(x) AS l, count(*) AS n, sum(x) AS s RETURN id(a) AS i, l, n, s",
        "MATCH (a) UNWIND range(0, 9) AS x RETURN id(a) * 5 + x AS k, "
            + "percentileCont(DISTINCT x, 0.5) AS p, sum(DISTINCT x) AS s",
        "MATCH (a) UNWIND range(0, 9) AS x WITH a, x, count(*) AS n "
            + "RETURN id(a) AS i, x, n, count(*) AS m",
    ]

    @Test(arguments: queries)
    func rowsAreThoseOfUnboundedMemory(_ text: String) throws {
        var harness = try StatementHarness()
        try fill(harness)
        var wanted: [[Value]] = []
        for threads in [1, 3] {
            harness.options.threads = threads
            if threads > 1 { harness.forcedCandidate = .threads }
            harness.options.memoryBudgetBytes = 1 << 30
            let whole = try run(harness, text, keepsRows: threads == 1)
            #expect(whole.written == 0, "\(text): \(whole.peak)")
            if threads == 1 { wanted = whole.rows }
            // Operators hold some pages of 64 KiB each, whatever the rows.
            let least = (2 * threads + 1) << 20
            for budget in Set([whole.peak / 4, whole.peak / 10].map { max($0, least) }) {
                harness.options.memoryBudgetBytes = budget
                let found = try run(harness, text)
                #expect(
                    (found.written > 0 || budget * 3 > whole.peak) && found.peak <= budget,
                    "\(text) on \(threads) threads: \(whole.peak), \(budget)")
                #expect(
                    found.rows.count == wanted.count
                        && zip(found.rows, wanted).allSatisfy { isSame($0, $1) },
                    "seed \(seed): \(text) on \(threads) threads with \(budget) bytes")
            }
        }
    }

    /// Equal; a NaN is a NaN.
    private func isSame(_ left: [Value], _ right: [Value]) -> Bool {
        zip(left, right).allSatisfy { a, b in
            if case .float(let x) = a, case .float(let y) = b, x.isNaN { return y.isNaN }
            return a == b
        }
    }

    @Test func aGroupThatDoesNotFitIsAnError() throws {
        var harness = try StatementHarness()
        try fill(harness)
        harness.options.memoryBudgetBytes = 3 << 20
        let text = "MATCH (a) UNWIND range(0, 29) AS x RETURN a.v > 1000000 AS k, "
            + "collect('the value ' + toString(id(a) + x))"
        let error = try #require(harness.error(text))
        #expect(error.code == .memory && error.detail == "MemoryBudgetExceeded", "\(error)")
        #expect(harness.engine.temporary.heldBytes == 0)
        #expect(try harness.rows("RETURN 1") == [[.integer(1)]])
    }

    private static let spilling =
        "MATCH (a) UNWIND range(0, 9) AS x RETURN id(a) * 10 + x AS k, count(*) AS n ORDER BY -k"

    @Test func theLimitOfTemporaryFilesIsKept() throws {
        let disk = SimulatedDisk()
        var harness = try StatementHarness(temporaryFilesIn: disk, limitBytes: 1 << 19)
        try fill(harness)
        harness.options.memoryBudgetBytes = 3 << 20
        let error = try #require(harness.error(SpillTests.spilling))
        #expect(error.code == .capacity && error.detail == "TemporaryLimitExceeded", "\(error)")
        #expect(harness.engine.temporary.heldBytes == 0 && disk.fileNames.isEmpty)
        harness.options.memoryBudgetBytes = 1 << 30
        #expect(try harness.rows(SpillTests.spilling).count == 60_000)
    }

    @Test(arguments: [DiskOperation.Kind.open, .write, .read], [1, 3])
    func whatTheDiskRefusesIsAnError(_ kind: DiskOperation.Kind, _ threads: Int) throws {
        let disk = SimulatedDisk()
        var harness = try StatementHarness(temporaryFilesIn: disk)
        try fill(harness)
        harness.options.threads = threads
        if threads > 1 { harness.forcedCandidate = .threads }
        harness.options.memoryBudgetBytes = threads << 21
        for (count, code) in [(0, ENOSPC), (3, EIO), (11, ENOSPC)] {
            let left = Mutex(count)
            disk.setHook { operation in
                if operation.kind != kind { return nil }
                return left.withLock { left in
                    left -= 1
                    return left < 0 ? .error(code) : nil
                }
            }
            let error = harness.error(SpillTests.spilling)
            disk.setHook(nil)
            // One file takes all: a later one is not asked for.
            if kind == .open, count > 0 { continue }
            let detail = code == ENOSPC ? "DiskFull" : "TemporaryFileFailed"
            #expect(
                error?.code == .io && error?.detail == detail && error?.hint != nil,
                "seed \(seed), \(kind) \(count): \(String(describing: error))")
            #expect(harness.engine.temporary.heldBytes == 0 && disk.fileNames.isEmpty)
        }
        #expect(try harness.rows(SpillTests.spilling).count == 60_000)
    }

    @Test func aDeadlineEndsSpilling() throws {
        var harness = try StatementHarness()
        try fill(harness)
        harness.options.memoryBudgetBytes = 3 << 20
        let transaction = try harness.engine.beginRead()
        let plan = try harness.plan(SpillTests.spilling, in: transaction)
        for milliseconds in [50, 150] {
            let error = #expect(throws: NQLError.self) {
                let cursor = try transaction.execute(
                    plan, options: harness.options,
                    interruption: Interruption(timeoutMilliseconds: milliseconds))
                while try cursor.nextBatch() != nil {}
            }
            #expect(error?.code == .interrupted)
            #expect(harness.engine.temporary.heldBytes == 0)
        }
    }
}
