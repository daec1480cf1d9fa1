"""Fixtures: a database in memory, and a small graph in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import nendb


@pytest.fixture
def db() -> Iterator[nendb.Database]:
    with nendb.connect() as database:
        yield database


@pytest.fixture
def people(db: nendb.Database) -> nendb.Database:
    db.execute(
        "CREATE (ada:Person {name: 'Ada', age: 36})-[:KNOWS {since: 1833}]->"
        "(charles:Person {name: 'Charles', age: 44}), "
        "(ada)-[:WROTE]->(:Note:Text {title: 'Sketch', year: 1843})"
    )
    return db
