#!/usr/bin/env python3
"""How far NenDB's estimates of rows are from the truth.

    q_error.py [--nql .build/release/nql] [--worst 10] DATABASE FILE [FILE ...]

Runs every statement of the files (`.nql`) with PROFILE on a copy of the database and compares each
operator's estimate with the rows it handed out. The q-error is max(estimate, 1) / max(actual, 1), or
its inverse where that is larger; 1 is perfect. Prints median, p90, p95 and maximum over all operators
(`all`) and over those whose rows have to be estimated (`chosen`: not of ProduceResults, Limit, SingleRow
and Argument), the same for each kind of operator, the worst first, then the worst operators.

Placeholders of the benchmark's queries are filled from the database: {{person}} by the id of a Person,
{{persons10}} by ten of them, {{country}} by that of a Country.
"""
import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
SURE = {"ProduceResults", "Limit", "SingleRow", "Argument"}


def arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("database")
    parser.add_argument("files", nargs="+")
    parser.add_argument("--nql", default=os.path.join(HERE, "..", ".build", "release", "nql"))
    parser.add_argument("--worst", type=int, default=10, help="operators that are listed")
    parser.add_argument("--timeout", type=float, default=60, help="seconds for a statement")
    return parser.parse_args()


def filled(text, engine):
    """The text with its placeholders filled."""
    for word in set(re.findall(r"\{\{(\w+)\}\}", text)):
        name, count = re.fullmatch(r"([a-z]+?)s?(\d*)", word).groups()
        reply = engine.ask(
            f"MATCH (n:{name.capitalize()}) RETURN n.id ORDER BY n.id LIMIT {count or 1}") or {}
        values = [row[0]["_value"] for row in reply.get("rows", [])] or ["0"]
        text = text.replace("{{" + word + "}}", ", ".join(values))
    return text


def statements(path, engine):
    """(name, text) of each statement of a file that PROFILE can run."""
    with open(path) as file:
        text = filled(file.read(), engine)
    name, lines, found = os.path.basename(path), [], []
    for line in text.splitlines():
        if line.lstrip().startswith("//"):
            mark = re.match(r"\s*//\s*(\w+)", line)
            name = mark.group(1) if mark else name
            continue
        lines.append(line)
        if line.rstrip().endswith(";"):
            statement = "\n".join(lines).strip().rstrip(";")
            lines = []
            if re.match(r"(MATCH|UNWIND|OPTIONAL|CALL|WITH|RETURN|MERGE|CREATE \()", statement):
                found.append((name, statement))
    return found


class Engine:
    """One process that answers requests; started again after a statement that took too long."""

    def __init__(self, nql, database, timeout):
        self.command = [nql, "--json-lines", database]
        self.timeout = timeout
        self.process = None

    def ask(self, query):
        if self.process is None:
            self.process = subprocess.Popen(
                self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        alarm = threading.Timer(self.timeout, self.process.kill)
        alarm.start()
        try:
            self.process.stdin.write(json.dumps({"query": query, "params": {}}) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        finally:
            alarm.cancel()
        if not line:
            self.process.wait()
            self.process = None
            return None
        return json.loads(line)

    def end(self):
        if self.process is not None:
            self.process.stdin.close()
            self.process.wait()


def operators(plan):
    """(operator, details, estimated, actual) of each line of a profile."""
    for line in plan.splitlines():
        cells = [cell.strip() for cell in line.split("│")]
        # The branches of the tree are drawn with the same bar.
        while cells and cells[0] in ("", "┊"):
            cells.pop(0)
        if len(cells) < 9 or cells[0] in ("Operator", "Total"):
            continue
        estimated, actual = cells[-7], cells[-4]
        try:
            yield (cells[0].lstrip("┊ "), " ".join(cells[1:-7]),
                   float(estimated.replace(",", "")), float(actual.replace(",", "")))
        except ValueError:
            continue


def q_error(estimated, actual):
    ratio = max(estimated, 1) / max(actual, 1)
    return max(ratio, 1 / ratio)


def summary(name, errors):
    if not errors:
        return f"{name:8} no operators"
    ordered = sorted(errors)

    def at(share):
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]

    return (f"{name:8} {len(ordered):5} operators   median {statistics.median(ordered):8.2f}   "
            f"p90 {at(0.9):8.2f}   p95 {at(0.95):8.2f}   max {ordered[-1]:10.2f}")


def main():
    options = arguments()
    with tempfile.TemporaryDirectory() as folder:
        copy = os.path.join(folder, "copy.nen")
        shutil.copy(options.database, copy)
        engine = Engine(options.nql, copy, options.timeout)
        everything, chosen, listed = [], [], []
        for path in options.files:
            for name, text in statements(path, engine):
                reply = engine.ask("PROFILE " + text)
                if reply is None:
                    print(f"{name}: no end in {options.timeout:g} s", file=sys.stderr)
                    continue
                if "error" in reply:
                    print(f"{name}: {reply['error']['message']}", file=sys.stderr)
                    continue
                worst = 1.0
                for operator, details, estimated, actual in operators(
                        reply["rows"][0][0]["_value"]):
                    error = q_error(estimated, actual)
                    everything.append(error)
                    if operator not in SURE:
                        chosen.append(error)
                    worst = max(worst, error)
                    listed.append((error, name, operator, details, estimated, actual))
                print(f"{name:8} worst {worst:10.2f}")
        engine.end()
    print(summary("all", everything))
    print(summary("chosen", chosen))
    kinds = {}
    for error, _, operator, *_ in listed:
        kinds.setdefault(operator, []).append(error)
    for kind in sorted(kinds, key=lambda kind: -max(kinds[kind])):
        print("  " + summary(kind, kinds[kind]))
    for error, name, operator, details, estimated, actual in sorted(
            listed, key=lambda one: -one[0])[:options.worst]:
        print(f"  {error:10.2f}  {name}: {operator} {details}: {estimated:,.0f} for {actual:,.0f}")


if __name__ == "__main__":
    main()
