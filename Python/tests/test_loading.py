"""Goal: tables and graphs of other packages come in as a whole or not at all."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

import nendb


def people() -> dict[str, list[Any]]:
    return {
        "id": [1, 2, 3],
        "name": ["Ada", "Charles", None],
        "score": [1.5, 2, None],
        "active": [True, False, None],
        "tags": [["a", "b"], [], None],
    }


def check(db: nendb.Database) -> None:
    rows = db.execute(
        "MATCH (p:Person) RETURN p.id, p.name, p.score, p.active, p.tags ORDER BY p.id"
    ).fetchall()
    assert rows == [
        (1, "Ada", 1.5, True, ["a", "b"]),
        (2, "Charles", 2.0, False, []),
        (3, None, None, None, None),
    ]
    assert db.execute("MATCH (p:Person {id: 3}) RETURN keys(p) AS k").scalar() == ["id"]


def test_a_dict_of_columns(db: nendb.Database) -> None:
    assert db.load(people(), nodes="Person") == 3
    check(db)


def test_a_list_of_dicts(db: nendb.Database) -> None:
    columns = people()
    rows = [{name: columns[name][i] for name in columns} for i in range(3)]
    assert db.load(rows, nodes=["Person", "Human"]) == 3
    check(db)
    assert db.execute("MATCH (h:Human) RETURN count(h) AS c").scalar() == 3


def test_pyarrow(db: nendb.Database) -> None:
    pa = pytest.importorskip("pyarrow")
    assert db.load(pa.table(people()), nodes="Person") == 3
    check(db)


def test_parquet(db: nendb.Database, tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    parquet.write_table(pa.table(people()), tmp_path / "people.parquet")
    assert db.load(tmp_path / "people.parquet", nodes="Person") == 3
    check(db)


def test_polars(db: nendb.Database) -> None:
    pl = pytest.importorskip("polars")
    assert db.load(pl.DataFrame(people(), strict=False), nodes="Person") == 3
    check(db)


def test_pandas(db: nendb.Database) -> None:
    pd = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    assert db.load(pd.DataFrame({"id": [1, 2], "name": ["a", "b"]}), nodes="Person") == 2
    assert db.execute("MATCH (p:Person) RETURN p.name AS n ORDER BY n").value() == ["a", "b"]


def test_numpy_and_structured_arrays(db: nendb.Database) -> None:
    np = pytest.importorskip("numpy")
    db.load({"i": np.arange(1000), "f": np.linspace(0, 1, 1000)}, nodes="N")
    assert db.execute("MATCH (n:N) RETURN sum(n.i) AS s").scalar() == 499500
    array = np.array([(1, 2.5), (2, 3.5)], dtype=[("a", "i4"), ("b", "f8")])
    db.load(array, nodes="M")
    assert db.execute("MATCH (n:M) RETURN n.a, n.b ORDER BY n.a").fetchall() == [(1, 2.5), (2, 3.5)]


def test_relationships(db: nendb.Database) -> None:
    db.load({"id": list(range(100))}, nodes="N")
    db.execute("CREATE INDEX FOR (n:N) ON (n.id)")
    generator = random.Random(7)
    pairs = [(generator.randrange(100), generator.randrange(100)) for _ in range(500)]
    assert db.load(pairs, relationships="R", source="N.id", target="N.id") == 500
    found = db.execute("MATCH (a:N)-[:R]->(b:N) RETURN a.id, b.id").fetchall()
    assert sorted(map(tuple, found)) == sorted(pairs)
    table = {"von": [1], "nach": [2], "weight": [0.5]}
    db.load(
        table,
        relationships="S",
        source="N.id",
        target="N.id",
        source_column="von",
        target_column="nach",
    )
    row = db.execute("MATCH (a)-[s:S]->(b) RETURN a.id, s.weight, b.id").single()
    assert row == (1, 0.5, 2)


def test_an_edge_list_of_numpy(db: nendb.Database) -> None:
    np = pytest.importorskip("numpy")
    db.load({"id": [0, 1, 2]}, nodes="N")
    edges = np.array([[0, 1], [1, 2]])
    assert db.load(edges, relationships="R", source="N.id", target="N.id") == 2


def test_a_missing_end_undoes_all(db: nendb.Database) -> None:
    db.load({"id": [1, 2]}, nodes="N")
    with pytest.raises(nendb.Error):
        db.load([(1, 2), (1, 99)], relationships="R", source="N.id", target="N.id")
    assert db.execute("MATCH ()-[r]->() RETURN count(r) AS c").scalar() == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"data": {"x": [1]}}, "nodes or relationships"),
        ({"data": {"x": [1]}, "nodes": "A", "relationships": "B"}, "nodes or relationships"),
        ({"data": {"x": [1]}, "relationships": "B"}, "Person.id"),
        ({"data": 7, "nodes": "A"}, "no table"),
        ({"data": [1, 2], "nodes": "A"}, "no names"),
        ({"data": {"x": [1], "y": [1, 2]}, "nodes": "A"}, "same number"),
        ({"data": {"x": [1, "a"]}, "nodes": "A"}, "different types"),
        ({"data": {"x": [object()]}, "nodes": "A"}, "pyarrow"),
        ({"data": {"x": [2**70]}, "nodes": "A"}, "64 bits"),
    ],
)
def test_what_is_no_table(db: nendb.Database, arguments: dict[str, Any], words: str) -> None:
    data = arguments.pop("data")
    with pytest.raises(nendb.InterfaceError) as caught:
        db.load(data, **arguments)
    assert words in str(caught.value)


def test_loading_in_a_transaction(db: nendb.Database) -> None:
    with pytest.raises(RuntimeError), db.write() as tx:
        tx.load({"id": [1, 2]}, nodes="N")
        raise RuntimeError
    assert db.execute("MATCH (n) RETURN count(n) AS c").scalar() == 0


def test_networkx_both_ways() -> None:
    nx = pytest.importorskip("networkx")
    graph = nx.MultiDiGraph()
    graph.add_node("a", labels=["Person"], age=1)
    graph.add_node("b", labels=["Person", "Admin"], age=2.5)
    graph.add_node(3, label="Thing")
    graph.add_edge("a", "b", type="KNOWS", since=1999)
    graph.add_edge("a", "b", type="KNOWS", since=2000)
    graph.add_edge("a", 3, weight=0.5)
    graph.add_edge("a", "a", type="LIKES")
    db = nendb.from_networkx(graph)
    assert db.execute("MATCH (n) RETURN count(n) AS c").scalar() == 3
    assert db.execute("MATCH (:Admin)<-[k:KNOWS]-() RETURN sum(k.since) AS s").scalar() == 3999
    back = db.execute("MATCH (a)-[r]->(b) RETURN a, r, b").to_networkx()
    assert back.number_of_nodes() == 3
    assert back.number_of_edges() == 4
    names = {data["id"]: node for node, data in back.nodes(data=True)}
    assert back.nodes[names["b"]]["labels"] == ["Admin", "Person"]
    edges = [data["type"] for data in back.get_edge_data(names["a"], names["b"]).values()]
    assert edges == ["KNOWS", "KNOWS"]
    undirected = db.execute("MATCH (a)-[r]->(b) RETURN r").to_networkx(directed=False)
    assert not undirected.is_directed()


def test_a_classic(db: nendb.Database) -> None:
    nx = pytest.importorskip("networkx")
    graph = nx.karate_club_graph()
    counters = db.load_networkx(graph)
    assert (counters.nodes_created, counters.relationships_created) == (34, 78)
    degrees = db.execute("MATCH (n)-[r]-() RETURN n.id AS id, count(r) AS d").fetchall()
    assert {row.id: row.d for row in degrees} == dict(graph.degree())
