"""The control plane's HTTP server, behind the gateway on a unix socket."""

from __future__ import annotations

import hashlib
import logging
import socket
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from aiohttp import web
from botocore.model import OperationModel

from netflux import names
from netflux.controlplane.apis import Apis
from netflux.controlplane.authentication import admission
from netflux.controlplane.authentication.admission import MAIN, TASKS, Admission, Door
from netflux.controlplane.authentication.keys import Key
from netflux.controlplane.authentication.signature import SignatureError, Signed
from netflux.controlplane.authorization import circumstances
from netflux.controlplane.authorization.authorization import Authorization
from netflux.controlplane.call import Call
from netflux.controlplane.moto import forwarding
from netflux.controlplane.protocol import bodies, models, sizes, wire
from netflux.controlplane.protocol.message import HttpRequest, HttpResponse
from netflux.controlplane.records import room
from netflux.errors import AwsError

_log = logging.getLogger(__name__)

BACKLOG = 4096
"""Connections that may wait on a unix socket of ours. Where the queue is full, Linux refuses a connection at once, and
HAProxy, which tries once a second, would answer 503: the event loop may be busy while hundreds of requests come."""
BODY_LIMIT = 1024 * 1024
"""Bytes of a body that the console reads. What an API's request may hold is in `sizes`; objects are streamed."""
_HEAD_LIMIT = 128 * 1024
"""Bytes of a request's line or one of its headers: more than HAProxy lets through, which refuses longer ones."""

UNREAD = "X-Netflux-Unread"
"""A header of answers that leave before the request has arrived whole: the gateway closes the client's connection after
them. It would swallow what else came on that one, and leave the next request without an answer."""

UNSIGNED_OPERATIONS = ("AssumeRoleWithSAML", "AssumeRoleWithWebIdentity")
"""Who asks these has no key yet: "Calls to STS that need no AWS credentials", STS API Reference."""

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
        self._authorization = authorization
        self._admission = admission
        self._s3 = s3
        late = [web.RouteDef(one.method, one.path, self._late(one), one.kwargs) for one in routes]
        self._runner = self._runs([*late, *public])
        self._tasks = self._runs([*public])

    def _runs(self, routes: list[web.RouteDef]) -> web.AppRunner:
        app = web.Application(client_max_size=BODY_LIMIT)
        app.add_routes(routes)
        app.router.add_route("*", "/{path:.*}", self._answer)
        app.on_response_prepare.append(_mark_unread)
        return web.AppRunner(
            app,
            access_log=None,
            handle_signals=False,
            auto_decompress=False,
            max_line_size=_HEAD_LIMIT,
            max_field_size=_HEAD_LIMIT,
        )

    async def start(self, path: Path) -> None:
        """Listens on the unix socket."""
        await self._runner.setup()
        await self._tasks.setup()
        await web.UnixSite(self._runner, str(path), backlog=BACKLOG).start()

    async def listen(self, listening: socket.socket) -> web.BaseSite:
        """Answers tasks on one more socket, until its site is stopped; the console is not there."""
        site = web.SockSite(self._tasks, listening)
        await site.start()
        return site

    async def stop(self) -> None:
        """Ends after the requests under way."""
        await self._tasks.cleanup()
        await self._runner.cleanup()

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
        if scope is None or scope.service == "s3" or _bucket_host(request.host):
            if scope is None and request.raw_path == "/" and "text/html" in request.headers.get("Accept", ""):
                raise web.HTTPFound("/_netflux/")
            return await self._s3(request, self._door(request))
        response = await self._api(scope, request)
        return web.Response(status=response.status, headers=response.headers, body=response.body)

    async def _api(self, scope: wire.Scope, request: web.Request) -> HttpResponse:
        request_id = str(uuid.uuid4())
        model: OperationModel | None = None
        message = HttpRequest(request.method, request.raw_path, request.headers, b"")
        try:
            message, key = await self._admitted(scope, request)
            model, params = await wire.understand(scope.service, message)
            _check_signed(key, model)
            self._check_region(scope)
            await self._apis.ready(scope.service)
            who = key.access_key if key is not None else None
            call = Call(scope.service, model.name, self._apis.region, self._apis.account, request_id, who)
            if self._authorization is not None and key is not None:
                context = circumstances.of_message(joined(request.headers), request.remote)
                await self._authorization.check(call, params, key, context)
            if self._apis.handler(call.service, call.operation) is None:
                await self._apis.precheck(call, params)
                with room.asked_by(call.operation):
                    response = await forwarding.forward(self._apis.moto, call, model, params, message)
                if response.status < 300:
                    self._apis.settle(call)
                return response
            return wire.answer(model, message, await self._apis.handle(call, params), request_id)
        except SignatureError as error:
            return _failure(scope.service, message, model, _refused(scope.service, error), request_id)
        except AwsError as error:
            return _failure(scope.service, message, model, error, request_id)
        except Exception as error:  # noqa: BLE001  (a client must get AWS's answer whatever happened; it is logged)
            _log.exception("request %s: %s %s failed", request_id, scope.service, model.name if model else message.url)
            internal = AwsError("InternalFailure", f"{type(error).__name__}; see netflux.log, {request_id}.", 500)
            return _failure(scope.service, message, model, room.refusal(error) or internal, request_id)

    async def _admitted(self, scope: wire.Scope, request: web.Request) -> tuple[HttpRequest, Key | None]:
        """The request with its body, and the key that it was verified to be signed with; None for none."""
        headers = joined(request.headers)
        page = admission.from_page(headers)
        if page:
            raise AwsError("AccessDenied", f"{admission.PAGES} This request came from one ({page}).", 403)
        if scope.access_key is None and not scope.unsigned:
            raise _unsigned()
        body = await bodies.read(request, sizes.limits(scope.service).size)
        signed = Signed(request.method, request.raw_path, headers, hashlib.sha256(body).hexdigest())
        key = await self._admission.identify(signed, self._door(request))
        return bodies.plain(scope.service, HttpRequest(request.method, request.raw_path, request.headers, body)), key

    def _check_region(self, scope: wire.Scope) -> None:
        if scope.region in (None, self._apis.region, "us-east-1"):
            return
        raise AwsError(
            "InvalidRegion",
            f"This cloud is the region {self._apis.region}; the request is signed for {scope.region}. "
            f"Set AWS_DEFAULT_REGION={self._apis.region}, or start `netflux up` with that variable set.",
        )


