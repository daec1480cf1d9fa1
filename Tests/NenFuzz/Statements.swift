// Statements: what the sound database is made of, and how damaged ones are read and written. The
// graph has every type, encoding and form of adjacency, deleted rows, heaps of several generations,
// indexes and constraints of all kinds; the reads visit them by all kinds of operators.

/// The statements of the fuzzer.
enum Statements {
    /// Makes the database; several commits, so that parts are of differing age.
    static let build = [
        "CREATE CONSTRAINT person_key FOR (p:Person) REQUIRE p.id IS UNIQUE",
        "CREATE CONSTRAINT person_name FOR (p:Person) REQUIRE p.name IS NOT NULL",
        "CREATE CONSTRAINT person_age FOR (p:Person) REQUIRE p.age IS :: INTEGER",
        "CREATE INDEX person_city FOR (p:Person) ON (p.city, p.age)",
        "CREATE INDEX item_text FOR (i:Item) ON (i.text)",
        "CREATE INDEX knows_since FOR ()-[k:KNOWS]-() ON (k.since)",
        """
        UNWIND range(0, 2299) AS x
        CREATE (:Person {id: x, name: 'person number ' + toString(x), age: x % 90, one: 1,
          city: ['Rome', 'Oslo', 'a town with a long name'][x % 3], score: x / 7.0,
          isOdd: x % 2 = 1, born: date('1970-01-01') + duration({days: x})})
        """,
        """
        UNWIND range(0, 399) AS x
        CREATE (:Item {id: x, text: 'thing ' + toString(x * 7919 % 400), tags: ['a', toString(x)],
          nested: [[x, [x + 1]], 'long text within a nested list ' + toString(x)],
          clock: localtime('12:34:56') , zoned: time('10:00:00+02:00'),
          stamp: localdatetime('2020-02-29T01:02:03.004'),
          moment: datetime('2024-05-06T07:08:09[Europe/Stockholm]'),
          span: duration('P1Y2M3DT4H5M6.007S'), place: point({x: x, y: -x}),
          mixed: CASE x % 4 WHEN 0 THEN x WHEN 1 THEN toString(x) WHEN 2 THEN x / 3.0
                 ELSE [x] END})
        """,
        "UNWIND range(0, 99) AS x CREATE (:Rare:Item {id: 1000 + x, rare: x}), (:Rare {rare: -x})",
        """
        MATCH (a:Person), (b:Person) WHERE b.id = (a.id * 31 + 7) % 2300
        CREATE (a)-[:KNOWS {since: 2000 + a.id % 20, note: 'relation of ' + a.name}]->(b)
        """,
        """
        MATCH (a:Person), (i:Item) WHERE i.id = a.id % 400 AND a.id % 3 = 0
        CREATE (a)-[:OWNS {count: a.id}]->(i)
        """,
        "MATCH (hub:Person {id: 0}), (b:Person) WHERE b.id % 4 = 1 CREATE (hub)-[:FOLLOWS]->(b)",
        "MATCH (a:Rare), (i:Item {id: 5}) CREATE (a)-[:LIKES]->(i), (a)-[:SELF]->(a)",
        "MATCH (p:Person) WHERE p.id % 11 = 3 SET p:Member, p.nick = 'nick of ' + p.name",
        "MATCH (p:Person) WHERE p.id % 50 = 7 DETACH DELETE p",
        "MATCH (i:Item) WHERE i.id % 40 = 1 SET i.text = 'a text of some length, ' + i.text",
        "MATCH (:Person {id: 0})-[f:FOLLOWS]->(b) WHERE b.id % 12 = 1 DELETE f",
        "ANALYZE",
        "MATCH (p:Person {id: 12}) SET p.extra = 'one value in a chunk', p.age = 33",
        "MATCH (a:Person {id: 1}), (b:Person {id: 2}) CREATE (a)-[:KNOWS {since: 1999}]->(b)",
        "MATCH (a:Person {id: 4})-[k:KNOWS]->() DELETE k",
        "CREATE (:Person {id: 5000, name: 'the last'}), (:Late {x: 1})",
    ]

