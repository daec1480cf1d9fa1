"""Goal: results are read in every way that people know, and outlive what they came from."""

from __future__ import annotations

import copy
import pickle
import threading

import pytest

import nendb
from nendb import Counters


def test_rows_are_tuples_with_names(people: nendb.Database) -> None:
    result = people.execute("MATCH (p:Person) RETURN p.name AS name, p.age AS age ORDER BY age")
    assert result.columns == result.keys() == ["name", "age"]
    row = next(result)
    assert row == ("Ada", 36)
    assert (row["name"], row.age, row[0], row[-1], row[0:1]) == ("Ada", 36, "Ada", 36, ("Ada",))
    name, age = row
    assert (name, age) == ("Ada", 36)
    assert row.keys() == ["name", "age"]
    assert row.values() == ["Ada", 36]
    assert row.items() == [("name", "Ada"), ("age", 36)]
    assert row.data() == {"name": "Ada", "age": 36}
    assert row.get("age") == 36
    assert row.get("none", 1) == 1
    assert row.value() == "Ada"
    assert repr(row) == "<Row name='Ada' age=36>"
    with pytest.raises(KeyError, match="'name', 'age'"):
        row["nam"]
    with pytest.raises(AttributeError, match="'name', 'age'"):
        _ = row.nam
    assert pickle.loads(pickle.dumps(row)) == row
    assert copy.deepcopy(row).name == "Ada"


def test_ways_to_read(people: nendb.Database) -> None:
    def numbers() -> nendb.Result:
        return people.execute("UNWIND range(1, 5000) AS i RETURN i, i * 2 AS twice")

    wanted = [(i, i * 2) for i in range(1, 5001)]
    assert list(numbers()) == wanted
    assert numbers().fetchall() == wanted
    assert numbers().get_all() == wanted
    result = numbers()
    assert result.fetchmany(3) == wanted[:3]
    assert result.fetchone() == wanted[3]
    assert [row for row, _ in zip(result, range(2), strict=False)] == wanted[4:6]
    assert result.fetchall() == wanted[7:] or result.fetchall() == []
    assert numbers().value() == [row[0] for row in wanted]
    assert numbers().value("twice") == [row[1] for row in wanted]
    assert numbers().values()[:2] == [[1, 2], [2, 4]]
    assert numbers().values("twice")[:2] == [[2], [4]]
    assert numbers().data()[0] == {"i": 1, "twice": 2}
    result, found = numbers(), []
    while result.has_next():
        found.append(result.get_next())
    assert found == wanted
    with pytest.raises(nendb.InterfaceError, match="no more rows"):
        result.get_next()
    assert result.fetchone() is None


def test_a_half_read_result_goes_on(people: nendb.Database) -> None:
    result = people.execute("UNWIND range(1, 10000) AS i RETURN i")
    for row in result:
        if row.i == 10:
            break
    assert next(result).i == 11
    assert len(result.fetchall()) == 9989


def test_single_and_scalar(db: nendb.Database) -> None:
    assert db.execute("RETURN 1 AS x").single() == (1,)
    assert db.execute("RETURN 1 AS x").scalar() == 1
    none = "UNWIND [] AS x RETURN x"
    two = "UNWIND [1, 2] AS x RETURN x"
    assert db.execute(none).single(strict=False) is None
    assert db.execute(two).single(strict=False) == (1,)
    with pytest.raises(nendb.InterfaceError, match="no row"):
        db.execute(none).single()
    with pytest.raises(nendb.InterfaceError, match="more than one"):
        db.execute(two).single()
    with pytest.raises(nendb.InterfaceError, match="2 columns"):
        db.execute("RETURN 1 AS x, 2 AS y").scalar()


