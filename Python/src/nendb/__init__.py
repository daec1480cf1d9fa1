"""NenDB: an embedded property-graph database, queried in NQL, a Cypher-like language.

>>> import nendb
>>> db = nendb.connect("social.nen")
>>> db.execute("CREATE (:Person {name: $name, age: $age})", {"name": "Ada", "age": 36})
>>> for row in db.execute("MATCH (p:Person) RETURN p.name AS name, p.age AS age"):
...     print(row.name, row.age)
>>> db.execute("MATCH (p:Person) RETURN p").df()

`connect` opens a database and tells what it can do; `query` runs a statement in memory.
"""

from nendb._nendb import version as _version
from nendb.cursor import Cursor
from nendb.database import Database, PreparedStatement, Transaction, connect, query
from nendb.entities import Node, Path, Relationship
from nendb.errors import (
    DatabaseBusy,
    DatabaseError,
    DataError,
    Error,
    IntegrityError,
    InterfaceError,
    InternalError,
    Interrupted,
    MemoryLimitExceeded,
    NotSupportedError,
    NQLSyntaxError,
    NQLTypeError,
    OperationalError,
    ProgrammingError,
    TransactionError,
    Warning,
)
from nendb.graphs import Graph
from nendb.loading import from_networkx
from nendb.result import Counters, Notification, Result
from nendb.rows import Row
from nendb.values import Duration, Point, Temporal

__version__: str = _version()

# PEP 249. Statements have their parameters as `$name`; PEP 249 has no word for that, `named` is
# the nearest: values are given by name.
apilevel = "2.0"
threadsafety = 2
paramstyle = "named"

__all__ = [
    "Counters",
    "Cursor",
    "DataError",
    "Database",
    "DatabaseBusy",
    "DatabaseError",
    "Duration",
    "Error",
    "Graph",
    "IntegrityError",
    "InterfaceError",
    "InternalError",
    "Interrupted",
    "MemoryLimitExceeded",
    "NQLSyntaxError",
    "NQLTypeError",
    "Node",
    "NotSupportedError",
    "Notification",
    "OperationalError",
    "Path",
    "Point",
    "PreparedStatement",
    "ProgrammingError",
    "Relationship",
    "Result",
    "Row",
    "Temporal",
    "Transaction",
    "TransactionError",
    "Warning",
    "apilevel",
    "connect",
    "from_networkx",
    "paramstyle",
    "query",
    "threadsafety",
]
