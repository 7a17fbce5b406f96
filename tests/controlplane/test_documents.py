"""What was acknowledged is on disk, whole, and memory never says more than the disk."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from netflux.controlplane.documents import Documents


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
from netflux.controlplane.documents import Documents
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
