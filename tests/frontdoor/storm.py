"""Sends cases to a cloud, several at a time, and says which answers won't do.

By hand, against one that runs: `eval "$(netflux env)"; python -m tests.frontdoor.storm --help`.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import time
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from tests.behaviours.cloud import descendants
from tests.frontdoor import judge
from tests.frontdoor.cases import Case, Generator, well_formed
from tests.frontdoor.client import Answer, Connection
from tests.frontdoor.watch import Memory, Watch, waited
from tests.frontdoor.wire import Signer


@dataclass
class Outcome:
    """What a storm has shown."""

    statuses: Counter[int] = field(default_factory=Counter)
    faults: list[tuple[str, Case]] = field(default_factory=list)
    slowest: list[tuple[float, str]] = field(default_factory=list)
    seconds: float = 0.0
    delays: deque[tuple[float, float]] = field(default_factory=lambda: deque(maxlen=100), repr=False)

    @property
    def count(self) -> int:
        """Requests sent."""
        return sum(self.statuses.values())

    def add(self, case: Case, answer: Answer) -> None:
        """Notes one answer."""
        if answer.seconds > judge.LATEST:
            answer = replace(answer, seconds=answer.seconds - self._elsewhere(answer.seconds))
        self.statuses[answer.status] += 1
        wrong = judge.fault(case, answer)
        if wrong:
            self.faults.append((wrong, case))
        if answer.seconds > 0.25:
            self.slowest.append((answer.seconds, str(case)[:200]))
            self.slowest = sorted(self.slowest, reverse=True)[:20]

    def _elsewhere(self, seconds: float) -> float:
        """Of the last so many seconds, those in which the machine let the cloud wait for a processor."""
        now = time.monotonic()
        within = [delay for moment, delay in self.delays if moment >= now - seconds - 1]
        return within[-1] - within[0] if within else 0.0

    def kinds(self) -> list[tuple[str, int]]:
        """Faults of one kind together, the most frequent first."""
        counted = Counter(f"{case.service}:{case.operation} {_kind(wrong)}" for wrong, case in self.faults)
        return counted.most_common()


def _kind(wrong: str) -> str:
    return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d+\.\d+ s|\"RequestId\".*", "…", wrong)[:200]


async def send(port: int, cases: Iterable[Case], pid: int = 0, width: int = 6) -> Outcome:
    """Sends the cases over that many connections.

    Args:
        pid: of the cloud's first process: what the machine lets it wait does not count as its own slowness.
    """
    outcome, host, left = Outcome(), f"localhost:{port}", iter(cases)
    began = time.monotonic()

    async def lane() -> None:
        connection = Connection(port)
        for case in left:
            answer = await connection.ask(case.request.encoded(host), case.request.method)
            outcome.add(case, answer)
        connection.close()

    async def look() -> None:
        while True:
            outcome.delays.append((time.monotonic(), waited([pid, *descendants(pid)])))
            await asyncio.sleep(0.5)

    looking = asyncio.ensure_future(look()) if pid else None
    await asyncio.gather(*(lane() for _ in range(width)))
    if looking is not None:
        looking.cancel()
    outcome.seconds = time.monotonic() - began
    return outcome


def numbered(generator: Generator, first: int, count: int) -> Iterator[Case]:
    """Consecutive cases."""
    for index in range(first, first + count):
        yield generator.case(index)


def _keys() -> tuple[str, str]:
    return os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"]


async def _watched(wanted: argparse.Namespace, cases: Iterable[Case]) -> Outcome:
    if not wanted.pid:
        return await send(wanted.port, cases, width=wanted.width)
    memory = Memory(wanted.pid)
    before = memory.now()
    async with Watch(wanted.port, wanted.pid, _keys()) as watch:
        outcome = await send(wanted.port, cases, wanted.pid, wanted.width)
    seen, mib = watch.seen, 2**20
    print(f"others: {seen.asked} calls, {seen.refused} refused, {len(seen.late)} late; {seen.longest:.3f} s")
    print(f"memory: {before / mib:.0f} MiB before, {memory.now() / mib:.0f} after")
    return outcome


def main() -> None:
    """Against a cloud that runs already."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--pid", type=int, default=0, help="of the cloud's first process: its memory and others' calls")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--count", type=int, default=3_000)
    parser.add_argument("--width", type=int, default=6)
    parser.add_argument("--services", default="", help="only these, by comma")
    parser.add_argument("--well-formed", type=float, help="each operation once, with this share of optional members")
    parser.add_argument("--faults", type=int, default=60)
    wanted = parser.parse_args()
    signer = Signer(*_keys(), f"localhost:{wanted.port}")
    only = tuple(one for one in wanted.services.split(",") if one)
    generator = Generator(wanted.seed, signer, only=only)
    cases = numbered(generator, wanted.first, wanted.count)
    if wanted.well_formed is not None:
        from tests.frontdoor.operations import SERVED

        cases = well_formed(signer, only or SERVED, wanted.well_formed, {})
    outcome = asyncio.run(_watched(wanted, cases))
    print(f"{outcome.count:,} requests in {outcome.seconds:.0f} s: {dict(outcome.statuses.most_common())}")
    print(f"{len(outcome.faults)} faults in {len({(c.service, c.operation) for _, c in outcome.faults})} operations")
    for kind, number in outcome.kinds()[: wanted.faults]:
        print(f"{number:5} {kind}")
    seen: set[str] = set()
    for wrong, case in outcome.faults:
        if (kind := f"{case.service}:{case.operation} {_kind(wrong)[:60]}") not in seen:
            seen.add(kind)
            print(f"--- {wrong[:200]}\n    {str(case)[:900]}")
    print("slowest:", *(f"{seconds:.2f} s {what}" for seconds, what in outcome.slowest[:10]), sep="\n  ")


if __name__ == "__main__":
    main()
