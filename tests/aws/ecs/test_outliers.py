"""Outlier ejection on a real HAProxy: a target that refuses connections, and a clock that the test moves."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from netflux.aws.ecs.connect import Bound, body
from netflux.aws.ecs.desired import Endpoint
from netflux.aws.ecs.outliers import Outliers
from netflux.clock import Clock
from netflux.haproxy import binary
from netflux.haproxy.process import HAProxy
from netflux.haproxy.section import Section, Server
from netflux.runtime.children import Children
from tests.haproxy.targets import Target, fresh_address, get


class Moved(Clock):
    """Stands still until it is moved."""

    seconds = 1000.0

    def monotonic(self) -> float:
        return self.seconds


class Place:
    """An endpoint of the namespace `prod` with two hosts, and what its controllers would do."""

    def __init__(self, haproxy: HAProxy, targets: list[Target], http: bool) -> None:
        self.haproxy, self.targets = haproxy, targets
        self.clock = Moved()
        self.pokes: list[tuple[str, str]] = []
        self.outliers = Outliers(self.clock, haproxy, lambda name, key: self.pokes.append((name, key)))
        endpoint = Endpoint("web", "web.prod", 8080, 8080, 15.0, http=http, idle=300.0)
        self.bound = Bound(endpoint, fresh_address(), "service/web")
        self.backend = f"{self.bound.prefix('prod')}_b"

    async def put(self) -> None:
        section = Section(owner="ecs/connect/prod", body=body("prod", [self.bound], self.clock))
        await self.haproxy.put(section)
        await self.serve()

    async def serve(self) -> None:
        servers = [Server(one.name, one.address, one.port) for one in self.targets]
        self.outliers.follow("prod", {self.backend: servers})
        await self.haproxy.set_servers(self.backend, self.outliers.judged("prod", self.backend, servers))

    async def look(self) -> bool:
        """Whether the servers are to be brought up to date, which is then done."""
        self.pokes.clear()
        await self.outliers.reconcile("prod")
        if ("ecs-connect", "prod") not in self.pokes:
            return False
        await self.serve()
        return True

    async def ask(self, times: int) -> list[str]:
        answers = [await get((self.bound.address, 8080), "movies") for _ in range(times)]
        assert {one.status for one in answers} == {200}, "a failed connection is tried again elsewhere"
        return [one.body.decode() for one in answers]

    async def failures(self) -> int:
        return (await self.haproxy.failed())[self.backend, ""]


@pytest.fixture(params=[True, False], ids=["http", "tcp"])
async def place(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Place]:
    run = Path(tempfile.mkdtemp(prefix="netflux-"))  # a unix socket's path must be short
    haproxy = HAProxy(Children(run / "children"), binary.find(), run, tmp_path / "haproxy.log")
    await haproxy.start()
    targets = [await Target(name).start() for name in ("one", "two")]
    found = Place(haproxy, targets, request.param)
    await found.put()
    yield found
    for target in targets:
        await target.stop()
    await haproxy.stop()
    shutil.rmtree(run)


async def test_a_host_that_refuses_connections_is_avoided_and_comes_back(place: Place) -> None:
    assert set(await place.ask(4)) == {"one", "two"}
    await place.targets[0].stop()
    assert set(await place.ask(4)) == {"two"}
    assert await place.failures() == 4
    assert not await place.look(), "four are not enough"
    await place.ask(2)
    assert await place.look()
    before = await place.failures()
    assert set(await place.ask(20)) == {"two"}
    assert await place.failures() == before, "no connection went to the host that is avoided"
    place.clock.seconds += 29
    assert not await place.look()
    await place.targets[0].start()
    assert set(await place.ask(4)) == {"two"}, "it answers again, and its time is not up"
    place.clock.seconds += 2
    assert await place.look()
    assert set(await place.ask(4)) == {"one", "two"}


async def test_failures_are_counted_on_when_a_new_worker_counts_from_nought(place: Place) -> None:
    await place.targets[0].stop()
    await place.ask(3)
    assert not await place.look()
    await place.haproxy.put(Section(owner="test/other", body="backend test-other\n"))
    assert await place.failures() == 0
    await place.ask(3)
    assert await place.look(), "three before the reload, three after it"


async def test_a_namespace_without_endpoints_is_looked_at_no_more(place: Place) -> None:
    assert await place.outliers.keys() == ["prod"]
    assert (await place.outliers.reconcile("prod")).requeue_after
    place.outliers.follow("prod", {})
    assert await place.outliers.keys() == []
    assert (await place.outliers.reconcile("prod")).requeue_after is None
