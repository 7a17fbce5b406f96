"""Requests a second by the number of rules and targets: the generated configuration beside one written by hand.

    .venv/bin/python -m bench.rules [--seconds 1] [--rounds 9]

Requests go to the last rule, so every rule before it is tried. The one written by hand does what the generated one
does: the same rules as ordinary lines, the same headers, the same targets. It has a port of its own for plain HTTP,
while the load balancer is asked through the gateway, where TLS and other hosts may come by the same port. All are
measured in turn in one run; beside each rate stands the processor time that HAProxy took for a request.

"Of direct" is the share of what the client gets without a load balancer, of the one by hand too: the target is the
fastest there is, and client, HAProxy and target share the machine's processors, so with two of them it tells more
about the machine than about the configuration. Of a target with the processor share of a Fargate task it is in
`bench.throughput`, with its limit.

Then a health pass: the processor time of one check of 500 targets, spread over AWS's default interval.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.aws.elbv2 import bare
from tests.aws.elbv2.bare import Bare
from tests.aws.elbv2.place import MapNetwork, fixed, forward, path_is
from tests.haproxy.targets import free_port, fresh_address, until

from bench import wrk
from netflux.aws.elbv2.target.observe import Checker
from netflux.aws.elbv2.target.reach import Reach
from netflux.clock import Clock
from netflux.haproxy import binary
from netflux.resources.elbv2 import HealthCheck, Target

RULES = (1, 10, 100)
TARGETS = (2, 50, 200)
OF_HAND, OF_ONE = 0.90, 0.50
HEALTH_TARGETS, HEALTH_SHARE = 500, 0.10


@dataclass
class Way:
    """One thing that is measured."""

    url: str
    pid: int
    host: str = ""
    rates: list[float] = field(default_factory=list)
    costs: list[float] = field(default_factory=list)
    failed: int = 0

    async def measure(self, seconds: int) -> None:
        """One round."""
        before, began = bare.cpu(self.pid), time.monotonic()
        found = await asyncio.to_thread(wrk.run, self.url, host=self.host, seconds=seconds)
        requests = found.rate * (time.monotonic() - began)
        self.rates.append(found.rate)
        self.costs.append((bare.cpu(self.pid) - before) / requests * 1e6)
        self.failed += found.failed

    @property
    def rate(self) -> float:
        return statistics.median(self.rates)

    @property
    def cost(self) -> float:
        return statistics.median(self.costs)


def main() -> None:
    """Measures and prints; exits with 1 when a ratio is below its limit or an answer was no 2xx."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=9)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        short = asyncio.run(_throughput(Path(directory), wanted.seconds, wanted.rounds))
        short += asyncio.run(_health(Path(directory)))
    sys.exit(int(short > 0))


async def _throughput(directory: Path, seconds: int, rounds: int) -> int:
    addresses = [fresh_address() for _ in range(max(TARGETS))]
    async with AsyncExitStack() as stack:
        direct = Way(f"http://{addresses[0]}:8080/", stack.enter_context(_target(directory, addresses)))
        ways = {
            (rules, targets): await _beside(stack, directory, rules, addresses[:targets])
            for rules in RULES
            for targets in TARGETS
        }
        for _ in range(rounds):
            for way in (direct, *(way for pair in ways.values() for way in pair)):
                await way.measure(seconds)
    return _report(direct, ways)


def _report(direct: Way, ways: dict[tuple[int, int], tuple[Way, Way]]) -> int:
    print(f"{'rules':>6} {'targets':>8} {'generated':>12} {'by hand':>12} {'ratio':>6} {'of direct':>14}   us")
    print(f"{'':>6} {'':>8} {direct.rate:>12,.0f} requests/s directly")
    for (rules, targets), (ours, hand) in ways.items():
        print(
            f"{rules:>6} {targets:>8} {ours.rate:>12,.0f} {hand.rate:>12,.0f} {_ratio(ours, hand):>6.2f}"
            f" {_ratio(ours, direct):>5.2f} and {_ratio(hand, direct):.2f}   {ours.cost:.1f} and {hand.cost:.1f}"
        )
    few, many = ways[RULES[0], TARGETS[0]][0], ways[RULES[-1], TARGETS[-1]][0]
    short = sum(way.failed for pair in ways.values() for way in pair)
    for name, ratio, limit in (
        ("the least of generated / by hand", min(_ratio(ours, hand) for ours, hand in ways.values()), OF_HAND),
        ("100 rules, 200 targets / 1 rule, 2 targets", _ratio(many, few), OF_ONE),
    ):
        short += ratio < limit
        print(f"{name:44} {ratio:6.2f}   (limit {limit})")
    return short


def _ratio(one: Way, other: Way) -> float:
    """The median of the rounds' ratios: what else the machine does in a round slows both down."""
    return statistics.median(mine / theirs for mine, theirs in zip(one.rates, other.rates, strict=True))


