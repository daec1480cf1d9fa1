-- a01
SELECT count(*) FROM message m WHERE m.length > 40 AND m.isPost = false;
-- a02
SELECT count(*), avg(m.length) FROM message m WHERE m.creationDate >= TIMESTAMP '2011-06-01 00:00:00' AND m.creationDate < TIMESTAMP '2011-12-01 00:00:00';
-- a03
SELECT m.length AS l, count(*) AS n, max(m.creationDate) AS d FROM message m GROUP BY l ORDER BY n DESC, l LIMIT 10;
-- a04
SELECT m.content AS c, count(*) AS n FROM message m GROUP BY c ORDER BY n DESC, c LIMIT 10;
-- a05
SELECT m.id, m.creationDate AS d FROM message m ORDER BY d DESC, m.id LIMIT 20;
-- a06
SELECT count(*) FROM message m WHERE starts_with(m.content, 'photo');
-- a07
SELECT count(*) FROM message m WHERE contains(m.content, 'history');
-- a08
SELECT count(*) FROM message m WHERE regexp_full_match(m.content, '.*(king|duel) .*city.*');
-- a09
SELECT p.browserUsed AS b, count(*) AS n, avg(m.length) AS l FROM message m JOIN person p ON p.id = m.creator WHERE p.age < 30 AND m.length > 30 GROUP BY b ORDER BY b;
-- a10
SELECT c.browserUsed AS b, count(*) AS n FROM person a JOIN knows x ON x.a = a.id JOIN person p ON p.id = x.b JOIN knows y ON y.a = p.id JOIN person c ON c.id = y.b WHERE a.age < 25 AND p.age > 50 AND c.gender = 'female' GROUP BY c.browserUsed ORDER BY b;
-- a11
SELECT t.tag AS t, count(DISTINCT l.person) AS n FROM likes l JOIN message_tag t ON t.message = l.message GROUP BY t.tag ORDER BY n DESC, t.tag LIMIT 10;
-- a12
SELECT p.gender AS g, count(m.id) AS n, count(*) AS c FROM person p LEFT JOIN message m ON m.creator = p.id AND m.length > 60 GROUP BY g ORDER BY g;
-- a13
SELECT count(*) FROM knows k JOIN person a ON a.id = k.a JOIN person b ON b.id = k.b WHERE k.creationDate >= TIMESTAMP '2011-01-01 00:00:00' AND k.creationDate < TIMESTAMP '2011-07-01 00:00:00' AND a.age < b.age;
-- a14
WITH x AS (SELECT person, list(tag) AS ts FROM interest GROUP BY person) SELECT sum(len(ts))::BIGINT, max(len(ts)), count(*) FROM x;
-- a15
WITH one AS (SELECT a, b FROM knows WHERE a IN ({{persons10}})), two AS (SELECT DISTINCT one.a, k.b FROM one JOIN knows k ON k.a = one.b), three AS (SELECT DISTINCT two.a, k.b FROM two JOIN knows k ON k.a = two.b), every AS (FROM one UNION FROM two UNION FROM three) SELECT a, count(DISTINCT b) FROM every WHERE b <> a GROUP BY a ORDER BY a;
-- a16
WITH RECURSIVE reach(node, distance) USING KEY (node) AS (SELECT {{person}}::BIGINT, 0 UNION SELECT k.b, min(r.distance) + 1 FROM reach r JOIN knows k ON k.a = r.node WHERE NOT EXISTS (SELECT 1 FROM recurring.reach s WHERE s.node = k.b) GROUP BY k.b) SELECT distance, count(*) FROM reach WHERE distance > 0 GROUP BY distance ORDER BY distance;
-- a17
SELECT x.a AS a, count(*) AS n FROM knows x JOIN knows y ON y.a = x.b JOIN knows z ON z.a = y.b AND z.b = x.a GROUP BY x.a ORDER BY n DESC, x.a LIMIT 10;
-- a18
SELECT t.tag AS t, count(*) AS n FROM city JOIN person p ON p.city = city.id JOIN message m ON m.creator = p.id JOIN message_tag t ON t.message = m.id WHERE city.country = {{country}} GROUP BY t.tag ORDER BY n DESC, t.tag LIMIT 10;
