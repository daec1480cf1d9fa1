"""Goal: what PEP 249 says holds, and transactions are all or nothing."""

from __future__ import annotations

import pytest

import nendb


def test_a_cursor(people: nendb.Database) -> None:
    with people.cursor() as cursor:
        assert cursor.description is None
        with pytest.raises(nendb.InterfaceError):
            cursor.fetchone()
        query = "MATCH (p:Person) RETURN p.name AS name, p.age AS age ORDER BY age"
        assert cursor.execute(query) is cursor
        assert cursor.description is not None
        assert [column[0] for column in cursor.description] == ["name", "age"]
        assert len(cursor.description[0]) == 7
        assert cursor.rowcount == -1
        assert cursor.connection is people
        assert cursor.fetchone() == ("Ada", 36)
        assert cursor.fetchmany() == [("Charles", 44)]
        assert cursor.fetchone() is None
        cursor.execute(query)
        assert list(cursor) == [("Ada", 36), ("Charles", 44)]
        cursor.setinputsizes([])
        cursor.setoutputsize(1)
    with pytest.raises(nendb.InterfaceError, match="closed"):
        cursor.execute("RETURN 1 AS x")


def test_executemany(db: nendb.Database) -> None:
    cursor = db.cursor()
    cursor.executemany("CREATE (:N {i: $i})", ({"i": i} for i in range(100)))
    assert cursor.execute("MATCH (n:N) RETURN sum(n.i) AS s").fetchone() == (4950,)
    with pytest.raises(nendb.Error):
        cursor.executemany("CREATE (:M {i: 1 / $i})", [{"i": 1}, {"i": 0}])
    assert cursor.execute("MATCH (n:M) RETURN count(n) AS c").fetchone() == (0,)


def test_positional_parameters_are_refused(db: nendb.Database) -> None:
    with pytest.raises(nendb.InterfaceError, match=r"\$name"):
        db.cursor().execute("RETURN $x AS x", (1,))


def test_transactions_of_cursors(db: nendb.Database) -> None:
    cursor = db.cursor()
    cursor.execute("BEGIN")
    cursor.execute("CREATE (:A)")
    db.rollback()
    assert cursor.execute("MATCH (n) RETURN count(n) AS c").fetchone() == (0,)
    cursor.execute("BEGIN")
    cursor.execute("CREATE (:A)")
    db.commit()
    assert cursor.execute("MATCH (n) RETURN count(n) AS c").fetchone() == (1,)


def test_pandas_reads_by_a_cursor(people: nendb.Database) -> None:
    pd = pytest.importorskip("pandas")
    with pytest.warns(UserWarning, match="pandas only supports"):
        frame = pd.read_sql("MATCH (p:Person) RETURN p.name AS name ORDER BY name", people)
    assert frame["name"].tolist() == ["Ada", "Charles"]


def test_write_and_read(db: nendb.Database) -> None:
    with db.write() as tx:
        tx.execute("CREATE (:A {x: 1})")
        assert tx.execute("MATCH (a:A) RETURN a.x AS x").scalar() == 1
    with pytest.raises(RuntimeError), db.write() as tx:
        tx.execute("CREATE (:A {x: 2})")
        raise RuntimeError
    with db.read() as snapshot:
        count = "MATCH (a:A) RETURN count(a) AS c"
        assert snapshot.execute(count).scalar() == 1
        db.execute("CREATE (:A)")
        assert snapshot.execute(count).scalar() == 1
        with pytest.raises(nendb.Error):
            snapshot.execute("CREATE (:A)")
    assert db.execute("MATCH (a:A) RETURN count(a) AS c").scalar() == 2


def test_a_failed_statement_leaves_the_transaction(db: nendb.Database) -> None:
    with db.write() as tx:
        tx.execute("CREATE (:A)")
        with pytest.raises(nendb.Error):
            tx.execute("CREATE (:A) WITH 1 AS x RETURN x / 0 AS y").fetchall()
        tx.execute("CREATE (:A)")
    assert db.execute("MATCH (a:A) RETURN count(a) AS c").scalar() == 2


def test_by_hand(db: nendb.Database) -> None:
    tx = db.transaction()
    tx.execute("CREATE (:A)")
    assert not tx.closed
    tx.commit()
    assert tx.closed
    tx = db.transaction()
    tx.execute("CREATE (:A)")
    tx.rollback()
    assert db.execute("MATCH (a:A) RETURN count(a) AS c").scalar() == 1


def test_prepared(db: nendb.Database) -> None:
    db.execute("UNWIND range(1, 100) AS i CREATE (:P {id: i, name: 'n' + toString(i)})")
    by_id = db.prepare("MATCH (p:P {id: $id}) RETURN p.name AS name")
    for i in (1, 50, 100):
        assert by_id(id=i).scalar() == f"n{i}"
        assert by_id.execute({"id": i}).scalar() == f"n{i}"
    assert by_id(id=1000).fetchall() == []
    assert by_id(id="text").fetchall() == []
    first = by_id(id=1)
    second = by_id(id=2)
    assert second.scalar() == "n2"
    assert first.fetchall() in ([], [("n1",)])
    with pytest.raises(nendb.Error):
        by_id()
    with pytest.raises(nendb.NQLSyntaxError):
        db.prepare("MATCH")
