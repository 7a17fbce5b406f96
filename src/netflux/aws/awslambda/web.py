"""Functions answer HTTP: at function URLs, and for load balancers, behind HAProxy on a unix socket.

HAProxy says in headers, which no client can set, for whom a request is: a target group, or else the URL of its host.
"""

from __future__ import annotations

import hashlib
import logging
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from aiohttp import web

from netflux import names
from netflux.aws.awslambda import event
from netflux.aws.awslambda.calls import Calls
from netflux.aws.awslambda.event import Received, Reply
from netflux.aws.awslambda.host import Host
from netflux.controlplane.authentication.signature import Signed
from netflux.errors import AwsError
from netflux.haproxy.configuration import quote
from netflux.haproxy.section import Route, Section
from netflux.resources.awslambda.qualified import Qualified
from netflux.resources.awslambda.url import URL, FunctionUrl
from netflux.resources.elbv2 import REGISTRATION, TARGET_GROUP

_log = logging.getLogger(__name__)

GROUP, SOURCE = "x-netflux-target-group", "x-netflux-source"
"""Headers that HAProxy sets: ARN of a target group, and the client's address."""
SOCKET = "functions.sock"
"""Below the state directory's `run/`."""
_OWN = (GROUP, SOURCE, "connection", "transfer-encoding", "x-netflux-peer")
_MOST = 6 * 1024 * 1024
"""Bytes of a request to a function URL ("Lambda quotas")."""
_MOST_BALANCED = 1024 * 1024
"""The same through a load balancer ("Use Lambda functions as targets")."""
_FORBIDDEN = Reply(403, [("content-type", "application/json")], b'{"Message":"Forbidden"}')
_MULTIPLE = "lambda.multi_value_headers.enabled"


@dataclass(frozen=True)
class Who:
    """Who has signed a request.

    Attributes:
        root: whether it is the account itself.
        allowed: whether they may do an action on a resource.
        told: members of the event's `authorizer.iam`.
    """

    root: bool
    allowed: Callable[[str, str], Any]
    told: Mapping[str, str]


class Identify(Protocol):
    """Says who has signed a request; None where nobody has. Raises where the signature is wrong."""

    def __call__(self, request: Signed) -> Who | None:
        """See above."""
        ...


class FunctionWeb:
    """The HTTP server.

    Args:
        host: what functions run on.
        calls: makes calls.
        identify: says who has signed a request.
    """

    def __init__(self, host: Host, calls: Calls, identify: Identify) -> None:
        self._host = host
        self._calls = calls
        self._identify = identify
        documents = host.kept.documents
        self._urls, self._groups = documents.table(URL), documents.table(TARGET_GROUP)
        self._registrations, self._qualified = documents.table(REGISTRATION), Qualified(documents)
        self._runner: web.AppRunner | None = None

    async def start(self, path: Path) -> None:
        """Answers on a unix socket."""
        application = web.Application(client_max_size=_MOST + 1)
        application.on_response_prepare.append(_unsigned)
        application.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(application, access_log=None, handle_signals=False, auto_decompress=False)
        await self._runner.setup()
        await web.UnixSite(self._runner, str(path)).start()

    async def stop(self) -> None:
        """Ends after the requests under way."""
        if self._runner is not None:
            await self._runner.cleanup()

    def section(self, socket: Path) -> Section:
        """The gateway's routes of all function URLs."""
        body = (
            f"backend lambda-urls\n    timeout server 900s\n    http-request del-header {GROUP}\n"
            f"    http-request set-header {SOURCE} %[src]\n    server functions unix@{quote(str(socket))}\n"
        )
        hosts = sorted(names.function_url(one.id, self._host.region) for one in self._urls)
        return Section("lambda/urls", body, tuple(Route(host, "", ("use_backend lambda-urls",)) for host in hosts))

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        try:
            received = await _received(request)
        except web.HTTPRequestEntityTooLarge:
            return _response(Reply(413, [("content-type", "application/json")], b'{"Message":"Request Too Long"}'))
        group = request.headers.get(GROUP)
        try:
            reply = await (self._balanced(group, received) if group else self._at_url(request, received))
        except AwsError as error:
            _log.info("%s %s: %s", request.method, request.path, error)
            reply = _refused(error, balanced=bool(group))
        return _response(reply)

    async def _balanced(self, group: str, received: Received) -> Reply:
        registered = [one for one in self._registrations.where("group", group) if one.deregistered is None]
        if not registered:
            return event.page(503, "Service Temporarily Unavailable")
        if len(received.body) > _MOST_BALANCED:
            return event.page(413, "Request Entity Too Large")
        found = self._groups.get(group)
        multiple = found is not None and found.attributes.get(_MULTIPLE) == "true"
        target = self._calls.target(registered[0].target.id)
        self._calls.check_source(target.named, target.arn, group)
        told = event.of_balancer(received, group, multiple=multiple)
        outcome = await self._calls.run(target, str(uuid.uuid4()), event.encoded(told))
        if len(outcome.payload) > _MOST_BALANCED:
            return event.BAD_GATEWAY
        return event.balancer_reply(outcome.payload, outcome.error, multiple=multiple)

    async def _at_url(self, request: web.Request, received: Received) -> Reply:
        host = names.local(request.host)
        url = next(iter(self._urls.where("id", host.partition(".")[0])), None)
        if url is None:
            return Reply(404, [("content-type", "application/json")], b'{"Message":null}')
        cors = _cors(url, received)
        if cors and received.method == "OPTIONS" and received.header("access-control-request-method"):
            return Reply(200, cors)
        arn = self._host.kept.arn(url.function, url.qualifier)
        who = await self._allowed(request, received, url, arn)
        if who is None:
            return _FORBIDDEN
        account = self._host.kept.account if who.told else "anonymous"
        identity = str(uuid.uuid4())
        told = event.of_url(received, event.Place(request.host.partition(":")[0], url.id, account, who.told), identity)
        outcome = await self._calls.run(self._calls.target(arn), identity, event.encoded(told))
        reply = event.url_reply(outcome.payload, outcome.error)
        return Reply(reply.status, [*reply.headers, *cors, ("x-amzn-requestid", identity)], reply.body)

    async def _allowed(self, request: web.Request, received: Received, url: FunctionUrl, arn: str) -> Who | None:
        """Who asks, if they may call the function by its URL."""
        if url.auth == "NONE":
            return (
                Who(root=False, allowed=lambda *_: True, told={})
                if self._qualified.opens(url.function, url.qualifier, arn)
                else None
            )
        headers = {name: value for name, value in received.headers if name not in _OWN}
        body = hashlib.sha256(received.body).hexdigest()
        who = self._identify(Signed(received.method, request.raw_path, headers, body))
        if who is None or not (who.root or await who.allowed("lambda:InvokeFunctionUrl", arn)):
            return None
        return who


