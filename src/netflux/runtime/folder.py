"""A folder that is pushed, as it is at one moment: what is content, and why it can't be any.

Nothing is read here but names and what stat(2) says, so a folder that has not changed costs no more than that.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from netflux.errors import UserError
from netflux.runtime import ignore, links
from netflux.runtime.ignore import Ignore

MOST = 200_000
"""Entries of an image's folder: a slip of the hand (`/`, a home directory) is told and not copied."""
_ENVIRONMENT, _COMPILED = "pyvenv.cfg", "__pycache__"
_KINDS = {
    stat.S_IFSOCK: "a socket",
    stat.S_IFBLK: "a block device",
    stat.S_IFCHR: "a character device",
    stat.S_IFIFO: "a pipe",
}


class Seen(NamedTuple):
    """What stat(2) says of a file. While it is the same the content is.

    Attributes:
        size: bytes.
        changed: time of the content, nanoseconds.
        touched: time of the inode, nanoseconds: a program can't set it, so a copy with an older time is seen.
        inode: its number.
        executable: whether its owner may execute it.
    """

    size: int
    changed: int
    touched: int
    inode: int
    executable: bool


class Entries(NamedTuple):
    """A folder's content by paths relative to it, which are in no order.

    Attributes:
        files: what stat says of each.
        links: what each symbolic link leads to.
        folders: all of them, so that empty ones stay.
        caches: folders of compiled modules in virtual environments. They are no content, since Python makes them anew,
            but a tree has them, since that takes long.
    """

    files: dict[str, Seen]
    links: dict[str, str]
    folders: set[str]
    caches: list[str]


def scan(folder: Path, state: Path | None = None) -> Entries:
    """The folder's content.

    Args:
        folder: absolute.
        state: the region's state directory, which is no content wherever it is.

    Raises:
        UserError: something in it can't be content: a socket, a link that leads out, what can't be read, too much.
        OSError: something has gone meanwhile.
    """
    found, root = Entries({}, {}, set(), []), os.path.realpath(folder)
    left, own = _ignore(folder), _identity(state) if state is not None else None
    waiting = [("", False)]
    while waiting:
        above, installed = waiting.pop()
        entries = _listed(root, above)
        installed = installed or any(entry.name == _ENVIRONMENT for entry in entries)
        for entry in entries:
            path = f"{above}{entry.name}"
            is_folder, out = entry.is_dir(follow_symlinks=False), left.leaves_out(path)
            if out and not (is_folder and left.takes_back and entry.name not in ignore.NAMES):
                if installed and is_folder and entry.name == _COMPILED:
                    found.caches.append(path)
            elif not is_folder:
                _take(found, path, entry, root)
            elif own is None or _identity(Path(entry.path)) != own:
                waiting.append((f"{path}/", installed))
                if not out:
                    found.folders.add(path)
        _check_count(found, folder)
    if left.takes_back:
        found.folders.update(str(above) for path in (*found.files, *found.links) for above in _above(path))
    return found


def _above(path: str) -> list[PurePosixPath]:
    return [*PurePosixPath(path).parents][:-1]


def _listed(root: str, above: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(f"{root}/{above}") as entries:
            return [*entries]
    except PermissionError as error:
        raise _refusal(root, above or ".", "may not be read", "chmod it, or name it in a .dockerignore") from error


def _take(found: Entries, path: str, entry: os.DirEntry[str], root: str) -> None:
    if entry.is_symlink():
        target = str(Path(entry.path).readlink())
        if links.astray(entry.path, root):
            raise UserError(
                f"{root} has a symbolic link that leads out of it: {path} -> {target}.",
                "Put there what it leads to (cp -rL), or push a folder that holds both.",
                2,
            )
        found.links[path] = target
        return
    status = entry.stat(follow_symlinks=False)
    kind = _KINDS.get(stat.S_IFMT(status.st_mode))
    if kind is not None:
        raise _refusal(root, path, f"is {kind}", "Move it away, or name it in a .dockerignore")
    try:
        path.encode()
    except UnicodeEncodeError:
        raise _refusal(root, repr(path), "has a name that is not UTF-8", "Rename it") from None
    found.files[path] = seen(status)


def seen(status: os.stat_result) -> Seen:
    """What a file's content hangs on."""
    executable = bool(status.st_mode & stat.S_IXUSR)
    return Seen(status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino, executable)


def _check_count(found: Entries, folder: Path) -> None:
    if len(found.files) + len(found.links) + len(found.folders) > MOST:
        raise UserError(
            f"{folder} has more than {MOST:,} files and folders, which is no image.",
            "Push a smaller folder, name what is not needed in a .dockerignore, or let it be live.",
            2,
        )


def _ignore(folder: Path) -> Ignore:
    try:
        return ignore.read((folder / ignore.FILE).read_text())
    except FileNotFoundError:
        return Ignore()
    except (UnicodeDecodeError, ignore.Unreadable, OSError) as error:
        raise UserError(f"{folder / ignore.FILE} can't be read: {error}.", "Mend it.", 2) from error


def _identity(place: Path) -> tuple[int, int]:
    status = place.stat()
    return status.st_dev, status.st_ino


def _refusal(root: str, path: str, what: str, instead: str) -> UserError:
    return UserError(f"{root} can't be pushed: {path} {what}.", f"{instead}.", 2)
