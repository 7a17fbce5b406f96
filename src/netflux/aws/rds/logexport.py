"""PostgreSQL's log as it goes to CloudWatch Logs: what came since the last time, a message an event.

"Publishing PostgreSQL logs to Amazon CloudWatch Logs", Amazon RDS User Guide.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

_MOST = 256 * 1024
"""Bytes that are read at once; PutLogEvents takes a megabyte."""
_BEGIN = re.compile(rb"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d ")
_PLACE = "exported"


@dataclass(frozen=True)
class Place:
    """How far a log has been exported.

    Attributes:
        file: its inode: a log that was renamed is another one.
        offset: bytes.
    """

    file: int = 0
    offset: int = 0


def group(identifier: str) -> str:
    """The log group of an instance's log."""
    return f"/aws/rds/instance/{identifier}/postgresql"


def unread(log: Path) -> tuple[Sequence[str], Place]:
    """The messages that are whole and were not exported yet, and how far the log is exported with them."""
    known = _known(log)
    try:
        with log.open("rb") as file:
            inode = os.fstat(file.fileno()).st_ino
            offset = known.offset if known.file == inode else 0
            file.seek(offset)
            body = file.read(_MOST)
    except FileNotFoundError:
        return [], known
    whole = body[: body.rfind(b"\n") + 1]
    return messages(whole), Place(inode, offset + len(whole))


def messages(body: bytes) -> Sequence[str]:
    """Its messages; a line that has no time is one more of the message before. Pure."""
    found: list[bytes] = []
    for line in body.splitlines():
        if found and not _BEGIN.match(line):
            found[-1] += b"\n" + line
        elif line.strip():
            found.append(line)
    return [one.decode(errors="replace") for one in found]


def keep(log: Path, place: Place) -> None:
    """What was exported is not exported again, after a restart either."""
    draft = log.with_name(f"{_PLACE}.new")
    draft.write_bytes(msgspec.json.encode(place))
    draft.replace(log.with_name(_PLACE))


def _known(log: Path) -> Place:
    try:
        return msgspec.json.decode(log.with_name(_PLACE).read_bytes(), type=Place)
    except (OSError, msgspec.DecodeError):
        return Place()
