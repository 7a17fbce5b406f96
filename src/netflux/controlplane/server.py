"""The control plane's HTTP server, behind the gateway on a unix socket."""

from __future__ import annotations

import logging
import socket
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path

from aiohttp import web
from moto.core.model import OperationModel

from netflux import names
from netflux.controlplane import models, wire
from netflux.controlplane.apis import Apis
from netflux.controlplane.call import Call
from netflux.controlplane.message import HttpRequest, HttpResponse
from netflux.errors import AwsError

_log = logging.getLogger(__name__)

BACKLOG = 4096
"""Connections that may wait on a unix socket of ours. Where the queue is full, Linux refuses a connection at once, and
HAProxy, which tries once a second, would answer 503: the event loop may be busy while hundreds of requests come."""
BODY_LIMIT = 64 * 1024 * 1024
"""Bytes of an API request's body; object bodies are S3's and are streamed."""

S3Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Server:
    """Answers the AWS APIs; gives buckets' requests to S3.

    Args:
        apis: the region's APIs.
        s3: answers everything that is S3's, with streaming bodies.
        routes: the console's; they wait until all services are there.
    """

    def __init__(self, apis: Apis, s3: S3Handler, routes: list[web.RouteDef]) -> None:
        self._apis = apis
        self._s3 = s3
        self._app = web.Application(client_max_size=BODY_LIMIT)
        self._app.add_routes([web.RouteDef(one.method, one.path, self._late(one), one.kwargs) for one in routes])
        self._app.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(self._app, access_log=None, handle_signals=False)

    async def start(self, path: Path) -> None:
        """Listens on the unix socket."""
        await self._runner.setup()
        await web.UnixSite(self._runner, str(path), backlog=BACKLOG).start()

    async def listen(self, listening: socket.socket) -> web.BaseSite:
        """Answers on one more socket, until its site is stopped."""
        site = web.SockSite(self._runner, listening)
        await site.start()
        return site

    async def stop(self) -> None:
        """Ends after the requests under way."""
        await self._runner.cleanup()

    def _late(self, route: web.RouteDef) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def wait(request: web.Request) -> web.StreamResponse:
            await self._apis.ready()
            answer: web.StreamResponse = await route.handler(request)
            return answer

        return wait

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        if _bucket_host(request.headers.get("Host", "")):
            return await self._s3(request)
        message = HttpRequest(request.method, request.raw_path, request.headers, b"")
        scope = wire.scope_of(message)
        if scope is not None and scope.service == "s3":
            return await self._s3(request)
        if scope is None and request.method == "GET" and "text/html" in request.headers.get("Accept", ""):
            raise web.HTTPFound("/_netflux/")
        if scope is None and not _unsigned_action(request):
            return await self._s3(request)
        body = await request.read()
        message = HttpRequest(request.method, request.raw_path, request.headers, body)
        response = await self._api(scope or wire.Scope("sts", None, None), message)
        return web.Response(status=response.status, headers=response.headers, body=response.body)

    async def _api(self, scope: wire.Scope, message: HttpRequest) -> HttpResponse:
        request_id = str(uuid.uuid4())
        model: OperationModel | None = None
        try:
            model, params = wire.operation_of(scope.service, message)
            self._check_region(scope)
            await self._apis.ready(scope.service)
            call = Call(scope.service, model.name, self._apis.region, self._apis.account, request_id, scope.access_key)
            if self._apis.handler(call.service, call.operation) is None:
                await self._apis.admit(call, params)
                response = await self._apis.moto.forward(scope.service, message, models.changes_state(call.operation))
                if response.status < 300:
                    self._apis.settle(call)
                return response
            return wire.answer(model, message, await self._apis.handle(call, params), request_id)
        except AwsError as error:
            return _failure(scope.service, message, model, error, request_id)
        except Exception as error:  # noqa: BLE001  (a client must get AWS's answer whatever happened; it is logged)
            _log.exception("request %s: %s %s failed", request_id, scope.service, model.name if model else message.url)
            internal = AwsError("InternalFailure", f"{type(error).__name__}; see netflux.log, {request_id}.", 500)
            return _failure(scope.service, message, model, internal, request_id)

    def _check_region(self, scope: wire.Scope) -> None:
        if scope.region in (None, self._apis.region, "us-east-1"):
            return
        raise AwsError(
            "InvalidRegion",
            f"This cloud is the region {self._apis.region}; the request is signed for {scope.region}. "
            f"Set AWS_DEFAULT_REGION={self._apis.region}, or start `netflux up` with that variable set.",
        )


def _failure(
    service: str, message: HttpRequest, model: OperationModel | None, error: AwsError, request_id: str
) -> HttpResponse:
    """The error in the service's protocol; where the operation is not known, any of the service's has that protocol."""
    if model is None:
        try:
            known = models.service_model(service)
            model = known.operation_model(known.operation_names[0])
        except AwsError:
            return HttpResponse(error.status, {"Content-Type": "text/plain"}, str(error).encode())
    return wire.failure(model, message, error, request_id)


def _unsigned_action(request: web.Request) -> bool:
    """Whether an unsigned request is for a query API: a form, or an Action in the URL (STS's web identities)."""
    is_form = request.method == "POST" and request.content_type == "application/x-www-form-urlencoded"
    return is_form or "Action" in request.query


def _bucket_host(host: str) -> bool:
    """Whether the host is a bucket's or S3's own endpoint."""
    name = names.local(host)
    labels = name.split(".")
    return name.endswith(".localhost") and "s3" in labels[-3:-1]
