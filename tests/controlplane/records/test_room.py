"""Room for deletions, and what a client is told when the machine is the reason."""

import errno
import os
import sqlite3
from pathlib import Path

import pytest

from netflux.controlplane.records import room
from netflux.controlplane.records.documents import Documents


class Disk:
    """A disk of this many bytes, of which the reserve's file and what `used` says are taken."""

    def __init__(self, path: Path, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
        self.used = 0
        self._path = path
        self._size = size
        monkeypatch.setattr(room.Reserve, "free", property(lambda _: self.free))

    @property
    def free(self) -> int:
        held = self._path.stat().st_blocks * 512 if self._path.exists() else 0
        return self._size - self.used - held


MEGABYTE = 1024 * 1024


def test_the_reserve_is_lent_to_a_deletion_and_taken_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = Disk(tmp_path / "reserve", 64 * MEGABYTE, monkeypatch)
    reserve = room.Reserve(tmp_path / "reserve")
    assert reserve.size == room.SIZE
    disk.used = disk.free
    with reserve.lent():
        assert disk.free == room.SIZE
        disk.used += 100_000
    assert room.SIZE - MEGABYTE < reserve.size < room.SIZE


def test_what_a_deletion_frees_is_for_who_deleted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = Disk(tmp_path / "reserve", 64 * MEGABYTE, monkeypatch)
    reserve = room.Reserve(tmp_path / "reserve")
    disk.used = disk.free
    with reserve.lent():
        disk.used -= 4 * MEGABYTE
    assert disk.free >= 4 * MEGABYTE


def test_the_reserve_is_whole_again_when_there_is_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = Disk(tmp_path / "reserve", 64 * MEGABYTE, monkeypatch)
    disk.used = 60 * MEGABYTE
    reserve = room.Reserve(tmp_path / "reserve")
    assert reserve.size == 0
    disk.used = 0
    reserve.take()
    assert reserve.size == room.SIZE


def test_with_room_nothing_is_lent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Disk(tmp_path / "reserve", 64 * MEGABYTE, monkeypatch)
    reserve = room.Reserve(tmp_path / "reserve")
    with reserve.lent():
        assert reserve.size == room.SIZE


def test_writes_of_a_deletion_have_the_reserve_and_others_do_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk(tmp_path / "reserve", 64 * MEGABYTE, monkeypatch)
    reserve = room.Reserve(tmp_path / "reserve")
    documents = Documents(tmp_path / "n.db", reserve)
    disk.used = disk.free
    lent: list[bool] = []

    def look(asked: str) -> None:
        with room.asked_by(asked), documents.transaction():
            lent.append(disk.free > MEGABYTE)

    for asked in (
        "CreateSecret",
        "DeleteSecret",
        "UpdateService",
        "BatchDeleteImage",
        "PutObject",
        "AbortMultipartUpload",
    ):
        look(asked)
    assert lent == [False, True, False, True, False, True]
    documents.close()


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "disk of the state directory is full"),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), "disk of the state directory is full"),
        (sqlite3.OperationalError("database or disk is full"), "disk of the state directory is full"),
        (OSError(errno.EMFILE, "Too many open files"), "no file descriptors left"),
        (sqlite3.DatabaseError("database disk image is malformed"), "netflux.db is damaged"),
        (sqlite3.OperationalError("disk I/O error"), "netflux.db is damaged"),
        (OSError(errno.EIO, os.strerror(errno.EIO)), "disk refuses"),
    ],
)
def test_a_fault_of_the_machine_is_named_and_may_be_tried_again(error: Exception, words: str) -> None:
    wrapped = RuntimeError("a handler failed")
    wrapped.__cause__ = error
    for one in (error, wrapped):
        refused = room.refusal(one)
        assert refused is not None
        assert (refused.code, refused.status) == ("ServiceUnavailable", 503)
        assert words in refused.message


def test_a_fault_of_the_program_is_not_the_machines() -> None:
    assert room.refusal(KeyError("x")) is None
    assert room.refusal(FileNotFoundError(errno.ENOENT, "gone")) is None
