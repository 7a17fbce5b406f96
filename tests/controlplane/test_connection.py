"""Connections from the gateway: what is answered at once, what waits, and what aiohttp's server gets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from netflux.controlplane.connection import LONGEST_BODY, Answer, Connection, Head, head_of, written
from netflux.controlplane.protocol.message import HttpRequest, HttpResponse

PLAIN = b"POST /?a=b HTTP/1.1\r\nhost: localhost\r\ncontent-length: 3\r\nX-Amz-Target:  a.B \r\n\r\nabc"


def test_a_plain_request_is_read() -> None:
    found = head_of(PLAIN)
    headers = {"host": "localhost", "content-length": "3", "x-amz-target": "a.B"}
    assert found == Head("POST", "/?a=b", headers, len(PLAIN) - 3, len(PLAIN))


@pytest.mark.parametrize("cut", [1, 10, 40, len(PLAIN) - 5])
def test_more_has_to_come_until_the_head_is_whole(cut: int) -> None:
    assert head_of(PLAIN[:cut]) is False


@pytest.mark.parametrize(
    "change",
    [
        (b"POST", b"HEAD"),
        (b"POST", b"post"),
        (b"HTTP/1.1", b"HTTP/1.0"),
        (b"/?a=b", b"http://localhost/"),
        (b"/?a=b", b"/ b"),
        (b"content-length: 3", b"content-length: +3"),
        (b"content-length: 3", b"content-length: 3, 3"),
        (b"content-length: 3", b"content-length: 3\r\ncontent-length: 4"),
        (b"content-length: 3", f"content-length: {LONGEST_BODY + 1}".encode()),
        (b"content-length: 3", "content-length: \N{ARABIC-INDIC DIGIT THREE}".encode()),
        (b"content-length: 3", b"transfer-encoding: chunked"),
        (b"content-length: 3", b"expect: 100-continue\r\ncontent-length: 3"),
        (b"content-length: 3", b"content-length: 3\r\nconnection: upgrade"),
        (b"host: localhost", b"host: localhost\r\nhost: other"),
        (b"host: localhost", b"host: local\r\n host"),
        (b"host: localhost", b"host: localhost\nother: a"),
        (b"host: localhost", b"host: local\x00host"),
        (b"host: localhost", b"host: local\xffhost"),
    ],
)
def test_what_is_not_of_the_gateways_own_form_is_left_to_a_server_that_reads_all_of_http(
    change: tuple[bytes, bytes],
) -> None:
    assert change[0] in PLAIN
    assert head_of(PLAIN.replace(*change)) is True


def test_a_head_without_an_end_is_not_waited_for() -> None:
    assert head_of(b"POST / HTTP/1.1\r\nx: " + b"a" * 128 * 1024) is True


@pytest.mark.parametrize("name", ["a\r\nSet-Cookie: b", "a\nb", "a\rb"])
def test_an_answer_whose_header_would_be_two_is_not_written(name: str) -> None:
    assert written(HttpResponse(400, {"X-Amzn-Errortype": name}, b"")) is None


def test_an_answer_has_one_length() -> None:
    sent = written(HttpResponse(200, {"content-length": "9", "Transfer-Encoding": "chunked"}, b"abc"))
    assert sent is not None
    assert sent.startswith(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nDate: ")
    assert sent.endswith(b" GMT\r\n\r\nabc")


def test_an_answer_without_content_has_no_length() -> None:
    sent = written(HttpResponse(204, {}, b""))
    assert sent is not None
    assert b"Content-Length" not in sent


@asynccontextmanager
async def _served(
    ask: Callable[[HttpRequest, dict[str, str]], Answer], directory: Path
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection, to a server behind which aiohttp answers `aside`."""

    async def aside(request: web.BaseRequest) -> web.Response:
        return web.Response(text=f"aside {len(await request.read())}")

    connected: set[Connection] = set()
    other = web.Server(aside)
    loop = asyncio.get_running_loop()
    path = str(directory / "c")
    listener = await loop.create_unix_server(lambda: Connection(ask, other, connected), path)
    reader, writer = await asyncio.open_unix_connection(path)
    try:
        yield reader, writer
    finally:
        writer.close()
        listener.close()
        await other.shutdown(1)


async def _answer(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
    return head, await reader.readexactly(length)


def _echo(request: HttpRequest, _headers: dict[str, str]) -> Answer:
    return HttpResponse(200, {}, request.body)


async def test_requests_are_answered_however_they_are_cut(tmp_path: Path) -> None:
    async with _served(_echo, tmp_path) as (reader, writer):
        for piece in [PLAIN[:7], PLAIN[7:-2], PLAIN[-2:] + PLAIN[:20], PLAIN[20:]]:
            writer.write(piece)
            await writer.drain()
        assert [(await _answer(reader))[1] for _ in range(2)] == [b"abc", b"abc"]


async def test_answers_keep_the_order_of_their_requests(tmp_path: Path) -> None:
    async def late(request: HttpRequest) -> HttpResponse:
        for _ in range(5):
            await asyncio.sleep(0)
        return HttpResponse(200, {}, request.body)

    def ask(request: HttpRequest, _headers: dict[str, str]) -> Answer:
        return late(request) if request.body == b"abc" else HttpResponse(200, {}, request.body)

    async with _served(ask, tmp_path) as (reader, writer):
        writer.write(PLAIN + PLAIN.replace(b"abc", b"def"))
        assert [(await _answer(reader))[1] for _ in range(2)] == [b"abc", b"def"]


async def test_a_request_that_is_no_apis_goes_to_aiohttp_with_its_connection(tmp_path: Path) -> None:
    async with _served(lambda _request, _headers: None, tmp_path) as (reader, writer):
        writer.write(PLAIN)
        assert (await _answer(reader))[1] == b"aside 3"
        writer.write(PLAIN)
        assert (await _answer(reader))[1] == b"aside 3"


async def test_a_long_request_of_an_api_is_the_last_of_its_connection(tmp_path: Path) -> None:
    long = (
        f"POST / HTTP/1.1\r\nhost: localhost\r\nauthorization: AWS4-HMAC-SHA256 Credential=a/b/c/ec2/aws4_request\r\n"
        f"content-length: {LONGEST_BODY + 1}\r\n\r\n"
    ).encode() + b"x" * (LONGEST_BODY + 1)
    async with _served(_echo, tmp_path) as (reader, writer):
        writer.write(PLAIN + long)
        assert (await _answer(reader))[1] == b"abc"
        head, body = await _answer(reader)
        assert body == f"aside {LONGEST_BODY + 1}".encode()
        assert b"connection: close" in head.lower()
        assert await reader.read() == b""


async def test_an_answer_that_raised_ends_the_connection(tmp_path: Path) -> None:
    async def broken() -> HttpResponse:
        raise ZeroDivisionError

    async with _served(lambda _request, _headers: broken(), tmp_path) as (reader, writer):
        writer.write(PLAIN)
        assert await reader.read() == b""
