"""Databases, transactions and prepared statements."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from nendb import _nendb, functions, loading
from nendb.cursor import Cursor
from nendb.errors import InterfaceError, TransactionError
from nendb.result import Counters, Result

if TYPE_CHECKING:
    import networkx

__all__ = ["Database", "PreparedStatement", "Transaction", "connect", "query"]

Parameters = Mapping[str, Any]
_Function = TypeVar("_Function", bound=Callable[..., Any])


def connect(
    path: str | os.PathLike[str] = ":memory:",
    read_only: bool = False,
    memory_budget: int | None = None,
    threads: int | None = None,
    *,
    must_exist: bool = False,
    durability: str = "full",
    busy_timeout: float = 5.0,
    memory_limit: int | None = None,
    files: Sequence[str | os.PathLike[str]] = (),
) -> Database:
    """Opens a database, or makes a new one where there is none.

    >>> with nendb.connect("social.nen") as db:
    ...     db.execute("CREATE (:Person {name: $name})", {"name": "Ada"})
    ...     for row in db.execute("MATCH (p:Person) RETURN p.name AS name"):
    ...         print(row.name)

    Args:
        path: The file of the database; `:memory:`, the default, is a new one in memory.
        read_only: Refuse everything that writes. The file must be there.
        memory_budget: Bytes that one statement may hold; half of the machine's memory if not
            given. What sorts and groups goes to temporary files beyond it; what cannot fails with
            `MemoryLimitExceeded` and has changed nothing.
        threads: Threads that one statement may use; all cores if not given.
        must_exist: Fail where there is no database yet.
        durability: `full` (a commit survives a crash of the machine), `normal` (of the process),
            or `off`.
        busy_timeout: Seconds that a writer waits for another one before `DatabaseBusy`.
        memory_limit: Bytes that all statements of the database may hold together.
        files: Directories that LOAD CSV and COPY may reach; none if not given.

    Returns:
        The database: usable from several threads, closed by `close()` or at the end of `with`.

    Raises:
        nendb.Error: The file cannot be opened; the text says why and what to do.
    """
    return Database(
        path,
        read_only=read_only,
        memory_budget=memory_budget,
        threads=threads,
        must_exist=must_exist,
        durability=durability,
        busy_timeout=busy_timeout,
        memory_limit=memory_limit,
        files=files,
    )


class Database:
    """An open database; `nendb.connect` makes it. Several threads may use it at once: each
    statement sees one state of the graph, and there is one writer at a time."""

    def __init__(
        self,
        path: str | os.PathLike[str] = ":memory:",
        *,
        read_only: bool = False,
        memory_budget: int | None = None,
        threads: int | None = None,
        must_exist: bool = False,
        durability: str = "full",
        busy_timeout: float = 5.0,
        memory_limit: int | None = None,
        files: Sequence[str | os.PathLike[str]] = (),
    ) -> None:
        self.path = os.fspath(path)
        self.read_only = read_only
        self._handle = _nendb.Database(
            self.path,
            {
                "read_only": read_only,
                "must_exist": must_exist,
                "memory_budget": memory_budget,
                "threads": threads,
                "durability": durability,
                "busy_timeout": int(busy_timeout * 1_000),
                "memory_limit": memory_limit,
                "files": [os.fspath(place) for place in files],
            },
        )
        self._writers: weakref.WeakValueDictionary[int, Transaction] = weakref.WeakValueDictionary()
        self._cursors: weakref.WeakSet[Cursor] = weakref.WeakSet()

    # Statements.

    def execute(
        self,
        statement: str,
        parameters: Parameters | None = None,
        *,
        timeout: float | None = None,
    ) -> Result:
        """Runs one statement, in a transaction of its own.

        >>> db.execute("MATCH (p:Person) WHERE p.age >= $min RETURN p.name", {"min": 18}).df()

        Args:
            statement: NQL, with parameters as `$name`.
            parameters: Their values: None, bool, int, float, str, lists, dicts, the types of
                `datetime`, `Duration`, `Point`, arrays of NumPy, dataclasses, models of pydantic.
            timeout: Seconds after which the statement ends with `Interrupted` and has changed
                nothing.

        Raises:
            nendb.Error: The statement failed; it has changed nothing then.
        """
        if self._writers:
            self._refuse_second_writer()
        session = self._handle.session()
        if timeout is not None:
            session.limit(max(1, int(timeout * 1_000)))
        handle = session.execute(statement, parameters)
        if session.in_transaction:
            raise TransactionError(
                "`execute` of a database runs each statement in a transaction of its own, so BEGIN "
                "has no effect.",
                hint="Write `with db.write() as tx:`, or execute BEGIN by a cursor: `db.cursor()`.",
            )
        return Result(handle)

    sql = execute
    query = execute

    def prepare(self, statement: str) -> PreparedStatement:
        """A statement to be run many times: its plan and memory are kept between runs.

        >>> by_id = db.prepare("MATCH (p:Person {id: $id}) RETURN p.name")
        >>> by_id(id=7).scalar()
        """
        session = self._handle.session()
        return PreparedStatement(session.prepare(statement), statement)

    # Transactions.

    def transaction(self, read_only: bool = False) -> Transaction:
        """Begins a transaction that `commit()` or `rollback()` ends; as a context manager it
        commits, or rolls back where an exception leaves the block."""
        if not read_only:
            self._refuse_second_writer()
        session = self._handle.session()
        session.begin(not read_only)
        return Transaction(self, session, writes=not read_only)

    def write(self) -> Transaction:
        """`with db.write() as tx:` is one transaction: all of it or, where an exception leaves the
        block, nothing."""
        return self.transaction()

    def read(self) -> Transaction:
        """`with db.read() as snapshot:` is one state of the graph for several statements."""
        return self.transaction(read_only=True)

    def _refuse_second_writer(self) -> None:
        """A thread that waited for its own transaction would wait for ever."""
        if threading.get_ident() in self._writers:
            raise TransactionError(
                "This thread has an open write transaction of this database.",
                hint="Use its `tx.execute(…)`, or commit it first.",
            )

    # PEP 249.

    def cursor(self) -> Cursor:
        """A cursor as PEP 249 describes it."""
        cursor = Cursor(self._handle.session(), self)
        self._cursors.add(cursor)
        return cursor

    def commit(self) -> None:
        """Commits the transactions that cursors have begun with BEGIN; statements outside of one
        are committed already."""
        for cursor in list(self._cursors):
            cursor._end(commit=True)

    def rollback(self) -> None:
        """Undoes the transactions that cursors have begun with BEGIN."""
        for cursor in list(self._cursors):
            cursor._end(commit=False)

    # Bulk.

    def load(
        self,
        data: Any,
        *,
        nodes: str | Sequence[str] | None = None,
        relationships: str | None = None,
        source: str | None = None,
        target: str | None = None,
        source_column: str = "source",
        target_column: str = "target",
    ) -> int:
        """Appends a table as nodes or as relationships, a row each, at the speed of an import.

        >>> db.load(people, nodes="Person")
        >>> db.load(knows, relationships="KNOWS", source="Person.id", target="Person.id")

        Args:
            data: A DataFrame of pandas or polars, a table of pyarrow or DuckDB or anything that
                speaks the Arrow protocol, a dict of columns (lists or arrays of NumPy), a list of
                dicts, the path of a Parquet file (needs pyarrow), or for relationships also a list
                of pairs.
            nodes: The label of the new nodes, or several; columns become properties.
            relationships: The type of the new relationships between nodes that are there.
            source: Label and property, such as `Person.id`, that tell the node a relationship
                leads from. Have an index or a unique constraint on it.
            target: The same for the node it leads to.
            source_column: The column that holds the values for `source`.
            target_column: The column that holds the values for `target`.

        Returns:
            How many nodes or relationships were made: all rows, or none where it fails.
        """
        with self.write() as transaction:
            return transaction.load(
                data,
                nodes=nodes,
                relationships=relationships,
                source=source,
                target=target,
                source_column=source_column,
                target_column=target_column,
            )

    def load_networkx(self, graph: networkx.Graph[Any]) -> Counters:
        """Appends a graph of NetworkX: see `nendb.from_networkx`."""
        return loading.load_networkx(self, graph)

    # Functions.

    def create_function(
        self,
        name: str,
        function: Callable[..., Any],
        parameters: Sequence[str] | None = None,
        returns: str | None = None,
    ) -> None:
        """Makes a Python function one of NQL.

        >>> db.create_function("slug", lambda text: text.lower(), ["STRING"], "STRING")
        >>> db.execute("RETURN slug('Ada') AS slug")

        Args:
            name: Its name in NQL.
            function: Called once for each row; with None only where a parameter's type says `?`.
            parameters: NQL's types, such as `STRING` or `LIST<INTEGER>`; the annotations of the
                function if not given.
            returns: The type of its result; the annotation if not given.
        """
        types, result = functions.signature(name, function, parameters, returns)
        self._handle.register_function(name, types, result, function)

    def function(self, function: _Function) -> _Function:
        """A decorator that makes an annotated function one of NQL under its own name."""
        self.create_function(function.__name__, function)
        return function

    # Life.

    def interrupt(self) -> None:
        """Ends the statements that other threads are running here; they raise `Interrupted` and
        have changed nothing."""
        self._handle.interrupt()

    @property
    def closed(self) -> bool:
        """Whether it was closed."""
        return self._handle.closed

    def close(self) -> None:
        """Closes the database. Transactions that are open are undone; results that are being read
        stay readable."""
        for transaction in list(self._writers.values()):
            transaction.rollback()
        self._handle.close()

    def __enter__(self) -> Database:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        state = " (closed)" if self.closed else " (read only)" if self.read_only else ""
        return f"<nendb.Database {self.path!r}{state}>"

    def __reduce__(self) -> str:
        raise InterfaceError(
            "A database cannot be pickled or sent to another process.",
            hint="Send its path, and open it there.",
        )


class Transaction:
    """A transaction: several statements that see one state of the graph and take effect together.
    Made by `db.write()`, `db.read()` and `db.transaction()`."""

    def __init__(self, database: Database, session: _nendb.Session, writes: bool) -> None:
        self._database = database
        self._session = session
        self._thread = threading.get_ident()
        self._open = True
        if writes:
            database._writers[self._thread] = self

    def execute(self, statement: str, parameters: Parameters | None = None) -> Result:
        """Runs one statement in the transaction; where it fails the transaction goes on as it was
        before it."""
        return Result(self._running().execute(statement, parameters))

    run = execute
    sql = execute
    query = execute

    def load(
        self,
        data: Any,
        *,
        nodes: str | Sequence[str] | None = None,
        relationships: str | None = None,
        source: str | None = None,
        target: str | None = None,
        source_column: str = "source",
        target_column: str = "target",
    ) -> int:
        """As `Database.load`, within the transaction."""
        return loading.load(
            self._running(),
            data,
            nodes,
            relationships,
            (source, source_column),
            (target, target_column),
        )

    def interrupt(self) -> None:
        """Ends the statement that another thread is running in the transaction."""
        self._session.interrupt()

    @property
    def closed(self) -> bool:
        """Whether it was committed or rolled back."""
        return not self._open

    def commit(self) -> None:
        """Makes its changes durable and visible."""
        session = self._running()
        self._finish()
        session.commit()

    def rollback(self) -> None:
        """Undoes its changes; nothing happens when it has ended already."""
        if self._open:
            self._finish()
            self._session.rollback()

    def _running(self) -> _nendb.Session:
        if not self._open:
            raise TransactionError(
                "The transaction has ended already.", hint="Begin another one: `db.write()`."
            )
        return self._session

    def _finish(self) -> None:
        self._open = False
        if self._database._writers.get(self._thread) is self:
            del self._database._writers[self._thread]

    def __enter__(self) -> Transaction:
        self._running()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if not self._open:
            return
        if kind is None:
            self.commit()
        else:
            self.rollback()

    def __del__(self) -> None:
        if getattr(self, "_open", False):
            self._finish()

    def __repr__(self) -> str:
        return f"<nendb.Transaction ({'open' if self._open else 'ended'})>"


class PreparedStatement:
    """A statement that is run many times; made by `db.prepare`. For one thread at a time."""

    __slots__ = ("_execute", "statement")

    def __init__(self, handle: _nendb.Statement, statement: str) -> None:
        self._execute = handle.execute
        self.statement = statement

    def execute(self, parameters: Parameters | None = None) -> Result:
        """Runs it with these values."""
        return Result(self._execute(parameters))

    def __call__(self, **parameters: Any) -> Result:
        """Runs it with these values."""
        return Result(self._execute(parameters))

    def __repr__(self) -> str:
        return f"<nendb.PreparedStatement {self.statement!r}>"


_default: Database | None = None
_default_lock = threading.Lock()


def query(statement: str, parameters: Parameters | None = None) -> Result:
    """Runs one statement on a database in memory that belongs to this process.

    >>> nendb.query("UNWIND range(1, 3) AS i RETURN i, i * i AS square").df()
    """
    global _default
    with _default_lock:
        if _default is None or _default.closed:
            _default = Database()
    return _default.execute(statement, parameters)
