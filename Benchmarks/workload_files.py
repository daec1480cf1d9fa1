"""The files of QueryCorpus/workloads, and plans as EXPLAIN and PROFILE print them."""
import os
import re

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "QueryCorpus", "workloads")
FILE_SECTIONS = {"small", "full", "import", "graph"}
CASE_SECTIONS = {"parameters", "setup", "query", "then", "plan", "touches at most", "answer",
                 "in order", "only with rules", "fails today", "fails at full size"}


class Case:
    """A statement with its sections: {name: lines}."""

    def __init__(self, title):
        self.title, self.sections = title, {}

    def text(self, name):
        return "\n".join(self.sections.get(name, [])).strip()

    def plan(self):
        """(is wanted, operator or *, text of the details) of each line of `plan`."""
        for line in self.sections.get("plan", []):
            word, operator, *rest = line.split(None, 2)
            yield word == "has", operator, rest[0] if rest else ""


class Workload:
    """A file: sizes, the statements that make its graph, and cases."""

    def __init__(self, path):
        self.name = os.path.basename(path).removesuffix(".workload")
        self.cases, sections = [], {}
        self.sections = sections
        current = None
        with open(path) as file:
            for number, line in enumerate(file.read().splitlines(), 1):
                if line.startswith("== "):
                    self.cases.append(Case(line[3:]))
                    sections, current = self.cases[-1].sections, None
                elif line.startswith("-- "):
                    known = CASE_SECTIONS if self.cases else FILE_SECTIONS
                    if line[3:] not in known:
                        raise SystemExit(f"{path}:{number}: unknown section `{line}`")
                    current = sections.setdefault(line[3:], [])
                elif line.startswith("#") or not line.strip():
                    continue
                elif current is None:
                    raise SystemExit(f"{path}:{number}: a section is missing")
                else:
                    current.append(line)

    def statements(self, name="graph"):
        return statements("\n".join(self.sections.get(name, [])))


def statements(text):
    """A script in pieces: a semicolon that ends a line ends a statement."""
    return [piece.strip() for piece in re.split(r";[ ]*(?:\n|$)", text) if piece.strip()]


def assignments(lines):
    for line in lines:
        name, expression = line.split("=", 1)
        yield name.strip(), expression.strip()


def all_files():
    names = sorted(name for name in os.listdir(FOLDER) if name.endswith(".workload"))
    return [Workload(os.path.join(FOLDER, name)) for name in names]


class Operator:
    """A line of a plan: title, details, estimated and (PROFILE) actual rows."""

    def __init__(self, cells):
        marks = re.match(r"[│┊ ]*", cells[0]).group()
        self.is_nested = "┊" in marks
        self.title, self.details = cells[0][len(marks):], cells[1]
        self.estimate = number(cells[2])
        self.actual = number(cells[5]) if len(cells) > 5 else None

    def matches(self, title, details):
        return title in ("*", self.title) and details in self.details


def number(cell):
    if not cell:
        return None
    return float("inf") if cell == "∞" else float(cell.replace(",", ""))


def operators(text):
    """The operators of a printed plan, without its head and its total."""
    lines = text.split("\n\n")[0].splitlines()
    bars = [place for place, mark in enumerate(lines[1]) if mark == "┼"]
    width = max(map(len, lines))
    found = []
    for line in lines[2:-2]:
        line = line.ljust(width)
        ends = [-1] + bars + [width]
        found.append(Operator([line[a + 1:b].strip() for a, b in zip(ends, ends[1:])]))
    return found


def q_errors(plan):
    """(title, max(estimate, actual) / min of them) of each operator that ran, both at least 1.

    Both are of all runs of what runs for the rows of another operator.
    """
    errors = []
    for operator in plan:
        if operator.actual is None or operator.estimate is None:
            continue
        estimate, actual = max(operator.estimate, 1.0), max(operator.actual, 1.0)
        errors.append((operator.title, max(estimate / actual, actual / estimate)))
    return errors
