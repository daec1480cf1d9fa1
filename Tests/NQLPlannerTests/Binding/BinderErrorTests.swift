// Compile-time errors: goal: every rule of the binder raises its code and detail with the span
// under the offending text. Method: a table of queries, the offending part between « and ».

import NQLSyntax
import NenCore
import Testing

@testable import NQLPlan
@testable import NQLPlanner

/// A query that must fail; `«…»` marks where.
struct FailingQuery: CustomTestStringConvertible, Sendable {
    var error: String
    var text: String
    init(_ error: String, _ text: String) {
        self.error = error
        self.text = text
    }
    var testDescription: String { text }
}

@Suite struct BinderErrorTests {
    @Test(arguments: variables + projections + aggregation)
    func scopes(_ query: FailingQuery) { check(query) }

    @Test(arguments: patterns + creation)
    func patternErrors(_ query: FailingQuery) { check(query) }

    @Test(arguments: types + calls + composition)
    func expressionErrors(_ query: FailingQuery) { check(query) }

    private func check(_ query: FailingQuery) {
        let parts = query.text.split(
            separator: "«", maxSplits: 1, omittingEmptySubsequences: false)
        let before = String(parts[0])
        let offending = parts.dropFirst().first.map { String($0.prefix { $0 != "»" }) }
        let text = query.text.filter { $0 != "«" && $0 != "»" }
        do {
            _ = try plan(text, parameters: ["known": .integer(1)])
            Issue.record("planned: \(text)")
        } catch let error as NQLError {
            #expect("\(error.code.rawValue) \(error.detail ?? "-")" == query.error)
            #expect(error.phase == .compile)
            guard let offending else { return }
            let start = before.utf8.count
            let span = SourceSpan(
                start: UInt32(start), end: UInt32(start + offending.utf8.count))
            #expect(error.span == span, "marked \(offending), found \(spanText(text, error.span))")
        } catch {
            Issue.record("\(error)")
        }
    }

    private func spanText(_ text: String, _ span: SourceSpan) -> String {
        let bytes = Array(text.utf8)
        let (start, end) = (min(Int(span.start), bytes.count), min(Int(span.end), bytes.count))
        return String(decoding: bytes[start..<max(start, end)], as: UTF8.self)
    }

    static let variables = [
        FailingQuery("SyntaxError UndefinedVariable", "MATCH (n) RETURN «m»"),
        FailingQuery("SyntaxError UndefinedVariable", "MATCH (n) WITH n.x AS x RETURN «n».y"),
        FailingQuery("SyntaxError UndefinedVariable", "RETURN [x IN [1] | «y»]"),
        FailingQuery("SyntaxError UndefinedVariable", "RETURN [x IN [1] | x], «x»"),
        FailingQuery("SyntaxError UndefinedVariable", "MATCH (a) SET «b».x = 1"),
        FailingQuery("SyntaxError UndefinedVariable", "CREATE (a {x: «a».y})"),
        FailingQuery("SyntaxError UndefinedVariable", "MERGE (a) ON CREATE SET «b».x = 1"),
        FailingQuery("SyntaxError UndefinedVariable", "MATCH (a) WHERE (a)-->(«b») RETURN a"),
        FailingQuery("SyntaxError UndefinedVariable", "MATCH (a) WHERE (a)-[«r»]->() RETURN a"),
        FailingQuery(
            "SyntaxError UndefinedVariable", "MATCH (a) CALL { RETURN «a».x AS x } RETURN x"),
        FailingQuery("SyntaxError UndefinedVariable", "CALL («q») { RETURN 1 AS x } RETURN x"),
        FailingQuery("SyntaxError UndefinedVariable", "FOREACH (x IN [1] | SET «y».z = 1)"),
        FailingQuery("SyntaxError VariableAlreadyBound", "MATCH (a) UNWIND [1] AS «a» RETURN a"),
        FailingQuery("SyntaxError VariableAlreadyBound", "MATCH (a) CREATE («a»)"),
        FailingQuery("SyntaxError VariableAlreadyBound", "MATCH (a) CREATE («a»:X)-[:R]->()"),
        FailingQuery("SyntaxError VariableAlreadyBound", "CREATE (a), («a»)"),
        FailingQuery("SyntaxError VariableAlreadyBound", "MATCH (a) MERGE («a»)"),
        FailingQuery("SyntaxError VariableAlreadyBound", "MATCH ()-[r]->() CREATE ()-[«r»:T]->()"),
        FailingQuery("SyntaxError VariableAlreadyBound", "MATCH «p» = ()-[p]-() RETURN p"),
        FailingQuery(
            "SyntaxError VariableAlreadyBound", "WITH 1 AS a CALL test.pair(1) YIELD «a» RETURN a"),
        FailingQuery(
            "SyntaxError VariableAlreadyBound", "WITH 1 AS a «CALL { RETURN 2 AS a }» RETURN a"),
        FailingQuery("SyntaxError VariableTypeConflict", "MATCH (n) MATCH ()-[«n»]-() RETURN n"),
        FailingQuery("SyntaxError VariableTypeConflict", "MATCH ()-[r]-() MATCH («r») RETURN r"),
        FailingQuery("SyntaxError VariableTypeConflict", "WITH 1 AS n MATCH («n») RETURN n"),
        FailingQuery("SyntaxError VariableTypeConflict", "MATCH ()-[r]-(«r») RETURN r"),
        FailingQuery(
            "SyntaxError VariableTypeConflict", "MATCH ()-[r]-() MATCH ()-[«r»*]-() RETURN r"),
    ]

