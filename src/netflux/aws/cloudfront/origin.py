"""The edge's connections to origins: buckets over the control plane's socket, load balancers at their local address.

Names that nothing here has published are never dialled: a local cloud that quietly reaches out would be a surprise.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
from multidict import CIMultiDict
from yarl import URL

from netflux import names
from netflux.aws.cloudfront.decide import Headers
from netflux.aws.cloudfront.desired import Distribution, Origin
from netflux.controlplane.authentication.keys import Keys
from netflux.controlplane.authentication.signature import UNSIGNED, Signed, Signer
from netflux.network.endpoints import Endpoints
from netflux.policy.evaluate import Principal
from netflux.resources.cloudfront import OriginAccessIdentity

PRINCIPAL = Principal("Service", "cloudfront.amazonaws.com")
_USER = "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity"
_WEBSITES = 80
"""The one port of buckets' websites ["Website endpoints", Amazon S3 User Guide]."""
_RETRIED = {"GET", "HEAD"}


class Unreachable(Exception):
    """No answer: `status` is what the viewer gets, 502 or 504."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Ask:
    """A request to an origin.

    Attributes:
        origin: where.
        method: upper-case.
        target: path and query, undecoded, with the origin's path in front.
        headers: all but the signature.
        body: streamed, or None.
        scheme: the viewer's, which S3 is asked by as well.
    """

    origin: Origin
    method: str
    target: str
    headers: Headers
    body: AsyncIterator[bytes] | None = None
    scheme: str = "http"


class Origins:
    """Asks origins.

    Args:
        endpoints: where names answer.
        control_plane: unix socket behind which S3 is.
        keys: issues each distribution's key.
        account: twelve digits.
    """

    def __init__(self, endpoints: Endpoints, control_plane: Path, keys: Keys, account: str) -> None:
        self._endpoints = endpoints
        self._control_plane = control_plane
        self._keys = keys
        self._account = account
        self._signers: dict[str, dict[str, Signer]] = {}
        self._sessions: dict[tuple[str, int], aiohttp.ClientSession] = {}

    async def stop(self) -> None:
        """Closes the pools."""
        for session in self._sessions.values():
            await session.close()
        self._sessions.clear()

    def authorize(self, distribution: Distribution, region: str) -> None:
        """Gives the distribution a key, by which S3 knows it, and one for each identity that it asks as."""
        signers = self._signers.setdefault(distribution.id, {})
        context = {"aws:sourcearn": (distribution.arn,), "aws:sourceaccount": (self._account,)}
        for identity in {origin.identity for origin in distribution.origins} - signers.keys():
            key = self._keys.issue(_user(identity), {}) if identity else self._keys.issue(PRINCIPAL, context)
            signers[identity] = Signer(key.access_key, key.secret, region)

    def forget(self, distribution: str) -> None:
        """Takes the keys back."""
        for signer in self._signers.pop(distribution, {}).values():
            self._keys.revoke(signer.access_key)

    async def ask(self, distribution: str, ask: Ask) -> aiohttp.ClientResponse:
        """The origin's answer, its body not yet read.

        Raises:
            Unreachable: there is none.
        """
        attempts = ask.origin.attempts if ask.method in _RETRIED else 1
        for attempt in range(attempts):
            try:
                return await self._once(distribution, ask)
            except TimeoutError as error:
                failure = Unreachable(504, f"{ask.origin.domain} did not answer in {ask.origin.read_timeout} s")
                failure.__cause__ = error
            except (aiohttp.ClientError, OSError) as error:
                failure = Unreachable(502, f"{ask.origin.domain}: {error}")
                failure.__cause__ = error
            if attempt == attempts - 1:
                raise failure
        raise Unreachable(502, f"{ask.origin.domain} has no attempts")

    async def _once(self, distribution: str, ask: Ask) -> aiohttp.ClientResponse:
        session, base = self._route(ask.origin, ask.scheme)
        headers = CIMultiDict(ask.headers)
        if ask.origin.is_bucket:
            headers["X-Forwarded-Proto"] = ask.scheme
            headers.popall("X-Netflux-Peer", None)  # the gateway's word for who connects to it, not a viewer's
            headers.update(self._signature(distribution, ask, headers))
        timeout = aiohttp.ClientTimeout(
            total=None,
            sock_connect=ask.origin.connect_timeout,
            sock_read=ask.origin.read_timeout,
        )
        return await session.request(
            ask.method,
            URL(f"{base}{ask.target}", encoded=True),
            headers=headers,
            data=ask.body,
            timeout=timeout,
            allow_redirects=False,
            skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
        )

    def _route(self, origin: Origin, scheme: str) -> tuple[aiohttp.ClientSession, str]:
        if origin.is_bucket:
            return self._session(str(self._control_plane), origin.keepalive), "http://s3.localhost"
        port = origin.port_for(scheme)
        if names.website_bucket(origin.domain) and port == _WEBSITES:
            return self._session(str(self._control_plane), origin.keepalive), f"http://{origin.domain}"
        address = self._endpoints.find(origin.domain, port)
        if address is None:
            raise Unreachable(
                502, f"{origin.domain}:{port} answers nowhere in this cloud; origins outside of it are not reached"
            )
        if not address.port:
            return self._session(address.host, origin.keepalive), "http://origin.localhost"
        return self._session("", origin.keepalive), f"http://{address.host}:{address.port}"

    def _session(self, path: str, keepalive: int) -> aiohttp.ClientSession:
        """The pool of a unix socket, or of all TCP addresses when the path is empty.

        Args:
            keepalive: real seconds for which a connection that nobody uses stays open.
        """
        key = path, keepalive
        if key not in self._sessions:
            kept: dict[str, Any] = {"limit": 0, "keepalive_timeout": keepalive}
            connector = aiohttp.UnixConnector(path=path, **kept) if path else aiohttp.TCPConnector(**kept)
            self._sessions[key] = aiohttp.ClientSession(
                connector=connector, auto_decompress=False, cookie_jar=aiohttp.DummyCookieJar()
            )
        return self._sessions[key]

    def _signature(self, distribution: str, ask: Ask, headers: Mapping[str, str]) -> dict[str, str]:
        signer = self._signers.get(distribution, {}).get(ask.origin.identity)
        wanted = (
            bool(ask.origin.identity)
            or ask.origin.signing == "always"
            or (ask.origin.signing == "no-override" and "Authorization" not in headers)
        )
        if signer is None or not wanted:
            return {}
        own = {name.lower(): value for name, value in headers.items() if name.lower().startswith("x-amz-")}
        signed = Signed(ask.method, ask.target, {**own, "host": headers["Host"]})
        return signer.headers(signed, datetime.now(UTC), headers.get("X-Amz-Content-Sha256", UNSIGNED))


def _user(identity: str) -> Principal:
    """Whom buckets' policies name by the identity's ARN or by its canonical user id."""
    canonical = OriginAccessIdentity(identity, "", {}).canonical
    return Principal("AWS", f"{_USER} {identity}", "cloudfront", canonical=canonical)
