"""Receives the bodies of requests and holds them to what their headers promise."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from netflux.aws.s3 import checksums
from netflux.aws.s3.body import Bodies, Sealed, Staged
from netflux.aws.s3.checksums import CHECKSUMS, DEFAULT, digest
from netflux.aws.s3.chunks import Chain
from netflux.aws.s3.framing import Framing, Incoming, unchunk
from netflux.errors import AwsError, Unsupported

LARGEST = 5 * 1024 * 1024 * 1024
"""Bytes of one PutObject or UploadPart ["Amazon S3 multipart upload limits", Amazon S3 User Guide]."""
_DIGITS = re.compile("[0-9]{1,18}")
_PREFIX = "x-amz-checksum-"
_PIECE = 256 * 1024
_MD5_BYTES = 16
_NOT_VALUES = {"mode", "algorithm", "type"}


def algorithms(headers: Mapping[str, str]) -> tuple[str, ...]:
    """The checksums that a request names, by header, trailer or SDK header; S3's default when it names none.

    Raises:
        Unsupported: one that we can't compute.
        AwsError: InvalidRequest for values of two.
    """
    named = {name.removeprefix(_PREFIX) for name in headers if name.startswith(_PREFIX)}
    if len(named - _NOT_VALUES) > 1:
        raise AwsError(
            "InvalidRequest", "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed."
        )
    named |= {
        name.strip().lower().removeprefix(_PREFIX)
        for name in headers.get("x-amz-trailer", "").split(",")
        if name.strip().lower().startswith(_PREFIX)
    }
    named.add(headers.get("x-amz-sdk-checksum-algorithm", "").lower())
    found = {name.upper() for name in named - _NOT_VALUES if name}
    for name in sorted(found - set(CHECKSUMS)):
        raise Unsupported(f"The checksum algorithm {name}", f"Use one of {', '.join(CHECKSUMS)}.")
    return tuple(sorted(found)) or (DEFAULT,)


@dataclass(frozen=True)
class Promised:
    """What a request says of its body.

    Attributes:
        headers: lower-case names.
        chain: of the chunks' signatures; None where they are not signed.
    """

    headers: Mapping[str, str]
    chain: Chain | None = None


class Readable(Protocol):
    """A body that has no framing."""

    async def read(self, n: int = -1, /) -> bytes:
        """At most n bytes, none at the end."""
        ...


async def receive_plain(
    stream: Readable, promised: Promised, bodies: Bodies, wanted: Iterable[str], sealed: Sealed | None = None
) -> Staged:
    """The same for a form's file: its length is what comes.

    Raises:
        AwsError: InvalidRequest, BadDigest, or what the stream raises; nothing is left on disk then.
    """
    writer = bodies.writer(wanted, sealed)
    try:
        async for piece in _plain(stream):
            writer.write(piece)
        staged = await writer.finished()
        _check(staged, promised.headers, {})
    except BaseException:
        writer.abandon()
        raise
    return staged


async def receive(
    stream: Incoming, promised: Promised, bodies: Bodies, wanted: Iterable[str], sealed: Sealed | None = None
) -> Staged:
    """The body of an object on disk, its checksums, length and hash compared with what was promised.

    Args:
        stream: the request's content.
        promised: what the request says of it.
        bodies: where it goes.
        wanted: checksums to compute.
        sealed: how it is encrypted; None where it is not.

    Raises:
        AwsError: InvalidRequest, BadDigest, IncompleteBody, XAmzContentSHA256Mismatch, …; nothing is left on disk then.
        SignatureError: a chunk's; the same.
    """
    headers = promised.headers
    _length(headers, "content-length")
    trailers: dict[str, str] = {}
    writer = bodies.writer(wanted, sealed)
    try:
        async for piece in _pieces(stream, promised, trailers):
            writer.write(piece)
        staged = await writer.finished()
        _check(staged, headers, trailers)
    except asyncio.IncompleteReadError as error:
        writer.abandon()
        raise AwsError("IncompleteBody", "The body ended before the length that its headers state") from error
    except BaseException:
        writer.abandon()
        raise
    return staged


def check_small(body: bytes, headers: Mapping[str, str]) -> None:
    """The same comparison for a body in memory."""
    sums = {}
    for name in algorithms(headers):
        running = digest(name)
        running.update(body)
        sums[name] = checksums.text(running)
    md5 = hashlib.md5(body, usedforsecurity=False).hexdigest()
    _check(Staged("", len(body), md5, hashlib.sha256(body).hexdigest(), sums), headers, {})


def _pieces(stream: Incoming, promised: Promised, trailers: dict[str, str]) -> AsyncIterator[bytes]:
    if promised.headers.get("x-amz-content-sha256", "").startswith("STREAMING-"):
        return unchunk(stream, _framing(promised), trailers)
    return _plain(stream)


def _framing(promised: Promised) -> Framing:
    headers = promised.headers
    size = _length(headers, "x-amz-decoded-content-length")
    if size is None:
        raise AwsError("MissingContentLength", "You must provide the Content-Length HTTP header.", 411)
    names = {name.strip().lower() for name in headers.get("x-amz-trailer", "").split(",")}
    return Framing(size, frozenset(names - {""}), promised.chain)


def _length(headers: Mapping[str, str], name: str) -> int | None:
    text = headers.get(name)
    if text is None:
        return None
    if not _DIGITS.fullmatch(text):
        raise AwsError("InvalidArgument", f"The header {name} is no number of bytes: {text[:100]}")
    if int(text) > LARGEST:
        raise _too_large()
    return int(text)


def _too_large() -> AwsError:
    return AwsError("EntityTooLarge", f"Your proposed upload exceeds the maximum allowed size: {LARGEST} bytes")


async def _plain(stream: Readable) -> AsyncIterator[bytes]:
    left = LARGEST
    while piece := await stream.read(_PIECE):
        left -= len(piece)
        if left < 0:
            raise _too_large()
        yield piece


def _check(staged: Staged, headers: Mapping[str, str], trailers: Mapping[str, str]) -> None:
    length = _length(headers, "x-amz-decoded-content-length")
    if length is None:
        length = _length(headers, "content-length")
    if length is not None and length != staged.size:
        raise AwsError("IncompleteBody", f"The headers state {length} bytes, the body has {staged.size}")
    claimed = headers.get("x-amz-content-sha256", "")
    if len(claimed) == 64 and claimed.lower() != staged.sha256:
        raise AwsError(
            "XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed."
        )
    _check_md5(staged.md5, headers.get("content-md5"))
    for name, value in staged.checksums.items():
        header = f"{_PREFIX}{name.lower()}"
        promised = headers.get(header) or trailers.get(header)
        if promised is None:
            continue
        if not checksums.is_one(name, promised):
            kind = "header" if headers.get(header) else "trailing header"
            raise AwsError("InvalidRequest", f"Value for {header} {kind} is invalid.")
        if promised != value:
            raise AwsError("BadDigest", f"The {name} you specified did not match the calculated checksum.")


def _check_md5(md5: str, header: str | None) -> None:
    if header is None:
        return
    try:
        promised = base64.b64decode(header, validate=True)
    except ValueError:  # binascii's, or of text beyond ASCII
        promised = b""
    if len(promised) != _MD5_BYTES:
        raise AwsError("InvalidDigest", "The Content-MD5 you specified was invalid.")
    if promised.hex() != md5:
        raise AwsError("BadDigest", "The Content-MD5 you specified did not match what we received.")
