"""Brings distributions to the edge and to HAProxy, and says Deployed when they were seen there."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from netflux import names
from netflux.aws.cloudfront import configuration, desired
from netflux.aws.cloudfront.api import CloudFrontApi
from netflux.aws.cloudfront.configuration import Presented
from netflux.aws.cloudfront.deployments import Deployments
from netflux.aws.cloudfront.desired import Distribution
from netflux.aws.cloudfront.edge import Edge
from netflux.errors import Retryable
from netflux.haproxy.process import HAProxy
from netflux.haproxy.section import Section
from netflux.network.endpoints import Endpoints
from netflux.reconcile.controller import Result

_ORIGIN_CHECK = 1.0
"""Simulated seconds between looks for an origin that does not answer yet; the edge serves its requests meanwhile."""


@dataclass(frozen=True)
class Parts:
    """What the controller acts on.

    Attributes:
        certificates: what viewers are shown of the certificate of an ARN: PEM files with their names.
    """

    api: CloudFrontApi
    edge: Edge
    haproxy: HAProxy
    endpoints: Endpoints
    deployments: Deployments
    edge_socket: Path
    certificates: Callable[[str], Presented] = lambda _arn: ()


class CloudFrontController:
    """Reconciles distributions.

    Args:
        parts: what it reads and acts on.
    """

    name = "cloudfront"

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._sections: dict[str, Section] = {}

    async def keys(self) -> Sequence[str]:
        """Ids of the distributions that are wanted or served."""
        wanted = [distribution.id for distribution in self._parts.api.distributions]
        return [*dict.fromkeys([*wanted, *self._sections])]

    async def reconcile(self, key: str) -> Result:
        """One pass over one distribution."""
        parts = self._parts
        record = parts.api.distributions.get(key)
        if record is None:
            await self._remove(key)
            return Result()
        wanted = desired.read(record, names.distribution(key), parts.api.lookup)
        parts.edge.put(wanted)
        certificates = parts.certificates(wanted.certificate)
        section = configuration.section(wanted, parts.endpoints.find, str(parts.edge_socket), certificates)
        if self._sections.get(key) != section:
            await parts.haproxy.put(section)
            self._sections[key] = section
        await self._observe(wanted)
        self._invalidate(key)
        return Result(_ORIGIN_CHECK if configuration.waits(wanted, parts.endpoints.find) else None)

    async def _remove(self, key: str) -> None:
        await self._parts.haproxy.remove(f"cloudfront/{key}")
        self._sections.pop(key, None)
        self._parts.edge.remove(key)
        self._parts.deployments.forget(key)

    async def _observe(self, wanted: Distribution) -> None:
        """Asks the edge, over its socket, which configuration it serves under the distribution's name."""
        connector = aiohttp.UnixConnector(path=str(self._parts.edge_socket))
        headers = {"Host": wanted.domain, "X-Edge-Probe": "1"}
        with contextlib.suppress(aiohttp.ClientError, OSError):
            async with (
                aiohttp.ClientSession(connector=connector) as session,
                session.get("http://edge.localhost/", headers=headers) as response,
            ):
                if await response.text() == wanted.etag:
                    self._parts.deployments.saw(wanted.id, wanted.etag)
                    return
        raise Retryable(f"distribution {wanted.id}: the edge does not serve configuration {wanted.etag} yet")

    def _invalidate(self, key: str) -> None:
        for invalidation in self._parts.api.invalidations(key):
            if not invalidation.completed:
                self._parts.edge.invalidate(key, invalidation.batch["Paths"]["Items"])
                self._parts.api.complete(invalidation)
