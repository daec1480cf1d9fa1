"""What labels, types and properties a graph has, as frameworks want to tell a language model."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from nendb.database import Database

_NODES = "MATCH (n) UNWIND labels(n) AS label UNWIND keys(n) AS key WITH label, key, n[key] AS v"
_NODES += " RETURN label, key, collect(DISTINCT valueType(v)) AS types ORDER BY label, key"
_STEPS = "MATCH ()-[r]->() WITH type(r) AS type, r UNWIND keys(r) AS key"
_STEPS += " RETURN type, key, collect(DISTINCT valueType(r[key])) AS types ORDER BY type, key"
_TRIPLES = "MATCH (a)-[r]->(b)"
_TRIPLES += " WITH DISTINCT labels(a) AS starts, type(r) AS type, labels(b) AS ends"
_TRIPLES += " UNWIND starts AS start UNWIND ends AS end"
_TRIPLES += " RETURN DISTINCT start, type, end ORDER BY start, type, end"


@dataclass(slots=True)
class GraphSchema:
    """Properties by label and by type, and which labels each type joins."""

    node_properties: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    relationship_properties: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    relationships: list[dict[str, str]] = field(default_factory=list)

    @classmethod
    def of(cls, database: Database) -> GraphSchema:
        """Reads the graph once."""
        schema = cls()
        with database.read() as snapshot:
            for label, key, types in snapshot.execute(_NODES):
                schema.node_properties.setdefault(label, []).append(_property(key, types))
            for kind, key, types in snapshot.execute(_STEPS):
                schema.relationship_properties.setdefault(kind, []).append(_property(key, types))
            for start, kind, end in snapshot.execute(_TRIPLES):
                schema.relationships.append({"start": start, "type": kind, "end": end})
        return schema

    def structured(self) -> dict[str, Any]:
        """As LangChain and LlamaIndex name its parts."""
        return {
            "node_props": self.node_properties,
            "rel_props": self.relationship_properties,
            "relationships": self.relationships,
            "metadata": {"constraint": [], "index": []},
        }

    def __str__(self) -> str:
        lines = ["Node properties:"]
        lines += [_line(name, items) for name, items in self.node_properties.items()]
        lines.append("Relationship properties:")
        lines += [_line(name, items) for name, items in self.relationship_properties.items()]
        lines.append("The relationships:")
        lines += [f"(:{r['start']})-[:{r['type']}]->(:{r['end']})" for r in self.relationships]
        return "\n".join(lines)


def _property(key: str, types: list[str]) -> dict[str, str]:
    names = sorted({kind.removesuffix(" NOT NULL") for kind in types})
    return {"property": key, "type": " | ".join(names)}


def _line(name: str, items: list[dict[str, str]]) -> str:
    return name + " {" + ", ".join(f"{i['property']}: {i['type']}" for i in items) + "}"


def quoted(name: str) -> str:
    """A label, type or key as a statement writes it, whatever is in it."""
    return "`" + name.replace("`", "``") + "`"
