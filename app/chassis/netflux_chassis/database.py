"""The service's PostgreSQL: a pool that opens in the background, and queries with a bound on their time.

A database that is absent, restarting or silent makes requests fail after a bound, never hang, and needs no restart
of the service once it is back.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any

import psycopg
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool

from netflux_database.datasource import DataSource

QUERY_SECONDS = 2.0  # from asking for a connection to the last row
PING_SECONDS = 1.0  # of a health check: below any checker's own time-out (ALB's least is 2 s)

# Connections: RDS's smallest classes allow about 80, four tasks and a rolling update's four more share them.
LEAST, MOST = 1, 8

# Seconds an attempt to connect goes on before the next request begins a new one. The pool's own pause doubles with
# every failure, so a longer time here would mean a longer wait after the database is back.
RECONNECT_SECONDS = 2.0

# libpq and TCP give up on a peer that answers nothing (a dropped packet, not a refused one) within these.
PATIENCE = {"connect_timeout": "2", "tcp_user_timeout": "5000", "keepalives_idle": "5", "keepalives_interval": "2"}


class DatabaseUnavailable(Exception):
    """No answer within the bound, or the connection broke; the query may be sent again later."""


class Database:
    """Queries that end in time. A connection is tested when taken, so those a restart broke are replaced unseen."""

    def __init__(self, source: DataSource) -> None:
        self.pool: AsyncConnectionPool[psycopg.AsyncConnection[dict[str, Any]]] = AsyncConnectionPool(
            kwargs={**PATIENCE, **source.parameters(), "autocommit": True, "row_factory": dict_row},
            min_size=LEAST,
            max_size=MOST,
            check=AsyncConnectionPool.check_connection,
            reconnect_timeout=RECONNECT_SECONDS,
            open=False,
            name=source.name,
        )
        self.leftover: set[asyncio.Task[Any]] = set()

    async def open(self) -> None:
        """Begins to connect and returns at once."""
        await self.pool.open(wait=False)

    async def close(self) -> None:
        for task in self.leftover:
            task.cancel()
        await self.pool.close(timeout=1)

    async def rows(self, query: str, *parameters: Any) -> list[dict[str, Any]]:
        """The rows of one statement, which is its own transaction. Raises DatabaseUnavailable."""
        return await self.within(QUERY_SECONDS, self.run(query, parameters, QUERY_SECONDS))

    async def answers(self) -> bool:
        """Whether a session answers now; never takes longer than PING_SECONDS."""
        try:
            await self.within(PING_SECONDS, self.run("select 1 as one", (), PING_SECONDS))
        except DatabaseUnavailable:
            return False
        return True

    async def run(self, query: str, parameters: tuple[Any, ...], seconds: float) -> list[dict[str, Any]]:
        async with self.pool.connection(timeout=seconds) as connection:
            cursor = await connection.execute(query, parameters)
            return await cursor.fetchall()

    async def within(self, seconds: float, work: Coroutine[Any, Any, list[dict[str, Any]]]) -> list[dict[str, Any]]:
        """The work's result, or DatabaseUnavailable when it broke or took too long.

        Cancelling a query asks the server, which may be the one that is silent: the caller does not wait for that.
        """
        task = asyncio.create_task(work)
        done, _ = await asyncio.wait({task}, timeout=seconds)
        if not done:
            self.leftover.add(task)
            task.add_done_callback(self.forget)
            task.cancel()
            raise DatabaseUnavailable(f"no answer within {seconds} s")
        try:
            return task.result()
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            raise DatabaseUnavailable(str(error)) from error

    def forget(self, task: asyncio.Task[Any]) -> None:
        """A cancelled query's own error has been answered for already; reading it keeps asyncio from reporting it."""
        self.leftover.discard(task)
        if not task.cancelled():
            task.exception()
