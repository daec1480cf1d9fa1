#!/usr/bin/env python3
"""Compares NenDB with Kuzu, Ladybug and DuckDB on one social network.

    run.py [--scale 0.1] [--engines nen,kuzu,ladybug,duckdb] [--sets load,lsqb,analytics,interactive]

Every engine runs in a process of its own, one after the other. A query's first execution is dropped,
the median of the others counts; results of all engines are compared. A query that takes longer than
--timeout is recorded as such and its process is started again without it. Figures depend on the
machine and are never part of the tests.
"""
import argparse
import datetime
import hashlib
import json
import os
import random
import re
import resource
import statistics
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import engines  # noqa: E402
import report  # noqa: E402


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--scale", type=float, default=0.1, help="1 is about 23 million rows")
    parser.add_argument("--engines", default="nen,kuzu,ladybug,duckdb")
    parser.add_argument("--sets", default="load,lsqb,analytics,interactive")
    parser.add_argument("--only", default="", help="names of queries, separated by commas")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--repeat", type=int, default=4, help="executions of a query, the first dropped")
    parser.add_argument("--parameters", type=int, default=300, help="executions of interactive queries")
    parser.add_argument("--timeout", type=float, default=60)
    parser.add_argument("--work", default=os.path.join(HERE, ".work"), help="databases and results")
    parser.add_argument("--data", help="a data folder that exists already")
    parser.add_argument("--generator", help="another generator, called with --scale and --out")
    parser.add_argument("--nql", default=os.path.join(HERE, "..", ".build", "release", "nql"))
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    parser.add_argument("--set", help=argparse.SUPPRESS)
    parser.add_argument("--skip", default="", help=argparse.SUPPRESS)
    parser.add_argument("--out", help=argparse.SUPPRESS)
    return parser.parse_args()


def read_queries(name, dialect):
    """{query: (kinds of parameters, text)} of a file whose parts begin with a comment line."""
    with open(os.path.join(HERE, "queries", f"{name}.{dialect}")) as file:
        text = file.read()
    queries, current = {}, None
    for line in text.splitlines():
        mark = re.match(r"(?://|--) ([a-z]\d+)\s*([pqm]*)(?::.*)?$", line)
        if mark:
            current = mark.group(1)
            queries[current] = (mark.group(2), "")
        elif current:
            kinds, body = queries[current]
            queries[current] = (kinds, (body + "\n" + line).strip())
    return {k: (kinds, body.rstrip(";")) for k, (kinds, body) in queries.items()}


