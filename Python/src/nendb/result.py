"""The result of a statement: rows, frames, Arrow, graphs, and what notebooks show."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nendb import frames, graphs, html
from nendb.errors import InterfaceError
from nendb.rows import Row, row_type

if TYPE_CHECKING:
    import networkx
    import pandas
    import polars
    import pyarrow
    import torch_geometric.data

    from nendb import _nendb

__all__ = ["Counters", "Notification", "Result"]

_BATCH = 2_048


@dataclass(frozen=True, slots=True)
class Counters:
    """What a statement changed."""

    nodes_created: int = 0
    nodes_deleted: int = 0
    relationships_created: int = 0
    relationships_deleted: int = 0
    labels_added: int = 0
    labels_removed: int = 0
    properties_set: int = 0

    @property
    def contains_updates(self) -> bool:
        """Whether anything was changed."""
        return self != _NO_CHANGE

    def __str__(self) -> str:
        names = self.__dataclass_fields__
        parts = [
            f"{getattr(self, name)} {name.replace('_', ' ')}"
            for name in names
            if getattr(self, name)
        ]
        return ", ".join(parts) or "no changes"


_NO_CHANGE = Counters()


@dataclass(frozen=True, slots=True)
class Notification:
    """A remark about a statement that is legal but dubious, old, or without effect."""

    code: str
    message: str
    hint: str | None
    line: int | None
    column: int | None


class Result(Iterator[Row]):
    """The rows of a statement, computed while they are read, each of them once.

    >>> for name, age in db.execute("MATCH (p:Person) RETURN p.name, p.age"):
    ...     print(name, age)

    A result goes on when its database, its transaction or its session is closed. It may be given
    to another thread, but not be read by two at once.
    """

    __slots__ = ("_handle", "_row_type", "_rows", "_seen")

    def __init__(self, handle: _nendb.Result) -> None:
        self._handle = handle
        self._row_type = row_type(handle.columns)
        self._rows: deque[Row] = deque()
        self._seen = 0

    # Rows.

    @property
    def columns(self) -> list[str]:
        """The names of the columns; empty for a statement that returns nothing."""
        return list(self._handle.columns)

    def keys(self) -> list[str]:
        """The names of the columns, as the Neo4j driver calls them."""
        return self.columns

    def get_column_names(self) -> list[str]:
        """The names of the columns, as Kuzu calls them."""
        return self.columns

    def __iter__(self) -> Iterator[Row]:
        while self._rows or self._advance():
            yield self._rows.popleft()

    def __next__(self) -> Row:
        if self._rows or self._advance():
            return self._rows.popleft()
        raise StopIteration

    def _advance(self) -> bool:
        """Fetches the next rows; whether there are any."""
        self._rows.extend(self._handle.fetch(_BATCH, self._row_type))
        self._seen += len(self._rows)
        return bool(self._rows)

    def fetchone(self) -> Row | None:
        """The next row; None behind the last."""
        return next(self, None)

    def fetchmany(self, size: int = 1) -> list[Row]:
        """The next rows, at most `size`; empty behind the last."""
        rows: list[Row] = []
        while len(rows) < size:
            row = next(self, None)
            if row is None:
                break
            rows.append(row)
        return rows

    def fetchall(self) -> list[Row]:
        """All rows that are left."""
        rows = list(self._rows)
        self._rows.clear()
        rest: list[Row] = self._handle.fetch(-1, self._row_type)
        self._seen += len(rest)
        return rows + rest if rows else rest

    def get_all(self) -> list[Row]:
        """All rows that are left, as Kuzu calls it."""
        return self.fetchall()

    def has_next(self) -> bool:
        """Whether there are more rows, as Kuzu asks it."""
        return bool(self._rows) or self._advance()

    def get_next(self) -> Row:
        """The next row, as Kuzu calls it.

        Raises:
            InterfaceError: there is none; ask `has_next()` before.
        """
        row = next(self, None)
        if row is None:
            raise InterfaceError(
                "The result has no more rows.", hint="Ask `has_next()`, or iterate over it."
            )
        return row

    def single(self, strict: bool = True) -> Row | None:
        """The only row.

        Raises:
            InterfaceError: there is none, or more than one; with `strict=False` the first row or
                None is given instead.
        """
        rows = self.fetchmany(2)
        if len(rows) == 1 or not strict:
            if len(rows) > 1:
                self.close()
            return rows[0] if rows else None
        found = "no row" if not rows else "more than one row"
        self.close()
        raise InterfaceError(
            f"The result has {found}, and `single()` wants exactly one.",
            hint="Use `single(strict=False)`, `fetchone()`, or LIMIT 1.",
        )

    def value(self, key: int | str = 0, default: Any = None) -> list[Any]:
        """One column of all rows that are left, by place or name."""
        return [row.value(key, default) for row in self.fetchall()]

    def values(self, *keys: int | str) -> list[list[Any]]:
        """All rows that are left as lists, of the columns named or of all of them."""
        if not keys:
            return [list(row) for row in self.fetchall()]
        return [[row.value(key) for key in keys] for row in self.fetchall()]

    def scalar(self) -> Any:
        """The value of a result of one row and one column.

        Raises:
            InterfaceError: it has another shape.
        """
        row = self.single()
        if row is None or len(row) != 1:
            raise InterfaceError(
                f"The result has {len(self.columns)} columns, and `scalar()` wants one.",
                hint="Return one value, or use `single()`.",
            )
        return row[0]

    def data(self) -> list[dict[str, Any]]:
        """All rows that are left as dicts; nodes and relationships as dicts of properties."""
        return [row.data() for row in self.fetchall()]

    # What the statement did.

    @property
    def counters(self) -> Counters:
        """What the statement changed."""
        return Counters(*self._handle.counters)

    @property
    def notifications(self) -> list[Notification]:
        """Remarks about the statement."""
        return [Notification(*fields) for fields in self._handle.notifications]

    def consume(self) -> Counters:
        """Gives up the rows that are left; what the statement changed."""
        counters = self.counters
        self.close()
        return counters

    def close(self) -> None:
        """Gives up the rows that are left, and with them the result's snapshot and memory."""
        self._rows.clear()
        self._handle.close()

    def __enter__(self) -> Result:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Arrow and frames.

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """The rows that are left as an Arrow stream (the PyCapsule protocol)."""
        self._check_unread()
        return self._handle.arrow(0)

    def __arrow_c_schema__(self) -> object:
        """The schema of the rows (the PyCapsule protocol), which stay to be taken."""
        self._check_unread()
        return self._handle.schema()

    def _check_unread(self) -> None:
        if self._seen:
            raise InterfaceError(
                "Rows of this result were read already, so it is no complete table any more.",
                hint="Run the statement again, and take the Arrow stream or the frame first.",
            )

    def fetch_record_batch(self, rows_per_batch: int = 0) -> pyarrow.RecordBatchReader:
        """A reader of record batches; needs pyarrow."""
        return frames.record_batch_reader(self, self._handle, rows_per_batch)

    def arrow(self) -> pyarrow.Table:
        """All rows as a table of pyarrow."""
        return frames.arrow_table(self)

    def df(self) -> pandas.DataFrame:
        """All rows as a DataFrame of pandas; faster, and with exact types, where pyarrow is."""
        return frames.pandas_frame(self)

    to_pandas = df
    to_df = df
    get_as_df = df
    fetchdf = df
    to_arrow = arrow
    get_as_arrow = arrow

    def pl(self) -> polars.DataFrame:
        """All rows as a DataFrame of polars."""
        return frames.polars_frame(self)

    get_as_pl = pl
    to_polars = pl

    # Graphs.

    def graph(self) -> graphs.Graph:
        """All nodes and relationships in the rows that are left, each once."""
        return graphs.Graph.of_rows(self.fetchall())

    def to_networkx(self, directed: bool = True) -> networkx.MultiGraph[int]:
        """The graph in the rows that are left, for NetworkX."""
        return graphs.to_networkx(self.graph(), directed)

    get_as_networkx = to_networkx

    def to_pyg(self) -> torch_geometric.data.HeteroData:
        """The graph in the rows that are left, for PyTorch Geometric."""
        return graphs.to_pyg(self.graph())

    get_as_torch_geometric = to_pyg

    # Display.

    def _repr_html_(self) -> str:
        """What a notebook shows: a table, and a drawing of the graph if there is one. The rows
        stay to be read."""
        rows = self._handle.peek(html.ROWS_MAX + 1, self._row_type)
        return html.render(self.columns, rows, str(self.counters) if not self.columns else "")

    def __repr__(self) -> str:
        if not self.columns:
            return f"<Result: {self.counters}>"
        return f"<Result of {len(self.columns)} columns: {', '.join(self.columns)}>"
