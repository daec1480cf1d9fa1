-- For DuckDB: foreign keys in the node tables, friendships in both directions.
-- q1
SELECT count(*) FROM city JOIN person ON person.city = city.id
  JOIN has_member m ON m.person = person.id JOIN post ON post.forum = m.forum
  JOIN comment c ON c.parent_post = post.id JOIN comment_tag ct ON ct.comment = c.id
  JOIN tag ON tag.id = ct.tag JOIN tag_class k ON k.id = tag.class
  JOIN country ON country.id = city.country;
-- q2
SELECT count(*) FROM knows k JOIN comment c ON c.creator = k.a
  JOIN post p ON p.creator = k.b AND p.id = c.parent_post;
-- q3
SELECT count(*) FROM knows x JOIN knows y ON y.a = x.b JOIN knows z ON z.a = y.b AND z.b = x.a
  JOIN person p ON p.id = x.a JOIN city c ON c.id = p.city
  JOIN person q ON q.id = x.b JOIN city d ON d.id = q.city AND d.country = c.country
  JOIN person r ON r.id = y.b JOIN city e ON e.id = r.city AND e.country = c.country;
-- q4
SELECT count(*) FROM message_tag t JOIN message_creator c ON c.message = t.message
  JOIN reply r ON r.parent = t.message JOIN likes l ON l.message = t.message;
-- q5
SELECT count(*) FROM message_tag t JOIN reply r ON r.parent = t.message
  JOIN comment_tag u ON u.comment = r.comment WHERE t.tag <> u.tag;
-- q6
SELECT count(*) FROM knows x JOIN knows y ON y.a = x.b AND y.b <> x.a JOIN interest i ON i.person = y.b;
-- q7
SELECT count(*) FROM message_tag t JOIN message_creator c ON c.message = t.message
  LEFT JOIN likes l ON l.message = t.message LEFT JOIN reply r ON r.parent = t.message;
-- q8
SELECT count(*) FROM message_tag t JOIN reply r ON r.parent = t.message
  JOIN comment_tag u ON u.comment = r.comment
  LEFT JOIN comment_tag v ON v.comment = r.comment AND v.tag = t.tag
  WHERE t.tag <> u.tag AND v.tag IS NULL;
-- q9
SELECT count(*) FROM knows x JOIN knows y ON y.a = x.b AND y.b <> x.a
  JOIN interest i ON i.person = y.b
  LEFT JOIN knows z ON z.a = x.a AND z.b = y.b WHERE z.a IS NULL;
