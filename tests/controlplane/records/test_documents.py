"""What was acknowledged is on disk, whole, and memory never says more than the disk."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from netflux.controlplane.records.documents import Documents
from netflux.errors import UserError


def test_a_document_comes_back_after_a_restart(tmp_path: Path) -> None:
    first = Documents(tmp_path / "n.db")
    first.put("vpc", "a", {"cidr": "10.0.0.0/16"})
    first.close()
    assert Documents(tmp_path / "n.db").get("vpc", "a") == {"cidr": "10.0.0.0/16"}


def test_a_caller_cannot_change_what_is_stored_by_changing_what_it_got(tmp_path: Path) -> None:
    documents = Documents(tmp_path / "n.db")
    documents.put("vpc", "a", {"tags": ["x"]})
    got = documents.get("vpc", "a")
    assert got is not None
    got["tags"].append("y")
    assert documents.get("vpc", "a") == {"tags": ["x"]}


def test_a_transaction_that_raises_leaves_neither_disk_nor_memory_changed(tmp_path: Path) -> None:
    documents = Documents(tmp_path / "n.db")
    documents.put("vpc", "a", {"n": 1})

    def change() -> None:
        with documents.transaction():
            documents.put("vpc", "a", {"n": 2})
            documents.put("vpc", "b", {"n": 3})
            documents.delete("vpc", "a")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        change()
    assert documents.list("vpc") == [("a", {"n": 1})]
    documents.close()
    assert Documents(tmp_path / "n.db").list("vpc") == [("a", {"n": 1})]


def test_a_document_that_is_no_json_is_refused_and_nothing_changes(tmp_path: Path) -> None:
    documents = Documents(tmp_path / "n.db")
    with pytest.raises(TypeError):
        documents.put("vpc", "a", {"when": object()})
    assert documents.get("vpc", "a") is None


def test_a_full_disk_is_an_error_and_memory_stays_as_the_disk_is(tmp_path: Path) -> None:
    documents = Documents(tmp_path / "n.db")
    documents.put("vpc", "a", {"n": 1})
    documents._db.execute("PRAGMA max_page_count=8")
    with pytest.raises(sqlite3.OperationalError, match="full"):
        documents.put("vpc", "a", {"n": "x" * 10_000_000})
    assert documents.get("vpc", "a") == {"n": 1}
    documents.put("vpc", "b", {"n": 2})
    assert documents.get("vpc", "b") == {"n": 2}


_WRITER = """
import sys
from pathlib import Path
from netflux.controlplane.records.documents import Documents
documents = Documents(Path(sys.argv[1]))
for n in range(1_000_000):
    documents.put("n", str(n % 7), {"n": n})
    print(n, flush=True)
"""


@pytest.mark.parametrize("acknowledged", [1, 20, 57])
def test_sigkill_loses_nothing_that_was_acknowledged(tmp_path: Path, acknowledged: int) -> None:
    path = tmp_path / "n.db"
    writer = subprocess.Popen([sys.executable, "-c", _WRITER, str(path)], stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    last = -1
    end = time.monotonic() + 30
    while last < acknowledged and time.monotonic() < end:
        last = int(writer.stdout.readline())
    os.kill(writer.pid, signal.SIGKILL)
    rest = writer.stdout.read().split()
    writer.stdout.close()
    writer.wait()
    last = int(rest[-1]) if rest and rest[-1].isdigit() else last
    found = Documents(path).get("n", str(last % 7))
    assert found is not None
    assert found["n"] >= last


def damaged(path: Path, body: bytes) -> UserError:
    """What is told of a database with these bytes; nothing in its folder is changed by looking."""
    path.write_bytes(body)
    with pytest.raises(UserError) as caught:
        Documents(path)
    assert path.read_bytes() == body
    return caught.value


def filled(path: Path) -> bytes:
    documents = Documents(path)
    for number in range(200):
        documents.put("vpc", f"v{number}", {"text": "x" * 500})
    documents.close()
    return path.read_bytes()


def test_a_damaged_database_is_refused_by_name_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "netflux.db"
    (tmp_path / "objects").mkdir()
    (tmp_path / "objects" / "body").write_text("kept")
    whole = filled(path)
    page = 4096
    for body in (
        b"garbage" * 1000,
        whole[: page * 3],
        whole[: page * 3 + 100],
        whole[:page] + os.urandom(len(whole) - page),
    ):
        told = damaged(path, body)
        assert str(path) in told.message
        assert "objects/ has 1 files" in told.message
        assert "copy" in told.hint
    path.write_bytes(whole)
    assert len(Documents(path).list("vpc")) == 200


@pytest.mark.parametrize("table", ["document", "blob"])
def test_a_table_that_is_missing_is_not_made_anew(tmp_path: Path, table: str) -> None:
    path = tmp_path / "netflux.db"
    filled(path)
    with closing(sqlite3.connect(path)) as database:
        database.execute(f"DROP TABLE {table}")
    with pytest.raises(UserError, match=f"no such table: {table}"):
        Documents(path)


@pytest.mark.parametrize("body", ["{", "", "[1]", "5", b"\xff\xfe{", "null"])
def test_a_document_that_cannot_be_read_is_set_aside_and_costs_no_other(tmp_path: Path, body: str | bytes) -> None:
    path = tmp_path / "netflux.db"
    filled(path)
    with closing(sqlite3.connect(path)) as database:
        database.execute("UPDATE document SET body = CAST(? AS TEXT) WHERE key = 'v7'", (body,))
        database.commit()
    for _ in range(2):  # it is told at every start
        documents = Documents(path)
        assert len(documents.list("vpc")) == 199
        assert documents.unreadable == [("vpc", "v7")]
        documents.close()
    with closing(sqlite3.connect(path)) as database:
        kept = database.execute("SELECT CAST(body AS BLOB) FROM unreadable").fetchone()[0]
    assert kept == (body.encode() if isinstance(body, str) else body)


def test_numbers_that_only_python_reads_are_documents_all_the_same(tmp_path: Path) -> None:
    documents = Documents(tmp_path / "n.db")
    documents.put("metric", "a", {"value": float("inf")})
    documents.close()
    again = Documents(tmp_path / "n.db")
    assert again.get("metric", "a") == {"value": float("inf")}
    assert again.unreadable == []


def test_of_a_region_that_was_killed_every_page_is_looked_at(tmp_path: Path) -> None:
    path = tmp_path / "netflux.db"
    whole = filled(path)
    for page in range(len(whole) // 4096):
        path.write_bytes(whole[: page * 4096] + os.urandom(4096) + whole[(page + 1) * 4096 :])
        (tmp_path / "netflux.db-wal").touch()  # a region that stops in order leaves none
        with pytest.raises(UserError, match="is damaged"):
            Documents(path)
