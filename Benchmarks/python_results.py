"""The Python package beside Ladybug and DuckDB, in one process: a result of 3 million rows and four
columns as Arrow, pandas and polars; a DataFrame into nodes; a prepared look-up by key.

    build/python-test/bin/pip install ladybug duckdb
    build/python-test/bin/python Benchmarks/python_results.py [--rows 3000000] [--runs 3]

Each figure is the least of the runs, in seconds of the wall clock and of the processor; engines
take turns within a run, so that a busy machine disturbs all alike. Results are compared.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import ladybug
import nendb
import pandas as pd

QUERY = "MATCH (n:N) RETURN n.id AS id, n.x AS x, n.name AS name, n.flag AS flag"
SQL = "SELECT id, x, name, flag FROM n"


def frame(rows: int) -> pd.DataFrame:
    """The table: an integer, a float, a text and a truth value."""
    numbers = range(rows)
    return pd.DataFrame(
        {
            "id": numbers,
            "x": [number * 0.5 for number in numbers],
            "name": [f"name {number % 100_000}" for number in numbers],
            "flag": [number % 3 == 0 for number in numbers],
        }
    )


class Times:
    """The least wall and processor time of what is measured, by task and engine."""

    def __init__(self) -> None:
        self.least: dict[tuple[str, str], tuple[float, float]] = {}

    def measure(self, task: str, engine: str, body: Callable[[], Any]) -> Any:
        """Runs it once."""
        wall, cpu = time.perf_counter(), time.process_time()
        output = body()
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        before = self.least.get((task, engine), (float("inf"), float("inf")))
        self.least[task, engine] = (min(before[0], wall), min(before[1], cpu))
        return output

    def report(self) -> None:
        """Prints a line for each task."""
        for task in dict.fromkeys(task for task, _ in self.least):
            own = self.least[task, "nendb"]
            parts = [f"{task:10}"]
            for (name, engine), (wall, cpu) in self.least.items():
                if name == task:
                    ratio = f" (nendb {own[0] / wall:.2f}x)" if engine != "nendb" else ""
                    parts.append(f"{engine} {wall:.3f} s, cpu {cpu:.3f} s{ratio}")
            print("; ".join(parts))


def load(times: Times, rows: pd.DataFrame, place: Path) -> tuple[Any, Any, Any]:
    """The three databases with the table in them."""
    nen = nendb.connect(durability="off")
    times.measure("load", "nendb", lambda: nen.load(rows, nodes="N"))
    duck = duckdb.connect()
    duck.execute("CREATE TABLE n (id BIGINT, x DOUBLE, name VARCHAR, flag BOOLEAN)")
    duck.register("given", rows)
    times.measure("load", "duckdb", lambda: duck.execute("INSERT INTO n SELECT * FROM given"))
    lady = ladybug.Connection(ladybug.Database(str(place / "lady")))
    lady.execute(
        "CREATE NODE TABLE N (id INT64, x DOUBLE, name STRING, flag BOOLEAN, PRIMARY KEY (id))"
    )
    times.measure("load", "ladybug", lambda: lady.execute("COPY N FROM $given", {"given": rows}))
    return nen, duck, lady


def results(times: Times, nen: Any, duck: Any, lady: Any) -> None:
    """One turn of all results."""
    sums = [
        times.measure("arrow", "nendb", lambda: nen.execute(QUERY).arrow()).num_rows,
        times.measure("arrow", "ladybug", lambda: lady.execute(QUERY).get_as_arrow()).num_rows,
        times.measure("arrow", "duckdb", lambda: duck.sql(SQL).to_arrow_table()).num_rows,
    ]
    assert len(set(sums)) == 1, sums
    sums = [
        int(times.measure("pandas", "nendb", lambda: nen.execute(QUERY).df())["id"].sum()),
        int(times.measure("pandas", "ladybug", lambda: lady.execute(QUERY).get_as_df()).id.sum()),
        int(times.measure("pandas", "duckdb", lambda: duck.execute(SQL).df())["id"].sum()),
    ]
    assert len(set(sums)) == 1, sums
    sums = [
        times.measure("polars", "nendb", lambda: nen.execute(QUERY).pl())["id"].sum(),
        times.measure("polars", "ladybug", lambda: lady.execute(QUERY).get_as_pl())["id"].sum(),
        times.measure("polars", "duckdb", lambda: duck.sql(SQL).pl())["id"].sum(),
    ]
    assert len(set(sums)) == 1, sums
    rows = [
        len(times.measure("rows", "nendb", lambda: nen.execute(QUERY).fetchall())),
        len(times.measure("rows", "ladybug", lambda: lady.execute(QUERY).get_all())),
        len(times.measure("rows", "duckdb", lambda: duck.execute(SQL).fetchall())),
    ]
    assert len(set(rows)) == 1, rows


def look_ups(nen: Any, lady: Any, rows: int, count: int = 5_000) -> None:
    """Medians of a prepared look-up by an indexed key."""
    nen.execute("CREATE INDEX FOR (n:N) ON (n.id)")
    own = nen.prepare("MATCH (n:N {id: $id}) RETURN n.name")
    other = lady.prepare("MATCH (n:N {id: $id}) RETURN n.name")
    found: dict[str, list[float]] = {"nendb": [], "ladybug": []}
    for turn in range(count):
        key = turn * 7_919 % rows
        start = time.perf_counter()
        first = own.execute({"id": key}).fetchall()
        middle = time.perf_counter()
        second = lady.execute(other, {"id": key}).get_all()
        end = time.perf_counter()
        assert first[0][0] == second[0][0]
        found["nendb"].append(middle - start)
        found["ladybug"].append(end - middle)
    medians = {name: statistics.median(times) * 1e6 for name, times in found.items()}
    ratio = medians["nendb"] / medians["ladybug"]
    print(
        f"look-up    nendb {medians['nendb']:.1f} us; ladybug {medians['ladybug']:.1f} us "
        f"(nendb {ratio:.3f}x)"
    )


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=3_000_000)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    print(
        f"nendb {nendb.__version__}, ladybug {ladybug.__version__}, duckdb {duckdb.__version__}, "
        f"{options.rows:,} rows"
    )
    times = Times()
    place = Path(tempfile.mkdtemp())
    try:
        nen, duck, lady = load(times, frame(options.rows), place)
        for _ in range(options.runs):
            results(times, nen, duck, lady)
        times.report()
        look_ups(nen, lady, options.rows)
    finally:
        shutil.rmtree(place)


if __name__ == "__main__":
    main()
