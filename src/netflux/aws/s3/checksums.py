"""The checksums of objects ["Checking object integrity in Amazon S3", Amazon S3 User Guide]: running, of a whole, and
of parts. Pure.
"""

from __future__ import annotations

import base64
import hashlib
import zlib
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Protocol

CHECKSUMS = ("CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256")
DEFAULT = "CRC64NVME"
"""What S3 computes where the request names none."""
FULL_OBJECT, COMPOSITE = "FULL_OBJECT", "COMPOSITE"
_BYTES = {"CRC32": 4, "CRC32C": 4, "CRC64NVME": 8, "SHA1": 20, "SHA256": 32}
_MODELS = {"CRC32": "CRC32", "CRC32C": "CRC32-ISCSI", "CRC64NVME": "CRC64-NVME"}
_TYPES = {
    "CRC32": (COMPOSITE, FULL_OBJECT),
    "CRC32C": (COMPOSITE, FULL_OBJECT),
    "CRC64NVME": (FULL_OBJECT,),
    "SHA1": (COMPOSITE,),
    "SHA256": (COMPOSITE,),
}
"""Of objects in parts; the first is the default of an algorithm that the client asks for."""


class Digest(Protocol):
    """A running checksum."""

    def update(self, data: bytes, /) -> None:
        """Goes on with more bytes."""
        ...

    def digest(self) -> bytes:
        """Of all bytes until now."""
        ...


class _Crc32:
    def __init__(self) -> None:
        self._value = 0

    def update(self, data: bytes, /) -> None:
        self._value = zlib.crc32(data, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(4, "big")


class _Crc:
    def __init__(self, algorithm: str) -> None:
        self._model, self._size = _model(algorithm), _BYTES[algorithm]
        self._value: int | None = None

    def update(self, data: bytes, /) -> None:
        self._value = self._model.calc(data) if self._value is None else self._model.calc(data, self._value)

    def digest(self) -> bytes:
        return (self._value or 0).to_bytes(self._size, "big")


@lru_cache
def _model(algorithm: str) -> Any:
    """anycrc's, imported when the first body needs it."""
    import anycrc

    return anycrc.Model(_MODELS[algorithm])


def is_one(algorithm: str, text: str) -> bool:
    """Whether the text is base64 of as many bytes as the algorithm makes."""
    try:
        return len(base64.b64decode(text, validate=True)) == _BYTES[algorithm]
    except ValueError:  # binascii's, or of text beyond ASCII
        return False


def digest(algorithm: str) -> Digest:
    """A running checksum of one of CHECKSUMS."""
    match algorithm:
        case "CRC32":
            return _Crc32()
        case "SHA1":
            return hashlib.sha1(usedforsecurity=False)
        case "SHA256":
            return hashlib.sha256()
        case _:
            return _Crc(algorithm)


def text(running: Digest) -> str:
    """As headers have it."""
    return base64.b64encode(running.digest()).decode()


def valid(algorithm: str, value: str) -> bool:
    """Whether a text can be a checksum of the algorithm, of one piece."""
    try:
        return len(base64.b64decode(value, validate=True)) == _BYTES[algorithm]
    except ValueError:
        return False


def types(algorithm: str) -> tuple[str, ...]:
    """The checksum types that an object in parts can have, its default first."""
    return _TYPES[algorithm]


def composite(algorithm: str, parts: Iterable[str]) -> str:
    """The checksum of the parts' checksums, and how many they are."""
    running, number = digest(algorithm), 0
    for part in parts:
        running.update(base64.b64decode(part))
        number += 1
    return f"{text(running)}-{number}"


def combined(algorithm: str, parts: Iterable[tuple[str, int]]) -> str:
    """The checksum of the whole, of the parts' checksums and sizes; of CRCs only."""
    model, value = _model(algorithm), 0
    for part, size in parts:
        value = model.combine(value, int.from_bytes(base64.b64decode(part), "big"), size)
    return base64.b64encode(value.to_bytes(_BYTES[algorithm], "big")).decode()


def members(sums: Mapping[str, str]) -> dict[str, str]:
    """Checksums as members of an answer."""
    return {f"Checksum{algorithm}": value for algorithm, value in sums.items()}
