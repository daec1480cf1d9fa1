// StatementTests: each clause and command in its canonical form, the ways to write it that mean the
// same, and the order in which clauses may stand.

import NQLSyntax
import NenCore
import Testing

struct StatementTests {
    @Test(arguments: QuerySamples.all)
    func samplesPrintAndParseAgain(text: String) throws {
        let statement = try parseStatement(text)
        let printed = statement.printed()
        #expect(try parseStatement(printed).withoutSpans == statement.withoutSpans, "\(printed)")
        #expect(try parseStatement(printed).printed() == printed)
    }

    /// Left: as written. Right: canonical, with `/` for the line ends between clauses.
    @Test(arguments: [
        ("match (n) return n;", "MATCH (n)/RETURN n"),
        ("MATCH(n:A:B)<-[ ]-( )--(m) RETURN n AS x", "MATCH (n:A:B)<--()--(m)/RETURN n AS x"),
        ("MATCH (n IS A|B) RETURN 1 AS x", "MATCH (n:A|B)/RETURN 1 AS x"),
        ("MATCH (n:(A|B)&!(C|D)) RETURN n", "MATCH (n:(A|B)&!(C|D))/RETURN n"),
        ("MATCH ()-[:A|:B]->() RETURN 1 AS x", "MATCH ()-[:A|B]->()/RETURN 1 AS x"),
        ("MATCH ()<-[r]->() RETURN r", "MATCH ()-[r]-()/RETURN r"),
        ("MATCH ()-[*..]-()-[*2]-()-[*1..]-()-[*..4]-() RETURN 1 AS x",
         "MATCH ()-[*]-()-[*2]-()-[*1..]-()-[*..4]-()/RETURN 1 AS x"),
        ("MATCH ()-->+()-->*()-->{2}()-->{,3}() RETURN 1 AS x",
         "MATCH ()-->+()-->*()-->{2}()-->{0,3}()/RETURN 1 AS x"),
        ("MATCH ()-[r WHERE r.x]->{1,}() RETURN r", "MATCH ()-[r WHERE r.x]->+()/RETURN r"),
        ("MATCH (a)\u{2014}[r]\u{2010}\u{3009}(b) RETURN r", "MATCH (a)-[r]->(b)/RETURN r"),
        ("MATCH ((a)-->(b)) RETURN a", "MATCH (a)-->(b)/RETURN a"),
        ("MATCH ANY SHORTEST (a)-[:R]->(b) RETURN a",
         "MATCH ANY SHORTEST (a)-[:R]->(b)/RETURN a"),
        ("MATCH (x)((a)-->(b) WHERE a.v<b.v){2,5}((c)--(d)){,3}(y)-[r]->{0,}(z) RETURN x",
         "MATCH (x) ((a)-->(b) WHERE a.v < b.v){2,5} ((c)--(d)){0,3} (y)-[r]->*(z)/RETURN x"),
        ("MATCH ((a)-->(b)){1,} RETURN a", "MATCH ((a)-->(b))+/RETURN a"),
        ("MATCH (((a)-->(b))){2} RETURN a", "MATCH ((a)-->(b)){2}/RETURN a"),
        ("MATCH (((a)-->(b) WHERE a.x) WHERE b.x)* (c) RETURN c",
         "MATCH (((a)-->(b) WHERE a.x) WHERE b.x)* (c)/RETURN c"),
        ("MATCH ((a)-->(b) WHERE a.x = b.x) RETURN a",
         "MATCH ((a)-->(b) WHERE a.x = b.x)/RETURN a"),
        ("MATCH any shortest (p = (a)-->+(b) WHERE length(p) > 2) RETURN p",
         "MATCH ANY SHORTEST (p = (a)-->+(b) WHERE length(p) > 2)/RETURN p"),
        ("MATCH SHORTEST 2 PATHS (p = (a)-->(b)) RETURN p",
         "MATCH SHORTEST 2 (p = (a)-->(b))/RETURN p"),
        ("MATCH ANY 3 TRAIL PATHS (a)-->(b), q = ALL (a)-->(c), ANY (c), WALK PATH (d) RETURN 1",
         "MATCH ANY 3 TRAIL (a)-->(b), q = ALL (a)-->(c), ANY (c), WALK (d)/RETURN 1"),
        ("MATCH SHORTEST PATH GROUP (a)-->+(b), SHORTEST $k SIMPLE PATHS GROUPS (c) RETURN 1",
         "MATCH SHORTEST GROUPS (a)-->+(b), SHORTEST $k SIMPLE GROUPS (c)/RETURN 1"),
        ("MATCH REPEATABLE ELEMENT BINDINGS ACYCLIC (a) RETURN a",
         "MATCH REPEATABLE ELEMENTS ACYCLIC (a)/RETURN a"),
        ("OPTIONAL MATCH DIFFERENT EDGES p = (a) RETURN a",
         "OPTIONAL MATCH DIFFERENT RELATIONSHIPS p = (a)/RETURN a"),
        ("MATCH different = (a), shortest = (b), walk = (c) RETURN a",
         "MATCH different = (a), shortest = (b), walk = (c)/RETURN a"),
        ("MATCH p = ALL SHORTEST PATHS (a)-->(b)-->(c) RETURN p",
         "MATCH p = ALL SHORTEST (a)-->(b)-->(c)/RETURN p"),
        ("RETURN 1 AS a UNION DISTINCT RETURN 2 AS a", "RETURN 1 AS a/UNION/RETURN 2 AS a"),
        ("RETURN a ORDER BY b ASCENDING, c DESCENDING OFFSET 1 LIMIT 2",
         "RETURN a ORDER BY b, c DESC SKIP 1 LIMIT 2"),
        ("MATCH (n) NODETACH DELETE n", "MATCH (n)/DELETE n"),
        ("MATCH (n) SET n IS A, n:B&C", "MATCH (n)/SET n:A, n:B:C"),
        ("MERGE (n) ON MATCH SET n.x = 1 ON CREATE SET n.y = 2 ON MATCH SET n.z = 3",
         "MERGE (n) ON CREATE SET n.y = 2 ON MATCH SET n.x = 1, n.z = 3"),
        ("CALL{MATCH(n) RETURN n}RETURN n", "CALL { MATCH (n) RETURN n }/RETURN n"),
        ("CALL () { RETURN 1 AS x } RETURN x", "CALL () { RETURN 1 AS x }/RETURN x"),
        ("RETURN $match AS `return`", "RETURN $match AS `return`"),
        ("RETURN (((1))) + ((2 * 3)) AS x", "RETURN 1 + 2 * 3 AS x"),
        ("explain verbose return 1 as x", "EXPLAIN VERBOSE RETURN 1 AS x"),
        ("explain format json return 1 as x", "EXPLAIN FORMAT JSON RETURN 1 AS x"),
        ("profile verbose format tree return 1 as x", "PROFILE VERBOSE FORMAT TREE RETURN 1 AS x"),
        ("explain format table return 1 as x", "EXPLAIN RETURN 1 AS x"),
        ("begin transaction read write", "BEGIN"),
        ("CREATE INDEX `for` FOR (x:L) ON (x.a)", "CREATE INDEX `for` FOR (n:L) ON (n.a)"),
        ("CREATE CONSTRAINT FOR (x:L) REQUIRE (x.a) IS NODE UNIQUE",
         "CREATE CONSTRAINT FOR (n:L) REQUIRE n.a IS UNIQUE"),
        ("CREATE CONSTRAINT FOR ()<-[x:T]-() REQUIRE (x.a, x.b) IS REL KEY",
         "CREATE CONSTRAINT FOR ()-[r:T]-() REQUIRE (r.a, r.b) IS RELATIONSHIP KEY"),
        ("CREATE CONSTRAINT FOR (x:L) REQUIRE x.a :: TIMESTAMP WITH TIME ZONE",
         "CREATE CONSTRAINT FOR (n:L) REQUIRE n.a IS :: ZONED DATETIME"),
        ("SHOW INDEX", "SHOW INDEXES"), ("SHOW KEYS", "SHOW PROPERTY KEYS"),
    ])
    func canonicalForm(text: String, expected: String) throws {
        let printed = try parseStatement(text).printed()
        #expect(printed.split(separator: "\n").joined(separator: "/") == expected)
    }