    static let projections = [
        FailingQuery("SyntaxError ColumnNameConflict", "RETURN 1 AS a, 2 AS «a»"),
        FailingQuery("SyntaxError ColumnNameConflict", "WITH 1 AS a, 2 AS «a» RETURN a"),
        FailingQuery("SyntaxError NoExpressionAlias", "MATCH (a) WITH a, «a.x» RETURN a"),
        FailingQuery("SyntaxError NoVariablesInScope", "MATCH () «RETURN *»"),
        FailingQuery(
            "SyntaxError UndefinedVariable", "MATCH (a) RETURN DISTINCT a.x ORDER BY «a».y"),
        FailingQuery("SyntaxError NonConstantExpression", "MATCH (n) RETURN n SKIP «n».x"),
        FailingQuery("SyntaxError NegativeIntegerArgument", "MATCH (n) RETURN n LIMIT «-1»"),
        FailingQuery("SyntaxError InvalidArgumentType", "MATCH (n) RETURN n LIMIT «1.5»"),
        FailingQuery(
            "SyntaxError DifferentColumnsInUnion", "RETURN 1 AS a UNION «RETURN 2 AS b»"),
    ]

    static let aggregation = [
        FailingQuery("SyntaxError InvalidAggregation", "MATCH (n) WHERE «count(n)» > 1 RETURN n"),
        FailingQuery("SyntaxError InvalidAggregation", "MATCH (n) RETURN [x IN [1] | «count(*)»]"),
        FailingQuery("SyntaxError InvalidAggregation", "MATCH (n) RETURN n ORDER BY «max(n.x)»"),
        FailingQuery("SyntaxError InvalidAggregation", "MATCH (n) SET n.x = «count(*)»"),
        FailingQuery("SyntaxError InvalidAggregation", "UNWIND «collect(1)» AS x RETURN x"),
        FailingQuery("SyntaxError NestedAggregation", "RETURN count(«count(*)»)"),
        FailingQuery("SyntaxError NonConstantExpression", "RETURN count(«rand()»)"),
        FailingQuery(
            "SyntaxError AmbiguousAggregationExpression", "MATCH (n) RETURN «n».x + count(*)"),
        FailingQuery(
            "SyntaxError AmbiguousAggregationExpression",
            "MATCH (n) RETURN n.x + n.y, «n».x + n.y + count(*)"),
        FailingQuery(
            "SyntaxError AmbiguousAggregationExpression",
            "MATCH (n) RETURN n.x + n.y, count(*) AS c ORDER BY «n».x + n.y + count(*)"),
        FailingQuery(
            "SyntaxError UndefinedVariable", "MATCH (n) RETURN count(n) AS c ORDER BY «n».x"),
        FailingQuery(
            "SyntaxError UndefinedVariable",
            "MATCH (n) RETURN n.x AS x, min(n.y) AS m ORDER BY sum(«n».y)"),
    ]

    static let patterns = [
        FailingQuery(
            "SyntaxError RelationshipUniquenessViolation",
            "MATCH (a)-[r]->()-[«r»]->(a) RETURN r"),
        FailingQuery("SyntaxError InvalidParameterUse", "MATCH (n «$known») RETURN n"),
        FailingQuery("SyntaxError InvalidParameterUse", "MERGE (n «$known») RETURN n"),
        FailingQuery("SyntaxError UnexpectedSyntax", "MATCH (n) RETURN «(n)-->()»"),
        FailingQuery("SyntaxError UnexpectedSyntax", "MATCH (n) RETURN size(«(n)-->()»)"),
        FailingQuery(
            "SyntaxError UnexpectedSyntax",
            "MATCH (a), (b), p = shortestPath(«(a)-->()-->(b)») RETURN p"),
    ]

