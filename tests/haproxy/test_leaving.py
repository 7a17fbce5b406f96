"""Workers that are kept until their counters have been read."""

from __future__ import annotations

import asyncio
from pathlib import Path

from netflux.haproxy import binary
from netflux.haproxy.leaving import Leaving
from netflux.haproxy.process import HAProxy
from netflux.haproxy.section import Section
from netflux.runtime.children import Children
from tests.haproxy.targets import free_port, fresh_address, get, read_answer, until


async def test_a_worker_leaves_when_it_has_been_looked_at_after_its_last_connection(tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    haproxy = HAProxy(Children(run / "children"), binary.find(), run, tmp_path / "haproxy.log")
    seen: list[dict[int, int]] = []

    async def look() -> None:
        workers = await haproxy.statistics()
        rows = {pid: [row for row in found if row["pxname"] == "one"] for pid, found in workers.items()}
        seen.append({pid: int(found[0]["req_tot"]) for pid, found in rows.items() if found})

    haproxy.before_reload(look)
    await haproxy.start()
    address = fresh_address(), free_port()
    body = f"frontend one\n    bind {address[0]}:{address[1]}\n    http-request return status 200\n"
    try:
        await haproxy.put(Section("one", body))
        await until(lambda: haproxy._old.pids == [])
        reader, writer = await asyncio.open_connection(*address)
        await haproxy.put(Section("one", body + "    # changed\n"))
        [old] = haproxy._old.pids
        assert seen[-1] == {old: 0}
        assert (await get(address, "a")).status == 200, "by the new worker"
        writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert (await read_answer(reader)).status == 200
        writer.close()
        await until(lambda: haproxy._old.pids == [])
        newest, others = next(iter(seen[-1])), seen[-1]
        assert newest != old
        assert others == {newest: 1, old: 1}
        assert [*await haproxy.statistics()] == [newest]
    finally:
        await haproxy.stop()


async def test_a_worker_that_does_not_answer_is_not_kept(tmp_path: Path) -> None:
    haproxy = HAProxy(Children(tmp_path / "children"), binary.find(), tmp_path, tmp_path / "haproxy.log")
    assert await Leaving(tmp_path, haproxy.runtime).hold() is None