async def _unsigned(request: web.Request, response: web.StreamResponse) -> None:
    """The server's own name is the load balancer's, and a function URL's answer has none."""
    response.headers.popall("Server", None)
    if GROUP in request.headers:
        response.headers["Server"] = "awselb/2.0"


async def _received(request: web.Request) -> Received:
    headers = [(name.lower(), value) for name, value in request.headers.items()]
    path, _, query = request.raw_path.partition("?")
    kept = [(name, value) for name, value in headers if name not in _OWN]
    source = request.headers.get(SOURCE) or ""
    return Received(request.method, path, query, kept, await request.read(), source)


def _response(reply: Reply) -> web.Response:
    response = web.Response(status=reply.status, body=reply.body)
    response.headers.popall("Content-Type", None)
    for name, value in reply.headers:
        if name.lower() not in ("content-length", "transfer-encoding", "connection"):
            response.headers.add(name, value)
    return response


def _refused(error: AwsError, *, balanced: bool) -> Reply:
    if balanced:
        return event.BAD_GATEWAY
    status = {"TooManyRequestsException": 429}.get(error.code, 502)
    text = b'{"Message":"Rate exceeded"}' if status == 429 else b'{"Message":"Internal Server Error"}'
    return Reply(status, [("content-type", "application/json")], text)


def _cors(url: FunctionUrl, received: Received) -> list[tuple[str, str]]:
    """Headers for an origin that the URL lets in ("Cross-origin resource sharing (CORS)", Lambda Developer Guide)."""
    origin, rule = received.header("origin"), url.cors
    allowed = rule.get("AllowOrigins") or []
    if not origin or not ("*" in allowed or origin in allowed):
        return []
    found = [("access-control-allow-origin", origin if "*" not in allowed or rule.get("AllowCredentials") else "*")]
    if rule.get("AllowCredentials"):
        found.append(("access-control-allow-credentials", "true"))
    if rule.get("ExposeHeaders"):
        found.append(("access-control-expose-headers", ",".join(rule["ExposeHeaders"])))
    if received.method == "OPTIONS":
        for member, name in (("AllowMethods", "methods"), ("AllowHeaders", "headers")):
            if rule.get(member):
                found.append((f"access-control-allow-{name}", ",".join(rule[member])))
        if rule.get("MaxAge") is not None:
            found.append(("access-control-max-age", str(rule["MaxAge"])))
    return found
