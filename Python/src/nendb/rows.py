"""Rows of a result: tuples that know the names of their columns."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, ClassVar, SupportsIndex, overload

from nendb.entities import Entity, Path

__all__ = ["Row"]


class Row(tuple[Any, ...]):
    """A row: a tuple, whose values are also reached by name, `row["name"]` or `row.name`.

    A column that has the name of a method, such as `count`, is reached by `row["count"]`.
    """

    __slots__ = ()
    _names: ClassVar[tuple[str, ...]] = ()
    _positions: ClassVar[dict[str, int]] = {}

    @overload
    def __getitem__(self, key: SupportsIndex) -> Any: ...
    @overload
    def __getitem__(self, key: slice) -> tuple[Any, ...]: ...
    @overload
    def __getitem__(self, key: str) -> Any: ...
    def __getitem__(self, key: SupportsIndex | slice | str) -> Any:
        if isinstance(key, str):
            try:
                return tuple.__getitem__(self, self._positions[key])
            except KeyError:
                raise KeyError(f"no column {key!r}; {self._known()}") from None
        return tuple.__getitem__(self, key)

    def __getattr__(self, name: str) -> Any:
        try:
            return tuple.__getitem__(self, self._positions[name])
        except KeyError:
            raise AttributeError(f"no column {name!r}; {self._known()}") from None

    @classmethod
    def _known(cls) -> str:
        return "the columns are: " + ", ".join(map(repr, cls._names))

    def keys(self) -> list[str]:
        """The names of the columns."""
        return list(self._names)

    def values(self) -> list[Any]:
        """The values."""
        return list(self)

    def items(self) -> list[tuple[str, Any]]:
        """Names and values."""
        return list(zip(self._names, self, strict=True))

    def get(self, key: str, default: Any = None) -> Any:
        """The value of a column, or `default` where there is no such column."""
        position = self._positions.get(key)
        return default if position is None else tuple.__getitem__(self, position)

    def value(self, key: int | str = 0, default: Any = None) -> Any:
        """One value, by place or by name."""
        if isinstance(key, str):
            return self.get(key, default)
        return tuple.__getitem__(self, key) if key < len(self) else default

    def data(self) -> dict[str, Any]:
        """The row as a dict of plain values: nodes and relationships as dicts of properties."""
        return {name: _plain(value) for name, value in zip(self._names, self, strict=True)}

    def __repr__(self) -> str:
        return "<Row " + " ".join(f"{name}={value!r}" for name, value in self.items()) + ">"

    def __reduce__(self) -> tuple[object, ...]:
        return (_row, (self._names, tuple(self)))


def _plain(value: Any) -> Any:
    if isinstance(value, Entity):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, Path):
        steps: list[Any] = [_plain(value.nodes[0])]
        for step, node in zip(value.relationships, value.nodes[1:], strict=True):
            steps += [step.type, _plain(node)]
        return steps
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    return value


@lru_cache(maxsize=1024)
def row_type(names: tuple[str, ...]) -> type[Row]:
    """The class of rows that have these columns."""
    positions = {name: position for position, name in enumerate(names)}
    members = {"__slots__": (), "_names": names, "_positions": positions}
    return type("Row", (Row,), members)


def _row(names: tuple[str, ...], values: tuple[Any, ...]) -> Row:
    return row_type(names)(values)
