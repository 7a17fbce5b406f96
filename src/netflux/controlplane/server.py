"""The control plane's HTTP server, behind the gateway on a unix socket."""

from __future__ import annotations

import asyncio
import functools
import socket
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeGuard

from aiohttp import web

from netflux import names
from netflux.controlplane.apis import Apis
from netflux.controlplane.authentication import admission
from netflux.controlplane.authentication.admission import MAIN, TASKS, Admission, Door
from netflux.controlplane.authorization.authorization import Authorization
from netflux.controlplane.connection import Connection
from netflux.controlplane.exchange import Exchange, Exchanges, check_asker, fresh_id
from netflux.controlplane.protocol import bodies, sizes, wire
from netflux.controlplane.protocol.message import HttpRequest, HttpResponse
from netflux.controlplane.records.documents import Documents

BODY_LIMIT = 1024 * 1024
"""Bytes of a body that the console reads. What an API's request may hold is in `sizes`; objects are streamed."""
_HEAD_LIMIT = 128 * 1024
"""Bytes of a request's line or one of its headers: more than HAProxy lets through, which refuses longer ones."""

_PATIENCE = 60.0
"""Real seconds for the answers to requests under way when the region stops: as long as aiohttp waits for its own."""

UNREAD = "X-Netflux-Unread"
"""A header of answers that leave before the request has arrived whole: the gateway closes the client's connection after
them. It would swallow what else came on that one, and leave the next request without an answer."""

S3Handler = Callable[[web.Request, Door], Awaitable[web.StreamResponse]]


class Server:
    """Answers the AWS APIs; gives buckets' requests to S3.

    Args:
        apis: the region's APIs.
        admission: verifies who asks.
        s3: answers everything that is S3's, with streaming bodies.
        routes: the console's; they wait until all services are there.
        authorization: decides calls.
        public: what anybody may read, tasks too.
    """

    def __init__(
        self,
        apis: Apis,
        admission: Admission,
        s3: S3Handler,
        routes: list[web.RouteDef],
        authorization: Authorization | None = None,
        public: Sequence[web.RouteDef] = (),
    ) -> None:
        self._apis = apis
        self._exchanges = Exchanges(apis, admission, authorization)
        self._s3 = s3
        late = [web.RouteDef(one.method, one.path, self._late(one), one.kwargs) for one in [*routes, *public]]
        self._runner = self._runs(late)
        self._tasks = self._runs(late[len(routes) :])
        self._listener: asyncio.Server | None = None
        self._connected: set[Connection] = set()

    def _runs(self, routes: list[web.RouteDef]) -> web.AppRunner:
        app = web.Application(client_max_size=BODY_LIMIT)
        app.add_routes(routes)
        app.router.add_route("*", "/{path:.*}", self._answer, expect_handler=bodies.uninvited)
        app.on_response_prepare.append(_mark_unread)
        app.on_response_prepare.append(self._when_durable)
        return web.AppRunner(
            app,
            access_log=None,
            handle_signals=False,
            auto_decompress=False,
            max_line_size=_HEAD_LIMIT,
            max_field_size=_HEAD_LIMIT,
        )

    def hold_answers(self, documents: Documents) -> None:
        """From now on no answer leaves before the disk has what it may tell."""
        self._exchanges.documents = documents

    async def start(self, listening: socket.socket, backlog: int) -> None:
        """Answers what comes in by a unix socket, on which so many connections may wait."""
        await self._runner.setup()
        await self._tasks.setup()
        aside = self._runner.server
        assert aside is not None
        loop = asyncio.get_running_loop()
        self._listener = await loop.create_unix_server(
            lambda: Connection(self._ask, aside, self._connected), sock=listening, backlog=backlog
        )

    async def listen(self, listening: socket.socket) -> web.BaseSite:
        """Answers tasks on one more socket, until its site is stopped; the console is not there."""
        site = web.SockSite(self._tasks, listening)
        await site.start()
        return site

    async def stop(self) -> None:
        """Ends after the requests under way."""
        if self._listener is not None:
            self._listener.close()
        under_way = [one.waiting for one in self._connected if one.waiting is not None]
        if under_way:
            await asyncio.wait(under_way, timeout=_PATIENCE)
        for one in [*self._connected]:
            one.close()
        await self._tasks.cleanup()
        await self._runner.cleanup()

    async def _when_durable(self, _request: web.Request, _response: web.StreamResponse) -> None:
        """No answer leaves before what it may tell is on disk, whoever makes it; where the disk refuses, none does."""
        if self._exchanges.documents is not None:
            await self._exchanges.documents.durable()

    def _door(self, request: web.Request) -> Door:
        return MAIN if request.app is self._runner.app else TASKS

    def _late(self, route: web.RouteDef) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def wait(request: web.Request) -> web.StreamResponse:
            await self._apis.ready()
            answer: web.StreamResponse = await route.handler(request)
            return answer

        return wait

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        message = HttpRequest(request.method, request.raw_path, request.headers, b"")
        scope = wire.scope_of(message)
        if not admission.is_here(request.host):
            return _elsewhere(request.host)
        if not _is_apis(scope, request.host):
            if scope is None and _is_console(request):
                raise web.HTTPFound("/_netflux/")
            return await self._s3(request, self._door(request))
        response = await self._api(scope, request)
        return web.Response(status=response.status, headers=response.headers, body=response.body)

    async def _api(self, scope: wire.Scope, request: web.Request) -> HttpResponse:
        """Who is refused without a look at the body is so before it has arrived."""
        message = HttpRequest(request.method, request.raw_path, request.headers, b"")
        headers = joined(request.headers)
        one = Exchange(scope, message, headers, self._door(request), request.remote, fresh_id())
        try:
            check_asker(scope, headers)
            one.request = replace(message, body=await bodies.read(request, sizes.limits(scope.service).size))
        except Exception as error:  # noqa: BLE001  (a client must get AWS's answer whatever happened; it is logged)
            return self._exchanges.failed(one, error)
        answer = self._exchanges.begin(one)
        return answer if isinstance(answer, HttpResponse) else await answer

    def _ask(
        self, message: HttpRequest, headers: dict[str, str]
    ) -> HttpResponse | Coroutine[Any, Any, HttpResponse] | None:
        """Of the gateway's connections."""
        host, scope = headers.get("host", ""), wire.scope_of(message)
        if scope is None or scope.access_key is None or not admission.is_here(host) or not _is_apis(scope, host):
            return None
        return self._exchanges.begin(Exchange(scope, message, headers, MAIN, None, fresh_id()))


