"""The gateway answers before the services are there."""

import asyncio
import os
import urllib.error
import urllib.request
from collections.abc import AsyncIterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from netflux.entrance import Entrance, Options
from netflux.front import Front, Services
from netflux.state import StateDirectory
from tests.behaviours.cloud import free_port
from tests.signing import signed


@pytest.fixture
async def front() -> AsyncIterator[Front]:
    with TemporaryDirectory(prefix="nf-") as directory:
        held = StateDirectory.open(Path(directory) / "state", 0)
        entrance = Entrance(held, Options(port=free_port()))
        entrance.open()
        yield Front(entrance)
        held.close()


def _post(port: int, service: str, body: str) -> tuple[int, str]:
    url = f"http://127.0.0.1:{port}/"
    headers = signed(service, url, body, {"Content-Type": "application/x-www-form-urlencoded"})
    request = urllib.request.Request(url, body.encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def _call(front: Front, service: str, operation: str) -> asyncio.Future[tuple[int, str]]:
    body = f"Action={operation}&Version=2015-02-02"
    return asyncio.ensure_future(asyncio.to_thread(_post, front.options.port, service, body))


async def _none(*_: Any, **__: Any) -> Any:
    raise AssertionError("not asked in this test")


async def test_the_first_answer_needs_no_service_and_others_wait_for_theirs(front: Front) -> None:
    await front.start()
    try:
        status, body = await _call(front, "sts", "GetCallerIdentity")
        assert (status, ":root</Arn>" in body) == (200, True)
        waiting = _call(front, "elasticache", "DescribeCacheClusters")
        assert not (await asyncio.wait({waiting}, timeout=0.2))[0]
        front.complete(Services(_none, dict, None, lambda _call: None, lambda _path: None))  # type: ignore[arg-type]
        status, body = await waiting
        assert (status, "<DescribeCacheClustersResponse" in body) == (200, True)
    finally:
        await front.stop()


async def test_a_front_that_stops_before_its_services_lets_go_who_waits_and_leaves_no_process(front: Front) -> None:
    await front.start()
    haproxy = front.haproxy.pid
    os.kill(haproxy, 0)
    waiting = _call(front, "elasticache", "DescribeCacheClusters")
    assert not (await asyncio.wait({waiting}, timeout=0.2))[0]
    await front.stop()
    with pytest.raises(ConnectionError):
        await waiting
    with pytest.raises(ProcessLookupError):
        os.kill(haproxy, 0)


@pytest.mark.parametrize("gone", [True, False])
async def test_a_database_whose_log_is_gone_after_a_kill_is_told(tmp_path: Path, gone: bool) -> None:
    with TemporaryDirectory(prefix="nf-") as directory:
        path = Path(directory) / "state"
        held = StateDirectory.open(path, 0)
        killed = Front(Entrance(held, Options(port=free_port())))
        killed.documents.put("a", "b", {})
        lock = (path / "lock").read_bytes()
        kept = {name: (path / name).read_bytes() for name in ("netflux.db", "netflux.db-wal")}
        killed.documents.close()
        killed.entrance.listening.close()
        held.close()
        (path / "lock").write_bytes(lock)
        (path / "netflux.db").write_bytes(kept["netflux.db"])
        if not gone:
            (path / "netflux.db-wal").write_bytes(kept["netflux.db-wal"])
        held = StateDirectory.open(path, 0)
        front = Front(Entrance(held, Options(port=free_port())))
        told = [fault.message for fault in front.faults.list()]
        assert ["netflux.db-wal is gone" in one for one in told] == ([True] if gone else [])
        assert (front.documents.get("a", "b") is None) == gone
        front.documents.close()
        front.entrance.listening.close()
        held.close()
