"""A connection from the gateway. An API's request that is there whole is answered in the same turn of the event loop.

HAProxy has read each request and written its head anew, in one form: one header to a line, lower-case names, no
framing that two readers could read in two ways. Of that form only what APIs need is read here, a body of known and
moderate length behind a head without repeated headers; any other request goes, with its connection, to aiohttp's
server, which reads all of HTTP.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus
from typing import Any, cast

from multidict import CIMultiDict

from netflux.controlplane.protocol.message import HttpRequest, HttpResponse

_log = logging.getLogger(__name__)

LONGEST_BODY = 64 * 1024
"""Bytes of a body. A longer one is read with its limit in view, and may be refused before all of it is there."""
_LONGEST_HEAD = 128 * 1024
_METHODS = frozenset({"GET", "POST", "PUT", "DELETE", "PATCH"})
_STREAMED = frozenset({"transfer-encoding", "expect", "upgrade", "connection"})
_FRAMING = frozenset({"content-length", "transfer-encoding", "connection", "date"})
_REASONS = {int(status): status.phrase for status in HTTPStatus}
_BODILESS = (204, 304)
_APIS, _OBJECTS = b"/aws4_request", b"/s3/aws4_request"
"""In the Authorization header."""

Answer = HttpResponse | Coroutine[Any, Any, HttpResponse] | None
Ask = Callable[[HttpRequest, dict[str, str]], Answer]
"""Takes a request, and its headers by lower-case name. Returns the answer, what is to be awaited for it, or None for a
request that is no API's."""


@dataclass(frozen=True)
class Head:
    """The head of a request that can be answered here.

    Attributes:
        method: upper-case.
        target: path and query.
        headers: by lower-case name.
        length: bytes of the head with the empty line.
        whole: bytes of the request.
    """

    method: str
    target: str
    headers: dict[str, str]
    length: int
    whole: int


def head_of(received: bytes) -> Head | bool:
    """The head; False when more has to come, True when the request is for a server that reads all of HTTP. Pure."""
    end = received.find(b"\r\n\r\n")
    if end < 0:
        return len(received) > _LONGEST_HEAD
    lines = received[:end].decode("utf-8", "surrogateescape").split("\r\n")
    method, _, rest = lines[0].partition(" ")
    target, _, version = rest.partition(" ")
    plain = "".join(lines).isprintable()  # no controls, tabs, bare line ends, nothing that is not UTF-8
    if not plain or method not in _METHODS or version != "HTTP/1.1" or not target.startswith("/"):
        return True
    headers = _headers(lines[1:])
    length = headers.get("content-length", "0") if headers is not None else ""
    if headers is None or not (length.isascii() and length.isdecimal() and len(length) < 6):
        return True
    if int(length) > LONGEST_BODY:
        return True
    return Head(method, target, headers, end + 4, end + 4 + int(length))


def _headers(lines: list[str]) -> dict[str, str] | None:
    """By lower-case name; None where they are more than one reader might make one thing of."""
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or " " in name:
            return None
        headers[name.lower()] = value.strip()
    if len(headers) != len(lines) or not _STREAMED.isdisjoint(headers):
        return None
    return headers


class Connection(asyncio.Protocol):
    """One connection.

    Args:
        ask: answers requests.
        otherwise: makes aiohttp's side of a connection.
        connected: all connections that are served here.
    """

    def __init__(self, ask: Ask, otherwise: Callable[[], asyncio.Protocol], connected: set[Connection]) -> None:
        self._ask = ask
        self._otherwise = otherwise
        self._connected = connected
        self._transport: asyncio.Transport | None = None
        self._received = b""
        self._head: Head | None = None
        self.waiting: asyncio.Task[None] | None = None
        """For the answer to a request under way."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begins."""
        self._transport = cast("asyncio.Transport", transport)
        self._connected.add(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  (asyncio's)
        """What was begun is brought to its end, as with any server that a client has left."""
        self._transport = None
        self._connected.discard(self)

    def data_received(self, data: bytes) -> None:
        """Answers each request as soon as it is there whole."""
        self._received = self._received + data if self._received else data
        while self._received and self.waiting is None and self._transport is not None:
            if self._head is None:
                head = head_of(self._received)
                if not isinstance(head, Head):
                    if head:
                        self._hand_over()
                    return
                self._head = head
            if len(self._received) < self._head.whole:
                return
            self._answer(self._head)

    def close(self) -> None:
        """Ends the connection."""
        if self._transport is not None:
            self._transport.close()

    def _answer(self, head: Head) -> None:
        body = self._received[head.length : head.whole]
        answer = self._ask(HttpRequest(head.method, head.target, CIMultiDict(head.headers), body), head.headers)
        if answer is None:
            self._hand_over()
            return
        self._received = self._received[head.whole :]
        self._head = None
        if isinstance(answer, HttpResponse):
            self._write(answer)
        else:
            self.waiting = asyncio.get_running_loop().create_task(self._awaited(answer))

    async def _awaited(self, answer: Coroutine[Any, Any, HttpResponse]) -> None:
        try:
            self._write(await answer)
        except Exception:  # noqa: BLE001  (whatever it is ends this connection and nothing else)
            _log.exception("a request came to no answer")
            self.close()
        finally:
            self.waiting = None
        self.data_received(b"")

    def _write(self, response: HttpResponse) -> None:
        if self._transport is None:
            return
        sent = written(response)
        if sent is None:
            _log.error("an answer's header has a line end in it: %r", response.headers)
            self.close()
        else:
            self._transport.write(sent)

    def _hand_over(self) -> None:
        """For the rest of its life. An API's request that only was too long for here is the last one of it: the gateway
        has another connection for those that follow.
        """
        transport, received = self._transport, self._received
        if transport is None:
            return
        self._connected.discard(self)
        self._transport, self._received, self._head = None, b"", None
        if b"\r\nconnection:" not in received and _APIS in received and _OBJECTS not in received:
            received = received.replace(b"\r\n", b"\r\nConnection: close\r\n", 1)
        other = self._otherwise()
        transport.set_protocol(other)
        other.connection_made(transport)
        other.data_received(received)


def written(response: HttpResponse) -> bytes | None:
    """The answer's bytes; None when a header can't be written. Pure, but for the time of day."""
    lines = [f"HTTP/1.1 {response.status} {_REASONS.get(response.status, '')}"]
    lines += [f"{name}: {value}" for name, value in response.headers.items() if name.lower() not in _FRAMING]
    body = b"" if response.status in _BODILESS else response.body
    if response.status not in _BODILESS:
        lines.append(f"Content-Length: {len(body)}")
    lines.append(f"Date: {_date(int(time.time()))}\r\n\r\n")
    head = "\r\n".join(lines)
    if head.count("\n") != len(lines) + 1 or head.count("\r") != len(lines) + 1:
        return None
    return head.encode("utf-8", "replace") + body


_dated = (0, "")


def _date(second: int) -> str:
    """RFC 9110, 6.6.1; made once a second."""
    global _dated  # noqa: PLW0603
    if _dated[0] != second:
        _dated = second, formatdate(second, usegmt=True)
    return _dated[1]
