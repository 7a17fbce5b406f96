"""Documents on disk: the one place where acknowledged state lives.

SQLite in WAL mode. A write is on disk when it returns, a transaction is whole or absent after SIGKILL or when the power
fails. Reads come from memory. A call's transaction may share its sync with others (`shared`): memory has it before the
disk, and whoever tells what memory says awaits `durable` first.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from netflux.controlplane.records import databasefile, kinds, room
from netflux.controlplane.records.commitlog import CommitLog
from netflux.controlplane.records.kinds import Kind
from netflux.controlplane.records.table import Change, Schema, T, Table
from netflux.errors import AwsError
from netflux.faults import Faults

Document = dict[str, Any]

_UNREADABLE = "CREATE TABLE IF NOT EXISTS unreadable (kind TEXT, key TEXT, body BLOB)"
"""A document that is no JSON costs itself and no other: it is kept, where nothing reads it."""
_WITH_VERSIONS = "ALTER TABLE document ADD COLUMN version INTEGER NOT NULL DEFAULT 0"
"""Of records; documents have none. Databases of releases before 0.2 lack the column."""
_PUT = """
INSERT INTO document VALUES (?, ?, ?, ?)
ON CONFLICT (kind, key) DO UPDATE SET body = excluded.body, version = excluded.version
"""


class _TakenBack(Exception):
    """Ends a rehearsal."""


class Documents:
    """Keeps JSON documents by kind and key, and blobs by key, durably.

    Methods may be called from any thread. Documents are copied in and out, so a caller can't change what is stored
    except by `put`. Raises sqlite3.OperationalError when the disk refuses; memory then stays as the disk has it. Where
    the disk takes a write and does not confirm it, NotDurable is raised, of this one and of all after it.

    Args:
        path: of the file; made when absent.
        reserve: room for deletions on a full disk; None where nothing is held.
        faults: told of documents that their readers can't read.

    Raises:
        UserError: the file is damaged. It is not changed then.
    """

    def __init__(self, path: Path, reserve: room.Reserve | None = None, faults: Faults | None = None) -> None:
        self._lock = threading.RLock()
        self._reserve = reserve
        self.faults = faults or Faults()
        self._kinds: dict[str, Kind] = {}
        self._aside: set[tuple[str, str]] = set()
        self._documents: dict[str, dict[str, str]] = {}  # JSON: a copy takes a fifth of deepcopy's time
        self.unreadable: list[tuple[str, str]] = []
        """Kind and key of documents that are no JSON; they are kept in a table that nothing reads."""
        killed = path.with_name(f"{path.name}-wal").exists()  # a region that stops writes it back
        new = not path.exists()
        self._depth = 0
        self._undo: list[tuple[str, str, str | None]] = []
        self._tables: dict[str, Table[Any]] = {}
        self._versions: dict[tuple[str, str], int] = {}  # of records whose table nobody has asked for yet
        self._changes: list[Change] = []
        self._noticing: dict[str, Callable[[Sequence[Change]], None]] = {}
        self._noted: list[Change] = []
        self._watching: list[Callable[[Sequence[Change]], None]] = []
        self._following: list[Callable[[Sequence[Change]], None]] = []
        self._home = threading.get_ident()
        self._untold: list[tuple[int, Sequence[Change], Sequence[Change]]] = []
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        try:
            self._open(path, new, killed)
        except sqlite3.DatabaseError as error:
            self._db.close()
            if room.damaged(error) or not isinstance(error, sqlite3.OperationalError):
                raise databasefile.refused(path, f"is damaged ({error})") from error
            raise

    def _open(self, path: Path, new: bool, killed: bool) -> None:
        if not new:
            # A table that is missing is not made: what was in it would be lost unsaid.
            self._db.execute("SELECT (SELECT 1 FROM document LIMIT 1), (SELECT 1 FROM blob LIMIT 1)")
        if killed and (found := self._db.execute("PRAGMA quick_check(1)").fetchone()[0]) != "ok":
            raise sqlite3.DatabaseError(f"malformed: {' '.join(found.split())}")
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.execute("SELECT 1 FROM sqlite_master")  # makes the log
        self._log = CommitLog(path, self.faults)
        if new:
            self._db.executescript(databasefile.SCHEMA)
        if not any(name == "version" for _, name, *_ in self._db.execute("PRAGMA table_info(document)")):
            self._db.execute(_WITH_VERSIONS)
        unreadable: list[int] = []
        for number, kind, key, body, valid, version in self._db.execute(
            "SELECT rowid, kind, key, CAST(body AS BLOB), json_valid(body), version FROM document ORDER BY rowid"
        ):
            text = databasefile.text(body, valid)
            if text is None:
                unreadable.append(number)
                continue
            self._documents.setdefault(kind, {})[key] = text
            if version:
                self._versions[kind, key] = version
        for number in unreadable:
            self._set_aside(number)
        if self._db.execute("SELECT 1 FROM sqlite_master WHERE name = 'unreadable'").fetchone():
            self.unreadable = [*self._db.execute("SELECT kind, key FROM unreadable")]

    def _set_aside(self, number: int) -> None:
        row = "SELECT kind, key, CAST(body AS BLOB) FROM document WHERE rowid = ?"
        with self.transaction():
            self._db.execute(_UNREADABLE)
            self._db.execute(f"INSERT INTO unreadable {row}", (number,))
            self._db.execute("DELETE FROM document WHERE rowid = ?", (number,))

    def declare(self, *declared: Kind) -> None:
        """What documents of these kinds must have, from now on and those that are there: of these, the ones that lack
        something are left out by `get` and `list`. They stay on disk, also when their key is given to another one.
        """
        with self._lock:
            for one in declared:
                self._kinds[one.name] = one
                for kind in [kind for kind in self._documents if self._kind(kind) is one]:
                    self._leave_out(one, kind)

    def left_out(self, kind: str) -> bool:
        """Whether a document of such a kind, or of one that begins so, could not be read."""
        return any(found.startswith(kind) for found, _ in (*self._aside, *self.unreadable))

    def _leave_out(self, declared: Kind, kind: str) -> None:
        for key, body in [*self._documents[kind].items()]:
            try:
                declared.check(json.loads(body))
            except Exception as error:  # noqa: BLE001  (whatever a reader raises costs this one document; it is told)
                del self._documents[kind][key]
                self._aside.add((kind, key))
                remedy = declared.remedy.replace("{key}", key)
                kinds.tell(self.faults, f"record {kind} {key} in netflux.db", error, remedy)

    def _kind(self, kind: str) -> Kind | None:
        return self._kinds.get(kind) or self._kinds.get("/".join(kind.split("/")[:2]) + "/")

    def _check(self, kind: str, key: str, body: str) -> None:
        declared = self._kind(kind)
        if declared is None:
            return
        try:
            declared.check(json.loads(body))
        except Exception as error:
            raise AwsError(
                "InternalFailure", f"{kind} {key} could not be read again ({error}), so nothing was kept.", 500
            ) from error

    def _keep(self, kind: str, key: str) -> None:
        """Before the row of a document that could not be read is overwritten or removed."""
        if (kind, key) not in self._aside:
            return
        row = "SELECT kind, key, CAST(body AS BLOB) FROM document WHERE kind = ? AND key = ?"
        self._db.execute(_UNREADABLE)
        self._db.execute(f"INSERT INTO unreadable {row}", (kind, key))
        self._aside.discard((kind, key))
        self.faults.clear(kinds.FAULT, f"record {kind} {key} in netflux.db")

    def get(self, kind: str, key: str) -> Document | None:
        """A copy of the document, or None."""
        with self._lock:
            found = self._documents.get(kind, {}).get(key)
        document: Document | None = None if found is None else json.loads(found)
        return document

    def list(self, kind: str) -> Sequence[tuple[str, Document]]:
        """Copies of all documents of a kind, oldest key first."""
        with self._lock:
            found = [*self._documents.get(kind, {}).items()]
        return [(key, json.loads(body)) for key, body in found]

    def bodies(self, kind: str) -> Mapping[str, str]:
        """All documents of a kind as they are stored, by key, oldest first: the same text is the same state."""
        with self._lock:
            return dict(self._documents.get(kind, {}))

    def put(self, kind: str, key: str, document: Document) -> None:
        """Stores the document; it is on disk on return (or when the surrounding transaction ends)."""
        body = json.dumps(document)
        self._check(kind, key, body)
        with self.transaction():
            self._keep(kind, key)
            self._db.execute(_PUT, (kind, key, body, 0))
            if kind in self._noticing:
                self._noted.append(Change(kind, key, self.get(kind, key), json.loads(body)))
            self._remember(kind, key)
            self._documents.setdefault(kind, {})[key] = body

    def delete(self, kind: str, key: str) -> None:
        """Removes the document if it is there."""
        with self.transaction(frees=True):
            self._keep(kind, key)
            self._db.execute("DELETE FROM document WHERE kind = ? AND key = ?", (kind, key))
            self._remember(kind, key)
            self._documents.get(kind, {}).pop(key, None)

    def table(self, schema: Schema[T]) -> Table[T]:
        """The records of this schema; the same table for all who ask. Records that can't be read are left out of it,
        as documents are by `declare`.
        """
        with self._lock:
            if schema.name not in self._tables:
                self._tables[schema.name] = self._load(schema)
            return self._tables[schema.name]

    def _load(self, schema: Schema[T]) -> Table[T]:
        table = Table(schema, self)
        for key, body in self._documents.pop(schema.name, {}).items():
            try:
                table.keep(key, table.read(self._versions.pop((schema.name, key), 1), body))
            except Exception as error:  # noqa: BLE001  (whatever a migration raises costs this one record; it is told)
                self._aside.add((schema.name, key))
                remedy = schema.remedy.replace("{key}", key)
                kinds.tell(self.faults, f"record {schema.name} {key} in netflux.db", error, remedy)
        return table

    def table_named(self, name: str) -> Table[Any]:
        """The table of a schema of this name; KeyError before anybody asked for it by its schema."""
        return self._tables[name]

    def referring(self, name: str) -> Iterator[tuple[Table[Any], str]]:
        """Tables with an index whose texts are keys of the table of this name."""
        for table in self._tables.values():
            for index, referred in table.schema.references.items():
                if referred == name:
                    yield table, index

    def write(self, table: Table[Any], key: str, record: Any, body: str) -> None:
        """A table's row: use `Table.put`."""
        with self.transaction():
            self._keep(table.schema.name, key)
            self._db.execute(_PUT, (table.schema.name, key, body, table.schema.version))
            self._changes.append(Change(table.schema.name, key, table.keep(key, record), record))

    def remove(self, table: Table[Any], key: str) -> None:
        """A table's row: use `Table.delete`."""
        with self.transaction(frees=True):
            self._db.execute("DELETE FROM document WHERE kind = ? AND key = ?", (table.schema.name, key))
            self._changes.append(Change(table.schema.name, key, table.keep(key, None), None))

    def watch(self, told: Callable[[Sequence[Change]], None]) -> None:
        """From now on it is told of the records that each transaction has changed, when the disk has them."""
        self._watching.append(told)

    def follow(self, told: Callable[[Sequence[Change]], None]) -> None:
        """The same, as soon as the tables have them: for what is only read in memory beside them."""
        self._following.append(told)

    def notice(self, kinds: Iterable[str], told: Callable[[Sequence[Change]], None]) -> None:
        """As `watch`, of the documents of these kinds that are put."""
        self._noticing.update(dict.fromkeys(kinds, told))

    @property
    def synced(self) -> bool:
        """Whether all that the tables say now is on disk."""
        return self._log.whole

    async def durable(self) -> None:
        """Returns when all that the tables say now is on disk.

        Raises:
            NotDurable: the disk does not confirm it.
        """
        await self._log.durable()
        self._tell_synced()

    def put_blob(self, key: str, body: bytes) -> None:
        """Stores opaque bytes, durably."""
        with self.transaction():
            self._db.execute(
                "INSERT INTO blob VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET body = excluded.body", (key, body)
            )

    def delete_blob(self, key: str) -> None:
        """Removes the bytes if they are there."""
        with self.transaction(frees=True):
            self._db.execute("DELETE FROM blob WHERE key = ?", (key,))

    def has_blob(self, prefix: str) -> bool:
        """Whether there is a blob whose key starts with the prefix."""
        with self._lock:
            found = self._db.execute("SELECT 1 FROM blob WHERE substr(key, 1, ?) = ? LIMIT 1", (len(prefix), prefix))
            return found.fetchone() is not None

    def blobs(self, prefix: str) -> Sequence[tuple[str, bytes]]:
        """All blobs whose key starts with the prefix."""
        with self._lock:
            rows = self._db.execute("SELECT key, body FROM blob WHERE substr(key, 1, ?) = ?", (len(prefix), prefix))
            return [(key, body) for key, body in rows]

    @contextlib.contextmanager
    def transaction(self, frees: bool = False, shared: bool = False) -> Iterator[None]:
        """Several writes as one: all on disk when the block ends, none of them when it raises. Blocks may nest.

        Args:
            frees: it deletes, so that it may use the reserve on a full disk.
            shared: on the event loop, by one who awaits `durable` before anybody is told of it. The outermost says it.

        Raises:
            NotDurable: the disk does not confirm it, or has not confirmed another one before.
        """
        with self._lock, self._room(frees):
            if self._depth == 0:
                self._log.check()
                self._before = self._db.total_changes
                self._db.execute("BEGIN IMMEDIATE")
            self._depth += 1
            changes: list[Change] = []
            noted: list[Change] = []
            try:
                yield
                if self._depth == 1:
                    self._db.execute("COMMIT")
                    changes, noted = self._changes, self._noted
            except BaseException:
                if self._depth == 1:
                    self._roll_back()
                raise
            finally:
                self._depth -= 1
                if self._depth == 0:
                    self._undo.clear()
                    self._changes, self._noted = [], []
            written = self._depth == 0 and self._db.total_changes != self._before
            number = self._log.committed(written)
            if written and shared:
                self._log.share(self._tell_synced)
            elif written:
                self._log.sync()
        if changes or noted:
            self._tell(number, changes, noted)

    def _tell(self, number: int, changes: Sequence[Change], noted: Sequence[Change]) -> None:
        for change in changes:
            if change.after is None:
                self._tables[change.table].forget_place(change.key)
        for told in self._following:
            told(changes)
        entry = (number, changes, noted)
        self._untold.append(entry)
        if threading.get_ident() == self._home or next(iter(self._untold), None) is entry:
            self._tell_synced()  # else the event loop does, with those before these

    def _tell_synced(self) -> None:
        """In the order of the commits."""
        while self._untold and self._untold[0][0] <= self._log.synced:
            _, changes, noted = self._untold.pop(0)
            for told in self._watching if changes else ():
                told(changes)
            for kind in dict.fromkeys(change.table for change in noted):
                self._noticing[kind]([change for change in noted if change.table == kind])

    @contextlib.contextmanager
    def rehearsal(self) -> Iterator[None]:
        """What is written in the block is taken back when it ends. Not inside a transaction."""
        with contextlib.suppress(_TakenBack), self.transaction():
            yield
            raise _TakenBack

    def _room(self, frees: bool) -> contextlib.AbstractContextManager[None]:
        if self._reserve is None or self._depth or not (frees or room.freeing()):
            return contextlib.nullcontext()
        return self._reserve.lent()

    def close(self) -> None:
        """Checkpoints and closes the file."""
        with self._lock:
            self._log.close()
            self._db.close()

    def _remember(self, kind: str, key: str) -> None:
        self._undo.append((kind, key, self._documents.get(kind, {}).get(key)))

    def _roll_back(self) -> None:
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")
        for change in reversed(self._changes):
            self._tables[change.table].keep(change.key, change.before)
        for name in {change.table for change in self._changes if change.after is None}:
            self._tables[name].put_in_order()
        for kind, key, before in reversed(self._undo):
            if before is None:
                self._documents.get(kind, {}).pop(key, None)
            else:
                self._documents.setdefault(kind, {})[key] = before
