#!/usr/bin/env python3
"""Runs QueryCorpus/workloads at full size: times with and without rules, plans, errors of estimates.

    workloads.py [--nql PATH] [--size full|small] [--files social,shop] [--only TEXT] [--json OUT]

Each file's graph is made once, in a database file that two processes have open: one with all rules
of the optimizer, one with none. Every statement runs in a transaction that is rolled back. What is
printed of a statement: its time with all rules and with none (ended at --deadline), the ratio, rows
that operators handed out in all and at most in one, the median and the largest q-error of its
operators, and faults: a plan that is not the expected one, too many rows, a result that is not what
it is without rules (in brackets where the case says that it is known). What is slower than without
rules, the slowest plannings and the q-error over all operators stand at the end. Figures depend on the machine and are never part of the tests; plans, rows and
results at the small size are (Tests/NenDBTests/Corpus/WorkloadTests.swift).
"""
import argparse
import json
import os
import select
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import report  # noqa: E402
import workload_files as files  # noqa: E402


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--nql", default=os.path.join(HERE, "..", ".build", "release", "nql"))
    parser.add_argument("--size", default="full", choices=["full", "small"])
    parser.add_argument("--files", default="", help="names of files, separated by commas")
    parser.add_argument("--only", default="", help="cases whose title contains this")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--repeat", type=int, default=3, help="the median counts; slow ones run once")
    parser.add_argument("--without", default="all", help="the rule that the other process is without")
    parser.add_argument("--deadline", type=float, default=10, help="seconds, for either way to run")
    parser.add_argument("--plans", action="store_true", help="print statement and plan of each faulty case")
    parser.add_argument("--json", help="write what was measured to this file, one object a line")
    return parser.parse_args()


class Failure(Exception):
    """An error that the engine answered, or its end."""


