// For Kuzu and Ladybug: merged messages, friendships stored in both directions.
// q1
MATCH (:Country)<-[:CityCountry]-(:City)<-[:PersonCity]-(:Person)<-[:HasMember]-(:Forum)-[:ContainerOf]->(:Message)<-[:ReplyOf]-(:Message)-[:HasTag]->(:Tag)-[:TagType]->(:TagClass)
RETURN count(*);
// q2
MATCH (a:Person)-[:Knows]->(b:Person), (a)<-[:HasCreator]-(c:Message)-[:ReplyOfPost]->(p:Message)-[:HasCreator]->(b)
RETURN count(*);
// q3
MATCH (x:Country)
MATCH (a:Person)-[:PersonCity]->(u:City)-[:CityCountry]->(x)
MATCH (b:Person)-[:PersonCity]->(v:City)-[:CityCountry]->(x)
MATCH (c:Person)-[:PersonCity]->(w:City)-[:CityCountry]->(x)
MATCH (a)-[:Knows]->(b)-[:Knows]->(c)-[:Knows]->(a)
RETURN count(*);
// q4
MATCH (:Tag)<-[:HasTag]-(m:Message)-[:HasCreator]->(p:Person), (m)<-[:Likes]-(l:Person), (m)<-[:ReplyOf]-(c:Message)
RETURN count(*);
// q5
MATCH (t:Tag)<-[:HasTag]-(m:Message)<-[:ReplyOf]-(c:Message)-[:HasTag]->(u:Tag) WHERE id(t) <> id(u)
RETURN count(*);
// q6
MATCH (a:Person)-[:Knows]->(b:Person)-[:Knows]->(c:Person)-[:HasInterest]->(t:Tag) WHERE id(a) <> id(c)
RETURN count(*);
// q7
MATCH (:Tag)<-[:HasTag]-(m:Message)-[:HasCreator]->(p:Person)
OPTIONAL MATCH (m)<-[:Likes]-(l:Person)
OPTIONAL MATCH (m)<-[:ReplyOf]-(c:Message)
RETURN count(*);
// q8
MATCH (t:Tag)<-[:HasTag]-(m:Message)<-[:ReplyOf]-(c:Message)-[:HasTag]->(u:Tag) WHERE NOT (c)-[:HasTag]->(t) AND id(t) <> id(u)
RETURN count(*);
// q9
MATCH (a:Person)-[:Knows]->(b:Person)-[:Knows]->(c:Person)-[:HasInterest]->(t:Tag) WHERE NOT (a)-[:Knows]->(c) AND id(a) <> id(c)
RETURN count(*);
