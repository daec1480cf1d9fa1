"""The types of NQL for functions written in Python, taken from annotations."""

from __future__ import annotations

import datetime
import inspect
import types
import typing
from collections.abc import Callable, Sequence
from typing import Any

from nendb.errors import InterfaceError
from nendb.values import Duration, Point

_NAMES: dict[Any, str] = {
    bool: "BOOLEAN",
    int: "INTEGER",
    float: "FLOAT",
    str: "STRING",
    list: "LIST<ANY>",
    dict: "MAP",
    datetime.date: "DATE",
    datetime.time: "LOCAL TIME",
    datetime.datetime: "ZONED DATETIME",
    datetime.timedelta: "DURATION",
    Duration: "DURATION",
    Point: "POINT",
    Any: "ANY",
}


def signature(
    name: str,
    function: Callable[..., Any],
    parameters: Sequence[str] | None,
    returns: str | None,
) -> tuple[list[str], str]:
    """The types of a function's parameters and of its result."""
    if parameters is not None and returns is not None:
        return list(parameters), returns
    try:
        hints = typing.get_type_hints(function)
    except NameError as cause:
        raise _unknown(name, str(cause)) from cause
    if parameters is None:
        names = [
            parameter.name
            for parameter in inspect.signature(function).parameters.values()
            if parameter.default is parameter.empty
        ]
        missing = [parameter for parameter in names if parameter not in hints]
        if missing:
            raise _unknown(name, f"parameter `{missing[0]}` has no annotation")
        parameters = [_type(name, hints[parameter]) for parameter in names]
    if returns is None:
        if "return" not in hints:
            raise _unknown(name, "the result has no annotation")
        returns = _type(name, hints["return"])
    return list(parameters), returns


def _type(name: str, annotation: Any) -> str:
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (typing.Union, types.UnionType):
        rest = [argument for argument in arguments if argument is not type(None)]
        if len(rest) == 1:
            return _type(name, rest[0]) + "?"
    if origin is list and len(arguments) == 1:
        return f"LIST<{_type(name, arguments[0])}>"
    found = _NAMES.get(origin or annotation)
    if found is None:
        raise _unknown(name, f"the annotation {annotation!r} is no type of NQL")
    return found


def _unknown(name: str, why: str) -> InterfaceError:
    return InterfaceError(
        f"The types of the function `{name}` are not known: {why}.",
        hint='Give them: create_function(name, function, ["STRING", "INTEGER?"], "STRING").',
    )
