"""A client that sends bytes as they are, and reads one answer."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

PATIENCE = 20.0
"""Seconds after which an answer no longer counts as one."""


@dataclass(frozen=True)
class Answer:
    """What came back.

    Attributes:
        status: 0 when nothing did.
        headers: lower-case names.
        seconds: from the request's first byte to the answer's last.
    """

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    seconds: float = 0.0
    why: str = ""


class Connection:
    """One connection at a time, kept while the other side keeps it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, data: bytes, method: str, patience: float = PATIENCE) -> Answer:
        """Sends the bytes of one request and reads its answer."""
        began = time.monotonic()
        fresh = self._streams is None
        try:
            async with asyncio.timeout(patience):
                answer = await self._exchange(data, method)
        except (TimeoutError, OSError, EOFError, ValueError) as error:
            self.close()
            if not fresh and time.monotonic() - began < 1.0:
                return await self.ask(data, method, patience)  # the other side had closed the one that was kept
            return Answer(0, seconds=time.monotonic() - began, why=f"{type(error).__name__}: {error}")
        return Answer(*answer, time.monotonic() - began)

    async def _exchange(self, data: bytes, method: str) -> tuple[int, dict[str, str], bytes]:
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port, limit=1 << 20)
        reader, writer = self._streams
        sending = asyncio.ensure_future(self._send(writer, data))
        try:
            status, headers = await _head(reader)
            while status == 100:
                status, headers = await _head(reader)
            body = await _body(reader, headers, method, status)
        finally:
            if not sending.done():
                sending.cancel()
            unsent = await asyncio.gather(sending, return_exceptions=True)
        if any(unsent) or "close" in headers.get("connection", "").lower() or status == 101:
            self.close()
        return status, headers, body

    @staticmethod
    async def _send(writer: asyncio.StreamWriter, data: bytes) -> None:
        writer.write(data)
        await writer.drain()

    def close(self) -> None:
        """Lets the connection go."""
        if self._streams is not None:
            self._streams[1].transport.abort()
        self._streams = None


async def _head(reader: asyncio.StreamReader) -> tuple[int, dict[str, str]]:
    lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = {}
    for line in lines[1:]:
        name, _, value = line.partition(":")
        if name:
            headers[name.lower()] = value.strip()
    return int(lines[0].split()[1]), headers


async def _body(reader: asyncio.StreamReader, headers: dict[str, str], method: str, status: int) -> bytes:
    if method == "HEAD" or status in (204, 304) or status < 200:
        return b""
    if "chunked" in headers.get("transfer-encoding", ""):
        parts = []
        while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
            parts.append((await reader.readexactly(size + 2))[:-2])
        await reader.readuntil(b"\r\n")
        return b"".join(parts)
    if "content-length" in headers:
        return await reader.readexactly(int(headers["content-length"]))
    return await reader.read()
