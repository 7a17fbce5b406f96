"""Bodies out of aws-chunked framing.

"Signature calculations for trailing headers" in the S3 API Reference.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol

from aiohttp.http_exceptions import HttpProcessingError

from netflux.aws.s3 import chunks
from netflux.errors import AwsError

_PIECE = 256 * 1024
_LONGEST_LINE = 16 * 1024
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,12})(;[ -~]*)?")


class Incoming(Protocol):
    """The part of asyncio's StreamReader that bodies are read by."""

    async def read(self, n: int = -1) -> bytes:
        """At most n bytes, none at the end."""
        ...

    async def readline(self) -> bytes:
        """Up to and with the next line feed."""
        ...

    async def readexactly(self, n: int) -> bytes:
        """Exactly n bytes; asyncio.IncompleteReadError when the sender ends before."""
        ...


@dataclass(frozen=True)
class Framing:
    """What the headers promise of an aws-chunked body.

    Attributes:
        size: bytes inside the framing (x-amz-decoded-content-length).
        trailers: names of the trailers (x-amz-trailer), lower-case; others are refused.
        chain: of the chunks' signatures; None where they are not signed.
    """

    size: int
    trailers: frozenset[str] = frozenset()
    chain: chunks.Chain | None = None


async def unchunk(stream: Incoming, framing: Framing, trailers: dict[str, str]) -> AsyncIterator[bytes]:
    """The bytes inside aws-chunked framing. Trailers are in the dict, lower-case, when the iteration has ended.

    Raises:
        AwsError: IncompleteBody when the framing is broken, holds more or less than was promised, or when something
            follows it; MalformedTrailerError.
        SignatureError: a chunk or the trailers are signed, and not by whom the request is of.
    """
    left = framing.size
    while True:
        size, signature = _chunk(await _line(stream))
        if size > left:
            raise _broken(f"it holds more than the {framing.size} bytes of x-amz-decoded-content-length")
        left -= size
        async for piece in _verified(stream, size, framing.chain, signature):
            yield piece
        if not size:
            break
        if (await stream.readexactly(2)) != b"\r\n":
            raise _broken("a chunk has another size than it says")
    if left:
        raise _broken(f"it lacks {left} of the {framing.size} bytes of x-amz-decoded-content-length")
    await _read_trailers(stream, framing, trailers)
    if framing.chain is not None and framing.trailers:
        framing.chain.trailers(trailers)
    if await stream.read(1):
        raise _broken("something follows its end")


async def _verified(stream: Incoming, size: int, chain: chunks.Chain | None, signature: str) -> AsyncIterator[bytes]:
    digest = hashlib.sha256()
    while size:
        piece = await stream.readexactly(min(size, _PIECE))
        size -= len(piece)
        if chain is not None:
            digest.update(piece)
        yield piece
    if chain is not None:
        chain.chunk(digest.hexdigest(), signature)


async def _read_trailers(stream: Incoming, framing: Framing, trailers: dict[str, str]) -> None:
    for _ in range(len(framing.trailers) + 2):  # a signed body has x-amz-trailer-signature, and an empty line ends all
        line = await _line(stream, ends=True)
        if not line:
            break
        name, colon, value = line.decode("latin-1").partition(":")
        name = name.strip().lower()
        if not colon or name in trailers or name not in framing.trailers | {chunks.SIGNATURE}:
            raise AwsError("MalformedTrailerError", "The request contained trailing data that was not well-formed.")
        trailers[name] = value.strip()
    else:
        raise AwsError("MalformedTrailerError", "The request contained more trailing data than it announced.")
    if not framing.trailers <= trailers.keys():
        raise AwsError("MalformedTrailerError", "The request lacks a trailer that x-amz-trailer announces.")


async def _line(stream: Incoming, *, ends: bool = False) -> bytes:
    """The next line without its end; where the body `ends`, no line at all is an empty one."""
    try:
        line = await stream.readline()
    except (ValueError, HttpProcessingError) as error:  # asyncio's and aiohttp's ways to say that it does not end
        raise _broken("a line is too long") from error
    if ends and not line:
        return b""
    if len(line) > _LONGEST_LINE or not line.endswith(b"\r\n"):
        raise _broken("a line is too long, or has no end")
    return line[:-2]


def _chunk(line: bytes) -> tuple[int, str]:
    """A chunk's size and signature; the latter is empty where there is none."""
    found = _CHUNK.fullmatch(line)
    if not found:
        raise _broken("a chunk has no size")
    extension = (found[2] or b"").decode("ascii")
    return int(found[1], 16), extension.removeprefix(";chunk-signature=")


def _broken(reason: str) -> AwsError:
    return AwsError("IncompleteBody", f"The aws-chunked body is malformed: {reason}")
