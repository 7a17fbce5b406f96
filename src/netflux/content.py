"""What a GET returns of a representation: preconditions and byte ranges (RFC 9110). Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


@dataclass(frozen=True)
class Conditions:
    """The four If- headers of a read; None where absent."""

    match: str | None = None
    none_match: str | None = None
    modified_since: datetime | None = None
    unmodified_since: datetime | None = None


@dataclass(frozen=True)
class Span:
    """Bytes `start` to `end`, both inclusive, of `size`."""

    start: int
    end: int
    size: int

    @property
    def length(self) -> int:
        """Number of bytes."""
        return self.end - self.start + 1

    @property
    def header(self) -> str:
        """Content-Range's value."""
        return f"bytes {self.start}-{self.end}/{self.size}"


def verdict(conditions: Conditions, etag: str, modified: datetime) -> int:
    """200, 304 or 412. If-Match that holds outweighs If-Unmodified-Since, If-None-Match outweighs If-Modified-Since.

    Args:
        conditions: of the request.
        etag: the object's, quoted.
        modified: whole seconds count.
    """
    whole = modified.replace(microsecond=0)
    if conditions.match is not None:
        if not names(conditions.match, etag):
            return 412
    elif conditions.unmodified_since is not None and whole > conditions.unmodified_since:
        return 412
    if conditions.none_match is not None:
        return 304 if names(conditions.none_match, etag) else 200
    if conditions.modified_since is not None and whole <= conditions.modified_since:
        return 304
    return 200


def names(header: str, etag: str) -> bool:
    """Whether a list of entity tags has this one, by weak comparison; quotes may be missing."""
    wanted = etag.removeprefix("W/").strip('"')
    tags = [part.strip().removeprefix("W/").strip('"') for part in header.split(",")]
    return "*" in tags or wanted in tags


def span(header: str, size: int) -> Span | None:
    """The range that a Range header asks for; None when the whole object is to be sent.

    Raises:
        ValueError: it can't be satisfied (416).
    """
    found = _RANGE.fullmatch(header.strip())
    if not found or header.strip() == "bytes=-":
        return None
    first, last = found.groups()
    if not first:
        length = int(last)
        if length == 0 or size == 0:
            raise ValueError(header)
        return Span(max(size - length, 0), size - 1, size)
    start = int(first)
    if last and int(last) < start:
        return None
    if start >= size:
        raise ValueError(header)
    return Span(start, min(int(last), size - 1) if last else size - 1, size)
