"""What HAProxy writes of requests, as it is read."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from netflux.haproxy import binary
from netflux.haproxy.journal import FAILED, Journal
from netflux.haproxy.process import HAProxy
from netflux.haproxy.section import Section
from netflux.runtime.children import Children
from tests.haproxy.targets import free_port, fresh_address, get, until


async def test_lines_go_to_those_who_want_their_kind_whole_and_in_order() -> None:
    journal, one, other = Journal(), list[str](), list[str]()
    journal.listen("a", one.append)
    journal.listen("b", other.append)
    journal.open()
    for part in (b"a 1\nb x y\na", b" 2\nc 3\n<5>Proxy stopped\na 4"):
        os.write(journal.descriptor, part)
        journal.read()
    assert (one, other) == (["1", "2"], ["x y"])
    os.write(journal.descriptor, b"\n")
    journal.close()
    assert one == ["1", "2", "4"], "what is there at the end is read"
    journal.close()


async def test_an_unopened_journal_has_no_address() -> None:
    with pytest.raises(RuntimeError):
        _ = Journal().address


async def test_a_burst_of_failures_is_told_line_by_line_and_nothing_of_other_requests(tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    haproxy = HAProxy(Children(run / "children"), binary.find(), run, tmp_path / "haproxy.log")
    told: list[str] = []
    haproxy.journal.listen(FAILED, told.append)
    await haproxy.start()
    address = fresh_address(), free_port()
    body = (
        f"frontend one\n    bind {address[0]}:{address[1]}\n    use_backend broken if {{ path /broken }}\n"
        "    default_backend fine\nbackend broken\n    http-request deny status 503\n"
        "backend fine\n    http-request return status 200\n"
    )
    try:
        await haproxy.put(Section("one", body))
        paths = ["/broken", "/fine"] * 150
        statuses = [one.status for one in await asyncio.gather(*(get(address, "a", path) for path in paths))]
        assert statuses == [503, 200] * 150
        await until(lambda: len(told) >= 150)
    finally:
        await haproxy.stop()
    assert told == ["broken PR 503"] * 150