def constants(data):
    """Persons, messages and a country that all engines are asked about."""
    degree, country_of, population = {}, {}, {}

    def rows(name):
        with open(f"{data}/projected/{name}.csv") as file:
            next(file)
            for line in file:
                yield [int(x) for x in line.split("|")]

    for a, b in rows("Person_knows_Person"):
        degree[a] = degree.get(a, 0) + 1
        degree[b] = degree.get(b, 0) + 1
    by_degree = sorted(degree, key=lambda p: (degree[p], p))
    for city, country in rows("City_isPartOf_Country"):
        country_of[city] = country
    for _, city in rows("Person_isLocatedIn_City"):
        country = country_of[city]
        population[country] = population.get(country, 0) + 1
    messages = [r[0] for name in ("Post", "Comment") for i, r in enumerate(rows(name)) if i % 97 == 0]
    ranked = sorted(population, key=lambda c: (-population[c], c))
    return dict(
        person=by_degree[len(by_degree) // 2],
        persons10=", ".join(str(by_degree[len(by_degree) * (2 * i + 1) // 20]) for i in range(10)),
        country=ranked[min(2, len(ranked) - 1)], persons=sorted(degree), messages=messages)


def plain(value):
    """A value as text that is equal for equal results of different engines."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime.datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%S")
    if isinstance(value, (datetime.date,)):
        return value.isoformat()
    if isinstance(value, float) or type(value).__name__ == "Decimal":
        return f"{float(value):.9g}"
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d", value):
        return value + ":00"
    return str(value)


def digest(rows):
    text = json.dumps([[plain(v) for v in row] for row in rows])
    return hashlib.sha256(text.encode()).hexdigest()[:12]


class Worker:
    """Runs one engine over one set in this process and writes JSON lines."""

    def __init__(self, options):
        self.options = options
        self.engine = engines.make(options.worker, options)
        self.path = os.path.join(options.work, f"{options.worker}-{os.path.basename(options.data)}.db")
        self.skip = set(filter(None, options.skip.split(",")))
        self.only = set(filter(None, options.only.split(",")))

    def record(self, **fields):
        fields.update(engine=self.options.worker, set=self.options.set, threads=self.options.threads)
        with open(self.options.out, "a") as file:
            file.write(json.dumps(fields) + "\n")
        shown = {k: v for k, v in fields.items() if k not in ("times", "set", "threads")}
        print("  ", json.dumps(shown), file=sys.stderr)

    def watch(self, query):
        """Ends the process when a query takes too long."""
        def end():
            self.record(query=query, status="timeout")
            if getattr(self.engine, "process", None):
                self.engine.process.kill()
            os._exit(3)
        timer = threading.Timer(self.options.timeout, end)
        timer.daemon = True
        timer.start()
        return timer

    def run(self):
        if self.options.set == "load":
            result = self.engine.load(self.options.data, self.path)
            peak = result["peak"] or resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
            self.record(query="load", status="ok", ms=result["seconds"] * 1e3, cpu=result["cpu"] * 1e3,
                        peak=peak, disk=engines.disk_bytes(self.path), version=self.engine.version(),
                        index_ms=result.get("index_seconds", 0) * 1e3)
            return
        queries = read_queries(self.options.set, self.engine.dialect)
        values = constants(self.options.data)
        self.engine.open(self.path)
        for name, (kinds, text) in queries.items():
            if name in self.skip or (self.only and name not in self.only):
                continue
            print(f">> {name}", flush=True)
            for key in ("persons10", "person", "country"):
                text = text.replace("{{" + key + "}}", str(values[key]))
            try:
                if self.options.set == "interactive":
                    self.interactive(name, kinds, text, values)
                else:
                    self.measure(name, text)
            except Exception as error:  # noqa: BLE001: whatever an engine throws is its result
                process = getattr(self.engine, "process", None)
                has_ended = process is not None and process.poll() is not None
                self.record(query=name, status="crash" if has_ended else "error",
                            error=f"{type(error).__name__}: {error}"[:300])
                if has_ended:
                    os._exit(3)
        self.engine.close()

    def measure(self, name, text):
        times, cpus, rows = [], [], []
        for _ in range(self.options.repeat):
            timer = self.watch(name)
            cpu, started = self.engine.cpu(), time.perf_counter()
            rows = self.engine.query(text)
            times.append((time.perf_counter() - started) * 1e3)
            cpus.append((self.engine.cpu() - cpu) * 1e3)
            timer.cancel()
            if sum(times) > 20_000:
                break
        self.record(query=name, status="ok", ms=statistics.median(times[1:] or times),
                    cpu=statistics.median(cpus[1:] or cpus), first=times[0], rows=len(rows),
                    digest=digest(rows), sample=[plain(v) for v in rows[0]] if rows else [])

    def interactive(self, name, kinds, text, values):
        chooser = random.Random(11)
        pick = {"p": values["persons"], "q": values["persons"], "m": values["messages"]}
        prepared = self.engine.prepare(text)
        times, results = [], []
        for number in range(self.options.parameters + 20):
            parameters = {kind: chooser.choice(pick[kind]) for kind in kinds}
            timer = self.watch(name)
            started = time.perf_counter()
            rows = prepared(parameters)
            if number >= 20:
                times.append((time.perf_counter() - started) * 1e3)
            timer.cancel()
            results.append(sorted([plain(v) for v in row] for row in rows))
            if sum(times) > self.options.timeout * 500:
                break
        ordered = sorted(times)
        # Engines may have been cut off at different numbers of executions: only the first count.
        first = results[:60]
        self.record(query=name, status="ok", ms=statistics.median(times),
                    p95=ordered[int(len(ordered) * 0.95)], rows=sum(map(len, first)),
                    digest=hashlib.sha256(json.dumps(first).encode()).hexdigest()[:12])


def run_worker(options, engine, set_name, out):
    """Runs a worker, again without the query that ended it, until it comes through."""
    skip = []
    while True:
        command = [sys.executable, os.path.abspath(__file__), "--worker", engine, "--set", set_name,
                   "--out", out, "--skip", ",".join(skip)]
        for name in ("data", "work", "threads", "repeat", "parameters", "timeout", "nql", "only"):
            command += [f"--{name}", str(getattr(options, name))]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        current = None
        for line in process.stdout:
            if line.startswith(">> "):
                current = line[3:].strip()
                skip.append(current)
        if process.wait() == 0:
            return
        if process.returncode != 3:
            with open(out, "a") as file:
                file.write(json.dumps(dict(engine=engine, set=set_name, query=current or set_name,
                                           status="crash", error=f"exit {process.returncode}")) + "\n")
            if current is None:
                return


def main():
    options = arguments()
    options.work = os.path.abspath(options.work)
    os.makedirs(options.work, exist_ok=True)
    if options.worker:
        return Worker(options).run()
    if not options.data:
        options.data = os.path.join(options.work, f"social-{options.scale:g}")
        if not os.path.exists(os.path.join(options.data, "stats.json")):
            if options.generator:
                subprocess.run([sys.executable, options.generator, "--scale", str(options.scale),
                                "--out", options.data], check=True)
            else:
                import social_data
                social_data.generate(options.scale, 42, options.data)
    options.data = os.path.abspath(options.data)
    out = os.path.join(options.work, "results.jsonl")
    if os.path.exists(out):
        os.remove(out)
    for set_name in options.sets.split(","):
        for engine in options.engines.split(","):
            print(f"{set_name}: {engine}", file=sys.stderr)
            run_worker(options, engine, set_name, out)
    differing = report.show(out)
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
