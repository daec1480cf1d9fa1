// a01
MATCH (m:Message) WHERE m.length > 40 AND m.isPost = false RETURN count(*);
// a02
MATCH (m:Message) WHERE m.creationDate >= timestamp('2011-06-01 00:00:00') AND m.creationDate < timestamp('2011-12-01 00:00:00') RETURN count(*), avg(m.length);
// a03
MATCH (m:Message) RETURN m.length AS l, count(*) AS n, max(m.creationDate) AS d ORDER BY n DESC, l LIMIT 10;
// a04
MATCH (m:Message) RETURN m.content AS c, count(*) AS n ORDER BY n DESC, c LIMIT 10;
// a05
MATCH (m:Message) RETURN m.id AS id, m.creationDate AS d ORDER BY d DESC, id LIMIT 20;
// a06
MATCH (m:Message) WHERE m.content STARTS WITH 'photo' RETURN count(*);
// a07
MATCH (m:Message) WHERE m.content CONTAINS 'history' RETURN count(*);
// a08
MATCH (m:Message) WHERE m.content =~ '.*(king|duel) .*city.*' RETURN count(*);
// a09
MATCH (m:Message)-[:HasCreator]->(p:Person) WHERE p.age < 30 AND m.length > 30 RETURN p.browserUsed AS b, count(*) AS n, avg(m.length) AS l ORDER BY b;
// a10
MATCH (a:Person)-[:Knows]->(b:Person)-[:Knows]->(c:Person) WHERE a.age < 25 AND b.age > 50 AND c.gender = 'female' RETURN c.browserUsed AS b, count(*) AS n ORDER BY b;
// a11
MATCH (p:Person)-[:Likes]->(m:Message)-[:HasTag]->(t:Tag) RETURN t.id AS t, count(DISTINCT p.id) AS n ORDER BY n DESC, t LIMIT 10;
// a12
MATCH (p:Person) OPTIONAL MATCH (p)<-[:HasCreator]-(m:Message) WHERE m.length > 60 RETURN p.gender AS g, count(m.id) AS n, count(*) AS c ORDER BY g;
// a13
MATCH (a:Person)-[k:Knows]->(b:Person) WHERE k.creationDate >= timestamp('2011-01-01 00:00:00') AND k.creationDate < timestamp('2011-07-01 00:00:00') AND a.age < b.age RETURN count(*);
// a14
MATCH (p:Person)-[:HasInterest]->(t:Tag) WITH p, collect(t.id) AS ts RETURN sum(size(ts)), max(size(ts)), count(*);
// a15
MATCH (a:Person)-[:Knows*1..3]->(b:Person) WHERE a.id IN [{{persons10}}] AND b.id <> a.id RETURN a.id AS a, count(DISTINCT b.id) AS n ORDER BY a;
// a16
MATCH p = (a:Person)-[:Knows* SHORTEST 1..30]->(b:Person) WHERE a.id = {{person}} AND b.id <> {{person}} RETURN length(p) AS l, count(*) AS n ORDER BY l;
// a17
MATCH (a:Person)-[:Knows]->(b:Person)-[:Knows]->(c:Person)-[:Knows]->(a) RETURN a.id AS a, count(*) AS n ORDER BY n DESC, a LIMIT 10;
// a18
MATCH (c:Country)<-[:CityCountry]-(:City)<-[:PersonCity]-(p:Person)<-[:HasCreator]-(m:Message)-[:HasTag]->(t:Tag) WHERE c.id = {{country}} RETURN t.id AS t, count(*) AS n ORDER BY n DESC, t LIMIT 10;
