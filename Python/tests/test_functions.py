"""Goal: functions of Python are functions of NQL, with their types and their errors."""

from __future__ import annotations

from typing import Any

import pytest

import nendb


def test_a_decorated_function(db: nendb.Database) -> None:
    @db.function
    def slug(text: str, times: int = 1) -> str:
        return text.lower().replace(" ", "-") * times

    assert db.execute("RETURN slug('Ada Lovelace') AS s").scalar() == "ada-lovelace"
    assert db.execute("RETURN slug(null) AS s").scalar() is None
    with pytest.raises(nendb.Error):
        db.execute("RETURN slug(1) AS s").fetchall()


def test_lists_maps_and_nulls(db: nendb.Database) -> None:
    def describe(items: list[int], extra: str | None) -> dict[str, Any]:
        return {"sum": sum(items), "extra": extra}

    db.create_function("describe", describe)
    found = db.execute("RETURN describe([1, 2, 3], null) AS d").scalar()
    assert found == {"sum": 6, "extra": None}


def test_many_rows(db: nendb.Database) -> None:
    db.create_function("twice", lambda x: x * 2, ["INTEGER"], "INTEGER")
    query = "UNWIND range(1, 20000) AS i RETURN sum(twice(i)) AS s"
    assert db.execute(query).scalar() == 20000 * 20001


def test_what_it_raises_is_an_error_of_the_statement(db: nendb.Database) -> None:
    def broken(x: int) -> int:
        raise ValueError(f"no {x}")

    db.create_function("broken", broken)
    with pytest.raises(nendb.Error, match="ValueError"):
        db.execute("RETURN broken(7) AS x").fetchall()
    assert db.execute("RETURN 1 AS x").scalar() == 1


def test_types_that_are_not_known(db: nendb.Database) -> None:
    with pytest.raises(nendb.InterfaceError, match="no annotation"):
        db.create_function("f", lambda x: x)
    with pytest.raises(nendb.InterfaceError, match="cannot be called"):
        db.create_function("f", 7, ["STRING"], "STRING")  # type: ignore[arg-type]
    with pytest.raises(nendb.Error, match="type"):
        db.create_function("f", str, ["TEXT"], "STRING")

    def odd(x: complex) -> int:
        return 1

    with pytest.raises(nendb.InterfaceError, match="complex"):
        db.create_function("odd", odd)
