"""Where files go that nobody understands: nothing is repaired by deleting.

They keep their names, below `{state}/set-aside`, and `netflux status` names them until a person has removed them.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

FOLDER = "set-aside"


def move(state: Path, file: Path) -> Path:
    """Moves a file of the state directory out of the region's way, in one step; returns where it is now.

    A file that was set aside before by the same name stays: the new one gets the time behind its name.
    """
    target = state / FOLDER / file.relative_to(state)
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if target.exists():
        target = target.with_name(f"{target.name}.{time.time_ns()}")
    file.rename(target)
    return target


def copy(state: Path, file: Path, body: bytes) -> Path:
    """Keeps bytes that were in a file of the state directory and are about to leave it; they are on disk on return."""
    target = state / FOLDER / file.relative_to(state)
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "ab") as kept:
        kept.write(body)
        kept.flush()
        os.fsync(kept.fileno())
    return target


def held(state: Path) -> tuple[int, int]:
    """How many files are set aside, and their bytes."""
    sizes = [file.stat().st_size for file in (state / FOLDER).rglob("*") if file.is_file()]
    return len(sizes), sum(sizes)