    static let creation = [
        FailingQuery("SyntaxError CreatingVarLength", "CREATE ()-[:R*2]->()"),
        FailingQuery("SyntaxError NoSingleRelationshipType", "CREATE ()-->()"),
        FailingQuery("SyntaxError NoSingleRelationshipType", "CREATE ()-[:A|B]->()"),
        FailingQuery("SyntaxError NoSingleRelationshipType", "MATCH (a) MERGE (a)-->(b)"),
        FailingQuery("SyntaxError RequiresDirectedRelationship", "CREATE ()-[:R]-()"),
        FailingQuery("SyntaxError InvalidDelete", "MATCH (n) DELETE «n:X»"),
        FailingQuery("SyntaxError InvalidArgumentType", "MATCH (n) DELETE «1 + 1»"),
    ]

    static let types = [
        FailingQuery("SyntaxError InvalidArgumentType", "RETURN «1» AND true"),
        FailingQuery("SyntaxError InvalidArgumentType", "RETURN NOT «'x'»"),
        FailingQuery("SyntaxError InvalidArgumentType", "MATCH (n) WHERE n RETURN n"),
        FailingQuery("SyntaxError InvalidArgumentType", "RETURN 1 IN «2»"),
        FailingQuery("SyntaxError InvalidArgumentType", "RETURN all(x IN ['a'] WHERE «x» % 2 = 0)"),
        FailingQuery("SyntaxError InvalidArgumentType", "MATCH p = (a) RETURN labels(«p»)"),
        FailingQuery("SyntaxError InvalidArgumentType", "MATCH (n) RETURN type(«n»)"),
        FailingQuery(
            "SyntaxError InvalidArgumentType", "MATCH p = (a)-->() WHERE «p».x = 1 RETURN p"),
        FailingQuery("SyntaxError InvalidArgumentType", "MATCH (n) SET n = «1»"),
        FailingQuery("TypeError InvalidArgumentType", "WITH 1 AS x RETURN «x».y"),
        FailingQuery("TypeError InvalidArgumentType", "WITH [1] AS x RETURN x[«true»]"),
        FailingQuery("TypeError InvalidArgumentType", "WITH 4.7 AS x RETURN «x»[0]"),
    ]

    static let calls = [
        FailingQuery("SyntaxError UnknownFunction", "RETURN «toUper»('x')"),
        FailingQuery("SyntaxError InvalidNumberOfArguments", "RETURN «labels»()"),
        FailingQuery("ProcedureError ProcedureNotFound", "CALL «test.nope»()"),
        FailingQuery(
            "SyntaxError InvalidNumberOfArguments", "CALL «test.pair»(1, 2) YIELD a RETURN a"),
        FailingQuery("SyntaxError InvalidArgumentType", "CALL test.pair(«true»)"),
        FailingQuery(
            "SyntaxError InvalidArgumentPassingMode",
            "WITH 1 AS x CALL «test.pair» YIELD a RETURN a"),
        FailingQuery("SyntaxError UndefinedVariable", "CALL test.pair(1) YIELD «c» RETURN c"),
        FailingQuery("SyntaxError UnexpectedSyntax", "CALL test.pair(1) YIELD * RETURN a"),
        FailingQuery("ParameterMissing MissingParameter", "RETURN «$unknown»"),
        FailingQuery("ParameterMissing MissingParameter", "CALL «test.pair»"),
    ]

    static let composition = [
        FailingQuery("SyntaxError InvalidClauseComposition", "«MATCH» (n)"),
        FailingQuery("SyntaxError InvalidClauseComposition", "MATCH (n) «WITH» n"),
        FailingQuery(
            "SyntaxError InvalidClauseComposition",
            "MATCH (n) WHERE EXISTS { MATCH (n) «SET» n.x = 1 RETURN n } RETURN n"),
    ]

    @Test func suggestions() {
        let cases = [
            ("MATCH (person) RETURN persn.name", "`person`"), ("RETURN toUper('x')", "`toUpper`"),
            ("CALL test.pairs(1)", "`test.pair`"),
        ]
        for (text, expected) in cases {
            #expect {
                _ = try plan(text)
            } throws: { error in
                (error as? NQLError)?.hint?.contains(expected) ?? false
            }
        }
    }

    @Test func deepSubqueriesAreBounded() {
        var text = "RETURN 1"
        for _ in 0..<40 { text = "RETURN COUNT { \(text) } AS x" }
        #expect(throws: NQLError.self) { _ = try plan(text) }
    }
}
