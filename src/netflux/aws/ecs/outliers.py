"""Outlier ejection of Service Connect: looks at which connections have failed, and tells whom the proxies avoid."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from netflux.aws.ecs.decide import outlier
from netflux.aws.ecs.decide.outlier import Host
from netflux.clock import Clock
from netflux.errors import Retryable
from netflux.haproxy.runtime import RuntimeApiError
from netflux.haproxy.section import Server
from netflux.reconcile.controller import Result

_log = logging.getLogger(__name__)

PERIOD = 1.0
"""Simulated seconds between two looks. Envoy, which AWS uses, counts at the connection itself."""

_SHORTEST = 0.25
"""Real seconds between two looks, however fast the clock is."""


class Failures(Protocol):
    """The part of HAProxy that is needed here."""

    reloads: int

    async def failed(self, backend: str = "") -> Mapping[tuple[str, str], int]:
        """Connections that failed, repeated ones too."""
        ...


class Outliers:
    """Controller `ecs-outliers`; keys are names of namespaces.

    Args:
        clock: measures windows.
        proxy: counts.
        poke: asks a controller for a pass.
    """

    name = "ecs-outliers"

    def __init__(self, clock: Clock, proxy: Failures, poke: Callable[[str, str], None]) -> None:
        self._clock = clock
        self._proxy = proxy
        self._poke = poke
        self._hosts: dict[str, dict[str, dict[str, Host]]] = {}
        self._totals: dict[str, int] = {}
        self._counts: dict[tuple[str, str], int] = {}
        self._reloads = 0
        self._told: dict[str, frozenset[tuple[str, str]]] = {}

    def follow(self, namespace: str, backends: Mapping[str, Sequence[Server]]) -> None:
        """Exactly these are the namespace's, with the servers that are ready."""
        before = self._hosts.pop(namespace, {})
        for gone in before.keys() - backends.keys():
            self._totals.pop(gone, None)
            self._counts = {key: count for key, count in self._counts.items() if key[0] != gone}
        if backends and not before:
            self._poke(self.name, namespace)
        if backends:
            self._hosts[namespace] = {
                name: {at: before.get(name, {}).get(at, Host()) for at in map(address, servers)}
                for name, servers in backends.items()
            }

    def judged(self, namespace: str, backend: str, servers: Sequence[Server]) -> list[Server]:
        """The servers, of which those that are avoided get no further connections."""
        hosts = self._hosts.get(namespace, {}).get(backend, {})
        ready = [address(server) for server in servers if server.state == "ready"]
        out = outlier.avoided(hosts, ready, self._clock.monotonic())
        return [replace(one, state="drain") if address(one) in out else one for one in servers]

    async def keys(self) -> Sequence[str]:
        """Namespaces with endpoints."""
        return sorted(self._hosts)

    async def reconcile(self, key: str) -> Result:
        """Looks, and has the namespace's servers brought up to date when other ones are avoided than before."""
        if key not in self._hosts:
            self._told.pop(key, None)
            return Result()
        try:
            totals = await self._proxy.failed()
            if self._proxy.reloads != self._reloads:
                # Another worker counts from nought. What failed since the last look is forgotten with the old one.
                self._reloads = self._proxy.reloads
                self._totals, self._counts, totals = {}, {}, await self._proxy.failed()
            for backend in [*self._hosts.get(key, {})]:
                await self._look(key, backend, totals.get((backend, ""), 0))
        except RuntimeApiError as error:
            raise Retryable(f"namespace {key}: failed connections can't be counted: {error}") from error
        now = self._avoided(key)
        if now != self._told.get(key, frozenset()):
            self._told[key] = now
            whom = ", ".join(sorted({at for _, at in now})) or "nobody any more"
            _log.info("Service Connect in namespace %s avoids %s", key, whom)
            self._poke("ecs-connect", key)
        return Result(max(PERIOD, _SHORTEST * self._clock.speed))

    async def _look(self, namespace: str, backend: str, total: int) -> None:
        """Servers are asked about only where something has failed."""
        failed: dict[str, int] = {}
        if total != self._totals.get(backend, 0):
            for (slot, at), count in (await self._proxy.failed(backend)).items():
                before = self._counts.get((backend, slot), 0)
                failed[at] = failed.get(at, 0) + max(count - before, 0)
                self._counts[backend, slot] = count
            self._totals[backend] = total
        hosts = self._hosts.get(namespace, {})
        if backend in hosts:
            hosts[backend] = outlier.look(hosts[backend], failed, self._clock.monotonic())

    def _avoided(self, namespace: str) -> frozenset[tuple[str, str]]:
        now = self._clock.monotonic()
        return frozenset(
            (backend, at)
            for backend, hosts in self._hosts.get(namespace, {}).items()
            for at in outlier.avoided(hosts, hosts, now)
        )


def address(server: Server) -> str:
    """As HAProxy's counters name a server's host."""
    return f"{server.address}:{server.port}"
