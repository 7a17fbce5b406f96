"""Bodies on their way in: measured, and on disk before anything is acknowledged; small ones with their object's record
(`smallbodies`).
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from netflux import setaside
from netflux.aws.s3.checksums import FULL_OBJECT, Digest, digest, text
from netflux.aws.s3.sealing import Sealing, Unsealed
from netflux.errors import AwsError
from netflux.faults import Faults
from netflux.resources.s3objects import Content, Piece, Seal, Version

SMALL = 64 * 1024
"""Bytes of a body up to which the database has it until its file is synced."""
_PIECE = 256 * 1024
_CHECKED_AT_ONCE = 8 * 1024 * 1024
"""Bytes of a body whose checksum is made while its reader waits: 10 ms."""
_CLOCK_STEP = 2.0
"""Seconds by which a file may be younger than the record of its object: file systems have clocks of their own."""


@dataclass(frozen=True)
class Sealed:
    """How a body is to be encrypted.

    Attributes:
        key: 32 bytes.
        wrapped: the key as KMS encrypted it, base64; empty where the client keeps it.
        members: what answers tell of it.
    """

    key: bytes
    wrapped: str
    members: Mapping[str, str]


@dataclass(frozen=True)
class Staged:
    """A body on disk that no object refers to yet.

    Attributes:
        file: name of its file.
        size: bytes.
        md5: hex.
        sha256: hex.
        checksums: algorithm to base64, for those asked for.
        entity: hex, the MD5 of what lies on disk.
        sealed: how it is encrypted; None where it is not.
        piece: what it takes to read it then, besides the key.
    """

    file: str
    size: int
    md5: str
    sha256: str
    checksums: Mapping[str, str]
    entity: str = ""
    sealed: Sealed | None = None
    piece: Piece | None = None

    @property
    def etag(self) -> str:
        """Quoted: the MD5 of the body, or of what it was encrypted to."""
        return f'"{self.entity or self.md5}"'

    @property
    def seal(self) -> Seal | None:
        """As its record keeps it."""
        if self.sealed is None or self.piece is None:
            return None
        return Seal(self.sealed.wrapped, (self.piece,))


class Bodies:
    """Files of object bodies, each written whole and flushed before its name exists, but for small ones.

    Args:
        directory: `{state}/objects`.
        faults: told of files that are not as they were written.

    Attributes:
        unsynced: small bodies of which the disk may not have the file yet, until a record's transaction has them.
    """

    def __init__(self, directory: Path, faults: Faults | None = None) -> None:
        self.directory = directory
        self.unsynced: dict[str, bytes] = {}
        self._faults = faults or Faults()
        self._checked: set[tuple[str, int]] = set()
        directory.mkdir(parents=True, exist_ok=True)

    def path(self, file: str) -> Path:
        """Where a body is."""
        return self.directory / file

    def restore(self, file: str, body: bytes) -> None:
        """Makes a body's file what it was, if it is not."""
        path = self.path(file)
        with contextlib.suppress(FileNotFoundError):
            if path.read_bytes() == body:
                return
        part = path.with_suffix(".part")
        part.write_bytes(body)
        part.replace(path)

    def discard(self, file: str) -> None:
        """Removes a body; those who have it open still read it to its end."""
        self.unsynced.pop(file, None)
        self.path(file).unlink(missing_ok=True)
        self._faults.clear("file", file)

    def sweep(self, used: set[str]) -> int:
        """Clears the folder of what nothing refers to; how many files there were.

        A `.part` is a body that a killed region was still receiving, so it is removed. What has a body's name was
        whole once, and may be somebody's object whose record is lost: it is set aside.
        """
        orphans = [entry for entry in self.directory.iterdir() if entry.name not in used]
        for entry in orphans:
            if entry.suffix == ".part":
                entry.unlink()
            else:
                setaside.move(self.directory.parent, entry)
        return len(orphans)

    def whole(self, version: Version, limit: float = _CHECKED_AT_ONCE) -> bool:
        """Whether a body is as it was acknowledged; tells of it when not.

        Its size is looked at each time. Its checksum only when the file was changed after its object was stored.

        Args:
            version: no delete marker.
            limit: bytes of a body up to which a checksum is made, blocking.
        """
        content = version.content
        if content is None:
            return True
        name, file, path = f"s3://{version.bucket}/{version.key}", content.body, self.path(content.body)
        try:
            found = path.stat()
        except FileNotFoundError:
            return self._told(file, name, "is missing")
        if found.st_size != content.size:
            return self._told(file, name, f"has {found.st_size} bytes instead of {content.size}")
        stored = version.modified.timestamp()
        changed = found.st_mtime > stored + _CLOCK_STEP and (file, found.st_mtime_ns) not in self._checked
        if changed and found.st_size <= limit:
            if not _has_checksum(path, content):
                return self._told(file, name, "has other bytes than were stored")
            self._checked.add((file, found.st_mtime_ns))
        self._faults.clear("file", file)
        return True

    def _told(self, file: str, name: str, what: str) -> bool:
        self._faults.tell(
            "file",
            file,
            f"The body of {name} can't be read: {self.path(file)} {what}. Other objects are not concerned.",
            "Put the file back from a copy of the state directory, or write or delete the object.",
        )
        return False

    def writer(self, algorithms: Iterable[str] = (), sealed: Sealed | None = None) -> Writer:
        """Starts a body."""
        return Writer(self, algorithms, sealed)

    def stage(self, data: bytes, algorithms: Iterable[str] = (), sealed: Sealed | None = None) -> Staged:
        """Puts a body that is in memory on disk."""
        writer = self.writer(algorithms, sealed)
        try:
            writer.write(data)
            return writer.finish()
        except BaseException:
            writer.abandon()
            raise


