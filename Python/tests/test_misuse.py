"""Goal: what cannot work is a typed error with a remedy, never a crash or a hang."""

from __future__ import annotations

import gc
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import nendb

LONG = "UNWIND range(1, 100000000) AS i WITH sum(i * i % 7) AS s RETURN s"


def test_syntax_errors_show_the_place(db: nendb.Database) -> None:
    with pytest.raises(nendb.NQLSyntaxError) as caught:
        db.execute("MATCH (p:Person)\nRETURN q.name")
    error = caught.value
    assert (error.code, error.phase) == ("SyntaxError", "compile")
    assert error.detail == "UndefinedVariable"
    assert (error.line, error.column) == (2, 8)
    assert "^" in str(error)
    assert "RETURN q.name" in str(error)
    assert isinstance(error, nendb.ProgrammingError)
    copied = pickle.loads(pickle.dumps(error))
    assert str(copied) == str(error)
    assert copied.line == 2


@pytest.mark.parametrize(
    ("statement", "kind", "code"),
    [
        ("RETURN 1 / 0 AS x", nendb.DataError, "ArithmeticError"),
        ("RETURN $missing AS x", nendb.ProgrammingError, "ParameterMissing"),
        ("RETURN nofunction(1) AS x", nendb.ProgrammingError, "SyntaxError"),
        ("CALL no.procedure()", nendb.ProgrammingError, "ProcedureError"),
        ("COMMIT", nendb.ProgrammingError, "TransactionError"),
        ("LOAD CSV FROM 'x.csv' AS row RETURN row", nendb.Error, None),
        ("", nendb.ProgrammingError, "SyntaxError"),
    ],
)
def test_codes(
    db: nendb.Database, statement: str, kind: type[nendb.Error], code: str | None
) -> None:
    with pytest.raises(kind) as caught:
        db.execute(statement).fetchall()
    assert code is None or caught.value.code == code
    assert str(caught.value)


def test_constraints_are_integrity_errors(db: nendb.Database) -> None:
    db.execute("CREATE CONSTRAINT FOR (p:P) REQUIRE p.id IS UNIQUE")
    db.execute("CREATE (:P {id: 1})")
    with pytest.raises(nendb.IntegrityError):
        db.execute("CREATE (:P {id: 1})")


def test_a_closed_database() -> None:
    db = nendb.connect()
    db.close()
    db.close()
    assert db.closed
    assert "closed" in repr(db)
    for use in (
        lambda: db.execute("RETURN 1 AS x"),
        lambda: db.prepare("RETURN 1 AS x"),
        lambda: db.write(),
        lambda: db.cursor(),
        lambda: db.load({"x": [1]}, nodes="N"),
        lambda: db.create_function("f", int, ["STRING"], "INTEGER"),
    ):
        with pytest.raises(nendb.Error, match="closed"):
            use()


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(nendb.Error) as caught:
        nendb.connect(tmp_path / "none.nen", must_exist=True)
    assert "none.nen" in str(caught.value)
    with pytest.raises(nendb.Error):
        nendb.connect(tmp_path / "none.nen", read_only=True)
    with pytest.raises(nendb.Error):
        nendb.connect(tmp_path / "no" / "folder" / "x.nen").execute("CREATE (:A)")


def test_wrong_options() -> None:
    with pytest.raises(nendb.InterfaceError, match="full"):
        nendb.connect(durability="always")
    with pytest.raises((nendb.Error, ValueError)):
        nendb.connect("a\0b")


def test_read_only(tmp_path: Path) -> None:
    with nendb.connect(tmp_path / "x.nen") as db:
        db.execute("CREATE (:A)")
    with nendb.connect(tmp_path / "x.nen", read_only=True) as db:
        assert db.execute("MATCH (a:A) RETURN count(a) AS c").scalar() == 1
        with pytest.raises(nendb.Error):
            db.execute("CREATE (:A)")


def test_a_second_writer_of_the_thread_is_refused_at_once(db: nendb.Database) -> None:
    with db.write() as tx:
        tx.execute("CREATE (:A)")
        start = time.monotonic()
        with pytest.raises(nendb.TransactionError, match=r"tx\.execute"):
            db.execute("CREATE (:B)")
        with pytest.raises(nendb.TransactionError):
            db.write()
        assert time.monotonic() - start < 1
    assert db.execute("MATCH (n) RETURN count(n) AS c").scalar() == 1


def test_begin_needs_a_cursor_or_a_block(db: nendb.Database) -> None:
    with pytest.raises(nendb.TransactionError, match=r"db\.write"):
        db.execute("BEGIN")
    db.execute("CREATE (:A)")
    assert db.execute("MATCH (n) RETURN count(n) AS c").scalar() == 1


