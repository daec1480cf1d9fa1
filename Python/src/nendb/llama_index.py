"""NenDB as a property graph store of LlamaIndex; needs `llama-index-core`.

>>> store = NenDBPropertyGraphStore(nendb.connect("knowledge.nen"))
>>> index = PropertyGraphIndex.from_documents(documents, property_graph_store=store)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from llama_index.core.graph_stores.types import (
    ChunkNode,
    EntityNode,
    LabelledNode,
    PropertyGraphStore,
    Relation,
)
from llama_index.core.vector_stores.types import VectorStoreQuery

from nendb.database import Database
from nendb.entities import Node, Relationship
from nendb.schema import GraphSchema, quoted

__all__ = ["NenDBPropertyGraphStore"]

Triplet = tuple[LabelledNode, Relation, LabelledNode]

_OWN = ("id", "name", "text", "embedding")


class NenDBPropertyGraphStore(PropertyGraphStore):  # type: ignore[misc, unused-ignore]
    """A property graph store over a database. Nodes have the label `__Node__` beside their own, and
    their identity in `id`."""

    supports_structured_queries = True
    supports_vector_queries = True

    def __init__(self, database: Database) -> None:
        self.database = database
        database.execute("CREATE INDEX IF NOT EXISTS FOR (n:__Node__) ON (n.id)")

    @property
    def client(self) -> Database:
        """The database."""
        return self.database

    def upsert_nodes(self, nodes: Sequence[LabelledNode]) -> None:
        """Merges nodes by id."""
        groups: dict[str, list[dict[str, Any]]] = {}
        for node in nodes:
            properties = {**node.properties, "id": node.id}
            if node.embedding is not None:
                properties["embedding"] = node.embedding
            if isinstance(node, ChunkNode):
                properties["text"] = node.text
            elif isinstance(node, EntityNode):
                properties["name"] = node.name
            groups.setdefault(node.label, []).append({"id": node.id, "properties": properties})
        with self.database.write() as transaction:
            for label, rows in groups.items():
                transaction.execute(
                    "UNWIND $rows AS row MERGE (n:__Node__ {id: row.id}) "
                    f"SET n:{quoted(label)} SET n += row.properties",
                    {"rows": rows},
                )

    def upsert_relations(self, relations: list[Relation]) -> None:
        """Merges relationships by type and ends; ends that are missing become entities."""
        with self.database.write() as transaction:
            for relation in relations:
                transaction.execute(
                    "MERGE (a:__Node__ {id: $a}) ON CREATE SET a.name = $a, a:entity "
                    "MERGE (b:__Node__ {id: $b}) ON CREATE SET b.name = $b, b:entity "
                    f"MERGE (a)-[r:{quoted(relation.label)}]->(b) SET r += $properties",
                    {
                        "a": relation.source_id,
                        "b": relation.target_id,
                        "properties": relation.properties,
                    },
                )

    def get(
        self, properties: dict[str, Any] | None = None, ids: list[str] | None = None
    ) -> list[LabelledNode]:
        """The nodes that have these properties and one of these ids."""
        condition, values = _condition("n", properties, ids)
        rows = self.database.execute(f"MATCH (n:__Node__) WHERE {condition} RETURN n", values)
        return [_labelled(row[0]) for row in rows]

    def get_triplets(
        self,
        entity_names: list[str] | None = None,
        relation_names: list[str] | None = None,
        properties: dict[str, Any] | None = None,
        ids: list[str] | None = None,
    ) -> list[Triplet]:
        """The relationships of one of these types that leave one of these nodes."""
        if not (entity_names or relation_names or properties or ids):
            return []
        condition, values = _condition("a", properties, ids)
        if entity_names:
            condition += " AND a.name IN $names"
            values["names"] = entity_names
        if relation_names:
            condition += " AND type(r) IN $types"
            values["types"] = relation_names
        rows = self.database.execute(
            f"MATCH (a:__Node__)-[r]->(b:__Node__) WHERE {condition} RETURN a, r, b", values
        )
        return [_triplet(*row) for row in rows]

    def get_rel_map(
        self,
        graph_nodes: list[LabelledNode],
        depth: int = 2,
        limit: int = 30,
        ignore_rels: list[str] | None = None,
    ) -> list[Triplet]:
        """The relationships up to `depth` steps from these nodes."""
        rows = self.database.execute(
            f"MATCH (n:__Node__)-[steps*1..{int(depth)}]-(:__Node__) WHERE n.id IN $ids "
            "UNWIND steps AS r WITH DISTINCT r WHERE NOT type(r) IN $ignored "
            "RETURN startNode(r), r, endNode(r) LIMIT $limit",
            {
                "ids": [node.id for node in graph_nodes],
                "ignored": ignore_rels or [],
                "limit": limit,
            },
        )
        return [_triplet(*row) for row in rows]

    def delete(
        self,
        entity_names: list[str] | None = None,
        relation_names: list[str] | None = None,
        properties: dict[str, Any] | None = None,
        ids: list[str] | None = None,
    ) -> None:
        """Deletes the nodes of these names, ids or properties, and all relationships of these
        types."""
        with self.database.write() as transaction:
            if entity_names:
                transaction.execute(
                    "MATCH (n:__Node__) WHERE n.name IN $names DETACH DELETE n",
                    {"names": entity_names},
                )
            if ids:
                transaction.execute(
                    "MATCH (n:__Node__) WHERE n.id IN $ids DETACH DELETE n", {"ids": ids}
                )
            for name in relation_names or ():
                transaction.execute(f"MATCH ()-[r:{quoted(name)}]->() DELETE r")
            if properties:
                condition, values = _condition("n", properties, None)
                transaction.execute(f"MATCH (n:__Node__) WHERE {condition} DETACH DELETE n", values)

    def structured_query(self, query: str, param_map: dict[str, Any] | None = None) -> Any:
        """Runs a statement; its rows as dicts."""
        return self.database.execute(query, param_map).data()

    def vector_query(
        self, query: VectorStoreQuery, **kwargs: Any
    ) -> tuple[list[LabelledNode], list[float]]:
        """The nodes whose embeddings are most similar by cosine, found by comparing with each of
        them: there is no vector index yet."""
        rows = self.database.execute(
            "MATCH (n:__Node__) WHERE n.embedding IS NOT NULL "
            "RETURN n, vector.similarity.cosine(n.embedding, $vector) AS score "
            "ORDER BY score DESC LIMIT $limit",
            {"vector": query.query_embedding, "limit": query.similarity_top_k},
        ).fetchall()
        return [_labelled(row[0]) for row in rows], [row[1] for row in rows]

    def get_schema(self, refresh: bool = False) -> dict[str, Any]:
        """The schema as a dict."""
        return GraphSchema.of(self.database).structured()

    def get_schema_str(self, refresh: bool = False) -> str:
        """The schema as a text for a prompt."""
        return str(GraphSchema.of(self.database))


def _condition(
    name: str, properties: dict[str, Any] | None, ids: list[str] | None
) -> tuple[str, dict[str, Any]]:
    """What a node must fulfil, and the values for it."""
    parts, values = ["true"], dict[str, Any]()
    for place, (key, value) in enumerate((properties or {}).items()):
        parts.append(f"{name}.{quoted(key)} = $p{place}")
        values[f"p{place}"] = value
    if ids:
        parts.append(f"{name}.id IN $ids")
        values["ids"] = ids
    return " AND ".join(parts), values


def _labelled(node: Node) -> LabelledNode:
    label = next(iter(sorted(node.labels - {"__Node__"})), "entity")
    rest = {name: value for name, value in node.items() if name not in _OWN}
    embedding = node.get("embedding")
    if "text" in node:
        return ChunkNode(
            text=node["text"], id_=node["id"], label=label, properties=rest, embedding=embedding
        )
    name = node.get("name", node["id"])
    return EntityNode(name=name, label=label, properties=rest, embedding=embedding)


def _triplet(start: Node, step: Relationship, end: Node) -> Triplet:
    first, last = _labelled(start), _labelled(end)
    properties = dict(step.items())
    relation = Relation(
        label=step.type, source_id=first.id, target_id=last.id, properties=properties
    )
    return first, relation, last
