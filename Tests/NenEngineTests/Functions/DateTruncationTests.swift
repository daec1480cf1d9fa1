// Truncation by a constant unit over stored columns against the function, which is called when the
// unit is a parameter.

import NenCore
import Testing

@testable import NenEngine

@Suite struct DateTruncationTests {
    @Test(arguments: ["date", "localdatetime"])
    func columnsMatchTheFunction(type: String) throws {
        let harness = try StatementHarness()
        try harness.run(
            """
            UNWIND range(0, 2999) AS i
            CREATE (:N {
                day: date('1970-01-01') + duration({days: (i - 1500) * 97}),
                moment: localdatetime('1969-12-31T23:59:59.5')
                    + duration({seconds: (i - 1500) * 7777777}),
                some: CASE i % 3 WHEN 0 THEN date('2024-02-29') + duration({days: i}) END,
                mixed: CASE i % 2 WHEN 0 THEN date('2001-01-01') ELSE localdatetime() END})
            """)
        for unit in TruncationUnit.allCases where unit.isOfDate {
            for key in ["day", "moment", "some", "mixed"] {
                let rows = try harness.run(
                    """
                    MATCH (n:N)
                    WITH \(type).truncate('\(unit.rawValue)', n.\(key)) AS a,
                        \(type).truncate($unit, n.\(key)) AS b
                    RETURN count(a) AS n, count(b) AS m,
                        count(CASE WHEN a = b AND valueType(a) = valueType(b) THEN 1 END) AS same
                    """, ["unit": .string(unit.rawValue)]
                ).rows[0]
                let isAll = rows[0] == rows[1] && rows[0] == rows[2] && rows[0] != .integer(0)
                #expect(isAll, "\(type) \(unit) \(key): \(rows)")
            }
        }
    }
}