async def _mark_unread(request: web.Request, response: web.StreamResponse) -> None:
    if not request.content.is_eof():
        response.headers[UNREAD] = "1"


def _failure(
    service: str, message: HttpRequest, model: OperationModel | None, error: AwsError, request_id: str
) -> HttpResponse:
    """The error in the service's protocol; where the operation is not known, any of the service's has that protocol."""
    if model is None:
        try:
            known = models.service_model(service)
            model = known.operation_model(known.operation_names[0])
        except AwsError:
            return wire.bare_failure(message, error)
    return wire.failure(model, message, error, request_id)


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


def _unsigned() -> AwsError:
    return AwsError(
        "MissingAuthenticationToken",
        "Request is missing Authentication Token. Sign it: `netflux env` prints an access key.",
        403,
    )


def _check_signed(key: Key | None, model: OperationModel) -> None:
    if key is None and model.name not in UNSIGNED_OPERATIONS:
        raise _unsigned()


_REFUSED = {
    "AuthorizationHeaderMalformed": "IncompleteSignature",
    "InvalidAccessKeyId": "InvalidClientTokenId",
    "InvalidRequest": "IncompleteSignature",
    "InvalidToken": "InvalidClientTokenId",
    "RequestTimeTooSkewed": "RequestExpired",
}
"""S3's codes of signatures that can't be accepted, as all other services have them: "Common errors" of their API
references."""
_INVALID = "The security token included in the request is invalid."
_REFUSED_JSON = {"SignatureDoesNotMatch": "InvalidSignatureException", "ExpiredToken": "ExpiredTokenException"}


def _refused(service: str, error: SignatureError) -> AwsError:
    try:
        in_json = "json" in models.service_model(service).resolved_protocol
    except AwsError:
        in_json = False
    codes = {**_REFUSED, **(_REFUSED_JSON if in_json else {})}
    code = codes.get(error.code, error.code)
    text = str(error).replace("The AWS Access Key Id you provided does not exist in our records.", _INVALID)
    return AwsError(code, text, 400 if code == "IncompleteSignature" else 403)


def _bucket_host(host: str) -> bool:
    """Whether the host is a bucket's or S3's own endpoint."""
    name = names.local(host)
    labels = name.split(".")
    return name.endswith(".localhost") and "s3" in labels[-3:-1]
