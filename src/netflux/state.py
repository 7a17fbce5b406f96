"""The state directory: who holds it, which version wrote it, and what is where.

The layout is in docs/state.md. One region at a time holds the directory, by an flock that the kernel releases with the
process, so a killed region never leaves it locked.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import json
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from netflux import ownership
from netflux.errors import UserError
from netflux.runtime.children import end_leftovers

FORMAT = 2
"""Raised when the layout changes so that an older netflux could not read it. What each record is, it says itself."""
OLDER = 1
"""The format of the release before. Its services were moto's, all of them, and its moto stood beside it."""

_ROOM = 64 * 1024 * 1024
"""Bytes that must be free at start: an empty PostgreSQL cluster alone takes about 40 MB."""

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
_NOT_ALLOWED = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST)


_LONGEST_RUN = 72
"""Characters of the run directory's path: Linux takes 107 for a socket's, and HAProxy needs 35 of them below it."""

_OPENED = b"open\n"

_FOLDERS = ("run", "objects", "logs", "databases", "ca")
_EMPTY = {"lock", "netflux.log", "haproxy.log", "reserve", *_FOLDERS}
"""What a region that was killed before it wrote `version` may have left."""


@dataclass(frozen=True)
class Holder:
    """The region that holds a state directory.

    Attributes:
        pid: of its process.
        port: of its gateway; 0 while it has not been written yet.
    """

    pid: int
    port: int


class StateDirectory:
    """A state directory held by this process, from `open` until `close`."""

    def __init__(self, path: Path, lock: int, killed: bool = False) -> None:
        self.path = path
        self._lock = lock
        self.killed = killed
        """Whether the last region here was killed while it had its database open."""

    @property
    def older(self) -> bool:
        """Whether the release before wrote it, and nobody has `upgraded` it yet."""
        return bool(json.loads((self.path / "version").read_text()).get("format") == OLDER)

    def upgraded(self) -> None:
        """All that it has is this release's now: the one before can't read it any more."""
        _write_version(self.path)

    @classmethod
    def open(cls, path: Path, port: int) -> StateDirectory:
        """Takes the directory, creating it if it is absent, and clears what a killed region has left running.

        Raises:
            UserError: another region holds it, another version wrote it, or the disk refuses. Nothing is changed then.
        """
        path = path.absolute()
        check(path)
        with explained(path):
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock, killed = _take(path, port)
            try:
                ownership.close(path)
                _prepare(path)
                _link(path / "run")
            except BaseException:
                os.close(lock)
                raise
        return cls(path, lock, killed)

    def close(self) -> None:
        """Lets go of the directory."""
        if self._lock >= 0:
            os.ftruncate(self._lock, 0)
            os.close(self._lock)
            self._lock = -1
            _nickname(self.path / "run").unlink(missing_ok=True)

    def opened(self) -> None:
        """The database is open: from now on its log is there, until `close`."""
        os.pwrite(self._lock, _OPENED, os.fstat(self._lock).st_size)

    def abandon(self) -> None:
        """In a process that has the directory by a fork, and leaves it to the other one."""
        os.close(self._lock)
        self._lock = -1

    @property
    def run(self) -> Path:
        """Sockets, HAProxy's configuration, pid records: emptied at every start.

        By a short name elsewhere when the state directory's own is too long for unix sockets.
        """
        run = self.path / "run"
        return run if len(str(run)) <= _LONGEST_RUN else _nickname(run)

    @property
    def database(self) -> Path:
        """The file of the documents."""
        return self.path / "netflux.db"

    @property
    def log_of_database(self) -> Path:
        """What was written last, while the database is open; SQLite writes it back when it is closed."""
        return self.path / "netflux.db-wal"

    @property
    def reserve(self) -> Path:
        """Room that is held for deletions on a full disk."""
        return self.path / "reserve"

    @property
    def log(self) -> Path:
        """The region's own log."""
        return self.path / "netflux.log"


def check(path: Path) -> None:
    """Whether a region could be started here; changes nothing.

    Raises:
        UserError: another region holds the directory, another version wrote it, others may write into it, its
            database is not there or not readable, or the disk is full.
    """
    with explained(path):
        ownership.check(path)
        held = holder(path)
        if held is not None:
            raise _held(path, held)
        _check_version(path)
        _check_room(path)


