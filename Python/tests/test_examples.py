"""Goal: the notebooks in `Examples` run from top to bottom and say what they should."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")
pytest.importorskip("ipykernel")
for _package in ("pandas", "pyarrow", "networkx", "matplotlib"):
    pytest.importorskip(_package)

EXAMPLES = Path(__file__).parents[2] / "Examples"


def outputs(notebook: Any, kind: str) -> list[str]:
    return [
        output["data"][kind]
        for cell in notebook.cells
        for output in cell.get("outputs", ())
        if kind in output.get("data", {})
    ]


def test_flights(tmp_path: Path) -> None:
    notebook = nbformat.read(EXAMPLES / "flights.ipynb", as_version=4)
    client = nbclient.NotebookClient(
        notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": tmp_path}}
    )
    client.execute()
    plain = "\n".join(outputs(notebook, "text/plain"))
    assert "(8, 14)" in plain
    assert "['Helsinki','Stockholm','Copenhagen','London','Paris','Rome']" in "".join(plain.split())
    assert "MultiDiGraph" in plain
    pages = outputs(notebook, "text/html")
    assert sum("<canvas" in page or "function draw(" in page for page in pages) == 2
    assert any("Analytical Engine" in page for page in pages)
    assert outputs(notebook, "image/png")
