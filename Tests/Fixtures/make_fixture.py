#!/usr/bin/env python3
"""Makes the fixtures of one format version with an `nql` of that version.

    Tests/Fixtures/make_fixture.py path/to/nql Tests/Fixtures/format-N

Two databases are made from contents.nql: `closed` was closed, `killed` has a log to replay. Each
file is stored as NAME.runs: the file without its runs of zeros (see the README beside this).
`NAME.txt` is what that nql prints for dump.nql.
"""

import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
# What the killed database commits behind its last checkpoint: every operation of the log.
LOGGED = """
CREATE (:Logged {n: 1, text: 'a text that only the log has'})
    -[:NEW {since: date('2024-01-01')}]->(:Logged {n: 2});
MATCH (n:Item {id: 5}) SET n.price = 5.5, n.extra = [1, 'b', [true]], n:Marked;
MATCH (n:Item {id: 6}) DETACH DELETE n;
MATCH (n:Item {id: 8}) REMOVE n.kind;
MATCH (a:Item {id: 10})-[r:NEXT]->() SET r.weight = 1000.0;
MATCH (a:Item {id: 11})-[r:NEXT]->() DELETE r;
CREATE INDEX logged_n FOR (n:Logged) ON (n.n);
CREATE CONSTRAINT logged_text FOR (n:Marked) REQUIRE n.id IS NOT NULL;
DROP INDEX item_pair;
DROP CONSTRAINT city_name;
CREATE (:City {note: 'without a name'});
"""


def varint(number):
    out = bytearray()
    while number >= 128:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def runs(data):
    """Length, then (count of zeros, count of bytes, bytes) until the length is reached."""
    out = bytearray(varint(len(data)))
    at = 0
    while at < len(data):
        start = at
        while at < len(data) and data[at] == 0:
            at += 1
        zeros = at - start
        start = at
        while at < len(data) and data[at:at + 4] != b"\0\0\0\0":
            at += 1
        out += varint(zeros) + varint(at - start) + data[start:at]
    return bytes(out)


def statements(text):
    for piece in text.split(";\n"):
        lines = [line for line in piece.splitlines() if not line.startswith("//")]
        if "".join(lines).strip():
            yield "\n".join(lines)


def main():
    nql, target = os.path.abspath(sys.argv[1]), pathlib.Path(sys.argv[2])
    target.mkdir(parents=True, exist_ok=True)
    contents = (HERE / "contents.nql").read_text()
    with tempfile.TemporaryDirectory() as folder:
        for name in ["closed", "killed"]:
            path = os.path.join(folder, name)
            subprocess.run(
                [nql, path, "--no-notifications", HERE / "contents.nql"], check=True,
                stdout=subprocess.DEVNULL)
            if name == "killed":
                process = subprocess.Popen(
                    [nql, path, "--json-lines"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                    text=True)
                for statement in statements(LOGGED):
                    print(json.dumps({"query": statement, "params": {}}),
                          file=process.stdin, flush=True)
                    answer = process.stdout.readline()
                    assert answer.startswith('{"columns"'), answer
                process.send_signal(signal.SIGKILL)
                process.wait()
            files = [path] + ([path + "-log"] if os.path.exists(path + "-log") else [])
            for file in files:
                data = pathlib.Path(file).read_bytes()
                encoded = runs(data)
                (target / (os.path.basename(file) + ".runs")).write_bytes(encoded)
                print(f"{os.path.basename(file)}: {len(data)} bytes as {len(encoded)}")
            dump = subprocess.run(
                [nql, path, "--format", "csv", HERE / "dump.nql"], check=True,
                capture_output=True)
            (target / (name + ".txt")).write_bytes(dump.stdout)


if __name__ == "__main__":
    main()
