import errno
import json
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import pytest

from netflux import state
from netflux.errors import UserError

HOLD = """
import sys
from collections.abc import Callable
from pathlib import Path
from netflux.state import StateDirectory
held = StateDirectory.open(Path(sys.argv[1]), 4567)
print("held", flush=True)
sys.stdin.read()
"""


def listing(path: Path) -> dict[str, str]:
    return {str(file.relative_to(path)): file.read_text("latin-1") for file in path.rglob("*") if file.is_file()}


def test_a_new_directory_gets_the_layout_and_the_version(tmp_path: Path) -> None:
    held = state.StateDirectory.open(tmp_path / "a" / "state", 4567)
    assert json.loads((held.path / "version").read_text()) == state.version()
    assert {entry.name for entry in held.path.iterdir()} == {
        "version", "lock", "run", "objects", "logs", "databases", "ca", "netflux.db",
    }  # fmt: skip
    assert state.holder(held.path) == state.Holder(os.getpid(), 4567)
    held.close()
    assert state.holder(held.path) is None


def test_a_second_region_is_told_who_holds_the_directory(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(UserError, match=rf"pid {other.pid} on port 4567"):
            state.StateDirectory.open(tmp_path, 4568)
        with pytest.raises(UserError, match="belongs to a running region"):
            state.delete(tmp_path)
        other.kill()
    held = state.StateDirectory.open(tmp_path, 4568)
    held.close()


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ('{"format": 0, "moto": "4.0.0"}', 'another netflux (its `version` is {"format": 0, "moto": "4.0.0"}'),
        ('{"format": 3}', "a newer netflux"),
        ('{"format": 1, "moto": "4.0.0"}', "by the release before, with moto 4.0.0"),
        ("[]", "another netflux"),
    ],
)
def test_another_version_is_refused_with_the_way_to_its_data_and_nothing_is_touched(
    tmp_path: Path, written: str, words: str
) -> None:
    state.StateDirectory.open(tmp_path, 1).close()
    (tmp_path / "version").write_text(written)
    (tmp_path / "run" / "left").write_text("over")
    before = listing(tmp_path)
    with pytest.raises(UserError, match=re.escape(words)) as caught:
        state.StateDirectory.open(tmp_path, 1)
    assert "netflux.db is SQLite" in caught.value.hint
    assert listing(tmp_path) == before


def test_a_directory_of_the_release_before_is_opened_by_its_own_moto_to_be_upgraded(tmp_path: Path) -> None:
    state.StateDirectory.open(tmp_path, 1).close()
    (tmp_path / "version").write_text(json.dumps({"format": 1, "moto": metadata.version("moto")}))
    held = state.StateDirectory.open(tmp_path, 1)
    assert held.older
    held.upgraded()
    assert not held.older
    assert json.loads((tmp_path / "version").read_text()) == state.version()
    held.close()


def test_a_directory_of_somebody_else_is_neither_used_nor_deleted(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("precious")
    with pytest.raises(UserError, match=r"thesis\.txt"):
        state.StateDirectory.open(tmp_path, 1)
    with pytest.raises(UserError, match="not a state directory"):
        state.delete(tmp_path)
    assert listing(tmp_path) == {"thesis.txt": "precious"}


def test_what_a_start_killed_at_once_has_left_is_taken_over(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "netflux.log").write_text("began")
    state.StateDirectory.open(tmp_path, 1).close()
    assert (tmp_path / "version").is_file()


def test_run_is_emptied_at_start_and_all_else_stays(tmp_path: Path) -> None:
    state.StateDirectory.open(tmp_path, 1).close()
    (tmp_path / "run" / "old.sock").write_text("")
    (tmp_path / "objects" / "body").write_text("kept")
    state.StateDirectory.open(tmp_path, 1).close()
    assert [*(tmp_path / "run").iterdir()] == []
    assert (tmp_path / "objects" / "body").read_text() == "kept"


def test_a_child_that_a_killed_region_left_is_ended(tmp_path: Path) -> None:
    from netflux.runtime.children import started_at

    state.StateDirectory.open(tmp_path, 1).close()
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as child:
        records = tmp_path / "run" / "children"
        records.mkdir()
        record = {"name": "sleep", "pid": child.pid, "started": started_at(child.pid)}
        (records / "sleep.json").write_text(json.dumps(record))
        state.StateDirectory.open(tmp_path, 1).close()
        assert child.wait(5) == -9


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "No space is left"),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), "No space is left"),
        (sqlite3.OperationalError("database or disk is full"), "No space is left"),
        (OSError(errno.EACCES, "Permission denied"), "can't be written"),
        (OSError(errno.EROFS, "Read-only file system"), "can't be written"),
        (sqlite3.OperationalError("attempt to write a readonly database"), "can't be written"),
    ],
)
def test_what_a_disk_refuses_is_said_with_the_directory(tmp_path: Path, error: Exception, words: str) -> None:
    with pytest.raises(UserError) as caught, state.explained(tmp_path):
        raise error
    assert words in caught.value.message
    assert str(tmp_path) in caught.value.message


