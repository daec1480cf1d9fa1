"""Peak anonymous memory of the command beside its budget, measured from outside.

    memory.py NQL [--budgets 64,100] [--only NAME,…] [--scale 1] [--ulimit]

Each case is one run of the command on a database in a file; the peak of RssAnon, sampled every
millisecond, is printed beside budget + 48 MiB. A case may be refused with MemoryLimitExceeded;
anything else but success is marked. With --ulimit each case runs under `ulimit -v` at twice its
budget, where it may also be refused, but must not end by a signal.
"""

import argparse
import json
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

MIB = 1 << 20
SLACK = 48


def peak(arguments, folder, source=None, addresses=None, timeout=600):
    """Runs in `folder`; returns (peak RssAnon in MiB, exit status, last words, seconds)."""

    def limits():
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if addresses:
            resource.setrlimit(resource.RLIMIT_AS, (addresses, addresses))

    start = time.time()
    with tempfile.TemporaryFile() as errors, tempfile.TemporaryFile() as output:
        feed = open(source, "rb") if source else subprocess.DEVNULL
        process = subprocess.Popen(
            arguments, stdin=feed, stdout=output, stderr=errors, preexec_fn=limits, cwd=folder)
        most = 0
        status = f"/proc/{process.pid}/status"
        while process.poll() is None:
            try:
                with open(status) as lines:
                    for line in lines:
                        if line.startswith("RssAnon"):
                            most = max(most, int(line.split()[1]))
            except OSError:
                pass
            if time.time() - start > timeout:
                process.kill()
            time.sleep(0.001)
        errors.seek(0, 2)
        errors.seek(max(0, errors.tell() - 600))
        words = errors.read().decode(errors="replace")
        if source and not words:
            size = output.seek(0, 2)
            output.seek(max(0, size - 600))
            tail = output.read().decode(errors="replace")
            words = tail if '"error"' in tail else ""
    return most / 1024, process.returncode, words, time.time() - start