def test_another_writer_waits_and_then_fails(tmp_path: Path) -> None:
    with nendb.connect(tmp_path / "x.nen", busy_timeout=0.2) as db, db.write():
        caught: list[BaseException] = []

        def write() -> None:
            try:
                db.execute("CREATE (:A)")
            except nendb.Error as error:
                caught.append(error)

        thread = threading.Thread(target=write)
        thread.start()
        thread.join()
        assert isinstance(caught[0], nendb.DatabaseBusy)


def test_transactions_that_ended(db: nendb.Database) -> None:
    with db.write() as tx:
        pass
    with pytest.raises(nendb.TransactionError, match="ended"):
        tx.execute("RETURN 1 AS x")
    with pytest.raises(nendb.TransactionError):
        tx.commit()
    tx.rollback()


def test_a_session_used_by_two_threads_at_once(db: nendb.Database) -> None:
    tx = db.write()
    started = threading.Event()
    outcome: list[object] = []

    def work() -> None:
        started.set()
        try:
            outcome.append(tx.execute(LONG).fetchall())
        except nendb.Error as error:
            outcome.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    started.wait()
    time.sleep(0.3)
    with pytest.raises(nendb.Error):
        tx.execute("RETURN 1 AS x").fetchall()
    tx.interrupt()
    thread.join()
    tx.rollback()
    assert isinstance(outcome[0], nendb.Interrupted)


def test_interrupt_from_another_thread(db: nendb.Database) -> None:
    timer = threading.Timer(0.3, db.interrupt)
    timer.start()
    start = time.monotonic()
    with pytest.raises(nendb.Interrupted):
        db.execute(LONG).fetchall()
    assert time.monotonic() - start < 10
    assert db.execute("RETURN 1 AS x").scalar() == 1


def test_timeout(db: nendb.Database) -> None:
    with pytest.raises(nendb.Interrupted):
        db.execute(LONG, timeout=0.2).fetchall()


@pytest.mark.parametrize("way", ["fetchall()", "arrow()", "fetchone()"])
def test_control_c_ends_a_query(way: str) -> None:
    if way == "arrow()":
        pytest.importorskip("pyarrow")
    program = f"""
import nendb, sys
db = nendb.connect()
print("ready", flush=True)
try:
    db.execute({LONG!r}).{way}
except KeyboardInterrupt:
    print("interrupted", db.execute("RETURN 1 AS x").scalar(), flush=True)
"""
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=20)[0] == "interrupted 1\n"


def test_a_handler_of_the_program_is_called_and_stays(db: nendb.Database) -> None:
    calls: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: calls.append(number))
    try:
        timer = threading.Timer(0.3, lambda: os.kill(os.getpid(), signal.SIGINT))
        timer.start()
        with pytest.raises(nendb.Interrupted):
            db.execute(LONG).fetchall()
        assert calls == [signal.SIGINT]
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.05)
        assert calls == [signal.SIGINT, signal.SIGINT]
    finally:
        signal.signal(signal.SIGINT, before)


def test_fork(tmp_path: Path) -> None:
    program = f"""
import os, nendb
db = nendb.connect({str(tmp_path / "x.nen")!r})
db.execute("CREATE (:A)")
child = os.fork()
if child == 0:
    try:
        db.execute("CREATE (:A)")
    except nendb.Error as error:
        print(type(error).__name__, error, flush=True)
        os._exit(0)
    os._exit(1)
_, status = os.waitpid(child, 0)
assert status == 0, status
print(db.execute("MATCH (a:A) RETURN count(a) AS c").scalar())
"""
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stdout.splitlines()[-1] == "1"


def test_a_database_is_not_pickled(db: nendb.Database) -> None:
    with pytest.raises(nendb.InterfaceError, match="path"):
        pickle.dumps(db)


def test_threads_share_a_database(db: nendb.Database) -> None:
    errors: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for i in range(50):
                db.execute("CREATE (:T {thread: $t, i: $i})", {"t": number, "i": i})
                count = db.execute(
                    "MATCH (n:T {thread: $t}) RETURN count(n) AS c", {"t": number}
                ).scalar()
                assert count == i + 1
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert db.execute("MATCH (n:T) RETURN count(n) AS c").scalar() == 400


def test_dropped_transactions_give_way(db: nendb.Database) -> None:
    tx = db.write()
    tx.execute("CREATE (:A)")
    del tx
    gc.collect()
    db.execute("CREATE (:B)")
    assert db.execute("MATCH (n) RETURN labels(n) AS l").value() == [["B"]]


def _resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_queries_do_not_leak(people: nendb.Database) -> None:
    rounds = int(os.environ.get("NENDB_LOOP", "20000"))
    statement = people.prepare("MATCH (p:Person {name: $name}) RETURN p, p.age, [1, 'x'], date()")

    def loop(count: int) -> None:
        for i in range(count):
            statement.execute({"name": "Ada", "more": [i, str(i)]}).fetchall()
            if i % 10 == 0:
                people.execute("MATCH (p)-[k]->(q) RETURN p, k, q").fetchall()

    loop(5_000)
    before = _resident_bytes()
    loop(rounds)
    assert _resident_bytes() - before < 8 << 20
