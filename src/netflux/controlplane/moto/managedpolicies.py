"""AWS's own managed policies: over a thousand documents, which moto publishes as JSON in the source of a module.

They are data here: the file is read, never imported, and what stays in memory is where in it each policy stands. A
document is read again each time it is asked for.
"""

from __future__ import annotations

import functools
import importlib.util
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

_FILE = Path("iam") / "aws_managed_policies.py"
_BEGIN = re.compile(rb'^ "([^"\\]+)":\{$', re.MULTILINE)
_END = b"\n }"
_PATH = re.compile(rb'^  "Path":"([^"\\]+)"', re.MULTILINE)
_ARN = "arn:aws:iam::aws:policy"


@dataclass(frozen=True)
class Entry:
    """Where a policy stands in the file.

    Attributes:
        path: begins and ends with `/`.
        start: byte at which its JSON begins.
        size: bytes of it.
    """

    name: str
    path: str
    start: int
    size: int


@dataclass(frozen=True)
class AwsPolicy:
    """One of AWS's own managed policies.

    Attributes:
        version: the id of its default version, the only one that is known here.
        document: JSON.
    """

    arn: str
    name: str
    path: str
    version: str
    document: str
    created: datetime
    updated: datetime


def get(arn: str) -> AwsPolicy | None:
    """The policy; None when AWS has none of this ARN, or moto did not know of it when it was published."""
    entry = index().get(arn)
    if entry is None:
        return None
    with _file().open("rb") as file:
        file.seek(entry.start)
        found: dict[str, Any] = json.loads(file.read(entry.size))
    return AwsPolicy(
        arn,
        entry.name,
        entry.path,
        found["DefaultVersionId"],
        json.dumps(found["Document"], indent=4),
        datetime.fromisoformat(found["CreateDate"]),
        datetime.fromisoformat(found["UpdateDate"]),
    )


@functools.cache
def index() -> Mapping[str, Entry]:
    """All of them by ARN, in the order of their names."""
    data = _file().read_bytes()
    entries = {}
    for match in _BEGIN.finditer(data):
        name, start = match.group(1).decode(), match.end() - 1
        size = data.index(_END, start) + len(_END) - start
        path = _PATH.search(data, start, start + size)
        place = path.group(1).decode() if path is not None else "/"
        entries[f"{_ARN}{place}{name}"] = Entry(name, place, start, size)
    return entries


@functools.cache
def _file() -> Path:
    spec = importlib.util.find_spec("moto")
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError("moto is not installed, which has AWS's managed policies")
    return Path(next(iter(spec.submodule_search_locations))) / _FILE
