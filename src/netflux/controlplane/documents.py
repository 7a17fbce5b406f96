"""Documents on disk: the one place where acknowledged state lives.

SQLite in WAL mode with synchronous=FULL: a write is on disk when it returns, a transaction is whole or absent after
SIGKILL. Reads come from memory; memory changes only after the disk has.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

Document = dict[str, Any]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS document (
    kind TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (kind, key)
);
CREATE TABLE IF NOT EXISTS blob (key TEXT PRIMARY KEY, body BLOB NOT NULL);
"""


class Documents:
    """Keeps JSON documents by kind and key, and blobs by key, durably.

    Methods may be called from any thread. Documents are copied in and out, so a caller can't change what is stored
    except by `put`. Raises sqlite3.OperationalError when the disk refuses; memory then stays as the disk has it.
    """

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.executescript(_SCHEMA)
        self._documents: dict[str, dict[str, str]] = {}  # JSON: a copy takes a fifth of deepcopy's time
        for kind, key, body in self._db.execute("SELECT kind, key, body FROM document ORDER BY rowid"):
            self._documents.setdefault(kind, {})[key] = body
        self._depth = 0
        self._undo: list[tuple[str, str, str | None]] = []

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
        with self.transaction():
            self._db.execute(
                "INSERT INTO document VALUES (?, ?, ?) ON CONFLICT (kind, key) DO UPDATE SET body = excluded.body",
                (kind, key, body),
            )
            self._remember(kind, key)
            self._documents.setdefault(kind, {})[key] = body

    def delete(self, kind: str, key: str) -> None:
        """Removes the document if it is there."""
        with self.transaction():
            self._db.execute("DELETE FROM document WHERE kind = ? AND key = ?", (kind, key))
            self._remember(kind, key)
            self._documents.get(kind, {}).pop(key, None)

    def put_blob(self, key: str, body: bytes) -> None:
        """Stores opaque bytes, durably."""
        with self.transaction():
            self._db.execute(
                "INSERT INTO blob VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET body = excluded.body", (key, body)
            )

    def blobs(self, prefix: str) -> Sequence[tuple[str, bytes]]:
        """All blobs whose key starts with the prefix."""
        with self._lock:
            rows = self._db.execute("SELECT key, body FROM blob WHERE substr(key, 1, ?) = ?", (len(prefix), prefix))
            return [(key, body) for key, body in rows]

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Several writes as one: all on disk when the block ends, none of them when it raises. Blocks may nest."""
        with self._lock:
            if self._depth == 0:
                self._db.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
                if self._depth == 1:
                    self._db.execute("COMMIT")
            except BaseException:
                if self._depth == 1:
                    self._roll_back()
                raise
            finally:
                self._depth -= 1
                if self._depth == 0:
                    self._undo.clear()

    def close(self) -> None:
        """Checkpoints and closes the file."""
        with self._lock:
            self._db.close()

    def _remember(self, kind: str, key: str) -> None:
        self._undo.append((kind, key, self._documents.get(kind, {}).get(key)))

    def _roll_back(self) -> None:
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")
        for kind, key, before in reversed(self._undo):
            if before is None:
                self._documents.get(kind, {}).pop(key, None)
            else:
                self._documents.setdefault(kind, {})[key] = before
