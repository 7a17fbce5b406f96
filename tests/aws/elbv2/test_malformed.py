"""Malformed requests at a real load balancer; `python -m bench.malformed` sends twenty thousand."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.aws.elbv2 import bare, malformed
from tests.aws.elbv2.bare import Bare
from tests.aws.elbv2.malformed import HIDDEN, Attacker, Payload, Strict, attack
from tests.aws.elbv2.place import fixed, forward, path_is
from tests.haproxy.targets import get, until

COUNT = 600
PARTS = 10
"""Of a storm; HAProxy is looked at after each."""
MOST_GROWTH = 16 * 2**20
"""Bytes: buffers of clients that are not let go yet; connections that stay would be more in a long run."""


@dataclass(frozen=True)
class Moment:
    """HAProxy in a storm.

    Attributes:
        memory: resident bytes. What was once freed is kept for the next client, so it follows the most of these so far.
        clients: that are connected.
        used: bytes of its pools that something holds; those that a thread keeps for its next client are not among them.
    """

    memory: int
    clients: int
    used: int


@dataclass(frozen=True)
class Survived:
    """What a storm has left behind.

    Attributes:
        course: before it, after equal parts of it, and where that was waited for, after its last client.
    """

    ended: Counter[str]
    faults: list[str]
    requests: int
    course: list[Moment]

    @property
    def growth(self) -> int:
        """Bytes of memory that HAProxy took in the second half."""
        return self.course[PARTS].memory - self.course[PARTS // 2].memory


@asynccontextmanager
async def balancer(directory: Path) -> AsyncIterator[tuple[Bare, Strict]]:
    """One that forwards `/open` to the target."""
    target, place = Strict(), Bare(directory)
    server = await asyncio.start_server(target.serve, target.address, 8080, limit=1 << 20)
    await place.start()
    try:
        group = bare.group("open")
        rules = bare.rule(1, [path_is("/open*")], forward(group.arn)), bare.default(fixed())
        await place.put(bare.balancer(bare.listener(*rules)), (group, [bare.server(target.address)]))
        yield place, target
    finally:
        server.close()
        await place.stop()


async def survive(directory: Path, seed: int, count: int, patience: float = 0.0) -> Survived:
    """Sends that many; AssertionError when HAProxy's worker is another one then, or does not serve.

    With patience, in seconds, it also waits until HAProxy has let all of those clients go; TimeoutError when not.
    """
    async with balancer(directory) as (place, target):
        worker, attacker = await place.worker(), Attacker(seed, bare.HOST)
        course, ended = [await _moment(place, worker)], Counter[str]()
        for _ in range(PARTS):
            ended += await malformed.storm(place.port, attacker, count // PARTS)
            course.append(await _moment(place, worker))
        assert await place.worker() == worker
        good = await get(("127.0.0.1", place.port), bare.HOST, "/open")
        assert (good.status, good.body) == (200, b"ok")
        if patience:
            await until(lambda: _alone(place), patience)
            course.append(await _moment(place, worker))
        return Survived(ended, target.faults, target.requests, course)


async def _alone(place: Bare) -> bool:
    return await _clients(place) == 0


async def _clients(place: Bare) -> int:
    info = await place.haproxy.runtime.command("@1 show info")
    return int(re.findall(r"^CurrConns: (\d+)$", info, re.MULTILINE)[0])


async def _moment(place: Bare, worker: int) -> Moment:
    pools = await place.haproxy.runtime.command("@1 show pools")
    used, kept = re.findall(r"^Total: .*, (\d+) used \(~(\d+) by thread caches\)", pools, re.MULTILINE)[0]
    return Moment(bare.memory(worker), await _clients(place), int(used) - int(kept))


async def test_malformed_requests_harm_nobody_and_nothing_is_smuggled(tmp_path: Path) -> None:
    found = await survive(tmp_path, 7, COUNT)
    assert not found.faults, found.faults[0]
    assert found.requests > COUNT / 20
    assert found.ended["400"] > COUNT / 5
    assert found.ended["silent"] < COUNT / 50
    assert found.growth < MOST_GROWTH


def head(*lines: str) -> bytes:
    return "\r\n".join(["POST /open HTTP/1.1", f"Host: {bare.HOST}", *lines, "", ""]).encode("latin-1")


TWO_WAYS = (
    head("Content-Length: 5", "Content-Length: 6") + b"hello" + HIDDEN,
    head("Content-Length: 5, 6") + b"hello" + HIDDEN,
    head("Content-Length: +5") + b"hello",
    head("Transfer-Encoding: xchunked") + b"0\r\n\r\n" + HIDDEN,
    head("Transfer-Encoding : chunked") + b"0\r\n\r\n" + HIDDEN,
    head("X: \0"),
    head("X: a\rY: b"),
    head("Transfer-Encoding: chunked") + b"-5\r\nhello\r\n0\r\n\r\n",
    head("Transfer-Encoding: chunked") + b"ffffffffffffffff1\r\nhello\r\n0\r\n\r\n",
    head("X: " + "y" * 70_000),
    head().replace(b"/open", b"/op\0en"),
    head().replace(b"1.1\r", b"x.1\r", 1),
)


async def test_what_can_be_read_in_two_ways_is_400(tmp_path: Path) -> None:
    async with balancer(tmp_path) as (place, target):
        for text in TWO_WAYS:
            # What is sent behind a refused request may make the kernel reset the connection before the answer is read.
            assert await attack(place.port, Payload("", (text,))) in ("400", "closed"), text[:120]
        assert not target.requests
        assert not target.faults
