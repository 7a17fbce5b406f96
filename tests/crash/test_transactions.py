"""A kill inside every kind of transaction: the disk has all of a call or nothing of it, and what it has is read."""

from __future__ import annotations

import os
import signal
import sqlite3
import zlib
from pathlib import Path

import pytest

from tests.crash.calls import Made, Services, accepted

TRIES = 8000
_MOST_STATEMENTS = 60
_SHARES = 4
"""Tests among which the operations are shared, so that each has a test's time and they run beside each other."""


def _killed_at(statement: int, directory: Path, made: Made) -> bool:
    """Whether a process that makes the call was killed before its n-th statement; False when it has fewer."""
    child = os.fork()
    if child == 0:
        try:
            _make(statement, directory, made)
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    assert code in (0, -signal.SIGKILL), f"{made}: {code}"
    return code != 0


def _make(statement: int, directory: Path, made: Made) -> None:
    import asyncio

    asyncio._set_running_loop(None)
    services = Services(directory)
    asyncio.new_event_loop().run_until_complete(services.start())
    seen = 0

    def count(_statement: str) -> None:
        nonlocal seen
        seen += 1
        if seen == statement:
            os.kill(os.getpid(), signal.SIGKILL)

    services.plane.documents._db.set_trace_callback(count)
    services.call(made)
    os._exit(0)


def _on_disk(directory: Path) -> list[tuple[str, str, str]]:
    with sqlite3.connect(directory / "n.db") as database:
        return [*database.execute("SELECT kind, key, body FROM document ORDER BY kind, key")]


@pytest.mark.parametrize("share", range(_SHARES))
async def test_a_kill_inside_any_transaction_leaves_all_of_it_or_nothing(tmp_path: Path, share: int) -> None:
    services = Services(tmp_path)
    await services.start()
    tried: set[tuple[str, str]] = set()
    kills = mine = 0
    for number, made in enumerate(accepted(services, 1, TRIES)):
        if (made.service, made.operation) in tried:
            continue
        tried.add((made.service, made.operation))
        if zlib.crc32(made.operation.encode()) % _SHARES != share:
            continue
        mine += 1
        before = services.rows()
        for statement in range(1, _MOST_STATEMENTS):
            place = tmp_path / f"{number}.{statement}"
            place.mkdir()
            with sqlite3.connect(place / "n.db") as copy:
                services.plane.documents._db.backup(copy)
            copy.close()
            killed = _killed_at(statement, place, made)
            kills += killed
            after = _on_disk(place)
            assert (after == before) is killed, f"{made} at statement {statement}"
            reopened = Services(place)
            await reopened.start()
            assert not reopened.plane.documents.faults.list(), made
            reopened.plane.stop()
            if not killed:
                break
    services.plane.stop()
    assert len(tried) >= min(60, len(services.operations()) // 3), sorted(tried)
    assert kills > mine > 0
