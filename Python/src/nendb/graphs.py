"""The graph within a result, and its way to NetworkX and PyTorch Geometric."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nendb.entities import Node, Path, Relationship
from nendb.frames import needed

if TYPE_CHECKING:
    import networkx
    import torch_geometric.data

__all__ = ["Graph"]


@dataclass(slots=True)
class Graph:
    """Nodes and relationships by their numbers, each of them once."""

    node_by_id: dict[int, Node] = field(default_factory=dict)
    relationship_by_id: dict[int, Relationship] = field(default_factory=dict)

    @classmethod
    def of_rows(cls, rows: Iterable[Iterable[Any]]) -> Graph:
        """What the values of the rows hold, at any depth. Ends of relationships that no row has
        are nodes without labels and properties."""
        graph = cls()
        for row in rows:
            for value in row:
                graph._take(value)
        for step in list(graph.relationship_by_id.values()):
            step._start = graph.node_by_id.setdefault(step.start_id, step.start_node)
            step._end = graph.node_by_id.setdefault(step.end_id, step.end_node)
        return graph

    def _take(self, value: Any) -> None:
        if isinstance(value, Node):
            self.node_by_id[value.id] = value
        elif isinstance(value, Relationship):
            self.relationship_by_id[value.id] = value
        elif isinstance(value, Path):
            for part in (*value.nodes, *value.relationships):
                self._take(part)
        elif isinstance(value, list):
            for inner in value:
                self._take(inner)
        elif isinstance(value, dict):
            for inner in value.values():
                self._take(inner)

    @property
    def nodes(self) -> list[Node]:
        """The nodes."""
        return list(self.node_by_id.values())

    @property
    def relationships(self) -> list[Relationship]:
        """The relationships."""
        return list(self.relationship_by_id.values())


def to_networkx(graph: Graph, directed: bool) -> networkx.MultiGraph[int]:
    """A `MultiDiGraph` (or `MultiGraph`): nodes by number, with `labels` and their properties;
    edges by number, with `type` and their properties."""
    nx: Any = needed("networkx", "`to_networkx()`")
    result = nx.MultiDiGraph() if directed else nx.MultiGraph()
    for node in graph.nodes:
        result.add_node(node.id, **{**node._properties, "labels": sorted(node.labels)})
    for step in graph.relationships:
        attributes = {**step._properties, "type": step.type}
        result.add_edge(step.start_id, step.end_id, step.id, **attributes)
    return result


def to_pyg(graph: Graph) -> torch_geometric.data.HeteroData:
    """A `HeteroData`: one kind of node for each set of labels, one kind of edge for each type
    between two of them. Numbers, booleans and lists of equally many numbers that all nodes of a
    kind have become tensors of their name; `x` is what has the property `x`; `ids` holds the
    numbers of the nodes in the database."""
    torch: Any = needed("torch", "`to_pyg()`")
    data: Any = needed("torch_geometric.data", "`to_pyg()`")
    hetero = data.HeteroData()
    kinds: dict[str, list[Node]] = {}
    for node in graph.nodes:
        kinds.setdefault(":".join(sorted(node.labels)) or "Node", []).append(node)
    place: dict[int, tuple[str, int]] = {}
    for kind, nodes in kinds.items():
        place.update((node.id, (kind, index)) for index, node in enumerate(nodes))
        store = hetero[kind]
        store.num_nodes = len(nodes)
        store.ids = torch.tensor([node.id for node in nodes], dtype=torch.int64)
        _set_tensors(torch, store, [node._properties for node in nodes])
    edges: dict[tuple[str, str, str], list[Relationship]] = {}
    for step in graph.relationships:
        ends = (place[step.start_id][0], place[step.end_id][0])
        edges.setdefault((ends[0], step.type, ends[1]), []).append(step)
    for name, steps in edges.items():
        pairs = [[place[step.start_id][1], place[step.end_id][1]] for step in steps]
        store = hetero[name]
        store.edge_index = torch.tensor(pairs, dtype=torch.int64).t().contiguous()
        _set_tensors(torch, store, [step._properties for step in steps])
    return hetero


def _set_tensors(torch: Any, store: Any, rows: list[dict[str, Any]]) -> None:
    """Sets a tensor for each property that all rows have in a form that tensors take."""
    for name in rows[0]:
        values = [row.get(name) for row in rows]
        flat = [inner for value in values for inner in _elements(value)]
        widths = {len(value) if isinstance(value, list) else -1 for value in values}
        if len(widths) == 1 and all(isinstance(inner, int | float) for inner in flat):
            dtype = torch.float32 if any(isinstance(v, float) for v in flat) else None
            store[name] = torch.tensor(values, dtype=dtype)


def _elements(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
