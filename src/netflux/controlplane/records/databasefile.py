"""The database's file before a region reads it: made, looked at, refused."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
from pathlib import Path

from netflux.errors import UserError

SCHEMA = """
CREATE TABLE IF NOT EXISTS document (
    kind TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL, version INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (kind, key)
);
CREATE TABLE IF NOT EXISTS blob (key TEXT PRIMARY KEY, body BLOB NOT NULL);
"""


def create(path: Path) -> None:
    """Makes an empty database, on disk on return. One that is there already is left as it is."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)  # its log gets the same mode
    try:
        with contextlib.closing(sqlite3.connect(path)) as database:
            database.execute("PRAGMA synchronous=OFF")  # once at the end is enough
            database.execute("PRAGMA journal_mode=WAL")
            database.executescript(SCHEMA)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def check(path: Path) -> None:
    """Whether the file can be what a region has left; reads its first bytes only.

    Raises:
        UserError: it is absent, empty or no database.
    """
    try:
        with path.open("rb") as file:
            start = file.read(16)
    except FileNotFoundError:
        raise refused(path, "is missing") from None
    if not start:
        raise refused(path, "is empty")
    if start != b"SQLite format 3\x00":
        raise refused(path, "is no database: its first bytes are not SQLite's")


def untouched(path: Path) -> bool:
    """Whether it is a database into which nothing was ever put; the file is not changed."""
    try:
        with contextlib.closing(sqlite3.connect(f"{path.as_uri()}?immutable=1", uri=True)) as database:
            return not database.execute("SELECT 1 FROM document UNION ALL SELECT 1 FROM blob LIMIT 1").fetchone()
    except sqlite3.DatabaseError:
        return False


def text(body: bytes, valid: int) -> str | None:
    """A document's JSON; None when it is none. Python writes NaN, which SQLite's json_valid does not take."""
    try:
        found = body.decode()
        if not valid:
            json.loads(found)
    except ValueError:
        return None
    return found if found.startswith("{") else None


def refused(path: Path, what: str) -> UserError:
    """That the region is not started, and what a person does."""
    objects = path.parent / "objects"
    count = sum(1 for _ in objects.iterdir()) if objects.is_dir() else 0
    databases = path.parent / "databases"
    more = sum(1 for _ in databases.iterdir()) if databases.is_dir() else 0
    return UserError(
        f"{path} {what}. It holds what the APIs accepted, so the region is not started.\n"
        f"Nothing was touched: objects/ has {count} files, databases/ has {more} PostgreSQL clusters.",
        "Put a copy of netflux.db back (with netflux.db-wal, if the copy has one), or start anew elsewhere with "
        "--state DIR.",
    )
