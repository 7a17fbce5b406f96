"""Compressed bodies, inflated within a bound: a kilobyte of gzip may stand for a megabyte, or for a thousand."""

from __future__ import annotations

import zlib

from netflux.decoding.limits import Exceeded, Malformed

_GZIP = 31  # zlib's window size for a gzip header
_MOST_MEMBERS = 64


def inflate(body: bytes, most: int) -> bytes:
    """The bytes inside.

    Raises:
        Malformed: not gzip, cut off, or with something after its end.
        Exceeded: more than `most` bytes inside.
    """
    whole: list[bytes] = []
    left, size = body, 0
    for _ in range(_MOST_MEMBERS):
        member = zlib.decompressobj(_GZIP)
        try:
            piece = member.decompress(left, most - size + 1)
        except zlib.error as error:
            raise Malformed("it is not gzip") from error
        size += len(piece)
        if size > most:
            raise Exceeded("bytes when it is inflated", most)
        if not member.eof:
            raise Malformed("its gzip data end too early")
        whole.append(piece)
        left = member.unused_data
        if not left:
            return b"".join(whole)
    raise Malformed("it has too many gzip members")
