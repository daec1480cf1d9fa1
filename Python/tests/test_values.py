"""Goal: every type of NQL comes and goes unchanged. Method: values of Python made by hypothesis are
parameters, and the result is compared with what went in."""

from __future__ import annotations

import dataclasses
import datetime as dt
import decimal
import enum
import math
import uuid
import zoneinfo
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nendb
from nendb import Duration, Point, Temporal

_db = nendb.connect()


def back(value: Any) -> Any:
    """The value, sent through the database."""
    return _db.execute("RETURN $value AS value", {"value": value}).scalar()


def same(first: Any, second: Any) -> bool:
    """Equality of type and value, at any depth, where NaN is NaN."""
    if type(first) is not type(second):
        return False
    if isinstance(first, float):
        return first == second or (math.isnan(first) and math.isnan(second))
    if isinstance(first, list):
        return len(first) == len(second) and all(map(same, first, second))
    if isinstance(first, dict):
        return first.keys() == second.keys() and all(same(first[k], second[k]) for k in first)
    if isinstance(first, dt.datetime | dt.time):
        return first == second and first.utcoffset() == second.utcoffset()
    return bool(first == second)


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
integers = st.integers(-(2**63), 2**63 - 1)
offsets = st.integers(-18 * 3600, 18 * 3600).map(
    lambda seconds: dt.timezone(dt.timedelta(seconds=seconds))
)
zones = st.sampled_from(["Europe/Stockholm", "America/New_York", "Asia/Kolkata"]).map(
    zoneinfo.ZoneInfo
)
durations = st.builds(
    Duration,
    st.integers(-1_000_000, 1_000_000),
    st.integers(-1_000_000, 1_000_000),
    st.integers(-(2**40), 2**40),
    st.integers(0, 999_999_999),
)
coordinates = st.floats(-180, 180).map(lambda number: number + 0.0)
points = st.builds(Point, coordinates, coordinates.map(lambda y: y / 2)) | st.builds(
    lambda x, y, z: Point(x, y / 2, z, 4979), coordinates, coordinates, coordinates
)
days = st.integers(-300_000_000, 300_000_000)
nanoseconds = st.integers(0, 999_999_999).filter(lambda n: n % 1000)
temporals = (
    st.builds(lambda d: Temporal("date", days=d), days.filter(lambda d: abs(d) > 3_000_000))
    | st.builds(
        lambda s, n: Temporal("local_time", seconds=s, nanosecond=n),
        st.integers(0, 86_399),
        nanoseconds,
    )
    | st.builds(
        lambda s, n: Temporal("time", seconds=s, nanosecond=n, offset=3_600),
        st.integers(0, 86_399),
        nanoseconds,
    )
    | st.builds(
        lambda s, n: Temporal("local_datetime", seconds=s, nanosecond=n),
        st.integers(-(2**40), 2**40),
        nanoseconds,
    )
    | st.builds(
        lambda s, n: Temporal("datetime", seconds=s, nanosecond=n, offset=-7_200),
        st.integers(-(2**40), 2**40),
        nanoseconds,
    )
)
scalars = (
    st.none()
    | st.booleans()
    | integers
    | st.floats()
    | texts
    | st.dates()
    | st.times()
    | st.times(timezones=offsets)
    | st.datetimes()
    | st.datetimes(dt.datetime(2, 1, 1), dt.datetime(9998, 12, 30), timezones=offsets)
    | durations
    | points
    | temporals
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(texts, inner, max_size=6),
    max_leaves=20,
)


@given(values)
@settings(max_examples=600, deadline=None)
def test_what_goes_in_comes_out(value: Any) -> None:
    assert same(back(value), value)


@given(st.lists(scalars, max_size=30))
@settings(max_examples=100, deadline=None)
def test_rows_of_parameters(items: list[Any]) -> None:
    rows = _db.execute("UNWIND $items AS item RETURN item", {"items": items}).fetchall()
    assert same([row[0] for row in rows], items)


@given(st.datetimes(dt.datetime(1990, 1, 1), dt.datetime(2030, 1, 1), timezones=zones))
@settings(max_examples=200, deadline=None)
def test_named_zones(value: dt.datetime) -> None:
    # Of an hour that is not there the clock shows another one.
    value = value.astimezone(dt.timezone.utc).astimezone(value.tzinfo)
    found = back(value)
    assert found == value
    assert found.utcoffset() == value.utcoffset()
    assert found.tzinfo.key == value.tzinfo.key  # type: ignore[union-attr]


@given(st.timedeltas())
@settings(max_examples=100, deadline=None)
def test_timedelta(value: dt.timedelta) -> None:
    found = back(value)
    assert isinstance(found, Duration)
    assert found.to_timedelta() == value


@given(scalars.filter(lambda value: value is not None))
@settings(max_examples=200, deadline=None)
def test_properties(value: Any) -> None:
    with _db.transaction() as transaction:
        query = "CREATE (n {value: $value}) RETURN n"
        node = transaction.execute(query, {"value": value}).scalar()
        assert same(node["value"], value)
        transaction.rollback()