def test_other_errors_are_not_explained_away(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="broken"), state.explained(tmp_path):
        raise OSError(errno.EIO, "broken")


def test_a_full_disk_is_refused_before_anything_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import shutil

    usage = shutil.disk_usage(tmp_path)._replace(free=1024)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(UserError, match="No space is left"):
        state.StateDirectory.open(tmp_path / "state", 1)
    assert not (tmp_path / "state").exists()


def test_somebody_who_only_looks_is_not_taken_for_a_region(tmp_path: Path) -> None:
    import threading

    done = threading.Event()

    def look() -> None:
        while not done.is_set():
            state.holder(tmp_path)

    looker = threading.Thread(target=look)
    looker.start()
    try:
        for _ in range(200):
            state.StateDirectory.open(tmp_path, 1).close()
    finally:
        done.set()
        looker.join()


def test_a_directory_too_long_for_sockets_gets_a_short_name_for_them(tmp_path: Path) -> None:
    path = tmp_path / ("a" * 80) / "state"
    held = state.StateDirectory.open(path, 1)
    assert len(str(held.run)) <= 72
    (held.run / "there").touch()
    assert (path / "run" / "there").exists()
    short = held.run
    held.close()
    assert not short.is_symlink()


def test_a_folder_of_somebody_elses_gets_no_sockets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "open"))
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    with pytest.raises(UserError, match="open to others"):
        state.StateDirectory.open(tmp_path / ("a" * 80), 1)


def modes(path: Path) -> set[str]:
    return {f"{file.relative_to(path)} {file.stat().st_mode & 0o777:o}" for file in path.rglob("*")}


def test_a_directory_that_others_may_read_is_made_private_with_all_that_is_in_it(tmp_path: Path) -> None:
    path = tmp_path / "state"
    state.StateDirectory.open(path, 1).close()
    (path / "ca" / "ca.key").write_text("secret")
    (path / "logs" / "group").mkdir()
    (path / "logs" / "group" / "a.jsonl").write_text("[]")
    (path / "netflux.log").write_text("")
    for file in path.rglob("*"):
        file.chmod(0o755 if file.is_dir() else 0o644)
    path.chmod(0o755)
    state.StateDirectory.open(path, 1).close()
    assert path.stat().st_mode & 0o777 == 0o700
    assert {mode.rpartition(" ")[2] for mode in modes(path)} == {"600", "700"}


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
def test_another_user_can_read_nothing(tmp_path: Path) -> None:
    import tempfile

    with tempfile.TemporaryDirectory(dir="/tmp", prefix="nf.") as folder:
        Path(folder).chmod(0o755)
        path = Path(folder, "state")
        path.mkdir(mode=0o755)
        state.StateDirectory.open(path, 1).close()
        read = "import os, sys; os.setuid(54321); print(open(sys.argv[1], 'rb').read(1))"
        for name in ("netflux.db", "version", "lock"):
            tried = subprocess.run(
                [sys.executable, "-c", read, str(path / name)], capture_output=True, text=True, check=False
            )
            assert "PermissionError" in tried.stderr


