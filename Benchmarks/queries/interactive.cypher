// i1 p
MATCH (p:Person) WHERE p.id = $p RETURN p.firstName, p.lastName, p.browserUsed, p.age;
// i2 m
MATCH (m:Message) WHERE m.id = $m RETURN m.content, m.length;
// i3 p
MATCH (p:Person)-[:Knows]->(f:Person) WHERE p.id = $p RETURN f.id, f.firstName, f.lastName;
// i4 p
MATCH (p:Person)-[:Knows]->(:Person)-[:Knows]->(g:Person) WHERE p.id = $p AND g.id <> $p RETURN DISTINCT g.id AS id, g.firstName AS f, g.lastName AS l ORDER BY l, id LIMIT 10;
// i5 p
MATCH (p:Person)-[:Knows]->(f:Person)<-[:HasCreator]-(m:Message) WHERE p.id = $p AND m.creationDate < timestamp('2012-06-01 00:00:00') RETURN f.id AS f, m.id AS id, m.creationDate AS d ORDER BY d DESC, id LIMIT 20;
// i6 pq
MATCH x = (a:Person)-[:Knows* SHORTEST 1..20]->(b:Person) WHERE a.id = $p AND b.id = $q RETURN length(x);