def _has_checksum(path: Path, content: Content) -> bool:
    """By MD5, which the ETag of an object is that came in one piece, else by a checksum over all of its parts."""
    expected = content.etag.strip('"')
    running: dict[str, Digest] = {}
    if "-" not in expected:
        running["MD5"] = hashlib.md5(usedforsecurity=False)
    elif content.checksum_type == FULL_OBJECT and content.seal is None:
        running |= {algorithm: digest(algorithm) for algorithm in content.checksums}
    if not running:
        return True
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            for one in running.values():
                one.update(piece)
    return all(
        one.digest().hex() == expected if algorithm == "MD5" else text(one) == content.checksums[algorithm]
        for algorithm, one in running.items()
    )


class Writer:
    """One body being written, in memory while it is small. End it by `finish`, `finished` or `abandon`."""

    def __init__(self, bodies: Bodies, algorithms: Iterable[str], sealed: Sealed | None = None) -> None:
        self._sealed = sealed
        self._sealing = Sealing(sealed.key) if sealed is not None else None
        self._entity = hashlib.md5(usedforsecurity=False)
        self._bodies = bodies
        self._name = secrets.token_hex(16)
        self._temporary = bodies.path(f"{self._name}.part")
        self._small = bytearray()
        self._file: BinaryIO | None = None
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._sha256 = hashlib.sha256()
        self._digests = {algorithm: digest(algorithm) for algorithm in algorithms}
        self._size = 0

    def write(self, data: bytes) -> None:
        """Appends."""
        self._size += len(data)
        kept = data
        if self._sealing is not None:
            kept = self._sealing.update(data)
            self._entity.update(kept)
        if self._file is None and self._size <= SMALL:
            self._small += kept
        else:
            if self._file is None:
                self._file = self._temporary.open("xb")
                self._file.write(self._small)
            self._file.write(kept)
        for one in (self._md5, self._sha256, *self._digests.values()):
            one.update(data)

    def append(self, source: BinaryIO | Unsealed, length: int) -> None:
        """Appends so many bytes of a file from where it stands.

        Raises:
            AwsError: InternalError where the file has fewer.
        """
        left = length
        while left > 0 and (piece := source.read(min(_PIECE, left))):
            self.write(piece)
            left -= len(piece)
        if left:
            raise incomplete(Path(source.name), length - left, length)

    async def finished(self) -> Staged:
        """The same as `finish`; other requests are answered meanwhile, if it takes its time."""
        return self.finish() if self._file is None else await asyncio.to_thread(self.finish)

    def finish(self) -> Staged:
        """Gives the body its name when it is on disk (blocking); a small one is `unsynced` still."""
        if self._file is None:
            self._bodies.path(self._name).write_bytes(self._small)
            self._bodies.unsynced[self._name] = bytes(self._small)
        else:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            self._temporary.rename(self._bodies.path(self._name))
            sync(self._bodies.directory)
        checksums = {name: text(one) for name, one in self._digests.items()}
        md5 = self._md5.hexdigest()
        staged = Staged(self._name, self._size, md5, self._sha256.hexdigest(), checksums)
        if self._sealing is None:
            return staged
        return replace(staged, entity=self._entity.hexdigest(), sealed=self._sealed, piece=self._sealing.piece)

    def abandon(self) -> None:
        """Leaves nothing behind."""
        if self._file is not None:
            with contextlib.suppress(OSError):  # a full disk refuses what is not flushed yet
                self._file.close()
        self._temporary.unlink(missing_ok=True)
        self._bodies.discard(self._name)


def sync(path: Path) -> None:
    """Returns when the disk has the file, or the folder's names."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def incomplete(path: Path, found: int, wanted: int) -> AwsError:
    """The error for an object of which the disk has less than its record says."""
    return AwsError(
        "InternalError",
        f"The object's file {path.name} has {found} of its {wanted} bytes: the disk has lost the rest. Put the object "
        "again, or bring back a copy of the state directory.",
        500,
    )