def test_the_example_of_the_tck() -> None:
    text = "2015-07-21T21:40:32.142645876+02:00[Europe/Stockholm]"
    found = _db.execute(f"RETURN datetime('{text}') AS t").scalar()
    assert isinstance(found, Temporal)
    assert found.iso_format() == text
    assert found.native().isoformat() == "2015-07-21T21:40:32.142645+02:00"


def test_durations_as_text() -> None:
    for text in ("P1Y2M3DT4H5M6.7S", "PT0S", "PT-0.001S", "P-1M", "P1M-3D", "PT-1H-1M-1.5S"):
        value = _db.execute("RETURN duration($text) AS d", {"text": text}).scalar()
        assert value.iso_format() == text


class Colour(enum.Enum):
    RED = "red"


@dataclasses.dataclass
class Inner:
    number: int
    colours: list[Colour]


@dataclasses.dataclass
class Outer:
    name: str
    inner: Inner


def test_dataclasses_and_enums() -> None:
    value = back(Outer("x", Inner(1, [Colour.RED])))
    assert value == {"name": "x", "inner": {"number": 1, "colours": ["red"]}}
    found = _db.execute("RETURN $name AS name", Outer("x", Inner(1, [])))  # type: ignore[arg-type]
    assert found.scalar() == "x"


def test_pydantic() -> None:
    pydantic = pytest.importorskip("pydantic")
    model = pydantic.create_model("Model", name=(str, ...), ages=(list[int], ...))
    assert back(model(name="x", ages=[1, 2])) == {"name": "x", "ages": [1, 2]}


def test_numpy() -> None:
    np = pytest.importorskip("numpy")
    assert back(np.array([1, 2, 3])) == [1, 2, 3]
    assert back(np.array([[1.5, 2], [3, 4]])) == [[1.5, 2.0], [3.0, 4.0]]
    assert back(np.int32(7)) == 7
    assert back(np.float32(0.5)) == 0.5
    assert back(np.bool_(True)) is True
    assert back(np.datetime64("2020-01-02")) == dt.date(2020, 1, 2)
    assert back(np.datetime64("2020-01-02T03:04:05")) == dt.datetime(2020, 1, 2, 3, 4, 5)
    value = back(np.datetime64("2020-01-02T03:04:05.123456789"))
    assert value.iso_format() == "2020-01-02T03:04:05.123456789"
    assert back(np.datetime64("NaT")) is None
    assert back(np.array(["2020-01-02"], dtype="datetime64[D]")) == [dt.date(2020, 1, 2)]


def test_pandas_scalars() -> None:
    pd = pytest.importorskip("pandas")
    assert back(pd.Timestamp("2020-01-02 03:04:05")) == dt.datetime(2020, 1, 2, 3, 4, 5)
    value = back(pd.Timestamp("2020-01-02 03:04:05.000000001", tz="Europe/Berlin"))
    assert value.iso_format() == "2020-01-02T03:04:05.000000001+01:00[Europe/Berlin]"
    assert back(pd.NaT) is None
    assert back(pd.NA) is None
    assert back(pd.Timedelta("1 days 00:00:00.000000007")) == Duration(0, 1, 0, 7)
    assert back(pd.Series([1, 2])) == [1, 2]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (2**63, "64 bits"),
        (-(2**63) - 1, "64 bits"),
        (b"abc", "base64"),
        (decimal.Decimal("1.5"), "decimals"),
        (uuid.UUID(int=1), "str(value)"),
        ({1, 2}, "list(value)"),
        (1j, "value.real"),
        (object(), "cannot be a parameter"),
        ({1: 2}, "str(key)"),
        ("\ud800", "surrogate"),
    ],
)
def test_what_is_no_value_is_refused_with_a_remedy(value: Any, words: str) -> None:
    with pytest.raises(nendb.InterfaceError) as caught:
        back(value)
    assert words in str(caught.value)


def test_a_list_that_contains_itself() -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(nendb.Error):
        back(endless)


def test_entities_are_no_parameters(people: nendb.Database) -> None:
    node = people.execute("MATCH (n:Person) RETURN n LIMIT 1").scalar()
    with pytest.raises(nendb.InterfaceError, match="id"):
        people.execute("RETURN $n AS n", {"n": node})


def test_parameters_that_are_no_mapping(db: nendb.Database) -> None:
    with pytest.raises(nendb.InterfaceError, match="mapping"):
        db.execute("RETURN 1 AS one", 7)  # type: ignore[arg-type]


def test_an_unknown_kind_of_temporal() -> None:
    with pytest.raises(nendb.InterfaceError, match="kind"):
        back(Temporal("century"))


def test_a_duration_with_months_is_no_timedelta() -> None:
    with pytest.raises(nendb.InterfaceError, match="months"):
        Duration(1).to_timedelta()
    assert Duration.of(weeks=1, hours=2, milliseconds=-1) == Duration(0, 7, 7199, 999_000_000)


def test_a_point_knows_its_systems() -> None:
    assert Point(1, 2).srid == 7203
    assert Point(1, 2, 3).srid == 9157
    with pytest.raises(nendb.InterfaceError, match="4326"):
        Point(1, 2, srid=5)
    with pytest.raises(nendb.InterfaceError, match="coordinates"):
        Point(1, 2, 3, srid=4326)