def test_entities_have_the_names_of_the_neo4j_driver(people: nendb.Database) -> None:
    query = "MATCH p = (a:Person {name: 'Ada'})-[k:KNOWS]->(b) RETURN a, k, b, p"
    a, k, b, p = people.execute(query).single() or ()
    assert isinstance(a, nendb.Node)
    assert a.labels == frozenset({"Person"})
    assert a["name"] == "Ada"
    assert a.get("none", 7) == 7
    assert dict(a.items()) == {"name": "Ada", "age": 36} == dict(a)
    assert set(a.keys()) == {"name", "age"}
    assert "name" in a
    assert a.element_id == str(a.id)
    with pytest.raises(KeyError, match="no property 'nam'"):
        a["nam"]
    assert isinstance(k, nendb.Relationship)
    assert (k.type, k["since"]) == ("KNOWS", 1833)
    assert (k.start_node, k.end_node) == (a, b) == k.nodes
    assert isinstance(p, nendb.Path)
    assert p.nodes == (a, b)
    assert p.relationships == (k,)
    assert (p.start_node, p.end_node, len(p)) == (a, b, 1)
    assert p.relationships[0].start_node["name"] == "Ada"
    assert "Person" in repr(a)
    assert "KNOWS" in repr(k)
    assert "KNOWS" in repr(p)
    for value in (a, k, p):
        assert pickle.loads(pickle.dumps(value)) == value
    assert len({a, a, b}) == 2
    row = people.execute(query).single()
    assert row is not None
    assert row.data()["p"] == [{"name": "Ada", "age": 36}, "KNOWS", {"name": "Charles", "age": 44}]


def test_paths_against_the_direction(people: nendb.Database) -> None:
    query = "MATCH p = (:Note)<-[:WROTE]-(:Person)-[:KNOWS]->(:Person) RETURN p"
    path = people.execute(query).scalar()
    assert [node.get("name", node.get("title")) for node in path.nodes] == [
        "Sketch",
        "Ada",
        "Charles",
    ]
    assert path.relationships[0].end_node == path.nodes[0]
    assert "<-[:WROTE]-" in repr(path)


def test_counters(db: nendb.Database) -> None:
    result = db.execute("CREATE (:A:B {x: 1})-[:R]->(:C)")
    assert result.counters == Counters(2, 0, 1, 0, 3, 0, 1)
    assert result.counters.contains_updates
    assert "2 nodes created" in str(result.counters)
    assert db.execute("MATCH (n:C) DETACH DELETE n").consume().nodes_deleted == 1
    assert not db.execute("RETURN 1 AS x").counters.contains_updates
    assert result.columns == []
    assert list(result) == []


def test_notifications(people: nendb.Database) -> None:
    remarks = people.execute("MATCH (a:Person), (b:Persn) RETURN a, b").notifications
    assert remarks
    assert all(remark.code and remark.message for remark in remarks)


def test_results_outlive_their_database(tmp_path: object) -> None:
    with nendb.connect(f"{tmp_path}/x.nen") as db:
        db.execute("UNWIND range(1, 9000) AS i CREATE (:N {i: i, s: 'text ' + toString(i)})")
        result = db.execute("MATCH (n:N) RETURN n.i AS i, n.s AS s, n ORDER BY i")
        first = next(result)
    rest = result.fetchall()
    assert [row.i for row in [first, *rest]] == list(range(1, 9001))
    assert rest[-1].n["s"] == "text 9000"


def test_a_result_is_read_in_another_thread(people: nendb.Database) -> None:
    result = people.execute("UNWIND range(1, 5000) AS i RETURN i")
    found: list[int] = []
    thread = threading.Thread(target=lambda: found.extend(row.i for row in result))
    thread.start()
    thread.join()
    assert found == list(range(1, 5001))


def test_closed_results(db: nendb.Database) -> None:
    with db.execute("UNWIND range(1, 5000) AS i RETURN i") as result:
        next(result)
    assert result.fetchall() == []


def test_columns_of_the_same_name_or_none(db: nendb.Database) -> None:
    row = db.execute("RETURN 1 AS count, 2 AS `a b`").single()
    assert row is not None
    assert row["count"] == 1
    assert row["a b"] == 2


def test_the_default_database() -> None:
    assert nendb.query("RETURN 1 + 1 AS two").scalar() == 2
    nendb.query("CREATE (:Default)")
    assert nendb.query("MATCH (n:Default) RETURN count(n) AS c").scalar() >= 1
