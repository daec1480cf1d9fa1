"""Nodes, relationships and paths as results show them, with the names of the Neo4j driver.

They are what the graph was when the result was made, and do not change with it. The extension
makes them without running any Python code, by setting the slots that stand here.
"""

from __future__ import annotations

from collections.abc import ItemsView, Iterator, KeysView, Mapping, ValuesView
from typing import Any

__all__ = ["Node", "Path", "Relationship"]


class Entity(Mapping[str, Any]):
    """What nodes and relationships have in common: an identity, and properties as a mapping."""

    __slots__ = ("_id", "_properties")
    _id: int
    _properties: dict[str, Any]

    @property
    def id(self) -> int:
        """The number that `id(n)` gives; stable while the entity exists."""
        return self._id

    @property
    def element_id(self) -> str:
        """The identity as a text."""
        return str(self._id)

    def __getitem__(self, name: str) -> Any:
        try:
            return self._properties[name]
        except KeyError:
            known = ", ".join(self._properties) or "none"
            raise KeyError(
                f"no property {name!r}; there are: {known}. "
                f"`.get({name!r})` gives None where a property is missing"
            ) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._properties)

    def __len__(self) -> int:
        return len(self._properties)

    def __contains__(self, name: object) -> bool:
        return name in self._properties

    def get(self, name: str, default: Any = None) -> Any:
        """The value of a property, or `default`."""
        return self._properties.get(name, default)

    def keys(self) -> KeysView[str]:
        """The names of the properties."""
        return self._properties.keys()

    def values(self) -> ValuesView[Any]:
        """The values of the properties."""
        return self._properties.values()

    def items(self) -> ItemsView[str, Any]:
        """Names and values of the properties."""
        return self._properties.items()

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self._id == other._id

    def __hash__(self) -> int:
        return hash((type(self).__name__, self._id))

    def __bool__(self) -> bool:
        return True


class Node(Entity):
    """A node: `node.id`, `node.element_id`, `node.labels`, and `node["name"]` for properties."""

    __slots__ = ("_labels",)
    _labels: frozenset[str]

    def __init__(
        self, id: int, labels: frozenset[str] | set[str] | list[str], properties: dict[str, Any]
    ) -> None:
        self._id = id
        self._labels = frozenset(labels)
        self._properties = properties

    @property
    def labels(self) -> frozenset[str]:
        """The names of its labels."""
        return self._labels

    def __repr__(self) -> str:
        labels = "".join(f":{name}" for name in sorted(self._labels))
        return f"<Node {self._id} {labels} {self._properties!r}>"

    def __reduce__(self) -> tuple[object, ...]:
        return (Node, (self._id, self._labels, self._properties))


class Relationship(Entity):
    """A relationship: `type`, `start_node`, `end_node`, and properties by name.

    The nodes of a relationship that came alone have their identity only; those of a path, and of
    `Result.graph()`, have labels and properties.
    """

    __slots__ = ("_end", "_end_id", "_start", "_start_id", "_type")
    _type: str
    _start_id: int
    _end_id: int
    _start: Node
    _end: Node

    def __init__(
        self, id: int, type: str, start_id: int, end_id: int, properties: dict[str, Any]
    ) -> None:
        self._id = id
        self._type = type
        self._start_id = start_id
        self._end_id = end_id
        self._properties = properties

    @property
    def type(self) -> str:
        """The name of its type."""
        return self._type

    @property
    def start_id(self) -> int:
        """The number of the node that it leads from."""
        return self._start_id

    @property
    def end_id(self) -> int:
        """The number of the node that it leads to."""
        return self._end_id

    @property
    def start_node(self) -> Node:
        """The node that it leads from."""
        try:
            return self._start
        except AttributeError:
            return Node(self._start_id, frozenset(), {})

    @property
    def end_node(self) -> Node:
        """The node that it leads to."""
        try:
            return self._end
        except AttributeError:
            return Node(self._end_id, frozenset(), {})

    @property
    def nodes(self) -> tuple[Node, Node]:
        """Both ends."""
        return (self.start_node, self.end_node)

    def __repr__(self) -> str:
        return (
            f"<Relationship {self._id} :{self._type} "
            f"{self._start_id}->{self._end_id} {self._properties!r}>"
        )

    def __reduce__(self) -> tuple[object, ...]:
        arguments = (self._id, self._type, self._start_id, self._end_id, self._properties)
        return (Relationship, arguments)


class Path:
    """A path: `nodes`, `relationships`, `start_node`, `end_node`; its length is `len(path)`."""

    __slots__ = ("_nodes", "_relationships")
    _nodes: tuple[Node, ...]
    _relationships: tuple[Relationship, ...]

    def __init__(self, nodes: tuple[Node, ...], relationships: tuple[Relationship, ...]) -> None:
        self._nodes = nodes
        self._relationships = relationships

    @property
    def nodes(self) -> tuple[Node, ...]:
        """The nodes in the order in which they were matched."""
        return self._nodes

    @property
    def relationships(self) -> tuple[Relationship, ...]:
        """The relationships; step i joins nodes i and i + 1, in either direction."""
        return self._relationships

    @property
    def start_node(self) -> Node:
        """The first node."""
        return self._nodes[0]

    @property
    def end_node(self) -> Node:
        """The last node."""
        return self._nodes[-1]

    def __len__(self) -> int:
        return len(self._relationships)

    def __bool__(self) -> bool:
        return True

    def __iter__(self) -> Iterator[Relationship]:
        return iter(self._relationships)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Path)
            and self._nodes == other._nodes
            and self._relationships == other._relationships
        )

    def __hash__(self) -> int:
        return hash((self._nodes, self._relationships))

    def __repr__(self) -> str:
        text = f"({self._nodes[0].id})"
        for step, (before, after) in zip(
            self._relationships, zip(self._nodes, self._nodes[1:], strict=False), strict=True
        ):
            forwards = step.start_id == before.id
            arrow = f"-[:{step.type}]->" if forwards else f"<-[:{step.type}]-"
            text += f"{arrow}({after.id})"
        return f"<Path {text}>"

    def __reduce__(self) -> tuple[object, ...]:
        return (Path, (self._nodes, self._relationships))