def holder(path: Path) -> Holder | None:
    """The running region that holds the directory; None when none does, whatever the lock file says."""
    try:
        descriptor = os.open(path / "lock", os.O_RDWR)
    except OSError:
        return None
    try:
        return None if _locks(descriptor, fcntl.LOCK_SH) else _read_holder(descriptor)
    finally:
        os.close(descriptor)


def delete(path: Path) -> None:
    """Removes a state directory that no region holds; refuses a directory that netflux did not write.

    Raises:
        UserError: it is held, or it is no state directory.
    """
    held = holder(path)
    if held is not None:
        raise UserError(f"{path} belongs to a running region (pid {held.pid}).", "Run `netflux down` first.")
    if not path.exists():
        return
    if not (path / "version").is_file():
        raise UserError(
            f"{path} is not a state directory of netflux: it has no file `version`.", "Nothing was deleted."
        )
    with explained(path):
        shutil.rmtree(path)


@contextlib.contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turns what a full or forbidden disk raises into a UserError that names the directory."""
    try:
        yield
    except (OSError, sqlite3.OperationalError) as error:
        explanation = explain(error, path)
        if explanation is None:
            raise
        raise explanation from error


def explain(error: BaseException, path: Path) -> UserError | None:
    """The UserError for a disk's refusal; None when the error is something else."""
    number = error.errno if isinstance(error, OSError) else None
    text = str(error)
    if number in _NO_ROOM or "database or disk is full" in text:
        free = shutil.disk_usage(_existing(path)).free // 1024 // 1024
        return UserError(
            f"No space is left for the state directory {path} ({free} MB free).",
            "Make room, or choose another disk with --state DIR.",
        )
    refused = isinstance(error, sqlite3.OperationalError) and ("readonly" in text or "unable to open" in text)
    if number in _NOT_ALLOWED or refused:
        return UserError(
            f"The state directory {path} can't be written: {text}.",
            "Choose another with --state DIR or NETFLUX_STATE_DIR, or change its permissions.",
        )
    return None


def version() -> dict[str, Any]:
    """What this netflux writes into `version`."""
    return {"format": FORMAT}


def _filled(folder: Path) -> bool:
    return folder.is_dir() and any(folder.iterdir())


def _check_version(path: Path) -> None:
    from netflux.controlplane.records import databasefile

    file, database = path / "version", path / "netflux.db"
    if not file.is_file():
        strangers = {entry.name for entry in path.iterdir()} - _EMPTY if path.is_dir() else set()
        strangers |= {name for name in _FOLDERS if name != "run" and _filled(path / name)}
        if strangers == {database.name} and databasefile.untouched(database):
            return
        if strangers:
            raise UserError(
                f"{path} is not empty and is not a state directory of netflux "
                f"(it holds {', '.join(sorted(strangers)[:3])}).",
                "Choose an empty or a new directory with --state DIR.",
            )
        return
    try:
        found = json.loads(file.read_text())
    except ValueError as error:
        raise UserError(
            f"{file} can't be read ({error}), so it is not known which netflux wrote this directory. Nothing in it was "
            "touched.",
            f"If this one wrote it, put its line back: echo '{json.dumps(version())}' > {file}",
        ) from error
    if found != version() and not _upgradable(found):
        raise _another(path, found)
    databasefile.check(database)


def _upgradable(found: Any) -> bool:
    """Whether it is of the release before, and what it was written with is here to read it."""
    return bool(
        isinstance(found, dict) and found.get("format") == OLDER and found == {"format": OLDER, "moto": _moto()}
    )


def _moto() -> str:
    from importlib import metadata  # which reads as much as the rest of this module, for a state of long ago

    return metadata.version("moto")


