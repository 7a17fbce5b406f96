"""The numbered SQL files of one schema, applied in order, each once, each in a transaction of its own."""

import hashlib
import re
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import psycopg

FILE_NAME = re.compile(r"(\d{4})_(\w+)\.sql")

TABLE = """
create table if not exists schema_migrations (
    version    integer     primary key,
    name       text        not null,
    checksum   text        not null,
    applied_at timestamptz not null default now()
)
"""


class MigrationError(Exception):
    """The database and the migration files disagree; the message names the file."""


@dataclass(frozen=True)
class Migration:
    version: int
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.sql.encode()).hexdigest()


def schemas() -> list[str]:
    """The schemas this package holds: its folders of migrations."""
    return sorted(entry.name for entry in (files(__package__) / "migrations").iterdir() if entry.is_dir())


def migrations(schema: str) -> list[Migration]:
    """In the order they apply. A gap or a repeated number is a mistake of ours and is refused."""
    found = []
    for entry in (files(__package__) / "migrations" / schema).iterdir():
        match = FILE_NAME.fullmatch(entry.name)
        if match is None:
            raise MigrationError(f"migrations/{schema}/{entry.name} is not named NNNN_name.sql")
        found.append(Migration(int(match[1]), match[2], entry.read_text(encoding="utf-8")))
    found.sort(key=lambda migration: migration.version)
    if [migration.version for migration in found] != list(range(1, len(found) + 1)):
        raise MigrationError(f"migrations/{schema} is not numbered 1, 2, 3 without gaps")
    return found


def pending(known: list[Migration], applied: dict[int, str]) -> list[Migration]:
    """What is still to apply, given the checksums by version that the database has.

    Versions the database has beyond the known ones are left alone: during a rolling update an older task may start
    after a newer one has migrated.
    """
    for migration in known:
        if applied.get(migration.version, migration.checksum) != migration.checksum:
            raise MigrationError(f"{migration.version:04}_{migration.name}.sql was changed after it had been applied")
    return [migration for migration in known if migration.version not in applied]


def migrate(connection: psycopg.Connection[Any], known: list[Migration]) -> list[Migration]:
    """Applies what is pending and returns it. The connection is in autocommit; the caller holds the lock."""
    connection.execute(TABLE)
    rows = connection.execute("select version, checksum from schema_migrations").fetchall()
    to_apply = pending(known, dict(rows))
    for migration in to_apply:
        with connection.transaction():
            connection.execute(migration.sql)
            connection.execute(
                "insert into schema_migrations (version, name, checksum) values (%s, %s, %s)",
                (migration.version, migration.name, migration.checksum),
            )
    return to_apply
