"""The console's HTTP routes under `/_netflux/`: the page, its status, services' logs, pushes of process images.

Only requests that name this machine are answered, and what changes something needs a header that no other site's page
can send without asking: a page in the browser must not be able to read or start anything here.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol

from aiohttp import web

from netflux.console import readiness
from netflux.console.logs import read as read_logs
from netflux.console.status import Call, plain, snapshot
from netflux.decoding import json
from netflux.decoding.limits import Limits
from netflux.errors import AwsError, UserError
from netflux.seed.config import ImageSource
from netflux.seed.image import push

_log = logging.getLogger(__name__)

_STATIC = Path(__file__).with_name("static")
_FRESH = 0.7
"""Real seconds for which a snapshot serves everybody who looks."""

_HEADER = "X-Netflux"
_HERE = ("localhost", "127.0.0.1", "console.localhost")
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


def routes(call: Call, facts: Facts, inquiry: Inquiries | None = None) -> list[web.RouteDef]:
    """All routes.

    Args:
        call: `Apis.call`.
        facts: the rest of what is to be shown.
        inquiry: answers `reach.json`, which is absent without it, and knows what was counted.
    """
    console = _Console(call, facts, inquiry)
    reach = [web.get("/_netflux/reach.json", _guarded(_reach(inquiry)))] if inquiry is not None else []
    return [
        web.get("/_netflux", _guarded(_to_page)),
        web.get("/_netflux/", _guarded(_page)),
        web.get("/_netflux/static/{name}", _guarded(_file)),
        web.get("/_netflux/region.json", _guarded(console.region)),
        web.get("/_netflux/status.json", _guarded(console.status)),
        web.get("/_netflux/logs.json", _guarded(console.logs)),
        web.post("/_netflux/push", _guarded(console.push)),
        *reach,
    ]


def _reach(inquiry: Inquiries) -> Handler:
    async def handler(request: web.Request) -> web.StreamResponse:
        """`?from=&to=&port=`, and `probe=1` to send packets as well, which needs the header."""
        query = request.query
        port, probe = query.get("port", ""), query.get("probe") == "1"
        if probe and _HEADER not in request.headers:
            return _json({"message": f"the header {_HEADER} is missing"}, 403)
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
    def __init__(self, call: Call, facts: Facts, inquiry: Inquiries | None) -> None:
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
                told = await self._inquiry.dropped(interfaces) if self._inquiry is not None else []
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

    async def push(self, request: web.Request) -> web.StreamResponse:
        """Pushes a process image: `{"repository", "tag", "folder", "command", "environment"}`."""
        if _HEADER not in request.headers:
            return _json({"message": f"the header {_HEADER} is missing"}, 403)
        try:
            wanted = json.decode(await request.read(), Limits())
            image = ImageSource(
                str(wanted["repository"]),
                str(wanted["tag"]),
                Path(wanted["folder"]),
                tuple(str(word) for word in wanted["command"]),
                {str(key): str(value) for key, value in wanted.get("environment", {}).items()},
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            return _json({"message": f"not a push: {error!r}"}, 400)
        try:
            return _json({"digest": await push(self._call, image)})
        except AwsError as error:
            return _json({"message": str(error)}, error.status)
        except UserError as error:
            return _json({"message": error.message, "hint": error.hint}, 400)


def _guarded(handler: Handler) -> Handler:
    async def guarded(request: web.Request) -> web.StreamResponse:
        host = request.headers.get("Host", "").rpartition(":")
        name = (host[0] if host[2].isdigit() else request.headers.get("Host", "")).lower()
        if name not in _HERE:
            return _json({"message": f"the console is at http://localhost, not at {name}"}, 403)
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
    return web.json_response(body, status=status, headers={"Cache-Control": "no-store"})
