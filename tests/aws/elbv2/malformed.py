"""Requests that no client should send, made at random of what attackers and broken clients do, and a target that looks
whether what reaches it can be read in one way only.

The load balancer forwards `/open` alone. So a request for `/smuggled` is at the target only when the load balancer has
taken it for something else, and the target tells of any request whose length two servers could see differently.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.haproxy.targets import fresh_address

HIDDEN = b"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
_LENGTHS = (
    b"0",
    b"5",
    b"06",
    b"+5",
    b"-1",
    b"5, 5",
    b"5, 6",
    b"5 5",
    b"0x5",
    b"5.0",
    b"",
    b"1e1",
    b"\x0b5",
    b"18446744073709551616",
    b"9223372036854775808",
    b"99999999999999999999999",
    b"5\x00",
)
_CODINGS = (
    b"chunked",
    b"Chunked",
    b"xchunked",
    b"chunked, identity",
    b"identity, chunked",
    b"identity",
    b"chunked;q=1",
    b"gzip, chunked",
    b"chunked\x0b",
    b"\x0bchunked",
    b"\tchunked",
    b'"chunked"',
    b"chunked, chunked",
    b"",
    b"chunke\x00d",
    b"cow",
)
_NAMES = (
    b"Transfer-Encoding",
    b"Transfer-Encoding ",
    b" Transfer-Encoding",
    b"Transfer\x00-Encoding",
    b"transfer-encoding",
    b"Transfer_Encoding",
    b"Transfer-Encoding\t",
    b"X: y\nTransfer-Encoding",
    b"X: y\rTransfer-Encoding",
)
_CHUNKS = (
    b"5\r\nhello\r\n0\r\n\r\n",
    b"5;a=b\r\nhello\r\n0\r\n\r\n",
    b"0x5\r\nhello\r\n0\r\n\r\n",
    b"5\nhello\n0\n\n",
    b"-5\r\nhello\r\n0\r\n\r\n",
    b"ffffffffffffffff1\r\nhello\r\n0\r\n\r\n",
    b"5\r\nhello0\r\n\r\n",
    b"5 \r\nhello\r\n0\r\n\r\n",
    b"\r\n5\r\nhello\r\n0\r\n\r\n",
    b"5\rX\nhello\r\n0\r\n\r\n",
    b"5;\x00\r\nhello\r\n0\r\n\r\n",
    b"5\r\nhello\r\n0\r\nContent-Length: 9\r\n\r\n",
    b"0\r\n\r\n",
    b"0\r\n",
    b"5\r\nhel",
    b"g\r\nhello\r\n0\r\n\r\n",
    b"5;\n\nhello\r\n0\r\n\r\n",
    b"000000000000000005\r\nhello\r\n0\r\n\r\n",
)
_LINES = (
    b"GET /open HTTP/1.2",
    b"GET /open HTTP/2.0",
    b"GET /open HTTP/9.9",
    b"GET /open",
    b"GET  /open  HTTP/1.1",
    b"GET\t/open\tHTTP/1.1",
    b"GET /open HTTP/1.1 HTTP/1.1",
    b"GET open HTTP/1.1",
    b"GET /op\x00en HTTP/1.1",
    b"GET /open\x7f HTTP/1.1",
    b"GET /\xff\xfe HTTP/1.1",
    b"G\x01T /open HTTP/1.1",
    b"GET * HTTP/1.1",
    b"CONNECT a:1 HTTP/1.1",
    b"GET http://other.test/open HTTP/1.1",
    b"GET http:///open HTTP/1.1",
    b" GET /open HTTP/1.1",
    b"\r\n\r\nGET /open HTTP/1.1",
    b"GET /open#f HTTP/1.1",
    b"GET /open HTTP/1.0",
    b"GET /open?%00=%0d%0a HTTP/1.1",
    b"PRI * HTTP/2.0",
    b"TRACE /open HTTP/1.1",
    b"GET /open HTTP/01.1",
)
_FIELDS = (
    b"X: a\r\n b",
    b"X: a\r\n\tContent-Length: 5",
    b"X\x00: a",
    b"X: \x00",
    b"No colon here",
    b": empty",
    b"X : a",
    b" X: a",
    b"X: a\nY: b",
    b"X: a\rY: b",
    b"X: \x7f",
    b"X: \xff",
    b"X(): a",
    b"Host: other.test",
    b"Host: a, b",
    b"Host:",
    b"Connection: Content-Length",
    b"Connection: close, Host",
    b"Expect: 100-continue",
    b"Expect: nonsense",
    b"Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\nConnection: Upgrade",
    b"Upgrade: websocket\r\nConnection: Upgrade",
    b"Cookie: " + b"a=b; " * 2000,
    b"X: " + b"y" * 40_000,
    b"\r\n".join(b"X%d: y" % number for number in range(300)),
    b"Content-Length:\r\n 5",
)


@dataclass(frozen=True)
class Payload:
    """What a client sends.

    Attributes:
        kind: what is wrong with it.
        pieces: sent one by one; more than one is a slow client.
        patient: waits for an answer; otherwise it just goes.
    """

    kind: str
    pieces: tuple[bytes, ...]
    patient: bool = True


class Attacker:
    """Payloads, the same for the same seed."""

    def __init__(self, seed: int, host: str) -> None:
        self._chance = random.Random(seed)
        self._host = host.encode()
        self._kinds: tuple[Callable[[], bytes], ...] = (
            self._both_lengths, self._two_lengths, self._odd_coding, self._chunks, self._line, self._fields,
            self._oversize, self._flipped, self._noise,
        )  # fmt: skip

    def payload(self) -> Payload:
        """The next one."""
        make = self._chance.choice(self._kinds)
        kind, text = make.__name__.strip("_"), make()
        if self._chance.random() < 0.05:
            cut = [0, *sorted(self._chance.choices(range(1, min(len(text), 400) + 1), k=3))]
            cut += self._chance.choice([[], [len(text)]])
            pieces = tuple(text[start:end] for start, end in itertools.pairwise(cut))
            return Payload(f"slow {kind}", pieces, self._chance.random() < 0.5)
        return Payload(kind, (text,), self._chance.random() < 0.9)

    def _head(self, *fields: bytes, line: bytes = b"POST /open HTTP/1.1", end: bytes = b"\r\n") -> bytes:
        return end.join([line, b"Host: " + self._host, *fields, b"", b""])

    def _coding(self) -> bytes:
        return self._chance.choice(_NAMES) + b": " + self._chance.choice(_CODINGS)

    def _both_lengths(self) -> bytes:
        """CL.TE and TE.CL: what one server takes for the body, the other takes for the next request."""
        fields = [b"Content-Length: %d" % self._chance.choice([4, 5, 6, 30, len(HIDDEN) + 5]), self._coding()]
        self._chance.shuffle(fields)
        return self._head(*fields) + self._chance.choice([b"0\r\n\r\n", b"5\r\nhello\r\n0\r\n\r\n", b"1\r\nZ"]) + HIDDEN

    def _two_lengths(self) -> bytes:
        fields = [b"Content-Length: " + length for length in self._chance.choices(_LENGTHS, k=2)]
        return self._head(*fields) + b"hello" + HIDDEN

    def _odd_coding(self) -> bytes:
        return self._head(*(self._coding() for _ in range(self._chance.randint(1, 2)))) + b"0\r\n\r\n" + HIDDEN

    def _chunks(self) -> bytes:
        return self._head(b"Transfer-Encoding: chunked") + self._chance.choice(_CHUNKS) + HIDDEN

    def _line(self) -> bytes:
        return self._head(line=self._chance.choice(_LINES), end=self._chance.choice([b"\r\n", b"\r\n", b"\n"])) + HIDDEN

    def _fields(self) -> bytes:
        return (
            self._head(*self._chance.choices(_FIELDS, k=self._chance.randint(1, 2)), line=b"GET /open HTTP/1.1")
            + HIDDEN
        )

    def _oversize(self) -> bytes:
        size = self._chance.choice([9_000, 20_000, 33_000, 70_000])
        if self._chance.random() < 0.5:
            return self._head(line=b"GET /open?" + b"x" * size + b" HTTP/1.1")
        return self._head(b"X: " + b"y" * size, b"Content-Length: 5") + b"hello" + HIDDEN

    def _flipped(self) -> bytes:
        """A good request with some bytes changed, removed and put in."""
        text = bytearray(
            self._head(b"Content-Length: 5", b"X-Forwarded-For: 1.1.1.1", b"Cookie: a=b") + b"hello" + HIDDEN
        )
        for _ in range(self._chance.randint(1, 4)):
            at = self._chance.randrange(len(text))
            text[at : at + self._chance.randrange(2)] = self._chance.choice(
                [b"", b"\r", b"\n", b"\0", b" ", b":", b"0", b","]
            )
        return bytes(text)

    def _noise(self) -> bytes:
        start = self._chance.choice(
            [b"", b"\x16\x03\x01", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"GET ", b"PROXY TCP4 "]
        )
        return start + self._chance.randbytes(self._chance.randint(1, 300))


@dataclass
class Strict:
    """A target that answers at once, and tells of each request that can be read in two ways."""

    address: str = field(default_factory=fresh_address)
    requests: int = 0  # whole ones
    faults: list[str] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                fault = _fault(head)
                if fault:
                    self.faults.append(f"{fault}: {head!r}")
                    return
                await _body(reader, head)
                self.requests += 1
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        except (asyncio.LimitOverrunError, ValueError) as error:
            self.faults.append(f"{error!r}")
        finally:
            writer.close()


def _fault(head: bytes) -> str:
    line, *fields = head[:-4].split(b"\r\n")
    names = [name.lower() for name, _, _ in (one.partition(b":") for one in fields)]
    if not re.fullmatch(rb"[!-~]+ (http://[^/ ]*)?/open[^ ]* HTTP/[01]\.\d", line):
        return "smuggled"
    if re.search(rb"[\r\n\0]", b"".join([line, *fields])) or not all(re.fullmatch(rb"[!-~]+", name) for name in names):
        return "malformed"
    lengths, codings = _values(fields, b"content-length"), _values(fields, b"transfer-encoding")
    if len(lengths) + len(codings) > 1 or not all(length.isdigit() for length in lengths):
        return "two lengths"
    return "coding" if codings and codings != [b"chunked"] else ""


def _values(fields: list[bytes], wanted: bytes) -> list[bytes]:
    return [value.strip() for name, _, value in (one.partition(b":") for one in fields) if name.lower() == wanted]


async def _body(reader: asyncio.StreamReader, head: bytes) -> None:
    fields = head.split(b"\r\n")
    for length in _values(fields, b"content-length"):
        await reader.readexactly(int(length))
    while _values(fields, b"transfer-encoding"):
        size = int(await reader.readuntil(b"\r\n"), 16)
        if not size:
            while await reader.readuntil(b"\r\n") != b"\r\n":
                pass
            return
        await reader.readexactly(size + 2)


async def attack(port: int, payload: Payload, seconds: float = 5.0) -> str:
    """Sends it; the status of the first answer, `closed`, or `left` when nothing was waited for."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for number, piece in enumerate(payload.pieces):
            if number:
                await asyncio.sleep(0.01)  # a slow client is slow
            writer.write(piece)
            await writer.drain()
        if not payload.patient:
            writer.transport.abort()
            return "left"
        answer = await _first(reader, writer, seconds)
        return answer[9:12].decode("latin-1") if answer.startswith(b"HTTP/1.") else "closed"
    except TimeoutError:
        return "silent"
    except OSError:
        return "closed"
    finally:
        writer.close()


async def _first(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seconds: float) -> bytes:
    """What comes first; who waits for more of the request is told that there is none."""
    first = asyncio.ensure_future(reader.read(65536))
    done, _ = await asyncio.wait({first}, timeout=0.1)
    if not done and writer.can_write_eof():
        writer.write_eof()
    return await asyncio.wait_for(first, seconds)


async def storm(port: int, attacker: Attacker, count: int, at_once: int = 40) -> Counter[str]:
    """So many payloads, some at a time; how many ended how."""
    ended: Counter[str] = Counter()
    left = iter(range(count))

    async def client() -> None:
        for _ in left:
            ended[await attack(port, attacker.payload())] += 1

    await asyncio.gather(*(client() for _ in range(at_once)))
    return ended
