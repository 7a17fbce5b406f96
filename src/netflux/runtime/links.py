"""Symbolic links in an image's folder that lead out of it.

A folder that is pushed is what its program runs in, and all that it has of its own. A link out of it would make
anything else of this machine a part of the image. Links to programs and libraries that are installed are allowed, as
every virtual environment has them: those of the system, of the region's own Python, and a virtual environment's
interpreter wherever that is.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

_INSTALLED = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/opt", "/nix/store", "/snap", "/gnu/store")
_MOST = 100_000
"""Entries of a folder that are looked at. A task's walls hold whatever is linked; this is to say it early."""


def leading_out(folder: Path) -> str | None:
    """The first link that leads out of the folder, as `link -> target`; None when there is none."""
    root = os.path.realpath(folder)
    for link in _links(root):
        if astray(link, root):
            return f"{os.path.relpath(link, root)} -> {os.readlink(link)}"
    return None


def astray(link: str, root: str) -> bool:
    """Whether a link in the folder leads to what is neither in it nor installed."""
    target = os.path.realpath(link)
    return not _within(target, root) and not _installed(target) and not _interpreter(link)


def _links(root: str) -> Iterator[str]:
    waiting, seen = [root], 0
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    seen += 1
                    if entry.is_symlink():
                        yield entry.path
                    elif entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
        except OSError:  # a folder that may not be read, or has gone
            continue
        if seen > _MOST:
            return


def _within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def _installed(target: str) -> bool:
    return any(_within(target, place) for place in (*_INSTALLED, sys.prefix, sys.base_prefix))


def _interpreter(link: str) -> bool:
    """Whether it is a virtual environment's own link to its Python (PEP 405)."""
    folder, name = os.path.split(link)
    marker = os.path.join(os.path.dirname(folder), "pyvenv.cfg")
    return os.path.basename(folder) == "bin" and name.startswith("python") and os.path.isfile(marker)
