"""Goal: what notebooks show is safe, self-contained, and leaves the rows to be read."""

from __future__ import annotations

import json
import re

import nendb


def test_a_table(db: nendb.Database) -> None:
    query = "UNWIND range(1, 3) AS i RETURN i, null AS n, [true, 'x'] AS l, {a: 1} AS m"
    result = db.execute(query)
    page = result._repr_html_()
    assert page.count("<tr>") == 4
    for part in ("<td", ">null<", "[true, x]", "{a: 1}"):
        assert part in page
    assert len(result.fetchall()) == 3


def test_the_rows_stay_for_frames(db: nendb.Database) -> None:
    result = db.execute("UNWIND range(1, 5000) AS i RETURN i")
    page = result._repr_html_()
    assert "there are more" in page
    assert page.count("<tr>") == 101
    assert [row.i for row in result] == list(range(1, 5001))


def test_what_is_in_the_data_is_no_html(db: nendb.Database) -> None:
    db.execute("CREATE (:`<b>` {name: '</script><script>alert(1)</script>'})")
    page = db.execute("MATCH (n) RETURN n, '<i>' AS `<u>`")._repr_html_()
    assert "<script>alert" not in page
    assert "<i>" not in page
    assert "<u>" not in page
    assert page.count("</script>") == 1


def test_a_drawing(people: nendb.Database) -> None:
    page = people.execute("MATCH (a)-[r]->(b) RETURN a, r, b")._repr_html_()
    found = re.search(r"draw\(document\.getElementById\(\"[^\"]+\"\), (\{.*?\})\);\}\)\(\)", page)
    assert found is not None
    graph = json.loads(found[1])
    assert {node["title"] for node in graph["nodes"]} == {"Ada", "Charles", "Sketch"}
    assert {edge["title"] for edge in graph["edges"]} == {"KNOWS", "WROTE"}
    assert "http" not in page.replace("http://www.w3.org", "")


def test_statements_without_rows(db: nendb.Database) -> None:
    assert "1 nodes created" in db.execute("CREATE (:A)")._repr_html_()
    assert "no changes" in db.execute("MATCH (n:None) SET n.x = 1")._repr_html_()
    assert repr(db.execute("RETURN 1 AS x")) == "<Result of 1 columns: x>"
