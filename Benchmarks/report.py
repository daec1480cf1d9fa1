#!/usr/bin/env python3
"""Tables from the JSON lines of run.py: times, ratios to NenDB, and where results differ."""
import json
import math
import sys


def load(path):
    records = {}
    with open(path) as file:
        for line in file:
            record = json.loads(line)
            records[record["set"], record["query"], record["engine"]] = record
    return records


def shown(record):
    if record is None:
        return ""
    if record["status"] != "ok":
        return record["status"]
    ms = record["ms"]
    text = f"{ms / 1e3:.1f} s" if ms >= 10_000 else f"{ms:.0f} ms" if ms >= 100 else f"{ms:.3g} ms"
    return text


def table(head, rows):
    widths = [max(len(str(row[i])) for row in [head] + rows) for i in range(len(head))]
    line = lambda row: "| " + " | ".join(
        str(v).ljust(w) if i == 0 else str(v).rjust(w) for i, (v, w) in enumerate(zip(row, widths))) + " |"
    print(line(head))
    print("|" + "|".join("-" * (w + 2) for w in widths) + "|")
    for row in rows:
        print(line(row))


def show(path):
    """Prints everything; returns the queries on which engines disagree."""
    records = load(path)
    names = []
    for _, _, engine in records:
        if engine not in names:
            names.append(engine)
    differing = []
    for set_name in dict.fromkeys(key[0] for key in records):
        print(f"\n### {set_name}\n")
        if set_name == "load":
            load_table(records, names)
            continue
        rows, ratios = [], {name: [] for name in names}
        for query in dict.fromkeys(key[1] for key in records if key[0] == set_name):
            found = {name: records.get((set_name, query, name)) for name in names}
            ok = {n: r for n, r in found.items() if r and r["status"] == "ok"}
            digests = {r["digest"] for r in ok.values()}
            mark = "" if len(digests) < 2 else " DIFFERENT"
            if mark:
                differing.append(f"{set_name} {query}: " + ", ".join(f"{n} {r['digest']}" for n, r in ok.items()))
            row = [query + mark]
            for name in names:
                text = shown(found[name])
                if name != "nen" and name in ok and "nen" in ok:
                    ratio = ok[name]["ms"] / max(ok["nen"]["ms"], 1e-6)
                    ratios[name].append(ratio)
                    text += f" ({ratio:.2g}x)"
                row.append(text)
            rows.append(row)
        means = ["geometric mean of ratios"]
        for name in names:
            list = ratios[name]
            means.append(f"{math.exp(sum(map(math.log, list)) / len(list)):.2g}x" if list else "")
        table(["query"] + names, rows + [means])
    if differing:
        print("\nResults differ:\n  " + "\n  ".join(differing))
    errors = [r for r in records.values() if r["status"] in ("error", "crash")]
    for record in errors:
        print(f"{record['status']}: {record['engine']} {record['set']} {record['query']}: {record.get('error')}")
    return differing


def load_table(records, names):
    rows = []
    for name in names:
        record = records.get(("load", "load", name))
        if record is None or record["status"] != "ok":
            rows.append([name, record["status"] if record else "", "", "", "", "", ""])
            continue
        rows.append([name, record["version"], f"{record['ms'] / 1e3:.1f} s", f"{record['cpu'] / 1e3:.1f} s",
                     f"{record['index_ms'] / 1e3:.1f} s", f"{record['peak'] >> 20} MiB",
                     f"{record['disk'] >> 20} MiB"])
    table(["engine", "version", "load", "processor", "indexes", "peak memory", "disk"], rows)


if __name__ == "__main__":
    sys.exit(1 if show(sys.argv[1]) else 0)
