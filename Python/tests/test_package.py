"""Goal: the package is what its users rely on before any query runs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from importlib import metadata
from pathlib import Path

import pytest

import nendb


def test_the_version_is_that_of_the_engine() -> None:
    assert nendb.__version__ == metadata.version("nendb")


def test_all_that_is_exported_is_there_and_documented() -> None:
    for name in nendb.__all__:
        value = getattr(nendb, name)
        assert isinstance(value, str | int) or value.__doc__, name


def test_help_of_connect_reads_well() -> None:
    text = nendb.connect.__doc__
    assert text is not None
    for word in ("path:", "read_only:", "memory_budget:", "threads:", "Returns:", "Raises:", ">>>"):
        assert word in text


def test_import_takes_less_than_100_ms() -> None:
    program = "import time; s = time.process_time(); import nendb; print(time.process_time() - s)"
    times = [float(subprocess.check_output([sys.executable, "-c", program])) for _ in range(5)]
    assert min(times) < 0.1


def test_nothing_but_the_standard_library_is_imported() -> None:
    program = "import sys, nendb; print(*sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    loaded = {name.partition(".")[0] for name in result.stdout.split()}
    assert not loaded & {"pyarrow", "pandas", "polars", "numpy", "networkx"}


def test_pep_249_names() -> None:
    assert (nendb.apilevel, nendb.threadsafety, nendb.paramstyle) == ("2.0", 2, "named")
    for name in ("InterfaceError", "DatabaseError"):
        assert issubclass(getattr(nendb, name), nendb.Error)
    for name in (
        "DataError",
        "OperationalError",
        "IntegrityError",
        "InternalError",
        "ProgrammingError",
        "NotSupportedError",
    ):
        assert issubclass(getattr(nendb, name), nendb.DatabaseError)


@pytest.mark.skipif(sys.platform != "linux", reason="reads ELF by ldd")
def test_the_library_needs_nothing_that_a_system_lacks() -> None:
    place = Path(nendb.__file__).parent
    result = subprocess.run(
        ["ldd", str(place / "libnendb.so")], capture_output=True, text=True, check=True
    )
    needed = set(re.findall(r"^\s*(\S+?)(?:\.so\S*)? ", result.stdout, re.MULTILINE))
    assert not [name for name in needed if "swift" in name or "Foundation" in name]


def test_the_ten_lines_of_the_readme(tmp_path: Path) -> None:
    readme = Path(__file__).parents[1] / "README.md"
    block = re.search(r"```python\n(.*?)```", readme.read_text("utf-8"), re.DOTALL)
    assert block is not None
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    start = time.monotonic()
    result = subprocess.run(
        [sys.executable, "-c", block[1]],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert "Ada" in result.stdout
    assert time.monotonic() - start < 30