async def _mark_unread(request: web.Request, response: web.StreamResponse) -> None:
    if not request.content.is_eof():
        response.headers[UNREAD] = "1"


def joined(headers: Mapping[str, str]) -> dict[str, str]:
    """Headers by lower-case name, repeated ones joined by commas, as signatures cover them."""
    found: dict[str, str] = {}
    for name, value in headers.items():
        lower = name.lower()
        found[lower] = f"{found[lower]},{value}" if lower in found else value
    return found


async def programs_only(request: web.Request, handler: Callable[[web.Request], Any]) -> web.StreamResponse:
    """A middleware of aiohttp's for services that no page has to do with."""
    if not admission.is_here(request.host) or admission.from_page(joined(request.headers)):
        return web.Response(status=403, text=f"{admission.PAGES}\n")
    answer: web.StreamResponse = await handler(request)
    return answer


def _elsewhere(host: str) -> web.Response:
    text = (
        f"No load balancer, distribution or bucket of this cloud has the name {host!r}, and AWS's APIs are at "
        "localhost and at AWS's own names only: otherwise any site could lead its name here. "
        "`netflux status` lists the names.\n"
    )
    return web.Response(status=403, text=text)


def _is_apis(scope: wire.Scope | None, host: str) -> TypeGuard[wire.Scope]:
    return scope is not None and scope.service != "s3" and not _bucket_host(host)


def _is_console(request: web.Request) -> bool:
    """Whether a person has typed the address of the console's page, which is at no bucket's or website's host."""
    own = admission.is_own_page_host(request.host)
    return own and request.raw_path == "/" and "text/html" in request.headers.get("Accept", "")


@functools.lru_cache(maxsize=256)
def _bucket_host(host: str) -> bool:
    """Whether the host is a bucket's or S3's own endpoint."""
    name = names.local(host)
    labels = name.split(".")
    return name.endswith(".localhost") and "s3" in labels[-3:-1]
