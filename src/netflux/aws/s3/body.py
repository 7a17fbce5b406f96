"""Bodies on their way in: out of aws-chunked framing, measured, and on disk before anything is acknowledged.

Framing: "Signature calculations for trailing headers" in the S3 API Reference.
"""

from __future__ import annotations

import base64
import hashlib
import os
import secrets
import zlib
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from netflux.errors import AwsError

CHECKSUMS = ("CRC32", "SHA1", "SHA256")
_PIECE = 256 * 1024
_LONGEST_LINE = 16 * 1024


class _Digest(Protocol):
    def update(self, data: bytes, /) -> None: ...

    def digest(self) -> bytes: ...


class _Crc32:
    def __init__(self) -> None:
        self._value = 0

    def update(self, data: bytes, /) -> None:
        self._value = zlib.crc32(data, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(4, "big")


def digest(algorithm: str) -> _Digest:
    """A running checksum of one of CHECKSUMS."""
    match algorithm:
        case "CRC32":
            return _Crc32()
        case "SHA1":
            return hashlib.sha1(usedforsecurity=False)
        case _:
            return hashlib.sha256()


@dataclass(frozen=True)
class Staged:
    """A body on disk that no object refers to yet.

    Attributes:
        file: name of its file.
        size: bytes.
        md5: hex.
        sha256: hex.
        checksums: algorithm to base64, for those asked for.
    """

    file: str
    size: int
    md5: str
    sha256: str
    checksums: Mapping[str, str]


class Bodies:
    """Files of object bodies, each written whole and flushed before its name exists.

    Args:
        directory: `{state}/objects`.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        directory.mkdir(parents=True, exist_ok=True)

    def path(self, file: str) -> Path:
        """Where a body is."""
        return self._directory / file

    def discard(self, file: str) -> None:
        """Removes a body; those who have it open still read it to its end."""
        self.path(file).unlink(missing_ok=True)

    def sweep(self, used: set[str]) -> int:
        """Removes what nothing refers to (a killed region's half-written bodies); how many there were."""
        orphans = [entry for entry in self._directory.iterdir() if entry.name not in used]
        for entry in orphans:
            entry.unlink()
        return len(orphans)

    def writer(self, algorithms: Iterable[str] = ()) -> Writer:
        """Starts a body."""
        return Writer(self._directory, algorithms)

    def stage(self, data: bytes, algorithms: Iterable[str] = ()) -> Staged:
        """Puts a body that is in memory on disk."""
        writer = self.writer(algorithms)
        try:
            writer.write(data)
            return writer.finish()
        except BaseException:
            writer.abandon()
            raise


class Writer:
    """One body being written. End it by `finish` or `abandon`."""

    def __init__(self, directory: Path, algorithms: Iterable[str]) -> None:
        self._directory = directory
        self._name = secrets.token_hex(16)
        self._temporary = directory / f"{self._name}.part"
        self._file = self._temporary.open("xb")
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._sha256 = hashlib.sha256()
        self._digests = {algorithm: digest(algorithm) for algorithm in algorithms}
        self._size = 0

    def write(self, data: bytes) -> None:
        """Appends."""
        self._file.write(data)
        self._size += len(data)
        for one in (self._md5, self._sha256, *self._digests.values()):
            one.update(data)

    def append(self, path: Path, start: int = 0, length: int | None = None) -> None:
        """Appends a part of another file, or all of it."""
        with path.open("rb") as source:
            source.seek(start)
            left = length if length is not None else path.stat().st_size - start
            while left > 0 and (piece := source.read(min(_PIECE, left))):
                self.write(piece)
                left -= len(piece)

    def finish(self) -> Staged:
        """Flushes to disk (blocking) and gives the body its name."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._temporary.rename(self._directory / self._name)
        descriptor = os.open(self._directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        checksums = {name: base64.b64encode(one.digest()).decode() for name, one in self._digests.items()}
        return Staged(self._name, self._size, self._md5.hexdigest(), self._sha256.hexdigest(), checksums)

    def abandon(self) -> None:
        """Leaves nothing behind."""
        self._file.close()
        self._temporary.unlink(missing_ok=True)
        (self._directory / self._name).unlink(missing_ok=True)


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


async def unchunk(stream: Incoming, trailers: dict[str, str]) -> AsyncIterator[bytes]:
    """The bytes inside aws-chunked framing. Trailers are in the dict, lower-case, when the iteration has ended.

    Raises:
        AwsError: IncompleteBody when the framing is broken.
    """
    while True:
        size = _size(await stream.readline())
        if size == 0:
            break
        left = size
        while left:
            piece = await stream.readexactly(min(left, _PIECE))
            left -= len(piece)
            yield piece
        if (await stream.readexactly(2)) != b"\r\n":
            raise AwsError("IncompleteBody", "The aws-chunked body is malformed: a chunk has another size than it says")
    while line := (await stream.readline()).strip():
        name, _, value = line.decode("latin-1").partition(":")
        trailers[name.strip().lower()] = value.strip()


def _size(line: bytes) -> int:
    if len(line) > _LONGEST_LINE:
        raise AwsError("IncompleteBody", "The aws-chunked body is malformed: a chunk header is too long")
    try:
        return int(line.split(b";")[0].strip(), 16)
    except ValueError as error:
        raise AwsError("IncompleteBody", "The aws-chunked body is malformed: a chunk has no size") from error