    /// Accepted orders of clauses.
    @Test(arguments: [
        "CREATE (n)", "CREATE (n) MATCH (m) RETURN m", "MATCH (n) CALL foo(n)", "CALL foo",
        "CALL foo YIELD x", "CALL foo() YIELD *", "MATCH (n) CALL (n) { CREATE (m) }",
        "MATCH (n) WHERE EXISTS { MATCH (n)-->() } RETURN n", "CALL { CALL foo() } RETURN 1",
        "CREATE p = (a)-[:R]->(b) RETURN p", "CREATE index = (a)", "MATCH match_ = (a) RETURN 1",
    ])
    func accepted(text: String) throws { _ = try parseStatement(text) }

    @Test(arguments: [
        ("MATCH (n)", "InvalidClauseComposition"), ("UNWIND [1] AS x", "InvalidClauseComposition"),
        ("MATCH (n) WITH n", "InvalidClauseComposition"),
        ("RETURN 1 RETURN 2", "InvalidClauseComposition"),
        ("RETURN 1 AS a UNION RETURN 2 AS a UNION ALL RETURN 3 AS a", "InvalidClauseComposition"),
        ("RETURN 1 AS a UNION ALL RETURN 2 AS a UNION RETURN 3 AS a", "InvalidClauseComposition"),
        ("RETURN EXISTS { CREATE (n) }", "InvalidClauseComposition"),
        ("RETURN COUNT { CALL { CREATE (n) } RETURN 1 }", "InvalidClauseComposition"),
        ("RETURN COLLECT { MATCH (n) }", "InvalidClauseComposition"),
        ("FOREACH (x IN xs | RETURN x)", "InvalidClauseComposition"),
        ("MATCH (n) CALL foo() YIELD x", "InvalidClauseComposition"),
        ("CALL foo() YIELD x UNION CALL foo() YIELD x", "InvalidClauseComposition"),
        ("CALL foo YIELD x RETURN x", "InvalidArgumentPassingMode"),
        ("MATCH (n $p) RETURN n", "InvalidParameterUse"),
        ("MERGE (n $p)", "InvalidParameterUse"),
        ("MATCH ()-[r:A $p]->() RETURN r", "InvalidParameterUse"),
        ("MATCH ()-[:A..]->() RETURN 1", "InvalidRelationshipPattern"),
        ("MATCH ()-[:A*-2]->() RETURN 1", "InvalidRelationshipPattern"),
        ("MATCH ()-[:A*1.5]->() RETURN 1", "InvalidRelationshipPattern"),
        ("MATCH ()-[:A:B]->() RETURN 1", "InvalidRelationshipPattern"),
        ("MATCH ()-[:A*2]->{2}() RETURN 1", "InvalidRelationshipPattern"),
        ("CREATE INDEX FOR (n:L) ON (m.x)", "UndefinedVariable"),
    ])
    func refused(text: String, detail: String) {
        do throws(NQLError) {
            _ = try parseStatement(text)
            Issue.record("accepted: \(text)")
        } catch {
            #expect(error.detail == detail, "\(error)")
        }
    }

