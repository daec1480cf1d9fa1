"""Reading after a million small writes beside reading after an import of the same graph.

    python3 Benchmarks/small_writes.py .build/release/nql [--relationships 1000000] [--batch 100]

Two databases come to hold the same graph: one by `nql import`, the other by an import of its nodes
and then by commits of 100 relationships each. Three states are read: as the commits left it
(`--no-maintenance`), after a time of idleness, and after `CALL db.maintain()`. Queries run in turns on all
of them; printed are medians in milliseconds and their ratios to the import. Results must agree.
"""
import argparse
import json
import pathlib
import random
import shutil
import statistics
import subprocess
import tempfile
import time

QUERIES = {
    "degrees": "MATCH (a:Person)-[:KNOWS]->(b) RETURN max(b.age) + count(*) AS n",
    "two hops": "MATCH (a:Person)-[:KNOWS]->()-[:KNOWS]->(c) WHERE a.age = 30 RETURN sum(c.age) AS n",
    "both ways": "MATCH (a:Person)-[:KNOWS]-(b) WHERE a.age < 20 RETURN sum(b.age) AS n",
    "reach": "MATCH (a:Person {id: 7})-[:KNOWS*1..3]->(b) RETURN count(DISTINCT b) AS n",
    "groups": "MATCH (a:Person)-[:KNOWS]->(b) RETURN b.age AS age, count(*) AS n ORDER BY n DESC, age LIMIT 3",
}


class Server:
    """`nql --json-lines` on one database."""

    def __init__(self, nql, path, *options):
        self.process = subprocess.Popen(
            [nql, str(path), "--json-lines", *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, query, params=None):
        request = json.dumps({"query": query, "params": params or {}}).encode() + b"\n"
        self.process.stdin.write(request)
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if b'"error"' in answer[:12]:
            raise RuntimeError(answer.decode())
        return answer

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def measure(nql, paths, runs):
    """Medians in milliseconds by database and query, all databases in turns; answers must agree."""
    servers = {name: Server(nql, path, "--no-maintenance") for name, path in paths.items()}
    result = {}
    for query_name, query in QUERIES.items():
        answers = {server.ask(query) for server in servers.values()}
        if len(answers) > 1:
            raise SystemExit(f"{query_name}: results differ")
        times = {name: [] for name in servers}
        for _ in range(runs):
            for name, server in servers.items():
                started = time.perf_counter()
                server.ask(query)
                times[name].append(time.perf_counter() - started)
        result[query_name] = {name: statistics.median(found) * 1e3 for name, found in times.items()}
    for server in servers.values():
        server.close()
    return result


def typed(value):
    """An integer, or a list of lists of them, as the protocol writes it."""
    if isinstance(value, list):
        return {"$type": "List", "_value": [typed(one) for one in value]}
    return {"$type": "Integer", "_value": str(value)}


def fill(nql, path, edges, batch, *options):
    """Commits of `batch` relationships each; returns seconds."""
    server = Server(nql, path, *options)
    server.ask("CREATE INDEX FOR (p:Person) ON (p.id)")
    started = time.perf_counter()
    for start in range(0, len(edges), batch):
        rows = typed([list(edge) for edge in edges[start:start + batch]])
        server.ask(
            "UNWIND $rows AS row MATCH (a:Person {id: row[0]}), (b:Person {id: row[1]}) "
            "CREATE (a)-[:KNOWS]->(b)", {"rows": rows})
    seconds = time.perf_counter() - started
    server.close()
    return seconds


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("nql")
    parser.add_argument("--nodes", type=int, default=100_000)
    parser.add_argument("--relationships", type=int, default=1_000_000)
    parser.add_argument("--batch", type=int, default=100)
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--idle", type=float, default=10)
    options = parser.parse_args()
    choice = random.Random(7)
    edges = [
        (int(choice.random() ** 2 * options.nodes), choice.randrange(options.nodes))
        for _ in range(options.relationships)]
    with tempfile.TemporaryDirectory() as folder:
        run(options, pathlib.Path(folder), edges, choice)


def run(options, folder, edges, choice):
    nodes, links = folder / "nodes.csv", folder / "links.csv"
    nodes.write_text(":ID,id:INT,age:INT\n" + "".join(
        f"{i},{i},{choice.randrange(18, 90)}\n" for i in range(options.nodes)))
    links.write_text(":START_ID,:END_ID\n" + "".join(f"{a},{b}\n" for a, b in edges))
    whole, small = folder / "whole.nen", folder / "small.nen"
    for path, more in [(whole, [f"--relationships=KNOWS={links}"]), (small, [])]:
        subprocess.run(
            [options.nql, "import", f"--nodes=Person={nodes}", *more, str(path)], check=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    server = Server(options.nql, whole, "--no-maintenance")
    server.ask("CREATE INDEX FOR (p:Person) ON (p.id)")
    server.close()
    seconds = fill(options.nql, small, edges, options.batch, "--no-maintenance", "--durability=normal")
    print(f"{len(edges)} relationships, {options.batch} a commit: {len(edges) / seconds:,.0f} a second")
    paths = {"import": whole}
    for name in ["as written", "after idleness", "maintained"]:
        paths[name] = folder / f"{name.replace(' ', '-')}.nen"
        shutil.copy(small, paths[name])
    server = Server(options.nql, paths["after idleness"])
    time.sleep(options.idle)
    server.close()
    server = Server(options.nql, paths["maintained"], "--no-maintenance")
    started = time.perf_counter()
    server.ask("CALL db.maintain()")
    print(f"CALL db.maintain(): {time.perf_counter() - started:.2f} s")
    server.close()
    found = measure(options.nql, paths, options.runs)
    print(f"{'':10}" + "".join(f"{name:>24}" for name in paths))
    for name, times in found.items():
        cells = [f"{ms:12.1f} ms {ms / times['import']:6.2f}x" for ms in times.values()]
        print(f"{name:10}" + " ".join(cells))
    for name, path in paths.items():
        print(f"{name}: {path.stat().st_size / 2**20:,.1f} MiB")


if __name__ == "__main__":
    main()
