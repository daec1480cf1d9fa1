"""Values that are no parameters as they are, brought to a form that the extension takes.

The extension takes None, bool, int, float, str, list, tuple, dict, the types of `datetime`, and
`Duration`, `Point` and `Temporal` by itself; for anything else it asks `adapt`, and takes what that
gives.
"""

from __future__ import annotations

import dataclasses
import decimal
import enum
import uuid
from collections.abc import Mapping, Sequence, Set
from typing import Any

from nendb.entities import Node, Path, Relationship
from nendb.errors import InterfaceError
from nendb.values import Duration, Temporal


def adapt(value: Any) -> Any:
    """The value as one of the types that the extension takes, or as one that is nearer to them.

    Raises:
        InterfaceError: NQL has no such value; the error says what to pass instead.
    """
    if isinstance(value, Node | Relationship | Path):
        kind = type(value).__name__
        raise InterfaceError(
            f"A {kind} cannot be a parameter.",
            hint="Pass its `id` and match by `WHERE id(x) = $id`, or `dict(x)` for its properties.",
        )
    if isinstance(value, enum.Enum):
        return value.value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
    if hasattr(value, "model_dump"):
        return value.model_dump()
    if hasattr(value, "to_datetime64"):
        return _of_pandas(value)
    if type(value).__module__ == "numpy":
        return _of_numpy(value)
    if hasattr(value, "to_pylist"):
        return value.to_pylist()
    if hasattr(value, "as_py"):
        return value.as_py()
    if hasattr(value, "tolist"):
        return value.tolist()
    if hasattr(value, "to_list"):
        return value.to_list()
    if isinstance(value, Mapping):
        return dict(value)
    if type(value).__name__ == "NAType":
        return None
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray | memoryview):
        return list(value)
    raise _no_counterpart(value)


def _no_counterpart(value: Any) -> InterfaceError:
    kind = type(value)
    place = "" if kind.__module__ == "builtins" else f"{kind.__module__}."
    name = place + kind.__qualname__
    if isinstance(value, bytes | bytearray | memoryview):
        hint = "NQL has no bytes: pass `base64.b64encode(value).decode()`, or `list(value)`."
    elif isinstance(value, decimal.Decimal):
        hint = "NQL has no decimals: pass `float(value)`, or `str(value)` to keep all digits."
    elif isinstance(value, uuid.UUID):
        hint = "Pass `str(value)`."
    elif isinstance(value, Set):
        hint = "Pass `list(value)` or `sorted(value)`."
    elif isinstance(value, complex):
        hint = "Pass `[value.real, value.imag]`."
    else:
        hint = (
            "Pass None, bool, int, float, str, list, dict, a value of `datetime`, Duration, Point, "
            "an array of NumPy, a dataclass or a model of pydantic."
        )
    return InterfaceError(f"A value of type `{name}` cannot be a parameter.", hint=hint)


def _of_pandas(value: Any) -> Any:
    """A `pandas.Timestamp`, which has nanoseconds."""
    if value != value:
        return None
    if value.nanosecond == 0:
        return value.to_pydatetime()
    seconds, nanosecond = divmod(value.value, 1_000_000_000)
    if value.tzinfo is None:
        return Temporal("local_datetime", seconds=seconds, nanosecond=nanosecond)
    offset = value.utcoffset().total_seconds()
    zone = getattr(value.tzinfo, "key", None) or getattr(value.tzinfo, "zone", None)
    return Temporal(
        "datetime", seconds=seconds, nanosecond=nanosecond, offset=int(offset), zone=zone
    )


def _of_numpy(value: Any) -> Any:
    """An array or a scalar of NumPy."""
    kind = value.dtype.kind
    if kind not in "mM":
        return value.tolist()
    if getattr(value, "ndim", 0):
        return [_of_numpy(inner) for inner in value]
    if value != value:
        return None
    if "[ns]" not in value.dtype.str:
        return value.item()
    seconds, nanosecond = divmod(int(value.astype("int64")), 1_000_000_000)
    if kind == "m":
        return Duration(0, 0, seconds, nanosecond)
    return Temporal("local_datetime", seconds=seconds, nanosecond=nanosecond)
