"""Room on the disk: a reserve that deletions may use, and the words for a machine that refuses a write.

A deletion writes before it frees: SQLite appends to its log. So a region on a full disk could not get out of it by its
own APIs. A file of some megabytes is held for that, is given to the disk while something is deleted, and is taken back.
"""

from __future__ import annotations

import contextlib
import contextvars
import errno
import os
import re
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

from netflux.controlplane.records.commitlog import NotDurable
from netflux.errors import AwsError

SIZE = 8 * 1024 * 1024
"""Bytes of the reserve: SQLite's log grows to 4 MB before it is written back, and one backend of moto's may be 2 MB."""
LOW = SIZE
"""Free bytes below which a deletion gets the reserve."""
_STEP = 64 * 1024
FULL = 1024 * 1024
"""Free bytes below which `status` says that the disk is full: the next larger write fails."""

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})
NO_DESCRIPTORS = frozenset({errno.EMFILE, errno.ENFILE})
_FREEING = re.compile(
    r"(Batch)?(Delete|Deregister|Remove|Terminate|Abort|Stop|Untag|Detach|Disassociate|Cancel|Release|Revoke|Purge)"
)

_frees: contextvars.ContextVar[bool] = contextvars.ContextVar("frees", default=False)


@contextlib.contextmanager
def asked_by(operation: str) -> Iterator[None]:
    """In the block, and in tasks that begin there, writes may use the reserve if the operation deletes something."""
    token = _frees.set(_frees.get() or _FREEING.match(operation) is not None)
    try:
        yield
    finally:
        _frees.reset(token)


def freeing() -> bool:
    """Whether what runs now was asked to delete something."""
    return _frees.get()


class Reserve:
    """A file that holds room on the state directory's disk.

    Args:
        path: `{state}/reserve`.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._lent = 0
        self._before = 0
        self.take()

    @property
    def free(self) -> int:
        """Bytes that this user may still write on the disk."""
        found = os.statvfs(self._path.parent)
        return found.f_bavail * found.f_frsize if found.f_blocks else SIZE * 1024  # a file system without a size

    @property
    def size(self) -> int:
        """Bytes that are held now."""
        try:
            return self._path.stat().st_blocks * 512
        except OSError:
            return 0

    @contextlib.contextmanager
    def lent(self) -> Iterator[None]:
        """The disk has the reserve's room inside the block, if it needs it; what is left of it is taken back then."""
        if self.free >= LOW:
            yield
            return
        with self._lock:
            self._lent += 1
            self._before = max(self._before, self.size)
            with contextlib.suppress(OSError):
                os.truncate(self._path, 0)
        try:
            yield
        finally:
            with self._lock:
                self._lent -= 1
                if not self._lent:
                    self._hold(min(self._before, self.free - _STEP))
                    self._before = 0

    def take(self) -> None:
        """Holds all of it when there is room for it and as much for others; else it is asked again later."""
        with self._lock:
            if not self._lent and self.size < SIZE and self.free >= 2 * SIZE:
                self._hold(SIZE)

    def _hold(self, size: int) -> None:
        if size < _STEP:
            return
        with contextlib.suppress(OSError):
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                os.posix_fallocate(descriptor, 0, size // _STEP * _STEP)
            finally:
                os.close(descriptor)


def full(error: BaseException) -> bool:
    """Whether the disk had no room."""
    if isinstance(error, OSError):
        return error.errno in NO_ROOM
    return isinstance(error, sqlite3.OperationalError) and "disk is full" in str(error)


def damaged(error: BaseException) -> bool:
    """Whether the database's file is not what SQLite wrote."""
    words = ("malformed", "not a database", "no such table", "no such column", "disk I/O error")
    return isinstance(error, sqlite3.DatabaseError) and any(word in str(error) for word in words)


def refusal(error: BaseException | None) -> AwsError | None:
    """What a client is told when the machine, not the request, is the reason; None when the error is something else.

    503 is what AWS's SDKs try again. The causes of an error are looked at, too: handlers wrap what the disk raises.
    """
    for _ in range(8):
        if error is None:
            return None
        found = _refusal(error)
        if found is not None:
            return found
        error = error.__cause__ or error.__context__
    return None


def _refusal(error: BaseException) -> AwsError | None:
    if isinstance(error, NotDurable):
        return AwsError("ServiceUnavailable", f"{error.strerror}.", 503)
    if full(error):
        return AwsError(
            "ServiceUnavailable",
            "The disk of the state directory is full: nothing of this call was kept, and nothing else is lost. Make "
            "room, or delete something here, which works on a full disk, too; then try again.",
            503,
        )
    if isinstance(error, OSError) and error.errno in NO_DESCRIPTORS:
        return AwsError(
            "ServiceUnavailable",
            "The region has no file descriptors left: try again. Raise `ulimit -n` before `netflux up` if this stays.",
            503,
        )
    if damaged(error):
        return AwsError(
            "ServiceUnavailable",
            f"The database netflux.db is damaged ({error}). Stop the region with `netflux down`, and put a copy of "
            "the state directory back.",
            503,
        )
    if isinstance(error, sqlite3.OperationalError) or (isinstance(error, OSError) and error.errno == errno.EIO):
        return AwsError("ServiceUnavailable", f"The state directory's disk refuses: {error}. Try again.", 503)
    return None
