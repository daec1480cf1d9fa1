"""NenDB as a graph store of LangChain; needs `langchain-community`.

>>> store = NenDBGraph(nendb.connect("knowledge.nen"))
>>> store.add_graph_documents(documents)
>>> chain = GraphCypherQAChain.from_llm(llm, graph=store, allow_dangerous_requests=True)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nendb.database import Database, Transaction
from nendb.schema import GraphSchema, quoted

if TYPE_CHECKING:
    from langchain_community.graphs.graph_document import GraphDocument, Node

    class GraphStore:
        """The interface of LangChain."""

else:
    from langchain_community.graphs.graph_store import GraphStore

__all__ = ["NenDBGraph"]


class NenDBGraph(GraphStore):
    """A graph store over a database, as `GraphCypherQAChain` and the graph transformers use it."""

    def __init__(self, database: Database, *, timeout: float | None = None) -> None:
        """`timeout`: seconds for each query, since a language model may ask anything."""
        self.database = database
        self.timeout = timeout
        self.schema = ""
        self.structured_schema: dict[str, Any] = {}
        self.refresh_schema()

    @property
    def get_schema(self) -> str:
        """The schema as a text for a prompt."""
        return self.schema

    @property
    def get_structured_schema(self) -> dict[str, Any]:
        """The schema as a dict."""
        return self.structured_schema

    def refresh_schema(self) -> None:
        """Reads the schema anew."""
        schema = GraphSchema.of(self.database)
        self.schema, self.structured_schema = str(schema), schema.structured()

    def query(self, query: str, params: dict[str, Any] | None = None) -> list[dict[str, Any]]:
        """Runs a statement; its rows as dicts."""
        return self.database.execute(query, params, timeout=self.timeout).data()

    def add_graph_documents(
        self, graph_documents: list[GraphDocument], include_source: bool = False
    ) -> None:
        """Merges nodes by type and id, and relationships by type and ends, in one transaction;
        with `include_source` the documents, too, which `MENTIONS` their nodes."""
        with self.database.write() as transaction:
            for document in graph_documents:
                self._merge_nodes(transaction, document.nodes)
                ends = [node for r in document.relationships for node in (r.source, r.target)]
                self._merge_nodes(transaction, ends)
                for step in document.relationships:
                    start, end = quoted(step.source.type), quoted(step.target.type)
                    transaction.execute(
                        f"MATCH (a:{start} {{id: $a}}) MATCH (b:{end} {{id: $b}}) "
                        f"MERGE (a)-[r:{quoted(step.type)}]->(b) SET r += $properties",
                        {"a": step.source.id, "b": step.target.id, "properties": step.properties},
                    )
                if include_source:
                    self._merge_source(transaction, document)
        self.refresh_schema()

    @staticmethod
    def _merge_nodes(transaction: Transaction, nodes: list[Node]) -> None:
        groups: dict[str, list[dict[str, Any]]] = {}
        for node in nodes:
            row = {"id": node.id, "properties": node.properties}
            groups.setdefault(node.type, []).append(row)
        for label, rows in groups.items():
            transaction.execute(
                f"UNWIND $rows AS row MERGE (n:{quoted(label)} {{id: row.id}}) "
                "SET n += row.properties",
                {"rows": rows},
            )

    @staticmethod
    def _merge_source(transaction: Transaction, document: GraphDocument) -> None:
        source = document.source
        key = source.id or source.metadata.get("id") or str(hash(source.page_content))
        for node in document.nodes:
            transaction.execute(
                "MERGE (d:Document {id: $id}) SET d += $metadata, d.text = $text "
                f"WITH d MATCH (n:{quoted(node.type)} {{id: $node}}) MERGE (d)-[:MENTIONS]->(n)",
                {
                    "id": key,
                    "metadata": source.metadata,
                    "text": source.page_content,
                    "node": node.id,
                },
            )