def _another(path: Path, found: Any) -> UserError:
    written = found.get("format") if isinstance(found, dict) else None
    if written == OLDER:
        moto, here = found.get("moto"), _moto()
        return UserError(
            f"The state directory {path} was written by the release before, with moto {moto}.\n"
            f"It is read once, and by that version of moto; here is {here}. Nothing in it was touched.",
            f"Install it beside this netflux (pip install moto=={moto}), start once, and put {here} back. "
            f"{_WITHOUT_US}",
        )
    newer = isinstance(written, int) and written > FORMAT
    return UserError(
        f"The state directory {path} was written by {'a newer' if newer else 'another'} netflux (its `version` is "
        f"{json.dumps(found)}; this one reads format {OLDER} and {FORMAT}). Nothing in it was touched.",
        f"Use the netflux that wrote it, or start anew: --state DIR for another directory, `netflux down --delete` to "
        f"delete this one. {_WITHOUT_US}",
    )


_WITHOUT_US = (
    "What is in it can be read without any netflux: netflux.db is SQLite, its records are JSON; databases/ has "
    "PostgreSQL's own clusters, and objects/ the bodies of S3's objects."
)


def _check_room(path: Path) -> None:
    usage = shutil.disk_usage(_existing(path))
    if usage.total and usage.free < _ROOM:  # a file system without a size, such as /proc, is refused by what follows
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))


def _existing(path: Path) -> Path:
    return next(place for place in (path, *path.parents) if place.exists())


def _take(path: Path, port: int) -> tuple[int, bool]:
    """The descriptor that holds the directory, and whether the region before ended without closing its database."""
    descriptor = os.open(path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    while not _locks(descriptor, fcntl.LOCK_EX):
        if not _locks(descriptor, fcntl.LOCK_SH):
            held = _read_holder(descriptor)
            os.close(descriptor)
            raise _held(path, held)
        fcntl.flock(descriptor, fcntl.LOCK_UN)  # only somebody who looks, in `holder`, and is gone in microseconds
    killed = _OPENED in os.pread(descriptor, 64, 0)
    _write_holder(descriptor, port)
    return descriptor, killed


def _held(path: Path, held: Holder) -> UserError:
    where = f" on port {held.port}" if held.port else ""
    return UserError(
        f"A region is already running in {path} (pid {held.pid}{where}).",
        "See it with `netflux status`, stop it with `netflux down`, or start another with --state DIR --port PORT.",
    )


def _locks(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _write_holder(descriptor: int, port: int) -> None:
    body = f"{os.getpid()}\n{port}\n".encode()
    os.ftruncate(descriptor, 0)
    if os.pwrite(descriptor, body, 0) != len(body):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _read_holder(descriptor: int) -> Holder:
    numbers = [int(word) for word in os.pread(descriptor, 64, 0).split() if word.isdigit()]
    return Holder(*[*numbers, 0, 0][:2])


def _prepare(path: Path) -> None:
    run = path / "run"
    if run.is_dir():
        end_leftovers(run / "children")
        shutil.rmtree(run)
    for name in _FOLDERS:
        (path / name).mkdir(mode=0o700, exist_ok=True)
    if not (path / "version").exists():
        from netflux.controlplane.records import databasefile

        databasefile.create(path / "netflux.db")  # so that a directory with a version and no database has lost it
        _write_version(path)


def _write_version(path: Path) -> None:
    draft = path / "run" / "version"
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(version()) + "\n")
    draft.replace(path / "version")


def _nickname(run: Path) -> Path:
    """A short name for a run directory, in a folder of this user's."""
    folder = Path(os.environ.get("XDG_RUNTIME_DIR") or f"{tempfile.gettempdir()}/netflux-{os.getuid()}")
    return folder / f"netflux-{hashlib.sha256(os.fsencode(run)).hexdigest()[:12]}"


def _link(run: Path) -> None:
    if len(str(run)) <= _LONGEST_RUN:
        return
    short = _nickname(run)
    short.parent.mkdir(mode=0o700, exist_ok=True)
    found = short.parent.stat()
    if found.st_uid != os.getuid() or found.st_mode & 0o022:
        raise UserError(
            f"{short.parent} belongs to somebody else or is open to others, so no sockets can be made there.",
            "Set XDG_RUNTIME_DIR to a directory of your own, or choose a shorter --state.",
        )
    short.unlink(missing_ok=True)  # of a region that was killed
    short.symlink_to(run)


def discard(path: Path) -> None:
    """Removes a directory in which a start failed before it wrote `version`."""
    if holder(path) is None and {entry.name for entry in path.iterdir()} <= _EMPTY:
        shutil.rmtree(path, ignore_errors=True)
