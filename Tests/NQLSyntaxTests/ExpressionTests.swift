// ExpressionTests: precedence, associativity, chains, and which texts are patterns. Trees are shown
// with every operator in parentheses.

import NQLSyntax
import NenCore
import Testing

struct ExpressionTests {
    /// The tree of operators, fully parenthesised.
    private func shape(_ expression: Expression) -> String {
        switch expression.kind {
        case .binary(let kind, let left, let right):
            "(\(shape(left)) \(kind.rawValue) \(shape(right)))"
        case .unary(let kind, let operand): "(\(kind.rawValue) \(shape(operand)))"
        case .isNull(let operand, let negated): "(\(shape(operand)) is\(negated ? "Not" : "")Null)"
        case .property(let base, let key): "(\(shape(base)).\(key.text))"
        case .subscripted(let base, let index): "(\(shape(base))[\(shape(index))])"
        case .comparisonChain(let operands, _):
            "chain(\(operands.map(shape).joined(separator: ",")))"
        case .patternPredicate: "pattern"
        case .hasLabels(let base, _): "(\(shape(base)) labelled)"
        default: expression.printed()
        }
    }

    @Test(arguments: [
        ("a OR b XOR c AND NOT d", "(a OR (b XOR (c AND (NOT d))))"),
        ("NOT a = b", "(NOT (a = b))"),
        ("NOT NOT a", "(NOT (NOT a))"),
        ("a = b IS NULL", "(a = (b isNull))"),
        ("a = b IN c", "(a = (b IN c))"),
        ("[1] + [2] IN [3] + [4]", "(([1] + [2]) IN ([3] + [4]))"),
        ("a IN b IN c", "((a IN b) IN c)"),
        ("a + b STARTS WITH c + d", "((a + b) STARTS WITH (c + d))"),
        ("a - b - c", "((a - b) - c)"),
        ("a + b * c ^ d", "(a + (b * (c ^ d)))"),
        ("a ^ b ^ c", "((a ^ b) ^ c)"),
        ("-a ^ b", "((- a) ^ b)"),
        ("a ^ -b", "(a ^ (- b))"),
        ("-a.b[0]", "(- ((a.b)[0]))"),
        ("a / b % c", "((a / b) % c)"),
        ("a || b + c", "((a || b) + c)"),
        ("1 < 2 = 3", "chain(1,2,3)"),
        ("(1 < 2) = 3", "((1 < 2) = 3)"),
        ("a:B = c", "((a labelled) = c)"),
        ("a < -b", "(a < (- b))"),
        ("a<-1", "(a < -1)"),
        ("(a)-->(b) AND c", "(pattern AND c)"),
        ("NOT (a)<-[:R]-(b)", "(NOT pattern)"),
        ("(a) - (b)", "(a - b)"),
        ("(a)-[1]", "(a - [1])"),
        ("(a + 1)-[b]-(c)", "(((a + 1) - [b]) - c)"),
        ("(a IS NULL)-[b]-(c)", "(((a isNull) - [b]) - c)"),
        ("(a < b)--(c)", "((a < b) - (- c))"),
    ])
    func precedence(text: String, expected: String) throws {
        #expect(shape(try parseExpression(text)) == expected)
    }

    /// AND, OR and XOR chains are balanced whatever the parentheses, and printed without them.
    @Test func associativeChainsAreBalanced() throws {
        let flat = try parseExpression("a AND b AND c AND d")
        #expect(shape(flat) == "((a AND b) AND (c AND d))")
        #expect(try parseExpression("a AND (b AND (c AND d))").withoutSpans == flat.withoutSpans)
        #expect(flat.printed() == "a AND b AND c AND d")
        let many = (0..<1_000).map { "x\($0)" }.joined(separator: " OR ")
        #expect(try parseExpression(many).printed() == many)
    }

