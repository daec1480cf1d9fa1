"""What a notebook shows of a result: a table, and a drawing of its nodes and relationships.

The drawing is self-contained: a small force layout in JavaScript on a canvas, which reads the graph
from a JSON text beside it. Nothing is loaded from anywhere. Nodes are dragged, wheel and background
zoom and move the view, a click shows an entity's properties.
"""

from __future__ import annotations

import html
import itertools
import json
from collections.abc import Sequence
from importlib import resources
from typing import Any

from nendb.entities import Node, Path, Relationship
from nendb.graphs import Graph

ROWS_MAX = 100
_NODES_MAX = 300
_TEXT_MAX = 200
_serial = itertools.count(1)

_STYLE = (
    "border-collapse:collapse;font-size:13px",
    "text-align:left;padding:4px 10px;border-bottom:2px solid #8886",
    "text-align:left;padding:3px 10px;border-bottom:1px solid #8883;vertical-align:top",
)


def render(columns: list[str], rows: Sequence[Sequence[Any]], note: str) -> str:
    """The HTML of a result; `rows` holds one row more than are shown where there are more."""
    if not columns:
        return f"<p>{html.escape(note)}</p>"
    shown = rows[:ROWS_MAX]
    parts = []
    graph = Graph.of_rows(shown)
    if graph.node_by_id:
        parts.append(drawing(graph))
    parts.append(table(columns, shown))
    if len(rows) > ROWS_MAX:
        parts.append(f"<p>The first {ROWS_MAX} rows; there are more.</p>")
    return "\n".join(parts)


def table(columns: list[str], rows: Sequence[Sequence[Any]]) -> str:
    """The rows as a table."""
    frame, head, cell = _STYLE
    lines = [f'<table style="{frame}"><thead><tr>']
    lines += [f'<th style="{head}">{html.escape(name)}</th>' for name in columns]
    lines.append("</tr></thead><tbody>")
    for row in rows:
        cells = "".join(f'<td style="{cell}">{_cell(value)}</td>' for value in row)
        lines.append(f"<tr>{cells}</tr>")
    lines.append("</tbody></table>")
    return "".join(lines)


def _cell(value: Any) -> str:
    if value is None:
        return '<span style="opacity:0.4">null</span>'
    text = _text(value)
    if len(text) > _TEXT_MAX:
        text = text[: _TEXT_MAX - 1] + "…"
    return html.escape(text)


def _text(value: Any) -> str:
    if isinstance(value, Node):
        labels = "".join(f":{name}" for name in sorted(value.labels))
        return f"({labels} {_map(value._properties)})" if labels else f"({_map(value._properties)})"
    if isinstance(value, Relationship):
        return f"[:{value.type} {_map(value._properties)}]"
    if isinstance(value, Path):
        return repr(value)[6:-1]
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "[" + ", ".join(_text(inner) for inner in value) + "]"
    if isinstance(value, dict):
        return _map(value)
    return "null" if value is None else str(value)


def _map(properties: dict[str, Any]) -> str:
    return "{" + ", ".join(f"{name}: {_text(value)}" for name, value in properties.items()) + "}"


def drawing(graph: Graph) -> str:
    """The graph as a drawing; the first 300 nodes and what is between them."""
    nodes = graph.nodes[:_NODES_MAX]
    index = {node.id: place for place, node in enumerate(nodes)}
    data = {
        "nodes": [
            {"title": _title(node), "kind": ":".join(sorted(node.labels)), "text": _text(node)}
            for node in nodes
        ],
        "edges": [
            {
                "from": index[step.start_id],
                "to": index[step.end_id],
                "title": step.type,
                "text": _text(step),
            }
            for step in graph.relationships
            if step.start_id in index and step.end_id in index
        ],
    }
    script = resources.files("nendb").joinpath("drawing.js").read_text("utf-8")
    text = json.dumps(data, ensure_ascii=True).replace("<", "\\u003c")
    name = f"nendb-graph-{next(_serial)}"
    left = len(graph.node_by_id) - len(nodes)
    note = f"<p>{left} more nodes are not drawn.</p>" if left else ""
    return (
        f'<div id="{name}" style="position:relative;width:100%;max-width:960px;height:420px;'
        f'border:1px solid #8884;border-radius:6px;overflow:hidden"></div>{note}'
        f"<script>(function(){{{script}\ndraw(document.getElementById({json.dumps(name)}), {text});"
        "})();</script>"
    )


def _title(node: Node) -> str:
    for name in ("name", "title", "label", "id"):
        if name in node._properties:
            return str(node._properties[name])[:40]
    for value in node._properties.values():
        if isinstance(value, str):
            return value[:40]
    return str(node.id)
