// Goal: a reduction that only appends gives what its steps give, and takes linear time. Method:
// random values appended to random texts and lists, compared with the same step inside a CASE,
// which goes step by step; long results, which step by step would take hours.

import NenCore
import NenDB
import Testing

@Suite struct AppendingReduceTests {
    private static let initials = ["''", "'ab'", "[]", "[1, 'x', [null]]", "null", "5", "date()"]
    private static let steps = ["a + x", "a + x + ','", "a + x + [x]", "a || x", "a || x || x"]
    private static let elements = [
        "1", "-2.5", "'text'", "'a longer text than fits into a cell'", "true", "[7, 8]", "[[]]",
        "date('2024-02-29')", "duration('P1D')", "{k: 1}", "null",
    ]

    /// Rows, or the error, as text.
    private func outcome(_ database: Database, _ query: String) -> String {
        do {
            return try database.query(query).rows().map { $0.values[0].literalText }
                .joined(separator: "\n")
        } catch let error as NQLError {
            return error.description
        } catch {
            return "\(error)"
        }
    }

    @Test func theResultIsThatOfTheSteps() throws {
        let seed = UInt64.random(in: .min ... .max)
        var random = SeededGenerator(seed: seed)
        let database = try Database.inMemory()
        for _ in 0 ..< 250 {
            let initial = Self.initials.randomElement(using: &random) ?? "''"
            let step = Self.steps.randomElement(using: &random) ?? "a + x"
            // Mostly few kinds of elements, so that many reductions succeed.
            let kinds = Array(Self.elements.shuffled(using: &random).prefix(
                Int.random(in: 1 ... 2, using: &random)))
            var items: [String] = []
            for _ in 0 ..< Int.random(in: 0 ... 200, using: &random) {
                items.append(kinds.randomElement(using: &random) ?? "1")
            }
            let list = "[" + items.joined(separator: ", ") + "]"
            let rows = Int.random(in: 1 ... 3, using: &random)
            let head = "UNWIND range(1, \(rows)) AS row WITH row, \(list) AS l RETURN "
            let fast = outcome(database, head + "reduce(a = \(initial), x IN l | \(step)) AS r")
            let slow = outcome(
                database,
                head + "reduce(a = \(initial), x IN l | CASE WHEN true THEN \(step) END) AS r")
            #expect(fast == slow, "seed \(seed): \(initial), \(step), \(list)")
        }
    }

    @Test func longResultsTakeLinearTime() throws {
        let database = try Database.inMemory()
        let text = "RETURN size(reduce(a = '', x IN range(1, 600000) | a + 'abc' + x)) AS r"
        #expect(try database.query(text).scalar() == 600_000 * 3 + 3_488_895)
        let list = "RETURN size(reduce(a = [], x IN range(1, 600000) | a + [x, x])) AS r"
        #expect(try database.query(list).scalar() == 1_200_000)
        let rows = "UNWIND [10, 1000, 100000] AS n "
            + "RETURN sum(size(reduce(a = 'x', x IN range(1, n) | a || 'yz'))) AS r"
        #expect(try database.query(rows).scalar() == 3 + 2 * 101_010)
    }

    @Test func aTextMayNotBeTooLong() throws {
        let database = try Database.inMemory()
        let error = thrown {
            _ = try database.query(
                "WITH reduce(a = 'x', x IN range(1, 20) | a + a) AS t "
                    + "RETURN size(reduce(a = '', x IN range(1, 200) | a + t)) AS r"
            ).rows()
        }
        #expect(error?.code == .argument && error?.detail == "NumberOutOfRange")
    }
}