    /// Reads; each gives the same rows in the same database, whatever their order.
    static let reads = [
        "MATCH (n) RETURN count(*), count(n.id), count(n.name), count(n.mixed)",
        "MATCH (n:Person) RETURN sum(n.id), avg(n.score), min(n.born), max(n.age), sum(n.one)",
        "MATCH (n:Person) WHERE n.isOdd RETURN count(*), count(DISTINCT n.city)",
        "MATCH (n:Person) WHERE n.age > 80 RETURN n.name, n.age",
        "MATCH (n:Person) RETURN n.city, count(*), sum(n.age) ",
        "MATCH (n:Person {id: 1234}) RETURN n",
        "MATCH (n:Person) WHERE n.id IN [3, 4, 7, 999, 2222] RETURN n.id, n.name, labels(n)",
        "MATCH (n:Person) WHERE n.id >= 2200 RETURN n.id, n.score",
        "MATCH (n:Person) WHERE n.city = 'Oslo' AND n.age < 12 RETURN n.id",
        "MATCH (n:Item) WHERE n.text STARTS WITH 'thing 1' RETURN n.text, n.tags",
        "MATCH (n:Item) WHERE n.text CONTAINS '39' RETURN n.id",
        "MATCH (n:Item) RETURN n.id, n.nested, n.mixed",
        "MATCH (n:Item) RETURN n.clock, n.zoned, n.stamp, n.moment, n.span, count(*)",
        "MATCH (n:Item) WHERE n.place.x > 390 RETURN n.place, n.moment.year, n.span.days",
        "MATCH (n:Item) RETURN max(n.stamp + n.span), min(n.moment), max(n.zoned)",
        "MATCH (n:Item) RETURN n.mixed ORDER BY n.mixed, n.id LIMIT 25",
        "MATCH (n:Rare) RETURN labels(n), n.rare, properties(n)",
        "MATCH (n:Member) RETURN count(*), max(n.nick)",
        "MATCH (n) WHERE n.extra IS NOT NULL RETURN n.extra, keys(n)",
        "MATCH ()-[r]->() RETURN type(r), count(*)",
        "MATCH (a)-[r:KNOWS]->(b) RETURN sum(a.id * 3 + b.id), sum(r.since), count(r.note)",
        "MATCH ()-[k:KNOWS]->() WHERE k.since = 2007 RETURN k.note",
        "MATCH ()-[k:KNOWS]->() WHERE k.since > 2018 RETURN count(k), max(k.note)",
        "MATCH (a:Person {id: 0})-[:FOLLOWS]->(b) RETURN count(*), sum(b.id)",
        "MATCH (a:Person)<-[:FOLLOWS]-(h) RETURN count(DISTINCT h), sum(a.id)",
        "MATCH (a:Person)-[o:OWNS]->(i:Item)<-[:LIKES]-(r) RETURN a.id, o.count, r.rare",
        "MATCH (a:Person)-[:KNOWS]->(b)-[:KNOWS]->(c) WHERE a.age = 5 RETURN a.id, c.name",
        "MATCH (a:Person {id: 3})-[:KNOWS*1..4]->(b) RETURN b.id",
        "MATCH (a)-[:KNOWS]->(b)-[:OWNS]->(i)<-[:OWNS]-(a) RETURN count(*)",
        "MATCH p = shortestPath((a:Person {id: 1})-[:KNOWS*]->(b:Person {id: 2})) RETURN length(p)",
        "MATCH p = (:Person {id: 8})-[:KNOWS]->()-[:KNOWS]->() RETURN p",
        "MATCH (a:Person) WHERE NOT (a)-[:OWNS]->() RETURN count(*)",
        "MATCH (a:Rare)-[:SELF]->(a) RETURN count(*), sum(a.rare)",
        "MATCH (a:Person) WHERE a.age = 17 RETURN a.id, [(a)-[:KNOWS]->(b) | b.name] AS friends",
        "OPTIONAL MATCH (a:Late)-[r]->(b) RETURN a, r, b",
        "MATCH (a:Person), (b:Item) WHERE a.id = b.id AND a.age < 3 RETURN a.name, b.text",
        "MATCH (a:Person)-[r]-(b) WHERE a.id = 20 RETURN type(r), r, startNode(r) = a",
        "MATCH (n:Person) RETURN n.name ORDER BY n.score DESC LIMIT 7",
        "MATCH (n) RETURN n SKIP 2280 LIMIT 40",
        "CALL db.labels() YIELD label RETURN label",
        "SHOW INDEXES YIELD name, entityType, labelsOrTypes, properties",
        "SHOW CONSTRAINTS YIELD name, type, properties",
        "SHOW LABELS", "SHOW RELATIONSHIP TYPES", "SHOW PROPERTY KEYS",
        "EXPLAIN MATCH (a:Person)-[:KNOWS]->(b) WHERE a.born > date('1972-01-01') RETURN b",
    ]

    /// Writes of all kinds; none takes a whole structure away, which would take its damage along.
    static let writes = [
        "MATCH (p:Person) WHERE p.id % 100 = 9 SET p.score = p.score + 1",
        "MATCH (p:Person {id: 77}) SET p.name = 'a new and rather long name', p.nick = 'n'",
        "MATCH (i:Item) WHERE i.id < 4 SET i.mixed = date('2000-01-01'), i.tags = ['new', 'tags']",
        "MATCH (i:Item {id: 9}) REMOVE i.nested, i.place",
        "CREATE (:Person {id: 6000, name: 'created after'})-[:KNOWS {since: 1}]->(:Late {x: 2})",
        "UNWIND range(7000, 7080) AS x CREATE (:Person {id: x, name: 'many', city: 'Oslo'})",
        "MATCH (a:Person {id: 15}), (i:Item) WHERE i.id < 30 CREATE (a)-[:LIKES]->(i)",
        "MERGE (p:Person {id: 12}) ON MATCH SET p.age = 34 ON CREATE SET p.name = 'merged'",
        "MERGE (p:Person {id: 9001}) ON CREATE SET p.name = 'merged'",
        "MATCH (p:Person) WHERE p.id % 97 = 5 SET p:Rare",
        "MATCH (p:Member) WHERE p.id < 100 REMOVE p:Member",
        "MATCH (:Person {id: 0})-[f:FOLLOWS]->(b) WHERE b.id % 16 = 5 DELETE f",
        "MATCH (p:Person) WHERE p.id % 60 = 11 DETACH DELETE p",
        "MATCH (l:Late) DETACH DELETE l",
        "MATCH ()-[k:KNOWS]->() WHERE k.since = 2003 SET k.since = 2033, k.note = 'changed'",
        "CREATE INDEX person_score FOR (p:Person) ON (p.score)",
        "CREATE CONSTRAINT item_id FOR (i:Item) REQUIRE i.id IS UNIQUE",
        "MATCH (a:Person), (b:Person) WHERE b.id = a.id + 3 CREATE (a)-[:KNOWS {since: 3}]->(b)",
        "ANALYZE",
        "CHECKPOINT",
    ]
}
