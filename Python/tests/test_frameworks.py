"""Goal: the graph stores of LangChain, LlamaIndex and PyTorch Geometric are what these expect."""

from __future__ import annotations

import pytest

import nendb


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_langchain(db: nendb.Database) -> None:
    documents = pytest.importorskip("langchain_community.graphs.graph_document")
    core = pytest.importorskip("langchain_core.documents")
    from nendb.langchain import NenDBGraph

    ada = documents.Node(id="Ada", type="Person", properties={"born": 1815})
    engine = documents.Node(id="Engine", type="Machine")
    step = documents.Relationship(
        source=ada, target=engine, type="DESCRIBED", properties={"year": 1843}
    )
    source = core.Document(page_content="Ada described it.", metadata={"id": "d1"})
    document = documents.GraphDocument(nodes=[ada, engine], relationships=[step], source=source)
    store = NenDBGraph(db)
    store.add_graph_documents([document, document], include_source=True)
    assert store.query(
        "MATCH (p:Person)-[r:DESCRIBED]->(m:Machine) RETURN p.id AS id, p.born AS born, r.year AS y"
    ) == [{"id": "Ada", "born": 1815, "y": 1843}]
    assert db.execute("MATCH (:Document)-[m:MENTIONS]->() RETURN count(m) AS c").scalar() == 2
    assert "(:Person)-[:DESCRIBED]->(:Machine)" in store.get_schema
    assert "Person {born: INTEGER, id: STRING}" in store.get_schema
    assert store.get_structured_schema["rel_props"] == {
        "DESCRIBED": [{"property": "year", "type": "INTEGER"}]
    }


def test_langchain_asks_by_a_chain(db: nendb.Database) -> None:
    pytest.importorskip("langchain_community.graphs")
    from nendb.langchain import NenDBGraph

    db.execute("CREATE (:Person {name: 'Ada'})")
    rows = NenDBGraph(db, timeout=5).query("MATCH (p:Person {name: $n}) RETURN p", {"n": "Ada"})
    assert rows == [{"p": {"name": "Ada"}}]


def test_llama_index(db: nendb.Database) -> None:
    types = pytest.importorskip("llama_index.core.graph_stores.types")
    vectors = pytest.importorskip("llama_index.core.vector_stores.types")
    from nendb.llama_index import NenDBPropertyGraphStore

    store = NenDBPropertyGraphStore(db)
    ada = types.EntityNode(
        name="Ada", label="PERSON", properties={"born": 1815}, embedding=[1.0, 0.0]
    )
    engine = types.EntityNode(name="Engine", label="MACHINE", embedding=[0.0, 1.0])
    chunk = types.ChunkNode(text="Ada described the Engine.", id_="c1")
    store.upsert_nodes([ada, engine, chunk])
    store.upsert_nodes([ada])
    store.upsert_relations(
        [
            types.Relation(label="DESCRIBED", source_id="Ada", target_id="Engine"),
            types.Relation(label="KNEW", source_id="Ada", target_id="Charles"),
        ]
    )
    assert [node.name for node in store.get(ids=["Ada"])] == ["Ada"]
    assert store.get(properties={"born": 1815})[0].label == "PERSON"
    assert store.get(ids=["c1"])[0].text == "Ada described the Engine."
    triplets = store.get_triplets(entity_names=["Ada"], relation_names=["DESCRIBED"])
    assert [(a.name, r.label, b.name) for a, r, b in triplets] == [("Ada", "DESCRIBED", "Engine")]
    assert len(store.get_rel_map([engine], depth=2)) == 2
    assert store.structured_query("MATCH (n:PERSON) RETURN n.name AS n") == [{"n": "Ada"}]
    query = vectors.VectorStoreQuery(query_embedding=[0.9, 0.1], similarity_top_k=1)
    nodes, scores = store.vector_query(query)
    assert nodes[0].name == "Ada"
    assert scores[0] > 0.9
    assert "DESCRIBED" in store.get_schema_str()
    store.delete(entity_names=["Ada"])
    assert store.get(ids=["Ada"]) == []


def test_pytorch_geometric(people: nendb.Database) -> None:
    torch = pytest.importorskip("torch")
    pytest.importorskip("torch_geometric")
    people.execute("MATCH (p:Person) SET p.x = [toFloat(p.age), 1.0]")
    data = people.execute("MATCH (a)-[r]->(b) RETURN a, r, b").to_pyg()
    assert data["Person"].x.shape == (2, 2)
    assert data["Person"].age.dtype == torch.int64
    assert data["Person", "KNOWS", "Person"].edge_index.shape == (2, 1)
    assert data["Person", "KNOWS", "Person"].since.tolist() == [1833]
    assert data["Note:Text"].num_nodes == 1