def test_a_directory_that_everybody_may_write_to_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "state"
    path.mkdir()
    path.chmod(0o777)
    with pytest.raises(UserError, match="Every user of this machine") as caught:
        state.check(path)
    assert f"chmod 700 {path}" in caught.value.hint
    assert [*path.iterdir()] == []


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a directory away")
def test_a_directory_of_another_user_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "state"
    path.mkdir(mode=0o700)
    os.chown(path, 54321, 54321)
    with pytest.raises(UserError, match=r"belongs to another user \(uid 54321\)"):
        state.check(path)


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda file: file.unlink(), "is missing"),
        (lambda file: file.write_bytes(b""), "is empty"),
        (lambda file: file.write_bytes(b"garbage" * 999), "is no database"),
    ],
)
def test_without_its_database_nothing_is_started_and_nothing_touched(
    tmp_path: Path, damage: Callable[[Path], object], words: str
) -> None:
    path = tmp_path / "state"
    state.StateDirectory.open(path, 1).close()
    for number in range(3):
        (path / "objects" / f"body{number}").write_text("precious")
    damage(path / "netflux.db")
    before = listing(path)
    for refuse in (lambda: state.check(path), lambda: state.StateDirectory.open(path, 1)):
        with pytest.raises(UserError, match=words) as caught:
            refuse()
        assert str(path / "netflux.db") in caught.value.message
        assert "objects/ has 3 files" in caught.value.message
        assert "copy" in caught.value.hint
    assert listing(path) == before


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b'{"format": 1'])
def test_a_version_that_cannot_be_read_is_told_with_what_to_put_back(tmp_path: Path, body: bytes) -> None:
    path = tmp_path / "state"
    state.StateDirectory.open(path, 1).close()
    (path / "version").write_bytes(body)
    with pytest.raises(UserError, match="can't be read") as caught:
        state.StateDirectory.open(path, 1)
    assert json.dumps(state.version()) in caught.value.hint


@pytest.mark.parametrize("body", [b"", b"\xff" * 200, b"99999999999999999999999\nx\n", b"-1\n-1\n"])
def test_whatever_is_in_the_lock_file_a_free_directory_is_taken(tmp_path: Path, body: bytes) -> None:
    path = tmp_path / "state"
    state.StateDirectory.open(path, 1).close()
    (path / "lock").write_bytes(body)
    assert state.holder(path) is None
    state.StateDirectory.open(path, 1).close()


def test_a_start_that_was_killed_before_it_wrote_the_version_is_taken_over(tmp_path: Path) -> None:
    path = tmp_path / "state"
    state.StateDirectory.open(path, 1).close()
    (path / "version").unlink()
    state.StateDirectory.open(path, 1).close()
    with sqlite3.connect(path / "netflux.db") as database:
        database.execute("INSERT INTO document (kind, key, body) VALUES ('a', 'b', '{}')")
    database.close()
    (path / "version").unlink()
    with pytest.raises(UserError, match="not a state directory"):
        state.StateDirectory.open(path, 1)


def test_whether_the_region_before_was_killed_with_its_database_open_is_known(tmp_path: Path) -> None:
    path = tmp_path / "state"
    first = state.StateDirectory.open(path, 1)
    assert not first.killed
    first.opened()
    assert state.holder(path) == state.Holder(os.getpid(), 1)
    held = (path / "lock").read_bytes()
    first.close()
    second = state.StateDirectory.open(path, 1)
    assert not second.killed
    second.close()
    (path / "lock").write_bytes(held)  # as a region leaves it that is killed
    third = state.StateDirectory.open(path, 1)
    assert third.killed
    third.close()


@pytest.mark.parametrize("folder", ["objects", "logs", "databases", "ca"])
def test_without_version_and_database_what_is_left_is_never_taken_for_an_empty_cloud(
    tmp_path: Path, folder: str
) -> None:
    """It would be deleted if that start failed."""
    path = tmp_path / "state"
    state.StateDirectory.open(path, 1).close()
    for name in ("version", "netflux.db"):
        (path / name).unlink()
    (path / folder / "precious").write_text("kept")
    before = listing(path)
    with pytest.raises(UserError, match=f"not a state directory of netflux .it holds {folder}"):
        state.StateDirectory.open(path, 1)
    assert listing(path) == before
