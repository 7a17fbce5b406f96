"""All environments: a call gets one that waits for it, or a new one, as far as the function and the account may."""

from __future__ import annotations

import asyncio
import base64
import logging
import secrets
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from netflux.aws.awslambda import runtimes
from netflux.aws.awslambda.decide import Outcome
from netflux.aws.awslambda.environment import Environment, State
from netflux.aws.awslambda.host import Host
from netflux.aws.awslambda.runtimeapi import Event
from netflux.aws.awslambda.variables import LANGUAGE, LAYERS, MODULES, TASK
from netflux.errors import AwsError
from netflux.resources.awslambda.function import Function, Version
from netflux.runtime.driver import Mount

_log = logging.getLogger(__name__)

ACCOUNT_LIMIT = 1000
"""Concurrent calls of all functions together ("Lambda quotas")."""
UNRESERVED = 100
"""Of these, those that can't be reserved."""
IDLE = 600.0
"""Simulated seconds after which an environment that nobody calls is ended."""
_OLDEST = 2700.0
"""Real seconds after which an environment gets no further call: its credentials are good for an hour."""


@dataclass(frozen=True)
class Request:
    """A call to be made.

    Attributes:
        id: request id.
        arn: by which the function was called.
        payload: JSON.
        context: the client's, in Base64; empty for none.
        trace: of X-Ray's header; empty makes one.
    """

    id: str
    arn: str
    payload: bytes
    context: str = ""
    trace: str = ""


class Fleet:
    """The environments of all functions.

    Args:
        host: what they run on.
    """

    def __init__(self, host: Host) -> None:
        self._host = host
        self._idle: dict[str, list[Environment]] = defaultdict(list)
        self._all: set[Environment] = set()
        self._timers: dict[Environment, asyncio.TimerHandle] = {}
        self._running: dict[str, int] = defaultdict(int)
        self._ending: set[asyncio.Task[None]] = set()
        self._stopped = False

    def functions(self) -> set[str]:
        """Those that have environments which wait."""
        return {key.rpartition(":")[0] for key, pool in self._idle.items() if pool}

    def waiting(self, function: str) -> list[Environment]:
        """Environments of a function that wait for a call."""
        return [one for key, pool in self._idle.items() if key.rpartition(":")[0] == function for one in pool]

    def running(self, function: str) -> int:
        """Concurrent calls of a function now."""
        return self._running.get(function, 0)

    async def call(self, function: Function, version: Version, request: Request) -> Outcome:
        """What comes of one call.

        Raises:
            AwsError: there is no room for it, or nothing that runs the function.
        """
        self._check_room(function)
        self._running[function.name] += 1
        try:
            return await self._call(version, request)
        finally:
            self._running[function.name] -= 1
            if not self._running[function.name]:
                del self._running[function.name]

    async def _call(self, version: Version, request: Request) -> Outcome:
        environment = self._waiting(version)
        if environment is None:
            environment = await self._made(version)
            failed = await environment.start()
            if failed is not None:
                self._all.discard(environment)
                return await environment.refuse(request.id, failed)
        outcome = await environment.call(self._event(version, request))
        self._keep(environment)
        return outcome

    def _check_room(self, function: Function) -> None:
        if function.reserved is not None:
            if self.running(function.name) >= function.reserved:
                raise throttled("ReservedFunctionConcurrentInvocationLimitExceeded")
            return
        reserved = self._host.kept.reserved()
        shared = sum(count for name, count in self._running.items() if name not in reserved)
        if shared >= ACCOUNT_LIMIT - sum(reserved.values()):
            raise throttled("ConcurrentInvocationLimitExceeded")

    def _waiting(self, version: Version) -> Environment | None:
        pool = self._idle[version.key]
        while pool:
            found = pool.pop()
            self._timers.pop(found).cancel()
            young = time.monotonic() - found.started < _OLDEST
            if found.state is State.IDLE and young and found.version.revision == version.revision:
                return found
            self._end(found)
        return None

    async def _made(self, version: Version) -> Environment:
        if self._stopped:
            raise AwsError("ServiceException", "The region is stopping.", 500)
        await asyncio.to_thread(runtimes.look)
        runtime = runtimes.find(version.settings.runtime) if version.settings.runtime else None
        mounts = await asyncio.to_thread(self._mounts, version) if runtime is not None else ()
        environment = Environment(version, runtime, mounts, self._host)
        self._all.add(environment)
        return environment

    def _mounts(self, version: Version) -> Sequence[Mount]:
        found = [Mount(self._host.packages.unpack(version.code.digest), TASK, read_only=True)]
        language, _ = runtimes.family(version.settings.runtime)
        interpreter = runtimes.find(version.settings.runtime).interpreter
        if interpreter is not None:
            found.append(Mount(self._host.packages.language(language, interpreter.path), LANGUAGE, read_only=True))
        if language == runtimes.NODE and self._host.modules is not None:
            found.append(Mount(self._host.modules, MODULES, read_only=True))
        if version.layers:
            merged = self._host.packages.merged([one.digest for one in version.layers])
            found.append(Mount(merged, LAYERS, read_only=True))
        return found

    def _event(self, version: Version, request: Request) -> Event:
        deadline = int((time.time() + version.settings.timeout) * 1000)
        trace = request.trace or f"Root=1-{int(time.time()):08x}-{secrets.token_hex(12)};Sampled=0"
        context = base64.b64decode(request.context).decode() if request.context else ""
        return Event(request.id, request.payload, deadline, request.arn, trace, context)

    def _keep(self, environment: Environment) -> None:
        if self._stopped or environment.state is State.ENDED:
            self._end(environment)
            return
        self._idle[environment.version.key].append(environment)
        loop = asyncio.get_running_loop()
        self._timers[environment] = loop.call_later(self._host.clock.real(IDLE), self._tire, environment)

    def _tire(self, environment: Environment) -> None:
        """Nobody has called it for long."""
        self._idle[environment.version.key].remove(environment)
        self._end(environment)

    def retire(self, function: str) -> None:
        """Environments of versions that have changed, or are gone, get no further calls."""
        for key in [key for key in self._idle if key.rpartition(":")[0] == function]:
            now = self._host.kept.versions.get(key)
            for one in [one for one in self._idle[key] if now is None or one.version.revision != now.revision]:
                self._idle[key].remove(one)
                self._end(one)

    def _end(self, environment: Environment) -> None:
        self._all.discard(environment)
        timer = self._timers.pop(environment, None)
        if timer is not None:
            timer.cancel()
        ending = asyncio.ensure_future(environment.end())
        self._ending.add(ending)
        ending.add_done_callback(self._ending.discard)

    async def stop(self) -> None:
        """Ends all of them."""
        self._stopped = True
        for environment in [*self._all]:
            self._end(environment)
        if self._ending:
            await asyncio.gather(*self._ending, return_exceptions=True)


def throttled(reason: str) -> AwsError:
    """The function, or the account, runs as much as it may."""
    return AwsError("TooManyRequestsException", f"Rate Exceeded. ({reason})", 429)