    /// What other versions of the language have is refused by its name.
    @Test(arguments: [
        ("RETURN x IS :: VECTOR", "VECTOR"),
        ("CREATE VECTOR INDEX i FOR (n:L) ON (n.x)", "VECTOR"),
        ("ALTER USER x", "ALTER"),
    ])
    func notSupportedYet(text: String, name: String) {
        do throws(NQLError) {
            _ = try parseStatement(text)
            Issue.record("accepted: \(text)")
        } catch {
            #expect(error.detail == "UnexpectedSyntax")
            #expect(error.message.contains("not supported yet"), "\(error)")
            #expect(error.message.contains(name), "\(error)")
        }
    }

    @Test func longNamesAreRefused() throws {
        let name = String(repeating: "a", count: SyntaxLimits.nameByteCountMax)
        _ = try parseStatement("RETURN \(name)")
        #expect(throws: NQLError.self) { try parseStatement("RETURN \(name)a") }
        #expect(throws: NQLError.self) { try parseStatement("RETURN `\(name)`") }
    }

    @Test func deepStatementsNameTheLimit() {
        let deep = String(repeating: "(", count: 200) + "1" + String(repeating: ")", count: 200)
        let high = "1" + String(repeating: " IS NULL", count: 400)
        for text in [deep, high] {
            do throws(NQLError) {
                _ = try parseStatement("RETURN " + text)
                Issue.record("accepted")
            } catch {
                #expect(error.detail == "NestingLimitExceeded")
                let limits = [SyntaxLimits.nestingMax, SyntaxLimits.heightMax]
                #expect(limits.contains { error.message.contains("\($0)") })
            }
        }
    }
}
