"""What cfn-lint found in templates, kept in files: the ones last asked for, so many and no more."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

NUMBER = 1000
SIZE = 64 * 2**20
"""Bytes of all verdicts of a folder; one has 200 for an error."""
_EACH = 50
"""Verdicts after which a folder is looked through: a hundred milliseconds at the most, in a thread."""
_DRAFT = 3600.0
"""Seconds after which a file that is still being written is a killed region's."""


@dataclass(frozen=True)
class Finding:
    """An error that cfn-lint found; `line` counts from 1."""

    rule: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.message} ({self.rule})"


class Verdicts:
    """The findings of templates, under the templates' hashes.

    Args:
        folders: where they are looked for; new ones go into the first that can be written.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = folders
        self._kept = 0

    def known(self, key: str) -> list[Finding] | None:
        """None when it isn't known."""
        for folder in self._folders:
            path = folder / f"{key}.json"
            try:
                found = [Finding(**each) for each in json.loads(path.read_text())]
            except (ValueError, TypeError, OSError):
                continue
            with contextlib.suppress(OSError):
                os.utime(path)  # the time of its last use
            return found
        return None

    def keep(self, key: str, found: Sequence[Finding]) -> None:
        """A verdict that can't be kept is only made again the next time."""
        for folder in self._folders:
            try:
                folder.mkdir(parents=True, exist_ok=True)
                if self._kept % _EACH == 0:
                    _thin(folder)
                draft = folder / f".{key}.{os.getpid()}"
                draft.write_text(json.dumps([asdict(each) for each in found]))
                draft.rename(folder / f"{key}.json")
            except OSError:
                continue
            self._kept += 1
            return


def _thin(folder: Path) -> None:
    """Deletes what was not asked for the longest. Other regions thin the same folder."""
    files = []
    with os.scandir(folder) as entries:
        for entry in entries:
            with contextlib.suppress(FileNotFoundError):
                files.append((entry.stat(), Path(entry.path)))
    files.sort(key=lambda one: one[0].st_mtime, reverse=True)
    number = size = 0
    for stat, path in files:
        if path.suffix == ".json":
            number, size = number + 1, size + stat.st_size
            done = number > NUMBER or size > SIZE
        else:
            done = path.name.startswith(".") and time.time() - stat.st_mtime > _DRAFT
        if done:
            path.unlink(missing_ok=True)
