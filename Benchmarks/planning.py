"""Time to plan patterns of several shapes: EXPLAIN of a hundred texts that differ, one after the other.

    python3 Benchmarks/planning.py .build/release/nql

Prints the median of 100 for each shape in milliseconds, less what EXPLAIN RETURN takes in the same
process: parsing, binding, optimizing and printing the plan are in it, execution is not.
"""
import json
import statistics
import subprocess
import sys
import time


def path(edges):
    return "".join(f"(n{i}:P)-[:R]->" for i in range(edges)) + f"(n{edges}:P)"


def star(edges):
    return ", ".join(f"(c:P)-[:R]->(n{i}:P)" for i in range(edges))


def cycle(edges):
    return "".join(f"(n{i}:P)-[:R]->" for i in range(edges)) + "(n0)"


def clique(nodes):
    pairs = [(i, j) for i in range(nodes) for j in range(i + 1, nodes)]
    return ", ".join(f"(n{i}:P)-[:R]->(n{j}:P)" for i, j in pairs)


SHAPES = {
    "path of 4": path(4), "path of 8": path(8), "path of 10": path(10), "path of 12": path(12),
    "star of 8": star(8), "star of 10": star(10), "star of 12": star(12),
    "cycle of 8": cycle(8), "cycle of 12": cycle(12),
    "clique of 4 (6 edges)": clique(4), "clique of 5 (10 edges)": clique(5),
    "path of 20": path(20), "path of 50": path(50),
}


def main():
    process = subprocess.Popen([sys.argv[1], "--json-lines"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(text):
        request = json.dumps({"query": text, "params": {}}).encode() + b"\n"
        started = time.perf_counter()
        process.stdin.write(request)
        process.stdin.flush()
        answer = process.stdout.readline()
        elapsed = time.perf_counter() - started
        assert b'"error"' not in answer[:12], answer
        return elapsed * 1e3

    ask("UNWIND range(1, 2000) AS x CREATE (:P {id: x, g: x % 10})")
    ask("MATCH (a:P), (b:P) WHERE b.id = a.id * 7 % 1000 + 1 CREATE (a)-[:R]->(b)")
    base = statistics.median(ask(f"EXPLAIN RETURN {i} AS x") for i in range(200))
    print(f"{'EXPLAIN RETURN':24} {base:8.3f} ms")
    for name, pattern in SHAPES.items():
        times = [ask(f"EXPLAIN MATCH {pattern} WHERE n1.id < {i} RETURN sum(n1.g)") for i in range(100)]
        print(f"{name:24} {statistics.median(times) - base:8.3f} ms")
    process.stdin.close()
    process.wait()


if __name__ == "__main__":
    main()
