"""The region's side of `forkserver`: questions to a program that is loaded once, each answered within bounds."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import sys
from dataclasses import dataclass
from typing import Any

from netflux.cloudformation.bounded import Bounds, Failed, Overrun

_GRACE = 30.0
"""Real seconds for the program to load, besides those of the answer."""
_PIECE = 65_536


@dataclass(frozen=True)
class _Server:
    process: asyncio.subprocess.Process
    control: socket.socket

    @classmethod
    async def started(cls, module: str) -> _Server:
        """Returns before the program is loaded; questions wait."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.settimeout(0)
        try:
            with theirs:
                process = await asyncio.create_subprocess_exec(
                    sys.executable, "-m", "netflux.cloudformation.forkserver", module,
                    stdin=theirs.fileno(), stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
                )  # fmt: skip
        except BaseException:
            ours.close()
            raise
        return cls(process, ours)

    async def answer(self, question: bytes, bounds: Bounds) -> bytes:
        """Nothing when the server ended before it answered."""
        loop = asyncio.get_running_loop()
        ours, theirs = socket.socketpair()
        pieces = []
        with ours:
            ours.settimeout(0)
            with contextlib.suppress(ConnectionError):
                with theirs:
                    socket.send_fds(self.control, [f"{bounds.seconds} {bounds.memory}".encode()], [theirs.fileno()])
                await loop.sock_sendall(ours, question)
                ours.shutdown(socket.SHUT_WR)
            with contextlib.suppress(ConnectionError):
                while piece := await loop.sock_recv(ours, _PIECE):
                    pieces.append(piece)
        return b"".join(pieces)

    async def end(self) -> str:
        """The last that it said."""
        self.control.close()
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        _, said = await self.process.communicate()
        return said.decode(errors="replace")


class Unavailable(Exception):
    """The program could not be loaded or was ended by others, which is no question's fault; the message is its last."""


class Preloaded:
    """A program that is loaded when it is first asked, and leaves when nobody has asked for a while.

    Args:
        module: has `load()`, which makes what answers.
        idle: real seconds after which its memory is given back.
    """

    def __init__(self, module: str, idle: float) -> None:
        self._module = module
        self._idle = idle
        self._server: _Server | None = None
        self._starting = asyncio.Lock()
        self._asking = 0
        self._leave: asyncio.TimerHandle | None = None
        self._leaving: set[asyncio.Task[str]] = set()

    async def ask(self, question: object, bounds: Bounds) -> Any:
        """The answer.

        Raises:
            Overrun: too slow or too large.
            Failed: the program's words for what went wrong with it.
            Unavailable: there is no program to ask.
        """
        self._stay()
        self._asking += 1
        try:
            async with asyncio.timeout(bounds.seconds + _GRACE):
                return _understood(await self._answer(json.dumps(question).encode(), bounds), bounds)
        except TimeoutError as error:
            await self.stop()
            raise Unavailable(f"it was not loaded within {_GRACE:.0f} s") from error
        finally:
            self._asking -= 1
            if not self._asking and self._server is not None:
                self._leave = asyncio.get_running_loop().call_later(self._idle, self._end)

    async def stop(self) -> None:
        """Ends the program and all that it is at; who asks is told that it ended."""
        self._stay()
        self._end()
        await asyncio.gather(*self._leaving)

    def _stay(self) -> None:
        if self._leave is not None:
            self._leave.cancel()
            self._leave = None

    def _end(self) -> None:
        if self._server is not None:
            ending = asyncio.create_task(self._server.end())
            self._server = None
            self._leaving.add(ending)
            ending.add_done_callback(self._leaving.discard)

    async def _answer(self, question: bytes, bounds: Bounds) -> bytes:
        """A server may have been killed by others, for its memory; so a second one is asked."""
        said = ""
        for _ in range(2):
            async with self._starting:
                server = self._server = self._server or await _Server.started(self._module)
            answer = await server.answer(question, bounds)
            if answer:
                return answer
            if self._server is server:
                self._server = None
                said = await server.end()
        raise Unavailable(said.strip()[-1000:] or "it ended without an answer")


def _understood(answer: bytes, bounds: Bounds) -> Any:
    try:
        told = json.loads(answer)
    except ValueError as error:  # it was ended while it wrote
        raise Failed("its answer broke off") from error
    if told.get("overrun") == "seconds":
        raise Overrun(f"{bounds.seconds:.0f} s")
    if "overrun" in told:
        raise Overrun(f"{bounds.memory // 2**20} MB")
    if "failed" in told:
        raise Failed(told["failed"])
    return told["answer"]