    /// Texts that are read as written, whatever the white space.
    @Test(arguments: [
        "[x IN xs | x]", "[x IN xs, y]", "[(x IN xs)]", "[x IN CASE a WHEN 1, 2 THEN b END | x]",
        "[x IN xs WHERE x:A | x]", "[x IN xs WHERE x:(A|B) | x]", "[(a)-->(b) | b.name]",
        "[p = (a)-->(b) WHERE a.x | p]", "n {.a, .*, b, c: 1}", "count {.a}", "count {a: 1}",
        "EXISTS { (a)-->(b) }", "COUNT { MATCH (a) RETURN a }", "`all`(x IN xs)", "all(x IN xs)",
        "`any`(x)", "$`a b`", "$0", "$match", "{match: 1, null: 2}", "n.match.`a b`", "x IS :: ANY",
        "x IS NOT :: LIST<LIST<LOCAL TIME>> NOT NULL", "date.truncate('day', d)", "f(DISTINCT x)",
        "reduce(a = 0, x IN xs | a + x)", "shortestPath((a)-[*]->(b))", "exists((a)-->(b))",
        "CASE WHEN (a)-->(b) THEN 1 ELSE 2 END", "x:A&(B|C)&!D", "x:A:$(y)",
    ])
    func printsAsWritten(text: String) throws {
        #expect(try parseExpression(text).printed() == text)
    }

    /// A pattern is a condition, never a value.
    @Test(arguments: [
        "RETURN (a)-->(b)", "RETURN size((a)-->(b))", "RETURN [(a)-->(b)]", "RETURN {a: (a)--(b)}",
        "RETURN ((a)-->(b)) = true", "UNWIND (a)-->(b) AS x RETURN x", "SET a.x = (a)-->(b)",
        "RETURN CASE (a)-->(b) WHEN true THEN 1 END", "RETURN CASE WHEN true THEN (a)-->(b) END",
        "RETURN 1 ORDER BY (a)--(b)", "RETURN ((a)-->(b)).x", "RETURN -(a)-->(b)",
    ])
    func patternsAreNoValues(text: String) {
        do throws(NQLError) {
            _ = try parseStatement(text)
            Issue.record("accepted: \(text)")
        } catch {
            #expect(error.detail == "UnexpectedSyntax")
            #expect(error.message.contains("pattern"))
        }
    }

    @Test(arguments: [
        "RETURN NOT (a)-->(b)", "RETURN (a)-->(b) OR x", "MATCH (a) WHERE ((a)-->()) RETURN a",
        "RETURN any(x IN xs WHERE (x)-->())", "RETURN [x IN xs WHERE (x)-->() | x]",
    ])
    func patternsAreConditions(text: String) throws {
        _ = try parseStatement(text)
    }

    @Test func theItemsTextIsTheSourceExactly() throws {
        let statement = try parseStatement("RETURN  a . b  +  /* c */ 1 ,`x y`, (2) AS z")
        guard case .query(let query) = statement.kind,
            case .returning(let projection) = query.parts[0].clauses[0].kind
        else {
            Issue.record("no RETURN")
            return
        }
        #expect(projection.items.map(\.sourceText) == ["a . b  +  /* c */ 1", "`x y`", "(2)"])
    }

    @Test func spansCoverTheirText() throws {
        let text = "RETURN (a + f(b)) * -c.d IN [1]"
        let statement = try parseStatement(text)
        guard case .query(let query) = statement.kind,
            case .returning(let projection) = query.parts[0].clauses[0].kind,
            case .binary(.inList, let left, let right) = projection.items[0].expression.kind,
            case .binary(.multiply, let sum, let negation) = left.kind
        else {
            Issue.record("another tree")
            return
        }
        func covered(_ span: SourceSpan) -> String {
            String(decoding: Array(text.utf8)[Int(span.start)..<Int(span.end)], as: UTF8.self)
        }
        #expect(covered(left.span) == "(a + f(b)) * -c.d")
        #expect(covered(right.span) == "[1]")
        #expect(covered(sum.span) == "(a + f(b))")
        #expect(covered(negation.span) == "-c.d")
        #expect(covered(statement.span) == text)
    }
}
