"""Encryption of bodies on disk: AES-256 in counter mode, so that any byte can be read without those before it. Pure."""

from __future__ import annotations

import base64
import os
from collections.abc import Sequence
from types import TracebackType
from typing import BinaryIO

from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext, algorithms, modes

from netflux.resources.s3objects import Piece

_BLOCK = 16  # bytes
_COUNTERS = 1 << (8 * _BLOCK)


class Sealing:
    """A body that is being encrypted, with a counter that no other one begins with.

    Args:
        key: 32 bytes.
    """

    def __init__(self, key: bytes) -> None:
        self._counter = os.urandom(_BLOCK)
        self._context = _context(key, self._counter, 0)
        self._size = 0

    def update(self, data: bytes) -> bytes:
        """The next bytes, encrypted."""
        self._size += len(data)
        return self._context.update(data)

    @property
    def piece(self) -> Piece:
        """What it takes to read them, besides the key."""
        return Piece(self._size, base64.b64encode(self._counter).decode())


class Unsealed:
    """A file of encrypted pieces, read as what it was.

    Args:
        file: at its first byte.
        key: 32 bytes.
        pieces: in the file's order.
    """

    def __init__(self, file: BinaryIO, key: bytes, pieces: Sequence[Piece]) -> None:
        self.name = file.name
        self._file = file
        self._key = key
        self._pieces = pieces
        self._position = 0

    def seek(self, position: int) -> None:
        """The next byte that is read is this one."""
        self._position = position

    def read(self, most: int) -> bytes:
        """So many bytes as a file reads them, over the ends of pieces; fewer at the end alone."""
        start, found = 0, []
        for piece in self._pieces:
            if most and start <= self._position < start + piece.size:
                within = self._position - start
                self._file.seek(self._position)
                data = self._file.read(min(most, piece.size - within))
                self._position += len(data)
                most -= len(data)
                found.append(_context(self._key, base64.b64decode(piece.counter), within).update(data))
            start += piece.size
        return b"".join(found)

    def close(self) -> None:
        """Closes the file."""
        self._file.close()

    def __enter__(self) -> Unsealed:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _context(key: bytes, counter: bytes, offset: int) -> CipherContext:
    """At an offset; encryption and decryption are the same."""
    blocks, rest = divmod(offset, _BLOCK)
    value = (int.from_bytes(counter, "big") + blocks) % _COUNTERS
    context = Cipher(algorithms.AES(key), modes.CTR(value.to_bytes(_BLOCK, "big"))).encryptor()
    context.update(bytes(rest))
    return context
