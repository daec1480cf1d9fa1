-- i1 p
SELECT firstName, lastName, browserUsed, age FROM person WHERE id = $p;
-- i2 m
SELECT content, length FROM post WHERE id = $m UNION ALL SELECT content, length FROM comment WHERE id = $m;
-- i3 p
SELECT f.id, f.firstName, f.lastName FROM knows k JOIN person f ON f.id = k.b WHERE k.a = $p;
-- i4 p
SELECT DISTINCT g.id, g.firstName, g.lastName AS l FROM knows x JOIN knows y ON y.a = x.b JOIN person g ON g.id = y.b WHERE x.a = $p AND g.id <> $p ORDER BY l, g.id LIMIT 10;
-- i5 p
SELECT m.creator, m.id, m.creationDate AS d FROM knows k JOIN message m ON m.creator = k.b WHERE k.a = $p AND m.creationDate < TIMESTAMP '2012-06-01 00:00:00' ORDER BY d DESC, m.id LIMIT 20;
-- i6 pq
WITH RECURSIVE reach(node, distance) USING KEY (node) AS (SELECT $p::BIGINT, 0 UNION SELECT k.b, min(r.distance) + 1 FROM reach r JOIN knows k ON k.a = r.node WHERE NOT EXISTS (SELECT 1 FROM recurring.reach s WHERE s.node = k.b) AND NOT EXISTS (SELECT 1 FROM recurring.reach s WHERE s.node = $q) GROUP BY k.b) SELECT distance FROM reach WHERE node = $q AND distance > 0;
