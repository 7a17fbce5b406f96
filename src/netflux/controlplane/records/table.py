"""Typed records: a table for each noun, read from memory, on disk when the transaction around a change ends.

A record is a frozen dataclass, a change is another one with the same key. What Describe filters by has an index, what
another record refers to can't be deleted, and what a release wrote is read by each one after it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

import msgspec

from netflux.errors import AwsError

T = TypeVar("T")
Body = dict[str, Any]


@dataclass(frozen=True)
class Schema(Generic[T]):
    """What records of one noun are.

    Attributes:
        name: service and noun, e.g. `ec2/subnet`.
        type: their frozen dataclass; its fields are JSON's types, other dataclasses, tuples, mappings and datetimes.
        key: of a record, which never changes.
        indices: by name, the texts that a record is found by.
        references: by index, the name of the schema whose records have these texts for keys: such a record must be
            there, and can't be deleted before this one. Empty texts refer to nothing.
        in_use: the refusal to delete a record, given it and the key of one that refers to it.
        migrations: the body of version 1 to version 2, of 2 to 3 and so on: the last one makes what `type` reads.
        remedy: what a person does about a record that can't be read; `{key}` is filled in.
    """

    name: str
    type: type[T]
    key: Callable[[T], str]
    indices: Mapping[str, Callable[[T], Iterable[str]]] = field(default_factory=dict)
    references: Mapping[str, str] = field(default_factory=dict)
    in_use: Callable[[T, str], AwsError] | None = None
    migrations: Sequence[Callable[[Body], Body]] = ()
    remedy: str = ""

    @property
    def version(self) -> int:
        """Of the bodies that are written now; the first is 1."""
        return len(self.migrations) + 1

    def refusal(self, record: T, referring: str) -> AwsError:
        """Why the record can't be deleted."""
        if self.in_use is not None:
            return self.in_use(record, referring)
        return AwsError("DependencyViolation", f"{self.key(record)} is used by {referring} and can't be deleted.")


@dataclass(frozen=True)
class Change:
    """One record that a transaction has changed.

    Attributes:
        table: the schema's name.
        key: the record's.
        before: nothing where it was made.
        after: nothing where it was deleted.
    """

    table: str
    key: str
    before: Any
    after: Any


class Rows(Protocol):
    """What tables are kept in."""

    def write(self, table: Table[Any], key: str, record: Any, body: str) -> None:
        """Puts the row, or replaces it, and `keep`s the record when the disk has it."""
        ...

    def remove(self, table: Table[Any], key: str) -> None:
        """Deletes the row, and then the record."""
        ...

    def table_named(self, name: str) -> Table[Any]:
        """The table of a schema of this name."""
        ...

    def referring(self, name: str) -> Iterable[tuple[Table[Any], str]]:
        """Tables with an index whose texts are keys of the table of this name."""
        ...


class Table(Generic[T]):
    """The records of one noun, in the order in which they were made.

    Not for other threads than the event loop's: a handler without an `await` reads and changes a state that nobody
    else changes meanwhile.

    Args:
        schema: of the records.
        rows: where they are kept.
    """

    def __init__(self, schema: Schema[T], rows: Rows) -> None:
        self.schema = schema
        self._rows = rows
        self._records: dict[str, T] = {}
        self._places: dict[str, int] = {}
        self._last = 0
        self._index: dict[str, dict[str, dict[str, None]]] = {name: {} for name in schema.indices}
        self._decoder: msgspec.json.Decoder[T] = msgspec.json.Decoder(schema.type)

    def __len__(self) -> int:
        return len(self._records)

    def __iter__(self) -> Iterator[T]:
        return iter([*self._records.values()])

    def __contains__(self, key: object) -> bool:
        return key in self._records

    def get(self, key: str) -> T | None:
        """The record; None when there is none."""
        return self._records.get(key)

    def where(self, index: str, text: str) -> list[T]:
        """The records that an index has under the text."""
        return [self._records[key] for key in self._index[index].get(text, ())]

    def has(self, index: str, text: str) -> bool:
        """Whether an index has any under the text."""
        return bool(self._index[index].get(text))

    def put(self, record: T) -> None:
        """Makes or replaces the record of this key; on disk on return, or when the transaction around it ends.

        Raises:
            AwsError: it could not be read again, or refers to what is not there; these are faults of the caller's.
        """
        key, body = self.schema.key(record), msgspec.json.encode(record)
        try:
            readable = self._decoder.decode(body) == record
        except msgspec.DecodeError as error:
            raise self._unkept(key, f"it could not be read again ({error})") from error
        if not readable:
            raise self._unkept(key, "it would be read as another one")
        for index, name in self.schema.references.items():
            for text in self.schema.indices[index](record):
                if text and text not in self._rows.table_named(name):
                    raise self._unkept(key, f"there is no {name} {text}")
        self._rows.write(self, key, record, body.decode())

    def delete(self, key: str) -> None:
        """Deletes the record if it is there.

        Raises:
            AwsError: another record refers to it.
        """
        record = self._records.get(key)
        if record is None:
            return
        for table, index in self._rows.referring(self.schema.name):
            found = table.keys(index, key)
            if found:
                raise self.schema.refusal(record, found[0])
        self._rows.remove(self, key)

    def keys(self, index: str, text: str) -> list[str]:
        """Keys of the records that an index has under the text."""
        return [*self._index[index].get(text, ())]

    def read(self, version: int, body: str) -> T:
        """The record that a row has, of whichever release; raises what is wrong with it."""
        if version < self.schema.version:
            older = msgspec.json.decode(body)
            for step in self.schema.migrations[max(version, 1) - 1 :]:
                older = step(older)
            return msgspec.convert(older, self.schema.type)
        if version > self.schema.version:
            raise ValueError(f"a newer netflux has written it (version {version} of {self.schema.name})")
        return self._decoder.decode(body)

    def keep(self, key: str, record: T | None) -> T | None:
        """Puts the record into memory, or takes it out where None is given; what was there before is returned."""
        before = self._records.get(key)
        if before is not None:
            self._unindex(key, before)
        if record is None:
            self._records.pop(key, None)
        else:
            self._records[key] = record
            self._last += before is None and key not in self._places
            self._places.setdefault(key, self._last)
            for name, texts in self.schema.indices.items():
                for text in texts(record):
                    self._index[name].setdefault(text, {})[key] = None
        return before

    def put_in_order(self) -> None:
        """After deletions that were taken back: every record is where it was."""
        self._records = dict(sorted(self._records.items(), key=lambda item: self._places[item[0]]))

    def forget_place(self, key: str) -> None:
        """After a deletion that is on disk: a new record with the key of the deleted one is the last one."""
        if key not in self._records:
            self._places.pop(key, None)

    def _unindex(self, key: str, record: T) -> None:
        for name, texts in self.schema.indices.items():
            for text in texts(record):
                under = self._index[name].get(text, {})
                under.pop(key, None)
                if not under:
                    self._index[name].pop(text, None)

    def _unkept(self, key: str, why: str) -> AwsError:
        return AwsError("InternalFailure", f"{self.schema.name} {key}: {why}, so nothing was kept.", 500)
