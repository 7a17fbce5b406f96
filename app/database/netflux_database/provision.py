"""What the master user prepares: the service's login and the database it owns.

The master of an RDS instance is no superuser. It has CREATEDB and CREATEROLE, and from PostgreSQL 16 on it must be
granted a role before it can give that role a database
(https://www.postgresql.org/docs/16/role-attributes.html, "role creation").
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from netflux_database.datasource import DataSource

# One key for every schema: roles and databases belong to the whole cluster, and so does the lock that guards them.
ADVISORY_LOCK = 0x6E6574666C7578  # "netflux"

CONNECT_TIMEOUT = 5  # seconds for one attempt; libpq takes no less than 2
RETRY_PAUSE = 0.25  # seconds between attempts

# What the server says when trying again cannot help: wrong password, or a login it does not let in.
FINAL = ("password authentication failed", "no pg_hba.conf entry", "does not exist", "server does not support SSL")


class ProvisionError(Exception):
    """The login or the database cannot be prepared; the message says which and why."""


def first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def connect(source: DataSource, deadline: float, report: Callable[[str], None]) -> psycopg.Connection[Any]:
    """Connects, trying until the deadline (time.monotonic) while the server can't be reached or is starting up."""
    server, waiting = f"{source.host}:{source.port}", False
    while True:
        try:
            parameters = {"connect_timeout": str(CONNECT_TIMEOUT), **source.parameters()}
            return psycopg.connect(make_conninfo("", **parameters), autocommit=True)
        except psycopg.OperationalError as error:
            reason = first_line(error)
            if any(phrase in str(error) for phrase in FINAL):
                raise ProvisionError(f"{source.username} cannot log in to {source.name}: {reason}") from error
            if time.monotonic() + RETRY_PAUSE > deadline:
                raise ProvisionError(f"{server} did not accept a connection in time: {reason}") from error
            if not waiting:
                report(f"waiting for {server}: {reason}")
                waiting = True
            time.sleep(RETRY_PAUSE)


@contextmanager
def exclusively(master: psycopg.Connection[Any], deadline: float) -> Iterator[None]:
    """Holds the cluster's one advisory lock: the tasks of a service start at the same moment.

    The lock belongs to the session, so a program that is killed gives it back.
    """
    wait = max(1, int((deadline - time.monotonic()) * 1000))
    master.execute(sql.SQL("set lock_timeout = {}").format(wait))
    try:
        master.execute("select pg_advisory_lock(%s)", (ADVISORY_LOCK,))
    except psycopg.errors.LockNotAvailable as error:
        raise ProvisionError("another task holds the migration lock and did not finish in time") from error
    try:
        yield
    finally:
        if not master.closed:
            master.execute("select pg_advisory_unlock(%s)", (ADVISORY_LOCK,))


def prepare_login(master: psycopg.Connection[Any], service: DataSource) -> bool:
    """Creates the service's role, or gives an existing one the secret's password. True when it was created.

    The password leaves as a SCRAM verifier made here, so that the server's statement log never holds it.
    """
    if service.username == master.info.user:
        raise ProvisionError(f"{service.username!r} is the master user; the service needs a login of its own")
    role = sql.Identifier(service.username)
    verifier = master.pgconn.encrypt_password(
        service.password.encode(), service.username.encode(), b"scram-sha-256"
    ).decode()
    exists = master.execute("select 1 from pg_roles where rolname = %s", (service.username,)).fetchone()
    verb = sql.SQL("alter role" if exists else "create role")
    master.execute(sql.SQL("{} {} login password {}").format(verb, role, verifier))
    master.execute(sql.SQL("grant {} to current_user").format(role))
    return not exists


def prepare_database(master: psycopg.Connection[Any], service: DataSource) -> bool:
    """Creates the database, owned by the service's role and closed to every other. True when it was created.

    A database that the master owns is handed over: RDS makes one when the instance is created with a DBName.
    """
    database, role = sql.Identifier(service.name), sql.Identifier(service.username)
    row = master.execute(
        "select pg_get_userbyid(datdba) from pg_database where datname = %s", (service.name,)
    ).fetchone()
    if row is None:
        master.execute(sql.SQL("create database {} owner {}").format(database, role))
    elif row[0] == master.info.user:
        master.execute(sql.SQL("alter database {} owner to {}").format(database, role))
    elif row[0] != service.username:
        raise ProvisionError(f"database {service.name!r} belongs to {row[0]!r}, not to {service.username!r}")
    master.execute(sql.SQL("revoke connect, temporary on database {} from public").format(database))
    return row is None
