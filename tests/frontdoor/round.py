"""A whole round: a cloud is warmed up, then stormed while a second client watches; and what was wrong with it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from tests.behaviours.cloud import Cloud
from tests.frontdoor import operations
from tests.frontdoor.cases import Generator, well_formed
from tests.frontdoor.storm import Outcome, numbered, send
from tests.frontdoor.watch import LIMIT, Memory, Seen, Watch
from tests.frontdoor.wire import Signer

MOST_GROWTH = 16 * 2**20
"""Bytes that a storm may leave behind in a cloud that knew the services already."""
_WARM = 10_000
"""Malformed requests after which a cloud knows what it takes to refuse such ones."""
_SETTLED = 10.0
"""Seconds for the region to let go of what the last requests held."""


@dataclass(frozen=True)
class Round:
    """What came of it.

    Attributes:
        walked: each operation of each served service, once, well-formed.
        outcome: of the malformed requests.
        seen: by the second client meanwhile.
        growth: bytes of memory afterwards over those before.
        tracebacks: lines of the region's log that begin one.
    """

    walked: Outcome
    outcome: Outcome
    seen: Seen
    growth: int
    tracebacks: int

    def faults(self) -> list[str]:
        """One line each, the first of them with what makes the request anew; none when all is well. Memory is apart."""
        found = [f"{wrong}\n  {case}" for wrong, case in (*self.walked.faults, *self.outcome.faults)]
        if self.seen.late:
            found.append(f"others waited longer than {LIMIT} s {len(self.seen.late)} times: {self.seen.late[:5]} s")
        if self.seen.refused:
            found.append(f"{self.seen.refused} of {self.seen.asked} calls of others were not answered 200")
        if self.tracebacks:
            found.append(f"netflux.log has {self.tracebacks} tracebacks")
        return found


def others(seed: int, count: int) -> tuple[str, ...]:
    """Some of the services that nobody serves."""
    return tuple(Random(seed).sample(operations.lent(), count))


def play(cloud: Cloud, seed: int, count: int, rest: Sequence[str]) -> Round:
    """Storms a cloud that is up and empty.

    Args:
        count: malformed requests.
        rest: services to be asked besides those that are served.
    """
    return asyncio.run(_play(cloud, seed, count, tuple(rest)))


async def _play(cloud: Cloud, seed: int, count: int, rest: tuple[str, ...]) -> Round:
    keys = keys_of(cloud)
    signer = Signer(*keys, f"localhost:{cloud.port}")
    pid = cloud.pid()
    walked = await send(cloud.port, well_formed(signer, operations.SERVED, 0.0, {}), pid)
    generator = Generator(seed, signer, rest=rest)
    warm = min(count, max(count // 3, _WARM))
    # What it takes to know these services stays: their models, moto's code. The storm comes to a cloud that has them.
    await send(cloud.port, (*well_formed(signer, rest, 0.0, {}), *numbered(generator, count, warm)), pid)
    memory = Memory(pid)
    before = memory.now()
    async with Watch(cloud.port, pid, keys) as watch:
        outcome = await send(cloud.port, numbered(generator, 0, count), pid)
    growth = memory.now() - before
    for _ in range(int(_SETTLED)):
        if growth <= MOST_GROWTH:
            break
        await asyncio.sleep(1)
        growth = memory.now() - before
    log = (cloud.state / "netflux.log").read_text(errors="replace")
    return Round(walked, outcome, watch.seen, growth, log.count("Traceback (most recent call last)"))


def keys_of(cloud: Cloud) -> tuple[str, str]:
    """The access key and secret that `netflux env` prints."""
    lines = (line.removeprefix("export ").partition("=") for line in cloud.command("env").stdout.splitlines())
    told = {name: value for name, _, value in lines}
    return told["AWS_ACCESS_KEY_ID"], told["AWS_SECRET_ACCESS_KEY"]
