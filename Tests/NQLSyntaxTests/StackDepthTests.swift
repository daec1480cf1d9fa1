// StackDepthTests: texts that nest without end must fail with a typed error, on a small stack too.
// Method: each text is parsed on a thread with a 1 MiB stack, and what is accepted is printed,
// compared and hashed there as well; running out of stack would end the test process.

import Foundation
import NQLSyntax
import NenCore
import Testing

struct StackDepthTests {
    /// Texts of `depth` levels, each by another construct.
    static func texts(_ depth: Int) -> [String] {
        func nest(_ open: String, _ close: String, _ core: String = "1") -> String {
            String(repeating: open, count: depth) + core + String(repeating: close, count: depth)
        }
        let operators = "1 OR 1 XOR 1 AND NOT 1 = 1 IN 1 + 1 * 1 ^ - "
        return [
            "RETURN " + nest("(", ")"),
            "RETURN " + nest("[", "]"),
            "RETURN " + nest("{a: ", "}"),
            "RETURN " + nest("f(", ")"),
            "RETURN " + nest("normalize(", ")"),
            "RETURN " + nest("trim(BOTH ' ' FROM ", ")"),
            "RETURN " + nest("CASE x WHEN IS NULL, > ", " THEN 1 END"),
            "RETURN " + nest("COUNT { WHEN true THEN RETURN ", " AS a }"),
            "RETURN " + nest("EXISTS { MATCH ((a)-->(b) WHERE ", ")+ }", "true"),
            "RETURN " + nest("EXISTS { RETURN 1 AS a NEXT RETURN ", " AS a }"),
            nest("{ ", " }", "RETURN 1 AS a"),
            "RETURN " + nest("NOT ", "", "true"),
            "RETURN " + nest("- ", ""),
            "RETURN " + nest(operators + "(", ")"),
            "RETURN " + nest("CASE WHEN ", " THEN 1 END", "true"),
            "RETURN " + nest("[x IN ", " | x]", "xs"),
            "RETURN " + nest("[(a)-->(b) WHERE ", " | 1]", "true"),
            "RETURN " + nest("reduce(a = 0, x IN ", " | a)", "xs"),
            "RETURN " + nest("allReduce(a = 0, x IN ", " | a, true)", "xs"),
            "RETURN " + nest("all(x IN xs WHERE ", ")", "true"),
            "RETURN " + nest("x[", "]"),
            "RETURN " + nest("x {a: ", "}"),
            "RETURN 1" + nest(" + 1", "", ""),
            "RETURN x" + nest(".a", "", ""),
            "RETURN x" + nest("[0]", "", ""),
            "RETURN 1" + nest(" IN 1", "", ""),
            "RETURN 1" + nest(" IS NULL", "", ""),
            "RETURN true" + nest(" OR true", "", ""),
            "RETURN 1" + nest(" < 1", "", ""),
            "RETURN x:A" + nest("&A", "", ""),
            "RETURN x:A" + nest(":A", "", ""),
            "RETURN x:" + nest("!", "", "A"),
            "RETURN x:" + nest("(", ")", "A"),
            "RETURN x:" + nest("$(x:", ")", "A"),
            "MATCH " + nest("(", ")", "()"),
            "MATCH (a)" + nest("-->()", "", "") + " RETURN a",
            "MATCH (a WHERE " + nest("(a WHERE ", ")-->()", "true") + ") RETURN a",
            "RETURN " + nest("EXISTS { MATCH (a) WHERE ", " }", "true"),
            "RETURN " + nest("EXISTS { (a) WHERE ", " }", "true"),
            "RETURN " + nest("COLLECT { RETURN ", " }"),
            nest("CALL { ", " RETURN 1 AS a }", "RETURN 1 AS a") + " RETURN 1",
            nest("FOREACH (x IN xs | ", ")", "CREATE (a)"),
            "RETURN x IS :: " + nest("LIST<", ">", "INTEGER"),
            "CREATE (n {a: " + nest("[", "]") + "})",
            "SET n.x = " + nest("(", ")"),
            "SET " + nest("(", ").x") + " = 1",
            "RETURN " + nest("(", ""),
            "RETURN " + nest("[x IN ", "", "x"),
            "RETURN " + nest("((a)-[", ""),
        ]
    }

    /// Parses and uses every text on a thread with a small stack.
    private func exercise(_ texts: [String]) -> (accepted: Int, failures: [NQLError]) {
        final class Outcome: @unchecked Sendable {
            var accepted = 0
            var failures: [NQLError] = []
        }
        let outcome = Outcome()
        let done = DispatchSemaphore(value: 0)
        let thread = Thread {
            for text in texts {
                do throws(NQLError) {
                    let statement = try parseStatement(text)
                    let again = try parseStatement(statement.printed())
                    precondition(again.withoutSpans == statement.withoutSpans)
                    var hasher = Hasher()
                    statement.hash(into: &hasher)
                    outcome.accepted += 1
                } catch {
                    outcome.failures.append(error)
                }
            }
            done.signal()
        }
        thread.stackSize = 1024 * 1024
        thread.start()
        done.wait()
        return (outcome.accepted, outcome.failures)
    }

    @Test func everyDepthUpToTheLimitIsSafe() {
        for depth in [1, 8, 20, 50, 64, 84, 100, 120, 126, 128, 200, 250, 256, 400] {
            let outcome = exercise(Self.texts(depth))
            #expect(outcome.accepted + outcome.failures.count == Self.texts(depth).count)
            for failure in outcome.failures where depth > 1 {
                #expect(failure.code == .syntax, "\(failure)")
            }
        }
    }

    @Test func endlessNestingIsRefused() {
        let outcome = exercise(Self.texts(20_000))
        // Chains that make no deep tree are fine at any length.
        #expect(outcome.accepted >= 4)
        #expect(outcome.failures.contains { $0.detail == "NestingLimitExceeded" })
        #expect(outcome.failures.allSatisfy { $0.code == .syntax })
    }
}