@contextmanager
def _target(directory: Path, addresses: Sequence[str]) -> Iterator[int]:
    """HAProxy with a fixed answer of 300 bytes at each of the addresses; its pid."""
    body = directory / "body.json"
    body.write_text('{"padding":"' + "x" * 286 + '"}')
    binds = "".join(f"    bind {address}:8080\n" for address in addresses)
    text = f"frontend target\n{binds}    http-request return status 200 content-type application/json file {body}\n"
    with _running(directory / "target.cfg", 1, text) as pid:
        yield pid


@contextmanager
def _running(path: Path, threads: int, text: str) -> Iterator[int]:
    timeouts = "    timeout client 60s\n    timeout server 60s\n    timeout connect 5s\n"
    path.write_text(f"global\n    nbthread {threads}\ndefaults\n    mode http\n{timeouts}\n{text}")
    # In a session of its own, as the generated one: the kernel shares the processor out between sessions first.
    process = subprocess.Popen([binary.find(), "-db", "-f", str(path)], start_new_session=True)
    try:
        yield process.pid
    finally:
        process.terminate()
        process.wait(10)


async def _beside(stack: AsyncExitStack, directory: Path, rules: int, addresses: Sequence[str]) -> tuple[Way, Way]:
    """The generated configuration and the one by hand, each in a HAProxy of its own."""
    ours = Bare(directory / f"{rules}-{len(addresses)}")
    stack.push_async_callback(ours.stop)
    await ours.start()
    await _put(ours, rules, addresses)
    port = free_port()
    path = directory / f"{rules}-{len(addresses)}.cfg"
    pid = stack.enter_context(_running(path, os.cpu_count() or 1, _by_hand(port, rules, addresses)))
    asked = f"/service-{rules}/movies/1"
    return (
        Way(f"http://127.0.0.1:{ours.port}{asked}", await ours.worker(), bare.HOST),
        Way(f"http://127.0.0.1:{port}{asked}", pid),
    )


async def _put(ours: Bare, rules: int, addresses: Sequence[str]) -> None:
    groups = [bare.group(f"service-{number}") for number in range(1, rules + 1)]
    listed = [
        bare.rule(number, [path_is(f"/service-{number}/*")], forward(group.arn))
        for number, group in enumerate(groups, 1)
    ]
    servers = [bare.server(address) for address in addresses]
    await ours.put(
        bare.balancer(bare.listener(*listed, bare.default(fixed()))),
        *((group, servers if group is groups[-1] else servers[:2]) for group in groups),
    )


def _by_hand(port: int, rules: int, addresses: Sequence[str]) -> str:
    """What somebody who knows HAProxy would write for the same."""
    lines = [f"frontend web\n    bind 127.0.0.1:{port}"]
    lines += [f"    use_backend s{n} if {{ path_beg /service-{n}/ }}" for n in range(1, rules + 1)]
    lines += ["    default_backend none", "backend none\n    http-request return status 404"]
    for number in range(1, rules + 1):
        lines += [f"backend s{number}\n    balance roundrobin\n    option forwardfor", *_HEADERS]
        chosen = addresses if number == rules else addresses[:2]
        lines += [f"    server t{n} {address}:8080" for n, address in enumerate(chosen)]
    return "\n".join(lines) + "\n"


_UNIQUE = "%[date,hex,bytes(8,8),lower]-%[uuid,regsub(-,,g),bytes(0,24)]"
_HEADERS = (
    "    http-request set-header X-Forwarded-Proto http",
    "    http-request set-header X-Forwarded-Port 80",
    "    http-request set-header Host %[req.hdr(host),host_only,lower]",
    f"    http-request set-header X-Amzn-Trace-Id Root=1-{_UNIQUE} unless {{ req.hdr(x-amzn-trace-id) -m found }}",
)


async def _health(directory: Path) -> int:
    """Processor time of the checker for one pass over the targets, the loop's idle time not counted."""
    addresses = [fresh_address() for _ in range(HEALTH_TARGETS)]
    group = "arn:group"
    check = HealthCheck()
    flips: list[str] = []
    with _target(directory, addresses):
        known = {f"10.1.{number // 250}.{number % 250}": address for number, address in enumerate(addresses)}
        reach = Reach(MapNetwork(known))
        reach.enter(group, ["node"])
        checker = Checker(Clock(1.0), reach, flips.append)
        before = _spent()
        checker.assign(group, check, {Target(address, 8080) for address in known})
        await until(lambda: len(flips) >= HEALTH_TARGETS, 60)
        spent = _spent() - before
        await checker.stop()
    share, each = spent / check.interval, spent / HEALTH_TARGETS * 1e6
    print(f"a health pass over {HEALTH_TARGETS} targets takes {spent:.2f} s of a core, {each:.0f} us a target")
    print(f"{'share of a core at AWS default of 30 s':44} {share:6.3f}   (limit {HEALTH_SHARE})")
    return int(share > HEALTH_SHARE)


def _spent() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