class Cases:
    """Name → (setup statements, what runs); `work` is a folder for files."""

    def __init__(self, nql, work, scale):
        self.nql, self.work, self.scale = nql, pathlib.Path(work), scale
        self.all = {}
        n = int(1_000_000 * scale)
        people = f"UNWIND range(1, {n}) AS i CREATE (:P {{id: i, v: i % 1000, t: toString(i)}})"
        index = "CREATE INDEX FOR (n:P) ON (n.id)"
        long = "reduce(s = 'x', i IN range(1, 24) | s + s)"
        texts = (f"UNWIND range(1, 60) AS i CALL (i) {{ CREATE (:T {{i: i, t: {long}}}) }} "
                 "IN TRANSACTIONS OF 1 ROW")

        def add(name, command, *setup):
            self.all[name] = (list(setup), command)

        add("create 2M nodes", f"UNWIND range(1, {2 * n}) AS i CREATE (:A {{id: i}})")
        add("create nodes and relationships",
            f"UNWIND range(1, {n}) AS i CREATE (:A {{id: i}})-[:R {{w: i}}]->(:B {{id: i}})")
        add("create texts", f"UNWIND range(1, {n}) AS i CREATE (:A {{t: 'a longer text ' + i}})")
        add("merge", f"UNWIND range({n // 2}, {n + n // 2}) AS i MERGE (:P {{id: i}})", people, index)
        add("foreach", f"FOREACH (i IN range(1, {n}) | CREATE (:A {{id: i}}))")
        add("set indexed", "MATCH (n:P) SET n.id = n.id + 10000000", people, index)
        add("set all", "MATCH (n:P) SET n.v = n.v + 1, n.w = 'text of ' + n.id", people)
        add("set labels", "MATCH (n:P) SET n:Q", people)
        add("delete all", "MATCH (n:P) DETACH DELETE n", people)
        add("delete indexed", "MATCH (n:P) DELETE n", people, index)
        add("in transactions",
            f"UNWIND range(1, {n}) AS i CALL (i) {{ CREATE (:A {{id: i}}) }} "
            "IN TRANSACTIONS OF 10000 ROWS")
        add("explicit transaction", self.script("tx", ["BEGIN"] + [
            f"UNWIND range(1, {n // 20}) AS i CREATE (:A {{id: i, t: 'text ' + i}})"
        ] * 20 + ["COMMIT"]))
        add("create index", index, people)
        add("create text index", "CREATE INDEX FOR (n:P) ON (n.t, n.v)", people)
        add("unique constraint", "CREATE CONSTRAINT FOR (n:P) REQUIRE n.id IS UNIQUE", people)
        add("analyze", "ANALYZE", people)
        for name, query in {
            "collect": f"UNWIND range(1, {3 * n}) AS i RETURN size(collect(i))",
            "collect result": f"UNWIND range(1, {n}) AS i RETURN collect(i)",
            "nested collect": f"UNWIND range(1, {n}) AS i WITH i % 1000 AS k, collect(i) AS l "
                              "RETURN size(collect(l))",
            "distinct": f"UNWIND range(1, {3 * n}) AS i WITH DISTINCT i % {2 * n} AS x RETURN count(*)",
            "count distinct texts": f"UNWIND range(1, {3 * n}) AS i RETURN count(DISTINCT toString(i))",
            "group by": f"UNWIND range(1, {3 * n}) AS i RETURN toString(i) AS k, count(*) AS c "
                        "ORDER BY c LIMIT 1",
            "order by": f"UNWIND range(1, {3 * n}) AS i RETURN i, toString(i) AS t ORDER BY t",
            "union": f"UNWIND range(1, {2 * n}) AS i RETURN i UNION "
                     f"UNWIND range(1, {2 * n}) AS i RETURN -i AS i",
            "reduce text": f"RETURN size(reduce(s = '', i IN range(1, {n // 50}) | s + toString(i)))",
            "reduce list": f"RETURN size(reduce(s = [], i IN range(1, {n // 100}) | s + i))",
            "doubled text": f"RETURN size({long} + {long} + {long})",
            "range": f"RETURN size(range(1, {10 * n}))",
            "split": f"RETURN size(split({long}, 'x'))",
            "map literals": "UNWIND ["
                            + ",".join(f"{{a: {i}, b: 'x{i}'}}" for i in range(int(30000 * scale)))
                            + "] AS m RETURN count(m.a)",
        }.items():
            add(name, query)
        add("group by stored", "MATCH (n:P) RETURN n.t, count(*) AS c ORDER BY c LIMIT 1", people)
        add("join", "MATCH (a:P), (b:P) WHERE a.t = b.t RETURN count(*)", people)
        chain = (people, "CREATE INDEX FOR (n:P) ON (n.id)",
                 f"UNWIND range(1, {n // 4}) AS i MATCH (a:P {{id: i}}), (b:P {{id: i + 1}}) "
                 "CREATE (a)-[:NEXT]->(b)")
        add("paths", "MATCH p = (:P {id: 1})-[:NEXT*1..400]->() RETURN count(p)", *chain)
        add("shortest path", f"MATCH p = shortestPath((:P {{id: 1}})-[:NEXT*]->(:P {{id: {n // 5}}})) "
            "RETURN length(p)", *chain)
        add("rows returned", f"UNWIND range(1, {5 * n}) AS i RETURN i, toString(i) AS t")
        add("rows of a write", "MATCH (n:P) SET n.v = 1 RETURN n.id, n.t", people)
        add("nodes of a write", "MATCH (n:P) SET n.v = 1 RETURN n", people)
        add("nodes returned", "MATCH (n:P) RETURN n", people)
        for form in ["table", "csv", "json", "jsonl", "markdown"]:
            add(f"60 texts as {form}", ["--format", form, "-c", "MATCH (n:T) RETURN n.t"], texts)
        add("60 texts created", f"UNWIND range(1, 60) AS i CREATE (:T {{i: i, t: {long}}})")
        add("300 plans", self.script("plans", (
            "RETURN size([" + ",".join(str(i * 7 + k) for i in range(45_000)) + "])"
            for k in range(int(300 * scale)))))
        add("300 long strings", self.script("strings", (
            f"RETURN size('{k}{'x' * 300_000}')" for k in range(int(300 * scale)))))
        add("explain huge text", self.script(
            "explain", ["EXPLAIN RETURN size([" + ",".join("1" for _ in range(4 * n)) + "])"]))
        add("a line of JSON lines", self.lines("rows", [
            {"query": f"UNWIND range(1, {5 * n}) AS i RETURN i, toString(i) AS t"}]))
        number = ('{"$type":"Integer","_value":"%d"}' % i for i in range(n))
        add("1M parameters", self.raw("parameter", '{"query":"RETURN size($l)","params":{"l":'
            '{"$type":"List","_value":[' + ",".join(number) + "]}}}\n"))
        add("JSON lines of plans", self.lines("plans", (
            {"query": "RETURN size([" + ",".join(str(i * 7 + k) for i in range(45_000)) + "])"}
            for k in range(int(300 * scale)))))
        table = self.work / "wide.csv"
        with open(table, "w") as out:
            out.write("a,b\n")
            for i in range(20):
                out.write(f"{i},{'y' * (8 << 20)}\n")
        add("load csv of long lines",
            f"LOAD CSV WITH HEADERS FROM '{table}' AS row RETURN sum(size(row.b))")
        copy = self.work / "copy.csv"
        add("copy to", f"COPY (MATCH (n:P) RETURN n.id AS id, n.t AS t) TO '{copy}'", people)

    def raw(self, name, text):
        path = self.work / f"{name}.jsonl"
        path.write_text(text)
        return ("lines", path)

    def lines(self, name, requests):
        path = self.work / f"{name}.jsonl"
        with open(path, "w") as out:
            for request in requests:
                out.write(json.dumps(request) + "\n")
        return ("lines", path)

    def script(self, name, statements):
        path = self.work / f"{name}.nql"
        with open(path, "w") as out:
            for statement in statements:
                out.write(statement + ";\n")
        return ("script", path)

    def database(self, setup):
        """A copy of a database made by `setup`, which is run once."""
        if not setup:
            path = self.work / "empty.nen"
        else:
            key = f"{abs(hash(tuple(setup)))}"
            made = self.work / f"made-{key}.nen"
            if not made.exists():
                script = self.script("setup", setup)[1]
                subprocess.run(
                    [self.nql, str(made), str(script)], check=True, stdout=subprocess.DEVNULL)
            path = self.work / "copy.nen"
            subprocess.run(["cp", "--reflink=auto", str(made), str(path)], check=True)
            log = pathlib.Path(f"{made}-log")
            if log.exists():
                subprocess.run(["cp", str(log), f"{path}-log"], check=True)
        return path

    def remove(self, path):
        for file in self.work.glob(path.name + "*"):
            file.unlink()


