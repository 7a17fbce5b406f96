"""Runs a program as an ordinary user, from root: `python ordinary_user.py UID[:FIRST] FOLDER,… PROGRAM ARGUMENT…`.

Python and the tree may lie under a folder that only root may enter, as /root. In a mount namespace of its own the
program gets a view in which the way to them, and nothing else of that folder, is open. With FIRST the user has a name
there, and 65,536 subordinate ids from FIRST on, as useradd gives them.
"""

from __future__ import annotations

import ctypes
import os
import stat
import sys
import tempfile
from pathlib import Path

_NEWNS, _BIND, _REC, _PRIVATE = 0x00020000, 0x1000, 0x4000, 0x40000
_DETACH = 2
_libc = ctypes.CDLL(None, use_errno=True)


def _mount(source: str, target: str, kind: str, flags: int, data: str = "") -> None:
    if _libc.mount(source.encode(), target.encode(), kind.encode(), flags, data.encode()) != 0:
        sys.exit(f"mount {target}: {os.strerror(ctypes.get_errno())}")


def _closed(folder: Path) -> Path | None:
    """The first folder on the way that others may not enter."""
    ways = [*reversed(folder.parents), folder]
    return next((way for way in ways if not way.stat().st_mode & stat.S_IXOTH), None)


def _open_up(folders: list[Path]) -> None:
    kept = {folder: os.open(folder, os.O_RDONLY | os.O_DIRECTORY) for folder in folders}
    for folder in folders:
        closed = _closed(folder)
        if closed is None:
            continue
        inside = {one: descriptor for one, descriptor in kept.items() if one.is_relative_to(closed)}
        _mount("ordinary", str(closed), "tmpfs", 0, "mode=755")
        for one, descriptor in inside.items():
            one.mkdir(parents=True, exist_ok=True)
            _mount(f"/proc/self/fd/{descriptor}", str(one), "", _BIND | _REC)
    for descriptor in kept.values():
        os.close(descriptor)


def _introduce(uid: int, first: int) -> None:
    """The machine's own files are not touched: others are bound over them."""
    more = {
        "passwd": f"netflux-test:x:{uid}:{uid}::/:/bin/sh",
        "group": f"netflux-test:x:{uid}:",
        "subuid": f"netflux-test:{first}:65536",
        "subgid": f"netflux-test:{first}:65536",
    }
    place = Path(tempfile.mkdtemp(prefix="nf."))
    _mount("ordinary", str(place), "tmpfs", 0, "mode=755")
    for name, line in more.items():
        own = Path("/etc", name)
        (place / name).write_text(f"{own.read_text().rstrip()}\n{line}\n".lstrip())
        _mount(str(place / name), str(own), "", _BIND)
    _libc.umount2(str(place).encode(), _DETACH)
    place.rmdir()


def main() -> None:
    who, folders, program = sys.argv[1], sys.argv[2].split(","), sys.argv[3:]
    uid, *given = (int(word) for word in who.split(":"))
    if _libc.unshare(_NEWNS) != 0:
        sys.exit(f"unshare: {os.strerror(ctypes.get_errno())}")
    _mount("", "/", "", _REC | _PRIVATE)
    _open_up([Path(folder) for folder in folders])
    for first in given:
        _introduce(uid, first)
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    os.execv(program[0], program)


if __name__ == "__main__":
    main()
