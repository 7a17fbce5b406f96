"""Answers DNS on sockets: datagrams, and streams of messages with their length in front (RFC 7766)."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Awaitable, Callable, Sequence
from typing import cast

from netflux.resolver import wire
from netflux.resolver.decide import Answer, Question

_log = logging.getLogger(__name__)

Decide = Callable[[Question], Awaitable[Answer | None]]

_IDLE = 20.0
"""Real seconds after which a stream that says nothing is closed."""

_MOST_PENDING = 512
"""Questions that may wait for their answers; more are dropped, and their clients ask again."""


class Server:
    """The sockets of one VPC.

    Args:
        decide: gives answers; None where nothing shall answer.
    """

    def __init__(self, decide: Decide) -> None:
        self._decide = decide
        self._transports: list[asyncio.DatagramTransport] = []
        self._servers: list[asyncio.Server] = []
        self._pending: set[asyncio.Task[None]] = set()

    async def start(self, datagrams: Sequence[socket.socket], streams: Sequence[socket.socket]) -> None:
        """Answers from now on. The sockets are the server's."""
        loop = asyncio.get_running_loop()
        for one in datagrams:
            transport, _ = await loop.create_datagram_endpoint(lambda: _Datagrams(self._received), sock=one)
            self._transports.append(transport)
        for one in streams:
            self._servers.append(await asyncio.start_server(self._stream, sock=one))

    async def stop(self) -> None:
        """Closes the sockets, and ends what is under way."""
        for transport in self._transports:
            transport.close()
        for server in self._servers:
            server.close()
        for task in [*self._pending]:
            task.cancel()
        if self._pending:
            await asyncio.wait(self._pending)
        await asyncio.sleep(0)  # transports close their sockets in the loop's next turn

    def _received(self, transport: asyncio.DatagramTransport, data: bytes, sender: tuple[str, int]) -> None:
        if len(self._pending) < _MOST_PENDING:
            self._keep(asyncio.ensure_future(self._datagram(transport, data, sender)))

    def _keep(self, task: asyncio.Task[None]) -> None:
        self._pending.add(task)
        task.add_done_callback(self._pending.discard)

    async def _datagram(self, transport: asyncio.DatagramTransport, data: bytes, sender: tuple[str, int]) -> None:
        response = await self._respond(data, datagram=True)
        if response is not None and not transport.is_closing():
            transport.sendto(response, sender)

    async def _stream(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        current = asyncio.current_task()
        assert current is not None
        self._keep(current)
        try:
            with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError, TimeoutError):
                while True:
                    async with asyncio.timeout(_IDLE):
                        length = int.from_bytes(await reader.readexactly(2), "big")
                        data = await reader.readexactly(length)
                    response = await self._respond(data, datagram=False)
                    if response is None:
                        return
                    writer.write(len(response).to_bytes(2, "big") + response)
                    await writer.drain()
        finally:
            writer.close()

    async def _respond(self, data: bytes, *, datagram: bool) -> bytes | None:
        asked = wire.read(data)
        if asked is None:
            return None
        if asked.question is None:
            return wire.written(asked, datagram=datagram)
        answer = await self._decide(asked.question)
        return None if answer is None else wire.answered(asked, answer, datagram=datagram)


class _Datagrams(asyncio.DatagramProtocol):
    """Hands datagrams on."""

    def __init__(self, received: Callable[[asyncio.DatagramTransport, bytes, tuple[str, int]], None]) -> None:
        self._told = received
        self._transport: asyncio.DatagramTransport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The socket is ours."""
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """A message."""
        self._told(self._transport, data, addr)

    def error_received(self, error: Exception) -> None:
        """A client has gone before its answer came."""
        _log.debug("resolver: %s", error)
