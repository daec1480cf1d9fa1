"""Bulk loading: tables of any package, and graphs of NetworkX, without a statement for each row."""

from __future__ import annotations

import os
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from nendb import _nendb
from nendb.errors import InterfaceError
from nendb.frames import needed
from nendb.result import Counters

if TYPE_CHECKING:
    import networkx

    from nendb.database import Database

_REMEDY = (
    "Pass a DataFrame of pandas or polars, a table of pyarrow, a dict of columns, or a list of "
    "dicts."
)


def load(
    session: _nendb.Session,
    data: Any,
    nodes: str | Sequence[str] | None,
    relationships: str | None,
    source: tuple[str | None, str],
    target: tuple[str | None, str],
) -> int:
    """Appends a table as nodes or relationships; see `Database.load`."""
    if (nodes is None) == (relationships is None):
        raise InterfaceError(
            "`load` makes either nodes or relationships.",
            hint='Write `nodes="Person"`, or `relationships="KNOWS", source="Person.id", …`.',
        )
    if nodes is not None:
        labels = [nodes] if isinstance(nodes, str) else list(nodes)
        return session.append_nodes(labels, arrow_stream(data, ()))
    assert relationships is not None
    ends = (_end("source", *source), _end("target", *target))
    stream = arrow_stream(data, (source[1], target[1]))
    return session.append_relationships(relationships, *ends, stream)


def _end(name: str, place: str | None, column: str) -> tuple[str, str, str]:
    """Label, property and column of one end of relationships."""
    label, dot, key = (place or "").rpartition(".")
    if not dot or not label or not key:
        raise InterfaceError(
            f"`{name}` is {place!r}, and relationships need to know their nodes.",
            hint=f'Write `{name}="Person.id"`: a label and a property of the nodes.',
        )
    return label, key, column


def arrow_stream(data: Any, pair: tuple[str, ...]) -> object:
    """The data as an object that speaks the Arrow protocol; `pair` names the columns of rows that
    have no names."""
    if hasattr(data, "__arrow_c_stream__") or hasattr(data, "__arrow_c_array__"):
        if type(data).__module__.startswith("pandas"):
            _check_pandas()
        return data
    if hasattr(data, "fetch_record_batch") or hasattr(data, "to_arrow_table"):
        return data.to_arrow_table() if hasattr(data, "to_arrow_table") else data.arrow()
    if isinstance(data, str | os.PathLike) and str(data).endswith(".parquet"):
        parquet: Any = needed("pyarrow.parquet", "Reading Parquet")
        return parquet.read_table(data)
    if type(data).__module__ == "numpy":
        data = _rows_of_numpy(data, pair)
    if isinstance(data, Mapping):
        columns = {str(name): _list(column) for name, column in data.items()}
        return _nendb.arrow_columns(columns)
    if isinstance(data, Iterable) and not isinstance(data, str | bytes):
        return _nendb.arrow_columns(_columns_of_rows(list(data), pair))
    raise InterfaceError(f"A {type(data).__name__} is no table.", hint=_REMEDY)


def _check_pandas() -> None:
    try:
        import pyarrow  # noqa: F401
    except ImportError:
        raise InterfaceError(
            "pandas gives its columns away by pyarrow, which is not installed.",
            hint='pip install pyarrow, or pass `frame.to_dict("list")`.',
        ) from None


def _rows_of_numpy(array: Any, pair: tuple[str, ...]) -> Any:
    """A structured array by its fields, one of two columns as pairs."""
    if array.dtype.names:
        return {name: array[name] for name in array.dtype.names}
    if pair and array.ndim == 2 and array.shape[1] == len(pair):
        return {name: array[:, place] for place, name in enumerate(pair)}
    raise InterfaceError(
        f"An array of shape {array.shape} has no names of columns.",
        hint='Pass `{"name": array}`, or a structured array.',
    )


def _list(column: Any) -> list[Any]:
    if (
        hasattr(column, "tolist")
        and type(column).__module__ == "numpy"
        and (column.dtype.kind in "biufUO")
    ):
        return column.tolist()  # type: ignore[no-any-return]
    return list(column)


def _columns_of_rows(rows: list[Any], pair: tuple[str, ...]) -> dict[str, list[Any]]:
    if all(isinstance(row, Mapping) for row in rows):
        names = dict.fromkeys(name for row in rows for name in row)
        return {str(name): [row.get(name) for row in rows] for name in names}
    if pair and all(isinstance(row, tuple | list) and len(row) == len(pair) for row in rows):
        return {name: [row[place] for row in rows] for place, name in enumerate(pair)}
    first = next(row for row in rows if not isinstance(row, Mapping))
    raise InterfaceError(f"A row of type {type(first).__name__} has no names.", hint=_REMEDY)


def from_networkx(graph: networkx.Graph[Any], path: str = ":memory:") -> Database:
    """A database of a graph of NetworkX, in memory if no path is given.

    Nodes get their `labels` (or `label`, else `Node`), and their key as the property `id`; edges
    their `type`, else `EDGE`; all other attributes become properties. Edges of an undirected graph
    lead from the end that NetworkX names first.

    >>> db = nendb.from_networkx(networkx.karate_club_graph())
    >>> db.execute("MATCH (n)-[:EDGE]-(m) RETURN n.id, count(*) AS degree ORDER BY degree DESC")
    """
    from nendb.database import Database

    database = Database(path)
    load_networkx(database, graph)
    return database


def load_networkx(database: Database, graph: networkx.Graph[Any]) -> Counters:
    """Appends the nodes and edges of a graph in one transaction."""
    kinds: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    label_of: dict[Hashable, str] = {}
    for key, attributes in graph.nodes(data=True):
        labels = _labels(attributes)
        label_of[key] = labels[0]
        rest = {k: v for k, v in attributes.items() if k not in ("labels", "label", "id")}
        kinds.setdefault(labels, []).append({"id": key, **rest})
    edges: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for start, end, attributes in graph.edges(data=True):
        name = str(attributes.get("type", "EDGE"))
        rest = {k: v for k, v in attributes.items() if k != "type"}
        row = {"__source__": start, "__target__": end, **rest}
        edges.setdefault((label_of[start], name, label_of[end]), []).append(row)
    with database.write() as transaction:
        for labels, rows in kinds.items():
            transaction.load(rows, nodes=labels)
        for (first, name, last), rows in edges.items():
            transaction.load(
                rows,
                relationships=name,
                source=f"{first}.id",
                target=f"{last}.id",
                source_column="__source__",
                target_column="__target__",
            )
    return Counters(
        nodes_created=graph.number_of_nodes(), relationships_created=graph.number_of_edges()
    )


def _labels(attributes: Mapping[str, Any]) -> tuple[str, ...]:
    labels = attributes.get("labels", attributes.get("label", "Node"))
    names = (labels,) if isinstance(labels, str) else tuple(map(str, labels))
    return names or ("Node",)
