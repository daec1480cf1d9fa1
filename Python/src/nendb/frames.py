"""Results as tables of other packages, none of which is required: pyarrow, pandas, polars.

All of them read the Arrow stream of the result (the PyCapsule protocol), without copying.
"""

from __future__ import annotations

import importlib
import importlib.util
from types import ModuleType
from typing import TYPE_CHECKING, Any

from nendb.errors import InterfaceError

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow

    from nendb import _nendb
    from nendb.result import Result


def needed(name: str, what: str) -> ModuleType:
    """The module, or an error that says how to get it."""
    try:
        return importlib.import_module(name)
    except ImportError as cause:
        package = name.partition(".")[0].replace("_", "-")
        raise InterfaceError(
            f"{what} needs the package `{package}`, which is not installed.",
            hint=f"pip install {package}",
        ) from cause


class _Stream:
    """An object that gives away one capsule."""

    def __init__(self, capsule: object) -> None:
        self._capsule = capsule

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self._capsule


def record_batch_reader(
    result: Result, handle: _nendb.Result, rows_per_batch: int
) -> pyarrow.RecordBatchReader:
    """A reader of batches of so many rows; 0 for what suits the engine."""
    pa: Any = needed("pyarrow", "`fetch_record_batch()`")
    result._check_unread()
    stream: Any = _Stream(handle.arrow(rows_per_batch)) if rows_per_batch else result
    return pa.RecordBatchReader.from_stream(stream)


def arrow_table(result: Result) -> pyarrow.Table:
    """All rows as a table."""
    pa: Any = needed("pyarrow", "`arrow()`")
    return pa.RecordBatchReader.from_stream(result).read_all()


def pandas_frame(result: Result) -> pandas.DataFrame:
    """All rows as a DataFrame."""
    pd: Any = needed("pandas", "`df()`")
    if importlib.util.find_spec("pyarrow") is None:
        return pd.DataFrame.from_records(result.fetchall(), columns=result.columns)
    table = arrow_table(result)
    return table.to_pandas(split_blocks=True, self_destruct=True)


def polars_frame(result: Result) -> polars.DataFrame:
    """All rows as a DataFrame."""
    pl: Any = needed("polars", "`pl()`")
    return pl.DataFrame(result)
