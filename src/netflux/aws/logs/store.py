"""Log groups and streams: documents, and a file of events for each stream."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from netflux import setaside
from netflux.aws.logs.stream import Events
from netflux.controlplane.records.documents import Documents
from netflux.controlplane.records.table import Schema
from netflux.errors import AwsError
from netflux.faults import Faults

DAY = 86_400_000
"""Milliseconds."""


@dataclass(frozen=True)
class Group:
    """A log group.

    Attributes:
        created: milliseconds since the epoch.
        retention: days; 0 keeps events for ever.
    """

    name: str
    created: int
    retention: int = 0
    kms_key: str = ""
    log_class: str = "STANDARD"
    protected: bool = False
    tags: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Stream:
    """A log stream of a group."""

    group: str
    name: str
    created: int


_COPY = "Its events are kept. Put a copy of netflux.db back."
GROUP = Schema("logs/group", Group, lambda group: group.name, remedy=_COPY)
STREAM = Schema(
    "logs/stream",
    Stream,
    lambda stream: _key(stream.group, stream.name),
    indices={"group": lambda stream: (stream.group,)},
    remedy=_COPY,
)


class Store:
    """All groups and streams of the region.

    Args:
        directory: `{state}/logs`.
        documents: for what is not events.
        faults: told of files that can't be read in whole.
    """

    def __init__(self, directory: Path, documents: Documents, faults: Faults | None = None) -> None:
        self._faults = faults or Faults()
        self._directory = directory
        self.documents = documents
        self._groups = documents.table(GROUP)
        self._streams = documents.table(STREAM)
        self._events: dict[tuple[str, str], Events] = {}

    def groups(self) -> Sequence[Group]:
        """All groups by name."""
        return sorted(self._groups, key=lambda group: group.name)

    def group(self, name: str) -> Group:
        """ResourceNotFoundException when there is none."""
        found = self._groups.get(name)
        if found is None:
            raise AwsError("ResourceNotFoundException", f"The specified log group does not exist: {name}")
        return found

    def add_group(self, group: Group) -> None:
        """ResourceAlreadyExistsException when the name is taken."""
        if group.name in self._groups:
            raise AwsError("ResourceAlreadyExistsException", f"The specified log group already exists: {group.name}")
        if self._folder(group.name).is_dir():
            self._unknown(self._folder(group.name))
        self._groups.put(group)

    def update_group(self, name: str, **changes: Any) -> Group:
        """Changes some members of a group."""
        changed = replace(self.group(name), **changes)
        self._groups.put(changed)
        return changed

    def delete_group(self, name: str) -> None:
        """Deletes the group with its streams and their events."""
        group = self.group(name)
        if group.protected:
            raise AwsError("OperationAbortedException", f"Deletion protection is enabled for log group {name}.")
        with self.documents.transaction():
            for stream in self.streams(name):
                self._streams.delete(_key(name, stream.name))
                self._events.pop((name, stream.name), None)
            self._groups.delete(name)
        shutil.rmtree(self._folder(name), ignore_errors=True)

    def streams(self, group: str) -> Sequence[Stream]:
        """All streams of a group by name."""
        return sorted(self._streams.where("group", group), key=lambda stream: stream.name)

    def stream(self, group: str, name: str) -> Stream:
        """ResourceNotFoundException when the group or the stream is not there."""
        self.group(group)
        found = self._streams.get(_key(group, name))
        if found is None:
            raise AwsError("ResourceNotFoundException", f"The specified log stream does not exist: {name}")
        return found

    def add_stream(self, stream: Stream) -> None:
        """ResourceAlreadyExistsException when the name is taken."""
        self.group(stream.group)
        if _key(stream.group, stream.name) in self._streams:
            raise AwsError("ResourceAlreadyExistsException", f"The specified log stream already exists: {stream.name}")
        if self._file(stream.group, stream.name).exists():
            self._unknown(self._file(stream.group, stream.name))
        self._streams.put(stream)

    def delete_stream(self, group: str, name: str) -> None:
        """Deletes the stream and its events."""
        self.stream(group, name)
        self._streams.delete(_key(group, name))
        self._events.pop((group, name), None)
        self._file(group, name).unlink(missing_ok=True)
        self._faults.clear("file", str(self._file(group, name)))

    def events(self, stream: Stream) -> Events:
        """The stream's events."""
        key = (stream.group, stream.name)
        if key not in self._events:
            self._events[key] = Events(self._file(*key), partial(self._unread, *key))
        return self._events[key]

    def _unread(self, group: str, stream: str, size: int) -> None:
        file = self._file(group, stream)
        self._faults.tell(
            "file",
            str(file),
            f"{size} bytes of the log stream {stream} of {group} are no events and are not shown: {file}. The events "
            "around them are.",
            "Put a copy of the file back, or delete the stream.",
        )

    def oldest(self, group: str, now: int, pace: float = 1.0) -> int:
        """The time (milliseconds) before which the group's events have expired.

        Args:
            group: its name.
            now: milliseconds.
            pace: real seconds in which a simulated one passes.
        """
        days = self.group(group).retention
        return now - int(days * DAY * pace) if days else 0

    def _unknown(self, path: Path) -> None:
        """Of a deletion that was cut off, or of a group whose record is lost."""
        setaside.move(self._directory.parent, path)

    def _folder(self, group: str) -> Path:
        return self._directory / _digest(group)

    def _file(self, group: str, stream: str) -> Path:
        return self._folder(group) / f"{_digest(stream)}.jsonl"


def _key(group: str, stream: str) -> str:
    return f"{group}:{stream}"  # neither name may hold a colon


def _digest(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:24]