def words_of(text):
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[0][:110] if lines else ""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("nql")
    parser.add_argument("--budgets", default="64,100")
    parser.add_argument("--only", default="")
    parser.add_argument("--scale", type=float, default=1)
    parser.add_argument("--ulimit", action="store_true")
    options = parser.parse_args()
    failures = 0
    with tempfile.TemporaryDirectory(prefix="nen-memory-") as work:
        cases = Cases(os.path.abspath(options.nql), work, options.scale)
        print(f"{'case':32} {'budget':>6} {'peak':>7} {'allowed':>7}  outcome")
        for name, (setup, command) in cases.all.items():
            if options.only and not any(part in name for part in options.only.split(",")):
                continue
            for budget in map(int, options.budgets.split(",")):
                path = cases.database(setup)
                arguments = [cases.nql, str(path), "--memory-budget", f"{budget}MiB"]
                source = None
                if isinstance(command, list):
                    arguments += command
                elif isinstance(command, str):
                    arguments += ["-c", command] if len(command) < 100_000 else []
                    if len(command) >= 100_000:
                        arguments.append(str(cases.script("long", [command])[1]))
                elif command[0] == "lines":
                    arguments.append("--json-lines")
                    source = command[1]
                else:
                    arguments.append(str(command[1]))
                addresses = 2 * budget * MIB if options.ulimit else None
                most, status, words, seconds = peak(arguments, work, source, addresses)
                isRefused = "MemoryLimitExceeded" in words or (
                    options.ulimit
                    and ("address space" in words or "CapacityExceeded" in words))
                outcome = "ok" if status == 0 and "error" not in words.lower() else (
                    "refused" if isRefused and status >= 0 else f"STATUS {status}")
                if most > budget + SLACK:
                    outcome += " OVER"
                if "STATUS" in outcome or "OVER" in outcome:
                    failures += 1
                print(
                    f"{name:32} {budget:6} {most:7.1f} {budget + SLACK:7}  {outcome} "
                    f"({seconds:.1f} s) {words_of(words) if outcome != 'ok' else ''}", flush=True)
                cases.remove(path)
    print(f"{failures} not as they should be")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
