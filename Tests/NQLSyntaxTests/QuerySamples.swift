// QuerySamples: texts that use every construct of the language once or more, for tests that need
// something real to print, cut and mutate.

/// Sample statements.
enum QuerySamples {
    static let all: [String] = reading + expressions + writing + commands

    static let reading = [
        "MATCH (n) RETURN n",
        "MATCH (a:Person {name: 'Ann'})-[r:KNOWS|LIKES*1..3 {since: 2020}]->(b) RETURN a, r, b",
        "MATCH p = (a)<-[:PARENT_OF]-(b)--(c) WHERE a.age > 3 AND NOT b.name IS NULL RETURN p",
        "OPTIONAL MATCH (n:A&B|!C) WHERE n.x = $x OR n.y IN [1, 2, 3] RETURN DISTINCT n.x AS x",
        "MATCH (n WHERE n.age > 18)-[r WHERE r.w < 1.5]->{2,4}(m:%) RETURN n, m",
        "MATCH p = shortestPath((a)-[:R*..15]-(b)), q = ALL SHORTEST (c)-[:S]->+(d) RETURN p, q",
        "UNWIND [1, 2, 3] AS x WITH x ORDER BY x DESC SKIP 1 LIMIT 2 WHERE x > 1 RETURN x",
        "WITH *, 1 AS one, $map.key AS two RETURN *, one + two AS sum ORDER BY sum, one ASC",
        "RETURN 1 AS a UNION ALL RETURN 2 AS a UNION ALL RETURN 3 AS a",
        "CALL db.labels() YIELD label AS l WHERE l STARTS WITH 'A' RETURN l",
        "CALL test.my.proc YIELD *",
        "MATCH (n) CALL (n) { MATCH (n)-->(m) RETURN count(m) AS c } RETURN n, c",
        "CALL { MATCH (n) RETURN n UNION MATCH (m) RETURN m AS n } RETURN n",
        "LOAD CSV WITH HEADERS FROM 'file:///x.csv' AS row FIELDTERMINATOR ';' RETURN row.a",
        "MATCH (order:Order {`odd key`: $`odd param`})-[:`HAS ITEM`]->() RETURN order.`limit`, $0",
    ]

    static let expressions = [
        "RETURN 1 + 2 * 3 ^ -4 % 5 / 6 - 7 AS x, 'a' || \"b\" AS y",
        "RETURN 1 < 2 <= 3 <> 4 AS chain, NOT true XOR false OR null AND true AS logic",
        "RETURN 'x' =~ '.*' AND 'abc' STARTS WITH 'a' AND 'abc' ENDS WITH 'c' OR 'b' CONTAINS ''",
        "RETURN 0x1F, 0o17, 1e10, .5, 1.5E-3, -9223372036854775808, 1_000, 'it\\'s \\u00e9\\n'",
        "RETURN [1, 'a', null, true, [2.5]] AS l, {a: 1, `b c`: {d: []}} AS m",
        "RETURN list[0], list[1..], list[..-1], list[a..b], list[..]",
        "RETURN CASE x WHEN 1, 2 THEN 'low' WHEN 3 THEN 'mid' ELSE 'high' END AS c",
        "RETURN CASE WHEN n.age < 18 THEN 'young' WHEN n:Old THEN 'old' END AS c",
        "RETURN [x IN range(1, 10) WHERE x % 2 = 0 | x ^ 2] AS squares, [x IN xs] AS copy",
        "MATCH (a) RETURN [p = (a)-->(b:B) WHERE b.x > 1 | b.name] AS names",
        "RETURN all(x IN xs WHERE x > 0) AND any(x IN xs WHERE x < 0) OR none(x IN xs WHERE x = 0)",
        "RETURN single(x IN xs WHERE x = 1), reduce(s = 0, x IN xs | s + x) AS sum",
        "MATCH (n) RETURN n {.name, .*, age: n.age + 1, other} AS view, n.name, n['key'], n:A:B",
        "MATCH (n) WHERE (n)-[:R]->() AND NOT (n)<--(:X) OR exists((n)--()) RETURN n",
        "MATCH (n) WHERE EXISTS { MATCH (n)-->(m) WHERE m.x = n.x } RETURN COUNT { (n)-->() } AS c",
        "MATCH (n) RETURN COLLECT { MATCH (n)-->(m) RETURN m.name ORDER BY m.name } AS names",
        "RETURN count(*), count(DISTINCT n.x), collect(n), date.truncate('day', d), f()",
        "RETURN x IS :: INTEGER NOT NULL, x IS NOT :: LIST<STRING>, x :: ZONED DATETIME AS z",
        "RETURN x IS NULL, x IS NOT NULL",
        "RETURN length(shortestPath((a)-[*]->(b))) AS l, (a.x).y[0].z AS deep, -(-1) AS one",
    ]

    static let writing = [
        "CREATE (a:Person:Employee {name: $name})-[:KNOWS {since: date()}]->(b $props), (c)",
        "MERGE (n:Person {id: 1}) ON CREATE SET n.created = true ON MATCH SET n.seen = n.seen + 1",
        "MATCH (n) SET n.x = 1, n += {y: 2}, n = $map, n:A:B, n['k'] = 3, n:$(label) RETURN n",
        "MATCH (n)-[r]->() REMOVE n.x, n:A:B, r['k'] DETACH DELETE n, r",
        "MATCH p = (a)-->(b) FOREACH (n IN nodes(p) | SET n.seen = true CREATE (n)-[:R]->(:X))",
        "CREATE (n) WITH n MATCH (m) CREATE (n)-[:R]->(m) RETURN count(*) AS c",
        "CALL { CREATE (n:X) } RETURN 1 AS one",
    ]

    static let commands = [
        "EXPLAIN VERBOSE MATCH (n) RETURN n", "PROFILE MATCH (n) RETURN n", "BEGIN READ ONLY",
        "BEGIN TRANSACTION", "COMMIT", "ROLLBACK TRANSACTION", "ANALYZE", "CHECKPOINT",
        "VACUUM", "BACKUP TO 'backups'", "BACKUP FULL TO $folder + '/b'", "BACKUP LOG TO 'x'",
        "SET query_timeout = '2 s'", "SET idle_transaction_timeout = $limit",
        "CREATE INDEX by_name IF NOT EXISTS FOR (n:Person) ON (n.name, n.age)",
        "CREATE RANGE INDEX FOR ()-[r:KNOWS]-() ON (r.since)", "DROP INDEX by_name IF EXISTS",
        "CREATE CONSTRAINT key FOR (n:Person) REQUIRE (n.a, n.b) IS NODE KEY",
        "CREATE CONSTRAINT IF NOT EXISTS FOR ()-[r:R]->() REQUIRE r.x IS NOT NULL",
        "CREATE CONSTRAINT t FOR (n:P) REQUIRE n.x IS :: LIST<INTEGER NOT NULL>",
        "CREATE CONSTRAINT u FOR (n:P) REQUIRE n.x IS UNIQUE", "DROP CONSTRAINT t",
        "SHOW INDEXES", "SHOW RELATIONSHIP TYPES", "SHOW PROPERTY KEYS", "SHOW SETTINGS",
        "/* a comment */ RETURN 1 // and another\n", "RETURN 1;",
    ]
}
