"""Goal: results are tables of other packages, with exact types, and such tables come in."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nendb

pa = pytest.importorskip("pyarrow")

_db = nendb.connect()
_texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
_kinds: list[st.SearchStrategy[Any]] = [
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False),
    _texts,
    st.dates(),
    st.times(),
    st.datetimes(dt.datetime(1700, 1, 1), dt.datetime(2200, 1, 1)),
    st.lists(st.integers(-5, 5), max_size=4),
    st.lists(_texts, max_size=4),
]


@given(st.sampled_from(_kinds).flatmap(lambda kind: st.lists(st.none() | kind, max_size=40)))
@settings(max_examples=300, deadline=None)
def test_columns_of_one_type(items: list[Any]) -> None:
    query = "UNWIND $items AS item RETURN item"
    table = _db.execute(query, {"items": items}).arrow()
    assert table.column("item").to_pylist() == items


@given(st.lists(st.none() | st.booleans() | st.integers(-9, 9) | _texts, min_size=2, max_size=30))
@settings(max_examples=100, deadline=None)
def test_columns_of_mixed_type_are_never_an_error(items: list[Any]) -> None:
    table = _db.execute("UNWIND $items AS item RETURN item", {"items": items}).arrow()
    assert table.num_rows == len(items)


def test_types_of_a_table() -> None:
    query = """
        RETURN true AS b, 1 AS i, 1.5 AS f, 'x' AS s, date('2020-01-02') AS d,
               localtime('12:00') AS lt, localdatetime('2020-01-02T03:04:05') AS ldt,
               datetime('2020-01-02T03:04:05Z') AS zdt, duration('P1M2DT3S') AS dur,
               [1, 2] AS l, {a: 1, b: 'x'} AS m, null AS n
    """
    schema = _db.execute(query).arrow().schema
    assert schema.field("b").type == pa.bool_()
    assert schema.field("i").type == pa.int64()
    assert schema.field("f").type == pa.float64()
    assert schema.field("s").type in (pa.utf8(), pa.large_utf8())
    assert schema.field("d").type == pa.date32()
    assert schema.field("lt").type == pa.time64("ns")
    assert pa.types.is_timestamp(schema.field("ldt").type)
    assert schema.field("zdt").type.tz is not None
    assert schema.field("dur").type == pa.month_day_nano_interval()
    kind = schema.field("l").type
    assert pa.types.is_list(kind) or pa.types.is_large_list(kind)


def test_nodes_and_relationships_are_structs(people: nendb.Database) -> None:
    table = people.execute("MATCH (a:Person)-[k:KNOWS]->(b) RETURN a, k, b.name AS name").arrow()
    row = table.to_pylist()[0]
    assert row["name"] == "Charles"
    assert row["a"]["labels"] == ["Person"]
    assert row["k"]["type"] == "KNOWS"


def test_many_rows_in_batches() -> None:
    result = _db.execute("UNWIND range(1, 100000) AS i RETURN i, toString(i) AS s")
    reader = result.fetch_record_batch(10_000)
    sizes, total = [], 0
    for batch in reader:
        sizes.append(batch.num_rows)
        total += sum(batch.column(0).to_pylist())
    assert sum(sizes) == 100_000
    assert max(sizes) <= 10_000
    assert total == 100_000 * 100_001 // 2


def test_a_table_outlives_everything() -> None:
    with nendb.connect() as db:
        db.execute("UNWIND range(1, 5000) AS i CREATE (:N {i: i, s: 'text ' + toString(i)})")
        reader = db.execute("MATCH (n:N) RETURN n.i AS i, n.s AS s").fetch_record_batch()
        first = reader.read_next_batch()
    table = pa.Table.from_batches([first, *reader])
    assert sorted(table.column("i").to_pylist()) == list(range(1, 5001))


def test_pandas() -> None:
    pd = pytest.importorskip("pandas")
    frame = _db.execute("UNWIND range(1, 3) AS i RETURN i, 'x' + toString(i) AS s").df()
    assert isinstance(frame, pd.DataFrame)
    assert frame["i"].tolist() == [1, 2, 3]
    assert frame["s"].tolist() == ["x1", "x2", "x3"]
    assert _db.execute("RETURN 1 AS x").to_pandas().shape == (1, 1)
    assert _db.execute("RETURN 1 AS x").get_as_df().shape == (1, 1)


def test_polars() -> None:
    pl = pytest.importorskip("polars")
    frame = _db.execute("UNWIND range(1, 3) AS i RETURN i, 'x' + toString(i) AS s").pl()
    assert isinstance(frame, pl.DataFrame)
    assert frame["s"].to_list() == ["x1", "x2", "x3"]


def test_duckdb_reads_a_result() -> None:
    duckdb = pytest.importorskip("duckdb")
    result = _db.execute("UNWIND range(1, 100) AS i RETURN i")
    assert result.columns == ["i"]
    assert duckdb.sql("SELECT sum(i) FROM result").fetchall() == [(5050,)]


def test_a_result_half_read_is_no_table() -> None:
    result = _db.execute("UNWIND range(1, 3) AS i RETURN i")
    next(result)
    with pytest.raises(nendb.InterfaceError, match="Run the statement again"):
        result.arrow()


def test_a_stream_is_given_once() -> None:
    result = _db.execute("RETURN 1 AS x")
    result.arrow()
    with pytest.raises(nendb.Error):
        result.arrow()


def test_without_the_package_the_error_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "polars", None)
    with pytest.raises(nendb.InterfaceError, match="pip install polars"):
        _db.execute("RETURN 1 AS x").pl()


def test_errors_on_the_way_come_through() -> None:
    with pytest.raises((nendb.Error, pa.ArrowException, OSError), match=r"zero|Arithmetic"):
        _db.execute("UNWIND range(1, 20000) AS i RETURN 1 / (i - 15000) AS x").arrow()
