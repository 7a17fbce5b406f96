"""One execution environment: a process or container that answers one call at a time, and is frozen in between.

"Understanding the Lambda execution environment lifecycle", Lambda Developer Guide.
"""

from __future__ import annotations

import asyncio
import enum
import time
import uuid
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from netflux.aws.awslambda import variables
from netflux.aws.awslambda.decide import MEBIBYTE, Exit, Outcome, exited, reported, timed_out
from netflux.aws.awslambda.host import Host
from netflux.aws.awslambda.interfaces import Attached
from netflux.aws.awslambda.log import Log
from netflux.aws.awslambda.runtimeapi import Door, Event
from netflux.aws.awslambda.runtimes import Runtime
from netflux.errors import AwsError
from netflux.resources.awslambda.function import Version
from netflux.runtime.driver import Container, ContainerSpec, Image, MemoryLimit, Mount, PullError, StartError

_BEGINNING = 10.0
"""Real seconds that a start may take besides the function's time-out ("Init phase")."""
_PROCESSOR = 1769
"""MB of memory at which a function has one processor ("Configure Lambda function memory")."""
_LAST_LINES = 2.0
"""Real seconds; a program that left its process group may hold the output open for ever."""
_TURNS = 3
"""Turns of the event loop in which lines that were written before an answer are read."""


class State(enum.Enum):
    """Of an environment."""

    STARTING = "starting"
    IDLE = "idle"
    BUSY = "busy"
    ENDED = "ended"


