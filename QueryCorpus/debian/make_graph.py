#!/usr/bin/env python3
"""Makes the CSV files of this folder from Debian's package index.

    apt-get update && apt-cache dumpavail | ./make_graph.py

Takes the packages of the sections below (newest entry of each name), the relationships among them,
and the virtual packages they provide. Writes facts only (names, versions, sections, sizes and
relationships), in the header format of `neo4j-admin database import`. Output is sorted, so equal
input gives equal files.
"""

import csv
import re
import sys
from pathlib import Path

SECTIONS = {
    "admin", "database", "editors", "gnome", "graphics", "httpd", "interpreters", "libs", "mail",
    "net", "python", "shells", "text", "utils", "vcs", "video", "web", "x11",
}  # fmt: skip
WANTED = {
    "Package", "Source", "Version", "Architecture", "Section", "Priority", "Installed-Size",
    "Essential", "Depends", "Pre-Depends", "Recommends", "Conflicts", "Breaks", "Provides",
}  # fmt: skip
ATOM = re.compile(r"^\s*([a-z0-9][a-z0-9+.-]*)(?::[a-z0-9]+)?\s*(?:\(([^)]*)\))?")


def stanzas(lines):
    """Each package's fields as a dictionary; folded lines joined."""
    fields, name = {}, None
    for line in lines:
        line = line.rstrip("\n")
        if not line:
            if fields:
                yield fields
            fields, name = {}, None
        elif line[0] in " \t":
            if name in WANTED:
                fields[name] += line
        else:
            name, _, text = line.partition(":")
            if name in WANTED:
                fields[name] = text.strip()
    if fields:
        yield fields


def relations(text):
    """(name, version constraint, alternative number) of `a (>= 1) | b, c`, in order."""
    for group in filter(None, (text or "").split(",")):
        for number, atom in enumerate(group.split("|")):
            found = ATOM.match(atom)
            if found:
                yield found.group(1), (found.group(2) or "").strip(), number


def choose(packages):
    """The packages in the wanted sections, by name."""
    chosen = {}
    for fields in packages:
        section = fields.get("Section", "").split("/")[-1]
        if section in SECTIONS and fields["Package"] not in chosen:
            if not fields["Package"].endswith(("-dbg", "-dbgsym")):
                chosen[fields["Package"]] = {**fields, "Section": section}
    return dict(sorted(chosen.items()))


def write(name, header, rows):
    with open(Path(__file__).parent / name, "w", newline="", encoding="utf-8") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(header)
        count = 0
        for row in rows:
            out.writerow(row)
            count += 1
    print(f"{name}: {count}")


def links(packages, ids, fields):
    """Distinct (start, end, constraint, alternative) for the relation fields given."""
    for name, package in packages.items():
        seen = set()
        for field in fields:
            for target, constraint, alternative in relations(package.get(field)):
                if target in ids and target != name and target not in seen:
                    seen.add(target)
                    yield ids[name], ids[target], constraint, alternative or ""


def main():
    packages = choose(stanzas(sys.stdin))
    virtual = set()
    for package in packages.values():
        virtual |= {n for n, _, _ in relations(package.get("Provides")) if n not in packages}
    wanted = set()
    for package in packages.values():
        for field in ("Depends", "Pre-Depends", "Recommends"):
            wanted |= {n for n, _, _ in relations(package.get(field))}
    virtual &= wanted
    names = [*packages, *sorted(virtual)]
    ids = {name: number for number, name in enumerate(names)}
    source = {n: p.get("Source", n).split()[0] for n, p in packages.items()}
    sources = {name: number for number, name in enumerate(sorted(set(source.values())))}
    sections = {name: number for number, name in enumerate(sorted(SECTIONS))}

    write(
        "packages.csv",
        [":ID(Package)", "name", "version", "architecture", "priority", "installedKiB:int",
         "essential:boolean"],
        ((ids[n], n, p["Version"], p["Architecture"], p.get("Priority", "optional"),
          p.get("Installed-Size", ""), "true" if p.get("Essential") == "yes" else "")
         for n, p in packages.items()),
    )  # fmt: skip
    write("virtual.csv", [":ID(Package)", "name"], ((ids[n], n) for n in sorted(virtual)))
    write("sections.csv", [":ID(Section)", "name"], ((i, n) for n, i in sections.items()))
    write("sources.csv", [":ID(Source)", "name"], ((i, n) for n, i in sources.items()))
    ends = [":START_ID(Package)", ":END_ID(Package)"]
    write("depends.csv", [*ends, "version", "alternative:int"],
          links(packages, ids, ["Pre-Depends", "Depends"]))  # fmt: skip
    write("recommends.csv", ends, (l[:2] for l in links(packages, ids, ["Recommends"])))
    write("conflicts.csv", [*ends, "version"],
          (l[:3] for l in links(packages, ids, ["Conflicts", "Breaks"])))  # fmt: skip
    write("provides.csv", ends, (l[:2] for l in links(packages, ids, ["Provides"])))
    write("in_section.csv", [":START_ID(Package)", ":END_ID(Section)"],
          ((ids[n], sections[p["Section"]]) for n, p in packages.items()))  # fmt: skip
    write("built_from.csv", [":START_ID(Package)", ":END_ID(Source)"],
          ((ids[n], sources[s]) for n, s in source.items()))  # fmt: skip


if __name__ == "__main__":
    main()
