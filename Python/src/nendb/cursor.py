"""Cursors as PEP 249 describes them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from nendb import _nendb
from nendb.errors import InterfaceError
from nendb.result import Result
from nendb.rows import Row

if TYPE_CHECKING:
    from nendb.database import Database

__all__ = ["Cursor"]


class Cursor(Iterator[Row]):
    """A line of statements with the rows of the last one. Each statement is committed by itself,
    but between BEGIN and COMMIT or ROLLBACK (or `db.commit()` and `db.rollback()`)."""

    def __init__(self, session: _nendb.Session, connection: Database) -> None:
        self._session: _nendb.Session | None = session
        self._result: Result | None = None
        self.connection = connection
        self.arraysize = 1
        self.rowcount = -1
        """Always -1: rows are computed while they are read."""

    def execute(
        self, operation: str, parameters: Mapping[str, Any] | Sequence[Any] | None = None
    ) -> Cursor:
        """Runs one statement; its parameters are `$name`, with values by name."""
        if parameters is not None and not isinstance(parameters, Mapping):
            raise InterfaceError(
                f"Parameters are a mapping, not a {type(parameters).__name__}.",
                hint="Write `$name` in the statement, and pass `{'name': value}`.",
            )
        session = self._running()
        self._result = None
        self._result = Result(session.execute(operation, parameters))
        return self

    def executemany(self, operation: str, parameters: Iterable[Mapping[str, Any]]) -> Cursor:
        """Runs one statement for each mapping of values, all of it in one transaction."""
        session = self._running()
        self._result = None
        own = not session.in_transaction
        if own:
            session.begin(True)
        try:
            statement = session.prepare(operation)
            for values in parameters:
                statement.execute(values).close()
        except BaseException:
            if own:
                session.rollback()
            raise
        if own:
            session.commit()
        return self

    @property
    def description(self) -> list[tuple[str, None, None, None, None, None, None]] | None:
        """The columns as PEP 249 describes them, with their names only; None without any."""
        if self._result is None or not self._result.columns:
            return None
        return [(name, None, None, None, None, None, None) for name in self._result.columns]

    @property
    def result(self) -> Result:
        """The result of the last statement, for all that PEP 249 has no word for."""
        if self._result is None:
            raise InterfaceError("There is no result.", hint="Call `execute` first.")
        return self._result

    def fetchone(self) -> Row | None:
        """The next row; None behind the last."""
        return self._rows().fetchone()

    def fetchmany(self, size: int | None = None) -> list[Row]:
        """The next `size` rows, or `arraysize` of them."""
        return self._rows().fetchmany(self.arraysize if size is None else size)

    def fetchall(self) -> list[Row]:
        """All rows that are left."""
        return self._rows().fetchall()

    def __iter__(self) -> Cursor:
        return self

    def __next__(self) -> Row:
        return next(self._rows())

    def _rows(self) -> Result:
        self._running()
        if self._result is None or not self._result.columns:
            raise InterfaceError(
                "There are no rows to fetch.", hint="Execute a statement that returns some first."
            )
        return self._result

    def _running(self) -> _nendb.Session:
        if self._session is None:
            raise InterfaceError("The cursor is closed.", hint="Make another: `db.cursor()`.")
        return self._session

    def _end(self, commit: bool) -> None:
        """Ends the transaction that the cursor has begun, if it has."""
        if self._session is not None and self._session.in_transaction:
            if commit:
                self._session.commit()
            else:
                self._session.rollback()

    def setinputsizes(self, sizes: object) -> None:
        """Nothing, as PEP 249 allows."""

    def setoutputsize(self, size: int, column: int | None = None) -> None:
        """Nothing, as PEP 249 allows."""

    def close(self) -> None:
        """Gives up its rows; a transaction that it has begun is undone."""
        self._end(commit=False)
        if self._result is not None:
            self._result.close()
        self._session = self._result = None

    def __enter__(self) -> Cursor:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