class Environment:
    """An environment of one version of a function.

    Args:
        version: the function.
        runtime: what runs it; None for an image.
        mounts: its code and layers.
        host: what it runs on.
    """

    def __init__(self, version: Version, runtime: Runtime | None, mounts: Sequence[Mount], host: Host) -> None:
        self.id = uuid.uuid4().hex
        self.version = version
        self.state = State.STARTING
        self.started = time.monotonic()
        self._runtime = runtime
        self._mounts = mounts
        self._host = host
        role = version.settings.role
        self.log = Log(host.calling(role, version.function), host.clock, version.settings.logging.group, version.number)
        self._door: Door | None = None
        self._container: Container | None = None
        self._work: list[asyncio.Task[None]] = []
        self._ready: asyncio.Future[Outcome | None] = asyncio.get_running_loop().create_future()
        self._exit: asyncio.Future[Exit] = asyncio.get_running_loop().create_future()
        self._wanted: asyncio.Future[Event] | None = None
        self._asked = asyncio.Event()
        self._current = ""
        self._outcome: asyncio.Future[Outcome] | None = None
        self._beginning: float | None = None
        self._over = False

    @property
    def pid(self) -> int:
        """Of its process; 0 before there is one, and where an engine does not say."""
        return int(getattr(self._container, "pid", 0))

    async def start(self) -> Outcome | None:
        """Returns when its runtime asks for a call; the failure where it does not get so far.

        Raises:
            AwsError: the role can't be assumed, or the process or container can't be made.
        """
        settings = self.version.settings
        attached = None
        if settings.subnets:
            attached = await self._host.interfaces.of(self.version.function, settings)
        make = None if attached is None else partial(self._host.interfaces.listener, attached.interface)
        self._door = await self._host.runtime_api.offer(self, make)
        begun = time.monotonic()
        try:
            spec = await self._spec(self._door, attached)
            told = self._runtime.told if self._runtime is not None else "image"
            self.log.write(f"INIT_START Runtime Version: {told}\n")
            self._container = await self._host.runtime.start(spec)
        except (StartError, PullError) as error:
            await self.end()
            raise AwsError("InvalidRuntimeException", f"The function can't be started: {error}", 502) from error
        except BaseException:
            await self.end()
            raise
        self._work = [asyncio.ensure_future(self._read()), asyncio.ensure_future(self._watch())]
        await _first(_BEGINNING + settings.timeout, self._ready, self._exit)
        self._beginning = (time.monotonic() - begun) * 1000
        if self._ready.done():
            failed = self._ready.result()
        elif self._exit.done():
            failed = exited("", self._exit.result())
        else:
            failed = timed_out("", settings.timeout)
        if failed is not None:
            await self.end()
        return failed

    async def call(self, event: Event) -> Outcome:
        """What comes of one call. An environment in which one failed outside of its handler has ended then."""
        assert self._wanted is not None
        assert self._container is not None
        self.state = State.BUSY
        self._asked.clear()
        self._current, self._outcome = event.id, asyncio.get_running_loop().create_future()
        self.log.begun(event.id, self.version.number)
        begun = time.monotonic()
        await self._container.resume()
        wanted, self._wanted = self._wanted, None
        wanted.set_result(event)
        left = self.version.settings.timeout
        await _first(left, self._outcome, self._exit)
        if self._outcome.done():
            await self._settled(left - (time.monotonic() - begun))
        took = (time.monotonic() - begun) * 1000
        if self._outcome.done():
            outcome = self._outcome.result()
        elif self._exit.done():
            outcome = exited(event.id, self._exit.result())
            self.log.write(f"RequestId: {event.id} Error: {self._exit.result().words}\r{outcome.kind}")
        else:
            outcome = timed_out(event.id, left)
            took = left * 1000.0
            self.log.write(f"{self._stamp()} {event.id} Task timed out after {left:d}.00 seconds")
        self._current = ""
        await self._report(outcome, took)
        if self.state is not State.IDLE:
            await self.end()
        return replace(outcome, version=self.version.number, log=self.log.cut())

    async def _settled(self, patience: float) -> None:
        """The runtime has asked for the next call, which ends this one, or its process is over."""
        asked = asyncio.ensure_future(self._asked.wait())
        await _first(max(0.0, patience), asked, self._exit)
        asked.cancel()

    async def refuse(self, request: str, failed: Outcome) -> Outcome:
        """The outcome of a call for which no environment could be started, with what is in the log of it."""
        self.log.begun(request, self.version.number)
        outcome = failed if failed.request else replace(failed, request=request)
        await self._report(outcome, self._beginning or 0.0)
        await self.log.close()
        return replace(outcome, version=self.version.number, log=self.log.cut())

    async def _report(self, outcome: Outcome, took: float) -> None:
        for _ in range(_TURNS):
            await asyncio.sleep(0)
        used = self._container.usage() if self._container is not None else None
        memory = self.version.settings.memory
        most = used.memory_bytes if used is not None else memory * MEBIBYTE if "Memory" in outcome.kind else 0
        self.log.ended(outcome, took, (memory, most), self._beginning)
        self._beginning = None

    async def next(self) -> Event:
        """See runtimeapi.Asked."""
        if not self._ready.done():
            self._ready.set_result(None)
        self._wanted = asyncio.get_running_loop().create_future()
        if self.state is not State.ENDED:
            self.state = State.IDLE
            self._current = ""
            self._asked.set()
            await self._freeze()
        return await asyncio.shield(self._wanted)

    async def _freeze(self) -> None:
        if self._container is not None:
            await self._container.pause()

    def answered(self, request: str, body: bytes) -> bool:
        """See runtimeapi.Asked."""
        return self._settle(request, Outcome(request, body))

    def failed(self, request: str, body: bytes) -> bool:
        """See runtimeapi.Asked."""
        return self._settle(request, reported(request, body, ""))

    def unready(self, body: bytes, kind: str) -> None:
        """See runtimeapi.Asked."""
        if not self._ready.done():
            self._ready.set_result(reported("", body, kind if kind.startswith("Runtime.") else f"Runtime.{kind}"))

    def _settle(self, request: str, outcome: Outcome) -> bool:
        if not request or request != self._current or self._outcome is None or self._outcome.done():
            return False
        self._outcome.set_result(outcome)
        return True

    async def end(self) -> None:
        """Kills what runs in it, and sends the rest of its log."""
        if self._over:
            return
        self._over = True
        self.state = State.ENDED
        if self._container is not None:
            self._container.kill()
            await self._container.wait()
        if self._work:
            await asyncio.wait(self._work, timeout=_LAST_LINES)
            for work in self._work:
                work.cancel()
        if self._door is not None:
            await self._door.close()
        if self._wanted is not None:
            self._wanted.cancel()
        await self.log.close()

    async def _read(self) -> None:
        assert self._container is not None
        async for line in self._container.lines():
            self.log.write(line)

    async def _watch(self) -> None:
        assert self._container is not None
        code = await self._container.wait()
        self.state = State.ENDED
        self._exit.set_result(Exit(code, memory=self._container.out_of_memory))

    def _stamp(self) -> str:
        now = self._host.clock.now()
        return f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03d}Z"

    async def _spec(self, door: Door, attached: Attached | None) -> ContainerSpec:
        settings = self.version.settings
        local = {
            "AWS_REGION": self._host.region,
            "AWS_DEFAULT_REGION": self._host.region,
            "AWS_LAMBDA_RUNTIME_API": door.address,
            "AWS_ENDPOINT_URL": self._host.endpoint,
            **await self._host.credentials(settings.role, self.version.function),
        }
        environment = variables.build(self.version, self._runtime, self.log.stream, local, str(self._host.library))
        image, command = await self._image()
        return ContainerSpec(
            name=f"lambda-{self.id}",
            image=image,
            environment=environment,
            entry_point=settings.image.entry_point,
            command=command,
            directory=settings.image.directory or (variables.TASK if self._runtime is not None else None),
            memory=MemoryLimit(settings.memory * MEBIBYTE, f"lambda-{self.id}", settings.memory * MEBIBYTE),
            cpus=max(1.0, settings.memory / _PROCESSOR),
            mounts=self._mounts,
            namespace=attached.interface.namespace if attached is not None else None,
            hosts=attached.hosts if attached is not None else None,
            resolver=attached.resolver if attached is not None else None,
        )

    async def _image(self) -> tuple[Image, Sequence[str] | None]:
        if self._runtime is None:
            code = self.version.code
            pinned = f"{code.image.partition('@')[0].rpartition(':')[0]}@sha256:{code.digest}"
            pulled = await self._host.runtime.pull(pinned)
            return pulled, self.version.settings.image.command
        return Image("lambda", "", self._runtime.argv, (), {}, "/"), None


async def _first(patience: float, *futures: asyncio.Future[Any]) -> None:
    """Returns when one of them is done, or after so many real seconds."""
    await asyncio.wait(futures, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
