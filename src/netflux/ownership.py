"""Whose the state directory is, and that nobody else reads it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from netflux.errors import UserError


def check(path: Path) -> None:
    """Raises UserError when somebody else owns the directory, or everybody may write to it."""
    if not path.is_dir():
        return
    found = path.stat()
    if found.st_uid != os.geteuid():
        raise UserError(
            f"The state directory {path} belongs to another user (uid {found.st_uid}), who could change what is in it.",
            "Choose one of your own with --state DIR.",
        )
    if found.st_mode & stat.S_IWOTH:
        raise UserError(
            f"Every user of this machine may write into {path}, so it can't be a state directory.",
            f"Choose another with --state DIR, or make it yours alone: chmod 700 {path}",
        )


def close(path: Path) -> None:
    """Nobody else may read what is in there: secrets, passwords, the authority's key.

    A directory that was made by somebody's `mkdir` is open to readers, and so may be what an older netflux wrote into
    it. PostgreSQL keeps its own files private, and those of images have the modes that the images give them.
    """
    loose = stat.S_IMODE(path.stat().st_mode) & 0o077
    path.chmod(0o700)
    for entry in path.iterdir():
        if entry.is_symlink():
            continue
        if entry.is_file():
            entry.chmod(0o600)
        elif entry.is_dir():
            entry.chmod(0o700)
            if entry.name == "ca" or (loose and entry.name not in ("podman", "databases", "images", "run")):
                _close_all(entry)


def _close_all(folder: Path) -> None:
    for parent, folders, files in os.walk(folder):
        for name, mode in [*((name, 0o700) for name in folders), *((name, 0o600) for name in files)]:
            one = Path(parent, name)
            if not one.is_symlink():
                one.chmod(mode)
