"""The Runtime API over HTTP: each environment has it on a port of its own.

"Using the Lambda runtime API for custom runtimes", Lambda Developer Guide.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from aiohttp import web

from netflux.aws.awslambda.decide import LARGEST_ANSWER
from netflux.errors import AwsError

_VERSION = "/2018-06-01/runtime"
_TRIES = 20
_ACCEPTED = {"status": "OK"}


@dataclass(frozen=True)
class Event:
    """A call as a runtime gets it.

    Attributes:
        id: request id.
        payload: JSON.
        deadline: milliseconds since the epoch.
        arn: by which the function was called.
        trace: of X-Ray's header.
        context: the client's, as JSON; empty for none.
    """

    id: str
    payload: bytes
    deadline: int
    arn: str
    trace: str
    context: str = ""


class Asked(Protocol):
    """What a runtime asks of its environment."""

    async def next(self) -> Event:
        """The next call; the runtime is ready for it."""
        ...

    def answered(self, request: str, body: bytes) -> bool:
        """The handler's answer; False where no such call is under way."""
        ...

    def failed(self, request: str, body: bytes) -> bool:
        """The handler's error; the same."""
        ...

    def unready(self, body: bytes, kind: str) -> None:
        """The runtime could not begin."""
        ...


class RuntimeApi:
    """Answers the runtimes of all environments."""

    def __init__(self) -> None:
        self._environments: dict[int, Asked] = {}
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Before the first environment."""
        application = web.Application(client_max_size=LARGEST_ANSWER + 1)
        application.router.add_get(f"{_VERSION}/invocation/next", self._next)
        application.router.add_post(f"{_VERSION}/invocation/{{id}}/response", self._response)
        application.router.add_post(f"{_VERSION}/invocation/{{id}}/error", self._error)
        application.router.add_post(f"{_VERSION}/init/error", self._unready)
        self._runner = web.AppRunner(application, access_log=None, handle_signals=False, shutdown_timeout=0.1)
        await self._runner.setup()

    async def stop(self) -> None:
        """Closes all ports."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def offer(self, environment: Asked, make: Callable[[], socket.socket] | None = None) -> Door:
        """Opens a port of 127.0.0.1 for an environment.

        Args:
            environment: who is asked there.
            make: a socket that listens on a free port of another network; None for this one.
        """
        if self._runner is None:
            raise RuntimeError("the Runtime API has not been started")
        listening = self._apart(make or partial(socket.create_server, ("127.0.0.1", 0)))
        host, port = listening.getsockname()[:2]
        site = web.SockSite(self._runner, listening)
        await site.start()
        self._environments[port] = environment
        return Door(f"{host}:{port}", port, site, self._environments)

    def _apart(self, make: Callable[[], socket.socket]) -> socket.socket:
        """A socket on a port that no environment has, in whatever network."""
        for _ in range(_TRIES):
            made = make()
            if made.getsockname()[1] not in self._environments:
                return made
            made.close()
        raise AwsError("ServiceException", "There is no free port for one more environment. Call again.", 500)

    def _of(self, request: web.Request) -> Asked:
        transport = request.transport
        name = transport.get_extra_info("sockname") if transport is not None else None
        found = self._environments.get(name[1]) if name else None
        if found is None:
            raise web.HTTPForbidden(text="this environment has ended")
        return found

    async def _next(self, request: web.Request) -> web.Response:
        event = await self._of(request).next()
        headers = {
            "Lambda-Runtime-Aws-Request-Id": event.id,
            "Lambda-Runtime-Deadline-Ms": str(event.deadline),
            "Lambda-Runtime-Invoked-Function-Arn": event.arn,
            "Lambda-Runtime-Trace-Id": event.trace,
            "Content-Type": "application/json",
        }
        if event.context:
            headers["Lambda-Runtime-Client-Context"] = event.context
        return web.Response(body=event.payload, headers=headers)

    async def _response(self, request: web.Request) -> web.Response:
        environment, identity = self._of(request), request.match_info["id"]
        if request.headers.get("Lambda-Runtime-Function-Response-Mode", "").lower() == "streaming":
            await request.read()
            return _refused(400, "InvalidRequest", "Netflux streams no responses: answer in one piece.")
        try:
            body = await request.read()
        except web.HTTPRequestEntityTooLarge:
            body = b""
            too_large = True
        else:
            too_large = len(body) > LARGEST_ANSWER
        if too_large:
            said = "Response payload size exceeded maximum allowed payload size (6291556 bytes)."
            return _refused(413, "Function.ResponseSizeTooLarge", said)
        if not environment.answered(identity, body):
            return _refused(400, "InvalidRequestID", "Invalid request ID")
        return _accepted()

    async def _error(self, request: web.Request) -> web.Response:
        environment, body = self._of(request), await request.read()
        if not environment.failed(request.match_info["id"], body):
            return _refused(400, "InvalidRequestID", "Invalid request ID")
        return _accepted()

    async def _unready(self, request: web.Request) -> web.Response:
        environment, body = self._of(request), await request.read()
        environment.unready(body, _kind(request, body))
        return _accepted()


class Door:
    """An environment's port.

    Args:
        address: host and port, as AWS_LAMBDA_RUNTIME_API has them.
        port: alone.
        site: that listens there.
        environments: by port.
    """

    def __init__(self, address: str, port: int, site: web.BaseSite, environments: dict[int, Asked]) -> None:
        self.address = address
        self._port = port
        self._site = site
        self._environments = environments

    async def close(self) -> None:
        """The environment has ended."""
        self._environments.pop(self._port, None)
        await self._site.stop()


def _kind(request: web.Request, body: bytes) -> str:
    """The error's type, by its header or in the body."""
    header = request.headers.get("Lambda-Runtime-Function-Error-Type", "")
    if header:
        return header
    try:
        return str(json.loads(body)["errorType"])
    except (ValueError, KeyError, TypeError):
        return "Function.Unknown"


def _accepted() -> web.Response:
    return web.json_response(_ACCEPTED, status=202)


def _refused(status: int, kind: str, message: str) -> web.Response:
    return web.json_response({"errorMessage": message, "errorType": kind}, status=status)