class Server:
    """One `nql --json-lines` on the database."""

    def __init__(self, options, path, folder, *extra):
        self.command = [os.path.abspath(options.nql), "--json-lines", "--durability", "off",
                        "--threads", str(options.threads), "--allow-files", folder, *extra, path]
        self.process = None
        self.deadline = options.deadline

    def start(self):
        self.process = subprocess.Popen(
            self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=os.path.join(HERE, ".."))

    def stop(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    def ask(self, text, parameters=None, deadline=None):
        """The response to a statement; `Failure` when it is an error or does not come in time."""
        if self.process is None:
            self.start()
        request = json.dumps({"query": text, "params": parameters or {}}) + "\n"
        self.process.stdin.write(request.encode())
        self.process.stdin.flush()
        ready, _, _ = select.select([self.process.stdout], [], [], deadline)
        if not ready:
            self.stop()
            raise Failure("deadline")
        line = self.process.stdout.readline()
        if not line:
            self.stop()
            raise Failure("the process ended")
        answer = json.loads(line)
        if "error" in answer:
            raise Failure(f"{answer['error']['code']}: {answer['error']['message']}"[:200])
        return answer

    def begin(self, case, values):
        self.ask("BEGIN")
        for statement in files.statements(case.text("setup")):
            self.ask(statement, values)

    def rollback(self):
        if self.process is not None:
            try:
                self.ask("ROLLBACK")
            except Failure:
                self.stop()


def evaluate(server, lines, values):
    """`name = expression` lines, each seeing the ones before; adds to `values`."""
    for name, expression in files.assignments(lines):
        values[name] = server.ask(f"RETURN {expression} AS v", values)["rows"][0][0]


def comparable(answers, is_ordered):
    """Results as text: rows in any order unless `is_ordered`, and counters."""
    parts = []
    for answer in answers:
        rows = [json.dumps(row, sort_keys=True) for row in answer["rows"]]
        if not is_ordered:
            rows.sort()
        counters = {k: v for k, v in answer["counters"].items() if v}
        parts.append((answer["columns"], rows, counters))
    return parts


def once(server, case, values, deadline):
    """(seconds, answers) of one run."""
    server.begin(case, values)
    started = time.perf_counter()
    answers = [server.ask(case.text("query"), values, deadline)]
    seconds = time.perf_counter() - started
    if case.text("then"):
        answers.append(server.ask(case.text("then"), values))
    server.rollback()
    return seconds, answers


def measure(server, case, values, repeat, deadline):
    """(median seconds, results, profile as it is printed)."""
    times, results = [], None
    while len(times) < repeat and (not times or sum(times) < 0.3):
        seconds, answers = once(server, case, values, deadline)
        times.append(seconds)
        results = comparable(answers, "in order" in case.sections)
    server.begin(case, values)
    profile = server.ask("PROFILE " + case.text("query"), values, deadline)
    server.rollback()
    return statistics.median(times), results, profile["rows"][0][0]["_value"]


def explained(server, case, values):
    """The plan as it is printed."""
    server.begin(case, values)
    plan = server.ask("EXPLAIN " + case.text("query"), values, 10)
    server.rollback()
    return plan["rows"][0][0]["_value"]


class Run:
    """One case, both ways."""

    def __init__(self, file, case):
        self.file, self.case = file, case
        self.faults, self.record, self.plan = [], {}, ""

    def marked(self, section):
        """The kinds of faults that the case says it has."""
        return {line.split(":")[0] for line in self.case.sections.get(section, [])}

    def shown_faults(self):
        """Those that are known in brackets; the deadline is with any mark."""
        known = self.marked("fails today") | self.marked("fails at full size")
        if known:
            known.add("time")
        for fault in self.faults:
            yield f"({fault})" if fault.split(":")[0] in known else fault

    def outdated_marks(self):
        """What the case says to fail at full size and does not."""
        kinds = {fault.split(":")[0] for fault in self.faults}
        return set() if "time" in kinds else self.marked("fails at full size") - kinds

    def judge_plan(self, plan):
        for is_wanted, title, details in self.case.plan():
            found = any(operator.matches(title, details) for operator in plan)
            if found != is_wanted:
                self.faults.append(f"plan: {'no' if is_wanted else 'has'} {title} {details}".strip())

    def attempt(self, server, values, options):
        try:
            return measure(server, self.case, values, options.repeat, options.deadline)
        except Failure as failure:
            server.rollback()
            return failure

    def in_turn(self, ruled, bare, values, options, with_rules, without):
        """Both outcomes, with the least time of many runs in turn where rules seem to cost.

        So that neither what else the machine does nor a first run's pages are taken for the
        optimizer's fault: up to twenty runs of each, or as many as two seconds have.
        """
        if not is_slower(with_rules[0], without[0]) or with_rules[0] + without[0] > 3:
            return with_rules, without
        times = [with_rules[0]], [without[0]]
        end = time.perf_counter() + 2
        for count in range(20):
            if count >= 5 and time.perf_counter() > end:
                break
            for server, found in zip((ruled, bare), times):
                try:
                    found.append(once(server, self.case, values, options.deadline)[0])
                except Failure:
                    server.rollback()
        return (min(times[0]), *with_rules[1:]), (min(times[1]), *without[1:])

    def run(self, ruled, bare, sizes, options):
        values = dict(sizes)
        case = self.case
        evaluate(ruled, case.sections.get("parameters", []), values)
        try:
            # Behind a deadline the process is a new one, which opens the database first.
            ruled.ask("RETURN 1")
            started = time.perf_counter()
            ruled.ask("RETURN 1", values)
            passed = time.perf_counter()
            plan = explained(ruled, case, values)
            self.record["planning"] = time.perf_counter() - passed - (passed - started)
            self.judge_plan(files.operators(plan))
            self.plan = plan
        except Failure as failure:
            ruled.rollback()
            self.faults.append(f"plan: {failure}")
        with_rules = self.attempt(ruled, values, options)
        without = None
        if "only with rules" not in case.sections:
            without = self.attempt(bare, values, options)
        if isinstance(with_rules, tuple) and isinstance(without, tuple):
            with_rules, without = self.in_turn(ruled, bare, values, options, with_rules, without)
        record = self.record
        record.update(file=self.file.name, case=case.title)
        record["with"] = str(with_rules) if isinstance(with_rules, Failure) else with_rules[0]
        record["without"] = without[0] if isinstance(without, tuple) else without and str(without)
        if isinstance(with_rules, Failure):
            self.faults.append(f"time: {with_rules}")
        else:
            self.judge(ruled, with_rules, without, values)
        record["faults"] = self.faults

    def judge(self, ruled, with_rules, without, values):
        _, results, self.plan = with_rules
        record, case = self.record, self.case
        plan = files.operators(self.plan)
        actual = [operator.actual or 0 for operator in plan]
        errors = files.q_errors(plan)
        record.update(rows=sum(actual), peak=max(actual), errors=errors)
        if "touches at most" in case.sections:
            bound = ruled.ask(f"RETURN {case.text('touches at most')} AS v", values)
            bound = float(bound["rows"][0][0]["_value"])
            if sum(actual) > bound:
                self.faults.append(f"rows: {sum(actual):,.0f} touched, at most {bound:,.0f} expected")
        if isinstance(without, tuple):
            if without[1] != results:
                self.faults.append("result: not the one without rules")
            rows = sum(operator.actual or 0 for operator in files.operators(without[2]))
            record["rows without"] = rows
            if sum(actual) > 1.2 * rows + 100:
                self.faults.append(f"more rows: {sum(actual):,.0f} for {rows:,.0f} without rules")
        if case.text("answer"):
            wanted = comparable([ruled.ask(case.text("answer"), values)], "in order" in case.sections)
            if wanted[0][1] != results[-1][1]:
                self.faults.append("result: not the answer")


def make_graph(file, server, sizes, path, options):
    """The time it took."""
    started = time.perf_counter()
    for line in file.sections.get("import", []):
        with open(os.path.join(HERE, "..", line)) as arguments:
            words = arguments.read().split()
        subprocess.run([os.path.abspath(options.nql), "import", *words, path], check=True,
                       cwd=os.path.join(HERE, ".."), stdout=subprocess.DEVNULL)
    for statement in file.statements():
        began = time.perf_counter()
        server.ask(statement, sizes, 600)
        seconds = time.perf_counter() - began
        if seconds > 3:
            print(f"  slow: {seconds:.1f} s: {' '.join(statement.split())[:100]}", file=sys.stderr)
    return time.perf_counter() - started


def run_file(file, options, out):
    """The runs of a file's cases; prints each as it comes."""
    folder = tempfile.mkdtemp(prefix="workload-")
    path = os.path.join(folder, "graph.nen")
    ruled = Server(options, path, folder)
    bare = Server(options, path, folder, "--without-rule", options.without)
    runs = []
    try:
        sizes = {"temporary": {"$type": "String", "_value": folder}}
        memory = Server(options, ":memory:", folder)
        evaluate(memory, file.sections.get(options.size, []), sizes)
        memory.stop()
        seconds = make_graph(file, ruled, sizes, path, options)
        nodes = ruled.ask("MATCH (n) RETURN count(*)")["rows"][0][0]["_value"]
        edges = ruled.ask("MATCH ()-[r]->() RETURN count(*)")["rows"][0][0]["_value"]
        print(f"\n### {file.name}: {int(nodes):,} nodes, {int(edges):,} relationships, "
              f"made in {seconds:.1f} s\n", flush=True)
        for case in file.cases:
            if options.only not in case.title:
                continue
            run = Run(file, case)
            try:
                run.run(ruled, bare, sizes, options)
            except Failure as failure:
                ruled.stop()
                bare.stop()
                run.faults.append(f"case: {failure}")
                run.record.update(file=file.name, case=case.title, faults=run.faults)
            runs.append(run)
            show(run)
            if options.plans and run.faults:
                print(f"\n{case.text('query')}\n\n{run.plan}\n", flush=True)
            if out:
                out.write(json.dumps(run.record) + "\n")
                out.flush()
    finally:
        ruled.stop()
        bare.stop()
        shutil.rmtree(folder)
    return runs


def seconds_text(value):
    if value is None:
        return "–"
    return report.shown({"status": "ok", "ms": value * 1e3}) if isinstance(value, float) else value


def ratio(record):
    """Time without rules over time with them; None where either is missing."""
    both = record.get("with"), record.get("without")
    return both[1] / both[0] if all(isinstance(value, float) for value in both) else None


def show(run):
    record = run.record
    errors = [error for _, error in record.get("errors") or []]
    quotient = ratio(record)
    cells = [record["case"], seconds_text(record.get("with")), seconds_text(record.get("without")),
             f"{quotient:.2g}x" if quotient else "–",
             f"{record['rows']:,.0f}" if "rows" in record else "–",
             f"{record['peak']:,.0f}" if "peak" in record else "–",
             f"{statistics.median(errors):.3g} / {max(errors):,.3g}" if errors else "–",
             "; ".join(run.shown_faults())]
    print("| " + " | ".join(cells) + " |", flush=True)


def is_slower(with_rules, without):
    """By more than 20 %; less than half a millisecond is noise of pipes and clocks."""
    return with_rules > 1.2 * without + 0.0005


def at(errors, share):
    ordered = sorted(errors)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


def quantiles(errors):
    return (f"median {at(errors, 0.5):.3g}, 90 % {at(errors, 0.9):,.3g}, 95 % {at(errors, 0.95):,.3g}, "
            f"largest {max(errors):,.3g}")


def summary(runs, options):
    """Prints what is slower than without rules, and the q-error over everything."""
    slower = []
    for run in runs:
        with_rules, without = run.record.get("with"), run.record.get("without")
        if not isinstance(without, float):
            continue
        if not isinstance(with_rules, float) or is_slower(with_rules, without):
            slower.append(f"{run.file.name}: {run.case.title}: {seconds_text(with_rules)} with rules, "
                          f"{seconds_text(without)} without")
    print(f"\nSlower with rules by more than 20 %: {len(slower)} of {len(runs)}")
    for line in slower:
        print("  " + line)
    planned = sorted((run for run in runs if "planning" in run.record),
                     key=lambda run: -run.record["planning"])
    print("Longest from EXPLAIN to the plan: " + "; ".join(
        f"{run.file.name}: {run.case.title} {seconds_text(run.record['planning'])}" for run in planned[:5]))
    by_title = {}
    for run in runs:
        for title, error in run.record.get("errors") or []:
            by_title.setdefault(title, []).append(error)
    errors = [error for list in by_title.values() for error in list]
    if errors:
        print(f"q-error of {len(errors)} operators: {quantiles(errors)}")
        print(f"more than 10: {sum(error > 10 for error in errors) / len(errors):.1%}; by operator, "
              "those first that have most of them:")
        for title in sorted(by_title, key=lambda title: -sum(e > 10 for e in by_title[title])):
            far = sum(error > 10 for error in by_title[title])
            print(f"  {title}: {far} of {len(by_title[title])}, {quantiles(by_title[title])}")
    faulty = [run for run in runs if run.faults]
    news = [run for run in faulty if any(not fault.startswith("(") for fault in run.shown_faults())]
    print(f"Statements with faults: {len(faulty)} of {len(runs)}; {len(news)} with one not known")
    for run in runs if options.size == "full" else []:
        for kind in run.outdated_marks():
            print(f"  {run.file.name}: {run.case.title}: `{kind}` holds now: take off the mark")


def main():
    options = arguments()
    chosen = set(filter(None, options.files.split(",")))
    runs = []
    out = open(options.json, "w") if options.json else None
    print("| statement | rules | none | ratio | rows | peak rows | q-error median / max | faults |")
    for file in files.all_files():
        if chosen and file.name not in chosen:
            continue
        if options.size not in file.sections:
            continue
        runs += run_file(file, options, out)
    summary(runs, options)


if __name__ == "__main__":
    main()
