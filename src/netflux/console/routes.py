"""The console's HTTP routes under `/_netflux/`: the page, its status, services' logs, pushes of process images.

Only requests that name this machine are answered, of programs and of the console's own page; what changes something
needs the token of the state directory besides, which only its owner can read.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from aiohttp import web

from netflux.console import denials, readiness
from netflux.console.denials import Denials
from netflux.console.logs import read as read_logs
from netflux.console.status import Call, plain, snapshot
from netflux.controlplane.authentication import admission
from netflux.controlplane.server import joined
from netflux.decoding import json
from netflux.decoding.limits import Limits
from netflux.errors import AwsError, UserError
from netflux.seed.config import ImageSource

_log = logging.getLogger(__name__)

_STATIC = Path(__file__).with_name("static")
_FRESH = 0.7
"""Real seconds for which a snapshot serves everybody who looks."""

_HEADER = "X-Netflux"
_FOLLOWED = {"sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
"""What a browser sends with a link that a person follows ("Fetch Metadata Request Headers", W3C)."""
_POLICY = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


Facts = Callable[[], dict[str, Any]]
"""What no API tells, as it is now: `version`, `pid`, `port`, `region`, `account`, `speed`, `network`,
`enforces_security_groups`, `runtime`, `state`, `ca` (path of the certificate authority's file), and `failures`: a list
of `controller`, `key`, `message`, `since`, `terminal`."""


class Inquiries(Protocol):
    """What answers whether one place reaches another."""

    async def ask(self, source: str, destination: str, port: int | None, *, probe: bool) -> dict[str, Any]:
        """The answer in JSON's types; UserError or AwsError."""
        ...

    async def dropped(self, interfaces: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """What security groups have dropped of these interfaces."""
        ...


@dataclass(frozen=True)
class Access:
    """Who may do what here.

    Attributes:
        token: that the header `X-Netflux` of what changes something has.
        by_owner: whether a request, by its headers in lower case, is of the region's owner.
    """

    token: str
    by_owner: Callable[[Mapping[str, str]], bool] = lambda _headers: True


Push = Callable[[ImageSource], Awaitable[str]]
"""Pushes a process image; its digest, or AwsError or UserError."""


Interrupt = Callable[[str], list[str]]
"""Interrupts tasks on Fargate Spot by a name, or all; their ARNs, or UserError."""


@dataclass(frozen=True)
class Sources:
    """Where the routes have from what they answer.

    Attributes:
        call: `Apis.call`.
        facts: the rest of what is to be shown.
        inquiry: answers `reach.json`, and knows what was counted.
        denied: answers `denials.json`.
        push: of process images.
        interrupt: of tasks on Fargate Spot.
    """

    call: Call
    facts: Facts
    inquiry: Inquiries
    denied: Denials
    push: Push
    interrupt: Interrupt


def routes(sources: Sources, access: Access) -> list[web.RouteDef]:
    """All routes; `access` says who may look, and who may change something."""
    console = _Console(sources.call, sources.facts, sources.inquiry)
    reading: dict[str, Handler] = {
        "status.json": console.status,
        "region.json": console.region,
        "logs.json": console.logs,
        "reach.json": _reach(sources.inquiry, access.token),
        "denials.json": _denied(sources.denied),
    }
    return [
        web.get("/_netflux", _guarded(_to_page, access, by_link=True)),
        web.get("/_netflux/", _guarded(_page, access, by_link=True)),
        web.get("/_netflux/static/{name}", _guarded(_file, access)),
        web.post("/_netflux/push", _guarded(_writing(_push(sources.push), access.token), access)),
        web.post("/_netflux/interrupt", _guarded(_writing(_interrupt(sources.interrupt), access.token), access)),
        *(web.get(f"/_netflux/{name}", _guarded(handler, access)) for name, handler in reading.items()),
    ]


def _denied(denied: Denials) -> Handler:
    async def handler(request: web.Request) -> web.StreamResponse:
        return _json(*await denials.answer(denied, request))

    return handler


def _opens(request: web.Request, token: str) -> bool:
    return hmac.compare_digest(request.headers.get(_HEADER, "").encode(errors="surrogateescape"), token.encode())


def _closed() -> web.Response:
    message = f"the header {_HEADER} must have the token of the state directory's credentials file"
    return _json({"message": message, "hint": "The netflux command of the directory's owner sends it."}, 403)


def _writing(handler: Handler, token: str) -> Handler:
    async def writing(request: web.Request) -> web.StreamResponse:
        return await handler(request) if _opens(request, token) else _closed()

    return writing


def _reach(inquiry: Inquiries, token: str) -> Handler:
    async def handler(request: web.Request) -> web.StreamResponse:
        """`?from=&to=&port=`, and `probe=1` to send packets as well, which needs the token."""
        query = request.query
        port, probe = query.get("port", ""), query.get("probe") == "1"
        if probe and not _opens(request, token):
            return _closed()
        if not {"from", "to"} <= query.keys() or not (port.isdigit() or not port):
            return _json({"message": "reach.json takes from=NAME&to=NAME, and port=NUMBER"}, 400)
        try:
            return _json(await inquiry.ask(query["from"], query["to"], int(port) if port else None, probe=probe))
        except UserError as error:
            return _json({"message": error.message, "hint": error.hint}, 404)
        except AwsError as error:
            return _json({"message": str(error)}, error.status)

    return handler


class _Console:
    def __init__(self, call: Call, facts: Facts, inquiry: Inquiries) -> None:
        self._call = call
        self._facts = facts
        self._inquiry = inquiry
        self._lock = asyncio.Lock()
        self._taken = 0.0
        self._last: dict[str, Any] = {}

    async def region(self, _request: web.Request) -> web.StreamResponse:
        """The region's own facts, without asking any service."""
        return _json(plain(self._facts()))

    async def status(self, _request: web.Request) -> web.StreamResponse:
        """The snapshot with the region's own facts."""
        async with self._lock:
            if not self._last or time.monotonic() - self._taken > _FRESH:
                taken = await snapshot(self._call)
                interfaces = taken.get("interfaces", ())
                told = await self._inquiry.dropped(interfaces)
                self._last = {**taken, "dropped": told}
                self._taken = time.monotonic()
            found = self._last
        return _json({**found, "region": plain(self._facts()), "missing": readiness.missing(found)})

    async def logs(self, request: web.Request) -> web.StreamResponse:
        """Log lines of a service's containers, or of all services, from a time on."""
        try:
            since = int(request.query.get("since", "0"))
        except ValueError:
            return _json({"message": f"since={request.query['since']} is not a number of milliseconds"}, 400)
        try:
            return _json(await read_logs(self._call, request.query.get("service", ""), since))
        except UserError as error:
            return _json({"message": error.message, "hint": error.hint}, 404)


def _interrupt(interrupt: Interrupt) -> Handler:
    async def handler(request: web.Request) -> web.StreamResponse:
        """`{"task"}`: a task, a service's tasks, or all with an empty name."""
        try:
            wanted = str(json.decode(await request.read(), Limits())["task"])
        except (ValueError, KeyError, TypeError) as error:
            return _json({"message": f"not an interruption: {error!r}"}, 400)
        try:
            return _json({"tasks": interrupt(wanted)})
        except UserError as error:
            return _json({"message": error.message, "hint": error.hint}, 404)

    return handler


def _push(push: Push) -> Handler:
    async def handler(request: web.Request) -> web.StreamResponse:
        """Pushes a process image: `{"repository", "tag", "folder", "command", "environment", "live"}`."""
        try:
            wanted = json.decode(await request.read(), Limits())
            image = ImageSource(
                str(wanted["repository"]),
                str(wanted["tag"]),
                Path(wanted["folder"]),
                tuple(str(word) for word in wanted["command"]),
                {str(key): str(value) for key, value in wanted.get("environment", {}).items()},
                wanted.get("live", False) is True,
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            return _json({"message": f"not a push: {error!r}"}, 400)
        try:
            return _json({"digest": await push(image)})
        except AwsError as error:
            return _json({"message": str(error)}, error.status)
        except UserError as error:
            return _json({"message": error.message, "hint": error.hint}, 400)

    return handler


def _guarded(handler: Handler, access: Access, *, by_link: bool = False) -> Handler:
    """Args:
    by_link: a person may come by a link on another site's page.
    """

    async def guarded(request: web.Request) -> web.StreamResponse:
        headers = joined(request.headers)
        host = headers.get("host", "")
        if not admission.is_own_page_host(host):
            return _json({"message": f"the console is at http://localhost, not at {host}"}, 403)
        followed = by_link and _FOLLOWED.items() <= headers.items() and "origin" not in headers
        if not followed and not admission.from_own_page(headers):
            return _json({"message": f"{admission.PAGES} This request came from one."}, 403)
        if not access.by_owner(headers) and not _opens(request, access.token):
            return _json({"message": "This cloud is another user's of this machine."}, 403)
        try:
            return await handler(request)
        except web.HTTPException:
            raise
        except Exception as error:  # noqa: BLE001, it is logged, and told to who asked
            _log.exception("%s %s failed", request.method, request.path)
            return _json(
                {"message": f"{type(error).__name__}: {error}", "hint": "The region's log has the trace."}, 500
            )

    return guarded


async def _to_page(_request: web.Request) -> web.StreamResponse:
    raise web.HTTPFound("/_netflux/")


async def _page(_request: web.Request) -> web.StreamResponse:
    return web.FileResponse(
        _STATIC / "index.html", headers={"Content-Security-Policy": _POLICY, "Cache-Control": "no-cache"}
    )


async def _file(request: web.Request) -> web.StreamResponse:
    name = request.match_info["name"]
    if name not in {entry.name for entry in _STATIC.iterdir()}:
        raise web.HTTPNotFound
    types = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
    headers = {"Cache-Control": "no-cache", "Content-Type": types.get(Path(name).suffix, "text/html")}
    return web.FileResponse(_STATIC / name, headers=headers)


def _json(body: Any, status: int = 200) -> web.Response:
    return web.json_response(
        body, status=status, headers={"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    )
