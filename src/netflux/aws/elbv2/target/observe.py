"""The health checker: real requests to real targets. What it has not seen answer is not healthy.

While a target is `initial`, a check that fails is repeated each second, so that a task that has just started is in
service as soon as it answers; the repetitions within one interval count as the one failure that AWS would have seen.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from netflux.aws.elbv2.target import decide
from netflux.aws.elbv2.target.decide import Health, Outcome, Thresholds
from netflux.aws.elbv2.target.reach import Reach
from netflux.clock import Clock
from netflux.resources.elbv2 import HealthCheck, Target

_log = logging.getLogger(__name__)

INITIAL_SECONDS = 1.0
"""Simulated seconds between attempts while a target is `initial`."""
_HEAD_BYTES = 32 * 1024
"""A load balancer reads response headers up to 32 K; user guide, "Quotas"."""


@dataclass(frozen=True)
class Probe:
    """One check to be made.

    Attributes:
        host: of the Host header.
        timeout: simulated seconds.
    """

    target: Target
    check: HealthCheck
    port: int
    host: str


def probe(target: Target, check: HealthCheck) -> Probe:
    """How a target is checked; the Host header has no port where it is the protocol's own."""
    port = target.port if check.port == "traffic-port" else int(check.port)
    default = {"HTTP": 80, "HTTPS": 443}.get(check.protocol)
    return Probe(target, check, port, target.id if port == default else f"{target.id}:{port}")


class Checker:
    """Checks the targets it is given until they are taken away.

    Args:
        clock: for intervals and timeouts.
        reach: where targets are.
        flipped: told of each change of a target's state, with the group's ARN.
    """

    def __init__(self, clock: Clock, reach: Reach, flipped: Callable[[str], None]) -> None:
        self._clock = clock
        self._reach = reach
        self._flipped = flipped
        self._stopped = asyncio.Event()
        self._checks: dict[_Key, _Check] = {}

    def groups(self) -> set[str]:
        """Groups whose targets are checked."""
        return {key.group for key in self._checks}

    def health(self, group: str, target: Target, node: str = "") -> Health | None:
        """What a node has observed of a target, or the worst that one of them has; None when it is not checked."""
        nodes = [node] if node else self._reach.nodes(group)
        found = [self._checks[key].health for one in nodes if (key := _Key(group, target, one)) in self._checks]
        return decide.shown(found) if found else None

    def assign(self, group: str, check: HealthCheck, targets: set[Target]) -> None:
        """From now on exactly these targets of the group are checked, this way, by each of the group's nodes. Known
        ones keep their state.
        """
        wanted = {_Key(group, target, node) for target in targets for node in self._reach.nodes(group)}
        for key in [key for key in self._checks if key.group == group and key not in wanted]:
            self._checks.pop(key).cancel()
        for key in wanted:
            found = self._checks.get(key)
            if found is not None and found.check == check:
                continue
            before = decide.REGISTERED
            if found is not None:
                before = found.health
                found.cancel()
            self._checks[key] = _Check(self, key, check, before)

    def drop(self, group: str) -> None:
        """The group is checked no more."""
        for key in [key for key in self._checks if key.group == group]:
            self._checks.pop(key).cancel()

    async def stop(self) -> None:
        """Ends all checks."""
        self._stopped.set()
        checks = [*self._checks.values()]
        self._checks.clear()
        for check in checks:
            check.cancel()
        await asyncio.gather(*(check.task for check in checks), return_exceptions=True)

    async def rest(self, seconds: float) -> None:
        """Until that many real seconds have passed or the checker is stopped."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopped.wait()

    async def ask(self, key: _Key, wanted: Probe) -> Outcome:
        """One check. A target that can't be reached answers nothing, so it is given the whole timeout."""
        try:
            async with asyncio.timeout(self._clock.real(wanted.check.timeout)):
                interface = self._reach.locate(key.group, wanted.target)
                if interface is None:
                    await self._stopped.wait()
                    return Outcome("failed")
                return await _request(self._reach.client(key.node), interface.local_address, wanted)
        except TimeoutError:
            return Outcome("timeout")
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
            return Outcome("failed")


@dataclass(frozen=True)
class _Key:
    """Whose target is checked, and by which node."""

    group: str
    target: Target
    node: str


class _Check:
    """The checks of one target by one node."""

    def __init__(self, checker: Checker, key: _Key, check: HealthCheck, before: Health) -> None:
        self._checker = checker
        self._key = key
        self.check = check
        self.health = before
        self.task = asyncio.ensure_future(self._run())

    def cancel(self) -> None:
        self.task.cancel()

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        clock = self._checker._clock
        thresholds = Thresholds(self.check.healthy_threshold, self.check.unhealthy_threshold, self.check.matcher)
        wanted = probe(self._key.target, self.check)
        if self.health == decide.REGISTERED:
            self._set(decide.CHECKING)
        while True:
            due = loop.time() + clock.real(self.check.interval)
            outcome = await self._checker.ask(self._key, wanted)
            while self.health.state == "initial" and not _passed(outcome, thresholds):
                pause = clock.real(INITIAL_SECONDS)
                if loop.time() + pause >= due:
                    break
                await self._checker.rest(pause)
                outcome = await self._checker.ask(self._key, wanted)
            self._set(decide.observed(self.health, outcome, thresholds))
            await self._checker.rest(max(0.0, due - loop.time()))

    def _set(self, health: Health) -> None:
        before, self.health = self.health, health
        if health.state != before.state:
            told = f"{before.state} -> {health.state} {health.description}".rstrip()
            _log.info("%s: target %s: %s, by %s", self._key.group, self._key.target.name, told, self._key.node)
            self._checker._flipped(self._key.group)


def _passed(outcome: Outcome, thresholds: Thresholds) -> bool:
    return outcome.kind == "answer" and decide.matches(thresholds.matcher, outcome.code)


async def _request(client: socket.socket, address: str, wanted: Probe) -> Outcome:
    """The status line and headers must be well-formed; the body is not waited for. Closes the socket."""
    secure: dict[str, Any] = {}
    if wanted.check.protocol == "HTTPS":
        secure = {"ssl": _trusting_anyone(), "server_hostname": address}
    try:
        await asyncio.get_running_loop().sock_connect(client, (address, wanted.port))
        reader, writer = await asyncio.open_connection(sock=client, limit=_HEAD_BYTES, **secure)
    except BaseException:
        client.close()
        raise
    try:
        head = f"GET {wanted.check.path} HTTP/1.1\r\nHost: {wanted.host}\r\nConnection: close\r\n"
        writer.write(f"{head}User-Agent: ELB-HealthChecker/2.0\r\nAccept-Encoding: gzip\r\n\r\n".encode())
        await writer.drain()
        status = (await reader.readuntil(b"\r\n\r\n")).split(b"\r\n", 1)[0].split(b" ", 2)
        if len(status) < 2 or not status[0].startswith(b"HTTP/1.") or len(status[1]) != 3:
            raise ValueError(status)
        return Outcome("answer", int(status[1]))
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


def _trusting_anyone() -> ssl.SSLContext:
    """A load balancer does not check its targets' certificates; user guide, "Target groups"."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
