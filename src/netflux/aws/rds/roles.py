"""What RDS makes inside a new cluster, and the logins that prove it: SQL over the cluster's own socket, then TCP."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netflux.aws.rds.cluster import ADMIN
from netflux.aws.rds.configuration import DIGEST
from netflux.aws.rds.insights import Session
from netflux.errors import Retryable

if TYPE_CHECKING:  # 8 MB and 50 ms, of use to a region with a database alone
    from psycopg import AsyncConnection, sql

LOGIN_TIMEOUT = 5
"""Real seconds for a connection from this machine to be made."""

_ROLES = ("rds_superuser", "rds_replication", "rds_password")
_HELD = ("pg_monitor", "pg_signal_backend", "rds_replication", "rds_password")
"""What rds_superuser holds [Appendix.PostgreSQL.CommonDBATasks.Roles]."""

RESERVED = (ADMIN, "rdsrepladmin", "rdstopmgr", "rds_ad", "rds_iam", *_ROLES)
"""Roles that are RDS's, so no master user can have the name."""


_ACTIVE = """
    SELECT coalesce(datname, ''), coalesce(usename, ''), coalesce(application_name, ''),
           coalesce(wait_event_type, 'CPU'), coalesce(wait_event, 'CPU'), left(query, 500)
    FROM pg_stat_activity
    WHERE backend_type = 'client backend' AND state = 'active' AND pid <> pg_backend_pid()
"""


@dataclass(frozen=True)
class Master:
    """The master user that was asked for.

    Attributes:
        name: of the role.
        database: made besides `postgres`; empty for none.
        verifier: SCRAM verifier to set; empty leaves the password as it is.
    """

    name: str
    database: str
    verifier: str


@dataclass(frozen=True)
class Login:
    """Someone who logs in by TCP."""

    address: str
    port: int
    user: str
    password: str


async def prepare(sockets: Path, port: int, master: Master, admin_verifier: str) -> None:
    """Makes roles and databases that are absent, and sets passwords. Repeating it changes nothing.

    Args:
        admin_verifier: of rdsadmin's password for this run of the cluster, which only the region knows.

    Raises:
        Retryable: the cluster did not let us in or refused a statement.
    """
    from psycopg import AsyncConnection, Error

    try:
        connection = await AsyncConnection.connect(
            host=str(sockets), port=port, user=ADMIN, dbname="postgres", autocommit=True, connect_timeout=LOGIN_TIMEOUT
        )
        async with connection:
            async with connection.transaction():
                await _make_roles(connection, master)
                await _set_password(connection, ADMIN, admin_verifier)
            await _make_databases(connection, master)
    except Error as error:
        raise Retryable(f"PostgreSQL refused its preparation: {str(error).strip()}") from error


async def parameters(sockets: Path, port: int) -> str:
    """The digest of the parameters that the postmaster has read; Retryable where it can't be asked."""
    from psycopg import AsyncConnection, Error, sql

    query = sql.SQL("SELECT current_setting({}, true)").format(sql.Literal(DIGEST))
    try:
        async with await AsyncConnection.connect(
            host=str(sockets), port=port, user=ADMIN, dbname="postgres", autocommit=True, connect_timeout=LOGIN_TIMEOUT
        ) as connection:
            return str((await _column(connection, query))[0])
    except Error as error:
        raise Retryable(f"PostgreSQL does not tell its parameters: {str(error).strip()}") from error


async def active(sockets: Path, port: int) -> Sequence[Session]:
    """The sessions of clients that are doing something just now; Retryable where the cluster can't be asked."""
    from psycopg import AsyncConnection, Error

    try:
        async with await AsyncConnection.connect(
            host=str(sockets), port=port, user=ADMIN, dbname="postgres", autocommit=True, connect_timeout=LOGIN_TIMEOUT
        ) as connection:
            cursor = await connection.execute(_ACTIVE)
            return [Session(*row) for row in await cursor.fetchall()]
    except Error as error:
        raise Retryable(f"PostgreSQL does not tell its sessions: {str(error).strip()}") from error


async def log_in(login: Login, inside: Callable[[], AbstractContextManager[None]]) -> str:
    """Logs in by TCP, TLS and SCRAM as any client would, and runs a query; returns why it failed, or nothing.

    Args:
        inside: brings the thread that connects to where the instance's interface is.
    """
    return await asyncio.to_thread(_log_in, login, inside)


def _log_in(login: Login, inside: Callable[[], AbstractContextManager[None]]) -> str:
    from psycopg import Connection, Error

    try:
        with inside(), Connection.connect(
            host=login.address, port=login.port, user=login.user, password=login.password, dbname="postgres",
            sslmode="require", channel_binding="require", connect_timeout=LOGIN_TIMEOUT, autocommit=True,
        ) as connection:  # fmt: skip
            connection.execute("SELECT 1")
    except (OSError, Error) as error:
        return str(error).strip()
    return ""


async def _make_roles(connection: AsyncConnection[Any], master: Master) -> None:
    from psycopg import sql

    have = await _column(connection, "SELECT rolname FROM pg_roles")
    for role in _ROLES:
        if role not in have:
            await connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(role)))
    for held in _HELD:
        await connection.execute(sql.SQL("GRANT {} TO rds_superuser WITH ADMIN OPTION").format(sql.Identifier(held)))
    name = sql.Identifier(master.name)
    if master.name not in have:
        await connection.execute(
            sql.SQL(
                "CREATE ROLE {} LOGIN CREATEDB CREATEROLE INHERIT NOSUPERUSER NOREPLICATION VALID UNTIL 'infinity'"
            ).format(name)
        )
        await connection.execute(sql.SQL("GRANT rds_superuser TO {} WITH ADMIN OPTION").format(name))
    if master.verifier:
        await _set_password(connection, master.name, master.verifier)


async def _make_databases(connection: AsyncConnection[Any], master: Master) -> None:
    """The master user owns `postgres` and DBName: only an owner may create in their schema `public`."""
    from psycopg import sql

    name = sql.Identifier(master.name)
    owners = await _column(connection, "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'postgres'")
    if owners == [ADMIN]:
        await connection.execute(sql.SQL("ALTER DATABASE postgres OWNER TO {}").format(name))
    have = await _column(connection, "SELECT datname FROM pg_database")
    if master.database and master.database not in have:
        database = sql.Identifier(master.database)
        await connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(database, name))


async def _set_password(connection: AsyncConnection[Any], role: str, verifier: str) -> None:
    from psycopg import sql

    await connection.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(role), sql.Literal(verifier)))


async def _column(connection: AsyncConnection[Any], query: sql.SQL | sql.Composed | str) -> Sequence[str]:
    cursor = await connection.execute(query)
    return [row[0] for row in await cursor.fetchall()]
