"""Output as lines."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

LONGEST = 16 * 1024  # Docker's log drivers split a line here, in bytes.


async def split(reader: asyncio.StreamReader) -> AsyncIterator[str]:
    """Lines without their ends, until the stream ends; a line longer than LONGEST comes in several pieces."""
    rest = b""
    while chunk := await reader.read(64 * 1024):
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            for piece in _pieces(line):
                yield piece
        while len(rest) > LONGEST:
            yield _text(rest[:LONGEST])
            rest = rest[LONGEST:]
    if rest:
        yield _text(rest)


def _pieces(line: bytes) -> list[str]:
    return [_text(line[start : start + LONGEST]) for start in range(0, max(len(line), 1), LONGEST)]


def _text(line: bytes) -> str:
    return line.removesuffix(b"\r").decode(errors="replace")
